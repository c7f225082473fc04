"""Pixel models side by side: several painters at one task, several samplers on one clock, surprise, particles.

As in :mod:`viz.player.frames` nothing is computed again but for clocks and sums. ``T`` steps, ``B`` pictures, ``H`` ×
``W``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.results import Fitted, Racer
from core.trace import Array, RasterTrace
from core.training.registry import REGISTRY
from viz.language import say
from viz.player import bundle, frames, notes, payload
from viz.player.payload import Again, Layer, Note, Player, finite
from viz.player.words import counted

WIDEST = 4
"""Pictures in a row when several painters are compared."""
RACE_FRAMES = 120
CLOCK_START = 1e-3
"""Seconds on the race's clock at its first frame."""
METHODS = {
    "naive": "one full pass of the network for each pixel",
    "rows": "each row guessed and corrected until it stands",
    "waves": "slanted fronts over many rows at once, guessed and corrected",
    "cells": "pixel by pixel, from what its neighbours left behind",
    "whole": "the whole picture guessed and corrected until it stands",
}
"""The samplers on the page, and what they do."""


def layers(name: str) -> list[Layer]:
    """The two kinds of layers of the painter ``name``, as its schematic names and draws them; none of a new kind."""
    config: Any = REGISTRY[name].config
    kind = type(config).__name__.removesuffix("Config")
    if kind in ("MCGSM", "SpatialLSTM"):  # what it sees at once is the upper half of a square
        side = 2 * config.reach + 1
        last = (
            say("{components} experts", components=config.components)
            if kind == "MCGSM"
            else say("{layers} × spatial LSTM", layers=config.layers)
        )
        return [_layer(say("{side} neighbours", side=side * side // 2), "A", side), _layer(last)]
    if kind == "MultiScale":
        config, more = config.scales()[-1], say("mask B at {blocks} scales", blocks=len(config.blocks))
        second = _layer(more, "B", config.block_size)
    elif kind == "PixelRNN":
        recurrent = {"row": say("Row LSTM"), "diagonal": say("Diagonal BiLSTM")}[config.kind]
        second = _layer(f"{config.layers} × {recurrent}")
    elif kind == "Gated":
        second = _layer(say("{layers} gated layers", layers=config.layers), "B", config.layer_size)
    elif kind == "PixelCNN":
        second = _masked("B", config.block_size, f"{config.blocks} × ")
    else:
        return []
    return [_masked("A", config.first_size), second]


def _layer(label: str, mask: str = "", side: int = 0) -> Layer:
    return {"label": label, "mask": mask, "side": side}


def _masked(mask: str, side: int, before: str = "") -> Layer:
    return _layer(say("{before}mask {mask}, {side} × {side}", before=before, mask=mask, side=side), mask, side)


def again(
    name: str,
    covered: tuple[NDArray[np.uint8], NDArray[np.bool_]] | None,
    count: int,
    seed: int,
    temperature: float,
    label: int | None,
) -> Again:
    """How the pictures of one painter come again, from nothing or as completions of a picture (H, W) where hidden."""
    told = f"seed={seed}, temperature={temperature:g}, label={label}"
    if covered is None:
        return bundle.again(name, f"sample({count}, {told})", last=bundle.FINISHED, panel=0)
    call = f'complete(given["digit"], given["hidden"] == 0, count={count}, {told})'
    given: dict[str, Any] = {"digit": covered[0], "hidden": covered[1].astype(np.uint8)}
    return bundle.again(name, call, last=bundle.LIKELIEST_FIRST, panel=0, **given)


def together(
    labels: Mapping[str, int | None],
    covered: tuple[NDArray[np.uint8], NDArray[np.bool_]] | None,
    count: int,
    seed: int,
    temperature: float,
    particles: int,
) -> Again:
    """The same of several painters, by name with the digit that each is asked for, or where filters of ``particles``
    have painted.
    """
    several = len(labels) > 1
    told = f"{count}, {seed}, {temperature:g}"
    given: dict[str, Any] = {}
    if covered is None:
        call = f"generate(name, {told}, label=label)"
    else:
        given = {"digit": covered[0], "hidden": covered[1]}
        how = f"particles={particles}, repeats={several}" if particles else "ranked=False"
        verb = "fit" if particles else "complete"
        call = f'{verb}(name, (given["digit"], given["hidden"]), {told}, {how}, label=label)'
    image = "each[0].image" if particles else "each.image"
    each = f"name, label in {list(labels.items())}"
    last, panels = f"np.concatenate([{image} for each in trace])", list(range(len(labels)))
    return bundle.again(next(iter(labels)), call, last=last, panel=panels, studio="pixels", each=each, **given)


def compare_payload(traces: Mapping[str, RasterTrace], *, autoplay: bool = True, nonce: str | None = None) -> Player:
    """Several painters at the same task, a panel each, titled by the keys; all with as many pictures and steps.

    Their pictures stand in rows below each other, so that the same noise made each column.
    """
    first, *others = traces.items()
    columns = min(len(first[1].image), WIDEST)
    value = frames.raster_payload(first[1], title=first[0], heat=False, columns=columns, autoplay=autoplay, nonce=nonce)
    for title, trace in others:
        panel = frames.raster_payload(trace, title=title, heat=False)
        marks = panel["marks"][0] | {"panel": len(value["panels"])}
        value["panels"].append(panel["panels"][0])
        value["marks"].append(marks)
    rows = [["", say("best"), say("mean")]]
    for title, trace in traces.items():
        nats = frames.hidden_nats(trace)
        rows.append([title, f"{nats.min():.1f}", f"{nats.mean():.1f}"])
    note: Note = {
        "title": say("Nats that the painted part costs"),
        "html": say(notes.COMPARED),
        "rows": rows,
        "values": {},
        "patches": [],
    }
    return {**value, "cost": None, "note": note}


def fitted_payload(
    trace: RasterTrace, fitted: Fitted, *, title: str, columns: int | None = None, autoplay: bool = True
) -> Player:
    """Completions by particle filters, each with how often it came out; the bars are the effective sample sizes."""
    nats = frames.hidden_nats(trace)
    often = [say(" · {times} times", times=times) if times > 1 else "" for times in fitted.times]
    labels = [say("{each:.1f} nats{said}", each=each, said=said) for each, said in zip(nats, often, strict=True)]
    value = frames.raster_payload(trace, title=title, heat=False, labels=labels, columns=columns, autoplay=autoplay)
    ess = finite(fitted.ess, "The filter").T
    value["cost"] = payload.cost(
        say("effective sample size of {particles} particles, row by row", particles=fitted.particles),
        say("particles"),
        ess,
    )
    note = value["note"]
    assert note is not None
    rows = trace.order[:, 0]
    note["html"] += say(notes.FITTED)
    note["rows"].append([say("it came out"), say("[[times]] of {sum} times", sum=fitted.times.sum())])
    note["values"] |= {
        "particles": payload.value(np.full((1, 1), fitted.particles, np.float32), 0),
        "ess": payload.value(ess[rows], 1),
        "times": payload.value(fitted.times[None].astype(np.float32), 0),
        "resampled_": payload.words(say(notes.RESAMPLED), fitted.resampled.T[rows].astype(np.uint8)),
    }
    return value


def race_payload(racers: Sequence[Racer], *, painter: str = "", nonce: str | None = None) -> Player:
    """All samplers at the same picture, a cell each, on one clock whose steps grow by a constant factor."""
    last = max(float(racer.times[-1]) for racer in racers)
    clock = np.geomspace(CLOCK_START, last, RACE_FRAMES).astype(np.float32)
    clock[-1] = last
    done = [np.searchsorted(racer.times, clock, side="right") for racer in racers]  # passes finished at each moment
    images = np.stack([_at(racer, finished) for racer, finished in zip(racers, done, strict=True)], 1)
    labels = [say("{method}: {took}", method=_named(racer.method), took=_took(racer)) for racer in racers]
    panels = [
        payload.panel(
            say("{painter}: the same picture, in every way", painter=painter)
            if painter
            else say("the same picture, in every way"),
            "pixel",
            images,
            labels,
        )
    ]
    passes = np.stack(done, 1)
    return {
        **payload.player(panels, columns=2, nonce=nonce),
        "fps": 20,
        "marks": [payload.track(_row_boxes(racers, done, images.shape[-2:]), "row", 0)],
        "cost": payload.cost(say("passes of the network so far"), say("passes"), passes.astype(np.float32)),
        "moment": say("moment [[step]] of [[steps]]"),
        "note": _race_note(racers, clock, passes),
    }


def _race_note(racers: Sequence[Racer], clock: Array, passes: NDArray[np.int64]) -> Note:
    """What is said at every moment of the clock (T,), when so many ``passes`` (T, n) are over."""
    total = np.array([len(racer.times) for racer in racers], np.float32)
    ends = np.array([racer.times[-1] for racer in racers], np.float32)
    stopped = np.array([not racer.finished for racer in racers])
    faster = np.where(stopped, np.nan, ends[0] / ends).astype(np.float32)
    each = np.arange(len(racers))[None]
    return {
        "title": say("After [[clock]] ms"),
        "html": say(notes.RACED),
        "rows": [
            [say("this way takes"), "[[done]]"],
            [say("times faster than one pass a pixel"), "[[faster]]"],
            [say("passes of the network"), "[[passes]]"],
        ],
        "values": {
            "clock": payload.value(1000 * clock[:, None], 1),
            "method": payload.words([say(METHODS)[racer.method] for racer in racers], each),
            "pass_": payload.value(passes.astype(np.float32), 0),
            "passes": payload.value(total[None], 0),
            "done": payload.words([_took(racer) for racer in racers], each),
            "faster": payload.value(faster[None], 1),
            "said": payload.words(say(notes.RACE_SAID), ((passes >= total) * (1 + stopped)).astype(np.uint8)),
            "checked": payload.words([_checked(racer) for racer in racers], each),
        },
        "patches": [],
    }


def _named(method: str) -> str:
    return {
        "naive": say("naive"),
        "rows": say("by rows"),
        "waves": say("in waves"),
        "cells": say("by pixels"),
        "whole": say("all at once"),
    }[method]


def _took(racer: Racer) -> str:
    """How long a way took, as far as it is known."""
    time, whole = _duration(float(racer.times[-1])), racer.run == len(racer.times)
    if racer.finished:
        return time if whole else say("about {time}", time=time)
    return say("over {time}", time=time) if whole else say("over about {time}", time=time)


def _checked(racer: Racer) -> str:
    """Which part of a way was run, if not all of it, and whether it drew what the others painted."""
    if racer.run == len(racer.times):
        return ""
    same = (
        say(notes.RACE_SAME)
        if racer.differing == 0
        else say(notes.RACE_DIFFERS).format(pixels=counted(racer.differing, "pixel"))
    )
    return say(notes.RACE_PART).format(run=racer.run, all=len(racer.times), same=same)


def surprise_payload(judged: Mapping[str, RasterTrace], *, nonce: str | None = None) -> Player:
    """Nats per pixel of one picture under several painters, a cell each, the least surprised first."""
    ordered = sorted(judged.items(), key=lambda item: float(item[1].nats.sum()))
    nats = finite(np.concatenate([each.nats for _, each in ordered]), "The surprise")  # (painters, H, W)
    top = max(float(nats.max()), 1e-6)
    totals = nats.sum((1, 2))
    labels = [
        say("{title}: {total:.1f} nats", title=title, total=total)
        for (title, _), total in zip(ordered, totals, strict=True)
    ]
    seen = payload.panel(say("Your picture"), "plain", ordered[0][1].image[None])
    heat = payload.panel(
        say("Surprise, up to {top:.1f} nats a pixel", top=top), "pixel", (nats / top)[None, :, None], labels
    )
    heat["map"] = "room"
    return {
        **payload.player([seen, heat], autoplay=False, nonce=nonce),
        "film": False,
        "note": {
            "title": say("What surprises [[painter]]"),
            "html": say(notes.SURPRISED),
            "rows": [
                [say("the whole picture"), say("[[total]] nats")],
                [say("most expensive pixel"), say("[[most]] nats")],
            ],
            "values": {
                "painter": payload.words([title for title, _ in ordered], np.arange(len(ordered))[None]),
                "total": payload.value(totals[None], 1),
                "most": payload.value(nats.max((1, 2))[None], 1),
            },
            "patches": [],
        },
    }


def _at(racer: Racer, finished: NDArray[np.int64]) -> Array:
    """(T, C, H, W): the canvas when so many passes are finished."""
    return racer.canvases[finished]


def _row_boxes(racers: Sequence[Racer], done: Sequence[NDArray[np.int64]], size: tuple[int, int]) -> Array:
    """(T, B, 5): the row that each sampler is at; none once it is done, or if it works on the whole picture."""
    _, width = size
    boxes = np.full((RACE_FRAMES, len(racers), 5), np.nan, np.float32)
    for cell, (racer, finished) in enumerate(zip(racers, done, strict=True)):
        at_work = finished < len(racer.rows)
        row = racer.rows[np.minimum(finished, len(racer.rows) - 1)]
        shown = at_work & (row >= 0)
        boxes[shown, cell] = np.stack(
            [
                np.full(shown.sum(), width / 2),
                row[shown] + 0.5,
                np.full(shown.sum(), width),
                np.ones(shown.sum()),
                np.full(shown.sum(), np.inf),
            ],
            1,
        )
    return boxes


def _duration(seconds: float) -> str:
    if seconds >= 2:
        return say("{seconds:.1f} s", seconds=seconds) if seconds < 10 else say("{seconds:.0f} s", seconds=seconds)
    return (
        say("{seconds:.0f} ms", seconds=1000 * seconds)
        if seconds >= 0.01
        else say("{seconds:.1f} ms", seconds=1000 * seconds)
    )
