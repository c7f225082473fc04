"""VAE: a picture painted all at once from a short code.

Kingma and Welling 2013, "Auto-Encoding Variational Bayes": maximise log p(x|z) − KL(q(z|x) ‖ p(z)) with
z = μ + σ ε (equations 3, 4 and 10) under a standard normal prior. The networks are the seed's: three 4×4
convolutions of 64 features, 8 latents, dropout 0.2, a decoder of transposed convolutions.

``likelihood`` chooses the reconstruction term: ``bernoulli`` gives nats that compare with other models;
``squared`` is the sum of squared differences, as in the notes, which is −log p only up to scale and constant.

Where we deviate from the notes: two linear layers before the decoder's first map; its last transposed convolution
has half the features and no dropout, and a 3×3 convolution follows as the head.

Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels (multiples of 4), ``d`` latents.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.aevb import AutoEncoder
from core.models.configs import VAEConfig
from core.nn import noise
from core.nn.likelihood import precise


class Posterior(nn.Module):
    """q(z|x): (b, c, H, W) -> mean and log σ, (b, d) each. H×W shrinks to a quarter, less one, a side."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        f = config.features
        self.dropout = config.dropout
        self.convolutions = nn.ModuleList(
            [
                nn.Conv2d(config.channels, f, 4, stride=2, padding=1),
                nn.Conv2d(f, f, 4, stride=2, padding=1),
                nn.Conv2d(f, f, 4, stride=1, padding=1),
            ]
        )
        self.out = nn.Linear(f * (config.height // 4 - 1) * (config.width // 4 - 1), 2 * config.latent)

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        hidden = x
        for convolution in self.convolutions:
            hidden = dropout(F.leaky_relu(convolution(hidden)), self.dropout, generator)
            hidden = hidden.contiguous(memory_format=torch.channels_last)  # faster to train on a CPU
        mean, log_sigma = precise(self.out(hidden.flatten(1))).chunk(2, 1)
        return mean, log_sigma


class Likelihood(nn.Module):
    """p(x|z): (b, d) -> logits (b, c, H, W)."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        f = config.features
        self.dropout = config.dropout
        self.map = (f, config.height // 4, config.width // 4)
        self.dense = nn.Linear(config.latent, config.dense)
        self.spread = nn.Linear(config.dense, f * self.map[1] * self.map[2])
        self.convolutions = nn.ModuleList(
            [
                nn.ConvTranspose2d(f, f, 4, stride=1, padding=1),
                nn.ConvTranspose2d(f, f, 4, stride=2, padding=2),
            ]
        )
        self.widen = nn.ConvTranspose2d(f, f // 2, 4, stride=2, padding=1)
        self.out = nn.Conv2d(f // 2, config.channels, 3, padding=1)

    def forward(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        hidden = F.leaky_relu(self.spread(F.leaky_relu(self.dense(z)))).unflatten(1, self.map)
        hidden = hidden.contiguous(memory_format=torch.channels_last)  # faster to train on a CPU
        for convolution in self.convolutions:
            hidden = dropout(F.leaky_relu(convolution(hidden)), self.dropout, generator)
        return self.out(F.leaky_relu(self.widen(hidden)))


def dropout(x: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Drop each number with probability ``rate`` and scale up the rest; no generator, no dropout."""
    if generator is None or rate == 0:
        return x
    keep = noise.rand(*x.shape, generator=generator, device=x.device) >= rate
    return x * keep / (1 - rate)


class VAE(AutoEncoder):
    """The whole painter."""

    def __init__(self, config: VAEConfig) -> None:
        if config.height % 4 or config.width % 4:
            raise ValueError("The VAE halves the picture twice: height and width must be multiples of 4.")
        super().__init__(config)
        self.encode = Posterior(config)
        self.logits = Likelihood(config)
