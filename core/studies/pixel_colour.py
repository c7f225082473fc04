"""How often does a picture in colour break into noise? ``python -m core.studies.pixel_colour NAME [--count N --limit N
--seed S --data FOLDER] --json``.

A painter that goes on from one unlikely pixel soon paints what it has never seen, and each further pixel then surprises
it. So what it imagines is priced by the painter itself, in bits for each value, and counts as noise where it is dearer
than 99 of 100 test pictures. Of test pictures that share is one percent by definition; of a painter that had learned
the pictures' distribution it would be the same.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.console import plain_output
from core.data import sets
from core.errors import UserError
from core.files import CHECKPOINTS
from core.models.raster import bits_per_dimension
from core.studies.legibility import drawn, imagined
from core.training.checkpoints import load_checkpoint, read_card, write_card
from core.training.registry import REGISTRY

DEAR = 0.99
"""Of the test pictures this share is not dearer than what counts as noise."""
BATCH = 20


@dataclass(frozen=True)
class Noise:
    """What some imagined pictures cost beside test pictures, in bits for each value; ``share`` in percent."""

    dataset: str
    tested: int
    """Test pictures, a seeded choice."""
    limit: float
    """The price of the dearest test pictures but one percent."""
    imagined: int
    share: float
    """Of the imagined pictures, those that are dearer than that."""
    standard_error: float
    median: float
    median_tested: float
    seed: int


@torch.no_grad()
def prices(model: Any, x: Tensor) -> Tensor:
    """What a pixel model pays for each picture (n, c, H, W), in bits for each value: (n,)."""
    nats = torch.cat([model.loss(part, torch.Generator()).total for part in x.split(BATCH)])
    return nats * bits_per_dimension(1.0, model.config)


def noise(name: str, count: int, limit: int, seed: int, root: str | None = None, folder: Path = CHECKPOINTS) -> Noise:
    """The figures for ``count`` imagined pictures and at most ``limit`` of the test split.

    Raises ``CheckpointError`` and ``DataError``.
    """
    model = load_checkpoint(name, folder)
    dataset = sets.load(REGISTRY[name].dataset, "test", root)
    real, own = prices(model, drawn(dataset, limit, seed)[0]), prices(model, imagined(name, count, seed, folder))
    dear = float(real.quantile(DEAR))
    share = float((own > dear).double().mean())
    return Noise(
        dataset=dataset.name,
        tested=len(real),
        limit=round(dear, 3),
        imagined=len(own),
        share=round(100 * share, 2),
        standard_error=round(100 * math.sqrt(share * (1 - share) / len(own)), 2),
        median=round(float(own.quantile(0.5)), 3),
        median_tested=round(float(real.quantile(0.5)), 3),
        seed=seed,
    )


def main(arguments: list[str] | None = None) -> None:
    """The command line; prints one JSON object with ``--json``, a sentence without."""
    plain_output()
    parser = argparse.ArgumentParser(
        prog="python -m core.studies.pixel_colour", description=(__doc__ or "").split("?")[0] + "?"
    )
    coloured = [name for name, spec in REGISTRY.items() if "pixel_colour" in spec.shown]
    parser.add_argument("name", choices=coloured)
    parser.add_argument("--data", help="folder with the test pictures (otherwise the variable EASEL_DATA)")
    parser.add_argument("--count", type=int, default=200, help="pictures to imagine")
    parser.add_argument("--limit", type=int, default=1_000, help="test pictures, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--update-card", action="store_true", help="write the figures into the painter's card")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if min(options.count, options.limit) < 1:
        parser.error("--count and --limit must be at least 1.")
    try:
        found = noise(options.name, options.count, options.limit, options.seed, options.data, options.checkpoints)
    except UserError as error:
        sys.exit(str(error))
    if options.update_card:
        card = read_card(options.name, options.checkpoints)
        write_card(options.name, card | {"noise": asdict(found)}, options.checkpoints)
    sentence = (
        f"{options.name}: {found.share} ± {found.standard_error} % of {found.imagined} imagined pictures cost more "
        f"than {found.limit} bits a value, as one percent of {found.tested} test pictures do ({found.dataset})."
    )
    print(json.dumps({"name": options.name, **asdict(found)}, allow_nan=False) if options.json else sentence)


if __name__ == "__main__":
    main()
