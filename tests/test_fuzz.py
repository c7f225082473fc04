"""A short run of ``python -m tests.fuzz``; the long one is started by hand."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import gradio as gr
import pytest
from gradio.events import api

from core.client.kinds import read_digit, read_scene
from core.errors import UserError
from core.requests import count
from tests.fuzz import ASIDES, FIELDS, Fuzz, fault_of
from viz.errors import DEFECT
from viz.layout import ROOMS
from viz.page import Page


@pytest.mark.slow
def test_whatever_is_sent_is_answered_or_refused_in_a_sentence_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level("CRITICAL")
    with Fuzz(seed=1) as fuzz:
        cases = list(fuzz.cases(150, 6.0))
    assert not [case for case in cases if case.fault]
    left = [path for path in tmp_path.rglob("*.*") if "runs" not in path.parts]
    assert Counter(case.outcome for case in cases)["sentence"] and not left


def test_it_sees_a_defect_an_error_a_path_and_a_sentence_without_end() -> None:
    def broken(number: int = 1) -> int:
        raise {True: KeyError("x"), False: gr.Error("a" * 10_000)}[number == 1]

    with Page() as page:
        api(broken, api_name="broken")
    with Fuzz(seed=1, pages={"": page}) as fuzz:
        assert "a defect" in {case.fault for case in fuzz.cases(30, 10.0)}
    assert fault_of(DEFECT) == "a defect"
    assert fault_of(f"in {Path(__file__)}") and fault_of("a" * 400) and not fault_of("Draw first.")


def test_every_room_every_endpoint_every_event_and_what_goes_past_the_queue_is_a_target() -> None:
    with Fuzz(seed=1) as fuzz:
        names = {(each.room, each.name) for each in fuzz.targets}
        cases = [each.case() for each in fuzz.targets if each.name in ASIDES for _ in range(12)]
    assert {room.key for room in ROOMS} == {room for room, _ in names}
    assert {("vae", "peek"), ("train", "look"), ("train", "tell"), ("train", "home"), ("lessons", "judge")} <= names
    assert {("", "together_bills"), ("", "read_picture"), ("train", "brought")} <= names and "bets" in FIELDS
    assert not [case for case in cases if case.fault] and {"answer", "sentence"} <= {case.outcome for case in cases}


@pytest.mark.parametrize("number", [10**400, -(10**400)])
def test_a_number_that_no_float_holds_is_told_as_any_wrong_one(number: int) -> None:
    rows = [[0] * 28 for _ in range(28)]
    rows[5][5] = number
    for wrong in (number, rows):
        with pytest.raises(UserError, match="28 rows of 28 numbers"):
            read_digit(wrong)
        with pytest.raises(UserError, match="rows of numbers"):
            read_scene(wrong)
    with pytest.raises(UserError, match="from 1 to 64"):
        count(number)
