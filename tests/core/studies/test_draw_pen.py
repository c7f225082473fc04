"""The hand changes what it says and nothing before it; the window's ink is worked out a second time in NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.data import strokes
from core.models.base import Generate, Reconstruct
from core.models.draw import Draw, DrawConfig
from core.requests import RequestError
from core.results import Painting
from core.studies.draw_pen import Hand, Ink, K, Move, checked, painting, penned
from core.studio.studio import Studio
from core.trace import CanvasTrace
from tests.core import small

CONFIG = DrawConfig(height=6, width=8, steps=4, hidden=5, latent=4, read_size=2, write_size=3)
BOTH = pytest.mark.parametrize("copies", [False, True], ids=["imagined", "copied"])
DOUBLE = NDArray[np.float64]


def painter() -> Draw:
    made: Draw = small.build(CONFIG)
    small.shake(made, 0.6)
    return made


def subject(copies: bool) -> torch.Tensor | None:
    return small.ink(1, CONFIG) if copies else None


def noise(seed: int = 1) -> torch.Tensor:
    return torch.randn(CONFIG.steps, 1, CONFIG.latent, generator=small.generator(seed))


def images(found: Painting) -> NDArray[np.float32]:
    """(T, C, H, W)."""
    return np.stack([found.trace.frame(t)[0] for t in range(len(found.trace))])


def logits(pictures: NDArray[np.float32]) -> DOUBLE:
    p = pictures.astype(np.float64)
    return np.asarray(np.log(p) - np.log1p(-p))


def change(*painted: tuple[int, int, int]) -> NDArray[np.int8]:
    """Rows, columns and what was done there."""
    found = np.zeros((CONFIG.height, CONFIG.width), np.int8)
    for row, column, what in painted:
        found[row, column] = what
    return found


def written(found: Painting, t: int) -> DOUBLE:
    """(H, W): the ink of one step by equation 29, from the patch and the window that its trace tells."""
    step = found.trace.steps[t]
    told = {name: float(step.scalars[f"write_{name}"][0]) for name in ("x", "y", "stride", "variance", "intensity")}
    patch = step.patches["write"][0, 0].astype(np.float64)

    def bank(centre: float, length: int) -> DOUBLE:
        n = CONFIG.write_size
        rows = np.zeros((n, length))
        for i in range(n):
            mean = centre + 0.5 + (i + 1 - n / 2 - 0.5) * told["stride"]
            for a in range(length):
                rows[i, a] = np.exp(-((a + 1 - mean) ** 2) / (2 * told["variance"]))
            rows[i] /= rows[i].sum()
        return rows

    f_x, f_y = bank(told["x"], CONFIG.width), bank(told["y"], CONFIG.height)
    ink = np.zeros((CONFIG.height, CONFIG.width))
    for i in range(CONFIG.write_size):
        for j in range(CONFIG.write_size):
            ink += patch[i, j] * np.outer(f_y[i], f_x[j])
    return np.asarray(ink / told["intensity"])


@BOTH
def test_untouched_it_is_the_painting_of_the_same_seed(copies: bool) -> None:
    model, x = painter(), subject(copies)
    request = Generate(1) if x is None else Reconstruct(x)
    alone = CanvasTrace.record(model.steps(request, small.generator(2)))
    found = penned(model, x, [Move(1, 2.0, 2.0, 3.0)], small.generator(2))
    np.testing.assert_array_equal(images(found.untouched)[:, None], [step.image for step in alone])
    np.testing.assert_allclose(found.blank, model.initial_canvas.detach().sigmoid(), atol=1e-7)


@BOTH
@pytest.mark.parametrize("hand", [Move(2, 1.0, 5.0, 2.0), Ink(2, change((0, 0, 1)))], ids=["window", "ink"])
def test_steps_before_the_hand_are_shared_bit_for_bit_and_those_after_it_are_not(copies: bool, hand: Hand) -> None:
    found = penned(painter(), subject(copies), [hand], small.generator(3))
    plain, touched = images(found.untouched), images(found.touched)
    np.testing.assert_array_equal(touched[:2], plain[:2])
    assert all(np.abs(touched[t] - plain[t]).max() > 1e-3 for t in (2, 3))


@BOTH
def test_the_painters_own_window_in_the_users_hand_leaves_the_painting_as_it_was(copies: bool) -> None:
    model, x = painter(), subject(copies)
    plain = painting(model, x, noise(), [])
    hands = [Move(t, *(float(value) for value in plain.wanted[t])) for t in range(CONFIG.steps)]
    touched = painting(model, x, noise(), hands)
    np.testing.assert_allclose(images(touched), images(plain), atol=1e-5)
    np.testing.assert_allclose(touched.wanted, plain.wanted, atol=1e-4)


def test_a_moved_window_has_the_hands_box_and_the_networks_shape() -> None:
    model = painter()
    plain = painting(model, None, noise(), []).trace.steps[1]
    moved = painting(model, None, noise(), [Move(1, 3.5, 1.25, 4.0)]).trace.steps[1]
    mark = next(mark for mark in moved.marks if mark.kind == "write")
    np.testing.assert_allclose([mark.x[0], mark.y[0], mark.width[0]], [3.5, 1.25, 4.0], atol=1e-5)
    ratios = [step.scalars["write_variance"] / step.scalars["write_stride"] ** 2 for step in (plain, moved)]
    np.testing.assert_allclose(ratios[0], ratios[1], rtol=1e-5)
    assert plain.scalars["write_intensity"] == moved.scalars["write_intensity"]


@BOTH
def test_every_stroke_is_the_patch_laid_through_the_window_that_is_shown(copies: bool) -> None:
    found = painting(painter(), subject(copies), noise(), [Move(1, 6.0, 1.0, 3.0), Move(2, -2.0, 9.0, 5.0)])
    canvases = logits(images(found))[:, 0]
    for t in range(1, CONFIG.steps):
        np.testing.assert_allclose(canvases[t] - canvases[t - 1], written(found, t), atol=1e-4)


def test_a_moved_window_leaves_as_much_ink_as_the_painter_meant_to() -> None:
    model = painter()
    for size in (1.0, 4.0, 16.0):
        found = painting(model, None, noise(), [Move(1, 4.0, 3.0, size)])
        plain = painting(model, None, noise(), [])
        inks = [np.diff(logits(images(each)), axis=0)[0].sum() for each in (plain, found)]
        np.testing.assert_allclose(inks[0], inks[1], atol=1e-3)


@BOTH
def test_the_canvas_is_the_sum_of_the_writes_and_of_the_users_ink(copies: bool) -> None:
    hand = change((0, 0, 1), (3, 5, -1), (5, 7, 1))
    found = painting(painter(), subject(copies), noise(), [Ink(2, hand)])
    canvas = logits(images(found))[1, 0]
    canvas[hand != 0] = K * hand[hand != 0]
    for t in (2, 3):
        canvas = canvas + written(found, t)
    np.testing.assert_allclose(logits(images(found))[-1, 0], canvas, atol=1e-4)


def test_copying_the_painter_sees_the_hand_and_imagining_it_is_blind() -> None:
    model, hand = painter(), Ink(1, change((2, 2, 1), (2, 3, 1), (3, 3, 1)))
    for copies in (False, True):
        plain, touched = (painting(model, subject(copies), noise(), hands) for hands in ([], [hand]))
        patches = [np.stack([step.patches["write"] for step in each.trace]) for each in (plain, touched)]
        assert (np.abs(patches[0] - patches[1])[2:].max() > 1e-5) == copies
        assert np.array_equal(plain.wanted, touched.wanted) == (not copies)


def test_several_changes_in_one_painting_all_hold() -> None:
    hands = [Ink(0, change((1, 1, 1))), Move(1, 2.0, 2.0, 3.0), Ink(1, change((4, 4, -1))), Move(3, 5.0, 5.0, 2.0)]
    found = painting(painter(), None, noise(), hands)
    boxes = [next(mark for mark in step.marks if mark.kind == "write") for step in found.trace]
    np.testing.assert_allclose([boxes[1].x[0], boxes[3].x[0]], [2, 5], atol=1e-5)
    canvas = logits(images(found))[0, 0]
    canvas[4, 4] = -K
    np.testing.assert_allclose(logits(images(found))[1, 0], canvas + written(found, 1), atol=1e-4)
    assert logits(images(found))[0, 0, 1, 1] == pytest.approx(K + written(found, 0)[1, 1], abs=1e-4)


@BOTH
@pytest.mark.parametrize("x", [-4.0, 12.0])
@pytest.mark.parametrize("size", [1.0, 16.0])
def test_windows_far_outside_tiny_or_huge_leave_finite_pictures_and_numbers(
    copies: bool, x: float, size: float
) -> None:
    model = painter()
    hands = checked(dict.fromkeys(range(CONFIG.steps), (x, -3.0, size)), {}, model)
    found = painting(model, subject(copies), noise(), hands)
    assert np.isfinite(images(found)).all() and np.isfinite(found.wanted).all()
    for step in found.trace:
        assert all(np.isfinite(values).all() for values in step.scalars.values())
        assert all(np.isfinite([mark.x, mark.y, mark.width, mark.precision]).all() for mark in step.marks)


@pytest.mark.parametrize(
    ("step", "place", "sentence"),
    [
        (4, (1, 1, 1), "The stroke, counted from 0, must be a whole number from 0 to 3."),
        (-1, (1, 1, 1), "The stroke, counted from 0, must be a whole number from 0 to 3."),
        (0, (float("nan"), 1, 1), "The window's centre x must be a number from -4 to 12."),
        (0, (1, 9.5, 1), "The window's centre y must be a number from -3 to 9."),
        (0, (1, 1, 0), "The window's size must be a number from 1 to 16."),
        (0, (1, 1, float("inf")), "The window's size must be a number from 1 to 16."),
        (0, (1, "2", 1), "The window's centre y must be a number from -3 to 9."),
        (0, (1, 1), "A window is given as three numbers: centre x, centre y and size."),
    ],
)
def test_a_window_that_no_hand_can_hold_gets_one_sentence(step: int, place: tuple[object, ...], sentence: str) -> None:
    with pytest.raises(RequestError) as caught:
        checked({step: place}, {}, painter())
    assert str(caught.value) == sentence


@pytest.mark.parametrize("bad", [np.zeros((8, 6), np.int8), np.full((6, 8), 2, np.int8), np.full((6, 8), np.nan)])
def test_ink_that_is_no_ink_gets_one_sentence(bad: NDArray[np.int8]) -> None:
    with pytest.raises(RequestError, match="Ink is given as 6×8 whole numbers"):
        checked({}, {0: bad}, painter())


def test_a_painter_without_windows_says_so() -> None:
    plain: Draw = small.build(replace(CONFIG, attention=False))
    with pytest.raises(ValueError, match="no window"):
        penned(plain, None, [], small.generator())


def test_of_the_trained_painter_the_first_stroke_wipes_off_what_was_painted_before_it_and_later_ones_leave_it() -> None:
    (digit,), _ = strokes.digits(1, seed=3, labels=np.array([5]))
    studio, bar = Studio(), np.zeros((28, 28), np.int8)
    bar[3:6, 3:25] = 1
    left = []
    for step in (0, 7):
        found = studio.draw_pen(digit, {}, {step: bar}, 1)
        ends = [float(each.trace.series("reconstruction_nats")[-1, 0]) for each in (found.untouched, found.touched)]
        left.append(ends[1] - ends[0])
    assert left[0] < 30 and left[1] > 100, "as the room tells its visitors"
