"""The row-wise fixed point: each row is guessed as a whole and corrected until nothing changes.

In row i a network needs, from the rows above, only *finished* rows; what they bring is computed once for the row. What
is left depends on the row itself, from the left. So guess the row, compute all its logits at once, roll all its
values with their fixed noise, and repeat. A row that no longer changes satisfies x_j = roll(p(x_j | all before), u_j)
for every j, which has exactly one solution, the picture of ancestral sampling: its first value is right after one
pass, the second at the latest after two, and in practice a binary row takes two or three. The last pass leaves behind
just the activations that the next row needs.

Four things save more. What stands to the left of the first change needs no second look. Rows above the first hidden
pixel are computed together, and only once if all pictures agree there, as completions of one picture do. A row that is
wholly given takes one pass. And once half of the pictures have settled on a row, the others go on without them, since a
batch would otherwise wait for its slowest picture.

The idea of solving for the fixed point of a reparametrised autoregressive model: Wiggers and Hoogeboom 2020,
"Predictive Sampling with Forecasting Autoregressive Models"; Song et al. 2021, "Accelerating Feedforward Computation
via Parallel Nonlinear Equation Solving".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import Tensor

from core.models.raster import RasterModel
from core.samplers.canvas import Canvas, Pass, begun


class Rows(Protocol):
    """A network that paints ``b`` pictures row by row, with the activations that the next row needs."""

    def jump(self, x: Tensor) -> Tensor:
        """Take over finished rows (b, C, r, W) from the very top, r ≥ 1, and return their logits (b, C, K, r, W)."""

    def above(self, row: int) -> None:
        """Compute what the finished rows bring to ``row``."""

    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        """The row as it stands, (b, C, W) -> logits (b, C, K, W − start) of the columns from ``start`` on.

        To the left of ``start`` nothing has changed since the last call. The last call for a row is what the next row
        builds on.
        """

    def select(self, pictures: Tensor) -> Self:
        """The same for some pictures only, (b',) of indices, with copies of all that is remembered."""

    def put(self, pictures: Tensor, other: Self) -> None:
        """Take over what ``other``, made by :meth:`select` with these indices, remembers of the present row."""


class Engine(Protocol):
    """A network prepared for painting: its masks folded into the weights, once."""

    def begin(self, canvas: Canvas) -> Rows: ...


class RowWise:
    """The sampler over any engine that paints rows."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @torch.inference_mode()
    def begin(self, canvas: Canvas) -> tuple[Rows, int]:
        """The network with all rows above the first hidden pixel behind it, and that pixel's row."""
        return begun(self.engine.begin, canvas)

    @torch.inference_mode()
    def passes(self, canvas: Canvas) -> Iterator[Pass]:
        """Paint; one :class:`Pass` for each pass of the network."""
        rows, first = self.begin(canvas)
        for row in range(first, canvas.x.shape[2]):
            yield from self.paint(rows, canvas, row)

    @torch.inference_mode()
    def paint(self, rows: Rows, canvas: Canvas, row: int) -> Iterator[Pass]:
        """Iterate one row until no picture changes it."""
        yield from settle(rows, canvas, row)


def settle(rows: Rows, canvas: Canvas, row: int) -> Iterator[Pass]:
    """Iterate one row until no picture changes it. Its first guess is the row above."""
    rows.above(row)
    x, known = canvas.x, canvas.known[:, None, row]
    values = torch.where(known, x[:, :, row], x[:, :, max(row - 1, 0)])
    pictures: Tensor | slice = slice(None)
    present, said, start = rows, canvas.logits[:, :, :, row], 0
    while True:
        logits = present.logits(row, values, start)
        said[..., start:] = logits
        rolled = canvas.rolled(logits, row, pictures, start)
        different = rolled != values[..., start:]
        values[..., start:] = rolled
        x[pictures, :, row] = values
        changed = different.flatten(1).sum(1)
        yield Pass(row, x, changed if isinstance(pictures, slice) else _spread(changed, pictures, len(x)))
        active = changed.nonzero()[:, 0]
        if len(active):
            # What stands to the left of the first change in any picture is settled, its logits with it.
            start += int(different.flatten(0, 1).any(0).int().argmax())
        if 2 * len(active) > len(changed):
            continue
        if isinstance(pictures, Tensor):
            canvas.logits[pictures, :, :, row] = said
            rows.put(pictures, present)
        if not len(active):
            return
        pictures = active if isinstance(pictures, slice) else pictures[active]
        present, values, said = rows.select(pictures), values[active], said[active]


def _spread(changed: Tensor, pictures: Tensor, count: int) -> Tensor:
    """What changed in some pictures, (b',), as a number for each of all: (count,)."""
    return changed.new_zeros(count).index_copy_(0, pictures, changed)


class Plain:
    """Any pixel model in raster order as an engine: every look at a row costs a pass over the picture."""

    def __init__(self, model: RasterModel) -> None:
        self.model = model

    def begin(self, canvas: Canvas) -> PlainRows:
        """Blank pictures."""
        told = () if canvas.labels is None else (canvas.labels,)
        return PlainRows(self.model, torch.zeros_like(canvas.x), told)


class PlainRows:
    """Nothing is remembered but the pictures themselves, (b, C, H, W), and their classes."""

    def __init__(self, model: RasterModel, x: Tensor, told: tuple[Tensor, ...]) -> None:
        self.model, self.x, self.told = model, x, told

    def jump(self, x: Tensor) -> Tensor:
        self.x[:, :, : x.shape[2]] = x
        return self.model(self.x, *self.told)[..., : x.shape[2], :]

    def above(self, row: int) -> None:
        """Nothing is computed ahead."""

    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        self.x[:, :, row] = values
        return self.model(self.x, *self.told)[..., row, start:]

    def select(self, pictures: Tensor) -> PlainRows:
        """The same for some of the pictures, copied."""
        return PlainRows(self.model, self.x[pictures], tuple(each[pictures] for each in self.told))

    def put(self, pictures: Tensor, other: PlainRows) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.x[pictures] = other.x
