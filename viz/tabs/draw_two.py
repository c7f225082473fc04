"""Two digits: a DRAW that learned two digits at once on a larger canvas, and which of them it draws first."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.training.registry import shown_in
from viz.language import say
from viz.player import bundle, frames
from viz.tabs.common import (
    card,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture
from viz.views import draw_paint
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

COPY, IMAGINE = "Copy", "Imagine"
NAMES = "first digit", "second digit"
FIRST_SECOND = 7

TEXT = """
This painter learned from canvases of 60×60 pixels, on each of which **two digits** lay anywhere, also over one
another. Nobody told it that there are two, nor what a digit is.

Copy two digits and follow its <span class="read">blue</span> and <span class="write">orange</span> windows: does it
finish one before it begins the other, or does it work on both?
"""
MORE = """
The table counts, after every stroke, how much of each digit's ink stands, over the pixels that belong to one of them
alone.

The **seed** decides where they lie, and the painter's own noise.
"""

FORMULA = r"""
Of digit $k$ with the ink $I_k$ that is its alone stands after stroke $t$

$$\frac{1}{|I_k|} \sum_{i \in I_k} \sigma(c_{t,i}).$$

The digit comes first half of whose final ink stands earlier, if by a stroke or more. Gregor et al. 2015, section 4.3.
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("two-digits")
    painted = gr.State(first)
    with room("draw"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("two", (COPY, IMAGINE)))
            with gr.Column(min_width=0) as copying:
                second = tab.digit("second", say("The second digit"), FIRST_SECOND)
            with gr.Row(visible=False, elem_classes="easel-bar") as imagining:
                count = tab.control(
                    "pictures", gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="two-count", min_width=140)
                )
                temperature = tab.control(
                    "temperature",
                    gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="two-temperature", min_width=140),
                )
            paint = gr.Button("Paint", variant="primary", elem_id="two-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("two-player", "write", first)
            status = status_line("two")
            schematic("two", "draw")
            verbs("two", painted, 8, by=tuple(shown_in("draw_two")))
        with column("aside"):
            with card():
                narrator("two-narrator", "two-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        picture: Picture,
        second: NDArray[np.uint8],
        mode: str,
        count: float,
        seed: float,
        temperature: float,
    ) -> tuple[Any, ...]:
        draws = tab.runtime.studio.draws
        if mode == IMAGINE:
            (name,) = shown_in("draw_two")
            trace = draws.generate(name, count, seed, temperature)
            value = frames.draw_payload(trace, before=draws.blank(name))
            call = f'generate("{name}", {int(count)}, {int(seed)}, {temperature:g})'
            value["again"] = bundle.again(name, call, studio="draws")
        else:
            scene = draws.scene(picture.pixels, second, seed)
            value = draw_paint.two_digits_payload(*draws.copy_scene(scene, seed), say(NAMES))
            value["again"] = draw_paint.two(picture.pixels, second, int(seed))
        return value, value

    asked = {"picture": tab.desk.digit, "second": second, "mode": mode}
    asked |= {"count": count, "seed": tab.desk.seed, "temperature": temperature}
    when = dict.fromkeys(("picture", "second"), (mode, COPY))
    again(paint, tab.paint(answer, asked, [stage, painted], status=status, when=when))
    show_stage(paint, "two-player")
    tab.moment("two-player")
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
