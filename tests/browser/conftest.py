"""The real app, ``python app.py``, and a real Chromium. A page that errs or calls outside fails its test."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from tests.browser import chromium

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP easel.test 127.0.0.1",  # an address that is not loopback in the browser's eyes
)
START_SECONDS = 180
WAIT_MS = 30_000
"""Longest wait for one thing on the page: two busy cores may be loading torch meanwhile."""

OpenTab = Callable[[str], Locator]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests bear their mark and come last: what is quick and exact fails first."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


class Server(NamedTuple):
    """A running app: its address, with a slash at the end, the file of all it prints, and its process."""

    url: str
    log: Path
    pid: int = 0

    def output(self, start: int = 0) -> str:
        return self.log.read_bytes()[start:].decode(errors="replace")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(server: Server, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(server.url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)  # not listening yet
    state = "still does not answer" if process.poll() is None else f"ended with {process.returncode}"
    pytest.fail(f"python app.py {state}; it printed:\n{server.output()}", pytrace=False)


@contextmanager
def started(log: Path, port: int, **more: str) -> Iterator[Server]:
    """The app as its users start it, on a free port of this machine; ``more`` is added to its environment."""
    command = [sys.executable, "app.py", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **more}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        running = Server(f"http://127.0.0.1:{port}/", log, process.pid)
        try:
            wait_until_it_answers(running, process)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests that do not harm it."""
    with started(tmp_path_factory.mktemp("app") / "output.txt", free_port()) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests; without any they fail."""
    path = chromium.find()
    if path is None:
        pytest.fail(
            "The browser tests need a Chromium and found none that runs: install one or name it in CHROMIUM, or start "
            "scripts/test.sh, which installs it.",
            pytrace=False,
        )
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
        yield browser


def watch(context: BrowserContext, url: str) -> list[str]:
    """Fills the returned list with all that a page must not do: errors, and requests that leave the app."""
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(f"page error: {error.error}"))
    context.on(
        "console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None
    )
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith((url, "data:", "blob:")) else faults.append(f"outside: {request.url}")
        ),
    )
    return faults


@contextmanager
def visit(browser: Browser, server: Server) -> Iterator[Page]:
    """The app's page in a context of its own, loaded; ``page.goto("/?…")`` goes elsewhere in the app.

    Afterwards the test fails if there was an error on the page or its console, a request to another place than the
    app, or a stack trace in the app's output: an error for the user is a sentence, not a trace.
    """
    start = server.log.stat().st_size
    viewport = ViewportSize(width=1440, height=900)
    context = browser.new_context(base_url=server.url, accept_downloads=True, viewport=viewport)
    context.set_default_timeout(WAIT_MS)
    faults = watch(context, server.url)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("tab", selected=True).first).to_be_visible()
    yield page
    context.close()
    if "Traceback" in (printed := server.output(start)):
        faults.append(f"the app printed:\n{printed}")
    assert not faults, "\n".join(faults)


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A :func:`visit` of the test's own."""
    with visit(browser, server) as page:
        yield page


@pytest.fixture(scope="module")
def visited(browser: Browser, server: Server) -> Iterator[Page]:
    """One :func:`visit` for all tests of a file, for those that leave the page as a person leaves it."""
    with visit(browser, server) as page:
        yield page


@pytest.fixture
def open_tab(page: Page) -> OpenTab:
    """``open_tab("Stroke by stroke")`` clicks the tab of that name and returns its panel, visible."""

    def opened(name: str) -> Locator:
        tab = page.get_by_role("tab", name=name, exact=True).filter(visible=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        panel = page.get_by_role("tabpanel").filter(visible=True).first
        expect(panel).to_be_visible()
        return panel

    return opened
