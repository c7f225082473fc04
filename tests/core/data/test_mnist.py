"""MNIST is downloaded whole, from a server of the test's own, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data import mnist, sets
from core.data.download import DataError
from core.studio import trainings
from core.studio.trainings import Trainings, mnist_there
from core.training.small import TrainError, Wish


def idx(array: np.ndarray) -> bytes:
    """As MNIST's files have it."""
    return struct.pack(f">HBB{array.ndim}i", 0, 8, array.ndim, *array.shape) + array.tobytes()


def stand_in() -> dict[str, bytes]:
    """A small archive of the same four files: 10,020 pictures to train with, for ten thousand are for validation."""
    rng, made = np.random.default_rng(0), {}
    for stem, count in (("train", 10_020), ("t10k", 30)):
        dots = np.zeros((count, 28, 28), np.uint8)
        dots[:, 10:14, 10:14] = 255
        made[f"{stem}-images-idx3-ubyte.gz"] = gzip.compress(idx(dots), mtime=0)
        made[f"{stem}-labels-idx1-ubyte.gz"] = gzip.compress(idx(rng.integers(0, 10, count).astype(np.uint8)), mtime=0)
    return made


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """What the server has to give, by name; what it gave at first is what MNIST is."""
    files = stand_in()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path.removeprefix("/"))
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    known = {name: mnist.Known(hashlib.md5(files[name]).hexdigest(), len(files[name])) for name in mnist.FILES}
    monkeypatch.setattr(mnist, "FILES", known)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        monkeypatch.setattr(mnist, "MIRRORS", (f"http://127.0.0.1:{running.server_port}/",))
        monkeypatch.delenv("EASEL_MNIST", raising=False)
        yield files
        running.shutdown()
        thread.join()


def test_the_files_are_those_of_torchvision() -> None:
    torchvision = pytest.importorskip("torchvision.datasets")
    assert {name: known.md5 for name, known in mnist.FILES.items()} == dict(torchvision.MNIST.resources)
    assert set(mnist.MIRRORS) == set(torchvision.MNIST.mirrors)


def test_what_was_downloaded_is_the_data_set(served: dict[str, bytes], tmp_path: Path) -> None:
    seen: list[int] = []
    mnist.fetch_mnist(tmp_path / "data", seen.append)
    assert seen == sorted(seen) and seen[-1] == mnist.length() == sum(map(len, served.values()))
    assert mnist.there(tmp_path / "data")
    assert [len(sets.load("mnist", split, tmp_path / "data")) for split in sets.SPLITS] == [20, 10_000, 30]
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["MNIST"], "nothing else is left"
    sets.download("mnist", tmp_path / "shell")
    assert mnist.there(tmp_path / "shell")


IMAGES = "train-images-idx3-ubyte.gz"


@pytest.mark.parametrize(
    ("breaks", "sentence"),
    [
        (lambda files: files.pop(IMAGES), "The server refused .*: 404 Not Found"),
        (lambda files: files.update({IMAGES: files[IMAGES][:-1] + b"x"}), "is not MNIST: its MD5 sum is another one"),
        (lambda files: files.update({IMAGES: files[IMAGES] + b"more"}), "longer than the"),
    ],
    ids=["missing", "wrong", "longer"],
)
def test_a_broken_download_is_one_sentence_and_leaves_nothing(
    served: dict[str, bytes], breaks: Any, sentence: str, tmp_path: Path
) -> None:
    breaks(served)  # the last of the files, when all others are there already
    (tmp_path / "old").mkdir()
    for folder in ("new", "old"):
        with pytest.raises(DataError, match=sentence):
            mnist.fetch_mnist(tmp_path / folder)
    assert [each.name for each in tmp_path.rglob("*")] == ["old"]


def test_what_is_no_gzip_file_is_damaged(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served[IMAGES] = b"no gzip file at all"
    known = mnist.Known(hashlib.md5(served[IMAGES]).hexdigest(), 100)
    monkeypatch.setitem(mnist.FILES, IMAGES, known)
    with pytest.raises(DataError, match="is damaged"):
        mnist.fetch_mnist(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_and_a_folder_that_nobody_may_write_are_one_sentence(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mnist.shutil, "copyfileobj", full)
    with pytest.raises(DataError, match=r"could not be kept in .*: No space left on device"):
        mnist.fetch_mnist(tmp_path / "data")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="could not be kept"):
        mnist.fetch_mnist(tmp_path / "file")


def test_a_press_downloads_it_into_the_cache_for_all_that_read_data_sets(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EASEL_DATA", "")
    found, served_class = Trainings(tmp_path / "runs"), Trainings(tmp_path / "runs", downloads=False)
    for each, sentence in ((found, "download it, or"), (served_class, "start the app with --data")):
        with pytest.raises(TrainError, match=sentence):
            each.begin(Wish("vae2", pictures="mnist"))
    with pytest.raises(Exception, match="This server downloads nothing"):
        served_class.mnist.begin()
    assert not (tmp_path / "cache").exists(), "nothing was asked for before the press"
    found.mnist.begin()
    found.mnist.begin()  # a second press joins the first
    assert found.mnist._thread is not None
    found.mnist._thread.join(30)
    stand = found.mnist.stand()
    assert (stand.over, stand.wrong, stand.came) == (True, None, mnist.length())
    assert mnist_there() == "mnist" and mnist.there(tmp_path / "cache" / "easel")
    monkeypatch.setenv("EASEL_DATA", "")  # the app starts anew
    trainings.use_downloaded()
    assert mnist_there() == "mnist"


def test_a_failed_press_says_so_and_the_next_one_tries_again(
    served: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EASEL_DATA", str(tmp_path / "data"))
    good, found = served.pop(IMAGES), Trainings(tmp_path / "runs")
    for wrong in ("404", ""):
        found.mnist.begin()
        assert found.mnist._thread is not None
        found.mnist._thread.join(30)
        found_wrong = found.mnist.stand().wrong
        assert wrong in str(found_wrong or "") and bool(found_wrong) == bool(wrong)
        served[IMAGES] = good
    assert mnist_there() == "mnist"
