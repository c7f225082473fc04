"""Its glimpses: a digit among clutter, the path of the network's glimpses, and what it thinks after each of them."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.studio.runtime import Runtime
from core.training.registry import REGISTRY
from viz.address import QUIET
from viz.language import say
from viz.tabs import uploads
from viz.tabs.common import (
    LATEST,
    SIDE,
    SKIP,
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
    told,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import look_path
from viz.widgets.narrator.narrator import narrator
from viz.widgets.onward.onward import Way, onward
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

CLUTTERED, OWN = "A digit", "My picture"
PIECES = {60: 4, 100: 8}
"""Side of a scene -> as many pieces of clutter as the network for it has learned with."""
BY_CHANCE, BY_HAND = "chance", "hand"
NETWORKS = {name: spec.config for name, spec in REGISTRY.items() if hasattr(spec.config, "aim")}
AIMS = {"learned": "by choice", "random": "at random"}
LOOKS = "It looks"
ONLY_SMALL = "It looks (at random on 60×60 only)"
START_SIDE, START_PIECES = 60, 8
"""With the first seed a scene at which it changes its mind twice."""

TEXT = """
This network does not see the picture. All that reaches it are **eight glimpses**, 12×12 numbers each, and between
them a memory. After every glimpse it decides where to look next and how closely, and can be asked what it thinks.

The **bars** are its opinion after the glimpse that you look at. The time line shows how sure it is.
"""

MORE = """
The first window is always the same: nothing is known yet. The later ones depend on what was seen, so draw another
digit, or put it elsewhere, and the path changes. Wide windows search, narrow ones read.

Below the bars stands what a small **conv net** says, which sees all pixels at once.
"""

FORMULA = r"""
At each of $T = 8$ glimpses, with the picture $x$ and a window $w_t$ that is a grid of $12 \times 12$ Gaussian filters:

$$\begin{gathered} w_t = W(h_{t-1}) \\ r_t = \gamma_t F_Y x F_X^\top \\ h_t = \mathrm{LSTM}(h_{t-1}, [r_t, w_t]) \\
p_t = \mathrm{softmax}(V h_t) \end{gathered}$$

It was trained to say the right digit $y$ after every glimpse: the loss is $-\frac1T \sum_t \log p_t(y)$. No one told it
where to look; since the filters are smooth, the gradient does.

Gregor et al. 2015, *DRAW*, section 4.1; the task is that of Mnih et al. 2014, *Recurrent Models of Visual Attention*.
"""


class Scene(NamedTuple):
    """The controls that make a scene of the page's digit and seed, and say how the network aims in it.

    ``own`` keeps the visitor's picture as a scene of each size, under the name that stands in ``upload``.
    """

    task: gr.Radio
    side: gr.Radio
    pieces: gr.Slider
    place: gr.Radio
    left: gr.Slider
    top: gr.Slider
    looks: gr.Radio
    upload: gr.Textbox
    own: gr.State


def place_of(where: str, side: int, across: float, down: float) -> tuple[int, int] | None:
    """Row and column of the digit's top left, of sliders from 0 (left, top) to 100; None if chance decides."""
    if where == BY_CHANCE:
        return None
    row, column_ = (round(share / 100 * (side - SIDE)) for share in (down, across))
    return row, column_


class Made(NamedTuple):
    """A scene (S, S), and what each of its pixels is (S, S), where the scene was made here."""

    pixels: NDArray[np.uint8]
    kinds: NDArray[np.uint8] | None


def scene_of(
    runtime: Runtime,
    digit: Picture,
    seed: float,
    task: str,
    side: int,
    pieces: float,
    place: str,
    left: float,
    top: float,
    upload: str,
    own: dict[str, dict[int, NDArray[np.uint8]]],
) -> Made:
    """The scene that the controls of :class:`Scene` ask for; what of the digit is covered does not matter."""
    if task == OWN:
        if upload not in own:
            raise UserError("Upload a picture first.")
        return Made(own[upload][side], None)
    found = runtime.studio.glimpses.scene(digit.pixels, side, pieces, seed, place_of(place, side, left, top))
    return Made(found.pixels, found.kinds)


def network(trained: Painters, run: str, side: int, looks: str) -> Any:
    """The studio with the network that looks, what was trained here if there is a ``run``. Raises ``UserError``."""
    studio, name = trained.asked(run)
    if run and (its := NETWORKS[name]) and (its.height, its.aim) != (side, looks):
        raise UserError(
            "What was trained looks {aims} at scenes of {height}×{width} pixels: choose these.",
            aims=say(AIMS)[its.aim],
            height=its.height,
            width=its.width,
        )
    return studio.glimpses


def build(tab: Tab) -> tuple[Scene, Painters]:
    """Fill the tab; returns the scene's controls, and who looks. Long, since events name the components above them."""
    first = stored("look")
    painted = gr.State(first)
    with room("look"):
        with column("controls"), card():
            scene, bring, note, looking, trained = _controls(tab)
        with column("stage"), card():
            stage = player("look-player", "glimpse", first)
            status = status_line("look")
            parts = (*(name for name in Scene._fields if name != "own"), "run")
            onward("look-player", tab.key, [Way(say("Take this glimpse in hand"), "aim", "glimpse", {}, parts)])
            schematic("look", "look")
            verbs("look", painted, 2)
        with column("aside"):
            with card():
                narrator("look-narrator", "look-player", "glimpse")
            explanation(TEXT, FORMULA, MORE)

    def answer(picture: Picture, seed: float, looks: str, live: bool, run: str, **made: Any) -> tuple[Any, ...]:
        studio = network(trained, run, made["side"], looks)
        pixels = scene_of(tab.runtime, picture, seed, **made).pixels
        trace = studio.look(pixels, looks, seed)
        value = look_path.glimpse_payload(trace, at_once=studio.at_a_glance(pixels), autoplay=not live)
        value["again"] = look_path.again(pixels, looks, int(seed))
        return value, SKIP if live else value

    def on_bring(path: str) -> tuple[Any, ...]:
        own, said = uploads.scenes(path, tuple(PIECES))
        name = hashlib.sha256(own[START_SIDE].tobytes()).hexdigest()[:8]
        return {name: own}, name, said

    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed, "run": trained.run, **scene._asdict()}
    again(looking, tab.paint(answer, asked, [stage, painted], status=status, live=True))
    show_stage(looking, "look-player")
    bring.upload(told(on_bring), bring, [scene.own, scene.upload, note], **LATEST)
    return scene, trained


def _controls(tab: Tab) -> tuple[Scene, gr.UploadButton, gr.HTML, gr.Button, Painters]:
    """The command bar: the scene's controls, the button and the note of an upload, and the one that looks again."""
    own = gr.State({})
    task = tab.control("task", task_switch("look", (CLUTTERED, OWN)))
    with gr.Row(elem_classes="easel-bar") as making:
        pieces = tab.control(
            "pieces", gr.Slider(0, 16, START_PIECES, step=1, label="Pieces of clutter", elem_id="look-pieces")
        )
        place = tab.control(
            "place",
            switch(
                "The digit lies", [(say("by chance"), BY_CHANCE), (say("by hand"), BY_HAND)], "look-where", BY_CHANCE
            ),
        )
        with gr.Row(visible=False, elem_classes="easel-bar") as placing:
            left = tab.control("left", _share(say("From the left, %"), "look-across"))
            top = tab.control("top", _share(say("From the top, %"), "look-down"))
    with gr.Column(min_width=0, visible=False) as bringing:
        bring, note = uploads.upload_field("look-own", say(uploads.SCENE), elem_id="look-bring")
    side = tab.control("side", switch("Pixels", [(f"{side}×{side}", side) for side in PIECES], "look-size", START_SIDE))
    looks = tab.control("looks", switch(LOOKS, [(words, aim) for aim, words in AIMS.items()], "look-aiming", "learned"))
    upload = tab.control("upload", gr.Textbox("", visible="hidden"))
    trained = Painters(tab, "look", NETWORKS)
    looking = gr.Button("Look", variant="primary", elem_id="look-paint", elem_classes="easel-primary")
    shown_for(task, {CLUTTERED: making, OWN: bringing})
    shown_for(place, {BY_HAND: placing})
    # By hand another size brings the clutter that its network has learned with; one in a link does not.
    side.input(None, [side, looks], [pieces, looks], js=SIZED, **QUIET)
    side.change(None, side, looks, js=only(), **QUIET)
    return Scene(task, side, pieces, place, left, top, looks, upload, own), bring, note, looking, trained


SIZED = f"(side, looks) => side == {START_SIDE} ? [{PIECES[START_SIDE]}, looks] : [{PIECES[100]}, 'learned']"
"""What the size of the scene means for the other controls, in the browser."""


def only() -> str:
    """Which way of looking there is at scenes of a size, in the browser."""
    offered, small = json.dumps(say(LOOKS)), json.dumps(say(ONLY_SMALL))
    return (
        f"side => side == {START_SIDE} ? {{ __type__: 'update', interactive: true, label: {offered} }}"
        f" : {{ __type__: 'update', interactive: false, label: {small} }}"
    )


def _share(label: str, elem_id: str) -> gr.Slider:
    return gr.Slider(0, 100, 50, step=1, label=label, elem_id=elem_id, min_width=120)
