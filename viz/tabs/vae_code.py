"""The code: a digit as a few numbers, and what every one of them does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core import latents
from core.runtime import Runtime
from core.trace import Array
from viz import codes, figures
from viz.payload import Player
from viz.tabs.common import (
    LATEST,
    SKIP,
    card,
    chart_in_fold,
    column,
    explanation,
    paints,
    picked_cell,
    room,
    seed_field,
    show_stage,
    status_line,
    stored,
    told,
    verbs,
)
from viz.tabs.subject import Picture, canvas, chosen, connect, examples_payload, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

RANGE, GOAL, VALUES = 4.0, 7, 9
TRAVERSE, TABLE, INTERPOLATE = "Every number in turn", "All at a glance", "From this digit to another"
MOST = max(codes.SIZES.values())
FILM_FRAMES = {8: 24, 2: 24}
"""Frames of a traversal by the size of the code; longer codes have :data:`FEW_FRAMES`, so that the film stays small."""
FEW_FRAMES = 12
SETTLE = """
let shown = document.querySelector('#vae-player .easel-player')?.dataset.loaded;
let timer;
window.addEventListener('easel:step', ({ detail }) => {
  const id = detail.player === 'vae-player' ? detail.value?.id : shown;
  if (!id || id === shown) return;
  const first = shown === undefined; // what is stored has its film
  shown = id;
  clearTimeout(timer);
  if (!first) timer = setTimeout(() => trigger('rest', {}), 300);
});
"""
"""What is on film follows when the code has rested for a moment: a hand on a slider, or a key, does not wait for it."""
BOUNDED = f"""(...all) => all.map((value, i) =>
  i < all.length - {MOST} ? value : Math.min({RANGE}, Math.max(-{RANGE}, Number(value) || 0)))"""
"""What is typed beside a slider may be nothing yet, or far away: it counts as 0, or as the slider's end."""

TEXT = """
A variational autoencoder paints **all at once**. Its first half makes **a few numbers** of your digit: eight, twenty
or two, as you choose. Its second half paints a digit from the numbers alone and never sees yours.

Pull a slider and the picture follows. The numbers are ordered by what they carry, on average over the test digits, and
each says how many nats that is: the first ones decide most. One that is **dead** carries nothing and changes nothing
that you could see. *20, denoising* has four of them; it learned to mend damaged digits.

**All at a glance** shows what each number does: a row for each, and in it its values from −3 to 3 while the others stay
where your sliders are. Press a picture there, and the sliders go to it.

What it paints is blurred where the numbers do not tell: that grey is its honest doubt about each pixel.
"""

FORMULA = r"""
The encoder gives $q(z \mid x) = \mathcal N(\mu(x), \sigma^2(x))$, the decoder $p(x \mid z)$. Training raises

$$\mathbb E_{q(z \mid x)}\,[\log p(x \mid z)] - \mathrm{KL}\,(q(z \mid x) \,\|\, \mathcal N(0, 1)) \;\le\; \log p(x)$$

with $z = \mu + \sigma \epsilon$, $\epsilon \sim \mathcal N(0, 1)$, so that gradients pass through the draw.
Of each latent,

$$\mathrm{KL}_i = \tfrac12 (\mu_i^2 + \sigma_i^2 - 1) - \log \sigma_i .$$

Kingma and Welling 2013, *Auto-Encoding Variational Bayes*.
"""


UNPRICED = np.zeros(0, np.float32)
"""The costs of a code that was bent or imagined: only the code of a digit has a price."""


def positions(code: Array) -> list[float]:
    """A code as values of all the sliders, which end at ±RANGE; those that its model does not have are at 0."""
    values = [round(float(z), 2) for z in np.clip(code, -RANGE, RANGE)]
    return values + [0.0] * (MOST - len(values))


def sliders_of(
    code: Array, carried: Sequence[float] | Array, dead: Sequence[bool] | NDArray[np.bool_]
) -> list[gr.Slider]:
    """All the sliders, those in sight that the model has, each with what it carries."""
    made = []
    for i, value in enumerate(positions(code)):
        there = i < len(carried)
        label = codes.slider_label(i, float(carried[i]), bool(dead[i])) if there else f"z{i + 1}"
        options: dict[str, Any] = {"minimum": -RANGE, "maximum": RANGE, "step": 0.05, "min_width": 130}
        made.append(gr.Slider(value=value, label=label, visible=there, elem_id=f"vae-z{i + 1}", **options))
    return made


class Answers:
    """What the tab answers: where it says so, value of the stage, whether it is imagined, the costs, all sliders."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def encoded(self, picture: Picture, live: bool, name: str) -> tuple[Any, ...]:
        """A digit as it is encoded; value, imagined, costs, sliders."""
        code = self.runtime.studio.vaes.encode(picture.pixels, name)
        drawn, _ = self.runtime.studio.vaes.decode(code.mean, name=name)
        kl = float(code.kl.sum())
        value = codes.code_payload(picture.pixels, drawn, code.mean, kl=kl, reconstruction=code.reconstruction)
        return value, False, code.kl, *positions(code.mean)

    def back(self, picture: Picture, name: str) -> tuple[Any, ...]:
        """The digit again; value, imagined, costs, sliders."""
        return self.encoded(picture, False, name)

    def imagined(self, seed: float, name: str) -> tuple[Any, ...]:
        """A code of the prior; value, imagined, costs, sliders."""
        code = np.clip(self.runtime.studio.vaes.imagine(seed, name), -RANGE, RANGE)
        drawn, _ = self.runtime.studio.vaes.decode(code, name=name)
        return codes.code_payload(None, drawn, code), True, UNPRICED, *positions(code)

    def bent(self, name: str, picture: Picture, imagined: bool, *sliders: float) -> tuple[Player, Array]:
        """The sliders' code; value and costs."""
        code, pixels = list(sliders[: codes.SIZES[name]]), None if imagined else picture.pixels
        drawn, nats = self.runtime.studio.vaes.decode(code, pixels, name)
        return codes.code_payload(pixels, drawn, np.array(code, np.float32), reconstruction=nats), UNPRICED

    def moved(self, name: str, picture: Picture, imagined: bool, code: list[float]) -> tuple[Any, ...]:
        """A code to which the sliders go; value, imagined, costs, sliders."""
        value, costs = self.bent(name, picture, imagined, *code)
        return value, imagined, costs, *positions(np.array(code))

    def zero(self, name: str, picture: Picture, imagined: bool) -> tuple[Any, ...]:
        """The prior's mean; value, imagined, costs, sliders."""
        return self.moved(name, picture, imagined, [0.0] * codes.SIZES[name])

    def model(self, name: str, picture: Picture, imagined: bool, seed: float) -> tuple[Any, ...]:
        """Another model's code of the digit, or dream; value, imagined, costs, sliders, which are dead."""
        shown = self.imagined(seed, name) if imagined else self.encoded(picture, False, name)
        carried, dead = self.runtime.studio.vaes.carried(name), self.runtime.studio.walks.dead(name)
        sliders = sliders_of(np.array(shown[3 : 3 + len(carried)]), carried, dead)
        return *shown[:3], *sliders, f"<p>{codes.dead_sentence(dead)}</p>"

    def film(self, name: str, walk: str, goal: int, *sliders: float) -> tuple[Player, Player]:
        """What is on film, for the player and for the download."""
        studio, code = self.runtime.studio, list(sliders[: codes.SIZES[name]])
        if walk == INTERPOLATE:
            end = studio.vaes.encode(chosen(goal), name).mean
            value = codes.interpolation_payload(studio.walks.interpolate(code, end, name=name))
        elif walk == TABLE:
            value = codes.lattice_payload(studio.walks.lattice(code, VALUES, name), studio.walks.dead(name))
        else:
            count = FILM_FRAMES.get(len(code), FEW_FRAMES)
            value = codes.traversal_payload(studio.vaes.traverse(code, count, name), studio.walks.dead(name))
        return value, value

    def tile(
        self, event: gr.EventData, walk: str, name: str, picture: Picture, imagined: bool, *sliders: float
    ) -> tuple[Any, ...]:
        """A picture of the table was pressed; value, imagined, costs, sliders."""
        code = list(sliders[: codes.SIZES[name]])
        row, step = divmod(picked_cell(event), VALUES)
        if walk != TABLE or not 0 <= row < len(code):
            return tuple(SKIP for _ in range(3 + MOST))
        code[row] = float(latents.values(VALUES)[step])
        return self.moved(name, picture, imagined, code)


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, film_first, code_first = stored("vae"), stored("vae-film"), stored("vae-code")
    start = painted_digit(5)
    painted, costs, goal, imagined = gr.State(film_first), gr.State(None), gr.State(GOAL), gr.State(False)
    with room("vae"):
        with column("stage"):
            with card():
                stage = player("vae-player", "vae", first)
                status = status_line("vae")
                with gr.Row(elem_classes="easel-sliders"):
                    sliders = sliders_of(np.array(code_first["mean"]), code_first["carried"], code_first["dead"])
                idle = gr.HTML(
                    f"<p>{codes.dead_sentence(np.array(code_first['dead']))}</p>",
                    elem_id="vae-dead",
                    elem_classes="easel-status",
                    apply_default_css=False,
                )
                with gr.Row(elem_classes="easel-verbs"):
                    zero = gr.Button("All to 0", elem_id="vae-zero", size="sm", min_width=80, scale=0)
                    back = gr.Button("Back to the digit", elem_id="vae-back", size="sm", min_width=130, scale=0)
                with gr.Accordion("Chart: nats of each number", open=False, elem_classes="easel-fold") as fold:
                    chart = gr.Plot(show_label=False, elem_id="vae-chart")
            with card("On film"):
                walk = gr.Radio(
                    [TRAVERSE, TABLE, INTERPOLATE],
                    value=TRAVERSE,
                    label="What to film",
                    show_label=False,
                    elem_id="vae-walk",
                    elem_classes="easel-switch",
                )
                film = player("vae-film", "vae", film_first)
                with gr.Column(min_width=0, visible=False) as target_box:
                    target = player("vae-target", "vae", {**examples_payload("Where to", "vae", 10), "cell": GOAL})
                verbs("vae", painted, 12)
                settle = gr.HTML("", js_on_load=SETTLE, elem_classes="easel-hidden", apply_default_css=False)
        with column("controls"), card("Subject"):
            name = gr.Radio(
                list(codes.CODES.items()),
                value=codes.FIRST,
                label="How many numbers",
                elem_id="vae-model",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            sub = subject("vae", "vae", start, canvas("vae", "vae", start))
            seed = seed_field("vae")
            imagine = gr.Button("Imagine", variant="primary", elem_id="vae-imagine", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("vae-narrator", "vae-player", "vae")
            explanation(TEXT, FORMULA)

    answers = Answers(runtime)
    outputs, asked = [stage, imagined, costs, *sliders], [name, walk, goal, *sliders]
    state = [name, sub.picture, imagined]
    connect(sub, answers.encoded, [name], outputs, status)
    show_stage(imagine, "vae-player")
    paints([imagine.click], answers.imagined, [seed, name], outputs)
    name.change(told(answers.model), [*state, seed], [*outputs, idle], **LATEST)
    zero.click(told(answers.zero), state, outputs, **LATEST)
    back.click(told(answers.back), [sub.picture, name], outputs, **LATEST)
    for slider in sliders:
        # Past the queue, which would take longer than decoding; the studio's own lock keeps requests apart.
        slider.input(told(answers.bent), [*state, *sliders], [stage, costs], js=BOUNDED, queue=False, **LATEST)
    for filmed in (settle.rest, walk.change):
        filmed(told(answers.film), asked, [film, painted], js=BOUNDED, **LATEST)
    walk.change(lambda walk: gr.Column(visible=walk == INTERPOLATE), walk, target_box, **LATEST)
    target.pick(picked_cell, outputs=goal, **LATEST).then(
        told(answers.film), asked, [film, painted], js=BOUNDED, **LATEST
    )
    film.pick(told(answers.tile), [walk, *state, *sliders], outputs, js=BOUNDED, **LATEST)
    chart_in_fold(
        fold, costs, chart, figures.nats_per_latent_figure, lambda: runtime.studio.vaes.encode(start.pixels).kl
    )
