"""What nobody would send, sent: every endpoint and event of every room, with values near the right ones and far off.

``python -m tests.fuzz [--cases 5000] [--seconds 600] [--seed 1] [--only NAME]`` takes each room as the server would, so
that what Gradio makes of the values is tried, too. An answer or one sentence is right. Wrong are any other error, a
trace, a path of the server in a sentence, a sentence without end, and a file left behind. To what only a page sends, a
forged request may hear that something went wrong here; a public endpoint has a sentence for every mistake. The Train
room is left out: its events start processes.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import logging
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api

from core.studio.runtime import Runtime
from core.studio.trainings import Trainings
from viz.errors import DEFECT
from viz.layout import ROOMS, build_room
from viz.page import Page
from viz.serving.sessions import Session

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 0.5, 1e308, -1e308, float("nan"), float("inf"), 2**31, 2**63, -(2**63), 10**400),
    *("", " ", "1", "nan", "ä" * 300, "\x00", "../../../etc/passwd", "<script>", "{}", "𝕏" * 50, "null"),
    *(
        [],
        {},
        [[]],
        [None],
        [[0] * 28] * 27,
        {"data": "", "shape": [28, 28], "dtype": "uint8"},
        {"path": "/etc/passwd"},
    ),
)
"""Values that come instead of others; also in the middle of lists and dictionaries."""
DIGIT = [[255 * (12 <= column < 16) for column in range(28)] for _ in range(28)]
GOOD: tuple[Any, ...] = (DIGIT, DIGIT, [0.5] * 8)
"""For what an endpoint has no default of: pictures, codes."""
LEAK = re.compile(rf"Traceback|File \"|site-packages|easel-fuzz|object at 0x|{Path(__file__).parents[1]}")
LONGEST = 320
"""Characters of a sentence."""


class Case(NamedTuple):
    """One request and what came of it; ``fault`` is empty where that is right."""

    room: str
    name: str
    inputs: list[Any]
    outcome: str
    fault: str = ""


class Fuzz:
    """All rooms, and a source of bad ideas."""

    def __init__(self, seed: int, only: str = "", pages: dict[str, Page] | None = None) -> None:
        self.chance = random.Random(seed)
        self.pages = pages or rooms()
        self.targets = [
            (room, handler)
            for room, page in self.pages.items()
            for handler in page.fns.values()
            if handler.fn is not None and re.search(only, name_of(handler))
        ]

    def cases(self, count: int, seconds: float) -> Iterator[Case]:
        """One after another, each target in turn, as long as there is time."""
        until, order = time.monotonic() + seconds, list[Any]()
        for _ in range(count):
            if time.monotonic() > until:
                return
            if not order:
                order = self.chance.sample(self.targets, len(self.targets))
            yield self._case(*order.pop())

    def _case(self, room: str, handler: BlockFunction) -> Case:
        page, inputs = self.pages[room], [self._value(block) for block in handler.inputs]
        if public(handler) and self.chance.random() < 0.1:
            inputs = inputs[: self.chance.randrange(len(inputs) + 1)]
        data = self._event(handler)
        try:
            asyncio.run(self._asked(page, handler, inputs, data))
        except gr.Error as error:
            text = str(error.message)
            outcome = "defect" if DEFECT in text else "sentence"
            return Case(room, name_of(handler), inputs, outcome, fault_of(text, public(handler)))
        except Exception as error:  # whatever else it is, it is wrong
            return Case(room, name_of(handler), inputs, "error", f"{type(error).__name__}: {error}"[:200])
        return Case(room, name_of(handler), inputs, "answer")

    async def _asked(self, page: Page, handler: BlockFunction, inputs: list[Any], data: gr.EventData | None) -> None:
        session, request = Session(page), gr.Request(session_hash="fuzz", headers={}, query_params={})
        more: dict[str, Any] = {"state": session, "request": request, "session_hash": "fuzz", "event_data": data}
        iterator = None
        for _ in range(3):  # of a generator the first three
            found = await page.process_api(handler, inputs, iterator=iterator, **more)
            if (iterator := found.get("iterator")) is None:
                return

    def _value(self, block: Any) -> Any:
        """The block's own value, something near it, or something odd."""
        if getattr(block, "stateful", False):
            return None
        usual = copy.deepcopy(getattr(block, "value", None))
        if usual is None and isinstance(block, Api):
            usual = copy.deepcopy(self.chance.choice(GOOD))
        choices = [each[1] if isinstance(each, tuple) else each for each in getattr(block, "choices", None) or ()]
        drawn = self.chance.random()
        if drawn < 0.35:
            return usual
        if drawn < 0.5 and choices:
            return self.chance.choice(choices)
        return self._changed(usual) if drawn < 0.8 else copy.deepcopy(self.chance.choice(ODD))

    def _changed(self, value: Any) -> Any:
        """The value with something odd in it, somewhere."""
        chance = self.chance
        match value:
            case dict() if value:
                key = chance.choice(list(value))
                if chance.random() < 0.2:
                    return {name: each for name, each in value.items() if name != key}
                return {**value, key: self._changed(value[key])}
            case list() if value:
                place = chance.randrange(len(value))
                return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
            case bool() | None:
                return copy.deepcopy(chance.choice(ODD))
            case int() | float():
                return chance.choice((-value, value + 1, value * 1000, value + 0.5, str(value), float("nan")))
            case str() if value:
                cut = chance.randrange(len(value))
                return chance.choice((value[:cut], value + "x", value[:cut] + "\udc80\x00"[:1] + value[cut:]))
        return copy.deepcopy(chance.choice(ODD))

    def _event(self, handler: BlockFunction) -> gr.EventData | None:
        if not handler.collects_event_data:
            return None
        names = self.chance.sample(EVENT_FIELDS, self.chance.randrange(len(EVENT_FIELDS)))
        return gr.EventData(None, {name: copy.deepcopy(self.chance.choice(ODD)) for name in names})


EVENT_FIELDS = [
    "x",
    "y",
    "row",
    "column",
    "at",
    "size",
    "index",
    "value",
    "kind",
    "seed",
    "text",
    "data",
    "step",
    "mode",
]
"""Names that widgets send."""


def rooms() -> dict[str, Page]:
    """All rooms but *Train*, by their word."""
    runtime = Runtime(trainings=Trainings(Path(tempfile.gettempdir()) / "runs"))
    return {room.key: build_room(room, runtime) for room in ROOMS if room.key != "train"}


def name_of(handler: BlockFunction) -> str:
    """Of an endpoint or an event."""
    return str(handler.api_name or handler.name)


def public(handler: BlockFunction) -> bool:
    """Whether it is an endpoint of the API, and no event of a page."""
    return any(isinstance(block, Api) for block in handler.inputs)


def fault_of(text: str, public: bool) -> str:
    """What is wrong with a sentence."""
    if DEFECT in text and public:
        return "a defect"
    if LEAK.search(text):
        return f"it says too much: {text[:200]}"
    return f"it is too long: {text[:100]}" if len(text) > LONGEST else ""


def main(arguments: list[str]) -> int:
    """Print each fault with what led to it, and the counts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="targets whose name matches this")
    options = parser.parse_args(arguments)
    counts, faults = Counter[str](), Counter[tuple[str, str, str]]()
    with tempfile.TemporaryDirectory(prefix="easel-fuzz-") as folder:
        tempfile.tempdir = folder
        for case in Fuzz(options.seed, options.only).cases(options.cases, options.seconds):
            counts[case.outcome] += 1
            if case.fault:
                key = (case.room or "start", case.name, case.fault)
                faults[key] += 1
                if faults[key] == 1:
                    sent = json.dumps(case.inputs, default=str)[:400]
                    print(f"{key[0]} · {case.name}: {case.fault}\n    {sent}", flush=True)
        left = [path for path in Path(folder).rglob("*") if path.is_file()]
        tempfile.tempdir = None
    print(f"{sum(counts.values())} cases: {dict(counts)}; {len(faults)} faults; {len(left)} files left in the folder")
    return bool(faults)


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    sys.exit(main(sys.argv[1:]))
