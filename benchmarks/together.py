"""Side by side, from a question to the rows of all painters, and what the game asks of the server, everything warm.

``python -m benchmarks.together [--repeats N --painters NAME …] --json``. One digit, covered from the middle down, and
each of the four questions, asked of the studio in this process row by row, in the page's order, with the row's HTML:

- ``first`` and ``all``: seconds until the first row stands and until all do;
- ``bill``: the answer to a whole round of the game, for each of its pixels; a single bet does not ask the server.

``ratio`` is the slowest over its limit, the project's own: below 1 is within. ``identical`` says that the same question
was answered the same every time. The way through the browser is not in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.machine import machine
from core.results import Entry
from core.studies import together_guess as rules
from core.studio.studio import Studio
from core.studio.together_rows import PAINTERS
from viz.views import together_rows

LIMITS = {"first": 1.0, "all": 6.0, "bill": 0.1}
ROUND, SEED = 1, 1
QUESTIONS = (together_rows.COPY, together_rows.SURPRISE, together_rows.IMAGINE, together_rows.COMPLETE)
DIGIT = np.where(rules.drawn(ROUND), 255, 0).astype(np.uint8)
HIDDEN = np.arange(28)[:, None].repeat(28, 1) >= 14


def answered(studio: Studio, question: str, painters: Sequence[str]) -> tuple[list[float], list[Entry]]:
    """Seconds from the press until each row stands, and the answers."""
    start, times, found = time.perf_counter(), [], []
    for name in painters:
        entry = studio.together.answer(question, name, (DIGIT, HIDDEN), together_rows.COUNT, SEED)
        together_rows.row(question, entry)
        times.append(time.perf_counter() - start)
        found.append(entry)
    return times, found


def same(one: Sequence[Entry], other: Sequence[Entry]) -> bool:
    """Whether two rounds of answers have the same pictures at the same price."""
    return all(
        np.array_equal(a.pictures, b.pictures) and np.array_equal(a.nats, b.nats, equal_nan=True)
        for a, b in zip(one, other, strict=True)
    )


def paid(studio: Studio) -> float:
    """Seconds of the answer to a round, for each of its pixels."""
    places = len(rules.places(rules.drawn(ROUND), rules.LONG))
    start = time.perf_counter()
    studio.guessing.bills(ROUND, rules.LONG, [50] * places)
    return (time.perf_counter() - start) / places


def in_process(studio: Studio, painters: Sequence[str], repeats: int) -> tuple[dict[str, Any], bool]:
    """Medians of all that the server does, after one round that is not counted; and whether answers are the same."""
    ours: dict[str, Any] = {"first": {}, "all": {}}
    identical = True
    for question in QUESTIONS:
        _, expected = answered(studio, question, painters)
        runs = [answered(studio, question, painters) for _ in range(repeats)]
        identical = identical and all(same(expected, found) for _, found in runs)
        ours["first"][question] = statistics.median(times[0] for times, _ in runs)
        ours["all"][question] = statistics.median(times[-1] for times, _ in runs)
    paid(studio)
    ours["bill"] = statistics.median(paid(studio) for _ in range(repeats))
    return ours, identical


def slowest(value: Any) -> float:
    """Of the four questions, or the number itself."""
    return max(value.values()) if isinstance(value, dict) else float(value)


def rounded(value: Any) -> Any:
    """Seconds to the tenth of a millisecond."""
    return {name: rounded(each) for name, each in value.items()} if isinstance(value, dict) else round(value, 4)


def measure(painters: Sequence[str], repeats: int) -> dict[str, object]:
    """All of it."""
    ours, identical = in_process(Studio(), painters, repeats)
    ratio = {name: slowest(value) / LIMITS[name] for name, value in ours.items()}
    return {
        "ratio": {name: round(each, 4) for name, each in ratio.items()},
        "baseline": LIMITS,
        "ours": rounded(ours),
        "within_limits": all(each <= 1 for each in ratio.values()),
        "identical": identical,
        "painters": list(painters),
        "repeats": repeats,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.together", description="Time the room Side by side.")
    parser.add_argument("--painters", nargs="+", choices=PAINTERS, default=list(PAINTERS), metavar="NAME")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    result = {**measure(options.painters, options.repeats), "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
