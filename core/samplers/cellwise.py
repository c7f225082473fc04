"""The cached sampler: one pixel after another, each computed from what its neighbours left behind.

Right for networks that recur within the row, where a guess of the row buys nothing by itself: the Diagonal BiLSTM and
the Spatial LSTM. A pixel costs one step of every layer, from the states to its left and above, however much is
already painted. Shapes: ``b`` pictures, ``W`` pixels in a row, ``h`` features of a state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

import torch
from torch import Tensor

from core.models.mcgsm import neighbourhood
from core.models.raster import roll
from core.models.spatial_lstm import SpatialLSTM, spatial_cell
from core.samplers.canvas import Canvas, Pass, first_hidden_row
from core.samplers.pixelrnn import DiagonalWeights, PixelRNNRows, PixelRNNState


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
        cells, row = self.engine.begin(canvas), first_hidden_row(canvas.known)
        if row:
            canvas.logits[..., :row, :] = cells.jump(canvas.x[:, :, :row])
        return cells, row

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


class DiagonalCells:
    """The Diagonal BiLSTM pixel by pixel; its right-hand pass is taken row by row from :class:`PixelRNNState`."""

    def __init__(self, net: PixelRNNRows) -> None:
        if not all(isinstance(layer, DiagonalWeights) for layer in net.layers):
            raise ValueError("Only diagonal layers recur within the row.")
        self.net = net

    def begin(self, canvas: Canvas) -> DiagonalState:
        """A blank state for the pictures of ``canvas``."""
        return DiagonalState(self.net, self.net.begin(canvas))


class DiagonalState:
    """The rows' state, and the left-hand state and memory cell of every layer at the last pixel."""

    def __init__(self, net: PixelRNNRows, rows: PixelRNNState) -> None:
        self.net, self.rows = net, rows
        self.left: list[tuple[Tensor, Tensor]] = []

    def jump(self, x: Tensor) -> Tensor:
        """One pass over each of the finished rows."""
        return self.rows.jump(x)

    def above(self, row: int) -> None:
        self.rows.above(row)
        zero = self.rows.signed.new_zeros(self.rows.batch, self.net.config.hidden)
        self.left = [(zero, zero)] * len(self.net.layers)

    @torch.inference_mode()
    def logits(self, row: int, column: int) -> Tensor:
        net, rows, half = self.net, self.rows, self.net.half
        x = torch.addmm(rows.base[column], rows.signed[:, half + row, column : column + half], net.first_left)
        for index, (layer, (up, bias)) in enumerate(zip(net.layers, net.up, strict=True)):
            assert isinstance(layer, DiagonalWeights)
            rows.present.features[index, column + 1] = x
            inputs = torch.cat([x, rows.last.state[index, column]], 1)
            state, cell = torch.lstm_cell(inputs, self.left[index], *layer.directions[0])
            self.left[index] = state, cell
            rows.present.state[index, column] = state
            x = x.add_(bias).addmm_(state + rows.present.cell[index, column], up)
        for weight, bias in net.head:
            x = torch.addmm(bias, x.relu_(), weight)
        return x[:, None]

    def write(self, row: int, column: int, values: Tensor) -> None:
        self.rows.signed[:, self.net.half + row, self.net.half + column] = 2 * values[:, 0] - 1

    def select(self, pictures: Tensor) -> DiagonalState:
        """The same for some of the pictures, copied."""
        return DiagonalState(self.net, self.rows.select(pictures))


class SpatialCells:
    """The Spatial LSTM pixel by pixel."""

    def __init__(self, model: SpatialLSTM) -> None:
        self.model, self.config = model, model.config

    def begin(self, canvas: Canvas) -> SpatialState:
        """A blank state for the pictures of ``canvas``."""
        return SpatialState(self.model, len(canvas.x), canvas.x.device)


class SpatialState:
    """States and memories of the last row and of the present one, (W, b, h) each."""

    def __init__(self, model: SpatialLSTM, batch: int, device: torch.device) -> None:
        config = model.config
        self.model, self.reach, self.width = model, config.reach, config.width
        self.signed = torch.zeros(batch, config.reach + config.height, config.width + 2 * config.reach, device=device)
        self.last = torch.zeros(2, config.width, batch, config.hidden, device=device)
        self.present = torch.zeros_like(self.last)
        weight = (
            model.layer.input_to_state.weight.detach()
        )  # (5h, D): the rows above, what is to the left, the constant
        above = (2 * config.reach + 1) * config.reach
        self.from_above, self.from_left = weight[:, :above].T, weight[:, above:-1].T
        self.bias = weight[:, -1] + model.layer.input_to_state.bias.detach()
        self.from_states = model.layer.state_to_state.weight.detach().T  # (2h, 5h): left, above
        self.base = self.bias

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        """One scan over the finished rows."""
        rows = x.shape[2]
        self.signed[:, self.reach : self.reach + rows, self.reach : self.reach + self.width] = 2 * x[:, 0] - 1
        both = self.model.layer(neighbourhood(x, self.reach).flatten(1, 2).transpose(0, 1))
        self.present.copy_(torch.stack(both)[:, -self.width :])
        return self.model.judged(both[0]).T.unflatten(1, x.shape[2:])[:, None, None]

    @torch.inference_mode()
    def above(self, row: int) -> None:
        self.last, self.present = self.present, self.last
        windows = self.signed[:, row : row + self.reach].unfold(2, 2 * self.reach + 1, 1)  # (b, reach, W, size)
        fixed = windows.permute(2, 0, 1, 3).flatten(2) @ self.from_above + self.bias
        h = self.last.shape[3]
        self.base = fixed + self.last[0] @ self.from_states[h:]  # (W, b, 5h)

    @torch.inference_mode()
    def logits(self, row: int, column: int) -> Tensor:
        left = self.signed[:, self.reach + row, column : column + self.reach]
        gates = torch.addmm(self.base[column], left, self.from_left)
        before = self.present[:, column - 1] if column else torch.zeros_like(self.present[:, 0])
        gates.addmm_(before[0], self.from_states[: before.shape[2]])
        state, cell = spatial_cell(gates, before[1], self.last[1, column])
        self.present[0, column], self.present[1, column] = state, cell
        return self.model.judged(state)[:, None, None]

    def write(self, row: int, column: int, values: Tensor) -> None:
        self.signed[:, self.reach + row, self.reach + column] = 2 * values[:, 0] - 1

    def select(self, pictures: Tensor) -> SpatialState:
        """The same for some of the pictures, copied."""
        other = SpatialState(self.model, len(pictures), self.signed.device)
        other.signed.copy_(self.signed[pictures])
        other.last.copy_(self.last[:, :, pictures])
        other.present.copy_(self.present[:, :, pictures])
        return other
