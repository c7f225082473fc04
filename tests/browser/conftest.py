"""The real app, ``python app.py``, and a real Chromium. A page that errs or calls outside fails its test."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, ViewportSize, expect, sync_playwright

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
VIEWPORT = ViewportSize(width=1440, height=900)
START_SECONDS = 180
WAIT_MS = 30_000
"""Longest wait for one thing on the page: two busy cores may be loading torch meanwhile."""

OpenTab = Callable[[str], Locator]


LONGEST = ("test_steady", "test_any_browser", "test_access", "test_vae_tabs", "test_server", "test_pixel_room")
"""These files take longest, so they come first of the browser's: at the end no core waits for another's long file."""


def order(item: pytest.Item) -> int:
    """Browser tests come last, since what is quick and exact shall fail first; of these the longest come first."""
    if not item.path.is_relative_to(HERE):
        return -1
    return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)


AGAIN = pytest.mark.flaky(reruns=1)
"""What takes longer on a busy machine than a person would wait is tried once more; scripts/test.sh names each such."""

BROKEN = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """A test knows whether it has failed when its fixtures end; what it leaves is not kept."""
    item.stash[BROKEN] = call.excinfo is not None and call.when != "teardown"
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests bear their mark and get a second try, and all come in :func:`order`."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
            item.add_marker(AGAIN)
    items.sort(key=order)


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
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "EASEL_RUNS": str(log.parent / "runs"), **more}
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


CUT_OFF = (
    "console: AbortError: signal is aborted without reason",
    "console: Unexpected error Connection errored out.",
    "console: Unexpected error 404: Not Found",
)
"""What Gradio writes on the console when a page is left while its stream of answers is open; nobody sees it."""


def cut_off(fault: str) -> bool:
    """Whether a fault is one of those, or that the stream itself was not answered any more."""
    stream = fault.startswith("console: TypeError: Failed to fetch") and "/address/stream.js" in fault
    return stream or fault.startswith(CUT_OFF)


class Visit:
    """A page in a context of its own, not yet at the app, and what it has done since that it must not."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.server, self.start = server, server.log.stat().st_size
        self.file: Path | None = None
        self.context = browser.new_context(
            base_url=server.url, accept_downloads=True, viewport=VIEWPORT, reduced_motion="reduce"
        )
        self.context.set_default_timeout(WAIT_MS)
        self._faults = watch(self.context, server.url)
        self.page = self.context.new_page()
        self._left = False
        self.page.on("framenavigated", self._leave)

    def _leave(self, _: Frame) -> None:
        self._left = True  # the page, or a room in a frame of it

    def tidy(self) -> None:
        """A window of the first size and at rest again, nothing stored, no messages, and the mouse in its corner."""
        self.page.set_viewport_size(VIEWPORT)
        self.page.emulate_media(reduced_motion="reduce")
        self.page.mouse.move(0, 0)
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.evaluate("document.querySelectorAll('[data-testid=toast-close]').forEach(cross => cross.click())")
        expect(self.page.get_by_test_id("toast-body")).to_have_count(0)

    def faults(self) -> list[str]:
        """Those since the last call."""
        found, printed = [*self._faults], self.server.output(self.start)
        if self._left:
            found = [fault for fault in found if not cut_off(fault)]
        self._faults.clear()
        self.start += len(printed.encode())
        return [*found, f"the app printed:\n{printed}"] if "Traceback" in printed else found


@pytest.fixture(scope="session")
def visits() -> Iterator[dict[str, Visit]]:
    """The visit that goes from test to test, by the address of its app."""
    visits: dict[str, Visit] = {}
    yield visits
    for visit in visits.values():
        visit.context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, server: Server, visits: dict[str, Visit]) -> Iterator[Page]:
    """A page with nothing stored; ``page.goto("/draw/?tab=pen")`` brings it to a tab of the app.

    It is the same one for all tests: a process that has compiled Gradio's code before loads a room in half the time.
    Most get it blank. Those marked ``kept_page`` get it as the marked test before them in their file left it, tidied;
    they say nothing about how a page begins, and bring it to where they start from (:func:`tests.browser.helpers.at`).
    Motion is reduced, so that nothing plays but what a test plays.

    Afterwards the test fails if there was an error on the page or its console, a request to another place than the
    app, or a stack trace in the app's output: an error for the user is a sentence, not a trace. A page on which a test
    has failed is not kept.
    """
    kept = request.node.get_closest_marker("kept_page") is not None
    if (visit := visits.pop(server.url, None)) is None:
        visit = Visit(browser, server)
    else:
        visit.tidy()
        if not kept or visit.file != request.path:
            visit.page.goto("about:blank")
    visit.faults()
    yield visit.page
    if not request.node.stash[BROKEN] and visit.page.url.startswith(server.url):
        visit.file = request.path if kept else None
        visit.page.evaluate("0")  # all that it has to report comes before the answer
        visits[server.url] = visit
    else:
        visit.context.close()
    if faults := visit.faults():
        if visits.pop(server.url, None):
            visit.context.close()
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.fixture
def new_page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page like :func:`page` in a context of its own, for a test that changes the browser itself."""
    visit = Visit(browser, server)
    yield visit.page
    visit.context.close()
    assert not (faults := visit.faults()), "\n".join(faults)


@pytest.fixture
def open_tab(page: Page) -> OpenTab:
    """``open_tab("The pen")`` clicks the tab of that name and returns its panel, visible; a room's name goes there."""

    def opened(name: str) -> Locator:
        if page.url == "about:blank":
            page.goto("/")
        rooms = page.get_by_role("navigation", name="Rooms")
        expect(rooms).to_be_visible()
        door = rooms.get_by_role("link", name=name, exact=True)
        if door.count():
            if door.get_attribute("aria-current") != "page":
                door.click()
            expect(door).to_have_attribute("aria-current", "page")
            return page.locator(".easel-main")
        tab = page.get_by_role("tab", name=name, exact=True).filter(visible=True)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        panel = page.get_by_role("tabpanel").filter(visible=True).first
        expect(panel).to_be_visible()
        return panel

    return opened
