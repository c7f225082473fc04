"""The aim widget alone on a page: a window that hands, wheel and keys move, and that answers from Python do not jog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import Server, free_port
from tests.browser.helpers import focus
from viz.serving.server import running
from viz.views.aim import Aim, aim
from viz.widgets.aim import aim as widget

SIDE, MARGIN = 20, 3
SMALLEST, LARGEST = 2.0, 40.0
START = (10.0, 10.0, 8.0)
HEARD = """() => {
  const [x, y, size, done] = JSON.parse(document.querySelector('#told textarea').value).at(-1) ?? [];
  const at = document.querySelector('#aimed .easel-aim').dataset;
  return done && [[x, at.x], [y, at.y], [size, at.size]].every(([told, shown]) => told === Number(shown));
}"""
"""Whether the last report is that of the window as it stands there, let go."""


def window(x: float, y: float, size: float, ink: float = 0.0) -> Aim:
    picture = np.full((1, SIDE, SIDE), ink, np.float32)
    return aim(picture, "write", (x, y, size), ghosts=[(4, 4, 5)], smallest=SMALLEST, largest=LARGEST, filters=3)


def demo() -> gr.Blocks:
    """A window, all that it reported, and a button that puts it back."""
    with gr.Blocks() as blocks, gr.Tab("Window"):
        aimed = widget.aim("aimed", "write", window(*START))
        log = gr.State([])
        told = gr.Textbox("[]", elem_id="told")
        back = gr.Button("Back", elem_id="back")

        def on_aim(event: gr.EventData, log: list[Any]) -> tuple[Any, ...]:
            log = [*log, [event.x, event.y, event.size, event.done]]
            return window(event.x, event.y, event.size, ink=1.0), log, json.dumps(log)

        aimed.aim(on_aim, log, [aimed, log, told], trigger_mode="always_last", show_progress="hidden")
        back.click(lambda: (window(*START), [], "[]"), outputs=[aimed, log, told])
    return blocks


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of :func:`demo`, in place of the whole app."""
    log: Path = tmp_path_factory.mktemp("aim") / "output.txt"
    log.touch()
    with running({"/": demo()}, port=free_port()) as url:
        yield Server(url, log)


class Hand:
    """The widget, and the mouse in the picture's pixels."""

    def __init__(self, page: Page) -> None:
        self.page, self.root = page, page.locator("#aimed .easel-aim")
        self.canvas: Locator = self.root.locator("canvas")
        if page.url == "about:blank":
            page.goto("/")
        page.locator("#back").click()
        for name, value in zip(("x", "y", "size"), START, strict=True):
            expect(self.root).to_have_attribute(f"data-{name}", f"{value:g}")
        expect(page.locator("#told textarea")).to_have_value("[]")

    def move(self, x: float, y: float) -> None:
        box: FloatRect | None = self.canvas.bounding_box()
        assert box is not None
        unit = box["width"] / (SIDE + 2 * MARGIN)
        self.page.mouse.move(box["x"] + (x + MARGIN) * unit, box["y"] + (y + MARGIN) * unit, steps=5)

    def drag(self, *places: tuple[float, float]) -> None:
        self.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.move(*place)
        self.page.mouse.up()

    def window(self) -> list[float]:
        return [float(self.root.get_attribute(f"data-{name}") or "nan") for name in ("x", "y", "size")]

    def reports(self) -> list[list[Any]]:
        """All that came to Python, once it has heard where the window was let go."""
        self.page.wait_for_function(HEARD)
        found: list[list[Any]] = json.loads(self.page.locator("#told textarea").input_value())
        return found


def test_the_mouse_drags_the_window_and_python_hears_where_it_is_and_when_it_was_let_go(page: Page) -> None:
    hand = Hand(page)
    hand.move(11, 11)
    expect(hand.canvas).to_have_attribute("title", "Drag to move the window; the wheel zooms it")
    hand.drag((11, 11), (8, 13), (6, 14))
    np.testing.assert_allclose(hand.window(), [5, 13, 8], atol=0.1)
    reports = hand.reports()
    assert reports[-1] == [*hand.window(), True] and not any(done for *_, done in reports[:-1])


def test_a_new_picture_under_the_window_does_not_take_it_out_of_the_hand(page: Page) -> None:
    hand = Hand(page)
    first = str(hand.root.get_attribute("data-loaded"))
    hand.move(10, 10)
    page.mouse.down()
    hand.move(6, 10)
    expect(hand.root).not_to_have_attribute("data-loaded", first)
    expect(hand.root).to_have_attribute("data-held", "true")
    hand.move(6, 15)
    np.testing.assert_allclose(hand.window(), [6, 15, 8], atol=0.1)
    page.mouse.up()
    assert hand.reports()[-1] == [*hand.window(), True]
    np.testing.assert_allclose(hand.window(), [6, 15, 8], atol=0.1)


def test_a_corner_zooms_about_the_centre_as_far_as_the_limits(page: Page) -> None:
    hand = Hand(page)
    hand.move(14, 14)
    expect(hand.canvas).to_have_attribute("title", "Drag to zoom the window")
    hand.drag((14, 14), (16, 16))
    np.testing.assert_allclose(hand.window(), [10, 10, 12], atol=0.2)
    hand.drag((16, 16), (10, 10))
    expect(hand.root).to_have_attribute("data-size", f"{SMALLEST:g}")
    assert hand.window() == [10, 10, SMALLEST]


def test_the_wheel_zooms_over_the_window_alone(page: Page) -> None:
    hand = Hand(page)
    hand.move(10, 10)
    page.mouse.wheel(0, -120)
    expect(hand.root).not_to_have_attribute("data-size", "8")
    x, y, size = hand.window()
    assert (x, y) == (10, 10) and 8 < size < 12
    assert hand.reports()[-1] == [x, y, size, True]
    hand.move(1, 19)
    page.mouse.wheel(0, -120)
    page.mouse.wheel(0, 120)
    hand.move(10, 10)
    page.mouse.wheel(0, 120)
    expect(hand.root).to_have_attribute("data-size", "8")


def test_keys_move_the_window_by_half_a_pixel_and_zoom_it(page: Page) -> None:
    hand = Hand(page)
    focus(hand.canvas)
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert hand.window() == [11, 9.5, 8]
    page.keyboard.press("+")
    assert hand.window() == [11, 9.5, 8.8]
    page.keyboard.press("-")
    assert hand.window() == [11, 9.5, 8]
    assert hand.reports()[-1] == [11, 9.5, 8, True]


def test_the_centre_is_held_half_a_side_outside_and_a_press_fetches_the_window_back(page: Page) -> None:
    hand = Hand(page)
    hand.move(10, 10)
    page.mouse.down()
    page.mouse.move(0, 0, steps=5)
    page.mouse.move(-900, -900, steps=5)
    page.mouse.up()
    assert hand.window() == [-SIDE / 2, -SIDE / 2, 8]
    assert hand.reports()[-1] == [-SIDE / 2, -SIDE / 2, 8, True]
    expect(hand.root.locator(".how")).to_contain_text("outside")
    hand.drag((12, 7), (12, 7))
    np.testing.assert_allclose(hand.window(), [12, 7, 8], atol=0.1)


def test_python_can_put_the_window_back_after_a_drag(page: Page) -> None:
    hand = Hand(page)
    hand.drag((10, 10), (5, 5))
    hand.reports()
    page.locator("#back").click()
    expect(hand.root).to_have_attribute("data-x", "10")
    assert hand.window() == list(START)


def test_a_press_that_moves_nothing_reports_nothing(page: Page) -> None:
    hand = Hand(page)
    hand.drag((10, 10), (10, 10))
    focus(hand.canvas)
    page.keyboard.press("ArrowLeft")
    assert hand.reports()[0][:3] == [9.5, 10, 8], "the first report is that of the key"
