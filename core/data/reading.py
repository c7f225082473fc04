"""Reading a digit off any picture: drawn, photographed on paper, on a desk, in a frame, on ruled lines.

Where ink lies is decided by a few readings, tried in turn: dark on light and light on dark, the whole picture and the
sheet of paper that is found in it, with and without its ruled lines. The first reading that looks like one figure made
of strokes is taken; if there is none, the picture is refused.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from core.data.components import Mask, Part, label, parts
from core.data.figures import BLANK, CUT, UNCLEAR, Ink, around, chosen, longer, otsu_of, strokes
from core.data.images import Bytes, Floats, ImageError, flatten
from core.data.paper import departure, grown, sheet_in, without_lines

WORKING_SIDE = 384
"""Longer side, in pixels, of the picture in which ink is looked for."""
DIGIT_BOX = 20 / 28
"""Longer side of a digit as a part of the picture's side, MNIST's."""
THIN_STROKE, USUAL_STROKE = 1.7 / 20, 2.3 / 20
"""Stroke widths as parts of the digit's longer side, MNIST's 5th percentile and its median: a thinner stroke than the
first is thickened to the second."""
FAINT, MAX_CRUMBS = 48, 40
"""Below this difference between ink and paper, of 255, more parts than these are grain, and no figure is nothing."""
MIN_CONTRAST, GRAIN = 6, 6
"""Difference between ink and paper below which a picture counts as blank: of 255, and in the paper's own grain."""
FINE = 8
"""Samples of each pixel of the result, in each direction."""


class Reading(NamedTuple):
    """``pixels`` (size, size) uint8, ink 255 on 0, and one sentence on how the picture was read."""

    pixels: Bytes
    sentence: str


def read_digit(image: Image.Image, size: int = 28) -> Reading:
    """A photographed or drawn digit as MNIST would have prepared it, and how it was read.

    The digit's longer side is scaled to 20/28 of ``size``, strokes thinner than nearly all of MNIST's are thickened,
    and the centre of mass is moved to the middle. Raises :class:`ImageError` for a blank picture and for one in
    which no single figure stands out.
    """
    picture = flatten(image)
    if is_read_already(picture, size):
        pixels = np.asarray(picture.convert("L"))
        return Reading(pixels.copy(), "Read as it is: it is a digit of this size already.")
    ink = find(picture)
    field, mask, thick = with_usual_strokes(ink)
    ground = "light ink on a dark ground" if ink.light else "dark ink on light paper"
    notes = (*ink.notes, *(("thin strokes were made thicker",) if thick else ()))
    sentence = f"Read as {ground}" + (f"; {', '.join(notes)}." if notes else ".")
    return Reading(placed(field, mask, size), sentence)


def to_scene(image: Image.Image, size: int) -> Bytes:
    """Any picture as a square one of bright ink on black ground: (size, size) uint8, nothing of it cut off.

    The commonest brightness is the paper's and ink is what differs from it, towards the side on which the picture goes
    farthest; what is grey stays grey. The longer side is brought to ``size``, and ground is added at the shorter sides.
    Raises :class:`ImageError` for a blank picture.
    """
    values = channels(working(flatten(image)))[0]
    difference, grain = departure(values, np.ones(values.shape, bool))
    field = max((-difference, difference), key=strongest)
    peak = strongest(field)
    if peak < max(MIN_CONTRAST, GRAIN * grain):
        raise ImageError(BLANK)
    ink = Image.fromarray(np.asarray(np.rint(np.clip(field * (255 / peak), 0, 255)), np.uint8))
    return np.asarray(ImageOps.pad(ink, (size, size), Image.Resampling.BOX, color=0), np.uint8).copy()


def find(picture: Image.Image, again: bool = True) -> Ink:
    """The ink of the first reading that looks like a figure; a figure that is small is looked at more closely."""
    small = working(picture)
    whole = np.ones((small.height, small.width), bool)
    for values in channels(small):
        try:
            ink, box = look(values, whole)
        except ImageError as error:
            if str(error) != BLANK:
                raise
        else:
            return closer(picture, ink, box, small.width / picture.width) if again else ink
    raise ImageError(BLANK)


def working(picture: Image.Image) -> Image.Image:
    """The picture with its longer side near :data:`WORKING_SIDE`."""
    scale = WORKING_SIDE / max(picture.size)
    if scale > 1:
        scale = max(1, int(scale))
    size = [max(1, round(side * scale)) for side in picture.size]
    return picture.resize((size[0], size[1]), Image.Resampling.BICUBIC, reducing_gap=3.0)


def channels(picture: Image.Image) -> list[Floats]:
    """What ink is looked for in, (H, W) each: brightness, then the colours, of which the most telling comes first."""
    grey = picture.convert("L")
    found = [grey, *(sorted(picture.split(), key=spread, reverse=True) if picture.mode == "RGB" else ())]
    if len(found) > 1 and spread(found[1]) > 2 * spread(grey):
        found = [*found[1:], grey]
    return [np.asarray(image.filter(ImageFilter.GaussianBlur(0.6)), np.float32) for image in found]


def spread(image: Image.Image) -> float:
    """How far the extremes of a channel lie apart, but for a two-hundredth at each end."""
    values = np.asarray(image)
    return float(np.subtract(*np.percentile(values, [99.5, 0.5])))


def look(values: Floats, inside: Mask, notes: tuple[str, ...] = ()) -> tuple[Ink, Part]:
    """The ink within ``inside`` and its box; raises :class:`ImageError` if no reading looks like a figure."""
    difference, grain = departure(values, inside)
    least = max(MIN_CONTRAST, GRAIN * grain)
    signs = sorted((-1, 1), key=lambda sign: strongest(sign * difference), reverse=True)
    refusal = ImageError(BLANK)
    for sign in signs:
        field = sign * difference
        peak = strongest(field)
        if peak < MIN_CONTRAST or (peak < FAINT and label((field > peak / 2) & inside).max() > MAX_CRUMBS):
            continue
        levels = peak / 2, peak * otsu_of(field[inside] / peak)
        for bright in [field > level for level in levels] + [inside & (field < level) for level in levels]:
            sheet = sheet_in(bright) if CUT not in notes else None
            if sheet is None or np.count_nonzero(sheet & inside) > 0.97 * np.count_nonzero(inside):
                continue
            try:
                return look(values, sheet & inside, tuple(dict.fromkeys((*notes, CUT))))
            except ImageError as error:
                refusal = error
        if peak < least:
            continue
        try:
            return figure(field / peak, inside, least / peak, notes, sign > 0)
        except ImageError as error:
            refusal = error if str(refusal) == BLANK and peak > FAINT else refusal
    raise refusal


def strongest(field: Floats) -> float:
    """The strength of ink: what one in two thousand pixels exceeds."""
    return float(np.partition(field, -max(1, field.size // 2000), axis=None)[-max(1, field.size // 2000)])


def figure(field: Floats, inside: Mask, least: float, notes: tuple[str, ...], light: bool) -> tuple[Ink, Part]:
    """The one figure in a field of ink, with ruled lines or without; raises :class:`ImageError`."""
    plain, lined = field, without_lines(field, inside, max(least / 2, 0.1))
    readings = [(lined[0], (*notes, "straight lines were left out"))] if lined[1] else []
    refusal = ImageError(UNCLEAR)
    for number, (values, said) in enumerate([*readings, (plain, notes)]):
        try:
            return chosen(values, inside, least, said, light)
        except ImageError as error:
            refusal = error if number == 0 else refusal
    raise refusal


def closer(picture: Image.Image, ink: Ink, box: Part, scale: float) -> Ink:
    """The same ink in a picture of its surroundings alone, where it is small."""
    if longer(box) > 0.3 * WORKING_SIDE:
        return ink
    margin = 0.7 * longer(box)
    left, top, right, bottom = (
        round(side / scale) for side in (box.left - margin, box.top - margin, box.right + margin, box.bottom + margin)
    )
    cut = picture.crop((max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height)))
    try:
        near = find(cut, again=False)
    except ImageError:
        return ink
    return near._replace(notes=tuple(dict.fromkeys((*ink.notes, *near.notes))))


def with_usual_strokes(ink: Ink) -> tuple[Floats, Mask, bool]:
    """The field, of which above ½ is ink, and its mask, with strokes that would all but vanish made thicker."""
    box = around(list(parts(label(ink.mask))))
    width, _ = strokes(ink.mask, box)
    if width >= THIN_STROKE:
        return np.where(grown(ink.mask, 2), ink.field, 0), ink.mask, False
    by = (USUAL_STROKE - width) / 2 * longer(box)
    room = math.ceil(by) + 1
    mask = grown(np.pad(ink.mask, room), by)
    return mask.astype(np.float32), mask, True


def placed(field: Floats, mask: Mask, size: int) -> Bytes:
    """(size, size) of 0 and 255: a field laid where MNIST has its digits, each pixel ink if half of it is.

    The centre of mass is laid on pixel ``size``/2, counted from 0, unless something would be cut off.
    """
    rows, columns = np.nonzero(mask)
    scale = DIGIT_BOX * size / (max(np.ptp(rows), np.ptp(columns)) + 1)
    steps = (np.arange(size * FINE) + 0.5) / FINE
    places = []
    for where in (rows, columns):
        middle = size / 2 + 0.5
        low, high = (where.min() - where.mean()) * scale, (where.max() + 1 - where.mean()) * scale
        middle = min(max(middle, -low), size - high) if high - low <= size else middle
        places.append(where.mean() + 0.5 + (steps - middle) / scale)
    fine = sampled(field, *places) > 0.5
    share = fine.reshape(size, FINE, size, FINE).mean((1, 3))
    return np.asarray(np.where(share > min(0.5, share.max() / 2), 255, 0), np.uint8)


def sampled(field: Floats, y: NDArray[np.float64], x: NDArray[np.float64]) -> Floats:
    """A field (H, W) between its pixels, at rows ``y`` and columns ``x`` counted from its corner; 0 outside."""
    padded = np.pad(field, 1)
    (rows, down), (columns, right) = (
        (np.floor(at).astype(int), (at - np.floor(at)).astype(np.float32))
        for at in (np.clip(places + 0.5, 0, side - 1.001) for places, side in zip((y, x), padded.shape, strict=True))
    )
    upper = padded[rows][:, columns] * (1 - right) + padded[rows][:, columns + 1] * right
    lower = padded[rows + 1][:, columns] * (1 - right) + padded[rows + 1][:, columns + 1] * right
    return np.asarray(upper * (1 - down[:, None]) + lower * down[:, None], np.float32)


def is_read_already(picture: Image.Image, size: int) -> bool:
    """Whether a picture is a digit that was read before: of two values, of the right size and in the right place."""
    if picture.size != (size, size):
        return False
    pixels = np.asarray(picture.convert("L"))
    rows, columns = np.nonzero(pixels)
    if not len(rows) or not ((pixels == 0) | (pixels == 255)).all():
        return False
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    middle = max(abs(rows.mean() - size / 2), abs(columns.mean() - size / 2))
    return bool(abs(extent - DIGIT_BOX * size) <= 1 and middle <= 1)
