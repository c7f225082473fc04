"""Easel where a browser offers less: plain http on a school's network, and browsers of some years ago."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import WAIT_MS, Server, watch
from tests.browser.helpers import Player, drag
from tests.browser.walk import walk, watch_shifts

WITHOUT = """
const away = [
  // only in secure contexts
  [PointerEvent.prototype, ['getCoalescedEvents', 'getPredictedEvents']],
  [Navigator.prototype, ['clipboard', 'share', 'canShare', 'locks', 'storage', 'serviceWorker', 'mediaDevices',
    'credentials', 'wakeLock', 'gpu', 'usb', 'keyboard']],
  [Crypto.prototype, ['randomUUID', 'subtle']],
  [window, ['caches', 'cookieStore', 'showOpenFilePicker', 'showSaveFilePicker', 'isSecureContext',
    'crossOriginIsolated']],
  // only in browsers of the last years
  [window, ['scheduler', 'requestIdleCallback', 'cancelIdleCallback', 'OffscreenCanvas', 'createImageBitmap',
    'reportError']],
  [Element.prototype, ['checkVisibility', 'setHTMLUnsafe', 'getHTML', 'startViewTransition', 'showPopover']],
  [Document.prototype, ['startViewTransition']],
  [CanvasRenderingContext2D.prototype, ['roundRect', 'reset', 'createConicGradient']],
  [Path2D.prototype, ['roundRect']],
  [Array.prototype, ['findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with']],
  [Object.getPrototypeOf(Uint8Array.prototype), ['findLast', 'findLastIndex', 'toSorted', 'toReversed', 'with']],
  [Uint8Array.prototype, ['toBase64', 'toHex']], [Uint8Array, ['fromBase64', 'fromHex']],
  [Array, ['fromAsync']], [Object, ['groupBy']], [Map, ['groupBy']], [Promise, ['withResolvers', 'try']],
  [AbortSignal, ['any', 'timeout']],
  [Set.prototype, ['union', 'intersection', 'difference', 'isSubsetOf']],
  [String.prototype, ['isWellFormed', 'toWellFormed']],
];
for (const [owner, names] of away) for (const name of names) delete owner[name];
"""
"""What Safari 15.4 or a page at http://192.168.… does not have."""

LINE = [(4.0, 14.0), (22.0, 14.0)]
"""With the brush of 2×2 pixels: 20 columns of two, 40 pixels."""


def count(editor: Locator, what: str) -> int:
    """The editor's ``ink`` or ``hidden`` pixels."""
    return int(editor.get_attribute(f"data-{what}") or 0)


@pytest.fixture
def far_page(browser: Browser, server: Server) -> Iterator[Page]:
    """The app at an address that the browser does not take for this machine: over plain http no secure context."""
    address = f"http://easel.test:{urlsplit(server.url).port}/"
    context = browser.new_context(base_url=address)
    context.set_default_timeout(WAIT_MS)
    faults = watch(context, address)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()
    assert not faults, "\n".join(faults)


def test_over_plain_http_on_a_network_a_line_of_40_pixels_is_drawn_and_painted(far_page: Page) -> None:
    assert not far_page.evaluate("window.isSecureContext")
    far_page.get_by_role("link", name="Stroke by stroke", exact=True).click()
    player, editor = Player(far_page, "draw-player"), far_page.locator("#desk-editor .easel-editor")
    first = player.loaded()
    editor.locator('[data-act="clear"]').click()
    expect(editor).to_have_attribute("data-ink", "0")
    blank = player.wait_for_another(first)
    drag(far_page, editor.locator("canvas").first, LINE)
    expect(editor).to_have_attribute("data-ink", "40")
    player.wait_for_another(blank)


def test_every_room_opens_and_every_editor_draws_where_newer_browser_apis_are_missing(new_page: Page) -> None:
    page = new_page
    page.add_init_script(WITHOUT)
    watch_shifts(page.context)
    page.goto("/")
    expect(page.locator(".easel-player[data-loaded]").first).to_be_visible()
    assert not page.evaluate("'getCoalescedEvents' in PointerEvent.prototype || 'findLast' in []")
    drawn = set()
    for tab in walk(page):
        for place in page.locator(".easel-editor").filter(visible=True).all():
            name = place.evaluate("root => root.closest('[id$=-editor], [id$=-canvas]').id")
            here = (name, page.url.partition("?")[0])
            if here in drawn:
                continue
            drawn.add(here)
            for act in ("clear", "mask-none"):
                if place.locator(f'[data-act="{act}"]').count():
                    place.locator(f'[data-act="{act}"]').click()
            before = (count(place, "ink"), count(place, "hidden"))
            drag(page, place.locator("canvas").first, [(1.0, 4.0), (6.0, 24.0), (26.0, 26.0)])
            assert (count(place, "ink"), count(place, "hidden")) != before, (tab, name)
    assert len(drawn) >= 5
