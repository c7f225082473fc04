"""One digit and every painter: how different pictures are, and how VAEs and DRAW fill in what is covered.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, ``d`` latents, ``k`` codes. Prices are in nats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.aevb import AutoEncoder
from core.nn import noise
from core.studies import vae_restore
from core.studies.vae_restore import Damaged

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
    model: AutoEncoder, damaged: Damaged, count: int, generator: torch.Generator, k: int = PARTICLES
) -> Posterior:
    """``count`` codes given the known pixels of one picture, by importance sampling from ``k`` codes.

    The search finds a code that explains them; the encoder's cloud around the picture that it paints, widened, and the
    prior are what codes are drawn from, and each is weighed with p(known, z) / q(z) (Rubin 1987).
    """
    with torch.enable_grad():
        found = vae_restore.search(model, damaged, vae_restore.starts(model, damaged, 2, generator))
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
