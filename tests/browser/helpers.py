"""What a person does in the rooms, in a few words."""

import base64
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from playwright.sync_api import Locator, Page, expect

from viz.player.payload import panel_data

SIDE = 28
SEEN = "() => window.easelAddress?.settled && !document.body.matches('.easel-arriving')"
ARRIVED = """address => {
  const { link, tab } = easelAddress;
  const opened = new Set([new URLSearchParams(location.search).get('tab')]);
  window.easelArrived = { address, link: link(), opened };
  easelAddress.tab = (name) => { opened.add(name); tab(name); };
}"""
NOW = """() => window.easelArrived
  && [easelArrived.address, easelArrived.link, easelAddress.link(), [...easelArrived.opened]]"""
GO = """address => new Promise(done => {
  const { filled } = easelAddress;
  easelAddress.filled = () => { easelAddress.filled = filled; filled(); done(); };
  history.pushState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
})"""
NOTHING_TO_PAINT = {"tab", "step", "cell", "v"}
"""What an address may say otherwise while the same pictures stay on the stages."""
OF_ALL_TABS = {"digit", "cover", "seed"}


def load(page: Page, address: str) -> None:
    """Load a room, and wait until it is seen: before, a hand finds nothing there and nothing says a word."""
    page.goto(address)
    page.wait_for_function(SEEN)


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def differences(one: str, other: str) -> set[str]:
    """The names in two addresses that do not stand in both with the same value."""
    return {name for name, _ in query(one).items() ^ query(other).items()}


def stands_there(page: Page, address: str) -> bool:
    """Whether a page that was brought to its room by :func:`at` shows at an address what it would show if loaded."""
    if urlsplit(page.url).path != urlsplit(address).path or (came := page.evaluate(NOW)) is None:
        return False
    first, link, now, opened = came
    if differences(address, first) | differences(link, now) <= NOTHING_TO_PAINT:
        return True
    unseen = query(address).get("tab", opened[0]) not in opened and query(address).keys() <= {"tab"}
    return unseen and not differences(link, now) & OF_ALL_TABS


def at(page: Page, address: str) -> None:
    """Bring the page to an address: as Back and Forward do where it stands there as if loaded, else by loading it.

    Loading a room takes as long as many a test. All that counts stands in its address; so a kept page of which nothing
    was changed since it came, or no control of the asked tab and of the whole page, need not be loaded again.
    """
    if stands_there(page, address):
        page.evaluate(GO, address)
        return
    load(page, address)
    page.evaluate(ARRIVED, address)


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


def assert_alike(stored: dict[str, Any], painted: dict[str, Any]) -> None:
    """Two payloads are the same painting, though on processors of different makes the last digits are others."""
    for before, now in zip(stored["panels"], painted["panels"], strict=True):
        assert np.abs(panel_data(before).astype(int) - panel_data(now)).max() <= 1
    assert without_data(stored) == without_data(painted)
    for before, now in zip(numbers(stored), numbers(painted), strict=True):
        np.testing.assert_allclose(before, now, rtol=1e-3, atol=1e-3)


def without_data(value: Any) -> Any:
    """What is in a payload but for its arrays and its name."""
    if isinstance(value, dict):
        return {key: without_data(each) for key, each in value.items() if key not in ("data", "id")}
    return [without_data(each) for each in value] if isinstance(value, list) else value


def numbers(payload: dict[str, Any]) -> list[NDArray[np.float32]]:
    """The arrays of a payload's chart and sentence."""
    every = [payload["cost"] or {}, *(payload["note"] or {}).get("values", {}).values()]
    return [np.frombuffer(base64.b64decode(each["data"]), np.float32) for each in every if "data" in each]


def focus(place: Locator) -> None:
    """Bring the keyboard there, once it is seen: out of sight nothing takes it."""
    expect(place).to_be_visible()
    place.focus()


def unfold(page: Page) -> None:
    """Open the cards that a phone has folded on the tab that is shown."""
    for fold in page.locator(".easel-heading[aria-expanded=false]").filter(visible=True).all()[::-1]:
        fold.click()


def drag(page: Page, canvas: Locator, points: list[tuple[float, float]]) -> None:
    """Draw through points in the picture's pixels with the mouse."""
    expect(canvas).to_be_visible()
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
