"""Gated PixelCNN: two stacks of convolutions, which together see all that comes before a pixel.

van den Oord et al. 2016, "Conditional Image Generation with PixelCNN Decoders". The masked convolutions of PixelCNN
leave a blind spot to the upper right, which no depth fills. Here a vertical stack sees all rows above (section 2.2
and figure 1), a horizontal stack the row to the left, and hears from the vertical one. The activation is gated,
y = tanh(W_f ⊛ x) ⊙ σ(W_g ⊛ x) (equation 2), and may be told a class h by biases V_f h, V_g h (equation 4).

One layer, as in figure 2: n×n on the vertical map, of which only the rows down to the own one are live; 1×1 from
there into the horizontal gates; 1×n on the horizontal map with mask B; gate; 1×1; residual connection on the
horizontal map only.

Where we deviate: small and shallow, for a CPU; one logit for binary pixels; the bias for each position of
:mod:`core.models.pixelcnn`; a picture whose class is not told has the zero vector for h, as most of the
labelled pictures have in training, so that one network paints with and without a class.

Shapes: ``b`` images, ``H`` × ``W`` pixels, ``p`` features of a stack, 2p before its gate.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms
from core.models.configs import GatedConfig
from core.models.raster import PixelModel, exact_loss
from core.nn import noise

UNKNOWN = -1
"""The label of a picture whose class is not told."""
TOLD = 0.25
"""Share of the labelled pictures whose class the network is told in training."""


class RowsAbove(nn.Module):
    """A convolution over the rows above a pixel: (b, inputs, H, W) -> (b, outputs, H, W), ``reach`` to each side.

    With ``own`` the own row counts too, which is right for maps that have themselves seen only the rows above.
    """

    def __init__(self, inputs: int, outputs: int, size: int, own: bool) -> None:
        super().__init__()
        self.reach, self.own = size // 2, own
        rows = self.reach + own
        full = nn.Conv2d(inputs, outputs, (rows, size))  # for its initialisation
        self.weight = nn.Parameter(full.weight.detach())
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        above = F.pad(x, (self.reach, self.reach, self.reach, 0))
        return F.conv2d(above, self.weight, self.bias)[:, :, : x.shape[2]]


def gate(x: Tensor) -> Tensor:
    """Equation 2: (b, 2p, …) -> (b, p, …)."""
    content, strength = x.chunk(2, 1)
    return content.tanh() * strength.sigmoid()


class GatedLayer(nn.Module):
    """Figure 2: maps v, h (b, p, H, W) -> the next two."""

    def __init__(self, config: GatedConfig) -> None:
        super().__init__()
        p, size = config.features, config.layer_size
        self.vertical = RowsAbove(p, 2 * p, size, own=True)
        self.across = nn.Conv2d(2 * p, 2 * p, 1, bias=False)
        self.horizontal = MaskedRow("B", p, 2 * p, size)
        self.up = nn.Conv2d(p, p, 1)
        self.told = nn.Parameter(torch.zeros(config.classes, 4 * p)) if config.classes else None

    def forward(self, v: Tensor, h: Tensor, told: Tensor | None) -> tuple[Tensor, Tensor]:
        vertical = self.vertical(v)
        horizontal = self.horizontal(h) + self.across(vertical)
        if told is not None and self.told is not None:
            for_v, for_h = (told @ self.told)[:, :, None, None].chunk(2, 1)
            vertical, horizontal = vertical + for_v, horizontal + for_h
        return gate(vertical), h + self.up(gate(horizontal))


class MaskedRow(nn.Module):
    """A 1×n convolution with mask A or B, only its live taps stored: (b, inputs, H, W) -> (b, outputs, H, W)."""

    def __init__(self, kind: str, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.left = size // 2
        self.own = kind == "B"
        full = nn.Conv2d(inputs, outputs, (1, self.left + self.own))  # for its initialisation
        self.weight = nn.Parameter(full.weight.detach())
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (self.left, 0, 0, 0)), self.weight, self.bias)[..., : x.shape[3]]


class GatedPixelCNN(PixelModel):
    """The whole painter, for binary pictures of one channel."""

    samplers = "core.samplers.gated"

    def __init__(self, config: GatedConfig) -> None:
        super().__init__(config)
        p = config.features
        self.first_vertical = RowsAbove(1, p, config.first_size, own=False)
        self.first_horizontal = MaskedRow("A", 1, p, config.first_size)
        positions = torch.zeros(2, p, config.height, config.width)
        self.position = nn.Parameter(positions) if config.position_bias else None
        self.layers = nn.ModuleList(GatedLayer(config) for _ in range(config.layers))
        self.head = nn.Conv2d(p, 2 * p, 1)
        self.out = nn.Conv2d(2 * p, 1, 1)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of ink (b, 1, 1, H, W) for pixels (b, 1, H, W) in {0, 1}, each blind to its own pixel and all after.

        ``labels`` (b,) whole numbers, :data:`UNKNOWN` where the class is not told.
        """
        v, h = self.first_vertical(2 * x - 1), self.first_horizontal(2 * x - 1)
        if self.position is not None:
            v, h = v + self.position[0, :, : x.shape[2]], h + self.position[1, :, : x.shape[2]]
        v, h = (each.contiguous(memory_format=torch.channels_last) for each in (v, h))
        told = None if labels is None or not self.config.classes else one_hot(labels, self.config.classes).to(x.dtype)
        for layer in self.layers:
            v, h = layer(v, h, told)
        return self.out(self.head(h.relu()).relu())[:, :, None]

    def loss(self, x: Tensor, generator: torch.Generator, labels: Tensor | None = None) -> LossTerms:
        """Exact −log p(x | label) for x (b, 1, H, W) in {0, 1}; while training, most labels are kept back."""
        if labels is not None and self.training:
            kept = noise.rand(len(x), generator=generator, device=x.device) < TOLD
            labels = labels.where(kept, UNKNOWN)
        return exact_loss(self(x, labels), x)


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """(b,) -> (b, classes) of 0 and 1; the zero vector where a label is :data:`UNKNOWN`."""
    return (labels[:, None] == torch.arange(classes, device=labels.device)).float()
