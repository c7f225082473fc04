"""The frame player: panels of hard pixels, a time line that is a chart, a film strip; all moves in the browser."""

from __future__ import annotations

from typing import Any

import gradio as gr

from viz.language import say
from viz.widgets.web import markup, module


def player(
    elem_id: str,
    room: str,
    value: dict[str, Any] | None = None,
    *,
    panels: int = 2,
    empty: str = "Nothing painted yet.",
) -> gr.HTML:
    """A player for one painting; its value is the payload that ``viz/player/frames.py`` builds, or ``None``.

    ``room`` (read, write, vae, pixel, glimpse or plain) chooses the accent colour. Until the first value comes,
    ``panels`` blank square stages hold the place and the first of them says ``empty`` (HTML).

    To Python it sends ``pick`` with ``evt.cell`` when a person selects a picture of a grid; in the browser every
    change of step, selection or playback is an ``easel:step`` event on ``window``, and ``easel:seek`` moves it.
    """
    return gr.HTML(
        value=value,
        html_template=markup("player/player.html"),
        **module("player/player.js", ["pick"]),
        elem_id=elem_id,
        player=elem_id,
        room=room,
        panels=panels,
        empty=say(empty),
    )
