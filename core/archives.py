"""Labelled pictures by the thousand, from a folder or a zip file laid out ``SPLIT/LABEL/NAME.png``.

Nothing is ever extracted to disk, so a member's name can lead nowhere. How many members there are, and how large they
say they are, is checked before any is read, and no more of a member is unpacked than it says.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from core.images import MAX_BYTES, ImageError, open_picture, read_file

Parts = tuple[str, ...]
"""A member's path, taken apart: folders, then the file's name."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif")
MAX_MEMBERS = 250_000
MAX_TOTAL = 2 * 2**30
"""Limit in bytes of a split's files together, uncompressed, and of its decoded pictures."""

ENCRYPTED = 0x1
"""The bit of a zip member's flags that says so."""
ZIP_ERRORS = (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, struct.error, zlib.error, lzma.LZMAError)
"""What the zipfile module raises on broken files; ``NotImplementedError`` is a ``RuntimeError``."""


def read_archive(
    path: str | Path, split: str, size: tuple[int, int] | None = None, channels: int | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    """All pictures of one split of an archive: (N, C, H, W) in 0–255, labels (N,), and the labels' names.

    The names are the sorted LABEL folders of all splits together; pictures are sorted by label and file name.
    ``size`` (H, W) and ``channels`` (1 grey, 3 colour) are the first picture's unless given: another picture is
    cropped about its middle to the same shape, resized and converted. Hidden files and ``__MACOSX`` are passed
    over, and one folder around everything is allowed. An archive without ``valid`` lends every tenth picture of
    ``train`` to it. Raises :class:`ImageError`.
    """
    path = Path(path)
    with archive_contents(path) as (sizes, read):
        if len(sizes) > MAX_MEMBERS:
            raise ImageError(f"{path.name} holds more than {MAX_MEMBERS:,} files.")
        members = find_pictures(sizes)
        chosen = choose(members, split)
        if not chosen:
            raise ImageError(f"{path.name} holds no pictures laid out as {split}/LABEL/NAME.png.")
        check_sizes([sizes[member] for member in chosen], path.name)
        names = ["/".join(member) + f" in {path.name}" for member in chosen]
        first = open_picture(read(chosen[0]), names[0])
        height, width = size or (first.height, first.width)
        shape = (channels or len(first.getbands()), height, width)
        if len(chosen) * shape[0] * height * width > MAX_TOTAL:
            raise ImageError(f"The {split} pictures of {path.name} take more than {MAX_TOTAL >> 30} GB.")
        images = np.empty((len(chosen), *shape), np.uint8)
        bar = tqdm(chosen, path.name, leave=False, disable=None, delay=2, unit="picture")
        for i, member in enumerate(bar):
            images[i] = fitted(open_picture(read(member), names[i]), shape)
    classes = tuple(sorted({member[-2] for member in members}))
    number = {name: i for i, name in enumerate(classes)}
    return images, np.array([number[member[-2]] for member in chosen], np.int64), classes


def fitted(image: Image.Image, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture as an array of ``shape`` (C, H, W), C 1 or 3, cropped about its middle and resized where it differs."""
    channels, height, width = shape
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    values = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return values.reshape(height, width, channels).transpose(2, 0, 1)


def find_pictures(sizes: Mapping[Parts, int]) -> list[Parts]:
    """The members at SPLIT/LABEL/NAME, sorted, be they in one more folder or not."""
    visible = [
        member
        for member in sizes
        if not any(part.startswith(".") or part == "__MACOSX" for part in member)
        and PurePosixPath(member[-1]).suffix.lower() in SUFFIXES
    ]
    flat = [member for member in visible if len(member) == 3]
    nested = [member for member in visible if len(member) == 4]
    if not flat and len({member[0] for member in nested}) == 1:
        return sorted(nested)
    return sorted(flat)


def choose(members: list[Parts], split: str) -> list[Parts]:
    """The members of one split. Members are sorted by label, so every tenth has about a tenth of each label."""
    own = [member for member in members if member[-3] == split]
    if split not in ("train", "valid") or any(member[-3] == "valid" for member in members):
        return own
    train = [member for member in members if member[-3] == "train"]
    return [member for i, member in enumerate(train) if (i % 10 == 9) == (split == "valid")]


def check_sizes(sizes: list[int], name: str) -> None:
    """Refuse archives that would fill the memory, before anything is read."""
    if max(sizes) > MAX_BYTES:
        raise ImageError(f"{name} holds a picture larger than {MAX_BYTES >> 20} MB.")
    if sum(sizes) > MAX_TOTAL:
        raise ImageError(f"The pictures in {name} are larger than {MAX_TOTAL >> 30} GB together.")


@contextmanager
def archive_contents(path: Path) -> Iterator[tuple[dict[Parts, int], Callable[[Parts], bytes]]]:
    """An archive's members with their uncompressed sizes in bytes, and a function that reads one."""
    if path.is_dir():
        files = (file for file in path.rglob("*") if file.is_file())
        sizes = {file.relative_to(path).parts: file.stat().st_size for file in files}
        yield sizes, lambda parts: read_file(path.joinpath(*parts))
        return
    if not path.is_file():
        raise ImageError(f"There is no folder or zip file {path}.")
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS:
        raise ImageError(f"{path.name} is neither a folder nor a whole zip file.") from None
    with archive:
        # Some Windows programs write backslashes against the standard.
        members = {
            PurePosixPath(info.filename.replace("\\", "/")).parts: info
            for info in archive.infolist()
            if not info.is_dir()
        }

        def read(parts: Parts) -> bytes:
            info, name = members[parts], "/".join(parts)
            if info.flag_bits & ENCRYPTED:
                raise ImageError(f"{path.name} is protected by a password.")
            try:
                with archive.open(info) as file:
                    # With the size as limit a member that lies about it is not unpacked beyond.
                    return file.read(info.file_size)
            except ZIP_ERRORS:
                raise ImageError(f"{name} in {path.name} is damaged and cannot be unpacked.") from None

        yield {parts: info.file_size for parts, info in members.items()}, read
