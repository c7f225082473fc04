"""The map of the latent space under a hand, in a real Chromium against the real app, everything warm.

``python -m benchmarks.map [--seconds S] [--repeats N] --json``. The app runs as ``python app.py`` in a process of its
own.

- ``hover``: seconds from one decoded picture to the next while the mouse moves over the map for S seconds, and a second
  client asks PixelCNN for completions without a pause. The limit, 25 a second, is the project's own.
- ``cloud``: from an edit of the drawing to the ellipse on the map, and ``cloud_while_painting`` the same beside the
  second client.
- ``lattice``: 20 × 20 pictures decoded by the studio, in this process, for each model; the limit holds for each.

``ratio`` is what was measured over its limit: below 1 is within. The baseline is a request for a code that the server
refuses, the round trip that computes nothing. Needs requirements-dev.txt and a Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.clicks import FLAGS, times
from benchmarks.machine import machine
from core.studio.studio import Studio
from core.studio.vae_map import MAPS
from tests.browser import chromium

LIMITS = {"hover": 1 / 25, "cloud": 0.15, "lattice": 0.3}
ROOT = Path(__file__).resolve().parent.parent
MAP = "#map-chart .easel-map"
HOVER = """([root, seconds]) => new Promise(done => {
  const map = document.querySelector(root), canvas = map.querySelector('.chart canvas');
  const box = canvas.getBoundingClientRect(), start = performance.now(), first = Number(map.dataset.decoded || 0);
  const move = () => {
    const t = (performance.now() - start) / 1000;
    if (t > seconds) return done(t / (Number(map.dataset.decoded) - first));
    const at = [0.5 + 0.35 * Math.cos(2 * t), 0.5 + 0.35 * Math.sin(3 * t)];
    canvas.dispatchEvent(new PointerEvent('pointermove', { isPrimary: true, bubbles: true,
      clientX: box.left + at[0] * box.width, clientY: box.top + at[1] * box.height }));
    requestAnimationFrame(move);
  };
  move();
})"""
"""Moves a mouse over the map at every frame; resolves with the seconds of one decoded picture."""
EDIT = (
    "window.turn = !window.turn;"
    "document.querySelector(`#desk-editor [data-act=${window.turn ? 'undo' : 'redo'}]`).click();"
)
"""JavaScript that takes a stroke of the brush back, and lays it again at the next call."""
EMPTY = """async ([repeats]) => {
  const { id } = window.gradio_config.components.find(each => each.props.elem_id === 'map-chart'), runs = [];
  const body = JSON.stringify({ data: ['aevb-mnist-2d', []], component_id: id, fn_name: 'peek', session_hash: 'b' });
  for (let i = 0; i < repeats; i += 1) {
    const start = performance.now();
    await (await fetch('gradio_api/component_server', { method: 'POST', headers: { 'Content-Type': 'application/json' },
      body })).json();
    runs.push((performance.now() - start) / 1000);
  }
  return runs;
}"""
PAINTER = """
import json, sys, urllib.request
address = sys.argv[1] + 'gradio_api/call/pixels_complete'
rows, hidden = [[0] * 28] * 28, [[0] * 28] * 14 + [[1] * 28] * 14
while True:
    data = json.dumps({'data': [rows, hidden, 16, 1, 1.0, 'pixelcnn-mnist']}).encode()
    request = urllib.request.Request(address, data, {'Content-Type': 'application/json'})
    event = json.load(urllib.request.urlopen(request))['event_id']
    assert b'event: complete' in urllib.request.urlopen(address + '/' + event).read()
    print('painted', flush=True)
"""
"""The second client: one completion of 16 pictures after the other."""


@contextmanager
def served() -> Iterator[str]:
    """The address of the app in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                    break
                except (urllib.error.URLError, TimeoutError, ConnectionError):
                    time.sleep(0.2)
            yield url
        finally:
            process.terminate()


@contextmanager
def painting(url: str) -> Iterator[list[int]]:
    """Somebody who asks for completions all the while; afterwards the list holds how many were painted."""
    painted: list[int] = []
    with subprocess.Popen([sys.executable, "-c", PAINTER, url], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first one loads the weights
        try:
            yield painted
        finally:
            process.terminate()
            painted.append(len(process.stdout.read().split()))


def lattices(repeats: int) -> dict[str, float]:
    """Median seconds of the pictures behind a map, without cache, in this process."""
    studio, found = Studio(), {}
    for name in MAPS:
        runs = []
        for k in range(repeats + 1):
            plane = studio.map.of_axes(name, 1, 2)
            start = time.perf_counter()
            studio.map.lattice(name, plane, 3 + 0.1 * k, False)
            runs.append(time.perf_counter() - start)
        found[name] = statistics.median(runs[1:])
    return found


def opened(page: Page, url: str) -> None:
    """The map on the screen, its model loaded."""
    page.goto(f"{url}vae/?tab=map")
    page.wait_for_selector(f"{MAP}[data-painted]")
    page.locator("#map-chart canvas").first.hover()
    page.wait_for_selector(f"{MAP}[data-decoded]", timeout=120_000)
    page.wait_for_timeout(3000)  # the other models are warmed


def measure(seconds: float, repeats: int) -> dict[str, object]:
    """All three, the lattices first: nothing else runs then."""
    tiles = lattices(repeats)
    ours = {"lattice": max(tiles.values())}
    path = chromium.find()
    with (
        served() as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=FLAGS) as browser,
    ):
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        opened(page, url)
        baseline = statistics.median(page.evaluate(EMPTY, [repeats]))
        alone = float(page.evaluate(HOVER, [MAP, seconds]))
        page.locator("#desk-editor .stage canvas").click(position={"x": 20, "y": 20})
        page.wait_for_timeout(500)
        ours["cloud"] = statistics.median(times(page, EDIT, MAP, repeats, "data-cloud"))
        with painting(url) as painted:
            ours["hover"] = float(page.evaluate(HOVER, [MAP, seconds]))
            ours["cloud_while_painting"] = statistics.median(times(page, EDIT, MAP, repeats, "data-cloud"))
    return {
        "ratio": {name: round(ours[name] / limit, 2) for name, limit in LIMITS.items()},
        "baseline": round(baseline, 4),
        "ours": {name: round(value, 4) for name, value in ours.items()},
        "limits": {name: round(limit, 4) for name, limit in LIMITS.items()},
        "within_limits": all(ours[name] <= limit for name, limit in LIMITS.items()),
        "hover_alone": round(alone, 4),
        "decoded_a_second": {"alone": round(1 / alone, 1), "while_painting": round(1 / ours["hover"], 1)},
        "painted_meanwhile": painted[0],
        "lattices": {name: round(value, 4) for name, value in tiles.items()},
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.map", description="Time the map of the latent space.")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = {**measure(options.seconds, options.repeats), "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
