"""The narrator: says in a sentence, small pictures and numbers what a player's present step did."""

from __future__ import annotations

import gradio as gr

from viz.language import say
from viz.widgets.web import module


def _html() -> str:
    return f"""
<div class="easel-narrator" data-room="${{room}}" role="group" aria-label="{say("What just happened")}">
  <div class="gauge"></div>
  <div class="title"></div>
  <div class="sentence">${{empty}}</div>
  <div class="patches" hidden></div>
  <div class="bar" role="meter" aria-valuemin="0" aria-valuemax="1" hidden>
    <div class="name"></div><div class="track"><div class="fill"></div></div>
  </div>
  <div class="bars" hidden></div>
  <table hidden></table>
  <span class="spoken" role="status"></span>
</div>
"""


def narrator(elem_id: str, player_id: str, room: str, *, empty: str = "") -> gr.HTML:
    """What stands beside the player ``player_id``; it reads the ``note`` of that player's value, never its own.

    ``room`` (read, write, vae, pixel, glimpse or plain) colours the bar. ``empty`` (HTML) is the sentence shown
    while there is nothing to tell. The widget has neither border nor background: it stands in the caller's card.
    """
    return gr.HTML(
        html_template=_html(),
        **module("narrator/narrator.js"),
        elem_id=elem_id,
        player=player_id,
        room=room,
        empty=empty,
    )
