"""The code of any length, what lies between codes, and colour: pulled, pressed, typed into and taken home."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.helpers import Player, drag, frames_of
from viz.payload import panel_data


def opened(page: Page, open_tab: OpenTab, tab: str, player: str) -> Player:
    """An inner tab of the room and its stage."""
    open_tab("All at once")
    page.locator(f"#vae-{tab}-tab-button").click()
    return Player(page, player)


def no_complaint(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def pictures(player: Player, panel: int = 0) -> np.ndarray:
    return panel_data(player.value()["panels"][panel])


def upload(page: Page, button: str, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(button).click()
    chooser.value.set_files(path)


def test_there_is_a_slider_for_every_number_of_the_chosen_code_and_nothing_jumps(page: Page, open_tab: OpenTab) -> None:
    player = opened(page, open_tab, "code", "vae-player")
    before, place = player.loaded(), player.root.bounding_box()
    sliders = page.locator(".easel-sliders input[type=range]").filter(visible=True)
    expect(sliders).to_have_count(8)
    for label, count, words in (("20", 20, "Twenty numbers"), ("2", 2, "Two numbers"), ("8", 8, "Eight numbers")):
        page.locator("#vae-model").get_by_text(label, exact=True).click()
        before = player.wait_for_another(before)
        expect(sliders).to_have_count(count)
        expect(page.locator("#vae-narrator .sentence")).to_contain_text(words)
        carried = [
            float(re.findall(r"\d+\.\d+", page.locator(f"#vae-z{i + 1} label").first.inner_text())[0])
            for i in range(count)
        ]
        assert carried == sorted(carried, reverse=True)
        assert player.root.bounding_box() == place
    no_complaint(page)


def test_the_code_goes_to_zero_back_to_the_digit_and_to_what_is_pressed_in_the_table(
    page: Page, open_tab: OpenTab
) -> None:
    player, film = opened(page, open_tab, "code", "vae-player"), Player(page, "vae-film")
    first, played = player.loaded(), film.loaded()
    code = page.locator("#vae-z1 input[type=number]"), page.locator("#vae-z4 input[type=number]")
    digit = pictures(player, 1)
    page.locator("#vae-zero").click()
    before = player.wait_for_another(first)
    for number in code:
        expect(number).to_have_value("0")
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("all of them 0")
    played = film.wait_for_another(played)
    page.locator("#vae-walk").get_by_text("All at a glance").click()
    film.wait_for_another(played)
    assert film.value()["cells"] == 8 * 9 and len(film.root.locator(".head").all()) == 8 + 9 + 1
    table = pictures(film)[0]
    film.root.locator('[data-act="pick"]').nth(3 * 9 + 8).click()
    before = player.wait_for_another(before)
    expect(code[1]).to_have_value("3")
    expect(code[0]).to_have_value("0")
    assert np.abs(pictures(player, 1)[0, 0].astype(int) - table[3 * 9 + 8]).max() <= 1
    page.locator("#vae-back").click()
    player.wait_for_another(before)
    assert np.abs(pictures(player, 1).astype(int) - digit).max() <= 1
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("stand for this digit")
    no_complaint(page)


@pytest.mark.kept_page
@pytest.mark.parametrize(("typed", "taken"), [("1000000", "4"), ("NaN", "0"), ("-99", "-4"), ("", "0"), ("2", "2")])
def test_whatever_is_typed_beside_a_slider_is_bounded_and_nothing_is_lost(
    page: Page, open_tab: OpenTab, typed: str, taken: str
) -> None:
    player = opened(page, open_tab, "code", "vae-player")
    before = player.loaded()
    number = page.locator("#vae-z2 input[type=number]")
    number.focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.keyboard.type(typed)
    page.keyboard.press("Tab")
    player.wait_for_another(before)
    expect(number).to_have_value(taken)
    row = page.locator("#vae-narrator tr").nth(1)
    expect(row).to_contain_text(f"{float(taken):.2f}".replace("-", "−"))
    no_complaint(page)


def test_the_table_and_the_film_of_all_numbers_go_home(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    opened(page, open_tab, "code", "vae-player")
    film = Player(page, "vae-film")
    played = film.loaded()
    for view, count in (("Every number in turn", 24), ("All at a glance", 1)):
        if count == 1:
            page.locator("#vae-walk").get_by_text(view).click()
            film.wait_for_another(played)
        for button, suffix in (("#vae-gif", ".gif"), ("#vae-strip", ".png")):
            with page.expect_download() as caught:
                page.locator(button).click()
            path = tmp_path / f"{count}{suffix}"
            caught.value.save_as(path)
            if suffix == ".gif":
                assert len(frames_of(path)[0]) == count
            else:
                with Image.open(path) as strip:
                    assert strip.size[0] > 200
    no_complaint(page)


def test_between_two_digits_goes_straight_and_round_beside_mere_pixels(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    player = opened(page, open_tab, "between", "vbetween-player")
    before = player.loaded()
    assert [panel["title"] for panel in player.value()["panels"]] == ["Straight", "Round", "Pixels mixed, no model"]
    straight, turned, mixed = (pictures(player, i) for i in range(3))
    for frame in (0, -1):
        assert np.abs(straight[frame].astype(int) - turned[frame]).max() <= 1
        assert set(np.unique(mixed[frame])) <= {0, 255}
    page.locator("#vbetween-frames input[type=number]").fill("60")
    page.locator("#vbetween-paint").click()
    before = player.wait_for_another(before)
    assert player.value()["steps"] == 60
    with page.expect_download() as caught:
        page.locator("#vbetween-gif").click()
    path = tmp_path / "between.gif"
    caught.value.save_as(path)
    assert len(frames_of(path)[0]) == 60
    page.locator("#vbetween-model").get_by_text("2", exact=True).click()
    player.wait_for_another(before)
    no_complaint(page)


def test_one_digit_twice_and_an_empty_drawing_are_said_and_painted(page: Page, open_tab: OpenTab) -> None:
    player = opened(page, open_tab, "between", "vbetween-player")
    before, said = player.loaded(), page.locator("#vbetween-said")
    page.locator("#vbetween-b-tab-button").click()
    page.locator("#vbetween-b-examples [data-act=pick]").nth(3).click()
    before = player.wait_for_another(before)
    expect(said).to_have_text("Both ends are the same picture, so the film stands still.")
    film = pictures(player)
    assert len(film) == 24 and np.abs(film.astype(int) - film[:1]).max() <= 1
    page.locator('#vbetween-b-editor [data-act="clear"]').click()
    before = player.wait_for_another(before)
    expect(said).to_contain_text("B is of one colour")
    drag(page, page.locator("#vbetween-b-editor canvas").first, [(8.0, 6.0), (20.0, 6.0), (12.0, 22.0)])
    player.wait_for_another(before)
    expect(said).to_have_text("")
    no_complaint(page)


def test_four_corners_and_sums_take_as_many_digits_as_they_need(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    player = opened(page, open_tab, "between", "vbetween-player")
    before = player.loaded()
    tabs = page.locator("#vbetween-digits [role=tab]").filter(visible=True)
    expect(tabs).to_have_text(["A", "B"])
    page.locator("#vbetween-mode").get_by_text("Four corners").click()
    before = player.wait_for_another(before)
    expect(tabs).to_have_text(["A", "B", "C", "D"])
    assert player.value()["cells"] == 64
    player.root.locator('[data-act="pick"]').nth(63).click()
    expect(page.locator("#vbetween-narrator tr").filter(has_text="bottom right")).to_contain_text("100 %")
    page.locator("#vbetween-mode").get_by_text("A − B + C").click()
    before = player.wait_for_another(before)
    expect(tabs).to_have_text(["A", "B", "C"])
    expect(page.locator("#vbetween-narrator .sentence")).to_contain_text("often it does not")
    page.locator("#vbetween-b-tab-button").click()
    page.locator("#vbetween-b-examples [data-act=pick]").nth(3).click()  # B is now what A is
    player.wait_for_another(before)
    painted = pictures(player)[0].astype(int)
    assert np.abs(painted[3] - painted[2]).max() <= 1
    with page.expect_download() as caught:
        page.locator("#vbetween-strip").click()
    caught.value.save_as(tmp_path / "sum.png")
    with Image.open(tmp_path / "sum.png") as strip:
        assert strip.size[0] > 200
    no_complaint(page)


@pytest.mark.kept_page
def test_colour_is_imagined_copied_with_its_price_walked_through_and_taken_home(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    player = opened(page, open_tab, "colour", "vcolour-player")
    before = player.loaded()
    assert player.value()["cells"] == 9 and player.value()["panels"][0]["channels"] == 3
    page.locator("#vcolour-mode").get_by_text("Copy").click()
    before = player.wait_for_another(before)
    path = tmp_path / "wide.png"
    Image.linear_gradient("L").resize((200, 90)).save(path)  # grey and not square
    upload(page, "#vcolour-a-upload", path)
    before = player.wait_for_another(before)
    assert pictures(player).shape == (1, 1, 32, 32, 3)
    expect(page.locator("#vcolour-narrator tr").filter(has_text="for each of its numbers")).to_contain_text("bits")
    page.locator("#vcolour-mode").get_by_text("Between").click()
    before = player.wait_for_another(before)
    assert np.array_equal(pictures(player, 2)[0, 0, 0, 0], pictures(player, 2)[0, 0, 0, 31]), "the upload is A"
    page.locator("#vcolour-b-tab-button").click()
    page.locator("#vcolour-b-examples [data-act=pick]").nth(2).click()
    before = player.wait_for_another(before)
    with page.expect_download() as caught:
        page.locator("#vcolour-gif").click()
    caught.value.save_as(tmp_path / "colour.gif")
    assert len(frames_of(tmp_path / "colour.gif")[0]) == 16
    page.locator("#vcolour-mode").get_by_text("Its numbers").click()
    before = player.wait_for_another(before)
    assert player.value()["cells"] == 16 * 5
    page.locator("#vcolour-view").get_by_text("In turn").click()
    player.wait_for_another(before)
    assert (player.value()["cells"], player.value()["steps"]) == (16, 8)
    no_complaint(page)


@pytest.mark.kept_page
def test_what_is_no_picture_gets_a_sentence_and_the_stage_stays(page: Page, open_tab: OpenTab, tmp_path: Path) -> None:
    player = opened(page, open_tab, "colour", "vcolour-player")
    before = player.loaded()
    page.locator("#vcolour-mode").get_by_text("Copy").click()
    before = player.wait_for_another(before)
    path = tmp_path / "text.png"
    path.write_bytes(b"I am no picture.")
    upload(page, "#vcolour-a-upload", path)
    expect(page.get_by_test_id("toast-text").first).to_contain_text("text.png is not a picture")
    assert player.loaded() == before


@pytest.mark.kept_page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_no_tab_is_wider_than_the_screen_and_the_stage_comes_first(page: Page, theme: str) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/?__theme={theme}")
    page.locator("#enter-vae").click()
    for tab, key, tasks in (
        ("code", "vae", ("All at a glance",)),
        ("between", "vbetween", ("Four corners", "A − B + C")),
        ("colour", "vcolour", ("Copy", "Between", "Its numbers")),
    ):
        page.locator(f"#vae-{tab}-tab-button").click()
        player = Player(page, "vae-film" if tab == "code" else f"{key}-player")
        before = player.loaded()
        for task in tasks:
            page.locator(f"#{key}-{'walk' if tab == 'code' else 'mode'}").get_by_text(task).click()
            before = player.wait_for_another(before)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (tab, task)
        room = page.locator(f"#vae-{tab}-tab")
        tops = [room.locator(f".easel-{part}").first.bounding_box() for part in ("stage", "controls", "aside")]
        assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box) and None not in tops
    no_complaint(page)
