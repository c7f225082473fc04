"""Side by side: one digit goes to every painter at once, with the same question for all."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.training.registry import shown_in
from viz.language import say
from viz.tabs.common import LATEST, card, column, explanation, room, status_line, switch, verbs
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import together_rows as together
from viz.widgets.web import module

PAINTERS = shown_in("together")
TEXT = """
All painters get **your** digit, your cover and your seed. Choose a question, and compare.

A price in **nats** says how much a picture surprised a painter: fewer is better, and the lowest is marked. **≤** means
that the painter only knows a bound: it may be less surprised than it can say. **±** is the standard error over its own
noise.

How *different* pictures are is no contest: broken pictures differ most.
"""
MORE = """
**Who can do what.** VAEs and DRAW have a code, so they can copy. Pixel models have none; they name an exact price.

**Completing.** A pixel model goes on in the order of reading and takes what is in sight as given. What comes *before*
cannot know what stands *below*: with a cover in the middle, look for seams. A VAE draws codes that explain what is in
sight. DRAW copies the picture ten times and keeps its own strokes under the cover.

**The price of the part in sight.** For pixel models and VAEs it is an estimate whose mean is right for the probability
itself; it is exact for a pixel model if only the end is covered. For DRAW it is a bound, from its last copies.

**As a file.** An arithmetic coder writes your digit with a pixel model's own odds: likely pixels cost few bits, all
together at most two more than the price, and a file has whole bytes. What stands there has been read again, to the
pixel, by running the model once more. The model itself is not counted, and a PNG carries some 60 bytes of frame.

Seconds are those of one processor.
"""
FORMULA = r"""
Known pixels $k$, hidden ones $h$. Pixel models: $p(k) = \mathbb E_{h}\big[\prod_{i \in k} p(x_i \mid x_{<i})\big]$,
with the hidden pixels sampled on the way.

VAE: $p(k) \approx \frac1K \sum_j \frac{p(k \mid z_j)\, p(z_j)}{q(z_j)}$ with $z_j$ drawn from $q$: a fifth of them
from the prior, the others around the best code that a search has found. The completions are painted from the $z_j$,
drawn by these weights.

DRAW: $-\log p(k) \le \mathbb E\big[\sum_t \mathrm{KL}_t - \log p(k \mid c_T)\big]$.

A coder needs $\lceil -\log_2 p(x) \rceil + 1$ bits at most; one nat is $1 / \ln 2 \approx 1.44$ bits.

Distance of $n$ pictures: the mean over all pairs of the share of pixels that differ.
"""


def build(tab: Tab) -> None:
    """Fill the tab: a command bar and a row for each painter, which computes for itself."""
    tab.covers()
    with room("together"):
        with column("controls"):
            with card():
                question = tab.control("q", choice())
            with card("Painters", folds=True):
                names = tab.control("painters", chips())
                trained = Painters(tab, "together", PAINTERS)
        with column("stage"), card():
            about = gr.HTML(sentence(together.COMPLETE), elem_id="together-about", apply_default_css=False)
            yours = guest(tab, question, trained)
            rows = {name: painter(tab, name, question) for name in PAINTERS}
            answers = [kept for _, kept in rows.values()]
            verbs("rows", [question, names, *answers], 8, joined=together.joined, by=names)
            gr.HTML(html_template="", room="together-rows-tab", **module("together/together.js", classes="easel-gate"))
        with column("aside"):
            explanation(TEXT, FORMULA, MORE)
    trained.run.change(lambda run: gr.Column(visible=bool(run)), trained.run, yours, **LATEST)
    question.change(sentence, question, about, **LATEST)
    columns = [row for row, _ in rows.values()]
    names.change(lambda chosen: [gr.Column(visible=name in chosen) for name in PAINTERS], names, columns, **LATEST)


def choice() -> gr.Radio:
    """Which question is put to all."""
    questions = [(words, key) for key, words in together.QUESTIONS.items()]
    return switch("Question", questions, "together-question", together.COMPLETE, said=False)


def chips() -> gr.CheckboxGroup:
    """Who is asked."""
    return gr.CheckboxGroup(
        [(title, name) for name, title in PAINTERS.items()],
        value=list(PAINTERS),
        label="Painters",
        show_label=False,
        elem_id="together-painters",
        elem_classes="easel-chips",
    )


def sentence(question: str) -> str:
    """What the question asks, in a sentence."""
    return f"<p class='easel-status'>{say(together.ABOUT).get(question, '')}</p>"


def painter(tab: Tab, name: str, question: gr.Radio) -> tuple[gr.Column, gr.State]:
    """One painter's row and its answer: it is painted while it is on the screen, whatever the others do."""
    kept = gr.State(None)
    with gr.Column(min_width=0, elem_classes="easel-together-row") as row:
        stage = gr.HTML(
            f'<div class="entry"><div class="who"><b>{say(PAINTERS)[name]}</b></div></div>',
            elem_id=f"together-{name}",
            apply_default_css=False,
        )
        status = status_line(f"together-{name}")

    def answer(picture: Picture, question: str, seed: float) -> tuple[Any, ...]:
        found = tab.runtime.studio.together.answer(question, name, picture, together.COUNT, seed)
        return together.row(question, found), together.Answered(question, found, picture, int(seed))

    asked = {"picture": tab.desk.digit, "question": question, "seed": tab.desk.seed}
    tab.paint(answer, asked, [stage, kept], status=status, stored=False)
    return row, kept


def guest(tab: Tab, question: gr.Radio, trained: Painters) -> gr.Column:
    """The row of what was trained here, on the screen where the address names it."""
    with gr.Column(min_width=0, elem_classes="easel-together-row", visible=False) as row:
        stage = gr.HTML("", elem_id="together-yours", apply_default_css=False)
        status = status_line("together-yours")

    def answer(picture: Picture, question: str, seed: float, run: str) -> tuple[Any, ...]:
        if not run:
            return ("",)
        studio, name = trained.asked(run)
        found = studio.together.answer(question, name, picture, together.COUNT, seed)
        return (together.row(question, found, trained.title(run)),)

    asked = {"picture": tab.desk.digit, "question": question, "seed": tab.desk.seed, "run": trained.run}
    tab.paint(answer, asked, [stage], status=status, stored=False)
    return row
