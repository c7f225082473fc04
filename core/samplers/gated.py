"""Gated PixelCNN row by row, for :mod:`core.samplers.rowwise`.

The vertical stack looks at finished rows only, so it is computed once for a row, and what it takes from the row before
for all layers at once; a pass iterates the horizontal stack alone.

Shapes: ``b`` pictures, ``W`` pixels in a row, ``p`` features, ``L`` layers, ``S = b · (W + 1)`` positions, the row of
each picture before a column of zeros.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.gated import GatedLayer, GatedPixelCNN, gate, one_hot
from core.samplers.canvas import Canvas, Ways
from core.samplers.rowwise import RowWise


def ways(model: GatedPixelCNN) -> Ways:
    """By rows."""
    return {"rows": lambda: RowWise(GatedRows(model))}


class GatedRows:
    """The weights, prepared once: kernels as matrices."""

    @torch.inference_mode()
    def __init__(self, model: GatedPixelCNN) -> None:
        config = model.config
        if config.layer_size != 3:
            raise ValueError("The row sampler is written for layers with 3×3 kernels.")
        self.model, self.config = model, config
        self.layers = layers = [layer for layer in model.layers if isinstance(layer, GatedLayer)]
        self.horizontal = [
            layer.horizontal.weight[:, :, 0].permute(2, 1, 0).flatten(0, 1).contiguous() for layer in layers
        ]
        kernels = torch.stack([layer.vertical.weight for layer in layers])  # (L, 2p, p, 2, 3)
        self.before, self.own = kernels.permute(3, 0, 4, 2, 1).flatten(2, 3).contiguous()  # (L, 3p, 2p) each
        self.vertical_bias = torch.stack([layer.vertical.bias for layer in layers])[:, None]  # (L, 1, 2p)
        self.across = torch.stack([_matrix(layer.across) for layer in layers])  # (L, 2p, 2p)
        self.across_bias = torch.stack([layer.horizontal.bias for layer in layers])[:, None]
        told: list[Tensor] = [layer.told for layer in layers if layer.told is not None]
        self.told = torch.stack(told) if told else None  # (L, classes, 4p)
        first = model.first_vertical
        self.first_above = first.weight[:, 0].permute(1, 2, 0).flatten(0, 1).contiguous()  # (half · size, p)
        start_v, start_h = (
            each.bias.expand(config.height, config.width, -1) for each in (first, model.first_horizontal)
        )
        if model.position is not None:
            for_v, for_h = model.position.permute(0, 2, 3, 1)
            start_v, start_h = start_v + for_v, start_h + for_h
        self.start_v, self.start_h = start_v, start_h  # (H, W, p)
        self.up = [_pointwise(layer.up) for layer in layers]
        self.first = model.first_horizontal.weight[:, 0, 0].T.contiguous()  # (half, p)
        self.head = [_pointwise(conv) for conv in (model.head, model.out)]

    def begin(self, canvas: Canvas) -> GatedState:
        """A blank state for the pictures of ``canvas``."""
        told = None
        if canvas.labels is not None and self.config.classes:
            told = one_hot(canvas.labels, self.config.classes)
        return GatedState(self, len(canvas.x), canvas.x.device, told, canvas.labels)


class GatedState:
    """The vertical maps of ``b`` pictures in the last finished row, and what they say of the present one."""

    def __init__(
        self, net: GatedRows, batch: int, device: torch.device, told: Tensor | None, labels: Tensor | None
    ) -> None:
        config = net.config
        self.net, self.batch, self.told, self.labels = net, batch, told, labels
        half, p, width = config.first_size // 2, config.features, config.width
        self.signed = torch.zeros(batch, half + config.height, width + 2 * half, device=device)
        length = batch * (width + 1)
        split = (batch, width + 1)

        def padded(before: int, after: int) -> Tensor:
            return torch.zeros(config.layers, before + length + after, p, device=device)

        def windows(store: Tensor, taps: int) -> Tensor:
            return store.as_strided((config.layers, length, taps * p), (store.stride(0), p, 1))

        rows = padded(1, 1)
        self.vertical = rows[:, 1:-1].unflatten(1, split)  # (L, b, W + 1, p), in front of each layer
        self.around = windows(rows, 3)  # (L, S, 3p)
        self.upper = torch.zeros(config.layers, length, 2 * p, device=device)
        self.base = torch.zeros(length, p, device=device)
        store = padded(1, 0)
        self.pairs = windows(store, 2)  # (L, S, 2p)
        self.maps = store[:, 1:]  # (L, S, p): the horizontal map in front of each layer
        self.padding = self.maps.unflatten(1, split)[:, :, width].unbind(0)

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        """One pass of the convolutions over finished rows, keeping the vertical map in front of every layer."""
        model, last = self.net.model, x.shape[2] - 1
        kept: list[Tensor] = []
        hooks = [
            layer.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0][:, :, last]))
            for layer in self.net.layers
        ]
        try:
            logits: Tensor = model(x, self.labels)
        finally:
            for hook in hooks:
                hook.remove()
        self._write(x[:, 0], 0)
        self.vertical[:, :, :-1] = torch.stack(kept).transpose(2, 3)
        return logits

    def _write(self, x: Tensor, row: int) -> None:
        """Rows (b, r, W) of the picture from ``row`` on, as ±1."""
        half = self.net.config.first_size // 2
        self.signed[:, half + row : half + row + x.shape[1], half:][..., : x.shape[2]] = 2 * x - 1

    @torch.inference_mode()
    def above(self, row: int) -> None:
        net, config, width = self.net, self.net.config, self.net.config.width
        half, p = config.first_size // 2, config.features
        seen = self.signed[:, row : row + half].unfold(2, config.first_size, 1)  # (b, half, W, size)
        v = seen.transpose(1, 2).flatten(2) @ net.first_above + net.start_v[row]  # (b, W, p)
        verticals = torch.baddbmm(net.vertical_bias, self.around, net.before)  # (L, S, 2p): from the row before
        split = (self.batch, width + 1)
        told = None if self.told is None or net.told is None else (self.told @ net.told)[:, :, None]  # (L, b, 1, 4p)
        for layer, vertical in enumerate(verticals):
            self.vertical[layer, :, :width] = v
            vertical.addmm_(self.around[layer], net.own[layer])
            shown = vertical
            if told is not None:
                shown = (vertical.unflatten(0, split) + told[layer, ..., : 2 * p]).flatten(0, 1)
            v = gate(shown).unflatten(0, split)[:, :width]
        torch.baddbmm(net.across_bias, verticals, net.across, out=self.upper)
        if told is not None:
            self.upper.unflatten(1, split).add_(told[..., 2 * p :])
        self.base = F.pad(net.start_h[row].expand(self.batch, -1, -1), (0, 0, 0, 1)).flatten(0, 1)  # (S, p)

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        net, half, p = self.net, self.net.config.first_size // 2, self.net.config.features
        skip = start if self.batch == 1 else 0  # of one picture, what lies left of the start is one slice
        self._write(values, row)
        line = self.signed[:, half + row, skip : self.net.config.width + half]
        left = line.unfold(1, half, 1).flatten(0, 1)  # (S, half)
        hidden = torch.addmm(self.base[skip:], left, net.first)
        parts = (each[:, skip:].unbind(0) for each in (self.upper, self.maps, self.pairs))
        for (up, bias), kernel, padding, upper, here, pairs in zip(
            net.up, net.horizontal, self.padding, *parts, strict=True
        ):
            here.copy_(hidden)
            padding.zero_()
            gates = torch.addmm(upper, pairs, kernel)
            hidden.addmm_(gates[:, :p].tanh_().mul_(gates[:, p:].sigmoid_()), up).add_(bias)
        for weight, bias in net.head:
            hidden = torch.addmm(bias, hidden.relu_(), weight)
        return hidden.view(self.batch, 1, 1, -1)[..., start - skip : -1]

    def select(self, pictures: Tensor) -> GatedState:
        """The same for some of the pictures, copied."""
        told, labels = (None if each is None else each[pictures] for each in (self.told, self.labels))
        other = GatedState(self.net, len(pictures), self.signed.device, told, labels)
        other.signed.copy_(self.signed[pictures])
        other.vertical.copy_(self.vertical[:, pictures])
        split = (self.batch, self.net.config.width + 1)
        for mine, theirs in ((self.maps, other.maps), (self.upper, other.upper)):
            theirs.copy_(mine.unflatten(1, split)[:, pictures].flatten(1, 2))
        other.base = self.base.unflatten(0, split)[pictures].flatten(0, 1)
        return other

    def put(self, pictures: Tensor, other: GatedState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.signed[pictures] = other.signed
        mine, theirs = (each.maps.unflatten(1, (-1, self.net.config.width + 1)) for each in (self, other))
        mine[:, pictures] = theirs


def _matrix(layer: nn.Conv2d) -> Tensor:
    """A 1×1 convolution as a matrix (inputs, outputs)."""
    return layer.weight[:, :, 0, 0].T.contiguous()


def _pointwise(layer: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """The same with its bias (outputs,)."""
    assert layer.bias is not None
    return _matrix(layer), layer.bias
