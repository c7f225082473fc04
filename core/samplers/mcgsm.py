"""MCGSM row by row, for :mod:`core.samplers.rowwise`. Nothing is remembered but the picture itself."""

from __future__ import annotations

import torch
from torch import Tensor

from core.models.mcgsm import MCGSM, neighbourhood
from core.samplers.canvas import Canvas, Ways
from core.samplers.rowwise import RowWise


def ways(model: MCGSM) -> Ways:
    """By rows."""
    return {"rows": lambda: RowWise(MCGSMRows(model))}


class MCGSMRows:
    """The model is small enough as it is."""

    def __init__(self, model: MCGSM) -> None:
        self.model, self.config = model, model.config

    def begin(self, canvas: Canvas) -> MCGSMState:
        """A blank state for the pictures of ``canvas``."""
        return MCGSMState(self.model, torch.zeros_like(canvas.x))


class MCGSMState:
    """The finished rows of ``b`` pictures, (b, 1, H, W)."""

    def __init__(self, model: MCGSM, x: Tensor) -> None:
        self.model, self.x = model, x

    @torch.inference_mode()
    def jump(self, x: Tensor) -> Tensor:
        self.x[:, :, : x.shape[2]] = x
        logits: Tensor = self.model(x)
        return logits

    def above(self, row: int) -> None:
        """Nothing is worth computing ahead: one row costs next to nothing."""

    @torch.inference_mode()
    def logits(self, row: int, values: Tensor, start: int = 0) -> Tensor:
        self.x[:, :, row] = values
        reach = self.model.config.reach
        top = max(row - reach, 0)
        window = neighbourhood(self.x[:, :, top : row + 1], reach)[:, -1, start:]
        logits: Tensor = self.model.head(window)
        return logits[:, None, None]

    def select(self, pictures: Tensor) -> MCGSMState:
        """The same for some of the pictures, copied."""
        return MCGSMState(self.model, self.x[pictures])

    def put(self, pictures: Tensor, other: MCGSMState) -> None:
        """Take back what :meth:`select` copied, as it is now."""
        self.x[pictures] = other.x
