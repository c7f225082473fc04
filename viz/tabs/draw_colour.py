"""Colour: DRAW paints house numbers and small photographs with three canvases at once, red, green and blue."""

from __future__ import annotations

import functools
import zlib
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data import plates
from core.data.archives import fitted
from core.errors import UserError
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player import bundle, frames
from viz.player.payload import Again
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    away,
    card,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    switch,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.pixel_colour import own_pictures
from viz.tabs.trained import Painters
from viz.widgets.narrator.narrator import narrator
from viz.widgets.picker.pictures import pictures
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

COPY, IMAGINE = "Copy", "Imagine"
DRAW_COLOUR = {label: name for name, label in shown_in("draw_colour").items()}
"""What DRAW paints in colour, as it is called on the page, and the registry's name."""
PAINTERS = list(DRAW_COLOUR)
START = 1
"""Which of the pictures to copy stands there at first. None of the data sets' own are shipped."""
OWN = "own"
"""How the value of a picker begins for a picture that a person brought."""
NUMBER_SIDE, HOUSES = 54, (36, 21, 7, 5, 45, 41, 30, 33, 10, 42)
"""The side of the house numbers to copy, and which of a stream of drawn ones they are."""
FIRST_COUNT = 2

TEXT = """
The same network with a canvas of three layers: a window reads and writes red, green and blue at the same place.
**House numbers** have 54×54 pixels, **photographs** 32×32.

One painter learned from numbers that a **program draws**: there are as many as one likes, and about half of what it
imagines can be read. The painter of *photographed numbers* went on from there with 1,800 **photographs**. The third
learned from small photographs of animals, cars and the like alone: its things stay soft.
"""
MORE = """
A colour is a number between nothing and full, but DRAW's likelihood knows only ink and no ink. As in the paper it is
taught all the same by the cross-entropy with the intensity, so its bars, the nats of each stroke, are meant, but the
whole is no likelihood of a colour picture and compares with no other model's.

The house numbers to copy are drawn by a program, the photographs were painted by PixelCNN. Upload one of yours: it is
cropped to a square and made as small as the canvas. It stays in this page: a link to it shows our picture.
"""

FORMULA = r"""
Each layer of the canvas is read and written with the same filters; the error image is $\hat x = x - \sigma(c_{t-1})$.
The reconstruction term is

$$-\sum_{i, C} {x_{i,C} \log \sigma(c_{T,i,C})}
+ {(1 - x_{i,C}) \log (1 - \sigma(c_{T,i,C}))}$$

with $x_{i,C} \in [0, 1]$.

Gregor et al. 2015, sections 4.4 and 4.5.
"""


@functools.cache
def house_numbers() -> NDArray[np.uint8]:
    """(10, 54, 54, 3): house numbers in typefaces that need no font package, of a seed that nothing is trained on."""
    stream = plates.Stream(seed=2026, count=48, side=NUMBER_SIDE, packages=False)
    return stream[np.array(HOUSES)].transpose(0, 2, 3, 1).copy()


def to_copy(painter: str) -> tuple[NDArray[np.uint8], str]:
    """The pictures (10, H, W, 3) that there are to copy for a painter, and who made them."""
    learned = REGISTRY[DRAW_COLOUR[known(painter)]].dataset
    for name, painted in own_pictures().items():
        if REGISTRY[name].dataset == learned:
            return painted, say("Painted by PixelCNN")
    return house_numbers(), say("Drawn by a program")


def picture(choice: str, painter: str, own: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The picture (H, W, 3) behind the value of a painter's picker: one of those, or the person's ``own``."""
    choices, _ = to_copy(painter)
    if own is not None and choice.startswith(OWN):
        return own
    if not (choice.isascii() and choice.isdigit() and int(choice) < len(choices)):
        raise UserError("There is no such example.")
    return choices[int(choice)]


def known(painter: str) -> str:
    """The same name; raises :class:`core.errors.UserError` for one that is not on the page."""
    if painter not in DRAW_COLOUR:
        raise UserError("There is no such painter.")
    return painter


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A picture (H, W, 3) on a canvas of ``side`` × ``side``."""
    return fitted(Image.fromarray(pixels), (3, side, side)).transpose(1, 2, 0).copy()


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first = stored("draw-colour")
    painted, own = gr.State(first), gr.State(None)
    with room("draw"):
        with column("controls"), card():
            painter = tab.control("painter", switch("Painter", PAINTERS, "drawcolour-painter", PAINTERS[0], said=False))
            trained = Painters(tab, "drawcolour", DRAW_COLOUR.values(), painter)
            mode = tab.control("task", task_switch("drawcolour", (COPY, IMAGINE)))
            with gr.Row(visible=False, elem_classes="easel-bar") as imagining:
                count = tab.control(
                    "pictures",
                    gr.Slider(1, 16, FIRST_COUNT, step=1, label="Pictures", elem_id="drawcolour-count", min_width=140),
                )
                temperature = tab.control(
                    "temperature",
                    gr.Slider(
                        0.1, 2, 1, step=0.05, label="Temperature", elem_id="drawcolour-temperature", min_width=140
                    ),
                )
            with gr.Row(elem_classes="easel-bar") as copying:
                boxes, pickers = _pickers(tab)
                with gr.Column(min_width=220):
                    upload, note = uploads.upload_field("drawcolour", say(uploads.COLOUR))
            paint = gr.Button("Paint", variant="primary", elem_id="drawcolour-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("drawcolour-player", "write", first)
            status = status_line("drawcolour")
            schematic("drawcolour", "draw")
            verbs("drawcolour", painted, 8)
        with column("aside"):
            with card():
                narrator("drawcolour-narrator", "drawcolour-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        painter: str,
        mode: str,
        seed: float,
        count: float,
        temperature: float,
        own: NDArray[np.uint8] | None,
        run: str,
        **chosen: str,
    ) -> tuple[Any, ...]:
        studio, name = trained.asked(run, DRAW_COLOUR[known(painter)])
        draws = studio.draws
        seed = int(seed)
        if mode == IMAGINE:
            trace = draws.generate(name, count, seed, temperature)
            made = bundle.again(name, f"sample({int(count)}, seed={seed}, temperature={temperature:g})")
        else:
            pixels = resized(picture(chosen[KEYS[painter]], painter, own), draws.side(name))
            trace = draws.copy(name, pixels, seed)
            made = copied(name, pixels, seed)
        value = {**frames.draw_payload(trace, before=draws.blank(name)), "again": made}
        return value, value

    def on_upload(path: str) -> tuple[Any, ...]:
        side = max(tab.runtime.studio.draws.side(name) for name in DRAW_COLOUR.values())
        pixels, said = uploads.colour(path, side)
        token = f"{OWN}-{zlib.crc32(pixels.tobytes())}"
        return pixels, said, *(token for _ in pickers)

    asked = {"painter": painter, "mode": mode, "seed": tab.desk.seed, "count": count, "temperature": temperature}
    asked |= {"run": trained.run}
    when = dict.fromkeys(pickers, (mode, COPY))
    gate = tab.paint(answer, {**asked, "own": own, **pickers}, [stage, painted], status=status, when=when)
    again(paint, gate)
    show_stage(paint, "drawcolour-player")
    tab.moment("drawcolour-player")
    tab.on(upload.upload, on_upload, {"path": upload}, [own, note, *(each.component for each in pickers.values())])
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
    painter.change(
        lambda chosen: [gr.Column(elem_classes=away(chosen == each)) for each in boxes],
        painter,
        list(boxes.values()),
        **LATEST,
    )


def copied(name: str, pixels: NDArray[np.uint8], seed: int) -> Again:
    """How a copy of a picture (H, W, 3) comes again."""
    return bundle.again(name, f'copy("{name}", given["picture"], {seed})', studio="draws", picture=pixels)


KEYS = dict(zip(PAINTERS, ("plate", "house", "photo"), strict=True))
"""What the pictures to copy are called in an address, for each painter."""


def _pickers(tab: Tab) -> tuple[dict[str, gr.Column], dict[str, Any]]:
    """A box for each painter with the pictures to copy, all there to take what an address says; the pickers by name."""
    boxes, pickers = {}, {}
    for painter, key in KEYS.items():
        choices, title = to_copy(painter)
        urls = [uploads.encoded(Image.fromarray(each), "PNG") for each in choices]
        with gr.Column(min_width=200, elem_classes=away(painter == PAINTERS[0])) as boxes[painter]:
            pickers[key] = tab.text(key, pictures(f"drawcolour-{key}", title, urls, START, tab.key, key), str(START))
    return boxes, pickers
