"""The room of the pixel models: painters side by side, samplers on one clock, all given fitted, colour, scores."""

import base64
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from core.training.registry import shown_in
from tests.browser.helpers import Player, assert_alike, at, drag, load, unfold
from viz.tabs.pixel_paint import PARTICLES, SIDE_BY_SIDE

INNER = ["Paint", "Colour", "Under the lens", "Scores"]
FAST = "MCGSM"


def pictures(panel: dict[str, Any]) -> np.ndarray:
    """(frames, cells, H, W, channels) of a panel, 0 to 255."""
    shape = tuple(panel[key] for key in ("frames", "cells", "height", "width", "channels"))
    data = np.frombuffer(base64.b64decode(panel["data"]), np.uint8)
    if panel.get("packed"):
        data = 255 * np.unpackbits(data)[: np.prod(shape)]
    return data.reshape(shape)


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.float32)


def given(panel: dict[str, Any]) -> np.ndarray:
    """(cells, H, W): what stands there from the first."""
    shape = tuple(panel[key] for key in ("cells", "height", "width"))
    return np.frombuffer(base64.b64decode(panel["reveal"]), np.uint16).reshape(shape) == 0


def open_inner(page: Page, name: str) -> None:
    """Open a tab inside the room, from the menu where it does not fit the screen."""
    rooms = page.locator("#pixels-rooms")
    tab = rooms.get_by_role("tab", name=name, exact=True)
    if tab.is_visible():
        tab.click()
    else:
        rooms.get_by_label("More tabs").click()
        rooms.locator(".overflow-dropdown button").filter(has_text=name).click()
    expect(rooms.locator("button[role=tab][aria-selected=true]").filter(has_text=name).first).to_be_attached()


def painter(page: Page, title: str) -> Locator:
    """The box of one painter."""
    named = re.compile(rf"^\s*{re.escape(title)}\s*$")
    return page.locator("#pixels-painters label").filter(has_text=named).locator("input")


def paints(page: Page, title: str, instead_of: str = "PixelCNN") -> None:
    """Let another painter paint, pixel by pixel; for a moment both do."""
    painter(page, title).check()
    wait_for(page, "value.panels.length === 2")
    painter(page, instead_of).uncheck()
    wait_for(page, "value.panels.length === 1")


def show(page: Page, view: str) -> None:
    page.locator("#pixels-view").get_by_text(view, exact=True).click()


def wait_for(page: Page, condition: str, room: str = "pixels") -> None:
    """Until the payload ``value`` on the stage is such."""
    page.wait_for_function(
        "([id, condition]) => { const value = document.querySelector(id)?.easelStep?.value;"
        " return value && new Function('value', 'return ' + condition)(value); }",
        arg=[f"#{room}-player .easel-player", condition],
    )


def wait_for_other_pictures(page: Page, old: str) -> str:
    """Until other pictures than ``old`` are on the stage, which one event more or less would not bring."""
    page.wait_for_function(
        "old => document.querySelector('#pixels-player .easel-player').easelStep.value.panels[0].data !== old", arg=old
    )
    return str(Player(page, "pixels-player").value()["panels"][0]["data"])


def asked(page: Page, stage: str = "pixels-player") -> int:
    """How often the gate of a stage has asked for a painting."""
    return int(
        page.locator(f"#{stage}-gate [data-asked], #{stage}-gate[data-asked]").first.get_attribute("data-asked") or 0
    )


@pytest.mark.kept_page
def test_on_a_phone_every_inner_tab_is_at_hand(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    at(page, "/pixels/")
    expect(page.locator("#pixels-rooms")).to_be_visible()
    for name in INNER:
        open_inner(page, name)
        unfold(page)
        expect(page.locator("#pixels-rooms .easel-player[data-loaded]").filter(visible=True).first).to_be_visible()


@pytest.mark.kept_page
def test_what_stands_there_at_first_is_what_paint_paints(page: Page) -> None:
    at(page, "/pixels/")
    player = Player(page, "pixels-player")
    assert player.loaded() == "pixels"
    old = player.value()
    page.locator("#pixels-paint").click()
    player.wait_for_another("pixels")
    assert_alike(old, player.value())


@pytest.mark.kept_page
def test_several_painters_share_the_stage_a_race_ends_even_and_surprise_is_ranked(page: Page) -> None:
    at(page, "/pixels/")
    player = Player(page, "pixels-player")
    player.loaded()
    painter(page, FAST).check()
    wait_for(page, "value.panels.length === 2 && value.panels[1].title === 'PixelCNN'")
    value = player.value()
    assert [panel["title"] for panel in value["panels"]] == [FAST, "PixelCNN"]
    assert value["cells"] == SIDE_BY_SIDE and value["columns"] == 4
    shown, seen = [pictures(panel)[0, ..., 0] for panel in value["panels"]], given(value["panels"][0])
    assert seen.sum() == SIDE_BY_SIDE * 392 and (shown[0][seen] == shown[1][seen]).all()
    assert (shown[0] != shown[1]).any()

    show(page, "Sampler race")
    wait_for(page, "value.moment.startsWith('moment')")
    race = player.value()["panels"][0]
    assert race["labels"][0].startswith("naive: about ") and race["labels"][1].startswith("by rows: ")
    assert all(re.fullmatch(r"[a-z ]+: (about |over )?[\d.]+ m?s", label) for label in race["labels"])
    expect(page.locator("#pixels-narrator")).to_contain_text("of its 784 passes were really run")
    assert len(race["labels"]) == race["cells"] == 3
    frames = pictures(race)
    assert (frames[-1] == frames[-1, :1]).all() and (frames[-1] != frames[0]).any()
    page.locator("#pixels-player [data-act=pick]").nth(1).click()
    expect(page.locator("#pixels-narrator .sentence")).to_contain_text("each row guessed and corrected")

    show(page, "What surprises it")
    wait_for(page, "value.panels.length === 2 && value.panels[1].map === 'room'")
    labels = player.value()["panels"][1]["labels"]
    nats = [float(re.search(r"([\d.]+) nats", label)[1]) for label in labels]
    assert {label.split(":")[0] for label in labels} == {FAST, "PixelCNN"} and nats == sorted(nats)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_colour_covers_of_nothing_get_a_sentence(page: Page) -> None:
    at(page, "/pixels/?tab=colour")
    assert Player(page, "colour-player").loaded() == "colour"
    page.locator("#colour-editor [data-act=mask-none]").click()
    expect(page.locator("#colour-status")).to_contain_text("Nothing is covered")
    page.locator("#colour-paint").click()
    expect(page.locator("#colour-status")).to_contain_text("Nothing is covered: cover a part of the picture")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_the_scores_stand_in_a_table_beside_the_lesson(page: Page) -> None:
    at(page, "/pixels/?tab=scores")
    table = page.locator("#pixels-scores table")
    expect(table).to_be_visible()
    names = table.locator("tbody th[scope=row]").all_inner_texts()
    assert names == list(shown_in("pixel_scores").values())
    ours = table.locator("tbody td:nth-of-type(1)").all_inner_texts()
    assert all(re.fullmatch(r"\d\d\d?\.\d\d ± \d\.\d\d", cell) for cell in ours), ours
    bias = Player(page, "bias-player")
    assert bias.loaded() == "bias" and len(bias.value()["panels"]) == 2


@pytest.mark.kept_page
def test_who_knows_the_digits_can_be_asked_for_one(page: Page) -> None:
    at(page, "/pixels/")
    player, digit = Player(page, "pixels-player"), page.locator("#pixels-digit")
    before = player.loaded()
    page.locator("#pixels-mode").get_by_text("Imagine").click()
    player.wait_for_another(before)
    expect(digit).to_be_hidden()
    paints(page, "Gated PixelCNN")
    expect(digit).to_be_visible()
    shown = [player.value()["panels"][0]["data"]]
    for wanted in ("1", "0", "1"):
        digit.locator("input").click()
        page.get_by_role("option", name=wanted, exact=True).click()
        shown.append(wait_for_other_pictures(page, shown[-1]))
    assert shown[1] == shown[3]
    paints(page, FAST, "Gated PixelCNN")
    expect(digit).to_be_hidden()


@pytest.mark.kept_page
def test_colour_is_covered_completed_uploaded_and_comes_from_another_model(page: Page, tmp_path: Path) -> None:
    at(page, "/pixels/?tab=colour")
    player, editor = Player(page, "colour-player"), page.locator("#colour-editor .easel-editor")
    assert player.loaded() == "colour"
    page.locator("#colour-editor").get_by_role("application").wait_for()
    page.get_by_role("button", name="Other photographs").click()
    page.locator("#colour-count input[type=number]").fill("2")
    page.locator("#colour-count input[type=number]").blur()
    wait_for(page, "value.cells === 2", "colour")
    shown = player.loaded()
    editor.locator("[data-act=mask-right]").click()
    expect(editor).to_have_attribute("data-hidden", "512")
    before = player.wait_for_another(shown)
    panel = player.value()["panels"][0]
    assert (panel["channels"], panel["height"], panel["cells"]) == (3, 32, 2)
    seen, painted = given(panel), pictures(panel)[0]
    assert seen[:, :, :16].all() and not seen[:, :, 16:].any()
    assert (painted[0, :, :16] == painted[1, :, :16]).all() and (painted[0, :, 16:] != painted[1, :, 16:]).any()

    examples = Player(page, "colour-examples")
    first, old = examples.value()["panels"][0]["data"], examples.loaded()
    page.locator("#colour-model").get_by_text("SVHN").click()
    examples.wait_for_another(old)
    assert examples.value()["panels"][0]["data"] != first
    before = player.wait_for_another(before)
    assert (pictures(player.value()["panels"][0])[0, :, :, :16] == painted[:, :, :16]).all()

    Image.new("RGB", (90, 60), (200, 40, 10)).save(tmp_path / "red.png")
    with page.expect_file_chooser() as chooser:
        page.locator("#colour-upload").click()
    chooser.value.set_files(tmp_path / "red.png")
    player.wait_for_another(before)
    red = pictures(player.value()["panels"][0])[0, 0, :, :16].reshape(-1, 3)
    assert np.abs(red.astype(int) - [200, 40, 10]).max() <= 2
    expect(page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_a_hole_in_the_middle_is_filled_heeding_all_that_is_given(page: Page) -> None:
    at(page, "/pixels/")
    player = Player(page, "pixels-player")
    before = player.loaded()
    page.locator("#desk-editor [data-act=mask-centre]").click()
    player.wait_for_another(before)
    before = player.loaded()
    page.locator("#pixels-uses").get_by_text("All given pixels").click()
    player.wait_for_another(before)
    value = player.value()
    assert value["cost"]["unit"] == "particles" and value["cost"]["bars"] == 28
    worth = floats(value["cost"]["data"]).reshape(28, value["cells"])
    assert (worth >= 0.999).all() and (worth <= PARTICLES + 0.01).all()
    assert (worth[:7] == PARTICLES).all() and worth[7:].min() < PARTICLES  # rows above the hole decide nothing
    seen, shown = given(value["panels"][0]), pictures(value["panels"][0])[0, ..., 0]
    assert (~seen).sum() == value["cells"] * 14 * 14
    assert (shown[seen] == np.broadcast_to(shown[0], shown.shape)[seen]).all()
    expect(page.locator("#pixels-narrator .sentence")).to_contain_text(f"one of {PARTICLES} that were painted together")
    expect(page.locator("#pixels-narrator .sentence")).to_contain_text("effective sample size")


@pytest.mark.kept_page
def test_to_stop_is_no_error_and_leaves_the_stage_as_it_was(page: Page) -> None:
    at(page, "/pixels/")
    player, status = Player(page, "pixels-player"), page.locator("#pixels-status")
    player.loaded()
    paints(page, "Diagonal BiLSTM")
    before = player.loaded()
    show(page, "Sampler race")
    expect(status).to_contain_text("Racing")
    page.locator("#pixels-stop").click()
    expect(status).to_have_text("Stopped. The picture on the stage is the last one that was finished.")
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    assert player.loaded() == before
    painter(page, FAST).check()  # the race is always the first painter's
    wait_for(page, "value.moment.startsWith('moment')")
    expect(status).to_be_empty()


@pytest.mark.kept_page
def test_without_a_painter_there_is_a_sentence(page: Page) -> None:
    at(page, "/pixels/")
    before = Player(page, "pixels-player").loaded()
    page.locator("#pixels-painters input:checked").uncheck()
    expect(page.locator("#pixels-status")).to_have_text("Choose at least one painter.")
    assert Player(page, "pixels-player").loaded() == before


@pytest.mark.kept_page
def test_when_a_cold_painter_leaves_sheets_blank_it_is_said_why(page: Page) -> None:
    at(page, "/pixels/")
    player, status = Player(page, "pixels-player"), page.locator("#pixels-status")
    shown = player.loaded()
    page.locator("#pixels-mode").get_by_text("Imagine").click()
    shown = player.wait_for_another(shown)
    expect(status).to_be_empty()
    page.locator("#pixels-temperature input[type=number]").fill("0.1")
    page.locator("#pixels-temperature input[type=number]").blur()
    player.wait_for_another(shown)
    expect(status).to_contain_text(re.compile(r"\d of 9 sheets stayed blank\. At a low temperature"))


@pytest.mark.kept_page
def test_a_link_is_painted_once_and_coming_back_to_it_computes_nothing(page: Page) -> None:
    load(page, "/pixels/?task=Imagine&painters=mcgsm-mnist&pictures=2&temperature=0.5&seed=7&v=1")
    wait_for(page, "value.cells === 2 && value.panels[0].title === 'What it imagines'")
    expect(page.locator("#pixels-painters input:checked")).to_have_count(1)
    expect(page.locator("#desk-seed input")).to_have_value("7")
    shown = Player(page, "pixels-player").loaded()
    open_inner(page, "Scores")
    page.wait_for_url("**/pixels/?tab=scores*")
    page.go_back()
    page.wait_for_url("**/pixels/?*task=Imagine*")
    expect(page.locator("#pixels-player")).to_be_visible()
    assert Player(page, "pixels-player").loaded() == shown and asked(page) == 1


@pytest.mark.kept_page
def test_what_takes_long_is_painted_when_the_brush_is_lifted(page: Page) -> None:
    load(page, "/pixels/?uses=all&pictures=1&painters=mcgsm-mnist&cover=none&v=1")
    expect(page.locator("#pixels-status")).to_contain_text("Nothing is covered")
    page.locator('#desk-editor [data-act="cover"]').click()
    drag(page, page.locator("#desk-editor canvas").first, [(4.0, 20.0), (24.0, 20.0), (24.0, 24.0), (4.0, 24.0)])
    wait_for(page, "value.cost?.unit === 'particles'")
    expect(page.locator("#pixels-status")).to_be_empty()


@pytest.mark.kept_page
def test_a_photograph_and_its_cover_stand_in_the_address(page: Page) -> None:
    load(page, "/pixels/?tab=colour&pictures=1&v=1")
    player, editor = Player(page, "colour-player"), page.locator("#colour-editor .easel-editor")
    wait_for(page, "value.cells === 1", "colour")
    page.get_by_role("button", name="Other photographs").click()
    loaded, shown = str(editor.get_attribute("data-loaded")), player.loaded()
    page.locator('#colour-examples [data-act="pick"]').nth(4).click()
    expect(editor).not_to_have_attribute("data-loaded", loaded)
    shown = player.wait_for_another(shown)
    expect(editor.locator("[data-act=undo]")).to_have_attribute("aria-disabled", "true")  # a photograph has one name
    editor.locator("[data-act=mask-centre]").click()
    player.wait_for_another(shown)
    page.wait_for_url(lambda url: "photo=pixelcnn-cifar10-4" in url and "covered=" in url)
    expect(player.root).to_have_attribute("aria-busy", "false")
    painted = player.value()["panels"][0]["data"]
    page.reload()
    expect(editor).to_have_attribute("data-hidden", "256")
    page.wait_for_function(
        "old => document.querySelector('#colour-player .easel-player')?.easelStep?.value.panels[0].data === old",
        arg=painted,
    )
    assert asked(page, "colour-player") == 1
