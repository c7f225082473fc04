"""⚄ New throws another seed, and what stands on the stage is painted with it, in every tab that has a die."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player

TABS = {
    "vae": ("All at once", "The code"),
    "cost": ("All at once", "What it costs"),
    "restore": ("All at once", "Restore"),
    "vcolour": ("All at once", "Colour"),
    "draw": ("Stroke by stroke", "Paint"),
    "time": ("Stroke by stroke", "Time"),
    "pen": ("Stroke by stroke", "The pen"),
    "compare": ("Stroke by stroke", "On and off"),
    "between": ("Stroke by stroke", "Between"),
    "two": ("Stroke by stroke", "Two digits"),
    "drawcolour": ("Stroke by stroke", "Colour"),
    "pixels": ("Pixel by pixel", "Paint"),
    "colour": ("Pixel by pixel", "Colour"),
    "look": ("Where to look", "Its glimpses"),
}
"""Where each die lies, by the first part of its id."""


@pytest.mark.parametrize("key", TABS)
def test_the_die_paints_again_with_another_seed(page: Page, open_tab: OpenTab, key: str) -> None:
    for name in TABS[key]:
        open_tab(name)
    player, seed = Player(page, f"{key}-player"), page.locator(f"#{key}-seed input")
    before, first = player.loaded(), seed.input_value()
    page.locator(f"#{key}-die").click()
    expect(seed).not_to_have_value(first)
    player.wait_for_another(before)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_every_die_on_the_page_has_been_thrown_above(page: Page) -> None:
    built: list[str] = page.evaluate("gradio_config.components.map(({ props }) => props.elem_id || '')")
    assert {name.removesuffix("-die") for name in built if name.endswith("-die")} == set(TABS)


def test_an_emptied_seed_disturbs_nobody_and_comes_back_when_it_is_left(page: Page, open_tab: OpenTab) -> None:
    for name in TABS["compare"]:
        open_tab(name)
    player, seed = Player(page, "compare-player"), page.locator("#compare-seed input")
    before = player.loaded()
    seed.fill("7")
    before = player.wait_for_another(before)
    seed.fill("")
    page.locator("#compare-paint").click()
    expect(seed).to_have_value(re.compile(r"^1$"))
    player.wait_for_another(before)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
