"""Exact samplers for pixel models.

Each paints, for the same request and the same noise, the very picture of ancestral sampling as it is defined
(:meth:`core.models.pixelcnn.PixelCNN.steps`, one full pass of the network a pixel), only sooner.

**Row-wise fixed point.** In row i every layer needs, from the rows above, only *finished* rows; their part of each
layer's sum is computed once for the row. What is left depends on the row itself, from the left. So guess the row,
compute all its logits at once, draw all its pixels with their fixed noise, and repeat until nothing changes. Such
a row satisfies x_j = [u_j < p(x_j | everything before)] for every j, which has exactly one solution, the picture of
ancestral sampling: pixel 0 of the row is right after one pass, pixel 1 at the latest after two, and in practice a
row takes two or three. The last pass leaves behind just the activations that the next row needs.

Shapes: ``b`` pictures, ``H`` × ``W`` pixels, ``f`` features, ``k`` bottleneck features, ``L`` blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.base import Complete, Generate, array
from core.models.pixelcnn import PixelCNN, ResidualBlock, canvas, uniform_noise
from core.trace import CanvasTrace, Mark, RasterTrace, Step

MAX_PIXELS = 256 * 784
"""Largest number of pixels that one request may hold: buffers and trace take about 100 bytes a pixel."""


def raster_order(height: int, width: int) -> np.ndarray:
    """(H·W, 2) rows and columns, row by row from the top left."""
    return np.stack(np.divmod(np.arange(height * width), width), 1)


def raster_trace(x: Tensor, logits: Tensor, known: Tensor, temperature: float) -> RasterTrace:
    """A finished picture as a trace: x, logits at temperature 1 and known are (b, H, W)."""
    nats = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return RasterTrace(
        image=array(x[:, None]),
        probability=array((logits / temperature).sigmoid()),
        nats=array(nats),
        order=raster_order(*x.shape[1:]),
        known=known.cpu().numpy(),
    )


@torch.no_grad()
def naive(model: PixelCNN, request: Generate | Complete, generator: torch.Generator) -> RasterTrace:
    """The definition: one full pass a pixel, then one more for the likelihood of the finished picture."""
    known = canvas(request, model.config)[1]
    for step in model.steps(request, generator):
        image = step.image
    x = torch.from_numpy(image).to(generator.device)
    return raster_trace(x[:, 0], model(x)[:, 0], known, request.temperature)


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass over one row: the canvas so far (b, H, W) and how many pixels of ``row`` it changed, (b,)."""

    row: int
    canvas: Tensor
    changed: Tensor


class RowBuffers:
    """The activations in front of every masked 3×3 kernel for one row of each picture, and views of them.

    The rows lie in one sequence, a column of zeros before each, so that products with neighbouring taps are matrix
    products over overlapping views, without a copy. ``S = b · (W + 1)``; a zero more at the very end serves as the
    last row's right neighbour.
    """

    def __init__(self, batch: int, width: int, blocks: int, features: int, device: torch.device) -> None:
        self.width = width
        length = batch * (width + 1)
        store = torch.zeros(blocks, length + 2, features, device=device)

        def windows(taps: int) -> Tensor:
            return store.as_strided((blocks, length, taps * features), (store.stride(0), features, 1))

        self.neighbours = windows(3)
        """(L, S, 3k): left, self and right of every pixel."""
        self.pairs = windows(2).unbind(0)
        """L of (S, 2k): left and self."""
        self.current = store[:, 1:-1].unbind(0)
        """L of (S, k): the pixels themselves, each picture's padding column included."""
        self.padding = store[:, 1:-1].unflatten(1, (batch, width + 1))[:, :, width].unbind(0)
        """L of (b, k): the columns that have to stay zero."""


class RowSampler:
    """The row-wise fixed point for :class:`~core.models.pixelcnn.PixelCNN`, its masks folded in once.

    One row of all pictures is a sequence of ``S = b · (W + 1)`` positions; see :class:`RowBuffers`. The last
    position of each picture is padding whose value nobody reads.
    """

    def __init__(self, model: PixelCNN) -> None:
        if model.config.block_size != 3:
            raise ValueError("The row sampler is written for blocks with 3×3 kernels.")
        self.config = config = model.config
        self.half = config.first_size // 2
        blocks = [block for block in model.blocks if isinstance(block, ResidualBlock)]
        with torch.no_grad():
            first = model.first.masked_weight()[:, 0]  # (f, half + 1, size)
            self.first_above = first[:, : self.half].flatten(1).T.contiguous()  # (half · size, f)
            self.first_left = first[:, self.half, : self.half].T.contiguous()  # (half, f)
            bias = model.first.bias.expand(config.height, config.width, -1)
            self.start = bias.clone() if model.position is None else bias + model.position.permute(1, 2, 0)
            self.down = [_pointwise(block.down) for block in blocks]
            self.up = [_pointwise(block.up) for block in blocks]
            taps = torch.stack([block.masked.masked_weight() for block in blocks])  # (L, k, k, 2, 3)
            self.above = taps[:, :, :, 0].permute(0, 3, 2, 1).flatten(1, 2).contiguous()  # (L, 3k, k)
            self.across = taps[:, :, :, 1, :2].permute(0, 3, 2, 1).flatten(1, 2).contiguous().unbind(0)  # L of (2k, k)
            self.above_bias = torch.stack([block.masked.bias for block in blocks])[:, None]  # (L, 1, k)
            self.head, self.out = _pointwise(model.head), _pointwise(model.out)

    @torch.no_grad()
    def passes(
        self, request: Generate | Complete, generator: torch.Generator
    ) -> Iterator[Pass | tuple[Tensor, Tensor, Tensor]]:
        """Yield every :class:`Pass`, and at the very end (x, logits, known), each (b, H, W)."""
        device, half, width = generator.device, self.half, self.config.width
        start, known = canvas(request, self.config)
        x, known = start[:, 0].to(device), known.to(device)
        batch, height = x.shape[:2]
        if batch * height * width > MAX_PIXELS:
            raise ValueError(f"Ask for at most {MAX_PIXELS // (height * width)} pictures at once.")
        u = uniform_noise(batch, self.config, generator)
        logits = torch.empty_like(x)
        signed = torch.zeros(batch, half + height, width + 2 * half + 1, device=device)
        rows = RowBuffers(batch, width, len(self.down), self.config.bottleneck, device)
        for row in range(height):
            base = self._from_above(signed[:, row : row + half], row)
            above = torch.baddbmm(self.above_bias, rows.neighbours, self.above)
            guess = torch.where(known[:, row], x[:, row], x[:, max(row - 1, 0)])
            while True:
                x[:, row] = guess
                signed[:, half + row, half : half + width] = 2 * guess - 1
                logits[:, row] = self._logits(signed[:, half + row], base, above.unbind(0), rows)
                ink = (u[:, row] < (logits[:, row] / request.temperature).sigmoid()).float()
                guess = torch.where(known[:, row], guess, ink)
                changed = (guess != x[:, row]).sum(1)
                yield Pass(row, x, changed)
                if not changed.any():
                    break
        yield x, logits, known

    def _from_above(self, rows: Tensor, row: int) -> Tensor:
        """The first layer's sum over the finished rows (b, half, padded width) -> (S, f)."""
        width, size = self.config.width, self.config.first_size
        windows = rows.unfold(2, size, 1).transpose(1, 2).flatten(2)  # (b, W + 1, half · size)
        sums = windows @ self.first_above
        sums[:, :width] += self.start[row]
        return sums.flatten(0, 1)

    def _logits(self, row: Tensor, base: Tensor, above: tuple[Tensor, ...], rows: RowBuffers) -> Tensor:
        """The whole network for one row as it stands, (b, padded width) -> (b, W).

        Leaves the activations in front of every masked kernel in ``rows``.
        """
        left = row[:, : rows.width + self.half].unfold(1, self.half, 1).reshape(-1, self.half)  # (S, half)
        hidden = torch.addmm(base, left, self.first_left)
        for (down, down_bias), (up, up_bias), across, upper, current, padding, pairs in zip(
            self.down, self.up, self.across, above, rows.current, rows.padding, rows.pairs, strict=True
        ):
            torch.addmm(down_bias, hidden.relu(), down, out=current)
            current.relu_()
            padding.zero_()
            middle = torch.addmm(upper, pairs, across).relu_()
            hidden.addmm_(middle, up).add_(up_bias)
        for weight, bias in (self.head, self.out):
            hidden = torch.addmm(bias, hidden.relu_(), weight)
        return hidden.view(-1, rows.width + 1)[:, : rows.width]

    def paint(
        self,
        request: Generate | Complete,
        generator: torch.Generator,
        on_pass: Callable[[Pass], None] = lambda _: None,
    ) -> RasterTrace:
        """Answer a request; ``on_pass`` sees every pass and may raise to stop."""
        for state in self.passes(request, generator):
            if isinstance(state, Pass):
                on_pass(state)
            else:
                x, logits, known = state
        return raster_trace(x, logits, known, request.temperature)

    def paint_with_passes(
        self, request: Generate | Complete, generator: torch.Generator
    ) -> tuple[RasterTrace, CanvasTrace]:
        """Answer a request and keep what every pass left on the canvas, one :class:`Step` each."""
        steps: list[Step] = []

        def keep(state: Pass) -> None:
            one = np.ones(len(state.canvas), np.float32)
            width = self.config.width
            mark = Mark("row", width / 2 * one, (state.row + 0.5) * one, width * one, one, np.inf * one)
            scalars = {"row": state.row * one, "changed": array(state.changed)}
            steps.append(Step(array(state.canvas[:, None].clone()), (mark,), scalars))

        trace = self.paint(request, generator, keep)
        return trace, CanvasTrace(tuple(steps))


def _pointwise(layer: torch.nn.Conv2d) -> tuple[Tensor, Tensor]:
    """A 1×1 convolution as a matrix (inputs, outputs) and a bias (outputs,)."""
    assert layer.bias is not None
    return layer.weight.detach()[:, :, 0, 0].T.contiguous(), layer.bias.detach()
