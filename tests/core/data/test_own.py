"""A person's own pictures are made ready: what can be read is kept, what cannot is counted, never silently."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import own, sets
from core.data.images import ImageError
from viz.language import say, speaking


def picture(seed: int, size: tuple[int, int] = (40, 30), paper: bool = False) -> bytes:
    """A bright square on black somewhere, or a dark one on white paper."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    y, x = rng.integers(4, min(size) // 2, 2)
    pixels[y : y + 6, x : x + 6] = 230
    file = io.BytesIO()
    Image.fromarray(255 - pixels if paper else pixels).save(file, "PNG")
    return file.getvalue()


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, data in files.items():
            made.writestr(name, data)
    return path


def test_sixty_pictures_of_many_sizes_become_a_data_set_of_their_own(tmp_path: Path) -> None:
    files = {f"{i}.png": picture(i, (20 + i, 90 - i)) for i in range(60)}
    kept = own.collected([archive(tmp_path / "mine.zip", files)], tmp_path)
    assert kept.number == 60 and "60 pictures, each made 28×28 pixels and grey" in kept.about
    train, valid = (sets.load(f"archive:{tmp_path / kept.key}.zip", split) for split in ("train", "valid"))
    assert train.images.shape == (48, 1, 28, 28) and len(valid) == 6
    sheet = own.sheet(tmp_path / f"{kept.key}.zip")
    assert sheet.pictures.shape == (60, 28, 28) and sheet.about == kept.about


def test_single_files_count_as_well_and_two_of_one_name_are_two(tmp_path: Path) -> None:
    paths = []
    for i in range(12):
        folder = tmp_path / str(i)
        folder.mkdir()
        (folder / "same.png").write_bytes(picture(i))
        paths.append(folder / "same.png")
    assert own.collected(paths, tmp_path).number == 12


def test_what_cannot_be_read_is_passed_over_and_counted(tmp_path: Path) -> None:
    files = {f"{i}.png": picture(i) for i in range(20)}
    files |= {"broken.png": b"\x89PNG and no more", "words.txt": b"hello", ".hidden.png": picture(1)}
    kept = own.collected([archive(tmp_path / "a.zip", files)], tmp_path)
    assert kept.number == 20
    for words in ("files that cannot be read (1)", "other files (1)", "hidden or system files (1)"):
        assert words in kept.about
    with speaking("zh"):
        about = say(own.sheet(tmp_path / f"{kept.key}.zip").about)
    assert about.startswith(
        "20 幅图像，每幅都变成 28×28 像素的灰度图。这些图像的存放方式：20 幅图像，没有分好的文件夹，"
    )
    assert about.endswith("跳过了：其他文件（1）、隐藏文件或系统文件（1）、读不出的文件（1）。")


def test_drawings_on_paper_become_light_ink_and_others_stay(tmp_path: Path) -> None:
    dark = own.collected(
        [archive(tmp_path / "p.zip", {f"{i}.png": picture(i, paper=True) for i in range(15)})], tmp_path
    )
    light = own.collected([archive(tmp_path / "l.zip", {f"{i}.png": picture(i) for i in range(15)})], tmp_path)
    assert "exchanged" in dark.about and "exchanged" not in light.about
    assert own.sheet(tmp_path / f"{dark.key}.zip").pictures.mean() < 60 and dark.key == light.key, (
        "the very same pictures"
    )


def test_folders_mean_classes(tmp_path: Path) -> None:
    files = {f"{kind}/{i}.png": picture(i) for kind in ("cat", "dog") for i in range(10)}
    kept = own.collected([archive(tmp_path / "c.zip", files)], tmp_path)
    assert "2 classes" in kept.about
    assert sets.load(f"archive:{tmp_path / kept.key}.zip", "train").classes == ("cat", "dog")


def test_of_very_many_some_are_taken_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST", 15)
    files = {f"{i:03d}.png": picture(i) for i in range(40)}
    kept = own.collected([archive(tmp_path / "m.zip", files)], tmp_path)
    assert kept.number == 15 and "There are 40; 15 of them were taken, evenly picked" in kept.about


@pytest.mark.slow
def test_of_a_hundred_thousand_pictures_as_many_are_taken_as_one_can_train_on(tmp_path: Path) -> None:
    small = picture(1)
    kept = own.collected([archive(tmp_path / "m.zip", {f"{i:06d}.png": small for i in range(100_000)})], tmp_path)
    assert kept.number == own.MOST and "There are 100,000; 5,000 of them were taken, evenly picked" in kept.about


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.files.os.fsync", full)
    pictures = archive(tmp_path / "m.zip", {f"{i:03d}.png": picture(i) for i in range(20)})
    with pytest.raises(ImageError, match=r"could not be kept in .*kept: No space left on device"):
        own.collected([pictures], tmp_path / "kept")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "holds no picture"),
        ({"a.txt": b"no"}, r"holds no picture.*other files \(1\)"),
        ({f"{i}.png": picture(i) for i in range(3)}, "at least 12 pictures; in x.zip 3 could be read"),
        ({f"{i}.png": b"nothing" for i in range(30)}, r"none could be read.*cannot be read \(30\)"),
    ],
)
def test_too_few_are_refused_with_one_sentence(files: Mapping[str, bytes], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=sentence):
        own.collected([archive(tmp_path / "x.zip", files)], tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_zip_bomb_and_no_zip_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive(tmp_path / "bomb.zip", {f"{i}.png": bytes(2_000) for i in range(20)})
    monkeypatch.setattr("core.data.archives.MAX_TOTAL", 10_000)
    with pytest.raises(ImageError, match="larger than"):
        own.collected([bomb], tmp_path)
    (tmp_path / "no.zip").write_bytes(b"not a zip file")
    with pytest.raises(ImageError, match="neither a folder nor a whole zip file"):
        own.collected([tmp_path / "no.zip"], tmp_path)
    with pytest.raises(ImageError, match="no longer here"):
        own.sheet(tmp_path / "gone.zip")
