"""The schematic: a network as a row of boxes below a player, lit with the step that plays, and its formula."""

from __future__ import annotations

from typing import Literal

import gradio as gr

from viz.widgets.web import module

Family = Literal["vae", "draw", "pixels", "look", "scans"]
"""The networks that are drawn; ``families.js`` is their one table."""


def schematic(key: str, family: Family) -> gr.HTML:
    """What stands below the player ``KEY-player``; like a narrator it follows that player and has no value.

    Each box is a part of the network and holds what the player's payload has of it at the step and the selected
    picture. Pointing at a box, at a symbol of the formula or at a place on the stage lights all three.

    The root ``#KEY-schematic .easel-schematic`` says for tests: ``data-lit``, the parts that are lit, ``data-resting``,
    whether what the step does has been lit in turn, and ``data-loaded``, the id of the player's value.
    """
    return gr.HTML(
        html_template='<div class="easel-schematic" role="group" aria-label="The network, part by part"></div>',
        **module("schematic/schematic.js"),
        elem_id=f"{key}-schematic",
        stage=key,  # Gradio keeps the name key for itself
        family=family,
    )
