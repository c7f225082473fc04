"""Lessons: a few sentences, the real room beside them in the state that is meant, and tasks that look at it."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.context import Context

from core.errors import UserError
from core.studio.runtime import Runtime
from viz.address import Address
from viz.errors import said
from viz.language import spoken
from viz.page import Page
from viz.tabs.lesson_tasks import judged
from viz.views import lessons
from viz.widgets.lessons.lessons import KEPT
from viz.widgets.lessons.lessons import lessons as widget


def build(runtime: Runtime) -> None:
    """Fill the room."""
    course = {lesson.key: lesson for lesson in lessons.course(spoken())}
    known = lessons.known_facts()
    value = {"lessons": [lessons.shown(lesson, known) for lesson in course.values()]}

    def judge(asked: Any) -> dict[str, Any]:
        try:
            right, found = judged(runtime.studio, *step_of(course, asked))
        except Exception as error:
            return {"error": said(error)}
        return {"right": right, "found": found}

    def squares(asked: Any) -> str:
        return lessons.squares(asked[0] if isinstance(asked, list) and len(asked) == 1 else asked)

    address = Address()
    with gr.Column(elem_classes=["easel-page", "easel-course"], min_width=0):
        shown = widget("lessons", value, judge, squares)
    for name in KEPT:
        address.adopt("", name, shown, "")
    address.wire()
    if isinstance(Context.root_block, Page):
        Context.root_block.address = address


def step_of(course: dict[str, lessons.Lesson], asked: object) -> tuple[Any, ...]:
    """The task that is asked about, its step's facts, what was typed, and the room's state.

    Raises :class:`UserError` for what is no task.
    """
    match asked:
        case [str(key), int(step), given, state] if key in course and 0 < step <= len(course[key].steps):
            found = course[key].steps[step - 1]
            if found.task is not None:
                return found.task, found.facts, given, state
    raise UserError("There is no such task.")
