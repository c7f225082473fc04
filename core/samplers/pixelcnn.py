"""PixelCNN row by row, for :mod:`core.samplers.rowwise`.

The rows of all pictures lie in one sequence of ``S = b · (W + 1)`` positions, a column of padding after each, so that
the products with neighbouring taps are matrix products over overlapping views. Biases ride along as one more feature
that is always 1; in the padding column it is 0, and everything else there is driven so low that the next ReLU makes it
0. So one block of the network is six operations on the row.

Shapes: ``b`` pictures, ``C`` channels, ``W`` pixels in a row, ``f`` features, ``k`` bottleneck features, ``L`` blocks,
``K`` logits for each value.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.models.pixelcnn import PixelCNN, ResidualBlock
from core.nn.masked import MaskedConv2d
from core.samplers.canvas import Canvas

LOW = -1e9
"""What makes padding vanish in the next ReLU."""


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
        self.first_above, self.first_beside = _wider(above), _wider(beside)
        start = model.first.bias.expand(config.height, config.width, -1)
        self.start = start if model.position is None else start + model.position.permute(1, 2, 0)
        self.blocks = blocks = [block for block in model.blocks if isinstance(block, ResidualBlock)]
        self.down = [_with_bias(block.down) for block in blocks]
        self.up = [_wider(_with_bias(block.up)) for block in blocks]
        taps = torch.stack([block.masked.masked_weight() for block in blocks])  # (L, k, k, 2, 3)
        self.above = _wider(taps[:, :, :, 0].permute(0, 3, 2, 1).flatten(1, 2)).contiguous()  # (L, 3k, k + 1)
        self.across = _wider(taps[:, :, :, 1, :2].permute(0, 3, 2, 1).flatten(1, 2)).contiguous().unbind(0)
        bias = torch.stack([block.masked.bias for block in blocks])[:, None]
        self.above_bias = torch.cat([bias, torch.ones_like(bias[..., :1])], -1)  # (L, 1, k + 1)
        self.head = _with_ones(_with_bias(model.head))
        self.out = _with_bias(model.out)

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
        self.length = length = batch * (config.width + 1)
        store = torch.zeros(config.blocks, length + 2, config.bottleneck, device=device)

        def windows(taps: int) -> Tensor:
            shape = (config.blocks, length, taps * config.bottleneck)
            return store.as_strided(shape, (store.stride(0), config.bottleneck, 1))

        self.neighbours = windows(3)  # (L, S, 3k): left, self and right of every position
        self.pairs = windows(2)  # (L, S, 2k): left and self
        self.current = store[:, 1:-1]  # (L, S, k)
        self.activations = self.current.unflatten(1, (batch, config.width + 1))  # (L, b, W + 1, k)
        self.base = self.upper = store  # set by `above`

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
        base = windows.permute(0, 2, 1, 3, 4).flatten(2) @ net.first_above  # (b, W + 1, f + 1)
        base[:, :width, :-1] += net.start[row]
        base[:, :width, -1] = 1
        base[:, width, :-1] = LOW
        self.base = base.flatten(0, 1)
        self.upper = torch.baddbmm(net.above_bias, self.neighbours, net.above)  # (L, S, k + 1)
        upper = self.upper.unflatten(1, (self.batch, width + 1))
        if self.told is not None:
            upper[:, :, :width, :-1] += self.told[:, :, row]
        upper[:, :, width, :-1] = LOW
        upper[:, :, width, -1] = 0

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        net, half = self.net, self.net.half
        skip = start if self.batch == 1 else 0  # of one picture, what lies left of the start is one slice
        self._write(values[:, :, None], row)
        line = self.signed[:, half + row, skip : self.width + 1 + half]
        beside = line.unfold(1, half + 1, 1).flatten(2).flatten(0, 1)  # (S, C · (half + 1))
        hidden = torch.addmm(self.base[skip:], beside, net.first_beside)
        parts = (each[:, skip:].unbind(0) for each in (self.upper, self.current, self.pairs))
        for down, up, across, upper, current, pairs in zip(net.down, net.up, net.across, *parts, strict=True):
            torch.mm(hidden.relu(), down, out=current)
            current.relu_()
            hidden.addmm_(torch.addmm(upper, pairs, across).relu_(), up)
        logits = (hidden.relu_() @ net.head).relu_() @ net.out
        rows = logits.view(self.batch, self.width + 1 - skip, net.config.channels, -1)[:, start - skip : -1]
        return rows.permute(0, 2, 3, 1)

    def select(self, pictures: Tensor) -> PixelCNNState:
        """The same for some of the pictures, copied."""
        told = None if self.told is None else self.told[:, pictures]
        condition = None if self.condition is None else self.condition[pictures]
        other = PixelCNNState(self.net, len(pictures), self.signed.device, told, condition)
        other.signed.copy_(self.signed[pictures])
        other.activations.copy_(self.activations[:, pictures])
        if self.base is not self.upper:  # a row is under way
            split = (self.batch, self.width + 1)
            other.base = self.base.unflatten(0, split)[pictures].flatten(0, 1)
            other.upper = self.upper.unflatten(1, split)[:, pictures].flatten(1, 2)
        return other

    def put(self, pictures: Tensor, other: PixelCNNState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.signed[pictures] = other.signed
        self.activations[:, pictures] = other.activations


def _with_bias(layer: MaskedConv2d | nn.Conv2d) -> Tensor:
    """A 1×1 convolution as a matrix (inputs + 1, outputs) whose last row is the bias."""
    weight = layer.masked_weight() if isinstance(layer, MaskedConv2d) else layer.weight
    assert layer.bias is not None
    return torch.cat([weight[:, :, 0, 0].T, layer.bias[None]]).contiguous()


def _wider(matrix: Tensor) -> Tensor:
    """(…, n, m) -> (…, n, m + 1): a product with it adds nothing to the feature that is always 1."""
    return torch.cat([matrix, torch.zeros_like(matrix[..., :1])], -1).contiguous()


def _with_ones(matrix: Tensor) -> Tensor:
    """(n + 1, m) -> (n + 1, m + 1): a product with it hands the feature that is always 1 on."""
    wide = _wider(matrix)
    wide[-1, -1] = 1
    return wide
