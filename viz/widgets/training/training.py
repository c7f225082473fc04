"""A training while it goes on: its pictures, its loss, its film, and the buttons that pause, step, slow and stop it.

Which one, a control of the page's address says (``control``, as "tab/name"); the widget asks the server where that
stands, twice a second while it goes on, and the server tells as :class:`viz.views.train_watch.Shown`. Rate, batch and β
are told to the training when their controls (``live``, what is set -> control) change while it goes on.

The root ``#ELEM_ID .easel-training`` says for tests: ``data-key``, ``data-state``, ``data-step``, ``data-moments`` (of
the film) and ``data-moment`` (the one shown, empty for the last picture).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from viz.language import in_this, say
from viz.widgets.web import module

_HTML = """
<section class="easel-training" data-key="" data-state="" data-moments="0">
  <p class="empty">%s</p>
  <div class="all" hidden>
    <div class="go" role="group" aria-label="The training">
      <button type="button" data-do="pause">Pause</button>
      <button type="button" data-do="step">One step</button>
      <button type="button" data-do="slow" aria-pressed="false">Slow motion</button>
      <button type="button" data-do="stop">Stop</button>
      <button type="button" data-do="on">Go on</button>
      <span class="head" role="status"></span>
    </div>
    <p class="words"></p>
    <h3><span class="what">The same noise, painted now</span> <small></small></h3>
    <div class="pictures"></div>
    <h3 class="more-title"></h3>
    <div class="more"></div>
    <h3>Loss in its terms <small>nats a picture; steps by their logarithm; validation dashed</small></h3>
    <div class="chart"></div>
    <h3>Training time <small>one picture at every moment that is kept</small></h3>
    <div class="strip"></div>
    <div class="time">
      <button type="button" data-time="-1" aria-label="The moment before">‹</button>
      <button type="button" data-time="play" aria-label="Play the training">▶</button>
      <button type="button" data-time="1" aria-label="The next moment">›</button>
      <input type="range" min="0" max="0" value="0" aria-label="Moment of the training">
      <output></output>
    </div>
    <dl class="rows"></dl>
    <div class="home"><button type="button" data-home>↓ Take it home</button>
      <span class="rooms"></span>
      <details><summary>The same in the shell</summary><code></code></details></div>
  </div>
</section>
"""

Asked = Callable[[Any], dict[str, Any]]


def training(
    elem_id: str, empty: str, look: Asked, tell: Asked, home: Asked, *, control: str, live: Mapping[str, str]
) -> gr.HTML:
    """The widget; ``empty`` is what stands there without a training.

    ``look([key, version])``, ``tell([key, word])`` and ``home([key])`` answer outside of Gradio's queue, with ``error``
    where something was wrong; Gradio hands their arguments over as one list. A look without a key says that somebody
    has come who may train.
    """
    return gr.HTML(
        {},
        html_template=say(_HTML) % empty,
        **module("training/training.js"),
        elem_id=elem_id,
        server_functions=[in_this(look), in_this(tell), in_this(home)],
        control=control,
        live=dict(live),
    )
