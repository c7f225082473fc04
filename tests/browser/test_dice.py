"""⚄ New brings another seed, and what stands on the stage is painted with it wherever something is left to chance."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, load

ROOMS = {
    "/vae/": {"code": "vae", "cost": "cost", "restore": "restore", "colour": "vcolour"},
    "/draw/": {
        "paint": "draw",
        "time": "time",
        "pen": "pen",
        "compare": "compare",
        "between": "between",
        "two": "two",
        "colour": "drawcolour",
    },
    "/pixels/": {"paint": "pixels", "colour": "colour"},
    "/look/": {"path": "look"},
}
"""The tabs of each room in which something is left to chance, and the first part of their players' ids."""


@pytest.mark.parametrize("room", ROOMS)
def test_the_die_brings_another_seed_with_which_every_tab_paints_again(page: Page, room: str) -> None:
    if room == "/vae/":
        load(page, "/vae/?tab=code&task=Imagine")
        Player(page, "vae-player").wait_for_another("vae")
    else:
        load(page, room)
    seed = page.locator("#desk-seed input")

    def opened(tab: str) -> Player:
        page.locator(f"#{room.strip('/')}-{tab}-tab-button").click()
        return Player(page, f"{ROOMS[room][tab]}-player")

    stood = {tab: opened(tab).loaded() for tab in ROOMS[room]}
    first, *others = ROOMS[room]
    player, usual = opened(first), seed.input_value()
    page.locator("#desk-die").click()
    expect(seed).not_to_have_value(usual)
    player.wait_for_another(stood[first])
    for tab in others:
        opened(tab).wait_for_another(stood[tab])
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_another_seed_paints_nothing_where_nothing_is_left_to_chance(page: Page) -> None:
    load(page, "/vae/?tab=code")
    player = Player(page, "vae-player")
    before = player.loaded()
    page.locator("#desk-die").click()
    page.wait_for_function("() => location.search.includes('seed=')")
    expect(page.locator("#vae-player-gate [data-asked]")).to_have_count(0)
    assert player.loaded() == before


def test_an_emptied_seed_disturbs_nobody_and_comes_back_when_it_is_left(page: Page) -> None:
    load(page, "/draw/?tab=compare")
    player, seed = Player(page, "compare-player"), page.locator("#desk-seed input")
    before = player.loaded()
    seed.fill("7")
    before = player.wait_for_another(before)
    seed.fill("")
    page.locator("#compare-paint").click()
    expect(seed).to_have_value(re.compile(r"^1$"))
    player.wait_for_another(before)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
