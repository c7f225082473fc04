"""Row LSTM and Diagonal BiLSTM of van den Oord et al. 2016, sections 3.1 and 3.2, one autograd node after another.

The same functions as :class:`core.models.pixelrnn.PixelRNN`. Shapes: ``b`` images, ``H`` × ``W`` pixels, ``h``
features of the state, 2h features between layers. Gates lie in the order o, f, i, g.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.baselines.masked import MaskedConv2d
from benchmarks.baselines.pixelcnn import take_kernel
from core.models import pixelrnn
from core.models.configs import PixelRNNConfig
from core.models.pixelrnn import PixelRNN


def lstm_cell(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Equation 3: gates (b, 4h, n) before their activation and memory (b, h, n) -> state and memory."""
    o, f, i, g = gates.chunk(4, 1)
    cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return o.sigmoid() * cell.tanh(), cell


class RowLSTM(nn.Module):
    """Section 3.1, row after row: (b, 2h, H, W) -> (b, h, H, W)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.input_to_state = MaskedConv2d("B", 2 * hidden, 4 * hidden, (1, 3))
        self.state_to_state = nn.Conv1d(hidden, 4 * hidden, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """States of all rows."""
        inputs = self.input_to_state(x)
        state = cell = x.new_zeros(len(x), self.hidden, x.shape[3])
        states = []
        for row in range(x.shape[2]):
            state, cell = lstm_cell(inputs[:, :, row] + self.state_to_state(state), cell)
            states.append(state)
        return torch.stack(states, 2)

    @torch.no_grad()
    def take(self, ours: pixelrnn.RowLSTM) -> None:
        """Copy the weights of our layer, whose kernels are matrices (taps, inputs, 4h)."""
        live = F.pad(ours.input_to_state, (0, 0, 0, 0, 0, 1))  # the tap to the right, which the mask forbids
        take_kernel(self.input_to_state, live.permute(2, 1, 0)[:, :, None], ours.bias[0])
        self.state_to_state.weight.copy_(ours.state_to_state.permute(2, 1, 0))


def skew(x: Tensor) -> Tensor:
    """Figure 3: each row is moved to the right by one more pixel, (b, C, H, W) -> (b, C, H, W + H − 1)."""
    height = x.shape[2]
    return torch.stack([F.pad(x[:, :, row], (row, height - 1 - row)) for row in range(height)], 2)


def unskew(x: Tensor) -> Tensor:
    """The way back, (b, C, H, W + H − 1) -> (b, C, H, W)."""
    height = x.shape[2]
    width = x.shape[3] - height + 1
    return torch.stack([x[:, :, row, row : row + width] for row in range(height)], 2)


class DiagonalLSTM(nn.Module):
    """Section 3.2, one direction, column after column of the skewed map: (b, 2h, H, W) -> (b, h, H, W)."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.input_to_state = nn.Conv2d(2 * hidden, 4 * hidden, 1)
        self.state_to_state = nn.Conv1d(hidden, 4 * hidden, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """States of all pixels. Outside the picture gates are zero, and so are then states and memories."""
        inputs = skew(self.input_to_state(x))
        state = cell = x.new_zeros(len(x), self.hidden, x.shape[2])
        states = []
        for column in range(inputs.shape[3]):
            heard = self.state_to_state(F.pad(state, (1, 0)))
            state, cell = lstm_cell(inputs[..., column] + heard, cell)
            states.append(state)
        return unskew(torch.stack(states, 3))

    @torch.no_grad()
    def take(self, ours: pixelrnn.DiagonalBiLSTM, direction: int) -> None:
        """Copy the weights of one direction of our layer, 0 from the left and 1 from the right."""
        take_kernel(self.input_to_state, ours.input_to_state[direction].T[..., None, None], ours.bias[direction, 0])
        above_and_left = ours.state_to_state[2 * direction : 2 * direction + 2]
        self.state_to_state.weight.copy_(above_and_left.permute(2, 1, 0))


class DiagonalBiLSTM(nn.Module):
    """Both directions, one after the other; the right-hand map is moved down by one row, so that nothing leaks."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.left, self.right = DiagonalLSTM(hidden), DiagonalLSTM(hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 2h, H, W) -> (b, h, H, W)."""
        right = self.right(x.flip(3)).flip(3)
        return self.left(x) + F.pad(right, (0, 0, 1, 0))[:, :, :-1]

    def take(self, ours: pixelrnn.DiagonalBiLSTM) -> None:
        """Copy the weights of our layer."""
        self.left.take(ours, 0)
        self.right.take(ours, 1)


class PixelRNNBaseline(nn.Module):
    """The whole network; ``config.kind`` names its layers."""

    def __init__(self, config: PixelRNNConfig) -> None:
        super().__init__()
        h, layer = config.hidden, RowLSTM if config.kind == "row" else DiagonalBiLSTM
        self.first = MaskedConv2d("A", 1, 2 * h, (config.first_size, config.first_size))
        self.position = nn.Parameter(torch.zeros(2 * h, config.height, config.width)) if config.position_bias else None
        self.layers = nn.ModuleList(layer(h) for _ in range(config.layers))
        self.up = nn.ModuleList(nn.Conv2d(h, 2 * h, 1) for _ in range(config.layers))
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(2 * h, config.head, 1), nn.ReLU(), nn.Conv2d(config.head, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ink, (b, 1, H, W), of pixels (b, 1, H, W) in {0, 1}."""
        hidden = self.first(2 * x - 1)
        if self.position is not None:
            hidden = hidden + self.position
        for layer, up in zip(self.layers, self.up, strict=True):
            hidden = hidden + up(layer(hidden))
        return self.head(hidden)

    @torch.no_grad()
    def take(self, ours: PixelRNN) -> None:
        """Copy the weights of our network, where a 1×1 convolution is a linear layer and positions lie in one row."""
        take_kernel(self.first, ours.first.masked_weight(), ours.first.bias)
        if self.position is not None and ours.position is not None:
            self.position.copy_(ours.position[:, 0].T.view_as(self.position))
        layers: list[tuple[Any, Any]] = list(zip(self.layers, ours.layers, strict=True))
        for layer, our_layer in layers:
            layer.take(our_layer)
        linear: list[tuple[Any, Any]] = [
            *zip(self.up, ours.up, strict=True),
            (self.head[1], ours.head),
            (self.head[3], ours.out),
        ]
        for convolution, our in linear:
            take_kernel(convolution, our.weight[..., None, None], our.bias)
