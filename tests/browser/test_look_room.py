"""The room of the glimpse classifier, as a person walks through it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from core.registry import REGISTRY
from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player, drag, frames_of
from viz.payload import panel_data
from viz.tabs.look_aim import GLIMPSES

ROOM = "Where to look"
MARGIN = 8
"""Pixels around the picture of 60 × 60 in the aim."""


def side_of(player: Player) -> int:
    return int(player.value()["panels"][0]["width"])


def shares(page: Page) -> list[float]:
    """How full the ten bars beside the stage are."""
    fills = page.locator("#look-narrator .bars .fill")
    return [float(str(fills.nth(k).evaluate("n => new DOMMatrix(getComputedStyle(n).transform).a"))) for k in range(10)]


def ink_lies_within(player: Player, side: int) -> bool:
    """Whether all ink of the scene lies in its upper left square."""
    picture = panel_data(player.value()["panels"][0])[0, 0, ..., 0]
    return bool(picture[:side, :side].any() and not picture[side:].any() and not picture[:, side:].any())


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """What was asked for while the page was still answering comes a little later."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("It did not come to hold within ten seconds.")


def slide(page: Page, elem_id: str, key: str) -> None:
    page.locator(f"#{elem_id} input[type=range]").focus()
    page.keyboard.press(key)


def test_the_stored_path_can_be_stepped_through_and_the_ten_bars_follow(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    player = Player(page, "look-player")
    assert player.loaded() == "look" and player.value()["steps"] == GLIMPSES
    page.locator("#look-player .line").focus()
    page.keyboard.press("Home")
    expect(page.locator("#look-narrator .title")).to_have_text("Glimpse 1 of 8")
    expect(page.locator("#look-narrator .sentence")).to_contain_text("the first look")
    first = shares(page)
    page.keyboard.press("End")
    expect(page.locator("#look-narrator .title")).to_have_text("Glimpse 8 of 8")
    last = shares(page)
    assert abs(sum(first) - 1) < 0.02 and abs(sum(last) - 1) < 0.02 and first != last
    most = page.locator("#look-narrator .bars .row.most .name")
    expect(most).to_have_text(str(int(np.argmax(last))))
    expect(page.locator("#look-player .reel button")).to_have_count(GLIMPSES)


def test_drawing_clutter_place_size_aim_and_seed_all_make_it_look_anew(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    player = Player(page, "look-player")
    shown = player.loaded()
    drag(page, page.locator("#look-editor canvas").first, [(4.0, 4.0), (4.0, 24.0)])
    shown = player.wait_for_another(shown)
    slide(page, "look-pieces", "Home")
    shown = player.wait_for_another(shown)
    expect(page.locator("#look-player")).to_be_visible()

    page.locator("#look-where").get_by_text("by hand").click()
    shown = player.wait_for_another(shown)
    for name in ("look-across", "look-down"):
        slide(page, name, "Home")
        shown = player.wait_for_another(shown)
    wait_until(page, lambda: ink_lies_within(player, 28))
    shown = player.loaded()

    page.locator("#look-aiming").get_by_text("at random").click()
    shown = player.wait_for_another(shown)
    page.locator("#look-die").click()
    shown = player.wait_for_another(shown)
    page.locator("#look-size").get_by_text("100×100").click()
    player.wait_for_another(shown)
    wait_until(page, lambda: side_of(player) == 100)
    expect(page.locator("#look-aiming input:checked")).to_have_value("learned")
    expect(page.locator("#look-aiming")).to_contain_text("at random on 60×60 only")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def upload(page: Page, button: Locator, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(path)


def test_any_picture_can_be_looked_at_and_a_blank_one_gets_its_sentence(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    wide, blank = tmp_path / "wide.png", tmp_path / "blank.png"
    picture = Image.new("RGB", (400, 150), "white")
    picture.paste((20, 40, 160), (20, 20, 60, 130))
    picture.save(wide)
    Image.new("L", (60, 60), 255).save(blank)
    open_tab(ROOM)
    player = Player(page, "look-player")
    shown = player.loaded()
    page.locator("#look-mode").get_by_text("My picture").click()
    expect(page.locator("#look-bring")).to_be_visible()
    page.locator("#look-paint").click()
    expect(page.get_by_test_id("toast-text").first).to_have_text("Upload a picture first.")
    page.get_by_test_id("toast-close").first.click()
    upload(page, page.locator("#look-bring"), wide)
    shown = player.wait_for_another(shown)
    fitted = panel_data(player.value()["panels"][0])[0, 0, ..., 0]
    assert fitted.shape == (60, 60) and fitted[25:35, 4:8].min() > 120 and not fitted[:15].any()
    upload(page, page.locator("#look-bring"), blank)
    expect(page.get_by_test_id("toast-text").first).to_contain_text("blank")
    assert player.loaded() == shown


def pull(page: Page, x: float, y: float) -> None:
    """Drag the window of the aim by its middle to a place in the picture's pixels."""
    aim = page.locator("#look-aim .easel-aim")
    canvas = aim.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / (60 + 2 * MARGIN)
    start = [float(str(aim.get_attribute(f"data-{name}"))) + 2 for name in ("x", "y")]

    def at(px: float, py: float) -> tuple[float, float]:
        assert box is not None
        return box["x"] + (px + MARGIN) * scale, box["y"] + (py + MARGIN) * scale

    page.mouse.move(*at(*start))
    page.mouse.down()
    page.mouse.move(*at(x + 2, y + 2), steps=8)
    page.mouse.up()


def test_a_glimpse_of_ones_own_changes_its_list_and_only_that(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    page.locator("#look-aim-tab-button").click()
    lists, words = page.locator("#look-lists"), page.locator("#look-words")
    expect(words).to_contain_text("where the network looked itself")
    its, yours = (lists.locator(f"section.{which}") for which in ("its", "yours"))
    before = its.inner_text(), yours.inner_text()
    assert before[0].split("\n")[1:] == before[1].split("\n")[1:]
    pull(page, 8, 8)
    expect(words).to_contain_text("by yours")
    assert its.inner_text() == before[0]
    expect(yours).not_to_have_text(re.compile(re.escape(before[1])))
    page.locator("#look-back").click()
    expect(words).to_contain_text("where the network looked itself")
    expect(yours.locator(".row")).to_have_count(10)
    slide(page, "look-at", "End")
    expect(lists).to_contain_text("Glimpse 8, yours")
    page.locator("#look-aim canvas").focus()
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("-")
    expect(page.locator("#look-aim .easel-aim")).to_have_attribute("data-held", "false")
    expect(lists).to_contain_text("Glimpse 8, yours")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_your_glimpse_is_at_the_picture_that_was_looked_at_last(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    player = Player(page, "look-player")
    shown = player.loaded()
    page.locator("#look-size").get_by_text("100×100").click()
    player.wait_for_another(shown)
    page.locator("#look-aim-tab-button").click()
    aim = page.locator("#look-aim .easel-aim")
    expect(aim).not_to_have_attribute("data-loaded", "")
    page.wait_for_function(
        "document.querySelector('#look-lists h3') && "
        "parseFloat(document.querySelector('#look-aim .easel-aim').dataset.size) > 0"
    )
    expect(page.locator("#look-words")).to_contain_text("where the network looked itself")


@pytest.mark.kept_page
def test_the_chart_stands_in_the_third_tab(page: Page, open_tab: OpenTab) -> None:
    open_tab(ROOM)
    page.locator("#look-scores-tab-button").click()
    expect(page.locator("#look-chart .main-svg").first).to_be_visible()


@pytest.mark.kept_page
def test_the_path_can_be_taken_home(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    open_tab(ROOM)
    page.locator("#look-path-tab-button").click()
    Player(page, "look-player").loaded()
    with page.expect_download() as download:
        page.locator("#look-gif").click()
    path = tmp_path / "path.gif"
    download.value.save_as(path)
    frames, _ = frames_of(path)
    assert len(frames) >= GLIMPSES and len({frame.tobytes() for frame in frames}) >= GLIMPSES


@pytest.mark.kept_page
def test_on_a_phone_the_room_stacks_and_nothing_overflows(page: Page, open_tab: OpenTab) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    open_tab(ROOM)
    for tab in ("look-path", "look-aim"):
        page.locator(f"#{tab}-tab-button").click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_slider_goes_as_far_as_the_network_has_glimpses() -> None:
    assert {REGISTRY[name].config.steps for name in REGISTRY if name.startswith("glimpse")} == {GLIMPSES}
