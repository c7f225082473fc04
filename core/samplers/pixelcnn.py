"""PixelCNN row by row, for :mod:`core.samplers.rowwise`.

The rows of all pictures lie in one sequence of ``S = b · (W + 1) − 1`` positions, a column of padding between them, so
that the products with neighbouring taps are matrix products over overlapping views.

One block of the network is five operations on the row. For that, the biases ``up`` of the residual connections are
not added: what is carried along is h − c, where c, the sum of the biases so far, is known beforehand. Since
relu(h) = max(h − c, −c) + c, the ReLU becomes a maximum and the rest moves into the next bias. With two features:

>>> h, c = torch.tensor([2.0, -4.0]), torch.tensor([3.0, 1.0])  # what the network has, and the biases in it
>>> weight, bias = torch.tensor([[1.0], [10.0]]), torch.tensor([0.5])  # of the next layer
>>> (h.relu() @ weight + bias).item()  # the network
2.5
>>> (torch.maximum(h - c, -c) @ weight + (bias + c @ weight)).item()  # from h − c
2.5

Shapes: ``b`` pictures, ``C`` channels, ``W`` pixels in a row, ``f`` features, ``k`` bottleneck features, ``L`` blocks,
``K`` logits for each value.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.models.pixelcnn import PixelCNN, ResidualBlock
from core.nn.masked import MaskedConv2d
from core.samplers.canvas import Canvas, Ways
from core.samplers.rowwise import RowWise

STRIDE = 7
"""A row is computed from a multiple of this column on, so that few views of it are ever made."""


def ways(model: PixelCNN) -> Ways:
    """By rows and in waves."""
    from core.samplers.waves import Waves  # which are made of these rows

    return {"rows": lambda: RowWise(PixelCNNRows(model)), "waves": lambda: Waves(model)}


class PixelCNNRows:
    """The weights, prepared once: masks folded in, kernels as matrices."""

    @torch.inference_mode()
    def __init__(self, model: PixelCNN) -> None:
        config = model.config
        if config.block_size != 3:
            raise ValueError("The row sampler is written for blocks with 3×3 kernels.")
        self.model, self.config, self.half = model, config, config.first_size // 2
        first = model.first.masked_weight()  # (f, C, half + 1, size)
        above = first[:, :, : self.half].permute(2, 1, 3, 0).flatten(0, 2)
        beside = first[:, :, self.half, : self.half + 1].permute(1, 2, 0).flatten(0, 1)
        self.first_above, self.first_beside = above.contiguous(), beside.contiguous()
        start = model.first.bias.expand(config.height, config.width, -1)
        self.start = start if model.position is None else start + model.position.permute(1, 2, 0)
        self.blocks = blocks = [block for block in model.blocks if isinstance(block, ResidualBlock)]
        self.down: list[tuple[Tensor, Tensor]] = []
        self.floors: list[Tensor] = []
        carried = torch.zeros_like(model.first.bias)
        for block in blocks:
            self.floors.append(-carried)
            self.down.append(_after_biases(block.down, carried))
            carried = carried + block.up.bias
        self.floor = -carried
        self.up = [_pointwise(block.up)[0] for block in blocks]
        taps = torch.stack([block.masked.masked_weight() for block in blocks])  # (L, k, k, 2, 3)
        self.above = taps[:, :, :, 0].permute(0, 3, 2, 1).flatten(1, 2).contiguous()  # (L, 3k, k)
        self.across = taps[:, :, :, 1, :2].permute(0, 3, 2, 1).flatten(1, 2).contiguous().unbind(0)
        self.above_bias = torch.stack([block.masked.bias for block in blocks])[:, None]  # (L, 1, k)
        self.head = _after_biases(model.head, carried)
        self.out = _pointwise(model.out)

    def logits(self, hidden: Tensor) -> Tensor:
        """What the head says of the last block's output without its biases: (n, f) -> (n, C · K)."""
        weight, bias = self.head
        weight_out, bias_out = self.out
        seen = torch.maximum(hidden, self.floor)
        return torch.addmm(bias_out, torch.addmm(bias, seen, weight).relu_(), weight_out)

    @torch.inference_mode()
    def begin(self, canvas: Canvas) -> PixelCNNState:
        """A blank state for the pictures of ``canvas``."""
        told = None
        if canvas.condition is not None:
            maps = [block.condition(canvas.condition) for block in self.blocks if block.condition is not None]
            told = torch.stack(maps).permute(0, 1, 3, 4, 2)  # (L, b, H, W, k)
        return PixelCNNState(self, len(canvas.x), canvas.x.device, told, canvas.condition)


class PixelCNNState:
    """The activations of ``b`` pictures in front of every masked kernel, for one row."""

    def __init__(
        self, net: PixelCNNRows, batch: int, device: torch.device, told: Tensor | None, condition: Tensor | None
    ) -> None:
        config, half = net.config, net.half
        self.net, self.batch, self.width = net, batch, config.width
        self.told, self.condition = told, condition
        self.signed = torch.zeros(
            batch, half + config.height, config.width + 2 * half + 1, config.channels, device=device
        )
        length = batch * (config.width + 1) - 1
        store = torch.zeros(config.blocks, length + 2, config.bottleneck, device=device)

        def windows(taps: int) -> Tensor:
            shape = (config.blocks, length, taps * config.bottleneck)
            return store.as_strided(shape, (store.stride(0), config.bottleneck, 1))

        self.neighbours = windows(3)  # (L, S, 3k): left, self and right of every position
        self.pairs = windows(2)  # (L, S, 2k): left and self
        self.current = store[:, 1:-1]  # (L, S, k)
        self.activations = store[:, 1:].unflatten(1, (batch, config.width + 1))  # (L, b, W + 1, k)
        self.padding = self.activations[:, :-1, config.width].unbind(0)
        self.upper = torch.zeros_like(self.current)
        self.base = torch.zeros(length, config.features, device=device)
        self._views: dict[int, list[tuple[Tensor, ...]]] = {}

    def _write(self, x: Tensor, row: int) -> None:
        """Rows (b, C, r, W) of the picture from ``row`` on, as ±1."""
        half = self.net.half
        here = self.signed[:, half + row : half + row + x.shape[2], half : half + self.width]
        here.copy_(2 * x.permute(0, 2, 3, 1) - 1)

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        """One pass of the convolutions over finished rows, keeping what stands before each masked kernel."""
        model, last = self.net.model, x.shape[2] - 1
        condition = None if self.condition is None else self.condition[:, :, : last + 1]
        kept: list[Tensor] = []
        hooks = [
            block.masked.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0][:, :, last]))
            for block in self.net.blocks
        ]
        try:
            logits: Tensor = model(x, condition)
        finally:
            for hook in hooks:
                hook.remove()
        self._write(x, 0)
        for activation, seen in zip(self.activations, kept, strict=True):
            activation[:, : self.width] = seen.transpose(1, 2)
        return logits

    @torch.inference_mode()
    def above(self, row: int) -> None:
        net, width, half = self.net, self.width, self.net.half
        windows = self.signed[:, row : row + half].unfold(2, 2 * half + 1, 1)  # (b, half, W + 1, C, size)
        base = windows.permute(0, 2, 1, 3, 4).flatten(2) @ net.first_above  # (b, W + 1, f)
        base[:, :width] += net.start[row]
        self.base = base.flatten(0, 1)[:-1]
        torch.baddbmm(net.above_bias, self.neighbours, net.above, out=self.upper)  # (L, S, k)
        if self.told is not None:
            _by_picture(self.upper, self.batch).add_(self.told[:, :, row])

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        net, half = self.net, self.net.half
        skip = start // STRIDE * STRIDE if self.batch == 1 else 0  # of one picture, what lies to the left is one slice
        self._write(values[:, :, None], row)
        line = self.signed[:, half + row, skip : self.width + 1 + half]
        beside = line.unfold(1, half + 1, 1).flatten(2).flatten(0, 1)[:-1]  # (S, C · (half + 1))
        hidden = torch.addmm(self.base[skip:], beside, net.first_beside)
        weights = zip(net.floors, net.down, net.across, net.up, self._parts(skip), strict=True)
        for floor, (down, bias), across, up, (upper, current, pairs, padding) in weights:
            torch.addmm(bias, torch.maximum(hidden, floor), down, out=current)
            current.relu_()
            if self.batch > 1:
                padding.zero_()
            hidden.addmm_(torch.addmm(upper, pairs, across).relu_(), up)
        rows = _by_picture(net.logits(hidden)[None], self.batch, skip)[0, :, start - skip :]
        return rows.unflatten(2, (net.config.channels, -1)).permute(0, 2, 3, 1)

    def _parts(self, skip: int) -> list[tuple[Tensor, ...]]:
        """For each block what comes from above, the activations, their pairs, and the padding between pictures."""
        if skip not in self._views:
            parts = (each[:, skip:].unbind(0) for each in (self.upper, self.current, self.pairs))
            self._views[skip] = list(zip(*parts, self.padding, strict=True))
        return self._views[skip]

    def select(self, pictures: Tensor) -> PixelCNNState:
        """The same for some of the pictures, copied."""
        told = None if self.told is None else self.told[:, pictures]
        condition = None if self.condition is None else self.condition[pictures]
        other = PixelCNNState(self.net, len(pictures), self.signed.device, told, condition)
        other.signed.copy_(self.signed[pictures])
        other.activations.copy_(self.activations[:, pictures])
        for mine, theirs in ((self.base[None], other.base[None]), (self.upper, other.upper)):
            _by_picture(theirs, other.batch).copy_(_by_picture(mine, self.batch)[:, pictures])
        return other

    def put(self, pictures: Tensor, other: PixelCNNState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.signed[pictures] = other.signed
        self.activations[:, pictures] = other.activations


def _by_picture(line: Tensor, batch: int, skip: int = 0) -> Tensor:
    """A view of (L, S − skip, n) as (L, b, W − skip, n), without padding; columns are skipped of one picture only."""
    width, step = (line.shape[1] + skip + 1) // batch, line.stride(1)
    shape = (len(line), batch, width - 1 - skip, line.shape[2])
    return line.as_strided(shape, (line.stride(0), width * step, step, 1), line.storage_offset())


def _pointwise(layer: MaskedConv2d) -> tuple[Tensor, Tensor]:
    """A masked 1×1 convolution as a matrix (inputs, outputs) and a bias (outputs,)."""
    return layer.masked_weight()[:, :, 0, 0].T.contiguous(), layer.bias


def _after_biases(layer: MaskedConv2d, carried: Tensor) -> tuple[Tensor, Tensor]:
    """A 1×1 convolution of relu(h) as one of max(h − c, −c), for the biases c (inputs,) that h − c does without."""
    weight, bias = _pointwise(layer)
    return weight, bias + carried @ weight
