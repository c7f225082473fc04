"""Colour: PixelCNN over R, G and B imagines small photographs, or completes one that a person has covered in part."""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.results import COLOUR_SIDE
from core.training.registry import shown_in
from viz.language import say
from viz.page import IMPOSSIBLE
from viz.player import frames
from viz.player.payload import Player
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    column,
    explanation,
    go_buttons,
    picked_cell,
    room,
    status_line,
    stored,
    switch,
    task_switch,
    told,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.pixel_paint import COMPLETIONS
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import pixel_paint
from viz.views.assets import intact
from viz.widgets.editor import editor
from viz.widgets.narrator.narrator import narrator
from viz.widgets.picker.picker import bits_of, cells_of
from viz.widgets.player.player import player

COMPLETE, IMAGINE = "Complete", "Imagine"
FIRST = next(iter(shown_in("pixel_colour")))
MOST = 9
START = 1
"""Which of the pictures that the network painted stands in the editor at first."""
WAIT = "Painting: 3,072 values, each given those before it. This takes a second or two."

TEXT = """
In colour each pixel is drawn in three steps: **red** given all pixels before, **green** given also this pixel's red,
**blue** given both. Each step has 256 outcomes, and the network says how likely each of them is.

These are **small** networks. They know that neighbours resemble each other and that edges go on; they do not know what
a dog is. Cover a part and see how colours and textures carry on from what is there.
"""

MORE = """
No one tells the network that 200 lies between 199 and 201: it has to learn that. It was trained for less than an hour
on a shared processor core.

The pictures to choose from were painted by the network itself. Upload one of yours: it is cropped to a square and made
32×32 pixels small.
"""

FORMULA = r"""
$$\begin{aligned} p(x_i \mid x_{<i}) ={} & p(x_{i,R} \mid x_{<i}) \\ & p(x_{i,G} \mid x_{<i}, x_{i,R}) \\
& p(x_{i,B} \mid x_{<i}, x_{i,R}, x_{i,G}) \end{aligned}$$

with a softmax over 256 levels for each factor (van den Oord et al. 2016, *Pixel Recurrent Neural Networks*, sections
2.2 and 2.3). All feature maps are divided into three groups; the masks of type A and B let green see red, and blue see
both.

A draw takes the level whose logit plus Gumbel noise is largest. With the noise drawn beforehand the picture is again
the one solution of a system of equations. In colour a row is seldom what one guesses, so the guess runs in waves: a
slanted front over eight rows at once, each a few columns behind the one above, guessed and corrected.
"""


@functools.cache
def own_pictures() -> dict[str, NDArray[np.uint8]]:
    """Ten pictures (10, H, W, 3) that each colour model painted, kept in ``assets/colour.npz``."""
    with intact("colour.npz") as stream, np.load(stream) as file:
        return {name: file[name] for name in shown_in("pixel_colour")}


def picker_payload(name: str) -> Player:
    """A model's own pictures as a grid of still ones. Raises :class:`UserError` for another name."""
    if name not in own_pictures():
        raise UserError(IMPOSSIBLE)
    images = (own_pictures()[name].transpose(0, 3, 1, 2) / 255).astype(np.float32)
    return frames.still_payload(images, say("Painted by this model"), "pixel", columns=5)


def start_picture(name: str = FIRST) -> Picture:
    """What stands in the editor at first: the lower half is covered."""
    hidden = np.zeros((COLOUR_SIDE, COLOUR_SIDE), bool)
    hidden[COLOUR_SIDE // 2 :] = True
    return Picture(own_pictures()[name][START], hidden)


def chosen(cell: object, name: str) -> NDArray[np.uint8]:
    """The picture (H, W, 3) behind a cell of the picker."""
    pictures = own_pictures()[name]
    if not isinstance(cell, int) or not 0 <= cell < len(pictures):
        raise UserError("There is no such example.")
    return pictures[cell]


def pictured(photo: str, own: dict[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The picture (H, W, 3) of that name: ``MODEL-NUMBER``, or one of the visitor's ``own``."""
    name, _, number = photo.rpartition("-")
    if name in own_pictures() and number.isdecimal():
        return chosen(int(number), name)
    if photo in own:
        return own[photo]
    raise UserError("This picture is not on this page: choose one, or upload it again.")


def named(pixels: NDArray[np.uint8]) -> str:
    """The name of a picture of the visitor's own."""
    return f"own-{hashlib.sha256(pixels.tobytes()).hexdigest()[:8]}"


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("colour"), start_picture()
    painted, own = gr.State(first), gr.State({})
    with room("pixels"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("colour", (COMPLETE, IMAGINE)))
            name = tab.control(
                "model",
                switch(
                    "It learned from",
                    [(label, key) for key, label in shown_in("pixel_colour").items()],
                    "colour-model",
                    FIRST,
                ),
            )
            trained = Painters(tab, "colour", shown_in("pixel_colour"), name)
            count = tab.control("pictures", gr.Slider(1, MOST, 4, step=1, label="Pictures", elem_id="colour-count"))
            temperature = tab.control(
                "temperature", gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="colour-temperature")
            )
            paint = go_buttons("colour", tab.runtime)
        with column("stage"), card():
            with gr.Row(elem_classes="easel-pair"):
                with gr.Column(min_width=220, elem_classes="easel-editor-box") as completing:
                    board = editor.editor(
                        "colour-editor", "pixel", cover=True, value=editor.encode(*start), address="colour/covered"
                    )
                    tab.keeps("covered", board, bits_of(start.hidden.astype(np.uint8)))
                    with gr.Accordion("Other photographs", open=False, elem_classes="easel-fold"):
                        picker = player("colour-examples", "pixel", {**picker_payload(FIRST), "cell": START})
                        upload, note = uploads.upload_field("colour", say(uploads.COLOUR))
                with gr.Column(min_width=220):
                    stage = player("colour-player", "pixel", first)
            status = status_line("colour")
            verbs("colour", painted, 30, by=name)
        with column("aside"):
            with card():
                narrator("colour-narrator", "colour-player", "pixel")
            explanation(TEXT, FORMULA, MORE)
        photo = tab.control("photo", gr.Textbox(f"{FIRST}-{START}", visible="hidden"))

    def answer(
        mode: str,
        name: str,
        photo: str,
        covered: str,
        own: Any,
        count: int,
        temperature: float,
        seed: int,
        session: str,
        run: str,
    ) -> tuple[Any, ...]:
        whole, name = trained.asked(run, name)
        asked, studio = (count, seed, temperature), whole.pixels
        if mode == COMPLETE:
            picture = Picture(pictured(photo, own), cells_of(covered, COLOUR_SIDE))
            trace = studio.complete(name, picture, *asked, session=session)
        else:
            trace = studio.generate(name, *asked, session=session)
        title = say(COMPLETIONS) if mode == COMPLETE else say("What it imagines")
        value = frames.raster_payload(trace, title=title)
        given = picture if mode == COMPLETE else None
        value["again"] = pixel_paint.again(name, given, int(count), int(seed), temperature, None)
        return value, value, ""

    def on_pick(event: gr.EventData, name: str) -> tuple[str, str]:
        return f"{name}-{picked_cell(event)}", uploads.hinted(say(uploads.COLOUR))

    def on_upload(path: str) -> tuple[Any, ...]:
        brought = uploads.colour(path, COLOUR_SIDE)
        key = named(brought.pixels)
        return {key: brought.pixels}, key, brought.note

    def show(photo: str, own: Any, board: object) -> Any:
        """The picture of that name into the editor, under the cover that is there."""
        pixels, (there, hidden) = pictured(photo, own), editor.decode(board)
        return SKIP if np.array_equal(pixels, there) else editor.encode(pixels, hidden)

    # The cover as its text: of a value that the editor's script has changed Gradio hears later than of the address.
    covered: Any = tab.desk.address.of(board)
    asked = {"mode": mode, "name": name, "photo": photo, "covered": covered, "own": own, "count": count}
    asked |= {"temperature": temperature, "seed": tab.desk.seed, "run": trained.run}
    again(paint, tab.paint(answer, asked, [stage, painted], status=status, wait=lambda: say(WAIT)))
    tab.on([photo.change], show, {"photo": photo, "own": own, "board": board}, [board])
    picker.pick(told(on_pick), name, [photo, note], **LATEST)
    upload.upload(told(on_upload), upload, [own, photo, note], **LATEST)
    mode.change(lambda mode: gr.Column(visible=mode == COMPLETE), mode, completing, **LATEST)
    name.change(picker_payload, name, picker, **LATEST)
