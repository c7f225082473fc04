"""Between: from a copy of one digit to a copy of another, every latent of every stroke on its way."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from viz.language import say
from viz.player import bundle
from viz.player.payload import Again
from viz.tabs.common import card, column, explanation, room, show_stage, status_line, stored, switch, verbs
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import draw_paint
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

WAYS = {"Round": "round", "Straight": "straight"}
FIRST_TO, FIRST_COUNT = 8, 8

TEXT = """
A painting of DRAW is decided by its latents: 100 numbers at each of its strokes. Your digit and the other one are both
copied; that gives two such sequences. Every painting between them is decoded from the latents that lie between, stroke
by stroke.
"""
MORE = """
Play it: you see not only what the pictures between look like but how they would be *drawn*. Neighbours begin alike and
part late, or the other way round.

**Round** turns each vector at an even pace, so that those between are as long as the ends are. **Straight** cuts the
corner, and what lies half way is shorter than the decoder is used to. With a hundred numbers, the two paths look
clearly different.
"""

FORMULA = r"""
With the copies' latents $a_t$ and $b_t$, the angle $\theta_t$ between them and $s$ from 0 to 1, **straight** is
$(1 - s)\,a_t + s\,b_t$ and **round**

$$\left( u\,\frac{a_t}{|a_t|} + v\,\frac{b_t}{|b_t|} \right) \big((1 - s)\,|a_t| + s\,|b_t|\big),$$
$$u = \frac{\sin((1 - s)\,\theta_t)}{\sin \theta_t}, \quad v = \frac{\sin(s\,\theta_t)}{\sin \theta_t}.$$

Both copies share their noise $\varepsilon_t$ in $z_t = \mu_t + \sigma_t\,\varepsilon_t$.
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("between")
    painted = gr.State(first)
    with room("draw"):
        with column("controls"), card():
            end = tab.digit("to", say("To this digit"), FIRST_TO)
            way = tab.control("path", switch("Path", WAYS, "between-way", "Round"))
            count = tab.control(
                "paintings", gr.Slider(2, 16, FIRST_COUNT, step=1, label="Paintings", elem_id="between-count")
            )
            trained = Painters(tab, "between", [draw_paint.PAINTER])
            paint = gr.Button("Paint", variant="primary", elem_id="between-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("between-player", "write", first, panels=1)
            status = status_line("between")
            verbs("between", painted, 8, by=draw_paint.PAINTER)
        with column("aside"):
            with card():
                narrator("between-narrator", "between-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        start: Picture, end: NDArray[np.uint8], count: float, way: str, seed: float, run: str
    ) -> tuple[Any, ...]:
        studio, way = trained.asked(run).studio, WAYS.get(way, way)
        trace = studio.draws.between(start.pixels, end, count, way, seed)
        value = draw_paint.between_payload(trace, before=studio.draw_blank())
        if not run:  # of the shipped weights: it would be another painting
            value["again"] = made(start.pixels, end, int(count), way, int(seed))
        return value, value

    asked = {"start": tab.desk.digit, "end": end, "count": count, "way": way, "seed": tab.desk.seed}
    asked |= {"run": trained.run}
    again(paint, tab.paint(answer, asked, [stage, painted], status=status))
    show_stage(paint, "between-player")
    tab.moment("between-player")


def made(start: NDArray[np.uint8], end: NDArray[np.uint8], count: int, way: str = "round", seed: int = 1) -> Again:
    """How the paintings between copies of two digits (H, W) come again."""
    call = f'between(given["a"], given["b"], {count}, "{way}", {seed})'
    return bundle.again(draw_paint.PAINTER, call, studio="draws", a=start, b=end)
