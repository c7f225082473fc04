"""DRAW in time: what a picture would be without one of its strokes, and what else it could have become.

A painting of DRAW is a function of its noise, one piece for each step and latent. Forks share the noise before a step
and differ from there on, so that all steps before it are the same. The eraser takes a finished painting and leaves out
one stroke, or sets the latent behind it to the prior's mean; all other latents stay as they were.

Shapes: ``T`` steps, ``b`` pictures, ``z`` latents, ``C`` channels, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from core.models.base import array
from core.models.draw import Draw
from core.nn.likelihood import bernoulli_nats
from core.results import Erased
from core.trace import Step

Way = Literal["stroke", "latent"]
"""What the eraser takes away: the stroke's ink alone, or the latent that it was decoded from."""


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
    turns = list(model.turns(x, noise))
    whole = turns[-1].state.canvas
    if way == "stroke":
        without = whole - torch.cat([turn.stroke.ink for turn in turns])
    else:
        without = _without_latents(model, torch.stack([turn.z for turn in turns]))
    unknown = whole.new_full((model.config.steps,), torch.nan)
    lost = unknown if x is None else bernoulli_nats(without, x.expand_as(without)) - bernoulli_nats(whole, x)
    return Erased(
        array(whole.sigmoid()[0]),
        array(without.sigmoid()),
        array(unknown if x is None else torch.cat([turn.kl for turn in turns])),
        array(lost),
    )


def _without_latents(model: Draw, latents: Tensor) -> Tensor:
    """Latents (T, 1, z), each in turn set to the prior's mean: the T canvases (T, C, H, W) that are then written."""
    steps = len(latents)
    z = latents.expand(-1, steps, -1).clone()
    z[range(steps), range(steps)] = 0
    *_, last = model.turns(None, z)
    return last.state.canvas
