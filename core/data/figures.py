"""Which parts of a picture are one figure made of strokes, and which are frames or specks."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.data.components import Mask, Part, filled, label, parts
from core.data.images import Bytes, Floats, ImageError
from core.data.paper import grown, rim_of, shrunk

MAX_PARTS = 60
"""Parts of a picture, the largest first, that are looked at."""
MAX_STROKE, MAX_STROKE_ON_SHEET, MAX_LENGTH = 0.4, 0.25, 7.0
"""Greatest width of strokes and length of all strokes, as parts of the longer side of what is still a figure; what
seems to lie on a sheet may also be the hole of a fat 0."""

MIN_DISTINCTION = 4.45
"""Standard deviations between ink and paper below which a figure is not trusted."""

BLANK = "The picture is blank: there is nothing darker or lighter than its paper."
UNCLEAR = "The picture shows no single digit that stands out: use one digit in dark ink on plain light paper."
CUT = "the surroundings were cut off"
SEVERAL = "The picture shows more than one digit: cut it so that only one is left."


class Ink(NamedTuple):
    """``field`` (H, W) is above ½ where ``mask``, the ink, is; ``notes`` on what was left out; is it ``light`` ink?"""

    field: Floats
    mask: Mask
    notes: tuple[str, ...]
    light: bool


def chosen(field: Floats, inside: Mask, least: float, notes: tuple[str, ...], light: bool) -> tuple[Ink, Part]:
    """The figure after what frames it and specks are taken away; raises :class:`ImageError` if that is none."""
    threshold = min(max(otsu_of(field[inside & (field > least / 2)]), least), 0.6)
    mask = (field > threshold) & inside
    labels = label(mask)
    found = sorted(parts(labels), key=lambda part: part.area, reverse=True)
    if not found:
        raise ImageError(BLANK)
    if 2 * sum(part.area for part in found[MAX_PARTS:]) > np.count_nonzero(mask):
        raise ImageError(UNCLEAR)
    found = found[:MAX_PARTS]
    kept = unframed(labels, found, inside)
    frames = [part for part in found if part not in kept]
    if frames:
        notes = (*notes, "the frame was cut off")
    kept = [part for part in kept if max(part.height, part.width) > 0.12 * max(max(p.height, p.width) for p in kept)]
    box = around(kept)
    mask = np.isin(labels, [part.number for part in kept])
    specks = [part for part in found if part not in kept and part not in frames and within(part, box)]
    if len(kept) > 12 or sum(part.area for part in specks) > 0.3 * box.area:
        raise ImageError(UNCLEAR)
    if several(kept):
        raise ImageError(SEVERAL)
    check_strokes(mask, box, MAX_STROKE_ON_SHEET if CUT in notes else MAX_STROKE)
    frame = np.isin(labels, [part.number for part in frames])
    least_distinction = MIN_DISTINCTION * (
        2 if notes else 1
    )  # the more was taken away, the clearer must be what is left
    if distinction(field, mask, inside & ~grown(frame, 3), box) < least_distinction:
        raise ImageError(UNCLEAR)
    return Ink((field / (2 * threshold)).astype(np.float32), mask, notes, light), box


def distinction(field: Floats, mask: Mask, inside: Mask, box: Part) -> float:
    """By how many standard deviations ink differs from what surrounds it, edges left aside.

    Ink on paper is of one kind and the paper of another; in a photograph of something else both are of many kinds.
    """
    margin = longer(box) // 3
    rows = slice(max(box.top - margin, 0), box.bottom + margin)
    columns = slice(max(box.left - margin, 0), box.right + margin)
    core, near = shrunk(mask, 2)[rows, columns], grown(mask, 3)[rows, columns]
    values, ground = field[rows, columns], inside[rows, columns] & ~near
    core = core if core.any() else mask[rows, columns]
    if not ground.any():
        return math.inf
    scatter = math.sqrt(float(values[core].var() + values[ground].var()))
    return float(values[core].mean() - values[ground].mean()) / max(scatter, 1e-6)


def otsu(values: Bytes) -> int:
    """Otsu's threshold (1979): the t that maximises the variance between the values <= t and those above."""
    counts = np.bincount(values.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    total = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = total / below - (total[-1] - total) / above
        variance = np.where((below > 0) & (above > 0), below * above * difference**2, -1)
    return int(np.argmax(variance))


def otsu_of(values: Floats) -> float:
    """Otsu's threshold of values of which 1 is ink."""
    return otsu(np.asarray(np.clip(values * 200, 0, 255), np.uint8)) / 200 if values.size else 1.0


def unframed(labels: NDArray[np.int32], found: list[Part], inside: Mask) -> list[Part]:
    """The parts without those that frame others: drawn boxes, the desk around a sheet, shadows at an edge."""
    kept, rim = list(found), rim_of(inside)
    at_rim = np.bincount(labels[rim], minlength=int(labels.max()) + 1) / np.count_nonzero(rim)
    for part in found:
        rest = [other for other in kept if other is not part]
        holds = any(part.top < other.top and part.bottom > other.bottom and other is not part for other in rest)
        if not holds and at_rim[part.number] <= 0.15:
            continue
        own = labels == part.number
        inner = set(np.unique(labels[filled(own) & ~own]).tolist())
        largest_inside = max((longer(other) for other in rest if other.number in inner), default=0)
        clear = max((longer(other) for other in rest if not at_rim[other.number]), default=0)
        share = at_rim[part.number]
        ring = largest_inside > (0.05 if share > 0.3 else 0.3) * min(part.height, part.width)
        edge = share > 0.15 and clear > 0.08 * min(labels.shape)
        if ring or edge:
            kept.remove(part)
    return kept


def longer(part: Part) -> int:
    """The longer side of a part's box."""
    return max(part.height, part.width)


def around(found: list[Part]) -> Part:
    """The box around several parts."""
    tops, bottoms = (part.top for part in found), (part.bottom for part in found)
    lefts, rights = (part.left for part in found), (part.right for part in found)
    return Part(0, sum(part.area for part in found), min(tops), max(bottoms), min(lefts), max(rights))


def within(part: Part, box: Part) -> bool:
    """Whether a part touches a box."""
    return part.top < box.bottom and part.bottom > box.top and part.left < box.right and part.right > box.left


def several(kept: list[Part]) -> bool:
    """Whether parts are figures that stand beside or below each other, rather than strokes of one figure."""
    tallest, largest = max(map(longer, kept)), max(part.area for part in kept)
    large = [part for part in kept if longer(part) > 0.45 * tallest and part.area > 0.2 * largest]
    for i, a in enumerate(large):
        for b in large[:i]:
            across = min(a.right, b.right) - max(a.left, b.left)
            down = min(a.bottom, b.bottom) - max(a.top, b.top)
            beside = across < 0.25 * min(a.width, b.width) and min(a.height, b.height) > 0.4 * max(a.height, b.height)
            below = down < 0.1 * min(a.height, b.height) and min(a.height, b.height) > 0.5 * max(a.height, b.height)
            if beside or below:
                return True
    return False


def strokes(mask: Mask, box: Part) -> tuple[float, float]:
    """Mean width and length of a figure's strokes, as parts of the longer side of its box.

    The mean width is twice the area over the outline; π/4 turns the length of an outline along pixel edges into its
    true length, for edges of all directions.
    """
    framed = np.pad(mask, 1)
    outline = math.pi / 4 * sum(np.count_nonzero(np.diff(framed, axis=axis)) for axis in (0, 1))
    return 2 * np.count_nonzero(mask) / outline / longer(box), outline / 2 / longer(box)


def check_strokes(mask: Mask, box: Part, widest: float) -> None:
    """Raise :class:`ImageError` unless a mask looks like strokes of a pen, not too thick and not too many."""
    width, length = strokes(mask, box)
    if width > widest or length > MAX_LENGTH:
        raise ImageError(UNCLEAR)
    if box.width > 1.4 * box.height and length * box.width > 6 * box.height:
        raise ImageError(SEVERAL)
