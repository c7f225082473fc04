"""The game of eight looks, as requests: a scene for each round, and the network with a person's looks in its place."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from core.data import strokes
from core.requests import RequestError
from core.results import LOOKS_SIDE as SIDE
from core.studio.look import GlimpseStudio
from core.studio.together_looks import LooksStudio
from tests.core.digit_vaes import model


@pytest.fixture(scope="module")
def studio() -> LooksStudio:
    return LooksStudio(GlimpseStudio(model, contextlib.nullcontext))  # type: ignore[arg-type]


def test_a_round_is_one_scene_with_the_digit_that_a_program_drew(studio: LooksStudio) -> None:
    pixels, digit = studio.scene(7)
    assert pixels.shape == (SIDE, SIDE) and digit == int(strokes.digits(1, 7)[1][0])
    assert (studio.scene(7)[0] == pixels).all() and (studio.scene(8)[0] != pixels).any()


def test_what_reaches_a_person_is_the_mean_of_the_pixels_round_each_filter(studio: LooksStudio) -> None:
    """A filter is a Gaussian over the pixels; here it is worked out from the mark, pixel by pixel."""
    pixels, _ = studio.scene(3)
    trace = studio.seen(3, [(31.0, 22.5, 24.0)])
    step = trace.steps[0].scalars
    centre_x, centre_y, delta, variance, gamma = (
        float(step[f"glimpse_{name}"][0]) for name in ("x", "y", "stride", "variance", "intensity")
    )
    assert (centre_x, centre_y) == pytest.approx((31.0, 22.5), abs=1e-3)
    places = np.arange(SIDE) + 0.5
    weights = [
        [np.exp(-((places - (middle + (i - 5.5) * delta)) ** 2) / (2 * variance)) for i in range(12)]
        for middle in (centre_x, centre_y)
    ]
    across, down = (np.array([each / each.sum() for each in bank]) for bank in weights)
    expected = gamma * down @ (pixels / 255) @ across.T
    np.testing.assert_allclose(trace.steps[0].patches["glimpse"][0, 0], expected, atol=2e-3)


def test_looks_are_as_many_as_a_person_took_and_each_adds_to_the_last(studio: LooksStudio) -> None:
    boxes = [(30.0, 30.0, 60.0), (20.0, 24.0, 20.0), (40.0, 40.0, 12.0)]
    three, two = studio.seen(5, boxes), studio.seen(5, boxes[:2])
    assert len(three) == 3 and len(two) == 2
    for k in range(10):
        np.testing.assert_allclose(three.series(f"{k}_probability")[:2], two.series(f"{k}_probability"), atol=1e-5)


def test_the_networks_own_looks_lent_to_the_person_are_its_own_outcome_at_first_sight(studio: LooksStudio) -> None:
    found = studio.outcome(5, [(30.0, 30.0, 60.0)], 4)
    assert (found.digit, found.named) == (studio.scene(5)[1], 4)
    mark = found.its.steps[0].marks[0]
    own = (float(mark.x[0]), float(mark.y[0]), float(mark.width[0]))
    lent = studio.outcome(5, [own], 4).yours
    np.testing.assert_allclose(lent.steps[0].patches["glimpse"], found.its.steps[0].patches["glimpse"], atol=1e-4)


@pytest.mark.parametrize(
    ("boxes", "digit", "message"),
    [
        ([], 3, "1 to 8 looks"),
        ([(1, 1, 9)] * 9, 3, "1 to 8 looks"),
        ("30", 3, "1 to 8 looks"),
        ([3], 3, "three numbers"),
        ([(1, 2)], 3, "three numbers"),
        ([(float("nan"), 2, 9)], 3, "window"),
        ([(1, 2, 9)], 10, "digit"),
    ],
)
def test_a_round_that_cannot_be_gets_one_sentence(
    studio: LooksStudio, boxes: object, digit: object, message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        studio.outcome(5, boxes, digit)
