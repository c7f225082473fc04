"""What comes from outside, checked: numbers, seeds, pictures. One sentence for each mistake (:class:`RequestError`)."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import UserError
from core.results import SIDE
from core.trace import Trace

MAX_PICTURES = 64
MAX_SEED = 2**31 - 1
TEMPERATURES = (0.1, 2.0)
MAX_STROKES = 64
"""Strokes of one painting by DRAW, trained or not."""
SINGLE = "a single number"
"""What has no shape."""
MAX_LATENT = 20.0
"""Largest number in a code that is decoded; the prior seldom goes beyond 3, encoders of pictures not beyond 10."""


class RequestError(UserError):
    """A request cannot be answered; the message is one sentence for the user."""


def number(value: object, name: str, low: float, high: float) -> float:
    """A finite number within [low, high]; anything else, strings included, raises :class:`RequestError`."""
    wrong = RequestError("{name} must be a number from {low:g} to {high:g}.", name=name, low=low, high=high)
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise wrong
    try:
        checked = float(value)
    except OverflowError:  # a whole number of more than 308 digits, which JSON knows
        raise wrong from None
    if not low <= checked <= high:  # NaN is not
        raise wrong
    return checked


def whole(value: object, name: str, low: int, high: int) -> int:
    """A whole number within [low, high]; 3.0 counts as whole, since that is what JSON and sliders send."""
    wrong = RequestError("{name} must be a whole number from {low} to {high}.", name=name, low=low, high=high)
    try:
        checked = number(value, name, low, high)
    except RequestError:
        raise wrong from None
    if checked != int(checked):
        raise wrong
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


def values(given: object) -> NDArray[np.float32]:
    """The numbers of pictures from outside, whatever their shape, as float32 in [0, 1].

    bool is paper and ink, whole numbers count from 0 to 255, floats from 0 to 1; of a trace it is the last frame.
    Raises :class:`RequestError` for anything else.
    """
    array = as_array(given.frame(-1) if isinstance(given, Trace) else given, "A picture")
    if array.dtype == bool:
        return array.astype(np.float32)
    if not np.isfinite(array).all():
        raise RequestError("A picture holds NaN or infinite numbers.")
    whole_numbers = array.dtype.kind in "ui"
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if whole_numbers and (low < 0 or high > 255):
        raise RequestError(
            "The whole numbers of a picture go from 0 to 255, and these from {low:g} to {high:g}.", low=low, high=high
        )
    if not whole_numbers and (low < 0 or high > 1):
        raise RequestError(
            "The floats of a picture go from 0 to 1, and these from {low:g} to {high:g}: divide them by 255."
            if 0 <= low and high <= 255
            else "The floats of a picture go from 0 to 1, and these from {low:g} to {high:g}: scale them first.",
            low=low,
            high=high,
        )
    if whole_numbers and high == 1:
        raise RequestError("Whole numbers count from 0 to 255, and these are only 0 and 1: make them bool or float.")
    return (array / (255 if whole_numbers else 1)).astype(np.float32)


def as_array(given: object, name: str) -> NDArray[Any]:
    """Whatever NumPy or PyTorch can read as an array of bool or of real numbers; else :class:`RequestError`."""
    try:
        array = given.detach().cpu().numpy() if isinstance(given, Tensor) else np.asarray(given)
    except (TypeError, ValueError):  # rows of different lengths; a tensor in bfloat16
        raise RequestError("{name} must be one array of bool, whole numbers or floats.", name=name) from None
    if array.dtype.kind not in "buif":
        raise RequestError(
            "{name} must be an array of bool, whole numbers or floats, not of {dtype}.", name=name, dtype=array.dtype
        )
    return array


def pictures(given: object, config: Any, *, levels: int | None, most: int = MAX_PICTURES) -> Tensor:
    """Pictures from outside as a model of this config sees them: (n, C, H, W) in [0, 1], n from 1 to ``most``.

    Grey ones are (H, W), (n, H, W) or (n, 1, H, W), coloured ones (H, W, 3) or (3, H, W), with or without n before;
    numbers are as in :func:`values`, and go to the nearest of as many ``levels``: of two, ink is one half and more.
    Raises :class:`RequestError`.
    """
    found, (channels, height, width) = values(given), (config.channels, config.height, config.width)
    first, last = (channels, height, width), (height, width, channels)
    if channels == 1 and found.ndim in (2, 3) and found.shape[-2:] == first[1:]:
        found = found.reshape(-1, *first)
    elif channels > 1 and found.ndim in (3, 4) and found.shape[-3:] == last:
        found = np.moveaxis(found.reshape(-1, *last), -1, 1)
    elif found.ndim in (3, 4) and found.shape[-3:] == first:
        found = found.reshape(-1, *first)
    else:
        raise wrong_size(found, *first)
    if not 1 <= len(found) <= most:
        raise RequestError("This takes from 1 to {most} pictures at a time, not {found}.", most=most, found=len(found))
    if levels is not None:
        found = np.floor(found * np.float32(levels - 1) + np.float32(0.5)) / np.float32(levels - 1)
    return torch.from_numpy(np.ascontiguousarray(found))


def wrong_size(found: NDArray[Any], channels: int, height: int, width: int) -> RequestError:
    """The error for pictures of another shape than a model's."""
    size = {"height": height, "width": width, "channels": channels, "given": size_of(found)}
    if channels > 1:
        return RequestError(
            "This model knows colour pictures of {height}×{width}×{channels} numbers, not {given}.", **size
        )
    return RequestError("This model knows grey pictures of {height}×{width} pixels, not {given}.", **size)


def size_of(found: NDArray[Any]) -> str:
    """The shape of an array in words: "28×28"."""
    return "×".join(map(str, found.shape)) or SINGLE


def masks(given: object, count: int, config: Any) -> Tensor:
    """Which pixels are known, from outside: bool, or numbers that are all 0 or 1, as (n, H, W) bool.

    One mask, (H, W), is for all of ``count`` pictures, as many for each; one picture takes any number of them. Raises
    :class:`RequestError`, as well where nothing or everything is known.
    """
    found, size = as_array(given, "The mask of known pixels"), (config.height, config.width)
    if not np.isin(found, (0, 1)).all():
        raise RequestError("The mask of known pixels must be True or False, or 1 or 0, at each pixel.")
    if found.ndim == 4 and found.shape[1] == 1:
        found = found[:, 0]
    found = found[None] if found.ndim == 2 else found
    if found.shape[1:] != size or len(found) not in (1, count if count > 1 else len(found)):
        wanted = "×".join(map(str, size))
        raise RequestError(
            "The mask of known pixels must be {wanted}, one for all or one for each, not {size_of}.",
            wanted=wanted,
            size_of=size_of(found),
        )
    check_cover(found == 0)
    return torch.from_numpy(np.ascontiguousarray(found != 0)).expand(max(count, len(found)), *size)


def check_cover(hidden: NDArray[np.bool_]) -> None:
    """Raise :class:`RequestError` where there is nothing to complete, or nothing that it could follow from."""
    if not hidden.any():
        raise RequestError("Nothing is covered: cover a part of the picture for the model to imagine.")
    if hidden.all():
        raise RequestError("Everything is covered: leave some pixels in sight, or let the model imagine a picture.")


def label(given: object, name: str, config: Any) -> int | None:
    """A class from outside that the model ``name`` has learned, or None. Raises :class:`RequestError`."""
    if given is None:
        return None
    classes = getattr(config, "classes", 0)
    if not classes:
        raise RequestError("The model {name} has not learned classes: it cannot be asked for one.", name=name)
    return whole(given, "The class", 0, classes - 1)


def codes(given: object, *shape: int, most: int) -> Tensor:
    """Codes from outside, ``shape`` or (n, *shape) with n up to ``most``, within ±:data:`MAX_LATENT`: (n, *shape).

    Raises :class:`RequestError`.
    """
    wrong = RequestError(
        "Each number of a code must be a number from {max_latent:g} to {max_latent2:g}.",
        max_latent=-MAX_LATENT,
        max_latent2=MAX_LATENT,
    )
    size = RequestError("A code is a list of {map} numbers.", map="×".join(map(str, shape)))
    try:
        found = as_array(given if isinstance(given, Tensor) else np.asarray(given), "A code")
    except ValueError:  # codes of different lengths
        raise size from None
    except RequestError:
        raise wrong from None
    if not found.size or found.shape[-len(shape) :] != shape or found.ndim > len(shape) + 1:
        raise size
    found = found.reshape(-1, *shape)
    if len(found) > most:
        raise RequestError("At most {most} codes can be decoded at once, not {found}.", most=most, found=len(found))
    if found.dtype == bool or not (np.abs(found) <= MAX_LATENT).all():  # NaN is not
        raise wrong
    return torch.from_numpy(found.astype(np.float32))


def strokes(given: object) -> int | None:
    """A number of strokes from outside; None stays: as many as the model was trained with."""
    return None if given is None else whole(given, "The number of strokes", 1, MAX_STROKES)


def binary_picture(pixels: NDArray[Any], height: int = SIDE, width: int = SIDE) -> Tensor:
    """(H, W), numbers as in :func:`values` -> (1, 1, H, W) of 0 and 1."""
    if pixels.shape != (height, width):
        raise wrong_size(pixels, 1, height, width)
    return torch.from_numpy((values(pixels) >= 0.5).astype(np.float32))[None, None]


def colour_picture(pixels: NDArray[Any], height: int, width: int) -> Tensor:
    """(H, W, 3), numbers as in :func:`values` -> (1, 3, H, W)."""
    if pixels.shape != (height, width, 3):
        raise wrong_size(pixels, 3, height, width)
    return torch.from_numpy(values(pixels)).permute(2, 0, 1)[None]
