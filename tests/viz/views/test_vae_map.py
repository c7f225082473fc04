"""The map's values: dots and pictures that can be read back, an ellipse as computed by hand, colours that differ."""

from __future__ import annotations

import base64
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.studies.vae_map import Plane, of_axes
from core.trace import CanvasTrace, Step
from viz.player.payload import decode
from viz.views.vae_map import CLASSES, LEVELS, cloud_value, cloud_words, film_payload, map_value, map_words

RNG = np.random.default_rng(0)
SIDE, HEIGHT, WIDTH = 3, 4, 5
LATTICE = RNG.random((SIDE**2, HEIGHT, WIDTH)).astype(np.float32)
WHAT = {"axes": ["z1", "z2"], "half": 4.0, "quantiles": False, "words": "w"}


def value(places: Any, labels: Any, plane: Plane | None = None, lattice: Any = LATTICE) -> Any:
    return map_value(
        "m", plane or of_axes(2, 0, 1), lattice, np.array(places, float), np.array(labels, np.uint8), **WHAT
    )


def sheet(text: str) -> Any:
    head, _, data = text.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_dots_come_back_to_a_thousandth_of_the_map_with_their_classes() -> None:
    places, labels = RNG.uniform(-4, 4, (500, 2)), RNG.integers(0, 10, 500)
    found = value(places, labels)
    assert found["count"] == 500
    back = (2 * decode(found["dots"], np.uint16, (500, 2)).astype(float) / 0xFFFF - 1) * 4.0
    assert np.abs(back - places).max() <= 4 / 0xFFFF + 1e-9
    assert (decode(found["classes"], np.uint8, (500,)) == labels).all()


def test_five_thousand_dots_travel_as_bytes() -> None:
    found = value(RNG.uniform(-4, 4, (5_000, 2)), RNG.integers(0, 10, 5_000))
    assert len(json.dumps([found["dots"], found["classes"]])) < 35_000


def test_dots_beyond_the_square_are_left_out_and_none_at_all_is_a_map_too() -> None:
    found = value([[0, 0], [4.1, 0], [-4, 4]], [1, 2, 3])
    assert found["count"] == 2 and decode(found["classes"], np.uint8, (2,)).tolist() == [1, 3]
    assert decode(found["dots"], np.uint16, (2, 2))[1].tolist() == [0, 0xFFFF]
    assert value(np.zeros((0, 2)), [])["count"] == 0


def test_the_pictures_stand_on_one_sheet_row_by_row_from_the_top_left() -> None:
    laid = sheet(value([[0, 0]], [0])["lattice"])
    assert laid.shape == (SIDE * HEIGHT, SIDE * WIDTH)
    for k, picture in enumerate(LATTICE):
        top, left = HEIGHT * (k // SIDE), WIDTH * (k % SIDE)
        tile = laid[top : top + HEIGHT, left : left + WIDTH]
        assert np.abs(tile / 255 - picture).max() <= 0.5 / (LEVELS - 1) + 0.5 / 255 + 1e-6


def test_the_page_can_rebuild_codes_from_what_it_is_told_of_the_plane() -> None:
    basis = np.linalg.qr(RNG.normal(size=(6, 2)))[0].T
    plane = Plane(np.zeros(6), basis).through(RNG.normal(size=6))
    found = value([[0, 0]], [0], plane)
    x, y = 1.5, -2.5
    code = [o + x * a + y * b for o, a, b in zip(found["origin"], *found["basis"], strict=True)]
    np.testing.assert_allclose(code, plane.codes(np.array([[x, y]]))[0], atol=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_never_reaches_the_page(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        value([[0, bad]], [0])
    with pytest.raises(ValueError, match="finite"):
        value([[0, 0]], [0], lattice=np.full_like(LATTICE, bad))
    with pytest.raises(ValueError, match="finite"):
        cloud_value("m", of_axes(2, 0, 1), np.array([bad, 0]), np.ones(2), np.zeros((1, 2)), LATTICE, "")


def test_the_cloud_has_centre_ellipse_and_samples_as_the_plane_shows_them() -> None:
    plane = of_axes(3, 2, 0)
    mean, sigma = np.array([1.0, 2.0, 3.0], np.float32), np.array([0.5, 9.0, 0.25], np.float32)
    found = cloud_value("m", plane, mean, sigma, np.array([[4, 5, 6]], np.float32), LATTICE, "w")
    assert found["centre"] == [3, 1] and found["points"] == [[6, 4]] and found["mean"] == [1, 2, 3]
    assert np.abs(found["half_axes"]).tolist() == [[0, 0.5], [0.25, 0]]
    shown = decode(found["pictures"], np.uint8, LATTICE.shape)
    assert np.abs(shown / 255 - LATTICE).max() <= 0.5 / 255 + 1e-6


def test_each_value_bears_an_id_of_its_own() -> None:
    assert value([[0, 0]], [0])["id"] != value([[0, 0]], [0])["id"]


def test_the_words_say_how_many_dots_there_are_and_what_is_held() -> None:
    all_of_them = map_words(shown=5_000, total=5_000, quantiles=False, side=20, half=3.5)
    assert "5,000 dots" in all_of_them and "outside" not in all_of_them and "±3.5" in all_of_them
    some = map_words(shown=4_990, total=5_000, quantiles=True, side=20, half=3.5, share=0.414, held=" Held.")
    assert "10 of them lie outside" in some and "41 %" in some and some.endswith(" Held.") and "quantiles" in some
    assert "No dots" in map_words(shown=0, total=0, quantiles=False, side=20, half=3)


def test_the_words_about_a_cloud_have_its_numbers_and_say_when_the_sheet_is_blank() -> None:
    said = cloud_words(np.array([1.234, -0.5]), np.array([0.1, 0.2]), ["z1", "z2"], 6.04, 88.88, 2, blank=False)
    assert "z1 = 1.23 ± 0.10" in said and "z2 = −0.50 ± 0.20" in said
    assert (
        "6.0 nats" in said
        and "88.9" in said
        and "94.9 nats" in said
        and "blank" not in said
        and "directions" not in said
    )
    flat = cloud_words(np.zeros(2), np.ones(2), ["component 1", "component 2"], 1, 2, 20, blank=True)
    assert "blank" in flat and "two of its 20 directions" in flat


def test_a_film_carries_the_codes_of_its_frames() -> None:
    trace = CanvasTrace(tuple(Step(LATTICE[k][None, None]) for k in range(4)))
    way = RNG.normal(size=(4, 3))
    found = film_payload(trace, way, "3 numbers")
    assert found["steps"] == 4 and "4 frames" in found["panels"][0]["title"]
    note: Any = found["note"]
    for i in range(3):
        np.testing.assert_allclose(decode(note["values"][f"z{i + 1}"]["data"], np.float32, (4,)), way[:, i], rtol=1e-6)


# Colours. Linear RGB to OKLab: Ottosson 2020. Sight without red or green cones: Machado et al. 2009.
LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566]]
LMS += [[0.0883024619, 0.2817188376, 0.6299787005]]
LAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099]]
LAB += [[0.0259040371, 0.7827717662, -0.8086757660]]
SIGHTS = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.mark.parametrize("sight", SIGHTS)
def test_ten_colours_are_told_apart_by_any_sight_and_stand_out_on_black(sight: str) -> None:
    rgb = np.array([[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in CLASSES]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt((linear @ np.array(SIGHTS[sight]).T).clip(0, 1) @ np.array(LMS).T) @ np.array(LAB).T
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(10, 1)]
    assert len(CLASSES) == 10 and apart.min() > 0.11, apart.min()
    assert lab[:, 0].min() > 0.45
