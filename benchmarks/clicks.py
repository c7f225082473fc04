"""From the click to the first drawn frame, in a real Chromium against the real app, everything warm.

``python -m benchmarks.clicks [--repeats N] --json``. The baseline is a click on the die of a seed field: a round trip
that computes nothing. Seconds are medians; ``limits`` are the project's own targets. ``identical`` says that the same
request gave the same picture every time. Needs requirements-dev.txt and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from benchmarks.machine import machine
from core.studio.runtime import Runtime
from tests.browser import chromium
from viz.layout import build_rooms
from viz.serving.server import running

LIMITS = {"draw_16_digits": 1.0, "vae_slider": 0.05, "pixelcnn_16_completions": 0.5, "every_pixel": 0.5}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
TIMED = """([act, root, attribute]) => new Promise(done => {
  const node = document.querySelector(root), before = node.getAttribute(attribute), start = performance.now();
  const seen = new MutationObserver(() => {
    if (node.getAttribute(attribute) === before) return;
    seen.disconnect();
    requestAnimationFrame(() => done((performance.now() - start) / 1000));
  });
  seen.observe(node, {attributes: true, attributeFilter: [attribute]});
  (new Function(act))();
})"""
"""Runs ``act`` and resolves with the seconds until ``attribute`` has changed and a frame has been drawn."""
PIXELS = "root => [...document.querySelectorAll(root + ' .stage canvas')].map(c => c.toDataURL()).join()"


def click(selector: str) -> str:
    """JavaScript that presses a button."""
    return f"document.querySelector({selector!r}).click()"


def slide(selector: str) -> str:
    """JavaScript that moves a slider one step and back again at the next call."""
    return (
        f"const s = document.querySelector({selector!r} + ' input[type=range]');"
        "s.value = Number(s.value) + (window.turn = -(window.turn || -1)) * 0.5;"
        "s.dispatchEvent(new Event('input', {bubbles: true}));"
    )


@contextmanager
def opened(runtime: Runtime | None = None) -> Iterator[Page]:
    """The app in this process, its models loaded, and a page that shows it with reduced motion."""
    runtime = runtime or Runtime()
    runtime.studio.warm()
    path = chromium.find()
    with (
        running(build_rooms(runtime)) as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=FLAGS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.goto(url)
        yield page


def times(page: Page, act: str, root: str, repeats: int, attribute: str = "data-loaded") -> list[float]:
    """Seconds of each repetition, after one that is not counted."""
    page.wait_for_selector(root)
    runs = []
    for _ in range(repeats + 1):
        runs.append(float(page.evaluate(TIMED, [act, root, attribute])))
        page.wait_for_timeout(1000)  # let what follows a click, such as a chart, come to rest
    return runs[1:]


def measure(repeats: int) -> dict[str, object]:
    """The four clicks and the empty one."""
    ours: dict[str, float] = {}
    with opened() as page:
        home = page.url

        def room(key: str, prepare: Callable[[], None] = lambda: None, inner: str = "", stage: str = "") -> None:
            page.goto(f"{home}{key}/" + (f"?tab={inner}" if inner else ""))
            page.wait_for_selector(f"#{stage or key}-player .easel-player[data-loaded]")
            prepare()
            page.wait_for_timeout(1500)

        room("vae", inner="code")
        ours["vae_slider"] = statistics.median(
            times(page, slide("#vae-code [data-z='1']"), "#vae-player .easel-player", repeats)
        )
        room("draw", lambda: page.get_by_label("Imagine").filter(visible=True).first.check(force=True))
        root = "#draw-player .easel-player"
        ours["draw_16_digits"] = statistics.median(times(page, click("#draw-paint"), root, repeats))
        first = page.evaluate(PIXELS, root)
        times(page, click("#draw-paint"), root, 1)
        identical = first == page.evaluate(PIXELS, root)
        room("pixels", lambda: page.locator("#pixels-count input[type=number]").fill("16"))
        root = "#pixels-player .easel-player"
        ours["pixelcnn_16_completions"] = statistics.median(times(page, click("#pixels-paint"), root, repeats))
        room("look", inner="pixels", stage="every")
        root = "#every-player .easel-player"
        ours["every_pixel"] = statistics.median(times(page, click("#every-paint"), root, repeats))
        seed = "document.querySelector('#desk-seed input')"
        page.evaluate(f"{seed}.parentElement.id = 'seed-box'")
        page.evaluate(f"setInterval(() => document.querySelector('#seed-box').dataset.value = {seed}.value, 4)")
        baseline = statistics.median(times(page, click("#desk-die"), "#seed-box", repeats, "data-value"))
    return {
        "ratio": {name: round(value / baseline, 2) for name, value in ours.items()},
        "baseline": round(baseline, 4),
        "ours": {name: round(value, 4) for name, value in ours.items()},
        "limits": LIMITS,
        "within_limits": all(ours[name] <= limit for name, limit in LIMITS.items()),
        "identical": identical,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clicks", description="Time clicks in Chromium.")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {**measure(options.repeats), "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
