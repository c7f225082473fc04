"""The drawing shows the numbers it is given, the formula lights up where its slider is, the sentence fits."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.results import Looking, Setting
from core.studies.draw_window import look
from viz.tabs.draw_window import PRESETS
from viz.views import draw_window

PIXELS = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
EVERYTHING = Setting(*PRESETS["Everything"])


def looking(setting: Setting = EVERYTHING) -> Looking:
    return look(PIXELS, setting)


def opened(uri: str) -> np.ndarray:
    kind, data = uri.split(",", 1)
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(BytesIO(base64.b64decode(data))))


def test_the_drawing_holds_picture_patch_and_what_is_written_back_as_they_are() -> None:
    found = looking()
    text = draw_window.drawing(found)
    picture, patch, back = (opened(uri) for uri in re.findall(r'(?:href|src)="([^"]+)"', text))
    assert np.array_equal(picture, PIXELS)
    np.testing.assert_allclose(patch / 255, np.clip(found.patch, 0, 1), atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(back / 255, found.back / found.back.max(), atol=0.5 / 255 + 1e-6)
    assert f"its white is {found.back.max():.2g}" in text


def test_every_filter_has_a_curve_whose_heights_are_its_weights_and_a_spot_at_its_centre() -> None:
    found = looking(replace(EVERYTHING, n=4, g_x=10.0))
    text = draw_window.drawing(found)
    curves = [
        np.array([list(map(float, point.split(","))) for point in points.split()])
        for points in re.findall(r'<polyline points="([^"]+)"', text)
    ]
    assert len(curves) == 8
    tallest = max(found.f_x.max(), found.f_y.max())
    for curve, weights in zip(curves[:4], found.f_x, strict=True):
        heights = (28 * draw_window.PIXEL + draw_window.STRIP - 3 - curve[:, 1]) / (draw_window.STRIP - 6)
        np.testing.assert_allclose(heights, weights / tallest, atol=0.002)
        np.testing.assert_allclose(np.diff(curve[:, 0]), draw_window.PIXEL)
    for curve, weights in zip(curves[4:], found.f_y, strict=True):
        np.testing.assert_allclose((curve[:, 0] - 3) / (draw_window.STRIP - 6), weights / tallest, atol=0.002)
    spots = {(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.-]+)" cy="([\d.-]+)"', text)}
    wanted = [
        (round(draw_window.STRIP + (x - 0.5) * draw_window.PIXEL, 1), round((y - 0.5) * draw_window.PIXEL, 1))
        for x in found.centres_x.tolist()
        for y in found.centres_y.tolist()
    ]
    np.testing.assert_allclose(sorted(spots), sorted(wanted), atol=0.06)


def test_exactly_the_terms_of_the_moved_parameter_light_up_and_all_values_are_said() -> None:
    for name, symbol in draw_window.TERMS.items():
        text = draw_window.formula(EVERYTHING, name)
        lit = re.findall(r'<span class="term lit"[^>]*>(.*?)</span>', text)
        assert lit and set(lit) == {symbol}
        assert f"{symbol} = {getattr(EVERYTHING, name):g}" in text
    assert "lit" not in draw_window.formula(EVERYTHING)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The whole picture in 10×10 numbers"),
        ({"g_x": 60.0}, "lies <b>outside</b> the picture"),
        ({"n": 1}, "<b>One filter</b>"),
        ({"delta": 0.0}, "stride of <b>zero</b>"),
        ({"sigma2": 0.0}, "as sharp as a <b>single pixel</b>"),
        ({"sigma2": 16.0, "delta": 2.0}, "all read nearly the same"),
        ({"sigma2": 0.3}, "<b>gaps</b> between the filters"),
        ({"delta": 1.0, "sigma2": 0.5}, "little is seen, but <b>sharply</b>"),
    ],
)
def test_the_sentence_names_what_is_remarkable(changes: dict[str, float], words: str) -> None:
    assert words in draw_window.sentence(replace(EVERYTHING, **changes), (28, 28))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_drawn_without_a_number_that_is_none(name: str) -> None:
    shown = draw_window.shown(looking(Setting(*PRESETS[name])))
    assert not re.search(r"\b(nan|inf)\b", shown.drawing.split("base64")[0] + shown.words + shown.formula)
