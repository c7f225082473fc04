"""Easel from Python: every capability of every room, asked of a running Easel or of this process, typed and the same.

::

    from core.client import Easel

    easel = Easel("http://127.0.0.1:7860")  # or Easel(), which needs no server
    trace = easel.draw.copy(digit, seed=7)  # a core.trace.CanvasTrace
    cost = easel.pixels.judge(digit).nats.sum()

Pictures go in as arrays (bool, whole numbers from 0 to 255, floats from 0 to 1) or traces; out come traces
(:mod:`core.trace`), results (:mod:`core.results`, :mod:`core.results_vae`) and arrays. A mistake is a
:class:`core.errors.UserError` with one sentence. ``API.md`` lists all, and how to ask without this module.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.client.draw import Draw
from core.client.kinds import File
from core.client.look import Look
from core.client.pixels import Pixels
from core.client.rooms import Ask, Endpoint, Room, asked
from core.client.together import Together
from core.client.vae import Vae
from core.client.wire import received
from core.data.reading import Reading
from core.errors import UserError
from core.results import Known
from core.studio.runtime import Runtime

ROOMS: tuple[type[Room], ...] = (Vae, Draw, Pixels, Look, Together)


class Easel(Room):
    """All rooms of a running Easel at ``url``, or, without one, of this process, which then loads the models.

    ``code`` is the class code of one that asks for it, with ``name`` a person's password. Whoever has a ``runtime``
    already gives it. Raises :class:`core.errors.UserError` where nobody answers.
    """

    def __init__(self, url: str = "", *, code: str = "", name: str = "", runtime: Runtime | None = None) -> None:
        ask = _remote(url, name, code) if url else _here(runtime or Runtime(device="cpu"))
        super().__init__(ask)
        self.vae, self.draw, self.pixels = Vae(ask), Draw(ask), Pixels(ask)
        self.look, self.together = Look(ask), Together(ask)

    @asked
    def models(self) -> list[Known]:
        """All models: their names, families, sizes, and what was measured of them."""

    @asked
    def read_picture(self, file: File) -> Reading:
        """Any picture file, a photograph too, as a digit that the models know."""


def endpoints() -> dict[str, Endpoint]:
    """Every endpoint by its name."""
    rooms: tuple[type[Room], ...] = (Easel, *ROOMS)
    return {name: each for room in rooms for name, each in room.endpoints().items()}


def picture(text: str) -> NDArray[np.uint8]:
    """A picture (H, W) or (H, W, 3) from the text that :func:`text_of` made of it."""
    raw = np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8)
    height, width, channels = (int(side) for side in raw[:3])
    flat = np.unpackbits(raw[4:])[: height * width * channels] * 255 if raw[3] else raw[4:]
    shape = (height, width) if channels == 1 else (height, width, channels)
    return flat.astype(np.uint8).reshape(shape)


def text_of(pixels: NDArray[np.uint8]) -> str:
    """A picture (H, W) or (H, W, 3), at most 255 pixels a side, as a text that stands in a line of code.

    Of one that holds only 0 and 255 each pixel is a bit.
    """
    channels = 1 if pixels.ndim == 2 else 3
    bits = bool(np.isin(pixels, (0, 255)).all())
    flat = np.packbits(pixels.ravel() > 0) if bits else pixels.ravel()
    raw = bytes([*pixels.shape[:2], channels, bits]) + flat.astype(np.uint8).tobytes()
    return base64.b85encode(zlib.compress(raw, 9)).decode()


def _here(runtime: Runtime) -> Ask:
    def ask(endpoint: Endpoint, given: dict[str, Any]) -> Any:
        return runtime.answer(endpoint.name, endpoint.read(endpoint.send(given)))

    return ask


def _remote(url: str, name: str, code: str) -> Ask:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    try:
        client = Client(url, verbose=False, analytics_enabled=False, auth=(name, code) if code else None)
    except Exception as error:  # whatever a machine that is not there, or is none of ours, makes of it
        raise UserError("No Easel answers at {url}: {error}", url=url, error=error) from error

    def ask(endpoint: Endpoint, given: dict[str, Any]) -> Any:
        sent: Mapping[str, Any] = endpoint.send(given)
        try:
            answer = client.predict(api_name=f"/{endpoint.name}", **sent)
        except AppError as error:
            raise UserError(str(error)) from None
        return received(answer, endpoint.answer)

    return ask
