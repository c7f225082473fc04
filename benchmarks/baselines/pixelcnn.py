"""PixelCNN of van den Oord et al. 2016, section 3 and table 1, with full k×k convolutions and wiped weights.

The same function as :class:`core.models.pixelcnn.PixelCNN` for binary pictures of one channel. Shapes: ``b`` images,
``H`` × ``W`` pixels, ``f`` features.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.baselines.masked import MaskedConv2d
from core.models.configs import PixelCNNConfig
from core.models.pixelcnn import PixelCNN


class ResidualBlock(nn.Module):
    """Figure 5, left: (b, f, H, W) -> (b, f, H, W)."""

    def __init__(self, features: int, bottleneck: int, size: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(features, bottleneck, 1),
            nn.ReLU(),
            MaskedConv2d("B", bottleneck, bottleneck, (size, size)),
            nn.ReLU(),
            nn.Conv2d(bottleneck, features, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Around the block goes the input itself."""
        return x + self.net(x)


class PixelCNNBaseline(nn.Module):
    """The whole network."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__()
        f = config.features
        self.first = MaskedConv2d("A", 1, f, (config.first_size, config.first_size))
        self.position = nn.Parameter(torch.zeros(f, config.height, config.width)) if config.position_bias else None
        blocks = (ResidualBlock(f, config.bottleneck, config.block_size) for _ in range(config.blocks))
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(f, f, 1), nn.ReLU(), nn.Conv2d(f, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ink, (b, 1, H, W), of pixels (b, 1, H, W) in {0, 1}."""
        hidden = self.first(2 * x - 1)
        if self.position is not None:
            hidden = hidden + self.position
        return self.head(self.blocks(hidden))

    @torch.no_grad()
    def take(self, ours: PixelCNN) -> None:
        """Copy the weights of our network; kernels get the dead rows back that ours does not store."""
        if self.position is not None and ours.position is not None:
            self.position.copy_(ours.position)
        pairs: list[tuple[Any, Any]] = [(self.first, ours.first), (self.head[1], ours.head), (self.head[3], ours.out)]
        blocks: list[tuple[Any, Any]] = list(zip(self.blocks, ours.blocks, strict=True))
        for block, our in blocks:
            pairs += [(block.net[1], our.down), (block.net[3], our.masked), (block.net[5], our.up)]
        for convolution, our in pairs:
            take_kernel(convolution, our.masked_weight(), our.bias)


def take_kernel(convolution: nn.Conv2d, live: Tensor, bias: Tensor) -> None:
    """Set a convolution to the live rows of a kernel, (outputs, inputs, rows, columns), and zero below them."""
    convolution.weight.zero_()
    convolution.weight[:, :, : live.shape[2]] = live
    assert convolution.bias is not None
    convolution.bias.copy_(bias)
