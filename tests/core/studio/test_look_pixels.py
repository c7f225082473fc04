"""Requests about every pixel, on untrained networks of full size: maps of any size, corners, refusals."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from core.errors import UserError
from core.results import CORNERS
from core.studio.look_pixels import NETWORKS, EveryPixelStudio
from core.training.registry import REGISTRY
from tests.core import small

FOUR, ONE = NETWORKS


@pytest.fixture(scope="module")
def studio() -> EveryPixelStudio:
    made = {name: small.build(REGISTRY[name].config) for name in NETWORKS}
    return EveryPixelStudio(made.__getitem__, nullcontext)


def scene(height: int = 60, width: int = 60, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


@pytest.mark.parametrize("size", [(60, 60), (100, 100), (13, 40)], ids=str)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_scene_of_any_size_has_a_map_of_its_size(
    studio: EveryPixelStudio, size: tuple[int, int], network: str
) -> None:
    found = studio.grown(scene(*size), network)
    assert found.kinds.shape[1:] == (3, *size) and len(found.turns) == (4 if network == FOUR else 1)
    np.testing.assert_allclose(found.kinds.sum(1), 1, atol=1e-5)
    assert len(found.kinds) == -(-size[0] // 3) + -(-size[1] // 3) - 1


@pytest.mark.parametrize("value", [0, 255], ids=["empty", "full"])
def test_empty_paper_and_a_scene_full_of_ink_have_a_map(studio: EveryPixelStudio, value: int) -> None:
    found = studio.grown(np.full((60, 60), value, np.uint8))
    assert np.isfinite(found.kinds).all() and np.isfinite(found.digits).all()


def test_corners_that_are_left_out_are_off_and_without_any_it_sees_each_block_alone(studio: EveryPixelStudio) -> None:
    found = studio.grown(scene(), FOUR, ["top right", "bottom left"])
    assert [bool((turns >= 0).all()) for turns in found.turns] == [False, True, True, False]
    blind = studio.grown(scene(), FOUR, [])
    assert (blind.kinds == blind.kinds[:1]).all() and (blind.turns == -1).all()


def test_a_pixel_hears_all_of_the_scene_or_one_corner_of_it(studio: EveryPixelStudio) -> None:
    assert (studio.heard(scene(), 30, 30) > 0).all()
    assert not studio.heard(scene(), 30, 30, ONE)[:, 33:].any()
    corner = studio.heard(scene(), 30, 30, FOUR, "bottom right")
    assert not corner[:30].any() and (corner[33:, 33:] > 0).any()


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda s: s.grown(scene(11, 60)), "A scene is a grey picture of 12 to 128 pixels a side."),
        (lambda s: s.grown(scene(200, 200)), "A scene is a grey picture of 12 to 128 pixels a side."),
        (lambda s: s.grown(scene().astype(float)), "A scene is a grey picture of 12 to 128 pixels a side."),
        (lambda s: s.grown(scene(), "draw-mnist"), f"There is no such network; there are {FOUR} and {ONE}."),
        (lambda s: s.grown(scene(), FOUR, ["middle"]), f"A scan begins at one of the corners: {', '.join(CORNERS)}."),
        (lambda s: s.heard(scene(), 60, 0), "The row must be a whole number from 0 to 59."),
        (lambda s: s.heard(scene(), 0, 0, ONE, "top right"), "This network has no scan from the top right."),
        (lambda s: s.backwards(9, 0), "The row must be a whole number from 0 to 3."),
    ],
    ids=range(8),
)
def test_what_cannot_be_asked_gets_its_sentence(studio: EveryPixelStudio, ask: Any, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        ask(studio)
    assert str(caught.value) == sentence
