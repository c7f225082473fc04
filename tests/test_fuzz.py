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
from tests.fuzz import Fuzz, fault_of
from viz.errors import DEFECT
from viz.page import Page


@pytest.mark.slow
def test_whatever_is_sent_is_answered_or_refused_in_a_sentence_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level("CRITICAL")
    cases = list(Fuzz(seed=1).cases(150, 6.0))
    assert not [case for case in cases if case.fault]
    assert Counter(case.outcome for case in cases)["sentence"] and not list(tmp_path.rglob("*.*"))


def test_it_sees_a_defect_an_error_a_path_and_a_sentence_without_end() -> None:
    def broken(number: int = 1) -> int:
        raise {True: KeyError("x"), False: gr.Error("a" * 10_000)}[number == 1]

    with Page() as page:
        api(broken, api_name="broken")
    fuzz = Fuzz(seed=1, pages={"": page})
    assert "a defect" in {case.fault for case in fuzz.cases(30, 10.0)}
    assert fault_of(DEFECT, True) == "a defect" and not fault_of(DEFECT, False)
    assert fault_of(f"in {Path(__file__)}", False) and fault_of("a" * 400, False) and not fault_of("Draw first.", True)


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
