"""DRAW in time: futures of one painting, and the painting without each of its strokes. ``T`` steps, ``B`` futures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.results import Erased
from core.trace import Array, CanvasTrace
from core.training.registry import FIRST
from viz.language import say
from viz.player import bundle, frames, notes, payload
from viz.player.payload import Again, Player, Value

COLUMNS = 4
MANY = 8
"""With more futures than these a row is half as long again, so that all of them are in sight."""


def length_told(value: Player, trained: int) -> Player:
    """``value``, a painting of DRAW; its note now says what another number of strokes than ``trained`` does."""
    steps, note = value["steps"], value["note"]
    if steps != trained and note is not None:
        sentences = say(notes.TOO_FEW) if steps < trained else say(notes.TOO_MANY)
        beyond = np.arange(steps)[:, None] >= trained
        note["html"] += notes.LENGTH
        note["values"]["length"] = payload.words(
            [text.format(steps=steps, trained=trained) for text in sentences], beyond.astype(np.uint8)
        )
    return value


def forks_payload(trace: CanvasTrace, at: int, *, before: Array | None = None, autoplay: bool = True) -> Player:
    """Futures that share all strokes before ``at``, from 0; the first is what became of it."""
    count = len(trace.frame(0))
    columns = COLUMNS if count <= MANY else COLUMNS * 3 // 2
    value = frames.draw_payload(trace, columns=columns, before=before, autoplay=autoplay)
    panel = value["panels"][-1]
    panel["title"] = (
        say("{count} futures, one past up to stroke {at}", count=count, at=at)
        if at
        else say("{count} futures without a common past", count=count)
    )
    panel["labels"] = [say("what it became"), *(say("future {index}", index=index) for index in range(2, count + 1))]
    note = value["note"]
    assert note is not None
    past = np.arange(len(trace)) < at
    note["html"] += notes.FORKED
    note["values"]["shared"] = payload.words(say(notes.SHARED), past[:, None].astype(np.uint8))
    return value


def again(
    pixels: NDArray[np.uint8] | None, verb: str, told: Sequence[object], *, last: str = bundle.LAST, panel: int = -1,
    **given: Any,
) -> Again:  # fmt: skip
    """How it comes again: ``verb`` of the app's studio, of the digit (H, W) that is copied, if one is."""
    if pixels is not None:
        given["digit"] = pixels
    first = None if pixels is None else 'given["digit"]'
    call = f"{verb}({', '.join(map(str, [first, *told]))})"
    return bundle.again(FIRST["draw"], call, last=last, panel=panel, studio="", **given)


def erased_payload(erased: Erased, *, latent: bool, autoplay: bool = True) -> Player:
    """A cell for each stroke: the picture without it, or ``latent``, what it was decoded from, and what is lost."""
    steps, copies = len(erased.without), bool(np.isfinite(erased.lost).all())
    difference = np.abs(erased.without - erased.whole).mean(1, keepdims=True)
    ink = 100 * difference.mean((1, 2, 3))
    labels = [f"{step + 1}: {lost:+.0f}" if copies else str(step + 1) for step, lost in enumerate(erased.lost.tolist())]
    most = max(float(difference.max()), 1e-6)
    panels = [
        payload.panel(
            say("Without stroke …: nats lost" if copies else "Without stroke …"), "write", erased.without[None], labels
        ),
        payload.panel(
            say("What is lost: white is {most:.0f} % of full ink", most=100 * most),
            "write",
            difference[None] / most,
            [f"{changed:.1f} %" for changed in ink.tolist()],
        ),
    ]
    panels[1]["map"] = "room"
    values: dict[str, Value | payload.Words] = {"changed": payload.value(ink[None], 1)}
    rows = [[say("change of the picture"), "[[changed]] %"]]
    if copies:
        values |= {"kl": payload.value(erased.kl[None], 2), "lost": payload.value(erased.lost[None], 1)}
        rows = [
            [say("the stroke cost"), say("[[kl]] nats")],
            [say("without it the picture costs"), say("[[lost]] nats more")],
            *rows,
        ]
    return {
        **payload.player(panels, columns=COLUMNS, autoplay=False),
        "film": False,
        "note": {
            "title": say("Without stroke [[cell]] of {steps}", steps=steps),
            "html": say(notes.ERASED)[int(latent)],
            "rows": rows,
            "values": values,
            "patches": [],
        },
    }
