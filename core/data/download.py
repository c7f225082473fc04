"""Fetching public files, a verb of its own: loading a data set never reaches for the network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tqdm import tqdm

from core.errors import UserError
from core.files import replacing

TIMEOUT = 30
"""Seconds of silence after which a server counts as unreachable."""
PIECE = 2**18


class DataError(UserError):
    """A data set cannot be had; the message is one sentence for the user."""


def missing(name: str, sentence: str, folder: Path, **values: object) -> DataError:
    """The error for a file that has to be downloaded first, or again; ``sentence`` may name ``{fetching}``, how."""
    return DataError(sentence, folder=folder, fetching=f"python -m core.data {name} --data {folder}", **values)


def fetch(url: str, path: Path, limit: int, seen: Callable[[int], None] = lambda _: None) -> None:
    """Download ``url`` to ``path``, with a progress bar; ``path`` appears only when the file is whole.

    ``seen`` is told how many bytes have come.

    Raises :class:`DataError` if the server cannot be reached or refuses, if the file is longer than ``limit`` bytes,
    or if it ends before the length that the server announced.
    """
    try:
        with urlopen(url, timeout=TIMEOUT) as response, replacing(path) as file:
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
            with tqdm(total=total, desc=path.name, unit="B", unit_scale=True, unit_divisor=1024) as bar:
                while piece := response.read(PIECE):
                    file.write(piece)
                    bar.update(len(piece))
                    seen(bar.n)
                    if bar.n > limit:
                        raise DataError(
                            "{url} is longer than the {limit:,} bytes that were expected.", url=url, limit=limit
                        )
                if total is not None and bar.n != total:
                    raise DataError(
                        "The download of {url} ended after {n:,} of {total:,} bytes; try again.",
                        url=url,
                        n=bar.n,
                        total=total,
                    )
    except HTTPError as error:
        error.close()
        raise DataError(
            "The server refused {url}: {code} {reason}.", url=url, code=error.code, reason=error.reason
        ) from None
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise DataError("{url} could not be downloaded: {reason}.", url=url, reason=reason) from None


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """A download that another library does: after ``TIMEOUT`` seconds of silence it fails too.

    Raises :class:`DataError` with the first sentence of the last line that the library said.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    except (OSError, RuntimeError, HTTPException) as error:
        said = str(error).strip() or type(error).__name__
        reason = said.splitlines()[-1].split(". ")[0].strip("<>. ")
        raise DataError("{what} could not be downloaded: {reason}.", what=what, reason=reason) from None
    finally:
        socket.setdefaulttimeout(before)
