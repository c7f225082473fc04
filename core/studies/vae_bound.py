"""What a VAE's picture costs, taken apart: the bound, how it tightens, each pixel's part, the sample behind a code.

One picture ``x`` (1, C, H, W), ``n`` draws, ``d`` latents in the model's own order. All prices are in nats.

The bound is −E log p(x|z) + KL(q(z|x) ‖ p(z)) (Kingma and Welling 2013, equation 3): the first part averaged over draws
of z, the second exact. Weighing k draws tightens it: −E log (1/k) Σ p(x, z_i) / q(z_i|x) (Burda et al. 2015, equation
8). All k share the same draws in groups that lie within each other, so what is shown never rises with k: the mean of
logs is at most the log of the mean.

:func:`priced` is the one price of a picture: whoever names one asks for it here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.aevb import AutoEncoder
from core.nn import noise
from core.nn.likelihood import gaussian_kl, gaussian_log_ratio
from core.studies.latents import DRAWS


@dataclass(frozen=True, eq=False)
class Priced:
    """The price of one picture in parts: ``kl`` (d,) of its code, ``loss`` (C, H, W) of its values, given the code.

    ``mean`` and ``log_sigma`` (1, d) are its posterior's. ``loss`` is −log p(x_i | z) averaged over draws of z.
    """

    mean: Tensor
    log_sigma: Tensor
    kl: Tensor
    loss: Tensor

    @property
    def reconstruction(self) -> float:
        """−log p(x | z) averaged over the draws: the sum over the values."""
        return float(self.loss.cpu().double().sum())

    @property
    def bound(self) -> float:
        """Both parts together: −log p(x) is at most this, but for the chance in the draws."""
        return self.reconstruction + float(self.kl.cpu().double().sum())


@torch.no_grad()
def priced(model: AutoEncoder, x: Tensor) -> Priced:
    """What a picture x (1, C, H, W) costs a model that is shown it undamaged, wherever that is said.

    The average is over :data:`core.studies.latents.DRAWS` codes from always the same noise, so that a picture has one
    price. (The posterior's mean alone names too low a price: most codes that the encoder may tell paint it less well.)
    """
    mean, log_sigma = model.encode(x)
    z = mean + log_sigma.exp() * fixed_noise(mean.shape[1]).to(x.device)
    loss = model.likelihood.nats(model.logits(z), x.expand(len(z), -1, -1, -1)).mean(0)
    return Priced(mean, log_sigma, gaussian_kl(mean.T, log_sigma.T), loss)


@functools.cache
def fixed_noise(latents: int) -> Tensor:
    """The noise of every price, (:data:`core.studies.latents.DRAWS`, d)."""
    return noise.normal(DRAWS, latents, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def log_weights(model: AutoEncoder, x: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """log p(x, z) − log q(z | x) of codes drawn for x (1, C, H, W), shown undamaged: (n,)."""
    mean, log_sigma = model.encode(x)
    z = mean + log_sigma.exp() * noise.randn(draws, mean.shape[1], generator=generator, device=x.device)
    ratio = gaussian_log_ratio(z, mean.expand_as(z), log_sigma.expand_as(z))
    return -(model.reconstruction(model.logits(z), x.expand(len(z), -1, -1, -1)) + ratio)


def tightened(log_weights: Tensor, k: int) -> float:
    """−log p(x) at most, from k draws a time: the mean over the groups of k; n (n,) must be a multiple of k."""
    groups = log_weights.cpu().double().view(-1, k)
    return float((math.log(k) - groups.logsumexp(1)).mean())


def undecided(picture: Tensor, low: float = 0.1, high: float = 0.9) -> float:
    """The share of pixels between ``low`` and ``high``: neither paper nor ink."""
    return float(((picture > low) & (picture < high)).float().mean())


def sample(epsilon: Tensor, mean: Tensor, sigma: Tensor, frames: int) -> Tensor:
    """Noise ε (n, d) on its way to z = μ + σ ε: (2 · frames + 1, n, d).

    The first is ε itself; at ``frames`` it has been scaled to σ ε, at the end shifted by μ, each to the last bit.
    """
    scaled = sigma * epsilon
    steps = [s / frames for s in range(1, frames + 1)]
    scaling = [(1 - s) * epsilon + s * scaled for s in steps]
    shifting = [s * mean + scaled for s in steps]
    return torch.stack([epsilon, *scaling, *shifting])


def mass_within(radius: Tensor, latents: int) -> Tensor:
    """The share of the prior N(0, 1)^d that lies within each radius: the distribution function of chi with d degrees.

    |z|² is chi-square distributed, so it is the regularised lower incomplete gamma function P(d / 2, r² / 2).
    """
    r = radius.cpu().double()
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
