"""Your glimpse: one window of the network's in a person's hand, and what the network would have thought by it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.errors import UserError
from core.results import GLIMPSES
from viz.address import QUIET
from viz.language import say
from viz.tabs.common import card, column, room, status_line, stored
from viz.tabs.desk import Tab
from viz.tabs.look_path import Scene, network, scene_of
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import look_aim
from viz.widgets.aim.aim import aim as aim_widget

FIRST = 2
"""The glimpse that is in hand at first."""

TEXT = """
Take the window away from the network at one of its glimpses and hold it **where you want**. Before that glimpse all
stays as it was; after it the network goes on alone, from what you have shown it. Thin frames show its own windows:
before, now, next. Watch how the next one moves.
"""

MORE = """
Show it a corner without ink, and it stays unsure; show it the clutter, and it may take that for the digit. Late in the
path your glimpse weighs little, for its memory already knows.

You decide where the window lies and how wide it is. How sharp its filters are for that width, and how strong what they
read, remains as the network has it. A window may look beyond the edge; there it sees the edge's last pixels.
"""


def box_of(text: str) -> list[float] | None:
    """Centre and side of the window of that text, x, y and size; None for none."""
    try:
        return [float(number) for number in text.split(",")] if text else None
    except ValueError:
        raise UserError("A window is three numbers: x, y and its size.") from None


def build(tab: Tab, scene: Scene, trained: Painters) -> None:
    """Fill the tab: the picture is the one that the controls of ``scene`` make, and ``trained`` says who looks."""
    first = look_aim.Comparison(**stored("look-own"))
    plain: dict[str, Any] = {"apply_default_css": False}
    with room("look"):
        with column("controls"), card():
            at = tab.control(
                "glimpse", gr.Slider(1, GLIMPSES, FIRST, step=1, label="Number of the glimpse", elem_id="look-at")
            )
            back = gr.Button("Back to its own window", elem_id="look-back", elem_classes="easel-round")
            gr.Markdown("The scene is the one of *Its glimpses*.", elem_classes="easel-text")
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box"):
                    board = aim_widget("look-aim", "glimpse", first.aim)
                with gr.Column(min_width=220):
                    lists = gr.HTML(first.lists, elem_id="look-lists", **plain)
            words = gr.HTML(first.words, elem_id="look-words", elem_classes="look-words", **plain)
            status = status_line("look-aim")
        with column("aside"), card("What you see", folds=True):
            gr.Markdown(say(TEXT), elem_classes="easel-text")
            with gr.Accordion("Read on", open=False, elem_classes="easel-fold"):
                gr.Markdown(say(MORE), elem_classes="easel-text")
        window = tab.control("window", gr.Textbox("", visible="hidden", elem_id="look-window"))
    parts = scene._asdict()
    for name in [each for each in parts if each != "own"]:
        tab.control(name, parts[name])
    tab.control("run", trained.run)

    def compared(
        picture: Picture, seed: float, glimpse: float, window: str, looks: str, run: str, **made: Any
    ) -> look_aim.Comparison:
        pixels = scene_of(tab.runtime, picture, seed, **made).pixels
        found = network(trained, run, made["side"], looks).look_with(pixels, glimpse, box_of(window), looks, seed)
        return look_aim.comparison(found)

    asked = {
        "picture": tab.desk.digit,
        "seed": tab.desk.seed,
        "glimpse": at,
        "window": window,
        "run": trained.run,
        **parts,
    }
    tab.paint(compared, asked, [board, lists, words], status=status, quick=True)
    board.aim(None, board, window, js="aim => aim.box.join()", **QUIET)
    gr.on([at.input, back.click], None, None, window, js="() => ''", **QUIET)
