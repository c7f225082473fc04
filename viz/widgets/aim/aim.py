"""The aim: a picture on which one window is dragged and zoomed by mouse, finger or keys.

The value is a :class:`viz.views.aim.Aim`. To Python it sends ``aim`` with ``evt.x``, ``evt.y`` and ``evt.size``, the
window's centre and side in pixels (origin at the top left corner), and ``evt.done``: false while the window is in hand,
true when it has been let go. The centre may leave the picture by half of its side at most and is held there; the side
stays within the value's ``smallest`` and ``largest``. Listen like this::

    window = aim("pen-aim", "write", value)

    def on_aim(event: gr.EventData) -> ...:
        x, y, size = event.x, event.y, event.size

    window.aim(on_aim, None, [window], trigger_mode="always_last", show_progress="hidden")

In the page its value's ``box`` is always the window as it stands there.

A handler may answer with a new value even while the window is in hand: picture and ghosts are replaced, and the window
stays where the hand has it. An answer that still bears an earlier place of the same drag does not move it back either.

The root ``#ELEM_ID .easel-aim`` says for tests: ``data-loaded`` (id of the last value), ``data-x``, ``data-y`` and
``data-size`` (the window, empty if there is none), ``data-side`` (the picture's width) and ``data-held``
(whether it is in hand).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from viz.language import say
from viz.widgets.web import module

ROOMS = ("read", "write", "vae", "pixel", "glimpse")


def _html() -> str:
    keys = say("Picture with a window: arrow keys move it, plus and minus zoom it")
    return f"""
<div class="easel-aim" data-held="false" data-room="${{room}}">
  <div class="stage"><canvas tabindex="0" role="application" aria-label="{keys}"></canvas></div>
  <div class="under">
    <span class="where"></span><span class="zoom" role="group" aria-label="{say("Size of the window")}">
      <button type="button" data-act="smaller" title="{say("Smaller window (−)")}"
              aria-label="{say("Smaller window")}">−</button>
      <button type="button" data-act="larger" title="{say("Larger window (+)")}"
              aria-label="{say("Larger window")}">+</button></span>
    <span class="how"></span></div>
  <span class="spoken" role="status"></span>
</div>
"""


def aim(elem_id: str, room: str, value: Mapping[str, Any] | None = None) -> gr.HTML:
    """The widget over ``value``, a :class:`viz.views.aim.Aim`; its focus ring has the colour of ``room``.

    The window itself has the colour of the value's ``kind``. Raises ``ValueError`` for an unknown room.
    """
    if room not in ROOMS:
        raise ValueError(f"Unknown room {room!r}: choose one of {', '.join(ROOMS)}.")
    return gr.HTML(
        None if value is None else dict(value),
        html_template=_html(),
        **module("aim/aim.js", ["aim"]),
        elem_id=elem_id,
        room=room,
    )
