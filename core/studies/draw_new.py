"""How far a picture lies from the nearest one that its painter learned from: is it new, or remembered?

Distances are numbers of pixels that differ, between pictures of 0 and 1. NumPy only.
"""

from __future__ import annotations

from typing import IO

import numpy as np
from numpy.typing import NDArray

from core.results import SIDE, Novelty

CHUNK = 200
"""Pictures at a time: the table of distances to 50,000 others then takes 40 MB."""


def nearest(
    pictures: NDArray[np.uint8], others: NDArray[np.uint8], *, among_themselves: bool = False
) -> NDArray[np.int64]:
    """For each picture (n, P) of 0 and 1 the distance to the nearest of the others (N, P): (n,).

    ``among_themselves``: the pictures are the first n of the others, and none is its own neighbour.
    """
    ink, found = others.sum(1, dtype=np.int64), []
    table = others.astype(np.float32).T
    for start in range(0, len(pictures), CHUNK):
        some = pictures[start : start + CHUNK]
        common = (some.astype(np.float32) @ table).astype(np.int64)
        apart = some.sum(1, dtype=np.int64)[:, None] + ink - 2 * common
        if among_themselves:
            apart[np.arange(len(some)), start + np.arange(len(some))] = pictures.shape[1] + 1
        found.append(apart.min(1))
    return np.concatenate(found)


def measured(stream: IO[bytes]) -> Novelty:
    """What ``scripts/make_novelty.py`` found, from the file that it wrote."""
    with np.load(stream) as file:
        pictures = np.unpackbits(file["bits"], axis=1)[:, : SIDE * SIDE].reshape(-1, SIDE, SIDE)
        return Novelty(pictures, file["imagined"], file["test"], file["train"])
