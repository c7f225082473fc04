"""Two digits: a DRAW that learned two digits at once on a larger canvas, and which of them it draws first."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runtime import Runtime
from viz import draw_views, frames
from viz.painters import TWO_DIGITS
from viz.tabs.common import (
    SKIP,
    card,
    column,
    explanation,
    paints,
    room,
    seed_field,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.subject import Picture, Subject, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COPY, IMAGINE = "Copy", "Imagine"
NAMES = "first digit", "second digit"
FIRST_DIGITS = 2, 7
FIRST_SEED = 1

TEXT = """
This painter learned from canvases of 60×60 pixels, on each of which **two digits** lay anywhere, also over one
another. Nobody told it that there are two, nor what a digit is.

Copy two digits and follow its <span class="read">blue</span> and <span class="write">orange</span> windows: does it
finish one before it begins the other, or does it work on both? The table counts, after every stroke, how much of each
digit's ink stands, over the pixels that belong to one of them alone.

The **seed** throws where they lie and the painter's own noise.
"""

FORMULA = r"""
Of digit $k$ with the ink $I_k$ that is its alone stands after stroke $t$

$$\frac{1}{|I_k|} \sum_{i \in I_k} \sigma(c_{t,i}).$$

The digit comes first half of whose final ink stands earlier, if by a stroke or more. Gregor et al. 2015, section 4.3.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("two-digits")
    starts = [painted_digit(digit) for digit in FIRST_DIGITS]
    painted = gr.State(first)
    with room("draw"):
        with column("stage"), card():
            stage = player("two-player", "write", first)
            status = status_line("two")
            verbs("two", painted, 8)
        with column("controls"), card("Two digits"):
            mode = task_switch("two", (COPY, IMAGINE))
            with gr.Column(min_width=0) as copying, gr.Tabs(elem_classes="easel-inner"):
                subs: list[Subject] = []
                for key, label, start in zip(("a", "b"), ("First", "Second"), starts, strict=True):
                    with gr.Tab(label, elem_id=f"two-{key}-tab"):
                        subs.append(subject(f"two-{key}", "read", start, canvas(f"two-{key}", "read", start)))
            with gr.Column(min_width=0, visible=False) as imagining:
                count = gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="two-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="two-temperature")
            seed = seed_field("two")
            paint = gr.Button("Paint", variant="primary", elem_id="two-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("two-narrator", "two-player", "write")
            explanation(TEXT, FORMULA)

    def answer(mode: str, pictures: list[Picture], count: float, seed: float, temperature: float) -> tuple[Any, ...]:
        draws = runtime.studio.draws
        if mode == IMAGINE:
            trace = draws.generate(TWO_DIGITS, count, seed, temperature)
            value = frames.draw_payload(trace, before=draws.blank(TWO_DIGITS))
        else:
            scene = draws.scene(pictures[0].pixels, pictures[1].pixels, seed)
            value = draw_views.two_digits_payload(*draws.copy_scene(scene, seed), NAMES)
        return value, value

    def a_edited(picture: Picture, live: bool, other: Picture, mode: str, *values: Any) -> tuple[Any, ...]:
        return (SKIP, SKIP) if live else answer(mode, [picture, other], *values)

    def b_edited(picture: Picture, live: bool, other: Picture, mode: str, *values: Any) -> tuple[Any, ...]:
        return (SKIP, SKIP) if live else answer(mode, [other, picture], *values)

    def on_paint(one: Picture, other: Picture, mode: str, *values: Any) -> tuple[Any, ...]:
        return answer(mode, [one, other], *values)

    options, outputs = [mode, count, seed, temperature], [stage, painted]
    a, b = subs
    connect(a, a_edited, [b.picture, *options], outputs, status)
    connect(b, b_edited, [a.picture, *options], outputs, status)
    show_stage(paint, "two-player")
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
    paints([paint.click, mode.change], on_paint, [a.picture, b.picture, *options], outputs)
