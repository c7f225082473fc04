"""What a training that is watched leaves in its folder for those who watch: ``live.json``, its film, its log.

Nothing here imports torch, so that a page can look before torch is there. ``M`` moments of training, ``n`` pictures,
``C`` channels of ``H`` × ``W`` pixels, ``T`` steps of one painting.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.sentences import Sentence, packed, unpacked
from core.training.settings import SettingError, rebuilt
from core.training.small import Wish

LIVE, NOW = "live.json", "now.npz"
MOMENTS = 24
"""Pictures of a film, spaced by the logarithm of the step, and one before the first step."""
FILM_BYTES = 300_000
"""The largest film; one that would be larger keeps fewer pictures of each moment."""

State = Literal["getting ready", "training", "paused", "stopped", "time is up", "finished", "diverged", "failed"]
GOING: frozenset[State] = frozenset({"getting ready", "training", "paused"})
"""A training in these states has a process."""


@dataclass(frozen=True)
class Live:
    """Where a training stands: ``sentence`` says why it has ended, where there is something to say; see :func:`why`."""

    state: State
    step: int = 0
    steps: int = 0
    pictures_per_second: float = 0.0
    seconds_left: float = 0.0
    pace: str = "full"
    sentence: str = ""

    def write(self, folder: Path) -> None:
        """Put it into the folder of the run."""
        quickly(folder / LIVE, json.dumps(asdict(self)).encode())


def quickly(path: Path, data: bytes) -> None:
    """Put another file in the place of one, without waiting for the disk: nothing hangs on it after a crash."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)


def read_live(folder: Path) -> Live | None:
    """Where the training in a folder stands; None if none has said anything there."""
    try:
        return rebuilt(Live, json.loads((folder / LIVE).read_text("utf-8")))
    except (OSError, ValueError, SettingError):
        return None


def ended(live: Live, state: State, why: UserError | str = "") -> Live:
    """The same, ended."""
    said = why.sentence if isinstance(why, UserError) else Sentence(why)
    kept = packed(said) if said else ""
    return replace(live, state=state, sentence=kept, pictures_per_second=0.0, seconds_left=0.0)


def why(live: Live) -> Sentence:
    """Why a training has ended, as it was given to :func:`ended`."""
    return unpacked(live.sentence)


def moments(steps: int) -> list[int]:
    """The steps at which a film keeps a picture, from 0, the last being ``steps``."""
    spaced = np.geomspace(1, max(steps, 1), MOMENTS)
    return sorted({0, *np.rint(spaced).astype(int).tolist()})


Film = dict[str, NDArray[Any]]
"""A film's arrays by name, see :mod:`core.training.film`; ``steps`` (M,) is always there.

What was painted last is a film, too, :data:`NOW`: ``pictures`` (8, C, H, W) of ``step``."""


def read_film(path: Path) -> Film | None:
    """A film; None where there is none, or none that can be read."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def packed_film(film: Mapping[str, NDArray[Any]]) -> bytes:
    """A film as the bytes of an ``.npz`` file."""
    file = io.BytesIO()
    np.savez_compressed(file, **film)  # type: ignore[arg-type]  # its flag is named like no array of ours
    return file.getvalue()


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log that tell of steps, in their order; a line that is being written is left out."""
    return [line for line in _lines(path) if "total" in line]


def begun_with(path: Path) -> dict[str, Any]:
    """What the first line of a log says: command, config, recipe, data; empty where there is no log."""
    return next(_lines(path), {})


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            with suppress(ValueError):
                line = json.loads(text)
                if isinstance(line, dict):
                    yield line


class Looked(NamedTuple):
    """What there is to see of a training: where it stands, its ``place`` in the line (0: it has its turn), its log.

    ``film`` and ``now`` are None where they are those that were seen already, as ``version`` says. ``wish`` is None for
    one of the shell's; ``kept`` says whether there are weights.
    """

    live: Live
    place: int
    name: str
    wish: Wish | None
    lines: list[dict[str, Any]]
    film: Film | None
    now: Film | None
    version: str
    command: str
    kept: bool
