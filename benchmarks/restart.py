"""A server that is started anew while a class waits: how long until all of them have a page and a painting again.

``python -m benchmarks.restart [--clients 60] [--json]``. From the moment when the old server has ended, all of them ask
once a second, as people press reload; each is served when it has loaded a room and has been painted something there.
The goal is :data:`GOAL` seconds until the last of them is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import httpx

from benchmarks.load import free_port, wait_for
from benchmarks.load_asks import ACTIONS, SEEDS
from benchmarks.load_pages import Page, Room
from benchmarks.machine import machine

GOAL = 15.0
AGAIN = 1.0
"""Seconds after which somebody who got nothing asks again."""
PATIENCE = 120.0
LIGHT = [action for action in ACTIONS if not action.heavy]


async def served(http: httpx.AsyncClient, url: str, chance: random.Random, until: float) -> float | None:
    """When somebody has a page and a painting; None where that does not come."""
    action = chance.choice(LIGHT)
    while time.monotonic() < until:
        try:
            (await http.get(url + action.room)).raise_for_status()
            room = Room((await http.get(f"{url}{action.room}config")).json())
            async with Page(f"{url}{action.room}", room, http).open() as page:
                await page.done(action, chance.randint(1, SEEDS))
            return time.monotonic()
        except (httpx.HTTPError, RuntimeError, ValueError):
            await asyncio.sleep(AGAIN)
    return None


async def waited(url: str, clients: int, restart: Callable[[], None]) -> dict[str, object]:
    """Restart, and what that was like for so many."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=30.0, trust_env=False) as http:
        restart()
        start = time.monotonic()
        asked = (served(http, url, random.Random(number), start + PATIENCE) for number in range(clients))
        times = [when - start for when in await asyncio.gather(*asked) if when is not None]
    return {
        "clients": clients,
        "served": len(times),
        "seconds": {
            "first": round(min(times), 2),
            "half": round(statistics.median(times), 2),
            "last": round(max(times), 2),
        },
        "goal": GOAL,
        "reached": len(times) == clients and max(times) <= GOAL,
        "machine": machine(),
    }


def measured(clients: int) -> dict[str, object]:
    """Start a server, end it, and start another at its port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "app.py", "--port", str(port), "--status", "--runs", runs]
        servers = [subprocess.Popen(command, stdout=subprocess.DEVNULL)]

        def restart() -> None:
            servers[0].terminate()
            servers[0].wait(30)
            servers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))

        try:
            wait_for(url, PATIENCE)
            return asyncio.run(waited(url, clients, restart))
        finally:
            for server in servers:
                server.kill()
                server.wait()


def main(arguments: list[str]) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    print(json.dumps(measured(options.clients), indent=None if options.json else 2))


if __name__ == "__main__":
    main(sys.argv[1:])
