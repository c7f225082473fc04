"""Colour: house numbers as 64 numbers, with a likelihood for all 256 levels of every channel."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core import latents
from core.runtime import Runtime
from viz import codes, vae_walks
from viz.payload import Player
from viz.tabs import pixel_colour, uploads
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
    told,
    verbs,
)
from viz.widgets.narrator import narrator
from viz.widgets.player import player

MODEL, PAINTER, SIZE = "vae-svhn", "pixelcnn-svhn", 64
IMAGINE, COPY, BETWEEN, NUMBERS = "Imagine", "Copy", "Between", "Its numbers"
TABLE, FILM = "All at a glance", "In turn"
FIRST_CELLS = 1, 6
"""Which of the stored pictures are A and B at first."""
FIRST_COUNT, FIRST_SEED, FIRST_FRAMES, MOST_FRAMES, MOST = 9, 1, 16, 24, 16
LEADING, FILM_FRAMES, VALUES = 16, 8, 5
"""Of 64 numbers only those are walked along that carry most; a picture in colour is four times as large as a digit."""

TEXT = """
The same idea in colour: **64 numbers** for a house number of 32×32 pixels. The decoder names a value for every pixel's
red, green and blue, and a width, learned for each channel, that says how far off it may be.

Because each of the 256 levels gets the probability of its own bin, the price of a picture is a true **likelihood**, in
nats or in bits for each of its 3,072 numbers, and may be compared with other models'. An upper bound on it, that is:
the code's nats and those that naming the picture from the code then takes.

Sixty-four numbers keep light, colour and the large shapes. What they cannot tell is blurred away: the price is in what
you do not see. The pictures to choose from were painted by PixelCNN; one of yours is made 32×32 pixels small.
"""

FORMULA = r"""
With the painted value $\mu$, the width $s$ of the channel and $\sigma$ the logistic function, a level $x$ has

$$p(x \mid z) = \sigma\!\left(\frac{x + \tfrac12 - \mu}{s}\right) - \sigma\!\left(\frac{x - \tfrac12 - \mu}{s}\right),$$

in units of one level of 255; the lowest and the highest level take the tails. Bits for each number are
$(\mathrm{KL} - \mathbb E_q \log p(x \mid z)) / (3072 \log 2)$, the mean taken over 64 draws of $z$.

Imagined: $z = \tau\,\epsilon$ with the temperature $\tau$, $\epsilon \sim \mathcal N(0, 1)$.
"""


def picker_payload(cell: int) -> Any:
    """The stored pictures as a grid of still ones, one of them selected."""
    value = pixel_colour.picker_payload(PAINTER)
    value["panels"][0] = {**value["panels"][0], "title": "Painted by PixelCNN", "room": "read"}
    return {**value, "cell": cell}


class Answers:
    """What the tab answers: the payload of the stage for a task, and a sentence about its ends."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def imagined(self, count: float, seed: float, temperature: float) -> Player:
        """Pictures from the prior."""
        images = self.runtime.studio.walks.generate(count, seed, temperature, MODEL)
        return vae_walks.imagined_payload(images, temperature, SIZE)

    def copied(self, pixels: NDArray[np.uint8]) -> Player:
        """A picture, its copy and its price."""
        copy = self.runtime.studio.walks.copy(pixels, MODEL)
        return vae_walks.copy_payload(copy.subject, copy.painted, copy.kl, copy.reconstruction, copy.bits)

    def numbers(self, pixels: NDArray[np.uint8], view: str) -> Player:
        """What each of its leading numbers does to a picture."""
        studio = self.runtime.studio
        code, dead = studio.vaes.encode(pixels, MODEL).mean, studio.walks.dead(MODEL)[:LEADING]
        if view == FILM:
            value = codes.traversal_payload(studio.vaes.traverse(code, FILM_FRAMES, MODEL, LEADING), dead)
        else:
            value = codes.lattice_payload(studio.walks.lattice(code, VALUES, MODEL, LEADING), dead)
        return vae_walks.with_carried(value, studio.vaes.carried(MODEL))

    def task(
        self,
        a: NDArray[np.uint8],
        b: NDArray[np.uint8],
        task: str,
        view: str,
        steps: float,
        count: float,
        temperature: float,
        seed: float,
    ) -> tuple[Any, ...]:
        """The stage, the download and the sentence."""
        said = ""
        if task == IMAGINE:
            value = self.imagined(count, seed, temperature)
        elif task == COPY:
            value = self.copied(a)
        elif task == NUMBERS:
            value = self.numbers(a, view)
        else:
            way = self.runtime.studio.walks.between(a, b, steps, MODEL)
            value = vae_walks.between_payload(way.painted, way.mixed, way.nats, way.lengths)
            said = vae_walks.status(way.blank, way.same)
        return value, value, said


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first, answers = stored("vae-colour"), Answers(runtime)
    painted = gr.State(first)
    pictures = [gr.State(pixel_colour.chosen(cell, PAINTER)) for cell in FIRST_CELLS]
    with room("vae"):
        with column("stage"), card():
            stage = player("vcolour-player", "vae", first)
            said = status_line("vcolour")
            verbs("vcolour", painted, 8)
        with column("controls"), card("Task"):
            task = gr.Radio(
                [IMAGINE, COPY, BETWEEN, NUMBERS],
                value=IMAGINE,
                label="Task",
                show_label=False,
                elem_id="vcolour-mode",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            pickers, fields, tabs = [], [], []
            with (
                gr.Column(min_width=0, visible=False) as choosing,
                gr.Tabs(elem_classes="easel-inner", elem_id="vcolour-pictures") as chosen,
            ):
                for letter, cell in zip("AB", FIRST_CELLS, strict=True):
                    key = f"vcolour-{letter.lower()}"
                    with gr.Tab(letter, id=letter, elem_id=f"{key}-tab", visible=letter == "A") as tab:
                        pickers.append(player(f"{key}-examples", "read", picker_payload(cell)))
                        fields.append(uploads.upload_field(key, uploads.COLOUR))
                    tabs.append(tab)
            with gr.Column(min_width=0, visible=False) as walking:
                steps = gr.Slider(
                    latents.FRAMES[0], MOST_FRAMES, FIRST_FRAMES, step=1, label="Frames", elem_id="vcolour-frames"
                )
            with gr.Column(min_width=0, visible=False) as looking:
                view = gr.Radio(
                    [TABLE, FILM], value=TABLE, label="View", elem_id="vcolour-view", elem_classes="easel-switch"
                )
            with gr.Column(min_width=0) as imagining:
                count = gr.Slider(1, MOST, FIRST_COUNT, step=1, label="Pictures", elem_id="vcolour-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="vcolour-temperature")
                seed = seed_field("vcolour", FIRST_SEED)
            paint = gr.Button("Paint", variant="primary", elem_id="vcolour-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("vcolour-narrator", "vcolour-player", "vae")
            explanation(TEXT, FORMULA)

    options, outputs = [task, view, steps, count, temperature, seed], [stage, painted, said]
    show_stage(paint, "vcolour-player")
    for place, (picker, (upload, note)) in enumerate(zip(pickers, fields, strict=True)):

        @told
        def on_pick(event: gr.EventData, a: Any, b: Any, *values: Any, place: int = place) -> tuple[Any, ...]:
            ends = [a, b]
            ends[place] = pixel_colour.chosen(event.cell, PAINTER)
            return ends[place], uploads.hinted(uploads.COLOUR), *answers.task(*ends, *values)

        @told
        def on_upload(path: str, a: Any, b: Any, *values: Any, place: int = place) -> tuple[Any, ...]:
            ends = [a, b]
            ends[place], said = pixel_colour.uploaded(path)
            return ends[place], said, *answers.task(*ends, *values)

        picker.pick(on_pick, [*pictures, *options], [pictures[place], note, *outputs], **LATEST)
        upload.upload(on_upload, [upload, *pictures, *options], [pictures[place], note, *outputs], **LATEST)
    shown_for(task, {BETWEEN: walking, NUMBERS: looking, IMAGINE: imagining})
    task.change(
        lambda task: (gr.Column(visible=task != IMAGINE), gr.Tabs(selected="A"), gr.Tab(visible=task == BETWEEN)),
        task,
        [choosing, chosen, tabs[1]],
        **LATEST,
    )
    triggers = [paint.click, task.change, view.change, steps.release, count.release, temperature.release]
    paints(triggers, answers.task, [*pictures, *options], outputs)
