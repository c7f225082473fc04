"""Several Easels behind nginx, with the very file of deploy/: a page stays with its replica when another one dies."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from benchmarks.load import free_port, wait_for
from benchmarks.load_asks import ACTIONS
from benchmarks.load_pages import Page, Room, digest

CONF = Path(__file__).resolve().parents[1] / "deploy" / "nginx-replicas.conf"
FRAME = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{conf}
}}
"""
BROWSER = {"user-agent": "Mozilla/5.0"}
(EXPORT,) = (action for action in ACTIONS if action.name == "export")
"""What is saved is what the session has painted before: only the same replica knows it."""


class House(NamedTuple):
    """nginx's address, and the replicas behind it with theirs."""

    url: str
    replicas: dict[str, subprocess.Popen[bytes]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    ports = [free_port() for _ in range(3)]
    conf = CONF.read_text("utf-8").replace("listen 80;", f"listen 127.0.0.1:{ports[0]};")
    for name, port in zip(("7861", "7862"), ports[1:], strict=True):
        assert f"127.0.0.1:{name} " in conf
        conf = conf.replace(f"127.0.0.1:{name} ", f"127.0.0.1:{port} ")
    (tmp_path / "nginx.conf").write_text(FRAME.format(folder=tmp_path, conf=conf), "utf-8")
    nginx = subprocess.Popen(["nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    replicas = {
        f"http://127.0.0.1:{port}/": subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--status", "--runs", str(tmp_path / str(port))],
            cwd=CONF.parents[1],
            stdout=subprocess.DEVNULL,
        )
        for port in ports[1:]
    }
    try:
        for url in replicas:
            wait_for(url, 180)
        yield House(f"http://127.0.0.1:{ports[0]}/", replicas)
    finally:
        for process in (*replicas.values(), nginx):
            process.send_signal(signal.SIGTERM)
        for process in (*replicas.values(), nginx):
            process.wait(30)


def painted(url: str) -> int:
    """How many exports a replica has answered."""
    text = httpx.get(f"{url}metrics", trust_env=False, timeout=30).text
    return sum(int(count) for count in re.findall(r'request="save",outcome="answered"\} (\d+)', text))


async def saved(page: Page) -> str:
    """The film of what a page has painted; empty where its replica knows of nothing."""
    try:
        return digest(await page.asked(EXPORT.steps[1], 1))
    except RuntimeError:
        return ""


async def lesson(house: House, pupils: int) -> None:
    clients = [httpx.AsyncClient(headers=BROWSER, trust_env=False, timeout=120) for _ in range(pupils)]
    pages = []
    for http in clients:
        (await http.get(f"{house.url}draw/")).raise_for_status()
        room = Room((await http.get(f"{house.url}draw/config")).json())
        pages.append(Page(f"{house.url}draw/", room, http))
        await pages[-1].asked(EXPORT.steps[0], 1)
    films = [await saved(page) for page in pages]
    assert len(set(films)) == 1
    assert [len(http.cookies) for http in clients] == [1] * pupils
    shares = {url: painted(url) for url in house.replicas}
    assert sum(shares.values()) == pupils and all(shares.values())  # both work, and nobody was sent to the other one

    dead, alive = house.replicas
    house.replicas[dead].kill()
    house.replicas[dead].wait(30)
    now = [await saved(page) for page in pages]
    # Those of the living one go on from what they have painted; a browser loads the page of the others again.
    assert sum(one == other for one, other in zip(films, now, strict=True)) == shares[alive]
    for http in clients:  # and after a reload all of them do
        (await http.get(f"{house.url}draw/")).raise_for_status()
        room = Room((await http.get(f"{house.url}draw/config")).json())
        await Page(f"{house.url}draw/", room, http).done(EXPORT, 1)
    for http in clients:
        await http.aclose()


@pytest.mark.slow
def test_a_browser_stays_with_its_replica_and_one_that_dies_costs_only_its_own_pages_what_was_unfinished(
    house: House,
) -> None:
    asyncio.run(lesson(house, 10))
    assert httpx.get(f"{house.url}metrics", trust_env=False).status_code == 404
