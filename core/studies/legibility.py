"""Can imagined house numbers be read? ``python -m core.studies.legibility NAME [--count N --seed S --data FOLDER]
--json``.

A reader (:mod:`core.models.reader`) that has learned from plates looks at what a painter imagines. What is counted is
the share of pictures of which it is at least 90 % sure what is written there: its probability of the likeliest number,
count of digits and every digit together. A share alone says little, so the same reader also looks at plates in
typefaces that it does not know, at photographs (with ``--data``), and at plates that are washed out or shuffled, of
which it should not be sure. Where the answer is known, the share of right answers stands beside it.

There is one reader, of whole numbers on 54 × 54 pixels.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.console import plain_output
from core.data import sets
from core.errors import UserError
from core.files import CHECKPOINTS
from core.models.base import Generate, device_of
from core.models.raster import PixelModel
from core.models.reader import Reader, ruined
from core.samplers.brush import Brush
from core.training.checkpoints import load_checkpoint, read_card, write_card
from core.training.registry import REGISTRY

SURE = 0.9
"""From which probability a picture counts as read."""
BATCH = 100
SIZE = ("channels", "height", "width")
PHOTOGRAPHS = "svhn-numbers"


@dataclass(frozen=True)
class Reading:
    """How some pictures are read; shares in percent of ``n``."""

    pictures: str
    n: int
    read: float
    """Share of which the reader is sure."""
    standard_error: float
    """Of ``read``."""
    right: float | None = None
    """Share whose likeliest number is the one that stands there, sure or not; None where it is not known."""
    right_if_read: float | None = None
    """The same among those of which the reader is sure."""


class NoReaderError(UserError):
    """There is no reader for a model's pictures; the message is one sentence."""


@torch.no_grad()
def read(reader: Reader, x: Tensor) -> tuple[Tensor, Tensor]:
    """For pictures (b, c, H, W) in [0, 1] the likeliest numbers (b,) and their probabilities (b,)."""
    parts = [reader.judge(part.to(device_of(reader)), torch.Generator())[0].exp().max(1) for part in x.split(BATCH)]
    return torch.cat([number for _, number in parts]).cpu(), torch.cat([confidence for confidence, _ in parts]).cpu()


def reading(reader: Reader, pictures: str, x: Tensor, labels: Tensor | None = None) -> Reading:
    """The figures for pictures (n, c, H, W) on which ``labels`` (n,) stand."""
    number, confidence = read(reader, x)
    sure = confidence >= SURE
    share = float(sure.double().mean())
    found: list[float | None] = [None, None]
    if labels is not None:
        right = (number == labels).double()
        found = [round(100 * float(part.mean()), 2) if len(part) else None for part in (right, right[sure])]
    error = 100 * math.sqrt(share * (1 - share) / len(x))
    return Reading(pictures, len(x), round(100 * share, 2), round(error, 2), *found)


def imagined(name: str, count: int, seed: int, folder: Path = CHECKPOINTS) -> Tensor:
    """(count, c, H, W): what a painter imagines, picture i being a function of the seed and i."""
    model: Any = load_checkpoint(name, folder)
    brush = Brush(model) if isinstance(model, PixelModel) else None
    parts, most = [], BATCH if brush is None else 16
    for start in range(0, count, most):
        request = Generate(min(most, count - start))
        generator = torch.Generator().manual_seed(seed + start)
        if brush is None:
            *_, last = model.steps(request, generator)
            parts.append(torch.from_numpy(last.image))
        else:
            parts.append(torch.from_numpy(brush.paint(request, generator).image))
    return torch.cat(parts)


def drawn(dataset: sets.DataSet, count: int, seed: int) -> tuple[Tensor, Tensor | None]:
    """At most ``count`` pictures of a split and what stands on them."""
    part = dataset.subset(count, seed)
    x = part.batch(range(len(part)), torch.Generator().manual_seed(seed))
    return x, None if part.labels is None else torch.from_numpy(part.labels)


def reader_of(name: str) -> str | None:
    """The instrument that reads pictures of the size of those that ``name`` paints."""
    sizes = {each: tuple(getattr(REGISTRY[each].config, part) for part in SIZE) for each in REGISTRY}
    return next((each for each in REGISTRY if REGISTRY[each].instrument and sizes[each] == sizes[name]), None)


def readings(
    name: str, count: int, seed: int, root: str | None = None, folder: Path = CHECKPOINTS
) -> Iterator[tuple[str, Reading]]:
    """(the reader's name, a reading) for what ``name`` imagines and, beside it, for real pictures and ruined ones.

    Raises :class:`NoReaderError`, ``CheckpointError`` and, with ``root``, ``DataError``.
    """
    chosen = reader_of(name)
    if chosen is None or REGISTRY[name].family == "classifier":
        raise NoReaderError("{name} paints no house numbers of 54×54 pixels, so there is nothing to read.", name=name)
    reader = load_checkpoint(chosen, folder)
    assert isinstance(reader, Reader)
    yield chosen, reading(reader, f"imagined by {name}", imagined(name, count, seed, folder))
    plates = sets.load(REGISTRY[chosen].dataset, "test")
    x, labels = drawn(plates, count, seed)
    yield chosen, reading(reader, f"{plates.name}, test, typefaces not known to the reader", x, labels)
    yield chosen, reading(reader, "the same, ruined", ruined(x, torch.Generator().manual_seed(seed)))
    if root is not None:
        real = sets.load(PHOTOGRAPHS, "test", root)
        yield chosen, reading(reader, f"{real.name}, test, photographs", *drawn(real, count, seed))


def report(rows: list[Reading]) -> str:
    """The table as text."""
    lines = [f"{'percent':<58}{'n':>7}{'read':>15}{'right':>8}{'right if read':>15}"]
    for row in rows:
        right = "".join(
            f"{'–' if share is None else f'{share:.1f}':>{width}}"
            for share, width in ((row.right, 8), (row.right_if_read, 15))
        )
        lines.append(f"{row.pictures:<58}{row.n:>7}{f'{row.read:.1f} ± {row.standard_error:.1f}':>15}{right}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command line; prints one JSON object with ``--json``, a table without."""
    plain_output()
    parser = argparse.ArgumentParser(
        prog="python -m core.studies.legibility", description="Read imagined house numbers."
    )
    parser.add_argument("name", choices=REGISTRY)
    parser.add_argument("--data", help="folder with photographs, to read them as well")
    parser.add_argument("--count", type=int, default=1_000, help="pictures of each kind, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--update-card", action="store_true", help="write the figures into the painter's card")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count must be at least 1.")
    try:
        found = list(readings(options.name, options.count, options.seed, options.data, options.checkpoints))
    except UserError as error:
        sys.exit(str(error))
    reader, rows = found[0][0], [row for _, row in found]
    about = {"reader": reader, "sure": SURE, "seed": options.seed, "rows": [asdict(row) for row in rows]}
    if options.update_card:
        write_card(options.name, read_card(options.name, options.checkpoints) | {"reading": about}, options.checkpoints)
    print(json.dumps({"name": options.name, **about}, allow_nan=False) if options.json else report(rows))


if __name__ == "__main__":
    main()
