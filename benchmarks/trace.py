"""A trace of many strokes on its way to the screen: what each part of the way takes, against the second it may take.

``python -m benchmarks.trace [--pictures N --steps T --seed S --repeats N --no-browser] --json``. DRAW imagines N
pictures in T strokes. ``model`` are the strokes, ``payload`` what the player is to be sent, ``json`` its text;
``browser`` is the whole way, from a click on Paint to the first drawn frame in a real Chromium against the real app.
Seconds are medians; ratios are parts of the target. ``identical`` says that the same request gave the same payload
every time, and that the browser holds the very pictures that were painted here. The browser needs
requirements-dev.txt and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from playwright.sync_api import Page

from benchmarks import clicks
from benchmarks.machine import machine
from core.studio.studio import Studio
from core.trace import CanvasTrace
from viz.player import frames
from viz.player.payload import Player

TARGET = 1.0
"""Seconds for 16 pictures of 32 strokes, from the click to the screen."""
ROOT = "#draw-player .easel-player"
SHOWN = "root => document.querySelector(root).easelStep.value"


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, list[Any]]:
    """The median of the seconds, after one run that is not counted, and every answer."""
    seconds, answers = [], []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        answers.append(work())
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:]), answers


def parts(studio: Studio, pictures: int, steps: int, seed: int, repeats: int) -> tuple[dict[str, float], str, bool]:
    """Seconds of the model, the payload and its text; the text; whether it was the same every time."""
    before = studio.draw_blank()

    def pack(trace: CanvasTrace) -> Player:
        return frames.draw_payload(trace, before=before, nonce="trace")

    model, traces = timed(lambda: studio.draw_generate(pictures, seed, steps=steps), repeats)
    payload, packed = timed(lambda: pack(traces[0]), repeats)
    text, texts = timed(lambda: json.dumps(packed[0]), repeats)
    same = {json.dumps(value) for value in (*packed, *map(pack, traces))} == set(texts)
    return {"model": model, "payload": payload, "json": text}, texts[0], same


def fill(page: Page, selector: str, value: int) -> None:
    """Write a number beside a slider of the room, and wait until what it sets off has come to rest."""
    field = page.locator(f"{selector} input[type=number]")
    field.fill(str(value))
    field.press("Tab")
    page.wait_for_timeout(1500)


def way(pictures: int, steps: int, seed: int, repeats: int) -> tuple[float, Player]:
    """Median seconds from the click on Paint to the first drawn frame, and the payload that then is on the stage."""
    with clicks.opened() as page:
        page.goto(f"{page.url}draw/")
        page.wait_for_selector(f"{ROOT}[data-loaded]")
        page.get_by_label("Imagine").filter(visible=True).first.check(force=True)
        page.locator("#desk-seed input").fill(str(seed))
        fill(page, "#draw-count", pictures)
        fill(page, "#draw-strokes", steps)
        seconds = statistics.median(clicks.times(page, clicks.click("#draw-paint"), ROOT, repeats))
        shown: Player = page.evaluate(SHOWN, ROOT)
    return seconds, shown


def measure(pictures: int, steps: int, seed: int, repeats: int, *, browser: bool) -> dict[str, object]:
    """Every part of the way, and with ``browser`` the whole."""
    ours, text, identical = parts(Studio(), pictures, steps, seed, repeats)
    if browser:
        ours["browser"], shown = way(pictures, steps, seed, repeats)
        identical = identical and shown["panels"] == json.loads(text)["panels"]
    return {
        "ratio": {name: round(seconds / TARGET, 4) for name, seconds in ours.items()},
        "baseline": TARGET,
        "ours": {name: round(seconds, 4) for name, seconds in ours.items()},
        "target": TARGET,
        "within_target": ours.get("browser", sum(ours.values())) <= TARGET,
        "identical": identical,
        "megabytes": round(len(text) / 1e6, 3),
        "pictures": pictures,
        "steps": steps,
        "repeats": repeats,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trace", description="Time a trace to the screen.")
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--steps", type=int, default=32, help="strokes of a picture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-browser", action="store_true", help="only what happens before it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    browser = not options.no_browser
    result = measure(options.pictures, options.steps, options.seed, options.repeats, browser=browser)
    result["machine"] = machine()
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
