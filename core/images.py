"""Pictures from outside: opened with care, and turned into digits.

Whatever is wrong with a file ends in :class:`ImageError`, whose message is one sentence for the user; the size is
checked before anything is decoded.
"""

from __future__ import annotations

import math
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from core.errors import UserError

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")
"""Only these decoders are let near a stranger's file; Pillow's EPS decoder, for one, would start Ghostscript."""
MAX_PIXELS = 40_000_000
MIN_SIDE = 4
MAX_BYTES = 64 * 2**20
"""Largest file, in bytes."""

MIN_CONTRAST = 32
"""Difference between ink and paper, of 255, below which a picture counts as blank."""
WORKING_SIDE = 256
DIGIT_BOX = 20 / 28
"""Longer side of a digit as a part of the picture's side, MNIST's."""
THIN_STROKE = 1.7 / 20
"""Stroke width as a part of the digit's longer side below which strokes are thickened: MNIST's 5th percentile."""

DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow's decoders raise on broken files."""

WARNING_FILTERS = threading.Lock()
"""Warning filters belong to the whole process; two threads must not change and restore them crosswise."""


class ImageError(UserError):
    """A picture or an archive of pictures cannot be used; the message is one sentence for the user."""


@contextmanager
def without_warnings() -> Iterator[None]:
    """Keep Pillow's warnings (huge pictures, odd metadata) off the console; what matters is checked and raised."""
    with WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def open_picture(source: str | Path | bytes, name: str | None = None) -> Image.Image:
    """The first frame of a picture file, upright, in mode ``L`` or ``RGB``, transparency laid over white.

    ``source`` is a path or the file's bytes; ``name`` is what messages call it (the file's name by default). The
    size is read from the header and checked before anything is decoded. Grey pictures of 16 or 32 bits and of
    floats are brought to 8 bits, see :func:`eight_bits`. Raises :class:`ImageError`.
    """
    if isinstance(source, bytes):
        name, data = name or "The picture", source
    else:
        name, data = name or Path(source).name, read_file(Path(source))
    if not data:
        raise ImageError(f"{name} is empty.")
    if len(data) > MAX_BYTES:
        raise ImageError(f"{name} is larger than {MAX_BYTES >> 20} MB.")
    with without_warnings():
        try:
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                check_size(image.size, name)
                image.load()
                return flatten(upright(image))
        except ImageError:
            raise
        except UnidentifiedImageError:
            raise ImageError(
                f"{name} is not a picture of a known kind ({', '.join(FORMATS)}), or is damaged."
            ) from None
        except Image.DecompressionBombError:
            raise ImageError(f"{name} has far more than {MAX_PIXELS // 10**6} megapixels, the limit.") from None
        except DECODING_ERRORS:
            raise ImageError(f"{name} is damaged or cut short and cannot be decoded.") from None


def read_file(path: Path) -> bytes:
    """The bytes of a file, at most one more than ``MAX_BYTES``."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ImageError(f"There is no file {path}.") from None
    except OSError as error:
        raise ImageError(f"The file {path} cannot be read: {error.strerror}.") from None


def check_size(size: tuple[int, int], name: str) -> None:
    """Refuse pictures with too many pixels or too few."""
    width, height = size
    if width * height > MAX_PIXELS:
        pixels, limit = width * height / 1e6, MAX_PIXELS // 10**6
        raise ImageError(f"{name} has {pixels:.0f} megapixels ({width} × {height}); the limit is {limit}.")
    if min(size) < MIN_SIDE:
        raise ImageError(f"{name} has {width} × {height} pixels; at least {MIN_SIDE} × {MIN_SIDE} are needed.")


def upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF orientation says; a broken EXIF block says nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except DECODING_ERRORS:
        return image


def flatten(image: Image.Image) -> Image.Image:
    """Any mode as ``L`` (grey) or ``RGB``; what is transparent turns white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return eight_bits(image)
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image.convert("RGBA"))
    return image.convert(mode)


def eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 or 32 bits or of floats as ``L``.

    White is 65535 for 16 bits; for 32 bits the first of 255 and 65535 that no pixel exceeds, for floats of 1, 255
    and 65535. Where a value is negative or exceeds them all, the darkest pixel becomes black, the brightest white.
    """
    values = np.asarray(image, np.float32)
    if not np.isfinite(values).all():
        raise ImageError("The picture holds values that are infinite or not a number.")
    low, high = float(values.min()), float(values.max())
    whites = {"I": (255.0, 65535.0), "F": (1.0, 255.0, 65535.0)}.get(image.mode, (65535.0,))
    white = next((white for white in whites if low >= 0 and high <= white), None)
    if white is None:
        values, white = values - low, max(high - low, 1e-30)
    return Image.fromarray(np.rint(values * (255 / white)).astype(np.uint8))


def to_digit(image: Image.Image, size: int = 28) -> Bytes:
    """A photographed or drawn digit as MNIST would have prepared it: (size, size) uint8, ink 255 on 0.

    The border tells the paper: even light is taken off it, and ink is what differs most from it, darker or
    lighter. The ink is cropped, its longer side scaled to 20/28 of ``size``, strokes thinner than nearly all of
    MNIST's are thickened, the centre of mass is moved to the middle, and Otsu's threshold makes it two-valued.
    Raises :class:`ImageError` for a blank picture.
    """
    grey = flatten(image).convert("L")
    grey.thumbnail((WORKING_SIDE, WORKING_SIDE))
    ink = find_ink(np.asarray(grey, np.float32))
    mask = ink > otsu(ink)
    rows, columns = span(mask.sum(axis=1)), span(mask.sum(axis=0))
    digit = thicken(ink[rows, columns], mask[rows, columns])
    scale = DIGIT_BOX * size / max(digit.shape)
    height, width = (max(1, round(side * scale)) for side in digit.shape)
    small = Image.fromarray(digit).resize((width, height), Image.Resampling.BICUBIC)
    canvas = centre(np.asarray(small), size)
    return np.asarray(np.where(canvas > otsu(canvas), 255, 0), np.uint8)


def to_scene(image: Image.Image, size: int) -> Bytes:
    """Any picture as a square one of bright ink on black ground: (size, size) uint8, nothing of it cut off.

    The border tells the paper and ink is what differs from it, as in :func:`to_digit`, but what is grey stays grey. The
    longer side is brought to ``size``, and ground is added at the shorter sides. Raises :class:`ImageError` for a blank
    picture.
    """
    grey = flatten(image).convert("L")
    grey.thumbnail((WORKING_SIDE, WORKING_SIDE))
    ink = Image.fromarray(find_ink(np.asarray(grey, np.float32)))
    return np.asarray(ImageOps.pad(ink, (size, size), Image.Resampling.BOX, color=0), np.uint8).copy()


def find_ink(grey: Floats) -> Bytes:
    """(H, W) in 0–255: how far each pixel is from the paper, towards the side on which the picture goes farthest.

    The paper's brightness is a plane through the border, so that light falling from one side does no harm: first
    the border's median, then fitted three times to the 70 % of the border that agree best; the rest may be ink.
    """
    height, width = grey.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    border = np.ones(grey.shape, bool)
    border[1:-1, 1:-1] = False
    terms, values = np.stack([np.ones(border.sum()), x[border], y[border]], axis=1), grey[border]
    plane = np.array([np.median(values), 0, 0])
    for _ in range(3):
        misfit = np.abs(values - terms @ plane)
        agree = misfit <= np.quantile(misfit, 0.7)
        plane = np.linalg.lstsq(terms[agree], values[agree], rcond=None)[0]
    ink = grey - (plane[0] + plane[1] * x + plane[2] * y)
    if -ink.min() > ink.max():
        ink = -ink
    if ink.max() < MIN_CONTRAST:
        raise ImageError("The picture is blank: there is nothing darker or lighter than its border.")
    return np.asarray(np.rint(np.clip(ink * (255 / ink.max()), 0, 255)), np.uint8)


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


def span(profile: NDArray[np.int64]) -> slice:
    """Where a row or column profile (n,) holds all but its outermost thousandths, which are specks."""
    share = np.cumsum(profile) / profile.sum()
    return slice(int(np.searchsorted(share, 0.001, "right")), int(np.searchsorted(share, 0.999)) + 1)


def thicken(ink: Bytes, mask: NDArray[np.bool_]) -> Bytes:
    """Grow strokes that would all but vanish when the digit is made small; others stay as they are.

    The mean stroke width is twice the area over the outline; π/4 turns the length of an outline along pixel edges
    into its true length, for edges of all directions.
    """
    framed = np.pad(mask, 1)
    outline = math.pi / 4 * sum(np.count_nonzero(np.diff(framed, axis=axis)) for axis in (0, 1))
    missing = THIN_STROKE * max(ink.shape) - 2 * mask.sum() / outline
    grow = round(missing / 2)
    if grow < 1:
        return ink
    return np.asarray(Image.fromarray(np.pad(ink, grow)).filter(ImageFilter.MaxFilter(2 * grow + 1)))


def centre(digit: Bytes, size: int) -> Bytes:
    """Lay a digit into (size, size) so that its centre of mass is where MNIST's is: on pixel size/2, from 0."""
    canvas = np.zeros((size, size), np.uint8)
    corner = []
    for axis, side in enumerate(digit.shape):
        profile = digit.sum(axis=1 - axis, dtype=np.float64)
        middle = float(profile @ np.arange(side)) / profile.sum()
        corner.append(min(max(round(size / 2 - middle), 0), size - side))
    top, left = corner
    canvas[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return canvas
