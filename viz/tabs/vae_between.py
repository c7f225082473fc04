"""Between: what lies between the codes of two digits and of four, and what comes of adding and taking away codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core import latents
from core.runtime import Runtime
from viz import codes, vae_walks
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    told,
    verbs,
)
from viz.tabs.subject import Picture, Subject, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

TWO, FOUR, SUM = "Two digits", "Four corners", "A − B + C"
TAKES = {TWO: 2, FOUR: 4, SUM: 3}
"""How many digits each task is about."""
FIRST_DIGITS = 3, 8, 0, 6
FIRST_FRAMES, FIRST_TILES = 24, 8

TEXT = """
Two digits have two codes, and between two codes there are others. The film paints them, in two ways. **Straight** goes
along the line from one to the other and comes nearer to the middle of the prior on its way; **round** turns from one
direction to the other and lets only the length go over.

The third picture fades one digit's **pixels** into the other's. There both are seen at once, half as strong: no model
has a hand in that. Between codes there is one digit at a time, where the VAE knows one.

**Four corners** lays a sheet between four codes. **A − B + C** takes what B's code has off A's and lays the rest on
C's. With words and faces such sums are famous; with digits, they work now and then.
"""

FORMULA = r"""
With the means $a$ and $b$ of $q(z \mid x)$ for both digits, their angle $\theta$ and $s$ from 0 to 1, **straight** is
$(1 - s)\,a + s\,b$ and **round**

$$\left( \frac{\sin((1 - s)\,\theta)}{\sin \theta} \frac{a}{|a|}
+ \frac{\sin(s\,\theta)}{\sin \theta} \frac{b}{|b|} \right) \big((1 - s)\,|a| + s\,|b|\big),$$

along the straight line where there is no arc between them. To name a digit $x$ from a code on the way costs
$-\log p(x \mid z)$. Between four codes, with $s$ to the right and $t$ down,
$(1 - t)\,\big((1 - s)\,a + s\,b\big) + t\,\big((1 - s)\,c + s\,d\big)$.

In $d$ dimensions most codes of the prior are about $\sqrt d$ long; a sum of three of them is about $\sqrt{3 d}$ long.
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("vae-between")
    starts = [painted_digit(digit) for digit in FIRST_DIGITS]
    painted = gr.State(first)
    with room("vae"):
        with column("stage"), card():
            stage = player("vbetween-player", "vae", first, panels=3)
            status = status_line("vbetween")
            said = gr.HTML("", elem_id="vbetween-said", elem_classes="easel-status", apply_default_css=False)
            verbs("vbetween", painted, 8)
        with column("controls"), card("What lies between"):
            task = task_switch("vbetween", tuple(TAKES))
            name = gr.Radio(
                list(codes.MODELS.items()),
                value=codes.FIRST,
                label="How many numbers",
                elem_id="vbetween-model",
                elem_classes="easel-switch",
            )
            with gr.Tabs(elem_classes="easel-inner", elem_id="vbetween-digits") as digits:
                subs: list[Subject] = []
                tabs: list[gr.Tab] = []
                for letter, start in zip(vae_walks.LETTERS, starts, strict=True):
                    key, there = f"vbetween-{letter.lower()}", len(subs) < TAKES[TWO]
                    with gr.Tab(letter, id=letter, elem_id=f"{key}-tab", visible=there) as tab:
                        subs.append(subject(key, "read", start, canvas(key, "read", start)))
                    tabs.append(tab)
            with gr.Column(min_width=0) as walking:
                frames = gr.Slider(*latents.FRAMES, FIRST_FRAMES, step=1, label="Frames", elem_id="vbetween-frames")
            with gr.Column(min_width=0, visible=False) as tiling:
                tiles = gr.Slider(
                    *latents.TILES, FIRST_TILES, step=1, label="Pictures a side", elem_id="vbetween-tiles"
                )
            paint = gr.Button("Paint", variant="primary", elem_id="vbetween-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("vbetween-narrator", "vbetween-player", "vae")
            explanation(TEXT, FORMULA)

    def answer(pixels: list[NDArray[np.uint8]], task: str, name: str, frames: float, tiles: float) -> tuple[Any, ...]:
        walks, pixels = runtime.studio.walks, pixels[: TAKES[task]]
        if task == TWO:
            way = walks.between(pixels[0], pixels[1], frames, name)
            value = vae_walks.between_payload(way.painted, way.mixed, way.nats, way.lengths)
            return value, value, vae_walks.status(way.blank, way.same)
        if task == FOUR:
            sheet = walks.corners(pixels, tiles, name)
            value = vae_walks.corners_payload(sheet.painted, sheet.shares, sheet.lengths)
            return value, value, vae_walks.status(sheet.blank)
        total = walks.arithmetic(pixels, name)
        value = vae_walks.sum_payload(total.painted, total.lengths, total.expected)
        return value, value, vae_walks.status(total.blank)

    def edited(place: int) -> Callable[..., tuple[Any, ...]]:
        """What follows when the picture at this place has changed, which its state does not know yet."""

        def paint(picture: Picture, live: bool, *values: Any) -> tuple[Any, ...]:
            if live:
                return SKIP, SKIP, SKIP
            pixels = [other.pixels for other in values[: len(subs)]]
            pixels[place] = picture.pixels
            return answer(pixels, *values[len(subs) :])

        return paint

    @told
    def on_paint(*values: Any) -> tuple[Any, ...]:
        return answer([picture.pixels for picture in values[: len(subs)]], *values[len(subs) :])

    pictures, options, outputs = [sub.picture for sub in subs], [task, name, frames, tiles], [stage, painted, said]
    for place, sub in enumerate(subs):
        connect(sub, edited(place), [*pictures, *options], outputs, status)
    show_stage(paint, "vbetween-player")
    shown_for(task, {TWO: walking, FOUR: tiling})
    task.change(
        lambda task: (gr.Tabs(selected="A"), *(gr.Tab(visible=i < TAKES[task]) for i in range(len(subs)))),
        task,
        [digits, *tabs],
        **LATEST,
    )
    triggers = [paint.click, task.change, name.change, frames.release, tiles.release]
    gr.on(triggers, on_paint, [*pictures, *options], outputs, **LATEST)
