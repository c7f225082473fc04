"""What goes wrong round a server: it is killed, its disk is full, its clock jumps, its clients vanish. It stands again.

A short run; ``EASEL_FAULTS=20 pytest tests/test_faults.py`` kills it at so many moments, and 200 clients vanish.
Damaged files of the page: ``tests/viz/test_assets_damaged.py``; a training that is killed: ``tests/core/training``.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.load import free_port, wait_for
from benchmarks.load_asks import ACTIONS, Action
from benchmarks.load_pages import Page, Room

ROOT = Path(__file__).resolve().parents[1]
KILLS = int(os.environ.get("EASEL_FAULTS", 2))
VANISH = 10 * KILLS
ASKED = {action.key: action for action in ACTIONS}
CLOCK = """
import sys, threading, time
real, jump = time.time, [0.0]
time.time = lambda: real() + jump[0]
def leap():
    for seconds in (86400.0 * 400, -86400.0 * 400, 3600.0, 0.0) * 1000:
        time.sleep(0.5)
        jump[0] = seconds
threading.Thread(target=leap, daemon=True).start()
sys.argv = ["app.py", *sys.argv[1:]]
import app
app.main()
"""
pytestmark = pytest.mark.slow


@contextmanager
def server(folder: Path, *command: str, log: Path | None = None, temporary: Path | None = None) -> Iterator[Any]:
    """The app in a process of its own: its address and its process; it is killed at the end, if it has not ended."""
    port = free_port()
    words = [*(command or ("app.py",)), "--port", str(port), "--status", "--runs", str(folder / "runs")]
    words += ["--log", str(log)] if log else []
    place = temporary or folder / "tmp"
    place.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(place)}
    with (folder / "said").open("ab") as said:
        process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, stdout=said, stderr=said)
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_for(url, 180)
        yield url, process
    finally:
        process.kill()
        process.wait()


async def asked(url: str, action: Action, seed: int = 3) -> str:
    """A digest of what somebody gets who opens the room."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
        room = Room((await http.get(f"{url}{action.room}config")).json())
        async with Page(f"{url}{action.room}", room, http).open() as page:
            return await page.done(action, seed)


async def killed_at_work(url: str, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Kill a server so long after it was asked for several things."""
    keys = ("draw/export", "pixels/gated", "stroke")
    work = [asyncio.create_task(asked(url, ASKED[key])) for key in keys]
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    await asyncio.gather(*work, return_exceptions=True)


def counts(url: str) -> dict[str, float]:
    """The server's own."""
    text = httpx.get(f"{url}metrics", trust_env=False, timeout=60).text
    return {name: float(value) for name, value in re.findall(r"^easel_(\w+) ([\d.e+-]+)$", text, re.MULTILINE)}


def test_a_server_that_is_killed_stands_again_paints_the_same_and_leaves_a_whole_log(tmp_path: Path) -> None:
    chance, log, pictures = random.Random(1), tmp_path / "log", set()
    for _ in range(KILLS):
        with server(tmp_path, log=log) as (url, process):
            pictures.add(asyncio.run(asked(url, ASKED["draw/export"])))
            asyncio.run(killed_at_work(url, process, chance.random()))
    assert len(pictures) == 1
    lines = log.read_text("utf-8").splitlines()
    assert len(lines) >= KILLS and all(line.startswith("{") for line in lines)


@pytest.mark.skipif(
    os.getuid() != 0 or sys.platform != "linux", reason="a small file system can be mounted by root only"
)
def test_a_full_disk_is_a_sentence_and_what_needs_no_disk_goes_on(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small)]).returncode:
        pytest.skip("this container cannot mount a file system")
    try:
        with server(tmp_path, temporary=small, log=small / "log") as (url, process):
            right = asyncio.run(asked(url, ASKED["draw/export"]))
            with suppress(OSError), (small / "filler").open("wb") as filler:
                while True:
                    filler.write(bytes(4096))
                    filler.flush()
            assert len(asyncio.run(asked(url, ASKED["draw/copy"]))) == 64
            with pytest.raises(RuntimeError) as told:
                asyncio.run(asked(url, ASKED["draw/export"]))
            assert "Traceback" not in str(told.value) and str(small) not in str(told.value)
            (small / "filler").unlink()
            assert asyncio.run(asked(url, ASKED["draw/export"])) == right and process.poll() is None
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_clock_that_jumps_by_a_year_forth_and_back_changes_nothing(tmp_path: Path) -> None:
    with server(tmp_path) as (url, _):
        right = asyncio.run(asked(url, ASKED["draw/export"]))
    with server(tmp_path, "-c", CLOCK) as (url, process):
        for _ in range(4):
            assert asyncio.run(asked(url, ASKED["draw/export"])) == right
        assert process.poll() is None


def test_clients_that_vanish_leave_no_session_no_socket_no_file_and_no_thread_behind(tmp_path: Path) -> None:
    async def vanish(url: str, rooms: dict[str, Room], number: int) -> None:
        action = list(ASKED.values())[number % len(ASKED)]
        async with (
            httpx.AsyncClient(trust_env=False, timeout=120) as http,
            Page(f"{url}{action.room}", rooms[action.room], http).open() as page,
        ):
            with suppress(TimeoutError):
                await asyncio.wait_for(page.done(action, 3), 0.2 + random.Random(number).random())

    async def class_that_leaves(url: str) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
            names = {action.room for action in ACTIONS}
            rooms = {name: Room((await http.get(f"{url}{name}config")).json()) for name in names}
        await asyncio.gather(*(vanish(url, rooms, number) for number in range(VANISH)))

    with server(tmp_path) as (url, _):
        for _ in range(3):  # all models are loaded, and Gradio has its threads
            asyncio.run(class_that_leaves(url))
        before = settled(url, lambda now: now["pages"] == 0 and not now["requests_under_way"])
        asyncio.run(class_that_leaves(url))
        after = settled(url, lambda now: now["pages"] == 0 and now["open_files"] <= before["open_files"] + 2)
    assert after["requests_under_way"] == round(after["owed_seconds"], 6) == after["pages"] == 0
    for name, more in {
        "sockets": 2,
        "open_files": 2,
        "temporary_files": 0,
        "threads": 8,
    }.items():
        assert after[name] <= before[name] + more, (name, before, after)


def settled(url: str, quiet: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """The counts when it has become quiet; at the latest after two minutes."""
    until = time.monotonic() + 120
    while not quiet(now := counts(url)) and time.monotonic() < until:
        time.sleep(1)
    return now
