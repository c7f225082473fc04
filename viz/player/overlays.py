"""What is drawn over and instead of pixels: windows, hatching, colour ramps. The player draws the same in the browser.

Colours are RGB uint8. Pictures are (h, w, 3) in screen pixels, ``scale`` of them to a picture pixel. Lines have hard
edges, since a blurred line would claim more pixels than its window has and would need more colours in a GIF.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

COLOURS = {
    "read": "#2b8cc4",
    "write": "#d55e00",
    "vae": "#009e73",
    "pixel": "#5b5bd6",
    "glimpse": "#b0448f",
    "plain": "#9a9ea9",
    "row": "#5b5bd6",
}
"""A colour for every room and every kind of mark; one colour, one meaning."""

STAGE = "#101216"
GAP = "#2b2f38"
"""Between pictures: told from the stage and from white paper alike."""

CURSOR = "#ece9e2"
"""The present on a time line, and the picture of a grid that the line is about."""
FUTURE = 0.27
"""How strong the bars of the future are on a time line."""

RAMP_TURN = 150 / 255
"""The value at which a heat map has the room's own colour; black stage below it, nearly white above."""

DASHES: dict[str, tuple[int, ...]] = {"read": (), "pixel": (), "write": (7, 4), "row": (2, 3), "glimpse": (9, 3, 2, 3)}
"""Lengths on, off, … in px; empty: solid. So colour is not the only carrier."""

HATCH_PERIOD = 6
"""Distance of the diagonal lines over hidden pixels, in px along a row."""


def rgb(colour: str) -> Colour:
    """``#rrggbb`` -> three numbers."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def mix(low: str, high: str, share: float) -> Colour:
    """``share`` of ``high`` in ``low``."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(rgb(low), rgb(high), strict=True))
    return red, green, blue


def grey_table() -> Picture:
    """(256, 3): the grey of each value."""
    return np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)


def ramp_stops(room: str) -> tuple[tuple[float, Colour], ...]:
    """A heat map's values in [0, 1] and their colours; between them it is linear."""
    colour = COLOURS[room]
    return (0.0, rgb(STAGE)), (RAMP_TURN, rgb(colour)), (1.0, mix(colour, "#ffffff", 0.9))


def ramp_table(room: str) -> Picture:
    """(256, 3): the heat map colour of each value."""
    values, colours = zip(*ramp_stops(room), strict=True)
    share = np.linspace(0, 1, 256)
    return np.rint([np.interp(share, values, channel) for channel in np.array(colours).T]).T.astype(np.uint8)


def hatch_colours(room: str) -> tuple[Colour, Colour]:
    """Ground and line of the hatching that stands for hidden pixels."""
    return mix(STAGE, COLOURS[room], 0.13), mix(STAGE, COLOURS[room], 0.55)


@lru_cache(maxsize=16)
def hatching(height: int, width: int, room: str) -> Picture:
    """(height, width, 3): fine diagonal lines, rising to the right. Read-only, since it is kept."""
    ground, line = hatch_colours(room)
    on_line = np.add.outer(np.arange(height), np.arange(width)) % HATCH_PERIOD == 0
    tile = np.where(on_line[..., None], np.array(line, np.uint8), np.array(ground, np.uint8))
    tile.setflags(write=False)
    return tile


MOST_POINTS = 4096
"""Points along a straight part of a path: more than a screen is wide."""


@dataclass(frozen=True)
class Box:
    """Edges in screen pixels and the width of the line that is centred on them."""

    left: float
    top: float
    right: float
    bottom: float
    line: int


def shrinkage(side: int) -> float:
    """How much thinner than on a large picture the lines are on one of ``side`` screen pixels."""
    return min(max(side / 200, 0.5), 1)


def box(mark: NDArray[np.float32], scale: int, side: int) -> Box | None:
    """A mark (x, y, width, height, precision) in picture pixels, on a picture ``side`` screen pixels wide.

    A precise window has a bold line: 1 + 3 · min(precision / 2, 1) px on a large picture. One with a hard border
    stands outside its pixels, to cover none of them. ``None`` for a mark that is not there (NaN).
    """
    x, y, width, height, precision = (float(number) for number in mark)
    if math.isnan(x):
        return None
    line = max(1, round((1 + 3 * min(max(precision / 2, 0), 1)) * shrinkage(side)))
    out = line / 2 if precision == math.inf else 0
    left, right = (x - width / 2) * scale - out, (x + width / 2) * scale + out
    top, bottom = (y - height / 2) * scale - out, (y + height / 2) * scale + out
    return Box(left, top, right, bottom, line)


def draw_mark(picture: Picture, mark: NDArray[np.float32], kind: str, scale: int) -> None:
    """Draw a mark into ``picture``; what lies outside is cut off. A dark rim sets it off against ink."""
    side = picture.shape[1]
    window = box(mark, scale, side)
    if window is None:
        return
    rim = round(0.75 * shrinkage(side))
    if rim:
        draw_box(picture, replace(window, line=window.line + 2 * rim), rgb(STAGE))
    dash = tuple(round(length * max(shrinkage(side), 0.7)) for length in DASHES[kind])
    draw_box(picture, window, rgb(COLOURS[kind]), dash)


def draw_path(picture: Picture, centres: NDArray[np.float32], kind: str, scale: int) -> None:
    """Join centres (k, 2), x and y in picture pixels, by a line with a dot at each; those that are NaN are left out."""
    points = centres[np.isfinite(centres).all(1)] * scale
    line = max(1, round(1.5 * shrinkage(picture.shape[1])))
    for rim, colour in ((1, rgb(STAGE)), (0, rgb(COLOURS[kind]))):
        for start, end in pairwise(points):
            length = min(int(np.abs(end - start).max()), MOST_POINTS)
            _dab(picture, np.linspace(start, end, length + 2), line + 2 * rim, colour)
        _dab(picture, points, 3 * line + 2 * rim, colour)


def _dab(picture: Picture, points: NDArray[np.floating], side: int, colour: Colour) -> None:
    """Set a square of ``side`` pixels down at points (m, 2), x and y in screen pixels."""
    height, width = picture.shape[:2]
    corners = np.rint(points.clip(-side, max(height, width) + side) - side / 2).astype(int)
    for right, down in np.ndindex(side, side):
        columns, rows = corners[:, 0] + right, corners[:, 1] + down
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        picture[rows[inside], columns[inside]] = colour


def draw_box(picture: Picture, window: Box, colour: Colour, dash: tuple[int, ...] = ()) -> None:
    """Draw an outline into ``picture``; each side begins with a dash at its left or top end.

    ``dash`` holds lengths on, off, … in screen pixels.
    """
    half = window.line / 2
    left, top, right, bottom = (round(edge - half) for edge in (window.left, window.top, window.right, window.bottom))
    for row in (top, bottom):
        _line(picture, row, (left, right + window.line), window.line, colour, dash)
    for column in (left, right):
        _line(picture.swapaxes(0, 1), column, (top, bottom + window.line), window.line, colour, dash)


def _line(
    picture: Picture, row: int, span: tuple[int, int], thickness: int, colour: Colour, dash: tuple[int, ...]
) -> None:
    """A horizontal line over the rows from ``row`` on and a span of columns, in a view of the picture."""
    start, stop = span
    columns = np.arange(max(start, 0), min(stop, picture.shape[1]))
    if dash:
        cycle = np.concatenate([np.full(length, i % 2 == 0) for i, length in enumerate(dash)])
        columns = columns[cycle[(columns - start) % len(cycle)]]
    picture[max(row, 0) : max(row + thickness, 0), columns] = colour
