"""What one gives to a model: every way to write a picture is the same picture, and each mistake is one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.trace import CanvasTrace, Step
from tests.core import small
from tests.core.library.models import model

CNN, COLOUR = "pixelcnn-mnist", "pixelcnn-cifar10"
DIGIT = small.ink(1, small.CONFIGS[CNN])[0, 0].numpy() > 0.5
SIDE = 8
KNOWN = np.arange(SIDE)[:, None].repeat(SIDE, 1) < 4
PHOTO = small.pictures(2, small.CONFIGS[COLOUR])
WAYS: dict[str, Callable[[np.ndarray], Any]] = {
    "bool": lambda ink: ink,
    "bytes": lambda ink: np.where(ink, 255, 0).astype(np.uint8),
    "whole numbers": lambda ink: np.where(ink, 200, 100),
    "float": lambda ink: ink.astype(float),
    "half precision": lambda ink: np.where(ink, 0.5, 0.49).astype(np.float16),
    "rows": lambda ink: ink.astype(float).tolist(),
    "one of one": lambda ink: ink[None],
    "one of one with a channel": lambda ink: ink[None, None],
    "a tensor that has learned": lambda ink: torch.tensor(ink.astype(np.float32), requires_grad=True),
    "a trace": lambda ink: CanvasTrace((Step(ink[None, None].astype(np.float32)),)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_is_the_same_however_it_is_written(way: str) -> None:
    """A picture of floats from 0 to 1 is no blank sheet."""
    expected = model(CNN).nats(DIGIT)
    assert DIGIT.any() and not np.isclose(expected, model(CNN).nats(np.zeros_like(DIGIT)))
    np.testing.assert_allclose(model(CNN).nats(WAYS[way](DIGIT)), expected)


def test_colours_may_stand_first_or_last() -> None:
    expected = model(COLOUR).nats(PHOTO)
    np.testing.assert_allclose(model(COLOUR).nats(PHOTO.permute(0, 2, 3, 1)), expected)
    np.testing.assert_allclose(model(COLOUR).nats(PHOTO[1].permute(1, 2, 0)), expected[1:])
    np.testing.assert_allclose(model(COLOUR).nats((PHOTO * 255).to(torch.uint8)), expected)


def test_many_pictures_may_come_without_a_channel() -> None:
    assert model(CNN).nats(np.stack([DIGIT] * 3)).shape == (3,)


BAD_PICTURES: list[tuple[Any, str]] = [
    (np.zeros((9, 9)), "This model knows grey pictures of 8×8 pixels, not 9×9."),
    (np.zeros((2, 3, 8, 8)), "This model knows grey pictures of 8×8 pixels, not 2×3×8×8."),
    (0.5, "This model knows grey pictures of 8×8 pixels, not a single number."),
    (np.zeros((0, 8, 8)), "This takes from 1 to 100000 pictures at a time, not 0."),
    (np.full((8, 8), np.nan), "A picture holds NaN or infinite numbers."),
    (np.full((8, 8), -np.inf), "A picture holds NaN or infinite numbers."),
    (np.full((8, 8), 255.0), "The floats of a picture go from 0 to 1, and these from 255 to 255: divide them by 255."),
    (np.full((8, 8), -0.5), "The floats of a picture go from 0 to 1, and these from -0.5 to -0.5: scale them first."),
    (np.full((8, 8), 256), "The whole numbers of a picture go from 0 to 255, and these from 256 to 256."),
    (
        DIGIT.astype(np.uint8),
        "Whole numbers count from 0 to 255, and these are only 0 and 1: make them bool or float.",
    ),
    ("digit.png", "A picture must be an array of bool, whole numbers or floats, not of <U9."),
    (None, "A picture must be an array of bool, whole numbers or floats, not of object."),
    (np.full((8, 8), 1j), "A picture must be an array of bool, whole numbers or floats, not of complex128."),
    ([[0.5], [0.5, 0.5]], "A picture must be one array of bool, whole numbers or floats."),
    (torch.zeros(8, 8, dtype=torch.bfloat16), "A picture must be one array of bool, whole numbers or floats."),
]


@pytest.mark.parametrize(("given", "sentence"), BAD_PICTURES, ids=range(len(BAD_PICTURES)))
def test_what_is_no_picture_is_told_so_in_a_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        model(CNN).nats(given)
    assert str(caught.value) == sentence


BAD_MASKS: list[tuple[Any, str]] = [
    (np.ones((8, 8)), "Nothing is covered: cover a part of the picture for the model to imagine."),
    (np.zeros((8, 8)), "Everything is covered: leave some pixels in sight, or let the model imagine a picture."),
    (KNOWN * 255, "The mask of known pixels must be True or False, or 1 or 0, at each pixel."),
    (KNOWN[:4], "The mask of known pixels must be 8×8, one for all or one for each, not 1×4×8."),
    (np.stack([KNOWN] * 3), "The mask of known pixels must be 8×8, one for all or one for each, not 3×8×8."),
    ("upper half", "The mask of known pixels must be an array of bool, whole numbers or floats, not of <U10."),
]


@pytest.mark.parametrize(("known", "sentence"), BAD_MASKS, ids=range(len(BAD_MASKS)))
def test_what_is_no_mask_is_told_so_in_a_sentence(known: Any, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        model(CNN).complete(np.stack([DIGIT] * 2), known)
    assert str(caught.value) == sentence


COUNTED = "The number of pictures must be a whole number from 1 to"
SEEDED = "The seed must be a whole number from 0 to 2147483647."
BAD_ASKINGS: dict[str, tuple[Callable[[], Any], str]] = {
    "no pictures": (lambda: model("vae-mnist").sample(0), f"{COUNTED} 1000."),
    "half a picture": (lambda: model("draw-mnist").sample(2.5), f"{COUNTED} 1000."),
    "a number in quotes": (lambda: model(CNN).sample("4"), f"{COUNTED} 256."),
    "no completions": (lambda: model(CNN).complete(DIGIT, KNOWN, count=0), f"{COUNTED} 256."),
    "too many completions": (lambda: model(CNN).complete(DIGIT, KNOWN, count=300), f"{COUNTED} 256."),
    "a negative seed": (lambda: model(CNN).sample(1, seed=-1), SEEDED),
    "no seed": (lambda: model("vae-mnist").sample(1, seed=None), SEEDED),
    "too hot": (lambda: model("draw-mnist").sample(1, 0, 9), "The temperature must be a number from 0.1 to 2."),
    "too many strokes": (
        lambda: model("draw-mnist").sample(1, strokes=65),
        "The number of strokes must be a whole number from 1 to 64.",
    ),
    "no samples": (
        lambda: model("vae-mnist").nats(DIGIT, samples=0),
        "The number of samples must be a whole number from 1 to 10000.",
    ),
    "too short": (lambda: model("vae-mnist").decode([0.0, 1]), "A code is a list of 3 numbers."),
    "NaN": (
        lambda: model("vae-mnist").decode([0, 1, np.nan]),
        "Each number of a code must be a number from -20 to 20.",
    ),
    "no codes": (
        lambda: model("vae-mnist").decode(np.zeros((0, 3))),
        "A code is a list of 3 numbers.",
    ),
    "too many codes": (
        lambda: model("vae-mnist").decode(np.zeros((1001, 3))),
        "At most 1000 codes can be decoded at once, not 1001.",
    ),
    "one latent short": (
        lambda: model("draw-mnist").decode(np.zeros((3, 6))),
        "A code is a list of 3×7 numbers.",
    ),
    "letters": (
        lambda: model("vae-mnist").decode("abc"),
        "Each number of a code must be a number from -20 to 20.",
    ),
}


@pytest.mark.parametrize("mistake", BAD_ASKINGS)
def test_a_wrong_number_is_told_so_in_a_sentence(mistake: str) -> None:
    ask, sentence = BAD_ASKINGS[mistake]
    with pytest.raises(UserError) as caught:
        ask()
    assert str(caught.value) == sentence


def test_too_many_completions_are_refused_before_there_is_a_tensor_of_that_size() -> None:
    with pytest.raises(UserError, match=r"^Ask for at most 256 pictures at once: more would take over 512 MB\.$"):
        model(CNN).complete(np.stack([DIGIT] * 200), KNOWN, count=2)


def test_a_device_that_is_not_there_is_told_so_and_one_that_is_there_is_taken() -> None:
    cnn = model(CNN)
    assert cnn.to("cpu") is cnn and cnn.device.type == "cpu"
    with pytest.raises(UserError, match=r"^There is no device 'warp' here"):
        cnn.to("warp")
