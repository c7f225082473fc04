"""What a pixel model sees, and what it must not see: pictures to point at, the values of the lens widget.

Shapes: ``H`` × ``W`` pixels. A pixel's rank says when it is visited; those of a smaller rank are its past. NumPy only:
the numbers come from :mod:`core.studies.pixel_lens` by way of the studio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NotRequired, TypedDict
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from core.results import MOVED
from core.trace import Array
from core.training.registry import FIRST, REGISTRY
from viz.language import say, say_count
from viz.player.payload import encode
from viz.player.words import counted

SEEN, UNSEEN, FUTURE, LEAK, PLAIN = range(5)
"""How the widget draws a pixel: by its heat, crossed out, hatched, as an alarm, or simply as the picture has it."""

DECADES = 4
"""The logarithmic scale of the heat: from the strongest pixel down to a ten-thousandth of it."""
FAINTEST = 60
"""The heat, of 255, of whatever is seen at all: to be told from the black of what is not."""

BROKEN = FIRST["pixel"]
"""The model whose mask can be broken on purpose; the one that is shown large at first."""


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

    ``eager``: the widget asks for missing views unasked. ``choose``: the view to be shown large at first. ``broken``:
    :data:`BROKEN` answered with a mask that is wrong. ``whose``: the training whose model is among them. ``own``: the
    picture is not the page's digit, and a value with several views is another picture.
    """

    id: str
    height: int
    width: int
    pixels: str
    row: int
    column: int
    eager: bool
    choose: str | None
    broken: bool
    whose: str
    views: list[View]
    own: NotRequired[bool]


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
    html = _seen(name, title, before, sees, far)
    return Answer(say("{sees} of {before}", sees=sees, before=before), html, heat, kind.astype(np.uint8))


def _seen(name: str, title: str, before: int, sees: int, far: bool) -> str:
    sight = REGISTRY[name].sight
    if before == 0:
        return say("<b>{title}</b> visits this pixel first of all: there is nothing to see yet.", title=title)
    pixels = say("the one pixel") if before == 1 else say("all {before} pixels", before=before)
    if sees == before:
        return say(
            "<b>{title}</b> sees {pixels} painted before this one. {why}",
            title=title,
            pixels=pixels,
            why=say(sight.why),
        )
    missed = before - sees
    where = say(sight.one if missed == 1 else sight.many) + (say(sight.far) if far and sight.far else "")
    pixels = counted(before, "pixel")
    return say(
        "<b>{title}</b> sees <b>{sees}</b> of the {pixels} before it; <b>{missed}</b> {where}. {why}",
        title=title,
        sees=sees,
        pixels=pixels,
        missed=missed,
        where=where,
        why=say(sight.why),
    )


def leak_answer(title: str, change: Array, ranks: NDArray[np.int64], row: int, column: int) -> Answer:
    """What moved when a pixel was turned over, drawn and said: ``change`` (H, W) of the logits."""
    moved, past = change > MOVED, ranks <= ranks[row, column]
    early, before = int((moved & past).sum()), int(past.sum())
    late = int(moved.sum()) - early
    kind = np.where(past, np.where(moved, LEAK, PLAIN), SEEN).astype(np.uint8)
    heat = log_heat(np.where(moved & ~past, change, 0))
    after = (
        say_count("{n} later logit moved, as it may.", "{n} later logits moved, as they may.", late)
        if late
        else say("Nothing that comes later moved either.")
    )
    if not early:
        said = say(
            "<b>{title}</b>: <b>nothing before it moved</b>, 0 of {before} logits, its own among them. {after}",
            title=title,
            before=before,
            after=after,
        )
        return Answer(say("✓ 0 of {before}", before=before), said, heat, kind)
    own = (
        say("its own logit moved")
        if moved[row, column]
        else say("{counted} of its past moved", counted=counted(early, "logit"))
    )
    said = say(
        "<b>Caught.</b> <b>{title}</b>: {own}, {early} of {before}. A network that sees the pixel it is to "
        "predict would learn to copy it, and its likelihood would be a lie. {after}",
        title=title,
        own=own,
        early=early,
        before=before,
        after=after,
    )
    return Answer(say("✗ {early} of {before}", early=early, before=before), said, heat, kind, alarm=True)


def trouble(title: str, sentence: str) -> Answer:
    """A model that cannot answer, with the sentence that says why."""
    return Answer(say("no answer"), say("<b>{title}</b> gave no answer. {sentence}", title=title, sentence=sentence))


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
    broken: bool = False,
    whose: str = "",
) -> Board:
    """The widget's value: a view for each of ``titles``, empty with ``hint`` where there is no answer yet.

    ``whose`` is the training whose model is among them.
    """
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
        "broken": broken,
        "whose": whose,
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
