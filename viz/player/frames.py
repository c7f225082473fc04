"""From traces to the payloads of the player: pictures, marks, costs and notes, nothing of which is computed again.

``T`` steps, ``B`` pictures (the cells of a grid), ``H`` × ``W`` pixels. Everything here raises ``ValueError`` when a
trace holds NaN or infinite numbers, which a diverged model would leave.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace, Mark, MarkKind, RasterTrace, Step, Trace
from viz.language import say
from viz.player import notes, payload
from viz.player.payload import NEVER, Cost, Note, Patch, Player, Room, Value, Words, encode, finite

WINDOWS: tuple[MarkKind, ...] = ("read", "write")


def draw_payload(
    trace: CanvasTrace,
    *,
    columns: int | None = None,
    autoplay: bool = True,
    before: Array | None = None,
    fps: float = 8,
    nonce: str | None = None,
) -> Player:
    """DRAW, stroke by stroke. With a subject there are two panels, what is looked at and what is drawn.

    The bars are nats for each stroke. Without a subject there are none; then they are the mean absolute change of
    the picture in percent of full ink. ``before`` (1 or B, C, H, W) is the canvas before the first stroke, against
    which its change is measured; without it the first bar is 0.
    """
    images, copies = stacked(trace), any("kl" in step.scalars for step in trace)
    panels = [payload.panel(say("What it has drawn"), "write", images)]
    if trace.subject is not None:
        panels.insert(0, payload.panel(say("What it looks at"), "read", trace.subject[None]))
    windows = {kind: mark_boxes(trace, kind) for kind in WINDOWS if any(_mark(step, kind) for step in trace)}
    values: dict[str, Value | Words] = {}
    for kind, boxes in windows.items():
        values |= window_values(trace, kind, boxes)
    if copies:
        kl = _series(trace, "kl")
        cost = payload.cost(say("nats spent at each stroke"), say("nats"), np.nan_to_num(kl))
        values |= {"kl": payload.value(kl, 2), "so_far": payload.value(np.nancumsum(kl, 0), 1)}
    else:
        change = _change(images, before)
        cost = payload.cost(say("change of the picture at each stroke, % of full ink"), "%", change)
        values["change"] = payload.value(change, 1)
    return {
        **payload.player(panels, columns=columns, autoplay=autoplay, nonce=nonce),
        "fps": fps,
        "marks": [payload.track(b, kind, 0 if kind == "read" else len(panels) - 1) for kind, b in windows.items()],
        "cost": cost,
        "moment": say("stroke [[step]] of [[steps]]"),
        "note": {
            "title": say("Stroke [[step]] of [[steps]]"),
            "html": notes.draw_sentence(windows.keys(), copies),
            "rows": notes.window_rows(windows.keys()) + (say(notes.KL_ROWS) if copies else say(notes.CHANGE_ROWS)),
            "values": values,
            "patches": _draw_patches(trace),
        },
    }


def raster_payload(
    trace: RasterTrace,
    *,
    title: str = "What it has painted",
    heat_title: str = "What it expects",
    heat: bool | None = None,
    context: str = "everything above and to the left",
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    autoplay: bool = True,
    fps: float | None = None,
    nonce: str | None = None,
) -> Player:
    """A pixel model, pixel by pixel; ``context`` are the words for what it may look at.

    ``heat`` adds the probability of ink as a heat map (by default: when there is one binary picture). A grid is
    labelled with the nats of the hidden part unless ``labels`` are given. It then plays in four seconds.
    """
    finite(trace.probability, "The trace")
    finite(trace.nats, "The trace")
    steps, cells, reveal = len(trace), len(trace.image), _reveal(trace)
    if labels is None and cells > 1:
        labels = [say("{nats:.1f} nats", nats=nats) for nats in hidden_nats(trace)]
    panels = [payload.panel(say(title), "pixel", trace.image[None], labels)]
    panels[0]["reveal"] = encode(np.where(trace.known, 0, reveal), np.uint16)
    colour = trace.image.shape[1] == 3
    if not colour and (heat or (heat is None and cells == 1)):
        expected = payload.panel(say(heat_title), "pixel", trace.probability[None, :, None])
        seen = np.where(trace.known & (reveal == NEVER), 0, reveal)
        expected |= {"map": "room", "reveal": encode(seen, np.uint16)}
        panels.append(expected)
    boxes = mark_boxes(trace, "pixel")
    return {
        **payload.player(panels, columns=columns, autoplay=autoplay, nonce=nonce),
        "steps": steps,
        "fps": max(1.0, steps / 4) if fps is None else fps,
        "marks": [payload.track(boxes, "pixel", panel) for panel in range(len(panels))],
        "cost": _row_cost(trace),
        "moment": say("pixel [[step]] of [[steps]]"),
        "note": _raster_note(trace, context),
    }


def passes_payload(
    trace: CanvasTrace,
    *,
    title: str = "What it has painted",
    guessed: bool = True,
    columns: int | None = None,
    autoplay: bool = True,
    fps: float = 16,
    nonce: str | None = None,
) -> Player:
    """A sampler's own passes over the rows; steps carry the scalars ``row`` and ``changed``.

    ``guessed``: a row is guessed as a whole and looked at until it stands; otherwise it is walked through once.
    """
    changed, rows = _series(trace, "changed"), _series(trace, "row")
    again = np.concatenate([rows[1:] == rows[:-1], np.zeros_like(rows[:1], bool)])
    panels = [payload.panel(say(title), "pixel", stacked(trace))]
    return {
        **payload.player(panels, columns=columns, autoplay=autoplay, nonce=nonce),
        "fps": fps,
        "marks": [payload.track(mark_boxes(trace, "row"), "row", 0)],
        "cost": payload.cost(say(notes.CHANGED_BARS)[guessed], say("pixels"), changed),
        "moment": say("pass [[step]] of [[steps]]"),
        "note": {
            "title": say("Pass [[step]] of [[steps]]"),
            "html": say(notes.PASSED) if guessed else say(notes.WALKED),
            "rows": [[say("row"), "[[row]]"], [*say(notes.CHANGED_ROW)[guessed]]],
            "values": {
                "row": payload.value(rows + 1, 0),
                "changed": payload.value(changed, 0),
                "said": payload.words(say(notes.CHANGED), again),
            },
            "patches": [],
        },
    }


def still_payload(
    images: Array,
    title: str,
    room: Room,
    *,
    labels: Sequence[str] | None = None,
    columns: int | None = None,
    nonce: str | None = None,
) -> Player:
    """Pictures (B, C, H, W) in [0, 1] that stand still."""
    panels = [payload.panel(title, room, np.asarray(images)[None], labels)]
    return {**payload.player(panels, columns=columns, autoplay=False, nonce=nonce), "film": False}


def walk_payload(
    trace: CanvasTrace,
    title: str,
    room: Room,
    *,
    columns: int | None = None,
    labels: Sequence[str] | None = None,
    fps: float = 8,
    autoplay: bool = True,
    nonce: str | None = None,
) -> Player:
    """A walk through a latent space, one picture a step, over and over."""
    panels = [payload.panel(title, room, stacked(trace), labels)]
    return {**payload.player(panels, columns=columns, autoplay=autoplay, nonce=nonce), "fps": fps, "loop": True}


def hidden_nats(trace: RasterTrace) -> Array:
    """(B,): nats of the pixels that were not given; of the whole picture where all were."""
    hidden = ~trace.known | trace.known.all((1, 2), keepdims=True)
    return np.asarray((trace.nats * hidden).sum((1, 2)), np.float32)


def stacked(trace: CanvasTrace) -> Array:
    """(T, B, C, H, W)."""
    return np.stack([trace.frame(t) for t in range(len(trace))])


def _series(trace: CanvasTrace, name: str) -> Array:
    """(T, B); NaN at the steps that lack the scalar, as a painting does that goes on without its subject."""
    missing = np.full(len(trace.frame(0)), np.nan, np.float32)
    rows = [step.scalars.get(name) for step in trace]
    return np.stack([missing if row is None else finite(row, "The trace") for row in rows])


def _mark(step: Step, kind: MarkKind) -> Mark | None:
    return next((mark for mark in step.marks if mark.kind == kind), None)


def mark_boxes(trace: Trace, kind: MarkKind) -> Array:
    """(T, B, 5): x, y, width, height, precision of the marks of one kind; NaN at the steps that lack it."""
    boxes = np.full((len(trace), len(trace.frame(0)), 5), np.nan, np.float32)
    for t in range(len(trace)):
        for mark in trace.marks(t):
            if mark.kind == kind:
                boxes[t, :, :4] = finite(np.stack([mark.x, mark.y, mark.width, mark.height], 1), "A mark")
                boxes[t, :, 4] = mark.precision  # may be infinite: a hard border
                if np.isnan(mark.precision).any():
                    raise ValueError("A mark holds numbers that are not finite.")
    return boxes


def window_values(trace: CanvasTrace, kind: str, boxes: Array) -> dict[str, Value]:
    """The numbers behind :func:`viz.player.notes.window_rows` for one window, its boxes being (T, B, 5)."""
    digits = {"x": 1, "y": 1, "stride": 1, "variance": 2, "intensity": 2}
    values = {f"{kind}_{name}": payload.value(_series(trace, f"{kind}_{name}"), d) for name, d in digits.items()}
    return values | {
        f"{kind}_size": payload.value(boxes[..., 2], 0),
        f"{kind}_precision": payload.value(boxes[..., 4], 2),
    }


def _change(images: Array, before: Array | None) -> Array:
    """(T, B): mean absolute change of the picture at each step, in percent of full ink."""
    first = images[0] if before is None else np.broadcast_to(before, images[0].shape)
    steps = np.diff(images, axis=0, prepend=first[None])
    return np.asarray(100 * np.abs(steps).mean((2, 3, 4)), np.float32)


def _draw_patches(trace: CanvasTrace) -> list[Patch]:
    """The glimpse as it would look at intensity 1, what is missing there and the change in ink, mid-grey being none."""
    patches = []
    if any("read" in step.patches for step in trace):
        patches.append(payload.patch(say("the {height}×{width} glimpse it reads"), unit_patches(trace, "read"), "read"))
        patches.append(
            payload.patch(say("what is missing there"), 0.5 + 0.5 * unit_patches(trace, "read_error"), "read")
        )
    if any("write" in step.patches for step in trace):
        change = unit_patches(trace, "write")
        most = np.abs(change).max((0, 2, 3, 4), keepdims=True)
        signed = 0.5 + 0.5 * change / np.maximum(most, 1e-12)
        patches.append(payload.patch(say("the {height}×{width} change it writes"), signed, "write"))
    return patches


def unit_patches(trace: CanvasTrace, name: str) -> Array:
    """(T, B, C, h, w): patches divided by the window's intensity; zero at the steps that lack them.

    A read is γ times what the filters see and a write 1/γ̂ times the patch (equations 27 and 29).
    """
    shape = next(step.patches[name].shape for step in trace if name in step.patches)
    empty = np.zeros(shape, np.float32)
    patches = np.stack([step.patches.get(name, empty) for step in trace])
    window = name.removesuffix("_error")
    intensity = np.nan_to_num(_series(trace, f"{window}_intensity"), nan=1.0)[..., None, None, None]
    return np.asarray(patches / np.maximum(intensity, 1e-12), np.float32)


def _reveal(trace: RasterTrace) -> NDArray[np.int64]:
    """(H, W): the step that visits each pixel first."""
    if len(trace) >= NEVER:
        raise ValueError(f"A picture of more than {NEVER - 1} steps cannot be played.")
    reveal = np.full(trace.image.shape[-2:], NEVER)
    rows, columns = trace.order[::-1].T
    reveal[rows, columns] = np.arange(len(trace))[::-1]
    return reveal


def _row_cost(trace: RasterTrace) -> Cost:
    """Entropy by row when every row is painted in turn, else by as many equal parts of the time."""
    steps, height = len(trace), trace.image.shape[-2]
    bars = min(steps, height)
    bar = np.arange(steps) * bars // steps
    total = np.zeros((bars, len(trace.image)), np.float32)
    np.add.at(total, bar, trace.series("entropy"))
    by_row = bars == height and bool((bar == trace.order[:, 0]).all())
    return payload.cost(
        say("uncertainty in each row, nats") if by_row else say("uncertainty over time, nats"), "nats", total
    )


def _raster_note(trace: RasterTrace, context: str) -> Note:
    rows, columns = trace.order.T
    colour = trace.image.shape[1] == 3
    ink = trace.image[:, 0, rows, columns].T > 0.5
    given = trace.known[:, rows, columns].T
    nats = trace.series("nats")
    values: dict[str, Value | Words] = {
        "row": payload.value(rows[:, None] + 1, 0),
        "column": payload.value(columns[:, None] + 1, 0),
        "p": {**payload.value(trace.series("probability"), 0), "percent": True},
        "nats": payload.value(nats, 2),
        "so_far": payload.value(nats.cumsum(0), 1),
        "whole": payload.value(trace.nats.sum((1, 2))[None], 1),
        "said": payload.words(
            say(notes.SAID_COLOUR) if colour else say(notes.SAID), given if colour else 2 * given.astype(np.uint8) + ink
        ),
    }
    table = [say(notes.WHOLE_ROW)]
    if trace.known.any() and not trace.known.all():
        table.append(say(notes.HIDDEN_ROW))
        values["hidden"] = payload.value(hidden_nats(trace)[None], 1)
    note: Note = {
        "title": say("Row [[row]], column [[column]]"),
        "html": (say(notes.EXPECTS_COLOUR) if colour else say(notes.EXPECTS)).format(context=say(context)),
        "rows": table + say(notes.PIXEL_ROWS),
        "values": values,
        "patches": [],
    }
    if not colour:
        note["bar"] = {"value": "p", "label": say("ink")}
    return note
