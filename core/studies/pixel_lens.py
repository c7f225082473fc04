"""Instruments that show why a pixel model works: what it sees, and what it must not see.

Shapes: ``H`` × ``W`` pixels, ``C`` channels.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.models.base import array
from core.models.pixelcnn import PixelCNN
from core.models.pixelrnn import DiagonalBiLSTM, PixelRNN
from core.models.raster import receptive_field as receptive_field
from core.nn.masked import MaskType, causal_mask
from core.results import MOVED, Leak
from core.trace import Array


def ranks(model: Any) -> NDArray[np.int64]:
    """(H, W): when each pixel is visited."""
    grid = np.empty((model.config.height, model.config.width), np.int64)
    rows, columns = model.order.T
    grid[rows, columns] = np.arange(len(model.order))
    return grid


@torch.no_grad()
def future_leak(model: Any, x: Tensor, row: int, column: int) -> Leak:
    """Turn one pixel of ``x`` (1, C, H, W) into its opposite and see which logits notice.

    In colour a pixel's own later channels may see the earlier ones, so there all channels are changed, and what must
    not move at the pixel itself is its first channel.
    """
    other = x.clone()
    other[:, :, row, column] = 1 - other[:, :, row, column]
    moved = (model(torch.cat([x, other])).diff(dim=0).abs())[0].amax(1)  # (C, H, W)
    change: Array = moved.amax(0).cpu().numpy()
    change[row, column] = float(moved[0, row, column])
    rank = ranks(model)
    seen = change > MOVED
    early = int((seen & (rank <= rank[row, column])).sum())
    return Leak(change, early, int(seen.sum()) - early)


def with_broken_mask(model: PixelCNN) -> PixelCNN:
    """The same network, but with mask B where its first layer must have mask A: every pixel sees itself."""
    broken = copy.deepcopy(model)
    kernel = broken.first
    kernel.mask[:, :, kernel.reach, kernel.reach] = 1
    return broken


class TriedScans(nn.Module):
    """A trained Diagonal BiLSTM layer that takes other scans than it learned with, of :data:`core.results.TAKEN`."""

    def __init__(self, layer: DiagonalBiLSTM, taken: str) -> None:
        super().__init__()
        self.layer, self.taken = layer, taken

    def forward(self, x: Tensor) -> Tensor:
        """(P, N, 2h) -> (P, N, h). Scans from the bottom have the same weights, on the picture turned upside down."""
        if self.taken == "unmoved":
            return torch.stack(self.layer.passes(x)).sum(0)
        own: Tensor = self.layer(x)
        if self.taken == "moved":
            return own
        passes = self.layer.passes(self._turned(x))
        return own + self._turned(passes[self.taken == "fourth"])

    def _turned(self, x: Tensor) -> Tensor:
        return x.unflatten(0, (-1, self.layer.width)).flip(0).flatten(0, 1)


def with_scans(model: PixelRNN, taken: str) -> PixelRNN:
    """The same network, every Diagonal BiLSTM of which takes other scans."""
    tried = copy.deepcopy(model)
    for place, layer in enumerate(tried.layers):
        if isinstance(layer, DiagonalBiLSTM):
            tried.layers[place] = TriedScans(layer, taken)
    return tried


def mask_taps(kind: MaskType, channels: int, size: int) -> Array:
    """(C, C, size, size) of 0 and 1: the tap from input channel (second) to output channel (first) is live or not."""
    live = causal_mask(kind, channels, channels, size, channels)
    dead = torch.zeros(channels, channels, size - live.shape[2], size)
    taps: Array = array(torch.cat([live, dead], 2))
    return taps
