"""The multi-dimensional LSTMs at work: what every pixel of a scene is, what a pixel hears, how an error flows back.

Everything from outside is checked here (:mod:`core.requests`). A scene is uint8 (H, W), 0 (ground) to 255 (ink).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import array, device_of
from core.models.mdlstm import MDLSTM
from core.requests import MAX_SEED, RequestError, whole
from core.results import CELLS, CORNERS, LARGEST_SCENE, SMALLEST_SCENE, Backwards, Grown
from core.studies import look_pixels
from core.studio.turns import Turn
from core.trace import Array
from core.training.registry import shown_in

Pixels = NDArray[np.uint8]
NETWORKS = tuple(shown_in("look_pixels"))
"""The one with four directions first."""


class EveryPixelStudio:
    """Both networks; ``load`` gives a model by name, ``at_work`` lets one request run at a time."""

    def __init__(self, load: Callable[[str], Any], at_work: Callable[[], AbstractContextManager[Turn]]) -> None:
        self._load, self._at_work = load, at_work

    def grown(self, scene: Pixels, network: str = NETWORKS[0], corners: Sequence[str] = CORNERS) -> Grown:
        """The map of a scene as it grows, with only the scans from these ``corners``; others are switched off.

        Corners from which the network has no scan are passed over.
        """
        x = picture(scene)
        wanted = {corner_of(corner) for corner in corners}
        with self._at_work():
            model = self._network(network)
            on = [direction in wanted for direction in range(directions_of(model))]
            return look_pixels.grown(model, x.to(device_of(model)), on)

    def heard(
        self, scene: Pixels, row: object, column: object, network: str = NETWORKS[0], corner: str | None = None
    ) -> Array:
        """How much each pixel matters (H, W) to what is said of the one at ``row`` and ``column``, from 0.

        With a ``corner``, only through the scan that begins there.
        """
        x = picture(scene)
        height, width = scene.shape
        at = whole(row, "The row", 0, height - 1), whole(column, "The column", 0, width - 1)
        direction = None if corner is None else corner_of(corner)
        with self._at_work():
            model = self._network(network)
            if direction is not None and direction >= directions_of(model):
                raise RequestError("This network has no scan from the {corner}.", corner=corner)
            found: Array = array(look_pixels.heard(model, x.to(device_of(model)), at[0], at[1], direction))
            return found

    def backwards(self, row: object, column: object, corner: str = CORNERS[0], seed: object = 1) -> Backwards:
        """The error of one cell of the layer of that seed on its way back (:data:`core.results.CELLS`)."""
        height, width = CELLS
        at = whole(row, "The row", 0, height - 1), whole(column, "The column", 0, width - 1)
        return look_pixels.backwards(*at, corner_of(corner), whole(seed, "The seed", 0, MAX_SEED))

    def _network(self, name: str) -> MDLSTM:
        if name not in NETWORKS:
            raise RequestError("There is no such network; there are {networks}.", networks=" and ".join(NETWORKS))
        model: MDLSTM = self._load(name)
        return model


def directions_of(model: MDLSTM) -> int:
    """How many scans cross the scene."""
    return 1 if model.config.causal else len(CORNERS)


def corner_of(name: object) -> int:
    """The direction that begins at a corner of that name."""
    if name not in CORNERS:
        named = dict(zip(("first", "second", "third", "fourth"), CORNERS, strict=True))
        raise RequestError("A scan begins at one of the corners: {first}, {second}, {third}, {fourth}.", **named)
    return CORNERS.index(str(name))


def picture(scene: Pixels) -> Tensor:
    """A scene from outside, (H, W) uint8 -> (1, 1, H, W) in [0, 1]."""
    fits = (
        scene.dtype == np.uint8
        and scene.ndim == 2
        and all(SMALLEST_SCENE <= side <= LARGEST_SCENE for side in scene.shape)
    )
    if not fits:
        raise RequestError(
            "A scene is a grey picture of {smallest_scene} to {largest_scene} pixels a side.",
            smallest_scene=SMALLEST_SCENE,
            largest_scene=LARGEST_SCENE,
        )
    return torch.from_numpy(scene.astype(np.float32) / 255)[None, None]
