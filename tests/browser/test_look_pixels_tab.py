"""Every pixel, as a person walks through it: scans, the lens over the scene, an error on its way back."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, focus
from viz.player.payload import panel_data


def press(page: Page, row: int, column: int, side: int = 60) -> None:
    """Press a pixel of the scene under the lens."""
    canvas = page.locator("#every-lens .large canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    canvas.click(position={"x": (column + 0.5) / side * box["width"], "y": (row + 0.5) / side * box["height"]})


def maps(player: Player) -> np.ndarray:
    """(T, H, W): the map that stands on the stage."""
    return panel_data(player.value()["panels"][1])[:, 0, :, :, 0]


def test_the_map_grows_with_the_scans_and_is_another_when_a_scan_is_off_or_there_is_but_one(page: Page) -> None:
    page.goto("/look/?tab=pixels")
    player = Player(page, "every-player")
    assert player.loaded() == "every" and player.value()["steps"] == 39
    focus(page.locator("#every-player .line"))
    page.keyboard.press("Home")
    expect(page.locator("#every-narrator .sentence")).to_contain_text("Four scans have set out")
    page.keyboard.press("End")
    expect(page.locator("#every-narrator .sentence")).to_contain_text("each cell has heard from 4 corners")
    four = maps(player)
    assert (four[-1] != four[0]).any()
    page.locator("#every-corners label", has_text="bottom left").click()
    shown = player.wait_for_another("every")
    focus(page.locator("#every-player .line"))
    page.keyboard.press("End")
    expect(page.locator("#every-narrator .sentence")).to_contain_text("Three scans are through")
    assert (maps(player)[-1] != four[-1]).any()
    page.locator("#every-network").get_by_text("One direction").click()
    player.wait_for_another(shown)
    focus(page.locator("#every-player .line"))
    page.keyboard.press("End")
    expect(page.locator("#every-narrator .sentence")).to_contain_text("The scan from the top left is through")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_a_pixel_that_is_pressed_hears_the_scene_and_one_corner_by_each_scan(page: Page) -> None:
    page.goto("/look/?tab=pixels&side=60")
    lens = page.locator("#every-lens .easel-lens")
    expect(lens.locator(".sentence")).to_contain_text("Press a pixel of the scene")

    page.wait_for_function("document.querySelector('#every-lens .easel-lens').dataset.ink > 0")
    press(page, 30, 20)
    expect(lens).to_have_attribute("data-missing", "0")
    counts = lens.locator(".views .count").all_inner_texts()
    heard = [int(count.split(" of ")[0].replace(",", "")) for count in counts]
    assert heard == [3600, 33 * 21, 33 * 42, 30 * 21, 30 * 42]  # the block is of rows 30 to 32, columns 18 to 20
    lens.locator(".views button", has_text="bottom right").click()
    expect(lens.locator(".sentence")).to_contain_text("1,260 of the 3,600 pixels")
    page.wait_for_url("**hears=bottom-right*")
    said = dict(parse_qsl(urlsplit(page.evaluate("window.easelAddress.link()")).query))
    assert (said["pixel"], said["hears"]) == ("30,20", "bottom-right")
    page.goto(f"/look/?{urlsplit(page.url).query}")
    page.locator("#every-lens").scroll_into_view_if_needed()
    expect(lens).to_have_attribute("data-missing", "0")
    expect(lens).to_have_attribute("data-chosen", "bottom-right")
    expect(lens.locator(".where")).to_have_text("Row 31, column 21")


def test_an_error_goes_back_from_the_cell_that_is_chosen_and_the_table_has_its_numbers(page: Page) -> None:
    page.goto("/look/?tab=pixels")
    film, table = Player(page, "back-player"), page.locator("#back-table")
    page.locator("#back-player").scroll_into_view_if_needed()
    shown = film.loaded()
    expect(table.locator("td")).to_have_count(20)
    focus(film.root.locator(".line"))
    page.keyboard.press("Home")
    expect(table.locator("td .own").nth(7)).to_have_text("+1.000")
    own = table.locator("td .own").all_inner_texts()
    assert [i for i, text in enumerate(own) if text != "0"] == [7] and own[7] == "+1.000"
    focus(page.locator("#back-row input[type=range]"))
    page.keyboard.press("End")
    film.wait_for_another(shown)
    expect(table.locator("td .own").nth(17)).to_have_text("+1.000")
    page.locator("#back-corner").get_by_text("bottom right").click()
    expect(table.locator("caption")).to_contain_text("From the bottom right")
    page.wait_for_url(re.compile("corner=bottom"))
    expect(page.locator("#back-narrator .sentence")).to_contain_text("The marked cell's state gets")


def test_the_scene_of_the_first_tab_is_the_one_that_is_crossed(page: Page) -> None:
    page.goto("/look/?tab=pixels&side=100&pieces=2")
    player = Player(page, "every-player")
    player.wait_for_another("every")
    assert maps(player).shape == (40, 100, 100)
    expect(page.locator("#every-status")).to_have_text("")
