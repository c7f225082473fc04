"""Pixel by pixel: the room of the pixel models, with an inner tab for each way to look at them."""

from __future__ import annotations

import gradio as gr

from core.runtime import Runtime
from viz.tabs import pixel_colour, pixel_lens, pixel_paint, pixel_scores

INNER = (
    ("Paint", "paint", pixel_paint.build),
    ("Colour", "colour", pixel_colour.build),
    ("Under the lens", "lens", pixel_lens.build),
    ("Scores", "scores", pixel_scores.build),
)


def build(runtime: Runtime) -> None:
    """Fill the room."""
    with gr.Tabs(elem_id="pixel-rooms", elem_classes="easel-inner"):
        for label, key, fill in INNER:
            with gr.Tab(label, id=f"pixels-{key}", elem_id=f"pixels-{key}-tab"):
                fill(runtime)
