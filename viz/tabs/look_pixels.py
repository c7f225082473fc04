"""Every pixel: scans cross a scene and say what each pixel is; what a pixel hears; an error on its way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core.errors import UserError
from core.results import CELLS, CORNERS, LARGEST_SCENE
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player.payload import Player
from viz.tabs.common import card, column, explanation, room, show_stage, status_line, stored, verbs
from viz.tabs.desk import Tab, again
from viz.tabs.look_path import Scene, scene_of
from viz.tabs.subject import Picture
from viz.views import look_pixels
from viz.views.pixel_lens import Board
from viz.widgets.lens.lens import Named
from viz.widgets.lens.lens import lens as lens_widget
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

START_CELL = (2, 3)

TEXT = """
A **scan** crosses the scene from a corner, diagonal by diagonal. Each cell of 3×3 pixels remembers what the two cells
before it tell. Four scans, one from each corner, and every cell has heard of the whole scene. Then the network says of
every pixel: **paper, digit or clutter**.

**Switch a direction off** and see what the others cannot know. With **one direction**, a cell at the top must decide
before the rest of the digit has been seen.
"""

MORE = """
Both networks have two levels, equally many weights and learned from the same scenes. What a level's scans say together
is what the next level's scans cross; the map shows the last level's.

All cells of a diagonal are computed at once, since they hear only from the diagonal before. With every row moved one
step further, a diagonal becomes a column: the **skewed canvas** of PixelRNN.

On a scene of 100×100 pixels it does what it learned on 60×60: its scans just run on.

Which digit it is, is read off the cells that are taken for it.
"""

FORMULA = r"""
At cell $(i, j)$, in each direction with weights of its own:

$$\begin{gathered} (g, o, i, f^r, f^c) = (\tanh, \sigma, \sigma, \sigma, \sigma)(a_{i,j}) \\
a_{i,j} = W x_{i,j} + U [h_{i,j-1}, h_{i-1,j}] \\
c_{i,j} = g \odot i + c_{i,j-1} \odot f^c + c_{i-1,j} \odot f^r \\
h_{i,j} = \tanh(c_{i,j} \odot o) \end{gathered}$$

A forget gate for each dimension: the memory comes from two sides. Between the levels stands
$\tanh(V [h^1, \dots, h^4])$, at the end a softmax over paper, digit and clutter for each pixel.

Graves, Fernández and Schmidhuber 2007, *Multi-Dimensional Recurrent Neural Networks*; Graves and Schmidhuber 2009,
*Offline Handwriting Recognition with Multidimensional Recurrent Neural Networks*. The cell is that of Theis and Bethge
2015.
"""

HEARS = """
Press a pixel. The **gradient** of what the network says of it tells which pixels it has listened to: all together, and
by the paths that run along one scan on both levels. The brighter, the more a pixel matters.
"""
HEARS_LEGEND = {
    "heat": "matters a little … most (logarithmic)",
    "crossed": "no path leads from here",
    "marked": "the pixel in question",
}

BACKWARDS = """
In training the error flows the other way. A cell hears its **own** error, from the output, and what comes back from the
**two cells that heard it**: through their gates to its state, and through their forget gates to its memory. Here one
cell's error, 1, goes back along each of the four scans, on a layer of one feature that is small enough to be checked by
hand. Its weights are drawn from the page's seed.
"""


def networks() -> dict[str, str]:
    """The networks of the tab, and what they are called there."""
    return say(shown_in("look_pixels"))


def directions(network: str) -> int:
    """How many scans a network has."""
    if network not in networks():
        raise UserError("There is no such network.")
    return 1 if REGISTRY[network].config.causal else len(CORNERS)


def build(tab: Tab, scene: Scene) -> None:
    """Fill the tab: the picture is the one that the controls of ``scene`` make."""
    first = stored("every")
    painted = gr.State(first)
    with room("look"):
        with column("controls"), card():
            network = tab.control("network", _switch(say("Network"), networks(), "every-network"))
            corners = tab.control(
                "corners",
                gr.CheckboxGroup(
                    list(CORNERS), value=list(CORNERS), label="Scans from", elem_id="every-corners",
                    elem_classes="easel-chips",
                ),
            )  # fmt: skip
            paint = gr.Button("Cross it again", variant="primary", elem_id="every-paint", elem_classes="easel-primary")
            gr.Markdown("The scene is the one of *Its glimpses*.", elem_classes="easel-text")
        with column("stage"), card():
            stage = player("every-player", "glimpse", first, panels=3)
            status = status_line("every")
            schematic("every", "scans")
            verbs("every", painted, 6, by=network)
        with column("aside"):
            with card():
                narrator("every-narrator", "every-player", "glimpse")
            explanation(TEXT, FORMULA, MORE)
    parts = scene._asdict()
    del parts["looks"]
    for name in [each for each in parts if each != "own"]:
        tab.control(name, parts[name])
    made = {"picture": tab.desk.digit, "seed": tab.desk.seed, "network": network, **parts}

    def grow(
        picture: Picture, seed: float, network: str, corners: Sequence[str], **asked: Any
    ) -> tuple[Player, Player]:
        pixels, kinds = scene_of(tab.runtime, picture, seed, **asked)
        grown = tab.runtime.studio.every_pixel.grown(pixels, network, corners)
        value = look_pixels.growing_payload(grown, kinds)
        value["again"] = look_pixels.again(grown, pixels, network, corners)
        return value, value

    again(paint, tab.paint(grow, {**made, "corners": corners}, [stage, painted], status=status))
    show_stage(paint, "every-player")
    tab.moment("every-player")
    with gr.Column(elem_classes=["lens-room", "easel-look", "easel-below"]):
        _lens_card(tab, made)
        _backwards_card(tab)


def _lens_card(tab: Tab, made: dict[str, Any]) -> None:
    names = Named(tab.key, "pixel", "hears")
    with card("What a pixel hears", folds=True):
        gr.Markdown(say(HEARS), elem_classes="easel-text")
        value = look_pixels.blank(LARGEST_SCENE, len(CORNERS))
        lens = lens_widget("every-lens", say("What a pixel hears"), say(HEARS_LEGEND), value, named=names)
        tab.keeps(names.pixel, tab.keeps(names.model, lens, look_pixels.FROM_ALL), "")

    def over(picture: Picture, seed: float, network: str, **asked: Any) -> Board:
        pixels, _ = scene_of(tab.runtime, picture, seed, **asked)
        return look_pixels.board(pixels, 0, 0, look_pixels.views(directions(network)), {})

    def on_point(event: gr.EventData, picture: Picture, seed: float, network: str, **asked: Any) -> Board:
        pixels, _ = scene_of(tab.runtime, picture, seed, **asked)
        titles = look_pixels.views(directions(network))
        row, at, key = (getattr(event, field, None) for field in ("row", "column", "model"))
        if key not in titles:
            raise UserError("There is no such pixel or view.")
        corner = None if key == look_pixels.FROM_ALL else str(key).replace("-", " ")
        field = tab.runtime.studio.every_pixel.heard(pixels, row, at, network, corner)
        answer = look_pixels.heard_answer(titles[key], field)
        return look_pixels.board(pixels, int(str(row)), int(str(at)), {key: titles[key]}, {key: answer})

    tab.paint(over, made, [lens], stored=False)
    tab.on(lens.point, on_point, made, [lens])


def _backwards_card(tab: Tab) -> None:
    quiet: dict[str, Any] = {"apply_default_css": False}
    with card("Backwards", folds=True):
        gr.Markdown(say(BACKWARDS), elem_classes="easel-text")
        with gr.Row(elem_classes="easel-bar"):
            row = tab.control("row", _place(say("Row of the cell"), CELLS[0], START_CELL[0], "row"))
            at = tab.control("column", _place(say("Column of the cell"), CELLS[1], START_CELL[1], "column"))
            corner = tab.control(
                "corner", _switch(say("Numbers of the scan from the"), {each: each for each in CORNERS}, "back-corner")
            )
        with gr.Row(elem_classes="lens-pair"):
            with gr.Column(min_width=0):
                table = gr.HTML("", elem_id="back-table", **quiet)
                narrator("back-narrator", "back-player", "glimpse")
            with gr.Column(min_width=0):
                film = player("back-player", "glimpse", panels=3)
                painted = gr.State(None)
                verbs("back", painted, 6)

    def flow(row: float, column: float, corner: str, seed: float) -> tuple[Player, str, Player]:
        studio = tab.runtime.studio.every_pixel
        place = int(row) - 1, int(column) - 1
        backs = [studio.backwards(*place, each, seed) for each in CORNERS]
        chosen = CORNERS.index(corner)
        value = look_pixels.backwards_payload(backs, *place, chosen=chosen)
        return value, look_pixels.backwards_table(backs[chosen], corner), value

    asked = {"row": row, "column": at, "corner": corner, "seed": tab.desk.seed}
    tab.paint(flow, asked, [film, table, painted], stored=False)


def _switch(label: str, choices: dict[str, str], elem_id: str) -> gr.Radio:
    offered = [(title, value) for value, title in choices.items()]
    return gr.Radio(offered, value=offered[0][1], label=label, elem_id=elem_id, elem_classes="easel-switch")


def _place(label: str, most: int, start: int, name: str) -> gr.Slider:
    return gr.Slider(1, most, start, step=1, label=label, elem_id=f"back-{name}", min_width=140)
