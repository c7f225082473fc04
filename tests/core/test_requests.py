"""What comes from outside: good values pass unchanged, and each mistake gets one sentence."""

import math

import numpy as np
import pytest
import torch

from core import requests
from core.errors import StoppedError, UserError
from core.requests import RequestError


def sentence(error: Exception) -> str:
    """The message, which must be one line that ends in a full stop."""
    text = str(error)
    assert text.endswith(".") and "\n" not in text
    return text


@pytest.mark.parametrize("good", [2, 2.5, 0.5, 9, np.float32(2.5), np.int64(3)])
def test_a_number_within_its_limits_comes_back_as_a_float(good: object) -> None:
    checked = requests.number(good, "It", 0.5, 9)
    assert type(checked) is float and checked == good


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, -math.inf, 10**400, 0.49, 9.01, "2", None, True, [2], 1j, np.array([2.0])]
)
def test_anything_else_is_no_number(bad: object) -> None:
    with pytest.raises(RequestError) as caught:
        requests.number(bad, "It", 0.5, 9)
    assert sentence(caught.value) == "It must be a number from 0.5 to 9."


@pytest.mark.parametrize("good", [0, 7, 7.0, np.int64(5), np.float32(3)])
def test_a_whole_number_may_come_as_a_float(good: object) -> None:
    checked = requests.whole(good, "It", 0, 7)
    assert type(checked) is int and checked == good


@pytest.mark.parametrize("bad", [2.5, -1, 8, math.nan, "7", None, True])
def test_anything_else_is_no_whole_number(bad: object) -> None:
    with pytest.raises(RequestError) as caught:
        requests.whole(bad, "It", 0, 7)
    assert sentence(caught.value) == "It must be a whole number from 0 to 7."


def test_counts_and_temperatures_reach_to_their_limits_and_no_further() -> None:
    assert (requests.count(1), requests.count(64), requests.count(16, 16)) == (1, 64, 16)
    assert (requests.temperature(0.1), requests.temperature(2)) == (0.1, 2.0)
    for refused in (lambda: requests.count(0), lambda: requests.count(65), lambda: requests.count(17, 16)):
        with pytest.raises(RequestError, match=r"^The number of pictures must be a whole number from 1 to (64|16)\.$"):
            refused()
    for bad in (0.09, 2.01):
        with pytest.raises(RequestError, match=r"^The temperature must be a number from 0\.1 to 2\.$"):
            requests.temperature(bad)


def test_a_seed_alone_decides_about_the_dice() -> None:
    torch.manual_seed(1)
    first = torch.rand(5, generator=requests.seeded(7))
    torch.manual_seed(2)
    assert torch.equal(torch.rand(5, generator=requests.seeded(7.0)), first)
    assert not torch.equal(torch.rand(5, generator=requests.seeded(8)), first)
    assert requests.seeded(2**31 - 1).device.type == "cpu"


@pytest.mark.parametrize("bad", [-1, 2**31, 1.5, "one", math.nan, None])
def test_an_odd_seed_is_refused(bad: object) -> None:
    with pytest.raises(RequestError, match=r"^The seed must be a whole number from 0 to 2147483647\.$"):
        requests.seeded(bad)


def test_a_binary_picture_is_ink_from_half_on() -> None:
    pixels = np.array([[0, 127, 128], [255, 1, 254]], np.uint8)
    x = requests.binary_picture(pixels, 2, 3)
    assert x.shape == (1, 1, 2, 3) and x.dtype == torch.float32
    assert x[0, 0].tolist() == [[0, 0, 1], [1, 0, 1]]


def test_a_colour_picture_keeps_its_levels_and_channels_come_first() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3) * 15
    x = requests.colour_picture(pixels, 2, 3)
    assert x.shape == (1, 3, 2, 3) and x.dtype == torch.float32
    for row, column, channel in np.ndindex(2, 3, 3):
        assert float(x[0, channel, row, column]) == pytest.approx(pixels[row, column, channel] / 255)


@pytest.mark.parametrize(
    ("shape", "said"),
    [((32, 32), "32×32"), ((28, 27), "28×27"), ((28, 28, 3), "28×28×3"), ((28,), "28"), ((0, 0), "0×0")],
)
def test_a_binary_picture_of_another_size_or_in_colour_is_refused(shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        requests.binary_picture(np.zeros(shape, np.uint8))
    assert sentence(caught.value) == f"This model knows grey pictures of 28×28 pixels, not {said}."


@pytest.mark.parametrize(
    ("shape", "said"),
    [((32, 32), "32×32"), ((28, 28, 3), "28×28×3"), ((32, 32, 4), "32×32×4"), ((32, 32, 1), "32×32×1")],
)
def test_a_colour_picture_of_another_size_or_without_colour_is_refused(shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(RequestError) as caught:
        requests.colour_picture(np.zeros(shape, np.uint8), 32, 32)
    assert sentence(caught.value) == f"This model knows colour pictures of 32×32×3 numbers, not {said}."


def test_to_be_stopped_has_a_sentence_and_is_no_mistake_of_the_request() -> None:
    assert sentence(StoppedError()).startswith("Stopped. ")
    assert isinstance(StoppedError(), UserError) and not isinstance(StoppedError(), RequestError)


def test_a_picture_of_floats_is_no_blank_sheet_for_the_app_either() -> None:
    pixels = np.array([[0, 0.49, 0.5], [1, 0.2, 0.9]])
    assert requests.binary_picture(pixels, 2, 3)[0, 0].tolist() == [[0, 0, 1], [1, 0, 1]]
    assert requests.binary_picture(pixels > 0.4, 2, 3)[0, 0].tolist() == [[0, 1, 1], [1, 0, 1]]
    colour = np.stack([pixels] * 3, -1)
    np.testing.assert_allclose(requests.colour_picture(colour, 2, 3)[0, 0], pixels, rtol=1e-6)
