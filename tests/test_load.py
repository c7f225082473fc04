"""The load benchmark counts what goes wrong: answers that are none, and answers that are somebody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import gradio as gr
import pytest
from gradio.events import api

from benchmarks import load
from core.errors import UserError
from viz.page import Page
from viz.serving.rules import Rules
from viz.serving.server import running

CALLS: list[int] = []


def right(seed: int = 1) -> int:
    return seed


def crossed(seed: int = 1) -> int:
    CALLS.append(seed)
    return len(CALLS)


def refused(seed: int = 1) -> int:
    CALLS.append(seed)
    if len(CALLS) > len(load.SEEDS):  # to the first, who is alone, it answers
        raise UserError("Enough.")
    return 0


@pytest.mark.parametrize(
    ("light", "errors", "wrong"), [("right", False, False), ("crossed", False, True), ("refused", True, False)]
)
def test_wrong_answers_and_errors_are_counted(
    monkeypatch: pytest.MonkeyPatch, light: str, errors: bool, wrong: bool
) -> None:
    CALLS.clear()
    monkeypatch.setattr(load, "ROOMS", ("",))
    monkeypatch.setattr(load, "LIGHT", {light: ["seed"]})
    monkeypatch.setattr(load, "HEAVY", {"right": ["seed"]})
    monkeypatch.setattr(load, "SHARE_HEAVY", 0.1)
    rooms: dict[str, gr.Blocks] = {"/": Page()}
    with rooms["/"]:
        for endpoint in (right, crossed, refused):
            api(endpoint, api_name=endpoint.__name__)
    with running(rooms, rules=Rules(status=True)) as url:
        found: dict[str, Any] = asyncio.run(load.lesson(url, clients=4, minutes=0.03, pause=0.05))
    assert found["seconds"]["light"]["n"] + found["errors"] >= 4 and found["seconds"]["page"]["n"] >= 4
    assert (found["errors"] > 0, found["wrong"] > 0) == (errors, wrong), found
    assert found["memory MB"]["end"] > 0
