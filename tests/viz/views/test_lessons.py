"""Lessons: what a broken file is told, and that those that are there lead to rooms that there are."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from core.studio.runtime import Runtime
from viz.address import RESERVED, Address
from viz.language import ENGLISH, NAMES
from viz.layout import ROOMS, build_room
from viz.tabs.lesson_facts import Facts
from viz.tabs.lesson_tasks import Room
from viz.views import lessons
from viz.views.lesson_sums import SumError, value
from viz.widgets.picker.picker import cells_of

FRONT = """+++
title = "T"
short = "T"
minutes = 5
order = 1
about = "A."
states = ["S."]
questions = []
+++

## One

+++
at = "/vae/"
{more}
+++

{text}
"""
TASK = 'facts.a = "1"\n[task]\nkind = "choose"\nsay = "?"\nanswers = ["a", "b"]\n'


def parsed(text: str = "Some *text* and **{a}** < {a:.0f}.", more: str = 'facts.a = "-1.25"') -> lessons.Lesson:
    return lessons.parsed("tried", FRONT.format(text=text, more=more))


def test_a_lesson_becomes_html_with_its_facts_in_their_places() -> None:
    shown = lessons.shown(parsed("Some *text* and **{a}** < {a:.0f}.\n\nMore."), {"-1.25": -1.25})
    assert shown["steps"][0]["html"] == "<p>Some <i>text</i> and <b>−1.2</b> &lt; −1.</p><p>More.</p>"
    assert shown["minutes"] == 5 and shown["steps"][0]["task"] is None


@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        ("", "", "step 1, has no sentences"),
        ("{b}", "", "names a fact that it does not have: b"),
        ("A.", "at = 3", "cannot be read"),
        ("A.", 'looks = "#a"', "has 'looks', which means nothing"),
        ("A.", "look = 3", "has a look that is no str"),
        ("A.", "facts.a = 3", "has a fact or a claim that is no sum"),
        ("A.", '[task]\nkind = "guess"', "a task of no kind that there is: choose, number, do"),
        ("A.", '[task]\nkind = "do"\nsay = "?"', "lacks check, done, hint"),
        ("A.", TASK + 'right = 2\nwhy = ["x", "y"]', "needs a why for each of its answers"),
        ("A.", TASK + 'right = 0\nwhy = ["x"]', "needs a why for each of its answers"),
    ],
)
def test_a_broken_step_is_told_where_and_what(text: str, more: str, sentence: str) -> None:
    with pytest.raises(lessons.LessonError, match=r"The lesson 'tried', step 1,") as caught:
        parsed(text, more)
    assert sentence in str(caught.value)


def test_a_broken_front_is_told_and_no_other_file_is_opened() -> None:
    for text, sentence in (
        ("## One\n", "no front matter"),
        ('+++\ntitle = "T"\n+++\n', "lacks about, minutes"),
        ("+++\ntitle\n+++\n", "cannot be read"),
    ):
        with pytest.raises(lessons.LessonError, match=sentence):
            lessons.parsed("tried", text)
    for key in ("../../README", "none", ""):
        with pytest.raises(lessons.LessonError, match="There is no such lesson"):
            lessons.read(key)


def test_lines_are_joined_by_a_blank_only_where_the_script_has_blanks() -> None:
    assert lessons.marked("It paints\n**all** at\nonce.") == "It paints <b>all</b> at once."
    assert lessons.marked("它一次\n画完。\n**然后**\n停下 DRAW\n也看 **AB**\n吗？") == (
        "它一次画完。<b>然后</b>停下 DRAW 也看 <b>AB</b> 吗？"
    )


def test_a_fact_that_nobody_has_worked_out_is_told() -> None:
    with pytest.raises(lessons.LessonError, match=r"run scripts\.make_lessons"):
        lessons.shown(parsed(), {})


def test_sums_are_arithmetic_on_what_is_there_and_nothing_else() -> None:
    calls = {"twice": lambda number: 2 * number}
    assert value("twice(3) - a / 2", calls, {"a": 4}) == 4
    assert value("1 < a <= 4", {}, {"a": 4}) is True
    for text in ("open('x')", "a.b", "[1]", "twice(x=1)", "1 +", "().__class__"):
        with pytest.raises(SumError):
            value(text, calls)


# ---- those that are there ------------------------------------------------------------------------------------------

STEPS = [
    pytest.param(step, id=f"{lesson.key}-{i}") for lesson in lessons.course() for i, step in enumerate(lesson.steps, 1)
]


@cache
def room(path: str) -> tuple[dict[str, Any], list[Any], Address]:
    """What the browser is told of a room's address, the ids of all its components, and its address."""
    (found,) = (each for each in ROOMS if f"{each.path.rstrip('/')}/" == path)
    page = build_room(found, Runtime())
    blocks = list(page.blocks.values())
    told = next(each.value for each in blocks if getattr(each, "elem_id", None) == "address")

    return told, [getattr(each, "elem_id", None) for each in blocks], page.address or Address()


def readable(control: dict[str, Any], text: str) -> bool:
    """Whether the browser takes that text for a control, as ``widgets/address/address.js`` does."""
    if control["kind"] == "flag":
        return text in ("0", "1")
    if control.get("choices"):
        return set(text.split(",") if control["kind"] == "list" else [text]) <= set(control["choices"])
    if control["kind"] == "number":
        whole = not control["whole"] or float(text).is_integer()
        return whole and (control["least"] is None or control["least"] <= float(text) <= control["most"])
    return True


@pytest.mark.parametrize("step", STEPS)
def test_each_step_leads_to_a_room_tab_and_control_that_there_are(step: lessons.Step) -> None:
    parts = urlsplit(step.at)
    told, ids, address = room(parts.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    tabs = told["tabs"] or [""]
    tab = query.pop("tab", tabs[0])
    assert tab in tabs and {"digit", "cover", "seed"} <= query.keys(), "what counts must not be the visitor's"
    assert query["cover"] in ("none", "lower", "right", "centre") or cells_of(query["cover"], 28).any()
    controls = {each["name"]: each for each in told["controls"] if each["tab"] in (tab, "")}
    kept = {each.name for each in address.adopted if each.tab in (tab, "")}
    for away in ("hide", "lock"):
        named = {each["name"] for each in told["controls"] if "id" in each} | {"digit", "controls", "words", "tabs"}
        assert set(query.get(away, "digit").split(",")) <= named
    for name, text in query.items():
        assert name in controls or name in kept or name in RESERVED, name
        assert name not in controls or name == "seed" or readable(controls[name], text), (name, text)
    assert not step.look or step.look.split()[0].removeprefix("#") in ids, step.look


@pytest.mark.parametrize("step", STEPS)
def test_each_step_can_be_shown_and_asks_for_checks_that_there_are(step: lessons.Step) -> None:
    known = lessons.known_facts()
    assert set(step.facts.values()) <= known.keys()
    for text in step.facts.values():
        value(text, dict.fromkeys(Facts(None).calls(), lambda *_: 1.0))
    if step.task and step.task["kind"] == "do":
        value(step.task["check"], dict.fromkeys(Room(None, {"query": {}}).calls(), lambda *_: True))
    assert len(step.text.split()) <= 90, "a step is a few sentences"
    assert step.note or not step.look


def test_the_course_has_an_order_and_an_end_to_each_lesson() -> None:
    course = lessons.course()
    assert len({lesson.order for lesson in course}) == len(course)
    for lesson in [each for each in course if not each.plan]:
        assert 3 <= len(lesson.states) <= 6 and len(lesson.questions) == 3, lesson.key
        assert any(step.task for step in lesson.steps) and 4 <= lesson.minutes <= 10, lesson.key
        assert len({question["right"] for question in lesson.questions}) > 1, "the right one is not always the same"


def test_a_plan_fills_its_minutes_and_its_questions_come_before_their_answers() -> None:
    plans = [lesson for lesson in lessons.course() if lesson.plan]
    assert [plan.minutes for plan in plans] == [15, 45, 90]
    for plan in plans:
        clocks = [re.match(r"(\d):(\d\d) · ", step.title) for step in plan.steps]
        minutes = [60 * int(found[1]) + int(found[2]) for found in clocks if found]
        assert len(minutes) == len(plan.steps) and minutes[0] == 0
        assert minutes == sorted(minutes) and minutes[-1] < plan.minutes
        assert all(step.task is None or step.task["kind"] == "open" for step in plan.steps)


def test_the_squares_of_a_link_are_drawn_and_of_anything_else_are_not() -> None:
    link = "http://192.168.1.7:7860/lessons/?made=z" + "aB3-_" * 80
    drawn = lessons.squares(link)
    assert drawn.startswith("<svg") and "<script" not in drawn
    assert drawn != lessons.squares(link + "x")
    assert (
        lessons.squares("javascript:alert(1)")
        == lessons.squares(None)
        == lessons.squares("https://x/" + 3000 * "a")
        == ""
    )


SAID = {"title", "short", "about", "text", "note", "say", "answers", "why", "hint", "done", "answer", "ask", "states"}
"""The parts of a lesson that are sentences."""
HELD = re.compile(r"\{\w+(?::[^}]*)?\}|\*+")


def skeleton(value: Any, said: bool = False) -> Any:
    """A lesson without its sentences: of them only their facts and how much is bold."""
    match value:
        case str():
            return sorted(HELD.findall(value)) if said else value
        case dict():
            return {name: skeleton(each, said or name in SAID) for name, each in value.items()}
        case list() | tuple():
            return [skeleton(each, said) for each in value]
    return value


@pytest.mark.parametrize("language", sorted(set(NAMES) - {ENGLISH}))
@pytest.mark.parametrize("key", lessons.keys())
def test_a_lesson_in_another_language_has_the_same_steps_tasks_and_facts(key: str, language: str) -> None:
    english, other = (skeleton(asdict(lessons.read(key, each))) for each in (ENGLISH, language))
    assert other == english


def test_a_lesson_that_nobody_has_translated_is_there_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    every = lessons.keys
    monkeypatch.setattr(lessons, "keys", lambda language=ENGLISH: every(language) if language == ENGLISH else [])
    assert [each.title for each in lessons.course("zh")] == [each.title for each in lessons.course()]
