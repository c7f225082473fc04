"""What every painter has in common: the requests it answers and the terms of its loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from core.trace import Step


@dataclass(frozen=True, eq=False)
class Generate:
    """Paint ``count`` pictures from nothing; ``label`` names a class for models that have learned some."""

    count: int
    temperature: float = 1.0
    label: int | None = None


@dataclass(frozen=True, eq=False)
class Reconstruct:
    """Look at ``images`` (B, C, H, W) in [0, 1] and paint them again."""

    images: Tensor


@dataclass(frozen=True, eq=False)
class Complete:
    """Paint what is hidden: ``images`` (B, C, H, W), ``known`` (B, H, W) bool marks the pixels to keep."""

    images: Tensor
    known: Tensor
    temperature: float = 1.0
    label: int | None = None


Request = Generate | Reconstruct | Complete


@dataclass(frozen=True, eq=False)
class LossTerms:
    """Per example, in nats, (B,) each.

    ``reconstruction`` is −log p(x | z); ``kl`` what the latents cost, in closed form; ``log_ratio`` the same cost for
    the very latents that were drawn, log q(z | x) − log p(z), whose mean is ``kl``. A model without latents has
    zeros there. ``objective`` is what training minimises where that is not the bound itself.
    """

    reconstruction: Tensor
    kl: Tensor
    log_ratio: Tensor
    objective: Tensor | None = None

    @property
    def total(self) -> Tensor:
        """(B,): an upper bound on −log p(x), exact for a model without latents."""
        return self.reconstruction + self.kl

    @property
    def minimised(self) -> Tensor:
        """(B,): what training minimises, the bound if nothing else is named."""
        return self.total if self.objective is None else self.objective

    @property
    def log_weight(self) -> Tensor:
        """(B,): log p(x, z) − log q(z | x), the log importance weight of the latents that were drawn."""
        return -self.reconstruction - self.log_ratio


@runtime_checkable
class Painter(Protocol):
    """The interface that training, evaluation and the app rely on."""

    config: Any

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms: ...
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]: ...


def device_of(model: Any) -> torch.device:
    """The device on which a model computes: that of its weights, and the processor for what has none."""
    weights = next(model.parameters(), None) if isinstance(model, torch.nn.Module) else None
    return torch.device("cpu") if weights is None else weights.device


def array(x: Tensor) -> Any:
    """A tensor as the float32 NumPy array that a :class:`~core.trace.Step` carries."""
    return x.detach().float().cpu().numpy()
