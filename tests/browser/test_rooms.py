"""Every room as a new user walks through it."""

import base64
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player, drag, frames_of

SEVEN = [(7.0, 7.0), (20.0, 7.0), (13.0, 22.0)]
SHOWS_ALL_GIVEN = """hidden => {
  const value = document.querySelector('#pixels-player .easel-player').easelStep.value;
  const bytes = atob(value.panels[0].reveal);
  let given = 0;
  for (let i = 0; i < 2 * 784; i += 2) given += bytes.charCodeAt(i) + bytes.charCodeAt(i + 1) === 0;
  return given === 784 - hidden;
}"""
"""Whether the first completion on the stage starts from as many pixels as the editor leaves in sight."""
TABS = ["Start", "All at once", "Stroke by stroke", "Pixel by pixel", "Where to look"]


def test_the_start_page_shows_three_stored_paintings_and_leads_into_their_rooms(page: Page) -> None:
    for key, stored in (("vae", "start-vae"), ("draw", "start-draw"), ("pixels", "start-pixels")):
        assert Player(page, f"start-{key}").loaded() == stored
        page.locator(f"#enter-{key}").click()
        expect(page.locator(f"#room-{key}-button")).to_have_attribute("aria-selected", "true")
        if key == "vae":
            page.locator("#vae-code-tab-button").click()
        assert Player(page, f"{key}-player").loaded() == key
        page.get_by_role("tab", name="Start", exact=True).filter(visible=True).click()


def test_a_stored_painting_plays_pauses_steps_and_scrubs(page: Page, open_tab: OpenTab) -> None:
    open_tab("Stroke by stroke")
    player = Player(page, "draw-player")
    player.loaded()
    line = player.root.locator(".line[role=slider]")
    line.focus()
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
    line.focus()
    page.keyboard.press("End")
    expect(told).to_have_text("Stroke 16 of 16")
    box = line.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    player.expect_step(8)
    line.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(player.root).to_have_attribute("data-playing", "true")
    player.expect_step(15)
    expect(player.root).to_have_attribute("data-playing", "false")


def test_a_digit_drawn_with_the_mouse_is_copied_and_goes_home_as_gif_and_strip(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    panel = open_tab("Stroke by stroke")
    player, editor = Player(page, "draw-player"), page.locator("#draw-editor .easel-editor")
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
    assert frames[0].size[1] == 280 and sum(times) == pytest.approx(15 / 8 * 1000 + 1000, abs=15 * 5)
    assert gif.stat().st_size < 1_000_000
    with page.expect_download() as caught:
        page.locator("#draw-strip").click()
    assert caught.value.suggested_filename.endswith(".png")
    panel.get_by_text("Chart: nats of each stroke").click()
    expect(page.locator("#draw-chart .main-svg").first).to_be_visible()


def test_imagined_digits_are_a_function_of_the_seed(page: Page, open_tab: OpenTab) -> None:
    open_tab("Stroke by stroke")
    player = Player(page, "draw-player")
    before = player.loaded()
    page.locator("#draw-mode").get_by_text("Imagine").click()
    before = player.wait_for_another(before)
    pictures = []
    for seed in ("3", "4", "3"):
        page.locator("#draw-seed input").fill(seed)
        before = player.wait_for_another(before)
        pictures.append(player.value()["panels"][0]["data"])
    assert pictures[0] == pictures[2] != pictures[1]
    assert player.value()["cells"] == 16


def test_the_vae_follows_its_sliders_and_walks(page: Page, open_tab: OpenTab) -> None:
    panel = open_tab("All at once")
    page.locator("#vae-code-tab-button").click()
    player, film = Player(page, "vae-player"), Player(page, "vae-film")
    first, film_first = player.loaded(), film.loaded()
    page.locator('#vae-examples [data-act="pick"]').nth(7).click()
    second = player.wait_for_another(first)
    walked = film.wait_for_another(film_first)
    shown = player.value()["panels"][1]["data"]
    slider = page.locator("#vae-z1 input[type=range]")
    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    bent = player.wait_for_another(second)
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("You bent the code")
    assert player.value()["panels"][1]["data"] != shown
    page.locator("#vae-walk").get_by_text("From this digit to another").click()
    film.wait_for_another(walked)
    page.locator("#vae-imagine").click()
    player.wait_for_another(bent)
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("no digit behind")
    panel.get_by_text("Chart: nats of each number").click()
    expect(page.locator("#vae-chart .main-svg").first).to_be_visible()


def test_covered_pixels_are_completed_live_and_given_ones_stay(page: Page, open_tab: OpenTab) -> None:
    open_tab("Pixel by pixel")
    player, editor = Player(page, "pixels-player"), page.locator("#pixels-editor .easel-editor")
    first = player.loaded()
    editor.locator('[data-act="mask-right"]').click()
    expect(editor).to_have_attribute("data-hidden", "392")
    player.wait_for_another(first)
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


def test_a_chart_can_be_opened_before_anything_was_painted(page: Page, open_tab: OpenTab) -> None:
    for name, key in (("All at once", "vae"), ("Stroke by stroke", "draw"), ("Pixel by pixel", "pixels")):
        panel = open_tab(name)
        if key == "vae":
            page.locator("#vae-code-tab-button").click()
        panel.get_by_text("Chart: ").filter(visible=True).first.click()
        expect(page.locator(f"#{key}-chart .main-svg").first).to_be_visible()


def test_open_charts_follow_to_imagined_and_to_fewer_pictures(page: Page, open_tab: OpenTab) -> None:
    open_tab("Stroke by stroke").get_by_text("Chart: nats").click()
    page.locator("#draw-mode").get_by_text("Imagine").click()
    expect(page.locator("#draw-chart")).to_contain_text("Nothing was looked at")
    open_tab("Pixel by pixel").get_by_text("Chart: ").click()
    player = Player(page, "pixels-player")
    before = player.loaded()
    player.root.locator('[data-act="pick"]').nth(8).click()
    page.locator("#pixels-count input[type=number]").fill("2")
    page.locator("#pixels-paint").click()
    player.wait_for_another(before)
    assert player.value()["cells"] == 2
    expect(page.locator("#pixels-chart .main-svg").first).to_be_visible()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def test_nothing_and_everything_covered_get_a_sentence_and_the_room_goes_on(page: Page, open_tab: OpenTab) -> None:
    open_tab("Pixel by pixel")
    player, editor = Player(page, "pixels-player"), page.locator("#pixels-editor .easel-editor")
    before = player.loaded()
    editor.locator('[data-act="mask-none"]').click()
    expect(page.locator("#pixels-status")).to_contain_text("Nothing is covered")
    page.locator("#pixels-paint").click()
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("Nothing is covered: cover a part of the picture")
    editor.locator('[data-act="mask-lower"]').click()
    player.wait_for_another(before)
    expect(page.locator("#pixels-status")).not_to_contain_text("Nothing")


def test_the_samplers_passes_and_imagined_pictures_are_shown(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    open_tab("Pixel by pixel")
    player = Player(page, "pixels-player")
    before = player.loaded()
    page.locator("#pixels-view").get_by_text("Passes of the sampler").click()
    before = player.wait_for_another(before)
    passes = player.value()
    assert 14 <= passes["steps"] < 200 and passes["word"] == "pass"
    page.locator("#pixels-view").get_by_text("Pixel by pixel").click()
    before = player.wait_for_another(before)
    page.locator("#pixels-mode").get_by_text("Imagine").click()
    before = player.wait_for_another(before)
    expect(page.locator("#pixels-editor")).to_be_hidden()
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
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_no_room_is_wider_than_the_screen_and_every_picture_has_words(page: Page, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"/?__theme={theme}")
    expect(page.locator(".easel-player[data-loaded]").first).to_be_visible()
    for index, name in enumerate(TABS):
        tab = page.locator("#rooms [role=tab]").nth(index)
        if not tab.is_visible():
            page.get_by_label("More tabs").click()
            page.locator(".overflow-dropdown button").filter(has_text=name).click()
        else:
            tab.click()
        expect(page.locator(".easel-player[data-loaded]").filter(visible=True).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        bare = "e => e.offsetParent && !e.alt && !e.ariaLabel && e.getAttribute('role') !== 'presentation'"
        assert page.evaluate(f"[...document.querySelectorAll('img, canvas')].filter({bare}).length") == 0, name
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    page.locator("#theme-toggle").click()
    assert page.evaluate("document.body.classList.contains('dark')") == (theme != "dark")


@pytest.mark.kept_page
def test_nothing_moves_unasked_for_those_who_want_no_motion(page: Page, open_tab: OpenTab) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    open_tab("Stroke by stroke")
    player = Player(page, "draw-player")
    before = player.loaded()
    player.expect_step(15)
    page.evaluate("addEventListener('easel:step', ({detail}) => { window.moved ||= detail.playing; })")
    page.locator("#draw-paint").click()
    player.wait_for_another(before)
    player.expect_step(15)
    assert not page.evaluate("window.moved")


@pytest.mark.kept_page
def test_on_a_phone_the_stage_comes_first_and_a_press_on_paint_shows_it(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/")
    page.locator("#enter-draw").click()
    player = Player(page, "draw-player")
    before = player.loaded()
    tops = [page.locator(f"#room-draw .easel-{part}").bounding_box() for part in ("stage", "controls", "aside")]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box) and None not in tops
    page.locator("#draw-paint").click()
    player.wait_for_another(before)
    expect(player.root.locator(".stage")).to_be_in_viewport()
