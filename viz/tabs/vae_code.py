"""All at once: the VAE turns a digit into eight numbers, and eight numbers into a digit."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.runtime import Runtime
from core.trace import Array
from viz import codes, figures
from viz.payload import Player
from viz.tabs.common import (
    SIDE,
    card,
    chart_in_fold,
    column,
    explanation,
    picked_cell,
    room,
    seed_field,
    show_stage,
    status_line,
    stored,
    told,
    verbs,
)
from viz.tabs.subject import Picture, canvas, chosen, connect, examples, examples_payload, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

RANGE, GOAL = 4.0, 7
TRAVERSE, INTERPOLATE = "Every number in turn", "From this digit to another"

TEXT = """
A variational autoencoder paints **all at once**. Its first half squeezes your digit into **eight numbers**; its second
half paints a digit from eight numbers and never sees yours.

Pull a slider and the picture follows. The numbers are ordered by what they carry: the first ones decide most, and one
that carries no nats does nothing at all.

What it paints is blurred where the eight numbers do not tell: that grey is its honest doubt about each pixel.
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
    """A code as values of the sliders, which end at ±RANGE."""
    return [round(float(z), 2) for z in np.clip(code, -RANGE, RANGE)]


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, film_first, code_first = stored("vae"), stored("vae-film"), stored("vae-code")
    start = Picture(examples()[5], np.zeros((SIDE, SIDE), bool))
    painted, costs, goal = gr.State(film_first), gr.State(None), gr.State(GOAL)
    with room("vae"):
        with column("stage"):
            with card():
                stage = player("vae-player", "vae", first)
                status = status_line("vae")
                with gr.Row(elem_classes="easel-sliders"):
                    sliders = [
                        gr.Slider(
                            -RANGE, RANGE, value, step=0.05, label=f"z{i + 1}", elem_id=f"vae-z{i + 1}", min_width=130
                        )
                        for i, value in enumerate(code_first["mean"])
                    ]
                with gr.Accordion("Chart: nats of each number", open=False, elem_classes="easel-fold") as fold:
                    chart = gr.Plot(show_label=False, elem_id="vae-chart")
            with card("On film"):
                walk = gr.Radio(
                    [TRAVERSE, INTERPOLATE],
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
        with column("controls"), card("Subject"):
            sub = subject("vae", "vae", start, canvas("vae", "vae", start))
            seed = seed_field("vae")
            imagine = gr.Button("Imagine", variant="primary", elem_id="vae-imagine", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("vae-narrator", "vae-player", "vae")
            explanation(TEXT, FORMULA)
    imagined = gr.State(False)

    def encode(picture: Picture, live: bool) -> tuple[Any, ...]:
        code = runtime.studio.vae_encode(picture.pixels)
        drawn, _ = runtime.studio.vae_decode(code.mean)
        value = codes.code_payload(
            picture.pixels, drawn, code.mean, kl=float(code.kl.sum()), reconstruction=code.reconstruction
        )
        return value, False, code.kl, *positions(code.mean)

    @told
    def on_imagine(seed: float) -> tuple[Any, ...]:
        code = np.clip(runtime.studio.vae_imagine(seed), -RANGE, RANGE)
        drawn, _ = runtime.studio.vae_decode(code)
        return codes.code_payload(None, drawn, code), True, UNPRICED, *positions(code)

    @told
    def on_slide(picture: Picture, imagined: bool, *code: float) -> tuple[Player, Array]:
        pixels = None if imagined else picture.pixels
        drawn, nats = runtime.studio.vae_decode(list(code), pixels)
        return codes.code_payload(pixels, drawn, np.array(code, np.float32), reconstruction=nats), UNPRICED

    @told
    def on_film(walk: str, goal: int, *code: float) -> tuple[Player, Player]:
        if walk == TRAVERSE:
            value = codes.traversal_payload(runtime.studio.vae_traverse(list(code)))
        else:
            end = runtime.studio.vae_encode(chosen(goal)).mean
            value = codes.interpolation_payload(runtime.studio.vae_interpolate(list(code), end))
        return value, value

    fast: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
    private = fast | {"api_visibility": "private"}
    outputs, asked = [stage, imagined, costs, *sliders], [walk, goal, *sliders]
    connect(sub, encode, [], outputs, status)
    show_stage(imagine, "vae-player")
    imagine.click(on_imagine, seed, outputs, api_visibility="private", **fast)
    for slider in sliders:
        slider.input(on_slide, [sub.picture, imagined, *sliders], [stage, costs], **private)
        slider.release(on_film, asked, [film, painted], **private)
    gr.on([stage.change, walk.change], on_film, asked, [film, painted], **private)
    walk.change(lambda walk: gr.Column(visible=walk == INTERPOLATE), walk, target_box, **private)
    target.pick(picked_cell, outputs=goal, **private).then(on_film, asked, [film, painted], **private)
    chart_in_fold(
        fold, costs, chart, figures.nats_per_latent_figure, lambda: runtime.studio.vae_encode(start.pixels).kl
    )
