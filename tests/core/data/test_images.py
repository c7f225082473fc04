"""Opening users' pictures."""

import struct
import tracemalloc
import warnings
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.data import images
from core.data.images import ImageError, open_picture

GREY = np.arange(0, 240, 2, dtype=np.uint8).reshape(10, 12)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be ``width`` × ``height``."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def assert_one_sentence(message: str) -> None:
    assert message.startswith(("The ", "There ", "drawing.png "))
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message


@pytest.mark.parametrize(
    ("mode", "kind", "expected"),
    [
        ("1", "PNG", "L"),
        ("L", "PNG", "L"),
        ("L", "JPEG", "L"),
        ("LA", "PNG", "L"),
        ("P", "GIF", "RGB"),
        ("P", "PNG", "RGB"),
        ("RGB", "PNG", "RGB"),
        ("RGB", "WEBP", "RGB"),
        ("RGB", "BMP", "RGB"),
        ("RGBA", "PNG", "RGB"),
        ("CMYK", "JPEG", "RGB"),
        ("CMYK", "TIFF", "RGB"),
        ("I;16", "PNG", "L"),
        ("I", "TIFF", "L"),
        ("F", "TIFF", "L"),
    ],
)
def test_every_mode_becomes_grey_or_colour_with_the_same_content(mode, kind, expected):
    base = Image.fromarray(GREY)
    image = Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else base.convert(mode)
    opened = open_picture(encoded(image, kind))
    assert opened.mode == expected
    assert opened.size == (12, 10)
    truth = np.where(GREY > 127, 255, 0) if mode == "1" else GREY.astype(int)
    if mode != "1":
        assert np.abs(np.asarray(opened.convert("L")).astype(int) - truth).mean() < 4
    else:
        assert set(np.unique(opened)) == {0, 255}


def test_cmyk_colours_are_converted():
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    np.testing.assert_array_equal(np.asarray(open_picture(encoded(cyan, "TIFF")))[0, 0], [0, 255, 255])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 257, 32896, 65535], np.uint16), [0, 1, 128, 255]),
        (np.array([0, 100, 200, 255], np.int32), [0, 100, 200, 255]),
        (np.array([0, 257, 25700, 65535], np.int32), [0, 1, 100, 255]),
        (np.array([-1000, 0, 0, 1000], np.int32), [0, 128, 128, 255]),
        (np.array([0, 0.2, 0.6, 1], np.float32), [0, 51, 153, 255]),
        (np.array([0, 10, 20, 200], np.float32), [0, 10, 20, 200]),
        (np.array([7, 7, 7, 1e6], np.float32), [0, 0, 0, 255]),
    ],
)
def test_deep_grey_values_are_scaled_to_8_bits(values, expected):
    file = encoded(Image.fromarray(np.tile(values, (4, 1))), "TIFF")
    np.testing.assert_array_equal(np.asarray(open_picture(file))[0], expected)


def test_values_that_are_no_numbers_are_refused():
    values = np.zeros((5, 5), np.float32)
    values[2, 2] = np.nan
    with pytest.raises(ImageError, match="not a number"):
        open_picture(encoded(Image.fromarray(values), "TIFF"))


def test_what_is_transparent_turns_white():
    colour = Image.new("RGBA", (8, 8), (200, 0, 100, 0))
    colour.putpixel((0, 0), (200, 0, 100, 255))
    colour.putpixel((1, 0), (0, 0, 0, 51))
    opened = np.asarray(open_picture(encoded(colour)))
    np.testing.assert_array_equal(opened[0, :3], [[200, 0, 100], [204, 204, 204], [255, 255, 255]])

    grey = np.asarray(open_picture(encoded(Image.new("LA", (8, 8), (90, 0)))))
    assert grey.shape == (8, 8)
    assert (grey == 255).all()

    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.putpixel((0, 0), 0)
    opened = np.asarray(open_picture(encoded(palette, transparency=1)))
    np.testing.assert_array_equal(opened[0, :2], [[10, 20, 30], [255, 255, 255]])

    keyed = Image.new("RGB", (8, 8), (1, 2, 3))
    assert (np.asarray(open_picture(encoded(keyed, transparency=(1, 2, 3)))) == 255).all()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_gives_its_first_frame(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    file = encoded(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(np.asarray(open_picture(file))[4, 4], [255, 0, 0])


@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, GREY),
        (2, GREY[:, ::-1]),
        (3, GREY[::-1, ::-1]),
        (4, GREY[::-1]),
        (5, GREY.T),
        (6, GREY.T[:, ::-1]),
        (7, GREY.T[::-1, ::-1]),
        (8, GREY.T[::-1]),
    ],
)
def test_a_picture_is_turned_as_its_exif_says(orientation, turned):
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_picture(encoded(Image.fromarray(GREY), exif=exif))
    np.testing.assert_array_equal(np.asarray(opened), turned)


WHOLE_PNG = encoded(Image.fromarray(GREY))
NOISY_PNG = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)))
WHOLE_JPEG = encoded(Image.fromarray(np.tile(GREY, (5, 5))), "JPEG")
BAD = {
    "empty": (b"", "is empty"),
    "text": (b"I am no picture, though my name says so.\n" * 20, "not a picture"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
    "cut png": (NOISY_PNG[: len(NOISY_PNG) // 2], "damaged or cut short"),
    "very short png": (WHOLE_PNG[:40], "or is damaged"),
    "cut jpeg": (WHOLE_JPEG[: len(WHOLE_JPEG) // 2], "damaged or cut short"),
    "wrong checksum": (WHOLE_PNG[:30] + b"?" + WHOLE_PNG[31:], "or is damaged"),
    "one pixel": (encoded(Image.new("L", (1, 1))), "1 × 1 pixels"),
    "a hair": (encoded(Image.new("L", (500, 3))), "500 × 3 pixels"),
    "100 megapixels": (png_header(10_000, 10_000), "100 megapixels"),
    "two gigapixels": (png_header(50_000, 40_000), "megapixels"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_ends_in_one_sentence(name, tmp_path):
    data, complaint = BAD[name]
    path = tmp_path / "drawing.png"
    path.write_bytes(data)
    for source in (data, path, str(path)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ImageError, match=complaint) as caught:
                open_picture(source)
        assert_one_sentence(str(caught.value))
    assert "drawing.png" in str(caught.value)


def test_huge_pictures_are_refused_before_anything_is_decoded():
    tracemalloc.start()
    try:
        with pytest.raises(ImageError, match="100 megapixels"):
            open_picture(png_header(10_000, 10_000))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_long_missing_or_a_folder_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ImageError, match=r"^There is no file [^/]+\.$"):
        open_picture(tmp_path / "nothing.png")
    with pytest.raises(ImageError, match="cannot be read"):
        open_picture(tmp_path)
    monkeypatch.setattr(images, "MAX_BYTES", len(WHOLE_PNG) - 1)
    (tmp_path / "long.png").write_bytes(WHOLE_PNG)
    with pytest.raises(ImageError, match=r"long\.png is larger than"):
        open_picture(tmp_path / "long.png")


def test_no_flipped_byte_escapes_as_another_error():
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (9, 11, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [encoded(image, kind, exif=exif) for kind in ("PNG", "JPEG", "WEBP", "TIFF", "AVIF")]
    files += [encoded(image, kind) for kind in ("GIF", "BMP", "PPM")]
    opened = refused = 0
    for trial in range(400):
        data = bytearray(files[trial % len(files)])
        for place in rng.integers(0, min(len(data), 200), 3):
            data[place] = rng.integers(256)
        try:
            open_picture(bytes(data))
            opened += 1
        except ImageError:
            refused += 1
    assert opened > 20
    assert refused > 20


def photo(width: int = 320, height: int = 240, **options: object) -> bytes:
    """A JPEG, dark at its left third."""
    image = Image.new("L", (width, height), 230)
    image.paste(20, (0, 0, width // 3, height))
    return encoded(image.convert("RGB"), "JPEG", **options)


@pytest.mark.parametrize(("limit", "times"), [(320 * 240, 1), (320 * 240 // 4, 2), (9000, 4), (2000, 8)])
def test_a_large_jpeg_is_decoded_reduced_and_upright(limit, times, monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", limit)
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = open_picture(photo(exif=exif))
    assert opened.size == (240 // times, 320 // times)
    values = np.asarray(opened.convert("L"), int)
    assert values[: 320 // times // 4].max() < 60
    assert values[320 // times // 2 :].min() > 190


def test_only_what_can_be_decoded_reduced_may_be_so_large(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 30_000)
    for bad in (photo(progressive=True), encoded(Image.new("L", (320, 240)))):
        with pytest.raises(ImageError, match=r"0 megapixels \(320 × 240\); the limit is 0"):
            open_picture(bad)
    monkeypatch.setattr(images, "MAX_REDUCED", 70_000)
    with pytest.raises(ImageError, match="megapixels"):
        open_picture(photo())


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"\0\0\0\x18ftypheic" + bytes(64), "is a HEIC picture.*: save it as JPEG or PNG"),
        (b"\0\0\0\x18ftypmp42" + bytes(64), "is a film.*: save one frame of it"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" * 9, "is a PDF document.*screenshot"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing.*: save it as PNG"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_a_way_out(data, advice):
    with pytest.raises(ImageError, match=advice) as caught:
        open_picture(data, "drawing.png")
    assert_one_sentence(str(caught.value))


def test_light_ink_on_a_transparent_ground_gets_a_dark_one():
    for mode, colours in (("RGBA", [(255, 255, 255), (250, 230, 40)]), ("LA", [(255,)])):
        for colour in colours:
            image = Image.new(mode, (20, 20), (*colour, 0))
            image.paste((*colour, 255), (5, 5, 12, 12))
            values = np.asarray(open_picture(encoded(image)).convert("L"))
            assert values[8, 8] > 200
            assert values[0, 0] == 0
    rounded = Image.new("RGBA", (40, 40), "white")
    rounded.putpixel((0, 0), (255, 255, 255, 0))
    assert (np.asarray(open_picture(encoded(rounded))) == 255).all()


@pytest.mark.parametrize(("white", "expected"), [(255, 255), (1023, 255), (4095, 255), (16383, 255), (65535, 255)])
def test_grey_of_any_number_of_bits_in_16_is_as_bright_as_it_was(white, expected):
    values = np.tile(np.array([0, white // 2, white], np.uint16), (4, 2))
    opened = np.asarray(open_picture(encoded(Image.fromarray(values))), int)
    np.testing.assert_allclose(opened[0, :3], [0, 127, expected], atol=1)
