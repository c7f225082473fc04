"""What a page weighs and how soon it can be used, in a real Chromium against ``python app.py``.

``python -m benchmarks.page [--before FOLDER] [--repeats N] --json``. FOLDER is a checkout of an earlier Easel, which is
measured in the same run; the one of a single page stands at ``/``. For each page: ``wire`` and ``wire_again``, kB that
came at the first and at the second visit; ``blocks``, Gradio's components; ``cpu``, seconds of the main thread until
the page rests; ``usable``, seconds until a player shows its picture. For the house: ``session_ms`` and ``session_mb``,
the server's CPU time and memory for a new session with one small request, in the heaviest room; ``room`` and ``tab``,
seconds from a click to another room, warm, and to another inner tab. Medians. ``limits`` are the project's own
targets. Needs requirements-dev.txt and a Chromium.
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
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.clicks import FLAGS
from benchmarks.machine import machine
from benchmarks.memory import resident_mb
from tests.browser import chromium

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("", "vae/", "draw/", "pixels/", "look/", "together/", "train/", "lessons/")
SESSIONS = 30
REST_MS = 3000
"""So long a page is left alone before it is weighed: its stream of answers stays open, so the network is never idle."""
PLAYER = ".easel-player[data-loaded]"
STAGE = f"{PLAYER}, .entry img, .easel-training, .easel-lessons .course a"
"""What a room is opened for: a player, one painter's row among others, a training, a list."""
LIMITS = {
    "start": {"wire": 300, "wire_again": 20, "blocks": 150, "cpu": 0.6},
    "room": {"wire": 400, "blocks": 300, "cpu": 0.9},
    "session_ms": 20,
    "session_mb": 0.5,
    "room to room": 0.8,
    "tab to tab": 0.15,
}


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """``python app.py`` of a checkout: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(
        [sys.executable, "app.py", "--port", str(port)], cwd=folder, stdout=subprocess.DEVNULL
    ) as app:
        try:
            while app.poll() is None:
                try:
                    urllib.request.urlopen(url, timeout=60).close()
                    break
                except (urllib.error.URLError, ConnectionError):
                    time.sleep(0.1)  # not listening yet
            yield url, app.pid
        finally:
            app.terminate()


def visit(context: BrowserContext, url: str) -> dict[str, float]:
    """Open a page and let it rest: kB on the wire, seconds of its main thread, seconds until a player can be used."""
    page = context.new_page()
    tool, came = context.new_cdp_session(page), [0.0]
    tool.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    tool.send("Network.enable")
    tool.send("Performance.enable", {"timeDomain": "threadTicks"})
    start = time.perf_counter()
    page.goto(url)
    page.locator(STAGE).filter(visible=True).first.wait_for()
    usable = time.perf_counter() - start
    page.wait_for_timeout(REST_MS)
    metrics = {each["name"]: each["value"] for each in tool.send("Performance.getMetrics")["metrics"]}
    page.close()
    return {"wire": sum(came) / 1000, "cpu": metrics["TaskDuration"], "usable": usable}


def weighed(browser: Browser, url: str, repeats: int) -> dict[str, float]:
    """A page, opened by newcomers and by those who come back."""
    first, again = [], []
    for _ in range(repeats):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        first.append(visit(context, url))
        again.append(visit(context, url))
        context.close()
    middle = {name: statistics.median(each[name] for each in first) for name in first[0]}
    with urllib.request.urlopen(f"{url}config") as answer:
        blocks = len(json.load(answer)["components"])
    returned = statistics.median(each["wire"] for each in again)
    return {**{name: round(value, 2) for name, value in middle.items()}, "wire_again": round(returned, 1),
            "blocks": blocks}  # fmt: skip


def small_request(url: str) -> Callable[[], None]:
    """What makes a session of its own at a page: its cheapest request, as a new visitor sends it."""
    with urllib.request.urlopen(f"{url}config") as answer:
        config = json.load(answer)
    kinds = {each["id"]: each["type"] for each in config["components"]}
    free = [each for each in config["dependencies"] if each["backend_fn"] and each["inputs"]
            and all(kinds[place] == "state" for place in each["inputs"])]  # fmt: skip
    chosen = min(free, key=lambda each: len(each["inputs"]))

    def send() -> None:
        body = {"fn_index": chosen["id"], "data": [None] * len(chosen["inputs"]), "event_data": {},
                "session_hash": uuid.uuid4().hex, "trigger_id": chosen["targets"][0][0]}  # fmt: skip
        call = urllib.request.Request(
            f"{url}gradio_api/run/predict", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with suppress(urllib.error.HTTPError):  # there is nothing to take home yet: a sentence, but a session
            urllib.request.urlopen(call).close()

    return send


def sessions(send: Callable[[], None], pid: int) -> dict[str, float]:
    """The server's CPU time and memory for each of some new sessions."""
    for _ in range(5):
        send()
    cpu, memory = cpu_seconds(pid), resident_mb(pid)
    for _ in range(SESSIONS):
        send()
    return {"session_ms": round(1000 * (cpu_seconds(pid) - cpu) / SESSIONS, 1),
            "session_mb": round((resident_mb(pid) - memory) / SESSIONS, 2)}  # fmt: skip


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ways(page: Page, url: str, repeats: int) -> dict[str, float]:
    """Seconds from a click to another room and to another inner tab, both seen before."""
    page.goto(f"{url}draw/")
    rooms, tabs = [], []
    for key in ("pixels", "draw") * (repeats + 1):
        page.wait_for_function("() => window.easelAddress?.settled")
        start = time.perf_counter()
        page.locator(f"header a.{key}").click()
        page.wait_for_selector(f"#{key}-player {PLAYER} >> visible=true")
        rooms.append(time.perf_counter() - start)
    for key in ("time", "paint") * (repeats + 1):
        tabs.append(float(page.evaluate(TAB, key)))
    return {"room": round(statistics.median(rooms[2:]), 2), "tab": round(statistics.median(tabs[2:]), 3)}


TAB = """key => new Promise(done => {
  const start = performance.now();
  document.querySelector(`#draw-${key}-tab-button`).click();
  const look = () => document.querySelector(`#draw-${key}-tab`)?.getClientRects().length
    ? requestAnimationFrame(() => done((performance.now() - start) / 1000)) : requestAnimationFrame(look);
  look();
})"""


def measured(browser: Browser, folder: Path, rooms: tuple[str, ...], repeats: int) -> dict[str, Any]:
    """One edition."""
    with served(folder) as (url, pid):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        visit(context, url)  # everything is loaded
        context.close()
        found: dict[str, Any] = {f"/{room}": weighed(browser, url + room, repeats) for room in rooms}
        heaviest = max(rooms, key=lambda each: found[f"/{each}"]["blocks"])
        found[f"/{heaviest}"] |= sessions(small_request(url + heaviest), pid)
        if len(rooms) > 1:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            found |= ways(page, url, repeats)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description="Weigh the pages in Chromium.")
    parser.add_argument("--before", type=Path, help="a checkout of an earlier Easel")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result: dict[str, Any] = {"limits": LIMITS}
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS) as browser,
    ):
        result["ours"] = measured(browser, ROOT, ROOMS, options.repeats)
        if options.before:
            result["baseline"] = measured(browser, options.before.resolve(), ("",), options.repeats)
    result["machine"] = machine()
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
