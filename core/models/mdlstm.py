"""A multi-dimensional LSTM that says of every pixel what it is, and of the whole scene which digit is in it.

Graves, Fernández and Schmidhuber 2007, "Multi-Dimensional Recurrent Neural Networks": a hidden layer for each of the
2² directions in which one can cross a picture, all of which feed the output, so that every pixel is judged from all of
the picture. Graves and Schmidhuber 2009, "Offline Handwriting Recognition with Multidimensional Recurrent Neural
Networks", section 3: several such levels with a tanh layer between them, fed with blocks of pixels. At cell (i, j)

    h^d = the scan of direction d (:mod:`core.nn.spatial_scan`)
    y   = tanh(V [h^1 … h^D])                       what the next level is fed with
    p(paper, digit, clutter) = softmax(U [h^1 … h^D, x])   for each pixel of the block x

Which digit it is, is read off the cells that are taken for it: the mean of a hidden layer over all cells, each weighted
with the probability of being the digit, and a softmax. The output sees the block itself, too, so that the states need
not carry its pixels.

``causal`` leaves the one direction from the top left, which is what a Spatial LSTM or a PixelRNN may use: there a cell
hears from nothing below it or to its right.

Where we deviate: the cell's output is tanh(c ⊙ o) and no peepholes, as in the Spatial LSTM; the pooling, which no paper
has; grey pixels count as paper below half of full ink.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, ``G`` directions, ``m`` × ``n`` cells of ``B`` × ``B`` pixels, ``h``
features of a direction, ``k`` classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import MDLSTMConfig
from core.nn.likelihood import precise
from core.nn.lstm_scan import diagonal_order
from core.nn.spatial_scan import GATES, ordered, spatial_scan
from core.results import DIGIT, KINDS
from core.trace import Step


class Directions(NamedTuple):
    """Raster indices of all cells in the order of each direction's scan, and back: (G, P) each."""

    order: Tensor
    places: Tensor


def directions(height: int, width: int, count: int) -> Directions:
    """From the top left, the top right, the bottom left and the bottom right; the first ``count`` of them."""
    raster = torch.arange(height * width).view(height, width)
    flips: tuple[tuple[int, ...], ...] = ((), (1,), (0,), (0, 1))
    diagonals = torch.tensor(diagonal_order(height, width))
    order = torch.stack([raster.flip(axes).flatten()[diagonals] for axes in flips[:count]])
    return Directions(order, order.argsort(1))


class MDLSTMLayer(nn.Module):
    """One level: a map (D, m, n, b) -> states (G, h, m, n, b) of every direction, each with weights of its own."""

    order: Tensor
    places: Tensor

    def __init__(self, height: int, width: int, inputs: int, hidden: int, count: int) -> None:
        super().__init__()
        self.height, self.width, self.count = height, width, count
        found = directions(height, width, count)
        self.register_buffer("order", found.order, persistent=False)
        self.register_buffer("places", found.places, persistent=False)
        self.input_to_state = nn.Parameter(torch.empty(count, GATES * hidden, inputs))
        self.bias = nn.Parameter(torch.zeros(count, GATES * hidden, 1))
        self.state_to_state = nn.Parameter(torch.empty(count, GATES * hidden, 2 * hidden))
        for weight in (self.input_to_state, self.state_to_state):
            nn.init.uniform_(weight, -(weight.shape[2] ** -0.5), weight.shape[2] ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        order, places = self.order, self.places
        height, width = x.shape[1:3]
        if (height, width) != (self.height, self.width):
            order, places = (each.to(x.device) for each in directions(height, width, self.count))
        heard = ordered(x.flatten(1, 2).expand(self.count, -1, -1, -1), order, places)
        inputs = torch.baddbmm(self.bias, self.input_to_state, heard.flatten(2)).unflatten(2, heard.shape[2:])
        states, _ = spatial_scan(inputs, self.state_to_state, width)
        return ordered(states, places, order).unflatten(2, (height, width))


class Judged(NamedTuple):
    """Logits: what every pixel is (b, 3, H, W), and which digit it is (b, k)."""

    pixels: Tensor
    digits: Tensor


def as_they_are(states: Tensor) -> Tensor:
    """What is heard of states, usually."""
    return states


class MDLSTM(nn.Module):
    """The whole classifier, for scenes of any size."""

    def __init__(self, config: MDLSTMConfig) -> None:
        super().__init__()
        self.config = config
        count, area = (1 if config.causal else 4), config.block**2
        rows, columns = (-(-side // config.block) for side in (config.height, config.width))
        fed = [config.channels * area] + (config.layers - 1) * [config.between]
        self.layers = nn.ModuleList(MDLSTMLayer(rows, columns, size, config.hidden, count) for size in fed)
        heard = count * config.hidden
        self.between = nn.ModuleList(nn.Linear(heard, config.between) for _ in fed[1:])
        self.kinds = nn.Linear(heard + config.channels * area, len(KINDS) * area)
        self.pooled = nn.Linear(heard, config.features)
        self.out = nn.Linear(config.features, config.classes)

    def blocks(self, x: Tensor) -> Tensor:
        """Pictures (b, C, H, W), padded with paper to whole blocks, as cells (C · B², m, n, b)."""
        block = self.config.block
        padded = F.pad(x, (0, -x.shape[3] % block, 0, -x.shape[2] % block))
        return F.pixel_unshuffle(padded, block).permute(1, 2, 3, 0)

    def scans(self, blocks: Tensor, heard: Callable[[Tensor], Tensor] = as_they_are) -> Tensor:
        """States (G, h, m, n, b) of the last level; what is heard of each level's may be something else."""
        first, *others = self.layers
        states = heard(first(blocks))
        for linear, layer in zip(self.between, others, strict=True):
            states = heard(layer(torch.tanh(everywhere(linear, states.flatten(0, 1)))))
        return states

    def judged(self, states: Tensor, blocks: Tensor) -> Judged:
        """What the output says of states (G, h, m, n, b) and the blocks they stand for."""
        heard = states.flatten(0, 1)
        kinds = precise(everywhere(self.kinds, torch.cat([heard, blocks])))
        p = kinds.unflatten(0, (len(KINDS), -1)).softmax(0)[DIGIT].mean(0)
        features = precise(F.relu(everywhere(self.pooled, heard)))
        mean = (p * features).sum((1, 2)) / p.sum((0, 1)).clamp_min(1e-6)
        return Judged(F.pixel_shuffle(kinds.permute(3, 0, 1, 2), self.config.block), precise(self.out(mean.T)))

    def forward(self, x: Tensor) -> Judged:
        """Of pictures (b, C, H, W)."""
        blocks = self.blocks(x)
        pixels, digits = self.judged(self.scans(blocks), blocks)
        return Judged(pixels[..., : x.shape[2], : x.shape[3]], digits)

    def judge(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Logits (1, b, k): as a glimpse classifier's, after its only look. Nothing is random."""
        return self(x)[1][None]

    def loss(self, x: Tensor, generator: torch.Generator, labels: Tensor, kinds: Tensor | None = None) -> LossTerms:
        """Cross-entropy in nats of the labels (b,).

        What is minimised has in it the mean over pixels of that of ``kinds`` (b, H, W) too, where they are told, times
        the config's ``pixel_weight``.
        """
        pixels, digits = self(x)
        nats, zeros = F.cross_entropy(digits, labels, reduction="none"), torch.zeros(len(x), device=x.device)
        if kinds is None:
            return LossTerms(nats, zeros, zeros)
        each = F.cross_entropy(pixels, kinds.long(), reduction="none").mean((1, 2))
        return LossTerms(nats, zeros, zeros, nats + self.config.pixel_weight * each)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """One :class:`Step` a diagonal: the digit as far as the scans of the last level have come. ``Reconstruct``."""
        if not isinstance(request, Reconstruct):
            raise TypeError("The multi-dimensional LSTM looks at pictures; it cannot paint any.")
        x = request.images.to(device_of(self))
        for pixels, digits in self.growing(x):
            p = digits.softmax(1)
            scalars = {f"{k}_probability": array(p[:, k]) for k in range(self.config.classes)}
            yield Step(array(pixels.softmax(1)[:, DIGIT : DIGIT + 1]), scalars=scalars)

    def growing(self, x: Tensor, heard: Callable[[Tensor], Tensor] = as_they_are) -> Iterator[Judged]:
        """What :meth:`forward` gives after each diagonal of the last level's scans, the states still to come being 0.

        ``heard`` as in :meth:`scans`.
        """
        blocks = self.blocks(x)
        states = self.scans(blocks, heard)
        height, width = states.shape[2:4]
        turn = turns(height, width, len(states)).to(x.device)[:, None, :, :, None]
        for t in range(height + width - 1):
            pixels, digits = self.judged(states * (turn <= t), blocks)
            yield Judged(pixels[..., : x.shape[2], : x.shape[3]], digits)


def turns(height: int, width: int, count: int) -> Tensor:
    """(G, m, n): the diagonal, from 0, at which each direction comes to each cell."""
    down, along = torch.arange(height)[:, None], torch.arange(width)
    both = (down + along, down + along.flip(0), down.flip(0) + along, down.flip(0) + along.flip(0))
    return torch.stack(both[:count])


def everywhere(linear: nn.Module, x: Tensor) -> Tensor:
    """A linear layer at every cell: (D, m, n, b) -> (D', m, n, b)."""
    assert isinstance(linear, nn.Linear)
    return torch.addmm(linear.bias[:, None], linear.weight, x.flatten(1)).unflatten(1, x.shape[1:])
