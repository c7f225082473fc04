"""The first room: the same digit painted in three ways, from stored traces, before any weight is loaded."""

from __future__ import annotations

import gradio as gr

from core.runtime import Runtime
from viz import codes
from viz.payload import Room
from viz.tabs.common import stored
from viz.widgets.player import player

SAYS = codes.numbers(codes.SIZES[codes.FIRST])
"""How long the code is of the VAE that painted the stored picture."""
WAYS: tuple[tuple[str, Room, str, str], ...] = (
    ("vae", "vae", "All at once", f"A VAE squeezes the digit into {SAYS} and paints it back in one go."),
    ("draw", "write", "Stroke by stroke", "DRAW looks, adds a stroke, looks again, sixteen times."),
    ("pixels", "pixel", "Pixel by pixel", "PixelCNN sees the upper half and paints the rest, one pixel at a time."),
)


def build(runtime: Runtime) -> dict[str, gr.Button]:
    """Fill the tab; returns the button that enters each room, by the room's key."""
    enter = {}
    gr.HTML(
        "<p class='easel-lead'>One digit, three painters. Watch them, then go in: draw your own, cover parts of it, "
        "bend it, and take the animation home.</p>",
        apply_default_css=False,
    )
    with gr.Row(elem_classes="easel-start"):
        for key, kind, name, text in WAYS:
            with gr.Column(elem_classes=["easel-card", f"easel-{key}"], min_width=240):
                gr.HTML(f"<h2 class='{kind}'>{name}</h2><p>{text}</p>", apply_default_css=False)
                player(f"start-{key}", kind, stored(f"start-{key}"))
                enter[key] = gr.Button(
                    f"Enter: {name}", variant="primary", elem_id=f"enter-{key}", elem_classes="easel-primary"
                )
    return enter
