"""DRAW in time: what a picture would be without one of its strokes, and what else it could have become.

A painting of DRAW is a function of its noise, one piece for each step and latent. Forks share the noise before a step
and differ from there on, so that all steps before it are the same. The eraser takes a finished painting and leaves out
one stroke, or sets the latent behind it to the prior's mean; all other latents stay as they were.

Shapes: ``T`` steps, ``b`` pictures, ``z`` latents, ``C`` channels, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from core.models.base import array
from core.models.draw import Draw
from core.nn.likelihood import bernoulli_nats, gaussian_kl
from core.trace import Array, Step

Way = Literal["stroke", "latent"]
"""What the eraser takes away: the stroke's ink alone, or the latent that it was decoded from."""


@dataclass(frozen=True, eq=False)
class Erased:
    """A painting and what it is without each of its steps.

    ``whole`` (C, H, W) and ``without`` (T, C, H, W) in [0, 1]; ``kl`` (T,) nats that each step cost and ``lost`` (T,)
    nats by which the picture gets less likely without it, both NaN if nothing was copied.
    """

    whole: Array
    without: Array
    kl: Array
    lost: Array


def forks(model: Draw, x: Tensor | None, at: int, count: int, generator: torch.Generator) -> Iterator[Step]:
    """``count`` futures of one painting, the first of them its own; all steps before step ``at``, from 0, are shared.

    ``x`` (1, c, H, W) is copied, or None: imagined.
    """
    noise = model.noise(model.config.steps, count, generator).clone()
    noise[:at] = noise[:at, :1]
    yield from model.strokes(None if x is None else x.expand(count, -1, -1, -1), noise)


@torch.no_grad()
def erased(model: Draw, x: Tensor | None, way: Way, generator: torch.Generator) -> Erased:
    """One painting, a copy of ``x`` (1, c, H, W) or imagined, without each of its steps in turn."""
    noise = model.noise(model.config.steps, 1, generator)
    state, latents, inks, kl = model.start(1), [], [], []
    for z in noise.unbind(0):
        if x is not None:
            _, h_enc, c_enc, mean, log_sigma = model.look(x, state)
            state = state._replace(h_enc=h_enc, c_enc=c_enc)
            z = mean + log_sigma.exp() * z
            kl.append(gaussian_kl(mean, log_sigma))
        stroke, state = model.stroke(z, state)
        latents.append(z)
        inks.append(stroke.ink)
    whole = state.canvas
    without = whole - torch.cat(inks) if way == "stroke" else _without_latents(model, torch.stack(latents))
    unknown = torch.full((model.config.steps,), torch.nan)
    lost = unknown if x is None else bernoulli_nats(without, x.expand_as(without)) - bernoulli_nats(whole, x)
    return Erased(
        array(whole.sigmoid()[0]),
        array(without.sigmoid()),
        array(torch.cat(kl) if kl else unknown),
        array(lost),
    )


def _without_latents(model: Draw, latents: Tensor) -> Tensor:
    """Latents (T, 1, z), each in turn set to the prior's mean: the T canvases (T, C, H, W) that are then written."""
    steps = len(latents)
    z = latents.expand(-1, steps, -1).clone()
    z[range(steps), range(steps)] = 0
    state = model.start(steps)
    for each in z.unbind(0):
        _, state = model.stroke(each, state)
    return state.canvas
