"""Spatial LSTM: a two-dimensional LSTM reads the picture, an MCGSM says what comes next.

Theis and Bethge 2015, "Generative Image Modeling Using Spatial LSTMs" (RIDE), with the multi-dimensional LSTM of
Graves, Fernández and Schmidhuber 2007. At pixel (i, j), x_< its causal neighbourhood,

    g, o, i, f^r, f^c = (tanh, σ, σ, σ, σ)(T(x_<, h_{i,j−1}, h_{i−1,j}))
    c_{i,j} = g ⊙ i + c_{i,j−1} ⊙ f^c + c_{i−1,j} ⊙ f^r
    h_{i,j} = tanh(c_{i,j} ⊙ o)

and h_{i,j}, which has thereby seen everything above and to the left, goes to a second layer of the same kind in place
of x_<; the states of the last layer are what the MCGSM is given. Unlike PixelRNN's diagonal layer it keeps two
memories, each with a forget gate of its own.

Where we deviate: small layers; binary pixels as in :mod:`core.models.mcgsm`; the forget gates start at ½ each.

Shapes: ``N`` images, ``H`` × ``W`` pixels, ``P`` = H · W, ``h`` features, ``n`` cells of a diagonal.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.configs import SpatialLSTMConfig
from core.models.mcgsm import MCGSMHead, neighbourhood
from core.models.raster import PixelModel
from core.nn.lstm_scan import diagonal_order
from core.nn.spatial_scan import GATES, spatial_scan


class SpatialLSTMLayer(nn.Module):
    """(P, N, D) neighbourhoods, or states below, in raster order -> states and memories, (P, N, h) each."""

    order: Tensor
    """(P,): raster indices of the whole picture in the order of the scan."""

    def __init__(self, height: int, width: int, inputs: int, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("order", torch.tensor(diagonal_order(height, width)), persistent=False)
        self.input_to_state = nn.Linear(inputs, GATES * hidden)
        self.state_to_state = nn.Linear(2 * hidden, GATES * hidden, bias=False)  # of the left and of the one above

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        order = self.order
        if len(x) < len(order):  # the rows above a hidden one: no training step, so this may come from outside
            order = torch.tensor(diagonal_order(len(x) // self.width, self.width), device=x.device)
        inputs = self.input_to_state(x).index_select(0, order).permute(2, 0, 1)[None]
        found = spatial_scan(inputs, self.state_to_state.weight[None], self.width)
        states, cells = (each[0].permute(1, 2, 0).index_select(0, order.argsort()) for each in found)
        return states, cells


def spatial_cell(gates: Tensor, left: Tensor, above: Tensor) -> tuple[Tensor, Tensor]:
    """State and memory, (…, h) each, from gates before their activation (…, 5h) and the neighbours' memories."""
    g = gates[..., : left.shape[-1]].tanh()
    o, i, f_r, f_c = gates[..., left.shape[-1] :].sigmoid().chunk(4, -1)
    cell = g * i + left * f_c + above * f_r
    return (cell * o).tanh(), cell


class SpatialLSTM(PixelModel):
    """The whole painter, for binary pictures of one channel."""

    samplers = "core.samplers.spatial_lstm"

    def __init__(self, config: SpatialLSTMConfig) -> None:
        super().__init__(config)
        inputs = 2 * config.reach * (config.reach + 1) + 1
        sizes = [inputs, *[config.hidden] * (config.layers - 1)]
        self.layers = nn.ModuleList(
            SpatialLSTMLayer(config.height, config.width, size, config.hidden) for size in sizes
        )
        self.head = MCGSMHead(config.hidden + 1, config.components, config.scales, config.features)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 1, 1, H, W) of pixels (N, 1, H, W) in {0, 1}, each blind to its own pixel and all after."""
        y = neighbourhood(x, self.config.reach).flatten(1, 2).transpose(0, 1)
        return self.judged(self.read(y)[-1][0]).T.unflatten(1, x.shape[2:])[:, None, None]

    def read(self, y: Tensor) -> list[tuple[Tensor, Tensor]]:
        """States and memories of each layer, (P, N, h) each, from neighbourhoods (P, N, D) in raster order."""
        found = []
        for layer in self.layers:
            found.append(layer(y))
            y = found[-1][0]
        return found

    def judged(self, states: Tensor) -> Tensor:
        """What the MCGSM says of states (…, h): logits of ink (…)."""
        logits: Tensor = self.head(F.pad(states, (0, 1), value=1.0))  # with a constant, as in the MCGSM alone
        return logits
