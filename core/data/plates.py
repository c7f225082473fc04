"""House numbers without a download: plates and painted walls, drawn by a procedure, with what is written on them.

One to four digits of a typeface (:mod:`core.data.plate_fonts`) or a hand, squeezed or wide, slanted, turned and seen
from the side, on a plate with or without a frame or straight on a wall; with drop shadows and outlines, in uneven
light, in haze, taken by a camera of few pixels with grain (:mod:`core.data.plate_design` chooses).

Two kinds, as SVHN's: whole numbers in the middle of the picture, and single digits in the middle, whose neighbours are
cut off by the border. Picture i is a function of seed, kind, faces and i alone, so that a :class:`Stream` of millions
takes no memory and a run that is resumed sees what it would have seen. A core draws about a thousand a second of
64 × 64 pixels, twice as many of 32 × 32; where ``EASEL_WORKERS`` names a number, as many processes share the work.

Shapes: ``N`` pictures of ``S`` × ``S`` pixels. ``u``, ``v``: place on the number, in heights of its digits, (0, 0) the
middle; positive to the right and down.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.data.plate_design import Plate, brightness, imagine, written
from core.data.plate_fonts import HEIGHT, faces

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

PAD = 4
"""Empty pixels around the digits where they are laid side by side."""
CHUNK = 32


def side_by_side(plate: Plate) -> tuple[Pixels, float, float]:
    """The digits on one strip: its pixels with ``PAD`` around, where u = 0 is on it, and half its width, in heights."""
    h = HEIGHT if plate.height > HEIGHT / 2 else HEIGHT // 2
    glyphs = [(plate.face.large if h == HEIGHT else plate.face.small)[digit] for digit in plate.digits]
    starts, x = [], PAD
    for glyph, gap in zip(glyphs, plate.gaps[0], strict=True):
        starts.append(x)
        x += glyph.shape[1] + max(round(float(gap) * h), 0)
    end = starts[-1] + glyphs[-1].shape[1]
    drop = np.rint(plate.gaps[1] * h).astype(int) + PAD
    strip = np.zeros((h + 2 * PAD, end + PAD), np.uint8)
    for glyph, start, row in zip(glyphs, starts, np.clip(drop, 0, 2 * PAD), strict=True):
        place = strip[row : row + h, start : start + glyph.shape[1]]
        np.maximum(place, glyph, out=place)
    middle = (PAD + end) / 2
    if plate.target is not None:
        middle = starts[plate.target] + glyphs[plate.target].shape[1] / 2
    return strip, middle, (end - PAD) / 2 / h


def projection(plate: Plate, side: int) -> NDArray[np.float64]:
    """(3, 3): from a picture's (x, y, 1) to the number's (u, v, 1), up to a factor."""
    cos, sin = np.cos(plate.turn), np.sin(plate.turn)
    turned = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, -plate.slant], [0, 1]])
    to_picture = turned * (plate.height * plate.squeeze, plate.height)
    matrix = np.eye(3)
    matrix[:2, :2] = np.linalg.inv(to_picture)
    matrix[2, :2] = plate.depth
    shift = np.eye(3)
    shift[:2, 2] = -side / 2 - np.array(plate.middle)
    return matrix @ shift


class Laid(NamedTuple):
    """Where digits stand: ``masks`` (N, S, S), 255 where there is ink; ``u``, ``v`` (N, S, S) of the pixels' centres.

    u = 0 is the number's middle even if one of its digits is in the picture's; ``half`` (N, 1, 1) is half its width.
    """

    masks: Pixels
    u: Floats
    v: Floats
    half: Floats


def lay(plates: Sequence[Plate], side: int) -> Laid:
    """Put the digits where they stand in their pictures."""
    masks, matrices, halves = [], [], []
    for plate in plates:
        strip, middle, half = side_by_side(plate)
        h, matrix = strip.shape[0] - 2 * PAD, projection(plate, side)
        data = np.array([[h, 0, middle], [0, h, PAD + h / 2], [0, 0, 1]]) @ matrix
        flat = (data / data[2, 2]).ravel()[:8].tolist()
        how = Image.Transform.PERSPECTIVE, flat, Image.Resampling.BILINEAR
        masks.append(np.asarray(Image.fromarray(strip).transform((side, side), *how)))
        matrices.append(np.array([[1, 0, (middle - strip.shape[1] / 2) / h], [0, 1, 0], [0, 0, 1]]) @ matrix)
        halves.append(half)
    return Laid(np.stack(masks), *places(np.stack(matrices), side), column(halves))


def places(matrices: NDArray[np.float64], side: int) -> tuple[Floats, Floats]:
    """u and v (N, S, S) of all pixels' centres, by the projections (N, 3, 3) of :func:`projection`."""
    m = (matrices / matrices[:, 2:, 2:]).astype(np.float32)[..., None, None]
    x = np.arange(side, dtype=np.float32) + np.float32(0.5)
    y = x[:, None]
    right, down, depth = (m[:, k, 0] * x + m[:, k, 1] * y + m[:, k, 2] for k in range(3))
    return np.asarray(right / depth), np.asarray(down / depth)


def column(values: Sequence[object]) -> Floats:
    """One value for each picture, to be combined with (N, S, S)."""
    return np.array(values, np.float32)[:, None, None]


def outside(plates: Sequence[Plate], laid: Laid) -> Floats:
    """Pixels (N, S, S) that a place lies outside the edge of the plate, negative inside; without a plate, always."""
    shape = column([plate.shape for plate in plates])
    margin, corner = np.array([plate.margin for plate in plates], np.float32), column([p.corner for p in plates])
    right, down = laid.half + margin[:, :1, None], 0.5 + margin[:, 1:, None]
    across, along = np.abs(laid.u), np.abs(laid.v)
    qx, qy = across - right + corner, along - down + corner
    rounded = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0)) + np.minimum(np.maximum(qx, qy), 0) - corner
    oval = (np.hypot(across / (1.25 * right), along / (1.25 * down)) - 1) * down
    distance = np.where(shape == 2, oval, rounded) * column([plate.height for plate in plates])
    return np.asarray(np.where(shape == 0, np.float32(-99), distance))


def upsampling(side: int) -> Floats:
    """(S, 4): each pixel's weights of four points along an edge, by straight lines."""
    t = np.linspace(0, 3, side, dtype=np.float32)[:, None]
    return np.maximum(1 - np.abs(t - np.arange(4, dtype=np.float32)), 0)


def surfaces(plates: Sequence[Plate], laid: Laid) -> Floats:
    """Wall and plates without digits, (3, N, S, S) in levels."""
    side = laid.u.shape[-1]
    wall, ground, ink = (
        np.array([getattr(plate, name) for plate in plates], np.float32).T[..., None, None]
        for name in ("wall", "ground", "ink")
    )
    height, depth = (column([plate.board[k] for plate in plates]) for k in range(2))
    rows = (laid.v * column([plate.height for plate in plates]) / height) % 1
    weights = upsampling(side)
    blotches = weights @ np.stack([plate.blotches for plate in plates]) @ weights.T
    edge = outside(plates, laid)
    inside = np.clip(0.5 - edge, 0, 1)
    cast = 1 - 0.35 * np.clip(1 - (edge - 0.5) / 3, 0, 1) * (1 - inside)  # the plate's own shadow
    drawn = (wall - np.where(rows < 0.18, depth, 0) + blotches) * cast * (1 - inside) + (
        ground + 0.4 * blotches
    ) * inside
    bare = column([plate.shape == 0 for plate in plates])
    drawn -= bare * np.where(rows < 0.18, 0.5 * depth, 0)
    frame = column([plate.frame * plate.height for plate in plates])
    line = np.clip(1.2 - np.abs(edge + frame), 0, 1) * (frame > 0) * (1 - bare)
    return np.asarray(drawn + (ink - drawn) * line * 0.9)


def shifted(mask: Pixels, right: float, down: float) -> Pixels:
    """A mask (S, S) moved by at most two pixels; what comes in is empty."""
    row, col = 2 - round(down), 2 - round(right)
    return np.pad(mask, 2)[row : row + len(mask), col : col + len(mask)]


def inscribe(drawn: Floats, plates: Sequence[Plate], masks: Pixels) -> Floats:
    """Shadows, outlines and digits, written on surfaces (3, N, S, S), which are written over."""
    ink = np.array([plate.ink for plate in plates], np.float32).T[..., None, None]
    for k, (plate, mask) in enumerate(zip(plates, masks, strict=True)):
        dark, right, down = plate.relief
        if dark:
            drawn[:, k] *= 1 - np.float32(dark / 255) * shifted(mask, right, down)
        if plate.outline:
            wide = np.asarray(Image.fromarray(mask).filter(ImageFilter.MaxFilter(3)))
            rim = np.float32(20 if brightness(plate.ink) > brightness(plate.ground) else 235)
            drawn[:, k] += (rim - drawn[:, k]) * (wide / np.float32(255)) * 0.8
    drawn += (ink - drawn) * (masks / np.float32(255))
    return drawn


def illuminate(drawn: Floats, plates: Sequence[Plate]) -> Floats:
    """Light, shadow, haze and the camera's colours over pictures (3, N, S, S)."""
    side = drawn.shape[-1]
    x = np.arange(side, dtype=np.float32) + np.float32(0.5 - side / 2)
    y = x[:, None]
    right, down = (column([plate.light[k] for plate in plates]) for k in range(2))
    dark, angle, distance = (column([plate.shade[k] for plate in plates]) for k in range(3))
    shade = 1 - dark * np.clip(0.5 + (x * np.cos(angle) + y * np.sin(angle) - distance) / 3, 0, 1)
    light = (1 + (right * x + down * y) * (2 / side)) * shade
    haze = column([plate.haze for plate in plates])
    cast = np.array([plate.cast for plate in plates], np.float32).T[..., None, None]
    return (drawn * light * (1 - haze) + 150 * haze) * cast


def photograph(picture: Pixels, plate: Plate) -> Pixels:
    """What the camera makes of a picture (S, S, 3): fewer pixels and grain, brought back to S × S."""
    side, few = picture.shape[0], plate.resolution
    taken = np.asarray(Image.fromarray(picture).resize((few, few), Image.Resampling.BILINEAR))
    grainy = np.clip(taken + plate.grain, 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(grainy).resize((side, side), Image.Resampling.BICUBIC))


def draw(plates: Sequence[Plate], side: int) -> Pixels:
    """The pictures (N, 3, S, S)."""
    laid = lay(plates, side)
    drawn = illuminate(inscribe(surfaces(plates, laid), plates, laid.masks), plates)
    flat = np.ascontiguousarray(np.clip(drawn, 0, 255).astype(np.uint8).transpose(1, 2, 3, 0))
    taken = [photograph(picture, plate) for picture, plate in zip(flat, plates, strict=True)]
    return np.ascontiguousarray(np.stack(taken).transpose(0, 3, 1, 2))


@dataclass(frozen=True)
class Stream:
    """``count`` pictures that are drawn when they are asked for: an array (count, 3, side, side) to index and measure.

    ``whole`` numbers or single digits; in the faces of training or those that are ``held_out``; without ``packages``
    in those only that need no font package.
    """

    seed: int
    count: int
    side: int = 64
    whole: bool = True
    held_out: bool = False
    packages: bool = True

    def __len__(self) -> int:
        return self.count

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """As an array's."""
        return self.count, 3, self.side, self.side

    @property
    def faces(self) -> tuple[str, ...]:
        """Names of the typefaces that these pictures are drawn in on this machine."""
        return tuple(face.name for face in faces(self.held_out, self.packages))

    @property
    def labels(self) -> Labels:
        """What is written on them."""
        return Labels(self)

    def __getitem__(self, indices: NDArray[np.int64]) -> Pixels:
        """The pictures at ``indices`` (N,)."""
        parts = [(self, indices[start : start + CHUNK]) for start in range(0, len(indices), CHUNK)]
        workers = int(os.environ.get("EASEL_WORKERS", "1"))
        drawn = company(workers).map(part, parts) if workers > 1 else map(part, parts)
        return np.concatenate([np.empty((0, *self.shape[1:]), np.uint8), *drawn])

    def plates(self, indices: NDArray[np.int64]) -> list[Plate]:
        """What the pictures at ``indices`` show."""
        known = faces(self.held_out, self.packages)
        return [imagine(self.seed, int(index), self.side, self.whole, known) for index in indices]


def part(asked: tuple[Stream, NDArray[np.int64]]) -> Pixels:
    """Some pictures of a stream; at the top of the module, for other processes to find."""
    stream, indices = asked
    return draw(stream.plates(indices), stream.side)


@cache
def company(workers: int) -> ProcessPoolExecutor:
    """Processes that draw; fresh ones, since torch's threads do not survive a fork."""
    return ProcessPoolExecutor(workers, get_context("spawn"))


@dataclass(frozen=True)
class Labels:
    """What is written on a stream's pictures, an array (count,) to index: the number, or the digit in the middle."""

    stream: Stream

    def __len__(self) -> int:
        return len(self.stream)

    def __getitem__(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the pictures at ``indices`` (N,); takes no drawing."""
        return np.array([self.of(int(index)) for index in indices], np.int64)

    def of(self, index: int) -> int:
        """Of one picture."""
        digits, target = written(self.stream.seed, index, self.stream.whole)
        return int("".join(map(str, digits))) if target is None else digits[target]
