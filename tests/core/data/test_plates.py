import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageFont

from core.data import plate_fonts, plates
from core.data.plate_design import CONTRAST, COUNTS, Plate, apart, brightness
from core.data.plate_fonts import HEIGHT, faces
from core.data.plates import CHUNK, Stream, draw, lay

WHOLE = Stream(7, 1_000, packages=False)
SINGLE = Stream(7, 1_000, side=32, whole=False, packages=False)
BOTH = pytest.mark.parametrize("stream", [WHOLE, SINGLE], ids=["whole", "single"])


def straight(plate: Plate) -> Plate:
    """The same plate seen from the front, its digits apart from each other."""
    apart_by = np.stack([np.full(len(plate.digits), 0.15), np.zeros(len(plate.digits))])
    return replace(plate, gaps=apart_by, turn=0.0, slant=0.0, depth=(0.0, 0.0), middle=(0.0, 0.0))


def runs(ink: np.ndarray) -> list[slice]:
    """Where ink (n,) is true without a gap."""
    edges = np.flatnonzero(np.diff(np.r_[False, ink, False].astype(int)))
    return [slice(start, end) for start, end in edges.reshape(-1, 2)]


@BOTH
def test_a_picture_is_a_function_of_seed_and_index_alone(stream: Stream) -> None:
    chosen = np.arange(CHUNK + 5)
    together = stream[chosen]
    assert together.shape == (CHUNK + 5, *stream.shape[1:]) and together.dtype == np.uint8
    np.testing.assert_array_equal(stream[chosen[::-1]], together[::-1])
    np.testing.assert_array_equal(stream[chosen[3:4]], together[3:4])
    np.testing.assert_array_equal(replace(stream, count=10**9)[chosen[:2]], together[:2])
    assert len({picture.tobytes() for picture in [*together, *replace(stream, seed=8)[chosen]]}) == 2 * len(chosen)


def test_no_pictures_are_an_empty_array() -> None:
    assert SINGLE[np.arange(0)].shape == (0, 3, 32, 32)


def test_other_processes_draw_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = np.arange(CHUNK + 2)
    alone = SINGLE[chosen]
    monkeypatch.setenv("EASEL_WORKERS", "2")
    try:
        np.testing.assert_array_equal(SINGLE[chosen], alone)
    finally:
        plates.company(2).shutdown()
        plates.company.cache_clear()


def test_labels_are_the_numbers_that_are_written_there() -> None:
    chosen = np.arange(300)
    shown = WHOLE.plates(chosen)
    assert [int("".join(map(str, plate.digits))) for plate in shown] == WHOLE.labels[chosen].tolist()
    assert all(plate.digits[0] > 0 and plate.target is None for plate in shown)
    share = np.bincount([len(plate.digits) for plate in shown], minlength=5)[1:] / 300
    np.testing.assert_allclose(share, COUNTS, atol=0.09)


def test_labels_of_single_digits_are_the_ones_in_the_middle() -> None:
    chosen = np.arange(300)
    shown = SINGLE.plates(chosen)
    assert [plate.digits[plate.target] for plate in shown] == SINGLE.labels[chosen].tolist()
    assert set(SINGLE.labels[chosen].tolist()) == set(range(10))


def test_what_is_drawn_can_be_read_as_its_label() -> None:
    shown = [straight(plate) for plate in WHOLE.plates(np.arange(150)) if not plate.face.name.startswith("hand")]
    for plate, mask in zip(shown, lay(shown, 64).masks, strict=True):
        (rows,) = runs(mask.max(axis=1) > 60)
        read = []
        for columns in runs(mask.max(axis=0) > 60):
            ink = Image.fromarray(np.ascontiguousarray(mask[rows, columns])).resize((40, HEIGHT))
            patterns = [Image.fromarray(glyph).resize((40, HEIGHT)) for glyph in plate.face.large]
            far = [np.abs(np.asarray(ink, float) - np.asarray(pattern, float)).mean() for pattern in patterns]
            read.append(int(np.argmin(far)))
        assert tuple(read) == plate.digits


def test_the_digit_of_the_label_is_in_the_middle_and_neighbours_reach_the_border() -> None:
    shown = SINGLE.plates(np.arange(200))
    alone = [replace(plate, digits=(plate.digits[plate.target],), gaps=plate.gaps[:, :1], target=0) for plate in shown]
    for mask in lay(alone, 32).masks:
        ends = [np.flatnonzero(mask.max(axis=axis) > 60)[[0, -1]] for axis in (0, 1)]
        assert np.abs(np.mean(ends, axis=1) - 15.5).max() < 3.5
    masks = lay(shown, 32).masks
    cut = [mask[:, [0, -1]].max() > 0 for mask, plate in zip(masks, shown, strict=True) if len(plate.digits) == 4]
    assert np.mean(cut) > 0.8


def test_whole_numbers_are_whole() -> None:
    masks = lay(WHOLE.plates(np.arange(300)), 64).masks
    border = np.ones((64, 64), bool)
    border[3:-3, 3:-3] = False
    assert masks[:, border].max() == 0 and (masks.max(axis=(1, 2)) > 200).all()


@BOTH
def test_every_digit_stands_out_from_its_ground(stream: Stream) -> None:
    shown = stream.plates(np.arange(120))
    masks, pictures = lay(shown, stream.side).masks, draw(shown, stream.side)
    for mask, picture in zip(masks, pictures, strict=True):
        around = np.asarray(Image.fromarray(mask).filter(ImageFilter.MaxFilter(7)))
        near = np.asarray(Image.fromarray(mask).filter(ImageFilter.MaxFilter(3)))
        level = np.tensordot((0.3, 0.59, 0.11), picture, 1)
        assert abs(np.median(level[mask > 200]) - np.median(level[(around > 0) & (near == 0)])) > 12


def test_colours_too_near_are_moved_apart_and_no_further() -> None:
    for a, b in itertools.product([0, 40, 128, 200, 255], repeat=2):
        before = np.full(3, a, np.float32), np.full(3, b, np.float32)
        ink, ground = apart(*before)
        assert abs(brightness(ink) - brightness(ground)) == pytest.approx(max(CONTRAST, abs(a - b)), abs=0.1)
        assert all(0 <= colour.min() and colour.max() <= 255 for colour in (ink, ground))


def test_without_font_packages_there_are_pillows_font_and_hands_and_others_for_the_test() -> None:
    assert WHOLE.faces == ("Pillow's own", "hand 11", "hand 12", "hand 13")
    assert set(replace(WHOLE, held_out=True).faces) - set(WHOLE.faces) == {"hand 21"}
    for face in faces(packages=False):
        assert {glyph.shape[0] for glyph in face.large} == {HEIGHT}
        assert {glyph.shape[0] for glyph in face.small} == {HEIGHT // 2}
        assert all(glyph[:, 0].any() and glyph[:, -1].any() for glyph in face.large)


def test_every_font_package_is_among_the_requirements_for_training() -> None:
    lines = (Path(__file__).parents[3] / "requirements-train.txt").read_text(encoding="utf-8").splitlines()
    named = {line.partition("==")[0].replace("-", "_") for line in lines if not line.startswith("#")}
    assert {name for name in named if name.startswith("font_")} == {
        *plate_fonts.PACKAGES,
        *plate_fonts.HELD_OUT_PACKAGES,
    }
    assert not plate_fonts.PACKAGES.keys() & plate_fonts.HELD_OUT_PACKAGES.keys()


@pytest.mark.parametrize("held_out", [False, True])
def test_a_font_package_is_read_and_never_run(held_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "easel_fonts"
    (package / "files").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('run')")
    (package / "files" / "Some-Bold.ttf").write_bytes(ImageFont.load_default(20).font_bytes)
    monkeypatch.syspath_prepend(tmp_path)
    table = "HELD_OUT_PACKAGES" if held_out else "PACKAGES"
    monkeypatch.setattr(plate_fonts, table, {"easel_fonts": "Some-Bold Missing-Bold", "easel_none": "None-Bold"})
    found = faces.__wrapped__(held_out)
    assert found[0].name == "Some-Bold" and [face.name for face in found].count("Some-Bold") == 1
    own = faces(packages=False)[0]
    np.testing.assert_array_equal(found[0].large[4], own.large[4])
    assert ("Pillow's own" in [face.name for face in found]) is not held_out
