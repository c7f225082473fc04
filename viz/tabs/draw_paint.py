"""Paint: DRAW copies a digit or imagines some, and every read and write window can be seen."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runtime import Runtime
from core.trace import CanvasTrace
from viz import draw_frames, draw_views, figures, frames
from viz.payload import Player
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    chart_in_fold,
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
    told,
    verbs,
)
from viz.tabs.draw_time import STEPS
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COPY, IMAGINE = "Copy", "Imagine"
PROBABILITIES, LOGITS = "Probabilities", "Logits"

TEXT = """
DRAW never paints a picture at once. Copying, it **looks** at a small part of your digit through the blue window and
at what is still missing there, thinks, and **adds ink** to its canvas through the orange one. Then it looks again.

Both windows are its own choice: where they lie, how wide they are, how sharp their filters. A thick line means sharp.
What it reads is a few numbers, and so is what it writes: the small pictures beside show them.

The canvas holds **logits**, any numbers at all, to which strokes are added; the picture is what they become as
probabilities. **Filters** are the rows with which a window reads along x and y: each is bright where it looks.

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
    first, start = stored("draw"), painted_digit(3)
    painted, trace = gr.State(first), gr.State(None)
    with room("draw"):
        with column("stage"), card():
            stage = player("draw-player", "write", first)
            status = status_line("draw")
            with gr.Row(elem_classes="easel-views"):
                view = gr.Radio(
                    [PROBABILITIES, LOGITS],
                    value=PROBABILITIES,
                    label="Its canvas",
                    elem_id="draw-view",
                    elem_classes="easel-switch",
                    min_width=200,
                )
                bank = gr.Checkbox(False, label="Show the filters", elem_id="draw-bank", min_width=140)
            verbs("draw", painted, 8)
            with gr.Accordion("Chart: nats of each stroke", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="draw-chart")
            with gr.Accordion("Chart: the ways of the windows", open=False, elem_classes="easel-fold") as path_fold:
                path = gr.Plot(show_label=False, elem_id="draw-path")
        with column("controls"), card("Subject"):
            mode = task_switch("draw", (COPY, IMAGINE))
            with gr.Column(min_width=0) as copying:
                sub = subject("draw", "read", start, canvas("draw", "read", start))
            with gr.Column(min_width=0, visible=False) as imagining:
                count = gr.Slider(1, 25, 16, step=1, label="Pictures", elem_id="draw-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="draw-temperature")
            strokes = gr.Slider(1, 64, STEPS, step=1, label=f"Strokes (learned: {STEPS})", elem_id="draw-strokes")
            seed = seed_field("draw")
            paint = gr.Button("Paint", variant="primary", elem_id="draw-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("draw-narrator", "draw-player", "write")
            explanation(TEXT, FORMULA)

    def seen(painting: CanvasTrace, view: str, bank: bool, *, autoplay: bool) -> Player:
        value = frames.draw_payload(painting, before=runtime.studio.draw_blank(), autoplay=autoplay)
        chosen = draw_views.chosen_views(value, painting, logits=view == LOGITS, bank=bank)
        return draw_frames.length_told(chosen, STEPS)

    def show(painting: CanvasTrace, view: str, bank: bool) -> tuple[Any, ...]:
        value = seen(painting, view, bank, autoplay=True)
        return value, value, painting

    def copy(picture: Picture, live: bool, seed: float, strokes: float, *views: Any) -> tuple[Any, ...]:
        return (SKIP,) * 3 if live else show(runtime.studio.draw_copy(picture.pixels, seed, strokes), *views)

    def on_paint(
        mode: str, picture: Picture, count: float, temperature: float, seed: float, strokes: float, *views: Any
    ) -> tuple[Any, ...]:
        if mode == COPY:
            return copy(picture, False, seed, strokes, *views)
        return show(runtime.studio.draw_generate(count, seed, temperature, strokes), *views)

    @told
    def on_view(painting: CanvasTrace | None, view: str, bank: bool) -> tuple[Any, ...]:
        value = seen(stored_trace() if painting is None else painting, view, bank, autoplay=False)
        return value, value

    def stored_trace() -> CanvasTrace:
        return runtime.studio.draw_copy(start.pixels, 1)

    outputs, views = [stage, painted, trace], [view, bank]
    connect(sub, copy, [seed, strokes, *views], outputs, status)
    asked = [mode, sub.picture, count, temperature, seed, strokes, *views]
    gr.on([view.input, bank.input], on_view, [trace, *views], [stage, painted], **LATEST)
    show_stage(paint, "draw-player")
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
    paints([paint.click, strokes.input, mode.change], on_paint, asked, outputs)
    chart_in_fold(fold, trace, chart, figures.kl_figure, stored_trace)
    chart_in_fold(path_fold, trace, path, figures.path_figure, stored_trace)
