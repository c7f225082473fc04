"""What it costs: five tasks on the user's own digit, each with its pictures, its bars and its own words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import Player, drag, frames_of, load
from viz.player import payload
from viz.player.payload import decode, panel_data
from viz.tabs.subject import gallery


class Costs:
    """The tab, opened."""

    def __init__(self, page: Page) -> None:
        self.page, self.player = page, Player(page, "cost-player")
        if not self.player.root.is_visible():
            load(page, "/vae/?tab=cost")
        self.shown = self.player.loaded()
        if not page.locator("#cost-mode").get_by_label("The bound", exact=True).is_checked():
            self.choose("The bound")

    def wait(self) -> None:
        self.shown = self.player.wait_for_another(self.shown)

    def choose(self, task: str) -> None:
        self.page.locator("#cost-mode").get_by_text(task, exact=True).click()
        self.wait()

    def totals(self) -> list[float]:
        """The totals of the bars, as they are written."""
        return [float(text) for text in self.page.locator("#cost-bars .number b").all_text_contents()]


@pytest.fixture
def costs(page: Page) -> Costs:
    return Costs(page)


def test_the_bars_of_the_bound_add_up_and_fall_as_more_samples_are_weighed_for_every_model(costs: Costs) -> None:
    assert costs.shown == "cost", "what is stored stands there before anything is computed"
    for model in (None, "2", "20"):
        if model is not None:
            costs.page.locator("#cost-model").get_by_text(model, exact=True).click()
            costs.wait()
        bound, *weighed = costs.totals()
        parts = costs.page.locator("#cost-bars .parts").first.inner_text()
        kl, rest = (float(part) for part in parts.removesuffix("=").split("+"))
        assert kl + rest == pytest.approx(bound, abs=0.11)
        assert weighed == sorted(weighed, reverse=True) and len(weighed) == 3
    expect(costs.page.locator("#cost-narrator td").filter(has_text="most expensive pixel")).to_be_visible()


@pytest.mark.kept_page
def test_the_digit_under_the_brush_is_priced_again_and_an_example_too(costs: Costs) -> None:
    before = costs.totals()
    costs.page.locator("#desk-editor [data-act=draw]").click()
    drag(costs.page, costs.page.locator("#desk-editor canvas").first, [(4, 24), (24, 24)])
    costs.wait()
    expect(costs.page.locator("#cost-bars .number b").first).not_to_have_text(f"{before[0]:.1f}")
    costs.page.locator("#desk [data-example='1']").click()
    costs.page.wait_for_function(
        "picture => document.querySelector('#cost-player .easel-player').easelStep.value.panels[0].data === picture",
        arg=payload.encode(gallery()[1], np.uint8),
    )
    expect(costs.page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_a_sample_is_played_from_noise_to_code_and_goes_home_as_a_gif(costs: Costs, tmp_path: Path) -> None:
    costs.choose("Noise to code")
    value = costs.player.value()
    assert (value["steps"], value["cells"]) == (17, 8)
    costs.player.press("next")  # whoever takes the player in hand ends its own playing
    costs.page.keyboard.press("Home")
    sentence = costs.page.locator("#cost-narrator .sentence")
    expect(sentence).to_contain_text("noise from N(0, 1)")
    costs.page.keyboard.press("End")
    expect(sentence).to_contain_text("z = μ + σ ε")
    expect(costs.page.locator("#cost-bars .row")).to_have_count(0)
    with costs.page.expect_download() as download:
        costs.page.locator("#cost-gif").click()
    download.value.save_as(tmp_path / "sample.gif")
    frames, _ = frames_of(tmp_path / "sample.gif")
    assert len(frames) == 17
    first = panel_data(value["panels"][0])[0]
    costs.page.locator("#desk-die").click()
    costs.wait()
    assert (panel_data(costs.player.value()["panels"][0])[0] != first).any(), "another seed, other noise"


@pytest.mark.kept_page
def test_three_weights_and_two_likelihoods_stand_beside_each_other_and_their_words_take_turns(costs: Costs) -> None:
    costs.choose("Weight β")
    assert [panel["title"] for panel in costs.player.value()["panels"]] == [
        f"β = {beta} imagines" for beta in ("0.1", "1", "4")
    ]
    expect(costs.page.locator("#cost-bars img")).to_have_count(3)
    expect(costs.page.locator("#cost-model")).to_be_hidden()
    expect(costs.page.get_by_text("Three networks of two numbers")).to_be_visible()
    costs.choose("Blur")
    expect(costs.page.get_by_text("Three networks of two numbers")).to_be_hidden()
    expect(costs.page.get_by_text("Squared error never charges more")).to_be_visible()
    assert len(costs.totals()) == 2 and len(costs.player.value()["panels"]) == 3
    costs.choose("The bound")
    expect(costs.page.locator("#cost-model")).to_be_visible()


@pytest.mark.kept_page
def test_outside_the_bar_of_the_prior_fills_as_the_code_goes_out(costs: Costs) -> None:
    costs.choose("Outside")
    costs.player.press("next")
    note = costs.player.value()["note"]
    mass = decode(note["values"]["mass"]["data"], np.float32, tuple(note["values"]["mass"]["shape"]))[:, 0]
    assert mass[0] == 0 and (np.diff(mass) >= 0).all()
    costs.page.keyboard.press("Home")
    bar = costs.page.locator("#cost-narrator [role=meter], #cost-narrator [aria-valuenow]").first
    expect(bar).to_have_attribute("aria-valuenow", "0.000")
    costs.page.keyboard.press("End")
    expect(bar).to_have_attribute("aria-valuenow", f"{mass[-1]:.3f}")


@pytest.mark.kept_page
def test_an_empty_seed_waits_and_blank_paper_has_a_price(costs: Costs) -> None:
    costs.page.locator("#desk-seed input").fill("")
    costs.page.locator("#desk-seed input").fill("77")
    costs.wait()
    costs.page.locator("#desk-editor [data-act=clear]").click()
    costs.wait()
    assert costs.totals()[0] > 0
    expect(costs.page.get_by_test_id("toast-body")).to_have_count(0)


@pytest.mark.kept_page
def test_on_a_phone_every_task_stays_within_the_page(costs: Costs) -> None:
    costs.page.set_viewport_size({"width": 360, "height": 800})
    for task in ("Noise to code", "Weight β", "Blur", "Outside", "The bound"):
        costs.choose(task)
        wide = costs.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, task
