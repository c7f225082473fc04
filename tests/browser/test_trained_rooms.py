"""What was trained here, ``run`` in the address, is used in the rooms as the shipped models are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models.configs import AEVBConfig, ResidualVAEConfig
from core.training.registry import REGISTRY
from tests.browser.conftest import Server
from tests.browser.helpers import Player
from tests.core.studio.test_train_use import trained

WAIT = 240_000
"""Until the first answer of a busy machine, whose app has torch to import before, ms."""
COLOUR = ResidualVAEConfig(channels=3, height=32, width=32, latent=2, likelihood="logistic", features=4, dense=8)


@pytest.fixture(scope="module")
def runs(server: Server) -> None:
    """Runs of the shell's in the folder of the app: tiny models, one of each family."""
    folder = Path(server.log).parent / "runs"
    for name in ("draw-mnist", "pixelcnn-mnist", "glimpse-cluttered"):
        trained(name, folder / "tiny")
    trained("aevb-mnist-2d", folder / "tiny", AEVBConfig(hidden=8, latent=3))
    trained("vae-svhn", folder / "tiny", COLOUR)


pytestmark = pytest.mark.usefixtures("runs")


def painted(stage: Player, steps: int) -> None:
    """A painting of so many steps stands there, which no shipped model makes unasked."""
    stage.page.wait_for_function(
        "([root, steps]) => root.easelStep?.value.steps === steps",
        arg=[stage.root.element_handle(), steps],
        timeout=WAIT,
    )


def yours(page: Page, tab: str) -> None:
    """The fold says that what was trained here paints."""
    expect(page.locator(f"#{tab} .easel-trained .label-wrap")).to_contain_text("Yours paints", timeout=WAIT)


def test_a_trained_vae_has_a_map_sliders_and_walks_and_a_press_on_a_shipped_one_goes_back(page: Page) -> None:
    page.goto("/vae/?run=tiny/aevb-mnist-2d&v=1")
    chart = page.locator("#map-chart .easel-map")
    expect(chart).to_have_attribute("data-model", "tiny/aevb-mnist-2d", timeout=WAIT)
    expect(chart.locator(".words")).to_contain_text("pictures from which it did not learn")
    expect(page.locator("#map-planes")).to_be_visible()  # its code has three numbers
    yours(page, "vae-map-tab")
    chart.locator("canvas").first.hover()
    expect(chart.locator(".where")).not_to_be_empty()
    page.locator("#map-model").get_by_role("radio", name="20 numbers").click()
    expect(chart).to_have_attribute("data-model", re.compile("^vae-mnist"), timeout=WAIT)
    page.wait_for_url(re.compile("^((?!run=).)*$"))

    page.goto("/vae/?tab=code&run=tiny/aevb-mnist-2d&v=1")
    expect(page.locator("#vae-code [data-z]")).to_have_count(3, timeout=WAIT)
    yours(page, "vae-code-tab")
    page.get_by_label("z1 as a number").fill("2")
    page.wait_for_url("**z=2**")
    expect(page.locator("#vae-dead")).not_to_be_empty()

    page.goto("/vae/?tab=between&run=tiny/aevb-mnist-2d&frames=6&v=1")
    stage = Player(page, "vbetween-player")
    painted(stage, 6)


def test_a_trained_pixelcnn_stands_under_the_lens_and_glimpses_are_followed(page: Page) -> None:
    page.goto("/pixels/?tab=lens&pixel=14,14&run=tiny/pixelcnn-mnist&v=1")
    lens = page.locator("#lens-field .easel-lens")
    expect(lens.locator(".views")).to_contain_text("PixelCNN, yours", timeout=WAIT)
    page.goto("/look/?run=tiny/glimpse-cluttered&v=1")
    yours(page, "look-path-tab")
    stage = Player(page, "look-player")
    painted(stage, 2)
    page.locator("#look-size").get_by_text("100×100").click()
    expect(page.locator("#look-status")).to_contain_text("scenes of 60×60 pixels: choose these")


def test_a_trained_draw_has_futures_the_pen_and_a_way_between_two_digits(page: Page) -> None:
    for tab in ("time", "pen", "between"):
        page.goto(f"/draw/?tab={tab}&run=tiny/draw-mnist&v=1")
        painted(Player(page, f"{tab}-player"), 3)
        yours(page, f"draw-{tab}-tab")


def test_in_colour_it_imagines_and_in_a_tab_of_another_kind_a_sentence_stands(page: Page) -> None:
    page.goto("/vae/?tab=colour&run=tiny/vae-svhn&v=1")
    yours(page, "vae-colour-tab")
    expect(page.locator("#vcolour-narrator")).to_contain_text("Two numbers for each picture", timeout=WAIT)
    page.goto("/vae/?tab=between&run=tiny/vae-svhn&v=1")
    title = REGISTRY["vae-svhn"].title
    expect(page.locator("#vbetween-status")).to_contain_text(f"{title} has no place in this tab", timeout=WAIT)


@pytest.mark.parametrize("width", [390, 1440])
def test_the_fold_and_what_it_paints_fit(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/draw/?run=tiny/draw-mnist&v=1")
    yours(page, "draw-paint-tab")
    stage = Player(page, "draw-player")
    painted(stage, 3)
    page.locator("#draw-paint-tab .easel-trained .label-wrap").click()
    page.locator("#draw-trained input").click()
    expect(page.get_by_role("option", name="tiny/draw-mnist")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
