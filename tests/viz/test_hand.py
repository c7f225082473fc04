"""What a hand did to a painting, as a text of the address."""

import numpy as np
import pytest

from core.errors import UserError
from viz.tabs.draw_pen import FIRST_HANDS, FIRST_TEXT
from viz.widgets.hand.hand import hands_of
from viz.widgets.picker.picker import bits_of


def test_the_usual_text_is_the_usual_hand() -> None:
    assert hands_of(FIRST_TEXT) == FIRST_HANDS and hands_of("") == ({}, {})


def test_painted_and_erased_pixels_of_one_stroke_become_one_change() -> None:
    ink = np.zeros((2, 28, 28), np.uint8)
    ink[0, 3, 4:9], ink[1, 5, 6] = 255, 255
    moves, inks = hands_of(f"12p{bits_of(ink[0])}*12e{bits_of(ink[1])}*3m-2.5,30,8.25")
    assert moves == {2: (-2.5, 30.0, 8.25)} and list(inks) == [11] and inks[11].dtype == np.int8
    assert inks[11][3, 4:9].tolist() == [1] * 5 and inks[11][5, 6] == -1 and np.abs(inks[11]).sum() == 6


@pytest.mark.parametrize("text", ["2m1,1", "x", "2p" + "A" * 130, "2m1.1.1,1,1", "*", 7, ["2m1,1,1"]])
def test_a_text_that_says_nothing_is_a_mistake_in_words(text: object) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        hands_of(text)
