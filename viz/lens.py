"""What a pixel model sees, and what it must not see: pictures to point at, the values of the lens widget.

Shapes: ``H`` × ``W`` pixels. A pixel's rank says when it is visited; those of a smaller rank are its past. NumPy only:
the numbers come from :mod:`core.instruments` by way of the studio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NotRequired, TypedDict
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from core.trace import Array
from viz.payload import encode
from viz.words import counted

SEEN, UNSEEN, FUTURE, LEAK, PLAIN = range(5)
"""How the widget draws a pixel: by its heat, crossed out, hatched, as an alarm, or simply as the picture has it."""

DECADES = 4
"""The logarithmic scale of the heat: from the strongest pixel down to a ten-thousandth of it."""
FAINTEST = 60
"""The heat, of 255, of whatever is seen at all: to be told from the black of what is not."""
MOVED = 1e-6
"""A logit has moved if it changed by more than this, as in :mod:`core.instruments`."""

BROKEN = "pixelcnn-mnist"
"""The model whose mask can be broken on purpose."""


class Sight(NamedTuple):
    """How a model's field is explained: where its unseen pixels lie, for one and for many, and why.

    ``far`` is added where some of them lie further away than any layer reaches.
    """

    one: str
    many: str
    why: str
    far: str = ""


SIGHTS = {
    "mcgsm-mnist": Sight(
        "lies outside its neighbourhood",
        "lie outside its neighbourhood",
        "The neighbourhood is a fixed window, five rows up and five pixels to either side, and there is no depth to "
        "widen it.",
    ),
    "spatial-lstm-mnist": Sight(
        "lies in its blind spot",
        "lie in its blind spot",
        "Its memory comes from above and from the left; to the right it sees no further than the five pixels of its "
        "neighbourhood.",
    ),
    "pixelcnn-mnist": Sight(
        "lies in its blind spot",
        "lie in its blind spot",
        "More layers reach further up and to the left. But no stack of 3×3 masks can look up to the right by more than "
        "one pixel a row: that wedge is the <b>blind spot</b>, and depth does not cure it.",
        " or beyond its depth",
    ),
    "row-lstm-mnist": Sight(
        "lies outside its triangle",
        "lie outside its triangle",
        "With every row its state hears one pixel more to either side: a triangle. What else it knows of the left, the "
        "convolutions bring.",
    ),
    "diagonal-bilstm-mnist": Sight(
        "slips by",
        "slip by",
        "Two passes along the diagonals reach the whole past, however far. Only the last pixel of the row above may "
        "slip by: the pass from the right is moved down a row, and its first layer hides the pixel it stands on.",
    ),
    "multiscale-mnist": Sight(
        "stays out of its sight",
        "stay out of its sight",
        "Its past is not what stands above: coarser pixels come first, on all sides, and the finer ones between them "
        "come later.",
    ),
    "gated-pixelcnn-mnist": Sight(
        "lies beyond its depth, none in a blind spot",
        "lie beyond its depth, none in a blind spot",
        "The vertical stack sees a full rectangle above, so nothing within reach is hidden; every layer more makes the "
        "rectangle wider.",
    ),
}


class View(TypedDict):
    """One model's answer. ``heat`` (H, W) 0–255 and ``kind`` (H, W) as base64; without them it is yet to be asked for.

    ``count`` stands below the small picture, ``html`` beside the large one; ``alarm`` sets both in the alarm's colour.
    """

    key: str
    title: str
    count: str
    html: str
    alarm: bool
    heat: NotRequired[str]
    kind: NotRequired[str]


class Board(TypedDict):
    """The value of the lens widget: a picture (H, W) of 0 and 255, the pixel in question and what each model says.

    ``eager``: the widget asks for missing views by itself. ``choose``: the view to be shown large, if it changes.
    """

    id: str
    height: int
    width: int
    pixels: str
    row: int
    column: int
    eager: bool
    choose: str | None
    views: list[View]


class Answer(NamedTuple):
    """What is known of one model for one pixel: the drawing of every pixel, and the words."""

    label: str
    html: str
    heat: NDArray[np.uint8] | None = None
    kind: NDArray[np.uint8] | None = None
    alarm: bool = False


def log_heat(strength: Array) -> NDArray[np.uint8]:
    """(H, W) ≥ 0 -> 0–255, logarithmic over :data:`DECADES` below the largest; exactly 0 where the strength is."""
    most = float(strength.max())
    if not np.isfinite(strength).all():
        raise ValueError("The instrument holds numbers that are not finite.")
    if most == 0:
        return np.zeros(strength.shape, np.uint8)
    with np.errstate(divide="ignore"):
        share = 1 + np.log10(strength.astype(np.float64) / most) / DECADES
    heat = np.rint(FAINTEST + (255 - FAINTEST) * np.clip(share, 0, 1))
    return np.where(strength > 0, heat, 0).astype(np.uint8)


def field_answer(name: str, title: str, field: Array, ranks: NDArray[np.int64], row: int, column: int) -> Answer:
    """The receptive field of one pixel, drawn and said: ``field`` (H, W) is zero where the model cannot see."""
    past = ranks < ranks[row, column]
    seen = past & (field > 0)
    before, sees = int(past.sum()), int(seen.sum())
    # No layer reaches as far as a row, or the left edge, of which nothing is seen.
    far = bool((past.any(1) & ~seen.any(1)).any() or (past[:, 0].any() and not seen[:, 0].any()))
    kind = np.where(seen, SEEN, np.where(past, UNSEEN, FUTURE))
    kind[row, column] = SEEN
    heat = log_heat(np.where(seen, field, 0))
    html = _seen(SIGHTS[name], title, before, sees, far)
    return Answer(f"{sees} of {before}", html, heat, kind.astype(np.uint8))


def _seen(sight: Sight, title: str, before: int, sees: int, far: bool) -> str:
    if before == 0:
        return f"<b>{title}</b> visits this pixel first of all: there is nothing to see yet."
    pixels = "the one pixel" if before == 1 else f"all {before} pixels"
    if sees == before:
        return f"<b>{title}</b> sees {pixels} painted before this one. {sight.why}"
    missed = before - sees
    where = (sight.one if missed == 1 else sight.many) + (sight.far if far else "")
    pixels = counted(before, "pixel")
    return f"<b>{title}</b> sees <b>{sees}</b> of the {pixels} before it; <b>{missed}</b> {where}. {sight.why}"


def leak_answer(title: str, change: Array, ranks: NDArray[np.int64], row: int, column: int) -> Answer:
    """What moved when a pixel was turned over, drawn and said: ``change`` (H, W) of the logits."""
    moved, past = change > MOVED, ranks <= ranks[row, column]
    early, before = int((moved & past).sum()), int(past.sum())
    late = int(moved.sum()) - early
    kind = np.where(past, np.where(moved, LEAK, PLAIN), SEEN).astype(np.uint8)
    heat = log_heat(np.where(moved & ~past, change, 0))
    may = "it" if late == 1 else "they"
    after = f"{counted(late, 'later logit')} moved, as {may} may." if late else "Nothing that comes later moved either."
    if not early:
        said = f"<b>{title}</b>: <b>nothing before it moved</b>, 0 of {before} logits, its own among them. {after}"
        return Answer(f"✓ 0 of {before}", said, heat, kind)
    own = "its own logit moved" if moved[row, column] else f"{counted(early, 'logit')} of its past moved"
    said = (
        f"<b>Caught.</b> <b>{title}</b>: {own}, {early} of {before}. A network that sees the pixel it is to predict "
        f"would learn to copy it, and its likelihood would be a lie. {after}"
    )
    return Answer(f"✗ {early} of {before}", said, heat, kind, alarm=True)


def trouble(title: str, sentence: str) -> Answer:
    """A model that cannot answer, with the sentence that says why."""
    return Answer("no answer", f"<b>{title}</b> gave no answer. {sentence}")


def board(
    pixels: NDArray[np.uint8],
    row: int,
    column: int,
    titles: Mapping[str, str],
    answers: Mapping[str, Answer],
    *,
    eager: bool = True,
    hint: str = "",
    choose: str | None = None,
) -> Board:
    """The widget's value: a view for each of ``titles``, empty with ``hint`` where there is no answer yet."""
    height, width = pixels.shape
    return {
        "id": uuid4().hex,
        "height": height,
        "width": width,
        "pixels": encode(pixels, np.uint8),
        "row": row,
        "column": column,
        "eager": eager,
        "choose": choose,
        "views": [_view(key, title, answers.get(key), hint, pixels) for key, title in titles.items()],
    }


def _view(key: str, title: str, answer: Answer | None, hint: str, pixels: NDArray[np.uint8]) -> View:
    if answer is None:
        return {"key": key, "title": title, "count": "", "html": hint, "alarm": False}
    plain = np.full(pixels.shape, PLAIN, np.uint8)
    return {
        "key": key,
        "title": title,
        "count": answer.label,
        "html": answer.html,
        "alarm": answer.alarm,
        "heat": encode(np.zeros_like(plain) if answer.heat is None else answer.heat, np.uint8),
        "kind": encode(plain if answer.kind is None else answer.kind, np.uint8),
    }
