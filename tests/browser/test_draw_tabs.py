"""DRAW's other tabs: attention on and off, between, two digits, colour, how new, and the views of a painting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, at


def opened(page: Page, tab: str, player: str) -> Player:
    """An inner tab of the room and its stage."""
    at(page, f"/draw/?tab={tab}")
    expect(page.locator(f"#draw-{tab}-tab-button")).to_have_attribute("aria-selected", "true")
    return Player(page, player)


def no_complaint(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_the_canvas_can_be_seen_in_logits_and_the_filters_beside_it_without_painting_again(page: Page) -> None:
    player = opened(page, "paint", "draw-player")
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
    page.get_by_text("Chart: the paths of the windows").click()
    expect(page.locator("#draw-path .js-plotly-plot")).to_be_visible()
    no_complaint(page)


@pytest.mark.kept_page
def test_attention_on_and_off_stand_beside_each_other_for_a_copy_and_for_imagined_digits(page: Page) -> None:
    player = opened(page, "compare", "compare-player")
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
def test_the_path_between_two_digits_is_painted_again_for_another_end_and_another_path(page: Page) -> None:
    player = opened(page, "between", "between-player")
    before, first = player.loaded(), player.value()["panels"][0]["data"]
    page.locator("#between-way").get_by_text("Straight").click()
    before = player.wait_for_another(before)
    straight = player.value()["panels"][0]["data"]
    assert straight != first
    page.locator("#between-to summary").first.click()
    page.locator("#between-to [data-example='1']").click()
    before = player.wait_for_another(before)
    assert player.value()["panels"][0]["data"] != straight and player.value()["cells"] == 8
    page.locator("#between-to").get_by_role("button", name="Use your digit").click()
    player.wait_for_another(before)
    page.wait_for_url("**to=3&**")
    no_complaint(page)


@pytest.mark.kept_page
def test_colour_is_copied_and_imagined_by_either_painter_and_an_upload_of_any_shape_is_fitted(
    page: Page, tmp_path: Path
) -> None:
    player = opened(page, "colour", "drawcolour-player")
    before = player.loaded()
    house = player.value()["panels"][0]
    assert player.value()["cells"] == 1 and house["height"] == 54
    page.locator("#drawcolour-plate summary").click()
    page.locator("#drawcolour-plate [data-example='4']").click()
    before = player.wait_for_another(before)
    assert player.value()["panels"][0]["data"] != house["data"]
    page.wait_for_url("**plate=4**")
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
def test_how_new_the_pictures_are_is_told_with_distances_and_a_chart(page: Page) -> None:
    player = opened(page, "new", "new-player")
    assert all(label.endswith(" pixels") for label in player.value()["panels"][0]["labels"])
    expect(page.locator(".js-plotly-plot").filter(visible=True)).to_have_count(1)


@pytest.mark.kept_page
def test_of_two_digits_the_note_says_which_came_first_and_the_seed_moves_them(page: Page) -> None:
    player = opened(page, "two", "two-player")
    before, looked_at = player.loaded(), player.value()["panels"][0]["data"]
    expect(page.locator("#two-narrator .sentence")).to_contain_text(re.compile("comes first|together"))
    page.locator("#desk-seed input").fill("9")
    before = player.wait_for_another(before)
    assert player.value()["panels"][0]["data"] != looked_at and player.value()["panels"][0]["height"] == 60
    page.locator("#two-mode").get_by_text("Imagine").click()
    player.wait_for_another(before)
    assert player.value()["cells"] == 9
    no_complaint(page)


@pytest.mark.kept_page
def test_on_and_off_says_how_often_attention_wins_on_this_digit_and_on_all_test_digits(page: Page) -> None:
    player, tally = opened(page, "compare", "compare-player"), page.locator("#compare-tally")
    expect(tally).to_contain_text(re.compile(r"wins \d+ of 40 seeds"))
    expect(tally).to_contain_text("All 10,000 test digits, on average: 84.57 ± 0.23 nats with attention, 87.93 ± 0.24")
    said, shown = tally.inner_text(), player.loaded()
    page.locator("#desk-editor [data-example='5']").click()
    shown = player.wait_for_another(shown)
    expect(tally).not_to_have_text(said)
    page.locator("#compare-mode").get_by_text("Imagine").click()
    player.wait_for_another(shown)
    expect(tally).not_to_contain_text("seeds")
