"""Gated PixelCNN row by row, for :mod:`core.samplers.rowwise`.

The vertical stack looks at finished rows only, so it is computed once for a row; a pass iterates the horizontal stack
alone. Shapes: ``b`` pictures, ``W`` pixels in a row, ``p`` features, ``L`` layers, ``S = b · (W + 1)`` positions, each
picture's row behind a column of zeros.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.gated import GatedLayer, GatedPixelCNN, gate, one_hot
from core.samplers.canvas import Canvas


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
        half, p = config.first_size // 2, config.features
        self.signed = torch.zeros(batch, 1, half + config.height, config.width, device=device)
        self.vertical = torch.zeros(config.layers, batch, p, config.width, device=device)  # in front of each layer
        self.upper = self.base = self.vertical  # set by `above`
        length = batch * (config.width + 1)
        store = torch.zeros(config.layers, length + 1, p, device=device)
        self.pairs = store.as_strided((config.layers, length, 2 * p), (store.stride(0), p, 1))
        self.maps = store[:, 1:]  # (L, S, p): the horizontal map in front of each layer
        self.padding = self.maps.unflatten(1, (batch, config.width + 1))[:, :, config.width].unbind(0)

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
        half = self.net.config.first_size // 2
        self.signed[:, :, half : half + last + 1] = 2 * x - 1
        self.vertical.copy_(torch.stack(kept))
        return logits

    @torch.inference_mode()
    def above(self, row: int) -> None:
        net, config, model = self.net, self.net.config, self.net.model
        half, width = config.first_size // 2, config.width
        stack = model.first_vertical
        v = F.conv2d(self.signed[:, :, row : row + half], stack.weight, stack.bias, padding=(0, half))
        base = model.first_horizontal.bias.expand(self.batch, width, -1)
        if model.position is not None:
            v = v + model.position[0, :, row : row + 1]
            base = base + model.position[1, :, row].T
        uppers = []
        for index, layer in enumerate(net.layers):
            rows = torch.stack([self.vertical[index], v[:, :, 0]], 2)
            self.vertical[index] = v[:, :, 0]
            vertical = F.conv2d(rows, layer.vertical.weight, layer.vertical.bias, padding=(0, 1))
            across = layer.across(vertical)[:, :, 0] + layer.horizontal.bias[:, None]
            if self.told is not None and layer.told is not None:
                for_v, for_h = (self.told @ layer.told)[:, :, None].chunk(2, 1)
                vertical, across = vertical + for_v[..., None], across + for_h
            uppers.append(across)
            v = gate(vertical)
        self.upper = F.pad(torch.stack(uppers).transpose(2, 3), (0, 0, 0, 1)).flatten(1, 2)  # (L, S, 2p)
        self.base = F.pad(base, (0, 0, 0, 1)).flatten(0, 1)  # (S, p)

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        net, half, p = self.net, self.net.config.first_size // 2, self.net.config.features
        skip = start if self.batch == 1 else 0  # of one picture, what lies left of the start is one slice
        signed = 2 * values - 1
        self.signed[:, :, half + row] = signed
        left = F.pad(signed[:, 0], (half, 0)).unfold(1, half, 1)[:, skip:].flatten(0, 1)  # (S, half)
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
        other.maps.copy_(self.maps.unflatten(1, split)[:, pictures].flatten(1, 2))
        if self.base is not self.upper:  # a row is under way
            other.base = self.base.unflatten(0, split)[pictures].flatten(0, 1)
            other.upper = self.upper.unflatten(1, split)[:, pictures].flatten(1, 2)
        return other

    def put(self, pictures: Tensor, other: GatedState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.signed[pictures] = other.signed
        mine, theirs = (each.maps.unflatten(1, (-1, self.net.config.width + 1)) for each in (self, other))
        mine[:, pictures] = theirs


def _pointwise(layer: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """A 1×1 convolution as a matrix (inputs, outputs) and a bias (outputs,)."""
    assert layer.bias is not None
    return layer.weight[:, :, 0, 0].T.contiguous(), layer.bias
