"""Restore: a damaged digit through two encoders, by search for the best code, and beside them by a pixel model."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.runtime import Runtime
from viz import restore_frames
from viz.payload import Player
from viz.tabs.common import (
    LATEST,
    SIDE,
    SKIP,
    card,
    column,
    explanation,
    painting_on,
    room,
    seed_field,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    told,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, gallery, subject
from viz.widgets import editor
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COVER, NOISE = "Cover", "Noise"
SIDES, SEARCH, SAMPLES = "Side by side", "The search", "Samples"
FIRST_DIGIT, FIRST_SEED, FIRST_FLIPS = 3, 1, 20

TEXT = """
**Cover** a part of your digit, or flip pixels at random. Then four ways try to bring it back:

The **encoder** of a VAE that never met damage: hidden pixels look like paper to it, so it believes that there is no
ink. The **denoising encoder** was shown damaged digits and asked for the whole ones; to it hidden pixels are half grey.

The **search** asks no encoder. It looks for the code that is likely and explains the *known* pixels best, from six
starts at once. Their films differ: there are hills and valleys.

**PixelCNN** goes on from what stands before each pixel, and cannot look ahead. It has no answer to noise: it takes
every pixel that it is given for true.
"""

FORMULA = r"""
The search climbs, with 60 steps of Adam,

$$\log p(x_\text{known} \mid z) + \log p(z), \qquad \log p(z) = -\tfrac12 |z|^2 + \text{const}.$$

With a share $f$ of flipped pixels, which it is told, $p(\text{seen ink} \mid z) = p\,(1 - f) + (1 - p)\,f$. A point
counts only if it explains the known pixels no worse than its start does.

**Nats** are $-\log$ of the probability that a way, drawing, paints just the true pixels (hidden ones; of noise, all).
Encoders: a code from 32 draws of $q(z \mid \text{seen})$, then pixels. Search: pixels from its best code. PixelCNN:
$\sum -\log p(x_i \mid x_{<i})$ over hidden $i$, with all true pixels before $i$ given, none behind.

**Unsure** is the standard deviation of a pixel over what a way may draw: 32 codes, six restarts, 16 completions.
"""


def half_hidden() -> Picture:
    """The digit that stands in the editor at first: its lower half is covered."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[SIDE // 2 :] = True
    return Picture(gallery()[FIRST_DIGIT], hidden)


def view_of(restored: Any, view: str) -> Player:
    """A :class:`core.restore_studio.Restored` as a person wants to see it."""
    if view == SEARCH:
        return restore_frames.search_payload(restored)
    return restore_frames.samples_payload(restored) if view == SAMPLES else restore_frames.side_payload(restored)


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("restore"), half_hidden()
    whole = Picture(start.pixels, np.zeros((SIDE, SIDE), bool))
    painted, result = gr.State(first), gr.State(None)
    with room("vae"):
        with column("stage"), card():
            view = gr.Radio(
                [SIDES, SEARCH, SAMPLES],
                value=SIDES,
                label="Show",
                show_label=False,
                elem_id="restore-view",
                elem_classes="easel-switch",
            )
            stage = player("restore-player", "vae", first, panels=3)
            status = status_line("restore")
            verbs("restore", painted, 8)
        with column("controls"), card("Damage"):
            task = task_switch("restore", (COVER, NOISE))
            with gr.Column(min_width=0) as covering:
                cover = subject("restore", "vae", start, canvas("restore", "vae", start, cover=True))
            with gr.Column(min_width=0, visible=False) as flipping:
                noise = subject("restore-noise", "vae", whole, canvas("restore-noise", "vae", whole))
                flips = gr.Slider(0, 50, FIRST_FLIPS, step=1, label="Flipped pixels, %", elem_id="restore-flips")
            seed = seed_field("restore", FIRST_SEED)
            go = gr.Button("Restore", variant="primary", elem_id="restore-go", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("restore-narrator", "restore-player", "vae")
            explanation(TEXT, FORMULA)

    def restored(picture: Picture, task: str, flips: float, seed: object, view: str) -> tuple[Any, ...]:
        if task == NOISE:
            made = runtime.studio.restoring.denoise(picture.pixels, flips / 100, seed)
        else:
            made = runtime.studio.restoring.uncover(picture, seed)
        value = view_of(made, view)
        return value, value, made

    def answer(picture: Picture, live: bool, *values: Any) -> tuple[Any, ...]:
        return (SKIP, SKIP, SKIP) if live else restored(picture, *values)

    def on_restore(covered: Picture, noisy: Picture, task: str, flips: float, seed: Any, view: str) -> tuple[Any, ...]:
        return restored(noisy if task == NOISE else covered, task, flips, seed, view)

    def on_go(*asked: Any) -> tuple[Any, ...]:
        return *on_restore(*asked), ""

    @told
    def on_view(made: Any, covered: Picture, noisy: Picture, *values: Any) -> tuple[Any, ...]:
        if made is None:  # what stands there was painted in advance
            return on_restore(covered, noisy, *values)
        value = view_of(made, values[-1])
        return value, value, made

    def carry_over(task: str, covered: Picture, noisy: Picture) -> tuple[Any, ...]:
        """The digit goes along into the other editor; what of it was covered stays."""
        if task == NOISE:
            moved = Picture(covered.pixels, np.zeros((SIDE, SIDE), bool))
            return SKIP, SKIP, editor.encode(*moved), moved
        moved = Picture(noisy.pixels, covered.hidden)
        return editor.encode(*moved), moved, SKIP, SKIP

    outputs, options = [stage, painted, result], [task, flips, seed, view]
    asked = [cover.picture, noise.picture, *options]
    connect(cover, answer, options, outputs, status)
    connect(noise, answer, options, outputs, status)
    show_stage(go, "restore-player")
    shown_for(task, {COVER: covering, NOISE: flipping})
    view.change(on_view, [result, *asked], outputs, **LATEST)
    painting_on([go.click, flips.release], on_go, asked, outputs, status, lambda: "Searching…", [])
    editors = [cover.canvas, cover.picture, noise.canvas, noise.picture]
    moved = task.change(carry_over, [task, cover.picture, noise.picture], editors, **LATEST)
    moved.then(told(on_restore), asked, outputs, api_visibility="private", show_progress="hidden")
