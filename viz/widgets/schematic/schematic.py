"""The schematic: a network as a row of boxes below a player, lit with the step that plays, and its formula."""

from __future__ import annotations

import gradio as gr

from viz.language import in_this, say
from viz.views import sources
from viz.widgets.web import module


def schematic(key: str, family: sources.Family) -> gr.HTML:
    """What stands below the player ``KEY-player``; like a narrator it follows that player and has no value.

    Each box is a part of the network and holds what the player's payload has of it at the step and the selected
    picture. Pointing at a box, at a symbol of the formula or at a place on the stage lights all three, and in the fold
    below the lines of the program, which are fetched outside of Gradio's queue when it is opened.

    The root ``#KEY-schematic .easel-schematic`` says for tests: ``data-lit``, the parts that are lit, ``data-resting``,
    whether what the step does has been lit in turn, and ``data-loaded``, the id of the player's value.
    """

    def program(_: object) -> list[sources.Lines]:
        return sources.lines(family)

    label = say("The network, part by part")
    return gr.HTML(
        html_template=f'<div class="easel-schematic" role="group" aria-label="{label}"></div>',
        **module("schematic/schematic.js"),
        elem_id=f"{key}-schematic",
        stage=key,  # Gradio keeps the name key for itself
        family=family,
        server_functions=[in_this(program)],
    )
