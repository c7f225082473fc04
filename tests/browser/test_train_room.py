"""The room Train: a press, and digits come of noise; one's own pictures; a reload that finds the training again."""

import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.helpers import Player, unfold

WAIT = 240_000
"""A process of lower priority on a busy machine takes its time, ms."""


def squares(folder: Path, count: int) -> list[Path]:
    """Pictures of bright squares, each at another height."""
    paths = []
    for i in range(count):
        pixels = np.zeros((40, 40), np.uint8)
        pixels[2 * (i % 15) : 2 * (i % 15) + 9, 10:30] = 240
        paths.append(folder / f"{i}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def bring(page: Page, paths: list[Path]) -> None:
    """Bring pictures, as a person does."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring pictures").click()
    chooser.value.set_files(paths)


def run(page: Page) -> Locator:
    return page.locator("#train-run .easel-training")


def painted(page: Page) -> str:
    """The first of the eight pictures."""
    first = page.locator("#train-run .pictures canvas").first
    expect(first).to_be_visible(timeout=WAIT)
    return str(first.evaluate("canvas => canvas.toDataURL()"))


def state(page: Page, wanted: str) -> None:
    expect(run(page)).to_have_attribute("data-state", wanted, timeout=WAIT)


def step(page: Page) -> int:
    return int(str(run(page).get_attribute("data-step")))


def test_a_press_trains_it_pauses_makes_one_step_is_found_again_after_a_reload_and_stops(
    page: Page, tmp_path: Path
) -> None:
    page.goto("/train/")
    bring(page, squares(tmp_path, 40))  # which are read sooner than digits are drawn
    page.wait_for_function("location.search.includes('pictures=own')")
    page.get_by_role("button", name="Train", exact=True).click()
    noise = painted(page)
    page.wait_for_function("document.querySelector('#train-run .easel-training').dataset.step > 25", timeout=WAIT)
    expect(page.locator("#train-run .chart .total")).to_have_count(1)
    page.wait_for_function(  # what it has learned is to be seen
        "noise => document.querySelector('#train-run .pictures canvas').toDataURL() !== noise", arg=noise, timeout=WAIT
    )
    page.get_by_role("button", name="Pause", exact=True).click()
    state(page, "paused")
    at = step(page)
    page.get_by_role("button", name="Train", exact=True).click()  # a second start while one goes on
    expect(page.locator("#train-status")).to_contain_text("stop it before you begin another one")
    page.get_by_role("button", name="One step").click()
    expect(run(page)).to_have_attribute("data-step", str(at + 1), timeout=WAIT)
    key = run(page).get_attribute("data-key")
    expect(page).to_have_url(re.compile(f"run={key}"))
    page.reload()
    state(page, "paused")
    assert (run(page).get_attribute("data-key"), step(page)) == (key, at + 1)
    page.get_by_role("button", name="The moment before").click()
    expect(run(page)).not_to_have_attribute("data-moment", "")
    page.locator("#train-run [data-moment-of='0']").click()
    expect(run(page)).to_have_attribute("data-moment", "0")
    strip = page.locator("#train-run .strip canvas")
    shown = "canvas => canvas.toDataURL()"
    assert painted(page) == strip.first.evaluate(shown) != strip.last.evaluate(shown)
    page.get_by_role("button", name="Stop", exact=True).click()
    state(page, "stopped")
    expect(page.get_by_role("button", name="Go on", exact=True)).to_be_visible()
    expect(page.locator("#train-run .home code")).to_contain_text("python -m core.training aevb-mnist-2d")


def test_on_a_phone_ones_own_pictures_are_learned_taken_home_and_one_is_completed(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/train/?until=20&batch=16&v=1")
    page.wait_for_function("() => window.easelAddress?.settled && !document.body.matches('.easel-settling')")
    unfold(page)
    bring(page, squares(tmp_path, 3))
    expect(page.locator("#train-sheet")).to_contain_text("at least 12 pictures")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG and no more")
    bring(page, [*squares(tmp_path, 24), tmp_path / "broken.png"])
    expect(page.locator("#train-sheet")).to_contain_text("24 pictures")
    expect(page.locator("#train-sheet")).to_contain_text("files that cannot be read (1)")
    expect(page.locator("#train-sheet img")).to_be_visible()
    page.wait_for_function("location.search.includes('own=')")
    page.get_by_role("button", name="Train", exact=True).click()
    state(page, "finished")
    expect(page).to_have_url(re.compile("pictures=own"))
    assert step(page) == 20
    with page.expect_download() as download:
        page.get_by_role("button", name="Take it home").click()
    assert download.value.suggested_filename == "easel-aevb-mnist-2d.zip"
    page.get_by_role("tab", name="Try it").click()
    page.get_by_role("button", name="Paint", exact=True).click()
    stage = Player(page, "use-player")
    stage.loaded()
    value = stage.value()
    assert value["steps"] > 1 and [panel["title"] for panel in value["panels"]] == ["Your digit", "What it makes of it"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_training_that_is_not_there_is_one_sentence(page: Page) -> None:
    page.goto("/train/?run=0123456789ab&v=1")
    expect(page.locator("#train-run .empty")).to_have_text("This training is not on this machine, or no longer.")
