"""DRAW with a person's hand in it: at any step the write window may be moved, or the canvas painted on.

A painting of DRAW is a function of its noise; here it is one of its noise and of what the hand did. The painter goes
on from there. Copying, it sees what was done through the error image x̂ = x − σ(c) and spends nats to correct it.
Imagining, it is blind: the decoder's memory h_dec is fed by latents alone (section 2.3), never by the canvas, so that
its later strokes are those of the untouched painting.

**A moved window** is the one that the painter wanted, shifted and scaled: centre and side are the hand's, δ and σ grow
alike (so σ/δ is the network's), and γ stays. As every filter sums to one, the patch then leaves the same sum of logits
on the canvas: a small window presses harder.

**Painted pixels** get the logit +k, erased ones −k, before the step looks at the canvas; others stay. k = 4, so that
σ(k) = 0.98: as sure as the painter's own ink (nine of ten ink pixels of its copies end below a logit of 5), and within
its reach to take back (in the middle of a copy one stroke adds 2 at most to a pixel's logit, or takes 4 from it).

Coordinates are those of :mod:`core.trace`. Shapes: ``T`` steps, ``z`` latents, ``C`` channels, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import array
from core.models.configs import DrawConfig
from core.models.draw import Draw
from core.nn import attention
from core.requests import RequestError, number, whole
from core.results import SMALLEST, Painting, Penned
from core.trace import Array, CanvasTrace, Step

K = 4.0
"""The logit of a pixel that a person painted; −K where it was erased."""


@dataclass(frozen=True)
class Move:
    """Step ``step``, from 0, writes through a window with centre ``x``, ``y`` and side ``size``, px."""

    step: int
    x: float
    y: float
    size: float


@dataclass(frozen=True, eq=False)
class Ink:
    """Before step ``step``, from 0, pixels are painted: ``change`` int8 (H, W), 1 ink, −1 erased, 0 left alone."""

    step: int
    change: NDArray[np.int8]


Hand = Move | Ink


def checked(
    moves: Mapping[int, Sequence[object]], inks: Mapping[int, NDArray[np.int8]], model: Draw
) -> tuple[Hand, ...]:
    """What a hand does, from outside: step, from 0, -> x, y and size of its window; step -> (H, W) as in :class:`Ink`.

    A centre may leave the picture by half of its side at most. Raises :class:`core.requests.RequestError` with one
    sentence for each mistake.
    """
    config = model.config
    return (
        *(_move(step, place, config) for step, place in moves.items()),
        *(_ink(step, change, config) for step, change in inks.items()),
    )


def _step(step: object, config: DrawConfig) -> int:
    return whole(step, "The stroke, counted from 0,", 0, config.steps - 1)


def _move(step: object, place: Sequence[object], config: DrawConfig) -> Move:
    if len(place) != 3:
        raise RequestError("A window is given as three numbers: centre x, centre y and size.")
    x, y, size = place
    return Move(
        _step(step, config),
        number(x, "The window's centre x", -config.width / 2, 1.5 * config.width),
        number(y, "The window's centre y", -config.height / 2, 1.5 * config.height),
        number(size, "The window's size", SMALLEST, 2.0 * max(config.height, config.width)),
    )


def _ink(step: object, change: NDArray[np.int8], config: DrawConfig) -> Ink:
    if np.shape(change) != (config.height, config.width) or not np.isin(change, (-1, 0, 1)).all():
        size = f"{config.height}×{config.width}"
        raise RequestError("Ink is given as {size} whole numbers: 1 painted, −1 erased, 0 left alone.", size=size)
    return Ink(_step(step, config), np.asarray(change, np.int8))


def penned(model: Draw, x: Tensor | None, hands: Sequence[Hand], generator: torch.Generator) -> Penned:
    """A copy of ``x`` (1, c, H, W), or imagined without one, untouched and with all of ``hands``.

    Raises ``ValueError`` for a painter that writes without a window.
    """
    noise = model.noise(model.config.steps, 1, generator)
    blank = array(model.initial_canvas.sigmoid())
    return Penned(painting(model, x, noise, ()), painting(model, x, noise, hands), blank)


@torch.no_grad()
def painting(model: Draw, x: Tensor | None, noise: Tensor, hands: Sequence[Hand]) -> Painting:
    """The painting as a function of its noise (T, 1, z) and of the hand; of two moves at one step the later holds."""
    if not model.config.attention:
        raise ValueError("This painter writes everywhere at once: there is no window to move.")
    state, steps, wanted = model.start(1), list[Step](), list[Array]()
    for t, epsilon in enumerate(noise.unbind(0)):
        here = [hand for hand in hands if hand.step == t]
        for hand in here:
            if isinstance(hand, Ink):
                state = state._replace(canvas=inked(state.canvas, hand.change))
        moves = [hand for hand in here if isinstance(hand, Move)]

        def aim(w: attention.Window, moves: Sequence[Move] = moves) -> attention.Window:
            box = attention.geometry(w, model.config.write_size)
            wanted.append(np.stack([array(v)[0] for v in (box.x, box.y, box.size)]))
            if not moves:
                return w
            last = moves[-1]
            return attention.laid_on(w, model.config.write_size, last.x, last.y, last.size)

        turn = model.turn(x, epsilon, state, aim)
        steps.append(model.shown(turn, x))
        state = turn.state
    return Painting(CanvasTrace(tuple(steps), None if x is None else array(x)), np.stack(wanted))


def inked(canvas: Tensor, change: NDArray[np.int8]) -> Tensor:
    """Canvas logits (b, c, H, W) with ±K where ``change`` (H, W) is not 0."""
    hand = torch.from_numpy(change.astype(np.float32)).to(canvas.device)
    return torch.where(hand == 0, canvas, K * hand)
