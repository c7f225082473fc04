"""Time: what a painting of DRAW could have become from one stroke on, and what it would be without each of them."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.results import STEPS
from core.training.registry import FIRST
from viz.language import say
from viz.tabs import draw_pen
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
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import draw_time
from viz.widgets.narrator.narrator import narrator
from viz.widgets.onward.onward import Way
from viz.widgets.player.player import player

IMAGINED, COPIED = "Imagined", "Copied"
FUTURES, STROKE, LATENT = "Its futures", "Without a stroke", "Without one stroke's code"
PEN = {IMAGINED: draw_pen.IMAGINE, COPIED: draw_pen.COPY}
"""What the pen calls these."""
FIRST_FORK, FIRST_COUNT = 3, 12
"""With the first seed these futures are six different digits; after eight strokes in common they are nearly all one."""

TEXT = """
**Its futures.** Every stroke needs fresh noise. Keep the noise up to one stroke and draw other noise from there on.
Fork early, and other digits come out. Fork late, and only details differ. So you see *when* it was decided what the
picture would be.

**Without a stroke.** Take the ink of one stroke off the finished canvas. Some strokes carry the digit, many only
sharpen it.
"""
MORE = """
A painting of DRAW is a chain of samples: at each stroke a latent is sampled, and the decoder makes ink of it.

A **copy** has hardly any freedom: at every stroke the painter looks again, and what it sees pulls all futures to the
same digit.

**Without a stroke:** compare what is lost with the nats that the stroke cost.

**Without one stroke's code.** Set the latent behind one stroke to what is expected when nothing is known, and let the
decoder go on. Later strokes were decoded from a memory that has now missed something.
"""

FORMULA = r"""
With noise $\varepsilon_1, \dots, \varepsilon_T$ the canvas is a function $c_T(\varepsilon)$. Futures with $t$ strokes
in common share $\varepsilon_1, \dots, \varepsilon_{t}$ and sample the others again.

Without stroke $t$: $\;c_T - \mathrm{write}(h^{dec}_t)$. Without its latent: $c_T$ decoded from
$z_1, \dots, z_{t-1}, 0, z_{t+1}, \dots, z_T$.

What is lost of a copy is $\log p(x \mid c_T) - \log p(x \mid c_T \text{ without } t)$ in nats; what the stroke cost is
$\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))$.
"""


def fork(words: dict[str, str], only: dict[str, str]) -> Way:
    """To futures with all strokes up to the shown one in common; ``words`` for :data:`IMAGINED`, :data:`COPIED`."""
    return Way(
        say("Fork here"),
        "time",
        "at",
        {"show": FUTURES},
        ("task",),
        words,
        only,
        STEPS,
        say(draw_pen.ONLY, steps=STEPS),
    )


def erase(words: dict[str, str], only: dict[str, str]) -> Way:
    """To the painting without the shown stroke."""
    return Way(
        say("Without this stroke"),
        "time",
        "cell",
        {"show": STROKE},
        ("task",),
        words,
        only,
        STEPS,
        say(draw_pen.ONLY, steps=STEPS),
    )


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first = stored("time")
    painted = gr.State(first)
    with room("draw"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("time", (IMAGINED, COPIED)))
            view = tab.control("show", switch("Show", [FUTURES, STROKE, LATENT], "time-view", FUTURES, said=False))
            with gr.Row(elem_classes="easel-bar") as forking:
                at = tab.control(
                    "at",
                    gr.Slider(
                        0, STEPS, FIRST_FORK, step=1, label="Strokes in common", elem_id="time-at", min_width=140
                    ),
                )
                count = tab.control(
                    "futures",
                    gr.Slider(2, 16, FIRST_COUNT, step=1, label="Futures", elem_id="time-count", min_width=140),
                )
            trained = Painters(tab, "time", [FIRST["draw"]])
            paint = gr.Button("Paint", variant="primary", elem_id="time-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("time-player", "write", first)
            status = status_line("time")
            tab.moment("time-player", [fork({}, {}), erase({}, {}), draw_pen.pen(PEN, {})])
            verbs("time", painted, 8, by=FIRST["draw"])
        with column("aside"):
            with card():
                narrator("time-narrator", "time-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        picture: Picture, mode: str, view: str, at: float, count: float, seed: float, run: str
    ) -> tuple[Any, ...]:
        studio = trained.asked(run).studio
        pixels, seed = picture.pixels if mode == COPIED else None, int(seed)
        at = min(at, studio.draw.config.steps)  # what was trained here may have fewer strokes
        if view == FUTURES:
            trace = studio.draw_forks(pixels, at, count, seed)
            value = draw_time.forks_payload(trace, int(at), before=studio.draw_blank())
            value["again"] = draw_time.again(pixels, "draw_forks", [int(at), int(count), seed])
        else:
            way = "latent" if view == LATENT else "stroke"
            value = draw_time.erased_payload(studio.draw_erased(pixels, way, seed), latent=view == LATENT)
            value["again"] = draw_time.again(pixels, "draw_erased", [f'"{way}"', seed], last="trace.without", panel=0)
        if run:
            del value["again"]  # the shipped weights would paint something else
        return value, value

    asked = {"picture": tab.desk.digit, "mode": mode, "view": view, "at": at, "count": count, "seed": tab.desk.seed}
    asked |= {"run": trained.run}
    when = {"picture": (mode, COPIED)}
    again(paint, tab.paint(answer, asked, [stage, painted], status=status, when=when))
    show_stage(paint, "time-player")
    shown_for(view, {FUTURES: forking})
