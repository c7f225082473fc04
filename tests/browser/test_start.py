"""The first room: three stored paintings, a door to each room, the theme, and rest for those who ask for it."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import OpenTab
from tests.browser.hands import ASSETS, TALL, Stage

PAINTERS = {"vae": "All at once", "draw": "Stroke by stroke", "pixels": "Pixel by pixel"}


def stored_id(name: str) -> str:
    identity: str = json.loads((ASSETS / f"{name}.json").read_text(encoding="utf-8"))["id"]
    return identity


def test_three_stored_paintings_play_and_scrub_without_asking_the_painters(page: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/queue/join" in request.url:
            asked.append(request.post_data or "")

    page.on("request", note)
    page.reload()
    for key in PAINTERS:
        stage = Stage(page, f"start-{key}")
        expect(stage.root).to_have_attribute("data-loaded", stored_id(f"start-{key}"))
        last = stage.value()["steps"] - 1
        stage.line.press("Home")
        stage.at(0)
        first_picture = stage.canvas()
        stage.line.press("End")
        stage.at(last)
        assert (stage.canvas() != first_picture).any(), f"{key}: the last step looks like the first"
        stage.speed("4×")
        stage.act("play").click()
        expect(stage.root).to_have_attribute("data-playing", "true")
        stage.rests(last)
    assert not asked


def test_each_enter_button_opens_its_room(page: Page, open_tab: OpenTab) -> None:
    for key, name in PAINTERS.items():
        page.locator(f"#enter-{key}").click()
        expect(page.get_by_role("tab", name=name, exact=True).filter(visible=True)).to_have_attribute(
            "aria-selected", "true"
        )
        expect(page.locator(f"#{key}-player .easel-player")).to_be_visible()
        open_tab("Start")


def brightness(page: Page) -> float:
    """Of the page's ground as it is painted, 0 to 255."""
    colour: list[float] = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).map(Number)"
    )
    return sum(colour) / 3


def test_the_theme_button_turns_the_page_dark_and_back(page: Page) -> None:
    stage = Stage(page, "start-pixels")
    stage.line.press("Home")  # all that is hidden is hatched in the room's colour
    stage.at(0)
    light = stage.canvas()
    assert brightness(page) > 200
    page.locator("#theme-toggle").click()
    expect(page.locator("body")).to_contain_class("dark")
    assert brightness(page) < 60
    page.wait_for_function("document.querySelector('#start-pixels .easel-player').isConnected")
    assert (stage.canvas() != light).any()
    page.locator("#theme-toggle").click()
    expect(page.locator("body")).not_to_contain_class("dark")
    assert brightness(page) > 200
    assert (stage.canvas() == light).all()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_only_who_wants_motion_gets_it_unasked(
    page: Page, open_tab: OpenTab, motion: Literal["reduce", "no-preference"]
) -> None:
    page.emulate_media(reduced_motion=motion)
    page.set_viewport_size(TALL)
    page.evaluate("window.addEventListener('easel:step', ({ detail }) => { window.moved ||= detail.playing; })")
    open_tab("Stroke by stroke")
    stage = Stage(page, "draw-player")
    with stage.renewed():
        page.locator("#draw-paint").click()
    stage.rests(15)
    assert bool(page.evaluate("window.moved")) == (motion == "no-preference")
    stage.act("play").click()  # by hand it plays for everyone
    expect(stage.root).to_have_attribute("data-playing", "true")
    stage.rests(15)
