"""Every room as a new user walks through it."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player, at, drag, focus, frames_of, load

SEVEN = [(7.0, 7.0), (20.0, 7.0), (13.0, 22.0)]
SHOWS_ALL_GIVEN = """hidden => {
  const value = document.querySelector('#pixels-player .easel-player').easelStep.value;
  const bytes = atob(value.panels[0].reveal);
  let given = 0;
  for (let i = 0; i < 2 * 784; i += 2) given += bytes.charCodeAt(i) + bytes.charCodeAt(i + 1) === 0;
  return given === 784 - hidden;
}"""
"""Whether the first completion on the stage starts from as many pixels as the editor leaves in sight."""
HALF = """root => { const value = root.closest('.gradio-container') && window.easelDigit();
  return Array.from(value.pixels.slice(0, 392), ink => Number(ink > 0)); }"""
"""The ink of the upper half of the page's digit, 392 numbers."""


@pytest.mark.kept_page
def test_half_a_digit_is_finished_by_three_machines_that_keep_what_was_given(page: Page) -> None:
    at(page, "/")
    players = [Player(page, f"start-{key}") for key in ("vae", "draw", "pixels")]
    before = [player.loaded() for player in players]
    price = page.locator("#start-pixels-price").inner_text()
    page.locator('[data-example="9"]').click()
    for player, old in zip(players, before, strict=True):
        player.wait_for_another(old)
    expect(page.locator("#start-pixels-price")).not_to_have_text(price)
    ink = page.locator("#desk-editor .easel-editor").evaluate(HALF)
    for player in players:
        panel = player.value()["panels"][0]
        data = np.frombuffer(base64.b64decode(panel["data"]), np.uint8)
        pixels = np.unpackbits(data) * 255 if panel.get("packed") else data
        last = pixels[: panel["frames"] * 784].reshape(panel["frames"], 28, 28)[-1]
        assert (last[:14] > 0).ravel().astype(int).tolist() == ink, player.root


@pytest.mark.kept_page
def test_the_start_page_shows_three_stored_paintings_and_leads_into_their_rooms(page: Page) -> None:
    at(page, "/")
    for key in ("vae", "draw", "pixels"):
        assert Player(page, f"start-{key}").loaded() == f"start-{key}"
        assert page.locator(f".easel-{key} .easel-door").evaluate("door => new URL(door.href).pathname") == f"/{key}/"
    page.locator(".easel-vae .easel-door").click()
    page.wait_for_url("**/vae/")
    page.locator("#vae-code-tab-button").click()
    assert Player(page, "vae-player").loaded() == "vae"


@pytest.mark.kept_page
def test_a_stored_painting_plays_pauses_steps_and_scrubs(page: Page, open_tab: OpenTab) -> None:
    at(page, "/draw/")
    player = Player(page, "draw-player")
    player.loaded()
    line = player.root.locator(".line[role=slider]")
    focus(line)
    page.keyboard.press("Home")
    player.expect_step(0)
    page.keyboard.press("ArrowRight")
    player.expect_step(1)
    player.press("next")
    player.expect_step(2)
    player.press("prev")
    player.expect_step(1)
    told = page.locator("#draw-narrator .title")
    expect(told).to_have_text("Stroke 2 of 16")
    focus(line)
    page.keyboard.press("End")
    expect(told).to_have_text("Stroke 16 of 16")
    box = line.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    player.expect_step(8)
    focus(line)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(player.root).to_have_attribute("data-playing", "true")
    player.expect_step(15)
    expect(player.root).to_have_attribute("data-playing", "false")


@pytest.mark.kept_page
def test_a_digit_drawn_with_the_mouse_is_copied_and_goes_home_as_gif_and_strip(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    at(page, "/draw/")
    panel = page.locator(".easel-main")
    player, editor = Player(page, "draw-player"), page.locator("#desk-editor .easel-editor")
    first = player.loaded()
    editor.locator('[data-act="clear"]').click()
    expect(editor).to_have_attribute("data-ink", "0")
    blank = player.wait_for_another(first)
    drag(page, editor.locator("canvas").first, SEVEN)
    player.wait_for_another(blank)
    assert int(editor.get_attribute("data-ink") or 0) > 30
    value = player.value()
    assert value["steps"] == 16 and len(value["panels"]) == 2
    subject = np.frombuffer(base64.b64decode(value["panels"][0]["data"]), np.uint8)
    assert (subject > 0).sum() == int(editor.get_attribute("data-ink") or 0)

    with page.expect_download() as caught:
        page.locator("#draw-gif").click()
    gif = tmp_path / caught.value.suggested_filename
    caught.value.save_as(gif)
    frames, times = frames_of(gif)
    assert gif.suffix == ".gif" and len(frames) == 16
    assert frames[0].size[1] > 280  # title and nats stand round the pictures
    assert sum(times) == pytest.approx(15 / 8 * 1000 + 1000, abs=15 * 5)
    assert gif.stat().st_size < 1_000_000
    with page.expect_download() as caught:
        page.locator("#draw-png").click()
    assert caught.value.suggested_filename.endswith(".png")
    panel.get_by_text("Chart: nats of each stroke").click()
    expect(page.locator("#draw-chart .main-svg").first).to_be_visible()


@pytest.mark.kept_page
def test_imagined_digits_are_a_function_of_the_seed(page: Page, open_tab: OpenTab) -> None:
    at(page, "/draw/")
    player = Player(page, "draw-player")
    before = player.loaded()
    page.locator("#draw-mode").get_by_text("Imagine").click()
    before = player.wait_for_another(before)
    pictures = []
    for seed in ("3", "4", "3"):
        page.locator("#desk-seed input").fill(seed)
        before = player.wait_for_another(before)
        pictures.append(player.value()["panels"][0]["data"])
    assert pictures[0] == pictures[2] != pictures[1]
    assert player.value()["cells"] == 16


@pytest.mark.kept_page
def test_open_charts_follow_to_imagined_and_to_fewer_pictures(page: Page, open_tab: OpenTab) -> None:
    at(page, "/draw/")
    page.get_by_text("Chart: nats").filter(visible=True).click()
    expect(page.locator("#draw-chart .main-svg").first).to_be_visible()  # before anything was painted
    page.locator("#draw-mode").get_by_text("Imagine").click()
    expect(page.locator("#draw-chart")).to_contain_text("Nothing was looked at")
    open_tab("Pixel by pixel").get_by_text("Chart: ").click()
    expect(page.locator("#pixels-chart .main-svg").first).to_be_visible()
    player = Player(page, "pixels-player")
    before = player.loaded()
    player.root.locator('[data-act="pick"]').nth(8).click()
    page.locator("#pixels-count input[type=number]").fill("2")
    page.locator("#pixels-paint").click()
    player.wait_for_another(before)
    assert player.value()["cells"] == 2
    expect(page.locator("#pixels-chart .main-svg").first).to_be_visible()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_covered_pixels_are_completed_live_and_given_ones_stay(page: Page, open_tab: OpenTab) -> None:
    at(page, "/pixels/")
    player, editor = Player(page, "pixels-player"), page.locator("#desk-editor .easel-editor")
    first = player.loaded()
    editor.locator('[data-act="mask-right"]').click()
    expect(editor).to_have_attribute("data-hidden", "392")
    player.wait_for_another(first)
    editor.locator('[data-act="cover"]').click()
    drag(page, editor.locator("canvas").first, [(3.0, 3.0), (10.0, 3.0)])
    hidden = int(editor.get_attribute("data-hidden") or 0)
    assert hidden > 392
    page.wait_for_function(SHOWS_ALL_GIVEN, arg=hidden)
    value = player.value()
    nats = [float(label.split()[0]) for label in value["panels"][0]["labels"]]
    assert len(nats) == 9 and nats == sorted(nats)
    data = np.frombuffer(base64.b64decode(value["panels"][0]["data"]), np.uint8)
    pictures = (np.unpackbits(data) * 255 if value["panels"][0].get("packed") else data)[: 9 * 784].reshape(9, 28, 28)
    reveal = np.frombuffer(base64.b64decode(value["panels"][0]["reveal"]), np.uint16).reshape(9, 28, 28)
    given = reveal[0] == 0
    assert given.sum() == 784 - hidden
    assert (pictures[:, given] == pictures[0, given]).all()
    assert len({picture.tobytes() for picture in pictures}) > 1


@pytest.mark.kept_page
def test_nothing_and_everything_covered_get_a_sentence_and_the_room_goes_on(page: Page, open_tab: OpenTab) -> None:
    at(page, "/pixels/")
    player, editor = Player(page, "pixels-player"), page.locator("#desk-editor .easel-editor")
    before = player.loaded()
    editor.locator('[data-act="mask-none"]').click()
    expect(page.locator("#pixels-status")).to_contain_text("Nothing is covered")
    page.locator("#pixels-paint").click()
    expect(page.locator("#pixels-status")).to_contain_text("Nothing is covered: cover a part of the picture")
    editor.locator('[data-act="mask-lower"]').click()
    player.wait_for_another(before)
    expect(page.locator("#pixels-status")).not_to_contain_text("Nothing")


@pytest.mark.kept_page
def test_the_samplers_passes_and_imagined_pictures_are_shown(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    at(page, "/pixels/")
    player = Player(page, "pixels-player")
    before = player.loaded()
    page.locator("#pixels-view").get_by_text("Passes of the sampler").click()
    before = player.wait_for_another(before)
    passes = player.value()
    assert 14 <= passes["steps"] < 200 and passes["moment"] == "pass [[step]] of [[steps]]"
    page.locator("#pixels-view").get_by_text("Pixel by pixel").click()
    before = player.wait_for_another(before)
    page.locator("#pixels-mode").get_by_text("Imagine").click()
    before = player.wait_for_another(before)
    page.locator("#pixels-heat input").check()
    player.wait_for_another(before)
    value = player.value()
    assert value["steps"] == 784 and [panel["map"] for panel in value["panels"]] == ["grey", "room"]
    with page.expect_download() as caught:
        page.locator("#pixels-gif").click()
    gif = tmp_path / "pixels.gif"
    caught.value.save_as(gif)
    assert len(frames_of(gif)[0]) == 120


@pytest.mark.kept_page
def test_the_vae_follows_its_sliders_and_walks(page: Page) -> None:
    at(page, "/vae/?tab=code")
    player, film = Player(page, "vae-player"), Player(page, "vae-film")
    first, film_first = player.loaded(), film.loaded()
    page.get_by_text("Chart: nats of each number").click()
    expect(page.locator("#vae-chart .main-svg").first).to_be_visible()
    page.locator("#desk [data-example='7']").click()
    second = player.wait_for_another(first)
    walked = film.wait_for_another(film_first)
    shown = player.value()["panels"][1]["data"]
    slider = page.locator("#vae-code [data-z='1'] input[type=range]")
    focus(slider)
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    bent = player.wait_for_another(second)
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("You bent the code")
    assert player.value()["panels"][1]["data"] != shown
    page.locator("#vae-walk").get_by_text("From this digit to another").click()
    film.wait_for_another(walked)
    page.locator("#vae-mode").get_by_text("Imagine").click()
    player.wait_for_another(bent)
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("no digit behind")


@pytest.mark.kept_page
def test_on_a_phone_the_stage_comes_first_and_a_press_on_paint_shows_it(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    load(page, "/draw/")
    player = Player(page, "draw-player")
    before = player.loaded()
    parts = ("#draw-player", "#draw-narrator", "#desk-editor", "#draw-paint")
    tops = [page.locator(part).bounding_box() for part in parts]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box) and None not in tops
    page.locator("#draw-paint").click()
    player.wait_for_another(before)
    expect(player.root.locator(".stage")).to_be_in_viewport()


CUT = """() => [...document.querySelectorAll('.easel-controls input[type=range]')].filter((slider) => {
  const { top, height, width } = slider.getBoundingClientRect();
  const boxes = [];
  for (let box = slider.parentElement; !box.matches('.easel-controls'); box = box.parentElement) boxes.push(box);
  const clips = (box) => !['visible', ''].includes(getComputedStyle(box).overflow) && box.offsetHeight;
  const low = (box) => top + height / 2 + 8 > box.getBoundingClientRect().bottom;
  return width && boxes.some((box) => clips(box) && low(box));
}).map((slider) => slider.closest('[id]').id)"""
"""The sliders on the page of whose thumb, 16 pixels high, something is cut off below."""


@pytest.mark.kept_page
@pytest.mark.parametrize(
    ("address", "slider"),
    [
        ("/draw/?tab=colour&task=Imagine", "drawcolour-temperature"),
        ("/vae/?tab=restore&damage=Noise", "restore-flips"),
        ("/look/", "look-pieces"),
    ],
)
def test_on_a_phone_no_slider_has_its_thumb_cut_off(address: str, slider: str, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    at(page, address)
    expect(page.locator(f"#{slider} input[type=range]")).to_be_visible()
    assert page.evaluate(CUT) == []


def test_a_stage_that_waits_for_its_picture_says_so_and_dims_what_it_still_shows(page: Page) -> None:
    load(page, "/draw/")
    stage = page.locator("#draw-player .easel-player")
    Player(page, "draw-player").loaded()
    expect(stage).not_to_have_attribute("aria-busy", "true")
    held: list[Route] = []
    page.route("**/queue/join*", lambda route: held.append(route))  # a slow line
    page.locator("#draw-paint").click()
    expect(stage).to_have_attribute("aria-busy", "true")
    expect(stage).to_have_class(re.compile("easel-late"))
    for each in held:
        each.continue_()
    page.unroute_all(behavior="ignoreErrors")
    expect(stage).to_have_attribute("aria-busy", "false")
    expect(stage).not_to_have_class(re.compile("easel-busy"))
