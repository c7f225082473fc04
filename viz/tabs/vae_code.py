"""The code: a digit as a few numbers, and what every one of them does."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.studies import latents
from core.trace import Array
from viz.language import say
from viz.player import bundle
from viz.player.payload import Player
from viz.tabs.common import (
    LATEST,
    SIDE,
    away,
    card,
    chart_in_fold,
    column,
    explanation,
    room,
    status_line,
    stored,
    switch,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Painters
from viz.views import figures, vae_code
from viz.widgets.code.code import Table, numbers_of
from viz.widgets.code.code import code as code_widget
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

COPY, IMAGINE = "Copy", "Imagine"
GOAL, VALUES, REST = 7, 9, 300
TRAVERSE, TABLE, INTERPOLATE = "turns", "table", "another"
WALKS = [("Every number in turn", TRAVERSE), ("All at a glance", TABLE), ("From this digit to another", INTERPOLATE)]
PICKED = "() => { window.dispatchEvent(new CustomEvent('easel:pick', { detail: 'vae-film' })); }"
"""A picture of the table is where the code is to go; its widget listens."""
FILM_FRAMES = {8: 24, 2: 24}
"""Frames of a traversal by the size of the code; longer codes have :data:`FEW_FRAMES`, so that the film stays small."""
FEW_FRAMES = 12

TEXT = """
A variational autoencoder paints **all at once**. Its first half makes **a few numbers** of your digit. Its second half
paints a digit from the numbers alone and never sees yours.

Pull a slider and the picture follows. Each slider says how many nats its number carries on average: the first ones
decide most. A **dead** number carries nothing and changes nothing that you could see.

The picture is blurred where the numbers do not tell: that grey is its honest doubt about each pixel.
"""
MORE = """
**All at a glance** shows what each number does: a row for each, and in it its values from −3 to 3 while the others stay
where your sliders are. Press a picture there, and the sliders go to it.

Averages are over the test digits. *20, denoising* has four dead numbers; it learned to mend damaged digits.
"""

FORMULA = r"""
The encoder gives $q(z \mid x) = \mathcal N(\mu(x), \sigma^2(x))$, the decoder $p(x \mid z)$. Training raises

$$\mathbb E_{q(z \mid x)}\,[{\log p(x \mid z)}]
- {\mathrm{KL}\,(q(z \mid x) \,\|\, \mathcal N(0, 1))} \;\le\; \log p(x)$$

with $z = \mu + \sigma \epsilon$, $\epsilon \sim \mathcal N(0, 1)$, so that gradients pass through the draw.
Of each latent,

$$\mathrm{KL}_i = \tfrac12 (\mu_i^2 + \sigma_i^2 - 1) - \log \sigma_i .$$

Kingma and Welling 2013, *Auto-Encoding Variational Bayes*.
"""


UNPRICED = np.zeros(0, np.float32)
"""The costs of a code that was bent or imagined: only the code of a digit has a price."""


class Coded:
    """What the tab shows of a model: ``code`` (d,) of ``pixels`` (H, W), of none if imagined, bent if ``text`` says so.

    ``costs`` (d,) in nats are those of the digit's own code.
    """

    def __init__(self, studio: Any, picture: Picture, seed: float, model: str, task: str, text: str) -> None:
        self.studio, self.model, self.text = studio, model, text
        self.pixels: NDArray[np.uint8] | None = None if task == IMAGINE else picture.pixels
        self.costs, self.reconstruction = UNPRICED, 0.0
        bent = numbers_of(text, studio.vaes.size(model))
        if bent is not None:
            self.code: Array = np.array(bent, np.float32)
        elif self.pixels is None:
            self.code = np.clip(studio.vaes.imagine(seed, model), -vae_code.RANGE, vae_code.RANGE)
        else:
            found = studio.vaes.encode(self.pixels, model)
            self.code, self.costs, self.reconstruction = found.mean, found.kl, found.reconstruction

    def stage(self) -> Player:
        """The digit, if there is one, and what the code paints."""
        painted, nats = self.studio.vaes.decode(self.code, None if len(self.costs) else self.pixels, self.model)
        price = {"reconstruction": nats}
        if len(self.costs):
            price = {"kl": float(self.costs.sum()), "reconstruction": self.reconstruction}
        value = vae_code.code_payload(self.pixels, painted, self.code, **price)
        return {**value, "again": bundle.again(self.model, 'decode(given["code"])', code=self.code)}

    def numbers(self) -> vae_code.Numbers:
        """The sliders."""
        carried, dead = self.studio.vaes.carried(self.model), self.studio.walks.dead(self.model)
        return vae_code.numbers_value(self.code, carried, dead, self.text)

    def idle(self) -> str:
        """Which numbers are dead, as HTML."""
        return f"<p>{vae_code.dead_sentence(self.studio.walks.dead(self.model))}</p>"

    def film(self, walk: str, to: NDArray[np.uint8]) -> Player:
        """A walk that begins at the code, and how it comes again."""
        walks, name = self.studio.walks, self.model
        begins: dict[str, Any] = {"film": True, "last": bundle.FILM, "code": self.code}
        if walk == INTERPOLATE:
            end = self.studio.vaes.encode(to, name).mean
            value = vae_code.interpolation_payload(walks.interpolate(self.code, end, name=name))
            call = f'interpolate(given["code"], given["to"], name="{name}")'
            return {**value, "again": bundle.again(name, call, studio="walks", to=end, **begins)}
        if walk == TABLE:
            value = vae_code.lattice_payload(walks.lattice(self.code, VALUES, name), walks.dead(name))
            call = f'lattice(given["code"], {VALUES}, "{name}").reshape(-1, 1, {SIDE}, {SIDE})'
            return {**value, "again": bundle.again(name, call, studio="walks", last="trace", code=self.code)}
        frames = FILM_FRAMES.get(len(self.code), FEW_FRAMES)
        value = vae_code.traversal_payload(self.studio.vaes.traverse(self.code, frames, name), walks.dead(name))
        call = f'traverse(given["code"], {frames}, "{name}")'
        return {**value, "again": bundle.again(name, call, studio="vaes", **begins)}


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, film_first, numbers_first = stored("vae"), stored("vae-film"), stored("vae-code")
    shown, painted, costs = gr.State(first), gr.State(film_first), gr.State(None)
    with room("vae"):
        with column("controls"), card():
            task = tab.control("task", task_switch("vae", (COPY, IMAGINE)))
            model = tab.control(
                "model", switch("How many numbers", vae_code.CODES.items(), "vae-model", vae_code.FIRST)
            )
            trained = Painters(tab, "vae", vae_code.CODES.values(), model)
        with column("stage"):
            with card():
                stage = player("vae-player", "vae", first)
                status = status_line("vae")
                sliders = code_widget(
                    "vae-code",
                    numbers_first,
                    tab=tab.key,
                    name="z",
                    sizes=vae_code.SIZES,
                    imagined=IMAGINE,
                    table=Table("vae-film", TABLE, latents.values(VALUES).tolist()),
                )
                z = tab.text("z", sliders, "")
                idle = gr.HTML(
                    f"<p>{vae_code.dead_sentence(np.array(numbers_first['dead']))}</p>",
                    elem_id="vae-dead",
                    elem_classes="easel-status",
                    apply_default_css=False,
                )
                schematic("vae", "vae")
                verbs("code", shown, 12, "vae-player", by=model)
                with gr.Accordion("Chart: nats of each number", open=False, elem_classes="easel-fold") as fold:
                    chart = gr.Plot(show_label=False, elem_id="vae-chart")
            with card("On film", folds=True):
                walk = tab.control("film", switch("What to film", WALKS, "vae-walk", TRAVERSE, said=False))
                with gr.Column(min_width=0, elem_classes=away(False)) as target:
                    to = tab.digit("to", say("Where to"), GOAL)
                film = player("vae-film", "vae", film_first)
                verbs("vae", painted, 12, "vae-film", by=model)
        with column("aside"):
            with card():
                narrator("vae-narrator", "vae-player", "vae")
            explanation(TEXT, FORMULA, MORE)

    def coded(picture: Picture, seed: float, model: str, task: str, z: str, run: str) -> Coded:
        studio, name = trained.asked(run, model)
        return Coded(studio, picture, seed, name, task, z)

    def answer(**asked: Any) -> tuple[Any, ...]:
        now = coded(**asked)
        value = now.stage()
        return value, value, now.costs, now.numbers(), now.idle()

    def on_film(walk: str, to: NDArray[np.uint8], **asked: Any) -> tuple[Any, ...]:
        value = coded(**asked).film(walk, to)
        return value, value

    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed, "model": model, "task": task, "z": z}
    asked |= {"run": trained.run}
    when = {"seed": (task, IMAGINE), "picture": (task, COPY)}
    tab.paint(answer, asked, [stage, shown, costs, sliders, idle], status=status, when=when, quick=True)
    tab.moment("vae-film")
    tab.paint(on_film, {**asked, "walk": walk, "to": to}, [film, painted], rest=REST, when=when)
    film.pick(None, js=PICKED, api_visibility="private")
    walk.change(lambda walk: gr.Column(elem_classes=away(walk == INTERPOLATE)), walk, target, **LATEST)

    def first_costs() -> Array:
        return tab.runtime.studio.vaes.encode(usual().pixels).kl

    chart_in_fold(fold, costs, chart, figures.nats_per_latent_figure, first_costs)
