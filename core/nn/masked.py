"""Masked convolutions: a pixel sees only what comes before it in raster order.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", section 3.4 and figure 2. For one channel the 3×3
kernels keep the taps marked 1 (the rows below the centre are dead and are not even stored):

    type A   1 1 1        type B   1 1 1
             1 0 0                 1 1 0
             0 0 0                 0 0 0

A is for the first layer, which must not see the pixel it predicts; B is for the layers above, whose centre tap
carries only what A has let through. With several channel groups (R → G → B), the centre tap of group g sees the
groups before g (type A) or up to g (type B).
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MaskType = Literal["A", "B"]


def causal_mask(kind: MaskType, outputs: int, inputs: int, size: int, groups: int = 1) -> Tensor:
    """The live part of a mask: (outputs, inputs, size // 2 + 1, size) of 0 and 1, its last row the centre's.

    Channel k of n belongs to group k · groups // n. ``size`` must be odd.
    """
    if size % 2 == 0:
        raise ValueError(f"A masked kernel needs an odd size, not {size}.")
    half = size // 2
    mask = torch.ones(outputs, inputs, half + 1, size)
    mask[:, :, half, half:] = 0
    out_group = torch.arange(outputs) * groups // outputs
    in_group = torch.arange(inputs) * groups // inputs
    before = out_group[:, None] > in_group[None] if kind == "A" else out_group[:, None] >= in_group[None]
    mask[:, :, half, half] = before.float()
    return mask


class MaskedConv2d(nn.Module):
    """A convolution of odd ``size`` with mask A or B, (b, inputs, H, W) -> (b, outputs, H, W).

    Only the live rows are stored, (size // 2 + 1) × size taps, which saves close to half of the arithmetic. The
    mask is applied to the weight in ``forward``, never written into it.
    """

    mask: Tensor

    def __init__(self, kind: MaskType, inputs: int, outputs: int, size: int, groups: int = 1) -> None:
        super().__init__()
        self.reach = size // 2
        self.register_buffer("mask", causal_mask(kind, outputs, inputs, size, groups), persistent=False)
        full = nn.Conv2d(inputs, outputs, size)  # for its initialisation, whose fan-in is then that of live taps
        live = float(self.mask.sum()) / self.mask.numel() * self.mask[0, 0].numel() / size**2
        rows = full.weight.detach()[:, :, : self.reach + 1]
        self.weight = nn.Parameter(rows / live**0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def masked_weight(self) -> Tensor:
        """The kernel as it acts: (outputs, inputs, size // 2 + 1, size)."""
        return self.weight * self.mask

    def forward(self, x: Tensor) -> Tensor:
        kind = x.device.type
        if self.reach and torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
            # What follows in bfloat16 wants whole maps: a map without its last rows takes it out of step with memory.
            padded = F.pad(x, (self.reach, self.reach, self.reach, 0))
            return F.conv2d(padded, self.masked_weight(), self.bias)
        # Symmetric padding makes one output row too many for each dead row; dropping them costs less than a
        # padded copy of the input.
        return F.conv2d(x, self.masked_weight(), self.bias, padding=self.reach)[:, :, : x.shape[2]]
