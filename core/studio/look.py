"""The glimpse classifier at work: scenes made for it, its looks at them, and looks with one glimpse of a person's own.

Everything from outside is checked here (:mod:`core.requests`). Scenes are uint8 (S, S), 0 (ground) to 255 (ink), S one
of :data:`SIDES`; windows are in the coordinates of :mod:`core.trace`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.data import scenes, strokes
from core.models.base import array, device_of
from core.models.configs import ConvNetConfig, GlimpseConfig
from core.models.glimpse import Glance, GlimpseClassifier
from core.nn import attention
from core.nn.attention import Window
from core.requests import MAX_SEED, RequestError, number, seeded, whole
from core.results import Compared, Scene
from core.studio.turns import Turn
from core.trace import Array, CanvasTrace
from core.training.registry import REGISTRY

Aim = Literal["learned", "random"]
Pixels = NDArray[np.uint8]

NETWORKS: dict[tuple[int, Aim], str] = {
    (spec.config.height, spec.config.aim): name
    for name, spec in REGISTRY.items()
    if isinstance(spec.config, GlimpseConfig)
}
"""Side of the scene and aim -> registered name. The one that looks at random places was trained for 60 × 60 only."""
CONVNETS: dict[int, str] = {
    spec.config.height: name for name, spec in REGISTRY.items() if isinstance(spec.config, ConvNetConfig)
}
SIDES = tuple(CONVNETS)
DIGIT = 28
PIECE, MOST_PIECES = 8, 16
"""Side of a piece of clutter, px, and how many there can be."""
SMALLEST_WINDOW, LARGEST_WINDOW = 3.0, 1.5
"""Limits for the side of a window of one's own: the first in px, the second in sides of the scene."""


class GlimpseStudio:
    """All classifiers; ``load`` gives a model by name, ``at_work`` lets one request run at a time."""

    def __init__(self, load: Callable[[str], Any], at_work: Callable[[], AbstractContextManager[Turn]]) -> None:
        self._load, self._at_work = load, at_work

    def scene(
        self, digit: Pixels, side: object, pieces: object, seed: object, place: tuple[object, object] | None = None
    ) -> Scene:
        """A digit (28, 28) on a ground of ``side`` pixels, among ``pieces`` cut out of drawn digits.

        ``place`` is the row and column of its top left, from 0; without one the seed says where. The first pieces are
        the same however many there are, and wherever the digit lies.
        """
        if digit.shape != (DIGIT, DIGIT):
            raise RequestError("A digit is a grey picture of {digit}×{digit} pixels.", digit=DIGIT)
        side, pieces = known_side(side), whole(pieces, "The number of pieces", 0, MOST_PIECES)
        seed = whole(seed, "The seed", 0, MAX_SEED)
        cuts, places, somewhere = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
        sources = strokes.digits(MOST_PIECES, seed)[0]
        cut = scenes.pieces_of(sources[None], PIECE, cuts)
        corners = scenes.anywhere(cut, side, 0, places)
        things = digit[None, None]
        if place is None:
            corner = scenes.anywhere(things, side, 0, somewhere)
        else:
            row, column = place
            most = side - DIGIT
            corner = np.array(
                [[[whole(row, "The digit's row", 0, most), whole(column, "The digit's column", 0, most)]]]
            )
        clutter = scenes.laid(cut[:, :pieces], corners[:, :pieces], side)
        ink = scenes.laid(things, corner, side)
        pixels, kinds = scenes.added(ink, clutter)[0], scenes.kinds_of(ink, clutter)[0]
        return Scene(pixels, int(corner[0, 0, 0]), int(corner[0, 0, 1]), kinds)

    @torch.no_grad()
    def look(self, scene: Pixels, aim: str = "learned", seed: object = 0) -> CanvasTrace:
        """All glimpses of the network at a scene; the seed matters where they go to random places."""
        x, generator = picture(scene), seeded(seed)
        with self._at_work():
            model = self._network(len(scene), aim)
            x = x.to(device_of(model))
            return record(model, x, model.glances(x, generator))

    @torch.no_grad()
    def look_with(
        self, scene: Pixels, at: object, box: Sequence[object] | None, aim: str = "learned", seed: object = 0
    ) -> Compared:
        """The same look with glimpse ``at`` (from 1) through a window of one's own, ``box``: centre x, y and side.

        None is the network's own box.

        A window may lie partly or wholly outside: its centre is held within half a side of the scene around it, its
        side within :func:`limits`. All that it changes is place and size: the ratio of σ to δ, and γ, remain those that
        the network chose for this glimpse, so that its own box gives back its own look. Before it everything stays as
        it was; behind it the network looks where it then wants to, or, at random, where it did.
        """
        x, generator = picture(scene), seeded(seed)
        with self._at_work():
            model = self._network(len(scene), aim)
            x = x.to(device_of(model))
            k = whole(at, "The glimpse", 1, model.config.steps) - 1
            its = list(model.glances(x, generator))
            n, own = model.config.read_size, its[k].window
            if box is not None:
                own = attention.laid_on(own, n, *held(box, len(scene)))
            if aim == "random":
                windows: list[Window | None] = [glance.window for glance in its]
            else:
                windows = [None] * len(its)
            windows[k] = own
            yours = record(model, x, model.glances(x, generator, windows))
            return Compared(record(model, x, iter(its)), yours, k, spread(own, n), limits(len(scene)))

    @torch.no_grad()
    def look_through(self, scene: Pixels, boxes: Sequence[Sequence[object]]) -> CanvasTrace:
        """As many looks as there are ``boxes``, centre x, y and side of each, and no look of the network's own.

        σ and δ stand in the ratio that the network has at its first look, and γ is that look's.
        """
        x, places = picture(scene), [held(box, len(scene)) for box in boxes]
        with self._at_work():
            model = self._network(len(scene), "learned")
            x, first = x.to(device_of(model)), model.next_window(model.start(1))
            windows = [attention.laid_on(first, model.config.read_size, *place) for place in places]
            return record(model, x, model.glances(x, seeded(0), windows))

    @torch.no_grad()
    def at_a_glance(self, scene: Pixels) -> Array:
        """What the convolutional network thinks, which sees the whole scene at once: ten probabilities (10,)."""
        x = picture(scene)
        with self._at_work():
            model = self._load(CONVNETS[len(scene)])
            p: Array = array(model.judge(x.to(device_of(model)), seeded(0))[0, 0].softmax(0))
        return p

    def _network(self, side: int, aim: str) -> GlimpseClassifier:
        if aim not in get_args(Aim):
            raise RequestError("The network's aim is either learned or random.")
        name = NETWORKS.get((side, cast(Aim, aim)))
        if name is None:
            raise RequestError("No network was trained to look at random places of {side}×{side} pixels.", side=side)
        model: GlimpseClassifier = self._load(name)
        return model


def known_side(side: object) -> int:
    """One of :data:`SIDES`."""
    if not isinstance(side, int) or side not in SIDES:
        raise RequestError("A scene is {map} pixels wide.", map=" or ".join(map(str, SIDES)))
    return side


def picture(scene: Pixels) -> Tensor:
    """A scene from outside, (S, S) uint8 -> (1, 1, S, S) in [0, 1]."""
    if scene.dtype != np.uint8 or scene.ndim != 2 or scene.shape[0] != scene.shape[1] or len(scene) not in SIDES:
        sizes = " or ".join(f"{side}×{side}" for side in SIDES)
        raise RequestError("This network knows grey pictures of {sizes} pixels.", sizes=sizes)
    return torch.from_numpy(scene.astype(np.float32) / 255)[None, None]


def record(model: GlimpseClassifier, x: Tensor, glances: Iterator[Glance]) -> CanvasTrace:
    """Glimpses at x as a trace with x as its subject."""
    return CanvasTrace.record(model.looks(x, glances), subject=array(x))


def held(box: Sequence[object], side: int) -> tuple[float, float, float]:
    """A window from outside, x, y and size, held where it can be; what is no finite number gets its sentence."""
    if len(box) != 3:
        raise RequestError("A window is three numbers: x, y and its size.")
    most = float(np.finfo(np.float32).max)
    x, y, size = (number(value, "Each number of a window", -most, most) for value in box)
    x, y = (min(max(centre, -side / 2), 1.5 * side) for centre in (x, y))
    smallest, largest = limits(side)
    return x, y, min(max(size, smallest), largest)


def limits(side: int) -> tuple[float, float]:
    """The smallest and the largest side of a window of one's own, px, in a scene of ``side``."""
    return SMALLEST_WINDOW, LARGEST_WINDOW * side


def spread(window: Window, n: int) -> float:
    """From the first filter's centre to the last one's, as a share of the box's side."""
    return float((n - 1) * window.delta / attention.geometry(window, n).size)
