"""The value of the aim widget: a picture and the one window on it that a person may grab.

Everything is in the coordinates of :mod:`core.trace`: pixels, origin at the top left corner, the first pixel's centre
at 0.5. A window is [x, y, size], its centre and its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict
from uuid import uuid4

import numpy as np

from core.trace import Array
from viz.player.payload import encode, finite, pixels

Kind = Literal["read", "write", "glimpse"]
Box = Sequence[float]
"""[x, y, size] of a window, px."""


class Aim(TypedDict):
    """``data`` uint8 (H, W, C); ``box`` is the window to grab, or None; ``ghosts`` are others, drawn thin.

    ``names`` are the ghosts' labels, else they are numbered from 1. ``filters`` N draws N × N filter centres as dots;
    ``spread`` is the distance from the first to the last of a row as a share of the box's side, (N − 1) / N unless
    given. The window's side stays within ``smallest`` and ``largest``.
    """

    id: str
    height: int
    width: int
    channels: int
    data: str
    kind: Kind
    box: list[float] | None
    ghosts: list[list[float]]
    names: NotRequired[list[str]]
    smallest: float
    largest: float
    filters: int
    spread: NotRequired[float]


def aim(
    picture: Array,
    kind: Kind,
    box: Box | None,
    *,
    ghosts: Sequence[Box] = (),
    names: Sequence[str] | None = None,
    smallest: float,
    largest: float,
    filters: int = 0,
    spread: float | None = None,
    nonce: str | None = None,
) -> Aim:
    """A window over ``picture`` (C, H, W) in [0, 1]; raises ``ValueError`` where a number is not finite."""
    channels, height, width = picture.shape
    if channels not in (1, 3):
        raise ValueError("A picture needs one channel or three.")
    if names is not None and len(names) != len(ghosts):
        raise ValueError(f"There are {len(ghosts)} other windows but {len(names)} names.")
    value: Aim = {
        "id": nonce or uuid4().hex,
        "height": height,
        "width": width,
        "channels": channels,
        "data": encode(pixels(picture).transpose(1, 2, 0), np.uint8),
        "kind": kind,
        "box": None if box is None else _box(box),
        "ghosts": [_box(ghost) for ghost in ghosts],
        "smallest": smallest,
        "largest": largest,
        "filters": filters,
    }
    if names is not None:
        value["names"] = list(names)
    if spread is not None:
        value["spread"] = spread
    return value


def _box(values: Box) -> list[float]:
    x, y, size = (round(float(number), 3) for number in finite(values, "A window"))
    return [x, y, size]
