"""What is there again after a reload, and what a robot finds that makes a preview of a link."""

from __future__ import annotations

import io
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.helpers import Player, drag, load
from tests.viz.test_head import metas

REFUSED = """Object.defineProperty(window, 'localStorage', {
  get() { throw new DOMException('The operation is insecure.', 'SecurityError'); } });"""
FULL = """const set = Storage.prototype.setItem;
Storage.prototype.setItem = function (name, value) {
  if (this === localStorage) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  set.call(this, name, value);
};"""
STALE = """if (!sessionStorage.getItem('once')) {
  sessionStorage.setItem('once', 'yes');
  localStorage.setItem('easel-theme', 'purple');
  const other = { height: 28, width: 28, channels: 1, pixels: 'AAAA', hidden: '' };
  localStorage.setItem('easel-subject', JSON.stringify([other, 'x'.repeat(131)]));
  localStorage.setItem('easel-seed-seed', '{not json');
}"""


def ink(page: Page) -> int:
    return int(page.locator("#desk-editor .easel-editor").get_attribute("data-ink") or 0)


def sketch(page: Page) -> int:
    """Wipe the editor and draw a corner; how many pixels that are."""
    page.locator('#desk-editor [data-act="clear"]').click()
    drag(page, page.locator("#desk-editor canvas").first, [(8.0, 6.0), (8.0, 22.0), (20.0, 22.0)])
    return ink(page)


def is_dark(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('dark')"))


def test_theme_and_drawing_are_there_again_after_a_reload_and_the_drawing_is_painted(page: Page) -> None:
    load(page, "/draw/")
    editor, player = page.locator("#desk-editor .easel-editor"), Player(page, "draw-player")
    player.loaded()
    drawn, before = sketch(page), is_dark(page)
    player.wait_for_another("draw")
    page.get_by_role("button", name="Light or dark").click()
    assert is_dark(page) != before
    load(page, "/draw/")
    assert is_dark(page) != before
    expect(editor).to_have_attribute("data-ink", str(drawn))
    player.wait_for_another("draw")  # not the painting with which the room begins, but one of this drawing
    painted = player.loaded()
    page.locator('[data-example="7"]').click()
    player.wait_for_another(painted)
    chosen = ink(page)
    load(page, f"/draw/?__theme={'dark' if before else 'light'}")  # a theme in the address is stronger than last time's
    player.loaded()
    expect(editor).to_have_attribute("data-ink", str(chosen))
    assert is_dark(page) == before


@pytest.mark.parametrize("trouble", [REFUSED, FULL, STALE], ids=["refused", "full", "stale"])
def test_without_a_storage_that_serves_one_can_draw_and_change_the_theme_all_the_same(
    new_page: Page, trouble: str
) -> None:
    page = new_page
    page.add_init_script(trouble)
    load(page, "/")
    before = is_dark(page)
    page.get_by_role("button", name="Light or dark").click()
    assert is_dark(page) != before
    drawn = sketch(page)
    assert drawn > 30
    page.wait_for_function("() => document.querySelector('a[data-room]').search.includes(easelDigit().digit)")
    page.get_by_role("link", name="Stroke by stroke", exact=True).click()
    Player(page, "draw-player").wait_for_another("draw")
    expect(page.locator("#desk-editor .easel-editor")).to_have_attribute("data-ink", str(drawn))


def test_the_served_page_names_easel_and_a_picture_of_it_for_link_previews(server: Server) -> None:
    with urllib.request.urlopen(server.url, timeout=60) as answer:
        tags = metas(answer.read().decode())
    assert tags["og:title"] == tags["twitter:title"] == ["Easel: watch machines draw"]
    assert len(tags["og:description"][0]) > 60 and tags["twitter:card"] == ["summary_large_image"]
    (picture,) = tags["og:image"]
    assert picture.startswith(server.url) and tags["twitter:image"] == [picture]
    with urllib.request.urlopen(picture, timeout=60) as answer:
        assert answer.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(answer.read())).size == (1200, 630)
