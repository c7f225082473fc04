"""Scenes put together from digits while they are needed: two digits on one canvas, and a digit among clutter.

Gregor et al. 2015, "DRAW", section 4.3: two MNIST digits anywhere on 60 × 60 pixels, where they overlap added and
clipped. Mnih et al. 2014, "Recurrent Models of Visual Attention", section 4.1, and DRAW, section 4.1: a digit anywhere
on 60 × 60 or 100 × 100 pixels, among 8 × 8 pieces cut out of other digits.

All that is random comes from one generator: what is chosen, where it is cut and where it lies.

What every pixel of a scene is, is known as well, since the scene was made: :data:`core.results.KINDS`.

Shapes: ``N`` digits to choose from, ``b`` scenes of ``S`` × ``S`` pixels, each of ``n`` things.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.results import DIGIT, KINDS

Pixels = NDArray[np.uint8]
Reader = Callable[[str, "str | Path | None"], Any]
"""(split, root) -> a :class:`core.data.sets.DataSet`."""


INK = 128
"""From this value on a pixel is ink, as where data sets are made black and white by a threshold."""


class Scenes(NamedTuple):
    """``pixels`` uint8 (b, S, S), and where things lie: ``corners`` (b, n, 2), rows and columns of the top left.

    ``kinds`` uint8 (b, S, S) indexes :data:`core.results.KINDS`.
    """

    pixels: Pixels
    corners: NDArray[np.int64]
    kinds: Pixels


class Maker(Protocol):
    """Makes one scene around each of some digits: ``digits`` uint8 (N, h, w), ``chosen`` (b,) of their indices."""

    def __call__(self, digits: Pixels, chosen: NDArray[np.int64], rng: np.random.Generator) -> Scenes: ...


@dataclass(frozen=True)
class TwoDigits:
    """The chosen digit and another one, anywhere; up to ``overhang`` pixels of a digit's box may be cut off."""

    side: int = 60
    overhang: int = 0

    def __call__(self, digits: Pixels, chosen: NDArray[np.int64], rng: np.random.Generator) -> Scenes:
        others = rng.integers(len(digits), size=len(chosen))
        things = np.stack([digits[chosen], digits[others]], 1)
        return made(things[:, :1], things[:, 1:], anywhere(things, self.side, self.overhang, rng), self.side)


@dataclass(frozen=True)
class Clutter:
    """The chosen digit, anywhere, and ``pieces`` of ``piece`` × ``piece`` pixels of any digits; the digit comes first.

    Four pieces on 60 × 60 pixels are Mnih et al.'s task.
    """

    side: int = 60
    pieces: int = 4
    piece: int = 8
    overhang: int = 0

    def __call__(self, digits: Pixels, chosen: NDArray[np.int64], rng: np.random.Generator) -> Scenes:
        b = len(chosen)
        digit = digits[chosen][:, None]
        sources = digits[rng.integers(len(digits), size=(b, self.pieces))]
        cut = pieces_of(sources, self.piece, rng)
        places = anywhere(digit, self.side, self.overhang, rng), anywhere(cut, self.side, 0, rng)
        return made(digit, cut, np.concatenate(places, 1), self.side)


def anywhere(things: Pixels, side: int, overhang: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Corners (b, n, 2) for things (b, n, h, w), equally likely wherever at most ``overhang`` pixels are outside.

    Raises ``ValueError`` if a thing is larger than the scene.
    """
    b, n, *size = things.shape
    if max(size) > side:
        raise ValueError(f"A thing of {size[0]}×{size[1]} pixels does not fit into a scene of {side}×{side}.")
    return rng.integers(-overhang, side - np.array(size) + overhang + 1, size=(b, n, 2))


def pieces_of(sources: Pixels, piece: int, rng: np.random.Generator) -> Pixels:
    """A square cut out of each picture (b, n, h, w), wherever it fits: (b, n, piece, piece)."""
    windows = np.lib.stride_tricks.sliding_window_view(sources, (piece, piece), axis=(2, 3))
    b, n, rows, columns = windows.shape[:4]
    row, column = rng.integers(rows, size=(b, n)), rng.integers(columns, size=(b, n))
    return windows[np.arange(b)[:, None], np.arange(n), row, column]


def made(digit: Pixels, others: Pixels, corners: NDArray[np.int64], side: int) -> Scenes:
    """Scenes of digits (b, 1, h, w) and what lies about them (b, n − 1, h', w'), the digit's corner coming first."""
    inks = laid(digit, corners[:, :1], side), laid(others, corners[:, 1:], side)
    return Scenes(added(*inks), corners, kinds_of(*inks))


def kinds_of(digit: Pixels, others: Pixels) -> Pixels:
    """What each pixel is, of :data:`core.results.KINDS`, from the digit's ink and that of all else, of any shape.

    Ink belongs to who brought more of it, and to the digit where both brought as much.
    """
    whose = np.where(digit >= others, DIGIT, KINDS.index("clutter"))
    return np.where(added(digit, others) >= INK, whose, KINDS.index("paper")).astype(np.uint8)


def laid(things: Pixels, corners: NDArray[np.int64], side: int) -> Pixels:
    """Things (b, n, h, w) on black ground (b, side, side), their top left at ``corners``; the rest is cut off."""
    b, n, h, w = things.shape
    edge = max(h, w)  # so that what is cut off has somewhere to lie
    ground = np.zeros((b, side + 2 * edge, side + 2 * edge), np.uint8)
    rows, columns = corners[..., :1] + edge + np.arange(h), corners[..., 1:] + edge + np.arange(w)
    scene = np.arange(b)[:, None, None]
    for k in range(n):
        at = scene, rows[:, k, :, None], columns[:, k, None]
        ground[at] = added(ground[at], things[:, k])
    return ground[:, edge : edge + side, edge : edge + side]


def added(a: Pixels, b: Pixels) -> Pixels:
    """a + b, clipped at white."""
    return a + np.minimum(b, 255 - a)


def reader(name: str, digits: Reader, maker: Maker, *, labelled: bool = True, **changes: Any) -> Reader:
    """A reader of scenes under ``name``, made of the digits that another reader reads, with their labels or without."""

    def read(split: str, root: str | Path | None) -> Any:
        source = digits(split, root)
        return replace(source, name=name, scene=maker, labels=source.labels if labelled else None, **changes)

    return read
