"""Hands and eyes of the browser tests: a player, an editor, a toast, a download."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, ViewportSize, expect

from viz.payload import Player, panel_data

SIDE = 28
ASSETS = Path(__file__).resolve().parents[2] / "assets"

TALL = ViewportSize(width=1440, height=1700)
"""A screen on which a room's stage and all of its controls are in sight at once: out of sight nothing plays."""

Point = tuple[float, float]


class Stage:
    """A player on the page: its buttons, and the value it shows, as the page itself keeps it."""

    def __init__(self, page: Page, elem_id: str) -> None:
        self.page = page
        self.root = page.locator(f"#{elem_id} .easel-player")
        self.line = self.root.locator(".line")

    def value(self) -> Player:
        value: Player = self.root.evaluate("root => root.easelStep.value")
        return value

    def pictures(self, panel: int = -1) -> NDArray[np.uint8]:
        """(frames, cells, H, W, C) of one panel; the last panel is what was painted."""
        return panel_data(self.value()["panels"][panel])

    def act(self, name: str) -> Locator:
        return self.root.locator(f"[data-act={name}]")

    def speed(self, name: str) -> None:
        self.act("speed").get_by_text(name, exact=True).click()

    def cell(self, index: int) -> Locator:
        return self.root.locator(f"[data-act=pick][data-cell='{index}']")

    def at(self, step: int) -> None:
        """Wait until the player stands at this step, counted from 0."""
        expect(self.root).to_have_attribute("data-step", str(step))

    def rests(self, step: int) -> None:
        """Wait until it has stopped playing, and at this step."""
        expect(self.root).to_have_attribute("data-playing", "false")
        self.at(step)

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """What happens inside brings a new value to the player."""
        before = self.root.get_attribute("data-loaded") or "nothing"
        yield
        expect(self.root).not_to_have_attribute("data-loaded", before)

    def canvas(self, panel: int = -1) -> NDArray[np.uint8]:
        """(28, 28, 4): the colour in the middle of every picture pixel on the screen, of a panel of one picture."""
        rgba = (
            self.root.locator(".panel .box > canvas")
            .nth(panel)
            .evaluate(
                """(canvas, side) => {
              const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              const at = (i, length) => Math.floor(((i + 0.5) / side) * length);
              return Array.from({ length: side * side }, (_, i) => {
                const pixel = at(Math.floor(i / side), canvas.height) * canvas.width + at(i % side, canvas.width);
                return [...data.subarray(4 * pixel, 4 * pixel + 4)];
              });
            }""",
                SIDE,
            )
        )
        return np.array(rgba, np.uint8).reshape(SIDE, SIDE, 4)


class Board:
    """A pixel editor on the page, worked with the mouse; points are in pixels of the picture."""

    def __init__(self, page: Page, elem_id: str) -> None:
        self.page = page
        self.root = page.locator(f"#{elem_id} .easel-editor")

    def act(self, name: str) -> Locator:
        return self.root.locator(f"[data-act='{name}']")

    def ink(self) -> int:
        return int(self.root.get_attribute("data-ink") or -1)

    def hidden(self) -> int:
        return int(self.root.get_attribute("data-hidden") or -1)

    def hides(self, pixels: int) -> None:
        expect(self.root).to_have_attribute("data-hidden", str(pixels))

    def press(self, path: Sequence[Point]) -> None:
        """Put the brush down at the first point and drag it through the others; it stays down."""
        canvas = self.root.locator("canvas")
        canvas.scroll_into_view_if_needed()
        box = box_of(canvas)
        for index, (x, y) in enumerate(path):
            self.page.mouse.move(box["x"] + x / SIDE * box["width"], box["y"] + y / SIDE * box["height"])
            if index == 0:
                self.page.mouse.down()

    def stroke(self, path: Sequence[Point]) -> None:
        self.press(path)
        self.page.mouse.up()


def box_of(locator: Locator) -> FloatRect:
    """Where a visible element stands on the screen, in CSS pixels."""
    box = locator.bounding_box()
    assert box is not None, f"{locator} is not on the screen"
    return box


def choose(page: Page, elem_id: str, option: str) -> None:
    """One option of a switch."""
    page.locator(f"#{elem_id}").get_by_text(option, exact=True).click()


def enter(page: Page, elem_id: str, value: float) -> None:
    """Type a number into a field, or into the field of a slider, and leave it."""
    field = page.locator(f"#{elem_id} input[type=number]")
    field.fill(f"{value:g}")
    field.blur()


def unfold(page: Page, name: str) -> None:
    """Open the fold of that name in the room that is shown."""
    page.get_by_role("button", name=name).filter(visible=True).click()


def toast(page: Page) -> str:
    """The sentence of the one toast on the screen, which is then closed."""
    text = page.get_by_test_id("toast-text")
    expect(text).to_have_count(1)
    sentence = text.inner_text().strip()
    page.get_by_test_id("toast-close").click()
    expect(text).to_have_count(0)
    return sentence


def assert_one_sentence(text: str) -> None:
    """For people: one sentence with a capital and a full stop, no trace of the program's inside."""
    assert re.fullmatch(r"[A-Z][^\n]{10,180}[.!]", text), text
    assert not re.search(r"[.!?] [A-Z]|Traceback|Error\b|Exception|0x|torch\.|numpy|\.py\b", text), text


def downloaded(page: Page, elem_id: str) -> tuple[str, Image.Image]:
    """Click a download button: the name of the file that comes and the picture in it."""
    with page.expect_download() as waiting:
        page.locator(f"#{elem_id}").click()
    return waiting.value.suggested_filename, Image.open(BytesIO(waiting.value.path().read_bytes()))


def durations(gif: Image.Image) -> list[int]:
    """For how many ms each frame of an animation stands."""
    times = []
    for frame in range(gif.n_frames):
        gif.seek(frame)
        gif.load()
        times.append(int(gif.info["duration"]))
    return times
