"""CIFAR-10 and SVHN: which zip file is read, and fetching with a stand-in for torchvision's classes."""

import sys
import zipfile
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import colour, sets
from core.data.colour import Crop
from core.data.sets import DataError, load

COPIES = {"cifar10": "cifar10-jpg", "svhn-digits": "svhn-digits32"}
RNG = np.random.default_rng(0)
IMAGES = {
    "train": RNG.integers(0, 256, (24, 32, 32, 3), np.uint8),
    "test": RNG.integers(0, 256, (3, 32, 32, 3), np.uint8),
}
LABELS = {"train": [1, 0, 1, 1] * 6, "test": [0, 1, 0]}
ANIMALS = ["frog", "cat"]


def one_sentence(error: DataError) -> bool:
    message = str(error)
    return message.endswith(".") and "\n" not in message and ". " not in message


def picture(shade: int, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 32), (shade, shade, shade)).save(file, kind)
    return file.getvalue()


def pack(path: Path, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


class Torchvision(ModuleType):
    """``torchvision.datasets`` in so far as it is used: keeps files in its folder and gives small arrays."""

    def __init__(self) -> None:
        super().__init__("torchvision.datasets")
        self.error: BaseException | None = None
        self.calls: list[tuple[str, str]] = []

    def work(self, root: Path, split: str) -> None:
        self.calls.append((root.name, split))
        root.mkdir(parents=True, exist_ok=True)
        (root / f"{split}.download").write_bytes(b"half" if self.error else b"whole")
        if self.error:
            raise self.error

    def CIFAR10(self, root: Path, train: bool, download: bool) -> ModuleType:
        assert download
        split = "train" if train else "test"
        self.work(root, split)
        files = ModuleType("files")
        files.data, files.targets, files.classes = IMAGES[split], LABELS[split], ANIMALS
        return files

    def SVHN(self, root: Path, split: str, download: bool) -> ModuleType:
        assert download
        self.work(root, split)
        files = ModuleType("files")
        files.data, files.labels = IMAGES[split].transpose(0, 3, 1, 2), np.array(LABELS[split])
        return files


@pytest.fixture
def torchvision(monkeypatch):
    """A stand-in for torchvision, with a SciPy to be found beside it."""
    datasets, scipy = Torchvision(), ModuleType("scipy")
    scipy.__spec__ = ModuleSpec("scipy", None)
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    monkeypatch.setitem(sys.modules, "scipy", scipy)
    return datasets


@pytest.mark.parametrize(("name", "copy"), COPIES.items())
class TestReading:
    def test_the_exact_file_is_preferred_and_the_name_says_which_was_read(self, name, copy, tmp_path):
        pack(tmp_path / f"{copy}.zip", {"test/b/0.jpg": picture(90, "JPEG"), "test/a/1.jpg": picture(30, "JPEG")})
        near = load(name, "test", tmp_path)
        assert (near.name, near.split, near.classes, near.binarisation) == (copy, "test", ("a", "b"), None)
        assert near.images.shape == (2, 3, 32, 32) and near.images.dtype == np.uint8
        np.testing.assert_array_equal(near.images[:, 0, 16, 16], [30, 90])
        np.testing.assert_array_equal(near.labels, [0, 1])
        pack(tmp_path / f"{name}.zip", {"test/c/0.png": picture(7)})
        exact = load(name, "test", tmp_path)
        assert (exact.name, exact.classes, len(exact)) == (name, ("c",), 1)
        batch = exact.batch([0])
        assert batch.dtype == torch.float32
        np.testing.assert_allclose(batch, np.full((1, 3, 32, 32), 7 / 255), atol=1e-7)

    def test_without_valid_every_tenth_of_train_is_lent_to_it(self, name, copy, tmp_path):
        pack(tmp_path / f"{name}.zip", {f"train/a/{i:02}.png": picture(i) for i in range(25)})
        shades = {split: load(name, split, tmp_path).images[:, 0, 0, 0].tolist() for split in ("train", "valid")}
        assert shades["valid"] == [9, 19]
        assert shades["train"] == [i for i in range(25) if i % 10 != 9]

    def test_missing_files_name_the_command_and_nothing_is_fetched(self, name, copy, torchvision, tmp_path):
        with pytest.raises(DataError) as caught:
            load(name, "train", tmp_path)
        command = f"python -m core.data {name} --data {tmp_path}"
        assert str(caught.value) == f"There is no {name}.zip in {tmp_path}: fetch it with `{command}`."
        assert not torchvision.calls
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("exact", [True, False])
    def test_a_damaged_file_is_named_with_the_command_and_no_other_is_read_instead(self, name, copy, exact, tmp_path):
        stem = name if exact else copy
        path, other = tmp_path / f"{stem}.zip", tmp_path / f"{copy}.zip"
        pack(other, {"train/a/0.png": picture(1), "train/a/1.png": picture(2)})
        whole = other.read_bytes()
        fetch = f"fetch it with `python -m core.data {name} --data {tmp_path}`."
        middle = whole.index(b"IDAT") + 9
        spoilt = whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]
        for content, complaint in (
            (b"", f"{stem}.zip is neither a folder nor a whole zip file: "),
            (whole[:-40], f"{stem}.zip is neither a folder nor a whole zip file: "),
            (spoilt, f"train/a/0.png in {stem}.zip is damaged and cannot be unpacked: "),
        ):
            path.write_bytes(content)
            with pytest.raises(DataError) as caught:
                load(name, "train", tmp_path)
            assert str(caught.value) == complaint + fetch
            assert one_sentence(caught.value)

    def test_a_split_that_the_file_lacks_is_named(self, name, copy, tmp_path):
        pack(tmp_path / f"{copy}.zip", {"train/a/0.png": picture(1)})
        with pytest.raises(DataError, match=f"^{copy}.zip has no pictures for test: it has .* 1 class: fetch"):
            load(name, "test", tmp_path)


@pytest.mark.parametrize("name", COPIES)
class TestFetching:
    def test_the_command_leaves_one_zip_file_from_which_the_exact_pixels_are_read(
        self, name, torchvision, tmp_path, capsys
    ):
        sets.main([name, "--data", str(tmp_path / "root")])
        assert f"{name} is in {tmp_path / 'root'}." in capsys.readouterr().out
        assert [path.name for path in (tmp_path / "root").iterdir()] == [f"{name}.zip"]
        assert torchvision.calls == [(f"{name}.zip.parts", "train"), (f"{name}.zip.parts", "test")]
        words = ANIMALS if name == "cifar10" else ["0", "1"]
        splits = {split: load(name, split, tmp_path / "root") for split in sets.SPLITS}
        assert [len(dataset) for dataset in splits.values()] == [22, 2, 3]
        assert all(dataset.name == name and dataset.classes == tuple(sorted(words)) for dataset in splits.values())
        for split, parts in (("train", ("train", "valid")), ("test", ("test",))):
            found = [
                (splits[part].classes[label], image.tobytes())
                for part in parts
                for image, label in zip(splits[part].images, splits[part].labels, strict=True)
            ]
            given = zip(IMAGES[split], LABELS[split], strict=True)
            wanted = [(words[label], image.transpose(2, 0, 1).tobytes()) for image, label in given]
            assert sorted(found) == sorted(wanted)

    def test_the_same_pictures_are_the_same_file(self, name, torchvision, tmp_path):
        for root in ("one", "two"):
            sets.download(name, tmp_path / root)
        one, two = ((tmp_path / root / f"{name}.zip").read_bytes() for root in ("one", "two"))
        assert one == two
        with zipfile.ZipFile(BytesIO(one)) as archive:
            assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (RuntimeError("File not found or corrupted."), "File not found or corrupted"),
            (OSError("<urlopen error no route>"), "urlopen error no route"),
        ],
    )
    def test_a_failed_download_is_one_sentence_and_the_next_run_succeeds(
        self, name, error, reason, torchvision, tmp_path
    ):
        (tmp_path / f"{name}.zip").write_bytes(b"old")
        torchvision.error = error
        with pytest.raises(DataError, match=f"could not be downloaded: {reason}.$") as caught:
            sets.download(name, tmp_path)
        assert one_sentence(caught.value)
        assert (tmp_path / f"{name}.zip").read_bytes() == b"old"
        torchvision.error = None
        sets.download(name, tmp_path)
        assert len(load(name, "test", tmp_path)) == 3
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.zip"]

    @pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
    def test_an_interrupted_fetch_leaves_no_half_file_and_the_next_one_succeeds(
        self, name, stop, torchvision, tmp_path, monkeypatch
    ):
        class Full(zipfile.ZipFile):
            def writestr(self, info: zipfile.ZipInfo, content: bytes) -> None:
                if info.filename.endswith("00005.png"):
                    raise stop
                super().writestr(info, content)

        with monkeypatch.context() as patch:
            patch.setattr(colour.zipfile, "ZipFile", Full)
            with pytest.raises((KeyboardInterrupt, DataError)) as caught:
                sets.download(name, tmp_path)
        if isinstance(stop, OSError):
            assert str(caught.value) == f"{name} could not be kept in {tmp_path}: No space left on device."
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.zip.parts"]
        with pytest.raises(DataError, match=f"There is no {name}.zip"):
            load(name, "train", tmp_path)
        sets.download(name, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [f"{name}.zip"]
        assert len(load(name, "test", tmp_path)) == 3


def test_without_scipy_svhn_is_not_downloaded_in_vain(torchvision, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(DataError, match="run `pip install scipy` first") as caught:
        sets.download("svhn-digits", tmp_path)
    assert one_sentence(caught.value)
    assert not torchvision.calls
    sets.download("cifar10", tmp_path)


def squares(count: int, side: int = 9) -> np.ndarray:
    """Pictures whose every pixel says where it lies: red its row, green its column, blue which picture."""
    rows, columns = np.mgrid[:side, :side] * 20
    return np.stack([np.stack([rows, columns, np.full_like(rows, 10 * i)]) for i in range(count)]).astype(np.uint8)


def test_a_crop_that_does_not_vary_is_the_middle() -> None:
    pictures = squares(2)
    np.testing.assert_array_equal(Crop(5)(pictures, None), pictures[:, :, 2:7, 2:7])


def test_crops_that_vary_reach_every_place_and_none_beyond_and_keep_neighbours_together() -> None:
    rng = np.random.default_rng(0)
    pictures = np.repeat(squares(1, side=6), 400, axis=0) // 2 + 60  # so that no change of light is clipped
    seen = set()
    for cut in Crop(4, vary=True)(pictures, rng).astype(int):
        assert cut.shape == (3, 4, 4)
        across = np.diff(cut[0], axis=0)
        assert across.min() >= 6 and across.max() <= 14, "ten levels a row, at a contrast of 0.7 to 1.3"
        assert np.ptp(cut[2]) <= 1
        seen.add(int(cut[0, 0, 0]))
    assert len(seen) > 20, "other places and other light"


def test_house_numbers_are_cropped_anew_for_training_and_in_the_middle_otherwise(tmp_path: Path) -> None:
    def shaded(shade: int) -> bytes:
        file = BytesIO()
        levels = np.add.outer(np.arange(64), np.full(64, shade)).astype(np.uint8)
        Image.fromarray(levels).convert("RGB").save(file, "PNG")
        return file.getvalue()

    members = {f"train/{number}/{number}.png": shaded(number) for number in range(20)}
    pack(tmp_path / "svhn-numbers64.zip", members | {"test/5/5.png": shaded(50)})
    train, test = (load("svhn-numbers", split, tmp_path) for split in ("train", "test"))
    assert (train.name, test.images.shape) == ("svhn-numbers64", (1, 3, 64, 64))
    np.testing.assert_array_equal(train.labels, train.images[:, 0, 0, 0])
    assert len(train) == 18 and test.labels.tolist() == [5]
    middle = test.batch([0])
    assert middle.shape == (1, 3, 54, 54)
    np.testing.assert_allclose(middle[0, 0, :, 0] * 255, 50 + np.arange(5, 59), atol=1e-4)
    with pytest.raises(ValueError, match="generator"):
        train.batch([0])
    one, again, other = (train.batch([3], torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_missing_house_numbers_say_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no svhn-numbers\.zip .* 64×64 pixels .* SPLIT/LABEL/NAME\.png") as caught:
        load("svhn-numbers", "train", tmp_path)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
