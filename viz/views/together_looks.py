"""The game of eight looks: what a person has seen of a scene, and in the end what the network saw and said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.results import GLIMPSES, Glimpsed
from core.results import LOOKS_SIDE as SIDE
from core.trace import Array, CanvasTrace
from viz.language import say
from viz.player import bundle, frames, payload, words
from viz.player.payload import Again, Player
from viz.views import aim
from viz.views.look_path import names, thoughts

FILTERS = 12
FIRST_WINDOW = (30.0, 30.0, 30.0)
"""x, y and side of the window that lies there at first, px."""
SMALLEST, LARGEST = 6.0, 90.0
UNSEEN = 0.16
"""The grey of what nobody has looked at: neither ink nor paper."""


def board(trace: CanvasTrace | None, box: Sequence[float] = FIRST_WINDOW) -> aim.Aim:
    """The scene as far as it was seen, with the window in hand and the earlier ones thin."""
    boxes = [] if trace is None else frames.mark_boxes(trace, "glimpse")[:, 0, :3].tolist()
    seen = np.full((1, SIDE, SIDE), UNSEEN, np.float32) if trace is None else remembered(trace)
    limits = {"smallest": SMALLEST, "largest": LARGEST, "filters": FILTERS}
    return aim.aim(seen, "glimpse", box, ghosts=boxes, names=[str(i + 1) for i in range(len(boxes))], **limits)  # type: ignore[arg-type]


def remembered(trace: CanvasTrace) -> Array:
    """(1, S, S): the patches where they were read, the smallest window on top, since it is the sharpest."""
    boxes, patches = frames.mark_boxes(trace, "glimpse")[:, 0], frames.unit_patches(trace, "glimpse")[:, 0, 0]
    seen = np.full((1, SIDE, SIDE), UNSEEN, np.float32)
    places = np.arange(SIDE) + 0.5
    for k in np.argsort(-boxes[:, 2], kind="stable"):
        x, y, size = boxes[k, :3]
        row, column = (np.floor((places - middle + size / 2) / size * FILTERS).astype(int) for middle in (y, x))
        down, across = (np.flatnonzero((each >= 0) & (each < FILTERS)) for each in (row, column))
        seen[0, down[:, None], across] = patches[k][row[down][:, None], column[across]].clip(0, 1)
    return seen


def outcome(found: Glimpsed) -> Player:
    """Both ways over the scene, side by side, glimpse by glimpse."""
    scene = found.its.subject
    assert scene is not None
    panels = [
        payload.panel(title, "glimpse", scene[None]) for title in (say("Where you looked"), say("Where it looked"))
    ]
    marks = []
    for place, trace in enumerate((found.yours, found.its)):
        boxes = frames.mark_boxes(trace, "glimpse")
        stays = np.concatenate([boxes, boxes[-1:].repeat(GLIMPSES - len(boxes), 0)])
        marks.append({**payload.track(stays, "glimpse", place), "path": True})
    sure = 100 * thoughts(found.its).p.max(-1)
    cost = {**payload.cost(say("how sure it was after each of its glimpses, %"), "%", sure), "most": 100.0}
    value = payload.player(panels, columns=1, autoplay=False)
    moment = say("glimpse [[step]] of [[steps]]")
    return {**value, "steps": GLIMPSES, "fps": 1.5, "marks": marks, "cost": cost, "moment": moment, "film": False}  # type: ignore[typeddict-item]


def again(number: int, boxes: Sequence[Sequence[float]], named: int) -> Again:
    """How a round comes again; what is compared is its scene, which both looked at."""
    call = f"outcome({number}, {[list(box) for box in boxes]}, {named})"
    return bundle.again("glimpse-cluttered", call, last="trace.its.subject", panel=1, studio="looking")


def verdict(found: Glimpsed) -> str:
    """Who was right, as HTML."""
    right = found.named == found.digit
    yours = say(
        "It is <b>{digit}</b>. You said {named} after {looks}: <b>right</b>."
        if right
        else "It is <b>{digit}</b>. You said {named} after {looks}: <b>wrong</b>.",
        digit=names()[found.digit],
        named=names()[found.named],
        looks=counted(len(found.yours)),
    )
    its, early = thoughts(found.its), _since(found)
    alone = say(
        "The network said {named} after {looks}, {sure}, and had it from look {early} on."
        if early
        else "The network said {named} after {looks}, {sure}: <b>wrong</b>.",
        named=names()[int(its.guess[-1, 0])],
        looks=counted(GLIMPSES),
        sure=_sure(its.p[-1, 0]),
        early=early,
    )
    lent = thoughts(found.yours)
    with_yours = say(
        "With <b>your</b> looks it says {names}, {sure}.",
        names=names()[int(lent.guess[-1, 0])],
        sure=_sure(lent.p[-1, 0]),
    )
    return f'<div class="bill"><p class="said">{yours}</p><p>{alone} {with_yours}</p></div>'


def _since(found: Glimpsed) -> int:
    """From which of its looks on, from 1, the network kept to the right digit; 0 for never."""
    right = thoughts(found.its).guess[:, 0] == found.digit
    wrong = np.flatnonzero(~right)
    first = int(wrong[-1]) + 2 if len(wrong) else 1
    return first if first <= len(right) else 0


def _sure(p: Array) -> str:
    return say("{max:.0f}\u202f% sure", max=100 * float(p.max()))


def counted(looks: int) -> str:
    """``1 look``, ``2 looks``."""
    return words.counted(looks, "look")
