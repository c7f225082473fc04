"""What is ticked before a download is in the file, of the picture that is selected on the stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.helpers import Player, frames_of, load
from viz.player import overlays
from viz.player.payload import decode

CELL, STEPS = 6, 16
ORANGE = overlays.rgb(overlays.COLOURS["write"])


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as caught:
        page.locator(button).click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    return path


def bars_of(value: dict[str, Any]) -> np.ndarray:
    """The bars of the selected picture, the largest of them 1."""
    bars = decode(value["cost"]["data"], np.float32, (STEPS, value["cells"]))[:, CELL]
    return np.asarray(bars / bars.max())


def test_a_gif_has_the_patches_and_the_chart_of_the_selected_picture(page: Page, tmp_path: Path) -> None:
    load(page, "/draw/")
    player = Player(page, "draw-player")
    first = player.loaded()
    page.locator("#draw-mode").get_by_text("Imagine").click()
    player.wait_for_another(first)
    player.root.locator('[data-act="pick"]').nth(CELL).click()
    expect(player.root).to_have_attribute("data-cell", str(CELL))
    page.get_by_text("Options", exact=True).filter(visible=True).click()
    page.locator("#draw-home").get_by_label("Titles").uncheck()
    bare, _ = frames_of(downloaded(page, "#draw-gif", tmp_path))
    for label in ("Patches", "Chart"):
        page.locator("#draw-home").get_by_label(label).check()
    pictures, _ = frames_of(downloaded(page, "#draw-gif", tmp_path))

    (width, height), value = bare[0].size, player.value()
    assert len(pictures) == STEPS and {each.size for each in pictures} == {(width + 10 + 134, height + 10 + 56)}
    written = value["note"]["patches"][0]
    patch = decode(written["data"], np.uint8, (STEPS, value["cells"], 5, 5))[:, CELL]
    bars = bars_of(value)
    for t, picture in enumerate(np.asarray(each) for each in pictures):
        shown = picture[(height - 134) // 2 + 2 :, width + 12 :][13:130:26, 13:130:26, 0]
        assert np.abs(shown.astype(int) - patch[t]).max() <= 3  # greys are rounded to the few colours of a GIF
        line = (picture[height + 10 :] == ORANGE).all(-1)
        tall = [int(line[:, round((i + 0.2) * line.shape[1] / STEPS)].sum()) for i in range(STEPS)]
        expected = np.where(np.arange(STEPS) <= t, np.maximum(48 * bars, 2), 0)
        np.testing.assert_allclose(tall, expected, atol=0.51)


def test_a_room_without_patches_and_bars_takes_home_the_same_file_whatever_is_ticked(
    page: Page, tmp_path: Path
) -> None:
    load(page, "/vae/?tab=code")
    Player(page, "vae-player").loaded()
    files = [downloaded(page, "#vae-png", tmp_path).read_bytes()]
    page.locator("#vae-home").get_by_text("Options", exact=True).click()
    for label in ("Patches", "Chart"):
        page.locator("#vae-home").get_by_label(label).check()
    files.append(downloaded(page, "#vae-png", tmp_path).read_bytes())
    assert files[0] == files[1]


def test_the_page_that_is_taken_home_plays_without_a_server(browser: Browser, page: Page, tmp_path: Path) -> None:
    page.goto("/draw/?seed=7")
    player = Player(page, "draw-player")
    player.loaded()
    file = downloaded(page, "#draw-html", tmp_path)
    assert file.name == "easel-draw-draw-mnist-seed7.html" and "seed=7" in file.read_text("utf-8")
    steps = player.value()["steps"]
    with browser.new_context() as alone:  # with no server in reach
        elsewhere = alone.new_page()
        elsewhere.goto(file.as_uri())
        expect(elsewhere.locator(".easel-player")).to_have_attribute("data-step", str(steps - 1))


def test_the_options_show_the_call_in_python_that_paints_what_is_shown(page: Page) -> None:
    load(page, "/draw/?seed=7")
    Player(page, "draw-player").loaded()
    page.get_by_text("Options", exact=True).filter(visible=True).click()
    python = page.locator("#draw-home pre")
    expect(python).to_contain_text('model = core.load("draw-mnist")')
    expect(python).to_contain_text("trace = model.reconstruct(digit, seed=7, strokes=16)")
    page.locator("#draw-mode").get_by_text("Imagine").click()
    expect(python).to_contain_text("trace = model.sample(16, seed=7, temperature=1, strokes=16)")
    page.locator("#draw-view").get_by_text("Logits").click()
    expect(python).to_be_hidden()


STAGES = {
    "start-vae": "/",
    "code": "/vae/?tab=code",
    "rows": "/together/?q=imagine&painters=pixelcnn-mnist&seed=3",
    "bank": "/draw/?tab=window",
}


@pytest.mark.parametrize("key", STAGES)
def test_a_stage_that_had_nothing_to_take_home_gives_a_png_as_wide_as_is_asked_and_all_of_it(
    page: Page, key: str, tmp_path: Path
) -> None:
    load(page, STAGES[key])
    if key == "rows":
        expect(page.locator("#together-pixelcnn-mnist .entry img")).to_have_count(4, timeout=60_000)
    home = page.locator(f"#{key}-home")
    if key.startswith("start"):
        home.get_by_text("Take it home").click()
    home.get_by_text("Options", exact=True).click()
    home.get_by_label("PNG, px wide").select_option("1080")
    with Image.open(downloaded(page, f"#{key}-png", tmp_path)) as picture:
        assert picture.width == 1080 and picture.info["Source"].startswith("Easel ")
        assert (picture.info["Source"].count("SHA-256") == 1) == (key != "bank")  # there no network paints
    zipped = downloaded(page, f"#{key}-zip", tmp_path)
    room = {"/": "start"}.get(STAGES[key], STAGES[key].split("/")[1])
    assert zipped.name.startswith(f"easel-{room}-") and "seed" in zipped.name
    with ZipFile(zipped) as archive:
        names = set(archive.namelist())
    endings = {"gif", "png", "webp", "html", "npz", "csv", "bib", "txt"}
    assert endings <= {name.rpartition(".")[2] for name in names}
    assert ("again.py" in names) == (key != "bank")


def test_several_painters_are_one_line_of_python(page: Page) -> None:
    load(page, "/pixels/?task=Imagine&painters=pixelcnn-mnist,gated-pixelcnn-mnist&pictures=2&seed=7")
    page.locator("#pixels-home").get_by_text("Options", exact=True).click()
    python = page.locator("#pixels-home pre")
    expect(python).to_contain_text(
        "trace = [studio.generate(name, 2, 7, 1, label=label) for name, label in", timeout=60_000
    )


@pytest.mark.parametrize("place", ["restore", "cost", "compare"])
def test_what_stands_in_a_room_at_first_says_its_call_in_python(page: Page, place: str) -> None:
    load(page, f"/{'draw' if place == 'compare' else 'vae'}/?tab={place}")
    page.locator(f"#{place}-home").get_by_text("Options", exact=True).click()
    verb = {"restore": "uncover((digit, hidden), 1)", "cost": "bound(digit, ", "compare": "compare(digit, 1, 1, 1)"}
    expect(page.locator(f"#{place}-home pre")).to_contain_text(f"trace = studio.{verb[place]}")


def test_an_open_chart_is_taken_home_as_svg_and_else_the_bars(page: Page, tmp_path: Path) -> None:
    load(page, "/draw/")
    Player(page, "draw-player").loaded()
    bars = downloaded(page, "#draw-svg", tmp_path).read_text("utf-8")
    assert bars.count("<rect") == STEPS and "SHA-256" in bars
    page.get_by_text("Chart: nats of each stroke").click()
    expect(page.locator("#draw-chart .js-plotly-plot .bars path").first).to_be_visible(timeout=60_000)
    chart = ElementTree.fromstring(downloaded(page, "#draw-svg", tmp_path).read_text("utf-8"))
    assert chart.tag.endswith("svg") and "SHA-256" in str(chart[0].text)
    assert sum(each.get("class") == "point" for each in chart.iter()) == STEPS


def test_the_drawing_of_the_window_is_taken_home_in_its_own_colours(page: Page, tmp_path: Path) -> None:
    load(page, "/draw/?tab=window")
    drawing = downloaded(page, "#bank-svg", tmp_path).read_text("utf-8")
    assert drawing.count("<circle") == 100 and "class=" in drawing and 'fill="none"' in drawing
