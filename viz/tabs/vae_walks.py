"""Between: what lies between the codes of two digits and of four, and what comes of adding and taking away codes."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.studies import latents
from viz.player.payload import Player
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
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import vae_code, vae_walks
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

TWO, FOUR, SUM = "two", "four", "sum"
TASKS = [("Two digits", TWO), ("Four corners", FOUR), ("A − B + C", SUM)]
TAKES = {TWO: 2, FOUR: 4, SUM: 3}
"""How many digits each task is about: the page's is A."""
OTHERS = {"B": 8, "C": 0, "D": 6}
"""The digits beside the page's own, and which they are at first."""
FIRST_FRAMES, FIRST_TILES = 24, 8

TEXT = """
Two digits have two codes, and between two codes there are others. The film paints them, along two paths. **Straight**
goes along the line from one to the other and comes nearer to the middle of the prior; **round** turns from one
direction to the other and lets only the length go over.

The third picture fades one digit's **pixels** into the other's. No model has a hand in that. There both are seen at
once; between codes there is one digit at a time, where the VAE knows one.
"""
MORE = """
**Four corners** puts a sheet between four codes. **A − B + C** takes what B's code has off A's and adds the rest to
C's. With words and faces such sums are famous; with digits, they work now and then.
"""

FORMULA = r"""
With the means $a$ and $b$ of $q(z \mid x)$ for both digits, their angle $\theta$ and $s$ from 0 to 1, **straight** is
$(1 - s)\,a + s\,b$ and **round**

$$\left( u\,\frac{a}{|a|} + v\,\frac{b}{|b|} \right) \big((1 - s)\,|a| + s\,|b|\big),$$
$$u = \frac{\sin((1 - s)\,\theta)}{\sin \theta}, \quad v = \frac{\sin(s\,\theta)}{\sin \theta},$$

along the straight line where there is no arc between them. To name a digit $x$ from a code on the way costs
$-\log p(x \mid z)$. Between four codes, with $s$ to the right and $t$ down,
${(1 - t)\,\big((1 - s)\,a + s\,b\big)} + {t\,\big((1 - s)\,c + s\,d\big)}$.

In $d$ dimensions most codes of the prior are about $\sqrt d$ long; a sum of three of them is about $\sqrt{3 d}$ long.
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("vae-between")
    painted, others, boxes = gr.State(first), {}, []
    with room("vae"):
        with column("controls"), card():
            task = tab.control("task", switch("Task", TASKS, "vbetween-mode", TWO, said=False))
            model = tab.control(
                "model", switch("How many numbers", vae_code.MODELS.items(), "vbetween-model", vae_code.FIRST)
            )
            trained = Painters(tab, "vbetween", vae_code.MODELS.values(), model)
            with gr.Column(min_width=0) as walking:
                frames = tab.control(
                    "frames",
                    gr.Slider(*latents.FRAMES, FIRST_FRAMES, step=1, label="Frames", elem_id="vbetween-frames"),
                )
            with gr.Column(min_width=0, visible=False) as tiling:
                tiles = tab.control(
                    "tiles",
                    gr.Slider(*latents.TILES, FIRST_TILES, step=1, label="Pictures a side", elem_id="vbetween-tiles"),
                )
            for place, (letter, digit) in enumerate(OTHERS.items(), 2):  # all are there, to take what an address says
                with gr.Column(min_width=0, elem_classes=away(place <= TAKES[TWO])) as box:
                    others[letter.lower()] = tab.digit(letter.lower(), letter, digit)
                boxes.append(box)
            paint = gr.Button("Paint", variant="primary", elem_id="vbetween-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("vbetween-player", "vae", first, panels=3)
            status = status_line("vbetween")
            said = gr.HTML("", elem_id="vbetween-said", elem_classes="easel-status", apply_default_css=False)
            verbs("vbetween", painted, 8, by=model)
        with column("aside"):
            with card():
                narrator("vbetween-narrator", "vbetween-player", "vae")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        a: Picture,
        b: NDArray[np.uint8],
        c: NDArray[np.uint8],
        d: NDArray[np.uint8],
        task: str,
        model: str,
        frames: float,
        tiles: float,
        run: str,
    ) -> tuple[Any, ...]:
        studio, model = trained.asked(run, model)
        walks, pixels = studio.walks, [a.pixels, b, c, d][: TAKES[task]]
        if task == TWO:
            way = walks.between(a.pixels, b, frames, model)
            value = walked(way, pixels, model)
            return value, value, vae_walks.status(way.blank, way.same)
        if task == FOUR:
            sheet = walks.corners(pixels, tiles, model)
            value = vae_walks.corners_payload(sheet.painted, sheet.shares, sheet.lengths)
            value["again"] = vae_walks.again(f"corners({{}}, {int(tiles)}, {{}})", model, pixels)
            return value, value, vae_walks.status(sheet.blank)
        total = walks.arithmetic(pixels, model)
        value = vae_walks.sum_payload(total.painted, total.lengths, total.expected)
        value["again"] = vae_walks.again("arithmetic({}, {})", model, pixels)
        return value, value, vae_walks.status(total.blank)

    asked = {"a": tab.desk.digit, **others, "task": task, "model": model, "frames": frames, "tiles": tiles}
    asked |= {"run": trained.run}
    again(paint, tab.paint(answer, asked, [stage, painted, said], status=status))
    tab.moment("vbetween-player")
    show_stage(paint, "vbetween-player")
    shown_for(task, {TWO: walking, FOUR: tiling})
    task.change(
        lambda task: [gr.Column(elem_classes=away(i <= TAKES[task])) for i, _ in enumerate(boxes, 2)],
        task,
        boxes,
        **LATEST,
    )


def walked(way: Any, pair: list[NDArray[np.uint8]], model: str) -> Player:
    """A :class:`core.results.Between` of two pictures (H, W), and how it comes again."""
    value = vae_walks.between_payload(way.painted, way.mixed, way.nats, way.lengths)
    value["again"] = vae_walks.again(f"between(*{{}}, {len(way.mixed)}, {{}})", model, pair, "trace.painted[0]")
    return value
