"""MNIST from the public mirrors that torchvision names: four files, whole or not at all. No torch here.

``EASEL_MNIST`` may name another place that has the same files; they are known by their MD5 sums, torchvision's too.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from core.data.download import DataError, fetch

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")


class Known(NamedTuple):
    """What is known of a file: its MD5 sum and its length in bytes."""

    md5: str
    length: int


FILES = {
    "t10k-labels-idx1-ubyte.gz": Known("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
    "t10k-images-idx3-ubyte.gz": Known("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
    "train-labels-idx1-ubyte.gz": Known("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
    "train-images-idx3-ubyte.gz": Known("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
}
RAW = Path("MNIST") / "raw"
"""Where they lie, unpacked, in a folder of data sets."""

Seen = Callable[[int], None]
"""Is told how many bytes have come."""


def there(root: Path) -> bool:
    """Whether a folder of data sets has MNIST."""
    return all((root / RAW / name.removesuffix(".gz")).exists() for name in FILES)


def cache() -> Path:
    """Where what is downloaded on request is kept, where nobody has named a folder of data sets."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "easel"


def folder() -> Path:
    """The folder of data sets: the one that ``EASEL_DATA`` names, else :func:`cache`."""
    return Path(os.environ.get("EASEL_DATA") or cache())


def length() -> int:
    """Bytes of all files together."""
    return sum(known.length for known in FILES.values())


def fetch_mnist(root: Path, seen: Seen = lambda _: None) -> None:
    """Download MNIST into a folder of data sets; where that fails, nothing of it is left.

    Raises :class:`DataError`.
    """
    new = not root.exists()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".mnist.", dir=root) as making:
            came = 0
            for name, known in FILES.items():

                def further(now: int, before: int = came) -> None:
                    seen(before + now)

                fetch_one(name, known, Path(making), further)
                came += known.length
            (root / RAW).mkdir(parents=True, exist_ok=True)
            for name in FILES:
                (Path(making) / name).with_suffix("").replace(root / RAW / name.removesuffix(".gz"))
    except OSError as error:
        raise DataError("MNIST could not be kept in {root}: {it}.", root=root, it=error.strerror or error) from None
    finally:
        if new:
            with suppress(OSError):
                root.rmdir()  # which an empty folder allows


def fetch_one(name: str, known: Known, making: Path, seen: Seen) -> None:
    """Download one file from the first mirror that gives it, and unpack it beside. Raises :class:`DataError`."""
    path, last = making / name, DataError("MNIST has no mirror.")
    for mirror in filter(None, (os.environ.get("EASEL_MNIST"), *MIRRORS)):
        try:
            fetch(mirror.rstrip("/") + "/" + name, path, known.length, seen)
            break
        except DataError as error:
            last = error
            if os.environ.get("EASEL_MNIST"):
                raise  # who names a place wants no other
    else:
        raise last
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != known.md5:
        raise DataError("What came as {name} is not MNIST: its MD5 sum is another one.", name=name)
    try:
        with gzip.open(path) as packed, path.with_suffix("").open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError("What came as {name} is damaged.", name=name) from None
    path.unlink()
