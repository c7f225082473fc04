"""What it costs: the bound behind every VAE made visible on one digit, and what becomes of it when it is changed."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.runtime import Runtime
from viz import bound_views, cost_views
from viz.payload import Player
from viz.tabs.common import (
    LATEST,
    card,
    column,
    explanation,
    paints,
    room,
    seed_field,
    shown_for,
    status_line,
    stored,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

BOUND, THROW, BETA, BLUR, OUTSIDE = "The bound", "The throw", "Weight β", "Blur", "Outside"
TASKS = (BOUND, THROW, BETA, BLUR, OUTSIDE)
MODELS = {"2": "aevb-mnist-2d", "8": "vae-mnist", "20": "vae-mnist-20d"}
"""How many numbers a code has, and whose it is."""
FIRST_MODEL = "8"
FIRST_DIGIT, FIRST_SEED = 7, 1
ANY_MODEL = (BOUND, THROW, OUTSIDE)
"""Tasks for which the model can be chosen; the others compare models of their own."""
THROWN = (BOUND, THROW, BETA)
"""Tasks with something in them that the seed decides."""

BOUND_TEXT = """
To hand over a digit through a VAE one pays twice: for its **code** (KL, how far it stands out from what the prior
expects), and for the **pixels** that the code leaves open. The sum is at least what the digit would cost at best.

**More draws tighten it.** One draw of the code proves one price. Many, each weighed by how well it explains the digit,
prove a lower one; on average none goes below the true −log p(x). The bound itself is averaged over 64 draws that are
always the same, so that a digit has one price in all rooms. The rows below it share 200 draws, new ones for each seed.

**Where it is paid.** Bright pixels: here the model was sure, and wrong.
"""
BOUND_FORMULA = r"""
$$-\log p(x) \;\le\; \underbrace{-\mathbb E_{q}\,\log p(x \mid z)}_{\text{pixels}}
+ \underbrace{\mathrm{KL}\,(q(z \mid x) \,\|\, p(z))}_{\text{code}}$$

$$-\log p(x) \;\le\; -\mathbb E \log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i \mid x)}, \qquad z_i \sim q(z \mid x)$$

For $k = 1$ that is the same bound, with the KL thrown instead of calculated. The groups of 10 lie within those of 100,
so that on the same draws it can only fall. Each pixel costs $-\log p(x_i \mid z)$, averaged over the draws.

Kingma and Welling 2013, equation 3; Burda et al. 2015, *Importance Weighted Autoencoders*.
"""
THROW_TEXT = """
Training needs a random code, but a throw has no slope to learn along. The way out: throw the dice **first**, without
the network, and let it only *scale* and *shift* what they show.

Play it. It begins with pure **noise ε**, the same whatever the digit. Times **σ** it has the width of the encoder's
doubt; plus **μ** it lies where the encoder wants it, and every draw paints your digit as well as its code can tell it.

σ and μ are smooth functions of the weights, so now every draw has a slope. Some numbers of the code carry nothing.
Their σ stays near 1 and their μ near 0, so they do not move.
"""
THROW_FORMULA = r"""
$$\varepsilon \sim \mathcal N(0, 1), \qquad z = \mu(x) + \sigma(x)\,\varepsilon \;\sim\; q(z \mid x)$$

$$\nabla_\phi\, \mathbb E_{q_\phi}\,[f(z)]
= \mathbb E_{\varepsilon}\,[\nabla_\phi f(\mu_\phi + \sigma_\phi\,\varepsilon)]$$

Kingma and Welling 2013, section 2.4: the reparameterisation trick.
"""
BETA_TEXT = """
Three networks of two numbers, equal but for the weight **β** on the code's price in training.

With a **small** β the code's price hardly counts: it may say much, and lie where the prior seldom draws. With a
**large** β each nat of the code has to save several of the pixels', and codes are pulled towards the origin.

Compare the copies in the bars with the imagined digits above, and the figures beside them. The bars are the same bound
for all three, with β = 1, whatever they were trained for.
"""
BETA_FORMULA = r"""
$$\text{loss} = -\mathbb E_{q}\,\log p(x \mid z) + \beta\,\mathrm{KL}\,(q(z \mid x) \,\|\, p(z))$$

Undecided is a pixel with a probability of ink between 0.1 and 0.9. Higgins et al. 2017, *β-VAE*.
"""
BLUR_TEXT = """
Twins, one trained for the **likelihood** of paper and ink, the other for **squared error**.

Squared error never charges more than **1** for a pixel, however sure and wrong. The likelihood charges without limit:
a pixel painted as 0.1 % ink that is ink costs 6.9 nats. And the code's nats weigh the same in both. So under squared
error there is less to gain from a longer code, and a grey that is half right is cheap.

Both pictures are read here as probabilities of ink, so that their nats compare.
"""
BLUR_FORMULA = r"""
With ink probability $p$ and $x \in \{0, 1\}$ a pixel costs

$$-\log p(x \mid z) = -x \log p - (1 - x) \log(1 - p) \quad\text{or}\quad (x - p)^2 \le 1 .$$

The sum of squares is $-\log$ of a Gaussian of variance ½, but for a constant: a very tolerant one for values in
$[0, 1]$. Its slope in the logit is $2\,(p - x)\,p\,(1 - p)$, which vanishes where the network is sure and wrong; the
likelihood's is $p - x$.
"""
OUTSIDE_TEXT = """
Take the digit's code and pull it **away from the origin**, up to four times as far. The decoder paints whatever it is
told to, but in training it met codes only where encoders and prior put them.

The bar says how much of the prior lies **within** the distance. Of codes of two numbers 39 % lie within 1 of the
origin; of those of twenty hardly any do: they live in a shell around √20.

The painted picture is then shown to the encoder. Where the **distance** grows, the two no longer speak of the same
code: the picture no longer tells how far out it was painted.
"""
OUTSIDE_FORMULA = r"""
$|z|$ of $z \sim \mathcal N(0, 1)^d$ has the chi distribution:

$$P(|z| \le r) = \frac{\gamma(d/2,\; r^2/2)}{\Gamma(d/2)}$$

Read back: $\mu([\,p > ½\,])$ of the painted picture made paper and ink, and its distance to $z$.
"""
TEXTS = {
    BOUND: (BOUND_TEXT, BOUND_FORMULA),
    THROW: (THROW_TEXT, THROW_FORMULA),
    BETA: (BETA_TEXT, BETA_FORMULA),
    BLUR: (BLUR_TEXT, BLUR_FORMULA),
    OUTSIDE: (OUTSIDE_TEXT, OUTSIDE_FORMULA),
}


def shown(costs: Any, pixels: NDArray[np.uint8], task: str, model: str, seed: object) -> tuple[Player, str]:
    """What is to be seen of a task: the stage's payload, and the bars of nats as HTML where it has some.

    ``costs`` is the :class:`core.cost_studio.CostStudio`.
    """
    name = MODELS.get(model, model)
    if task == THROW:
        return bound_views.throw_payload(costs.throw(pixels, name, seed)), ""
    if task == BETA:
        weights = costs.betas(pixels, seed)
        return cost_views.beta_payload(weights), cost_views.beta_bars(weights)
    if task == BLUR:
        bounds = costs.likelihoods(pixels, seed)
        return cost_views.likelihood_payload(pixels, bounds), cost_views.likelihood_bars(bounds)
    if task == OUTSIDE:
        return cost_views.outside_payload(costs.outside(pixels, name)), ""
    bound = costs.bound(pixels, name, seed)
    return bound_views.bound_payload(pixels, bound), bound_views.bound_bars(bound)


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first, start = stored("cost"), painted_digit(FIRST_DIGIT)
    painted = gr.State(first)
    with room("vae"):
        with column("stage"), card():
            stage = player("cost-player", "vae", first, panels=3)
            bars = gr.HTML(stored("cost-bars")["html"], elem_id="cost-bars", apply_default_css=False)
            status = status_line("cost")
            verbs("cost", painted, 6)
        with column("controls"), card("What to look at"):
            task = gr.Radio(
                list(TASKS),
                value=BOUND,
                label="Task",
                show_label=False,
                elem_id="cost-mode",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            with gr.Column(min_width=0) as choosing:
                model = gr.Radio(
                    list(MODELS),
                    value=FIRST_MODEL,
                    label="Numbers in the code",
                    elem_id="cost-model",
                    elem_classes="easel-switch",
                )
            sub = subject("cost", "read", start, canvas("cost", "read", start))
            with gr.Column(min_width=0) as throwing:
                seed = seed_field("cost", FIRST_SEED)
        with column("aside"):
            with card():
                narrator("cost-narrator", "cost-player", "vae")
            told_of = {}
            for name, (text, formula) in TEXTS.items():
                with gr.Column(min_width=0, visible=name == BOUND) as told_of[name]:
                    explanation(text, formula)

    def answer(picture: Picture, live: bool, task: str, model: str, seed: object) -> tuple[Any, ...]:
        value, html = shown(runtime.studio.costs, picture.pixels, task, model, seed)
        if live:
            value["autoplay"] = False
        return value, value, html

    def on_change(picture: Picture, task: str, model: str, seed: float) -> tuple[Any, ...]:
        return answer(picture, False, task, model, seed)

    outputs, options = [stage, painted, bars], [task, model, seed]
    connect(sub, answer, options, outputs, status)
    shown_for(task, told_of)
    task.change(
        lambda task: [gr.Column(visible=task in tasks) for tasks in (ANY_MODEL, THROWN)],
        task,
        [choosing, throwing],
        **LATEST,
    )
    paints([task.change, model.change], on_change, [sub.picture, *options], outputs)
