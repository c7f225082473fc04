"""The room of DRAW: the window in the user's hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from core.results import STEPS
from core.training.registry import REGISTRY
from tests.browser.helpers import Player, at, drag, focus, load
from viz.tabs.draw_time import FIRST_COUNT, FIRST_FORK


def open_window(page: Page) -> str:
    """The inner tab of the filterbanks; the drawing that stands there at first."""
    at(page, "/draw/?tab=window")
    return page.locator("#bank-drawing").inner_html()


@pytest.mark.kept_page
def test_a_painting_of_more_strokes_than_were_learned_says_where_they_end(page: Page) -> None:
    at(page, "/draw/")
    player, said = Player(page, "draw-player"), page.locator("#draw-narrator .sentence")
    before = player.loaded()
    expect(said).not_to_contain_text("trained")
    strokes = page.locator("#draw-strokes input[type=number]")
    expect(strokes).to_have_value(str(STEPS))
    for asked, sentence in (("20", "never learned to go on"), ("9", "after 9 the picture is unfinished")):
        strokes.fill(asked)
        strokes.press("Tab")
        before = player.wait_for_another(before)
        assert player.value()["steps"] == int(asked)
        focus(player.root.locator(".line"))
        page.keyboard.press("End")
        expect(said).to_contain_text(sentence)
    strokes.fill("20")
    strokes.press("Tab")
    before = player.wait_for_another(before)
    focus(player.root.locator(".line"))
    page.keyboard.press("Home")
    expect(said).to_contain_text("trained to be finished after stroke 16")
    page.locator("#draw-mode").get_by_text("Imagine").click()
    player.wait_for_another(before)
    assert (player.value()["steps"], player.value()["cells"]) == (20, 16)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


WIDTHS = """() => [...document.querySelectorAll('#drawcolour-narrator .sentence [data-slot]')].map((slot) => {
  const text = document.createRange();
  text.selectNodeContents(slot);
  return [slot.getBoundingClientRect().width, text.getBoundingClientRect().width];
})"""
"""Of each number in the sentence its own width and that of its digits."""


def test_a_sentence_at_rest_has_no_gaps_and_while_it_plays_its_numbers_keep_their_width(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")  # it does not play yet
    at(page, "/draw/?tab=colour")
    player = Player(page, "drawcolour-player")
    player.loaded()
    focus(player.root.locator(".line"))
    page.keyboard.press("Home")
    widths = []
    for step in range(player.value()["steps"]):
        player.expect_step(step)
        widths.append(page.evaluate(WIDTHS))
        page.keyboard.press("ArrowRight")
    assert all(own == pytest.approx(digits, abs=0.5) for numbers in widths for own, digits in numbers)
    assert len({round(write) for _, (write, _), _ in widths}) > 1, "a window of two digits and one of three"
    page.keyboard.press("Home")
    player.press("play")
    seen = []
    for step in (2, 6, 10):
        page.wait_for_function(
            f"Number(document.querySelector('#drawcolour-narrator .easel-narrator').dataset.step) >= {step}"
        )
        seen.append([own for own, _ in page.evaluate(WIDTHS)])
    assert seen[0] == pytest.approx(seen[1], abs=0.5) and seen[0] == pytest.approx(seen[2], abs=0.5)


@pytest.mark.kept_page
def test_a_slider_moves_the_window_lights_its_terms_in_the_formula_and_stands_in_the_address(page: Page) -> None:
    before = open_window(page)
    expect(page.locator("#bank-formula .lit")).to_have_count(0)
    focus(page.locator("#bank-delta input[type=range]"))
    page.keyboard.press("ArrowRight")
    lit = page.locator("#bank-formula .lit")
    expect(lit).to_have_count(2)
    expect(lit.first).to_have_text("δ")
    expect(page.locator("#bank-formula .values")).to_contain_text("δ = 3.1")
    assert page.locator("#bank-drawing").inner_html() != before
    expect(page.locator("#bank-preset input:checked")).to_have_count(0)  # it is no longer the setting of that name
    page.wait_for_url("**stride=3.1**")


@pytest.mark.kept_page
def test_futures_fork_where_the_slider_says_and_strokes_can_be_erased(page: Page) -> None:
    at(page, "/draw/?tab=time")
    player = Player(page, "time-player")
    before = player.loaded()
    assert before == "time"
    focus(page.locator("#time-count input[type=range]"))
    page.keyboard.press("ArrowLeft")
    before = player.wait_for_another(before)
    assert (
        player.value()["cells"] == FIRST_COUNT - 1
        and f"up to stroke {FIRST_FORK}" in player.value()["panels"][0]["title"]
    )

    page.locator("#time-view").get_by_text("Without a stroke").click()
    before = player.wait_for_another(before)
    assert player.value()["cells"] == STEPS and len(player.value()["panels"]) == 2
    expect(page.locator("#time-narrator .title")).to_have_text("Without stroke 1 of 16")

    gate = page.locator("#time-player-gate [data-asked]")
    expect(gate).to_have_attribute("data-asked", "2")
    page.locator('#desk-editor [data-example="5"]').click()  # what is imagined is not about the digit
    page.locator("#time-mode").get_by_text("Copied").click()
    before = player.wait_for_another(before)
    expect(gate).to_have_attribute("data-asked", "3")
    expect(page.locator("#time-narrator")).to_contain_text("nats more")
    page.locator("#time-view").get_by_text("Without one stroke's code").click()
    player.wait_for_another(before)
    expect(page.locator("#time-narrator .sentence")).to_contain_text("prior's mean")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_a_setting_that_is_worth_trying_moves_all_sliders_and_is_explained(page: Page) -> None:
    open_window(page)
    page.locator("#bank-preset").get_by_role("radio", name="Single pixels").check()
    expect(page.locator("#bank-words")).to_contain_text("single pixel")
    expect(page.locator("#bank-n input[type=range]")).to_have_value("5")
    expect(page.locator("#bank-drawing circle")).to_have_count(25)
    page.locator("#bank-preset").get_by_role("radio", name="Beyond the edge").check()
    expect(page.locator("#bank-words")).to_contain_text("outside")
    expect(page).to_have_url(re.compile("(?=.*gx=34)(?=.*filters=5)"))
    load(page, "/draw/?tab=window&gx=17&gy=10&stride=1&variance=0.3")
    expect(page.locator("#bank-preset input:checked")).to_have_value("A detail")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_what_is_drawn_is_read_while_it_is_drawn(page: Page) -> None:
    open_window(page)
    patch = page.locator("#bank-drawing .patch img")
    before = str(patch.get_attribute("src"))
    editor = page.locator("#desk-editor")
    editor.locator('[data-act="draw"]').click()
    drag(page, editor.locator("canvas").first, [(3.0, 3.0), (3.0, 24.0)])
    expect(patch).not_to_have_attribute("src", re.compile(re.escape(before)))


def test_the_slider_goes_as_far_as_the_painter_has_strokes() -> None:
    assert REGISTRY["draw-mnist"].config.steps == STEPS
