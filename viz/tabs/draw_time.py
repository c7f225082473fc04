"""Time: what a painting of DRAW could have become from one stroke on, and what it would be without each of them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runtime import Runtime
from viz import draw_frames
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
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

IMAGINED, COPIED = "Imagined", "Copied"
FUTURES, STROKE, LATENT = "Its futures", "Without a stroke", "Without one stroke's code"
STEPS = 16
"""Strokes of the painter."""
FIRST_SEED, FIRST_FORK, FIRST_COUNT = 51, 2, 8
"""A painting whose futures are six different digits after two strokes in common, and all the same after eight."""

TEXT = """
A painting of DRAW is a chain of throws: at each stroke a latent is drawn, and the decoder makes ink of it.

**Its futures.** Keep the throws up to one stroke and throw again from there on. Fork early, and other digits come out.
Fork late, and only details differ. So you see *when* it was decided what the picture would be. A copy has hardly any
freedom: at every stroke the painter looks again, and what it sees pulls all futures to the same digit.

**Without a stroke.** Take the ink of one stroke off the finished canvas. Some strokes carry the digit, many only
sharpen it. Compare with the nats that each of them cost.

**Without one stroke's code.** Set the latent behind one stroke to what is expected when nothing is known, and let the
decoder go on. Later strokes were decoded from a memory that has now missed something.
"""

FORMULA = r"""
With noise $\varepsilon_1, \dots, \varepsilon_T$ the canvas is a function $c_T(\varepsilon)$. Futures with $t$ strokes
in common share $\varepsilon_1, \dots, \varepsilon_{t}$ and draw the others again.

Without stroke $t$: $\;c_T - \mathrm{write}(h^{dec}_t)$. Without its latent: $c_T$ decoded from
$z_1, \dots, z_{t-1}, 0, z_{t+1}, \dots, z_T$.

What is lost of a copy is $\log p(x \mid c_T) - \log p(x \mid c_T \text{ without } t)$ in nats; what the stroke cost is
$\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))$.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("time"), painted_digit(3)
    painted = gr.State(first)
    with room("draw"):
        with column("stage"), card():
            stage = player("time-player", "write", first)
            status = status_line("time")
            verbs("time", painted, 8)
        with column("controls"), card("Painting"):
            mode = task_switch("time", (IMAGINED, COPIED))
            with gr.Column(min_width=0, visible=False) as copying:
                sub = subject("time", "read", start, canvas("time", "read", start))
            view = gr.Radio(
                [FUTURES, STROKE, LATENT],
                value=FUTURES,
                label="Show",
                elem_id="time-view",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            with gr.Column(min_width=0) as forking:
                at = gr.Slider(0, STEPS, FIRST_FORK, step=1, label="Strokes in common", elem_id="time-at")
                count = gr.Slider(2, 16, FIRST_COUNT, step=1, label="Futures", elem_id="time-count")
            seed = seed_field("time", FIRST_SEED)
            paint = gr.Button("Paint", variant="primary", elem_id="time-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("time-narrator", "time-player", "write")
            explanation(TEXT, FORMULA)

    def answer(picture: Picture, live: bool, mode: str, view: str, *values: Any) -> tuple[Any, ...]:
        if live:
            return SKIP, SKIP
        at, count, seed = values
        pixels = picture.pixels if mode == COPIED else None
        if view == FUTURES:
            trace = runtime.studio.draw_forks(pixels, at, count, seed)
            value = draw_frames.forks_payload(trace, int(at), before=runtime.studio.draw_blank())
        else:
            way = "latent" if view == LATENT else "stroke"
            value = draw_frames.erased_payload(runtime.studio.draw_erased(pixels, way, seed), latent=view == LATENT)
        return value, value

    def on_paint(picture: Picture, *values: Any) -> tuple[Any, ...]:
        return answer(picture, False, *values)

    outputs, options = [stage, painted], [mode, view, at, count, seed]
    connect(sub, answer, options, outputs, status)
    show_stage(paint, "time-player")
    shown_for(mode, {COPIED: copying})
    shown_for(view, {FUTURES: forking})
    changes = [paint.click, mode.change, view.change, at.input, count.input]
    paints(changes, on_paint, [sub.picture, *options], outputs)
