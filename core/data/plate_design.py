"""What a picture of a house number shows, in numbers: :class:`Plate`, and :func:`imagine`, which draws one by lot.

The colours were set beside photographs of SVHN (Netzer et al. 2011). Contrast, size, haze and blur are kinder than
there: these pictures are what a model first learns digits from, before it sees photographs. Lengths on a number are in
heights of its digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.data.plate_fonts import HEIGHT, Face

Floats = NDArray[np.float32]

COUNTS = (0.22, 0.48, 0.25, 0.05)
"""How often a number has one, two, three and four digits."""

LIGHTS = ((236, 236, 232), (226, 217, 190), (195, 196, 196), (214, 204, 150), (190, 205, 222), (205, 185, 155))
DARKS = (
    (26, 26, 30),
    (30, 38, 92),
    (36, 60, 142),
    (72, 46, 36),
    (28, 72, 52),
    (112, 32, 38),
    (74, 74, 78),
    (150, 42, 40),
)
WALLS = (
    *((140, 84, 64), (176, 156, 132), (132, 132, 130), (112, 82, 60), (112, 126, 140), (120, 118, 88)),
    *((222, 220, 214), (156, 150, 144), (58, 54, 52), (88, 84, 104)),
)
METALS = ((196, 166, 90), (172, 140, 80), (200, 200, 204), (232, 226, 200))
"""Colours that others are near to: enamel and paint, and what stands around it."""
CONTRAST = 110.0
"""Levels of brightness by which digits and their ground differ at least, before light and haze."""


@dataclass
class Plate:
    """Everything that one picture shows, in numbers; angles in radians, lengths in heights of a digit unless said."""

    face: Face
    digits: tuple[int, ...]
    gaps: Floats
    """Between neighbouring digits, and how far each digit sits below the line: (2, n)."""
    height: float
    """Of the digits, in pixels."""
    squeeze: float
    """Width of a digit relative to the typeface's."""
    turn: float
    slant: float
    depth: tuple[float, float]
    """How much nearer one side is than the other, for each pixel to the right and down."""
    middle: tuple[float, float]
    """Where the number, or its digit in the middle, is, in pixels from the picture's."""
    target: int | None
    """Which digit is in the middle; None where the whole number is."""
    ink: Floats
    ground: Floats
    wall: Floats
    shape: int
    """0 no plate, 1 a rounded rectangle, 2 an oval."""
    margin: tuple[float, float]
    corner: float
    frame: float
    """How far inside the edge a line runs; 0 for none."""
    relief: tuple[float, float, float]
    """Darkness of the digits' shadow, and where it falls, in pixels."""
    outline: bool
    board: tuple[float, float]
    """Height in pixels and depth in levels of the courses of brick or board on the wall; depth 0 for none."""
    blotches: Floats
    """Levels by which a grid of 4 × 4 points is brighter."""
    light: tuple[float, float]
    """Change of brightness from the middle to the picture's edges, right and down."""
    shade: tuple[float, float, float]
    """Darkness of a shadow over all, its edge's direction, and its distance from the middle in pixels."""
    haze: float
    cast: Floats
    """Brightness of red, green and blue."""
    resolution: int
    """Pixels a side that the camera has for this picture."""
    grain: Floats
    """What the camera adds, in levels: (resolution, resolution, 3)."""


def near(colours: Sequence[tuple[int, int, int]], rng: np.random.Generator) -> Floats:
    """A colour near to one of ``colours``."""
    base = np.array(colours[int(rng.integers(len(colours)))], np.float32)
    return np.clip(base + 12 * rng.standard_normal() + 8 * rng.standard_normal(3, np.float32), 8, 247)


def brightness(colour: Floats) -> float:
    """Of a colour (3,), from 0 to 255."""
    return float(0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2])


def apart(ink: Floats, ground: Floats) -> tuple[Floats, Floats]:
    """The two, moved towards black and white as far as they must to differ by ``CONTRAST``."""
    sign = 1 if brightness(ink) > brightness(ground) else -1
    lack = CONTRAST - abs(brightness(ink) - brightness(ground))
    if lack <= 0:
        return ink, ground
    end, other = (255.0, 0.0) if sign > 0 else (0.0, 255.0)
    way = lack / (abs(end - brightness(ink)) + abs(other - brightness(ground)))
    return ink + way * (end - ink), ground + way * (other - ground)


def colours(rng: np.random.Generator) -> tuple[Floats, Floats, Floats, bool]:
    """Ink, ground and wall, and whether there is a plate; without one the ground is the wall."""
    scheme, wall = rng.random(), near(WALLS, rng)
    if scheme < 0.38:
        ink, ground = near(DARKS, rng), near(LIGHTS, rng)
    elif scheme < 0.70:
        ink, ground = near(LIGHTS if rng.random() < 0.8 else METALS, rng), near(DARKS, rng)
    elif scheme < 0.94:
        dark = brightness(wall) > 120
        ink, ground = near(DARKS if dark else (LIGHTS + METALS), rng), wall
    else:
        ink, ground = (rng.uniform(10, 245, 3).astype(np.float32) for _ in range(2))
    ink, ground = apart(ink, ground)
    plate = not 0.70 <= scheme < 0.94
    return ink, ground, wall if plate else ground, plate


def number(rng: np.random.Generator, whole: bool) -> tuple[tuple[int, ...], int | None]:
    """Digits, the first of which is no 0 in a whole number, and the one to be in the middle unless it is whole."""
    count = 1 + int(rng.choice(4, p=COUNTS))
    digits = rng.integers(0, 10, count)
    target = int(rng.integers(count))
    if whole:
        digits[0] = rng.integers(1, 10)
    else:
        digits[target] = rng.integers(0, 10)
    return tuple(int(digit) for digit in digits), None if whole else target


def generator(seed: int, index: int, whole: bool) -> np.random.Generator:
    """Where all that is random in picture ``index`` of a stream comes from."""
    return np.random.default_rng((seed, index, whole))


def written(seed: int, index: int, whole: bool) -> tuple[tuple[int, ...], int | None]:
    """What :func:`imagine` writes on that picture, as :func:`number` says it; takes but a few random numbers."""
    return number(generator(seed, index, whole), whole)


def size(rng: np.random.Generator, face: Face, digits: tuple[int, ...], side: int, whole: bool) -> tuple[float, float]:
    """Height of the digits in pixels, and how far they are squeezed or widened."""
    if not whole:
        return side * rng.uniform(0.62, 0.9), rng.uniform(0.8, 1.2)
    height = side * rng.uniform(0.45, 0.7)
    natural = sum(face.large[digit].shape[1] / HEIGHT + 0.08 for digit in digits) * height
    wanted = side * rng.uniform(0.58, 0.76)
    squeeze = float(np.clip(wanted / natural, 0.55, 1.3))
    return height * min(1.0, 0.76 * side / (squeeze * natural)), squeeze


def imagine(seed: int, index: int, side: int, whole: bool, known: Sequence[Face]) -> Plate:
    """Picture ``index`` of the stream ``seed``, in numbers."""
    rng = generator(seed, index, whole)
    digits, target = number(rng, whole)
    face = known[int(rng.integers(len(known)))]
    height, squeeze = size(rng, face, digits, side, whole)
    ink, ground, wall, plate = colours(rng)
    n, chance = len(digits), rng.random(8)
    gaps = np.zeros((2, n), np.float32)
    gaps[0] = rng.uniform(0.02, 0.16)
    if chance[0] < 0.15:  # digits nailed on one by one
        gaps += rng.uniform(-0.03, 0.05, (2, n))
    # At least the pixels with which a digit is read at ease: sixteen for its height and eight for its width.
    wide = height * squeeze * (np.mean([face.large[digit].shape[1] for digit in digits]) / HEIGHT)
    fewest = min(1.0, max(16.0 / height, 8.0 / wide))
    resolution = round(side * (fewest + (1 - fewest) * rng.random() ** 0.7))
    contrast = abs(brightness(ink) - brightness(ground))
    return Plate(
        face=face,
        digits=digits,
        gaps=gaps,
        height=height,
        squeeze=squeeze,
        turn=rng.normal(0, 0.04),
        slant=rng.normal(0, 0.05),
        depth=tuple(rng.normal(0, 0.05 / side, 2)),
        middle=tuple(rng.normal(0, 0.015 * side, 2)),
        target=target,
        ink=ink,
        ground=ground,
        wall=wall,
        shape=0 if not plate else 2 if chance[1] < 0.1 else 1,
        margin=(rng.uniform(0.1, 0.6), rng.uniform(0.12, 0.5)),
        corner=rng.uniform(0, 0.35),
        frame=rng.uniform(0.06, 0.12) if chance[2] < 0.2 else 0.0,
        relief=(rng.uniform(0.2, 0.6) if chance[3] < 0.2 else 0.0, *rng.uniform(-2, 2, 2) * side / 64),
        outline=bool(chance[4] < 0.06),
        board=(rng.uniform(6, 18) * side / 64, rng.uniform(8, 40) if chance[5] < 0.12 else 0.0),
        blotches=rng.uniform(2, 8) * rng.standard_normal((4, 4), np.float32),
        light=tuple(rng.normal(0, 0.10, 2)),
        shade=(
            rng.uniform(0.15, 0.4) if chance[6] < 0.12 else 0.0,
            rng.uniform(0, 2 * np.pi),
            rng.uniform(-0.3, 0.3) * side,
        ),
        haze=rng.uniform(0, min(0.2, 1 - 80 / contrast)),
        cast=np.clip(rng.normal(0.95, 0.1) + rng.normal((-0.02, 0, 0.04), 0.035), 0.45, 1.1).astype(np.float32),
        resolution=resolution,
        grain=rng.uniform(1, 3) * rng.standard_normal((resolution, resolution, 3), np.float32),
    )
