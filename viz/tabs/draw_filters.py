"""Filterbank: the window of DRAW in a person's hand, with all its numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr

from core.errors import UserError
from core.runtime import Runtime
from viz import filterbank
from viz.tabs.common import (
    LATEST,
    card,
    column,
    room,
    status_line,
    stored,
    told,
)
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject

PRESETS: dict[str, tuple[float, float, float, float, float, int]] = {
    "Everything": (14.5, 14.5, 3.0, 2.0, 1.0, 10),
    "A detail": (17.0, 10.0, 1.0, 0.3, 1.0, 10),
    "Blurred": (14.5, 14.5, 2.0, 14.0, 1.0, 10),
    "Single pixels": (14.5, 14.5, 5.0, 0.0, 1.0, 5),
    "Outside": (34.0, 14.5, 1.0, 1.0, 1.0, 5),
}
"""g_X, g_Y, δ, σ², γ and N of what is worth trying."""
FIRST = "Everything"

TEXT = """
DRAW cannot simply cut out a part of the picture: cutting has no gradient, so nothing could teach it *where* to cut. It
lays a grid of **Gaussian filters** over the picture instead. Each reads one number, the mean of the pixels around its
centre, and all of that is smooth in where the grid lies, how wide it is and how sharp.

**Six numbers** say everything: the centre, the **stride** from filter to filter, the **variance** of each filter, the
**intensity** by which what is read is multiplied, and how many filters there are.

The way back uses the same filters turned round: each number is spread as ink over the pixels that it was the mean of.
Reading and writing through one window does not give the picture back. What is lost is what the window cannot see.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    start = painted_digit(3)
    first = filterbank.Shown(**stored("filterbank"))
    plain: dict[str, Any] = {"apply_default_css": False}
    with room("draw"):
        with column("stage"), card():
            stage = gr.HTML(first.drawing, elem_id="bank-drawing", **plain)
            said = gr.HTML(first.words, elem_id="bank-words", elem_classes="bank-words", **plain)
            with gr.Row(elem_classes="easel-sliders bank-sliders"):
                sliders = _sliders()
            status = status_line("bank")
        with column("controls"), card("Subject"):
            preset = gr.Radio(
                list(PRESETS), value=FIRST, label="Try", elem_id="bank-preset", elem_classes="easel-chips"
            )
            sub = subject("bank", "read", start, canvas("bank", "read", start))
        with column("aside"):
            with card("The formula"):
                shown = gr.HTML(first.formula, elem_id="bank-formula", **plain)
            with card("What you see"):
                gr.Markdown(TEXT, elem_classes="easel-text")

    outputs = [stage, said, shown]

    def answer(picture: Picture, live: bool, *values: Any) -> filterbank.Shown:
        return filterbank.shown(runtime.studio.filters(picture.pixels, *values))

    @told
    def on_move(name: str, picture: Picture, *values: Any) -> tuple[Any, ...]:
        return *filterbank.shown(runtime.studio.filters(picture.pixels, *values), name), None

    @told
    def on_preset(name: str, picture: Picture) -> tuple[Any, ...]:
        if name not in PRESETS:
            raise UserError("There is no such setting.")
        return *PRESETS[name], *answer(picture, False, *PRESETS[name])

    connect(sub, answer, sliders, outputs, status)
    for name, slider in zip(filterbank.TERMS, sliders, strict=True):
        slider.input(partial(on_move, name), [sub.picture, *sliders], [*outputs, preset], **LATEST)
    preset.input(on_preset, [preset, sub.picture], [*sliders, *outputs], **LATEST)


def _sliders() -> list[gr.Slider]:
    """One for each of the formula's parameters, in the order of :data:`viz.filterbank.TERMS`."""
    kinds = {
        "g_x": ("Centre g_X, column", -5, 34, 0.5),
        "g_y": ("Centre g_Y, row", -5, 34, 0.5),
        "delta": ("Stride δ", 0, 9, 0.1),
        "sigma2": ("Variance σ²", 0, 16, 0.05),
        "gamma": ("Intensity γ", 0.1, 4, 0.1),
        "n": ("Filters a side N", 1, 14, 1),
    }
    return [
        gr.Slider(low, high, value, step=step, label=label, elem_id=f"bank-{name}", min_width=0)
        for (name, (label, low, high, step)), value in zip(kinds.items(), PRESETS[FIRST], strict=True)
    ]
