"""MCGSM: a pixel's density as a mixture of Gaussians whose weights and means follow its causal neighbourhood.

Theis, Hosseini and Bethge 2012, "Mixtures of Conditional Gaussian Scale Mixtures Applied to Multiscale Image
Representations", as it is used by Theis and Bethge 2015, "Generative Image Modeling Using Spatial LSTMs" (section
2.1). With y the neighbourhood, components c and scales s,

    p(c, s | y) ∝ exp(η_cs − ½ e^{α_cs} yᵀ K_c y),    K_c = Σ_n β²_cn b_n b_nᵀ
    p(x | y, c, s) = N(x; a_cᵀ y, e^{−α_cs})

Where we deviate: the paper's pixels are real numbers, ours are ink or paper. They are put at +1 and −1, and the
density's mass above 0 is the probability of ink, so that the likelihood is exact and in nats like every other. A
constant in y gives the means an offset.

Shapes: ``b`` images, ``H`` × ``W`` pixels, ``D`` numbers in y, ``C`` components, ``S`` scales, ``F`` features b_n.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.configs import MCGSMConfig
from core.models.raster import PixelModel


def neighbourhood(x: Tensor, reach: int) -> Tensor:
    """The causal neighbourhood of every pixel and a constant 1: (b, 1, H, W) in {0, 1} -> (b, H, W, D).

    D = 2 · reach · (reach + 1) + 1, in raster order. Ink is +1, paper −1, and 0 is what lies outside the picture.
    """
    size = 2 * reach + 1
    padded = F.pad(2 * x - 1, (reach, reach, reach, 0))
    rows = [padded[:, 0, dy : dy + x.shape[2]] for dy in range(reach + 1)]
    taps = [row[..., dx : dx + x.shape[3]] for row in rows[:-1] for dx in range(size)]
    taps += [rows[-1][..., dx : dx + x.shape[3]] for dx in range(reach)]
    return torch.stack([*taps, torch.ones_like(x[:, 0])], -1)


class MCGSMHead(nn.Module):
    """From vectors y (…, D) to logits of ink (…)."""

    def __init__(self, inputs: int, components: int, scales: int, features: int) -> None:
        super().__init__()
        self.means = nn.Linear(inputs, components, bias=False)  # a_c
        self.features = nn.Linear(inputs, features, bias=False)  # b_n
        self.beta = nn.Parameter(torch.randn(components, features) * features**-0.5)
        self.eta = nn.Parameter(torch.randn(components, scales) * 0.1)
        self.alpha = nn.Parameter(torch.linspace(-1, 1, scales).repeat(components, 1))

    def forward(self, y: Tensor) -> Tensor:
        energy = F.linear(self.features(y) ** 2, self.beta**2)[..., None]  # yᵀ K_c y, (…, C, 1)
        log_weight = (self.eta - 0.5 * self.alpha.exp() * energy).flatten(-2).log_softmax(-1)
        distance = (self.means(y)[..., None] * (0.5 * self.alpha).exp()).flatten(-2)  # of the cut from the mean, in σ
        ink = (log_weight + torch.special.log_ndtr(distance)).logsumexp(-1)
        paper = (log_weight + torch.special.log_ndtr(-distance)).logsumexp(-1)
        return ink - paper


class MCGSM(PixelModel):
    """The head on the neighbourhood itself: the model of 2012, for binary pictures of one channel."""

    samplers = "core.samplers.mcgsm"

    def __init__(self, config: MCGSMConfig) -> None:
        super().__init__(config)
        inputs = 2 * config.reach * (config.reach + 1) + 1
        self.head = MCGSMHead(inputs, config.components, config.scales, config.features)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (b, 1, 1, H, W) of pixels (b, 1, H, W) in {0, 1}, each blind to its own pixel and all after."""
        logits: Tensor = self.head(neighbourhood(x, self.config.reach))
        return logits[:, None, None]
