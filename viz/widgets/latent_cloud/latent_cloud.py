"""The cloud: what the encoder says of a picture, and pictures painted from codes of its posterior.

The value is a :class:`viz.views.vae_map.Cloud`; it is small, so that it follows a brush. In the browser every new one
is an ``easel:cloud`` event on ``window``, for the map to draw it. The root ``#ELEM_ID .easel-cloud`` has
``data-loaded``, the id of the last value.
"""

from __future__ import annotations

import gradio as gr

from viz.language import say
from viz.views.vae_map import Cloud
from viz.widgets.web import module


def _html() -> str:
    pictures = say("Pictures painted from the mean of the cloud, first, and from codes of it")
    return f"""
<div class="easel-cloud" role="group" aria-label="{say("What the encoder says of the picture")}">
  <div class="words"></div>
  <canvas role="img" aria-label="{pictures}"></canvas>
  <div class="under">{say("Painted from its mean, framed, and from codes drawn out of it.")}</div>
</div>
"""


def latent_cloud(elem_id: str, value: Cloud) -> gr.HTML:
    """The words and the pictures of ``value``; it stands in the caller's card."""
    return gr.HTML(
        dict(value),
        html_template=_html(),
        **module("latent_cloud/latent_cloud.js"),
        elem_id=elem_id,
        widget=elem_id,
    )
