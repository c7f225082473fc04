"""The Spatial LSTM pixel by pixel, for :mod:`core.samplers.cellwise`.

Shapes: ``b`` pictures, ``L`` layers, ``W`` pixels in a row, ``h`` features of a state, ``D`` pixels of a neighbourhood.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from core.models.mcgsm import neighbourhood
from core.models.spatial_lstm import SpatialLSTM, SpatialLSTMLayer, spatial_cell
from core.samplers.canvas import Canvas, Ways
from core.samplers.cellwise import CellWise


def ways(model: SpatialLSTM) -> Ways:
    """Its recurrence walks through the row."""
    return {"cells": lambda: CellWise(SpatialCells(model))}


class SpatialCells:
    """The Spatial LSTM pixel by pixel."""

    def __init__(self, model: SpatialLSTM) -> None:
        self.model, self.config = model, model.config

    def begin(self, canvas: Canvas) -> SpatialState:
        """A blank state for the pictures of ``canvas``."""
        return SpatialState(self.model, len(canvas.x), canvas.x.device)


class SpatialState:
    """States and memories of the last row and of the present one, (L, 2, W, b, h) each."""

    def __init__(self, model: SpatialLSTM, batch: int, device: torch.device) -> None:
        config = model.config
        self.model, self.reach, self.width = model, config.reach, config.width
        self.signed = torch.zeros(batch, config.reach + config.height, config.width + 2 * config.reach, device=device)
        self.last = torch.zeros(config.layers, 2, config.width, batch, config.hidden, device=device)
        self.present = torch.zeros_like(self.last)
        layers = cast("list[SpatialLSTMLayer]", list(model.layers))
        below = [layer.input_to_state for layer in layers]
        weight = below[0].weight.detach()  # (5h, D): the rows above, what is to the left, the constant
        above = (2 * config.reach + 1) * config.reach
        self.from_above, self.from_left = weight[:, :above].T, weight[:, above:-1].T
        self.bias = [weight[:, -1] + below[0].bias.detach(), *(each.bias.detach() for each in below[1:])]
        self.from_below = [each.weight.detach().T for each in below[1:]]  # (h, 5h)
        self.from_states = [layer.state_to_state.weight.detach().T for layer in layers]  # (2h, 5h): left, above
        self.base = self.bias

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        """One scan over the finished rows."""
        rows = x.shape[2]
        self.signed[:, self.reach : self.reach + rows, self.reach : self.reach + self.width] = 2 * x[:, 0] - 1
        found = self.model.read(neighbourhood(x, self.reach).flatten(1, 2).transpose(0, 1))
        self.present.copy_(torch.stack([torch.stack(both) for both in found])[:, :, -self.width :])
        return self.model.judged(found[-1][0]).T.unflatten(1, x.shape[2:])[:, None, None]

    @torch.inference_mode()
    def above(self, row: int) -> None:
        self.last, self.present = self.present, self.last
        windows = self.signed[:, row : row + self.reach].unfold(2, 2 * self.reach + 1, 1)  # (b, reach, W, size)
        seen = windows.permute(2, 0, 1, 3).flatten(2) @ self.from_above
        h = self.last.shape[-1]
        heard = zip(self.last, self.from_states, self.bias, strict=True)
        self.base = [before[0] @ weight[h:] + bias for before, weight, bias in heard]  # (W, b, 5h) each
        self.base[0] += seen

    @torch.inference_mode()
    def logits(self, row: int, column: int) -> Tensor:
        below = self.signed[:, self.reach + row, column : column + self.reach]
        before = self.present[:, :, column - 1] if column else torch.zeros_like(self.present[:, :, 0])
        for k, weight in enumerate((self.from_left, *self.from_below)):
            gates = torch.addmm(self.base[k][column], below, weight)
            gates.addmm_(before[k, 0], self.from_states[k][: before.shape[-1]])
            below, cell = spatial_cell(gates, before[k, 1], self.last[k, 1, column])
            self.present[k, 0, column], self.present[k, 1, column] = below, cell
        return self.model.judged(below)[:, None, None]

    def write(self, row: int, column: int, values: Tensor) -> None:
        self.signed[:, self.reach + row, self.reach + column] = 2 * values[:, 0] - 1

    def select(self, pictures: Tensor) -> SpatialState:
        """The same for some of the pictures, copied."""
        other = SpatialState(self.model, len(pictures), self.signed.device)
        other.signed.copy_(self.signed[pictures])
        other.last.copy_(self.last[:, :, :, pictures])
        other.present.copy_(self.present[:, :, :, pictures])
        return other
