"""The cached sampler: one pixel after another, each computed from what its neighbours left behind.

Right for networks that recur within the row, where a guess of the row buys nothing: the Diagonal BiLSTM and
the Spatial LSTM. A pixel costs one step of every layer, from the states to its left and above, however much is
already painted. Shapes: ``b`` pictures, ``W`` pixels in a row, ``h`` features of a state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import Tensor

from core.models.raster import roll
from core.samplers.canvas import Canvas, Pass, begun


class Cells(Protocol):
    """A network that paints ``b`` pictures pixel by pixel."""

    def jump(self, x: Tensor) -> Tensor:
        """Take over finished rows (b, C, r, W) from the very top, r ≥ 1, and return their logits (b, C, K, r, W)."""

    def above(self, row: int) -> None:
        """Compute what the finished rows bring to ``row``."""

    def logits(self, row: int, column: int) -> Tensor:
        """Of the next pixel, (b, C, K); all to its left have been written."""

    def write(self, row: int, column: int, values: Tensor) -> None:
        """What the pixel has become, (b, C)."""

    def select(self, pictures: Tensor) -> Self:
        """The same for some pictures, between two rows."""


class Engine(Protocol):
    """A network prepared for painting."""

    def begin(self, canvas: Canvas) -> Cells: ...


class CellWise:
    """The sampler over any engine that paints cells."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def begin(self, canvas: Canvas) -> tuple[Cells, int]:
        """The network with all rows above the first hidden pixel behind it, and that pixel's row."""
        return begun(self.engine.begin, canvas)

    def passes(self, canvas: Canvas) -> Iterator[Pass]:
        """Paint; one :class:`Pass` for each row."""
        cells, first = self.begin(canvas)
        for row in range(first, canvas.x.shape[2]):
            yield from self.paint(cells, canvas, row)

    @torch.inference_mode()
    def paint(self, cells: Cells, canvas: Canvas, row: int) -> Iterator[Pass]:
        """One row from the left to the right."""
        cells.above(row)
        x, known = canvas.x, canvas.known[:, row]
        noise, to_paint = canvas.noise[:, :, :, row], (~known).any(0).tolist()
        for column, painted in enumerate(to_paint):
            logits = cells.logits(row, column)
            canvas.logits[..., row, column] = logits
            if painted:
                values = roll(logits, noise[..., column], canvas.temperature)
                x[:, :, row, column] = torch.where(known[:, None, column], x[:, :, row, column], values)
            cells.write(row, column, x[:, :, row, column])
        yield Pass(row, x, (~known).sum(1))
