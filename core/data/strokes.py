"""Handwritten digits without a download: pen strokes, drawn by a procedure, in the format of MNIST.

A digit is a few strokes; a stroke is a chain of cubic Bézier curves through knots; the hand moves every knot a
little, bends, slants, turns and stretches the whole, and presses harder here than there. Then the digit is treated
as MNIST treated its scans: fitted into a box of 20 × 20 pixels and laid into 28 × 28 by its centre of mass
(Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"). The numbers below were set by comparing
stroke width, ink, width, slant and position with MNIST's, and by looking at both.

Shapes: N images, K knots of a glyph (padded to ``KNOTS``), P points along its strokes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Stroke = tuple[tuple[float, float], ...]

BOX = 20 / 28
"""Longer side of a digit as a part of the picture's side, MNIST's."""
POINTS = 96
"""Points at which the pen's round tip is set down: mostly 0.4 px apart and never above 1.1 px, of 28."""
CHUNK = 128

STROKE_WIDTH, STROKE_SPREAD = 2.55, 0.25
"""Median in pixels of a 28-pixel picture, and standard deviation of its logarithm."""
EDGE = 1.05
"""Pixels from no ink to full ink across a stroke's edge."""
TREMOR = 0.026
"""Standard deviation of a knot's displacement, in heights of the digit."""


@dataclass(frozen=True)
class Glyph:
    """One way to write a digit: strokes through knots (x, y), height 1, y down. Equal knots move together.

    A stroke is smooth; a corner is where one stroke starts at the knot that ended another. ``weight`` is relative
    to the other glyphs of the digit.
    """

    digit: int
    weight: float
    strokes: tuple[Stroke, ...]


SHAPES = """
0 3  45,0 17,12 2,46 13,84 40,100 67,85 76,50 65,14 44,1 34,3
0 2  58,8 31,2 8,25 3,62 22,95 50,95 71,66 67,28 49,3 31,11
0 1  34,5 9,30 6,68 25,97 52,93 69,62 67,25 47,2 20,8
1 9  0,0 0,50 0,100
1 1  -17,17 0,0 / 0,0 0,50 0,100
2 3  5,22 18,5 42,0 59,14 54,40 30,70 0,97 / 0,97 35,94 72,97
2 2  6,20 22,3 46,3 57,20 48,46 30,72 13,95 0,92 6,77 26,80 48,96 74,92
2 1  0,8 30,3 60,5 / 60,5 32,50 2,96 / 2,96 35,93 70,95
3 3  4,12 26,0 50,9 47,30 22,45 / 22,45 48,51 57,72 42,95 18,100 0,90
3 2  2,8 28,0 48,13 36,36 17,46 24,40 48,53 52,78 32,98 2,95
3 1  0,3 28,2 54,2 / 54,2 36,22 18,40 / 18,40 45,46 55,70 38,96 0,94
4 3  12,0 6,25 0,51 / 0,51 30,54 66,49 / 54,4 51,50 47,100
4 3  10,0 2,24 5,48 26,52 52,40 / 60,2 53,40 48,70 44,100
4 1  46,0 24,30 0,60 / 0,60 32,62 64,59 / 46,0 46,50 44,100
5 3  14,3 11,22 7,43 / 7,43 32,37 54,54 50,84 26,100 0,93 / 14,3 38,3 68,0
5 2  72,0 45,4 24,7 / 24,7 18,26 16,44 / 16,44 38,48 50,66 40,90 18,100 0,93
5 1  66,2 38,2 15,16 20,38 42,54 46,80 26,99 0,94
6 3  50,0 26,20 8,48 4,80 26,100 52,88 54,65 32,57 11,72
6 2  35,0 13,28 1,62 13,94 43,98 62,78 50,58 26,63 11,86
6 1  24,0 9,32 2,66 17,96 45,94 56,72 39,58 15,72 4,84
7 4  0,6 30,5 58,3 / 58,3 42,34 30,66 22,100
7 2  0,6 30,5 58,3 / 58,3 42,34 30,66 22,100 / 14,50 36,47 58,45
7 2  0,20 2,4 / 2,4 28,7 56,1 / 56,1 48,34 38,66 32,100
7 2  0,14 14,3 36,2 52,12 46,40 38,70 30,100
8 3  55,12 34,0 10,10 12,31 34,48 52,68 46,93 24,100 5,87 12,65 34,46 52,26 50,5
8 2  50,8 30,0 10,10 12,32 34,50 46,72 36,95 14,99 2,82 14,60 36,40 54,20 57,5
8 1  28,45 8,28 16,5 38,2 50,20 30,45 / 30,45 8,62 6,88 28,100 50,86 48,62 28,45
9 3  44,10 26,0 6,12 4,32 20,42 40,28 47,6 / 47,6 46,38 42,70 38,100
9 2  54,13 34,0 9,12 4,36 24,48 48,32 56,8 / 56,8 52,40 48,70 44,100
9 2  50,10 26,2 4,20 10,43 34,42 52,16 54,42 48,74 30,97 6,94
9 2  46,16 24,2 3,18 14,42 40,36 50,12 / 50,12 40,42 28,72 18,100
"""
"""One way of writing a line: the digit, its weight, and strokes of knots x,y in hundredths of the digit's height."""


def read_glyph(line: str) -> Glyph:
    """A line of :data:`SHAPES` as a glyph."""
    digit, weight, shape = line.split(maxsplit=2)
    strokes = []
    for stroke in shape.split("/"):
        pairs = (knot.split(",") for knot in stroke.split())
        strokes.append(tuple((int(x) / 100, int(y) / 100) for x, y in pairs))
    return Glyph(int(digit), float(weight), tuple(strokes))


GLYPHS = tuple(read_glyph(line) for line in SHAPES.split("\n") if line)


def knots_of(glyph: Glyph) -> list[tuple[float, float]]:
    """The glyph's distinct knots in the order of writing."""
    return list(dict.fromkeys(knot for stroke in glyph.strokes for knot in stroke))


KNOTS = max(len(knots_of(glyph)) for glyph in GLYPHS)


def bezier_matrix(count: int, segment: int) -> NDArray[np.float64]:
    """(4, count): control points of one cubic segment of a smooth curve through ``count`` knots, linear in the knots.

    The tangent at a knot is half the way between its neighbours (Catmull–Rom), at the ends the way to the neighbour.
    """
    one = np.eye(count)
    tangent = [one[min(k + 1, count - 1)] - one[max(k - 1, 0)] for k in range(count)]
    tangent[1:-1] = [t / 2 for t in tangent[1:-1]]
    a, b = segment, segment + 1
    return np.stack([one[a], one[a] + tangent[a] / 3, one[b] - tangent[b] / 3, one[b]])


def stroke_matrix(count: int, t: NDArray[np.float64]) -> NDArray[np.float64]:
    """(len(t), count): weights of the knots in the curve's points at times ``t`` in [0, count − 1]."""
    segment = np.minimum(t.astype(int), count - 2)
    u = (t - segment)[:, None]
    bernstein = np.concatenate([(1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3], axis=1)
    segments = np.stack([bezier_matrix(count, k) for k in range(count - 1)])
    return np.asarray(np.einsum("pb,pbk->pk", bernstein, segments[segment]))


def glyph_matrix(glyph: Glyph) -> tuple[Floats, Floats, Floats]:
    """A glyph as arrays: knots (KNOTS, 2), weights of the knots in ``POINTS`` points (POINTS, KNOTS), and each
    point's place between the start 0 and the end 1 of its stroke (POINTS,). Points lie evenly along the template.
    """
    knots = knots_of(glyph)
    pieces = []
    for stroke in glyph.strokes:
        t = np.linspace(0, len(stroke) - 1, 400)
        curve = stroke_matrix(len(stroke), t) @ np.array(stroke)
        pieces.append((stroke, t, np.r_[0, np.cumsum(np.hypot(*np.diff(curve, axis=0).T))]))
    lengths = np.array([length[-1] for _, _, length in pieces])
    shares = np.maximum(np.rint(POINTS * lengths / lengths.sum()).astype(int), 2)
    shares[np.argmax(shares)] += POINTS - shares.sum()
    weights, places = np.zeros((POINTS, KNOTS), np.float32), np.zeros(POINTS, np.float32)
    start = 0
    for (stroke, t, length), share in zip(pieces, shares, strict=True):
        even = np.linspace(0, length[-1], share)
        columns = [knots.index(knot) for knot in stroke]
        weights[start : start + share, columns] = stroke_matrix(len(stroke), np.interp(even, length, t))
        places[start : start + share] = even / length[-1]
        start += share
    padded = np.zeros((KNOTS, 2), np.float32)
    padded[: len(knots)] = knots
    return padded, weights, places


@dataclass(frozen=True, eq=False)
class Font:
    """All glyphs as arrays: knots (G, KNOTS, 2), weights (G, P, KNOTS), places (G, P); for every digit the index of
    its first glyph (10,) and the summed shares of its glyphs (10, most glyphs of a digit).
    """

    knots: Floats
    weights: Floats
    places: Floats
    first: NDArray[np.int64]
    shares: NDArray[np.float64]

    @classmethod
    def cut(cls, glyphs: Sequence[Glyph]) -> Font:
        """Arrays of ``glyphs``, which must be sorted by digit."""
        digits = np.array([glyph.digit for glyph in glyphs])
        first = np.searchsorted(digits, np.arange(10))
        shares = np.ones((10, np.bincount(digits).max()))
        for digit in range(10):
            weight = np.cumsum([glyph.weight for glyph in glyphs if glyph.digit == digit])
            shares[digit, : len(weight)] = weight / weight[-1]
        knots, weights, places = (np.stack(part) for part in zip(*map(glyph_matrix, glyphs), strict=True))
        return cls(knots, weights, places, first, shares)


@cache
def font() -> Font:
    """The arrays of :data:`GLYPHS`, made at the first digit rather than at import."""
    return Font.cut(GLYPHS)


def write(glyphs: NDArray[np.int64], noise: Floats) -> tuple[Floats, Floats]:
    """Write glyphs (N,) by hand: points (N, P, 2) in heights of a digit, and the pen's relative radius (N, P).

    ``noise`` (N, 2 · KNOTS + 10) is standard normal: the tremor of the knots, then slant, turn, width, bends, and
    the pressure's course.
    """
    count = len(glyphs)
    tremor, hand = noise[:, : 2 * KNOTS].reshape(count, KNOTS, 2), noise[:, 2 * KNOTS :, None]
    knots = font().knots[glyphs] + np.float32(TREMOR) * tremor
    points = font().weights[glyphs] @ knots
    x, y = points[..., 0] - 0.3, points[..., 1] - 0.5
    slant, turn, width, lean, bow, squeeze, tilt = (hand[:, k] for k in range(7))
    x = x * np.exp(0.13 + 0.20 * width) * (1 + 0.20 * squeeze * y) + 0.12 * bow * (y * y - 0.1)
    y = y * (1 + 0.12 * lean * x) + 0.08 * tilt * x
    x = x - (0.10 + 0.24 * slant) * y
    angle = 0.09 * turn
    points = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
    place = font().places[glyphs]
    phase, depth, taper = hand[:, 7] * np.float32(np.pi), 0.10 * hand[:, 8], 0.12 * hand[:, 9]
    pressure = 1 + depth * np.sin(phase + 4 * place) - taper * (place - 0.5)
    return points, np.clip(pressure, 0.6, 1.4)


def lay_out(points: Floats, radius: Floats, size: int) -> Floats:
    """Fit points (N, P, 2) with the pen's radius (N, P) in pixels into MNIST's box, centre of mass in the middle.

    The box's longer side, ink included, is ``BOX · size``. The middle is that of MNIST, half a pixel (of 28) right
    of and below the picture's. Where strokes cross, ink counts twice, so the centre comes out some 0.3 px off: as
    much as MNIST's, which were moved by whole pixels.
    """
    room = BOX * size - 2 * radius.mean(axis=1) - size / 28
    extent = np.ptp(points, axis=1).max(axis=1)
    points = points * (room / extent)[:, None, None]
    ink = (radius / radius.sum(axis=1, keepdims=True))[..., None]
    return np.asarray(points - (points * ink).sum(axis=1, keepdims=True) + size / 2 + size / 56)


def render(points: Floats, radius: Floats, size: int) -> NDArray[np.uint8]:
    """Pictures (N, size, size) in 0–255 of round pen tips of ``radius`` (N, P) at ``points`` (N, P, 2), in pixels.

    For every pixel the largest r² − d² over the tips is kept, which is positive inside the union of the discs; it
    splits into a part for the column and one for the row, so a tip costs one addition and one maximum a pixel.
    """
    centres = np.arange(size, dtype=np.float32) + np.float32(0.5)
    columns = radius[..., None] ** 2 - (centres - points[..., 0, None]) ** 2
    rows = -((centres - points[..., 1, None]) ** 2)
    inside = np.full((len(points), size, size), -np.inf, np.float32)
    tip = np.empty_like(inside)
    for p in range(points.shape[1]):
        np.add(rows[:, p, :, None], columns[:, p, None, :], out=tip)
        np.maximum(inside, tip, out=inside)
    mean = radius.mean(axis=1)[:, None, None]
    depth = mean - np.sqrt(np.maximum(mean**2 - inside, 0))
    coverage = np.clip(0.5 + depth * np.float32(28 / (EDGE * size)), 0, 1)
    return np.asarray(np.rint(255 * coverage), np.uint8)


def digits(
    count: int, seed: int, size: int = 28, labels: Sequence[int] | NDArray[np.int64] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """``count`` handwritten digits: pictures (count, size, size) in 0–255, white on black, and labels (count,).

    Without ``labels`` every digit is as likely. Picture i is a function of seed, size, its label and i alone, not
    of ``count``. Raises ``ValueError`` for another number of labels than ``count`` and for labels outside 0–9.
    """
    choice, variant, noise = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    drawn = np.asarray(choice.integers(0, 10, count) if labels is None else labels, np.int64)
    if drawn.shape != (count,):
        raise ValueError(f"{count} digits need {count} labels, not {drawn.shape}.")
    if not np.isin(drawn, np.arange(10)).all():
        raise ValueError("Labels of digits are 0 to 9.")
    images = np.empty((count, size, size), np.uint8)
    for start in range(0, count, CHUNK):
        part = drawn[start : start + CHUNK]
        glyphs = font().first[part] + (variant.random((len(part), 1)) >= font().shares[part]).sum(axis=1)
        z = noise.standard_normal((len(part), 2 * KNOTS + 11), np.float32)
        points, pressure = write(glyphs, z[:, 1:])
        radius = pressure * (STROKE_WIDTH / 2 * size / 28) * np.exp(STROKE_SPREAD * z[:, :1])
        points = lay_out(points, radius, size)
        images[start : start + CHUNK] = render(points, radius, size)
    return images, drawn
