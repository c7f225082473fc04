"""Nothing jumps: not at load, not at a return to a tab, not when results arrive; and on a phone no tab is too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.browser.conftest import WAIT_MS, Server, cut_off, watch
from tests.browser.helpers import load
from tests.browser.walk import moved, settle, walk, watch_shifts

MOST = 0.05
"""The largest layout shift score of one load, one return or one result."""

ANSWER_MS = 5_000
"""So long an answer is waited for that may be the same as what is shown; one that comes later counts later."""
LATENCY_MS = 300
"""A slow line: so long each answer takes, and a page's code comes in pieces that ask for each other."""
LONGEST = 2_500
"""Pixels from a phone's page's top to its end, as long as nobody has opened a fold."""
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}
PAINTED = """() => [...document.querySelectorAll('[data-loaded]')].filter(e => e.offsetParent)
  .map(e => e.dataset.loaded).join()"""
ANOTHER = f"before => ({PAINTED})() !== before"
START = """what => {
  const shown = [...document.querySelectorAll(what)].filter(e => e.offsetParent);
  shown[0]?.click();
  window.stirred = performance.now();
  return shown.length > 0;
}"""
ASKS = ("button.easel-primary", '#desk [data-example="6"]')
"""What has something painted: the room's main button, and the seventh example."""


@pytest.fixture(params=SIZES)
def sized_page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a laptop or a phone, not yet at the app, which writes down what moves."""
    width, height = SIZES[request.param]
    phone = request.param == "phone"
    context = browser.new_context(
        base_url=server.url, viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone
    )
    context.set_default_timeout(WAIT_MS)
    watch_shifts(context)
    faults = watch(context, server.url)
    yield context.new_page()
    context.close()
    assert not (left := [fault for fault in faults if not cut_off(fault)]), "\n".join(left)


def test_no_room_jumps_at_load_at_a_return_or_when_its_results_arrive(sized_page: Page) -> None:
    page, jumps = sized_page, []

    def note(what: str) -> None:
        score, sources = moved(page)
        if score > MOST:
            jumps.append(f"{what}: {score:.3f}\n  " + "\n  ".join(sources))

    def measure(what: str) -> None:
        height = page.evaluate("document.documentElement.scrollHeight")
        if page.viewport_size and page.viewport_size["width"] < 700 and height > LONGEST:
            jumps.append(f"{what} is {height} pixels long")

    page.goto("/")
    expect(page.locator("#start-pixels .easel-player[data-loaded]")).to_be_visible()
    note("load")
    seen: set[str] = set()
    answers = 0
    for tab in walk(page, again=True):
        if tab in seen:
            note(f"return to {tab}")
            continue
        seen.add(tab)
        note(f"first visit of {tab}")
        measure(tab)
        for ask in ASKS:
            before, asked = page.evaluate(f"() => [({PAINTED})(), window.asked]")
            if page.evaluate(START, ask):
                settle(page)
                if page.evaluate("window.asked") > asked:
                    answers += 1
                    with suppress(TimeoutError):  # an answer that is what stands there changes nothing
                        page.wait_for_function(ANOTHER, arg=before, timeout=ANSWER_MS)
                note(f"{ask} in {tab}")
    assert not jumps, "\n".join(jumps)
    assert answers > 10, "there were results to see arrive"


def test_the_lessons_do_not_jump_at_load_nor_from_step_to_step(sized_page: Page) -> None:
    page, jumps = sized_page, []
    for address in ("/lessons/", "/lessons/?lesson=tour&v=1"):
        load(page, address)
        score, sources = moved(page)
        if score > MOST:
            jumps.append(f"{address}: {score:.3f}\n  " + "\n  ".join(sources))
    for step in (2, 3):
        page.locator(".feet .next").evaluate("button => button.click()")
        expect(page.locator(".easel-lessons")).to_have_attribute("data-at", f"tour/{step}")
        score, sources = moved(page)
        if score > MOST:
            jumps.append(f"step {step}: {score:.3f}\n  " + "\n  ".join(sources))
    assert not jumps, "\n".join(jumps)


def test_a_room_does_not_jump_where_its_code_comes_slowly(sized_page: Page) -> None:
    line = sized_page.context.new_cdp_session(sized_page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    slow = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": 1e6, "uploadThroughput": 1e6}
    line.send("Network.emulateNetworkConditions", slow)
    load(sized_page, "/look/")
    score, sources = moved(sized_page)
    assert score < MOST, "\n".join(sources)
