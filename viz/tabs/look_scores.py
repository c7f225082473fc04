"""How many glimpses? Errors against the number of glimpses, from the cards of the checkpoints."""

from __future__ import annotations

import gradio as gr

from viz.language import say
from viz.tabs.common import card
from viz.tabs.desk import Tab
from viz.views import look_scores

ABOUT = """
A network that may look eight times can be asked after each time. After one glimpse it is often wrong: it first has to
**find** the digit. The network that looks at **random** places, through windows of 12×12 whole pixels, has learned to
make the best of them, and shows what choosing is worth. The **conv net** sees all pixels in one go, in two layers. The
networks of *Every pixel* say which digit it is from the pixels that they take for it, and learned from far fewer
scenes. No two learned equally long, as their cards say.

Every figure was measured with `python -m core.evaluation NAME --data FOLDER --update-card` on pictures that no network
has learned from: MNIST's test digits, each in a scene of its own.
"""


def build(tab: Tab) -> None:
    """Fill the tab; nothing is computed."""
    found = look_scores.measured()
    with gr.Column(elem_classes=["easel-scores-room", "easel-look"]), card("Errors on pictures it has never seen"):
        gr.Plot(look_scores.figure(found), show_label=False, elem_id="look-chart")
        gr.Markdown(look_scores.sentence(found), elem_id="look-figures", elem_classes="easel-text")
        gr.Markdown(say(ABOUT), elem_classes="easel-text")
