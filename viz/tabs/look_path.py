"""Its glimpses: a digit among clutter, the path of the network's glimpses, and what it thinks after each of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.runtime import Runtime
from viz.glimpse_frames import glimpse_payload
from viz.payload import panel_data
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    SIDE,
    SKIP,
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
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

CLUTTERED, OWN = "A digit", "My picture"
PIECES = {60: 4, 100: 8}
"""Side of a scene -> as many pieces of clutter as the network for it has learned with."""
BY_CHANCE, BY_HAND = "by chance", "by hand"
LOOKS = "It looks"
ONLY_SMALL = "It looks (at random on 60×60 only)"
START_DIGIT, START_SIDE, START_SEED = 3, 60, 13
"""A scene at which it changes its mind twice."""

TEXT = """
This network does not see the picture. All that reaches it are **eight glimpses**, 12×12 numbers each, and between
them a memory. After every glimpse it decides where to look next and how closely, and can be asked what it thinks.

The first window is always the same: nothing is known yet. The later ones depend on what was seen, so draw another
digit, or put it elsewhere, and the path changes. Wide windows search, narrow ones read.

The **bars** on the right are its opinion after the glimpse that you look at. The time line shows how sure it is. Below
stands what a small **conv net** says, which sees all pixels at once.
"""

FORMULA = r"""
At each of $T = 8$ glimpses, with the picture $x$ and a window $w_t$ that is a grid of $12 \times 12$ Gaussian filters:

$$w_t = W(h_{t-1}) \quad r_t = \gamma_t F_Y x F_X^\top \quad h_t = \mathrm{LSTM}(h_{t-1}, [r_t, w_t])$$
$$p_t = \mathrm{softmax}(V h_t)$$

It was trained to say the right digit $y$ after every glimpse: the loss is $-\frac1T \sum_t \log p_t(y)$. No one told it
where to look; since the filters are smooth, the gradient does.

Gregor et al. 2015, *DRAW*, section 4.1; the task is that of Mnih et al. 2014, *Recurrent Models of Visual Attention*.
"""


class Looked(NamedTuple):
    """What the network looked at last, ``pixels`` (S, S), how it aimed, and the seed of random places."""

    pixels: NDArray[np.uint8]
    aim: str
    seed: float


def place_of(where: str, side: int, across: float, down: float) -> tuple[int, int] | None:
    """Row and column of the digit's top left, of sliders from 0 (left, top) to 100; None if chance decides."""
    if where == BY_CHANCE:
        return None
    row, column_ = (round(share / 100 * (side - SIDE)) for share in (down, across))
    return row, column_


def build(runtime: Runtime) -> gr.State:
    """Fill the tab; returns what was looked at last. Long, since events name the components above them."""
    first, start = stored("look"), painted_digit(START_DIGIT)
    painted, own = gr.State(first), gr.State(None)
    looked = gr.State(Looked(panel_data(first["panels"][0])[0, 0, ..., 0], "learned", START_SEED))
    with room("look"):
        with column("stage"), card():
            stage = player("look-player", "glimpse", first)
            status = status_line("look")
            verbs("look", painted, 2)
        with column("controls"), card("Scene"):
            mode = task_switch("look", (CLUTTERED, OWN))
            with gr.Column(min_width=0) as making:
                sub = subject("look", "glimpse", start, canvas("look", "glimpse", start))
                pieces = gr.Slider(0, 16, PIECES[START_SIDE], step=1, label="Pieces of clutter", elem_id="look-pieces")
                where = gr.Radio(
                    [BY_CHANCE, BY_HAND],
                    value=BY_CHANCE,
                    label="The digit lies",
                    elem_id="look-where",
                    elem_classes="easel-switch",
                )
                with gr.Column(min_width=0, visible=False) as placing:
                    across = gr.Slider(0, 100, 50, step=1, label="From the left, %", elem_id="look-across")
                    down = gr.Slider(0, 100, 50, step=1, label="From the top, %", elem_id="look-down")
            with gr.Column(min_width=0, visible=False) as bringing:
                bring, note = uploads.upload_field("look-own", uploads.SCENE, elem_id="look-bring")
            size = gr.Radio(
                [(f"{side}×{side}", side) for side in PIECES],
                value=START_SIDE,
                label="Pixels",
                elem_id="look-size",
                elem_classes="easel-switch",
            )
            aim = gr.Radio(
                [("by choice", "learned"), ("at random", "random")],
                value="learned",
                label=LOOKS,
                elem_id="look-aiming",
                elem_classes="easel-switch",
            )
            seed = seed_field("look", START_SEED)
            look = gr.Button("Look", variant="primary", elem_id="look-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("look-narrator", "look-player", "glimpse")
            explanation(TEXT, FORMULA)

    def scene(picture: Picture, own: Any, mode: str, size: int, seed: float, *made: Any) -> NDArray[np.uint8]:
        if mode == OWN:
            if own is None:
                raise UserError("Upload a picture first.")
            pixels: NDArray[np.uint8] = own[size]
            return pixels
        pieces, where, across, down = made
        place = place_of(where, size, across, down)
        pixels = runtime.studio.glimpses.scene(picture.pixels, size, pieces, seed, place).pixels
        return pixels

    def answer(picture: Picture, live: bool, own: Any, aim: str, mode: str, *values: Any) -> tuple[Any, ...]:
        studio, seed = runtime.studio.glimpses, values[1]
        pixels = scene(picture, own, mode, *values)
        trace = studio.look(pixels, aim, seed)
        value = glimpse_payload(trace, at_once=studio.at_a_glance(pixels), autoplay=not live)
        return (value, SKIP, SKIP) if live else (value, value, Looked(pixels, aim, seed))

    @told
    def on_look(picture: Picture, *values: Any) -> tuple[Any, ...]:
        return answer(picture, False, *values)

    @told
    def on_bring(path: str, picture: Picture, _: Any, *values: Any) -> tuple[Any, ...]:
        own, said = uploads.scenes(path, tuple(PIECES))
        return own, said, *answer(picture, False, own, *values)

    def on_change(picture: Picture, own: Any, aim: str, mode: str, *values: Any) -> Any:
        """Nothing is wrong yet before a picture was uploaded."""
        if mode == OWN and own is None:
            return (SKIP,) * 3
        return answer(picture, False, own, aim, mode, *values)

    def on_size(size: int, aim: str) -> tuple[Any, Any]:
        small = size == START_SIDE
        how = gr.Radio(value=aim if small else "learned", interactive=small, label=LOOKS if small else ONLY_SMALL)
        return PIECES[size], how

    outputs, options = [stage, painted, looked], [own, aim, mode, size, seed, pieces, where, across, down]
    asked = [sub.picture, *options]
    connect(sub, answer, options, outputs, status)
    show_stage(look, "look-player")
    look.click(on_look, asked, outputs, **LATEST)
    bring.upload(on_bring, [bring, *asked], [own, note, *outputs], **LATEST)
    shown_for(mode, {CLUTTERED: making, OWN: bringing})
    shown_for(where, {BY_HAND: placing})
    size.change(on_size, [size, aim], [pieces, aim], **LATEST).then(told(on_change), asked, outputs, **LATEST)
    paints([mode.change, where.change, aim.input, pieces.input, across.input, down.input], on_change, asked, outputs)
    return looked
