"""Between: from a copy of one digit to a copy of another, every latent of every stroke on its way."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runtime import Runtime
from viz import draw_views
from viz.tabs.common import (
    SKIP,
    card,
    column,
    explanation,
    paints,
    room,
    seed_field,
    show_stage,
    status_line,
    stored,
    verbs,
)
from viz.tabs.subject import Picture, Subject, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

WAYS = {"Round": "round", "Straight": "straight"}
FIRST_DIGITS = 3, 8
FIRST_COUNT = 8

TEXT = """
A painting of DRAW is decided by its latents: 100 numbers at each of its strokes. Both of your digits are copied; that
gives two such sequences. Every painting between them is decoded from the latents that lie between, stroke by stroke.

Play it: all of them are painted at once, and you see not only what the pictures between look like but how they would
be *drawn*. Neighbours begin alike and part late, or the other way round.

**Round** turns each vector at an even pace, so that those between are as long as the ends are. **Straight** cuts the
corner, and what lies half way is shorter than the decoder is used to. With a hundred numbers, the two ways look clearly
different.
"""

FORMULA = r"""
With the copies' latents $a_t$ and $b_t$, the angle $\theta_t$ between them and $s$ from 0 to 1, **straight** is
$(1 - s)\,a_t + s\,b_t$ and **round**

$$\left( \frac{\sin((1 - s)\,\theta_t)}{\sin \theta_t} \frac{a_t}{|a_t|}
+ \frac{\sin(s\,\theta_t)}{\sin \theta_t} \frac{b_t}{|b_t|} \right) \big((1 - s)\,|a_t| + s\,|b_t|\big).$$

Both copies share their noise $\varepsilon_t$ in $z_t = \mu_t + \sigma_t\,\varepsilon_t$.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("between")
    starts = [painted_digit(digit) for digit in FIRST_DIGITS]
    painted = gr.State(first)
    with room("draw"):
        with column("stage"), card():
            stage = player("between-player", "write", first, panels=1)
            status = status_line("between")
            verbs("between", painted, 8)
        with column("controls"), card("From one to the other"):
            with gr.Tabs(elem_classes="easel-inner"):
                subs: list[Subject] = []
                for key, label, start in zip(("from", "to"), ("From", "To"), starts, strict=True):
                    with gr.Tab(label, elem_id=f"between-{key}-tab"):
                        subs.append(subject(f"between-{key}", "read", start, canvas(f"between-{key}", "read", start)))
            way = gr.Radio(list(WAYS), value="Round", label="Way", elem_id="between-way", elem_classes="easel-switch")
            count = gr.Slider(2, 16, FIRST_COUNT, step=1, label="Paintings", elem_id="between-count")
            seed = seed_field("between")
            paint = gr.Button("Paint", variant="primary", elem_id="between-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("between-narrator", "between-player", "write")
            explanation(TEXT, FORMULA)

    def paintings(start: Picture, end: Picture, count: float, way: str, seed: float) -> tuple[Any, ...]:
        trace = runtime.studio.draws.between(start.pixels, end.pixels, count, WAYS.get(way, way), seed)
        value = draw_views.between_payload(trace, before=runtime.studio.draw_blank())
        return value, value

    def from_edited(picture: Picture, live: bool, other: Picture, *values: Any) -> tuple[Any, ...]:
        return (SKIP, SKIP) if live else paintings(picture, other, *values)

    def to_edited(picture: Picture, live: bool, other: Picture, *values: Any) -> tuple[Any, ...]:
        return (SKIP, SKIP) if live else paintings(other, picture, *values)

    options, outputs = [count, way, seed], [stage, painted]
    a, b = subs
    connect(a, from_edited, [b.picture, *options], outputs, status)
    connect(b, to_edited, [a.picture, *options], outputs, status)
    show_stage(paint, "between-player")
    paints([paint.click, way.change, count.input], paintings, [a.picture, b.picture, *options], outputs)
