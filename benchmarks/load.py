"""A class at one server: many pages with sessions of their own, a mix of requests, each answer checked.

``python -m benchmarks.load --clients 60 --minutes 3 [--pause 5] [--url URL] [--json]`` starts the app, unless ``--url``
names one that runs with ``--status``. Every client loads a room, holds its connection open as a page does, and then
asks and pauses in turn. What the same arguments gave to the first who asked, alone, before all others came, is what
they must give to everybody: the seed is among them. Client and server share the machine, so times are those of both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from benchmarks.machine import machine

ROOMS = ("", "vae/", "draw/", "pixels/", "look/", "together/", "train/")
DIGIT = [[255 if 6 <= row < 22 and 12 <= column < 15 else 0 for column in range(28)] for row in range(28)]
LOWER = [[255 if row >= 14 else 0 for _ in range(28)] for row in range(28)]
SEEDS = range(1, 5)
LIGHT: dict[str, list[Any]] = {
    "vae_decode": [[0.5, -1, 0, 0, 1, 0, 0, "seed"]],
    "vae_encode": [DIGIT],
    "draw_copy": [DIGIT, "seed"],
    "pixel_nats": [DIGIT],
}
HEAVY: dict[str, list[Any]] = {
    "draw_generate": [16, "seed"],
    "pixel_complete": [DIGIT, LOWER, 4, "seed"],
    "pixel_generate": [9, "seed", 1.0, "gated-pixelcnn-mnist"],
}
SHARE_HEAVY, SHARE_PAGES = 0.25, 0.05
LONGEST = 120.0


def filled(values: Any, seed: int) -> Any:
    """Arguments with the seed in its places."""
    if isinstance(values, list):
        return [filled(value, seed) for value in values]
    return seed if values == "seed" else values


class Class:
    """All clients of one run, and what they saw."""

    def __init__(self, url: str, pause: float) -> None:
        self.url, self.pause = url, pause
        self.times: dict[str, list[float]] = {"light": [], "heavy": [], "page": []}
        self.errors: list[str] = []
        self.wrong = 0
        self.known: dict[tuple[str, int], Any] = {}
        self.numbers: dict[str, int] = {}

    async def learn(self, http: httpx.AsyncClient) -> None:
        """The numbers of the endpoints, and what each gives to somebody who is alone."""
        config = (await http.get(f"{self.url}config")).json()
        self.numbers = {each["api_name"]: each["id"] for each in config["dependencies"] if each["api_name"]}
        async with Page(self, http).open() as page:
            for name, values in (LIGHT | HEAVY).items():
                for seed in SEEDS:
                    self.known[name, seed] = await page.asked(name, filled(values, seed))

    async def one(self, http: httpx.AsyncClient, chance: random.Random, until: float) -> None:
        """A client from when it comes until the lesson ends."""
        await asyncio.sleep(chance.random() * self.pause)
        await self.timed("page", self.room(http, chance))
        async with Page(self, http).open() as page:
            while time.monotonic() < until:
                drawn, seed = chance.random(), chance.choice(SEEDS)
                if drawn < SHARE_PAGES:
                    await self.timed("page", self.room(http, chance))
                else:
                    kind, table = ("heavy", HEAVY) if drawn < SHARE_PAGES + SHARE_HEAVY else ("light", LIGHT)
                    name = chance.choice(list(table))
                    await self.timed(kind, self.checked(page, name, table[name], seed))
                await asyncio.sleep(min(chance.expovariate(1 / self.pause), max(0.0, until - time.monotonic())))

    async def timed(self, kind: str, asked: Any) -> None:
        start = time.monotonic()
        try:
            await asyncio.wait_for(asked, LONGEST)
        except Exception as error:  # whatever it is, it is one in the table
            self.errors.append(f"{type(error).__name__}: {error}"[:200])
        else:
            self.times[kind].append(time.monotonic() - start)

    async def room(self, http: httpx.AsyncClient, chance: random.Random) -> None:
        (await http.get(self.url + chance.choice(ROOMS))).raise_for_status()

    async def checked(self, page: Page, name: str, values: Any, seed: int) -> None:
        self.wrong += await page.asked(name, filled(values, seed)) != self.known[name, seed]


class Page:
    """An open page, as Gradio's front end keeps one: a session, a heartbeat, a stream of answers for each request."""

    def __init__(self, lesson: Class, http: httpx.AsyncClient) -> None:
        self._lesson, self._http, self._session = lesson, http, secrets.token_hex(6)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Page]:
        """While it is open its heartbeat runs."""
        beating = asyncio.create_task(self._beat())
        try:
            yield self
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        async with self._http.stream("GET", f"{self._lesson.url}gradio_api/heartbeat/{self._session}") as stream:
            async for _ in stream.aiter_raw():
                pass

    async def asked(self, name: str, values: Any) -> Any:
        """The answer to one event through the queue; raises where there is none."""
        place = f"{self._lesson.url}gradio_api/queue/"
        body = {"data": values, "fn_index": self._lesson.numbers[name], "session_hash": self._session}
        joined = await self._http.post(f"{place}join", json=body)
        if joined.status_code != 200:
            raise RuntimeError(f"{joined.status_code} {joined.text[:100]}")
        event = joined.json()["event_id"]
        async with self._http.stream("GET", f"{place}data", params={"session_hash": self._session}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                if message.get("msg") == "process_completed" and message.get("event_id") == event:
                    if not message["success"]:
                        raise RuntimeError(str(message["output"].get("error"))[:100])
                    return message["output"]["data"]
        raise RuntimeError("the stream ended without an answer")


async def watched(http: httpx.AsyncClient, url: str, seen: list[dict[str, float]]) -> None:
    """The server's own counts, every five seconds."""
    while True:
        text = (await http.get(f"{url}metrics")).text
        seen.append(
            {name: float(value) for name, value in re.findall(r"^easel_(\w+) ([\d.e+-]+)$", text, re.MULTILINE)}
        )
        await asyncio.sleep(5)


async def lesson(url: str, clients: int, minutes: float, pause: float) -> dict[str, Any]:
    """One run; what is printed of it."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=4 * clients)
    pupils, seen = Class(url, pause), list[dict[str, float]]()
    async with httpx.AsyncClient(limits=limits, timeout=LONGEST, trust_env=False) as http:
        await pupils.learn(http)
        watching = asyncio.create_task(watched(http, url, seen))
        until = time.monotonic() + 60 * minutes
        await asyncio.gather(*(pupils.one(http, random.Random(number), until) for number in range(clients)))
        watching.cancel()
    resident = [each["resident_bytes"] / 2**20 for each in seen]
    early = resident[min(len(resident) - 1, len(resident) // 6)]  # when all have come
    return {
        "clients": clients,
        "minutes": minutes,
        "pause": pause,
        "requests": sum(map(len, pupils.times.values())),
        "errors": len(pupils.errors),
        "first errors": pupils.errors[:3],
        "wrong": pupils.wrong,
        "seconds": {kind: quantiles(times) for kind, times in pupils.times.items()},
        "memory MB": {"start": round(resident[0]), "end": round(resident[-1]), "growth": round(resident[-1] - early)},
        "stall s": round(max(each["event_loop_stall_seconds"] for each in seen), 3),
        "load of the machine before": round(os.getloadavg()[2], 1),
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
def app(*options: str) -> Iterator[str]:
    """``python app.py`` in a process of its own, with its models loaded on demand; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--status", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}/"
        try:
            until = time.monotonic() + 180
            while time.monotonic() < until:
                try:
                    httpx.get(f"{url}healthz", trust_env=False, timeout=5)
                    break
                except httpx.HTTPError:
                    time.sleep(0.2)
            yield url
        finally:
            process.terminate()


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds from an answer to the next request")
    parser.add_argument("--url", help="a server that runs with --status")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    run = options.clients, options.minutes, options.pause
    if options.url:
        found = asyncio.run(lesson(options.url.rstrip("/") + "/", *run))
    else:
        with app() as url:
            found = asyncio.run(lesson(url, *run))
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
