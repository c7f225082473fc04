"""Every switch of the player does what it says: speed, loop, windows, and the arrow keys."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, at

pytestmark = pytest.mark.kept_page

RECORD = """() => {
  const listens = Boolean(window.steps);
  window.steps = [];
  if (listens) return;
  addEventListener('easel:step', ({ detail: { player, step } }) => {
    if (player !== 'draw-player' || window.steps.at(-1)?.step === step) return;
    window.steps.push({ step, at: performance.now() });
  });
}"""
COLOURED = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    const rgb = data.subarray(i, i + 3);
    coloured += Math.max(...rgb) - Math.min(...rgb) > 40;
  }
  return coloured;
}"""
"""Pixels that are neither black nor white nor grey: of a digit's picture only the windows are."""


@pytest.fixture
def player(page: Page) -> Player:
    """The painting of 16 strokes in Stroke by stroke, at its last one."""
    at(page, "/draw/")
    shown = Player(page, "draw-player")
    shown.loaded()
    shown.root.locator(".line").press("End")
    shown.expect_step(15)
    page.evaluate(RECORD)
    return shown


def seconds_a_step(player: Player, speed: str, last: int) -> float:
    """Play from the first stroke at a speed; how long a stroke stands, from the second to the ``last`` one."""
    page = player.page
    player.root.locator(f'[data-speed="{speed}"]').click()
    expect(player.root.locator('[data-act="speed"][aria-pressed="true"]')).to_have_text(f"{speed}×")
    player.root.locator(".line").press("Home")
    page.evaluate("() => { window.steps = []; }")
    player.press("play")
    page.wait_for_function("last => window.steps.some(({ step }) => step >= last)", arg=last)
    steps: list[dict[str, Any]] = page.evaluate("() => window.steps")
    player.root.locator(".line").press("End")
    first, end = steps[0], next(step for step in steps if step["step"] >= last)
    return float((end["at"] - first["at"]) / 1000 / (end["step"] - first["step"]))


def test_a_painting_plays_as_fast_as_its_speed_says(player: Player) -> None:
    slow, fast = seconds_a_step(player, "0.25", 3), seconds_a_step(player, "4", 15)
    assert 0.4 < slow and fast < slow / 3  # 8 strokes a second are 0.5 s each at a quarter, 0.03 s at four times


def test_a_loop_begins_again_and_without_it_the_painting_stops_at_its_end(player: Player) -> None:
    loop, page = player.root.locator('[data-act="loop"]'), player.page
    player.root.locator('[data-speed="4"]').click()
    expect(loop).to_have_attribute("aria-pressed", "false")
    player.press("play")
    page.wait_for_function("() => window.steps.at(-1)?.step === 15 && window.steps.length > 2")
    expect(player.root).to_have_attribute("data-playing", "false")
    loop.click()
    expect(loop).to_have_attribute("aria-pressed", "true")
    page.evaluate("() => { window.steps = []; }")
    player.press("play")
    page.wait_for_function(
        "() => window.steps.some(({ step }, i) => step < 15 && i && window.steps.slice(0, i).some(s => s.step === 15))"
    )
    expect(player.root).to_have_attribute("data-playing", "true")
    loop.click()
    expect(player.root).to_have_attribute("data-playing", "false")
    player.expect_step(15)


def test_windows_are_shown_and_hidden_by_their_switch(player: Player) -> None:
    switch, canvas = player.root.locator('[data-act="windows"]'), player.root.locator(".box > canvas").first
    player.root.locator(".line").press("Home")
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert canvas.evaluate(COLOURED) > 100
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert canvas.evaluate(COLOURED) == 0
    switch.click()
    assert canvas.evaluate(COLOURED) > 100


def test_arrow_keys_step_back_and_on_and_stop_at_both_ends(player: Player) -> None:
    line = player.root.locator(".line")
    for key, step in (("ArrowLeft", 14), ("ArrowLeft", 13), ("ArrowRight", 14), ("PageDown", 12), ("Home", 0)):
        line.press(key)
        player.expect_step(step)
    line.press("ArrowLeft")
    player.expect_step(0)
    expect(line).to_have_attribute("aria-valuenow", "1")
    line.press("End")
    line.press("ArrowRight")
    player.expect_step(15)
    player.root.locator('[data-act="jump"]').nth(4).press("ArrowLeft")  # a focused thumbnail steps, too
    player.expect_step(14)
