"""Typefaces for house numbers: masks of the digits 0 to 9, each cut once and kept.

Three sources, each used if it is there: font packages of PyPI (``requirements-train.txt``), the font that Pillow brings
along, and hands that write (:mod:`core.data.strokes`). Without any font package there are still the last two. Nothing
of a package is imported or run: only its font files are read.

Some families are held out: no picture for training is written in them, those of the test split are. Where none of these
is installed, the test split has the training faces.

Shapes: a glyph is uint8 (HEIGHT, w), 255 where there is ink, cropped to its ink at the left and right; all digits of a
face share baseline and height.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.data import strokes

Mask = NDArray[np.uint8]

HEIGHT = 64
"""Pixels from the highest to the lowest ink of a face's digits; half of it in the small masks."""

PACKAGES = {
    "font_roboto": "Roboto-Regular Roboto-Medium Roboto-Bold Roboto-Black Roboto-BoldItalic",
    "font_lato": "Lato-Regular Lato-Bold Lato-Black Lato-BoldItalic",
    "font_source_serif_pro": "SourceSerifPro-Regular SourceSerifPro-Semibold SourceSerifPro-Bold SourceSerifPro-Black",
    "font_fredoka_one": "FredokaOne-Regular",
    "font_fjallaone": "FjallaOne-Regular",
    "font_amatic_sc": "AmaticSC-Bold",
}
"""Package -> the faces of it that training uses; its font files are in the folder ``files``."""
HELD_OUT_PACKAGES = {
    "font_source_sans_pro": "SourceSansPro-Semibold SourceSansPro-Bold SourceSansPro-Black",
    "font_caladea": "Caladea-Regular Caladea-Bold",
}
HANDS, HELD_OUT_HANDS = (11, 12, 13), (21,)
"""Seeds of the hands that write digits with a round pen."""


@dataclass(frozen=True, eq=False)
class Face:
    """A typeface: its name, and its ten digits in full and in half the height."""

    name: str
    large: tuple[Mask, ...]
    small: tuple[Mask, ...]


def face(name: str, glyphs: list[Mask]) -> Face:
    """A face of ten masks of one height, brought to ``HEIGHT`` and cropped to the ink at their sides."""
    rows = np.flatnonzero(np.any([glyph.any(axis=1) for glyph in glyphs], axis=0))
    scaled: dict[int, tuple[Mask, ...]] = {}
    for height in (HEIGHT, HEIGHT // 2):
        masks = []
        for glyph in glyphs:
            columns = np.flatnonzero(glyph.any(axis=0))
            ink = Image.fromarray(glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
            width = max(round(ink.width * height / ink.height), 1)
            masks.append(np.asarray(ink.resize((width, height), Image.Resampling.LANCZOS)))
        scaled[height] = tuple(masks)
    return Face(name, scaled[HEIGHT], scaled[HEIGHT // 2])


def printed(name: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Face:
    """The face of a font of about twice ``HEIGHT``."""
    glyphs = []
    for digit in "0123456789":
        picture = Image.new("L", (4 * HEIGHT, 4 * HEIGHT))
        ImageDraw.Draw(picture).text((HEIGHT, HEIGHT // 2), digit, fill=255, font=font)
        glyphs.append(np.asarray(picture))
    return face(name, glyphs)


def written(seed: int) -> Face:
    """The face of a hand: one handwritten digit of each kind, all as tall as their row."""
    images, _ = strokes.digits(10, seed, 2 * HEIGHT, range(10))
    glyphs = []
    for image in images:
        rows = np.flatnonzero(image.any(axis=1))
        ink = Image.fromarray(image[rows[0] : rows[-1] + 1])
        glyphs.append(np.asarray(ink.resize((2 * HEIGHT, 2 * HEIGHT), Image.Resampling.BILINEAR)))
    return face(f"hand {seed}", glyphs)


def installed(packages: dict[str, str]) -> list[Face]:
    """The faces of ``packages`` whose files are there, in the order of the table."""
    faces = []
    for package, stems in packages.items():
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            paths = [Path(folder) / "files" / f"{stem}.ttf" for stem in stems.split()]
            faces += [printed(path.stem, ImageFont.truetype(path, 2 * HEIGHT)) for path in paths if path.exists()]
    return faces


@cache
def faces(held_out: bool = False, packages: bool = True) -> tuple[Face, ...]:
    """The faces of training or the ones held out; without ``packages`` only those that need none.

    Pillow's own font belongs to training. Where no package with a held-out family is installed, or none is wanted,
    what is held out are hands only, and the faces of training stand beside them.
    """
    if held_out:
        found = installed(HELD_OUT_PACKAGES) if packages else []
        return (*(found or faces(False, packages)), *map(written, HELD_OUT_HANDS))
    own = printed("Pillow's own", ImageFont.load_default(2 * HEIGHT))
    return (*(installed(PACKAGES) if packages else []), own, *map(written, HANDS))
