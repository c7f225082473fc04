"""Colour: house numbers as 64 numbers, with a likelihood for all 256 levels of every channel."""

from __future__ import annotations

import zlib
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import UserError
from core.studies import latents
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player import bundle
from viz.player.payload import Player
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
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.pixel_colour import own_pictures
from viz.tabs.trained import Asked, Painters
from viz.tabs.vae_walks import walked
from viz.views import vae_code, vae_walks
from viz.widgets.narrator.narrator import narrator
from viz.widgets.picker.pictures import pictures
from viz.widgets.player.player import player

(MODEL,) = shown_in("vae_colour")
SIZE, SIDE = REGISTRY[MODEL].config.latent, 32
(PAINTER,) = (name for name in shown_in("pixel_colour") if REGISTRY[name].dataset == REGISTRY[MODEL].dataset)
IMAGINE, COPY, BETWEEN, NUMBERS = "imagine", "copy", "between", "numbers"
TASKS = [("Imagine", IMAGINE), ("Copy", COPY), ("Between", BETWEEN), ("Its numbers", NUMBERS)]
TABLE, FILM = "table", "turns"
OWN = "own"
"""How the value of a picker begins for a picture that a person brought."""
FIRST_CELLS = {"a": 1, "b": 6}
"""Which of the stored pictures are A and B at first."""
FIRST_COUNT, FIRST_FRAMES, MOST_FRAMES, MOST = 9, 16, 24, 16
LEADING, FILM_FRAMES, VALUES = 16, 8, 5
"""Of 64 numbers only those are walked along that carry most; a picture in colour is four times as large as a digit."""

TEXT = """
The same idea in colour: **64 numbers** for a house number of 32×32 pixels. The decoder names a value for every pixel's
red, green and blue, and a width, learned for each channel, that says how far off it may be.

The price of a picture is a true **likelihood** of its 3,072 numbers and may be compared with other models'.

Sixty-four numbers keep light, colour and the large shapes. What they cannot tell is blurred away.
"""
MORE = """
Each of the 256 levels gets the probability of its own bin, so the price is in nats, or in bits for each number. It is
an upper bound: the code's nats and those that naming the picture from the code then takes. The price is in what you do
not see.

The pictures to choose from were painted by PixelCNN. One of yours is made 32×32 pixels small and stays in this page.
"""

FORMULA = r"""
With the painted value $\mu$, the width $s$ of the channel and $\sigma$ the logistic function, a level $x$ has

$$p(x \mid z) = \sigma\!\left(\frac{x + \tfrac12 - \mu}{s}\right) - \sigma\!\left(\frac{x - \tfrac12 - \mu}{s}\right),$$

in units of one level of 255; the lowest and the highest level take the tails. Bits for each number are
$(\mathrm{KL} - \mathbb E_q \log p(x \mid z)) / (3072 \log 2)$, the mean taken over 64 samples of $z$.

Imagined: $z = \tau\,\epsilon$ with the temperature $\tau$, $\epsilon \sim \mathcal N(0, 1)$.
"""


def chosen(choice: object, own: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The picture (H, W, 3) behind the value of a picker: one of the stored ones, or the person's ``own``."""
    text, choices = str(choice), own_pictures()[PAINTER]
    if own is not None and text.startswith(OWN):
        return own
    if not (text.isascii() and text.isdigit() and int(text) < len(choices)):
        raise UserError("There is no such example.")
    return choices[int(text)]


class Answers:
    """What the tab answers: the payload of the stage for a task, and a sentence about its ends."""

    def __init__(self, asked: Asked) -> None:
        self.studio, _ = asked

    def imagined(self, count: float, seed: float, temperature: float) -> Player:
        """Pictures from the prior."""
        images = self.studio.walks.generate(count, seed, temperature, MODEL)
        call = f"sample({int(count)}, seed={int(seed)}, temperature={temperature:g})"
        return {
            **vae_walks.imagined_payload(images, temperature, self.studio.vaes.size(MODEL)),
            "again": bundle.again(MODEL, call),
        }

    def copied(self, pixels: NDArray[np.uint8]) -> Player:
        """A picture, its copy and its price."""
        copy = self.studio.walks.copy(pixels, MODEL)
        value = vae_walks.copy_payload(copy.subject, copy.painted, copy.kl, copy.reconstruction, copy.bits)
        call = f'copy(given["picture"], "{MODEL}")'
        return {**value, "again": bundle.again(MODEL, call, last="trace.painted", studio="walks", picture=pixels)}

    def numbers(self, pixels: NDArray[np.uint8], view: str) -> Player:
        """What each of its leading numbers does to a picture."""
        studio = self.studio
        code, dead = studio.vaes.encode(pixels, MODEL).mean, studio.walks.dead(MODEL)[:LEADING]
        if view == FILM:
            value = vae_code.traversal_payload(studio.vaes.traverse(code, FILM_FRAMES, MODEL, LEADING), dead)
            call = f'traverse(given["code"], {FILM_FRAMES}, "{MODEL}", {LEADING})'
            again = bundle.again(MODEL, call, last=bundle.FILM, film=True, studio="vaes", code=code)
        else:
            value = vae_code.lattice_payload(studio.walks.lattice(code, VALUES, MODEL, LEADING), dead)
            call = f'lattice(given["code"], {VALUES}, "{MODEL}", {LEADING}).reshape(-1, 3, {SIDE}, {SIDE})'
            again = bundle.again(MODEL, call, last="trace", studio="walks", code=code)
        return {**vae_walks.with_carried(value, studio.vaes.carried(MODEL)), "again": again}

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
            way = self.studio.walks.between(a, b, steps, MODEL)
            value = walked(way, [a, b], MODEL)
            said = vae_walks.status(way.blank, way.same)
        return value, value, said


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first = stored("vae-colour")
    painted, pickers, owns, fields, boxes = gr.State(first), {}, {}, {}, []
    with room("vae"):
        with column("controls"), card():
            task = tab.control("task", switch("Task", TASKS, "vcolour-mode", IMAGINE, said=False))
            for name, cell in FIRST_CELLS.items():  # there, since what an address says of them is theirs to take
                with gr.Row(elem_classes=away(False)) as box:
                    urls = [uploads.encoded(Image.fromarray(each), "PNG") for each in own_pictures()[PAINTER]]
                    pickers[name] = tab.keeps(
                        name,
                        pictures(
                            f"vcolour-{name}", say("Picture {upper}", upper=name.upper()), urls, cell, tab.key, name
                        ),
                    )
                    with gr.Column(min_width=200):
                        fields[name] = uploads.upload_field(f"vcolour-{name}", say(uploads.COLOUR))
                    owns[f"own_{name}"] = gr.State(None)
                boxes.append(box)
            with gr.Column(min_width=0, visible=False) as walking:
                steps = tab.control(
                    "frames",
                    gr.Slider(
                        latents.FRAMES[0], MOST_FRAMES, FIRST_FRAMES, step=1, label="Frames", elem_id="vcolour-frames"
                    ),
                )
            with gr.Column(min_width=0, visible=False) as looking:
                view = tab.control(
                    "show", switch("View", [("All at a glance", TABLE), ("In turn", FILM)], "vcolour-view", TABLE)
                )
            with gr.Row() as imagining:
                count = tab.control(
                    "pictures",
                    gr.Slider(1, MOST, FIRST_COUNT, step=1, label="Pictures", elem_id="vcolour-count", min_width=140),
                )
                temperature = tab.control(
                    "temperature",
                    gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="vcolour-temperature", min_width=140),
                )
            trained = Painters(tab, "vcolour", [MODEL])
            paint = gr.Button("Paint", variant="primary", elem_id="vcolour-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("vcolour-player", "vae", first)
            status = status_line("vcolour")
            said = gr.HTML("", elem_id="vcolour-said", elem_classes="easel-status", apply_default_css=False)
            verbs("vcolour", painted, 8, by=MODEL)
        with column("aside"):
            with card():
                narrator("vcolour-narrator", "vcolour-player", "vae")
            explanation(TEXT, FORMULA, MORE)

    def answer(a: object, b: object, own_a: Any, own_b: Any, run: str, **asked: Any) -> tuple[Any, ...]:
        return Answers(trained.asked(run, MODEL)).task(chosen(a, own_a), chosen(b, own_b), **asked)

    def on_upload(path: str) -> tuple[Any, ...]:
        pixels, note = uploads.colour(path, SIDE)
        return pixels, note, f"{OWN}-{zlib.crc32(pixels.tobytes())}"

    options = {"view": view, "steps": steps, "count": count, "temperature": temperature, "seed": tab.desk.seed}
    asked = {**pickers, **owns, "task": task, "run": trained.run, **options}
    when = {"seed": (task, IMAGINE)}
    again(paint, tab.paint(answer, asked, [stage, painted, said], status=status, when=when))
    tab.moment("vcolour-player")
    show_stage(paint, "vcolour-player")
    for name, (button, note) in fields.items():
        tab.on(button.upload, on_upload, {"path": button}, [owns[f"own_{name}"], note, pickers[name]])
    shown_for(task, {BETWEEN: walking, NUMBERS: looking, IMAGINE: imagining})
    task.change(
        lambda task: [gr.Row(elem_classes=away(there)) for there in (task != IMAGINE, task == BETWEEN)],
        task,
        boxes,
        **LATEST,
    )
