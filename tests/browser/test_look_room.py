"""The room of the glimpse classifier, as a person walks through it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from core.results import GLIMPSES
from core.training.registry import REGISTRY
from tests.browser.helpers import Player, assert_alike, at, drag, focus, frames_of, load
from viz.player.payload import panel_data

MARGIN = 8
"""Pixels around the picture of 60 × 60 in the aim."""


def shares(page: Page) -> list[float]:
    """How full the ten bars beside the stage are."""
    fills = page.locator("#look-narrator .bars .fill")
    return [float(str(fills.nth(k).evaluate("n => new DOMMatrix(getComputedStyle(n).transform).a"))) for k in range(10)]


INK_ABOVE = """side => {
  const { value } = document.querySelector('#look-player .easel-player').easelStep;
  const { data, width, packed } = value.panels[0];
  const bytes = Uint8Array.from(atob(data), each => each.charCodeAt(0));
  const ink = i => packed ? bytes[i >> 3] & (128 >> (i & 7)) : bytes[i];
  const where = Array.from({ length: width * width }, (_, i) => i).filter(ink);
  return where.length > 0 && where.every(i => i % width < side && Math.floor(i / width) < side);
}"""
"""Whether all ink of the scene lies in its upper left square of so many pixels."""


SETTLED = """() => {
  const aim = document.querySelector('#look-aim .easel-aim').dataset;
  const window = new URLSearchParams(location.search).get('window') ?? '';
  return window === [aim.x, aim.y, aim.size].join();
}"""
"""Whether the address names the window as it stands there."""


def slide(page: Page, elem_id: str, key: str) -> None:
    focus(page.locator(f"#{elem_id} input[type=range]"))
    page.keyboard.press(key)


def upload(page: Page, button: Locator, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(path)


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


@pytest.mark.kept_page
def test_the_stored_path_can_be_stepped_through_and_the_ten_bars_follow(page: Page) -> None:
    at(page, "/look/")
    player = Player(page, "look-player")
    assert player.loaded() == "look" and player.value()["steps"] == GLIMPSES
    focus(page.locator("#look-player .line"))
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


@pytest.mark.kept_page
@pytest.mark.parametrize(("tab", "stage"), [("aim", "look-aim"), ("path", "look-player")])
def test_what_is_stored_is_shown_without_a_computation(page: Page, tab: str, stage: str) -> None:
    at(page, f"/look/?tab={tab}")
    expect(page.locator(f"#{stage} [data-loaded]")).to_be_visible()
    expect(page.locator(f"#{stage}-gate")).to_be_attached()
    assert page.locator("[data-asked]").count() == 0


@pytest.mark.kept_page
def test_the_path_can_be_taken_home(page: Page, tmp_path: Path) -> None:
    at(page, "/look/")
    Player(page, "look-player").loaded()
    with page.expect_download() as download:
        page.locator("#look-gif").click()
    path = tmp_path / "path.gif"
    download.value.save_as(path)
    frames, _ = frames_of(path)
    assert len(frames) >= GLIMPSES and len({frame.tobytes() for frame in frames}) >= GLIMPSES


@pytest.mark.kept_page
def test_the_chart_stands_in_the_third_tab(page: Page) -> None:
    at(page, "/look/?tab=scores")
    expect(page.locator("#look-chart .main-svg").first).to_be_visible()


@pytest.mark.kept_page
def test_what_stands_there_at_first_is_what_look_gives(page: Page) -> None:
    at(page, "/look/")
    player = Player(page, "look-player")
    assert player.loaded() == "look"
    old = player.value()
    page.locator("#look-paint").click()
    player.wait_for_another("look")
    assert_alike(old, player.value())


@pytest.mark.kept_page
def test_drawing_clutter_place_size_aim_and_seed_all_make_it_look_again(page: Page) -> None:
    load(page, "/look/")
    player = Player(page, "look-player")
    shown = player.loaded()
    page.locator("#desk-editor [data-act=draw]").click()
    drag(page, page.locator("#desk-editor canvas").first, [(4.0, 4.0), (4.0, 24.0)])
    shown = player.wait_for_another(shown)
    slide(page, "look-pieces", "Home")
    shown = player.wait_for_another(shown)
    expect(page.locator("#look-player")).to_be_visible()

    page.locator("#look-where").get_by_text("by hand").click()
    shown = player.wait_for_another(shown)
    for name in ("look-across", "look-down"):
        slide(page, name, "Home")
        shown = player.wait_for_another(shown)
    page.wait_for_function(INK_ABOVE, arg=28)
    shown = player.loaded()

    page.locator("#look-aiming").get_by_text("at random").click()
    shown = player.wait_for_another(shown)
    page.locator("#desk-die").click()
    shown = player.wait_for_another(shown)
    page.locator("#look-size").get_by_text("100×100").click()
    player.wait_for_another(shown)
    page.wait_for_function(
        "document.querySelector('#look-player .easel-player').easelStep.value.panels[0].width === 100"
    )
    expect(page.locator("#look-pieces input[type=number]")).to_have_value("8")
    expect(page.locator("#look-aiming input:checked")).to_have_value("learned")
    expect(page.locator("#look-aiming")).to_contain_text("at random on 60×60 only")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_any_picture_can_be_looked_at_and_a_blank_one_gets_its_sentence(page: Page, tmp_path: Path) -> None:
    wide, blank = tmp_path / "wide.png", tmp_path / "blank.png"
    picture = Image.new("RGB", (400, 150), "white")
    picture.paste((20, 40, 160), (20, 20, 60, 130))
    picture.save(wide)
    Image.new("L", (60, 60), 255).save(blank)
    load(page, "/look/")
    player = Player(page, "look-player")
    shown = player.loaded()
    page.locator("#look-mode").get_by_text("My picture").click()
    expect(page.locator("#look-bring")).to_be_visible()
    expect(page.locator("#look-status")).to_have_text("Upload a picture first.")
    upload(page, page.locator("#look-bring"), wide)
    shown = player.wait_for_another(shown)
    fitted = panel_data(player.value()["panels"][0])[0, 0, ..., 0]
    assert fitted.shape == (60, 60) and fitted[25:35, 4:8].min() > 120 and not fitted[:15].any()
    upload(page, page.locator("#look-bring"), blank)
    expect(page.get_by_test_id("toast-text").first).to_contain_text("blank")
    assert player.loaded() == shown


@pytest.mark.kept_page
def test_a_glimpse_of_ones_own_changes_its_list_and_only_that(page: Page) -> None:
    load(page, "/look/?tab=aim")
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
    focus(page.locator("#look-aim canvas"))
    for _ in range(6):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("-")
    expect(page.locator("#look-aim .easel-aim")).to_have_attribute("data-held", "false")
    expect(lists).to_contain_text("Glimpse 8, yours")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_your_glimpse_is_in_the_scene_of_its_glimpses(page: Page) -> None:
    load(page, "/look/")
    player = Player(page, "look-player")
    shown = player.loaded()
    page.locator("#look-size").get_by_text("100×100").click()
    player.wait_for_another(shown)
    scene = panel_data(player.value()["panels"][0])[0, 0, ..., 0]
    page.locator("#look-aim-tab-button").click()
    aim = page.locator("#look-aim .easel-aim")
    page.wait_for_function("document.querySelector('#look-aim .easel-aim')?.dataset.side === '100'")
    page.wait_for_url("**/look/?tab=aim&*side=100*")
    expect(aim).not_to_have_attribute("data-size", "")
    expect(page.locator("#look-words")).to_contain_text("where the network looked itself")
    assert scene.shape == (100, 100)


@pytest.mark.kept_page
def test_a_glimpse_that_was_placed_by_hand_comes_back_from_its_address(page: Page) -> None:
    load(page, "/look/?tab=aim&glimpse=3&pieces=0&v=1")
    lists, words = page.locator("#look-lists"), page.locator("#look-words")
    expect(lists).to_contain_text("Glimpse 3, yours")
    pull(page, 8, 8)
    expect(words).to_contain_text("by yours")
    page.wait_for_url("**window=*")
    expect(page.locator("#look-aim .easel-aim")).to_have_attribute("data-held", "false")
    page.wait_for_function(SETTLED)
    other = page.context.new_page()
    load(other, page.url)
    again = other.locator("#look-words p")
    expect(again).to_contain_text("by yours")
    expect(words.locator("p")).to_have_text(str(again.text_content()).strip())
    theirs = other.locator("#look-aim .easel-aim")
    for name in ("x", "y", "size"):
        here = float(str(page.locator("#look-aim .easel-aim").get_attribute(f"data-{name}")))
        assert abs(float(str(theirs.get_attribute(f"data-{name}"))) - here) < 0.02
    other.close()
    page.locator("#look-back").click()
    expect(words).to_contain_text("where the network looked itself")
    page.wait_for_url(lambda url: "window=" not in url)


@pytest.mark.kept_page
def test_a_window_that_is_none_gets_a_sentence(page: Page) -> None:
    load(page, "/look/?tab=aim&window=hello&v=1")
    expect(page.locator("#look-aim-status")).to_have_text("A window is three numbers: x, y and its size.")


def test_the_slider_goes_as_far_as_the_network_has_glimpses() -> None:
    assert {REGISTRY[name].config.steps for name in REGISTRY if name.startswith("glimpse")} == {GLIMPSES}
