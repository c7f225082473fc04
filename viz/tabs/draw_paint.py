"""Paint: DRAW copies a digit or imagines some, and every read and write window can be seen."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.runtime import Runtime
from core.trace import CanvasTrace
from viz import figures, frames
from viz.tabs.common import (
    SIDE,
    SKIP,
    card,
    chart_in_fold,
    column,
    explanation,
    room,
    seed_field,
    show_stage,
    status_line,
    stored,
    task_switch,
    told,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, examples, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COPY, IMAGINE = "Copy", "Imagine"

TEXT = """
DRAW never paints a picture at once. Copying, it **looks** at a small part of your digit through the blue window and
at what is still missing there, thinks, and **adds ink** to its canvas through the orange one. Then it looks again.

Both windows are its own choice: where they lie, how wide they are, how sharp their filters. A thick line means sharp.

Each stroke **costs nats**: how much the glimpse told the painter that it could not have guessed. Imagining, there is
nothing to look at, so the same painter draws from chance alone.
"""

FORMULA = r"""
At each of $T$ steps, with the canvas $c$, the picture $x$ and $\hat x = x - \sigma(c_{t-1})$:

$$r_t = \mathrm{read}(x, \hat x, h^{dec}_{t-1}) \quad h^{enc}_t = \mathrm{LSTM}(h^{enc}_{t-1}, [r_t, h^{dec}_{t-1}])$$
$$z_t \sim \mathcal N(\mu(h^{enc}_t), \sigma(h^{enc}_t)) \quad h^{dec}_t = \mathrm{LSTM}(h^{dec}_{t-1}, z_t)$$
$$c_t = c_{t-1} + \mathrm{write}(h^{dec}_t)$$

A window is an $N \times N$ grid of Gaussian filters with centre $(g_X, g_Y)$, stride $\delta$, variance $\sigma^2$ and
intensity $\gamma$. The bars are $\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))$.

Gregor et al. 2015, *DRAW: A Recurrent Neural Network For Image Generation*.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("draw"), Picture(examples()[3], np.zeros((SIDE, SIDE), bool))
    painted, trace = gr.State(first), gr.State(None)
    with room("draw"):
        with column("stage"), card():
            stage = player("draw-player", "write", first)
            status = status_line("draw")
            verbs("draw", painted, 8)
            with gr.Accordion("Chart: nats of each stroke", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="draw-chart")
        with column("controls"), card("Subject"):
            mode = task_switch("draw", (COPY, IMAGINE))
            with gr.Column(min_width=0) as copying:
                sub = subject("draw", "read", start, canvas("draw", "read", start))
            with gr.Column(min_width=0, visible=False) as imagining:
                count = gr.Slider(1, 25, 16, step=1, label="Pictures", elem_id="draw-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="draw-temperature")
            seed = seed_field("draw")
            paint = gr.Button("Paint", variant="primary", elem_id="draw-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("draw-narrator", "draw-player", "write")
            explanation(TEXT, FORMULA)

    def show(painting: CanvasTrace) -> tuple[Any, ...]:
        value = frames.draw_payload(painting, before=runtime.studio.draw_blank())
        return value, value, painting

    def copy(picture: Picture, live: bool, seed: float) -> tuple[Any, ...]:
        return (SKIP,) * 3 if live else show(runtime.studio.draw_copy(picture.pixels, seed))

    @told
    def on_paint(mode: str, picture: Picture, count: float, temperature: float, seed: float) -> tuple[Any, ...]:
        if mode == COPY:
            return copy(picture, False, seed)
        return show(runtime.studio.draw_generate(count, seed, temperature))

    outputs = [stage, painted, trace]
    connect(sub, copy, [seed], outputs, status)
    asked = [mode, sub.picture, count, temperature, seed]
    fast: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
    show_stage(paint, "draw-player")
    paint.click(on_paint, asked, outputs, api_visibility="private", **fast)
    mode.change(
        lambda mode: (gr.Column(visible=mode == COPY), gr.Column(visible=mode == IMAGINE)),
        mode,
        [copying, imagining],
        api_visibility="private",
        show_progress="hidden",
    ).then(on_paint, asked, outputs, api_visibility="private", **fast)
    chart_in_fold(fold, trace, chart, figures.kl_figure, lambda: runtime.studio.draw_copy(start.pixels, 1))
