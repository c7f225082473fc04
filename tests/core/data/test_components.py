"""Connected parts against a flood fill, one pixel after another."""

import numpy as np
import pytest

from core.data.components import filled, label, parts
from core.data.paper import grown, shrunk

RNG = np.random.default_rng(3)


def flooded(mask: np.ndarray, corners: bool) -> np.ndarray:
    """Labels by walking from pixel to pixel."""
    labels, count = np.zeros(mask.shape, int), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if labels[start]:
            continue
        count, waiting = count + 1, [start]
        labels[start] = count
        while waiting:
            y, x = waiting.pop()
            for i, j in ((y + a, x + b) for a in (-1, 0, 1) for b in (-1, 0, 1) if corners or not (a and b)):
                if 0 <= i < mask.shape[0] and 0 <= j < mask.shape[1] and mask[i, j] and not labels[i, j]:
                    labels[i, j] = count
                    waiting.append((i, j))
    return labels


@pytest.mark.parametrize("corners", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_parts_are_those_of_a_flood_fill(share, corners):
    for shape in ((1, 1), (1, 9), (9, 1), (13, 17)):
        mask = RNG.random(shape) < share
        found, truth = label(mask, corners), flooded(mask, corners)
        pairs = set(zip(found.ravel().tolist(), truth.ravel().tolist(), strict=True))
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
        np.testing.assert_array_equal(found > 0, mask)
        for part in parts(found):
            rows, columns = np.nonzero(found == part.number)
            assert part[1:] == (len(rows), rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)


def test_filling_closes_what_no_way_leads_to():
    ring = np.zeros((7, 8), bool)
    ring[1:6, 1:7] = True
    ring[2:5, 2:6] = False
    assert filled(ring).sum() == 30
    ring[3, 1] = False
    np.testing.assert_array_equal(filled(ring), ring)


def test_growing_moves_a_disc_along_and_shrinking_is_its_opposite():
    point = np.zeros((15, 17), bool)
    point[7, 8] = True
    y, x = np.mgrid[-7:8, -8:9]
    for by in (1, 2, 3.6):
        np.testing.assert_array_equal(grown(point, by), x * x + y * y <= by * by)
    assert shrunk(np.ones((5, 5), bool), 2).all()
    np.testing.assert_array_equal(shrunk(grown(point, 3), 3) & point, point)
