"""Beat the model: bet on the next pixel, as a pixel model must, and pay in bits for what comes true."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.studies import together_guess as rules
from core.studies.together_guess import LONG, SHORT
from core.training.registry import shown_in
from viz.language import say
from viz.tabs.common import OTHER_SEED, SKIP, card, column, explanation, room, sent, status_line, switch, verbs
from viz.tabs.desk import Tab
from viz.views import together_guess
from viz.widgets.guess.guess import guess, round_value
from viz.widgets.player.player import player

PAINTERS = shown_in("pixel_paint")
WRITING = "<p class='easel-status'>Writing the digit as a file with each model's odds…</p>"
"""Until the files are there."""
FIRST = 1
"""The round that stands there at first."""
TEXT = """
A pixel model paints by betting: from all pixels so far it says how likely ink is at the next one. **Do its job.** The
framed pixel comes next. How sure are you?

Say 98 % and be right, and it costs nearly nothing. Be wrong, and it costs 5.6 bits. A **bit** is what a coin pays: one
yes-or-no question.

A program drew the digit, so no model has seen it. Your link is a challenge: whoever opens it plays the same pixels.
"""
MORE = """
**Which pixels?** Those at the edge of what is drawn so far, where the known neighbours are not alike, and sixteen on a
fixed grid. All others are given. Being asked says nothing about the answer.

**The others.** A coin says 50 % each time. *Copy the pixel above* is 90 % sure of it. *Four neighbours* has counted, in
50,000 digits, how often ink follows each of the sixteen ways in which the pixels to the left and above can be.

**Honest odds.** Who says 98 % too often pays for it: a price of −log₂ p rewards only what you believe.
"""
FORMULA = r"""
A bet $p$ on ink costs $-\log_2 p$ bits if it is ink, and $-\log_2 (1 - p)$ if it is paper. In expectation it is
cheapest to bet what you believe: $-q \log_2 p - (1 - q) \log_2 (1 - p)$ is least at $p = q$.

All bets of a picture together: $-\log_2 p(x) = -\sum_i \log_2 p(x_i \mid x_{<i})$. One bit is $\ln 2 \approx 0.69$
nats.
"""


def build(tab: Tab) -> None:
    """Fill the tab."""
    with room("pixels"):
        with column("controls"), card():
            number = tab.control(
                "round",
                gr.Number(
                    FIRST, label="Number of the round", precision=0, minimum=1, maximum=999_999, elem_id="guess-round"
                ),
            )
            other = gr.Button("⚄ Another digit", elem_id="guess-another", elem_classes="easel-round")
            length = tab.control(
                "pixels",
                switch(
                    "Length",
                    [(say("{each} pixels", each=each), str(each)) for each in (LONG, SHORT)],
                    "guess-length",
                    str(LONG),
                    said=False,
                ),
            )
        with column("stage"), card():
            board = tab.keeps("beat", guess("guess-board", played(FIRST, str(LONG)), tab.key, "beat"), "")
            status = status_line("guess")
            bill = gr.HTML("", elem_id="guess-bill", apply_default_css=False)
            with gr.Column(min_width=0, visible=False) as end:
                maps = player("guess-player", "pixel", panels=1)
                painted = gr.State(None)
                files = gr.HTML(say(WRITING), elem_id="guess-files", apply_default_css=False)
                verbs("guess", painted, 1, by=tuple(PAINTERS))
        with column("aside"):
            explanation(TEXT, FORMULA, MORE)

    def another(number: float | None, length: str) -> tuple[Any, ...]:
        if number is None:
            return (SKIP,) * 4
        return played(number, length), "", gr.Column(visible=False), say(WRITING)

    def done(event: gr.EventData, number: float, length: str) -> tuple[Any, ...]:
        bets = sent(event, "bets", lambda bets: [int(each) for each in bets])
        yours, others = tab.runtime.studio.guessing.bills(number, int(length), bets)
        digit = rules.drawn(int(number))
        value = together_guess.maps(yours, others, digit, rules.places(digit, int(length)))
        return together_guess.bill(yours, others, bets), value, value, gr.Column(visible=True)

    def written(number: float) -> str:
        bits = tab.runtime.studio.guessing.files(number)
        return together_guess.files(bits, PAINTERS, rules.drawn(int(number)))

    asked = {"number": number, "length": length}
    tab.paint(another, asked, [board, bill, end, files], status=status)
    paid = tab.on(board.done, done, asked, [bill, maps, painted, end])
    tab.on(paid.success, written, {"number": number}, [files])
    other.click(None, number, number, js=OTHER_SEED, api_visibility="private")


def played(number: float, length: str) -> dict[str, Any]:
    """The value of the board for a round."""
    digit = rules.drawn(int(number))
    return round_value(int(number), digit, rules.places(digit, int(length)), rules.BETS)
