"""The public API, for ``gradio_client`` and plain HTTP: pictures as rows of numbers, errors as sentences.

A picture is 28 rows of 28 numbers, 0 (paper) to 255 (ink); a mask is 28 rows of 28, not 0 where the picture is hidden.
Answers hold pictures in [0, 1].
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from gradio.events import api
from numpy.typing import NDArray

from core.errors import UserError
from core.images import MAX_BYTES, open_picture, to_digit
from core.runtime import Runtime
from core.trace import Array
from viz.painters import FIRST, FIRST_VAE
from viz.tabs.common import SIDE, told
from viz.tabs.draw_time import STEPS

Rows = list[list[float]]


def grid(rows: object, name: str) -> NDArray[np.float64]:
    """Rows from outside as an array (H, W); raises ``UserError`` unless they are 28×28 numbers."""
    sentence = f"{name} must be {SIDE} rows of {SIDE} numbers from 0 to 255."
    try:
        array = np.asarray(rows, np.float64)
    except (TypeError, ValueError):
        raise UserError(sentence) from None
    if array.shape != (SIDE, SIDE) or not ((array >= 0) & (array <= 255)).all():  # NaN is not
        raise UserError(sentence)
    return array


def pixels_of(rows: object) -> NDArray[np.uint8]:
    """A picture from outside: (H, W) of 0 to 255."""
    return grid(rows, "The picture").astype(np.uint8)


def file_bytes(text: object) -> bytes:
    """A file from base64 text; raises :class:`core.errors.UserError` with one sentence."""
    if not isinstance(text, str):
        raise UserError("Send the picture's file as base64 text.")
    if len(text) > MAX_BYTES // 3 * 4 + 4:
        raise UserError(f"A picture's file may hold at most {MAX_BYTES // 1_000_000} MB.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UserError("The picture's file is not valid base64 text.") from None


def nested(array: NDArray[Any]) -> Any:
    """An array as nested lists, rounded to what a picture or a nat is worth."""
    return np.round(array.astype(np.float64), 4).tolist()


def pictures(images: Array) -> Array:
    """(B, C, H, W) as (B, H, W), in colour as (B, H, W, 3)."""
    return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)


def register(runtime: Runtime) -> None:
    """Add every endpoint to the page that is being built."""

    @told
    def draw_generate(count: int = 16, seed: int = 1, temperature: float = 1.0, steps: int = STEPS) -> dict[str, Any]:
        """DRAW paints from the prior: ``canvases`` (steps, count, 28, 28)."""
        trace = runtime.studio.draw_generate(count, seed, temperature, steps)
        return {"canvases": nested(np.stack([step.image[:, 0] for step in trace]))}

    @told
    def draw_copy(pixels: Rows, seed: int = 1, steps: int = STEPS) -> dict[str, Any]:
        """DRAW copies a picture: ``canvases`` (steps, 28, 28), ``kl`` (steps,) in nats."""
        trace = runtime.studio.draw_copy(pixels_of(pixels), seed, steps)
        canvases = np.stack([step.image[0, 0] for step in trace])
        return {"canvases": nested(canvases), "kl": nested(trace.series("kl")[:, 0])}

    @told
    def vae_encode(pixels: Rows, model: str = FIRST_VAE) -> dict[str, Any]:
        """A VAE's code of a picture: ``mean``, ``sigma`` and ``kl`` (d,), ``reconstruction`` in nats.

        The last is an average over 64 draws of the code; with the sum of ``kl`` it bounds the picture's −log p.
        """
        code = runtime.studio.vaes.encode(pixels_of(pixels), model)
        numbers = {"mean": code.mean, "sigma": code.sigma, "kl": code.kl}
        return {**{name: nested(value) for name, value in numbers.items()}, "reconstruction": code.reconstruction}

    @told
    def vae_decode(code: list[float], model: str = FIRST_VAE) -> dict[str, Any]:
        """The picture of a code of d numbers: ``image`` (28, 28), in colour (32, 32, 3)."""
        return {"image": nested(pictures(runtime.studio.vaes.decode(code, name=model)[0])[0])}

    @told
    def pixel_generate(
        count: int = 9, seed: int = 1, temperature: float = 1.0, model: str = FIRST, digit: int | None = None
    ) -> dict[str, Any]:
        """A pixel model paints: ``images`` (count, H, W), in colour (count, H, W, 3), and ``nats`` (count,) of each."""
        trace = runtime.studio.pixels.generate(model, count, seed, temperature, label=digit)
        return {"images": nested(pictures(trace.image)), "nats": nested(trace.nats.sum((1, 2)))}

    @told
    def pixel_complete(
        pixels: Rows,
        hidden: Rows,
        count: int = 9,
        seed: int = 1,
        temperature: float = 1.0,
        model: str = FIRST,
        particles: int = 0,
    ) -> dict[str, Any]:
        """A pixel model completes: ``images`` (count, 28, 28), the likeliest first, and ``nats`` (count,).

        With ``particles`` they heed all that is given, not only what comes before each pixel.
        """
        covered = pixels_of(pixels), grid(hidden, "The mask") != 0
        studio = runtime.studio.pixels
        if particles:
            trace, _ = studio.fit(model, covered, count, seed, temperature, particles=particles)
        else:
            trace = studio.complete(model, covered, count, seed, temperature)
        return {"images": nested(trace.image[:, 0]), "nats": nested((trace.nats * ~trace.known).sum((1, 2)))}

    @told
    def pixel_nats(pixels: Rows, model: str = FIRST) -> dict[str, Any]:
        """What a picture costs under a pixel model: ``nats`` (28, 28) of each pixel given those before it."""
        return {"nats": nested(runtime.studio.pixels.judge(model, pixels_of(pixels)).nats[0])}

    @told
    def read_picture(file: str) -> dict[str, Any]:
        """Any picture file, as base64 text, as a digit that the models know: ``pixels`` (28, 28) of 0 and 255.

        Text, not a path: a path from outside could name any file of the server.
        """
        return {"pixels": to_digit(open_picture(file_bytes(file)), SIDE).tolist()}

    for endpoint in (
        draw_generate,
        draw_copy,
        vae_encode,
        vae_decode,
        pixel_generate,
        pixel_complete,
        pixel_nats,
        read_picture,
    ):
        api(endpoint, api_name=endpoint.__name__, concurrency_limit=2)
