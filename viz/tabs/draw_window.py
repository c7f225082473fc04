"""Filterbank: the window of DRAW in a person's hand, with all its numbers."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from viz.language import say
from viz.tabs.common import card, column, room, status_line, stored, verbs
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture
from viz.views import draw_window

TRIED: list[tuple[str, tuple[float, float, float, float, float, int]]] = [
    ("Everything", (14.5, 14.5, 3.0, 2.0, 1.0, 10)),
    ("A detail", (17.0, 10.0, 1.0, 0.3, 1.0, 10)),
    ("Blurred", (14.5, 14.5, 2.0, 14.0, 1.0, 10)),
    ("Single pixels", (14.5, 14.5, 5.0, 0.0, 1.0, 5)),
    ("Beyond the edge", (34.0, 14.5, 1.0, 1.0, 1.0, 5)),
]
"""g_X, g_Y, δ, σ², γ and N of what is worth trying."""
PRESETS = dict(TRIED)
FIRST = "Everything"

NAMES = dict(zip(draw_window.TERMS, ("gx", "gy", "stride", "variance", "intensity", "filters"), strict=True))
"""The parameters as an address calls them."""

TEXT = """
DRAW cannot simply cut out a part of the picture: cutting has no gradient, so nothing could teach it *where* to cut. It
puts a grid of **Gaussian filters** over the picture instead. Each reads one number, the mean of the pixels around its
centre, and all of that is smooth in where the grid is, how wide it is and how sharp.
"""
MORE = """
**Six numbers** say everything: the centre, the **stride** from filter to filter, the **variance** of each filter, the
**intensity** by which what is read is multiplied, and how many filters there are.

The way back uses the same filters turned round: each number is spread as ink over the pixels that it was the mean of.
Reading and writing through one window does not give the picture back. What is lost is what the window cannot see.
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = draw_window.Shown(**stored("filterbank"))
    plain: dict[str, Any] = {"apply_default_css": False}
    with room("draw"):
        with column("controls"), card():
            preset = gr.Radio(
                list(PRESETS),
                value=FIRST,
                label="Try",
                show_label=False,
                elem_id="bank-preset",
                elem_classes="easel-chips",
            )
            with gr.Row(elem_classes="easel-sliders bank-sliders"):
                sliders = _sliders(tab)
        with column("stage"), card():
            stage = gr.HTML(first.drawing, elem_id="bank-drawing", **plain)
            said = gr.HTML(first.words, elem_id="bank-words", elem_classes="bank-words", **plain)
            status = status_line("bank")
            painted = gr.State(stored("filterbank-stage"))
            verbs("bank", painted, 8)
        with column("aside"):
            with card("The formula"):
                shown = gr.HTML(first.formula, elem_id="bank-formula", **plain)
            with card("What you see", folds=True):
                gr.Markdown(say(TEXT), elem_classes="easel-text")
                with gr.Accordion("Read on", open=False, elem_classes="easel-fold"):
                    gr.Markdown(say(MORE), elem_classes="easel-text")

    def answer(picture: Picture, changed: set[str], **setting: float) -> tuple[Any, ...]:
        moved = [name for name in draw_window.TERMS if name in changed]
        values = tuple(setting[name] for name in draw_window.TERMS)
        looking = tab.runtime.studio.filters(picture.pixels, *values)
        name = next((name for name, each in PRESETS.items() if each == values), None)
        return *draw_window.shown(looking, moved[0] if len(moved) == 1 else ""), name, draw_window.still(looking)

    outputs = [stage, said, shown, preset, painted]
    tab.paint(answer, {"picture": tab.desk.digit, **sliders}, outputs, status=status, live=True, quick=True)
    js = f"name => ({json.dumps(PRESETS)})[name]"
    preset.input(None, preset, list(sliders.values()), js=js, api_visibility="private")


def _sliders(tab: Tab) -> dict[str, gr.Slider]:
    """One for each of the formula's parameters, in the order of :data:`viz.views.draw_window.TERMS`."""
    kinds = {
        "g_x": (say("Centre g_X, column"), -5, 34, 0.5),
        "g_y": (say("Centre g_Y, row"), -5, 34, 0.5),
        "delta": (say("Stride δ"), 0, 9, 0.1),
        "sigma2": (say("Variance σ²"), 0, 16, 0.05),
        "gamma": (say("Intensity γ"), 0.1, 4, 0.1),
        "n": (say("Filters a side N"), 1, 14, 1),
    }
    return {
        name: tab.control(
            NAMES[name], gr.Slider(low, high, value, step=step, label=label, elem_id=f"bank-{name}", min_width=0)
        )
        for (name, (label, low, high, step)), value in zip(kinds.items(), PRESETS[FIRST], strict=True)
    }
