"""The value of the aim widget: the picture's bytes, the windows as they were given, nothing that is not finite."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from viz.views.aim import aim
from viz.widgets.aim import aim as widget

PICTURE = np.array([[[0.0, 1.0, 0.5], [0.2, 0.0, 1.0]]], np.float32)


def test_the_picture_travels_as_bytes_row_by_row_and_windows_as_they_are() -> None:
    value = aim(PICTURE, "read", (1, 2, 3.25), ghosts=[(4, 5, 6)], smallest=1, largest=9, filters=2, nonce="a")
    assert base64.b64decode(value["data"]) == bytes([0, 255, 128, 51, 0, 255])
    assert (value["height"], value["width"], value["channels"]) == (2, 3, 1)
    assert value["box"] == [1, 2, 3.25] and value["ghosts"] == [[4, 5, 6]] and value["id"] == "a"


def test_colours_of_a_pixel_stand_side_by_side() -> None:
    picture = np.arange(12, dtype=np.float32).reshape(3, 2, 2) / 255
    value = aim(picture, "glimpse", None, smallest=1, largest=9)
    assert base64.b64decode(value["data"])[:6] == bytes([0, 4, 8, 1, 5, 9]) and value["box"] is None


def test_each_value_bears_an_id_of_its_own() -> None:
    assert (
        aim(PICTURE, "read", None, smallest=1, largest=9)["id"]
        != aim(PICTURE, "read", None, smallest=1, largest=9)["id"]
    )


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_window_or_picture_that_is_not_finite_never_reaches_the_page(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        aim(PICTURE, "read", (bad, 1, 1), smallest=1, largest=9)
    with pytest.raises(ValueError, match="finite"):
        aim(PICTURE, "read", None, ghosts=[(1, bad, 1)], smallest=1, largest=9)
    with pytest.raises(ValueError, match="finite"):
        aim(np.full_like(PICTURE, bad), "read", None, smallest=1, largest=9)


def test_names_are_as_many_as_ghosts() -> None:
    with pytest.raises(ValueError, match="1 other windows but 2 names"):
        aim(PICTURE, "read", None, ghosts=[(1, 1, 1)], names=["a", "b"], smallest=1, largest=9)


def test_the_widget_knows_its_rooms() -> None:
    with pytest.raises(ValueError, match="Unknown room"):
        widget.aim("x", "nowhere")
