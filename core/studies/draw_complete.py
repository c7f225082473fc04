"""DRAW completes a picture by copying it again and again: the pixels that are known stay, the others become its own.

A chain, no draw from a posterior: each round copies the picture of the round before, and of the copy only the covered
pixels are kept, each drawn with the probability that the copy gives it. Rezende, Mohamed and Wierstra (2014) fill in
missing pixels so with a one-shot model. How well the chain has forgotten where it began, nothing here says.

Shapes: ``b`` pictures, ``c`` channels of ``H`` × ``W`` pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from core.models.base import array
from core.models.draw import Draw
from core.nn import noise
from core.trace import Step

# From paper ink grows onto what is known. From half a grey, which no digit of the data has, the first copy is a blob
# that ten rounds do not lose: of 200 test digits' lower halves 20.2 % of the pixels were wrong, from paper 11.9 %.
ROUNDS = 10
"""After ten rounds most digits that were tried stood still."""
STREAM = 7
"""The first stream of noise (:mod:`core.nn.noise`) of a round; each round has its own."""


@torch.no_grad()
def completed(
    model: Draw, x: Tensor, hidden: Tensor, generator: torch.Generator, rounds: int = ROUNDS
) -> Iterator[Step]:
    """The last of ``rounds``, stroke by stroke, with the known pixels of ``x`` (b, c, H, W) as they are.

    ``hidden`` (H, W) is true where a pixel is covered; the first round sees paper there. Of each stroke it says
    what it cost (``kl``) and what the known pixels would cost, were it the last (``known_nats``): all strokes' price
    and the last one's nats bound −log p(known) in expectation, as any latents do (Jordan et al. 1999).
    """
    now, known = torch.where(hidden, torch.zeros_like(x), x), array(x)
    own = [noise.own(generator, 0, STREAM + k) for k in range(rounds)]
    for each in own[:-1]:
        *_, last = model.turns(now, model.noise(model.config.steps, len(x), each))
        chance = last.state.canvas.sigmoid()
        drawn = noise.uniform(len(x), *x.shape[1:], generator=each, stream=STREAM).to(x.device) < chance
        now = torch.where(hidden, drawn.to(x.dtype), x)
    there = array(hidden) > 0
    for turn in model.turns(now, model.noise(model.config.steps, len(x), own[-1])):
        step, nats = model.shown(turn, now), binary_cross_entropy_with_logits(turn.state.canvas, x, reduction="none")
        scalars = {"kl": step.scalars["kl"], "known_nats": array((nats * ~hidden).sum((1, 2, 3)))}
        yield Step(np.where(there, step.image, known), step.marks, scalars, step.patches)
