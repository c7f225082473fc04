"""Pictures by the thousand, from a folder or a zip file in one of the layouts of :mod:`core.data.layouts`.

Nothing is ever extracted to disk, so a member's name can lead nowhere. How many members there are, and how large they
say they are, is checked before any is read, and no more of a member is unpacked than it says. What is passed over is
counted.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from core.data.images import LIGHT, MAX_BYTES, ImageError, brightness_of_ink, decoded, flatten, read_file, white_level
from core.data.layouts import Parts, find_layout
from core.sentences import Sentence, listed

SYSTEM = ("__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini")
HIDDEN, OTHER, OUTSIDE = "hidden or system files", "other files", "pictures outside of these folders"
LARGE, UNREADABLE, CLOSED = "files that are too large", "files that cannot be read", "folders that cannot be opened"
CIRCLE, NOWHERE, LINKS = "links that lead in a circle", "links that lead nowhere", "links inside the zip file"
OUT = "names that lead out of the zip file"
"""What is passed over."""
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif")
MAX_MEMBERS = 250_000
MAX_TOTAL = 2 * 2**30
"""Limit in bytes of a split's files together, uncompressed, and of its decoded pictures."""

ENCRYPTED = 0x1
"""The bit of a zip member's flags that says so."""
ZIP_ERRORS = (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, struct.error, zlib.error, lzma.LZMAError)
"""What the zipfile module raises on broken files; ``NotImplementedError`` is a ``RuntimeError``."""

SURVEYED = 24
"""Pictures that are looked at before all are read, spread over the splits."""


class Pictures(NamedTuple):
    """One split of an archive: ``images`` (N, C, H, W) uint8, ``labels`` (N,) int64 or None, the labels' names.

    ``about`` says what layout was found and what was passed over.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64] | None
    classes: tuple[str, ...]
    about: str


class Contents(NamedTuple):
    """An archive's files with their uncompressed sizes in bytes, how one is read, and what was passed over."""

    sizes: dict[Parts, int]
    read: Callable[[Parts], bytes]
    passed: Counter[str]


def read_archive(
    path: str | Path, split: str, size: tuple[int, int] | None = None, channels: int | None = None
) -> Pictures:
    """All pictures of one split (``train``, ``valid`` or ``test``) of an archive, sorted by label and file name.

    ``size`` (H, W) is the first picture's unless given, ``channels`` (1 grey, 3 colour) what the pictures need: another
    picture is cropped about its middle to the same shape, resized and converted. On which ground transparent pictures
    lie and which value is white in deep ones is decided once for all splits. Raises :class:`ImageError`.
    """
    path = home(path)
    name = path.name or str(path)
    with archive_contents(path, name) as contents:
        members = pictures_of(contents)
        if not members:
            raise ImageError("{name} holds no picture ({suffixes}).", name=name, suffixes=", ".join(SUFFIXES))
        layout = find_layout(members)
        contents.passed[OUTSIDE] += layout.outside
        chosen = layout.splits[split]
        if not chosen:
            raise ImageError(
                "{name} has no pictures for {split}: it has {found}.", name=name, split=split, found=layout.found
            )
        check_sizes([contents.sizes[member] for member in chosen], name)
        style = survey([member for members in layout.splits.values() for member in members], contents)
        shape = (channels or style.channels, *(size or style.size))
        if len(chosen) * shape[0] * shape[1] * shape[2] > MAX_TOTAL:
            raise ImageError(
                "The {split} pictures of {name} take more than {max_total} GB.",
                split=split,
                name=name,
                max_total=MAX_TOTAL >> 30,
            )
        images = np.empty((len(chosen), *shape), np.uint8)
        for i, member in enumerate(tqdm(chosen, name, leave=False, disable=None, delay=2, unit="picture")):
            image = decoded(contents.read(member), "/".join(member) + f" in {name}")
            images[i] = fitted(flatten(image, style.ground, style.white), shape)
    number = {label: i for i, label in enumerate(layout.classes)}
    labels = [number[layout.labels[member]] for member in chosen if member in layout.labels]
    about = " ".join(filter(None, [f"{name} has {layout.found}.", style.said(), said_of(contents.passed)]))
    return Pictures(images, np.array(labels, np.int64) if labels else None, layout.classes, about)


def home(path: str | Path) -> Path:
    """The path with ``~`` as the home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ImageError("There is no home folder for {path}.", path=path) from None


def fitted(image: Image.Image, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture as an array of ``shape`` (C, H, W), C 1 or 3, cropped about its middle and resized where it differs."""
    channels, height, width = shape
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    values = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return values.reshape(height, width, channels).transpose(2, 0, 1)


class Style(NamedTuple):
    """What the pictures of an archive have in common: size (H, W), channels, ground of transparent ones, white."""

    size: tuple[int, int]
    channels: int
    ground: str
    white: float

    def said(self) -> str:
        """A sentence on what is not plain."""
        return "Their transparent ground became black, since the ink is light." if self.ground == "black" else ""


def survey(members: Sequence[Parts], contents: Contents) -> Style:
    """Look at some of the pictures of all splits: what is decided for one must hold for all of them."""
    size, channels, white, inks = (1, 1), 1, 0.0, list[float]()
    for member in reversed(members[:: max(1, -(-len(members) // SURVEYED))]):
        if contents.sizes[member] > MAX_BYTES:
            continue
        try:
            image = decoded(contents.read(member), member[-1])
            white = max(white, white_level(image))
            plain = flatten(image)
        except ImageError:
            continue  # it is named when it is read
        size = plain.height, plain.width
        ink = brightness_of_ink(image)
        inks += [] if ink is None else [ink]
        if channels == 1 and plain.mode == "RGB":
            red, green, blue = plain.split()
            channels = 1 if red.tobytes() == green.tobytes() == blue.tobytes() else 3
    return Style(size, channels, "black" if inks and np.mean(inks) > LIGHT else "white", white)


def pictures_of(contents: Contents) -> list[Parts]:
    """The members that are pictures by their names; what else there is is counted in ``contents.passed``."""
    pictures = []
    for member in contents.sizes:
        if hidden(member):
            contents.passed[HIDDEN] += 1
        elif PurePosixPath(member[-1]).suffix.lower() not in SUFFIXES:
            contents.passed[OTHER] += 1
        else:
            pictures.append(member)
    return pictures


def said_of(passed: Counter[str]) -> Sentence:
    """One sentence on what was passed over, or nothing."""
    found = [Sentence("{kind} ({number:,})", kind=kind, number=number) for kind, number in passed.items() if number]
    return Sentence("Passed over: {listed}.", listed=listed(found)) if found else Sentence()


def hidden(parts: Parts) -> bool:
    """Whether a path is one that file systems and programs keep for themselves."""
    return any(part.startswith(".") or part in SYSTEM for part in parts)


def check_sizes(sizes: list[int], name: str) -> None:
    """Refuse archives that would fill the memory, before anything is read."""
    if max(sizes) > MAX_BYTES:
        raise ImageError("{name} holds a picture larger than {max_bytes} MB.", name=name, max_bytes=MAX_BYTES >> 20)
    if sum(sizes) > MAX_TOTAL:
        raise ImageError(
            "The pictures in {name} are larger than {max_total} GB together.", name=name, max_total=MAX_TOTAL >> 30
        )


def check_number(number: int, name: str) -> None:
    """Refuse archives with too many members."""
    if number > MAX_MEMBERS:
        raise ImageError("{name} holds more than {max_members:,} files.", name=name, max_members=MAX_MEMBERS)


@contextmanager
def archive_contents(path: Path, name: str) -> Iterator[Contents]:
    """What a folder or zip file holds, while it is open."""
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError):
        is_folder = exists = False
    if is_folder:
        passed = Counter[str]()
        yield Contents(walk(path, name, passed), lambda parts: read_file(path.joinpath(*parts)), passed)
        return
    if not exists:
        raise ImageError("There is no folder or zip file {path}.", path=path)
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_ERRORS:
        raise ImageError("{name} is neither a folder nor a whole zip file.", name=name) from None
    with archive:
        yield zip_contents(archive, name)


def walk(root: Path, name: str, passed: Counter[str]) -> dict[Parts, int]:
    """The files of a folder and of those below it, links followed, with their sizes in bytes.

    A link to a folder that it lies in is passed over; so are hidden folders, with all that they hold.
    """
    sizes: dict[Parts, int] = {}
    visited, stack = 0, [(Parts(), frozenset[tuple[int, int]]())]
    while stack:
        parts, above = stack.pop()
        try:
            status = root.joinpath(*parts).stat()
            entries = sorted(os.scandir(root.joinpath(*parts)), key=lambda entry: entry.name)
        except OSError as error:
            if not parts:
                raise ImageError(
                    "The folder {root} cannot be opened: {strerror}.", root=root, strerror=error.strerror
                ) from None
            passed[CLOSED] += 1
            continue
        here = status.st_dev, status.st_ino
        if here in above:
            passed[CIRCLE] += 1
            continue
        visited += len(entries)
        check_number(visited, name)
        for entry in entries:
            member = (*parts, entry.name)
            if hidden((entry.name,)):
                passed[HIDDEN] += 1
            elif Path(entry).is_dir():
                stack.append((member, above | {here}))
            elif Path(entry).is_file():
                sizes[member] = entry.stat().st_size
            else:
                passed[NOWHERE if entry.is_symlink() else UNREADABLE] += 1
    return sizes


def zip_contents(archive: zipfile.ZipFile, name: str) -> Contents:
    """The members of a zip file. Links in it, and names that would lead out of it, are passed over."""
    passed, members = Counter[str](), dict[Parts, zipfile.ZipInfo]()
    infos = archive.infolist()
    check_number(len(infos), name)
    for info in infos:
        # Some Windows programs write backslashes against the standard.
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.filename.endswith("/") or not parts:  # a damaged one may have no name at all
            continue
        if parts[0] == "/" or ".." in parts:
            passed[OUT] += 1
        elif stat.S_ISLNK(info.external_attr >> 16):
            passed[LINKS] += 1
        else:
            members[parts] = info

    def read(parts: Parts) -> bytes:
        info = members[parts]
        if info.flag_bits & ENCRYPTED:
            raise ImageError("{name} is protected by a password.", name=name)
        try:
            with archive.open(info) as file:
                # With the size as limit a member that lies about it is not unpacked beyond.
                return file.read(info.file_size)
        except ZIP_ERRORS:
            raise ImageError(
                "{parts} in {name} is damaged and cannot be unpacked.", parts="/".join(parts), name=name
            ) from None

    return Contents({parts: info.file_size for parts, info in members.items()}, read, passed)
