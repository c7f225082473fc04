"""What it costs: the bound behind every VAE made visible on one digit, and what becomes of it when it is changed."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.training.registry import shown_in
from viz.player import bundle
from viz.player.payload import Again, Player
from viz.tabs.common import LATEST, card, column, explanation, room, shown_for, status_line, stored, switch, verbs
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Painters
from viz.views import vae_bound, vae_bound_tasks
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

BOUND, SAMPLE, BETA, BLUR, OUTSIDE = "bound", "sample", "beta", "blur", "outside"
TASKS = [("The bound", BOUND), ("Noise to code", SAMPLE), ("Weight β", BETA), ("Blur", BLUR), ("Outside", OUTSIDE)]
MODELS = {label: name for name, label in shown_in("vae_bound").items()}
"""How many numbers a code has, and whose it is."""
FIRST_MODEL = "8"
ANY_MODEL = (BOUND, SAMPLE, OUTSIDE)
"""Tasks for which the model can be chosen; the others compare models of their own."""

BOUND_TEXT = """
To hand over a digit through a VAE one pays twice: for its **code** (KL, how far it stands out from what the prior
expects), and for the **pixels** that the code leaves open. The sum is at least what the digit would cost at best.

**More samples tighten it.** One sample of the code proves one price. Many, each weighed by how well it explains the
digit, prove a lower one.

**Where it is paid.** Bright pixels: here the model was sure, and wrong.
"""
BOUND_MORE = """
On average no price goes below the true −log p(x), however many samples are weighed. The bound itself is averaged over
64 samples that are always the same, so that a digit has one price in all rooms. The rows below it share 200 samples,
others for each seed.
"""
BOUND_FORMULA = r"""
$$-\log p(x) \;\le\; \underbrace{-\mathbb E_{q}\,\log p(x \mid z)}_{\text{pixels}}
+ \underbrace{\mathrm{KL}\,(q(z \mid x) \,\|\, p(z))}_{\text{code}}$$

$$-\log p(x) \;\le\; -\mathbb E \log \frac1k \sum_{i=1}^k \frac{p(x, z_i)}{q(z_i \mid x)}$$
$$z_i \sim q(z \mid x)$$

For $k = 1$ that is the same bound, with the KL sampled instead of calculated. The groups of 10 lie within those of 100,
so that on the same samples it can only fall. Each pixel costs $-\log p(x_i \mid z)$, averaged over the samples.

Kingma and Welling 2013, equation 3; Burda et al. 2015, *Importance Weighted Autoencoders*.
"""
SAMPLE_TEXT = """
Training needs a random code, but a sample has no slope to learn along. The way out: sample noise **first**, without the
network, and let the network only *scale* and *shift* it.

Play it. It begins with pure **noise ε**, the same whatever the digit. Times **σ** it has the width of the encoder's
doubt. Plus **μ** it lies where the encoder wants it.
"""
SAMPLE_MORE = """
In the end every sample paints your digit as well as its code can tell it.

σ and μ are smooth functions of the weights, so now every sample has a slope. Some numbers of the code carry nothing.
Their σ stays near 1 and their μ near 0, so they do not move.
"""
SAMPLE_FORMULA = r"""
$$\varepsilon \sim \mathcal N(0, 1), \qquad z = \mu(x) + \sigma(x)\,\varepsilon \;\sim\; q(z \mid x)$$

$$\nabla_\phi\, \mathbb E_{q_\phi}\,[f(z)]
= \mathbb E_{\varepsilon}\,[\nabla_\phi f(\mu_\phi + \sigma_\phi\,\varepsilon)]$$

Kingma and Welling 2013, section 2.4: the reparameterisation trick.
"""
BETA_TEXT = """
Three networks of two numbers, equal but for the weight **β** on the code's price in training.

With a **small** β the code's price hardly counts: it may say much, and lie where the prior seldom samples. With a
**large** β each nat of the code has to save several of the pixels', and codes are pulled towards the origin.
"""
BETA_MORE = """
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
a pixel painted as 0.1 % ink that is ink costs 6.9 nats. So under squared error a grey that is half right is cheap.
"""
BLUR_MORE = """
The code's nats weigh the same in both. So under squared error there is less to gain from a longer code.

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

The painted picture is then shown to the encoder. Where the **distance** grows, the two no longer speak of the same
code: the picture no longer tells how far out it was painted.
"""
OUTSIDE_MORE = """
The bar says how much of the prior lies **within** the distance. Of codes of two numbers 39 % lie within 1 of the
origin; of those of twenty hardly any do: they lie in a shell around √20.
"""
OUTSIDE_FORMULA = r"""
$|z|$ of $z \sim \mathcal N(0, 1)^d$ has the chi distribution:

$$P(|z| \le r) = \frac{\gamma(d/2,\; r^2/2)}{\Gamma(d/2)}$$

Read back: $\mu([\,p > ½\,])$ of the painted picture made paper and ink, and its distance to $z$.
"""
TEXTS = {
    BOUND: (BOUND_TEXT, BOUND_FORMULA, BOUND_MORE),
    SAMPLE: (SAMPLE_TEXT, SAMPLE_FORMULA, SAMPLE_MORE),
    BETA: (BETA_TEXT, BETA_FORMULA, BETA_MORE),
    BLUR: (BLUR_TEXT, BLUR_FORMULA, BLUR_MORE),
    OUTSIDE: (OUTSIDE_TEXT, OUTSIDE_FORMULA, OUTSIDE_MORE),
}


def shown(costs: Any, pixels: NDArray[np.uint8], task: str, model: str, seed: object) -> tuple[Player, str]:
    """What is to be seen of a task: the stage's payload, and the bars of nats as HTML where it has some.

    ``costs`` is the :class:`core.studio.vae_bound.CostStudio`.
    """
    name = MODELS.get(model, model)
    if task == SAMPLE:
        return vae_bound.sample_payload(costs.sample(pixels, name, seed)), ""
    if task == BETA:
        weights = costs.betas(pixels, seed)
        return vae_bound_tasks.beta_payload(weights), vae_bound_tasks.beta_bars(weights)
    if task == BLUR:
        bounds = costs.likelihoods(pixels, seed)
        return vae_bound_tasks.likelihood_payload(pixels, bounds), vae_bound_tasks.likelihood_bars(bounds)
    if task == OUTSIDE:
        return vae_bound_tasks.outside_payload(costs.outside(pixels, name)), ""
    bound = costs.bound(pixels, name, seed)
    return vae_bound.bound_payload(pixels, bound), vae_bound.bound_bars(bound)


CALLS: dict[str, tuple[str, str, list[int]]] = {
    BOUND: ('bound({digit}, "{name}", {seed})', "trace.painted", [1]),
    SAMPLE: ('sample({digit}, "{name}", {seed})', "np.concatenate([step.image for step in trace.trace])", [0]),
    BETA: ("betas({digit}, {seed})", "np.concatenate([each.imagined for each in trace])", [0, 1, 2]),
    BLUR: ("likelihoods({digit}, {seed})", "np.concatenate([each.painted for each in trace])", [1, 2]),
    OUTSIDE: ('outside({digit}, "{name}")', "np.concatenate([step.image for step in trace.trace])", [0]),
}
"""Of each task the call of the studio, its pictures, and the panels that show them."""


COMPARED = {BETA: list(shown_in("vae_bound_beta")), BLUR: list(shown_in("vae_bound_blur"))}
"""The models behind the other tasks."""


def again(task: str, pixels: NDArray[np.uint8], name: str, seed: int) -> Again:
    """How a task's pictures come again."""
    call, last, panels = CALLS[task]
    call = call.format(digit='given["digit"]', name=name, seed=seed)
    film = task in (SAMPLE, OUTSIDE)
    return bundle.again(name, call, last=last, panel=panels, film=film, studio="costs", digit=pixels)


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    usually = MODELS[FIRST_MODEL]
    first = stored("cost") | {"again": again(BOUND, usual().pixels, usually, 1), "by": [usually]}
    painted = gr.State(first)
    with room("vae"):
        with column("controls"), card():
            task = tab.control("task", switch("Task", TASKS, "cost-mode", BOUND, said=False))
            with gr.Row(elem_classes="easel-bar") as choosing:
                model = tab.control("model", switch("Numbers in the code", MODELS, "cost-model", FIRST_MODEL))
                trained = Painters(tab, "cost", MODELS.values(), model)
        with column("stage"), card():
            stage = player("cost-player", "vae", first, panels=3)
            bars = gr.HTML(stored("cost-bars")["html"], elem_id="cost-bars", apply_default_css=False)
            status = status_line("cost")
            verbs("cost", painted, 6)
        with column("aside"):
            with card():
                narrator("cost-narrator", "cost-player", "vae")
            told_of = {}
            for name, words in TEXTS.items():
                with gr.Column(min_width=0, visible=name == BOUND) as told_of[name]:
                    explanation(*words)

    def answer(picture: Picture, seed: float, task: str, model: str, run: str, live: bool) -> tuple[Any, ...]:
        studio, name = trained.asked(run, model)
        value, html = shown(studio.costs, picture.pixels, task, name, seed)
        name = MODELS.get(name, name)
        value["again"] = again(task, picture.pixels, name, int(seed))
        value["by"] = [name] if task in ANY_MODEL else COMPARED[task]
        if live:
            value["autoplay"] = False
        return value, value, html

    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed, "task": task, "model": model, "run": trained.run}
    tab.paint(answer, asked, [stage, painted, bars], status=status, live=True)
    tab.moment("cost-player")
    shown_for(task, told_of)
    task.change(lambda task: gr.Row(visible=task in ANY_MODEL), task, choosing, **LATEST)
