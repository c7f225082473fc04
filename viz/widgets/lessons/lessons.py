"""The room *Lessons*: a list, and a lesson whose text stands beside the real room in the state that is meant.

The value is ``{"lessons": [...]}`` as :func:`viz.views.lessons.shown` makes them. A teacher's own lesson stands as a
whole in the address (``made.js``), and what a room leaves out or locks for it in the room's (``address/locks.js``).
Outside of Gradio's queue ``judge([lesson, step, given, state])`` answers with ``right`` and ``found`` or ``error``, and
``squares([link])`` with a QR code as SVG, empty where the link is too long; Gradio hands arguments over as one list.

For tests the root ``.easel-lessons`` says ``data-at`` (LESSON/STEP, empty for the list) and ``data-done`` (true once
the step's task is solved), and the frame ``.easel-beside iframe`` says ``data-at`` once its room stands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from viz.language import in_this, say
from viz.widgets.web import module

KEPT = ("lesson", "step", "made", "sheet")
_HTML = """
<div class="easel-lessons">
  <div class="list">
    <p class="easel-lead"><b>Lessons, with the real rooms beside them.</b> A step is a few sentences and a room in which
      you can do what they say. Tasks look at what you did there. A miss costs nothing; you can skip everything.</p>
    <p class="damaged" hidden>The lesson in this link is damaged: ask for it once more.</p>
    <ol class="course"></ol>
    <h2>For teachers</h2>
    <p class="easel-text">Each plan is a lesson of links for one class: the clock stands in the headings, questions come
      before what answers them, and an answer is there when you ask for it. <b>On paper</b> makes a sheet of any lesson,
      with a QR square that leads to it. A room's address may leave out or lock parts of it, such as
      <code>hide=words</code> or <code>lock=digit,seed</code>; <code>view=present</code> is for the projector. Where
      there is no net, take a painting home as a page: it plays without one.</p>
    <ol class="plans"></ol>
    <p><button type="button" class="compose">Compose a lesson of your own</button></p>
  </div>
  <div class="paper" hidden></div>
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


def lessons(
    elem_id: str, value: dict[str, Any], judge: Callable[[Any], dict[str, Any]], squares: Callable[[Any], str]
) -> gr.HTML:
    """The widget; it keeps the names of :data:`KEPT` in the address and the progress in the browser."""
    return gr.HTML(
        value,
        html_template=say(_HTML),
        **module("lessons/lessons.js"),
        elem_id=elem_id,
        server_functions=[in_this(judge), in_this(squares)],
    )
