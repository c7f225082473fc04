"""The game: a round's digit, the pixels that are bet on, what a bet costs, and how simple rules bet. NumPy only.

All is in the order of reading, and every pixel before the one in question is known: what a pixel model sees, too.
``python -m core.studies.together_guess --data FOLDER`` counts :data:`RULE` again, on MNIST's training digits.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data import strokes

Digit = NDArray[np.bool_]
Places = NDArray[np.int64]

AROUND = ((0, -1), (-1, -1), (-1, 0), (-1, 1))
"""The known neighbours of a pixel, row and column: left, upper left, above, upper right."""
GRID = (5, 10, 15, 20)
"""Rows and columns of the pixels that are asked about whatever the digit is."""
LONG, SHORT = 60, 20
"""Pixels of a round; a short one asks about every third of the same."""
BETS = (2, 10, 30, 50, 70, 90, 98)
"""Percent of ink that a player can bet."""
RULE = (
    0.0082, 0.4769, 0.03, 0.3511, 0.3937, 0.8502, 0.2427, 0.6628, 0.2984, 0.9248,
    0.1687, 0.8304, 0.6044, 0.9618, 0.4693, 0.8882,
)  # fmt: skip
"""Share of ink at a pixel whose known neighbours are ink as the bits of the index say, the first of them the lowest."""
SURE = 0.9
"""How sure of its copy is who copies the pixel above."""


def drawn(number: int) -> Digit:
    """The digit (28, 28) of a round, drawn by a program: no model has learned from it, and no player has seen it."""
    images, _ = strokes.digits(1, number)
    ink: Digit = images[0] >= 128
    return ink


def known(digit: Digit) -> NDArray[np.int64]:
    """For each pixel (H, W) its known neighbours as bits, 0 to 15; outside of the picture there is paper."""
    padded = np.pad(digit, ((1, 0), (1, 1)))
    height, width = digit.shape
    shifted = [padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] for dy, dx in AROUND]
    bits: NDArray[np.int64] = np.sum([each.astype(np.int64) << k for k, each in enumerate(shifted)], axis=0)
    return bits


def places(digit: Digit, count: int = LONG) -> Places:
    """The pixels that are asked about, (n, 2) rows and columns in the order of reading.

    Edge pixels, evenly spaced among all whose known neighbours are not alike, and those of :data:`GRID`. What an edge
    pixel is, only the pixels before it say, so being asked tells nothing of the answer.
    """
    around = known(digit)
    edges = np.argwhere((around > 0) & (around < 15))
    grid = np.array([(row, column) for row in GRID for column in GRID])
    wanted = LONG - len(grid)
    taken = edges[np.unique(np.linspace(0, len(edges) - 1, wanted).astype(int))] if len(edges) else edges
    both = np.unique(np.concatenate([taken, grid]), axis=0)  # sorted by rows, then columns
    return both if count == LONG else both[:: LONG // SHORT]


def bits(chance: NDArray[np.float64], ink: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What each bet costs: −log₂ of the chance that was given to what came true."""
    cost: NDArray[np.float64] = -np.log2(np.where(ink, chance, 1 - chance))
    return cost


def simple(digit: Digit, where: Places) -> dict[str, NDArray[np.float64]]:
    """How simple rules bet on ink at those places, each (n,)."""
    row, column = where.T
    around = known(digit)[row, column]
    above = around >> AROUND.index((-1, 0)) & 1
    return {
        "A coin": np.full(len(where), 0.5),
        "Copy the pixel above": np.where(above == 1, SURE, 1 - SURE),
        "Four neighbours": np.array(RULE)[around],
    }


def counted(digits: Iterable[Digit]) -> list[float]:
    """:data:`RULE` from digits: the share of ink after each neighbourhood, as if two more had been seen, one of ink."""
    ink, seen = np.ones(16), np.full(16, 2.0)
    for digit in digits:
        around = known(digit).ravel()
        ink += np.bincount(around, digit.ravel(), 16)
        seen += np.bincount(around, minlength=16)
    return [round(share, 4) for share in (ink / seen).tolist()]


def main() -> None:
    """Print the rule."""
    from core.console import plain_output  # both import torch, which the game does without
    from core.data import sets

    plain_output()
    parser = argparse.ArgumentParser(description="Count the rule of four neighbours.")
    parser.add_argument("--data", type=Path, required=True)
    images = sets.load("binarized-mnist", "train", parser.parse_args().data).images
    print(json.dumps(counted(images[:, 0] > 0)))


if __name__ == "__main__":
    main()
