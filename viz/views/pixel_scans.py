"""In what order pixel models visit a picture, as films for the player: rows, diagonals, coarse to fine.

van den Oord et al. 2016, "Pixel Recurrent Neural Networks", figures 2, 3 and 4 and section 3.5. Nothing is learned
here: the films show which states are computed at once and which states they hear from.

Shapes: ``T`` steps, ``H`` × ``W`` pixels. On the ramp of the room the past is dark, what is heard from has the room's
colour, and what is computed now is light.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.trace import Array
from viz.language import say
from viz.player import payload
from viz.player.payload import NEVER, Note, Panel, Player, Value, Words, encode
from viz.player.words import counted, for_each

PAPER, INK, HEARD, NOW_PAPER, NOW_INK = 0.13, 0.36, 0.6, 0.82, 1.0
"""Places on the ramp: past paper and ink, what is heard from, and paper and ink that are computed now."""

Mask = NDArray[np.bool_]


class Film(NamedTuple):
    """A panel in the making, (T, H, W) each: which pixels are computed now, heard from, and visited by then."""

    now: Mask
    heard: Mask
    visited: Mask


class Place(NamedTuple):
    """A box for a mark: its first row and column and its size; ``None`` stands for no mark at a step."""

    row: int
    column: int
    height: int
    width: int


def row_scan(picture: NDArray[np.uint8]) -> Player:
    """Row LSTM: every state of a row at once, each hearing three states of the row above; right, its triangle."""
    height, width = picture.shape
    column = width // 2
    rows = np.arange(height)
    now = np.broadcast_to((rows[:, None] == rows)[..., None], (height, height, width))
    near = np.abs(np.arange(width) - column) <= 1
    heard = np.zeros_like(now)
    heard[1:] = now[:-1] & near
    triangle = np.zeros_like(now)
    for row in range(height):
        triangle[row] = _triangle(height, width, row, column)
    marks, visited = [Place(row, column, 1, 1) for row in range(height)], since(now)
    panels = [
        _panel(say("The picture"), picture, Film(now, heard, visited)),
        _panel(say("What has reached the state"), picture, Film(now & triangle, triangle & ~now, visited)),
    ]
    count = np.full(height, width)
    reached = triangle.sum((1, 2))
    said = say(
        "<b class='pixel'>[[states]]</b> computed at once in this row. The marked one hears its own pixel and "
        "the one to its left, and the three states above it. Through them, <b>[[reached]]</b> reached it so far: a "
        "triangle."
    )
    heard_of = for_each(reached, lambda count: counted(count, "pixel"))
    return _film(panels, [marks, marks], say("row [[step]] of [[steps]]"), said, _states(count) | {"reached": heard_of})


def _triangle(height: int, width: int, row: int, column: int) -> Mask:
    """(H, W): pixels that reach a state of Row LSTM: in each row its states' own pixels and one more to the left."""
    up = row - np.arange(height)[:, None]
    across = np.arange(width) - column
    reaches: Mask = (up >= 0) & (across >= -up - 1) & (across <= up)
    return reaches


def diagonal_scan(picture: NDArray[np.uint8]) -> Player:
    """The left pass of Diagonal BiLSTM: a diagonal of the picture is a column of the skewed canvas (figure 3)."""
    height, width = picture.shape
    diagonal = np.add.outer(np.arange(height), np.arange(width))
    steps = height + width - 1
    now = diagonal == np.arange(steps)[:, None, None]
    rows = [_middle_row(step, height, width) for step in range(steps)]
    marked = [Place(row, step - row, 1, 1) for step, row in enumerate(rows)]
    heard = _heard_diagonally(now, rows, -1)
    film = Film(now, heard, since(now))
    panels = [
        _panel(say("The picture"), picture, film),
        _panel(say("The skewed canvas"), skew(picture), _skewed(film), skew(np.ones_like(picture))),
    ]
    skewed = [Place(row, step, 1, 1) for step, row in enumerate(rows)]
    said = say(
        "<b class='pixel'>[[states]]</b> computed at once on this diagonal. Each hears the state to its left "
        "and the state above it. With every row moved one step further to the right, these two stand in the <b>column "
        "before</b>, so that the whole diagonal is one small convolution."
    )
    return _film(panels, [marked, skewed], say("diagonal [[step]] of [[steps]]"), said, _states(now.sum((1, 2))))


def mirrored_scan(picture: NDArray[np.uint8]) -> Player:
    """The right pass: from the upper right corner, and then moved down by one row so that nothing leaks."""
    height, width = picture.shape
    diagonal = np.add.outer(np.arange(height), np.arange(width)[::-1])
    steps = height + width - 1
    now = diagonal == np.arange(steps)[:, None, None]
    rows = [_middle_row(step, height, width) for step in range(steps)]
    columns = [width - 1 - (step - row) for step, row in enumerate(rows)]
    moved = np.zeros_like(now)
    moved[:, 1:] = now[:, :-1]
    there = np.ones(picture.shape, bool)
    there[0] = False
    lower = np.zeros_like(picture)
    lower[1:] = picture[:-1]
    panels = [
        _panel(say("The picture"), picture, Film(now, _heard_diagonally(now, rows, 1), since(now))),
        _panel(say("Moved down by one row"), lower, Film(moved, np.zeros_like(moved), since(moved)), there),
    ]
    first = [Place(row, column, 1, 1) for row, column in zip(rows, columns, strict=True)]
    second = [
        Place(row + 1, column, 1, 1) if row + 1 < height else None for row, column in zip(rows, columns, strict=True)
    ]
    said = say(
        "Now from the right. <b class='pixel'>[[states]]</b> computed at once on this diagonal. Each hears the "
        "state to its right, and that pixel is painted later. So the whole map is <b>moved down by one row</b> before "
        "it is added to the left pass: a pixel then hears only of rows above its own."
    )
    return _film(panels, [first, second], say("diagonal [[step]] of [[steps]]"), said, _states(now.sum((1, 2))))


def pyramid_scan(picture: NDArray[np.uint8], scales: int = 3) -> Player:
    """Multi-Scale: a small picture first, then the pixels between its pixels; left where they stand, right their look.

    The side of ``picture`` must be a multiple of 2 ** (``scales`` − 1). A step is a row of a scale.
    """
    side = len(picture)
    strides = [1 << index for index in reversed(range(scales))]
    if side % strides[0] or picture.shape[0] != picture.shape[1]:
        raise ValueError(f"The side of the picture must be a multiple of {strides[0]}.")
    seen = np.zeros(picture.shape, bool)
    now, looks, stride_of = [], [], []
    for stride in strides:
        for row in range(0, side, stride):
            new = np.zeros_like(seen)
            new[row, ::stride] = ~seen[row, ::stride]
            seen |= new
            now.append(new)
            looks.append(_look(picture, seen, strides))
            stride_of.append(stride)
    new, look = np.array(now), np.array(looks)
    panels = [
        _panel(say("The pixels"), picture, Film(new, np.zeros_like(new), since(new))),
        _blocks(say("What they look like"), look),
    ]
    marks = [Place(int(rows[0]), 0, 1, side) if len(rows := np.flatnonzero(n.any(1))) else None for n in new]
    small = np.array([side // stride for stride in stride_of])
    said = say(
        "Now the picture of <b>[[small]]×[[small]]</b> pixels; this row has <b class='pixel'>[[fresh]]</b>. Each may "
        "hear the coarser pixels, which stand already on all sides: below and to the right, too."
    )
    fresh = for_each(new.sum((1, 2)), lambda count: counted(count, "new pixel"))
    return _film(
        panels, [marks, None], say("row [[step]] of [[steps]]"), said, {"small": _number(small), "fresh": fresh}
    )


def since(now: Mask) -> Mask:
    """(T, H, W): the pixels that have been computed by each step."""
    visited: Mask = np.logical_or.accumulate(now)
    return visited


def skew(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """(H, W) -> (H, W + H − 1): each row one step further to the right than the row above, 0 where nothing is."""
    height, width = values.shape
    wide = np.zeros((height, width + height - 1), values.dtype)
    for row in range(height):
        wide[row, row : row + width] = values[row]
    return wide


def _skewed(film: Film) -> Film:
    return Film(*(np.array([skew(mask) for mask in masks]) for masks in film))


def _middle_row(step: int, height: int, width: int) -> int:
    """The row of the state that is marked: the middle of the diagonal."""
    first, last = max(0, step - width + 1), min(height - 1, step)
    return (first + last + 1) // 2


def _heard_diagonally(now: Mask, rows: list[int], side: int) -> Mask:
    """(T, H, W): the states of the diagonal before which the marked one hears, above and to one ``side`` (±1)."""
    heard = np.zeros_like(now)
    for step, row in enumerate(rows):
        (column,) = np.flatnonzero(now[step, row])
        if row:
            heard[step, row - 1, column] = True
        if 0 <= column + side < now.shape[2]:
            heard[step, row, column + side] = True
    return heard


def _look(picture: NDArray[np.uint8], seen: Mask, strides: list[int]) -> Array:
    """(H, W) in [0, 1]: every pixel that is not there yet looks like the nearest one to its upper left that is."""
    look = np.zeros(picture.shape, np.float32)
    for stride in strides:
        at = (slice(None, None, stride), slice(None, None, stride))
        there = np.kron(seen[at], np.ones((stride, stride), bool))
        look[there] = np.kron(picture[at], np.ones((stride, stride), np.uint8))[there] / 255
    return look


def _panel(title: str, picture: NDArray[np.generic], film: Film, there: NDArray[np.generic] | None = None) -> Panel:
    """One picture on the ramp; what is not visited yet is hidden, and black where there is no pixel at all."""
    ink = picture.astype(bool)
    now, heard, visited = film
    values = np.where(ink, INK, PAPER) * np.ones(now.shape, np.float32)
    values[heard] = HEARD
    values[now] = np.where(ink, NOW_INK, NOW_PAPER)[None].repeat(len(now), 0)[now]
    reveal = np.where(visited.any(0), visited.argmax(0), NEVER)
    if there is not None:
        values[:, ~there.astype(bool)] = 0
        reveal = np.where(there, reveal, 0)
    panel = payload.panel(title, "pixel", values[:, None, None].astype(np.float32))
    panel |= {"map": "room", "reveal": encode(reveal[None], np.uint16)}
    return panel


def _blocks(title: str, look: Array) -> Panel:
    return payload.panel(title, "plain", look[:, None, None])


def _film(
    panels: list[Panel],
    marks: list[list[Place] | list[Place | None] | None],
    moment: str,
    said: str,
    values: dict[str, Value | Words],
) -> Player:
    """The payload: a mark on each panel and a sentence with numbers, one of each for a step."""
    film = payload.player(panels)
    note: Note = {
        "title": payload.capital(moment),
        "html": said,
        "rows": [],
        "values": values,
        "patches": [],
    }
    tracks = [payload.track(_boxes(places), "pixel", index) for index, places in enumerate(marks) if places]
    return {**film, "fps": max(4.0, film["steps"] / 7), "marks": tracks, "moment": moment, "note": note}


def _states(count: NDArray[np.int64]) -> dict[str, Value | Words]:
    """How many states are computed at a step, (T,), as the start of a sentence."""
    return {
        "states": for_each(
            count, lambda n: say("The only state is") if n == 1 else say("All {states} are", states=counted(n, "state"))
        ),
    }


def _number(series: NDArray[np.int64]) -> Value:
    return payload.value(series[:, None].astype(np.float32), 0)


def _boxes(places: list[Place] | list[Place | None]) -> Array:
    """(T, 1, 5): centre, size and a hard border for each step, NaN where there is no mark."""
    boxes = np.full((len(places), 1, 5), np.nan, np.float32)
    for step, place in enumerate(places):
        if place is not None:
            row, column, height, width = place
            boxes[step, 0] = (column + width / 2, row + height / 2, width, height, np.inf)
    return boxes
