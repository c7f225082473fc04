"""AEVB: a picture painted all at once from a short code.

Kingma and Welling 2013, "Auto-Encoding Variational Bayes". :class:`AutoEncoder` is their estimator, whatever the
networks: maximise log p(x|z) − KL(q(z|x) ‖ p(z)) with z = μ + σ ε (equations 3, 4 and 10) under a standard normal
prior. :class:`AEVB` puts the networks of their appendix C into it, MLPs of one hidden layer with tanh.
:mod:`core.models.vae` puts convolutions there.

What is minimised may differ from the bound that is reported, and then only that:

- ``beta`` weighs the KL, as in Higgins et al. 2017, "β-VAE";
- ``likelihood = "squared"`` takes the sum of squared differences for the reconstruction, as in the notes. The painted
  grey is then still read as the probability of ink, so that bounds in nats can be compared;
- ``corruption`` shows the encoder a damaged picture and asks for the whole one (Im et al. 2017, "Denoising criterion
  for variational auto-encoding framework"). Whatever the encoder has seen, its q is a distribution over codes, so the
  bound holds.

``logistic`` is a likelihood for 256 levels: a logistic distribution around the painted value, the mass of each
level's bin, its outer bins reaching to infinity, with one learned width a channel.

Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels, ``d`` latents, ``k`` importance samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from core.models.base import Generate, LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import AEVBConfig
from core.nn import noise
from core.nn.likelihood import LIKELIHOODS, Bernoulli, Logistic, gaussian_kl, gaussian_log_ratio, half, precise
from core.trace import Step

UNKNOWN = 0.5
"""What a hidden pixel looks like to the encoder: between paper and ink."""
CHUNK = 1_000
"""Pictures that are decoded at a time."""


def corrupted(x: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Binary pictures (b, c, H, W) damaged at random: flipped pixels in all, and in half of them a hidden rectangle.

    A picture's share of flipped pixels is uniform in [0, ``most``]; its rectangle has sides of a quarter to the whole
    of the picture's and its inside is :data:`UNKNOWN`.
    """
    b, _, height, width = x.shape
    draw = noise.rand(b, 6, generator=generator, device=x.device)
    flips = noise.rand(*x.shape, generator=generator, device=x.device) < most * draw[:, 0, None, None, None]
    inside = (draw[:, 1] < 0.5)[:, None, None]
    for axis, length, size, place in ((1, height, 2, 3), (2, width, 4, 5)):
        span = length * (0.25 + 0.75 * draw[:, size])
        start = (length - span) * draw[:, place]
        at = torch.arange(length, device=x.device) + 0.5
        within = (at >= start[:, None]) & (at <= (start + span)[:, None])
        inside = inside & within.unsqueeze(3 - axis)
    return torch.where(inside[:, None], UNKNOWN, torch.where(flips, 1 - x, x))


class AutoEncoder(nn.Module):
    """A code and a picture of it: subclasses bring ``encode`` and ``logits``, two modules."""

    config: Any
    encode: nn.Module
    """(b, c, H, W), and a generator for dropout or None -> mean and log σ, (b, d) each."""
    logits: nn.Module
    """(b, d), and a generator for dropout or None -> logits (b, c, H, W)."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        if LIKELIHOODS[config.likelihood] is Logistic:
            self.log_width = nn.Parameter(torch.full((config.channels,), -3.0))

    @property
    def likelihood(self) -> Bernoulli:
        """p(x|z), as the config names it."""
        kind = LIKELIHOODS[self.config.likelihood]
        return Logistic(self.log_width) if kind is Logistic else kind()

    def decode(self, z: Tensor) -> Tensor:
        """Mean picture (b, c, H, W) in [0, 1] for latents (b, d)."""
        logits: Tensor = self.logits(z)
        return precise(logits).sigmoid()

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Equation 10 with one sample, x (b, c, H, W) in [0, 1]. Dropout acts in training mode only."""
        drop = generator if self.training else None
        seen = corrupted(x, self.config.corruption, generator) if self.config.corruption else x
        mean, log_sigma = self.encode(seen, drop)
        z = mean + log_sigma.exp() * noise.randn(*mean.shape, generator=generator, device=x.device)
        logits, kl = self.logits(z, drop), gaussian_kl(mean, log_sigma)
        nats = self.reconstruction(logits, x)
        objective = self.likelihood.objective(nats, logits, x) + self.config.beta * kl
        return LossTerms(nats, kl, gaussian_log_ratio(z, mean, log_sigma), objective)

    def reconstruction(self, logits: Tensor, x: Tensor) -> Tensor:
        """−log p(x|z) in nats: logits and x (b, c, H, W) -> (b,)."""
        return self.likelihood.nats(logits, x).flatten(1).sum(1)

    def kl_per_latent(self, x: Tensor) -> Tensor:
        """What each number of the code of a picture costs in nats, the picture being shown without damage: (b, d)."""
        mean, log_sigma = self.encode(x)
        return gaussian_kl(mean.reshape(-1, 1), log_sigma.reshape(-1, 1)).view_as(mean)

    def log_weights(self, x: Tensor, samples: int, generator: torch.Generator) -> Tensor:
        """log p(x, z) − log q(z|x) of ``samples`` codes a picture, (k, b): Burda et al. 2015, equation 7.

        Pictures are encoded once, which saves half of the time that as many calls of :meth:`loss` would take.
        """
        seen = corrupted(x, self.config.corruption, generator) if self.config.corruption else x
        mean, log_sigma = self.encode(seen)
        epsilon = noise.randn(samples, *mean.shape, generator=generator, device=x.device)
        codes = mean + log_sigma.exp() * epsilon
        rows = []
        for z in codes.split(max(CHUNK // len(x), 1)):
            k, flat = len(z), z.flatten(0, 1)
            ratio = gaussian_log_ratio(flat, mean.repeat(k, 1), log_sigma.repeat(k, 1))
            nats = self.reconstruction(self.logits(flat), x.repeat(k, 1, 1, 1))
            rows.append(-(nats + ratio).view(k, len(x)))
        return torch.cat(rows)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """One step: all at once. Answers ``Generate`` and ``Reconstruct`` (from the posterior's mean)."""
        if isinstance(request, Reconstruct):
            mean, log_sigma = self.encode(request.images.to(device_of(self)))
            yield Step(array(self.decode(mean)), scalars={"kl": array(gaussian_kl(mean, log_sigma))})
        elif isinstance(request, Generate):
            z = request.temperature * noise.normal(request.count, self.config.latent, generator=generator)
            yield Step(array(self.decode(z.to(device_of(self)))))
        else:
            raise TypeError("The VAE can generate and reconstruct; completing is what pixel models do.")

    @torch.no_grad()
    def walk(self, path: Tensor) -> Iterator[Step]:
        """A step for each point of a path through the latent space, (T, b, d)."""
        for z in path.unbind(0):
            yield Step(array(self.decode(z)))


def exactly(layer: nn.Linear, x: Tensor) -> Tensor:
    """A layer in float32 even where training computes in bfloat16: its three digits are too few for a code of two."""
    with half(x.device, enabled=False):
        found: Tensor = layer(precise(x))
        return found


class GaussianMLP(nn.Module):
    """q(z|x) of appendix C.2: (b, c, H, W) -> mean and log σ, (b, d) each."""

    def __init__(self, config: AEVBConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(config.channels * config.height * config.width, config.hidden)
        self.out = nn.Linear(config.hidden, 2 * config.latent)

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        mean, log_sigma = exactly(self.out, self.hidden(x.flatten(1)).tanh()).chunk(2, 1)
        return mean, log_sigma


class BernoulliMLP(nn.Module):
    """p(x|z) of appendix C.1: (b, d) -> logits (b, c, H, W)."""

    def __init__(self, config: AEVBConfig) -> None:
        super().__init__()
        self.shape = (config.channels, config.height, config.width)
        self.hidden = nn.Linear(config.latent, config.hidden)
        self.out = nn.Linear(config.hidden, config.channels * config.height * config.width)

    def forward(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.out(exactly(self.hidden, z).tanh()).unflatten(1, self.shape)


class AEVB(AutoEncoder):
    """The paper's own: two MLPs."""

    def __init__(self, config: AEVBConfig) -> None:
        super().__init__(config)
        self.encode = GaussianMLP(config)
        self.logits = BernoulliMLP(config)
