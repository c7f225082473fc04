"""Restore: a damaged digit through two encoders, by search for the best code, and beside them by a pixel model."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.training.registry import FIRST, shown_in
from viz.language import say
from viz.player.payload import Player
from viz.tabs.common import (
    card,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    switch,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Painters
from viz.views import vae_restore
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

PLAIN, _ = shown_in("vae_restore")
COVER, NOISE = "Cover", "Noise"
SIDES, SEARCH, SAMPLES = "sides", "search", "samples"
VIEWS = [("Side by side", SIDES), ("The search", SEARCH), ("Samples", SAMPLES)]
FIRST_FLIPS = 20
BY = [*shown_in("vae_restore"), FIRST["pixel"]]
"""Whose answers they are."""

TEXT = """
**Cover** a part of your digit, or flip pixels at random. Then four models try to bring it back:

The **encoder** never met damage and takes hidden pixels for paper. The **denoising encoder** was shown damaged digits
and asked for the whole ones. The **search** looks for the code that is likely and explains the *known* pixels best.
**PixelCNN** goes on from what stands before each pixel.
"""
MORE = """
To the **encoder** there is no ink where pixels are hidden. To the **denoising encoder** they are half grey.

The **search** asks no encoder. It begins at six places at once, and their films differ: there are hills and valleys.

**PixelCNN** cannot look ahead. It has no answer to noise: it takes every pixel that it is given for true.
"""

FORMULA = r"""
The search climbs, with 60 steps of Adam,

$$\begin{gathered} \log p(x_\text{known} \mid z) + \log p(z), \\
\log p(z) = -\tfrac12 |z|^2 + \text{const}. \end{gathered}$$

With a share $f$ of flipped pixels, which it is told, $p(\text{seen ink} \mid z) = p\,(1 - f) + (1 - p)\,f$. A point
counts only if it explains the known pixels no worse than its start does.

**Nats** are $-\log$ of the probability that a model, sampling, paints just the true pixels (hidden ones; of noise,
all). Encoders: a code from 32 samples of $q(z \mid \text{seen})$, then pixels. Search: pixels from its best code.
PixelCNN:
$\sum -\log p(x_i \mid x_{<i})$ over hidden $i$, with all true pixels before $i$ given, none behind.

**Unsure** is the standard deviation of a pixel over what a model may sample: 32 codes, six restarts, 16 completions.
"""


def view_of(restored: Any, view: str) -> Player:
    """A :class:`core.results.Restored` as a person wants to see it."""
    if view == SEARCH:
        return vae_restore.search_payload(restored)
    return vae_restore.samples_payload(restored) if view == SAMPLES else vae_restore.side_payload(restored)


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("restore") | {"again": vae_restore.again(*usual(), 1, SIDES), "by": BY}
    painted, made = gr.State(first), gr.State(None)
    with room("vae"):
        with column("controls"), card():
            task = tab.control("damage", task_switch("restore", (COVER, NOISE)))
            with gr.Column(min_width=0, visible=False) as flipping:
                flips = tab.control(
                    "flips", gr.Slider(0, 50, FIRST_FLIPS, step=1, label="Flipped pixels, %", elem_id="restore-flips")
                )
            view = tab.control("show", switch("Show", VIEWS, "restore-view", SIDES, said=False))
            trained = Painters(tab, "restore", [PLAIN, FIRST["pixel"]])
            go = gr.Button("Restore", variant="primary", elem_id="restore-go", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("restore-player", "vae", first, panels=3)
            status = status_line("restore")
            verbs("restore", painted, 8)
        with column("aside"):
            with card():
                narrator("restore-narrator", "restore-player", "vae")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        picture: Picture, seed: float, task: str, flips: float, view: str, made: Any, run: str
    ) -> tuple[Any, ...]:
        damage = flips if task == NOISE else picture.hidden.tobytes()
        of = (task, damage, seed, picture.pixels.tobytes(), run)
        if made is None or made[0] != of:  # another view of the same needs no other search
            restoring = trained.asked(run).studio.restoring
            noisy = task == NOISE
            made = (
                of,
                restoring.denoise(picture.pixels, flips / 100, seed) if noisy else restoring.uncover(picture, seed),
            )
        value = view_of(made[1], view)
        damaged: Any = flips / 100 if task == NOISE else picture.hidden
        value["again"] = vae_restore.again(picture.pixels, damaged, int(seed), view)
        value["by"] = BY[:-1] if task == NOISE else BY
        return value, value, made, ""

    tab.covers()
    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed, "task": task, "flips": flips, "view": view}
    asked |= {"run": trained.run}
    outputs = [stage, painted, made]
    again(go, tab.paint(answer, {**asked, "made": made}, outputs, status=status, wait=lambda: say("Searching…")))
    tab.moment("restore-player")
    show_stage(go, "restore-player")
    shown_for(task, {NOISE: flipping})
