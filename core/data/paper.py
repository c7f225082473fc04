"""Where the paper is in a picture, and by how much each pixel differs from it: light, sheets, ruled lines."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.data.components import Mask, filled, label, parts
from core.data.images import Floats

NEAR = 4
"""Distance of pixels of whose differences the paper's grain is taken."""
ORDERS = (3, 3, 3, 3, 6, 6, 6)
"""Terms of the paper's brightness in each round of fitting: a plane, then a surface of the second order."""
SHEET_AREA = 0.08
"""Smallest sheet of paper, as a part of the picture."""
SHEET_FILL = 0.83
"""How much of the smallest box around it a sheet of paper fills; an ellipse fills 0.79."""
TILTS = np.tan(np.radians(np.arange(-6, 6.1, 0.5)))
"""Slopes at which ruled lines are looked for."""


def departure(values: Floats, inside: Mask) -> tuple[Floats, float]:
    """(H, W): how much brighter each pixel is than the paper, 0 outside of ``inside``; and the paper's grain.

    The paper's brightness is a surface of the second order, so that light falling from one side and dark corners do no
    harm: fitted to the half of the pixels that agrees best, from several starts; the rest may be ink. The
    grain is the standard deviation that the differences between pixels near to each other have in the paper.
    """
    height, width = values.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    rows, columns = np.nonzero(inside)
    some = slice(None, None, max(1, len(rows) // 6000))
    basis, known = terms[rows[some], columns[some]], values[rows[some], columns[some]]
    at_rim = known[rim_of(inside)[rows[some], columns[some]]]
    starts = (float(np.median(known)), commonest(known), float(np.median(at_rim)))
    fits = [fitted_to(known, basis, start) for start in starts]
    paper = min(fits, key=lambda fit: float(np.median(np.abs(known - basis @ fit))))
    difference = np.where(inside, values - terms @ paper, 0).astype(np.float32)
    both = inside[:, NEAR:] & inside[:, :-NEAR]
    steps = np.abs(values[:, NEAR:] - values[:, :-NEAR])[both]
    return difference, 1.4826 / math.sqrt(2) * float(np.median(steps)) if steps.size else 0.0


def fitted_to(known: Floats, basis: Floats, start: float) -> Floats:
    """Coefficients (6,) of the surface through the half of ``known`` that agrees best, level at ``start`` at first."""
    paper = np.zeros(6, np.float32)
    paper[0] = start
    for order in ORDERS:
        misfit = np.abs(known - basis @ paper)
        agree = misfit <= max(float(np.quantile(misfit, 0.5)), 2.0)
        paper = np.zeros(6, np.float32)
        paper[:order] = np.linalg.lstsq(basis[agree][:, :order], known[agree], rcond=None)[0]
    return paper


def commonest(values: Floats) -> float:
    """About which value, of 0–255, most values lie."""
    counts = np.bincount(np.clip(np.rint(values), 0, 255).astype(int), minlength=256)
    return float(np.argmax(np.convolve(counts, np.hanning(19), "same")))


def sheet_in(bright: Mask) -> Mask | None:
    """The inside of a sheet of paper that is the largest part of ``bright``: a rectangle, whatever is written on it."""
    labels = label(bright)
    largest = max(parts(labels), key=lambda part: part.area, default=None)
    if largest is None or largest.area < SHEET_AREA * bright.size:
        return None
    sheet = filled(labels == largest.number)
    if box_fill(sheet) < SHEET_FILL:
        return None
    rim = max(2, round(0.04 * min(largest.height, largest.width)))
    inside = shrunk(sheet, rim)
    return inside if inside.any() else None


def box_fill(mask: Mask) -> float:
    """Which part of the smallest box around it, turned in any way, a mask fills."""
    rows, columns = np.nonzero(rim_of(mask))
    best = np.inf
    for angle in np.radians(np.arange(0, 90, 3)):
        along = columns * np.cos(angle) + rows * np.sin(angle)
        across = rows * np.cos(angle) - columns * np.sin(angle)
        best = min(best, (np.ptp(along) + 1) * (np.ptp(across) + 1))
    return float(np.count_nonzero(mask) / best)


def rim_of(mask: Mask) -> Mask:
    """The outermost pixels of a mask, at the picture's border too."""
    return mask & ~shrunk(np.pad(mask, 1), 1)[1:-1, 1:-1]


def shrunk(mask: Mask, by: int) -> Mask:
    """A mask without the ``by`` outermost pixels of it; the picture's own border does not count as one."""
    return ~grown(~mask, by)


def grown(mask: Mask, by: float) -> Mask:
    """A mask with all that lies within ``by`` pixels of it: a disc moved along it."""
    reach = int(by)
    ways = [(i, int(np.sqrt(by * by - i * i))) for i in range(-reach, reach + 1)]
    height, width = mask.shape
    padded = np.pad(mask, ((reach, reach), (reach + 1, reach)))
    sums = np.cumsum(padded, axis=1, dtype=np.int32)
    out = np.zeros(mask.shape, bool)
    for i, half in ways:
        row = sums[reach + i : reach + i + height]
        out |= row[:, reach + half + 1 : reach + half + 1 + width] > row[:, reach - half : reach - half + width]
    return out


def without_lines(field: Floats, inside: Mask, least: float) -> tuple[Floats, bool]:
    """``field`` without straight lines that run through the whole paper, level or upright, and whether there were any.

    Along a ruled line nearly all pixels have its strength or more, while a digit covers less than three quarters of any
    line: so the line's strength is a quartile. Where ink is clearly stronger than the line, it stays; where a line runs
    through ink, what is on both sides of it goes on.
    """
    found = False
    for turned in (False, True):
        values, known = (field.T, inside.T) if turned else (field, inside)
        ruled = line_strength(values, known, least)
        if ruled is not None:
            lines, reach = ruled
            values = np.where(values > 1.6 * lines, values, np.maximum(values - 1.6 * lines, 0))
            closed = shrunk_field(grown_field(values, reach), reach)
            values = np.where(lines > 0, np.maximum(values, closed), values)
            field, found = np.ascontiguousarray(values.T if turned else values), True
    return field, found


def grown_field(field: Floats, by: int) -> Floats:
    """The strongest value within ``by`` rows above and below each pixel."""
    padded = np.pad(field, ((by, by), (0, 0)), mode="edge")
    return np.max([padded[i : i + len(field)] for i in range(2 * by + 1)], axis=0)


def shrunk_field(field: Floats, by: int) -> Floats:
    """The weakest value within ``by`` rows above and below each pixel."""
    return -grown_field(-field, by)


def thickest(side: int) -> int:
    """How many pixels a ruled line may be thick in a picture of ``side`` pixels."""
    return max(3, side // 55)


def line_strength(field: Floats, inside: Mask, least: float) -> tuple[Floats, int] | None:
    """(H, W): at each pixel the strength of the nearly level line through it, 0 where there is none, and how far from
    its middle a line surely has no part; None if there are no lines stronger than ``least`` and thin.
    """
    height, width = field.shape
    columns = np.arange(0, width, max(1, width // 120))
    values, thick = np.where(inside, field, np.nan), thickest(height)
    far = max(height, round(TILTS[-1] * width / 2) + 1)  # of a strip, the tilt leads further than it is high
    values = np.pad(values, ((far, far), (0, 0)), constant_values=np.nan)
    best, best_sum = None, 0.0
    for slope in TILTS:
        shift = np.round(slope * (columns - width / 2)).astype(int)
        level = along(values[np.arange(height)[:, None] + far + shift, columns])
        beside = np.pad(level, thick + 1, mode="edge")
        level = level - np.maximum(beside[: -2 * thick - 2], beside[2 * thick + 2 :])
        level = np.where(thin(level > least, thick), level, 0)
        if level.sum() > 1.02 * best_sum:
            best, best_sum = (level, slope), float(level.sum())
    if best is None:
        return None
    level, slope = best
    wide = np.pad(np.maximum(level, np.maximum(np.roll(level, 1), np.roll(level, -1))), far)
    shift = np.round(slope * (np.arange(width) - width / 2)).astype(int)
    reach = next(most for most in range(1, thick + 1) if thin(level > 0, most).sum() == np.count_nonzero(level)) + 1
    return wide[np.arange(height)[:, None] + far - shift].astype(np.float32), reach


def along(rows: Floats) -> Floats:
    """What three of four known values of each row exceed; 0 where few are known."""
    known = np.isfinite(rows)
    number = known.sum(axis=1)
    ordered = np.sort(rows, axis=1)  # what is not known comes last
    quarters = ordered[np.arange(len(rows)), np.maximum(number - 1, 0) // 4]
    return np.where(number > 0.5 * max(number.max(), 1), quarters, 0).astype(np.float32)


def thin(lines: NDArray[np.bool_], most: int) -> NDArray[np.bool_]:
    """Of runs of true values those that are at most ``most`` long."""
    edges = np.diff(np.concatenate([[0], lines.astype(np.int8), [0]]))
    out = np.zeros(len(lines), bool)
    for start, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        out[start:end] = end - start <= most
    return out
