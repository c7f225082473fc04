"""Restore: a covered or noisy digit is brought back in every way, its search is a film, and mistakes are sentences."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, drag, frames_of, load
from viz.player.payload import decode, panel_data

LONG = 90_000
"""A search takes a second on a core of its own, and here it may share one."""


class Restore:
    """The tab, opened."""

    def __init__(self, page: Page) -> None:
        load(page, "/vae/?tab=restore")
        self.page, self.player = page, Player(page, "restore-player")
        self.shown = self.player.loaded()
        assert self.shown == "restore", "what is stored stands there before anything is computed"

    def wait(self) -> None:
        expect(self.player.root).not_to_have_attribute("data-loaded", self.shown, timeout=LONG)
        self.shown = self.player.loaded()

    def press(self, where: str, text: str) -> None:
        self.page.locator(where).get_by_text(text, exact=True).click()
        self.wait()

    def mask(self, name: str) -> None:
        self.page.locator(f"#desk-editor [data-act=mask-{name}]").click()

    def left(self) -> np.ndarray:
        """What is left, (H, W)."""
        picture: np.ndarray = panel_data(self.player.value()["panels"][0])[0, 0, :, :, 0]
        return picture


@pytest.fixture
def restore(page: Page) -> Restore:
    return Restore(page)


def test_another_cover_is_restored_in_four_ways_and_the_search_can_be_watched_and_taken_home(
    restore: Restore, tmp_path: Path
) -> None:
    assert len(restore.player.value()["panels"][1]["labels"]) == 4
    restore.mask("right")
    restore.wait()
    assert not restore.left()[:, 14:].any()
    expect(restore.page.locator("#restore-narrator .sentence")).to_contain_text("came nearest")
    restore.press("#restore-view", "The search")
    value = restore.player.value()
    assert value["cells"] == 6 and value["steps"] == 31
    bars = decode(value["cost"]["data"], np.float32, (31, 6))
    assert (np.diff(bars, axis=0) <= 1e-4).all() and (np.diff(bars[-1]) >= 0).all(), "it falls; the best stands first"
    with restore.page.expect_download() as download:
        restore.page.locator("#restore-gif").click()
    download.value.save_as(tmp_path / "search.gif")
    assert len(frames_of(tmp_path / "search.gif")[0]) == 31
    restore.press("#restore-view", "Samples")
    assert [panel["room"] for panel in restore.player.value()["panels"]] == ["vae", "vae", "vae", "pixel"]
    expect(restore.page.get_by_test_id("toast-body")).to_have_count(0)


def test_noise_damages_the_pages_digit_and_says_why_no_pixel_model_is_asked(restore: Restore) -> None:
    restore.page.locator('#desk-editor [data-act="cover"]').click()
    drag(restore.page, restore.page.locator("#desk-editor canvas").first, [(2, 2), (2, 12)])
    restore.wait()
    restore.press("#restore-mode", "Noise")
    assert len(restore.player.value()["panels"][1]["labels"]) == 3
    expect(restore.page.locator("#restore-narrator .sentence")).to_contain_text("PixelCNN is not asked")
    first = restore.left()
    restore.page.locator("#restore-flips input[type=number]").fill("0")
    expect(restore.page.locator("#restore-narrator tr").nth(1)).to_contain_text("0.0 %", timeout=LONG)
    assert (first != restore.left()).any()
    expect(restore.page).to_have_url(re.compile("damage=Noise&flips=0"))
    restore.page.locator("#restore-mode").get_by_text("Cover", exact=True).click()
    expect(restore.page.locator("#restore-player .label").filter(has_text="PixelCNN")).to_have_count(2, timeout=LONG)


def test_no_cover_full_cover_and_blank_paper_are_a_sentence_each_and_nothing_is_lost(restore: Restore) -> None:
    status = restore.page.locator("#restore-status")
    restore.mask("none")
    expect(status).to_contain_text("Nothing is covered")
    restore.page.locator("#desk-editor [data-act=clear]").click()
    restore.mask("lower")
    expect(status).to_contain_text("paper is empty")
    assert restore.player.loaded() == "restore", "the stage keeps what it had"
    restore.page.locator("#desk [data-example='2']").click()
    restore.wait()
    expect(status).to_have_text("")
    restore.mask("none")
    expect(status).to_contain_text("Nothing is covered")
    restore.page.locator("#restore-go").click()
    expect(restore.page.get_by_test_id("toast-body")).to_have_count(0)


def test_on_a_phone_every_view_stays_within_the_page(restore: Restore) -> None:
    restore.page.set_viewport_size({"width": 360, "height": 800})
    for view in ("The search", "Samples", "Side by side"):
        restore.press("#restore-view", view)
        wide = restore.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, view
