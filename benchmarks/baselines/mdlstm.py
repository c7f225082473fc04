"""A multi-dimensional LSTM (Graves, Fernández and Schmidhuber 2007) as a loop over cells, one direction after another.

The same function as :class:`core.models.mdlstm.MDLSTM`. Shapes: ``b`` pictures, ``m`` × ``n`` cells of ``B`` × ``B``
pixels, ``h`` features of a direction.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.configs import MDLSTMConfig
from core.models.mdlstm import MDLSTM, MDLSTMLayer
from core.results import DIGIT, KINDS

FLIPS: tuple[tuple[int, ...], ...] = ((), (2,), (1,), (1, 2))
"""The axes of a map (b, m, n, D) that are turned round before a direction begins at the top left."""


class Direction(nn.Module):
    """One direction: (b, m, n, D) -> (b, m, n, h)."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.input_to_state = nn.Linear(inputs, 5 * hidden)
        self.state_to_state = nn.Linear(2 * hidden, 5 * hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """States of all cells, one after another."""
        inputs = self.input_to_state(x)
        nothing = x.new_zeros(len(x), self.hidden)
        row_above = [(nothing, nothing)] * x.shape[2]
        rows = []
        for each in inputs.unbind(1):
            row, left = [], (nothing, nothing)
            for column, given in enumerate(each.unbind(1)):
                above = row_above[column]
                g, o, i, f_r, f_c = (given + self.state_to_state(torch.cat([left[0], above[0]], 1))).chunk(5, 1)
                cell = g.tanh() * i.sigmoid() + left[1] * f_c.sigmoid() + above[1] * f_r.sigmoid()
                left = (cell * o.sigmoid()).tanh(), cell
                row.append(left)
            row_above = row
            rows.append(torch.stack([state for state, _ in row], 1))
        return torch.stack(rows, 1)


class MDLSTMBaseline(nn.Module):
    """The whole network."""

    def __init__(self, config: MDLSTMConfig) -> None:
        super().__init__()
        self.config = config
        count, area = (1 if config.causal else 4), config.block**2
        fed = [config.channels * area] + (config.layers - 1) * [config.between]
        self.layers = nn.ModuleList(
            nn.ModuleList(Direction(inputs, config.hidden) for _ in range(count)) for inputs in fed
        )
        self.between = nn.ModuleList(nn.Linear(count * config.hidden, config.between) for _ in fed[1:])
        self.kinds = nn.Linear(count * config.hidden + config.channels * area, len(KINDS) * area)
        self.pooled = nn.Linear(count * config.hidden, config.features)
        self.out = nn.Linear(config.features, config.classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of every pixel (b, 3, H, W) and of the digit (b, k) for pictures (b, C, H, W) of whole blocks."""
        blocks = F.pixel_unshuffle(x, self.config.block).permute(0, 2, 3, 1)
        heard = blocks
        for depth, layer in enumerate(self.layers):
            fed = torch.tanh(self.between[depth - 1](heard)) if depth else heard
            assert isinstance(layer, nn.ModuleList)
            states = [scan(fed.flip(axes)).flip(axes) for scan, axes in zip(layer, FLIPS, strict=False)]
            heard = torch.cat(states, 3)
        kinds = self.kinds(torch.cat([heard, blocks], 3))
        p = kinds.unflatten(3, (len(KINDS), -1)).softmax(3)[..., DIGIT, :].mean(3, keepdim=True)
        mean = (p * self.pooled(heard).relu()).sum((1, 2)) / p.sum((1, 2))
        return F.pixel_shuffle(kinds.permute(0, 3, 1, 2), self.config.block), self.out(mean)

    def loss(self, x: Tensor, labels: Tensor, kinds: Tensor) -> Tensor:
        """The mean over pictures of what ours minimises."""
        pixels, digits = self(x)
        return F.cross_entropy(digits, labels) + self.config.pixel_weight * F.cross_entropy(pixels, kinds)

    @torch.no_grad()
    def take(self, ours: MDLSTM) -> None:
        """Copy the weights of our network, whose directions lie in one stack."""
        for scans, layer in zip(self.layers, ours.layers, strict=True):
            assert isinstance(scans, nn.ModuleList) and isinstance(layer, MDLSTMLayer)
            for direction, scan in enumerate(scans):
                assert isinstance(scan, Direction)
                scan.input_to_state.weight.copy_(layer.input_to_state[direction])
                scan.input_to_state.bias.copy_(layer.bias[direction, :, 0])
                scan.state_to_state.weight.copy_(layer.state_to_state[direction])
        for name in ("between", "kinds", "pooled", "out"):
            getattr(self, name).load_state_dict(getattr(ours, name).state_dict())
