"""Multi-Scale PixelRNN: first a small picture, then the pixels between its pixels, twice.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", section 3.5: an unconditional network paints a picture
of s × s pixels, subsampled from the large one; conditional networks paint the large one given the small one, which
deconvolutions bring to its size and a 1×1 convolution into every layer.

Pixels of the small picture are pixels of the large one. The conditional network leaves them as they are, and so the
product over all scales is the exact likelihood of the large picture: only its order of visits is another one.

Where we deviate: three scales of PixelCNN in the place of two of PixelRNN, since painting a row at once is what keeps
them fast on a CPU.

Shapes: ``b`` images, ``S`` × ``S`` pixels of a scale, ``c`` features of the condition.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from core.models.configs import MultiScaleConfig
from core.models.pixelcnn import PixelCNN
from core.models.raster import PixelModel, raster_order


class Upsampler(nn.Sequential):
    """A deconvolution and a convolution that sees all around: (b, 1, S, S) of ±1 -> (b, c, 2S, 2S)."""

    def __init__(self, features: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(1, features, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(features, features, 5, padding=2),
            nn.ReLU(),
        )


class MultiScale(PixelModel):
    """The whole painter, for binary pictures of one channel."""

    samplers = "core.samplers.multiscale"

    def __init__(self, config: MultiScaleConfig) -> None:
        super().__init__(config)
        self.scales = nn.ModuleList(PixelCNN(scale) for scale in config.scales())
        self.upsamplers = nn.ModuleList(Upsampler(config.condition) for _ in config.blocks[1:])
        self.order = coarse_to_fine(config)

    def condition(self, index: int, smaller: Tensor) -> Tensor:
        """What scale ``index`` ≥ 1 is told of the picture one scale smaller: (b, 1, S, S) -> (b, c, 2S, 2S)."""
        told: Tensor = self.upsamplers[index - 1](2 * smaller - 1)
        return told

    def forward(self, x: Tensor) -> Tensor:
        """Logits (b, 1, 1, H, W) of pixels (b, 1, H, W) in {0, 1}, each given all that comes before it in ``order``."""
        logits = x.new_zeros(len(x), 1, 1, *x.shape[2:])
        # From fine to coarse: coarser scales write over what a finer one says of their pixels.
        for index in reversed(range(len(self.scales))):
            step = self.stride(index)
            picture = x[..., ::step, ::step]
            condition = self.condition(index, picture[..., ::2, ::2]) if index else None
            logits = logits.clone()
            logits[..., ::step, ::step] = self.scales[index](picture, condition)
        return logits

    def stride(self, index: int) -> int:
        """Pixels of the picture from one pixel of a scale to the next."""
        return 1 << (len(self.scales) - 1 - index)


def coarse_to_fine(config: MultiScaleConfig) -> NDArray[np.int64]:
    """(H·W, 2) rows and columns in the order of the visits: scale by scale, each in raster order, none twice."""
    seen = np.zeros((config.height, config.width), bool)
    visits = []
    for scale in config.scales():
        step = config.height // scale.height
        for row, column in raster_order(scale.height, scale.width) * step:
            if not seen[row, column]:
                seen[row, column] = True
                visits.append((row, column))
    return np.array(visits)
