"""The load benchmark counts what goes wrong: answers that are none, and answers that are somebody else's."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Callable
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio.events import api

from benchmarks import load
from benchmarks.load_asks import ACTIONS, CODE, DIGIT, SEED, SEEDS, TEXT, Ask, bare, endpoint, filled
from benchmarks.load_pages import Room
from core.errors import UserError
from core.results import SIDE
from core.studio.runtime import Runtime
from viz.layout import ROOMS, build_room
from viz.page import Page
from viz.serving.rules import Rules
from viz.serving.server import running


def right(calls: int, seed: int) -> int:
    return seed


def crossed(calls: int, seed: int) -> int:
    return calls


def refused(calls: int, seed: int) -> int:
    if calls == 3:
        raise UserError("Enough.")
    return 0


@pytest.mark.parametrize(
    ("answer", "errors", "wrong"), [(right, False, False), (crossed, False, True), (refused, True, False)]
)
def test_wrong_answers_and_errors_are_counted(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[int, int], int], errors: bool, wrong: bool
) -> None:
    calls = itertools.count()
    rooms: dict[str, gr.Blocks] = {"/": Page()}

    def asked(seed: int = 1) -> int:
        return answer(next(calls), seed)

    with rooms["/"]:
        api(asked, api_name="asked")
    monkeypatch.setattr(load, "ROOMS", ("",))
    monkeypatch.setattr(load, "GONE", 0.0)
    monkeypatch.setattr(load, "ACTIONS", [endpoint("asked", False, SEED)])
    with running(rooms, rules=Rules(status=True)) as url:
        found: dict[str, Any] = asyncio.run(load.lesson([url], clients=4, minutes=0.03, pause=0.05))
    assert found["seconds"]["light"]["n"] + found["errors"] >= 4 and found["seconds"]["page"]["n"] >= 4
    assert (found["errors"] > 0, found["wrong"] > 0) == (errors, wrong), found
    assert found["answers that were checked"] == found["seconds"]["light"]["n"]
    assert found["memory MB"]["end"] > 0 and found["before and after"]["sockets"][0] > 0


def test_every_action_names_an_event_that_its_room_has() -> None:
    runtime = Runtime()
    rooms = {f"{room.key}/" if room.key else "": Room(build_room(room, runtime).get_config_file()) for room in ROOMS}
    assert len({action.key for action in ACTIONS}) == len(ACTIONS)
    assert {action.room for action in ACTIONS} == set(rooms) - {"lessons/", "train/"}
    for action in ACTIONS:
        room = rooms[action.room]
        for ask in (ask for step in action.steps for ask in step if not ask.function):
            event = room.event(ask)
            names = [room.name(each) for each in event["inputs"]]
            assert not ask.event or set(ask.given) <= set(names), action.key
            assert len(room.inputs(event, ask, 1)) <= len(names) and (not ask.event or ask.target in room.ids)
    with pytest.raises(LookupError):
        rooms[""].event(Ask("nobody"))


def test_every_seed_has_a_digit_and_a_code_of_its_own_and_what_differs_each_time_is_left_out() -> None:
    digits = {filled(DIGIT, seed)["pixels"] for seed in range(1, SEEDS + 1)}
    assert len(digits) == SEEDS == len({filled(TEXT, seed) for seed in range(1, SEEDS + 1)})
    pixels = np.frombuffer(base64.b64decode(filled([{"a": DIGIT}], 3)[0]["a"]["pixels"]), np.uint8)
    assert pixels.shape == (SIDE * SIDE,) and set(pixels) == {0, 255} and len(filled(CODE, 3)) == 8
    once, again = ({"id": name, "made": name, "v": [2.0, f"<b>{name} s</b>"]} for name in ("0.1", "12.34"))
    assert bare(once) == bare(again) == {"v": [2, "<b>s</b>"]} and bare({"v": 2.5}) != bare({"v": 2})


def test_a_server_that_is_not_there_is_an_error_in_the_table() -> None:
    async def asked() -> None:
        async with httpx.AsyncClient(trust_env=False) as http:
            lesson = load.Class("http://127.0.0.1:9/", 1.0)
            await lesson.timed("light", lesson.load(http, ""))
            assert lesson.errors and not lesson.times

    asyncio.run(asked())
