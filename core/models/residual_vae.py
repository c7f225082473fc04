"""A VAE whose convolutions come in residual blocks, for longer codes, damaged pictures and colour.

The estimator is that of :mod:`core.models.aevb`. The networks are ours: the sizes 28, 14 and 7 of the notes' VAE
(:mod:`core.models.vae`), at each of the two smaller ones residual blocks with the non-linearity before the convolution
(He et al. 2016, "Identity mappings in deep residual networks"), twice the features at the smallest.

Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels (multiples of 4), ``d`` latents, ``f`` features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.aevb import AutoEncoder
from core.models.configs import ResidualVAEConfig
from core.models.vae import dropout
from core.nn.likelihood import precise


class Block(nn.Module):
    """x plus two 3×3 convolutions of it: (b, f, h, w) -> the same."""

    def __init__(self, features: int, rate: float) -> None:
        super().__init__()
        self.first = nn.Conv2d(features, features, 3, padding=1)
        self.second = nn.Conv2d(features, features, 3, padding=1)
        self.rate = rate

    def forward(self, x: Tensor, generator: torch.Generator | None) -> Tensor:
        hidden = dropout(F.gelu(self.first(F.gelu(x))), self.rate, generator)
        return x + self.second(hidden)


def blocks(features: int, config: ResidualVAEConfig) -> nn.ModuleList:
    """As many as the config has for one size."""
    return nn.ModuleList(Block(features, config.dropout) for _ in range(config.blocks))


class Posterior(nn.Module):
    """q(z|x): (b, c, H, W) -> mean and log σ, (b, d) each."""

    def __init__(self, config: ResidualVAEConfig) -> None:
        super().__init__()
        f, (small, height, width) = config.features, config.smallest
        self.rate = config.dropout
        self.first = nn.Conv2d(config.channels, f, 4, stride=2, padding=1)
        self.at_half = blocks(f, config)
        self.down = nn.Conv2d(f, small, 4, stride=2, padding=1)
        self.at_quarter = blocks(small, config)
        self.dense = nn.Linear(small * height * width, config.dense)
        self.out = nn.Linear(config.dense, 2 * config.latent)

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        hidden = self.first(x.contiguous(memory_format=torch.channels_last))  # faster to train on a CPU
        for block in self.at_half:
            hidden = block(hidden, generator)
        hidden = self.down(F.gelu(hidden))
        for block in self.at_quarter:
            hidden = block(hidden, generator)
        hidden = dropout(F.gelu(hidden).flatten(1), self.rate, generator)
        mean, log_sigma = precise(self.out(F.gelu(self.dense(hidden)))).chunk(2, 1)
        return mean, log_sigma


class Likelihood(nn.Module):
    """p(x|z): (b, d) -> logits (b, c, H, W)."""

    def __init__(self, config: ResidualVAEConfig) -> None:
        super().__init__()
        f, (small, height, width) = config.features, config.smallest
        self.rate = config.dropout
        self.map = config.smallest
        self.dense = nn.Linear(config.latent, config.dense)
        self.spread = nn.Linear(config.dense, small * height * width)
        self.at_quarter = blocks(small, config)
        self.up = nn.ConvTranspose2d(small, f, 4, stride=2, padding=1)
        self.at_half = blocks(f, config)
        self.widen = nn.ConvTranspose2d(f, f // 2, 4, stride=2, padding=1)
        self.out = nn.Conv2d(f // 2, config.channels, 3, padding=1)

    def forward(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        hidden = self.spread(dropout(F.gelu(self.dense(z)), self.rate, generator)).unflatten(1, self.map)
        hidden = hidden.contiguous(memory_format=torch.channels_last)  # faster to train on a CPU
        for block in self.at_quarter:
            hidden = block(hidden, generator)
        hidden = self.up(F.gelu(hidden))
        for block in self.at_half:
            hidden = block(hidden, generator)
        return self.out(F.gelu(self.widen(F.gelu(hidden))))


class ResidualVAE(AutoEncoder):
    """The whole painter."""

    def __init__(self, config: ResidualVAEConfig) -> None:
        if config.height % 4 or config.width % 4:
            raise ValueError("The VAE halves the picture twice: height and width must be multiples of 4.")
        super().__init__(config)
        self.encode = Posterior(config)
        self.logits = Likelihood(config)
