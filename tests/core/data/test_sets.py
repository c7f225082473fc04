"""Data sets by name: parsing, caching, binarisation, splits; downloads come from the test's own server."""

import struct
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data import sets
from core.data.sets import DataError, DataSet, load

RNG = np.random.default_rng(0)


def dynamic(images: np.ndarray) -> DataSet:
    return DataSet("mine", "train", images, None, "dynamic")


def one_sentence(error: DataError) -> bool:
    message = str(error)
    return message.endswith(".") and "\n" not in message and ". " not in message


def write_mnist(root: Path, counts: dict[str, int]) -> None:
    """MNIST's files with ``counts`` images; image i is all i mod 251, its label i mod 10."""
    folder = root / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, count in counts.items():
        values = np.arange(count)
        pixels = np.repeat((values % 251).astype(np.uint8), 784).tobytes()
        (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, count, 28, 28) + pixels)
        labels = (values % 10).astype(np.uint8).tobytes()
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + labels)


class TestMNIST:
    def test_valid_is_the_last_ten_thousand_of_the_training_file(self, tmp_path):
        write_mnist(tmp_path, {"train": 10_003, "t10k": 4})
        train, valid, test = (load("mnist", split, tmp_path) for split in sets.SPLITS)
        assert (len(train), len(valid), len(test)) == (3, 10_000, 4)
        assert valid.images.shape == (10_000, 1, 28, 28)
        np.testing.assert_array_equal(train.labels, [0, 1, 2])
        np.testing.assert_array_equal(valid.images[:, 0, 9, 9], (np.arange(3, 10_003) % 251))
        np.testing.assert_array_equal(test.labels, [0, 1, 2, 3])
        assert test.binarisation == "dynamic"

    def test_binarised_anew_learns_from_greys_and_is_judged_by_the_published_file(self, tmp_path):
        write_mnist(tmp_path, {"train": 10_003, "t10k": 4})
        counts = {"train": 9, "valid": 8, "test": 7}
        published = {split: RNG.integers(0, 2, (count, 784), np.uint8) for split, count in counts.items()}
        np.savez(tmp_path / "binarized_mnist.npz", **{k: np.packbits(bits, axis=1) for k, bits in published.items()})
        train, valid, test = (load("binarized-mnist-anew", split, tmp_path) for split in sets.SPLITS)
        for found, split in ((train, "train"), (valid, "valid")):
            greys = load("mnist", split, tmp_path)
            assert (found.name, found.binarisation) == ("binarized-mnist-anew", "dynamic")
            np.testing.assert_array_equal(found.images, greys.images)
            np.testing.assert_array_equal(found.labels, greys.labels)
        assert (test.name, test.binarisation) == ("binarized-mnist", "static"), "the figure is one of that data set"
        np.testing.assert_array_equal(test.images.reshape(7, 784), published["test"])

    def test_missing_and_damaged_files_are_refused(self, tmp_path):
        with pytest.raises(DataError, match=f"`python -m core.data mnist --data {tmp_path}`"):
            load("mnist", "train", tmp_path)
        write_mnist(tmp_path, {"train": 5, "t10k": 5})
        labels = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
        whole = labels.read_bytes()
        for damaged in (whole[:9], whole[:3], b"", b"gzip" + whole, struct.pack(">2i", 2049, 4) + bytes(4)):
            labels.write_bytes(damaged)
            with pytest.raises(DataError, match="MNIST is damaged") as caught:
                load("mnist", "test", tmp_path)
            assert one_sentence(caught.value)


class TestBinarisation:
    def test_dynamic_binarisation_is_a_function_of_the_generator(self):
        images = RNG.integers(0, 256, (5, 1, 28, 28), dtype=np.uint8)
        one, same, other = (dynamic(images).batch([3, 1], torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
        assert one.shape == (2, 1, 28, 28)
        assert set(one.unique().tolist()) == {0.0, 1.0}
        assert torch.equal(one, same)
        assert not torch.equal(one, other)

    def test_every_batch_draws_anew(self):
        generator = torch.Generator().manual_seed(0)
        dataset = dynamic(np.full((1, 1, 8, 8), 128, np.uint8))
        assert not torch.equal(dataset.batch([0], generator), dataset.batch([0], generator))

    def test_the_mean_of_many_draws_is_the_grey_value(self):
        values = np.array([0, 1, 64, 128, 250, 255], np.uint8).reshape(1, 1, 2, 3)
        draws = dynamic(values).batch(np.zeros(40_000, np.int64), torch.Generator().manual_seed(0))
        p = values[0, 0] / 255
        error = np.abs(draws.mean(dim=0)[0].numpy() - p)
        assert (error <= 4 * np.sqrt(p * (1 - p) / 40_000)).all()

    def test_dynamic_binarisation_without_a_generator_on_the_cpu_is_refused(self):
        with pytest.raises(ValueError, match="need a generator on the CPU"):
            dynamic(np.zeros((1, 1, 2, 2), np.uint8)).batch([0])

    def test_without_binarisation_a_batch_is_the_grey_value(self):
        images = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)
        batch = DataSet("mine", "train", images).batch([0])
        np.testing.assert_allclose(batch, images / 255, atol=1e-7)


class TestSubset:
    def test_a_subset_is_random_seeded_and_keeps_images_and_labels_together(self):
        labels = np.arange(100)
        whole = DataSet("mine", "train", labels.astype(np.uint8).reshape(-1, 1, 1, 1), labels, classes=("a",))
        part, same, other = whole.subset(30, 1), whole.subset(30, 1), whole.subset(30, 2)
        assert len(part) == 30
        assert len(set(part.labels.tolist())) == 30
        np.testing.assert_array_equal(part.images.ravel(), part.labels)
        np.testing.assert_array_equal(part.labels, same.labels)
        assert set(part.labels.tolist()) != set(other.labels.tolist())
        assert (part.labels >= 50).sum() > 5
        assert part.classes == ("a",)

    def test_a_subset_larger_than_the_set_is_the_set(self):
        whole = DataSet("mine", "train", np.arange(9, dtype=np.uint8).reshape(-1, 1, 1, 1))
        assert sorted(whole.subset(50, 0).images.ravel()) == list(range(9))


class TestStrokes:
    def test_strokes_need_no_folder_and_their_splits_share_no_picture(self, monkeypatch):
        monkeypatch.delenv("EASEL_DATA", raising=False)
        for split, (_, seed) in dict(sets.STROKES).items():
            monkeypatch.setitem(sets.STROKES, split, (200, seed))
        splits = [load("strokes", split) for split in sets.SPLITS]
        assert all(s.images.shape == (200, 1, 28, 28) and s.binarisation == "dynamic" for s in splits)
        assert all(len(np.unique(s.labels)) == 10 for s in splits)
        assert len({image.tobytes() for s in splits for image in s.images}) == 600
        assert np.array_equal(load("strokes", "valid").images, splits[1].images)


class TestPlates:
    @pytest.mark.parametrize(("name", "side", "batch"), [("plates", 64, 54), ("plates-digits", 32, 32)])
    def test_plates_need_no_folder_and_their_splits_share_no_picture(self, name, side, batch, monkeypatch):
        monkeypatch.delenv("EASEL_DATA", raising=False)
        for split, (_, seed) in dict(sets.PLATES).items():
            monkeypatch.setitem(sets.PLATES, split, (20, seed))
        chosen, generator = np.arange(20), torch.Generator().manual_seed(0)
        splits = [load(name, split) for split in sets.SPLITS]
        assert all(s.images.shape == (20, 3, side, side) and s.labels[chosen].shape == (20,) for s in splits)
        assert len({picture.tobytes() for s in splits for picture in s.images[chosen]}) == 60
        assert all(s.batch(chosen, generator).shape == (20, 3, batch, batch) for s in splits)
        assert set(splits[2].faces) - set(splits[0].faces), "some typefaces are held out for the test"
        part = splits[2].subset(5, 0)
        np.testing.assert_array_equal(splits[2].labels[:20][np.random.default_rng(0).permutation(20)[:5]], part.labels)
        assert part.images.shape == (5, 3, side, side)

    def test_pictures_for_training_are_millions_drawn_when_they_are_asked_for(self):
        train = load("plates", "train")
        assert len(train) > 4_000_000
        chosen = np.array([4_000_000, 3])
        one, again, other = (train.batch(chosen, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
        assert torch.equal(one, again) and not torch.equal(one, other), "crop and light are the generator's"
        assert train.labels[chosen].tolist() == train.images.labels[chosen].tolist()


class TestArchives:
    def test_an_archive_by_name_has_labels_and_the_names_of_its_classes(self, tmp_path):
        file = BytesIO()
        Image.new("RGB", (9, 7), (255, 51, 0)).save(file, "PNG")
        with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
            archive.writestr("test/red/a.png", file.getvalue())
        loaded = load(f"archive:{tmp_path / 'mine.zip'}", "test")
        assert loaded.classes == ("red",)
        np.testing.assert_array_equal(loaded.labels, [0])
        batch = loaded.batch([0])
        assert batch.shape == (1, 3, 7, 9)
        np.testing.assert_allclose(batch[0, :, 3, 3], [1, 0.2, 0], atol=1e-7)

    def test_a_bad_archive_is_a_data_error(self, tmp_path):
        with pytest.raises(DataError, match="There is no folder or zip file") as caught:
            load(f"archive:{tmp_path / 'nowhere'}", "test")
        assert one_sentence(caught.value)


class TestNames:
    def test_unknown_names_and_splits_are_refused_with_the_known_ones(self):
        with pytest.raises(
            DataError, match=r"strokes, binarized-mnist, .*, cifar10, svhn-digits, svhn-numbers and archive:PATH"
        ):
            load("cifar", "train")
        with pytest.raises(DataError, match="train, valid, test"):
            load("strokes", "dev")

    @pytest.mark.parametrize("name", ["strokes", "cifar"])
    def test_the_command_refuses_what_needs_no_download(self, name, tmp_path):
        with pytest.raises(
            SystemExit,
            match="those are binarized-mnist, mnist, two-digits, cluttered, cluttered-100, cifar10, svhn-digits",
        ):
            sets.main([name, "--data", str(tmp_path)])

    def test_files_are_refused_where_a_data_set_cannot_be_made_of_them(self, tmp_path):
        with pytest.raises(SystemExit, match=r"mnist cannot be made of files .* that is for binarized-mnist"):
            sets.main(["mnist", "--data", str(tmp_path), "--from", "a.gz"])
