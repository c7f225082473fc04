"""PixelCNN: a picture painted pixel by pixel, each given everything above and to the left.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks": p(x) = Π p(x_i | x_1, …, x_{i−1}) (equation 1) with
masked convolutions (section 3.4), residual connections (section 3.3, figure 5) and, for binary pixels, one
Bernoulli logit each. The likelihood is exact: no latents, no bound.

The column "layers" of table 1, read from the bottom: 7×7 mask A; residual blocks (ReLU, 1×1, ReLU, 3×3 mask B,
ReLU, 1×1); a head of ReLU, 1×1, ReLU, 1×1.

Where we deviate: fewer and narrower blocks, to train and paint on a CPU, and, by config, a learned bias for each
position added after the first layer. A network whose receptive field is shorter than the picture cannot know that
it nears the bottom edge and paints phantom ink there; the bias tells it where it stands and leaves causality as
it is, since it does not depend on the pixels.

Shapes: ``b`` images, ``H`` × ``W`` pixels, ``f`` features, ``k`` features inside a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.models.base import Complete, Generate, LossTerms, Reconstruct, Request, array
from core.nn.likelihood import bernoulli_nats
from core.nn.masked import MaskedConv2d
from core.trace import Step


@dataclass(frozen=True)
class PixelCNNConfig:
    """Defaults are ours; section 5.3 takes 7 layers of 16 to 128 features for MNIST."""

    height: int = 28
    width: int = 28
    features: int = 64
    bottleneck: int = 32
    blocks: int = 12
    first_size: int = 7  # section 3.5
    block_size: int = 3  # section 3.5
    position_bias: bool = False  # ours


class ResidualBlock(nn.Module):
    """Figure 5, left: (b, f, H, W) -> (b, f, H, W) through a bottleneck with a masked 3×3 convolution."""

    def __init__(self, features: int, bottleneck: int, size: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(features, bottleneck, 1)
        self.masked = MaskedConv2d("B", bottleneck, bottleneck, size)
        self.up = nn.Conv2d(bottleneck, features, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.down(x.relu()).relu()
        return x + self.up(self.masked(hidden).relu())


class PixelCNN(nn.Module):
    """The whole painter, for binary pictures of one channel."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__()
        self.config = config
        f = config.features
        self.first = MaskedConv2d("A", 1, f, config.first_size)
        self.position = nn.Parameter(torch.zeros(f, config.height, config.width)) if config.position_bias else None
        self.blocks = nn.ModuleList(
            ResidualBlock(f, config.bottleneck, config.block_size) for _ in range(config.blocks)
        )
        self.head = nn.Conv2d(f, f, 1)
        self.out = nn.Conv2d(f, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ink: (b, 1, H, W) pixels in {0, 1} -> (b, 1, H, W), each blind to its own pixel and all after."""
        hidden = self.first(2 * x - 1)
        if self.position is not None:
            hidden = hidden + self.position
        hidden = hidden.contiguous(memory_format=torch.channels_last)  # 1.4 times faster to train on a CPU
        for block in self.blocks:
            hidden = block(hidden)
        return self.out(self.head(hidden.relu()).relu())

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Exact −log p(x) for x (b, 1, H, W) in {0, 1}; ``generator`` is not used, nothing is random."""
        nats = bernoulli_nats(self(x), x)
        zero = torch.zeros_like(nats)
        return LossTerms(nats, zero, zero)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """Ancestral sampling as it is defined: one full pass of the network for each pixel, one step each.

        Answers ``Generate`` and ``Complete``. This is the reference that the samplers of :mod:`core.sampling` must
        equal; they draw the same noise, so they paint the very same picture, much faster.
        """
        x, known = canvas(request, self.config)
        assert not isinstance(request, Reconstruct)  # canvas has refused it
        x, known = x.to(generator.device), known.to(generator.device)
        u = uniform_noise(len(x), self.config, generator)
        for row in range(self.config.height):
            for column in range(self.config.width):
                p = (self(x)[:, 0, row, column] / request.temperature).sigmoid()
                ink = (u[:, row, column] < p).float()
                x[:, 0, row, column] = torch.where(known[:, row, column], x[:, 0, row, column], ink)
                yield Step(array(x), scalars={"probability": array(p)})


def uniform_noise(batch: int, config: PixelCNNConfig, generator: torch.Generator) -> Tensor:
    """One number in [0, 1) for each pixel, (b, H, W); a pixel becomes ink where it lies below the probability."""
    return torch.rand(batch, config.height, config.width, generator=generator, device=generator.device)


def canvas(request: Request, config: PixelCNNConfig) -> tuple[Tensor, Tensor]:
    """What is there before painting: pixels (b, 1, H, W), hidden ones 0, and which are known (b, H, W) bool."""
    if isinstance(request, Generate):
        shape = (request.count, config.height, config.width)
        return torch.zeros(request.count, 1, *shape[1:]), torch.zeros(shape, dtype=torch.bool)
    if isinstance(request, Complete):
        if request.images.shape[1:] != (1, config.height, config.width):
            raise ValueError(f"This model paints one-channel pictures of {config.height}×{config.width} pixels.")
        return request.images * request.known[:, None], request.known
    raise TypeError("PixelCNN can generate and complete; rebuilding a picture is what DRAW and the VAE do.")
