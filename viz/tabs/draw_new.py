"""Is it new?: how far imagined pictures lie from the nearest digit that DRAW learned from, measured beforehand."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from core.results import Novelty
from core.studies import draw_new
from core.training.registry import FIRST
from viz.language import say
from viz.player import frames
from viz.player.payload import Player
from viz.player.words import counted
from viz.tabs.common import card, column, room, verbs
from viz.tabs.desk import Tab
from viz.views import figures
from viz.views.assets import intact
from viz.widgets.player.player import player

QUESTION = """
A painter that only remembered its training digits would still paint beautiful ones. So each picture that it imagined
was compared with **all 50,000** digits that it learned from, and the number of pixels was counted in which it differs
from the nearest.

**What would be suspicious?** That depends on how near digits lie to each other anyway. The chart has two yardsticks:
digits of the **test** split, which nobody has learned, and digits of the **training** split, against all others of it.
"""
ANSWER = """
Of 784 pixels an imagined picture differs from its nearest training digit in **{imagined}** (median), a test digit in
**{test}**, a training digit in **{train}**; the most alike of {count:,} imagined pictures differs in {least}. So it
{verdict}.

The pictures here are drawn pixel by pixel from the last canvas, as the pixels of the data were: a pixel is ink with
the probability that the canvas gives it. The data's own pictures are not shipped, only the distances to them;
`python -m scripts.make_novelty` measures them again.
"""
NEW, REMEMBERED = "does not copy what it has seen", "stays nearer to what it has seen than new digits are"


def measured() -> Novelty:
    """What ``scripts/make_novelty.py`` found."""
    with intact("novelty.npz") as stream:
        return draw_new.measured(stream)


def words(found: Novelty) -> str:
    """The answer with its figures; the verdict is theirs, too."""
    medians = {name: int(np.median(getattr(found, name))) for name in ("imagined", "test", "train")}
    verdict = say(NEW) if medians["imagined"] >= medians["train"] else say(REMEMBERED)
    return say(ANSWER).format(**medians, count=len(found.imagined), least=int(found.imagined.min()), verdict=verdict)


def grid(found: Novelty) -> Player:
    """The imagined pictures, each with its distance."""
    labels = [counted(pixels, "pixel") for pixels in found.imagined[: len(found.pictures)].tolist()]
    images = found.pictures[:, None].astype(np.float32)
    return frames.still_payload(
        images, say("Imagined, and how far from the nearest training digit"), "write", columns=8, labels=labels
    )


def build(tab: Tab) -> None:
    """Fill the tab; nothing here asks a model, and nothing is about the digit of the page."""
    found = measured()
    value: Any = grid(found)
    with room("draw"):
        with column("stage"):
            with card():
                player("new-player", "write", value, panels=1)
                verbs("new", gr.State(value), 8, by=FIRST["draw"])
            with card("How far is the nearest?"):
                gr.Plot(figures.novelty_figure(found.imagined, found.test, found.train), show_label=False)
        with column("aside"), card("The question"):
            gr.Markdown(say(QUESTION), elem_classes="easel-text")
            with gr.Accordion("The answer in figures", open=False, elem_classes="easel-fold"):
                gr.Markdown(words(found), elem_classes="easel-text")
