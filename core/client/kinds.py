"""What endpoints take: for each kind of argument how a client sends it, and how a server reads what was sent.

NumPy only. A server is told nothing that it believes: sizes and numbers are checked here, what they mean by the studio.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.client.wire import packed, unpacked
from core.errors import UserError
from core.results import SIDE
from core.trace import Trace

MAX_FILE = 10_000_000
"""Bytes of a picture's file as text; through the page, which sends no text, it may be larger."""
MAX_NUMBERS = 50_000
"""Numbers of all codes in one request."""


class Kind(NamedTuple):
    """``about`` says in words what it is; ``send`` makes JSON of it, ``read`` what the studio takes, or a sentence.

    ``json`` is the type of what is sent.
    """

    about: str
    send: Callable[[Any], Any]
    read: Callable[[Any], Any]
    json: Any = dict[str, Any] | list[Any]


def levels(given: Any) -> NDArray[np.uint8]:
    """A picture as levels from 0 (paper) to 255 (ink), (H, W) or (H, W, 3).

    bool is paper and ink, whole numbers are levels, floats go from 0 to 1; of a trace it is the first picture at the
    end. One channel may stand before, (1, H, W), and three as well, (3, H, W). Raises :class:`UserError`.
    """
    array = np.asarray(given.frame(-1)[0] if isinstance(given, Trace) else given)
    if array.dtype.kind not in "buif" or not array.size or not np.isfinite(array).all():
        raise UserError("A picture must be an array of bool, whole numbers or floats.")
    whole = np.rint(array * (255 if array.dtype.kind in "bf" else 1)) if array.dtype != bool else array * 255
    if whole.min() < 0 or whole.max() > 255:
        raise UserError("A picture's whole numbers go from 0 to 255 and its floats from 0 to 1.")
    if whole.ndim == 3 and whole.shape[0] in (1, 3) and whole.shape[-1] != 3:
        whole = whole[0] if whole.shape[0] == 1 else np.moveaxis(whole, 0, -1)
    return whole.astype(np.uint8)


def _numbers(given: object, sentence: str) -> NDArray[Any]:
    """An array from outside, packed or in rows, of finite numbers; ``UserError`` with that sentence for another."""
    try:
        found = unpacked(given) if isinstance(given, Mapping) else np.asarray(given, np.float64)
        if np.isfinite(found).all():
            return found
    except (OverflowError, TypeError, ValueError, UserError):  # the first for numbers of more than 308 digits
        pass
    raise UserError(sentence) from None


def _levels(given: object, sentence: str) -> NDArray[np.uint8]:
    found = _numbers(given, sentence)
    if not found.size or found.dtype == bool or found.min() < 0 or found.max() > 255:
        raise UserError(sentence)
    return found.astype(np.uint8)


def read_digit(given: object) -> NDArray[np.uint8]:
    """(28, 28) of 0 to 255."""
    sentence = f"The picture must be {SIDE} rows of {SIDE} numbers from 0 to 255."
    found = _levels(given, sentence)
    if found.shape != (SIDE, SIDE):
        raise UserError(sentence)
    return found


def read_cover(given: object) -> NDArray[np.bool_]:
    """(H, W), true where the picture is hidden; that it is as large as the picture says the studio."""
    sentence = "A mask must be rows of numbers from 0 to 255, all rows of one length."
    found = _numbers(given, sentence)
    if found.ndim != 2 or not found.size or found.min() < 0 or found.max() > 255:
        raise UserError(sentence)
    return found != 0


def read_picture(given: object) -> NDArray[np.uint8]:
    """(H, W) or (H, W, 3) of 0 to 255; which sizes there can be says the studio."""
    sentence = "A picture must be rows of numbers from 0 to 255, all rows of one length."
    found = _levels(given, sentence)
    if found.ndim != 2 and not (found.ndim == 3 and found.shape[2] == 3):
        raise UserError(sentence)
    return found


def read_scene(given: object) -> NDArray[np.uint8]:
    """(H, W) of 0 to 255; which sizes there can be says the studio."""
    sentence = "A scene must be rows of numbers from 0 to 255, all rows of one length."
    found = _levels(given, sentence)
    if found.ndim != 2:
        raise UserError(sentence)
    return found


def read_codes(given: object) -> Any:
    """Whatever it is but an array of too many numbers; the studio, which knows how long a code is, checks it."""
    if isinstance(given, Mapping):
        given = unpacked(given)
    try:
        size = np.size(given)  # type: ignore[arg-type]  # whatever came
    except ValueError:
        size = 0  # rows of different lengths: the studio's sentence
    if size > MAX_NUMBERS:
        raise UserError("At most {max_numbers:,} numbers are taken for codes.", max_numbers=MAX_NUMBERS)
    return given


def _steps(given: object) -> dict[int, Any]:
    """What belongs to single steps, ``{"0": …}`` in JSON."""
    sentence = "What a hand does is named by the stroke, counted from 0."
    if not isinstance(given, Mapping):
        raise UserError(sentence)
    try:
        return {int(step): each for step, each in given.items()}
    except (TypeError, ValueError):
        raise UserError(sentence) from None


def read_moves(given: object) -> dict[int, Sequence[object]]:
    """Step -> centre x, y and size."""
    found = _steps(given)
    if not all(isinstance(each, Sequence) and not isinstance(each, str) for each in found.values()):
        raise UserError("A window is three numbers: x, y and its size.")
    return found


def read_inks(given: object) -> dict[int, NDArray[np.int8]]:
    """Step -> (28, 28) of 1, −1 and 0."""
    sentence = f"What is painted must be {SIDE} rows of {SIDE} numbers: 1 ink, −1 erased, 0 left alone."
    found = {step: _numbers(each, sentence) for step, each in _steps(given).items()}
    if not all(each.shape == (SIDE, SIDE) and np.isin(each, (-1, 0, 1)).all() for each in found.values()):
        raise UserError(sentence)
    return {step: each.astype(np.int8) for step, each in found.items()}


def read_file(given: object) -> bytes:
    """A file from base64 text."""
    if not isinstance(given, str):
        raise UserError("Send the picture's file as base64 text.")
    if len(given) > MAX_FILE // 3 * 4 + 4:
        raise UserError("A picture's file may hold at most {max_file} MB.", max_file=MAX_FILE // 1000000)
    try:
        return base64.b64decode(given, validate=True)
    except ValueError:
        raise UserError("The picture's file is not valid base64 text.") from None


def read_list(given: object) -> list[Any]:
    """A list of anything."""
    if not isinstance(given, list):
        raise UserError("This must be a list.")
    return given


def _picture(given: Any) -> Any:
    return packed(levels(given))


def _cover(given: Any) -> Any:
    return packed((np.asarray(given) != 0).astype(np.uint8))


def _codes(given: Any) -> Any:
    return packed(np.asarray(given, np.float32))


DIGIT = Kind("(28, 28) levels from 0, paper, to 255, ink; of half and more is ink", _picture, read_digit)
COVER = Kind("(H, W) as the picture, not 0 where the picture is hidden", _cover, read_cover)
PICTURE = Kind("(28, 28) levels of a digit, or (32, 32, 3) or (54, 54, 3) of R, G and B", _picture, read_picture)
SCENE = Kind("(H, W) levels from 0, ground, to 255, ink", _picture, read_scene)
CODES = Kind("(d,) numbers of a code, or (n, d) of several", _codes, read_codes)
MOVES = Kind(
    "stroke, from 0, -> centre x, y and size of its window, px",
    lambda given: {str(step): [float(each) for each in window] for step, window in given.items()},
    read_moves,
    dict[str, Any],
)
INKS = Kind(
    "stroke, from 0, -> (28, 28) of 1 ink, −1 erased, 0 left alone, painted before it",
    lambda given: {str(step): packed(np.asarray(ink, np.int8)) for step, ink in given.items()},
    read_inks,
    dict[str, Any],
)
FILE = Kind(
    "the bytes of a picture's file; as JSON base64 text",
    lambda given: base64.b64encode(given).decode(),
    read_file,
    str,
)
LIST = Kind("a list", list, read_list, list[Any])

Picturelike = ArrayLike | Trace
Digit = Annotated[Picturelike, DIGIT]
Cover = Annotated[ArrayLike, COVER]
Picture = Annotated[Picturelike, PICTURE]
Scenery = Annotated[Picturelike, SCENE]
Latents = Annotated[ArrayLike, CODES]
Moves = Annotated[Mapping[int, Sequence[float]], MOVES]
Inks = Annotated[Mapping[int, ArrayLike], INKS]
File = Annotated[bytes, FILE]
Bets = Annotated[Sequence[int], LIST._replace(about="percents of ink, one for each pixel that is asked about")]
Looks = Annotated[
    Sequence[Sequence[float]],
    LIST._replace(
        about="windows, 1 to 8 of them: centre x, y and side of each, px",
        send=lambda given: [[float(each) for each in window] for window in given],
    ),
]
Corners = Annotated[Sequence[str], LIST._replace(about="where the scans begin that are switched on")]

Count = Annotated[int, "how many pictures"]
Seed = Annotated[int, "of the noise: the same seed gives the same answer"]
Temperature = Annotated[float, "0.1 to 2: of the chances of colours, or how far out codes are drawn"]
Strokes = Annotated[int, "how many, 1 to 64; it was trained with 16"]
Model = Annotated[str, "a model by its name"]
Frames = Annotated[int, "how many frames"]
Label = Annotated[int | None, "a digit from 0 to 9, where the model has learned classes"]
