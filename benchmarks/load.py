"""A class at one server: pages with sessions of their own, real browsers among them, and each answer checked.

``python -m benchmarks.load [--clients 60] [--browsers 4] [--minutes 3] [--pause 5] [--train] [--url URL] [--replicas N]
[--json]`` starts the app, or as many processes as ``--replicas`` says, of which each client stays with one, as a proxy
sees to (``deploy/``); ``--url`` names one that runs already, with ``--status``. Clients load rooms, hold their
connections open, ask for what the rooms' own events ask for (:mod:`benchmarks.load_asks`), and pause. When all have
gone, every action is done once more with each seed by somebody who is alone: what the class was given must have been
the same. Clients, browsers and server share the machine, so times are those of all. A long one with few clients, such
as ``--clients 6 --browsers 0 --minutes 120 --pause 20``, says whether memory, files, threads and sockets stay as they
are.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

from benchmarks.load_asks import ACTIONS, SEEDS, Action, Ask
from benchmarks.load_browsers import VISITS, class_of
from benchmarks.load_pages import Page, Room
from benchmarks.machine import machine

ROOMS = ("", "vae/", "draw/", "pixels/", "look/", "together/", "train/", "lessons/")
MOVES = 0.1
"""How often a person goes to another room."""
LONGEST = 120.0
GONE = 12.0
"""Seconds after which a page that was closed is forgotten: :data:`viz.serving.sessions.GRACE` and some."""
KEPT = ("resident_bytes", "open_files", "sockets", "threads", "pages", "temporary_files")
"""Counts of the server that must not grow."""


STALL = "event_loop_stall_seconds"


class Class:
    """All clients of one run, and what they saw."""

    def __init__(self, url: str, pause: float) -> None:
        self.url, self.pause = url, pause
        self.rooms: dict[str, Room] = {}
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.each: defaultdict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.heard: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)

    def at(self, url: str) -> Class:
        """The same class at another server."""
        there = copy.copy(self)
        there.url, there.rooms = url, {}
        return there

    async def learn(self, http: httpx.AsyncClient) -> None:
        """What the rooms' pages know of their events."""
        for room in ROOMS:
            self.rooms[room] = Room((await http.get(f"{self.url}{room}config")).json())

    async def warm(self, http: httpx.AsyncClient) -> None:
        """Have each action done once, so that no client waits for a model to be loaded. Raises where one fails."""
        for action in ACTIONS:
            async with Page(f"{self.url}{action.room}", self.rooms[action.room], http).open() as page:
                await page.done(action, SEEDS + 1)

    async def one(self, http: httpx.AsyncClient, chance: random.Random, until: float) -> None:
        """A client from when it comes until the lesson ends, in one room after another."""
        await asyncio.sleep(chance.random() * self.pause)
        while time.monotonic() < until:
            room = chance.choice(ROOMS)
            await self.timed("page", self.load(http, room))
            there = [action for action in ACTIONS for _ in range(action.often) if action.room == room]
            async with Page(f"{self.url}{room}", self.rooms[room], http).open() as page:
                while time.monotonic() < until:
                    if there:
                        action, seed = chance.choice(there), chance.randint(1, SEEDS)
                        await self.timed("heavy" if action.heavy else "light", self.done(page, action, seed))
                    await asyncio.sleep(min(chance.expovariate(1 / self.pause), max(0.0, until - time.monotonic())))
                    if not there or chance.random() < MOVES:
                        break

    async def timed(self, kind: str, asked: Awaitable[Any]) -> None:
        """Await something, and keep how long it took, or what was wrong."""
        start = time.monotonic()
        try:
            await asyncio.wait_for(asked, LONGEST)
        except Exception as error:  # whatever it is, it is one in the table
            self.errors.append(f"{kind}: {type(error).__name__}: {error}"[:300])
        else:
            self.times[kind].append(time.monotonic() - start)

    async def load(self, http: httpx.AsyncClient, room: str) -> None:
        """The page of a room."""
        (await http.get(self.url + room)).raise_for_status()

    async def done(self, page: Page, action: Action, seed: int) -> None:
        """An action, whose answer is kept, and how long it took."""
        start = time.monotonic()
        self.hear(action, seed, await page.done(action, seed))
        self.each[action.key].append(time.monotonic() - start)

    def hear(self, action: Action, seed: int, digest: str) -> None:
        """Keep what somebody was given; compared with what is right by :meth:`wrong`."""
        self.heard[action.key, seed][digest] += 1

    async def wrong(self, http: httpx.AsyncClient) -> dict[str, int]:
        """By the action's name, how many answers were others than somebody gets who is alone."""
        found, known = Counter[str](), {action.key: action for action in (*ACTIONS, *(each.action for each in VISITS))}
        for (key, seed), given in self.heard.items():
            action = known[key]
            async with Page(f"{self.url}{action.room}", self.rooms[action.room], http).open() as page:
                right = await page.done(action, seed)
            if others := given.total() - given[right]:
                found[key] += others
        return dict(found)


async def status(http: httpx.AsyncClient, urls: Sequence[str]) -> dict[str, float]:
    """The servers' own counts, summed, but for the worst stall of any."""
    counts = Counter[str]()
    for url in urls:
        text = (await http.get(f"{url}metrics")).text
        for name, value in re.findall(r"^easel_(\w+) ([\d.e+-]+)$", text, re.MULTILINE):
            worse = max(counts[name], float(value)) if name == STALL else counts[name] + float(value)
            counts[name] = worse  # type: ignore[assignment]  # a count of bytes or of seconds
    return dict(counts)


async def watched(http: httpx.AsyncClient, urls: Sequence[str], seen: list[dict[str, float]]) -> None:
    """They, every five seconds."""
    while True:
        seen.append(await status(http, urls))
        await asyncio.sleep(5)


async def trained(pupils: Class, http: httpx.AsyncClient, until: float) -> None:
    """Somebody trains a small network and looks at it every second, as the room does."""
    room = pupils.rooms["train/"]
    async with Page(f"{pupils.url}train/", room, http).open() as page:
        (key, *_), *_ = await page.asked([Ask("train-begin", "click", {"train-until": 300})], 1)
        look = Ask("train-run", function="look", data={"key": key, "version": 0})
        while time.monotonic() < until:
            await pupils.timed("a look at a training", page.asked([look], 1))
            await asyncio.sleep(1)


async def lesson(
    urls: Sequence[str], clients: int, minutes: float, pause: float, browsers: int = 0, train: bool = False
) -> dict[str, Any]:
    """One run; what is printed of it."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4 * clients)
    pupils, seen, load = Class(urls[0], pause), list[dict[str, float]](), os.getloadavg()[2]
    classes = [pupils, *(pupils.at(url) for url in urls[1:])]
    opened: dict[str, Any] = {"limits": limits, "timeout": LONGEST, "trust_env": False}
    async with httpx.AsyncClient(**opened) as http:
        for each in classes:
            await each.learn(http)
            await each.warm(http)
    await asyncio.sleep(GONE)
    async with httpx.AsyncClient(**opened) as http:
        before = await status(http, urls)
        watching = asyncio.create_task(watched(http, urls, seen))
        until = time.monotonic() + 60 * minutes
        everybody: list[Any] = [
            classes[number % len(classes)].one(http, random.Random(number), until) for number in range(clients)
        ]
        if browsers:
            everybody.append(class_of(browsers, urls[0], pause, until, pupils.timed, pupils.hear))
        if train:
            everybody.append(trained(pupils, http, until))
        await asyncio.gather(*everybody)
        watching.cancel()
    await asyncio.sleep(GONE)
    async with httpx.AsyncClient(**opened) as http:
        after = await status(http, urls)
        wrong = await pupils.wrong(http)
    resident = [each["resident_bytes"] / 2**20 for each in seen]
    early = resident[min(len(resident) - 1, len(resident) // 6)]  # when all have come
    return {
        **{"clients": clients, "browsers": browsers, "minutes": minutes, "pause": pause, "a training": train},
        "replicas": len(urls),
        "requests": sum(map(len, pupils.times.values())),
        "errors": len(pupils.errors),
        "first errors": pupils.errors[:5],
        "wrong": sum(wrong.values()),
        "wrong in": wrong,
        "answers that were checked": sum(given.total() for given in pupils.heard.values()),
        "seconds": {kind: quantiles(times) for kind, times in sorted(pupils.times.items())},
        "each": {key: quantiles(times) for key, times in sorted(pupils.each.items())},
        "memory MB": {"start": round(resident[0]), "end": round(resident[-1]), "growth": round(resident[-1] - early)},
        "before and after": {name: [round(each[name]) for each in (before, after)] for name in KEPT},
        "stall s": round(max(each[STALL] for each in seen[1:] or seen), 3),
        "load of the machine before": round(load, 1),
        "machine": machine(),
    }


def quantiles(times: list[float]) -> dict[str, float]:
    """Count, median, 95th and 99th of a hundred, and the worst."""
    if len(times) < 2:
        return {"n": len(times)}
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "worst": max(times)}
    return {"n": len(times), **{name: round(value, 3) for name, value in found.items()}}


@contextmanager
def app(*options: str, port: int | None = None) -> Iterator[str]:
    """``python app.py`` in a process of its own, at a free port unless one is named; its address, once it answers."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "app.py", "--port", str(port), "--status", "--runs", runs, *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            url = f"http://127.0.0.1:{port}/"
            try:
                wait_for(url, 180)
                yield url
            finally:
                process.terminate()


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float) -> None:
    """Until a server answers, or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}healthz", trust_env=False, timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.1)


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--browsers", type=int, default=4, help="real pages in Chromium besides them")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds from an answer to the next request")
    parser.add_argument("--train", action="store_true", help="somebody trains a network meanwhile")
    parser.add_argument("--url", help="a server that runs with --status")
    parser.add_argument("--replicas", type=int, default=1, help="processes; each client stays with one")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    run = options.clients, options.minutes, options.pause, options.browsers, options.train
    if options.url:
        found = asyncio.run(lesson([options.url.rstrip("/") + "/"], *run))
    else:
        with ExitStack() as stack:
            urls = [stack.enter_context(app()) for _ in range(options.replicas)]
            found = asyncio.run(lesson(urls, *run))
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
