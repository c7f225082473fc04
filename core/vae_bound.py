"""What a VAE's picture costs, taken apart: the bound, how it tightens, each pixel's part, the throw behind a code.

One picture ``x`` (1, C, H, W), ``n`` draws, ``d`` latents in the model's own order. All prices are in nats.

The bound is −E log p(x|z) + KL(q(z|x) ‖ p(z)) (Kingma and Welling 2013, equation 3): the first part averaged over draws
of z, the second exact. Weighing k draws tightens it: −E log (1/k) Σ p(x, z_i) / q(z_i|x) (Burda et al. 2015, equation
8). All k share the same draws in groups that lie within each other, so what is shown never rises with k: the mean of
logs is at most the log of the mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.aevb import AutoEncoder
from core.models.base import randn
from core.nn.likelihood import gaussian_kl, gaussian_log_ratio


@dataclass(frozen=True, eq=False)
class Weighed:
    """A picture's price in parts.

    ``painted`` (1, C, H, W) from the posterior's mean; ``loss`` (H, W), each pixel's −log p(x_i | z) averaged over the
    draws; ``kl`` (d,); ``log_weights`` (n,), log p(x, z) − log q(z | x) of every draw.
    """

    painted: Tensor
    loss: Tensor
    kl: Tensor
    log_weights: Tensor

    @property
    def reconstruction(self) -> float:
        """−log p(x | z) averaged over the draws: the sum over the pixels."""
        return float(self.loss.double().sum())

    @property
    def bound(self) -> float:
        """Both parts together: −log p(x) is at most this, but for the chance in the draws."""
        return self.reconstruction + float(self.kl.double().sum())


@torch.no_grad()
def weighed(model: AutoEncoder, x: Tensor, draws: int, generator: torch.Generator) -> Weighed:
    """Encode x (1, 1, H, W) once, undamaged, and decode ``draws`` codes; a model of binary pixels."""
    mean, log_sigma = model.encode(x)
    z = mean + log_sigma.exp() * randn(draws, mean.shape[1], generator=generator)
    logits = model.logits(z).float()
    loss = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")[:, 0]
    ratio = gaussian_log_ratio(z, mean.expand_as(z), log_sigma.expand_as(z))
    kl = gaussian_kl(mean.T, log_sigma.T)
    return Weighed(model.decode(mean), loss.mean(0), kl, -(loss.flatten(1).sum(1) + ratio))


def tightened(log_weights: Tensor, k: int) -> float:
    """−log p(x) at most, from k draws a time: the mean over the groups of k; n (n,) must be a multiple of k."""
    groups = log_weights.double().view(-1, k)
    return float((math.log(k) - groups.logsumexp(1)).mean())


def undecided(picture: Tensor, low: float = 0.1, high: float = 0.9) -> float:
    """The share of pixels between ``low`` and ``high``: neither paper nor ink."""
    return float(((picture > low) & (picture < high)).float().mean())


def throw(noise: Tensor, mean: Tensor, sigma: Tensor, frames: int) -> Tensor:
    """Noise ε (n, d) on its way to z = μ + σ ε: (2 · frames + 1, n, d).

    The first is ε itself; at ``frames`` it has been scaled to σ ε, at the end shifted by μ, each to the last bit.
    """
    scaled = sigma * noise
    steps = [s / frames for s in range(1, frames + 1)]
    scaling = [(1 - s) * noise + s * scaled for s in steps]
    shifting = [s * mean + scaled for s in steps]
    return torch.stack([noise, *scaling, *shifting])


def mass_within(radius: Tensor, latents: int) -> Tensor:
    """The share of the prior N(0, 1)^d that lies within each radius: the distribution function of chi with d degrees.

    |z|² is chi-square distributed, so it is the regularised lower incomplete gamma function P(d / 2, r² / 2).
    """
    r = radius.double()
    return torch.special.gammainc(torch.full_like(r, latents / 2), r**2 / 2)


@torch.no_grad()
def read_back(model: AutoEncoder, painted: Tensor) -> Tensor:
    """The codes (n, d) that the encoder finds for painted pictures (n, 1, H, W), made paper and ink at one half."""
    mean: Tensor = model.encode((painted > 0.5).float())[0]
    return mean


def nats_of(model: AutoEncoder, codes: Sequence[Tensor] | Tensor, x: Tensor) -> Tensor:
    """−log p(x | z) at every code of (T, n, d): (T, n)."""
    rows = [model.reconstruction(model.logits(z), x.expand(len(z), -1, -1, -1)) for z in codes]
    return torch.stack(rows)
