"""The Multi-Scale model, scale by scale, each by the row-wise fixed point with the coarser pixels given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from core.models.multiscale import MultiScale
from core.models.pixelcnn import PixelCNN
from core.samplers.canvas import Canvas, Pass, Ways
from core.samplers.pixelcnn import PixelCNNRows
from core.samplers.rowwise import RowWise


def ways(model: MultiScale) -> Ways:
    """Each scale by rows."""
    return {"rows": lambda: Pyramid(model)}


class Pyramid:
    """A sampler; its passes show the smaller picture they work on."""

    def __init__(self, model: MultiScale) -> None:
        self.model = model
        self.scales = [RowWise(PixelCNNRows(scale)) for scale in model.scales if isinstance(scale, PixelCNN)]

    @torch.inference_mode()
    def passes(self, canvas: Canvas) -> Iterator[Pass]:
        """Paint; a scale is written into the canvas when it is finished."""
        painted = torch.zeros_like(canvas.known)
        for index, sampler in enumerate(self.scales):
            step = self.model.stride(index)
            at = (..., slice(None, None, step), slice(None, None, step))
            x = canvas.x[at].clone()
            condition = self.model.condition(index, x[..., ::2, ::2]) if index else None
            known = canvas.known[at] | painted[at]
            part = Canvas(x, known, canvas.noise[at], canvas.temperature, condition)
            for state in sampler.passes(part):
                yield replace(state, stride=step)
            canvas.x[at] = x
            new = ~painted[at][:, None, None]
            canvas.logits[at] = torch.where(new, part.logits, canvas.logits[at])
            painted[at] = True
