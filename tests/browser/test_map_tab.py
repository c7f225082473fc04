"""The map of the latent space: the decoder under the hand, pins, paths, clouds, planes and quantiles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.studio.studio import Studio
from tests.browser.helpers import Player, at, drag, focus, frames_of, load
from viz.player.payload import decode
from viz.tabs.vae_map_view import FIRST_FRAMES, MODELS

LEFT, RIGHT, TOP = 52, 8, 8
"""The margins of latent_map/draw.js, px."""


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


class Chart:
    """The map, opened, and the mouse on it in shares of its side from the left and the bottom."""

    def __init__(self, page: Page, query: str = "") -> None:
        at(page, f"/vae/{query}")
        self.page, self.root = page, page.locator("#map-chart .easel-map")
        self.canvas: Locator = self.root.locator(".chart canvas")
        expect(self.root).to_have_attribute("data-painted", re.compile(".+") if query else "map")
        self.canvas.scroll_into_view_if_needed()
        self.player = Player(page, "map-player")

    def at(self, u: float, v: float) -> tuple[float, float]:
        box = self.canvas.bounding_box()
        assert box is not None
        side = box["width"] - LEFT - RIGHT
        return box["x"] + LEFT + u * side, box["y"] + TOP + (1 - v) * side

    def move(self, u: float, v: float, steps: int = 1) -> None:
        self.page.mouse.move(*self.at(u, v), steps=steps)

    def click(self, u: float, v: float) -> None:
        self.page.mouse.click(*self.at(u, v))

    def drag(self, *places: tuple[float, float]) -> None:
        self.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.move(*place, steps=8)
        self.page.mouse.up()

    def get(self, name: str) -> str:
        return self.root.get_attribute(f"data-{name}") or ""

    def place(self) -> tuple[float, float]:
        return float(self.get("x")), float(self.get("y"))

    def settle(self) -> None:
        """Until what is shown is what is decoded at the cursor."""
        expect(self.root).to_have_attribute("data-shown", "cursor")
        self.page.wait_for_function(
            "() => { const d = document.querySelector('#map-chart .easel-map').dataset;"
            " return d.x !== '' && d.x === d.shownX && d.y === d.shownY; }"
        )

    def peeked(self) -> Any:
        """The picture beside the map, (28, 28) of 0–255."""
        found = self.root.locator(".peek").evaluate(
            "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0)"
        )
        return np.array(found, int).reshape(28, 28)

    def wait_for_another(self, name: str, old: str) -> str:
        expect(self.root).not_to_have_attribute(f"data-{name}", old)
        return self.get(name)

    def cloud(self) -> dict[str, Any]:
        expect(self.page.locator("#map-cloud .easel-cloud")).to_have_attribute("data-loaded", self.get("cloud"))
        found: dict[str, Any] = self.page.locator("#map-cloud .easel-cloud").evaluate("root => root.easelCloud")
        return found

    def choose(self, radio: str, label: str) -> None:
        """A choice, and the map that answers it."""
        old = self.get("loaded")
        self.page.locator(f"#map-{radio}").get_by_role("radio", name=label, exact=True).check()
        self.wait_for_another("loaded", old)
        expect(self.root).to_have_attribute("data-painted", self.get("loaded"))

    def codes(self) -> Any:
        """Those of the film's frames, (T, d)."""
        value = self.player.value()
        lines = [value["note"]["values"][name] for name in ("z1", "z2")]
        found = [decode(line["data"], np.float32, (line["shape"][0],)) for line in lines]
        return np.stack([np.broadcast_to(line, (value["steps"],)) for line in found], 1)  # one value holds for all


@pytest.fixture
def chart(page: Page) -> Chart:
    return Chart(page)


def no_complaint(page: Page) -> None:
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    expect(page.locator("#map-chart .fault")).to_have_text("")


BAD_REQUESTS: list[Any] = [
    ["aevb-mnist-2d", [1e6, 0]],
    ["aevb-mnist-2d", ["a", "b"]],
    ["aevb-mnist-2d", [None, 0]],
    ["aevb-mnist-2d", [0, 0, 0]],
    ["no-such-model", [0, 0]],
    ["aevb-mnist-2d"],
    "text",
    None,
]


@pytest.mark.kept_page
def test_before_a_hand_comes_the_picture_is_that_of_the_clouds_mean(chart: Chart) -> None:
    expect(chart.root).to_have_attribute("data-shown", "cloud")
    cloud = chart.cloud()
    first = decode(cloud["pictures"], np.uint8, (12, 28, 28))[0]
    np.testing.assert_array_equal(chart.peeked(), first)


@pytest.mark.kept_page
def test_what_lies_under_the_mouse_is_decoded_there(chart: Chart, studio: Studio) -> None:
    for u, v in ((0.3, 0.6), (0.7, 0.4)):
        chart.move(u, v, steps=12)
        chart.settle()
        x, y = chart.place()
        assert abs(chart.peeked() - studio.map.peek(chart.get("model"), [x, y]).astype(int)).max() <= 1
    expect(chart.root.locator(".where")).to_contain_text("z1")
    no_complaint(chart.page)


@pytest.mark.kept_page
def test_the_walk_is_taken_home_as_a_gif(chart: Chart, tmp_path: Path) -> None:
    with chart.page.expect_download() as download:
        chart.page.locator("#map-gif").click()
    path = tmp_path / "map.gif"
    download.value.save_as(path)
    frames, _ = frames_of(path)
    assert len(frames) == FIRST_FRAMES


@pytest.mark.kept_page
def test_bad_requests_from_a_page_are_answered_with_a_sentence_each(chart: Chart) -> None:
    for data in BAD_REQUESTS:
        answer = chart.page.evaluate(
            """async (data) => {
              const { id } = window.gradio_config.components.find((each) => each.props.elem_id === 'map-chart');
              const body = JSON.stringify({ data, component_id: id, fn_name: 'peek', session_hash: 'test' });
              const headers = { 'Content-Type': 'application/json' };
              const found = await fetch('gradio_api/component_server', { method: 'POST', headers, body });
              return found.json();
            }""",
            data,
        )
        assert set(answer) == {"error"} and re.fullmatch(r"[A-Z].*\.", answer["error"]), data


@pytest.mark.kept_page
def test_a_click_pins_a_picture_and_it_can_be_taken_off(chart: Chart) -> None:
    chart.click(0.4, 0.5)
    expect(chart.root).to_have_attribute("data-pins", "1")
    chart.click(0.6, 0.5)
    expect(chart.root).to_have_attribute("data-pins", "2")
    chart.root.get_by_label("Take pin 1 off").click()
    expect(chart.root).to_have_attribute("data-pins", "1")
    assert chart.get("path") == "0", "a click is no path"
    for k in range(12):
        chart.click(0.1 + 0.06 * k, 0.2)
    expect(chart.root.locator(".fault")).to_contain_text("At most 12")
    expect(chart.root).to_have_attribute("data-pins", "12")


@pytest.mark.kept_page
def test_two_pins_are_the_ends_of_a_film(chart: Chart) -> None:
    before = chart.player.loaded()
    for u in (0.3, 0.7):
        chart.click(u, 0.5)
        chart.settle()
    expect(chart.root).to_have_attribute("data-pins", "2")
    for k in (1, 2):
        chart.root.get_by_label(f"Pin {k}: start or end of a path").click()
    chart.player.wait_for_another(before)
    codes = chart.codes()
    assert len(codes) == FIRST_FRAMES and codes[0, 0] < codes[-1, 0]
    np.testing.assert_allclose(np.diff(codes[:, 0]), np.diff(codes[:, 0])[0], rtol=1e-3)


@pytest.mark.kept_page
def test_a_drag_becomes_a_film_of_as_many_frames_as_are_chosen(chart: Chart, studio: Studio) -> None:
    before = chart.player.loaded()
    chart.drag((0.2, 0.3), (0.6, 0.7), (0.8, 0.3))
    before = chart.player.wait_for_another(before)
    assert chart.player.value()["steps"] == FIRST_FRAMES and int(chart.get("path")) >= 8
    expect(chart.root).to_have_attribute("data-pins", "0")
    field = chart.page.locator("#map-frames input[type=number]")
    field.fill("7")
    field.press("Enter")
    chart.player.wait_for_another(before)
    assert chart.player.value()["steps"] == 7
    codes = chart.codes()
    lengths = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    assert lengths.max() / np.median(lengths) < 1.01, "equal steps, but where the path turns"
    picture = decode(chart.player.value()["panels"][0]["data"], np.uint8, (7, 28, 28))[3].astype(int)
    assert np.abs(picture - studio.map.peek(chart.get("model"), codes[3].tolist())).max() <= 1
    no_complaint(chart.page)


@pytest.mark.kept_page
def test_drawing_moves_the_cloud_and_an_empty_sheet_is_called_blank(chart: Chart, studio: Studio) -> None:
    before, centre = chart.get("cloud"), chart.cloud()["centre"]
    chart.page.locator("#desk-editor [data-act=draw]").click()
    drag(chart.page, chart.page.locator("#desk-editor canvas").first, [(5.0, 4.0), (23.0, 24.0)])
    before = chart.wait_for_another("cloud", before)
    chart.page.wait_for_function(
        "old => JSON.stringify(document.querySelector('#map-cloud .easel-cloud').easelCloud.centre) !== old",
        arg=json.dumps(centre, separators=(",", ":")),
    )
    chart.page.locator("#desk-editor [data-act=clear]").click()
    expect(chart.page.locator("#map-cloud .words")).to_contain_text("blank")
    blank = studio.vaes.encode(np.zeros((28, 28), np.uint8), chart.get("model"))
    np.testing.assert_allclose(chart.cloud()["centre"], blank.mean, atol=1e-3)
    no_complaint(chart.page)


@pytest.mark.kept_page
def test_another_model_has_a_map_of_its_own_and_a_pin_shows_what_lies_there(chart: Chart) -> None:
    chart.click(0.4, 0.5)
    expect(chart.root).to_have_attribute("data-pins", "1")
    pinned = chart.root.locator(".pins canvas")
    old = pinned.evaluate("canvas => canvas.toDataURL()")
    expect(chart.page.locator("#map-planes")).to_be_hidden()
    chart.choose("model", "20 numbers")
    assert chart.get("model") == MODELS["20 numbers"] and chart.get("pins") == "1"
    assert pinned.evaluate("canvas => canvas.toDataURL()") != old
    expect(chart.page.locator("#map-planes")).to_be_visible()
    expect(chart.root.locator(".words")).to_contain_text("of the variance")
    chart.move(0.5, 0.4, steps=3)
    chart.settle()
    expect(chart.root.locator(".numbers span")).to_have_count(20)
    before = chart.player.loaded()
    chart.drag((0.3, 0.3), (0.7, 0.7))
    chart.player.wait_for_another(before)
    assert "20 numbers" in chart.player.value()["panels"][0]["title"]
    no_complaint(chart.page)


@pytest.mark.kept_page
def test_a_plane_of_two_numbers_can_go_through_the_digit(chart: Chart, studio: Studio) -> None:
    chart.choose("model", "8 numbers")
    chart.choose("plane", "Two numbers")
    expect(chart.root.locator(".words")).to_contain_text("held at 0")
    chart.choose("held", "As in your digit")
    expect(chart.root.locator(".words")).to_contain_text("as in your digit")
    cloud = chart.cloud()
    value: dict[str, Any] = cloud
    np.testing.assert_allclose(value["centre"], value["mean"][:2], atol=1e-4)
    chart.move(0.5, 0.5)
    chart.settle()
    code = [*chart.place(), *value["mean"][2:]]
    assert np.abs(chart.peeked() - studio.map.peek(chart.get("model"), code)).max() <= 1
    old = chart.get("loaded")
    chart.page.locator("#desk [data-example='1']").click()
    chart.wait_for_another("loaded", old)
    no_complaint(chart.page)


@pytest.mark.kept_page
def test_on_the_axes_of_quantiles_a_share_of_the_side_is_a_share_of_the_prior(chart: Chart) -> None:
    chart.choose("tiles", "Quantiles")
    expect(chart.root.locator(".words")).to_contain_text("quantiles")
    normal, pixel = NormalDist(), 1 / 400
    for u, v in ((0.5, 0.25), (0.9, 0.02), (0.03, 0.975)):
        chart.move(u, v)
        chart.settle()
        assert [normal.cdf(each) for each in chart.place()] == pytest.approx([u, v], abs=2 * pixel)
    chart.move(1.005, 0.5)
    assert 3.2 < chart.place()[0] < 3.4, "the edge is not infinitely far"


@pytest.mark.kept_page
def test_arrow_keys_move_the_cursor_enter_pins_and_classes_are_switched(chart: Chart) -> None:
    focus(chart.canvas)
    centre = chart.cloud()["centre"]
    chart.page.keyboard.press("ArrowRight")
    x, y = chart.place()
    assert x > centre[0] and y == pytest.approx(centre[1], abs=1e-6)
    chart.page.keyboard.press("Shift+ArrowUp")
    assert chart.place()[1] > y
    chart.settle()
    chart.page.keyboard.press("Enter")
    expect(chart.root).to_have_attribute("data-pins", "1")
    before = chart.canvas.evaluate("c => c.toDataURL()")
    one = chart.root.locator("[data-digit='1']")
    focus(one)
    chart.page.keyboard.press("Space")
    expect(chart.root).to_have_attribute("data-off", "1")
    expect(one).to_have_attribute("aria-pressed", "false")
    chart.page.wait_for_function(
        "old => document.querySelector('#map-chart .chart canvas').toDataURL() !== old", arg=before
    )
    chart.root.locator("[data-digit='all']").click()
    expect(chart.root).to_have_attribute("data-off", "")


@pytest.mark.kept_page
def test_a_finger_moves_over_the_map_of_a_narrow_screen(chart: Chart) -> None:
    page = chart.page
    page.set_viewport_size({"width": 360, "height": 780})
    chart.canvas.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    peek, box = chart.root.locator(".peek").bounding_box(), chart.canvas.bounding_box()
    assert peek is not None and box is not None and peek["y"] > box["y"] + box["height"], "below the map"
    touch = page.context.new_cdp_session(page)
    before = chart.player.loaded()
    for kind, u in (("touchStart", 0.3), *(("touchMove", 0.3 + 0.05 * k) for k in range(1, 8))):
        x, y = chart.at(u, 0.5)
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    chart.settle()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    chart.player.wait_for_another(before)
    no_complaint(page)


@pytest.mark.kept_page
def test_pins_and_path_of_a_link_stand_where_they_stood(page: Page) -> None:
    chart = Chart(page)
    chart.drag((0.2, 0.3), (0.6, 0.7), (0.8, 0.3))
    chart.click(0.5, 0.5)
    expect(chart.root).to_have_attribute("data-pins", "1")
    page.wait_for_function("() => location.search.includes('pins=') && location.search.includes('path=')")
    chart.player.wait_for_another("map-film")
    codes, pin = chart.codes(), chart.root.locator(".pins canvas").evaluate("canvas => canvas.toDataURL()")
    again = Chart(page, page.url.partition("/vae/")[2])
    again.player.wait_for_another("map-film")
    np.testing.assert_array_equal(again.codes(), codes)
    expect(again.root).to_have_attribute("data-pins", "1")
    assert again.root.locator(".pins canvas").evaluate("canvas => canvas.toDataURL()") == pin
    load(page, "/vae/?path=somewhere&pins=1,2,3")
    expect(page.locator(".easel-note")).to_contain_text("could not be read")
    assert chart.player.loaded() == "map-film"
