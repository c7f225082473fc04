"""What the lessons say in numbers is what the shipped weights say, and their tasks know right from wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.studio.runtime import Runtime
from scripts import make_lessons
from viz.tabs.lesson_tasks import Room, judged
from viz.tabs.lessons import step_of
from viz.tabs.subject import choices
from viz.views import lessons
from viz.views.lesson_sums import value
from viz.widgets.picker.picker import bits_of

COURSE = {lesson.key: lesson for lesson in lessons.course()}


@pytest.mark.slow
def test_every_fact_and_claim_of_the_lessons_holds_with_the_weights_that_are_there() -> None:
    stored, found = lessons.known_facts(), make_lessons.found()
    assert stored.keys() == found.keys(), "python -m scripts.make_lessons"
    wrong = [text for text in found if not math.isclose(stored[text], found[text], rel_tol=0.01, abs_tol=0.05)]
    assert not wrong, "python -m scripts.make_lessons, and read the sentences"
    assert not (broken := make_lessons.broken(found)), "\n".join(broken)


@pytest.fixture(scope="module")
def studio() -> Any:
    return Runtime(device="cpu").studio


def state(query: str = "", digit: int | str = 17, hidden: Any = None, **more: Any) -> dict[str, Any]:
    """A room as the browser describes it."""
    parts = dict(each.split("=") for each in query.split("&") if each)
    cover = np.zeros((28, 28), np.uint8) if hidden is None else hidden
    return {"query": parts, "digit": str(digit), "hidden": bits_of(cover), **more}


def checked(studio: Any, check: str, **given: Any) -> tuple[bool, str]:
    verdict = value(check, Room(studio, state(**given)).calls())
    return verdict.right, verdict.found


def rows(first: int, last: int) -> Any:
    cover = np.zeros((28, 28), np.uint8)
    cover[first : last + 1] = 255
    return cover


def changed(*places: tuple[int, int]) -> str:
    """Example 17 with some pixels turned over."""
    pixels = choices()[17].copy()
    for place in places:
        pixels[place] = 255 - pixels[place]
    return bits_of(pixels)


def bar() -> str:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[5:23, 13:15] = 255
    return bits_of(pixels)


WINDOW = "gy=11&stride=1&variance=0.5&intensity=1&filters=5"
BOARD = {"at": 20, "paid": 12.5, "length": 20}
PLAYER = {"draw-player": {"step": 2, "cell": 0, "costs": [1.5, 2.2, 4.5]}}
CHECKS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("stands('mask', 'B')", {"query": "mask=B"}, {"query": "kernel=3"}),
    (
        "most_expensive_step('draw-player')",
        {"players": PLAYER},
        {"players": {"draw-player": {**PLAYER["draw-player"], "step": 1}}},
    ),
    ("grey_throw(20)", {"query": "task=Imagine&seed=3"}, {"query": "task=Imagine&seed=1"}),
    ("pinned_below(110)", {"query": "pins=0,0 0.7,-1.58"}, {"query": "pins=0,0"}),
    ("nobody_behind()", {"query": "flip=27,27"}, {"query": "flip=27,20"}),
    ("covered_to_the_end()", {"hidden": rows(9, 27)}, {"hidden": rows(9, 16)}),
    ("tidy(70)", {"query": "task=Imagine&temperature=0.5"}, {"query": "task=Imagine&temperature=0.1"}),
    ("paid_less(18)", {"board": BOARD}, {"board": {**BOARD, "at": 19}}),
    ("dearer(17, 20, 2)", {"digit": changed((4, 22), (20, 3))}, {"digit": changed((4, 22), (20, 3), (26, 26))}),
    ("pinned_below(165)", {"digit": 13, "query": "pins=-1,-0.9"}, {"digit": 13, "query": "pins=2,2"}),
    ("reads(14)", {"query": f"gx=16&{WINDOW}"}, {"query": f"gx=4&{WINDOW}"}),
    ("writes_back(0.8)", {"digit": 13, "query": "stride=2&variance=0.5"}, {"digit": 13, "query": "stride=4"}),
    (
        "misled(3)",
        {"digit": 13, "query": "pieces=4&seed=620&window=14,30,12"},
        {"digit": 13, "query": "pieces=4&seed=13&window=39,31,32"},
    ),
    ("sees_less(40)", {"query": "pixel=24,6"}, {"query": "pixel=14,14"}),
    ("cheaper_than_empty(20)", {"digit": bar()}, {"digit": 13}),
    (
        "not_missed(1)",
        {"digit": 13, "query": "show=Without a stroke", "players": {"time-player": {"step": 0, "cell": 6}}},
        {"digit": 13, "query": "show=Without a stroke", "players": {"time-player": {"step": 0, "cell": 0}}},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("check", "right", "wrong"), CHECKS, ids=[check for check, _, _ in CHECKS])
def test_a_task_that_looks_at_the_room_knows_right_from_wrong(
    studio: Any, check: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert checked(studio, check, **right)[0]
    assert not checked(studio, check, **wrong)[0]


@pytest.mark.slow
def test_one_number_at_zero_counts_and_two_do_not(studio: Any) -> None:
    mean = [round(float(each), 2) for each in studio.vaes.encode(choices()[17]).mean]

    def zero(*places: int) -> tuple[bool, str]:
        code = [0 if i in places else each for i, each in enumerate(mean)]
        return checked(studio, "one_zero()", query="z=" + ",".join(map(str, code)))

    assert zero(0)[0] and zero(2)[0] and "z1 the pixels cost 157" in zero(0)[1]
    assert not zero(4)[0] and not zero()[0] and not zero(0, 2)[0]


@pytest.mark.slow
def test_all_checks_that_lessons_name_are_tried_here() -> None:
    named = {
        step.task["check"] for lesson in COURSE.values() for step in lesson.steps if step.task and "check" in step.task
    }
    assert named - {check for check, _, _ in CHECKS} == {"one_zero()"}


def test_a_number_that_is_typed_is_compared_with_the_fact() -> None:
    task = {"kind": "number", "right": "a + 1", "within": 0.5}
    assert judged(None, task, {"a": "3"}, "4,2", {}).right and not judged(None, task, {"a": "3"}, "5", {}).right
    with pytest.raises(UserError, match="Type a number"):
        judged(None, task, {"a": "3"}, "four", {})


@pytest.mark.parametrize("asked", [None, ["all-at-once", 1, "", {}], ["all-at-once", 99, "", {}], ["x", 1, "", {}], []])
def test_what_is_no_task_is_refused(asked: object) -> None:
    with pytest.raises(UserError, match="no such task"):
        step_of(COURSE, asked)


@pytest.mark.parametrize("sent", [None, {}, {"query": 3}])
def test_a_room_that_cannot_be_read_is_one_sentence(sent: object) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        Room(None, sent)


@pytest.mark.parametrize("query", ["flip=a,b", "flip=nan,1", "flip=inf,1"])
def test_an_address_that_says_nothing_is_one_sentence(query: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        checked(None, "nobody_behind()", query=query)
