"""Scores: what every pixel model costs on pictures it has never seen, beside the published figures."""

from __future__ import annotations

import gradio as gr

from core.training.registry import shown_in
from viz.language import say
from viz.tabs.common import card, stored, verbs
from viz.tabs.desk import Tab
from viz.views import pixel_scores
from viz.widgets.player.player import player

ABOUT = """
The likelihood of a pixel model is **exact**: one pass over a finished picture gives −log p of every pixel, and the sum
is what the picture costs, in nats. So models can be compared, and ours with those of the papers. Ours are smaller and
were trained for minutes to hours on two shared processor cores; theirs on GPUs. Every figure comes from

`python -m core.evaluation NAME --data FOLDER --json`

\\* recalled from the paper, not read again in it. Multi-Scale paints in another order than the others, from coarse to
fine; its product of factors is exact all the same. MCGSM and the Spatial LSTM were made for real-valued pixels; here
their density's mass above the middle is the probability of ink.
"""

BIAS = """
Both networks are alike and were trained alike, but for one thing: one has a learned **bias for each position**. A
convolution does the same everywhere, and sees only a few rows: near the bottom it cannot know that the picture is about
to end, and goes on painting. Look at the last rows.
"""


def build(tab: Tab) -> None:
    """Fill the tab: figures from the cards, and the experiment from a stored painting. Nothing is computed."""
    with gr.Column(elem_classes=["easel-scores-room", "easel-pixels"]):
        with card("Exact likelihoods"):
            gr.HTML(pixel_scores.table(), elem_id="pixels-scores", apply_default_css=False)
            gr.Markdown(say(ABOUT), elem_classes="easel-text")
            gr.Markdown(pixel_scores.colour_sentence(), elem_classes="easel-text")
        with card("Where am I? With and without a bias for each position", folds=True):
            player("bias-player", "pixel", stored("bias"))
            verbs("bias", gr.State(stored("bias")), 8, by=tuple(shown_in("pixel_bias")))
            gr.Markdown(
                say(
                    "{bias}\n\nOn the test pictures: {bias_sentence}.",
                    bias=say(BIAS),
                    bias_sentence=pixel_scores.bias_sentence(),
                ),
                elem_classes="easel-text",
            )
