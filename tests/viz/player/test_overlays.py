"""What is drawn over pixels stands where the trace says, in the colours that have a meaning."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from viz.player import overlays

INF = np.inf


def mark(*numbers):
    return np.array(numbers, np.float32)


def blank(side=280):
    return np.full((side, side, 3), 200, np.uint8)


def where(picture, kind):
    """Rows and columns of the pixels in the colour of a kind."""
    return np.nonzero((picture == overlays.rgb(overlays.COLOURS[kind])).all(-1))


def test_the_colours_are_those_of_the_light_theme():
    source = Path(overlays.__file__).parents[1].joinpath("theme.py").read_text(encoding="utf-8")
    tables = {node.targets[0].id: node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)}
    light = ast.literal_eval(tables["LIGHT"])
    for room in ("read", "write", "vae", "pixel", "glimpse"):
        assert overlays.COLOURS[room] == light[room]
    assert light["stage"] == overlays.STAGE


def test_a_box_is_the_mark_at_scale():
    window = overlays.box(mark(10, 12, 6, 8, 1), 10, 280)
    assert (window.left, window.top, window.right, window.bottom) == (70, 80, 130, 160)


@pytest.mark.parametrize(("precision", "line"), [(0, 1), (1, 2), (2, 4), (100, 4), (2 / 3, 2)])
def test_a_precise_window_has_a_bold_line(precision, line):
    assert overlays.box(mark(10, 10, 4, 4, precision), 10, 280).line == line


def test_lines_are_thinner_on_small_pictures_but_never_thinner_than_a_pixel():
    widths = [overlays.box(mark(10, 10, 4, 4, 2), 1, side).line for side in (28, 100, 150, 200, 500)]
    assert widths == [2, 2, 3, 4, 4]
    assert overlays.box(mark(10, 10, 4, 4, 0), 1, 28).line == 1


def test_a_hard_border_stands_outside_its_pixel():
    picture = blank()
    overlays.draw_mark(picture, mark(5.5, 3.5, 1, 1, INF), "pixel", 10)
    rows, columns = where(picture, "pixel")
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (26, 43, 46, 63)
    assert not ((rows >= 30) & (rows < 40) & (columns >= 50) & (columns < 60)).any()


def test_no_mark_no_box():
    picture = blank()
    overlays.draw_mark(picture, mark(*[np.nan] * 5), "read", 10)
    assert (picture == 200).all()


def test_a_solid_outline_covers_exactly_its_four_bands():
    picture = blank(100)
    overlays.draw_box(picture, overlays.Box(20, 30, 60, 80, 4), (1, 2, 3))
    expected = np.zeros((100, 100), bool)
    expected[28:82, 18:62] = True
    expected[32:78, 22:58] = False
    np.testing.assert_array_equal((picture == (1, 2, 3)).all(-1), expected)


def test_what_lies_outside_the_picture_is_cut_off():
    small, large = blank(50), np.full((250, 250, 3), 200, np.uint8)
    for x, y in ((-10, 20), (40, 45), (0, 0)):
        overlays.draw_box(small, overlays.Box(x, y, x + 30, y + 25, 3), (1, 2, 3), (5, 2))
        overlays.draw_box(large, overlays.Box(x + 100, y + 100, x + 130, y + 125, 3), (1, 2, 3), (5, 2))
    np.testing.assert_array_equal(small, large[100:150, 100:150])


def test_a_window_far_larger_than_the_picture_leaves_it_alone():
    picture = blank(40)
    overlays.draw_mark(picture, mark(14, 14, 1e6, 1e6, 0.5), "read", 1)
    assert (picture == 200).all()


def test_a_dash_is_as_long_as_it_says():
    picture = blank(100)
    overlays.draw_box(picture, overlays.Box(10.5, 10.5, 90.5, 90.5, 1), (1, 2, 3), (7, 4))
    top = (picture[10, 10:91] == (1, 2, 3)).all(-1)
    np.testing.assert_array_equal(top[1:-1], [i % 11 < 7 for i in range(1, 80)])


def test_every_two_kinds_that_meet_differ_by_more_than_colour():
    assert overlays.DASHES["read"] != overlays.DASHES["write"]
    assert len(set(overlays.DASHES.values())) == len(overlays.DASHES) - 1  # a read and a pixel never meet


def test_a_dark_rim_sets_a_window_off_against_ink():
    picture = np.full((280, 280, 3), 255, np.uint8)
    overlays.draw_mark(picture, mark(14, 14, 10, 10, 2), "read", 10)
    row = picture[140, 80:100]
    stage, read = (list(overlays.rgb(colour)) for colour in (overlays.STAGE, overlays.COLOURS["read"]))
    assert row[6:14].tolist() == [[255] * 3, stage, read, read, read, read, stage, [255] * 3]


@pytest.mark.parametrize("room", ["read", "write", "vae", "pixel", "glimpse", "plain"])
def test_a_heat_map_climbs_from_the_stage_over_the_rooms_colour_to_nearly_white(room):
    table = overlays.ramp_table(room)
    assert tuple(table[0]) == overlays.rgb(overlays.STAGE)
    assert tuple(table[150]) == overlays.rgb(overlays.COLOURS[room])
    assert table[255].min() > 225
    luminance = table @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) >= 0).all()


def test_the_hatching_is_diagonal_and_has_two_colours():
    tile = overlays.hatching(24, 36, "pixel")
    ground, line = overlays.hatch_colours("pixel")
    lines = (tile == line).all(-1)
    assert ((tile == ground).all(-1) | lines).all()
    np.testing.assert_array_equal(lines[1:, :-1], lines[:-1, 1:])
    assert lines.mean() == pytest.approx(1 / overlays.HATCH_PERIOD)
