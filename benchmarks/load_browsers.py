"""Real pages among the clients: Chromium loads rooms, presses, drags, draws, and waits until the picture is there."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from benchmarks.load_asks import SEEDS, STANDS, Action, gate
from benchmarks.load_pages import digest
from core.errors import UserError
from tests.browser import chromium

ARRIVED = "() => window.easelAddress?.settled && !document.body.matches('.easel-arriving')"
PLAYER = "document.querySelector(`#${stage} .easel-player`)"
LOADED, STEP = f"stage => {PLAYER}?.dataset.loaded ?? ''", f"stage => {PLAYER}.dataset.step"
ANOTHER = f"([stage, name, old]) => !['', old].includes({PLAYER}?.dataset[name] ?? '')"
VALUE = f"stage => {PLAYER}.easelStep.value"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
WAIT = 60_000
"""Milliseconds until something that does not come is an error."""
Timed = Callable[[str, Awaitable[Any]], Awaitable[None]]


class Visit(NamedTuple):
    """A room whose first tab does a ``task``, and the same action without a browser."""

    room: str
    task: str
    action: Action


def visit(room: str, task: str, heavy: bool) -> Visit:
    """A visit of a room's first tab."""
    inputs: dict[str, Any] = {"desk_editor": STANDS, f"{room}_mode": task or STANDS}
    action = gate(f"{room}-player", heavy, name=f"in a browser, {task}", room=f"{room}/", **inputs)
    return Visit(room, task, action._replace(stage=True))


VISITS = visit("draw", "", False), visit("draw", "Imagine", True), visit("pixels", "Imagine", True)
"""What a browser shows is compared with what its event gives."""


class Pupil:
    """A person with a browser. ``timed`` measures and counts; ``heard`` is told what was shown for which seed."""

    def __init__(self, browser: Browser, url: str, timed: Timed, heard: Callable[[Action, int, str], None]) -> None:
        self._browser, self._url, self._timed, self._heard = browser, url, timed, heard

    async def lesson(self, chance: random.Random, pause: float, until: float) -> None:
        """From room to room until the lesson ends."""
        context = await self._browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        await context.add_init_script("localStorage.clear()")  # a room begins with its own digit, whatever was drawn
        page = await context.new_page()
        page.set_default_timeout(WAIT)
        while time.monotonic() < until:
            seed = chance.randint(1, SEEDS)
            doing = chance.choice((self.paint, self.paint, self.slide, self.brush))
            try:
                await doing(page, chance, seed)
            except Exception:  # counted where it was timed; a person would go on with the next room
                await asyncio.sleep(1)
            await asyncio.sleep(min(chance.expovariate(1 / pause), max(0.0, until - time.monotonic())))
        await context.close()

    async def enter(self, page: Page, address: str, stage: str) -> None:
        """Load a room until it can be used."""

        async def load() -> None:
            await page.goto(self._url + address, wait_until="commit")
            await page.wait_for_function(ARRIVED)
            await page.wait_for_function(ANOTHER, arg=[stage, "loaded", ""])

        await self._timed("browser: a room", load())

    async def paint(self, page: Page, chance: random.Random, seed: int) -> None:
        """Choose a task, write a seed, press the button, see what is painted, and step through it."""
        room, task, action = chance.choice(VISITS)
        kind, stage = "browser: paint, heavy" if action.heavy else "browser: paint", f"{room}-player"
        await self.enter(page, f"{room}/", stage)
        if task:
            choice = page.get_by_label(task).filter(visible=True).first
            await self.until_another(page, kind, stage, partial(choice.check, force=True))
        field = page.locator("#desk-seed input")
        await self.until_another(page, kind, stage, partial(field.fill, str(seed + 1)))
        await self.until_another(page, kind, stage, page.locator(f"#{room}-paint").click)
        self._heard(action, seed + 1, digest(await page.evaluate(VALUE, stage)))
        old = await page.evaluate(STEP, stage)

        async def scrub() -> None:
            await page.locator(f"#{stage} [data-act={'next' if old == '0' else 'prev'}]").first.click()
            await page.wait_for_function(ANOTHER, arg=[stage, "step", old])

        await self._timed("browser: scrub", scrub())

    async def slide(self, page: Page, chance: random.Random, seed: int) -> None:
        """Drag a slider of a code, as a key does it."""
        await self.enter(page, "vae/?tab=code", "vae-player")
        slider = page.locator("#vae-code [data-z] input[type=range]").first
        for _ in range(3):
            await self.until_another(page, "browser: slider", "vae-player", partial(slider.press, "ArrowRight"))

    async def brush(self, page: Page, chance: random.Random, seed: int) -> None:
        """Draw a stroke, which the pixel models go on from."""
        await self.enter(page, "pixels/", "pixels-player")
        box = await page.locator("#desk-editor canvas").first.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * (0.3 + 0.4 * chance.random()), box["y"] + box["height"] * 0.2

        async def stroke() -> None:
            await page.mouse.move(x, y)
            await page.mouse.down()
            await page.mouse.move(x + 20, y + box["height"] * 0.2, steps=5)
            await page.mouse.up()

        await self.until_another(page, "browser: brush", "pixels-player", stroke)

    async def until_another(self, page: Page, kind: str, stage: str, act: Callable[[], Awaitable[Any]]) -> None:
        """Time from what a hand does until another picture stands on the stage."""
        old = await page.evaluate(LOADED, stage)

        async def seen() -> None:
            await act()
            await page.wait_for_function(ANOTHER, arg=[stage, "loaded", old])

        await self._timed(kind, seen())


async def class_of(
    count: int, url: str, pause: float, until: float, timed: Timed, heard: Callable[[Action, int, str], None]
) -> None:
    """So many people, each with a browser context of their own. Raises ``UserError`` without a Chromium."""
    path = await asyncio.to_thread(chromium.find)
    if path is None:
        raise UserError("There is no Chromium: $CHROMIUM names one, or --browsers 0 goes without.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        pupils = [Pupil(browser, url, timed, heard) for _ in range(count)]
        await asyncio.gather(*(each.lesson(random.Random(f"b{n}"), pause, until) for n, each in enumerate(pupils)))
        await browser.close()
