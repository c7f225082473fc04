"""Binarised MNIST: parsed, fetched from one address or the next, taken from files; its content decides."""

import functools
import gzip
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data import binarized_mnist, sets
from core.data.binarized_mnist import parse_amat
from core.data.sets import DataError, load

RNG = np.random.default_rng(0)
BITS = {
    split: RNG.integers(0, 2, (count, 784), dtype=np.uint8)
    for split, count in (("train", 7), ("valid", 3), ("test", 2))
}


def amat(bits: np.ndarray, end: str = "\n") -> bytes:
    return "".join(" ".join(map(str, row)) + end for row in bits).encode()


def one_sentence(error: DataError) -> bool:
    message = str(error)
    return message.endswith(".") and "\n" not in message and ". " not in message


def same_pictures(split: str, root: Path) -> None:
    np.testing.assert_array_equal(load("binarized-mnist", split, root).images.reshape(-1, 784), BITS[split])


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
        monkeypatch.setattr(binarized_mnist, "BLOCK_BYTES", block)
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
        monkeypatch.setitem(binarized_mnist.BINARIZED_MNIST, split, (len(bits), digest))
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        here = f"http://127.0.0.1:{server.server_port}"
        addresses = (f"{here}/gone/{{split}}.amat", f"{here}/{{split}}.amat", f"{here}/all.npz")
        monkeypatch.setattr(binarized_mnist, "ADDRESSES", addresses)
        yield folder
        server.shutdown()
        thread.join()


class TestBinarizedMNIST:
    def test_the_command_downloads_checks_and_packs_and_load_reads_it_back(self, site, tmp_path, capsys):
        root = tmp_path / "root"
        sets.main(["binarized-mnist", "--data", str(root)])
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

    def test_what_holds_something_else_is_refused_and_no_cache_is_written(self, site, tmp_path):
        (site / "valid.amat").write_bytes(amat(1 - BITS["valid"]))
        with pytest.raises(DataError, match=r"any of 3 addresses, so take .* --from FILES .*all\.npz: 404") as caught:
            sets.download("binarized-mnist", tmp_path / "root")
        assert one_sentence(caught.value)
        assert not (tmp_path / "root" / "binarized_mnist.npz").exists()

    def test_the_next_address_is_asked_for_what_is_missing_or_wrong_at_the_one_before(self, site, tmp_path):
        (site / "valid.amat").write_bytes(b"<html>It has moved.</html>")
        (site / "test.amat").unlink()
        bits = {f"{split}_data": bits.astype(np.float32) for split, bits in BITS.items()}
        np.savez_compressed(site / "all.npz", allow_pickle=False, labels=np.arange(9), **bits)
        sets.download("binarized-mnist", tmp_path / "root")
        for split, bits in BITS.items():
            np.testing.assert_array_equal(
                load("binarized-mnist", split, tmp_path / "root").images.reshape(-1, 784), bits
            )

    def test_an_interrupted_download_goes_on_with_the_files_that_are_missing(self, site, tmp_path):
        last = site / "test.amat"
        last.rename(site / "away")
        with pytest.raises(DataError, match="404"):
            sets.download("binarized-mnist", tmp_path / "root")
        (site / "away").rename(last)
        (site / "train.amat").unlink()
        sets.download("binarized-mnist", tmp_path / "root")
        assert len(load("binarized-mnist", "train", tmp_path / "root")) == 7

    def test_a_folder_that_cannot_be_written_is_named(self, site, tmp_path):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(DataError, match="Not a directory") as caught:
            sets.download("binarized-mnist", tmp_path / "file")
        assert one_sentence(caught.value)

    def test_loading_never_downloads_and_names_the_command_that_does(self, site, tmp_path):
        with pytest.raises(DataError, match=f"`python -m core.data binarized-mnist --data {tmp_path}`") as caught:
            load("binarized-mnist", "train", tmp_path)
        assert one_sentence(caught.value)
        assert [path.name for path in tmp_path.iterdir()] == ["site"]

    def test_a_damaged_cache_is_refused(self, tmp_path):
        cache = tmp_path / "binarized_mnist.npz"
        np.savez(cache, train=BITS["train"], valid=np.zeros((2, 98)))
        for split in sets.SPLITS:
            with pytest.raises(DataError, match=r"holds something else|is damaged"):
                load("binarized-mnist", split, tmp_path)
        cache.write_bytes(cache.read_bytes()[:5000])
        with pytest.raises(DataError, match="is damaged"):
            load("binarized-mnist", "train", tmp_path)

    def test_the_folder_is_the_argument_or_else_the_environment_s(self, site, tmp_path, monkeypatch):
        sets.download("binarized-mnist", tmp_path)
        monkeypatch.setenv("EASEL_DATA", str(tmp_path))
        assert len(load("binarized-mnist", "test")) == 2
        with pytest.raises(DataError, match="elsewhere"):
            load("binarized-mnist", "test", tmp_path / "elsewhere")
        monkeypatch.delenv("EASEL_DATA")
        with pytest.raises(DataError, match="pass --data FOLDER or set EASEL_DATA"):
            load("binarized-mnist", "test")


def packed(split: str) -> np.ndarray:
    return np.packbits(BITS[split], axis=1)


@pytest.mark.usefixtures("site")  # its sums count as the right ones
class TestFilesThatAreThere:
    """``--from``: in any order, under any name, in any of the forms that people have."""

    def test_text_arrays_and_both_in_gzip_are_told_apart_by_what_they_hold(self, tmp_path, capsys):
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "a.gz").write_bytes(gzip.compress(amat(BITS["train"])))
        np.save(mine / "b.npy", BITS["valid"].reshape(-1, 28, 28).astype(bool))
        np.savez(mine / "valid.npz", nothing=np.zeros(3), arr_0=BITS["test"].astype(np.float64))  # a wrong name
        sets.main(["binarized-mnist", "--data", str(tmp_path / "root"), "--from", *map(str, sorted(mine.iterdir()))])
        assert "binarized-mnist is in" in capsys.readouterr().out
        for split, bits in BITS.items():
            np.testing.assert_array_equal(
                load("binarized-mnist", split, tmp_path / "root").images.reshape(-1, 784), bits
            )

    def test_a_folder_stands_for_its_files_and_a_cache_of_ours_for_itself(self, tmp_path):
        mine = tmp_path / "mine"
        mine.mkdir()
        np.savez(mine / "binarized_mnist.npz", **{split: packed(split) for split in BITS})
        (mine / "readme.md").write_text("about")
        sets.download("binarized-mnist", tmp_path / "root", [mine])
        assert len(load("binarized-mnist", "valid", tmp_path / "root")) == 3

    def test_what_is_not_bit_for_bit_right_is_named_and_nothing_is_written(self, tmp_path):
        mine = tmp_path / "mine.npz"
        np.savez(mine, train=BITS["train"], valid=1 - BITS["valid"], test=BITS["test"][::-1])
        with pytest.raises(SystemExit, match=r"mine\.npz does not hold the valid and test split .* found: train\."):
            sets.main(["binarized-mnist", "--data", str(tmp_path / "root"), "--from", str(mine)])
        assert not (tmp_path / "root").exists()

    @pytest.mark.parametrize(
        "content", [b"PK\x03\x04 half of a zip", b"\x1f\x8b half of a gzip", b"\x93NUMPY", b"\xff\xd8"]
    )
    def test_a_damaged_file_is_one_sentence(self, content, tmp_path):
        (tmp_path / "a.npz").write_bytes(content)
        for path in (tmp_path / "a.npz", tmp_path / "nowhere.amat"):
            with pytest.raises(DataError) as caught:
                sets.download("binarized-mnist", tmp_path / "root", [path])
            assert one_sentence(caught.value)

    def test_arrays_that_would_fill_the_memory_are_refused(self, tmp_path, monkeypatch):
        np.savez_compressed(tmp_path / "a.npz", train=BITS["train"])
        monkeypatch.setattr(binarized_mnist, "MAX_BYTES", 1000)
        with pytest.raises(DataError, match="damaged"):
            sets.download("binarized-mnist", tmp_path / "root", [tmp_path / "a.npz"])
