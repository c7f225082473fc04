"""Instruments that show why a pixel model works: what it sees, and what it must not see.

Shapes: ``H`` × ``W`` pixels, ``C`` channels.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.pixelcnn import PixelCNN
from core.nn.masked import MaskType, causal_mask
from core.trace import Array

PICTURES = 6
"""Random pictures over which a receptive field is averaged: on a single one a ReLU may hide a path."""
MOVED = 1e-6
"""A logit has moved if it changed by more than this; a network that cannot see a pixel does not move at all."""


def ranks(model: Any) -> NDArray[np.int64]:
    """(H, W): when each pixel is visited."""
    grid = np.empty((model.config.height, model.config.width), np.int64)
    rows, columns = model.order.T
    grid[rows, columns] = np.arange(len(model.order))
    return grid


def receptive_field(model: Any, x: Tensor, row: int, column: int) -> Array:
    """How much each pixel matters for one: mean |∂ s / ∂ x| with s the logits at (row, column), (H, W).

    Where a value has many levels, s weighs their logits from −1 to 1. Summed over channels, averaged over the picture
    ``x`` (1, C, H, W) and :data:`PICTURES` random ones, and exact where it is zero: no path leads from there.
    """
    noise = torch.rand((PICTURES, *x.shape[1:]), generator=torch.Generator().manual_seed(0))
    pictures = torch.cat([x, noise.round() if model.config.levels == 2 else noise]).requires_grad_()
    with torch.enable_grad():
        logits = model(pictures)[..., row, column]
        spread = torch.linspace(-1, 1, logits.shape[2]) if logits.shape[2] > 1 else torch.ones(1)
        score = (logits * spread).sum()
        (gradient,) = torch.autograd.grad(score, pictures)
    field: Array = gradient.abs().sum(1).mean(0).numpy()
    return field


@dataclass(frozen=True, eq=False)
class Leak:
    """What moved when one pixel was changed: ``change`` (H, W) of the logits, the most of all channels.

    ``early`` pixels moved although they are visited before the changed one, or are that pixel itself: a leak.
    ``late`` pixels moved that are visited after it, as they may.
    """

    change: Array
    early: int
    late: int


@torch.no_grad()
def future_leak(model: Any, x: Tensor, row: int, column: int) -> Leak:
    """Turn one pixel of ``x`` (1, C, H, W) into its opposite and see which logits notice.

    In colour a pixel's own later channels may see the earlier ones, so there all channels are changed, and what must
    not move at the pixel itself is its first channel.
    """
    other = x.clone()
    other[:, :, row, column] = 1 - other[:, :, row, column]
    moved = (model(torch.cat([x, other])).diff(dim=0).abs())[0].amax(1)  # (C, H, W)
    change = moved.amax(0)
    change[row, column] = moved[0, row, column]
    rank = ranks(model)
    seen = change.numpy() > MOVED
    early = int((seen & (rank <= rank[row, column])).sum())
    return Leak(change.numpy(), early, int(seen.sum()) - early)


def with_broken_mask(model: PixelCNN) -> PixelCNN:
    """The same network, but with mask B where its first layer must have mask A: every pixel sees itself."""
    broken = copy.deepcopy(model)
    kernel = broken.first
    kernel.mask[:, :, kernel.reach, kernel.reach] = 1
    return broken


def mask_taps(kind: MaskType, channels: int, size: int) -> Array:
    """(C, C, size, size) of 0 and 1: the tap from input channel (second) to output channel (first) is live or not."""
    live = causal_mask(kind, channels, channels, size, channels)
    dead = torch.zeros(channels, channels, size - live.shape[2], size)
    taps: Array = torch.cat([live, dead], 2).numpy()
    return taps
