"""The pixel editor's value: what Python sends comes back, and nothing else gets in."""

from __future__ import annotations

import base64
from typing import Any

import gradio as gr
import numpy as np
import pytest

from core.errors import UserError
from viz.widgets.editor.editor import MAX_SIDE, ROOMS, decode, editor, encode


def _value(**changes: Any) -> dict[str, Any]:
    return {**encode(np.zeros((2, 3), np.uint8)), **changes}


def _text(*data: int) -> str:
    return base64.b64encode(bytes(data)).decode("ascii")


@pytest.mark.parametrize("shape", [(1, 1), (28, 28), (5, 9), (MAX_SIDE, MAX_SIDE)])
def test_every_picture_and_cover_comes_back_exactly(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 2, shape).astype(np.uint8) * np.uint8(255)
    hidden = rng.integers(0, 2, shape).astype(np.bool_)
    got_pixels, got_hidden = decode(encode(pixels, hidden))
    assert got_pixels.dtype == np.uint8 and got_hidden.dtype == np.bool_
    np.testing.assert_array_equal(got_pixels, pixels)
    np.testing.assert_array_equal(got_hidden, hidden)


@pytest.mark.parametrize("shape", [(1, 1), (32, 32), (5, 9)])
def test_every_colour_picture_and_cover_comes_back_exactly(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (*shape, 3), np.uint8)
    hidden = rng.integers(0, 2, shape).astype(np.bool_)
    value = encode(pixels, hidden)
    assert (value["height"], value["width"], value["channels"]) == (*shape, 3)
    got_pixels, got_hidden = decode(value)
    np.testing.assert_array_equal(got_pixels, pixels)
    np.testing.assert_array_equal(got_hidden, hidden)


def test_red_green_and_blue_of_a_pixel_stand_side_by_side() -> None:
    pixels = np.array([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 255]]], np.uint8)
    value = encode(np.asfortranarray(pixels))
    assert base64.b64decode(value["pixels"]) == bytes([*range(1, 12), 255])
    assert base64.b64decode(value["hidden"]) == bytes(4)


def test_bytes_run_row_by_row_from_the_top_left() -> None:
    pixels = np.array([[255, 0, 0], [0, 255, 255]], np.uint8)
    value = encode(pixels.T.copy().T, pixels == 0)  # the memory order of the array must not matter
    assert (value["height"], value["width"], value["channels"]) == (2, 3, 1)
    assert base64.b64decode(value["pixels"]) == bytes([255, 0, 0, 0, 255, 255])
    assert base64.b64decode(value["hidden"]) == bytes([0, 1, 1, 1, 0, 0])


def test_without_a_cover_nothing_is_hidden() -> None:
    assert not decode(encode(np.full((4, 4), 255, np.uint8)))[1].any()


def test_equal_pictures_get_different_ids() -> None:
    pixels = np.zeros((4, 4), np.uint8)
    assert encode(pixels)["id"] != encode(pixels)["id"]


def test_decoded_arrays_may_be_written_to() -> None:
    pixels, hidden = decode(_value())
    pixels[0, 0], hidden[0, 0] = 255, True
    assert pixels.sum() == 255 and hidden.sum() == 1


def test_the_data_of_an_edit_event_is_decoded_as_well() -> None:
    event = gr.EventData(None, _value(pixels=_text(0, 0, 0, 0, 0, 255), done=True))
    assert decode(event)[0][1, 2] == 255


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "no picture"),
        ("", "no picture"),
        ([1, 2], "no picture"),
        ({}, "height"),
        (_value(height="2"), "height"),
        (_value(height=2.0), "height"),
        (_value(height=True), "height"),
        (_value(height=0), "height"),
        (_value(width=-3), "width"),
        (_value(width=MAX_SIDE + 1), "width"),
        (_value(channels=None), "one channel or three"),
        (_value(channels=2), "one channel or three"),
        (_value(channels=4), "one channel or three"),
        (_value(channels=True), "one channel or three"),
        (_value(channels=3.0), "one channel or three"),
        (_value(channels="3"), "one channel or three"),
        (_value(channels=3), "pixels must hold 2×3×3 bytes"),
        ({**encode(np.zeros((2, 3, 3), np.uint8)), "channels": 1}, "pixels must hold 2×3 bytes"),
        ({**encode(np.zeros((2, 3, 3), np.uint8)), "hidden": _text(*[0] * 18)}, "hidden must hold 2×3 bytes"),
        (_value(width=4), "pixels must hold 2×4 bytes"),
        (_value(pixels=None), "pixels must be base64 text"),
        (_value(pixels=_text(*[0] * 7)), "pixels must hold 2×3 bytes"),
        (_value(pixels=_text(*[0] * 5)), "pixels must hold 2×3 bytes"),
        (_value(hidden=""), "hidden must hold 2×3 bytes"),
        (_value(pixels="????????"), "not valid base64"),
        (_value(pixels="ääääääää"), "not valid base64"),
        (_value(pixels=_text(0, 0, 0, 0, 0, 128)), "0 or 255"),
        (_value(hidden=_text(0, 0, 0, 0, 0, 2)), "0 or 1"),
    ],
)
def test_anything_odd_is_refused_in_one_sentence(value: object, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        decode(value)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_an_event_without_data_is_refused() -> None:
    with pytest.raises(UserError, match="no picture"):
        decode(gr.EventData(None, None))


@pytest.mark.parametrize(
    ("pixels", "hidden"),
    [
        (np.zeros((28, 28, 1), np.uint8), None),
        (np.zeros((28, 28, 4), np.uint8), None),
        (np.zeros((28, 28, 3), np.uint8), np.zeros((28, 28, 3), np.bool_)),
        (np.zeros((28, 28, 3), np.float32), None),
        (np.zeros((28, 28), np.uint8), np.zeros((28, 27), np.bool_)),
        (np.zeros((0, 28), np.uint8), None),
        (np.ones((28, 28), np.uint8), None),
        (np.zeros((28, 28), np.float32), None),
    ],
)
def test_arrays_the_editor_cannot_show_are_not_encoded(pixels: Any, hidden: Any) -> None:
    with pytest.raises(ValueError, match="editor"):
        encode(pixels, hidden)


def test_an_unknown_room_is_refused() -> None:
    with pytest.raises(ValueError, match="attic"):
        editor("e", "attic", cover=False)


@pytest.mark.parametrize("room", ROOMS)
def test_covering_tools_exist_only_with_cover(room: str) -> None:
    covering, drawing = editor("a", room, cover=True), editor("b", room, cover=False)
    for act in ("cover", "reveal", "mask-lower", "mask-random", "mask-none"):
        assert f'data-act="{act}"' in covering.html_template
        assert f'data-act="{act}"' not in drawing.html_template
    for act in ("draw", "erase", "size-1", "size-3", "undo", "redo", "clear"):
        assert f'data-act="{act}"' in covering.html_template and f'data-act="{act}"' in drawing.html_template
    assert f'data-room="{room}"' in covering.html_template


def test_a_colour_picture_can_be_covered_but_not_drawn_upon() -> None:
    widget = editor("c", "pixel", cover=True, value=encode(np.zeros((32, 32, 3), np.uint8)))
    for act in ("cover", "reveal", "size-2", "undo", "redo", "mask-centre"):
        assert f'data-act="{act}"' in widget.html_template
    for act in ("draw", "erase", "clear"):
        assert f'data-act="{act}"' not in widget.html_template
    assert 'data-tool="cover"' in widget.html_template


def test_only_the_pages_own_digit_has_examples_and_can_be_centred() -> None:
    pictures = [{"title": "By hand", "pictures": [np.zeros((28, 28), np.uint8)]}]
    for examples in (pictures, []):
        template = editor("an-editor", "pixel", cover=True, examples=examples).html_template
        assert ('data-act="centre"' in template) == ("data-example" in template) == bool(examples)


def test_the_template_holds_nothing_that_gradio_would_evaluate() -> None:
    template = editor("e", "pixel", cover=True).html_template
    assert not any(mark in template for mark in ("`", "${", "{{", "\\", "@children"))


def test_an_edit_can_be_listened_to() -> None:
    with gr.Blocks() as page:
        widget = editor("e", "pixel", cover=True)
        widget.edit(decode, widget, None)
    assert [target[1] for function in page.fns.values() for target in function.targets] == ["edit"]


def test_without_a_value_the_picture_is_a_blank_square() -> None:
    pixels, hidden = decode(editor("e", "write", cover=False).value)
    assert pixels.shape == (28, 28) and not pixels.any() and not hidden.any()
