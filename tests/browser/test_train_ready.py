"""Who opens the room Train has a process ready before they press the button; who opens another room has not."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from core.studio.runtime import Runtime
from tests.core.studio.test_trainers import Counted, soon
from viz.layout import build_rooms
from viz.serving.server import running


def test_a_process_gets_ready_for_whoever_opens_the_room(browser: Browser, tmp_path: Path) -> None:
    trainings = Counted(tmp_path)
    with running(build_rooms(Runtime(trainings=trainings))) as url:
        context = browser.new_context(base_url=url, reduced_motion="reduce")
        page = context.new_page()
        for room in ("/lessons/", "/train/"):
            assert not trainings.made
            page.goto(f"{room}?v=1")
            page.wait_for_function("() => window.easelAddress?.settled")
        assert soon(lambda: len(trainings.made) == 1)
        expect(page.locator("#train-run .empty")).to_be_visible()
        context.close()
    trainings.close()
