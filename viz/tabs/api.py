"""The public API, for ``gradio_client`` and plain HTTP: pictures as base64 text, errors as sentences.

A picture in an answer is ``{"data": base64, "shape": […], "dtype": "uint8" or "float16"}``, decoded by::

    import base64, numpy as np
    raw = base64.b64decode(value["data"])
    picture = np.frombuffer(raw, value["dtype"]).reshape(value["shape"])

``uint8`` is 0 (paper) to 255 (ink), or the levels of R, G and B; ``float16`` is what a model says, the probability of
ink or a colour's intensity, in [0, 1]. A picture in a request is such a value of ``uint8`` or 28 rows of 28 numbers
from 0 to 255; a mask is the same, not 0 where the picture is hidden, and a scene one of any size. Short lists, such as
a code, are lists.
"""

from __future__ import annotations

import base64
import inspect
from typing import Any, Literal

import numpy as np
from gradio.events import api
from numpy.typing import NDArray

from core.data.images import open_picture
from core.data.reading import read_digit
from core.errors import UserError
from core.results import STEPS
from core.studies.together_guess import LONG
from core.studio.runtime import Runtime
from core.trace import Array
from core.training.registry import FIRST, shown_in
from viz.player.payload import decode, encode
from viz.tabs.common import SIDE, told

Rows = list[list[float]] | dict[str, Any]
Packed = dict[str, Any]
DECODING = (
    'A picture is {"data", "shape", "dtype"}: np.frombuffer(base64.b64decode(value["data"]), value["dtype"])'
    '.reshape(value["shape"]).'
)
"""What the page about the API says below each endpoint."""
EVERY_PIXEL = next(iter(shown_in("look_pixels")))
MAX_FILE = 10_000_000
"""Bytes of a picture's file as text; through the page, which sends no text, it may be larger."""


def grid(rows: object, name: str) -> NDArray[np.float64]:
    """A picture from outside, packed or in rows, as an array (H, W); ``UserError`` unless it is 28×28 numbers."""
    sentence = f"{name} must be {SIDE} rows of {SIDE} numbers from 0 to 255."
    try:
        array = np.asarray(unpacked(rows) if isinstance(rows, dict) else rows, np.float64)
    except (OverflowError, TypeError, ValueError):  # the first for numbers of more than 308 digits
        raise UserError(sentence) from None
    if array.shape != (SIDE, SIDE) or not ((array >= 0) & (array <= 255)).all():  # NaN is not
        raise UserError(sentence)
    return array


def scene_of(rows: object) -> NDArray[np.uint8]:
    """A scene from outside, packed or in rows, (H, W) of 0 to 255; ``UserError`` for anything else.

    Which sizes there can be says the studio.
    """
    sentence = "A scene must be rows of numbers from 0 to 255, all rows of one length."
    try:
        if isinstance(rows, dict):
            height, width = rows["shape"]
            array = np.asarray(unpacked(rows, (int(height), int(width))), np.float64)
        else:
            array = np.asarray(rows, np.float64)
    except (KeyError, OverflowError, TypeError, ValueError):
        raise UserError(sentence) from None
    if array.ndim != 2 or not array.size or not ((array >= 0) & (array <= 255)).all():
        raise UserError(sentence)
    return array.astype(np.uint8)


def pixels_of(rows: object) -> NDArray[np.uint8]:
    """A picture from outside: (H, W) of 0 to 255."""
    return grid(rows, "The picture").astype(np.uint8)


def file_bytes(text: object) -> bytes:
    """A file from base64 text; raises :class:`core.errors.UserError` with one sentence."""
    if not isinstance(text, str):
        raise UserError("Send the picture's file as base64 text.")
    if len(text) > MAX_FILE // 3 * 4 + 4:
        raise UserError(f"A picture's file may hold at most {MAX_FILE // 1_000_000} MB.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UserError("The picture's file is not valid base64 text.") from None


def unpacked(value: dict[Any, Any], size: tuple[int, int] = (SIDE, SIDE)) -> NDArray[np.uint8]:
    """What :func:`packed` made of a picture of that size; ``ValueError`` or ``TypeError`` for anything else."""
    text = value.get("data")
    if value.get("dtype") != "uint8" or value.get("shape") != list(size) or not isinstance(text, str):
        raise ValueError("Not a packed picture of this size.")
    return decode(text, np.uint8, size)


def packed(array: NDArray[Any], kind: Literal["uint8", "float16", "float32"]) -> Packed:
    """An array as one text: as nested lists, Gradio would walk through its numbers while everybody waits."""
    return {"data": encode(array, kind), "shape": list(array.shape), "dtype": kind}


def levels(images: Array) -> Packed:
    """Pictures in [0, 1] whose values are whole levels, as those levels."""
    return packed(np.rint(images * 255), "uint8")


def numbers(array: NDArray[Any]) -> list[float]:
    """A short list (n,), rounded to what a nat is worth."""
    rounded: list[float] = np.round(array.astype(np.float64), 4).tolist()
    return rounded


def pictures(images: Array) -> Array:
    """(B, C, H, W) as (B, H, W), in colour as (B, H, W, 3)."""
    return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)


def register(runtime: Runtime) -> None:
    """Add every endpoint to the page that is being built."""

    @told
    def draw_generate(count: int = 16, seed: int = 1, temperature: float = 1.0, steps: int = STEPS) -> dict[str, Any]:
        """DRAW paints from the prior: ``canvases`` float16 (steps, count, 28, 28)."""
        trace = runtime.studio.draw_generate(count, seed, temperature, steps)
        return {"canvases": packed(np.stack([step.image[:, 0] for step in trace]), "float16")}

    @told
    def draw_copy(pixels: Rows, seed: int = 1, steps: int = STEPS) -> dict[str, Any]:
        """DRAW copies a picture: ``canvases`` float16 (steps, 28, 28), ``kl`` (steps,) in nats."""
        trace = runtime.studio.draw_copy(pixels_of(pixels), seed, steps)
        canvases = np.stack([step.image[0, 0] for step in trace])
        return {"canvases": packed(canvases, "float16"), "kl": numbers(trace.series("kl")[:, 0])}

    @told
    def vae_encode(pixels: Rows, model: str = FIRST["vae"]) -> dict[str, Any]:
        """A VAE's code of a picture: ``mean``, ``sigma`` and ``kl`` (d,), ``reconstruction`` in nats.

        The last is an average over 64 draws of the code; with the sum of ``kl`` it bounds the picture's −log p.
        """
        code = runtime.studio.vaes.encode(pixels_of(pixels), model)
        lists = {"mean": code.mean, "sigma": code.sigma, "kl": code.kl}
        return {**{name: numbers(value) for name, value in lists.items()}, "reconstruction": code.reconstruction}

    @told
    def vae_decode(code: list[float], model: str = FIRST["vae"]) -> dict[str, Any]:
        """The picture of a code of d numbers: ``image`` float16 (28, 28), in colour (32, 32, 3)."""
        return {"image": packed(pictures(runtime.studio.vaes.decode(code, name=model)[0])[0], "float16")}

    @told
    def pixel_generate(
        count: int = 9, seed: int = 1, temperature: float = 1.0, model: str = FIRST["pixel"], digit: int | None = None
    ) -> dict[str, Any]:
        """A pixel model paints: ``images`` uint8 (count, H, W) or (count, H, W, 3), and ``nats`` (count,) of each."""
        trace = runtime.studio.pixels.generate(model, count, seed, temperature, label=digit)
        return {"images": levels(pictures(trace.image)), "nats": numbers(trace.nats.sum((1, 2)))}

    @told
    def pixel_complete(
        pixels: Rows,
        hidden: Rows,
        count: int = 9,
        seed: int = 1,
        temperature: float = 1.0,
        model: str = FIRST["pixel"],
        particles: int = 0,
    ) -> dict[str, Any]:
        """A pixel model completes: ``images`` uint8 (count, 28, 28), the likeliest first, and ``nats`` (count,).

        With ``particles``, so many for each of them, they fit all that is given, not only what comes before a pixel.
        """
        covered = pixels_of(pixels), grid(hidden, "The mask") != 0
        studio = runtime.studio.pixels
        if particles:
            trace, _ = studio.fit(model, covered, count, seed, temperature, particles=particles)
        else:
            trace = studio.complete(model, covered, count, seed, temperature)
        return {"images": levels(trace.image[:, 0]), "nats": numbers((trace.nats * ~trace.known).sum((1, 2)))}

    @told
    def pixel_nats(pixels: Rows, model: str = FIRST["pixel"]) -> dict[str, Any]:
        """What a picture costs under a pixel model: ``nats`` float32 (28, 28), of each pixel given those before."""
        return {"nats": packed(runtime.studio.pixels.judge(model, pixels_of(pixels)).nats[0], "float32")}

    @told
    def look_pixels(scene: Rows, model: str = EVERY_PIXEL) -> dict[str, Any]:
        """What every pixel of a scene (H, W) is: ``kinds`` float16 (3, H, W), how likely paper, digit and clutter are.

        ``digits`` (10,): how likely it is each digit. Scenes are white on black, 12 to 128 pixels a side.
        """
        found = runtime.studio.every_pixel.grown(scene_of(scene), model)
        return {"kinds": packed(found.kinds[-1], "float16"), "digits": numbers(found.digits[-1])}

    @told
    def together_answer(
        question: str,
        painter: str,
        pixels: Rows | None = None,
        hidden: Rows | None = None,
        count: int = 4,
        seed: int = 1,
    ) -> dict[str, Any]:
        """What a painter makes of a digit: ``question`` is copy, complete, surprise or imagine; ``painter`` its name.

        ``pictures`` float16 (count, 28, 28); ``nats``, at most so much if ``bound`` is true, of which ``code`` are paid
        before any pixel, with the standard ``error``; ``wrong``, the share of pixels a copy has wrong; ``bits`` of a
        file with the painter's own odds; ``surprise`` float32 (28, 28), nats of each pixel; ``distance`` and
        ``distinct``, how different the pictures are. What there is not is null. Imagining needs no picture, and only
        completing a mask.
        """
        blank = np.zeros((SIDE, SIDE), np.uint8)
        covered = blank if hidden is None else grid(hidden, "The mask")
        digit = blank if pixels is None else pixels_of(pixels)
        entry = runtime.studio.together.answer(question, painter, (digit, covered != 0), count, seed)
        figures = {name: getattr(entry, name) for name in ("nats", "code", "error", "wrong", "distance")}
        return {
            "pictures": packed(entry.pictures, "float16"),
            "surprise": None if entry.surprise is None else packed(entry.surprise, "float32"),
            **{name: None if np.isnan(value) else float(value) for name, value in figures.items()},
            "bound": entry.bound,
            "bits": entry.bits,
            "distinct": entry.distinct,
        }

    @told
    def together_bills(round: int, bets: list[int], length: int = LONG) -> dict[str, Any]:
        """Beat the model: what bets on ink cost, in bits, and what all others paid for the same pixels.

        ``bets`` are percents, one for each pixel of the ``round`` in the order of reading, ``length`` 60 or 20 of them
        asked for. ``bills`` has each player's bits by name, "You" first.
        """
        yours, others = runtime.studio.guessing.bills(round, length, bets)
        return {"bills": {bill.name: numbers(bill.bits) for bill in (yours, *others)}}

    @told
    def read_picture(file: str) -> dict[str, Any]:
        """Any picture file, as base64 text, as a digit that the models know: ``pixels`` uint8 (28, 28) of 0 and 255.

        ``read`` says in one sentence how it was read.
        Text, not a path: a path from outside could name any file of the server.
        """
        reading = read_digit(open_picture(file_bytes(file)), SIDE)
        return {"pixels": packed(reading.pixels, "uint8"), "read": reading.sentence}

    for endpoint in (
        draw_generate,
        draw_copy,
        vae_encode,
        vae_decode,
        pixel_generate,
        pixel_complete,
        pixel_nats,
        look_pixels,
        together_answer,
        together_bills,
        read_picture,
    ):
        about = f"{inspect.getdoc(endpoint)} {DECODING}"
        api(endpoint, api_name=endpoint.__name__, api_description=about, concurrency_limit=2)
