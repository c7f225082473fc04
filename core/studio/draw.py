"""DRAW's other painters at work: without attention, two digits, colour, and the way from one painting to another.

As :mod:`core.studio`, it checks everything that comes from outside and answers with one sentence
(:class:`core.requests.RequestError`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.data.scenes import anywhere, laid
from core.models.base import Generate, Reconstruct, array, device_of
from core.models.draw import Draw
from core.requests import RequestError, binary_picture, colour_picture, seeded, whole
from core.results import Tally, TwoDigits
from core.samplers import prices
from core.studies import draw_between, draw_complete
from core.studies.draw_between import Way
from core.studio.pixels import Covered
from core.studio.turns import Turn
from core.trace import Array, CanvasTrace
from core.training.registry import shown_in

WITH, WITHOUT = shown_in("draw_compare")
(TWO_DIGITS,) = shown_in("draw_two")
COLOUR = tuple(shown_in("draw_colour"))
SEEDS = 40
"""Draws of the noise over which a picture's price is counted, seeds 1 and on."""
TALLY = 0.13
"""Seconds that it takes (``python -m benchmarks.prices``)."""
MAX_BETWEEN = 16
"""Paintings on the way from one to another, all of which are painted at once."""


class DrawStudio:
    """Requests to the models that ``load(name)`` gives, each answered while ``at_work()`` holds."""

    def __init__(self, load: Callable[[str], Any], at_work: Callable[..., AbstractContextManager[Turn]]) -> None:
        self._load, self._at_work = load, at_work
        self._tallied: tuple[bytes, Tally] | None = None  # the last one: another seed asks for the same

    def compare(
        self, pixels: NDArray[np.uint8] | None, count: object, seed: object, temperature: object = 1.0
    ) -> tuple[CanvasTrace, CanvasTrace]:
        """With attention and without: two copies of one picture (H, W), or ``count`` imagined ones, of equal noise."""
        if pixels is None:
            request: Generate | Reconstruct = Generate(requests.count(count), requests.temperature(temperature))
            subject = None
        else:
            request = Reconstruct(binary_picture(pixels))
            subject = array(request.images)
        with self._at_work():
            first, second = (
                CanvasTrace.record(self._load(name).steps(request, seeded(seed)), subject) for name in (WITH, WITHOUT)
            )
        return first, second

    def complete(self, covered: Covered, count: object, seed: object) -> CanvasTrace:
        """``count`` completions of a picture (H, W) of which a part is hidden, the last round of each chain.

        The subject of the trace is the picture; its pixels in sight are the same in every step.
        """
        pixels, hidden = covered
        model: Draw = self._load(WITH)
        x = binary_picture(pixels).to(device_of(model))
        if hidden.shape != pixels.shape:
            raise RequestError("The cover must be as large as the picture.")
        if not hidden.any():
            raise RequestError("Nothing is covered: cover the part that is to be completed.")
        many = x.expand(requests.count(count), -1, -1, -1)
        with self._at_work(price=prices.strokes(draw_complete.ROUNDS * model.config.steps, len(many))) as turn:
            there = torch.from_numpy(hidden).to(x.device)
            return CanvasTrace.record(turn.between(draw_complete.completed(model, many, there, seeded(seed))), array(x))

    @torch.no_grad()
    def tally(self, pixels: NDArray[np.uint8]) -> Tally:
        """How a picture (H, W) comes out in :meth:`compare` with each of :data:`SEEDS` seeds, all of them at once."""
        x, key = binary_picture(pixels), pixels.tobytes()
        if self._tallied is None or self._tallied[0] != key:
            with self._at_work(price=TALLY):
                self._tallied = key, Tally(self._prices(WITH, x), self._prices(WITHOUT, x))
        return self._tallied[1]

    def _prices(self, name: str, x: Tensor) -> Array:
        """Nats of a copy of x (1, c, H, W) for each seed, (n,)."""
        model: Draw = self._load(name)
        noise = torch.cat([model.noise(model.config.steps, 1, seeded(seed)) for seed in range(1, SEEDS + 1)], 1)
        bound = model.bound(x.to(noise.device).expand(SEEDS, -1, -1, -1), noise)
        return array(bound.reconstruction + bound.kl)

    def between(
        self, start: NDArray[np.uint8], end: NDArray[np.uint8], count: object, way: str, seed: object
    ) -> CanvasTrace:
        """``count`` paintings from a copy of one picture (H, W) to a copy of another, their first and last."""
        if way not in get_args(Way):
            raise RequestError("From one painting to another it goes straight or round.")
        n = whole(count, "The number of paintings", 2, MAX_BETWEEN)
        with self._at_work():
            model = self._load(WITH)
            a, b = (binary_picture(pixels).to(device_of(model)) for pixels in (start, end))
            steps = draw_between.between(model, a, b, n, cast(Way, way), seeded(seed))
            return CanvasTrace.record(steps)

    def scene(self, first: NDArray[np.uint8], second: NDArray[np.uint8], seed: object) -> TwoDigits:
        """Two digits (h, w) of 0 and 255 laid anywhere on the canvas of the painter of two; neither is cut off."""
        config = self._load(TWO_DIGITS).config
        if first.shape != second.shape or max(first.shape) > min(config.height, config.width):
            raise RequestError("Two digits of the same size are needed that fit on the canvas.")
        rng = np.random.default_rng(whole(seed, "The seed", 0, requests.MAX_SEED))
        things = np.where(np.stack([first, second]) >= 128, 255, 0).astype(np.uint8)[None]
        corners = anywhere(things, config.height, 0, rng)
        alone = [laid(things[:, [k]], corners[:, [k]], config.height)[0] > 0 for k in range(2)]
        ink = np.stack([alone[0] & ~alone[1], alone[1] & ~alone[0]])
        return TwoDigits(laid(things, corners, config.height)[0], ink)

    def copy_scene(self, scene: TwoDigits, seed: object) -> tuple[CanvasTrace, Array]:
        """A copy of two digits, and how much of each one's ink stands after every stroke: (T, 2) in [0, 1]."""
        model: Draw = self._load(TWO_DIGITS)
        x = binary_picture(scene.pixels, model.config.height, model.config.width)
        with self._at_work():
            trace = CanvasTrace.record(model.steps(Reconstruct(x), seeded(seed)), array(x))
        frames = np.stack([trace.frame(t)[0, 0] for t in range(len(trace))])
        stands = [(frames * ink).sum((1, 2)) / max(ink.sum(), 1) for ink in scene.ink]
        return trace, np.stack(stands, 1).astype(np.float32)

    def generate(self, name: str, count: object, seed: object, temperature: object = 1.0) -> CanvasTrace:
        """One of the other painters imagines ``count`` pictures."""
        request = Generate(requests.count(count), requests.temperature(temperature))
        with self._at_work():
            return CanvasTrace.record(self._painter(name).steps(request, seeded(seed)))

    def copy(self, name: str, pixels: NDArray[np.uint8], seed: object) -> CanvasTrace:
        """A painter in colour copies a picture (H, W, 3) of 0–255."""
        model = self._painter(name)
        x = colour_picture(pixels, model.config.height, model.config.width)
        with self._at_work():
            return CanvasTrace.record(model.steps(Reconstruct(x), seeded(seed)), array(x))

    def side(self, name: str) -> int:
        """How high and wide a painter's canvas is, in pixels."""
        side: int = self._painter(name).config.height
        return side

    @torch.no_grad()
    def blank(self, name: str) -> Array:
        """A painter's learned canvas before the first stroke, (1, C, H, W) in [0, 1]."""
        blank: Array = array(self._painter(name).initial_canvas.sigmoid()[None])
        return blank

    def _painter(self, name: str) -> Draw:
        if name not in (TWO_DIGITS, *COLOUR):
            raise RequestError("There is no such painter.")
        model: Draw = self._load(name)
        return model
