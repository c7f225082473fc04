"""Data sets by name: parsing, caching, binarisation, splits; downloads come from the test's own server."""

import functools
import hashlib
import struct
import sys
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from core import data
from core.data import DataError, DataSet, load, parse_amat

RNG = np.random.default_rng(0)
BITS = {
    split: RNG.integers(0, 2, (count, 784), dtype=np.uint8)
    for split, count in (("train", 7), ("valid", 3), ("test", 2))
}


def amat(bits: np.ndarray, end: str = "\n") -> bytes:
    return "".join(" ".join(map(str, row)) + end for row in bits).encode()


def dynamic(images: np.ndarray) -> DataSet:
    return DataSet("mine", "train", images, None, "dynamic")


def one_sentence(error: DataError) -> bool:
    message = str(error)
    return message.endswith(".") and "\n" not in message and ". " not in message


class TestText:
    @pytest.mark.parametrize("end", ["\n", " \n", "\r\n", "\n\n"])
    def test_rows_are_packed_whatever_ends_a_line(self, end, tmp_path):
        path = tmp_path / "a.amat"
        path.write_bytes(amat(BITS["train"], end))
        packed = parse_amat(path)
        assert packed.shape == (7, 98)
        np.testing.assert_array_equal(np.unpackbits(packed, axis=1)[:, :784], BITS["train"])

    def test_a_last_line_needs_no_end_and_no_line_gives_no_row(self, tmp_path):
        path = tmp_path / "a.amat"
        path.write_bytes(amat(BITS["train"]).rstrip())
        assert len(parse_amat(path)) == 7
        path.write_bytes(b"")
        assert parse_amat(path).shape == (0, 98)

    @pytest.mark.parametrize("block", [1, 4000, 2**23])
    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            (b"0 1 0\n", "a.amat, line 5: 3 values, not 784."),
            (b"0 " * 785 + b"\n", "a.amat, line 5: 785 values, not 784."),
            (b"0 " * 783 + b"2\n", "a.amat, line 5: '2' is neither 0 nor 1."),
            (b"0 " * 783 + b"x\n", "a.amat, line 5: 'x' is neither 0 nor 1."),
            (b"0 " * 782 + b"01\n", "a.amat, line 5: values are not separated by spaces."),
        ],
    )
    def test_a_wrong_line_is_named(self, line, complaint, block, tmp_path, monkeypatch):
        monkeypatch.setattr(data, "BLOCK_BYTES", block)
        path = tmp_path / "a.amat"
        path.write_bytes(amat(BITS["train"][:4]) + line + amat(BITS["train"][4:]))
        with pytest.raises(DataError) as caught:
            parse_amat(path)
        assert str(caught.value) == complaint


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder that a server on 127.0.0.1 serves, with the three text files, whose sums count as the right ones."""
    folder = tmp_path / "site"
    folder.mkdir()
    for split, bits in BITS.items():
        (folder / f"{split}.amat").write_bytes(amat(bits))
        digest = hashlib.sha256(np.packbits(bits, axis=1).tobytes()).hexdigest()
        monkeypatch.setitem(data.BINARIZED_MNIST, split, (len(bits), digest))
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setattr(data, "AMAT_URL", f"http://127.0.0.1:{server.server_port}/{{split}}.amat")
        yield folder
        server.shutdown()
        thread.join()


class TestBinarizedMNIST:
    def test_the_command_downloads_checks_and_packs_and_load_reads_it_back(self, site, tmp_path, capsys):
        root = tmp_path / "root"
        data.main(["binarized-mnist", "--data", str(root)])
        assert str(root) in capsys.readouterr().out
        assert [path.name for path in root.iterdir()] == ["binarized_mnist.npz"]
        with np.load(root / "binarized_mnist.npz") as file:
            np.testing.assert_array_equal(np.unpackbits(file["test"], axis=1)[:, :784], BITS["test"])
        for split, bits in BITS.items():
            loaded = load("binarized-mnist", split, root)
            assert (loaded.name, loaded.split, loaded.labels) == ("binarized-mnist", split, None)
            np.testing.assert_array_equal(loaded.images, bits.reshape(-1, 1, 28, 28))
            batch = loaded.batch(np.array([1, 0]), torch.Generator())
            assert batch.dtype == torch.float32
            np.testing.assert_array_equal(batch, bits[[1, 0]].reshape(-1, 1, 28, 28))

    def test_text_that_says_something_else_is_refused_and_no_cache_is_written(self, site, tmp_path):
        (site / "valid.amat").write_bytes(amat(1 - BITS["valid"]))
        with pytest.raises(DataError, match=r"valid\.amat does not hold the 3 images that it should") as caught:
            data.download("binarized-mnist", tmp_path / "root")
        assert one_sentence(caught.value)
        assert not (tmp_path / "root" / "binarized_mnist.npz").exists()

    def test_an_interrupted_download_goes_on_with_the_files_that_are_missing(self, site, tmp_path):
        last = site / "test.amat"
        last.rename(site / "away")
        with pytest.raises(DataError, match="404"):
            data.download("binarized-mnist", tmp_path / "root")
        (site / "away").rename(last)
        (site / "train.amat").unlink()
        data.download("binarized-mnist", tmp_path / "root")
        assert len(load("binarized-mnist", "train", tmp_path / "root")) == 7

    def test_loading_never_downloads_and_names_the_command_that_does(self, site, tmp_path):
        with pytest.raises(DataError, match=f"`python -m core.data binarized-mnist --data {tmp_path}`") as caught:
            load("binarized-mnist", "train", tmp_path)
        assert one_sentence(caught.value)
        assert [path.name for path in tmp_path.iterdir()] == ["site"]

    def test_a_damaged_cache_is_refused(self, tmp_path):
        cache = tmp_path / "binarized_mnist.npz"
        np.savez(cache, train=BITS["train"], valid=np.zeros((2, 98)))
        for split in data.SPLITS:
            with pytest.raises(DataError, match=r"holds something else|is damaged"):
                load("binarized-mnist", split, tmp_path)
        cache.write_bytes(cache.read_bytes()[:5000])
        with pytest.raises(DataError, match="is damaged"):
            load("binarized-mnist", "train", tmp_path)

    def test_the_folder_is_the_argument_or_else_the_environment_s(self, site, tmp_path, monkeypatch):
        data.download("binarized-mnist", tmp_path)
        monkeypatch.setenv("EASEL_DATA", str(tmp_path))
        assert len(load("binarized-mnist", "test")) == 2
        with pytest.raises(DataError, match="elsewhere"):
            load("binarized-mnist", "test", tmp_path / "elsewhere")
        monkeypatch.delenv("EASEL_DATA")
        with pytest.raises(DataError, match="pass --data FOLDER or set EASEL_DATA"):
            load("binarized-mnist", "test")


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
        train, valid, test = (load("mnist", split, tmp_path) for split in data.SPLITS)
        assert (len(train), len(valid), len(test)) == (3, 10_000, 4)
        assert valid.images.shape == (10_000, 1, 28, 28)
        np.testing.assert_array_equal(train.labels, [0, 1, 2])
        np.testing.assert_array_equal(valid.images[:, 0, 9, 9], (np.arange(3, 10_003) % 251))
        np.testing.assert_array_equal(test.labels, [0, 1, 2, 3])
        assert test.binarisation == "dynamic"

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

    def test_a_download_that_torchvision_gives_up_is_one_sentence(self, tmp_path, monkeypatch):
        def give_up(root: Path, train: bool, download: bool) -> None:
            raise RuntimeError(
                "Error downloading train-images-idx3-ubyte.gz:\nTried https://…/, got:\n<urlopen error no route>\n"
            )

        torchvision = ModuleType("torchvision.datasets")
        monkeypatch.setattr(torchvision, "MNIST", give_up, raising=False)
        monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.datasets", torchvision)
        with pytest.raises(DataError, match="MNIST could not be downloaded: urlopen error no route") as caught:
            data.download("mnist", tmp_path / "root")
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
        for split, (_, seed) in dict(data.STROKES).items():
            monkeypatch.setitem(data.STROKES, split, (200, seed))
        sets = [load("strokes", split) for split in data.SPLITS]
        assert all(s.images.shape == (200, 1, 28, 28) and s.binarisation == "dynamic" for s in sets)
        assert all(len(np.unique(s.labels)) == 10 for s in sets)
        assert len({image.tobytes() for s in sets for image in s.images}) == 600
        assert np.array_equal(load("strokes", "valid").images, sets[1].images)


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
            data.main([name, "--data", str(tmp_path)])

    def test_a_folder_that_cannot_be_written_is_named(self, site, tmp_path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DataError, match="Not a directory") as caught:
            data.download("binarized-mnist", tmp_path / "file")
        assert one_sentence(caught.value)
