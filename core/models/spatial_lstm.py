"""Spatial LSTM: a two-dimensional LSTM reads the picture, an MCGSM says what comes next.

Theis and Bethge 2015, "Generative Image Modeling Using Spatial LSTMs" (RIDE), with the multi-dimensional LSTM of
Graves, Fernández and Schmidhuber 2007. At pixel (i, j), x_< its causal neighbourhood,

    g, o, i, f^r, f^c = (tanh, σ, σ, σ, σ)(T(x_<, h_{i,j−1}, h_{i−1,j}))
    c_{i,j} = g ⊙ i + c_{i,j−1} ⊙ f^c + c_{i−1,j} ⊙ f^r
    h_{i,j} = tanh(c_{i,j} ⊙ o)

and h_{i,j}, which has thereby seen everything above and to the left, is what the MCGSM is given. Unlike PixelRNN's
diagonal layer it keeps two memories, each with a forget gate of its own.

Where we deviate: one small layer; binary pixels as in :mod:`core.models.mcgsm`; the forget gates start at ½ each.

Shapes: ``N`` images, ``H`` × ``W`` pixels, ``P`` = H · W, ``h`` features, ``n`` cells of a diagonal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms, Request
from core.models.mcgsm import MCGSMHead, neighbourhood
from core.models.raster import ancestral, exact_loss, raster_order
from core.nn.lstm_scan import Link, diagonal_fronts, diagonal_order
from core.trace import Step

GATES = 5
"""g, o, i, f^r, f^c in this order, h features each."""


@dataclass(frozen=True)
class SpatialLSTMConfig:
    """Defaults are ours; the paper takes 64 units on 8×8 textures, 5 × 11 + 5 neighbours on dead leaves."""

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2
    reach: int = 5
    hidden: int = 32
    components: int = 12
    scales: int = 4
    features: int = 32


class SpatialLSTMLayer(nn.Module):
    """(P, N, D) neighbourhoods in raster order -> states and memories, (P, N, h) each."""

    def __init__(self, width: int, inputs: int, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.input_to_state = nn.Linear(inputs, GATES * hidden)
        self.state_to_state = nn.Linear(2 * hidden, GATES * hidden, bias=False)  # of the left and of the one above

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        height = len(x) // self.width
        order = torch.tensor(diagonal_order(height, self.width), device=x.device)
        inputs = self.input_to_state(x).index_select(0, order)
        states, cells = [], []
        hidden = cell = inputs.new_zeros(0, x.shape[1], inputs.shape[2] // GATES)
        for front in diagonal_fronts(height, self.width):
            here = inputs[front.cells]
            above, left = (_heard(link, hidden, cell, len(here)) for link in (front.above, front.memory))
            gates = here + self.state_to_state(torch.cat([left[0], above[0]], -1))
            hidden, cell = spatial_cell(gates, left[1], above[1])
            states.append(hidden)
            cells.append(cell)
        places = order.argsort()
        return torch.cat(states).index_select(0, places), torch.cat(cells).index_select(0, places)


def spatial_cell(gates: Tensor, left: Tensor, above: Tensor) -> tuple[Tensor, Tensor]:
    """State and memory, (…, h) each, from gates before their activation (…, 5h) and the neighbours' memories."""
    g = gates[..., : left.shape[-1]].tanh()
    o, i, f_r, f_c = gates[..., left.shape[-1] :].sigmoid().chunk(4, -1)
    cell = g * i + left * f_c + above * f_r
    return (cell * o).tanh(), cell


def _heard(link: Link, hidden: Tensor, cell: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """What ``count`` cells hear through one link, zeros where the picture ends: two of (count, N, h)."""
    margin = (0, 0, 0, 0, link.to.start, count - link.to.stop)
    return F.pad(hidden[link.source], margin), F.pad(cell[link.source], margin)


class SpatialLSTM(nn.Module):
    """The whole painter, for binary pictures of one channel."""

    def __init__(self, config: SpatialLSTMConfig) -> None:
        super().__init__()
        self.config = config
        inputs = 2 * config.reach * (config.reach + 1) + 1
        self.layer = SpatialLSTMLayer(config.width, inputs, config.hidden)
        self.head = MCGSMHead(config.hidden + 1, config.components, config.scales, config.features)
        self.order = raster_order(config.height, config.width)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 1, 1, H, W) of pixels (N, 1, H, W) in {0, 1}, each blind to its own pixel and all after."""
        y = neighbourhood(x, self.config.reach).flatten(1, 2).transpose(0, 1)
        return self.judged(self.layer(y)[0]).T.unflatten(1, x.shape[2:])[:, None, None]

    def judged(self, states: Tensor) -> Tensor:
        """What the MCGSM says of states (…, h): logits of ink (…)."""
        logits: Tensor = self.head(F.pad(states, (0, 1), value=1.0))  # with a constant, as in the MCGSM alone
        return logits

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Exact −log p(x) for x (N, 1, H, W) in {0, 1}; ``generator`` is not used, nothing is random."""
        return exact_loss(self(x), x)

    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """Ancestral sampling as it is defined: one full pass of the network for each pixel, one step each."""
        yield from ancestral(self, request, generator)
