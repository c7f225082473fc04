"""Scenes are digits laid where chance says, none cut off unless asked, each scene a function of its generator."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import sets
from core.data.scenes import Clutter, Maker, TwoDigits, added, anywhere, kinds_of, laid, pieces_of
from core.results import KINDS

RNG = np.random.default_rng(0)
DIGITS = RNG.integers(0, 256, (30, 28, 28), dtype=np.uint8)
CHOSEN = np.arange(20)
MAKERS = pytest.mark.parametrize("maker", [TwoDigits(), Clutter(), Clutter(100, pieces=8)], ids=str)


def by_hand(things: np.ndarray, corners: np.ndarray, side: int) -> np.ndarray:
    """One scene, pixel by pixel."""
    scene = np.zeros((side, side), np.int64)
    for thing, (top, left) in zip(things, corners, strict=True):
        for (row, column), value in np.ndenumerate(thing):
            if 0 <= top + row < side and 0 <= left + column < side:
                scene[top + row, left + column] += int(value)
    return np.minimum(scene, 255)


def test_things_lie_where_their_corners_are_and_overlaps_are_added_and_clipped() -> None:
    things = RNG.integers(0, 256, (5, 3, 6, 4), dtype=np.uint8)
    corners = np.random.default_rng(1).integers(-3, 9, (5, 3, 2))
    found = laid(things, corners, 11)
    assert found.dtype == np.uint8
    for scene, parts, at in zip(found, things, corners, strict=True):
        assert np.array_equal(scene, by_hand(parts, at, 11))
    grid = np.arange(256, dtype=np.uint8)
    assert np.array_equal(added(grid[:, None], grid), np.minimum(np.add.outer(np.arange(256), np.arange(256)), 255))


@MAKERS
def test_the_chosen_digit_is_whole_at_the_first_corner(maker: Maker) -> None:
    scenes = maker(DIGITS, CHOSEN, np.random.default_rng(2))
    side = scenes.pixels.shape[-1]
    for digit, scene, (top, left) in zip(DIGITS[CHOSEN], scenes.pixels, scenes.corners[:, 0], strict=True):
        assert 0 <= min(top, left) and max(top, left) <= side - 28
        assert (scene[top : top + 28, left : left + 28] >= digit).all()


@MAKERS
def test_ink_belongs_to_who_brought_more_of_it_and_to_the_digit_where_both_did(maker: Maker) -> None:
    scenes = maker(DIGITS, CHOSEN, np.random.default_rng(9))
    side, seen = scenes.pixels.shape[-1], set[str]()
    for digit, scene, kinds, corners in zip(DIGITS[CHOSEN], scenes.pixels, scenes.kinds, scenes.corners, strict=True):
        own = by_hand(digit[None], corners[:1], side)
        for place in np.ndindex(side, side):
            value, mine = int(scene[place]), int(own[place])
            kind = KINDS[kinds[place]]
            seen.add(kind)
            if value < 255:  # where it was clipped the rest is not what the others brought
                expected = "paper" if value < 128 else "digit" if mine >= value - mine else "clutter"
                assert kind == expected, place
            elif mine >= 128 or mine == 0:
                assert kind == ("clutter" if mine == 0 else kind) and kind != "paper"
    assert seen == set(KINDS)


def test_overlapping_ink_that_was_clipped_is_told_apart_by_what_each_brought() -> None:
    digit, others = np.array([200, 200, 100, 0, 90, 0], np.uint8), np.array([255, 200, 100, 0, 90, 127], np.uint8)
    assert [KINDS[kind] for kind in kinds_of(digit, others)] == [
        "clutter", "digit", "digit", "paper", "digit", "paper",
    ]  # fmt: skip


def test_two_digits_are_two_digits_of_the_set_and_nothing_else() -> None:
    scenes = TwoDigits()(DIGITS, CHOSEN, np.random.default_rng(3))
    for digit, scene, corners in zip(DIGITS[CHOSEN[:4]], scenes.pixels[:4], scenes.corners[:4], strict=True):
        fitting = [other for other in DIGITS if np.array_equal(by_hand(np.stack([digit, other]), corners, 60), scene)]
        assert len(fitting) == 1


def test_clutter_is_pieces_cut_out_of_digits() -> None:
    scenes = Clutter(60, pieces=2, piece=8)(DIGITS, CHOSEN[:4], np.random.default_rng(4))
    windows = np.lib.stride_tricks.sliding_window_view(DIGITS, (8, 8), axis=(1, 2)).reshape(-1, 8, 8)
    for digit, scene, corners in zip(DIGITS, scenes.pixels, scenes.corners, strict=False):
        assert corners.shape == (3, 2) and 0 <= corners.min() and (corners[1:] <= 52).all()
        alone = by_hand(digit[None], corners[:1], 60)
        (top, left), (other_top, other_left) = corners[1:]
        here = scene[top : top + 8, left : left + 8].astype(int)
        if max(abs(top - other_top), abs(left - other_left)) >= 8:  # the pieces do not overlap
            under = alone[top : top + 8, left : left + 8]
            assert (np.minimum(windows + under, 255) == here).all((1, 2)).any()


def test_a_piece_may_be_cut_wherever_it_fits() -> None:
    sources = np.arange(25, dtype=np.uint8).reshape(1, 1, 5, 5).repeat(600, 1)
    found = pieces_of(sources, 3, np.random.default_rng(5))[0]
    assert {int(piece[0, 0]) for piece in found} == {5 * row + column for row in range(3) for column in range(3)}
    assert all(np.array_equal(piece, sources[0, 0][row : row + 3, column : column + 3])
               for piece in found for row, column in [divmod(int(piece[0, 0]), 5)])  # fmt: skip


def test_places_are_equally_likely_and_reach_as_far_as_the_overhang() -> None:
    things = np.zeros((9_000, 1, 28, 28), np.uint8)
    for overhang, low, high in ((0, 0, 2), (1, -1, 3)):
        places = anywhere(things, 30, overhang, np.random.default_rng(6))
        values, counts = np.unique(places, return_counts=True)
        assert values.tolist() == list(range(low, high + 1))
        assert counts.min() > 0.9 * counts.mean()


def test_what_does_not_fit_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^A thing of 28×28 pixels does not fit into a scene of 20×20\.$"):
        TwoDigits(20)(DIGITS, CHOSEN, np.random.default_rng(0))


@MAKERS
def test_equal_generators_make_equal_scenes_and_others_make_others(maker: Maker) -> None:
    first, again, other = (maker(DIGITS, CHOSEN, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first.pixels, again.pixels) and np.array_equal(first.corners, again.corners)
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("name", ["two-digits-strokes", "cluttered-strokes", "cluttered-100-strokes"])
def test_scenes_of_drawn_digits_need_no_file_and_a_batch_follows_its_generator(name: str) -> None:
    found = sets.load(name, "valid")
    side = 100 if "100" in name else 60
    batches = [found.batch(range(6), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert batches[0].shape == (6, 1, side, side) and batches[0].dtype == torch.float32
    assert torch.equal(batches[0], batches[1]) and not torch.equal(batches[0], batches[2])
    packed, kinds = found.explained(range(6), torch.Generator().manual_seed(1))
    assert torch.equal(found.unpacked(packed), batches[0])
    assert kinds is not None and kinds.shape == packed[:, 0].shape and set(kinds.unique().tolist()) == {0, 1, 2}
    assert found.binarisation or torch.equal(kinds > 0, packed[:, 0] >= 128)
    assert 0 <= batches[0].min() and batches[0].max() <= 1 and 0.01 < batches[0].mean() < 0.3
    binary = bool(((batches[0] == 0) | (batches[0] == 1)).all())
    assert binary == name.startswith("two") and (found.labels is None) == name.startswith("two")
    with pytest.raises(ValueError, match="they need a generator on the CPU"):
        found.batch(range(6))
