"""PixelRNN row by row, for :mod:`core.samplers.rowwise`, and pixel by pixel, for :mod:`core.samplers.cellwise`.

Row LSTM: the states above are finished, so a pass over the row has no recurrence at all. Diagonal BiLSTM: the
right-hand pass needs only finished rows and is computed once for a row; the left-hand pass runs through the row, as a
one-dimensional LSTM whose inputs are the features of the pixels and the states above them. That one is PyTorch's own
LSTM, which walks through 28 pixels in the time of a few operations. No step looks further back than one row of states,
so its cost does not grow with what is already painted.

Shapes: ``b`` pictures, ``W`` pixels in a row, ``h`` features of a state, 2h between layers. Rows lie as (W, b, ·).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.pixelrnn import DiagonalBiLSTM, PixelRNN, RowLSTM
from core.samplers.canvas import Canvas, Ways
from core.samplers.cellwise import CellWise
from core.samplers.rowwise import RowWise

TORCH_GATES = (2, 1, 3, 0)
"""Ours are o, f, i, g; PyTorch's LSTM has i, f, g, o."""


def ways(model: PixelRNN) -> Ways:
    """Both kinds by rows; the Diagonal BiLSTM, which recurs within the row, by cells too."""
    rows: Ways = {"rows": lambda: RowWise(PixelRNNRows(model))}
    if model.config.kind == "row":
        return rows
    return rows | {"cells": lambda: CellWise(DiagonalCells(PixelRNNRows(model)))}


class PixelRNNRows:
    """The weights, prepared once."""

    @torch.inference_mode()
    def __init__(self, model: PixelRNN) -> None:
        self.model, self.config = model, model.config
        self.half = model.config.first_size // 2
        first = model.first.masked_weight()[:, 0]  # (2h, half + 1, size)
        self.first_above = first[:, : self.half].flatten(1).T.contiguous()
        self.first_left = first[:, self.half, : self.half].T.contiguous()
        self.layers = [_prepared(layer) for layer in model.layers]
        self.up = [(up.weight.T.contiguous(), up.bias) for up in model.up if isinstance(up, nn.Linear)]
        self.head = [(linear.weight.T.contiguous(), linear.bias) for linear in (model.head, model.out)]

    def begin(self, canvas: Canvas) -> PixelRNNState:
        """A blank state for the pictures of ``canvas``."""
        return PixelRNNState(self, len(canvas.x), canvas.x.device)

    def start(self, row: int) -> Tensor:
        """Bias of the first layer at each pixel of a row: (W, 1, 2h)."""
        bias = self.model.first.bias.expand(self.config.width, 1, -1)
        if self.model.position is None:
            return bias
        width = self.config.width
        return bias + self.model.position[row * width : (row + 1) * width]


class RowWeights:
    """A Row LSTM layer: its kernels as matrices."""

    def __init__(self, layer: RowLSTM) -> None:
        self.beside = layer.input_to_state.flatten(0, 1).contiguous()  # (4h, 4h): left and own pixel
        self.kernel = layer.state_to_state.flatten(0, 1).contiguous()  # (3h, 4h)
        self.bias = layer.bias

    def above(self, memory: Memory, index: int) -> Tensor:
        """State-to-state component of the whole row, (W, b, 4h), from the states of the row above."""
        windows = F.pad(memory.state[index], (0, 0, 0, 0, 1, 1)).unfold(0, 3, 1)  # (W, b, h, 3)
        return windows.transpose(2, 3).flatten(2) @ self.kernel + self.bias

    def run(self, x: Tensor, upper: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """State and memory cell of n pixels, (n, b, h) each.

        From their features and those of the pixel to their left, (n + 1, b, 2h), their state-to-state components
        (n, b, 4h) and the memory cells above them (n, b, h).
        """
        gates = torch.cat([x[:-1], x[1:]], 2) @ self.beside
        gates += upper
        h = gates.shape[2] // 4
        gates[..., : 3 * h].sigmoid_()
        o, f, i, g = gates.split(h, 2)
        cell = torch.addcmul(i * g.tanh(), f, memory)
        return o * cell.tanh(), cell


class DiagonalWeights:
    """A Diagonal BiLSTM layer, each direction as the one-dimensional LSTM of a row."""

    def __init__(self, layer: DiagonalBiLSTM) -> None:
        h = layer.state_to_state.shape[1]
        above, left = layer.state_to_state.unflatten(0, (2, 2)).unbind(1)
        ours = torch.cat([layer.input_to_state, above], 1), left, layer.bias  # (2, 3h, 4h), (2, h, 4h), (2, 1, 4h)
        inputs, across, bias = (each.unflatten(2, (4, h))[:, :, list(TORCH_GATES)].flatten(2) for each in ours)
        none = bias.new_zeros(4 * h)
        self.directions = [
            [inputs[d].T.contiguous(), across[d].T.contiguous(), bias[d, 0].contiguous(), none] for d in (0, 1)
        ]
        self.hidden = h

    def scan(self, direction: int, x: Tensor, above: Tensor) -> Tensor:
        """One direction through one row: features (W, b, 2h) and states above (W, b, h) -> states (W, b, h)."""
        zero = x.new_zeros(1, x.shape[1], self.hidden)
        inputs = torch.cat([x, above], 2)
        states: Tensor = torch.lstm(
            inputs, (zero, zero), self.directions[direction], True, 1, 0.0, False, False, False
        )[0]
        return states


class Memory:
    """States of the last finished row, for every layer: ``state`` and ``cell`` (L, W, b, h).

    For a diagonal layer ``cell`` is the state of the right-hand pass, which is a row behind. ``features``
    (L, W + 1, b, 2h) is what each layer read, behind a column of zeros; the right-hand pass has yet to read it.
    """

    def __init__(self, layers: int, width: int, batch: int, hidden: int, device: torch.device) -> None:
        self.state = torch.zeros(layers, width, batch, hidden, device=device)
        self.cell = torch.zeros_like(self.state)
        self.features = torch.zeros(layers, width + 1, batch, 2 * hidden, device=device)

    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.state, self.cell, self.features


class PixelRNNState:
    """``b`` pictures under way: what the last finished row left, and the present row as its last pass has it."""

    def __init__(self, net: PixelRNNRows, batch: int, device: torch.device) -> None:
        config = net.config
        self.net, self.batch = net, batch
        self.signed = torch.zeros(batch, net.half + config.height, config.width + 2 * net.half, device=device)
        size = (config.layers, config.width, batch, config.hidden, device)
        self.last, self.present = Memory(*size), Memory(*size)
        self.base = torch.zeros(config.width, batch, 2 * config.hidden, device=device)
        self.upper = torch.zeros(config.layers, config.width, batch, 4 * config.hidden, device=device)
        self.started = False

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        """One pass over each of the finished rows."""
        logits = []
        for row in range(x.shape[2]):
            self.above(row)
            logits.append(self.logits(row, x[:, :, row]))
        return torch.stack(logits, 3)

    @torch.inference_mode()
    def above(self, row: int) -> None:
        net, half = self.net, self.net.half
        if self.started:
            self.last, self.present = self.present, self.last
        windows = self.signed[:, row : row + half].unfold(2, 2 * half + 1, 1)  # (b, half, W, size)
        self.base = windows.permute(2, 0, 1, 3).flatten(2) @ net.first_above + net.start(row)
        for index, layer in enumerate(net.layers):
            if isinstance(layer, RowWeights):
                self.upper[index] = layer.above(self.last, index)
            elif self.started:  # the right-hand pass catches up with the row above; it counts from here on
                mirrored = self.last.features[index, 1:].flip(0)
                self.present.cell[index] = layer.scan(1, mirrored, self.last.cell[index].flip(0)).flip(0)
        self.started = True

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        net, half, width = self.net, self.net.half, self.net.config.width
        self.signed[:, half + row, half : half + width] = 2 * values[:, 0] - 1
        left = self.signed[:, half + row, start : width + half - 1].unfold(1, half, 1)  # (b, W − start, half)
        x = self.base[start:] + left.transpose(0, 1) @ net.first_left
        for index, (layer, (up, bias)) in enumerate(zip(net.layers, net.up, strict=True)):
            features = self.present.features[index]
            features[start + 1 :] = x
            if isinstance(layer, RowWeights):
                upper, memory = self.upper[index, start:], self.last.cell[index, start:]
                state, self.present.cell[index, start:] = layer.run(features[start:], upper, memory)
                self.present.state[index, start:] = state
            else:  # PyTorch's LSTM keeps no memory cells on the way, so it runs from the left edge again
                self.present.state[index] = layer.scan(0, features[1:], self.last.state[index])
                state = self.present.state[index, start:] + self.present.cell[index, start:]
            x = torch.addmm(bias, state.flatten(0, 1), up).view_as(x).add_(x)
        out = x.flatten(0, 1)
        for weight, bias in net.head:
            out = torch.addmm(bias, out.relu(), weight)
        return out.view(width - start, self.batch).T[:, None, None]

    def select(self, pictures: Tensor) -> PixelRNNState:
        """The same for some of the pictures, copied."""
        other = PixelRNNState(self.net, len(pictures), self.signed.device)
        other.signed.copy_(self.signed[pictures])
        other.base.copy_(self.base[:, pictures])
        other.upper.copy_(self.upper[:, :, pictures])
        for mine, theirs in ((self.last, other.last), (self.present, other.present)):
            for source, target in zip(mine.parts(), theirs.parts(), strict=True):
                target.copy_(source[:, :, pictures])
        other.started = self.started
        return other

    def put(self, pictures: Tensor, other: PixelRNNState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.signed[pictures] = other.signed
        for target, source in zip(self.present.parts(), other.present.parts(), strict=True):
            target[:, :, pictures] = source


def _prepared(layer: torch.nn.Module) -> RowWeights | DiagonalWeights:
    assert isinstance(layer, RowLSTM | DiagonalBiLSTM)
    return RowWeights(layer) if isinstance(layer, RowLSTM) else DiagonalWeights(layer)


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
