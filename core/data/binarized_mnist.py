"""Statically binarised MNIST: fetched, or taken from files that are there, and kept as packed bits in one file.

R. Salakhutdinov and I. Murray, "On the quantitative analysis of deep belief networks" (ICML 2008), first published by
H. Larochelle as three text files with 784 values "0" or "1" in every line. No address of them has lasted, so there are
several, and none is trusted: what a file holds decides, by the SHA-256 of its bits, wherever it came from and however
it is written.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.data.download import DataError, fetch, missing
from core.files import replacing
from core.results import SIDE

NAME = "binarized-mnist"
CACHE = "binarized_mnist.npz"
ADDRESSES = (
    "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_{split}.amat",
    "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/binarized_mnist_{split}.amat",
    "https://github.com/mgermain/MADE/releases/download/ICML2015/binarized_mnist.npz",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/binarized_mnist_{split}.amat",
)
"""Tried in turn; an address without ``{split}`` is of one file that holds all three."""
BINARIZED_MNIST = {
    "train": (50_000, "727146c35424b019f3e350e1e69faa05644a0abaf787e3f4e1a9632220a13906"),
    "valid": (10_000, "a256ac44ae26be720fad8616a05ed6ecfd1619930d9a208379bb2a4405df5b6d"),
    "test": (10_000, "9fcd8da6f0fdf09b2ba30fe63a0bb784042a0de82563172530229b983e294ff2"),
}
"""Images of each split and the SHA-256 of their packed bits, which a checked copy has."""

PIXELS, PACKED = 784, 98
LINE_BYTES = 2 * PIXELS + 2
"""Longest line of the text files: values, separators, and room for another end of line."""
BLOCK_BYTES = 2**23
MAX_BYTES = 2**30
"""Limit of a file's arrays, unpacked: all three splits as numbers of eight bytes take 440 MB."""
SUFFIXES = (".amat", ".txt", ".gz", ".npz", ".npy")
"""Which files of a folder are looked into."""
DAMAGED = (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
"""What NumPy and gzip raise on files that are not whole."""

Bits = NDArray[np.uint8]
"""(N, 98): the 784 pixels of each picture, packed."""


def parse_amat(path: Path) -> Bits:
    """The rows of a text file of zeros and ones, be it compressed by gzip or not; empty lines do not count.

    Raises :class:`DataError`, naming file and line, unless every line has 784 values, each 0 or 1.
    """
    blocks, line = [np.empty((0, PACKED), np.uint8)], 1
    with opened(path) as file:
        while lines := file.readlines(BLOCK_BYTES):
            blocks.append(parse_lines(lines, path.name, line))
            line += len(lines)
    return np.concatenate(blocks)


def opened(path: Path) -> BufferedReader | gzip.GzipFile:
    """The file, or what gzip has compressed into it, whatever its name is."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if compressed else path.open("rb")


def parse_lines(lines: list[bytes], name: str, first: int) -> Bits:
    """Some lines of such a file, of which the first has the number ``first``, as packed bits."""
    text = np.frombuffer(b"".join(lines), np.uint8)
    starts = np.cumsum([0, *map(len, lines[:-1])])

    def refuse(position: int, complaint: str) -> DataError:
        return DataError(
            "{name}, line {first}: {complaint}.",
            name=name,
            first=first + np.searchsorted(starts, position, "right") - 1,
            complaint=complaint,
        )

    values = text >> 1 == ord("0") >> 1
    known = values | (text == ord(" ")) | (text == ord("\n")) | (text == ord("\r")) | (text == ord("\t"))
    if not known.all():
        position = int(np.argmin(known))
        raise refuse(position, f"{chr(text[position])!r} is neither 0 nor 1")
    touching = values[1:] & values[:-1]
    if touching.any():
        raise refuse(int(np.argmax(touching)), "values are not separated by spaces")
    counts = np.add.reduceat(values, starts, dtype=np.int64)
    wrong = np.flatnonzero((counts != PIXELS) & (counts != 0))
    if len(wrong):
        raise refuse(int(starts[wrong[0]]), f"{counts[wrong[0]]} values, not {PIXELS}")
    return np.packbits((text[values] & 1).reshape(-1, PIXELS), axis=1)


def arrays(file: BufferedReader | gzip.GzipFile) -> Iterator[NDArray[Any]]:
    """The array of an ``.npy`` file, or all of an ``.npz`` file."""
    if file.read(2) == b"PK":
        with zipfile.ZipFile(file) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                raise ValueError("Too large.")
    file.seek(0)
    loaded = np.load(file, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        yield loaded
        return
    with loaded:
        yield from (loaded[key] for key in loaded.files)


def packed_bits(values: NDArray[Any]) -> Bits | None:
    """An array of pictures as packed bits, be they packed already, flat, or 28×28; None if it holds something else."""
    if values.dtype == np.uint8 and values.shape[1:] == (PACKED,):
        return values
    if values.dtype.kind not in "biuf" or values.shape[1:] not in ((PIXELS,), (SIDE, SIDE), (1, SIDE, SIDE)):
        return None
    if not ((values == 0) | (values == 1)).all():
        return None
    return np.packbits(values.reshape(-1, PIXELS) != 0, axis=1)


def recognised(path: Path) -> dict[str, Bits]:
    """The splits that a file holds, told by the SHA-256 of their bits alone. Raises :class:`DataError`."""
    try:
        with opened(path) as file:
            start = file.read(6)
            file.seek(0)
            if start[:2] == b"PK" or start == b"\x93NUMPY":
                contents = [bits for array in arrays(file) if (bits := packed_bits(array)) is not None]
            else:
                contents = [parse_amat(path)]
    except DAMAGED as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else "the file is damaged"
        raise DataError("{path} could not be read: {what}.", path=path, what=what) from None
    digests = {hashlib.sha256(bits.tobytes()).hexdigest(): bits for bits in contents}
    return {split: digests[digest] for split, (_, digest) in BINARIZED_MNIST.items() if digest in digests}


def keep(packed: Mapping[str, Bits], root: Path) -> None:
    """Write all three splits as ``binarized_mnist.npz``."""
    with replacing(root / CACHE) as file:
        np.savez_compressed(file, allow_pickle=False, **{split: packed[split] for split in BINARIZED_MNIST})


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Files as they are; in the place of a folder the files in it that may hold pictures."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        else:
            yield path


def take_binarized_mnist(root: Path, paths: Sequence[Path]) -> None:
    """Keep what files of the user's hold, in any order and under any name: text, ``.npy``, ``.npz`` or these in gzip.

    Raises :class:`DataError` unless all three splits are among them, bit for bit.
    """
    found: dict[str, Bits] = {}
    for path in files_of(paths):
        found |= recognised(path)
    absent = [split for split in BINARIZED_MNIST if split not in found]
    if absent:
        there = f"; found: {', '.join(found)}" if found else ""
        given = ", ".join(map(str, paths))
        raise DataError(
            "{given} does not hold the {absent} split of binarised MNIST, told by its SHA-256{there}.",
            given=given,
            absent=" and ".join(absent),
            there=there,
        )
    keep(found, root)


def fetch_binarized_mnist(root: Path) -> None:
    """Download from one address after another until all three splits are there, and keep them as packed bits.

    Files that are whole are kept until all three are, so that an interrupted download goes on with the next. Raises
    :class:`DataError` with what the last address said.
    """
    parts, said = root / f"{CACHE}.parts", ""
    found: dict[str, Bits] = {}
    parts.mkdir(parents=True, exist_ok=True)  # so that a folder that cannot be made is no address's fault
    for path in sorted(parts.glob("*")):
        with suppress(DataError):
            found |= recognised(path)
    for address in ADDRESSES:
        try:
            for split in BINARIZED_MNIST:
                if split not in found:
                    found |= fetched(address.format(split=split), parts)
        except DataError as error:
            said = str(error)
    if len(found) < len(BINARIZED_MNIST):
        raise DataError(
            "Binarised MNIST could not be had from any of {addresses} addresses, so take files that you have, "
            "with --from FILES ({said}).",
            addresses=len(ADDRESSES),
            said=said.removesuffix("."),
        )
    keep(found, root)
    shutil.rmtree(parts)


def fetched(url: str, folder: Path) -> dict[str, Bits]:
    """What an address holds, kept in ``folder`` if it is right. Raises :class:`DataError`."""
    path = folder / url.rsplit("/", 1)[-1]
    fetch(url, path, sum(count for count, _ in BINARIZED_MNIST.values()) * LINE_BYTES)
    try:
        found = recognised(path)
    except DataError:
        path.unlink()
        raise
    if not found:
        path.unlink()
        raise DataError("What {url} holds is not binarised MNIST: its SHA-256 is another.", url=url)
    return found


def read_binarized_mnist(split: str, folder: Path) -> NDArray[np.uint8]:
    """The pictures of a split, (N, 1, 28, 28) of 0 and 1; those of ``test`` are sorted by class.

    Raises :class:`DataError` with the command that fetches them where there is no such file or no whole one.
    """
    try:
        # Opened here, because np.load does not close a file that turns out to be no zip file.
        with (folder / CACHE).open("rb") as stream, np.load(stream) as file:
            packed = file[split]
    except FileNotFoundError:
        raise missing(NAME, "There is no {file} in {folder}: fetch it with `{fetching}`.", folder, file=CACHE) from None
    except DAMAGED:
        raise missing(NAME, "{file} is damaged in {folder}: fetch it with `{fetching}`.", folder, file=CACHE) from None
    if packed.dtype != np.uint8 or packed.shape[1:] != (PACKED,):
        raise missing(NAME, "{file} holds something else in {folder}: fetch it with `{fetching}`.", folder, file=CACHE)
    return np.unpackbits(packed, axis=1)[:, :PIXELS].reshape(-1, 1, SIDE, SIDE)
