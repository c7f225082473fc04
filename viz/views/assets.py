"""What was painted in advance, in ``assets/``: read whole, or one sentence says which file is not."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from zipfile import BadZipFile

from core.errors import UserError
from core.files import ASSETS as ASSETS


class AssetError(UserError):
    """A file of the page's own is missing or damaged; one sentence names it."""


@contextmanager
def intact(name: str) -> Iterator[IO[bytes]]:
    """``assets/NAME``, open; whatever reading it in the block raises is :class:`AssetError`."""
    try:
        with (ASSETS / name).open("rb") as file:  # np.load does not close one that turns out to be no zip file
            yield file
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise AssetError("The file {name} of this page is missing or damaged: fetch it again.", name=name) from error


def stored(name: str) -> Any:
    """A payload painted in advance, ``assets/NAME.json``: what a room shows before any weight is loaded."""
    with intact(f"{name}.json") as file:
        value = json.loads(file.read())
        if not value:
            raise ValueError("Nothing is stored there.")
        return value
