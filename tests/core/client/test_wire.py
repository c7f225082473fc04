"""What is sent comes back the same, and what is none of ours is refused with a sentence."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import numpy as np
import pytest

from core.client import picture, text_of
from core.client.kinds import (
    levels,
    read_codes,
    read_cover,
    read_digit,
    read_file,
    read_inks,
    read_list,
    read_moves,
    read_picture,
    read_scene,
)
from core.client.wire import packed, received, sent, unpacked
from core.errors import UserError
from core.results import Bill
from core.trace import CanvasTrace, Mark, Step

BAR = np.where((np.arange(784).reshape(28, 28) % 28 > 11) & (np.arange(784).reshape(28, 28) % 28 < 16), 255, 0)


def over(value: Any, kind: Any) -> Any:
    """There and back as text."""
    return received(json.loads(json.dumps(sent(value))), kind)


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int64", "bool", "float32", "float64"])
def test_an_array_of_every_kind_comes_back_to_the_bit(kind: str) -> None:
    values = np.random.default_rng(0).integers(0, 2, (2, 3, 5)).astype(kind)
    back = over(values, np.ndarray)
    assert back.dtype == values.dtype and np.array_equal(back, values)
    view = values.transpose(2, 0, 1)
    assert np.array_equal(over(view, np.ndarray), view), "in whatever order it lies in memory"


def test_an_array_is_read_by_the_three_lines_that_the_reference_gives() -> None:
    value = packed(np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3))
    raw = base64.b64decode(value["data"])
    assert np.array_equal(
        np.frombuffer(raw, value["dtype"]).reshape(value["shape"]), np.linspace(0, 1, 6, dtype="f4").reshape(2, 3)
    )


def trace() -> CanvasTrace:
    """Three steps, of which one has no window and one a number that the others lack."""
    mark = Mark("read", *(np.full(2, k, np.float32) for k in (3, 4, 5, 6, np.inf)))
    image, kl = np.ones((2, 1, 4, 4), np.float32), {"kl": np.ones(2, np.float32)}
    last = {**kl, "reconstruction_nats": np.full(2, 9, np.float32)}
    return CanvasTrace((Step(0 * image, (), kl), Step(image, (mark,), kl), Step(image, (mark,), last)), image)


def test_a_trace_comes_back_with_the_steps_that_lack_something_lacking_it() -> None:
    there, back = trace(), over(trace(), CanvasTrace)
    assert len(back) == 3 and np.array_equal(back.nats, there.nats) and np.array_equal(back.subject, there.subject)
    assert [len(step.marks) for step in back] == [0, 1, 1]
    assert [set(step.scalars) for step in back] == [{"kl"}, {"kl"}, {"kl", "reconstruction_nats"}]
    assert back.steps[1].marks[0].precision[0] == np.inf


def test_numbers_that_are_none_and_things_that_are_not_there_come_back_so() -> None:
    assert math.isnan(over(math.nan, float)) and over(None, float | None) is None
    assert over((1, [2.5]), tuple[int, list[float]]) == (1, [2.5])
    assert over(b"\x00\xff", bytes) == b"\x00\xff"
    bill = over(Bill("You", np.ones(3, np.float32), True), Bill)
    assert bill.name == "You" and bill.rule and bill.bits.sum() == 3


def test_what_cannot_be_sent_is_a_defect_and_no_silent_loss() -> None:
    with pytest.raises(TypeError, match="set"):
        sent({1, 2})
    with pytest.raises(TypeError, match="complex"):
        sent(np.ones(2, complex))


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        {"data": "AAAA", "shape": [4], "dtype": "uint8"},
        {"data": "!!!!", "shape": [3], "dtype": "uint8"},
        {"data": "AAAA", "shape": [3], "dtype": "object"},
        {"data": "AAAA", "shape": [-3], "dtype": "uint8"},
        {"data": "AAAA", "shape": [1] * 40 + [3], "dtype": "uint8"},
        {"data": 3, "shape": [3], "dtype": "uint8"},
        {"data": "AAAA", "shape": "3", "dtype": "uint8"},
    ],
)
def test_a_packed_array_that_is_none_is_refused(broken: object) -> None:
    with pytest.raises(UserError, match="An array is"):
        unpacked(broken)


@pytest.mark.parametrize("read", [read_digit, read_cover, read_picture, read_scene])
@pytest.mark.parametrize("bad", [3, "text", [], [[1, 2], [3]], [[None] * 28] * 28, [[300] * 28] * 28, [[-1] * 28] * 28])
def test_no_reader_of_pictures_takes_what_is_none(read: Any, bad: object) -> None:
    with pytest.raises(UserError, match="must be"):
        read(bad)


def test_pictures_are_read_packed_and_in_rows() -> None:
    rows = BAR.tolist()
    for given in (rows, packed(BAR.astype(np.uint8)), packed(BAR.astype(np.float32))):
        assert np.array_equal(read_digit(given), BAR) and read_digit(given).dtype == np.uint8
        assert np.array_equal(read_cover(given), BAR > 0)
    assert read_cover(np.eye(32).tolist()).shape == (32, 32), "a picture in colour is covered, too"
    with pytest.raises(UserError, match="28 rows"):
        read_digit(packed(np.zeros((27, 28), np.uint8)))


def test_levels_are_taken_from_whatever_a_picture_is() -> None:
    ink = BAR > 0
    for given in (
        ink,
        BAR,
        BAR.astype(np.uint8),
        ink.astype(np.float32),
        ink[None],
        CanvasTrace((Step(ink[None, None].astype(np.float32)),)),
    ):
        assert np.array_equal(levels(given), BAR)
    assert levels(np.zeros((3, 8, 8))).shape == levels(np.zeros((8, 8, 3))).shape == (8, 8, 3)
    for wrong in (
        np.full((2, 2), 2.0),
        np.full((2, 2), 256),
        np.full((2, 2), np.nan),
        np.array(["a"]),
        np.zeros((0, 3)),
    ):
        with pytest.raises(UserError):
            levels(wrong)


def test_hands_codes_lists_and_files_are_read_or_refused() -> None:
    assert read_moves({"3": [1, 2, 3]}) == {3: [1, 2, 3]}
    assert read_inks({"5": np.eye(28).tolist()})[5].sum() == 28
    for read, bad in (
        (read_moves, {"a": [1]}),
        (read_moves, {"1": "no"}),
        (read_inks, {"1": [[2] * 28] * 28}),
        (read_inks, 3),
    ):
        with pytest.raises(UserError):
            read(bad)
    assert read_codes([1, 2]) == [1, 2] and np.array_equal(read_codes(packed(np.ones(2))), [1, 1])
    with pytest.raises(UserError, match="numbers are taken"):
        read_codes([[0.0] * 100] * 1000)
    assert read_list([1]) == [1]
    with pytest.raises(UserError):
        read_list("ab")
    assert read_file(base64.b64encode(b"xy").decode()) == b"xy"
    for wrong in ("%%", 5, "A" * 14_000_000):
        with pytest.raises(UserError):
            read_file(wrong)


@pytest.mark.parametrize("shape", [(28, 28), (60, 60), (32, 32, 3), (1, 3)])
def test_a_picture_in_a_line_of_code_is_the_picture(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    grey, ink = rng.integers(0, 256, shape, np.uint8), np.where(rng.random(shape) < 0.5, 255, 0).astype(np.uint8)
    for pixels in (grey, ink, np.zeros(shape, np.uint8)):
        assert np.array_equal(picture(text_of(pixels)), pixels)
    assert len(text_of(np.where(BAR > 0, 255, 0).astype(np.uint8))) < 150
