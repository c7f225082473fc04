"""What nobody would send, sent: every endpoint and event of every room, with values near the right ones and far off.

``python -m tests.fuzz [--cases 5000] [--seconds 600] [--seed 1] [--only NAME]`` takes each room as the server would, so
that what Gradio makes of the values is tried, too. An answer or one sentence is right. Wrong are a defect, any other
error, a trace, a path of the server in a sentence, a sentence without end, and a file left behind. What is tried comes
from the pages themselves, so whatever is new there is tried, too: endpoints, events, and the functions that widgets ask
past the queue. In the Train room processes are begun that do nothing. For parsers of files there is
``tests/test_fuzz_parsers.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import logging
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api

from benchmarks.load_asks import HOME, PLACE, filled
from core.studio.runtime import Runtime
from core.studio.trainers import Trainer
from core.studio.trainings import Trainings
from viz.errors import DEFECT
from viz.layout import ROOMS, build_room
from viz.page import Page
from viz.serving.sessions import Session
from viz.tabs.common import told
from viz.widgets import web

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


class Target(NamedTuple):
    """What is tried, and how one more case of it is made."""

    room: str
    name: str
    case: Callable[[], Case]


class Fuzz:
    """All rooms, and a source of bad ideas; to be closed, for the room Train begins processes."""

    def __init__(self, seed: int, only: str = "", pages: dict[str, Page] | None = None) -> None:
        self.chance = random.Random(seed)
        self.trainings = Idle(Path(tempfile.gettempdir()) / "runs", downloads=False)
        self.pages = pages or rooms(self.trainings)
        self.targets: list[Target] = [
            Target(room, name_of(handler), partial(self._event_case, room, handler))
            for room, page in self.pages.items()
            for handler in page.fns.values()
            if handler.fn is not None
        ]
        self.targets += [
            Target(room, function.__name__, partial(self._aside_case, room, function))
            for room, page in self.pages.items()
            for block in page.blocks.values()
            for function in getattr(block, "server_fns", ())
        ]
        self.targets = [each for each in self.targets if re.search(only, each.name)]

    def __enter__(self) -> Fuzz:
        return self

    def __exit__(self, *_: object) -> None:
        self.trainings.close()

    def cases(self, count: int, seconds: float) -> Iterator[Case]:
        """One after another, each target in turn, as long as there is time."""
        until, order = time.monotonic() + seconds, list[Any]()
        for _ in range(count):
            if time.monotonic() > until:
                return
            if not order:
                order = self.chance.sample(self.targets, len(self.targets))
            yield order.pop().case()

    def _aside_case(self, room: str, function: Callable[[Any], Any]) -> Case:
        """What a widget asks past the queue: its answer is JSON, and says what is wrong as its ``error``."""
        sent = self._near(copy.deepcopy(ASIDES.get(function.__name__, [GOOD[0]])))
        try:
            found = told(function)(sent)
            json.dumps(found)
        except gr.Error as error:
            text = str(error.message)
            return Case(room, function.__name__, [sent], "sentence", fault_of(text))
        except Exception as error:  # whatever else it is, it is wrong
            return Case(room, function.__name__, [sent], "error", f"{type(error).__name__}: {error}"[:200])
        wrong = str(found["error"]) if isinstance(found, dict) and found.get("error") else ""
        return Case(room, function.__name__, [sent], "sentence" if wrong else "answer", fault_of(wrong))

    def _event_case(self, room: str, handler: BlockFunction) -> Case:
        page, inputs = self.pages[room], [self._value(block) for block in handler.inputs]
        if public(handler) and self.chance.random() < 0.1:
            inputs = inputs[: self.chance.randrange(len(inputs) + 1)]
        data = self._event(handler)
        try:
            asyncio.run(self._asked(page, handler, inputs, data))
        except gr.Error as error:
            text = str(error.message)
            outcome = "defect" if DEFECT in text else "sentence"
            return Case(room, name_of(handler), inputs, outcome, fault_of(text))
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
        return self.chance.choice(choices) if choices and self.chance.random() < 0.15 else self._near(usual)

    def _near(self, usual: Any) -> Any:
        """A value that is right, or something near it, or something odd."""
        drawn = self.chance.random()
        if drawn < 0.4:
            return usual
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
                near = value + 0.5 if abs(value) < 1e300 else 0
                return chance.choice((-value, value + 1, value * 1000, near, str(value)[:999], float("nan")))
            case str() if value:
                cut = chance.randrange(len(value))
                return chance.choice((value[:cut], value + "x", value[:cut] + "\udc80\x00"[:1] + value[cut:]))
        return copy.deepcopy(chance.choice(ODD))

    def _event(self, handler: BlockFunction) -> gr.EventData | None:
        if not handler.collects_event_data:
            return None
        usual = copy.deepcopy(EVENTS.get(handler.targets[0][1] if handler.targets else "", {}))
        if self.chance.random() < 0.3:
            usual |= {name: copy.deepcopy(self.chance.choice(ODD)) for name in self.chance.sample(FIELDS, 3)}
        return gr.EventData(None, self._near(usual))


WIDGETS = Path(web.__file__).parent
FIELDS = sorted(
    {
        name
        for file in WIDGETS.rglob("*.js")
        for fields in re.findall(r"trigger\(\s*'\w+',\s*\{([^}]*)\}", file.read_text("utf-8"))
        for name in re.findall(r"(\w+)\s*(?:[,:]|$)", fields.strip())
    }
)
"""Names of what widgets send, as their scripts have them."""
EVENTS: dict[str, dict[str, Any]] = {
    "paint": {"live": False, "changed": ["digit"], "kept": {"z": "0.5,1", "path": "0,0 1,1", "at": "3"}},
    "save": filled(HOME, 1),
    "point": PLACE,
    "pick": {"cell": 1},
    "done": {"bets": [50] * 60},
    "edit": {"done": True},
}
"""What events bring along where all is right, by their names; others bring whatever there is."""
ASIDES: dict[str, list[Any]] = {
    "peek": ["aevb-mnist-2d", [0.5, -1.0]],
    "look": ["aevb-mnist-2d", ""],
    "tell": ["aevb-mnist-2d", {"do": "stop"}],
    "home": ["aevb-mnist-2d"],
    "judge": ["vae", 1, 0, "", {"address": "/vae/", "players": {}}],
}
"""What widgets ask past the queue."""


class Idle(Trainings):
    """Trainings whose processes do nothing but end when they are told to."""

    def _process(self) -> Trainer:
        return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def rooms(trainings: Trainings) -> dict[str, Page]:
    """All rooms by their word."""
    runtime = Runtime(trainings=trainings)
    return {room.key: build_room(room, runtime) for room in ROOMS}


def name_of(handler: BlockFunction) -> str:
    """Of an endpoint or an event."""
    return str(handler.api_name or handler.name)


def public(handler: BlockFunction) -> bool:
    """Whether it is an endpoint of the API, and no event of a page."""
    return any(isinstance(block, Api) for block in handler.inputs)


def fault_of(text: str) -> str:
    """What is wrong with a sentence."""
    if DEFECT in text:
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
        with Fuzz(options.seed, options.only) as fuzz:
            for case in fuzz.cases(options.cases, options.seconds):
                counts[case.outcome] += 1
                if case.fault:
                    key = (case.room or "start", case.name, case.fault)
                    faults[key] += 1
                    if faults[key] == 1:
                        sent = json.dumps(case.inputs, default=str)[:400]
                        print(f"{key[0]} · {case.name}: {case.fault}\n    {sent}", flush=True)
        left = [path for path in Path(folder).rglob("*") if path.is_file() and "runs" not in path.parts]
        tempfile.tempdir = None
    print(f"{sum(counts.values())} cases: {dict(counts)}; {len(faults)} faults; {len(left)} files left in the folder")
    return bool(faults)


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)
    sys.exit(main(sys.argv[1:]))
