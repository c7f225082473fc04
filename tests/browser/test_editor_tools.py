"""Every button of the editor does what it says, with the mouse and from the keyboard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.studio.runtime import Runtime
from tests.browser.helpers import drag, focus, load
from viz.tabs.subject import examples
from viz.widgets.editor.editor import decode

pytestmark = pytest.mark.kept_page

WITNESS = """id => {
  const root = document.querySelector('#' + id + ' .easel-editor');
  const text = array => btoa(Array.from(array, byte => String.fromCharCode(byte)).join(''));
  const { pixels, hidden } = window.easelDigit();
  return { height: 28, width: 28, channels: 1, pixels: text(pixels), hidden: text(hidden), tool: root.dataset.tool };
}"""


class Editor:
    """A room's editor and what a person does with it."""

    def __init__(self, page: Page, key: str) -> None:
        self.page, self.id = page, f"{key}-editor"
        self.root = page.locator(f"#{self.id} .easel-editor")
        self.canvas = self.root.locator("canvas").first

    def press(self, act: str) -> None:
        self.root.locator(f'[data-act="{act}"]').click()

    def count(self, what: str = "ink") -> int:
        return int(self.root.get_attribute(f"data-{what}") or 0)

    def expect(self, what: str, count: int) -> None:
        expect(self.root).to_have_attribute(f"data-{what}", str(count))

    def drag(self, *points: tuple[float, float]) -> None:
        drag(self.page, self.canvas, list(points))

    def picture(self) -> tuple[np.ndarray, np.ndarray]:
        """Ink (H, W) and cover (H, W) as bools, as the browser keeps them since the last edit."""
        value: Any = self.page.evaluate(WITNESS, self.id)
        pixels, hidden = decode(value)
        return pixels > 0, hidden


@pytest.fixture
def drawing(page: Page) -> Editor:
    """The page's editor, wiped, with the middle brush."""
    if "/draw/" not in page.url:
        load(page, "/draw/")
    editor = Editor(page, "desk")
    for act in ("mask-none", "draw", "size-2", "clear"):
        editor.press(act)
    editor.expect("ink", 0)
    return editor


@pytest.fixture
def covering(page: Page) -> Editor:
    """The page's editor, nothing covered, with the middle brush."""
    if "/draw/" not in page.url:
        load(page, "/draw/")
    editor = Editor(page, "desk")
    for act in ("cover", "size-2", "mask-none"):
        editor.press(act)
    page.locator('[data-example="3"]').click()
    editor.expect("hidden", 0)
    return editor


def test_undo_takes_back_a_stroke_at_a_time_and_redo_brings_it_again(drawing: Editor) -> None:
    undo, redo = (drawing.root.locator(f'[data-act="{act}"]') for act in ("undo", "redo"))
    drawing.drag((4, 4), (20, 4))
    expect(redo).to_have_attribute("aria-disabled", "true")
    first = drawing.count()
    drawing.drag((4, 20), (20, 20))
    both = drawing.count()
    assert 0 < first < both
    drawing.press("undo")
    drawing.expect("ink", first)
    drawing.press("undo")
    drawing.expect("ink", 0)
    drawing.press("redo")
    drawing.press("redo")
    drawing.expect("ink", both)
    expect(redo).to_have_attribute("aria-disabled", "true")
    focus(drawing.canvas)
    drawing.page.keyboard.press("Control+z")
    drawing.expect("ink", first)
    drawing.page.keyboard.press("Control+y")
    drawing.expect("ink", both)
    drawing.press("undo")
    drawing.drag((10, 10), (10, 16))  # a new stroke ends what could be done again
    expect(redo).to_have_attribute("aria-disabled", "true")
    expect(undo).to_have_attribute("aria-disabled", "false")


def test_each_size_of_brush_is_as_wide_as_it_says(drawing: Editor) -> None:
    for size, square in ((1, 1), (2, 4), (3, 5)):  # the largest is a plus of five pixels
        drawing.press("clear")
        drawing.press(f"size-{size}")
        expect(drawing.root.locator(f'[data-act="size-{size}"]')).to_have_attribute("aria-pressed", "true")
        drawing.drag((14.5, 14.5), (14.5, 14.5))
        drawing.expect("ink", square)


def test_erasing_takes_ink_where_the_brush_goes_and_nowhere_else(drawing: Editor) -> None:
    drawing.drag((4, 14), (22, 14))
    before, _ = drawing.picture()
    drawing.press("erase")
    drawing.drag((12, 8), (12, 20))
    after, _ = drawing.picture()
    assert 0 < after.sum() < before.sum() and not (after & ~before).any()
    assert not after[:, 11:13].any() and after[:, :11].sum() == before[:, :11].sum()


def test_revealing_uncovers_where_the_brush_goes_and_leaves_the_ink(covering: Editor) -> None:
    ink = covering.count()
    covering.press("mask-lower")
    covering.expect("hidden", 392)
    covering.press("reveal")
    covering.drag((4, 20), (24, 20))
    _, hidden = covering.picture()
    assert 0 < hidden.sum() < 392 and not hidden[:14].any() and not hidden[20, 5:23].any()
    covering.expect("ink", ink)
    covering.press("cover")
    covering.drag((4, 20), (24, 20))
    assert covering.picture()[1][20, 5:23].all()


def test_a_random_cover_hides_half_of_the_picture_in_blocks_and_other_ones_each_time(covering: Editor) -> None:
    covers = []
    for _ in range(3):
        covering.press("mask-random")
        _, hidden = covering.picture()
        assert 340 <= hidden.sum() <= 440
        blocks = hidden.reshape(7, 4, 7, 4).swapaxes(1, 2).reshape(49, 16)
        assert (blocks.all(1) | ~blocks.any(1)).all()
        covers.append(hidden)
    assert not (covers[0] == covers[1]).all() and not (covers[1] == covers[2]).all()
    covering.press("undo")
    assert (covering.picture()[1] == covers[1]).all()


def test_a_line_is_drawn_from_the_keyboard_pixel_by_pixel_and_as_one_stroke(drawing: Editor) -> None:
    keyboard = drawing.page.keyboard
    drawing.press("size-1")
    focus(drawing.canvas)
    keyboard.press("Space")  # the place of the arrow keys begins in the middle
    drawing.expect("ink", 1)
    for _ in range(4):
        keyboard.press("ArrowUp")
    expect(drawing.root.locator(".spoken")).to_have_text("row 11, column 15, empty")
    keyboard.down("Space")
    for _ in range(5):
        keyboard.press("ArrowRight")
    keyboard.up("Space")
    drawing.expect("ink", 7)
    ink, _ = drawing.picture()
    assert ink[14, 14] and ink[10, 14:20].all()
    drawing.press("undo")
    drawing.expect("ink", 1)
    for act in ("size-3", "size-2", "size-1", "erase"):
        keyboard.press("Shift+Tab")
        expect(drawing.root.locator(f'[data-act="{act}"]')).to_be_focused()
    keyboard.press("Enter")
    expect(drawing.root).to_have_attribute("data-tool", "erase")


def shrunk(picture: np.ndarray) -> np.ndarray:
    """The digit at half its size, in the upper left corner: ink where a block of four pixels has two."""
    rows, columns = (np.flatnonzero(picture.any(axis)) for axis in (1, 0))
    digit = picture[rows[0] : rows[0] + 22, columns[0] : columns[0] + 22]
    digit = np.pad(digit, ((0, 22 - digit.shape[0]), (0, 22 - digit.shape[1])))
    small = digit.reshape(11, 2, 11, 2).sum((1, 3)) >= 2
    return np.pad(small, ((2, 15), (2, 15)))


def nats(picture: np.ndarray, runtime: Runtime) -> float:
    pixels = np.where(picture, 255, 0).astype(np.uint8)
    return float(runtime.studio.pixels.judge("pixelcnn-mnist", pixels).nats.sum())


def test_a_digit_drawn_small_in_a_corner_is_centred_in_one_step_and_costs_what_the_centred_one_does(
    drawing: Editor,
) -> None:
    whole = examples()[3] > 0
    small = shrunk(whole)
    advice = drawing.root.locator(".advice")
    drawing.press("size-1")
    for row in range(28):
        for run in np.split(np.flatnonzero(small[row]), np.flatnonzero(np.diff(np.flatnonzero(small[row])) > 1) + 1):
            if run.size:
                drawing.drag((run[0] + 0.5, row + 0.5), (run[-1] + 0.5, row + 0.5))
    assert (drawing.picture()[0] == small).all()
    expect(advice).to_have_text("Small and off the middle. The models know centred digits.")
    drawing.press("centre")
    expect(advice).to_be_empty()
    centred, _ = drawing.picture()
    ys, xs = np.nonzero(centred)
    assert max(np.ptp(ys), np.ptp(xs)) + 1 == 20
    assert abs(ys.mean() - 14) <= 0.5 and abs(xs.mean() - 14) <= 0.5
    drawing.press("centre")
    assert (drawing.picture()[0] == centred).all()  # what stands there stays
    runtime = Runtime()
    cost = {
        name: nats(picture, runtime) for name, picture in (("small", small), ("centred", centred), ("as it was", whole))
    }
    assert cost["centred"] < 0.85 * cost["small"], cost
    assert cost["centred"] < cost["as it was"] + 15, cost
    drawing.press("undo")
    assert (drawing.picture()[0] == small).all()


def test_advice_is_given_for_a_digit_off_the_middle_and_a_digit_of_the_right_size_is_only_moved(
    drawing: Editor,
) -> None:
    advice = drawing.root.locator(".advice")
    drawing.drag((9, 1), (27, 1), (11, 19))
    expect(advice).to_have_text("It is off the middle. The models know centred digits.")
    before, _ = drawing.picture()
    drawing.press("centre")
    expect(advice).to_be_empty()
    after, _ = drawing.picture()
    assert after.sum() == before.sum()
    drawing.press("clear")
    expect(advice).to_be_empty()
