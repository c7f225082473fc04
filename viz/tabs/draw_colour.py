"""Colour: DRAW paints house numbers and small photographs with three canvases at once, red, green and blue."""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core import strokes
from core.archives import fitted
from core.errors import UserError
from core.runtime import Runtime
from viz import frames
from viz.painters import DRAW_COLOUR
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    card,
    column,
    explanation,
    paints,
    room,
    seed_field,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    told,
    verbs,
)
from viz.tabs.pixel_colour import own_pictures
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COPY, IMAGINE = "Copy", "Imagine"
PAINTERS = list(DRAW_COLOUR)
START = 1
"""Which of the pictures to copy stands there at first. None of the data sets' own are shipped."""
NUMBER_SIDE = 54
FIRST_COUNT, FIRST_SEED = 2, 2

TEXT = """
The same network with a canvas of three layers: a window reads and writes red, green and blue at the same place.
**House numbers** are painted on 54×54 pixels, **photographs** on 32×32.

A colour is a number between nothing and full, but DRAW's likelihood knows only ink and no ink. As in the paper it is
taught all the same by the cross-entropy with the intensity, so its bars, the nats of each stroke, are meant, but the
whole is no likelihood of a colour picture and compares with no other model's.

These networks are **small** and saw few pictures. Copies are soft. Imagined house numbers are signs on walls, now and
then with a digit to be read; imagined photographs are colours and light in the right places rather than things. The
house numbers to copy are drawn by a procedure, the photographs were painted by PixelCNN. Upload one of yours: it is
cropped to a square and made as small as the canvas.
"""

FORMULA = r"""
Each layer of the canvas is read and written with the same filters; the error image is $\hat x = x - \sigma(c_{t-1})$.
The reconstruction term is

$$-\sum_{i, C} x_{i,C} \log \sigma(c_{T,i,C}) + (1 - x_{i,C}) \log (1 - \sigma(c_{T,i,C})), \quad x_{i,C} \in [0, 1].$$

Gregor et al. 2015, sections 4.4 and 4.5.
"""


@functools.cache
def house_numbers() -> NDArray[np.uint8]:
    """(10, H, W, 3): two drawn digits each, in one colour before a wall of another in a soft light."""
    rng, side = np.random.default_rng(6), NUMBER_SIDE
    digits, _ = strokes.digits(20, seed=6, size=36)
    ink = np.zeros((10, side, side), np.float32)
    ink[:, 9:45, 2:28] = digits[:10, :, 5:31] / 255
    ink[:, 9:45, 26:52] = np.maximum(ink[:, 9:45, 26:52], digits[10:, :, 5:31] / 255)
    wall, paint = rng.uniform(20, 140, (10, 1, 1, 3)), rng.uniform(150, 250, (10, 1, 1, 3))
    light = 1 + rng.uniform(-0.3, 0.3, (10, 1, 1, 1)) * np.linspace(-1, 1, side)[:, None, None]
    mixed = (wall + (paint - wall) * ink[..., None]) * light
    return mixed.round().clip(0, 255).astype(np.uint8)


def to_copy(painter: str) -> tuple[NDArray[np.uint8], str]:
    """The pictures (10, H, W, 3) that there are to copy for a painter, and who made them."""
    if DRAW_COLOUR[known(painter)] == "draw-svhn":
        return house_numbers(), "Drawn by a procedure"
    return own_pictures()["pixelcnn-cifar10"], "Painted by PixelCNN"


def picker_payload(painter: str) -> Any:
    """The payload of the pictures that there are to copy, a grid of still ones."""
    pictures, title = to_copy(painter)
    images = (pictures.transpose(0, 3, 1, 2) / 255).astype(np.float32)
    return {**frames.still_payload(images, title, "read", columns=5), "cell": START}


def chosen(cell: object, painter: str) -> NDArray[np.uint8]:
    """The picture (H, W, 3) behind a cell of the picker."""
    pictures, _ = to_copy(painter)
    if not isinstance(cell, int) or not 0 <= cell < len(pictures):
        raise UserError("There is no such example.")
    return pictures[cell]


def known(painter: str) -> str:
    """The same name; raises :class:`core.errors.UserError` for one that is not on the page."""
    if painter not in DRAW_COLOUR:
        raise UserError("There is no such painter.")
    return painter


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A picture (H, W, 3) on a canvas of ``side`` × ``side``."""
    return fitted(Image.fromarray(pixels), (3, side, side)).transpose(1, 2, 0).copy()


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("draw-colour")
    painted, picture = gr.State(first), gr.State(chosen(START, PAINTERS[0]))
    with room("draw"):
        with column("stage"), card():
            stage = player("drawcolour-player", "write", first)
            status_line("drawcolour")
            verbs("drawcolour", painted, 8)
        with column("controls"), card("Painter"):
            painter = gr.Radio(
                PAINTERS, value=PAINTERS[0], label="Painter", elem_id="drawcolour-painter", elem_classes="easel-switch"
            )
            mode = task_switch("drawcolour", (IMAGINE, COPY))
            with gr.Column(min_width=0) as imagining:
                count = gr.Slider(1, 16, FIRST_COUNT, step=1, label="Pictures", elem_id="drawcolour-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="drawcolour-temperature")
            with gr.Column(min_width=0, visible=False) as copying:
                picker = player("drawcolour-examples", "read", picker_payload(PAINTERS[0]), panels=1)
                upload, note = uploads.upload_field("drawcolour", uploads.COLOUR)
            seed = seed_field("drawcolour", FIRST_SEED)
            paint = gr.Button("Paint", variant="primary", elem_id="drawcolour-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("drawcolour-narrator", "drawcolour-player", "write")
            explanation(TEXT, FORMULA)

    def answer(
        pixels: NDArray[np.uint8], painter: str, mode: str, count: float, seed: float, temperature: float
    ) -> tuple[Any, ...]:
        draws, name = runtime.studio.draws, DRAW_COLOUR[known(painter)]
        if mode == IMAGINE:
            trace = draws.generate(name, count, seed, temperature)
        else:
            trace = draws.copy(name, resized(pixels, draws.side(name)), seed)
        value = frames.draw_payload(trace, before=draws.blank(name))
        return value, value

    @told
    def on_pick(event: gr.EventData, painter: str, *values: Any) -> tuple[Any, ...]:
        pixels = chosen(event.cell, painter)
        return pixels, uploads.hinted(uploads.COLOUR), *answer(pixels, painter, *values)

    @told
    def on_upload(path: str, painter: str, *values: Any) -> tuple[Any, ...]:
        side = max(runtime.studio.draws.side(name) for name in DRAW_COLOUR.values())
        pixels, said = uploads.colour(path, side)
        return pixels, said, *answer(pixels, painter, *values)

    @told
    def on_painter(painter: str, *values: Any) -> tuple[Any, ...]:
        pixels = chosen(START, painter)
        return picker_payload(painter), pixels, uploads.hinted(uploads.COLOUR), *answer(pixels, painter, *values)

    options, outputs = [painter, mode, count, seed, temperature], [stage, painted]
    show_stage(paint, "drawcolour-player")
    picker.pick(on_pick, options, [picture, note, *outputs], **LATEST)
    upload.upload(on_upload, [upload, *options], [picture, note, *outputs], **LATEST)
    painter.change(on_painter, options, [picker, picture, note, *outputs], **LATEST)
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
    paints([paint.click, mode.change], answer, [picture, *options], outputs)
