"""Damaged digits restored by VAEs: through the encoder, through one that has learned damage, and by search for a code.

A damaged picture is known in part, and of what is known each pixel may be flipped, at a known rate f. Given a code its
pixels are independent, so hidden ones drop out and a known one is ink with probability p (1 − f) + (1 − p) f. The
search maximises log p(known | z) + log p(z) over z by gradient ascent: MAP inference in the code, which asks no
encoder but for a start.

``python -m core.studies.vae_restore --data FOLDER`` measures how many pixels each way leaves wrong, on real digits.

Shapes: ``b`` pictures, (b, 1, H, W) of 0 and 1; ``d`` latents, ``r`` restarts, ``k`` draws. Prices are in nats.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from core.console import plain_output
from core.data import sets
from core.files import CHECKPOINTS
from core.models.aevb import UNKNOWN, AutoEncoder
from core.models.base import Complete
from core.nn import noise
from core.samplers.brush import Brush
from core.training.checkpoints import CheckpointError, load_checkpoint
from core.training.registry import FIRST, shown_in

PLAIN, DENOISING = shown_in("vae_restore")
PIXELS = FIRST["pixel"]
PAPER = 0.0
FILL = PAPER
"""What hidden pixels look like to the encoder that has never learned of damage; ``--json`` measures both choices."""
STEPS, RATE = 60, 0.1
"""Of the search: Adam's steps and their size."""
STARTS = 1
"""The stream of noise (:mod:`core.nn.noise`) that a search starts from."""


@dataclass(frozen=True, eq=False)
class Damaged:
    """``seen`` (b, 1, H, W) of 0 and 1, 0 where it is not ``known`` (b, 1, H, W); ``flips`` is the rate f."""

    seen: Tensor
    known: Tensor
    flips: float = 0.0

    def as_shown(self, fill: float) -> Tensor:
        """What an encoder looks at: hidden pixels have the value ``fill``."""
        return torch.where(self.known, self.seen, fill)

    def nats(self, logits: Tensor) -> Tensor:
        """−log p(known pixels | z) for logits (…, b, 1, H, W): (…, b)."""
        agree = logits.float() * (2 * self.seen - 1)  # the logit of: this pixel is as it was seen
        if self.flips == 0:
            log_p = F.logsigmoid(agree)
        else:
            kept, turned = math.log1p(-self.flips), math.log(self.flips)
            log_p = torch.logaddexp(kept + F.logsigmoid(agree), turned + F.logsigmoid(-agree))
        return -torch.where(self.known, log_p, 0.0).sum((-3, -2, -1))


def flipped(x: Tensor, rate: float, generator: torch.Generator) -> Damaged:
    """Every pixel turned over with probability ``rate``."""
    turn = noise.rand(*x.shape, generator=generator, device=x.device) < rate
    return Damaged(torch.where(turn, 1 - x, x), torch.ones_like(x, dtype=torch.bool), rate)


def covered(x: Tensor, hidden: Tensor) -> Damaged:
    """Pixels hidden where ``hidden`` (b, 1, H, W or less) is true; what stood there is not kept."""
    known = ~hidden.expand_as(x)
    return Damaged(torch.where(known, x, 0.0), known)


@torch.no_grad()
def encoded(
    model: AutoEncoder, damaged: Damaged, fill: float, draws: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The damaged picture through encoder and decoder: logits at the posterior's mean (b, …) and of k draws (k, b, …).

    The draws are from q(z | what is shown), which is no distribution over z given the known pixels alone unless the
    encoder has learned of damage.
    """
    mean, log_sigma = model.encode(damaged.as_shown(fill))
    z = mean + log_sigma.exp() * noise.randn(draws, *mean.shape, generator=generator, device=mean.device)
    return model.logits(mean).float(), model.logits(z.flatten(0, 1)).float().unflatten(0, (draws, len(mean)))


@dataclass(frozen=True, eq=False)
class Search:
    """The film of a search: T moments, the best codes so far at each.

    ``codes`` (T, r, b, d); ``logits`` (T, r, b, 1, H, W); ``objective`` (T, r, b), −log p(known | z) + |z|² / 2, which
    is −log p(known, z) but for a constant; ``nats`` (T, r, b) is its first part. The first moment is the start.
    """

    codes: Tensor
    logits: Tensor
    objective: Tensor
    nats: Tensor


def search(
    model: AutoEncoder,
    damaged: Damaged,
    starts: Tensor,
    *,
    steps: int = STEPS,
    every: int = 0,
    on_step: Callable[[], None] = lambda: None,
) -> Search:
    """Climb log p(known | z) + log p(z) from every start (r, b, d) on its own, with Adam.

    What is kept is the best point on the way that explains the known pixels at least as well as the start. ``every``
    so many steps a moment is filmed, the start and the end always; 0: those two alone. ``on_step`` is called between
    two steps.
    """
    z = starts.detach().clone().requires_grad_()
    climber = torch.optim.Adam([z], lr=RATE)
    kept: list[Tensor] = []
    film: list[list[Tensor]] = []
    for step in range(steps + 1):
        logits = model.logits(z.flatten(0, 1)).float().unflatten(0, z.shape[:2])
        nats = damaged.nats(logits)
        objective = nats + 0.5 * (z**2).sum(2)
        now = [z.detach().clone(), logits.detach(), objective.detach(), nats.detach()]
        if step == 0:
            kept, limit = now, now[3]
        better = (now[2] < kept[2]) & (now[3] <= limit)
        kept = [torch.where(_like(better, new), new, old) for new, old in zip(now, kept, strict=True)]
        if step in (0, steps) or (every and step % every == 0):
            film.append(kept)
        if step < steps:
            (z.grad,) = torch.autograd.grad(objective.sum(), z)
            climber.step()
            on_step()
    return Search(*(torch.stack(moment) for moment in zip(*film, strict=True)))


def _like(mask: Tensor, other: Tensor) -> Tensor:
    """(r, b) with as many axes as ``other``."""
    return mask.view(*mask.shape, *(1,) * (other.ndim - 2))


@torch.no_grad()
def starts(model: AutoEncoder, damaged: Damaged, draws: int, generator: torch.Generator) -> Tensor:
    """(2 + draws, b, d): the encoder's answer, the prior's mean, and draws from the prior (:mod:`core.nn.noise`)."""
    mean, _ = model.encode(damaged.as_shown(FILL))
    drawn = noise.normal(draws, *mean.shape, generator=generator, stream=STARTS).to(mean.device)
    return torch.cat([mean[None], torch.zeros_like(mean)[None], drawn])


def best(found: Search) -> Tensor:
    """The logits (b, 1, H, W) of each picture's best restart at the end."""
    winner = found.objective[-1].argmin(0)
    return found.logits[-1][winner, torch.arange(len(winner), device=winner.device)]


def predictive(logits: Tensor, x: Tensor, where: Tensor) -> Tensor:
    """−log of the probability that one of k codes, each as likely, paints the pixels of x ``where``.

    Logits (k, b, 1, H, W) -> (b,). It is a proper distribution over those pixels, whatever the codes are.
    """
    nats = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    total = torch.where(where, nats, 0.0).sum((-3, -2, -1)).cpu().double()
    result: Tensor = math.log(len(logits)) - (-total).logsumexp(0)
    return result


# ---- the table ----


@dataclass(frozen=True)
class Row:
    """One kind of damage: percent of the damaged region's pixels that each way leaves wrong, over all pictures.

    The region is the whole picture where pixels were flipped, else what was covered.
    """

    damage: str
    n: int
    nothing: float
    encoder_paper: float
    encoder_unknown: float
    denoising: float
    search: float
    pixelcnn: float | None


WAYS = ("nothing", "encoder_paper", "encoder_unknown", "denoising", "search")
DAMAGES = {"10 % flipped": 0.1, "20 % flipped": 0.2, "lower half covered": None}


def table(x: Tensor, seed: int, folder: Path = CHECKPOINTS, batch: int = 50) -> list[Row]:
    """All ways on pictures (n, 1, H, W). The search starts at the encoder's answer and at the prior's mean."""
    plain, denoising = load_checkpoint(PLAIN, folder), load_checkpoint(DENOISING, folder)
    assert isinstance(plain, AutoEncoder) and isinstance(denoising, AutoEncoder)
    lower = (torch.arange(x.shape[2]) >= x.shape[2] // 2)[:, None].expand(x.shape[2:])
    rows = []
    for name, rate in DAMAGES.items():
        generator = torch.Generator().manual_seed(seed)
        damaged = covered(x, lower) if rate is None else flipped(x, rate, generator)
        region = lower.expand_as(x) if rate is None else torch.ones_like(x, dtype=torch.bool)
        found = []
        for start in tqdm(range(0, len(x), batch), unit="batch", desc=name, file=sys.stderr, disable=None):
            part = Damaged(damaged.seen[start : start + batch], damaged.known[start : start + batch], damaged.flips)
            climbed = search(plain, part, starts(plain, part, 0, generator))
            shown = [(plain, PAPER), (plain, UNKNOWN), (denoising, UNKNOWN)]
            found.append([encoded(model, part, fill, 1, generator)[0] for model, fill in shown] + [best(climbed)])
        painted = [torch.cat(parts) > 0 for parts in zip(*found, strict=True)]
        errors: dict[str, Any] = {
            way: wrong(answer, x, region) for way, answer in zip(WAYS, (damaged.seen > 0.5, *painted), strict=True)
        }
        completed = pixelcnn(x, damaged, region, seed, folder) if rate is None else None
        rows.append(Row(name, len(x), **errors, pixelcnn=completed))
    return rows


def wrong(painted: Tensor, x: Tensor, region: Tensor) -> float:
    """Percent of the region's pixels in which paper and ink (b, 1, H, W) bool are not those of x."""
    return 100 * float(((painted != (x > 0.5)) & region).sum() / region.sum())


def pixelcnn(x: Tensor, damaged: Damaged, region: Tensor, seed: int, folder: Path = CHECKPOINTS) -> float:
    """One completion of each picture by PixelCNN, in percent of wrong pixels."""
    brush, painted = Brush(load_checkpoint(PIXELS, folder)), []
    for start, (seen, known) in enumerate(zip(damaged.seen.split(100), damaged.known.split(100), strict=True)):
        generator = torch.Generator().manual_seed(seed + start)
        painted.append(torch.from_numpy(brush.paint(Complete(seen, known[:, 0]), generator).image))
    return wrong(torch.cat(painted) > 0.5, x, region)


def report(rows: Iterable[Row]) -> str:
    """The table as text."""
    names = ("nothing", "encoder", "unknown", "denoising", "search", "PixelCNN")
    lines = ["".join([f"{'wrong pixels, %':<20}", *(f"{name:>11}" for name in names)])]
    for row in rows:
        errors = (row.nothing, row.encoder_paper, row.encoder_unknown, row.denoising, row.search, row.pixelcnn)
        lines.append("".join([f"{row.damage:<20}", *(f"{'–' if e is None else f'{e:.2f}':>11}" for e in errors)]))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command line; prints one JSON object with ``--json``, a table without."""
    plain_output()
    parser = argparse.ArgumentParser(prog="python -m core.studies.vae_restore", description="Restore damaged digits.")
    parser.add_argument("--data", help="folder with the data sets (otherwise the variable EASEL_DATA)")
    parser.add_argument("--dataset", default="binarized-mnist")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, default=200, help="a seeded random subset of so many pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.limit < 1:
        parser.error("--limit must be at least 1.")
    try:
        pictures = sets.load(options.dataset, options.split, options.data).subset(options.limit, options.seed)
        x = pictures.batch(range(len(pictures)), torch.Generator().manual_seed(options.seed))
        rows = table((x >= 0.5).float(), options.seed, options.checkpoints)
    except (CheckpointError, sets.DataError) as error:
        sys.exit(str(error))
    if options.json:
        about = {"dataset": options.dataset, "split": options.split, "seed": options.seed}
        print(json.dumps({**about, "rows": [asdict(row) for row in rows]}, allow_nan=False))
    else:
        print(report(rows))


if __name__ == "__main__":
    main()
