"""The frame player: panels of hard pixels, a time line that is a chart, a film strip; all moves in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from viz.widgets.shared import script

_PREV = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M10 3.5 5.5 8l4.5 4.5"/></svg>'
_NEXT = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M6 3.5 10.5 8 6 12.5"/></svg>'
_PLAY = '<svg class="on-pause" viewBox="0 0 16 16" aria-hidden="true"><path d="M4.5 2.8v10.4L13.2 8z"/></svg>'
_PAUSE = '<svg class="on-play" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 3h3v10H4zM9 3h3v10H9z"/></svg>'
_LOOP = (
    '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8a5 5 0 0 1 8.6-3.5L13 6M13 2.8V6H9.8'
    'M13 8a5 5 0 0 1-8.6 3.5L3 10M3 13.2V10h3.2"/></svg>'
)
_WINDOW = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/></svg>'
_SPEEDS = "".join(
    f'<button type="button" data-act="speed" data-speed="{speed}" aria-pressed="{str(speed == "1").lower()}"'
    f' aria-label="Speed {speed} times">{speed}×</button>'
    for speed in ("0.25", "0.5", "1", "2", "4")
)
_HTML = f"""
<div class="easel-player" data-room="${{room}}" data-playing="false" data-step="0" data-cell="0" data-transport="idle"
     role="group" aria-label="Frame player" tabindex="-1">
  <div class="gauge"></div>
  <div class="stage"></div>
  <div class="transport">
    <div class="moves">
      <button type="button" data-act="prev" aria-label="Previous step">{_PREV}</button>
      <button type="button" data-act="play" aria-label="Play">{_PLAY}{_PAUSE}</button>
      <button type="button" data-act="next" aria-label="Next step">{_NEXT}</button>
    </div>
    <div class="line" role="slider" tabindex="0" aria-label="Step" aria-valuemin="1" aria-valuemax="1"
         aria-valuenow="1"><canvas role="img" aria-label="Time line"></canvas></div>
    <div class="caption"><span class="what"></span><span class="count"></span></div>
  </div>
  <div class="film"><div class="reel"></div></div>
  <div class="options">
    <div class="speeds" role="group" aria-label="Speed">{_SPEEDS}</div>
    <button type="button" class="toggle" data-act="loop" aria-pressed="false"
            aria-label="Loop">{_LOOP}<span>Loop</span></button>
    <button type="button" class="toggle" data-act="windows" aria-pressed="true"
            aria-label="Windows">{_WINDOW}<span>Windows</span></button>
  </div>
</div>
"""


def player(
    elem_id: str,
    room: str,
    value: dict[str, Any] | None = None,
    *,
    panels: int = 2,
    empty: str = "Nothing painted yet.",
) -> gr.HTML:
    """A player for one painting; its value is the payload that ``viz/frames.py`` builds, or ``None``.

    ``room`` (read, write, vae, pixel, glimpse or plain) chooses the accent colour. Until the first value comes,
    ``panels`` blank square stages hold the place and the first of them says ``empty`` (HTML).

    To Python it sends ``pick`` with ``evt.cell`` when a person selects a picture of a grid; in the browser every
    change of step, selection or playback is an ``easel:step`` event on ``window``, and ``easel:seek`` moves it.
    """
    here = Path(__file__)
    scripts = [here.with_name(name) for name in ("player_draw.js", "player_dom.js", "player.js")]
    return gr.HTML(
        value=value,
        html_template=_HTML,
        css_template=here.with_suffix(".css").read_text(encoding="utf-8"),
        **script("player", scripts, ["pick"]),
        apply_default_css=False,
        elem_id=elem_id,
        player=elem_id,
        room=room,
        panels=panels,
        empty=empty,
    )
