"""Between two paintings of DRAW: every latent of one sequence walks over to that of the other.

A painting is decided by its latents, one vector for each step. Two copies give two sequences; between them lie
sequences whose vectors are interpolated step by step, and each of them is decoded, stroke by stroke, to a painting.

Shapes: ``T`` steps, ``b`` pictures, ``z`` latents, ``n`` paintings along the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from core.models.draw import Draw
from core.trace import Step

Way = Literal["straight", "round"]
"""Along the straight line, or along the arc on which also the length of the vectors changes evenly."""


@torch.no_grad()
def latents(model: Draw, x: Tensor, noise: Tensor) -> Tensor:
    """What is drawn at every step of a copy of ``x`` (b, c, H, W) with ``noise`` (T, b, z): (T, b, z)."""
    return torch.stack([turn.z for turn in model.turns(x, noise)])


def interpolated(a: Tensor, b: Tensor, count: int, way: Way) -> Tensor:
    """Vectors from a to b (T, z), both included: (T, count, z). ``round`` turns their direction at an even pace."""
    t = torch.linspace(0, 1, count, device=a.device)[None, :, None]
    a, b = a[:, None], b[:, None]
    straight = a + t * (b - a)
    if way == "straight":
        return straight
    lengths = [v.norm(dim=-1, keepdim=True).clamp_min(1e-12) for v in (a, b)]
    cosine = (a * b).sum(-1, keepdim=True) / (lengths[0] * lengths[1])
    angle = cosine.clamp(-1, 1).acos()
    turned = ((1 - t) * angle).sin() / angle.sin() * a / lengths[0] + (t * angle).sin() / angle.sin() * b / lengths[1]
    arc = turned * (lengths[0] + t * (lengths[1] - lengths[0]))
    # Parallel vectors have no arc between them, or more than one, and a vector of zeros has no direction.
    flat = (angle.sin() < 1e-4) | (lengths[0].minimum(lengths[1]) < 1e-6)
    return torch.where(flat, straight, arc)


def between(model: Draw, a: Tensor, b: Tensor, count: int, way: Way, generator: torch.Generator) -> Iterator[Step]:
    """``count`` paintings from a copy of ``a`` to one of ``b`` (1, c, H, W each), which share the noise."""
    noise = model.noise(model.config.steps, 1, generator).expand(-1, 2, -1)
    first, last = latents(model, torch.cat([a, b]), noise).unbind(1)
    yield from model.strokes(None, interpolated(first, last, count, way))
