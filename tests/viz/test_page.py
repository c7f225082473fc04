"""Whatever fails in an event: a person's mistake is its own sentence, a defect is logged and told as one."""

import logging
import re
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
from viz.page import LONGEST, Page
from viz.tabs.common import told

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
