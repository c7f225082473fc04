"""Other views of DRAW's paintings: beside each other, on the way between, of two digits, in logits, with filters.

``T`` steps, ``B`` pictures, ``C`` channels, ``H`` × ``W`` pixels, ``N`` filters a side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files import CHECKPOINTS
from core.results import Tally
from core.trace import Array, CanvasTrace
from core.training.registry import FIRST, shown_in
from viz.language import say
from viz.player import bundle, frames, notes, payload
from viz.player.payload import Again, Patch, Player, Value, Words
from viz.views import pixel_scores

PAINTER = FIRST["draw"]
WITH, WITHOUT = shown_in("draw_compare")
"""The registry's names of DRAW with attention and without."""
(TWO_DIGITS,) = shown_in("draw_two")
DIGIT = 'given["digit"]'
"""The page's digit as a script knows it."""
LOGITS = 8.0
"""Logits beyond this, 99.97 % ink or paper, look alike."""
BETWEEN_COLUMNS = 4
FILTERS_OF = {
    "read": ("F_X, columns it reads", "F_Y, rows it reads"),
    "write": ("F_X, columns it writes", "F_Y, rows it writes"),
}
"""What the two filterbanks of a window are called."""


def compare_payload(
    attentive: CanvasTrace, plain: CanvasTrace, *, before: Array | None = None, autoplay: bool = True
) -> Player:
    """With attention and without, of equal noise. Of a copy the note has both prices; the bars are those with."""
    value = frames.draw_payload(attentive, before=before, autoplay=autoplay)
    value["panels"][-1]["title"] = say("With attention")
    value["panels"].append(payload.panel(say("Without"), "write", frames.stacked(plain)))
    note, copies = value["note"], attentive.subject is not None
    assert note is not None
    note["title"] = say("Stroke [[step]] of [[steps]], twice")
    note["html"] = say(notes.ON_AND_OFF)[int(copies)]
    note["patches"], note["rows"], note["values"] = [], [], {}
    if copies:
        note["rows"] = say(notes.ON_AND_OFF_ROWS)
        for name, trace in (("with", attentive), ("without", plain)):
            kl, left = trace.series("kl"), trace.series("reconstruction_nats")
            parts = {"kl": kl, "spent": kl.cumsum(0), "left": left, "sum": kl.cumsum(0) + left}
            note["values"] |= {f"{name}_{key}": payload.value(each, 1) for key, each in parts.items()}
    return value


def again(pixels: NDArray[np.uint8] | None, count: int, seed: int, temperature: float, strokes: int) -> Again:
    """How a painting comes again, a copy of ``pixels`` (H, W) or ``count`` imagined ones."""
    if pixels is None:
        return bundle.again(PAINTER, f"sample({count}, seed={seed}, temperature={temperature:g}, strokes={strokes})")
    call = f'reconstruct(given["digit"], seed={seed}, strokes={strokes})'
    return bundle.again(PAINTER, call, digit=pixels)


def compared(pixels: NDArray[np.uint8] | None, count: int, seed: int, temperature: float) -> Again:
    """How both paintings come again, copies of ``pixels`` (H, W) or ``count`` imagined ones."""
    call = f"compare({'None' if pixels is None else DIGIT}, {count}, {seed}, {temperature:g})"
    last = "np.concatenate([each.steps[-1].image for each in trace])"
    given: dict[str, Any] = {} if pixels is None else {"digit": pixels}
    return bundle.again(WITH, call, last=last, panel=[-2, -1], studio="draws", **given)


def two(first: NDArray[np.uint8], second: NDArray[np.uint8], seed: int) -> Again:
    """How a copy of two digits (H, W), laid by the seed, comes again."""
    call = f'copy_scene(studio.scene({DIGIT}, given["second"], {seed}), {seed})'
    last = "trace[0].steps[-1].image"
    return bundle.again(TWO_DIGITS, call, last=last, studio="draws", digit=first, second=second)


def tally_html(tally: Tally | None, folder: Path = CHECKPOINTS) -> str:
    """How often attention makes one picture cheaper, if one is copied, and what the whole test split says."""
    lines = [] if tally is None else [_won(tally)]
    found = [pixel_scores.test_figure(pixel_scores.card(name, folder), "elbo") for name in (WITH, WITHOUT)]
    if found[0] and found[1]:
        attentive, plain = pixel_scores.said(found[0]), pixel_scores.said(found[1])
        lines.append(
            say(
                "<b>All {n:,} test digits</b>, on average: {attentive} nats with attention, {plain} without.",
                n=found[0]["n"],
                attentive=attentive,
                plain=plain,
            )
        )
    return "".join(f"<p>{line}</p>" for line in lines)


def _won(tally: Tally) -> str:
    wins, seeds = int((tally.attentive < tally.plain).sum()), len(tally.plain)
    return say(
        "<b>This picture:</b> with attention wins {wins} of {seeds} seeds. On average it costs {mean:.1f} "
        "nats with attention, {mean2:.1f} without.",
        wins=wins,
        seeds=seeds,
        mean=tally.attentive.mean(),
        mean2=tally.plain.mean(),
    )


def between_payload(trace: CanvasTrace, *, before: Array | None = None, autoplay: bool = True) -> Player:
    """A cell for each painting on the way; the first and the last are the copies."""
    value = frames.draw_payload(trace, columns=BETWEEN_COLUMNS, before=before, autoplay=autoplay)
    count = len(trace.frame(0))
    panel, note = value["panels"][-1], value["note"]
    panel["title"] = say("{count} paintings from one to the other", count=count)
    shares = [f"{round(100 * k / (count - 1))} %" for k in range(1, count - 1)]
    panel["labels"] = [say("the first"), *shares, say("the last")]
    assert note is not None
    note["title"] = say("Painting [[cell]] of [[cells]], stroke [[step]]")
    note["html"] = say(notes.BETWEEN)
    return value


def two_digits_payload(trace: CanvasTrace, stands: Array, names: Sequence[str], *, autoplay: bool = True) -> Player:
    """A copy of two digits; ``stands`` (T, 2) in [0, 1] says how much of each one's ink is there after every stroke."""
    value = frames.draw_payload(trace, autoplay=autoplay)
    note = value["note"]
    assert note is not None
    words = [say(notes.FIRST_DRAWN, first=names[k], second=names[1 - k]) for k in range(2)]
    note["html"] = say(notes.TWO_DIGITS) + " " + order_sentence(stands, words)
    note["rows"] = [[say("the {name} stands", name=name), f"[[stands_{k}]]"] for k, name in enumerate(names)] + note[
        "rows"
    ][-2:]
    values: dict[str, Value | Words] = {
        f"stands_{k}": {**payload.value(stands[:, [k]], 0), "percent": True} for k in range(2)
    }
    note["values"] |= values
    return value


def half_way(stands: Array) -> NDArray[np.float64]:
    """The stroke, with its fraction, from 1, after which half of each digit's final ink stands: (T, 2) -> (2,)."""
    found = []
    for ink in stands.T:
        path = np.concatenate([[0.0], ink])
        half = path[-1] / 2
        t = int(np.argmax(path >= half))
        found.append(t - (path[t] - half) / max(path[t] - path[t - 1], 1e-9) if t else 0.0)
    return np.array(found)


def order_sentence(stands: Array, words: Sequence[str]) -> str:
    """Which of the two was drawn first, if one was: half of it stood at least one stroke before half of the other."""
    at = half_way(stands)
    early = int(np.argmin(at))
    if abs(at[0] - at[1]) < 1:
        return say(notes.TOGETHER)
    return words[early].format(early=f"{at[early]:.1f}", late=f"{at[1 - early]:.1f}")


def with_logits(value: Player, trace: CanvasTrace) -> Player:
    """The same painting with its canvas in logits: mid-grey is 0, black and white −8 and 8 and beyond."""
    p = frames.stacked(trace).astype(np.float64).clip(1e-7, 1 - 1e-7)
    shade = np.clip(0.5 + (np.log(p) - np.log1p(-p)) / (2 * LOGITS), 0, 1).astype(np.float32)
    old = value["panels"][-1]
    panel = payload.panel(
        say("Its canvas in logits, −{logits:g} to {logits:g}", logits=LOGITS), old["room"], shade, old.get("labels")
    )
    return {**value, "panels": [*value["panels"][:-1], panel]}


def with_filters(value: Player, trace: CanvasTrace) -> Player:
    """The same painting with the filterbanks of its windows in the note: a row for each filter, bright where it looks.

    A painting without windows is left as it is.
    """
    note, first = value["note"], trace.steps[0]
    patches: list[Patch] = []
    height, width = trace.frame(0).shape[-2:]
    for mark in first.marks:
        side = first.patches[mark.kind].shape[-1]
        columns, rows = say(FILTERS_OF[mark.kind])
        for axis, length, title in (("x", width, columns), ("y", height, rows)):
            bank = filters(trace, mark.kind, axis, length, side)
            bright = bank / np.maximum(bank.max((2, 3), keepdims=True), 1e-12)
            patches.append(payload.patch(title, bright[:, :, None], mark.kind))
    if note is None or not patches:
        return value
    return {**value, "note": {**note, "patches": [*note["patches"], *patches]}}


def filters(trace: CanvasTrace, kind: str, axis: str, length: int, n: int) -> Array:
    """Equations 25 and 26 from the numbers of the trace: (T, B, n, length), every row of which sums to one."""
    centre = trace.series(f"{kind}_{axis}").astype(np.float64)
    stride, variance = (trace.series(f"{kind}_{name}").astype(np.float64) for name in ("stride", "variance"))
    mu = centre[..., None] + (np.arange(1, n + 1) - n / 2 - 0.5) * stride[..., None]
    pixels = np.arange(length) + 0.5  # a trace counts from the corner: the first pixel's centre is 0.5
    exponent = -((pixels - mu[..., None]) ** 2) / (2 * variance[..., None, None] + 1e-8)
    weights = np.exp(exponent - exponent.max(-1, keepdims=True))
    return np.asarray(weights / weights.sum(-1, keepdims=True), np.float32)


def chosen_views(value: Player, trace: CanvasTrace, *, logits: bool, bank: bool) -> Player:
    """A painting as a person wants to see it."""
    shown: Any = with_logits(value, trace) if logits else value
    return with_filters(shown, trace) if bank else shown
