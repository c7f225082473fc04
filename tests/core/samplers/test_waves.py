"""Waves: the line is a causal order with taps at fixed distances, and a wave takes far fewer passes than rows do."""

from __future__ import annotations

import math

import pytest
import torch

from core.models.base import Complete, Generate
from core.samplers.brush import Brush
from core.samplers.waves import Line, Waves
from core.training.checkpoints import load_checkpoint
from tests.core import brushes, small

SHAPES = [(32, 32, 3), (28, 28, 3), (5, 6, 2), (4, 5, 1), (1, 7, 3), (6, 1, 1)]
shapes = pytest.mark.parametrize(("height", "width", "reach"), SHAPES)


def place(line: Line, row: int, column: int) -> int:
    """Where a pixel, or a column of padding beside the picture, lies."""
    return line.aside * column + line.up * row


@shapes
def test_no_two_pixels_share_a_place_and_the_view_finds_each(height: int, width: int, reach: int) -> None:
    line = Line(height, width, reach)
    places = [place(line, i, j) for i in range(height) for j in range(width)]
    assert sorted(set(places)) == sorted(places)
    assert min(places) == 0 and max(places) == line.length - 1
    numbers = torch.arange(line.length).view(-1, 1, 1)
    assert line.picture(numbers).flatten().tolist() == places


@shapes
def test_every_tap_of_a_kernel_lies_m_places_back_or_more(height: int, width: int, reach: int) -> None:
    line = Line(height, width, reach)
    above = [place(line, 1, 0) - place(line, 1 - i, j) for i in range(1, reach + 1) for j in range(-reach, reach + 1)]
    left = [place(line, 0, 0) - place(line, 0, -j) for j in range(1, reach + 1)]
    assert math.gcd(line.aside, line.up) == 1
    assert line.aside <= min(above + left) and max(above + left) <= line.behind


@shapes
def test_a_tap_beside_the_picture_never_meets_a_pixel(height: int, width: int, reach: int) -> None:
    line = Line(height, width, reach)
    pixels = {place(line, i, j) for i in range(height) for j in range(width)}
    for row in range(-reach, height):
        for aside in range(1, reach + 1):
            assert place(line, row, -aside) not in pixels
            assert place(line, row, width - 1 + aside) not in pixels


@pytest.mark.parametrize("columns", [1, 2, 3, 9])
@pytest.mark.parametrize("name", ["biased", "colour"])
def test_the_length_of_the_window_does_not_change_the_picture(name: str, columns: int) -> None:
    brush = brushes.brush(name)
    for case in ("five", "different holes", "a late hole"):
        canvas = brush.canvas(brushes.requests(name)[case], small.generator(3))
        waves = Waves(brush.model, columns)
        assert waves.window <= waves.line.up - waves.line.aside, "what the rows above bring must be finished"
        for _ in waves.passes(canvas):
            pass
        brushes.assert_same(canvas, brushes.naive(name, case), brush)


@pytest.mark.slow
def test_a_wave_needs_far_fewer_passes_than_rows_for_the_colours_of_the_shipped_network() -> None:
    brush = Brush(load_checkpoint("pixelcnn-svhn"))
    waves, rows = (len(brushes.run(brush, Generate(1), method)[1]) for method in ("waves", "rows"))
    assert 3 * waves < rows


def test_what_is_given_above_is_not_painted_again() -> None:
    brush, config = brushes.brush("biased"), brushes.LOUD["biased"].config
    known = torch.zeros(1, config.height, config.width, dtype=torch.bool)
    known[:, :4] = True
    _, few = brushes.run(brush, Complete(small.pictures(1, config, 5), known), "waves")
    _, all_passes = brushes.run(brush, Generate(1), "waves")
    assert len(few) < len(all_passes) / 2
