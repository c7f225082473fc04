"""A painting on a page of one file, opened from the disk with the net cut off, and as a frame in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.trace import Trace
from tests.browser.conftest import watch
from tests.viz.traces import draw_trace, raster_trace


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page that may open files of this folder only; what it complains of, or asks for outside, fails its test."""
    with browser.new_context(offline=True, viewport={"width": 900, "height": 900}) as context:
        faults = watch(context, tmp_path.as_uri())
        yield context.new_page()
        assert faults == []


@pytest.mark.parametrize(("trace", "steps"), [(draw_trace(steps=16, cells=4), 16), (raster_trace(4), 784)])
def test_a_page_of_one_file_plays_and_is_stepped_through_by_keys(
    page: Page, tmp_path: Path, trace: Trace, steps: int
) -> None:
    page.goto(trace.to_html(tmp_path / "digits.html").as_uri())
    player = page.locator(".easel-player")
    expect(player).to_have_attribute("data-playing", "true")
    expect(player).not_to_have_attribute("data-step", "0")  # by itself
    for key, step in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", steps - 1)):
        page.keyboard.press(key)
        expect(player).to_have_attribute("data-step", str(step))
    expect(player.locator(".count")).to_have_text(f"{steps} / {steps}")
    page.keyboard.press(" ")
    expect(player).to_have_attribute("data-playing", "true")
    player.get_by_role("button", name="Pause").click()
    expect(player).to_have_attribute("data-playing", "false")


def test_what_is_on_the_canvas_is_the_picture(page: Page, tmp_path: Path) -> None:
    page.goto(raster_trace(1).to_html(tmp_path / "digit.html").as_uri())
    page.keyboard.press("End")
    canvas = page.locator(".box > canvas").first
    expect(canvas).to_have_attribute("aria-label", "What it has painted, pixel 784 of 784")
    shades = canvas.evaluate("c => new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size")
    assert shades > 1


def test_in_a_notebook_the_frame_is_as_high_as_its_player(page: Page, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<p>In [1]:</p>{draw_trace()._repr_html_()}<p>In [2]:</p>", "utf-8")
    page.goto(notebook.as_uri())
    frame, player = page.locator("iframe"), page.frame_locator("iframe").locator(".easel-player")
    expect(player).to_have_attribute("data-loaded", "painting")
    expect(frame).not_to_have_attribute("style", "width: 100%; height: 640px; border: 0")
    inner, outer = player.bounding_box(), frame.bounding_box()
    assert inner and outer and 0 < outer["height"] - inner["height"] < 60
    player.get_by_role("button", name="Play").click()
    expect(player).to_have_attribute("data-playing", "true")
