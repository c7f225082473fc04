"""The room *Lessons*: a list, and a lesson whose text stands beside the real room in the state that is meant.

The value is ``{"lessons": [...]}`` as :func:`viz.views.lessons.shown` makes them. Outside of Gradio's queue
``judge([lesson, step, given, state])`` answers with ``right`` and ``found``, or ``error``; Gradio hands its arguments
over as one list.

For tests the root ``.easel-lessons`` says ``data-at`` (LESSON/STEP, empty for the list) and ``data-done`` (true once
the step's task is solved), and the frame ``.easel-beside iframe`` says ``data-at`` once its room stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from viz.widgets.web import module

_HTML = """
<div class="easel-lessons">
  <div class="list">
    <p class="easel-lead"><b>Lessons, with the real rooms beside them.</b> A step is a few sentences and a room in which
      you can do what they say. Tasks look at what you did there. A miss costs nothing; you can skip everything.</p>
    <ol></ol>
  </div>
  <div class="lesson" hidden>
    <section class="words" aria-label="The lesson"></section>
    <section class="easel-beside" aria-label="The room beside the lesson">
      <p class="bar"><span><b></b> the real room: everything in it works</span>
        <a target="_blank">Open without the lesson</a></p>
      <iframe title="The room of this step"></iframe>
    </section>
  </div>
</div>
"""


def lessons(elem_id: str, value: dict[str, Any], judge: Callable[[Any], dict[str, Any]]) -> gr.HTML:
    """The widget; it keeps ``lesson`` and ``step`` in the address and the progress in the browser."""
    return gr.HTML(
        value,
        html_template=_HTML,
        **module("lessons/lessons.js"),
        elem_id=elem_id,
        server_functions=[judge],
    )
