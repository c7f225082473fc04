"""The classifier's requests, on untrained networks of full size: scenes, looks, one's own glimpse, refusals."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.data.images import ImageError
from core.data.reading import to_scene
from core.requests import RequestError
from core.studio.look import DIGIT, MOST_PIECES, NETWORKS, PIECE, SMALLEST_WINDOW, GlimpseStudio
from core.trace import CanvasTrace
from core.training.registry import REGISTRY
from tests.core import small

N = REGISTRY["glimpse-cluttered"].config.read_size


@cache
def network(name: str) -> Any:
    """Loud enough for its windows to wander."""
    made = small.build(REGISTRY[name].config)
    small.shake(made, 0.05)
    return made


DESK = GlimpseStudio(network, contextlib.nullcontext)
BOXES = np.random.default_rng(3)


def digit(seed: int = 0) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random((DIGIT, DIGIT)) < 0.2, 255, 0).astype(np.uint8)


def scene(side: int = 60, seed: int = 1) -> np.ndarray:
    return DESK.scene(digit(), side, 4, seed).pixels


def windows(trace: CanvasTrace) -> np.ndarray:
    """(T, 3): x, y and side of the box at each glimpse."""
    marks = [trace.marks(t)[0] for t in range(len(trace))]
    return np.array([[mark.x[0], mark.y[0], mark.width[0]] for mark in marks])


def thought(trace: CanvasTrace) -> np.ndarray:
    """(T, 10)."""
    return np.stack([trace.series(f"{k}_probability")[:, 0] for k in range(10)], 1)


def refused(match: str, request: Callable[[], object]) -> None:
    with pytest.raises(RequestError, match=match) as caught:
        request()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


# ---- scenes ----


@pytest.mark.parametrize("side", [60, 100])
def test_the_digit_lies_whole_where_it_is_put_and_the_clutter_stays(side: int) -> None:
    places = [(0, 0), (side - DIGIT, side - DIGIT), (5, 9)]
    bare = DESK.scene(np.zeros((DIGIT, DIGIT), np.uint8), side, 8, 7).pixels
    for row, column in places:
        made = DESK.scene(digit(), side, 8, 7, (row, column))
        assert (made.row, made.column) == (row, column) and made.pixels.shape == (side, side)
        alone = np.zeros((side, side), np.int64)
        alone[row : row + DIGIT, column : column + DIGIT] = digit()
        np.testing.assert_array_equal(made.pixels, np.minimum(alone + bare, 255))


def test_without_clutter_there_is_but_the_digit_and_each_piece_adds_at_most_its_square() -> None:
    made = DESK.scene(digit(), 60, 0, 3)
    inside = made.pixels[made.row : made.row + DIGIT, made.column : made.column + DIGIT]
    assert np.array_equal(inside, digit()) and made.pixels.sum() == digit().sum(dtype=np.int64)
    before = made.pixels
    for pieces in range(1, MOST_PIECES + 1):
        after = DESK.scene(digit(), 60, pieces, 3).pixels
        rows, columns = np.nonzero(after != before)
        assert (after >= before).all() and np.ptp([*rows, *rows[:1]] or [0]) < PIECE
        assert np.ptp([*columns, *columns[:1]] or [0]) < PIECE
        before = after
    assert (before > made.pixels).sum() > 100


def test_a_seed_is_a_scene_and_chance_puts_the_digit_anywhere() -> None:
    made = [DESK.scene(digit(), 60, 4, seed) for seed in range(40)]
    again = DESK.scene(digit(), 60, 4, 7)
    assert np.array_equal(made[7].pixels, again.pixels) and not np.array_equal(made[7].pixels, made[8].pixels)
    rows, columns = [each.row for each in made], [each.column for each in made]
    assert 0 <= min(rows) < 8 and 24 < max(rows) <= 32 and 0 <= min(columns) < 8 and 24 < max(columns) <= 32


SCENES: list[tuple[str, tuple[Any, ...]]] = [
    ("28×28 pixels", (np.zeros((27, 28), np.uint8), 60, 4, 1)),
    ("60 or 100 pixels wide", (digit(), 80, 4, 1)),
    ("60 or 100 pixels wide", (digit(), "60", 4, 1)),
    ("whole number from 0 to 16", (digit(), 60, 17, 1)),
    ("whole number from 0 to 16", (digit(), 60, math.nan, 1)),
    ("The seed", (digit(), 60, 4, -1)),
    ("The digit's row must be a whole number from 0 to 32", (digit(), 60, 4, 1, (33, 0))),
    ("The digit's column must be a whole number from 0 to 72", (digit(), 100, 4, 1, (0, None))),
]


@pytest.mark.parametrize(("match", "values"), SCENES)
def test_a_scene_that_cannot_be_is_refused_in_one_sentence(match: str, values: tuple[Any, ...]) -> None:
    refused(match, lambda: DESK.scene(*values))


# ---- looks ----


@pytest.mark.parametrize(("side", "aim"), NETWORKS)
def test_a_look_has_eight_glimpses_with_probabilities_that_sum_to_one(side: int, aim: str) -> None:
    trace = DESK.look(scene(side), aim, 5)
    p = thought(trace)
    assert p.shape == (8, 10) and trace.subject is not None
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(trace.subject[0, 0] * 255, scene(side), atol=1e-3)
    assert np.isfinite(windows(trace)).all()


def test_the_seed_throws_the_places_only_where_they_are_random() -> None:
    looks = {(aim, seed): windows(DESK.look(scene(), aim, seed)) for aim in ("learned", "random") for seed in (1, 2)}
    assert np.array_equal(looks["learned", 1], looks["learned", 2])
    assert not np.array_equal(looks["random", 1], looks["random", 2])
    assert np.array_equal(looks["random", 1], windows(DESK.look(scene(), "random", 1)))


@pytest.mark.parametrize("side", [60, 100])
def test_a_conv_net_gives_one_opinion_of_the_whole_scene(side: int) -> None:
    p = DESK.at_a_glance(scene(side))
    assert p.shape == (10,) and float(p.sum()) == pytest.approx(1, abs=1e-5)


WRONG: list[tuple[str, Callable[[], object]]] = [
    ("grey pictures of 60×60 or 100×100 pixels", lambda: DESK.look(np.zeros((60, 100), np.uint8))),
    ("grey pictures of 60×60 or 100×100 pixels", lambda: DESK.look(np.zeros((60, 60, 3), np.uint8))),
    ("grey pictures of 60×60 or 100×100 pixels", lambda: DESK.look(np.full((60, 60), np.nan))),
    ("either learned or random", lambda: DESK.look(scene(), "sideways")),
    ("random places of 100×100 pixels", lambda: DESK.look(scene(100), "random")),
    ("The seed", lambda: DESK.look(scene(), "random", None)),
    ("The glimpse must be a whole number from 1 to 8", lambda: DESK.look_with(scene(), 0, (30, 30, 12))),
    ("The glimpse must be a whole number from 1 to 8", lambda: DESK.look_with(scene(), 2.5, (30, 30, 12))),
    ("three numbers", lambda: DESK.look_with(scene(), 1, (30, 30))),
    ("Each number of a window", lambda: DESK.look_with(scene(), 1, (30, math.nan, 12))),
    ("Each number of a window", lambda: DESK.look_with(scene(), 1, (math.inf, 30, 12))),
    ("Each number of a window", lambda: DESK.look_with(scene(), 1, ("left", 30, 12))),
]


@pytest.mark.parametrize(("match", "request_"), WRONG, ids=map(str, range(len(WRONG))))
def test_what_is_no_scene_aim_or_window_is_refused_in_one_sentence(match: str, request_: Callable[[], object]) -> None:
    refused(match, request_)


# ---- a window of one's own ----


@pytest.mark.parametrize("aim", ["learned", "random"])
@pytest.mark.parametrize("at", [1, 4, 8])
def test_the_networks_own_box_gives_back_its_own_look(aim: str, at: int) -> None:
    its = DESK.look(scene(), aim, 5)
    for box in (None, windows(its)[at - 1].tolist()):
        found = DESK.look_with(scene(), at, box, aim, 5)
        assert found.at == at - 1
        np.testing.assert_array_equal(thought(found.its), thought(its))
        np.testing.assert_allclose(thought(found.yours), thought(its), atol=1e-4)
        np.testing.assert_allclose(windows(found.yours), windows(its), atol=0.05)


@pytest.mark.parametrize("aim", ["learned", "random"])
@pytest.mark.parametrize("at", [1, 3, 8])
def test_ones_own_window_lies_where_one_put_it_and_changes_nothing_before(aim: str, at: int) -> None:
    box = (17.5, 40.25, 9.0)
    found = DESK.look_with(scene(), at, box, aim, 5)
    np.testing.assert_allclose(windows(found.yours)[at - 1], box, atol=1e-3)
    assert np.array_equal(thought(found.yours)[: at - 1], thought(found.its)[: at - 1])
    assert (thought(found.yours)[at - 1 :] != thought(found.its)[at - 1 :]).any(1).all()
    later = windows(found.yours)[at:], windows(found.its)[at:]
    assert np.array_equal(*later) == (aim == "random" or at == 8)


def test_zoom_and_move_keep_sharpness_and_intensity_and_the_patch_is_the_filters_arithmetic() -> None:
    """From the box alone, with the network's own σ / δ and γ, in NumPy loops of equations 19, 25 and 27."""
    at, (x, y, size) = 2, (21.0, 33.5, 18.0)
    found = DESK.look_with(scene(), at, (x, y, size))
    its = {name: float(value[0]) for name, value in found.its.steps[at - 1].scalars.items()}
    ratio = math.sqrt(its["glimpse_variance"]) / its["glimpse_stride"]
    delta = size / (N - 1 + 2 * ratio)
    assert found.spread == pytest.approx((N - 1) * delta / size, rel=1e-4)

    def bank(centre: float) -> np.ndarray:
        mus = [centre + (i - (N - 1) / 2) * delta for i in range(N)]
        sigma2 = (ratio * delta) ** 2
        rows = np.array([[math.exp(-((a + 0.5 - mu) ** 2) / (2 * sigma2)) for a in range(60)] for mu in mus])
        return np.asarray(rows / rows.sum(1, keepdims=True))

    expected = its["glimpse_intensity"] * bank(y) @ (scene() / 255) @ bank(x).T
    np.testing.assert_allclose(found.yours.steps[at - 1].patches["glimpse"][0, 0], expected, atol=1e-3)


@pytest.mark.parametrize(
    ("box", "held"),
    [
        ((-1e9, 1e9, 12.0), (-30.0, 90.0, 12.0)),
        ((30.0, 30.0, 0.0), (30.0, 30.0, SMALLEST_WINDOW)),
        ((30.0, 30.0, -5.0), (30.0, 30.0, SMALLEST_WINDOW)),
        ((30.0, 30.0, 1e6), (30.0, 30.0, 90.0)),
        ((-20.0, 70.0, 3.0), (-20.0, 70.0, 3.0)),
    ],
)
def test_a_window_far_outside_or_without_size_is_held_and_nothing_becomes_nan(
    box: tuple[float, ...], held: tuple[float, ...]
) -> None:
    found = DESK.look_with(scene(), 1, box)
    np.testing.assert_allclose(windows(found.yours)[0], held, rtol=1e-4)
    assert np.isfinite(thought(found.yours)).all() and np.isfinite(windows(found.yours)).all()
    assert np.isfinite(found.yours.steps[0].patches["glimpse"]).all()


# ---- pictures of one's own ----


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("size", [(300, 120), (50, 200), (60, 60)])
def test_any_picture_becomes_a_square_scene_of_bright_ink_and_nothing_is_cut_off(
    mode: str, size: tuple[int, int]
) -> None:
    image = Image.new("RGB", size, "white")
    corners = [(3, 3), (size[0] - 13, size[1] - 13)]
    for left, top in corners:
        image.paste((0, 60, 0), (left, top, left + 10, top + 10))
    found = to_scene(image.convert(mode), 60)
    assert found.shape == (60, 60) and found.dtype == np.uint8
    assert np.median(found) == 0 and found.max() > 150
    rows, columns = np.nonzero(found > 60)
    longest = max(size)
    for low, high, length in ((columns.min(), columns.max(), size[0]), (rows.min(), rows.max(), size[1])):
        margin = 60 * (longest - length) / longest / 2
        assert low == pytest.approx(margin + 60 * 3 / longest, abs=2) and high == pytest.approx(59 - low, abs=2)
    assert np.isfinite(thought(DESK.look(found))).all()


def test_bright_ink_on_dark_ground_stays_bright_and_a_blank_picture_is_refused() -> None:
    image = Image.new("L", (100, 100), 10)
    image.paste(240, (40, 40, 60, 60))
    assert to_scene(image, 60)[30, 30] > 200 > 20 > to_scene(image, 60)[3, 3]
    with pytest.raises(ImageError, match="blank"):
        to_scene(Image.new("L", (90, 40), 128), 60)
