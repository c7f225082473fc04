"""A GPU that is lent for one painting: ZeroGPU of Hugging Face Spaces, through its package ``spaces``.

A process there has no GPU. What ``spaces.GPU`` decorates runs in a copy of the process that has one for some seconds;
arguments and answers go there and back pickled. That takes a second or two, so only what would take a processor longer
(:data:`DEAR`) is painted so, with the same noise, which is drawn on the processor. Elsewhere nothing here is called.
"""

from __future__ import annotations

import importlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.models.base import Complete, Generate
from core.samplers.brush import Brush
from core.samplers.particles import Filtered
from core.studio.runtime import LENDS as LENDS
from core.trace import RasterTrace
from core.training.checkpoints import load_checkpoint

DEAR = 1.5
"""Seconds of a processor from which on a painting is worth it."""
LONGEST = 60
"""Seconds that a GPU is asked for at most."""
DEVICE = "cuda"

log = logging.getLogger("easel")


def begin() -> None:
    """Say that the app stands and has work for a GPU; Gradio's ``launch``, which Easel does not call, would do so."""
    importlib.import_module("spaces.zero").startup()


def seconds(price: float, *_: Any) -> int:
    """For how long a GPU is asked for: as long as a processor would take is more than enough."""
    return min(LONGEST, 5 + round(price))


def painted(price: float, folder: Path, name: str, way: str, state: Tensor, *request: Any) -> Any:
    """What :meth:`Brush.paint` or :meth:`Brush.fit`, the ``way``, makes of a request; ``state``: of the noise."""
    generator = torch.Generator()
    generator.set_state(state)
    return getattr(_brush(folder, name), way)(*request, generator)


@lru_cache(maxsize=4)
def _brush(folder: Path, name: str) -> Brush:
    return Brush(load_checkpoint(name, folder).to(DEVICE))


if LENDS:
    painted = importlib.import_module("spaces").GPU(painted, duration=seconds)


class LentBrush:
    """A brush whose paintings are made on a lent GPU, and by ``brush`` where there is none to be had."""

    def __init__(self, brush: Brush, price: float, folder: Path, name: str) -> None:
        self._brush, self._asked = brush, (price, folder, name)

    def paint(self, request: Generate | Complete, generator: torch.Generator, *how: Any) -> RasterTrace:
        """As :meth:`Brush.paint`; it is told nothing of the passes elsewhere, so a stop comes after them."""
        found: RasterTrace | None = self._there("paint", generator, request)
        return self._brush.paint(request, generator, *how) if found is None else found

    def fit(
        self, request: Complete, particles: int, generator: torch.Generator, *how: Any
    ) -> tuple[RasterTrace, Filtered]:
        """As :meth:`Brush.fit`."""
        found: tuple[RasterTrace, Filtered] | None = self._there("fit", generator, request, particles)
        return self._brush.fit(request, particles, generator, *how) if found is None else found

    def _there(self, way: str, generator: torch.Generator, *request: Any) -> Any:
        try:
            return painted(*self._asked, way, generator.get_state(), *request)
        except Exception as error:  # no GPU is free, or this person has had enough of them: whatever it is
            log.warning("No GPU was lent: %s", error)
            return None
