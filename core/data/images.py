"""Pictures from outside: opened with care.

Whatever is wrong with a file ends in :class:`ImageError`, whose message is one sentence for the user; the size is
checked before anything is decoded.
"""

from __future__ import annotations

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
from PIL import Image, ImageOps, JpegImagePlugin, UnidentifiedImageError

from core.errors import UserError

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF")
"""Only these decoders are let near a stranger's file; Pillow's EPS decoder, for one, would start Ghostscript."""
MAX_PIXELS = 40_000_000
MAX_REDUCED = 256_000_000
"""Limit for JPEGs in one scan, which are decoded reduced."""
JPEG_START = b"\xff\xd8\xff"
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
WHITES = (255.0, 1023.0, 4095.0, 16383.0, 65535.0)
"""Values that are white in grey of 8 to 16 bits."""
LIGHT = 127.5
"""Mean brightness of ink above which its ground is taken to be dark."""
MIN_SIDE = 4
MAX_BYTES = 64 * 2**20
"""Largest file, in bytes."""

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
    """The first frame of a picture file, upright, in mode ``L`` or ``RGB``: :func:`decoded`, then :func:`flatten`."""
    return flatten(decoded(source, name))


def decoded(source: str | Path | bytes, name: str | None = None) -> Image.Image:
    """The first frame of a picture file, upright, in the file's own mode.

    ``source`` is a path or the file's bytes; ``name`` is what messages call it (the file's name by default). The size
    is read from the header and checked before anything is decoded; a JPEG above :data:`MAX_PIXELS`, as telephones take
    them, is decoded at a half, a quarter or an eighth of its size. Raises :class:`ImageError`.
    """
    if isinstance(source, bytes):
        name, data = name or "The picture", source
    else:
        name, data = name or Path(source).name, read_file(Path(source))
    if not data:
        raise ImageError("{name} is empty.", name=name)
    if len(data) > MAX_BYTES:
        raise ImageError("{name} is larger than {max_bytes} MB.", name=name, max_bytes=MAX_BYTES >> 20)
    with without_warnings():
        try:
            with opened(data) as image:
                check_size(image, name, data)
                reduce(image)
                image.load()
                return upright(image)
        except ImageError:
            raise
        except UnidentifiedImageError:
            raise unknown_kind(data, name) from None
        except Image.DecompressionBombError:
            raise ImageError(
                "{name} has far more than {max_pixels} megapixels, the limit.",
                name=name,
                max_pixels=MAX_PIXELS // 10**6,
            ) from None
        except DECODING_ERRORS:
            raise ImageError("{name} is damaged or cut short and cannot be decoded.", name=name) from None


def opened(data: bytes) -> Image.Image:
    """The picture of a file, not decoded. Pillow would refuse a large JPEG before it could be asked to reduce it."""
    if data.startswith(JPEG_START):
        return JpegImagePlugin.JpegImageFile(BytesIO(data))
    return Image.open(BytesIO(data), formats=FORMATS)


def unknown_kind(data: bytes, name: str) -> ImageError:
    """The error for a file that no decoder knows, with a way out where there is one."""
    start = data[:512].lstrip().lower()
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return ImageError(
            "{name} is a HEIC picture, which only Apple's programs read well: save it as JPEG or PNG.", name=name
        )
    if data[4:8] == b"ftyp":
        return ImageError("{name} is a film, not a picture: save one frame of it as JPEG or PNG.", name=name)
    if start.startswith(b"%pdf"):
        return ImageError(
            "{name} is a PDF document, not a picture: save the page as PNG or take a screenshot of it.", name=name
        )
    if start.startswith((b"<svg", b"<?xml")) and b"<svg" in data[:4096].lower():
        return ImageError("{name} is an SVG drawing, which is no picture of pixels: save it as PNG.", name=name)
    return ImageError(
        "{name} is not a picture of a known kind ({kinds}), or is damaged.", name=name, kinds=", ".join(FORMATS)
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file, at most one more than ``MAX_BYTES``."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ImageError("There is no file {name}.", name=path.name) from None
    except (OSError, ValueError) as error:
        raise ImageError(
            "The file {name} cannot be read: {error}.", name=path.name, error=getattr(error, "strerror", error)
        ) from None


def check_size(image: Image.Image, name: str, data: bytes) -> None:
    """Refuse pictures with too many pixels or too few."""
    width, height = image.size
    reducible = data.startswith(JPEG_START) and in_one_scan(data)
    limit = MAX_REDUCED if reducible else MAX_PIXELS
    if width * height > limit:
        pixels = width * height / 1e6
        raise ImageError(
            "{name} has {pixels:.0f} megapixels ({width} × {height}); the limit is {limit}.",
            name=name,
            pixels=pixels,
            width=width,
            height=height,
            limit=limit // 10**6,
        )
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            "{name} has {width} × {height} pixels; at least {min_side} × {min_side} are needed.",
            name=name,
            width=width,
            height=height,
            min_side=MIN_SIDE,
        )


def in_one_scan(data: bytes) -> bool:
    """Whether a JPEG has all its components in one pass, so that its decoder need not keep the whole picture.

    True of what cameras write; not of progressive files, however few their bytes are.
    """
    place, components = 2, 0
    while place + 10 < len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in (0xC0, 0xC1):
            components = data[place + 9]
        if marker == 0xDA:
            return components == data[place + 4]
        place += 2 + length
    return False


def reduce(image: Image.Image) -> None:
    """Have a large JPEG decoded smaller: the first of 2, 4 and 8 times that :data:`MAX_PIXELS` allows."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        times = next(times for times in (2, 4, 8) if width * height <= MAX_PIXELS * times**2)
        image.draft(None, (width // times, height // times))


def upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF orientation says; a broken EXIF block says nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except DECODING_ERRORS:
        return image


def flatten(image: Image.Image, ground: str | None = None, white: float = 0) -> Image.Image:
    """Any mode as ``L`` (grey) or ``RGB``.

    What is transparent becomes ``ground``, ``white`` or ``black``; if nothing is said, black under light ink and else
    white, so that ink never vanishes. Grey of 16 or 32 bits and of floats is brought to 8 bits, in which ``white``, or
    else :func:`white_level`, is 255.
    """
    if is_deep(image):
        return eight_bits(image, white or white_level(image))
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        if ground is None:
            ground = "black" if (brightness_of_ink(image) or 0) > LIGHT else "white"
        image = Image.alpha_composite(Image.new("RGBA", image.size, ground), image.convert("RGBA"))
    return image.convert(mode)


def brightness_of_ink(image: Image.Image) -> float | None:
    """Mean brightness (0–255) of what lies on a transparent ground, or None where there is nothing or no such ground.

    A picture that is transparent in less than a quarter, at its rounded corners say, has its own ground.
    """
    if is_deep(image) or not image.has_transparency_data:
        return None
    with_alpha = image.convert("RGBA")
    alpha = np.asarray(with_alpha.getchannel("A"), np.float32)
    if alpha.max() == 0 or alpha.mean() > 0.75 * 255:
        return None
    return float(np.average(np.asarray(with_alpha.convert("RGB").convert("L"), np.float32), weights=alpha))


def is_deep(image: Image.Image) -> bool:
    """Whether a grey picture has more than 8 bits."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def white_level(image: Image.Image) -> float:
    """Which value is white in a grey picture of 16 or 32 bits or of floats: the first that no pixel exceeds.

    That is the largest value of 8, 10, 12, 14 or 16 bits, or 1 for floats: scanners and cameras store 12 bits in 16.
    0 where a value is negative or exceeds them all, and for other pictures. Raises :class:`ImageError` for values that
    are no numbers.
    """
    if not is_deep(image):
        return 0
    values = np.asarray(image, np.float32)
    if not np.isfinite(values).all():
        raise ImageError("The picture holds values that are infinite or not a number.")
    low, high = float(values.min()), float(values.max())
    levels = (1.0, *WHITES) if image.mode == "F" else WHITES
    return next((white for white in levels if low >= 0 and high <= white), 0)


def eight_bits(image: Image.Image, white: float) -> Image.Image:
    """A deep grey picture as ``L``, black at 0 and white at ``white``, or at its extremes where that is 0."""
    values = np.asarray(image, np.float32)
    if not white:
        values = values - values.min()
        white = max(float(values.max()), 1e-30)
    return Image.fromarray(np.rint(values * (255 / white)).clip(0, 255).astype(np.uint8))
