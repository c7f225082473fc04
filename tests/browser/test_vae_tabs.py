"""The code of any length, what lies between codes, and colour: pulled, pressed, typed into and taken home."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, at, drag, focus, frames_of, load, unfold
from viz.player.payload import panel_data


def opened(page: Page, tab: str, player: str, query: str = "") -> Player:
    """An inner tab of the room and its stage."""
    at(page, f"/vae/?tab={tab}{query}")
    return Player(page, player)


def link(page: Page) -> str:
    """The address of what is on the screen, complete."""
    found: str = page.evaluate("window.easelAddress.link()")
    return found


def no_complaint(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


def pictures(player: Player, panel: int = 0) -> np.ndarray:
    return panel_data(player.value()["panels"][panel])


def upload(page: Page, button: str, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(button).click()
    chooser.value.set_files(path)


@pytest.mark.kept_page
def test_there_is_a_slider_for_every_number_of_the_chosen_code_and_nothing_jumps(page: Page) -> None:
    player = opened(page, "code", "vae-player")
    before, place = player.loaded(), player.root.bounding_box()
    sliders = page.locator("#vae-code input[type=range]")
    expect(sliders).to_have_count(8)
    for label, count, words in (("20", 20, "Twenty numbers"), ("2", 2, "Two numbers"), ("8", 8, "Eight numbers")):
        page.locator("#vae-model").get_by_text(label, exact=True).click()
        before = player.wait_for_another(before)
        expect(sliders).to_have_count(count)
        expect(page.locator("#vae-narrator .sentence")).to_contain_text(words)
        carried = [
            float(re.findall(r"\d+\.\d+", page.locator(f"#vae-code [data-z='{i + 1}'] span").inner_text())[0])
            for i in range(count)
        ]
        assert carried == sorted(carried, reverse=True)
        assert player.root.bounding_box() == place
    no_complaint(page)


@pytest.mark.kept_page
def test_between_two_digits_goes_straight_and_round_beside_mere_pixels(page: Page, tmp_path: Path) -> None:
    player = opened(page, "between", "vbetween-player")
    before = player.loaded()
    assert [panel["title"] for panel in player.value()["panels"]] == ["Straight", "Round", "Pixels mixed, no model"]
    straight, turned, mixed = (pictures(player, i) for i in range(3))
    for frame in (0, -1):
        assert np.abs(straight[frame].astype(int) - turned[frame]).max() <= 1
        assert set(np.unique(mixed[frame])) <= {0, 255}
    page.locator("#vbetween-frames input[type=number]").fill("60")
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


@pytest.mark.kept_page
def test_colour_is_imagined_copied_with_its_price_walked_through_and_taken_home(page: Page, tmp_path: Path) -> None:
    player = opened(page, "colour", "vcolour-player")
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
    page.locator("#vcolour-b summary").click()
    page.locator("#vcolour-b [data-example='2']").click()
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
def test_the_code_goes_to_zero_back_to_the_digit_and_to_what_is_pressed_in_the_table(page: Page) -> None:
    player, film = opened(page, "code", "vae-player"), Player(page, "vae-film")
    first, played = player.loaded(), film.loaded()
    code = (
        page.locator("#vae-code [data-z='1'] input[type=number]"),
        page.locator("#vae-code [data-z='4'] input[type=number]"),
    )
    digit = pictures(player, 1)
    page.locator("#vae-code [data-act=zero]").click()
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
    page.locator("#vae-code [data-act=back]").click()
    player.wait_for_another(before)
    assert np.abs(pictures(player, 1).astype(int) - digit).max() <= 1
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("stand for this digit")
    no_complaint(page)


@pytest.mark.kept_page
def test_four_corners_and_sums_take_as_many_digits_as_they_need(page: Page, tmp_path: Path) -> None:
    player = opened(page, "between", "vbetween-player")
    before = player.loaded()
    others = page.locator("#vae-between-tab .easel-picker h2").filter(visible=True)
    expect(others).to_have_text(["B"])
    page.locator("#vbetween-mode").get_by_text("Four corners").click()
    before = player.wait_for_another(before)
    expect(others).to_have_text(["B", "C", "D"])
    assert player.value()["cells"] == 64
    player.root.locator('[data-act="pick"]').nth(63).click()
    expect(page.locator("#vbetween-narrator tr").filter(has_text="bottom right")).to_contain_text("100 %")
    page.locator("#vbetween-mode").get_by_text("A − B + C").click()
    before = player.wait_for_another(before)
    expect(others).to_have_text(["B", "C"])
    expect(page.locator("#vbetween-narrator .sentence")).to_contain_text("often it does not")
    page.locator("#between-b [data-act=mine]").click()  # B is now what A is
    player.wait_for_another(before)
    painted = pictures(player)[0].astype(int)
    assert np.abs(painted[3] - painted[2]).max() <= 1
    with page.expect_download() as caught:
        page.locator("#vbetween-png").click()
    caught.value.save_as(tmp_path / "sum.png")
    with Image.open(tmp_path / "sum.png") as strip:
        assert strip.size[0] > 200
    no_complaint(page)


@pytest.mark.kept_page
def test_what_is_no_picture_gets_a_sentence_and_the_stage_stays(page: Page, tmp_path: Path) -> None:
    player = opened(page, "colour", "vcolour-player")
    before = player.loaded()
    page.locator("#vcolour-mode").get_by_text("Copy").click()
    before = player.wait_for_another(before)
    path = tmp_path / "text.png"
    path.write_bytes(b"I am no picture.")
    upload(page, "#vcolour-a-upload", path)
    expect(page.get_by_test_id("toast-text").first).to_contain_text("text.png is not a picture")
    assert player.loaded() == before


@pytest.mark.kept_page
@pytest.mark.parametrize(("typed", "taken"), [("1000000", "4"), ("NaN", "0"), ("-99", "-4"), ("", "0"), ("2", "2")])
def test_whatever_is_typed_beside_a_slider_is_bounded_and_nothing_is_lost(page: Page, typed: str, taken: str) -> None:
    if not (player := Player(page, "vae-player")).root.is_visible():
        opened(page, "code", "vae-player")
    before = player.loaded()
    number = page.locator("#vae-code [data-z='2'] input[type=number]")
    focus(number)
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.keyboard.type(typed)
    page.keyboard.press("Tab")
    player.wait_for_another(before)
    expect(number).to_have_value(taken)
    row = page.locator("#vae-narrator tr").nth(1)
    expect(row).to_contain_text(f"{float(taken):.2f}".replace("-", "−"))
    no_complaint(page)


@pytest.mark.kept_page
def test_one_digit_twice_and_an_empty_drawing_are_said_and_painted(page: Page) -> None:
    player = opened(page, "between", "vbetween-player")
    before, said = player.loaded(), page.locator("#vbetween-said")
    page.get_by_text("Choose another").filter(visible=True).first.click()
    page.locator("#between-b [data-example='3']").click()
    before = player.wait_for_another(before)
    expect(said).to_have_text("Both ends are the same picture, so the film stands still.")
    film = pictures(player)
    assert len(film) == 24 and np.abs(film.astype(int) - film[:1]).max() <= 1
    page.locator("#desk-editor [data-act=clear]").click()
    before = player.wait_for_another(before)
    expect(said).to_contain_text("A is of one colour")
    page.locator("#desk-editor [data-act=draw]").click()
    drag(page, page.locator("#desk-editor canvas").first, [(8.0, 6.0), (20.0, 6.0), (12.0, 22.0)])
    player.wait_for_another(before)
    expect(said).to_have_text("")
    no_complaint(page)


@pytest.mark.kept_page
def test_the_table_and_the_film_of_all_numbers_go_home(page: Page, tmp_path: Path) -> None:
    opened(page, "code", "vae-player")
    film = Player(page, "vae-film")
    played = film.loaded()
    for view, count in (("Every number in turn", 24), ("All at a glance", 1)):
        if count == 1:
            page.locator("#vae-walk").get_by_text(view).click()
            film.wait_for_another(played)
        for button, suffix in (("#vae-gif", ".gif"), ("#vae-png", ".png")):
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


@pytest.mark.kept_page
def test_on_a_phone_no_task_is_wider_than_the_screen_and_the_stage_comes_first_then_the_digit_and_the_commands(
    page: Page,
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    at(page, "/vae/")
    for tab, key, tasks in (
        ("code", "vae", ("All at a glance",)),
        ("between", "vbetween", ("Four corners", "A − B + C")),
        ("colour", "vcolour", ("Copy", "Between", "Its numbers")),
    ):
        page.locator(f"#vae-{tab}-tab-button").click()
        unfold(page)
        player = Player(page, "vae-film" if tab == "code" else f"{key}-player")
        before = player.loaded()
        for task in tasks:
            page.locator(f"#{key}-{'walk' if tab == 'code' else 'mode'}").get_by_text(task).click()
            before = player.wait_for_another(before)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (tab, task)
        page.evaluate("scrollTo(0, 0)")
        room = page.locator(f"#vae-{tab}-tab")
        parts = page.locator(f"#{key}-player"), page.locator("#desk"), room.locator(".easel-controls")
        tops = [box["y"] for part in parts if (box := part.bounding_box())]
        assert len(tops) == 3 and tops == sorted(tops)
    no_complaint(page)


LONG = 90_000
"""A search for a code takes a second on a core of its own, and here it may share one."""
LINKS = {
    "code": ("vae-player", "&model=vae-mnist-20d&z=" + ",".join(["0.5", "-1.25", *["0"] * 18])),
    "between": ("vbetween-player", "&task=four&tiles=5&b=1&c=2&d=4"),
    "cost": ("cost-player", "&task=sample&model=20&seed=4"),
    "restore": ("restore-player", "&damage=Noise&flips=10&show=search"),
    "colour": ("vcolour-player", "&task=between&a=3&b=8&frames=5"),
    "map": ("map-player", "&path=-2,0+1,1.5&frames=5&pins=0.5,0.5"),
}


@pytest.mark.parametrize("tab", LINKS)
def test_a_link_paints_what_it_names_to_the_pixel_wherever_it_is_opened(page: Page, tab: str) -> None:
    name, query = LINKS[tab]
    found = []
    for _ in range(2):
        player = opened(page, tab, name, f"&digit=7&cover=right{query}")
        expect(player.root).not_to_have_attribute("data-loaded", STORED[tab], timeout=LONG)
        expect(page.locator(".easel-note")).to_be_empty()
        for panel in range(len(player.value()["panels"])):
            found.append(pictures(player, panel))
        query = "&" + link(page).split("?", 1)[1].replace(f"tab={tab}&", "")
    half = len(found) // 2
    for before, again in zip(found[:half], found[half:], strict=True):
        np.testing.assert_array_equal(before, again)
    no_complaint(page)


STORED = {
    "code": "vae",
    "between": "vae-between",
    "cost": "cost",
    "restore": "restore",
    "colour": "vae-colour",
    "map": "map-film",
}
"""What stands on each stage before anything is computed."""


@pytest.mark.kept_page
def test_a_bent_code_stands_in_the_address_until_another_digit_brings_its_own(page: Page) -> None:
    player = opened(page, "code", "vae-player")
    before = player.loaded()
    slider = page.locator("#vae-code [data-z='1'] input[type=range]")
    focus(slider)
    page.keyboard.press("ArrowRight")
    before = player.wait_for_another(before)
    page.wait_for_function("() => new URLSearchParams(location.search).get('z')?.split(',').length === 8")
    page.locator("#desk [data-example='7']").click()
    player.wait_for_another(before)
    expect(page.locator("#vae-narrator .sentence")).to_contain_text("stand for this digit")
    page.wait_for_function("() => !location.search.includes('z=') && location.search.includes('digit=7')")
    for bad in ("z=1,2", "z=9,9,9,9,9,9,9,9", "z=<b>"):
        load(page, f"/vae/?tab=code&digit=7&{bad}")
        expect(page.locator(".easel-note")).to_contain_text("could not be read (z)")
        expect(page.locator("#vae-narrator .sentence")).to_contain_text("stand for this digit")
