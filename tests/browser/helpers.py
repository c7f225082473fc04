"""What a person does in the rooms, in a few words."""

import io
import re
from pathlib import Path
from typing import Any

from PIL import Image, ImageSequence
from playwright.sync_api import Locator, Page, expect

SIDE = 28


class Player:
    """A player on the page: where it stands and what it can be told."""

    def __init__(self, page: Page, elem_id: str) -> None:
        self.page, self.root = page, page.locator(f"#{elem_id} .easel-player")

    def attribute(self, name: str) -> str:
        return str(self.root.get_attribute(name))

    def loaded(self) -> str:
        expect(self.root).to_have_attribute("data-loaded", re.compile(".+"))
        return self.attribute("data-loaded")

    def wait_for_another(self, old: str) -> str:
        expect(self.root).not_to_have_attribute("data-loaded", old)
        return self.loaded()

    def expect_step(self, step: int) -> None:
        expect(self.root).to_have_attribute("data-step", str(step))

    def press(self, act: str) -> None:
        self.root.locator(f'[data-act="{act}"]').first.click()

    def value(self) -> dict[str, Any]:
        """The payload on the stage, as the player itself keeps it."""
        value: dict[str, Any] = self.root.evaluate("root => root.easelStep.value")
        return value


def drag(page: Page, canvas: Locator, points: list[tuple[float, float]]) -> None:
    """Draw through points in the picture's pixels with the mouse."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    places = [(box["x"] + x / SIDE * box["width"], box["y"] + y / SIDE * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def frames_of(path: Path) -> tuple[list[Image.Image], list[int]]:
    """The frames of a GIF and how long each is shown, in ms."""
    with Image.open(io.BytesIO(path.read_bytes())) as gif:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(gif)]
        times = []
        for index in range(len(frames)):
            gif.seek(index)
            times.append(int(gif.info["duration"]))
    return frames, times
