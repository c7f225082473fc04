"""From the step that a stage shows to a tool that starts there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, at

pytestmark = pytest.mark.kept_page


STANDS = """([cells, step]) => {
  const now = document.querySelector('#draw-player .easel-player')?.easelStep;
  return now?.value?.cells === cells && now.step === step && !now.playing;
}"""
"""The painting that the address asks for has come, and rests at the step that it names."""


def test_fork_and_pen_start_at_the_stroke_that_is_shown_and_back_comes_back(page: Page) -> None:
    at(page, "/draw/?task=Imagine&pictures=2&digit=4&seed=3&step=5")
    page.wait_for_function(STANDS, arg=[2, 4])
    page.locator("#draw-onward").get_by_text("Fork here").click()
    page.wait_for_url("**tab=time**")
    expect(page.locator("#time-at input[type=number]")).to_have_value("5")
    page.wait_for_url("**at=5**")
    assert "digit=4" in page.url and "seed=3" in page.url
    page.go_back()
    expect(page.locator("#draw-onward")).to_be_visible()
    page.wait_for_function(STANDS, arg=[2, 4])
    page.locator("#draw-onward").get_by_text("Take the pen here").click()
    page.wait_for_url("**tab=pen**")
    expect(page.locator("#pen-at input[type=number]")).to_have_value("5")
    expect(page.locator("#pen-mode").get_by_role("radio", name="Imagine")).to_be_checked()


@pytest.mark.parametrize("step", [1, 9, 16])
def test_the_eraser_points_at_the_stroke_that_is_shown_the_first_the_last_and_one_between(
    page: Page, step: int
) -> None:
    page.goto(f"/draw/?digit=4&seed=3&step={step}")  # a page on which the eraser's tab has never been
    page.wait_for_function(STANDS, arg=[1, step - 1])
    page.locator("#draw-onward").get_by_text("Without this stroke").click()
    page.wait_for_url("**show=Without+a+stroke**")
    erased = page.locator("#time-player .easel-player")
    expect(erased.locator(".pic")).to_have_count(32)
    expect(erased).to_have_attribute("data-cell", str(step - 1))


def test_the_pen_starts_at_the_stroke_that_a_playing_painting_has_come_to(page: Page) -> None:
    page.goto("/draw/?digit=4&seed=3&step=2")
    page.wait_for_function(
        "() => (document.querySelector('#draw-player [data-loaded]')?.dataset.loaded ?? 'draw') !== 'draw'"
    )
    page.wait_for_function(STANDS, arg=[1, 1])
    shown = page.evaluate("""async () => {
      const root = document.querySelector('#draw-player .easel-player');
      root.querySelector('[data-act=play]').click();
      await new Promise((go) => setTimeout(go, 400));
      const { step, playing } = root.easelStep;
      [...document.querySelectorAll('#draw-onward button')].find((each) => each.textContent.includes('pen')).click();
      return playing ? step : -1;
    }""")
    assert shown > 1
    expect(page.locator("#pen-at input[type=number]")).to_have_value(str(shown + 1))


def test_what_cannot_be_started_from_is_off_and_says_why(page: Page) -> None:
    at(page, "/draw/?task=Imagine&pictures=2&temperature=0.5")
    Player(page, "draw-player").loaded()
    button = page.locator("#draw-onward").get_by_text("Fork here")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "Only from picture 1, with 16 strokes at temperature 1.")


def test_a_glimpse_is_taken_in_hand_in_the_very_scene(page: Page) -> None:
    at(page, "/look/")
    stage = Player(page, "look-player")
    stage.loaded()  # kept in advance: nothing else comes
    line = stage.root.locator(".line")
    line.press("Home")
    line.press("ArrowRight")
    stage.expect_step(1)
    line.press("ArrowRight")
    stage.expect_step(2)
    page.locator("#look-onward").get_by_text("Take this glimpse in hand").click()
    page.wait_for_url("**tab=aim**")
    expect(page.locator("#look-at input[type=number]")).to_have_value("3")
    at(page, "/look/?pieces=2")
    page.locator("#look-onward").get_by_text("Take this glimpse in hand").click()
    page.wait_for_url("**tab=aim**")
    page.wait_for_url("**pieces=2**")
