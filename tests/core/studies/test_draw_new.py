"""The nearest picture is found, and none is its own neighbour."""

import numpy as np

from core.studies.draw_new import CHUNK, nearest

RNG = np.random.default_rng(0)


def test_the_distance_is_the_smallest_number_of_pixels_that_differ() -> None:
    pictures, others = RNG.integers(0, 2, (5, 12), np.uint8), RNG.integers(0, 2, (9, 12), np.uint8)
    expected = [min(sum(int(a != b) for a, b in zip(one, other, strict=True)) for other in others) for one in pictures]
    assert nearest(pictures, others).tolist() == expected


def test_a_picture_that_was_learned_is_at_distance_zero_and_among_themselves_its_neighbour_is_another() -> None:
    others = RNG.integers(0, 2, (CHUNK + 30, 40), np.uint8)
    assert not nearest(others[:20], others).any()
    apart = (others[:, None] != others[None]).sum(2)
    np.fill_diagonal(apart, 99)
    first = others[: CHUNK + 10]
    assert nearest(first, others, among_themselves=True).tolist() == apart[: CHUNK + 10].min(1).tolist()
