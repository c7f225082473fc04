"""The latent map: dots over the decoded manifold; whoever points at it sees what is decoded there.

The value is a :class:`viz.views.vae_map.Map`. What lies under the cursor is asked of the server while the hand moves:
one request is in flight at a time and the latest place is asked next. A click pins what is decoded there, two pins or a
drag make a path. Both are places of the map, x and y in the plane, and stand in the address as ``pins`` and ``path`` of
the widget's tab: ``-1.2,0.5 0.3,1`` with three digits after the point. On another plane a pin shows what lies there.

The widget ``cloud`` (:mod:`viz.widgets.latent_cloud.latent_cloud`) tells it where a picture's posterior lies, and the
film of the player ``player`` is followed with a ring.

The root ``#ELEM_ID .easel-map`` says for tests: ``data-loaded`` (id of the last value), ``data-painted`` (whose
background is drawn), ``data-model``, ``data-cloud`` (id of the posterior), ``data-x`` and ``data-y`` (the cursor in the
plane), ``data-decoded`` (how often a place was decoded), ``data-shown-x`` and ``-y`` (the last of them), ``data-shown``
("cloud" or "cursor": what the picture beside the map is of), ``data-pins``, ``data-path`` (points of the last path) and
``data-off`` (classes that are switched off).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from viz.language import in_this, say
from viz.views.vae_map import CLASSES, Map
from viz.widgets.web import module


def _legend() -> str:
    return "".join(
        f'<button type="button" data-digit="{digit}" aria-pressed="true" '
        f'title="{say("Show the dots of the digit {digit}, or not", digit=digit)}" '
        f'style="--dot: {colour}"><i></i>{digit}</button>'
        for digit, colour in enumerate(CLASSES)
    )


def _html() -> str:
    keys = say("Map of the latent space: arrow keys move the cursor, Enter pins the picture there")
    hint = say("Click to pin a picture, drag to draw a path; two pins, pressed one after the other, are its ends.")
    return f"""
<div class="easel-map" data-pins="0" data-path="0" data-off="">
  <div class="parts">
    <div class="chart"><canvas tabindex="0" role="application" aria-label="{keys}"></canvas></div>
    <div class="side">
      <canvas class="peek" width="28" height="28" role="img" aria-label="{say("What is decoded there")}"></canvas>
      <div class="tell"><b class="what"></b><span class="where"></span><span class="near"></span></div>
      <div class="numbers"></div>
    </div>
  </div>
  <div class="legend" role="group" aria-label="{say("Classes of the dots")}">{_legend()}<button type="button"
 data-digit="all" aria-pressed="true">{say("all")}</button><label>{say("Pictures")} <input type="range" min="0"
 max="100" value="50" aria-label="{say("How strong the pictures behind the dots are")}"></label></div>
  <p class="words"></p>
  <div class="board"><ol class="pins" aria-label="{say("Pinned pictures")}"></ol>
    <span class="hint">{hint}</span></div>
  <span class="fault" role="status"></span><span class="spoken" role="status"></span>
</div>
"""


def latent_map(
    elem_id: str, value: Map, peek: Callable[[Any], dict[str, str]], *, cloud: str, player: str, tab: str, path: str
) -> gr.HTML:
    """The map over ``value`` in the inner ``tab``, with a ``path`` at first.

    ``peek([model, code])`` answers with ``picture``, base64 of uint8 (H, W), or ``error``.
    Gradio hands the page's arguments over as one list, outside of its queue: ``peek`` checks them and takes its lock.
    """
    return gr.HTML(
        dict(value),
        html_template=_html(),
        **module("latent_map/latent_map.js"),
        elem_id=elem_id,
        server_functions=[in_this(peek)],
        colours=list(CLASSES),
        cloud=cloud,
        player=player,
        tab=tab,
        path=path,
    )
