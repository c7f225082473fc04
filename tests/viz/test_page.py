"""Whatever fails in an event: a person's mistake is its own sentence, a defect is logged and told as one."""

import logging
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.events import api

from core.errors import UserError
from core.studio.runtime import Runtime
from tests.loops import run
from viz.errors import DEFECT, said
from viz.layout import build_rooms
from viz.page import IMPOSSIBLE, LONGEST, Page, possible
from viz.tabs.common import picked_cell, told

ROOT = Path(__file__).resolve().parents[2]


def failing(error: Exception) -> Any:
    def handler(first: int = 1, second: str = "two") -> str:
        raise error

    return handler


def answer(handler: Any, inputs: list[Any]) -> Any:
    """What an endpoint of a page answers."""
    with Page() as page:
        api(handler, api_name="tried")
    return run(page.process_api(0, inputs))["data"][0]


def sentence_of(handler: Any, inputs: list[Any]) -> str:
    with pytest.raises(gr.Error) as caught:
        answer(handler, inputs)
    assert not caught.value.print_exception
    return str(caught.value.message)


@pytest.mark.parametrize("wrapped", [told, lambda handler: handler], ids=["told", "bare"])
def test_a_mistake_keeps_its_sentence_and_a_defect_is_logged_with_its_trace(
    wrapped: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert sentence_of(wrapped(failing(UserError("Draw something."))), [1, "two"]) == "Draw something."
    assert not caplog.records
    for error in (ValueError("shapes (1, 8) and (9, 1)"), RuntimeError(f"mat1 in {ROOT}"), KeyError("x"), OSError(2)):
        caplog.clear()
        assert sentence_of(wrapped(failing(error)), [1, "two"]) == DEFECT
        (record,) = caplog.records
        assert record.name == "easel" and record.levelno == logging.ERROR
        assert record.exc_info is not None and record.exc_info[1] is error


def test_a_handler_s_own_message_is_left_as_it_is() -> None:
    assert sentence_of(told(failing(gr.Error("Said."))), [1, "two"]) == "Said."


def test_what_gradio_repeats_of_a_call_is_cut() -> None:
    assert len(sentence_of(failing(gr.Error("a" * 10_000)), [1, "two"])) <= LONGEST + 2


def test_an_endpoint_s_missing_inputs_take_their_defaults() -> None:
    def given(first: int, second: str = "two", third: float = 0.5) -> str:
        return f"{first} {second} {third}"

    assert answer(given, [7, "eight"]) == "7 eight 0.5"
    assert answer(given, []) == "None two 0.5"


def test_too_few_values_for_an_event_of_the_page_are_counted_without_naming_objects() -> None:
    with Page() as page:
        box, button = gr.Textbox(), gr.Button()
        button.click(lambda a, b: a, [box, button], box)
    with pytest.raises(gr.Error, match=r"^'This takes 2 values, not 1\.'$"):
        run(page.process_api(0, ["one"]))


def handed(
    block: Callable[[], Any], sent: Any, event: Any = None, reads: bool = False, by: Callable[[], Any] = gr.HTML
) -> Any:
    """What a handler, which ``reads`` what an event of ``by`` brings along, is handed of a value of a control."""
    came: list[Any] = []

    def handler(value: Any) -> None:
        came.append(value)

    def reader(event: gr.EventData, value: Any) -> None:
        came.append(value)

    with Page() as page:
        (by().change if reads else gr.Button().click)(reader if reads else handler, block())
    run(page.process_api(0, [sent], event_data=event))
    return came[0]


SLIDER: Callable[[], Any] = partial(gr.Slider, 0, 10, 5)
UPLOAD: Callable[[], Any] = partial(gr.UploadButton, file_types=["image"])
MANY: Callable[[], Any] = partial(gr.UploadButton, file_count="multiple")


WRONG: list[tuple[Callable[[], Any], list[Any]]] = [
    (SLIDER, ["x", None, True, float("nan"), float("inf"), [], 10**400]),
    (gr.Number, ["7", {}, float("-inf"), -(10**400)]),
    (gr.Checkbox, ["yes", None, 1]),
    (gr.Textbox, [5, ["a"], {}]),
    (UPLOAD, [None, "photo.png", {}, {"path": "/etc/passwd"}, [[0] * 28]]),
    (MANY, [None, {}, "a.zip", [None]]),
    (partial(gr.CheckboxGroup, ["a", "b"]), [3]),
    (partial(gr.Radio, ["a", "b"], value="a"), [None]),
]


@pytest.mark.parametrize(("block", "value"), [(block, value) for block, values in WRONG for value in values])
def test_what_no_control_of_the_page_can_have_is_refused_in_one_sentence_and_no_defect(
    block: Callable[[], Any], value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(gr.Error) as caught:
        handed(block, value)
    assert str(caught.value.message) == IMPOSSIBLE
    assert not caplog.records


@pytest.mark.parametrize("data", [5, "cell", ["cell"], True])
def test_an_event_that_brings_along_no_named_values_is_refused_likewise(
    data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(gr.Error) as caught:
        handed(gr.Number, 1, gr.EventData(None, data), reads=True)
    assert str(caught.value.message) == IMPOSSIBLE and not caplog.records
    for kept in (None, {}, {"cell": 1}):
        assert handed(gr.Number, 1, gr.EventData(None, kept), reads=True) == 1
    assert handed(gr.Number, 1, gr.EventData(None, data)) == 1
    assert handed(gr.Number, 1, gr.EventData(None, data), reads=True, by=gr.Textbox) == 1, "Gradio's controls do so"


def test_an_event_s_value_is_read_or_refused() -> None:
    assert picked_cell(gr.EventData(None, {"cell": 3})) == 3
    for wrong in ({}, {"cell": None}, {"cell": "three"}, {"cell": 1e400}):
        with pytest.raises(UserError, match="No control of this page"):
            picked_cell(gr.EventData(None, wrong))


@pytest.mark.parametrize(
    ("block", "value"),
    [(SLIDER, 3), (SLIDER, 2.5), (gr.Number, None), (gr.Number, -1e300), (gr.Checkbox, False), (gr.Textbox, ""),
     (gr.Textbox, None), (gr.HTML, {"any": [1]}), (partial(gr.Radio, ["a", "b"]), None)],
)  # fmt: skip
def test_what_a_control_can_have_reaches_the_handler_as_it_is(block: Callable[[], Any], value: Any) -> None:
    assert handed(block, value) == value


def test_a_full_disk_is_no_wrong_value(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gr.Number, "preprocess", full)
    with pytest.raises(gr.Error, match=re.escape(DEFECT)):
        handed(gr.Number, 1)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_looking_at_forty_values_takes_a_fifth_of_a_millisecond_at_most() -> None:
    with Page():
        controls = [make() for make in (SLIDER, gr.Number, gr.Checkbox, gr.Textbox, gr.HTML) for _ in range(8)]
    values = [each for each in (1.5, 2, True, "a", {"pixels": "a" * 1000}) for _ in range(8)]
    times = []
    for _ in range(200):
        began = time.perf_counter()
        assert all(possible(*each) for each in zip(controls, values, strict=True))
        times.append(time.perf_counter() - began)
    assert min(times) <= 2e-4


def test_the_app_stands_on_such_a_page() -> None:
    assert all(isinstance(room, Page) for room in build_rooms(Runtime()).values())


def test_a_sentence_of_ours_is_never_another_kind_of_error() -> None:
    def kinds(kind: type[Exception]) -> set[type[Exception]]:
        return {kind}.union(*(kinds(each) for each in kind.__subclasses__()))

    mixed = [kind.__name__ for kind in kinds(UserError) if issubclass(kind, (ValueError, RuntimeError, TypeError))]
    assert not mixed
    assert said(UserError("Draw something.")) == "Draw something."


def test_no_painting_has_gradio_copy_the_whole_value_of_its_stage_to_mark_progress_on_it() -> None:
    for path, room in build_rooms(Runtime()).items():
        marked = [
            each["targets"]
            for each in room.get_config_file()["dependencies"]
            if each["targets"] and each["show_progress"] == "hidden" and each["show_progress_on"] != []
        ]
        assert not marked, path


def test_no_change_of_the_page_makes_the_browser_style_all_of_it_anew() -> None:
    """A ``:has()`` of the body is asked again for each element that comes or goes anywhere."""
    for sheet in (ROOT / "viz").rglob("*.css"):
        assert not re.search(r"\bbody\b[^\s{,]*:has\(", sheet.read_text()), sheet
