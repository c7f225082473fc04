"""What a multi-dimensional LSTM says of every pixel: how that grows, what a pixel hears, and how an error flows back.

Shapes: ``H`` × ``W`` pixels, ``G`` directions, ``m`` × ``n`` cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.models.base import array
from core.models.mdlstm import MDLSTM, as_they_are, turns
from core.models.spatial_lstm import spatial_cell
from core.nn import noise
from core.results import CELLS, Backwards, Grown


def left_on(on: Sequence[bool]) -> Callable[[Tensor], Tensor]:
    """States (G, …) of which only those of the directions that are ``on`` are left; the others are 0."""
    kept = torch.tensor(on, dtype=torch.float32)
    return lambda states: states * kept.to(states).view(-1, *[1] * (states.ndim - 1))


def heard_by(direction: int) -> Callable[[Tensor], Tensor]:
    """States (G, …) as they are, of which only those of one direction pass a gradient on."""
    return lambda states: torch.cat(
        [each if place == direction else each.detach() for place, each in enumerate(states.split(1))]
    )


@torch.no_grad()
def grown(model: MDLSTM, x: Tensor, on: Sequence[bool]) -> Grown:
    """The map of x (1, 1, H, W) after each diagonal, with the directions that are ``on`` (G,)."""
    steps = list(model.growing(x, left_on(on)))
    cells = -(-torch.tensor(x.shape[2:]) // model.config.block)
    when = turns(int(cells[0]), int(cells[1]), len(on))
    when[~torch.tensor(on)] = -1
    return Grown(
        array(x[0, 0]),
        array(torch.stack([step.pixels[0].softmax(0) for step in steps])),
        array(torch.stack([step.digits[0].softmax(0) for step in steps])),
        when.cpu().numpy(),
        model.config.block,
    )


def heard(model: MDLSTM, x: Tensor, row: int, column: int, direction: int | None = None) -> Tensor:
    """How much each pixel of x (1, 1, H, W) matters to what is said of one: |gradient| (H, W) of its log-odds.

    The odds are those of what it is taken for against all else. With a ``direction``, only by the paths that run along
    its scan on every level, the block itself included.
    """
    x = x.clone().requires_grad_()
    blocks = model.blocks(x)
    states = model.scans(blocks, as_they_are if direction is None else heard_by(direction))
    logits = model.judged(states, blocks).pixels[0, :, row, column]
    found = int(logits.argmax())
    others = torch.cat([logits[:found], logits[found + 1 :]])
    (gradient,) = torch.autograd.grad(logits[found] - others.logsumexp(0), x)
    return gradient[0, 0].abs()


class Drawn(NamedTuple):
    """A layer of one feature to look at: an input ``x`` (m, n) of 0 and 1, and ``weights`` (4, 5) of five gates each:
    from the input, from the state to the left and from the one above, and the bias.
    """

    x: Tensor
    weights: Tensor


def drawn(seed: int) -> Drawn:
    """The layer of a seed; weights are between −3 and 3, so that what comes back can be seen for several steps."""
    height, width = CELLS
    numbers = noise.uniform(1, height * width + 4 * 5, generator=torch.Generator().manual_seed(seed))[0].double()
    ink, weights = numbers.split([height * width, 4 * 5])
    return Drawn((ink > 0.5).double().view(height, width), (6 * weights - 3).view(4, 5))


def backwards(row: int, column: int, direction: int, seed: int = 1) -> Backwards:
    """The error of one cell, 1 at its state, on its way back along one direction of a layer of one feature.

    Input and weights come from the seed. All derivatives are autograd's: a cell hears copies of its neighbours' states
    and memories, one for each way, so that what comes back along each way is a gradient of its own.
    """
    layer = drawn(seed)
    x, (w_x, w_left, w_above, bias) = layer.x.clone().requires_grad_(), layer.weights
    height, width = CELLS
    flips = [axis for axis, turned in enumerate((direction in (2, 3), direction in (1, 3))) if turned]
    at = [
        side - 1 - place if axis in flips else place
        for axis, (place, side) in enumerate(((row, height), (column, width)))
    ]
    turned = x.flip(flips)
    ways: dict[tuple[str, int, int], Tensor] = {}
    states: dict[tuple[int, int], Tensor] = {}
    memories: dict[tuple[int, int], Tensor] = {}

    def way(name: str, of: dict[tuple[int, int], Tensor], r: int, c: int) -> Tensor:
        """A copy of what a cell gives one of its successors; 0 from beyond the edge."""
        if (r, c) not in of:
            return turned.new_zeros(())
        ways[name, r, c] = of[r, c] * 1
        return ways[name, r, c]

    for r in range(height):
        for c in range(width):
            left, above = way("right", states, r, c - 1), way("below", states, r - 1, c)
            kept = way("kept right", memories, r, c - 1), way("kept below", memories, r - 1, c)
            gates = turned[r, c] * w_x + left * w_left + above * w_above + bias
            state, memory = spatial_cell(gates, kept[0][None], kept[1][None])
            states[r, c], memories[r, c] = state[0], memory[0]
    asked = {("state", *place): each for place, each in states.items()}
    asked |= {("memory", *place): each for place, each in memories.items()} | ways
    found = torch.autograd.grad(states[at[0], at[1]], [*asked.values(), x], allow_unused=True)
    given = dict(zip(asked, found, strict=False))

    def laid(*names: str) -> Tensor:
        """The sum of those gradients at every cell, in the picture's own order."""
        sums = [sum(_number(given.get((name, r, c))) for name in names) for r in range(height) for c in range(width)]
        return torch.tensor(sums, dtype=torch.float64).view(height, width).flip(flips)

    def values(of: dict[tuple[int, int], Tensor]) -> Tensor:
        return (
            torch.stack([of[r, c].detach() for r in range(height) for c in range(width)])
            .view(height, width)
            .flip(flips)
        )

    own = torch.zeros(height, width, dtype=torch.float64)
    own[row, column] = 1
    last = found[-1] if found[-1] is not None else torch.zeros_like(x)
    fields = (
        x.detach(), values(states), values(memories), own, laid("right"), laid("below"), laid("state"),
        laid("kept right", "kept below"), laid("memory"), last,
    )  # fmt: skip
    return Backwards(*(array(each) for each in fields))


def _number(gradient: Tensor | None) -> float:
    return 0.0 if gradient is None else float(gradient)
