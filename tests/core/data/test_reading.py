"""Reading a digit off what people upload: one drawing in many guises, and what is no digit."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from core.data.figures import SEVERAL, UNCLEAR, otsu
from core.data.images import ImageError, open_picture
from core.data.reading import read_digit
from core.data.strokes import digits

RNG = np.random.default_rng(0)


def read(image: Image.Image, size: int = 28) -> np.ndarray:
    return read_digit(image, size).pixels


def drawing(ink: int = 0, paper: int = 255, width: int = 24) -> Image.Image:
    """A seven of 200 × 300 pixels, off the middle of 500 × 400."""
    image = Image.new("L", (500, 400), paper)
    ImageDraw.Draw(image).line([(40, 50), (240, 50), (120, 350)], ink, width, joint="curve")
    return image


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of the ink, the best of all shifts by up to a pixel, which rounding may cause."""
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    moved = [np.roll(a > 0, shift, (0, 1)) for shift in shifts]
    return max(float((m & (b > 0)).sum() / (m | (b > 0)).sum()) for m in moved)


def extent(digit: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(digit)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def test_a_digit_has_two_values_a_box_of_20_pixels_and_its_mass_in_the_middle():
    digit = read(drawing())
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert set(np.unique(digit)) == {0, 255}
    assert 19 <= max(extent(digit)) <= 20
    for places in np.nonzero(digit):
        assert abs(places.mean() - 14) < 0.8
    assert 38 <= max(extent(read(drawing(), 56))) <= 40


def test_dark_on_light_and_light_on_dark_give_the_same_digit():
    digit = read(drawing())
    np.testing.assert_array_equal(read(drawing(255, 0)), digit)
    np.testing.assert_array_equal(read(drawing(90, 160)), digit)
    np.testing.assert_array_equal(read(drawing().convert("RGB")), digit)


def test_light_that_falls_from_one_side_does_no_harm():
    y, x = np.mgrid[0:400, 0:500]
    paper = 220 - 100 * x / 500 - 40 * y / 400
    noise = np.random.default_rng(0).normal(0, 5, paper.shape)
    photo = np.where(np.asarray(drawing()) < 128, 30, paper) + noise
    shaded = read(Image.fromarray(photo.clip(0, 255).astype(np.uint8)))
    assert overlap(shaded, read(drawing())) > 0.85


def test_ink_may_touch_the_border():
    digit = read(drawing().crop((40, 42, 250, 352)))
    assert overlap(digit, read(drawing())) > 0.85


@pytest.mark.parametrize("width", [1, 2, 5])
def test_the_strokes_of_a_fine_pen_are_thickened(width):
    digit = read(drawing(width=width)) > 0
    area, outline = digit.sum(), sum(np.count_nonzero(np.diff(digit, axis=axis)) for axis in (0, 1))
    assert 1.3 < 2 * area / (np.pi / 4 * outline) < 2.6
    inked = np.flatnonzero(digit.any(axis=1))
    assert len(inked) == np.ptp(inked) + 1


def test_a_picture_that_is_a_digit_already_stays_what_it_is():
    written, _ = digits(12, seed=0)
    made = [read(Image.fromarray(picture)) for picture in written]
    assert np.median([overlap(a, np.where(b > 127, b, 0)) for a, b in zip(made, written, strict=True)]) > 0.7
    again = [overlap(read(Image.fromarray(digit)), digit) for digit in made]
    assert min(again) > 0.75
    assert np.median(again) == 1


@pytest.mark.parametrize("paper", [0, 128, 255])
def test_a_blank_picture_is_refused_noise_and_shade_included(paper):
    noise = np.random.default_rng(0).integers(-9, 10, (100, 120)) + np.linspace(-30, 30, 120)
    for values in (np.full((100, 120), paper), paper + noise):
        with pytest.raises(ImageError, match="blank") as caught:
            read(Image.fromarray(values.clip(0, 255).astype(np.uint8)))
    assert str(caught.value).endswith("paper.")


def test_otsus_threshold_separates_best_of_all_thresholds():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(60, 15, 300), rng.normal(180, 20, 100)]).clip(0, 255).astype(np.uint8)
    within = []
    for t in range(256):
        parts = [part for part in (values[values <= t], values[values > t]) if len(part)]
        within.append(sum(len(part) * part.var() for part in parts))
    assert within[otsu(values)] == pytest.approx(min(within))


def ink() -> Image.Image:
    """A five, white on black, 280 × 280."""
    image, unit = Image.new("L", (560, 560)), 20
    pen = ImageDraw.Draw(image)
    pen.line([(19 * unit, 5 * unit), (10 * unit, 5 * unit), (9.5 * unit, 13 * unit)], 255, 44, "curve")
    pen.arc([8 * unit, 11.5 * unit, 19 * unit, 22.5 * unit], 230, 150, 255, 44)
    return image.resize((280, 280), Image.Resampling.LANCZOS)


def paper() -> Image.Image:
    return ImageOps.invert(ink())


@cache
def plainly() -> np.ndarray:
    """What is read off the paper alone."""
    return read(paper())


def on(size: tuple[int, int], ground: int, place: tuple[int, int]) -> Image.Image:
    """The paper lying somewhere on a ground."""
    image = Image.new("L", size, ground)
    image.paste(paper(), place)
    return image


def under(image: Image.Image, shape: str, *places: tuple[float, ...], **how: object) -> Image.Image:
    """An image with shapes drawn under its ink."""
    lines = Image.new("L", image.size, 255)
    for place in places:
        getattr(ImageDraw.Draw(lines), shape)(place, **how)
    return ImageChops.darker(lines, image)


def ruled(value: int, thick: int = 2) -> Image.Image:
    """Lines drawn over everything, the ink too."""
    image = paper()
    for y in range(20, 280, 28):
        ImageDraw.Draw(image).line([(0, y), (280, y)], value, thick)
    return image


def nothing(colour: tuple[int, int, int]) -> Image.Image:
    """Ink on a transparent ground, through a file."""
    image = Image.new("RGBA", (280, 280), (*colour, 0))
    image.putalpha(ink())
    file = io.BytesIO()
    image.save(file, "PNG")
    return open_picture(file.getvalue())


def deep(times: int) -> Image.Image:
    file = io.BytesIO()
    Image.fromarray(np.asarray(ink()).astype(np.uint16) * times).save(file, "PNG")
    return open_picture(file.getvalue())


def lit(light: np.ndarray, grain: float = 0) -> Image.Image:
    values = np.asarray(paper(), float) / 255 * light + RNG.normal(0, 1, (280, 280)) * grain
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def coloured(ground: tuple[int, int, int], colour: tuple[int, int, int]) -> Image.Image:
    return Image.composite(Image.new("RGB", (280, 280), colour), Image.new("RGB", (280, 280), ground), ink())


def squared() -> Image.Image:
    across = under(paper(), "line", *((0, y, 280, y) for y in range(6, 280, 14)), fill=170)
    return under(across, "line", *((x, 0, x, 280) for x in range(9, 280, 14)), fill=170)


def a_photo() -> Image.Image:
    """A sheet, slightly turned, on a striped table, light from one side, unsharp and noisy."""
    table = 90 + 25 * np.sin(np.arange(800) / 12)[None, :] + RNG.normal(0, 6, (1000, 800))
    image = Image.fromarray(table.clip(0, 255).astype(np.uint8))
    sheet = Image.new("L", (560, 700), 240)
    sheet.paste(ImageChops.darker(paper(), Image.new("L", (280, 280), 240)), (140, 200))
    turned = (sheet.rotate(-2, expand=True, resample=Image.Resampling.BICUBIC),)
    image.paste(turned[0], (110, 130), Image.new("L", sheet.size, 255).rotate(-2, expand=True))
    light = (0.65 + 0.35 * np.linspace(0, 1, 800))[None, :]
    values = np.asarray(image, float) * light + RNG.normal(0, 4, (1000, 800))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.5))


Y, X = np.mgrid[0:1:280j, 0:1:280j]
LIGHT_INK, DARK_INK = "light ink on a dark ground", "dark ink on light paper"
LINES, CUT = "straight lines were left out", "the surroundings were cut off"
GUISES = {
    "inverse": (lambda: ink(), LIGHT_INK),
    "white ink on nothing": (lambda: nothing((255, 255, 255)), LIGHT_INK),
    "yellow ink on nothing": (lambda: nothing((250, 230, 40)), LIGHT_INK),
    "red ink on nothing": (lambda: nothing((220, 20, 20)), DARK_INK),
    "black ink on nothing": (lambda: nothing((0, 0, 0)), DARK_INK),
    "a frame of one pixel": (lambda: ImageOps.expand(paper(), 1, 0), DARK_INK),
    "a thick frame": (lambda: ImageOps.expand(paper(), 9, 0), "cut off"),
    "a drawn box": (lambda: under(paper(), "rectangle", (12, 12, 268, 268), outline=0, width=3), DARK_INK),
    "a circle around it": (
        lambda: under(on((420, 420), 255, (70, 70)), "ellipse", (40, 40, 380, 380), outline=0, width=6),
        "frame",
    ),
    "a shadow at two edges": (lambda: under(paper(), "rectangle", (0, 0, 9, 280), (0, 270, 280, 280), fill=20), ""),
    "paper on a dark desk": (lambda: on((420, 420), 60, (70, 70)), CUT),
    "paper on a grey desk": (lambda: on((420, 420), 150, (70, 70)), DARK_INK),
    "a dark sheet on a light desk": (lambda: ImageOps.invert(on((420, 420), 60, (70, 70))), CUT),
    "a corner of the desk": (lambda: on((300, 360), 70, (0, 0)), DARK_INK),
    "a photograph of a sheet on a table": (a_photo, CUT),
    "lines over the ink": (lambda: ruled(150), LINES),
    "dark lines over the ink": (lambda: ruled(60), LINES),
    "pale lines": (lambda: ruled(215), DARK_INK),
    "squared paper": (squared, LINES),
    "tilted lines": (
        lambda: under(
            on((480, 480), 255, (100, 100)), "line", *((0, y, 480, y + 14) for y in range(9, 460, 40)), fill=150
        ),
        LINES,
    ),
    "light from one side": (lambda: lit(60 + 180 * X), DARK_INK),
    "dark corners": (lambda: lit(240 - 200 * ((X - 0.5) ** 2 + (Y - 0.5) ** 2)), DARK_INK),
    "a hard shadow": (lambda: lit(np.where(X + 0.3 * Y > 0.8, 140.0, 230.0)), DARK_INK),
    "grain": (lambda: lit(np.full((280, 280), 200.0), 14), DARK_INK),
    "low contrast": (lambda: lit(np.full((280, 280), 20.0)), DARK_INK),
    "yellow paper": (lambda: coloured((250, 230, 90), (20, 20, 60)), DARK_INK),
    "yellow ink on white": (lambda: coloured((255, 255, 255), (255, 240, 60)), DARK_INK),
    "ink as bright as its paper": (lambda: coloured((60, 160, 60), (220, 71, 40)), ""),
    "12 bits in 16": (lambda: deep(16), LIGHT_INK),
    "16 bits": (lambda: deep(257), LIGHT_INK),
    "small in the corner": (lambda: on((1400, 1400), 255, (1100, 30)), DARK_INK),
    "28 pixels": (lambda: paper().resize((28, 28), Image.Resampling.BOX), DARK_INK),
    "cut close": (lambda: paper().crop(ink().getbbox()), DARK_INK),
    "one bit": (lambda: paper().convert("1", dither=Image.Dither.NONE), DARK_INK),
    "cmyk": (lambda: paper().convert("RGB").convert("CMYK"), DARK_INK),
}


@pytest.mark.parametrize("name", GUISES)
def test_one_digit_in_any_guise_is_read_as_the_same_and_the_page_says_how(name):
    make, said = GUISES[name]
    reading = read_digit(make())
    plain = plainly() > 0
    found = reading.pixels > 0
    assert (found & plain).sum() / (found | plain).sum() >= 0.85
    assert reading.sentence.startswith("Read as ")
    assert reading.sentence.endswith(".")
    assert said in reading.sentence


def side_by_side(count: int, down: bool = False) -> Image.Image:
    image = Image.new("L", (280, 250 * count) if down else (180 * count, 280), 255)
    for i in range(count):
        image.paste(paper().crop((50, 20, 230, 260)), (30, 250 * i) if down else (180 * i, 20))
    return image


NO_DIGIT = {
    "noise": (lambda: Image.fromarray(RNG.integers(0, 256, (200, 200), np.uint8)), ""),
    "coloured noise": (lambda: Image.fromarray(RNG.integers(0, 256, (200, 200, 3), np.uint8)), ""),
    "noise of 28 pixels": (lambda: Image.fromarray(RNG.integers(0, 2, (28, 28), np.uint8) * np.uint8(255)), ""),
    "a smooth gradient": (lambda: Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (200, 1))), "blank"),
    "one colour": (lambda: Image.new("RGB", (50, 90), (250, 20, 20)), "blank"),
    "nothing at all": (lambda: open_picture(encoded_png(Image.new("RGBA", (30, 30), (9, 9, 9, 0)))), "blank"),
    "two digits": (lambda: side_by_side(2), SEVERAL),
    "four digits": (lambda: side_by_side(4), SEVERAL),
    "one above the other": (lambda: side_by_side(2, down=True), SEVERAL),
    "a chequered board": (lambda: Image.fromarray(np.uint8(np.indices((200, 200)).sum(0) // 20 % 2 * 255)), ""),
    "a photograph of something else": (lambda: clouds(), ""),
    "ink on a camouflage": (lambda: ImageChops.darker(mottled(), paper().point(lambda v: max(v, 60))), ""),
    "a black disc": (lambda: under(Image.new("L", (200, 200), 255), "ellipse", (40, 40, 160, 160), fill=0), UNCLEAR),
}


def clouds() -> Image.Image:
    """Soft patches of every brightness, large and small."""
    rng = np.random.default_rng(5)
    layers = [Image.fromarray(rng.integers(0, 256, (n, n), np.uint8)).resize((256, 256), 3) for n in (4, 8, 16, 32)]
    return Image.fromarray(np.mean([np.asarray(layer, float) for layer in layers], axis=0).astype(np.uint8))


def mottled() -> Image.Image:
    """Patches of light and middle grey."""
    patches = np.random.default_rng(2).integers(70, 256, (7, 7)).astype(np.uint8)
    return Image.fromarray(patches).resize((280, 280), Image.Resampling.BICUBIC)


def encoded_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("name", NO_DIGIT)
def test_what_is_no_single_digit_is_refused_in_a_sentence(name):
    make, complaint = NO_DIGIT[name]
    with pytest.raises(ImageError) as caught:
        read_digit(make())
    assert complaint in str(caught.value)
    assert str(caught.value).endswith(".")
    assert ". " not in str(caught.value)


@pytest.mark.parametrize(
    "shape", ["bar", "fat bar", "bold ring", "bold round box", "thin ring with a dot", "two strokes"]
)
def test_simple_figures_are_not_taken_for_frames_sheets_or_several(shape):
    image = Image.new("L", (300, 300), 255)
    pen = ImageDraw.Draw(image)
    if "bar" in shape:
        pen.rectangle((115, 40, 185, 260) if "fat" in shape else (140, 40, 160, 260), fill=0)
    elif "box" in shape:
        pen.rounded_rectangle((80, 40, 220, 260), 30, outline=0, width=45)
    elif "ring" in shape:
        pen.ellipse((70, 40, 230, 260), outline=0, width=45 if "bold" in shape else 15)
        if "dot" in shape:
            pen.ellipse((143, 143, 157, 157), fill=0)
    else:
        pen.line([(90, 50), (220, 60)], 0, 14)
        pen.line([(200, 90), (150, 250)], 0, 14)
    sentence = read_digit(image).sentence
    assert sentence.startswith("Read as dark ink on light paper")
    assert "cut off" not in sentence
    assert "lines" not in sentence


def test_thin_strokes_get_the_usual_width_and_the_page_says_so():
    reading = read_digit(drawing(width=3))
    assert "thin strokes were made thicker" in reading.sentence
    assert "thicker" not in read_digit(drawing(width=30)).sentence


def test_a_digit_that_was_read_stays_as_it_is():
    found = read(drawing())
    again = read_digit(Image.fromarray(found))
    np.testing.assert_array_equal(again.pixels, found)
    assert "already" in again.sentence


@pytest.mark.parametrize("size", [(3000, 1), (1200, 20), (1, 3000)])
def test_a_strip_of_a_page_ends_in_a_digit_or_a_sentence(size):
    rng = np.random.default_rng(3)
    strip = np.full((size[1], size[0]), 250, np.uint8)
    strip[rng.random(strip.shape) > 0.9] = 20
    with pytest.raises(ImageError, match=r"\.$"):
        read_digit(Image.fromarray(strip))
