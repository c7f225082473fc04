"""The masks that the page draws are those of the convolutions."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import numpy as np
import pytest

from core.studies.pixel_lens import mask_taps
from viz.language import speaking
from viz.views import pixel_masks

SETTINGS = list(itertools.product(pixel_masks.KINDS, pixel_masks.CHANNELS, pixel_masks.SIZES))


@pytest.mark.parametrize(("kind", "channels", "size"), SETTINGS)
def test_the_taps_equal_those_of_the_convolutions(kind, channels, size):
    live = pixel_masks.taps(kind, channels, size)
    assert live.dtype == np.float32
    np.testing.assert_array_equal(live, mask_taps(kind, channels, size))


@pytest.mark.parametrize(("kind", "channels", "size"), SETTINGS)
def test_every_tap_is_drawn_at_its_place_live_or_dead(kind, channels, size):
    live = pixel_masks.taps(kind, channels, size)
    kernels = [
        group for group in ElementTree.fromstring(pixel_masks.drawing(live)).iter("g") if group.get("class") == "kernel"
    ]
    assert len(kernels) == channels**2
    for kernel, taps in zip(kernels, live.reshape(-1, size, size), strict=True):
        boxes = kernel.findall("rect")
        places = sorted(range(size**2), key=lambda i: (float(boxes[i].get("y")), float(boxes[i].get("x"))))
        assert [boxes[i].get("class") == "live" for i in places] == taps.ravel().astype(bool).tolist()
        own = kernel.find("circle")
        assert own.get("class") == ("own live" if taps[size // 2, size // 2] else "own dead")
        centre = boxes[places[size**2 // 2]]
        for axis, length in (("x", "width"), ("y", "height")):
            middle = float(centre.get(axis)) + float(centre.get(length)) / 2
            assert float(own.get(f"c{axis}")) == pytest.approx(middle, abs=0.1)


def test_the_drawing_is_described_for_those_who_do_not_see_it():
    label = ElementTree.fromstring(pixel_masks.drawing(pixel_masks.taps("B", 3, 3)))[0].get("aria-label")
    assert label == "3×3 kernels of 3×3 taps; 42 of 81 taps are live"


@pytest.mark.parametrize(
    ("kind", "channels", "words"),
    [
        ("A", 1, "drops the centre"),
        ("B", 1, "keeps the centre"),
        ("A", 3, "red hears nothing; green hears red; blue hears red and green; nothing hears itself."),
        ("B", 3, "red hears red; green hears red and green; blue hears red, green and blue; every channel hears"),
    ],
)
def test_the_sentence_says_what_the_centre_hears(kind, channels, words):
    said = pixel_masks.sentence(kind, pixel_masks.taps(kind, channels, 5))
    assert words in said and "keeps the 12 taps above and to the left" in said


def test_a_colour_that_hears_nothing_is_a_sentence_of_its_own_in_chinese():
    with speaking("zh"):
        said = pixel_masks.sentence("A", pixel_masks.taps("A", 3, 5))
    assert "红什么也看不见；绿看得见红；" in said
