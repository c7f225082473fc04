"""Bringing a picture of one's own: the button, and beside what was brought what was read in it."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.archives import fitted
from core.data.images import open_picture
from core.data.reading import read_digit, to_scene
from viz.language import say
from viz.tabs.common import SIDE

DIGIT = "One digit, dark on light or light on dark. A photo will do."
COLOUR = "Any picture. The largest square in its middle is read."
SCENE = "Any picture. It is made grey and fitted into the square."
THUMB = 96
"""Side of the small pictures of a note, in pixels of their files; half of it on the screen."""


class Upload(NamedTuple):
    """The button, and under it the note on what was read, a hint before."""

    button: gr.UploadButton
    note: gr.HTML


class Brought(NamedTuple):
    """What a person brought, and ``pixels``, what was read in it; ``note`` shows both."""

    pixels: NDArray[np.uint8]
    note: str


def upload_field(key: str, hint: str = DIGIT, elem_id: str = "") -> Upload:
    """A button for a picture of one's own. The note keeps its height, so that nothing moves when it says something."""
    button = gr.UploadButton(
        "Upload a picture", file_types=["image"], elem_id=elem_id or f"{key}-upload", size="sm", min_width=80
    )
    return Upload(button, gr.HTML(hinted(hint), elem_id=f"{key}-read", apply_default_css=False))


def hinted(hint: str = DIGIT) -> str:
    """The note before anything was brought."""
    return f'<div class="easel-read"><p>{html.escape(say(hint))}</p></div>'


def noted(original: Image.Image, pixels: NDArray[np.uint8], sentence: str) -> str:
    """The note: the picture as it came, what was read, and how."""
    small = original.copy()
    small.thumbnail((THUMB, THUMB))
    read = Image.fromarray(pixels)
    yours, found = say("Your picture"), say("What was read")
    return (
        '<div class="easel-read">'
        f'<img src="{encoded(small, "JPEG")}" alt="{yours}" title="{yours}">'
        f'<img class="easel-pixels" src="{encoded(read, "PNG")}" alt="{found}" title="{found}">'
        f"<p>{html.escape(sentence)}</p></div>"
    )


def encoded(image: Image.Image, kind: str) -> str:
    """A picture as the address of an image element."""
    file = io.BytesIO()
    image.save(file, kind)
    return f"data:image/{kind.lower()};base64," + base64.b64encode(file.getvalue()).decode("ascii")


def digit(path: str) -> Brought:
    """A picture from the user's disk as a digit, (28, 28) of 0 and 255."""
    original = open_picture(Path(path))
    pixels, sentence = read_digit(original, SIDE)
    return Brought(pixels, noted(original, pixels, sentence))


def colour(path: str, side: int, sentence: str = "") -> Brought:
    """A picture from the user's disk as a small square in colour, (side, side, 3)."""
    original = open_picture(Path(path))
    pixels = fitted(original, (3, side, side)).transpose(1, 2, 0).copy()
    square = say("the whole of it") if original.width == original.height else say("the square in its middle")
    return Brought(
        pixels,
        noted(original, pixels, sentence or say("Read {square}, made {side}×{side} pixels.", square=square, side=side)),
    )


def scenes(path: str, sides: tuple[int, ...]) -> tuple[dict[int, NDArray[np.uint8]], str]:
    """A picture from the user's disk as a scene of each size, and the note."""
    original = open_picture(Path(path))
    found = {side: to_scene(original, side) for side in sides}
    return found, noted(original, found[sides[-1]], say("Read as bright ink on black, with nothing cut off."))
