"""Try it: what was trained copies, completes and imagines, with the digit of the page."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.errors import UserError
from viz.address import QUIET
from viz.language import say
from viz.tabs.common import card, column, explanation, room, status_line, switch, told, verbs
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture
from viz.tabs.train_watch import Runs
from viz.views import train_use
from viz.widgets.editor import editor as editor_widget
from viz.widgets.player.player import player

TASKS = [("Complete", "complete"), ("Copy", "copy"), ("Imagine", "imagine"), ("Look", "look")]

TEXT = """
The network that you have trained, with **your digit**: cover a part of it, and it is completed by what this network
has learned, and by nothing else.

It may still be learning: **Paint** takes the best weights that it has kept so far.
"""
FORMULA = r"""
A VAE searches for the code $z$ that raises $\log p(\text{known} \mid z) + \log p(z)$; DRAW copies again and again and
keeps the known pixels; a pixel model draws each covered pixel from $p(x_i \mid x_{<i})$.
"""


def build(tab: Tab, runs: Runs) -> None:
    """Fill the tab; it uses the training that the page's address names."""
    painted = gr.State(None)
    with room("train"):
        with column("controls"), card():
            task = tab.control("task", switch("Task", TASKS, "use-task", "complete"))
            mine = gr.Button("One of my pictures", elem_id="use-mine", elem_classes="easel-round", scale=0)
            paint = gr.Button("Paint", variant="primary", elem_id="use-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("use-player", "plain", None, empty=say("Train something first, in <i>Watch it learn</i>."))
            status = status_line("use")
            verbs("use", painted, 8)
        with column("aside"):
            explanation(TEXT, FORMULA)
    tab.covers()

    def answer(picture: Picture, seed: float, task: str, run: str) -> tuple[Any, ...]:
        if not run:
            raise UserError("Train something first, in Watch it learn.")
        trained = tab.runtime.trainings.trained(run)
        model, trace = tab.runtime.studio.trained.use(trained, task, (picture.pixels, picture.hidden), seed)
        classes = getattr(model.config, "classes", 0)
        value = train_use.stage(model.family, trace, task, classes)
        return value, value

    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed, "task": task, "run": runs.run}
    again(paint, tab.paint(answer, asked, [stage, painted], status=status))
    tab.moment("use-player")

    def own(key: str, now: object) -> Any:
        sheet, _ = tab.runtime.trainings.sheet(key)
        chance = np.random.default_rng()
        picture = sheet[chance.integers(len(sheet))]
        # As it was learned from: grey is the chance of ink. Cut at the middle, a dark photograph would be blank.
        pixels = np.where(255 * chance.random(picture.shape) < picture, 255, 0).astype(np.uint8)
        return editor_widget.encode(pixels, editor_widget.decode(now)[1])

    mine.click(told(own), [runs.own, tab.desk.digit], tab.desk.digit, **QUIET)
