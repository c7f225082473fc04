"""What comes from outside, checked: numbers, seeds, pictures. One sentence for each mistake (:class:`RequestError`)."""

from __future__ import annotations

import numbers

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import UserError

MAX_PICTURES = 64
MAX_SEED = 2**31 - 1
TEMPERATURES = (0.1, 2.0)


class RequestError(UserError):
    """A request cannot be answered; the message is one sentence for the user."""


def number(value: object, name: str, low: float, high: float) -> float:
    """A finite number within [low, high]; anything else, strings included, raises :class:`RequestError`."""
    sentence = f"{name} must be a number from {low:g} to {high:g}."
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise RequestError(sentence)
    checked = float(value)
    if not low <= checked <= high:  # NaN is not
        raise RequestError(sentence)
    return checked


def whole(value: object, name: str, low: int, high: int) -> int:
    """A whole number within [low, high]; 3.0 counts as whole, since that is what JSON and sliders send."""
    sentence = f"{name} must be a whole number from {low} to {high}."
    try:
        checked = number(value, name, low, high)
    except RequestError:
        raise RequestError(sentence) from None
    if checked != int(checked):
        raise RequestError(sentence)
    return int(checked)


def count(value: object, most: int = MAX_PICTURES) -> int:
    """A number of pictures."""
    return whole(value, "The number of pictures", 1, most)


def temperature(value: object) -> float:
    """A temperature within :data:`TEMPERATURES`."""
    return number(value, "The temperature", *TEMPERATURES)


def seeded(seed: object) -> torch.Generator:
    """A fresh generator on the CPU, seeded from outside."""
    return torch.Generator().manual_seed(whole(seed, "The seed", 0, MAX_SEED))


def binary_picture(pixels: NDArray[np.uint8], height: int = 28, width: int = 28) -> Tensor:
    """(H, W) of 0 and 255 -> (1, 1, H, W) of 0 and 1."""
    if pixels.shape != (height, width):
        size = "×".join(map(str, pixels.shape))
        raise RequestError(f"This model knows grey pictures of {height}×{width} pixels, not {size}.")
    return torch.from_numpy((pixels >= 128).astype(np.float32))[None, None]


def colour_picture(pixels: NDArray[np.uint8], height: int, width: int) -> Tensor:
    """(H, W, 3) of 0–255 -> (1, 3, H, W) in [0, 1]."""
    if pixels.shape != (height, width, 3):
        size = "×".join(map(str, pixels.shape))
        raise RequestError(f"This model knows colour pictures of {height}×{width}×3 numbers, not {size}.")
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None]
