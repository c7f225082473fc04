"""Folders and zip files of labelled pictures."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data import archives
from core.data.archives import read_archive
from core.data.images import ImageError


def png(value: int, size: tuple[int, int] = (6, 5), mode: str = "L") -> bytes:
    """A picture of one grey, ``size`` (width, height)."""
    file = BytesIO()
    Image.new("L", size, value).convert(mode).save(file, "PNG")
    return file.getvalue()


MEMBERS = {
    "train/cat/b.png": png(20),
    "train/cat/a.png": png(10),
    "train/ant/z.PNG": png(30),
    "train/dog/a.jpeg": png(40),
    "test/cat/a.png": png(50),
    "test/bee/a.png": png(60),
    "train/cat/.hidden.png": b"",
    "train/cat/notes.txt": b"no picture",
    "__MACOSX/train/cat/a.png": b"",
    ".git/train/x.png": b"",
    "readme.png": b"",
}


def make_zip(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def make_folder(path: Path, members: dict[str, bytes]) -> Path:
    for name, data in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def numbered(count: int, split: str = "train") -> dict[str, bytes]:
    return {f"{split}/{label}/{k:03}.png": png(10 * k) for label in "ab" for k in range(count)}


def test_pictures_come_sorted_by_label_and_name_and_labels_number_the_folders_of_all_splits(tmp_path):
    path = make_zip(tmp_path / "pets.zip", MEMBERS)
    images, labels, classes, _ = read_archive(path, "test")
    assert classes == ("ant", "bee", "cat", "dog")
    np.testing.assert_array_equal(labels, [1, 2])
    assert images.shape == (2, 1, 5, 6)
    np.testing.assert_array_equal(images[:, 0, 0, 0], [60, 50])


@pytest.mark.parametrize("around", ["", "pets/"])
def test_a_folder_and_a_zip_file_give_equal_data_inside_another_folder_or_not(tmp_path, around):
    plain = read_archive(make_zip(tmp_path / "plain.zip", MEMBERS | numbered(10)), "train")
    members = {around + name: data for name, data in (MEMBERS | numbered(10)).items()}
    for path in (make_folder(tmp_path / "folder", members), make_zip(tmp_path / "pets.zip", members)):
        images, labels, classes, _ = read_archive(path, "train")
        np.testing.assert_array_equal(images, plain[0])
        np.testing.assert_array_equal(labels, plain[1])
        assert classes == plain[2]


def test_backslashes_of_windows_zip_files_are_understood(tmp_path):
    members = {name.replace("/", "\\"): data for name, data in numbered(2, "test").items()}
    images, *_ = read_archive(make_zip(tmp_path / "windows.zip", members), "test")
    assert len(images) == 4


def test_an_archive_without_valid_lends_every_tenth_training_picture_to_it(tmp_path):
    path = make_zip(tmp_path / "a.zip", numbered(20))
    train, train_labels, *_ = read_archive(path, "train")
    valid, valid_labels, *_ = read_archive(path, "valid")
    np.testing.assert_array_equal(valid[:, 0, 0, 0], [90, 190, 90, 190])
    np.testing.assert_array_equal(valid_labels, [0, 0, 1, 1])
    both = sorted(zip([*train[:, 0, 0, 0], *valid[:, 0, 0, 0]], [*train_labels, *valid_labels], strict=True))
    assert both == sorted((10 * k, label) for k in range(20) for label in (0, 1))


def test_an_archive_with_valid_keeps_its_splits(tmp_path):
    path = make_zip(tmp_path / "a.zip", numbered(12) | numbered(3, "valid"))
    assert len(read_archive(path, "train")[0]) == 24
    assert len(read_archive(path, "valid")[0]) == 6


def test_size_and_channels_are_those_of_the_first_picture_unless_given(tmp_path):
    members = {
        "test/a/0.png": png(100, (6, 5)),
        "test/a/1.png": png(150, (12, 10), "RGB"),
        "test/a/2.png": png(200, (40, 10), "RGBA"),
    }
    path = make_zip(tmp_path / "mixed.zip", members)
    images, *_ = read_archive(path, "test")
    assert images.shape == (3, 1, 5, 6)
    np.testing.assert_array_equal(images[:, 0], np.broadcast_to([[[100]], [[150]], [[200]]], (3, 5, 6)))
    images, *_ = read_archive(path, "test", size=(4, 8), channels=3)
    assert images.shape == (3, 3, 4, 8)
    np.testing.assert_array_equal(images[1], np.full((3, 4, 8), 150))


def test_a_picture_of_another_shape_is_cropped_about_its_middle_not_squeezed(tmp_path):
    wide = np.zeros((8, 24), np.uint8)
    wide[:, 8:16] = np.arange(10, 90, 10)
    file = BytesIO()
    Image.fromarray(wide).save(file, "PNG")
    members = {"test/a/0.png": png(0, (8, 8)), "test/a/1.png": file.getvalue()}
    images, *_ = read_archive(make_zip(tmp_path / "a.zip", members), "test")
    np.testing.assert_array_equal(images[1, 0], wide[:, 8:16])


def test_colours_stay_in_the_order_red_green_blue(tmp_path):
    file = BytesIO()
    Image.new("RGB", (4, 4), (1, 2, 3)).save(file, "PNG")
    images, *_ = read_archive(make_zip(tmp_path / "a.zip", {"test/a/0.png": file.getvalue()}), "test")
    np.testing.assert_array_equal(images[0, :, 2, 2], [1, 2, 3])


def refused(path: Path, complaint: str, split: str = "test") -> None:
    with pytest.raises(ImageError, match=complaint) as caught:
        read_archive(path, split)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert ". " not in str(caught.value)


def test_a_bad_picture_is_named(tmp_path):
    path = make_zip(tmp_path / "a.zip", numbered(2, "test") | {"test/a/bad.png": b"nothing"})
    refused(path, r"test/a/bad\.png in a\.zip is not a picture")


def test_a_path_that_is_no_archive_is_refused(tmp_path):
    refused(tmp_path / "nowhere.zip", "There is no folder or zip file")
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 and then something else")
    refused(tmp_path / "a.zip", r"a\.zip is neither a folder nor a whole zip file")
    refused(make_zip(tmp_path / "b.zip", {"readme.txt": b"no picture"}), "b.zip holds no picture")
    refused(
        make_zip(tmp_path / "c.zip", numbered(3)),
        "c.zip has no pictures for test: it has split folders .train 5, valid 1",
        "test",
    )


def test_damaged_zip_files_are_refused(tmp_path):
    whole = make_zip(tmp_path / "whole.zip", numbered(3, "test"), zipfile.ZIP_STORED).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) * 2 // 3])
    refused(tmp_path / "cut.zip", "neither a folder nor a whole zip file")
    place = whole.index(b"IDAT")
    (tmp_path / "flipped.zip").write_bytes(whole[:place] + b"?" + whole[place + 1 :])
    refused(tmp_path / "flipped.zip", r"test/a/000\.png in flipped\.zip is damaged")


def test_a_zip_file_with_a_password_is_refused(tmp_path):
    data = bytearray(make_zip(tmp_path / "open.zip", numbered(1, "test")).read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.find(signature)
        while start >= 0:
            data[start + flags] |= 1
            start = data.find(signature, start + 1)
    (tmp_path / "locked.zip").write_bytes(data)
    refused(tmp_path / "locked.zip", "protected by a password")


def test_archives_with_too_many_or_too_large_files_are_refused_before_any_is_read(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", numbered(3, "test"))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    for limit, value, complaint in (
        ("MAX_MEMBERS", 5, "more than 5 files"),
        ("MAX_BYTES", 60, "a picture larger than"),
        ("MAX_TOTAL", 300, "larger than .* together"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(archives, limit, value)
            refused(path, complaint)


def test_pictures_that_would_fill_the_memory_when_decoded_are_refused(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", {f"test/a/{k}.png": png(0, (300, 300)) for k in range(9)})
    monkeypatch.setattr(archives, "MAX_TOTAL", 9 * 300 * 300 - 1)
    refused(path, "The test pictures of a.zip take more than")


def test_a_member_that_lies_about_its_size_is_not_unpacked_beyond_it(tmp_path):
    bomb = png(0) + bytes(2**22)
    path = make_zip(tmp_path / "a.zip", {"test/a/0.png": bomb})
    data = path.read_bytes().replace(len(bomb).to_bytes(4, "little"), (200).to_bytes(4, "little"))
    path.write_bytes(data)
    refused(path, r"test/a/0\.png in a\.zip is damaged")


def test_nothing_is_written_whatever_members_are_called(tmp_path):
    (tmp_path / "in").mkdir()
    path = make_zip(tmp_path / "in" / "a.zip", MEMBERS)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("../../test/escape.png", png(1))
        file.writestr("/test/cat/root.png", png(1))
    before = sorted(tmp_path.rglob("*"))
    images, *_ = read_archive(path, "test")
    assert len(images) == 2
    assert sorted(tmp_path.rglob("*")) == before
