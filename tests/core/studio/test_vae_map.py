"""The map's requests with the weights that are there: right for any weights, and bad ones are one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.studies.latents import FRAMES
from core.studies.vae_map import Plane, lattice
from core.studio.studio import Studio
from core.studio.vae_map import AT_A_TIME, MAPS, MAX_PATH, SAMPLES, SIDE

TWO, MANY = "aevb-mnist-2d", "vae-mnist-20d"
BLANK = np.zeros((28, 28), np.uint8)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


def a_digit() -> Any:
    picture = BLANK.copy()
    picture[6:22, 13:16] = 255
    return picture


@pytest.mark.parametrize("name", [TWO, "vae-mnist"])
@pytest.mark.parametrize("quantiles", [False, True])
def test_the_tiles_are_what_the_decoder_paints_at_their_places(studio: Studio, name: str, quantiles: bool) -> None:
    d = len(studio.vaes.order(name))
    plane = studio.map.of_axes(name, d, 1)
    tiles = studio.map.lattice(name, plane, 4, quantiles)
    assert tiles.shape == (SIDE**2, 28, 28)
    for at in (0, AT_A_TIME, SIDE**2 - 1):
        x, y = lattice(SIDE, 4, quantiles)[at]
        code = [0.0] * d
        code[d - 1], code[0] = x, y
        np.testing.assert_allclose(tiles[at], studio.vaes.decode(code, name=name)[0][0, 0], atol=1e-5)


def test_what_the_hand_sees_is_what_the_decoder_paints(studio: Studio) -> None:
    for name in MAPS:
        code = [0.3] * len(studio.vaes.order(name))
        painted = studio.vaes.decode(code, name=name)[0][0, 0]
        assert np.abs(studio.map.peek(name, code) / 255 - painted).max() <= 0.5 / 255 + 1e-6


def test_the_cloud_is_the_encoders_posterior_and_its_pictures_are_decoded_from_it(studio: Studio) -> None:
    found, code = studio.map.posterior(MANY, a_digit()), studio.vaes.encode(a_digit(), MANY)
    np.testing.assert_array_equal(found.code.mean, code.mean)
    assert found.samples.shape == (SAMPLES, 20) and found.pictures.shape == (SAMPLES + 1, 28, 28)
    np.testing.assert_allclose(found.pictures[0], studio.vaes.decode(code.mean, name=MANY)[0][0, 0], atol=1e-5)
    np.testing.assert_allclose(found.pictures[3], studio.vaes.decode(found.samples[2], name=MANY)[0][0, 0], atol=1e-5)
    normal = torch.distributions.Normal(torch.tensor(code.mean), torch.tensor(code.sigma))
    far = ((torch.tensor(found.samples) - normal.mean) / normal.stddev).abs()
    assert far.max() < 5 and 0.6 < float(far.square().mean()) < 1.5
    again = studio.map.posterior(MANY, a_digit())
    np.testing.assert_array_equal(found.samples, again.samples)


def test_an_empty_sheet_has_a_cloud_too(studio: Studio) -> None:
    found = studio.map.posterior(TWO, BLANK)
    assert np.isfinite(found.code.mean).all() and (found.code.sigma > 0).all()


def test_a_film_begins_and_ends_with_its_path_and_shows_what_the_decoder_paints(studio: Studio) -> None:
    path = [[-1.0, 0.5], [0.0, 0.5], [0.0, 1.5]]
    trace, way = studio.map.film(TWO, path, 5)
    np.testing.assert_allclose(way, [[-1, 0.5], [-0.5, 0.5], [0, 0.5], [0, 1], [0, 1.5]], atol=1e-6)
    assert len(trace) == 5
    for step, code in zip(trace, way, strict=True):
        np.testing.assert_allclose(step.image, studio.vaes.decode(code.tolist(), name=TWO)[0], atol=1e-5)


@pytest.mark.parametrize("frames", FRAMES)
def test_a_film_has_as_many_frames_as_were_asked_for(studio: Studio, frames: int) -> None:
    rng = np.random.default_rng(0)
    trace, way = studio.map.film(MANY, rng.normal(size=(MAX_PATH, 20)).tolist(), frames)
    assert len(trace) == len(way) == frames


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ([], "two places at least"),
        ([[0, 0]], "two places at least"),
        ([[1, 1], [1, 1], [1, 1]], "two different places"),
        ([[0, 0], [1e6, 0]], "from -20 to 20"),
        ([[0, 0], [math.nan, 0]], "from -20 to 20"),
        ([[0, 0], ["1", 0]], "from -20 to 20"),
        ([[0, 0], 5], "number"),
        ([[0, 0], [1, 2, 3]], "2 numbers"),
        ("walk", "two places at least"),
        (None, "two places at least"),
        ([[0.001 * k, 0] for k in range(10_000)], "At most 2000 codes"),
    ],
)
def test_a_path_that_is_none_is_one_sentence(studio: Studio, path: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        studio.map.film(TWO, path, 8)


@pytest.mark.parametrize("frames", [2, 61, 3.5, math.nan, "8", None])
def test_a_film_of_too_few_or_too_many_frames_is_one_sentence(studio: Studio, frames: Any) -> None:
    with pytest.raises(UserError, match="whole number from 3 to 60"):
        studio.map.film(TWO, [[0, 0], [1, 1]], frames)


@pytest.mark.parametrize("code", [[0], [0, math.inf], [1e6, 0], ["a", "b"], "ab", None, [[0, 0], [1, 1]], [[0, 0], 1]])
def test_a_place_that_is_none_is_one_sentence(studio: Studio, code: Any) -> None:
    with pytest.raises(UserError):
        studio.map.peek(TWO, code)


@pytest.mark.parametrize("name", ["vae-svhn", "draw-mnist", "", None, 3, ["aevb-mnist-2d"]])
def test_a_model_without_a_map_is_one_sentence(studio: Studio, name: Any) -> None:
    plane = Plane(np.zeros(2), np.eye(2))
    for ask in (
        lambda: studio.map.peek(name, [0, 0]),
        lambda: studio.map.film(name, [[0, 0], [1, 1]], 8),
        lambda: studio.map.posterior(name, BLANK),
        lambda: studio.map.of_axes(name, 1, 2),
        lambda: studio.map.lattice(name, plane, 3, False),
    ):
        with pytest.raises(UserError, match="There is no map of"):
            ask()


@pytest.mark.parametrize("axes", [(0, 1), (1, 9), (1, 1), (math.nan, 2), ("1", 2)])
def test_axes_that_are_none_are_one_sentence(studio: Studio, axes: Any) -> None:
    with pytest.raises(UserError, match=r"number"):
        studio.map.of_axes("vae-mnist", *axes)


def test_codes_of_other_weights_are_not_shown_and_those_of_these_come_in_the_order_of_nats(studio: Studio) -> None:
    means = np.arange(16, dtype=np.float32).reshape(2, 8)
    assert studio.map.in_order("vae-mnist", means, "0" * 64) is None
    ordered = studio.map.in_order("vae-mnist", means, studio.map._sha256("vae-mnist"))
    assert ordered is not None and ordered[0].tolist() == [float(k) for k in studio.vaes.order("vae-mnist")]
