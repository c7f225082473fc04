"""The masked convolution as it is usually written.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", section 3.4. The kernel is stored whole, and
what the mask forbids is wiped from its data at every call.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn


class MaskedConv2d(nn.Conv2d):
    """A convolution of odd ``size`` (height, width) with mask A or B: (b, inputs, H, W) -> (b, outputs, H, W)."""

    mask: Tensor

    def __init__(self, kind: Literal["A", "B"], inputs: int, outputs: int, size: tuple[int, int]) -> None:
        row, column = size[0] // 2, size[1] // 2
        super().__init__(inputs, outputs, size, padding=(row, column))
        mask = torch.ones_like(self.weight)
        mask[:, :, row, column + (kind == "B") :] = 0
        mask[:, :, row + 1 :] = 0
        self.register_buffer("mask", mask)

    def forward(self, input: Tensor) -> Tensor:
        """Wipe the kernel, then convolve."""
        self.weight.data *= self.mask
        return super().forward(input)
