"""Colour: PixelCNN over R, G and B imagines small photographs, or completes one that a person has covered in part."""

from __future__ import annotations

import functools
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.runtime import Runtime
from viz import frames, painters
from viz.assets import intact
from viz.payload import Player
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    column,
    explanation,
    go_buttons,
    painting_on,
    room,
    seed_field,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.subject import Picture, Subject, canvas, connect
from viz.widgets import editor
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COMPLETE, IMAGINE = "Complete", "Imagine"
SIDE = 32
FIRST = "pixelcnn-cifar10"
MOST = 9
START = 1
"""Which of the pictures that the network painted stands in the editor at first."""
WAIT = "Painting: 3,072 values, each given those before it. This takes a second or two."

TEXT = """
In colour each pixel is three throws: **red** given all pixels before, **green** given also this pixel's red, **blue**
given both. Each throw has 256 faces, and the network says how likely each of them is, without being told that 200 lies
between 199 and 201: it has to learn that.

These are **small** networks, trained for less than an hour on a shared processor core. They know that neighbours
resemble each other and that edges go on; they do not know what a dog is. Cover a part and look at how colours and
textures carry on from what is there.

The pictures to choose from were painted by the network itself. Upload one of yours: it is cropped to a square and made
32×32 pixels small.
"""

FORMULA = r"""
$$p(x_i \mid x_{<i}) = p(x_{i,R} \mid x_{<i})\; p(x_{i,G} \mid x_{<i}, x_{i,R})\;
p(x_{i,B} \mid x_{<i}, x_{i,R}, x_{i,G})$$

with a softmax over 256 levels for each factor (van den Oord et al. 2016, *Pixel Recurrent Neural Networks*, sections
2.2 and 2.3). All feature maps are divided into three groups; the masks of type A and B let green see red, and blue see
both.

A throw takes the level whose logit plus Gumbel noise is largest. With the noise drawn beforehand the picture is again
the one solution of a system of equations. In colour a row is seldom what one guesses, so the guess runs in waves: a
slanted front over eight rows at once, each a few columns behind the one above, guessed and corrected.
"""


@functools.cache
def own_pictures() -> dict[str, NDArray[np.uint8]]:
    """Ten pictures (10, H, W, 3) that each colour model painted, kept in ``assets/colour.npz``."""
    with intact("colour.npz") as stream, np.load(stream) as file:
        return {name: file[name] for name in painters.COLOUR}


def picker_payload(name: str) -> Player:
    """A model's own pictures as a grid of still ones."""
    images = (own_pictures()[name].transpose(0, 3, 1, 2) / 255).astype(np.float32)
    return frames.still_payload(images, "Painted by this model", "pixel", columns=5)


def start_picture(name: str = FIRST) -> Picture:
    """What stands in the editor at first: the lower half is covered."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[SIDE // 2 :] = True
    return Picture(own_pictures()[name][START], hidden)


def chosen(cell: object, name: str, *_: Any) -> NDArray[np.uint8]:
    """The picture (H, W, 3) behind a cell of the picker."""
    pictures = own_pictures()[name]
    if not isinstance(cell, int) or not 0 <= cell < len(pictures):
        raise UserError("There is no such example.")
    return pictures[cell]


def uploaded(path: str) -> uploads.Brought:
    """A picture from the user's disk as a small square in colour, (H, W, 3)."""
    return uploads.colour(path, SIDE)


def wait_for_edit(event: gr.EventData) -> Any:
    """What stands in the status line once the brush is lifted, if anything is covered that can be painted."""
    return f"<p>{WAIT}</p>" if event.done and editor.decode(event)[1].any() else SKIP


def wait_for_pick(picture: Picture) -> Any:
    """The same when another picture is chosen, under the cover that is there."""
    return f"<p>{WAIT}</p>" if picture.hidden.any() else SKIP


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("colour"), start_picture()
    painted = gr.State(first)
    with room("pixels"):
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box") as editing:
                    board = canvas("colour", "pixel", start, cover=True)
                with gr.Column(min_width=220):
                    stage = player("colour-player", "pixel", first)
            status = status_line("colour")
            verbs("colour", painted, 30)
        with column("controls"), card("Task"):
            mode = task_switch("colour", (COMPLETE, IMAGINE))
            name = gr.Radio(
                [(painter.title.split(", ")[1], key) for key, painter in painters.COLOUR.items()],
                value=FIRST,
                label="It learned from",
                elem_id="colour-model",
                elem_classes="easel-switch",
            )
            with gr.Column(min_width=0) as completing:
                picker = player("colour-examples", "pixel", {**picker_payload(FIRST), "cell": START})
                upload = uploads.upload_field("colour", uploads.COLOUR)
            count = gr.Slider(1, MOST, 4, step=1, label="Pictures", elem_id="colour-count")
            temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="colour-temperature")
            seed = seed_field("colour")
            paint = go_buttons("colour", runtime)
        with column("aside"):
            with card():
                narrator("colour-narrator", "colour-player", "pixel")
            explanation(TEXT, FORMULA)

    sub = Subject(picker, board, upload, gr.State(start))

    def answer(picture: Picture, live: bool, *asked: Any, session: str | None = None) -> tuple[Any, ...]:
        if live:  # takes a good part of a second: too long to be repeated while the brush moves
            return SKIP, SKIP
        name, mode, *wanted = asked
        studio = runtime.studio.pixels
        if mode == COMPLETE:
            trace = studio.complete(name, picture, *wanted, session=session)
        else:
            trace = studio.generate(name, *wanted, session=session)
        title = "Ways it could go on, the likeliest first" if mode == COMPLETE else "What it imagines"
        value = frames.raster_payload(trace, title=title)
        return value, value

    def on_paint(request: gr.Request, picture: Picture, *asked: Any) -> tuple[Any, ...]:
        return *answer(picture, False, *asked, session=request.session_hash), ""

    outputs, options = [stage, painted], [name, mode, count, seed, temperature]
    asked = [sub.picture, *options]
    connect(sub, answer, options, outputs, status, choose=chosen, upload=uploaded, hint=uploads.COLOUR)
    mode.change(
        lambda mode: (gr.Column(visible=mode == COMPLETE), gr.Column(visible=mode == COMPLETE)),
        mode,
        [editing, completing],
        **LATEST,
    )
    name.change(picker_payload, name, picker, **LATEST)
    board.edit(wait_for_edit, None, status, queue=False, **LATEST)
    picker.pick(wait_for_pick, sub.picture, status, queue=False, **LATEST)
    triggers = [paint.click, mode.change, name.change, count.release, temperature.release]
    painting_on(triggers, on_paint, asked, outputs, status, lambda: WAIT, [])
