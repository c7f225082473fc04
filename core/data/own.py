"""A person's own pictures made ready for training: small, grey, in a zip file of their own.

What cannot be read is passed over and counted, where :mod:`core.data.archives` refuses: a person brought them in one
go and is shown what became of them. ``N`` pictures of ``SIDE`` × ``SIDE`` pixels.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.archives import (
    LARGE,
    UNREADABLE,
    Contents,
    archive_contents,
    check_sizes,
    fitted,
    pictures_of,
    said_of,
    survey,
)
from core.data.images import MAX_BYTES, ImageError, decoded, flatten, read_file
from core.data.layouts import Parts, find_layout
from core.files import replacing
from core.results import SIDE
from core.sentences import Sentence, in_a_row, packed, unpacked

LEAST, MOST = 12, 5_000
"""Pictures to train on: fewer leave none to validate with; of more, so many are taken, evenly picked."""
SHOWN = 60
"""Pictures on a contact sheet."""
PAPER, EVEN = 200.0, 40.0
"""The border of a picture on paper is brighter than this and varies less than that."""


class Own(NamedTuple):
    """Pictures made ready: the key that they are kept under, their number, and what was found and passed over."""

    key: str
    number: int
    about: Sentence


def collected(paths: Sequence[Path], folder: Path) -> Own:
    """Make a person's files ready, pictures or one zip file or folder of them, and keep them as ``KEY.zip``.

    Folders inside mean classes and splits as in :mod:`core.data.layouts`. Raises :class:`ImageError`.
    """
    with ExitStack() as stack:
        whole = len(paths) == 1 and (paths[0].is_dir() or paths[0].suffix.lower() == ".zip")
        name = paths[0].name if len(paths) == 1 else f"{len(paths):,} files"
        contents = stack.enter_context(archive_contents(paths[0], name)) if whole else files(paths)
        members = pictures_of(contents)
        ready, about = small(members, contents, name)
    if not ready:
        raise ImageError(
            "To learn from there must be at least {least} pictures; in {name} none could be read. {said_of}",
            least=LEAST,
            name=name,
            said_of=said_of(contents.passed),
        )
    if len(ready) < LEAST:
        raise ImageError(
            "To learn from there must be at least {least} pictures; in {name} {number} could be read. {said_of}",
            least=LEAST,
            name=name,
            number=len(ready),
            said_of=said_of(contents.passed),
        )
    key = hashlib.sha256(zipped(ready)).hexdigest()[:12]
    try:
        with replacing(folder / f"{key}.zip") as file:
            file.write(zipped(ready, about))
    except OSError as error:
        raise ImageError(
            "The pictures could not be kept in {folder}: {strerror}.", folder=folder, strerror=error.strerror
        ) from None
    return Own(key, len(ready), about)


def files(paths: Sequence[Path]) -> Contents:
    """Single files as the contents of an archive; two of one name are two."""
    known: dict[Parts, Path] = {(f"{i:05d}-{path.name}",): path for i, path in enumerate(paths)}
    return Contents(
        {parts: path.stat().st_size for parts, path in known.items()},
        lambda parts: read_file(known[parts]),
        Counter[str](),
    )


def small(members: Sequence[Parts], contents: Contents, name: str) -> tuple[dict[str, NDArray[np.uint8]], Sentence]:
    """The pictures by the names that they are kept under, each (SIDE, SIDE), and a sentence on them."""
    if not members:
        raise ImageError(
            "{name} holds no picture that could be read. {said_of}",
            name=name,
            said_of=said_of(contents.passed),
        )
    chosen = [members[i] for i in np.unique(np.linspace(0, len(members) - 1, min(len(members), MOST)).astype(int))]
    fitting = [member for member in chosen if contents.sizes[member] <= MAX_BYTES]
    contents.passed[LARGE] += len(chosen) - len(fitting)
    if fitting:
        check_sizes([contents.sizes[member] for member in fitting], name)
    style, found = survey(fitting, contents), dict[Parts, NDArray[np.uint8]]()
    for member in fitting:
        try:
            image = decoded(contents.read(member), member[-1])
            found[member] = fitted(flatten(image, style.ground, style.white), (1, SIDE, SIDE))[0]
        except ImageError:
            contents.passed[UNREADABLE] += 1
    said = [
        Sentence("{number:,} pictures, each made {side}×{side} pixels and grey.", number=len(found), side=SIDE),
    ]
    if len(members) > MOST:
        said.append(
            Sentence(
                "There are {number:,}; {most:,} of them were taken, evenly picked.", number=len(members), most=MOST
            )
        )
    if found and on_paper(np.stack(list(found.values()))):
        found = {member: 255 - pixels for member, pixels in found.items()}
        said.append(Sentence("They are dark on light paper, so light and dark were exchanged: here ink is light."))
    if found:
        said.append(Sentence("They have {found}.", found=find_layout(list(found)).found))
    ready = {"/".join((*member[:-1], f"{PurePosixPath(member[-1]).stem}-{i:05d}.png")): pixels
             for i, (member, pixels) in enumerate(found.items())}  # fmt: skip
    return ready, in_a_row([*said, said_of(contents.passed)])


def on_paper(images: NDArray[np.uint8]) -> bool:
    """Whether pictures (N, H, W) are dark on light, as their borders say."""
    edge = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], 1).astype(np.float32)
    return bool(np.median(edge.mean(1)) > PAPER and np.median(edge.std(1)) < EVEN)


def zipped(pictures: dict[str, NDArray[np.uint8]], about: Sentence | None = None) -> bytes:
    """A zip file of PNG files, the same bytes for the same pictures; ``about`` is its comment, packed."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.comment = packed(about).encode() if about else b""
        for name, pixels in pictures.items():
            file = io.BytesIO()
            Image.fromarray(pixels).save(file, "PNG")
            archive.writestr(zipfile.ZipInfo(name), file.getvalue())
    return data.getvalue()


class Sheet(NamedTuple):
    """A contact sheet: up to :data:`SHOWN` pictures, evenly picked, (N, SIDE, SIDE), and what was said of them all."""

    pictures: NDArray[np.uint8]
    about: Sentence


def sheet(path: Path) -> Sheet:
    """The contact sheet of what :func:`collected` has kept. Raises :class:`ImageError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            chosen = np.unique(np.linspace(0, len(names) - 1, min(SHOWN, len(names))).astype(int))
            read = [np.asarray(Image.open(io.BytesIO(archive.read(names[i])))) for i in chosen]
            return Sheet(np.stack(read), unpacked(archive.comment.decode("utf-8", "replace")))
    except (OSError, zipfile.BadZipFile, ValueError):
        raise ImageError("These pictures are no longer here: bring them again.") from None
