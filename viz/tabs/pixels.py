"""Pixel by pixel: PixelCNN imagines pictures, or completes one that a person has covered in part."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.runtime import Runtime
from core.trace import RasterTrace
from viz import figures, frames
from viz.tabs.common import (
    SIDE,
    Picture,
    canvas,
    card,
    chart_in_fold,
    column,
    connect,
    explanation,
    gallery,
    picked_cell,
    room,
    seed_field,
    show_stage,
    status_line,
    stored,
    subject,
    told,
    verbs,
)
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COMPLETIONS = "Ways it could go on, the likeliest first"
COMPLETE, IMAGINE = "Complete", "Imagine"
PIXELS, PASSES = "Pixel by pixel", "As it was computed"

TEXT = """
PixelCNN reads like a page: row by row, left to right. For each pixel it looks only at what is **already there**, says
how likely ink is, and throws a die. That is all; the digit is the sum of 784 such throws.

**Cover** a part and it goes on from what it can see *before* each pixel. What stands below or to the right of it, it
cannot know yet, even if you gave it: so it sometimes walks into your pixels with surprise.

The likeliest of the completions comes first. Fewer nats mean less surprise.
"""

FORMULA = r"""
$$p(x) = \prod_{i=1}^{784} p(x_i \mid x_1, \dots, x_{i-1})$$

Masked convolutions see to it that the network's output at pixel $i$ does not depend on $x_i$ or on anything after it,
so that one pass gives all factors of a finished picture: $-\log p(x)$ is exact. Painting with temperature $\tau$ draws
$x_i = [\,u_i < \sigma(\ell_i / \tau)\,]$ with $u_i$ uniform.

Drawing one pixel a pass would take 784 passes. For fixed $u$ the picture is the only solution of these equations; so
each row is guessed as a whole and corrected until nothing changes, about two or three passes a row, and the result is
the same to the pixel. *As it was computed* shows just these passes.

van den Oord et al. 2016, *Pixel Recurrent Neural Networks*.
"""


def half_covered() -> Picture:
    """The picture that stands in the editor at first: its lower half is covered."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[SIDE // 2 :] = True
    return Picture(gallery()[0], hidden)


def uncertainty(trace: RasterTrace, cell: int) -> Any:
    """The chart for the selected picture; a selection outlives a change to fewer pictures."""
    return figures.entropy_figure(trace, min(cell, len(trace.image) - 1))


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("pixels"), half_covered()
    painted, trace, cell = gr.State(first), gr.State(None), gr.State(0)
    with room("pixels"):
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box") as editing:
                    board = canvas("pixels", "pixel", start, cover=True)
                with gr.Column(min_width=220):
                    stage = player("pixels-player", "pixel", first)
            status = status_line("pixels")
            verbs("pixels", painted, 30)
            with gr.Accordion("Chart: where it is unsure", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="pixels-chart")
        with column("controls"), card("Task"):
            mode = gr.Radio(
                [COMPLETE, IMAGINE],
                value=COMPLETE,
                label="Task",
                show_label=False,
                elem_id="pixels-mode",
                elem_classes="easel-switch",
            )
            with gr.Column(min_width=0) as completing:
                sub = subject("pixels", "pixel", start, board)
            count = gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="pixels-count")
            temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="pixels-temperature")
            heat = gr.Checkbox(False, label="Show what it expects", elem_id="pixels-heat")
            view = gr.Radio(
                [PIXELS, PASSES],
                value=PIXELS,
                label="Show the painting",
                elem_id="pixels-view",
                elem_classes="easel-switch",
            )
            seed = seed_field("pixels")
            paint = gr.Button("Paint", variant="primary", elem_id="pixels-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("pixels-narrator", "pixels-player", "pixel")
            explanation(TEXT, FORMULA)

    def show(painting: RasterTrace, heat: bool, live: bool, title: str) -> tuple[Any, ...]:
        value = frames.raster_payload(painting, title=title, heat=True if heat else None, autoplay=not live)
        return value, value, painting

    def complete(
        picture: Picture, live: bool, count: float, temperature: float, heat: bool, seed: float
    ) -> tuple[Any, ...]:
        painting = runtime.studio.pixel_complete(picture.pixels, picture.hidden, count, seed, temperature)
        return show(painting, heat, live, COMPLETIONS)

    @told
    def on_paint(
        mode: str, view: str, picture: Picture, count: float, temperature: float, heat: bool, seed: float
    ) -> tuple[Any, ...]:
        given = picture if mode == COMPLETE else None
        if view == PASSES:
            painting, passes = runtime.studio.pixel_passes(seed, temperature, given)
            value = frames.passes_payload(passes)
            return value, value, painting
        if given is not None:
            return complete(given, False, count, temperature, heat, seed)
        painting = runtime.studio.pixel_generate(count, seed, temperature)
        return show(painting, heat, False, "What it imagines")

    outputs, options = [stage, painted, trace], [count, temperature, heat, seed]
    asked = [mode, view, sub.picture, *options]
    fast: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
    private = fast | {"api_visibility": "private"}
    connect(sub, complete, options, outputs, status)
    show_stage(paint, "pixels-player")
    paint.click(on_paint, asked, outputs, api_visibility="private", **fast)
    mode.change(
        lambda mode: (gr.Column(visible=mode == COMPLETE), gr.Column(visible=mode == COMPLETE)),
        mode,
        [editing, completing],
        **private,
    )
    gr.on(
        [mode.change, view.change, heat.change, count.release, temperature.release], on_paint, asked, outputs, **private
    )
    stage.pick(picked_cell, outputs=cell, **private)
    chart_in_fold(fold, trace, chart, uncertainty, lambda: runtime.studio.pixel_complete(*start, 9, 1), cell)
