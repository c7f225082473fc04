"""The game of eight looks: a cluttered scene that only glimpses show, a person's and the network's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.data import strokes
from core.requests import MAX_SEED, RequestError, whole
from core.results import GLIMPSES, LOOKS_SIDE, Glimpsed
from core.studio.look import GlimpseStudio
from core.trace import CanvasTrace

PIECES = 8
"""Pieces of clutter in a scene."""


class LooksStudio:
    """Requests of the tab."""

    def __init__(self, glimpses: GlimpseStudio) -> None:
        self._glimpses = glimpses

    def seen(self, number: object, boxes: object) -> CanvasTrace:
        """The person's looks at the scene of a round, ``boxes`` of x, y and side in px, and what reaches them."""
        return self._glimpses.look_through(self.scene(number)[0], checked(boxes))

    def outcome(self, number: object, boxes: object, named: object) -> Glimpsed:
        """What the digit is, and how both looked: the network by itself, and with the person's looks instead."""
        pixels, digit = self.scene(number)
        said = whole(named, "The digit", 0, 9)
        return Glimpsed(digit, said, self._glimpses.look_through(pixels, checked(boxes)), self._glimpses.look(pixels))

    def scene(self, number: object) -> tuple[NDArray[np.uint8], int]:
        """The scene (S, S) of a round, made by a program, and its digit."""
        round_ = whole(number, "The round", 1, MAX_SEED)
        images, labels = strokes.digits(1, round_)
        digit = np.where(images[0] >= 128, 255, 0).astype(np.uint8)
        return self._glimpses.scene(digit, LOOKS_SIDE, PIECES, round_).pixels, int(labels[0])


def checked(boxes: object) -> Sequence[Sequence[object]]:
    """The looks of a round from outside; where each of them lies is checked later."""
    if not isinstance(boxes, list | tuple) or not 1 <= len(boxes) <= GLIMPSES:
        raise RequestError("A round has 1 to {glimpses} looks.", glimpses=GLIMPSES)
    if not all(isinstance(box, list | tuple) for box in boxes):
        raise RequestError("A window is three numbers: x, y and its size.")
    return boxes
