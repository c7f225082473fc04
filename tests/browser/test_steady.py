"""Nothing jumps: not at load, not at a return to a tab, not when results arrive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests.browser.conftest import WAIT_MS, Server, watch
from tests.browser.walk import moved, settle, walk, watch_shifts

MOST = 0.05
"""The largest layout shift score of one load, one return or one result."""

ANSWER_MS = 5_000
"""So long an answer is waited for that may be the same as what is shown; one that comes later counts later."""
SIZES = {"laptop": (1440, 900), "phone": (390, 844)}
PAINTED = """() => [...document.querySelectorAll('[data-loaded]')].filter(e => e.offsetParent)
  .map(e => e.dataset.loaded).join()"""
ANOTHER = f"before => ({PAINTED})() !== before"
START = """what => {
  const shown = [...document.querySelectorAll(what)].filter(e => e.offsetParent && !e.closest('#room-start'));
  shown[0]?.click();
  window.stirred = performance.now();
  return shown.length > 0;
}"""
ASKS = ("button.easel-primary", '[id$="-examples"] [data-act="pick"][data-cell="6"]')
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
    assert not faults, "\n".join(faults)


def test_no_room_jumps_at_load_at_a_return_or_when_its_results_arrive(sized_page: Page) -> None:
    page, jumps = sized_page, []

    def note(what: str) -> None:
        score, sources = moved(page)
        if score > MOST:
            jumps.append(f"{what}: {score:.3f}\n  " + "\n  ".join(sources))

    page.goto("/")
    expect(page.locator("#start-pixels .easel-player[data-loaded]")).to_be_visible()
    note("load")
    for tab in walk(page):
        note(f"first visit of {tab}")
        for ask in ASKS:
            before = page.evaluate(PAINTED)
            if page.evaluate(START, ask):
                with suppress(TimeoutError):  # an answer that is what stands there changes nothing
                    page.wait_for_function(ANOTHER, arg=before, timeout=ANSWER_MS)
                note(f"{ask} in {tab}")
    for tab in walk(page):
        settle(page)
        note(f"return to {tab}")
    assert not jumps, "\n".join(jumps)
