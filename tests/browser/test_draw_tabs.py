"""DRAW's other tabs: attention on and off, between, two digits, colour, how new, and the views of a painting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player


def opened(page: Page, open_tab: OpenTab, tab: str, player: str) -> Player:
    """An inner tab of the room and its stage."""
    open_tab("Stroke by stroke")
    page.locator(f"#draw-{tab}-tab-button").click()
    return Player(page, player)


def no_complaint(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_the_canvas_can_be_seen_in_logits_and_the_filters_beside_it_without_painting_anew(
    page: Page, open_tab: OpenTab
) -> None:
    player = opened(page, open_tab, "paint", "draw-player")
    before = player.loaded()
    page.locator("#draw-paint").click()  # what is stored was painted elsewhere, where sums may end in another bit
    before = player.wait_for_another(before)
    plain = player.value()
    page.locator("#draw-view").get_by_text("Logits").click()
    before = player.wait_for_another(before)
    logits = player.value()
    assert "logits" in logits["panels"][-1]["title"] and logits["panels"][-1]["data"] != plain["panels"][-1]["data"]
    assert logits["cost"]["data"] == plain["cost"]["data"], "the very same painting"
    shown = len(logits["note"]["patches"])
    page.locator("#draw-bank input").click()
    player.wait_for_another(before)
    assert len(player.value()["note"]["patches"]) == shown + 4
    expect(page.locator("#draw-narrator figcaption").filter(has_text="F_X")).to_have_count(2)
    page.get_by_text("Chart: the ways of the windows").click()
    expect(page.locator("#draw-path .js-plotly-plot")).to_be_visible()
    no_complaint(page)


@pytest.mark.kept_page
def test_attention_on_and_off_stand_beside_each_other_for_a_copy_and_for_imagined_digits(
    page: Page, open_tab: OpenTab
) -> None:
    player = opened(page, open_tab, "compare", "compare-player")
    before = player.loaded()
    assert [panel["title"] for panel in player.value()["panels"]] == ["What it looks at", "With attention", "Without"]
    expect(page.locator("#compare-narrator td").filter(has_text="together, nats")).to_be_visible()
    page.locator("#compare-mode").get_by_text("Imagine").click()
    before = player.wait_for_another(before)
    assert [panel["cells"] for panel in player.value()["panels"]] == [9, 9]
    page.locator("#compare-paint").click()
    player.wait_for_another(before)
    no_complaint(page)


@pytest.mark.kept_page
def test_the_way_between_two_digits_is_painted_anew_for_another_end_and_another_way(
    page: Page, open_tab: OpenTab
) -> None:
    player = opened(page, open_tab, "between", "between-player")
    before, first = player.loaded(), player.value()["panels"][0]["data"]
    page.locator("#between-way").get_by_text("Straight").click()
    before = player.wait_for_another(before)
    straight = player.value()["panels"][0]["data"]
    assert straight != first
    page.locator("#between-to-tab-button").click()
    page.locator("#between-to-examples [data-act=pick]").nth(1).click()
    player.wait_for_another(before)
    assert player.value()["panels"][0]["data"] != straight and player.value()["cells"] == 8
    no_complaint(page)


@pytest.mark.kept_page
def test_of_two_digits_the_note_says_which_came_first_and_the_seed_moves_them(page: Page, open_tab: OpenTab) -> None:
    player = opened(page, open_tab, "two", "two-player")
    before, looked_at = player.loaded(), player.value()["panels"][0]["data"]
    expect(page.locator("#two-narrator .sentence")).to_contain_text(re.compile("comes first|together"))
    page.locator("#two-seed input").fill("9")
    before = player.wait_for_another(before)
    assert player.value()["panels"][0]["data"] != looked_at and player.value()["panels"][0]["height"] == 60
    page.locator("#two-mode").get_by_text("Imagine").click()
    player.wait_for_another(before)
    assert player.value()["cells"] == 9
    no_complaint(page)


@pytest.mark.kept_page
def test_colour_is_copied_and_imagined_by_either_painter_and_an_upload_of_any_shape_is_fitted(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    player = opened(page, open_tab, "colour", "drawcolour-player")
    before = player.loaded()
    assert player.value()["cells"] == 2 and player.value()["panels"][0]["height"] == 54
    page.locator("#drawcolour-mode").get_by_text("Copy").click()
    before = player.wait_for_another(before)
    page.locator("#drawcolour-painter").get_by_text("Photographs").click()
    before = player.wait_for_another(before)
    assert [panel["height"] for panel in player.value()["panels"]] == [32, 32]
    path = tmp_path / "wide.png"
    Image.linear_gradient("L").resize((200, 90)).save(path)  # grey and not square
    with page.expect_file_chooser() as chooser:
        page.locator("#drawcolour-upload").click()
    chooser.value.set_files(path)
    before = player.wait_for_another(before)
    shown = player.value()["panels"][0]
    assert (shown["height"], shown["width"], shown["channels"]) == (32, 32, 3)
    page.locator("#drawcolour-mode").get_by_text("Imagine").click()
    player.wait_for_another(before)
    assert player.value()["cells"] == 2 and player.value()["panels"][0]["channels"] == 3
    no_complaint(page)


@pytest.mark.kept_page
def test_how_new_the_pictures_are_is_told_with_distances_and_a_chart(page: Page, open_tab: OpenTab) -> None:
    player = opened(page, open_tab, "new", "new-player")
    assert all(label.endswith(" pixels") for label in player.value()["panels"][0]["labels"])
    expect(page.locator(".js-plotly-plot").filter(visible=True)).to_have_count(1)


def test_on_and_off_says_how_often_attention_wins_on_this_digit_and_on_all_test_digits(
    page: Page, open_tab: OpenTab
) -> None:
    open_tab("Stroke by stroke")
    open_tab("On and off")
    player, tally = Player(page, "compare-player"), page.locator("#compare-tally")
    expect(tally).to_contain_text(re.compile(r"wins \d+ of 40 seeds"))
    expect(tally).to_contain_text("All 10,000 test digits, on average: 84.57 ± 0.23 nats with attention, 87.93 ± 0.24")
    said, shown = tally.inner_text(), player.loaded()
    picker = page.locator("#compare-examples")
    expect(picker.locator(".group")).to_contain_text(["Painted by Gated PixelCNN", "Drawn by a program"])
    picker.locator("[data-act=pick]").nth(13).click()
    shown = player.wait_for_another(shown)
    expect(tally).not_to_have_text(said)
    page.locator("#compare-mode").get_by_text("Imagine").click()
    player.wait_for_another(shown)
    expect(tally).not_to_contain_text("seeds")
