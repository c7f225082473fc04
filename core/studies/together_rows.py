"""One digit and every painter: how different pictures are, and how VAEs and DRAW fill in what is covered.

``python -m core.studies.together_rows --data FOLDER`` measures how many covered pixels each painter fills in wrongly.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, ``d`` latents, ``k`` codes. Prices are in nats.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.console import plain_output
from core.data import sets
from core.models.aevb import AutoEncoder
from core.models.base import Complete
from core.models.draw import Draw
from core.nn import noise
from core.samplers.brush import Brush
from core.studies import draw_complete, vae_restore
from core.studies.vae_restore import Damaged
from core.trace import RasterTrace
from core.training.checkpoints import load_checkpoint

PARTICLES = 512
"""Codes that are weighed for one completion by a VAE."""
WIDER = 1.3
"""So much wider than the encoder's cloud is the one that they are drawn from."""
PRIOR = 0.2
"""The share of them that comes from the prior: no weight is then larger than 1 / :data:`PRIOR` times p(known | z)."""
CODES, PICKS = 8, 9
"""Streams of noise (:mod:`core.nn.noise`): the codes that are weighed, and which of them are taken."""


def diversity(pictures: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[float, int]:
    """How different pictures (n, H, W) in [0, 1] are, made paper and ink at ½, in the pixels ``where`` (H, W).

    The mean share of pixels in which two of them differ, NaN for fewer than two, and how many there are without
    repeats.
    """
    ink = (pictures >= 0.5)[:, where]
    pairs = [float((ink[a] != ink[b]).mean()) for a, b in combinations(range(len(ink)), 2)]
    return float(np.mean(pairs)) if pairs else math.nan, len(np.unique(ink, axis=0))


@dataclass(frozen=True, eq=False)
class Posterior:
    """Draws of p(z | known pixels): ``codes`` (n, d), their ``logits`` (n, 1, H, W).

    ``nats`` estimates −log p(known pixels): the weights' mean is unbiased for the probability itself. ``ess`` of the
    ``k`` codes that were weighed carry all the weight; of few, draws repeat.
    """

    codes: Tensor
    logits: Tensor
    nats: float
    ess: float


@torch.no_grad()
def posterior(
    model: AutoEncoder,
    damaged: Damaged,
    count: int,
    generator: torch.Generator,
    k: int = PARTICLES,
    on_step: Callable[[], None] = lambda: None,
) -> Posterior:
    """``count`` codes given the known pixels of one picture, by importance sampling from ``k`` codes.

    The search finds a code that explains them; the encoder's cloud around the picture that it paints, widened, and the
    prior are what codes are drawn from, and each is weighed with p(known, z) / q(z) (Rubin 1987).
    """
    with torch.enable_grad():
        found = vae_restore.search(model, damaged, vae_restore.starts(model, damaged, 2, generator), on_step=on_step)
    filled = torch.where(damaged.known, damaged.seen, vae_restore.best(found).sigmoid())
    mean, log_sigma = model.encode(filled)
    log_sigma = log_sigma + math.log(WIDER)
    from_prior = round(PRIOR * k)
    epsilon = noise.normal(k, mean.shape[1], generator=generator, stream=CODES).to(mean.device)
    z = torch.cat([epsilon[:from_prior], mean + log_sigma.exp() * epsilon[from_prior:]])
    log_prior, log_cloud = normal(z, torch.zeros_like(mean), torch.zeros_like(mean)), normal(z, mean, log_sigma)
    share = from_prior / k
    log_q = torch.logaddexp(math.log(share) + log_prior, math.log1p(-share) + log_cloud)
    logits = model.logits(z).float()
    weights = (log_prior - log_q - damaged.nats(logits)).cpu().double()
    total = weights.logsumexp(0)
    chances = (weights - total).exp()
    picks = noise.uniform(count, generator=generator, stream=PICKS).double()
    taken = torch.searchsorted(chances.cumsum(0), picks).clamp(max=k - 1).to(z.device)
    return Posterior(z[taken], logits[taken], math.log(k) - float(total), float(1 / (chances**2).sum()))


def normal(z: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """log N(z; mean, sigma²) of z (k, d): (k,)."""
    scaled = (z - mean) * (-log_sigma).exp()
    return (-0.5 * scaled**2 - log_sigma - 0.5 * math.log(2 * math.pi)).sum(1)


# ---- the table ----

FIT, BATCH = 28, 100
"""Particles of each completion by the particle filter, as in the room; pictures that PixelCNN completes together."""
COMPLETERS = ("vae-mnist", "vae-mnist-20d", "draw-mnist", "pixelcnn-mnist")


def covers(height: int, width: int) -> dict[str, Tensor]:
    """Where a picture is hidden, (H, W) bool."""
    row, column = torch.arange(height)[:, None], torch.arange(width)
    middle = ((row - (height - 1) / 2).abs() < height / 4) & ((column - (width - 1) / 2).abs() < width / 4)
    return {
        "lower half": (row >= height // 2).expand(height, width),
        "right half": (column >= width // 2).expand(height, width),
        "middle": middle,
    }


@torch.no_grad()
def completions(x: Tensor, hidden: Tensor, seed: int) -> Iterator[tuple[str, Tensor]]:
    """Every painter and its one completion (b, 1, H, W) of each picture x, with the noise of (seed, its place)."""
    known, start = ~hidden, torch.Generator().manual_seed(seed)
    own = [noise.own(start, k) for k in range(len(x))]
    for name in COMPLETERS:
        model: Any = load_checkpoint(name)
        if isinstance(model, AutoEncoder):
            damaged = [vae_restore.covered(one, hidden) for one in x.split(1)]
            drawn = [posterior(model, one, 1, each) for one, each in zip(damaged, own, strict=True)]
            yield name, torch.cat([each.logits for each in drawn]).sigmoid()
        elif isinstance(model, Draw):
            *_, last = draw_complete.completed(model, x, hidden, start)
            yield name, torch.from_numpy(last.image)
        else:
            brush = Brush(model)
            asked = [Complete(part, known.expand(len(part), -1, -1)) for part in x.split(BATCH)]
            yield name, painted(brush.paint(each, noise.own(start, k)) for k, each in enumerate(asked))
            single = [Complete(one, known[None]) for one in x.split(1)]
            fitted = (brush.fit(one, FIT, each)[0] for one, each in zip(single, own, strict=True))
            yield f"{name}, {FIT} particles", painted(fitted)


def painted(traces: Iterable[RasterTrace]) -> Tensor:
    """Their pictures one after the other, (b, 1, H, W)."""
    return torch.cat([torch.from_numpy(each.image) for each in traces])


def table(x: Tensor, seed: int) -> Iterator[dict[str, Any]]:
    """For each cover and painter the percent of covered pixels that one completion has wrong, mean and error."""
    for cover, hidden in covers(*x.shape[2:]).items():
        nothing = ("nothing done", torch.zeros_like(x))
        for painter, pictures in chain([nothing], completions(x, hidden, seed)):
            share = 100 * ((pictures >= 0.5) != (x >= 0.5))[:, 0, hidden].double().mean(1)
            error = float(share.std()) / math.sqrt(len(x))
            yield {"cover": cover, "painter": painter, "wrong": float(share.mean()), "error": error}


def main(arguments: list[str] | None = None) -> None:
    """The command line: a JSON object a line."""
    plain_output()
    parser = argparse.ArgumentParser(prog="python -m core.studies.together_rows", description="Complete test digits.")
    parser.add_argument("--data", help="folder with the data sets (otherwise the variable EASEL_DATA)")
    parser.add_argument("--limit", type=int, default=200, help="a seeded random subset so large")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.limit < 2:
        parser.error("--limit must be at least 2.")
    try:
        digits = sets.load("binarized-mnist", "test", options.data).subset(options.limit, options.seed)
    except sets.DataError as error:
        sys.exit(str(error))
    x = digits.batch(range(len(digits)), torch.Generator().manual_seed(options.seed))
    for row in table((x >= 0.5).float(), options.seed):
        print(json.dumps({**row, "n": len(x), "seed": options.seed, "split": "test"}), flush=True)


if __name__ == "__main__":
    main()
