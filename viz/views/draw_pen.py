"""The pen: a painting of DRAW as it would have gone, beside the same one with a person's hand in it.

``T`` steps, one picture, ``C`` channels, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.results import SMALLEST, Penned
from core.trace import CanvasTrace, Mark
from viz.language import say
from viz.player import frames, notes, payload
from viz.player.payload import Again, Player, Value, Words
from viz.views import aim, draw_time

TITLES = ("With your hand", "As it would have gone")


def pen_payload(penned: Penned, steps: Sequence[int], *, autoplay: bool = True) -> Player:
    """Both paintings, stroke by stroke; ``steps``, from 0, are those at which there was a hand.

    The painting with the hand comes first: the film strip and the bars are its.
    """
    traces = [penned.touched.trace, penned.untouched.trace]
    shown = [frames.draw_payload(trace, before=penned.blank[None], autoplay=autoplay) for trace in traces]
    panels = [
        payload.panel(title, "write", np.stack([step.image for step in trace]))
        for title, trace in zip(say(TITLES), traces, strict=True)
    ]
    value: Player = {
        **shown[0],
        "panels": panels,
        "marks": [{**track, "panel": i} for i, each in enumerate(shown) for track in each["marks"]],
    }
    cost, note = value["cost"], value["note"]
    assert cost is not None and note is not None
    copies = traces[0].subject is not None
    cost["label"] = say("nats of each stroke, with your hand" if copies else "change at each stroke, %, with your hand")
    note["html"] = say(notes.PENNED) + (_summed(traces, steps) if copies and steps else "")
    note["rows"] = [
        ["", say("your hand"), say("untouched")],
        *(say(notes.PEN_COPY_ROWS) if copies else []),
        *say(notes.PEN_ROWS),
    ]
    note["values"] = _values(traces, steps, copies)
    note["patches"] = []
    return value


def again(
    pixels: NDArray[np.uint8] | None,
    moves: Mapping[int, Sequence[float]],
    inks: Mapping[int, NDArray[np.int8]],
    seed: int,
) -> Again:
    """How the painting with that hand in it comes again."""
    moved = {step: tuple(map(float, window)) for step, window in moves.items()}
    inked = ", ".join(f'{step}: given["ink_{step}"]' for step in inks)
    given = {f"ink_{step}": ink for step, ink in inks.items()}
    told = [str(moved), f"{{{inked}}}", str(seed)]
    return draw_time.again(pixels, "draw_pen", told, last="trace.touched.trace.steps[-1].image", panel=0, **given)


def pen_aim(penned: Penned, step: int, moved: bool) -> aim.Aim:
    """The canvas after step ``step``, from 0, and its write window to be grabbed; ``moved``: a hand has been at it.

    Then the window that the painter wanted stays there as a ghost.
    """
    here = penned.touched.trace.steps[step]
    mark = _write_mark(penned.touched.trace, step)
    height, width = here.image.shape[2:]
    n, size = here.patches["write"].shape[-1], float(mark.width[0])
    return aim.aim(
        here.image[0],
        "write",
        (mark.x[0], mark.y[0], size),
        ghosts=[penned.touched.wanted[step].tolist()] if moved else [],
        names=[say("its own")] if moved else [],
        smallest=SMALLEST,
        largest=2.0 * max(height, width),
        filters=n,
        spread=round((n - 1) * float(here.scalars["write_stride"][0]) / size, 4),
    )


def canvas_before(penned: Penned, step: int) -> NDArray[np.uint8]:
    """(H, W) of 0 and 255: the canvas before step ``step``, from 0, ink where it is likelier than not."""
    before = penned.touched.trace.frame(step - 1)[0] if step else penned.blank
    return np.where(before[0] >= 0.5, 255, 0).astype(np.uint8)


def changed(base: NDArray[np.uint8], change: NDArray[np.int8]) -> NDArray[np.uint8]:
    """``base`` (H, W) of 0 and 255 with the ``change`` of a person on it."""
    return np.where(change == 0, base, np.where(change > 0, 255, 0)).astype(np.uint8)


def _write_mark(trace: CanvasTrace, step: int) -> Mark:
    return next(mark for mark in trace.marks(step) if mark.kind == "write")


def _values(traces: Sequence[CanvasTrace], steps: Sequence[int], copies: bool) -> dict[str, Value | Words]:
    """The numbers of the table, ``…_0`` with the hand and ``…_1`` untouched, and the sentence of each step."""
    images = [np.stack([step.image for step in trace]) for trace in traces]
    apart = 100 * np.abs(images[0] - images[1]).mean((2, 3, 4))
    found: dict[str, Value | Words] = {
        "apart": payload.value(apart, 1),
        "said": payload.words(list(say(notes.PEN_SAID)[int(copies)]), _phase(len(traces[0]), steps)),
    }
    for i, trace in enumerate(traces):
        if copies:
            kl = trace.series("kl")
            found[f"kl_{i}"] = payload.value(kl, 2)
            found[f"so_far_{i}"] = payload.value(kl.cumsum(0), 1)
            found[f"rest_{i}"] = payload.value(trace.series("reconstruction_nats"), 1)
        boxes = np.array([_write_mark(trace, t).width for t in range(len(trace))], np.float32)
        found[f"size_{i}"] = payload.value(boxes, 1)
    return found


def _phase(length: int, steps: Sequence[int]) -> NDArray[np.uint8]:
    """(T, 1), an index of :data:`viz.player.notes.PEN_SAID`: 0 without a hand, 1 before it, 2 at it, 3 after it."""
    phase = np.zeros((length, 1), np.uint8)
    if steps:
        phase[:] = 3
        phase[: min(steps)] = 1
        phase[list(steps)] = 2
    return phase


def _summed(traces: Sequence[CanvasTrace], steps: Sequence[int]) -> str:
    """What the hand cost in the end, and what the painter spent from its first step on, both in nats."""
    rest = [float(trace.series("reconstruction_nats")[-1, 0]) for trace in traces]
    spent = [float(trace.series("kl")[min(steps) :, 0].sum()) for trace in traces]
    return say(notes.PEN_SUM, worse=_more(rest[0] - rest[1]), spent=_more(spent[0] - spent[1]))


def _more(nats: float) -> str:
    return say("{nats:.1f} nats more" if nats >= 0 else "{nats:.1f} nats fewer", nats=abs(nats))
