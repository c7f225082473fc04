"""Folders and zip files as people have them: which splits and labels are found, and what is passed over."""

import itertools
import os
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import archives, sets
from core.data.sets import DataError, DataSet, load
from core.training import __main__ as training
from core.training import evaluation


def png(value: int, mode: str = "L") -> bytes:
    """A picture of one grey, or of white ink on a transparent ground, in which ``value`` is opaque."""
    file = BytesIO()
    if mode == "LA":
        image = Image.new("LA", (8, 8), (255, 0))
        image.paste((255, 255), (2, 2, 6, 6))
        image.putpixel((0, 0), (value, 255))
    else:
        image = Image.new("L", (8, 8), value).convert(mode)
    image.save(file, "PNG")
    return file.getvalue()


SHADES = itertools.count(1)


def pictures(folder: str, count: int) -> dict[str, bytes]:
    """``count`` pictures, each of another grey than all others of a test."""
    return {f"{folder}/{i:03}.png".lstrip("/"): png(next(SHADES)) for i in range(count)}


def both(*parts: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for part in parts for name, content in part.items()}


def classes(folder: str, count: int) -> dict[str, bytes]:
    return both(*(pictures(f"{folder}/{name}".lstrip("/"), count) for name in "ab"))


LAYOUTS = {
    "val": (lambda: both(classes("train", 10), classes("val", 6), classes("test", 4)), (20, 12, 8)),
    "valid": (lambda: both(classes("train", 10), classes("valid", 6), classes("test", 4)), (20, 12, 8)),
    "validation": (lambda: both(classes("train", 10), classes("validation", 6)), (20, 12, 0)),
    "dev": (lambda: both(classes("Training", 10), classes("DEV", 6), classes("Testing", 1)), (20, 12, 2)),
    "capitals": (lambda: both(classes("Train", 10), classes("TEST", 4)), (18, 2, 8)),
    "below the classes": (lambda: both(classes("train", 5), classes("train/a/more", 5)), (18, 2, 0)),
    "split folders below the class folders": (
        lambda: both(pictures("a/train", 10), pictures("a/test", 2), pictures("b/train", 10), pictures("b/val", 1)),
        (20, 1, 2),
    ),
    "class folders": (lambda: classes("", 10), (16, 2, 2)),
    "one of the classes is called train": (lambda: both(classes("", 10), pictures("train", 10)), (24, 3, 3)),
    "few": (lambda: classes("train", 3), (5, 1, 0)),
    "few class folders": (lambda: both(pictures("a", 2), pictures("b", 1)), (1, 1, 1)),
}
FLAT = {
    "flat": (lambda: pictures("", 10), (8, 1, 1)),
    "flat with a few in a folder": (lambda: both(pictures("", 8), pictures("more", 2)), (8, 1, 1)),
    "flat split folders": (lambda: both(pictures("train", 20), pictures("test", 4)), (18, 2, 4)),
    "two": (lambda: pictures("", 2), (1, 1, 0)),
    "one": (lambda: pictures("", 1), (1, 0, 0)),
}
LITTER = {
    "__MACOSX/train/a/._000.png": b"junk",
    ".DS_Store": b"junk",
    "Thumbs.db": b"junk",
    "notes.txt": b"what I did",
}


def put(path: Path, members: dict[str, bytes], around: str = "") -> Path:
    """Written as a folder, or as a zip file if the name says so."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(around + name, content)
        return path
    for name, content in members.items():
        file = path / (around + name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def loaded(path: Path) -> dict[str, DataSet]:
    """All splits that there are; a missing one is refused in one sentence that says what there is."""
    found, refusals = {}, []
    for split in sets.SPLITS:
        try:
            found[split] = load(f"archive:{path}", split)
        except DataError as error:
            refusals.append((split, str(error)))
    for split, refusal in refusals:
        assert f"{path.name} has no pictures for {split}: it has " in refusal
        assert refusal.endswith(".")
        assert "\n" not in refusal
    return found


def shades(dataset: DataSet) -> list[int]:
    """What each picture is known by."""
    return [int(shade) for shade in dataset.images[:, 0, 0, 0]]


@pytest.fixture(autouse=True)
def _shades_from_one() -> None:
    global SHADES
    SHADES = itertools.count(1)


@pytest.mark.parametrize("kind", ["folder", "folder.zip"])
@pytest.mark.parametrize("around", ["", "my data/pets/"])
@pytest.mark.parametrize("name", [*LAYOUTS, *FLAT])
def test_every_picture_is_in_one_split_and_the_numbers_are_said(name, around, kind, tmp_path):
    make, counts = (LAYOUTS | FLAT)[name]
    members = make()
    path = put(tmp_path / kind, members | LITTER, around)
    found = loaded(path)
    assert tuple(len(found[split]) if split in found else 0 for split in sets.SPLITS) == counts
    every = [shade for dataset in found.values() for shade in shades(dataset)]
    assert sorted(every) == list(range(1, len(members) + 1))
    for split, dataset in found.items():
        assert f"{split} {len(dataset)}" in dataset.about
        assert (dataset.labels is None) == (name in FLAT)
        again = load(f"archive:{path}", split)
        assert shades(again) == shades(dataset)


@pytest.mark.parametrize("name", [name for name in LAYOUTS if name != "one of the classes is called train"])
def test_labels_are_those_of_the_class_folders_in_every_split(name, tmp_path):
    members = LAYOUTS[name][0]()
    truth = {png_shade: "a" if "a" in path.split("/")[:-1] else "b" for png_shade, path in enumerate(members, 1)}
    for dataset in loaded(put(tmp_path / "pets", members)).values():
        assert dataset.classes == ("a", "b")
        assert [dataset.classes[label] for label in dataset.labels] == [truth[shade] for shade in shades(dataset)]


def test_a_split_by_seed_has_a_tenth_of_every_class_and_is_not_by_name(tmp_path):
    found = loaded(put(tmp_path / "pets", classes("", 50)))
    for split in ("valid", "test"):
        np.testing.assert_array_equal(np.bincount(found[split].labels), [5, 5])
    assert not {10, 20, 30, 40, 50} <= set(shades(found["valid"]))
    names = sorted(shades(found["valid"]))
    assert len(set(np.diff(names))) > 1


def test_linked_folders_are_read_and_circles_passed_over(tmp_path):
    real = put(tmp_path / "real", classes("", 10))
    links = tmp_path / "links" / "train"
    links.mkdir(parents=True)
    for name in "ab":
        (links / name).symlink_to(real / name)
    (real / "a" / "up").symlink_to(tmp_path / "links")
    (links / "self").symlink_to(links)
    (links / "nowhere").symlink_to(tmp_path / "gone")
    found = loaded(tmp_path / "links")
    assert (len(found["train"]), len(found["valid"])) == (18, 2)
    assert "links that lead in a circle (2)" in found["train"].about
    assert "links that lead nowhere (1)" in found["train"].about


def test_links_that_multiply_end_at_the_limit_of_files(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 500)
    for i in range(20):
        (tmp_path / f"{i}").mkdir()
        if i:
            for name in "ab":
                (tmp_path / f"{i - 1}" / name).symlink_to(tmp_path / f"{i}")
    put(tmp_path / "19", pictures("", 1))
    with pytest.raises(DataError, match="more than 500 files"):
        load(f"archive:{tmp_path / '0'}", "train")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    put(tmp_path / "pets", classes("train", 5))
    assert len(load("archive:~/pets", "train")) == 9
    with pytest.raises(DataError, match=r"no folder or zip file|no home folder"):
        load("archive:~nobody-of-this-name/pets", "train")


def test_what_is_passed_over_is_counted_in_one_line(tmp_path):
    members = classes("train", 5) | classes("test", 1) | LITTER | {"cover.png": png(1), "train/loose.png": png(2)}
    about = load(f"archive:{put(tmp_path / 'pets.zip', members)}", "train").about
    assert about.startswith("pets.zip has split folders (train 9, valid 1 lent by train, test 2), with 2 classes. ")
    assert about.endswith(
        "Passed over: hidden or system files (3), other files (1), pictures outside of these folders (2)."
    )
    assert "\n" not in about
    assert "Passed" not in load(f"archive:{put(tmp_path / 'tidy', classes('', 3))}", "train").about


def test_links_and_ways_out_inside_a_zip_file_are_passed_over(tmp_path):
    path = put(tmp_path / "a.zip", classes("train", 5))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("train/a/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("../train/a/out.png", png(1))
    dataset = load(f"archive:{path}", "train")
    assert len(dataset) == 9
    assert "links inside the zip file (1)" in dataset.about
    assert "names that lead out of the zip file (1)" in dataset.about


def test_an_archive_without_pictures_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no picture \(\.png, "):
        load(f"archive:{tmp_path / 'empty'}", "train")
    with pytest.raises(DataError, match="There is no split 'dev'; there are train, valid, test"):
        load(f"archive:{put(tmp_path / 'pets', classes('', 3))}", "dev")


def test_a_folder_that_may_not_be_opened_is_counted(tmp_path, monkeypatch):
    path, scandir = put(tmp_path / "pets", classes("train", 5) | pictures("locked", 1)), os.scandir

    def refusing(folder: Path) -> object:
        if Path(folder).name in refused:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    refused = {"locked"}
    assert "folders that cannot be opened (1)" in load(f"archive:{path}", "train").about
    refused = {"pets"}
    with pytest.raises(DataError, match=r"pets cannot be opened: Permission denied\.$"):
        load(f"archive:{path}", "train")


def test_the_command_says_what_an_archive_holds(tmp_path, capsys):
    sets.main([f"archive:{put(tmp_path / 'pets', classes('train', 5))}"])
    assert capsys.readouterr().out == "pets has split folders (train 9, valid 1 lent by train), with 2 classes.\n"
    with pytest.raises(SystemExit, match="There is no folder or zip file"):
        sets.main([f"archive:{tmp_path / 'gone'}"])


def test_white_ink_on_a_transparent_ground_stays_visible_in_every_split(tmp_path):
    members = {f"{split}/a/{i}.png": png(200 + i, "LA") for split in ("train", "test") for i in range(4)}
    for dataset in loaded(put(tmp_path / "ink", members)).values():
        assert (dataset.images[:, 0, 2:6, 2:6] == 255).all()
        assert (dataset.images[:, 0, 6:] == 0).all()
        assert "transparent ground became black" in dataset.about


def test_one_dark_transparent_picture_does_not_turn_the_ground_of_the_others(tmp_path):
    dark = Image.new("LA", (8, 8), (0, 0))
    dark.paste((0, 255), (2, 2, 6, 6))
    file = BytesIO()
    dark.save(file, "PNG")
    members = {f"train/a/{i}.png": png(200, "LA") for i in range(8)} | {"train/a/9.png": file.getvalue()}
    assert (load(f"archive:{put(tmp_path / 'ink', members)}", "valid").images == 0).all()


def test_12_bits_in_16_have_one_white_for_all_pictures(tmp_path):
    members = {}
    for i, white in enumerate((4095, 1000, 500)):
        file = BytesIO()
        Image.fromarray(np.full((8, 8), white, np.uint16)).save(file, "PNG")
        members[f"test/a/{i}.png"] = file.getvalue()
    assert shades(load(f"archive:{put(tmp_path / 'deep', members)}", "test")) == [255, 62, 31]


def test_one_coloured_picture_makes_the_data_set_coloured(tmp_path):
    file = BytesIO()
    Image.new("RGB", (8, 8), (9, 80, 40)).save(file, "PNG")
    members = pictures("train", 6) | {"test/x.png": file.getvalue()}
    path = put(tmp_path / "mixed", members)
    assert [load(f"archive:{path}", split).images.shape[1] for split in sets.SPLITS] == [3, 3, 3]
    assert load(f"archive:{put(tmp_path / 'grey', pictures('train', 6))}", "train").images.shape[1] == 1


@pytest.mark.slow
def test_training_and_evaluation_say_what_an_archive_holds(tmp_path, capsys):
    members = {f"{split}/a/{i}.png": digit_png(i) for split in ("train", "test") for i in range(4)}
    name = f"archive:{put(tmp_path / 'digits', members)}"
    said = "digits has split folders (train 3, valid 1 lent by train, test 4), with 1 class."
    training.main(["vae-mnist", "--dataset", name, "--binarise", "threshold", "--steps", "1", "--out", str(tmp_path)])
    assert capsys.readouterr().err.count(said) == 1
    evaluation.main(["vae-mnist", "--dataset", name, "--binarise", "threshold"])
    assert said in capsys.readouterr().err


def digit_png(i: int) -> bytes:
    file = BytesIO()
    image = Image.new("L", (28, 28))
    image.paste(255, (8, 4 + i, 12, 24))
    image.save(file, "PNG")
    return file.getvalue()
