"""The pen: a window dragged or pixels painted at one stroke change the pictures after it, live, and none before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from core.results import STEPS
from core.training.registry import REGISTRY
from tests.browser.helpers import SIDE, Player, at, drag, frames_of, load
from viz.player.payload import panel_data
from viz.tabs.draw_pen import FIRST_AT, FIRST_WINDOW

MARGIN = 4
"""Pixels around the picture in which the window may be dragged."""


class Pen:
    """The tab, opened: its window, its player, and what stands beside them."""

    def __init__(self, page: Page, query: str = "") -> None:
        at(page, f"/draw/?tab=pen{query}")
        self.page, self.root = page, page.locator("#pen-aim .easel-aim")
        self.canvas: Locator = self.root.locator("canvas")
        self.player = Player(page, "pen-player")
        self.shown = self.player.loaded()

    def wait(self) -> None:
        self.shown = self.player.wait_for_another(self.shown)

    def films(self) -> list[Any]:
        """With the hand and without it, (T, H, W) each."""
        return [panel_data(panel)[:, 0, ..., 0].astype(int) for panel in self.player.value()["panels"]]

    def move(self, x: float, y: float) -> None:
        box = self.canvas.bounding_box()
        assert box is not None
        unit = box["width"] / (SIDE + 2 * MARGIN)
        self.page.mouse.move(box["x"] + (x + MARGIN) * unit, box["y"] + (y + MARGIN) * unit, steps=8)

    def window(self) -> list[float]:
        return [float(str(self.root.get_attribute(f"data-{name}"))) for name in ("x", "y", "size")]

    def press(self, name: str) -> None:
        self.page.locator(f"#pen-{name}").click()
        self.wait()

    def first_difference(self) -> int | None:
        touched, untouched = self.films()
        apart = np.abs(touched - untouched).max((1, 2)) > 0
        return int(apart.argmax()) if apart.any() else None


@pytest.fixture
def pen(page: Page) -> Pen:
    return Pen(page)


@pytest.mark.kept_page
def test_the_stored_painting_differs_from_the_moved_stroke_on(pen: Pen) -> None:
    assert pen.shown == "pen"
    assert pen.window() == list(FIRST_WINDOW) and pen.first_difference() == FIRST_AT - 1
    expect(pen.page.locator("#pen-hands")).to_have_text(f"Your hand: stroke {FIRST_AT} (window moved)")


@pytest.mark.kept_page
def test_letting_it_go_on_plays_from_the_stroke_of_the_hand(pen: Pen) -> None:
    pen.player.press("next")
    pen.page.locator("#pen-go").click()
    expect(pen.player.root).to_have_attribute("data-playing", "true")
    pen.player.expect_step(STEPS - 1)
    expect(pen.player.root).to_have_attribute("data-playing", "false")


@pytest.mark.kept_page
def test_the_gif_has_both_panels_and_all_strokes(pen: Pen, tmp_path: Any) -> None:
    with pen.page.expect_download() as download:
        pen.page.locator("#pen-gif").click()
    path = tmp_path / "pen.gif"
    download.value.save_as(path)
    frames, _ = frames_of(path)
    picture: Image.Image = frames[0]
    assert len(frames) == STEPS and picture.width > 1.3 * picture.height, (
        "two panels side by side, words above and below"
    )


@pytest.mark.kept_page
def test_an_empty_seed_waits_and_a_new_one_paints(pen: Pen) -> None:
    pen.page.locator("#desk-seed input").fill("")
    pen.page.locator("#desk-seed input").fill("77")
    pen.wait()
    expect(pen.page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_the_outcome_follows_the_window_while_it_is_still_in_the_hand(pen: Pen) -> None:
    before = pen.films()
    pen.player.press("next")  # whoever takes the player in hand ends its own playing
    pen.move(*FIRST_WINDOW[:2])
    pen.page.mouse.down()
    pen.move(20, 8)
    pen.wait()
    expect(pen.root).to_have_attribute("data-held", "true")
    assert np.abs(pen.films()[0] - before[0]).max() > 0
    np.testing.assert_allclose(pen.films()[1], before[1], atol=1)  # a grey level, on processors of different makes
    pen.page.mouse.up()
    expect(pen.root).to_have_attribute("data-held", "false")
    np.testing.assert_allclose(pen.window(), [20, 8, FIRST_WINDOW[2]], atol=0.2)
    assert pen.first_difference() == FIRST_AT - 1


@pytest.mark.kept_page
def test_a_window_dragged_far_outside_is_held_and_its_picture_is_a_picture(pen: Pen) -> None:
    pen.move(*FIRST_WINDOW[:2])
    pen.page.mouse.down()
    pen.page.mouse.move(0, 0, steps=4)
    pen.page.mouse.move(-2000, -2000, steps=2)
    pen.page.mouse.up()
    pen.wait()
    expect(pen.root).to_have_attribute("data-x", str(-SIDE // 2))
    expect(pen.root.locator(".how")).to_contain_text("outside")
    expect(pen.page.locator("#pen-narrator")).not_to_contain_text("NaN")
    expect(pen.page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_reset_takes_the_hand_away_and_both_pictures_are_one(pen: Pen) -> None:
    pen.press("reset")
    assert pen.first_difference() is None
    expect(pen.page.locator("#pen-narrator .sentence")).to_contain_text("both pictures are one")
    assert pen.window() != list(FIRST_WINDOW), "the window is the painter's own again"


@pytest.mark.kept_page
def test_pixels_painted_before_a_stroke_stay_when_it_imagines_and_the_list_names_them(pen: Pen) -> None:
    pen.press("reset")
    pen.page.locator("#pen-mode").get_by_text("Imagine").click()
    pen.wait()
    pen.page.locator("#pen-at input[type=number]").fill("12")
    pen.page.locator("#pen-at input[type=number]").press("Enter")
    pen.wait()
    pen.page.locator("#pen-way").get_by_text("Paint on the canvas").click()
    drag(pen.page, pen.page.locator("#pen-canvas canvas"), [(3.0, 25.0), (25.0, 25.0)])
    pen.wait()
    expect(pen.page.locator("#pen-hands")).to_contain_text("stroke 12")
    expect(pen.page.locator("#pen-hands")).to_contain_text("pixels painted")
    assert pen.first_difference() == 11
    while (films := pen.films())[0][-1, 25, 4:24].mean() <= films[1][-1, 25, 4:24].mean() + 150:
        pen.wait()  # the answer to a part of the line; the network never saw its pixels
    expect(pen.page.locator("#pen-narrator .sentence")).to_contain_text("blindly")


@pytest.mark.kept_page
def test_a_link_bears_every_move_of_the_hand_and_shows_the_same_pictures_to_the_pixel(pen: Pen) -> None:
    pen.move(*FIRST_WINDOW[:2])
    pen.page.mouse.down()
    pen.move(20, 8)
    pen.page.mouse.up()
    expect(pen.root).to_have_attribute("data-held", "false")
    pen.wait()
    pen.page.locator("#pen-at input[type=number]").fill("9")
    pen.page.locator("#pen-at input[type=number]").press("Enter")
    pen.wait()
    pen.page.locator("#pen-way").get_by_text("Paint on the canvas").click()
    drag(pen.page, pen.page.locator("#pen-canvas canvas"), [(3.0, 25.0), (25.0, 25.0)])
    said = "Your hand: stroke 2 (window moved); stroke 9 (48 pixels painted)"
    expect(pen.page.locator("#pen-hands")).to_contain_text(said)
    films = pen.films()
    ink = str(pen.page.locator("#pen-canvas .easel-editor").get_attribute("data-ink"))
    link = pen.page.evaluate("window.easelAddress.link()")
    pen.page.goto("about:blank")
    load(pen.page, link)
    expect(pen.page.locator("#pen-hands")).to_contain_text(said)
    expect(pen.page.locator("#pen-canvas .easel-editor")).to_have_attribute("data-ink", ink)
    np.testing.assert_array_equal(pen.films(), films)


@pytest.mark.kept_page
@pytest.mark.parametrize("moves", ["99m1,1,1", "2m1,1", "x", "2p" + "A" * 130])
def test_a_hand_that_cannot_be_read_is_said_and_the_picture_is_the_usual_one(page: Page, moves: str) -> None:
    page.goto("about:blank")
    pen = Pen(page, f"&moves={moves}")
    expect(page.locator(".easel-note")).to_contain_text("could not be read (moves)")
    assert pen.shown == "pen" and pen.window() == list(FIRST_WINDOW)


def test_the_slider_goes_as_far_as_the_painter_has_strokes() -> None:
    assert REGISTRY["draw-mnist"].config.steps == STEPS and 1 <= FIRST_AT <= STEPS
