"""Your glimpse: one window of the network's in a person's hand, and what the network would have thought by it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.errors import UserError
from core.runtime import Runtime
from viz import glimpse_compare
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    column,
    room,
    status_line,
    stored,
    told,
)
from viz.tabs.look_path import Looked
from viz.widgets.aim import aim as aim_widget

GLIMPSES, FIRST = 8, 2
"""How many glimpses the network has, and which of them is in hand at first."""

TEXT = """
Take the window away from the network at one of its glimpses and hold it **where you want**. Before that glimpse all
stays as it was. Behind it the network goes on by itself, from what you have shown it. Thin frames show its own
windows: before, now, next. Watch how the next one moves.

Show it a corner without ink, and it stays unsure; show it the clutter, and it may take that for the digit. Late in the
path your glimpse weighs little, for its memory already knows.

You decide where the window lies and how wide it is. How sharp its filters are for that width, and how strong what they
read, remains as the network has it. A window may look beyond the edge; there it sees the edge's last pixels.
"""


def build(runtime: Runtime, looked: gr.State) -> None:
    """Fill the tab: the picture is the one that was ``looked`` at in the tab before."""
    first = glimpse_compare.Comparison(**stored("look-own"))
    plain: dict[str, Any] = {"apply_default_css": False}
    with room("look"):
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box"):
                    board = aim_widget("look-aim", "glimpse", first.aim)
                with gr.Column(min_width=220):
                    lists = gr.HTML(first.lists, elem_id="look-lists", **plain)
            words = gr.HTML(first.words, elem_id="look-words", elem_classes="look-words", **plain)
            status = status_line("look-aim")
        with column("controls"), card("Your glimpse"):
            at = gr.Slider(1, GLIMPSES, FIRST, step=1, label="Number of the glimpse", elem_id="look-at")
            back = gr.Button("Back to its own window", elem_id="look-back", elem_classes="easel-round")
            gr.Markdown("The picture is the one of *Its glimpses*.", elem_classes="easel-text")
        with column("aside"), card("What you see"):
            gr.Markdown(TEXT, elem_classes="easel-text")

    def compared(looked: Looked, at: object, box: list[Any] | None) -> glimpse_compare.Comparison:
        found = runtime.studio.glimpses.look_with(looked.pixels, at, box, looked.aim, looked.seed)
        return glimpse_compare.comparison(found)

    def on_aim(event: gr.EventData, looked: Looked, at: float) -> tuple[Any, ...]:
        try:
            return *compared(looked, at, [event.x, event.y, event.size]), ""
        except UserError as error:  # while dragging no toast may stand in the way
            return SKIP, SKIP, SKIP, f"<p>{error}</p>"

    @told
    def on_start(looked: Looked, at: float) -> tuple[Any, ...]:
        return *compared(looked, at, None), ""

    outputs = [board, lists, words, status]
    board.aim(on_aim, [looked, at], outputs, **LATEST)
    gr.on([at.input, back.click, looked.change], on_start, [looked, at], outputs, **LATEST)
