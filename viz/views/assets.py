"""What was painted in advance, in ``assets/``: read whole, or one sentence says which file is not."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any
from zipfile import BadZipFile

from core.errors import UserError
from core.files import ASSETS as ASSETS
from viz.language import ENGLISH, spoken


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
    """A payload painted in advance, ``assets/NAME.json``: what a room shows before any weight is loaded.

    Its texts are those of the language that is spoken.
    """
    with intact(f"{name}.json") as file:
        value = json.loads(file.read())
        if not value:
            raise ValueError("Nothing is stored there.")
    for path, text in words(spoken()).get(name, {}).items():
        *parents, last = path.split("/")
        part = value
        for key in parents:
            part = part[int(key) if isinstance(part, list) else key]
        part[int(last) if isinstance(part, list) else last] = text
    return value


def words_file(language: str) -> str:
    """Where in ``assets/`` the texts of all stored payloads stand in a language other than English."""
    return f"words/{language}.json"


@cache
def words(language: str) -> dict[str, dict[str, str]]:
    """Those texts by the payload's name and by their place in it; none in English, or where none were made."""
    if language == ENGLISH or not (ASSETS / words_file(language)).exists():
        return {}
    with intact(words_file(language)) as file:
        return dict(json.loads(file.read()))
