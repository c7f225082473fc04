"""From the step that a stage shows to a tool that starts there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, at

pytestmark = pytest.mark.kept_page


def shown(page: Page, player: str, step: int) -> None:
    """Bring a player to a step, from 0."""
    stage = Player(page, player)
    stage.loaded()
    line = stage.root.locator(".line")
    line.press("Home")
    for _ in range(step):
        line.press("ArrowRight")
    stage.expect_step(step)


def test_fork_and_pen_start_at_the_stroke_that_is_shown_and_back_comes_back(page: Page) -> None:
    at(page, "/draw/?task=Imagine&pictures=2&digit=4&seed=3")
    shown(page, "draw-player", 4)
    page.locator("#draw-onward").get_by_text("Fork here").click()
    page.wait_for_url("**tab=time**")
    expect(page.locator("#time-at input[type=number]")).to_have_value("5")
    page.wait_for_url("**at=5**")
    assert "digit=4" in page.url and "seed=3" in page.url
    page.go_back()
    expect(page.locator("#draw-onward")).to_be_visible()
    shown(page, "draw-player", 6)
    page.locator("#draw-onward").get_by_text("Take the pen here").click()
    page.wait_for_url("**tab=pen**")
    expect(page.locator("#pen-at input[type=number]")).to_have_value("7")
    expect(page.locator("#pen-mode").get_by_role("radio", name="Imagine")).to_be_checked()


def test_what_cannot_be_started_from_is_off_and_says_why(page: Page) -> None:
    at(page, "/draw/?task=Imagine&pictures=2&temperature=0.5")
    Player(page, "draw-player").loaded()
    button = page.locator("#draw-onward").get_by_text("Fork here")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Only from picture 1, with 16 strokes at temperature 1.")


def test_a_glimpse_is_taken_in_hand_in_the_very_scene(page: Page) -> None:
    at(page, "/look/?pieces=2")
    shown(page, "look-player", 3)
    page.locator("#look-onward").get_by_text("Take this glimpse in hand").click()
    page.wait_for_url("**glimpse=4**")
    assert "pieces=2" in page.url and "tab=aim" in page.url
    expect(page.locator("#look-at input[type=number]")).to_have_value("4")
