"""Paint: DRAW copies a digit or imagines some, and every read and write window can be seen."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.results import STEPS
from core.trace import CanvasTrace
from core.training.registry import FIRST
from viz.language import say
from viz.player import frames
from viz.tabs import draw_pen
from viz.tabs import draw_time as time_tab
from viz.tabs.common import (
    LATEST,
    card,
    chart_in_fold,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    switch,
    task_switch,
    told,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Painters
from viz.views import draw_paint, draw_time, figures
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player
from viz.widgets.schematic.schematic import schematic

COPY, IMAGINE = "Copy", "Imagine"
TIME = {COPY: time_tab.COPIED, IMAGINE: time_tab.IMAGINED}
"""What the tab *Time* calls these."""
TRAINED = {"temperature": "1", "run": ""}
"""The only setting from which a future, a stroke's absence or the pen can start; and :data:`STEPS` strokes."""
LENGTH = "Strokes (trained: {steps})"
PROBABILITIES, LOGITS = "Probabilities", "Logits"

TEXT = """
DRAW never paints a picture at once. Copying, it **looks** at a small part of your digit through the blue window and
at what is still missing there, thinks, and **adds ink** to its canvas through the orange one. Then it looks again.

Both windows are its own choice: where they are, how wide they are, how sharp their filters. A thick line means sharp.
"""
MORE = """
What it reads is a few numbers, and so is what it writes: the small pictures above show them.

The canvas holds **logits**, any numbers at all, to which strokes are added; the picture is what they become as
probabilities. **Filters** are the rows with which a window reads along x and y: each is bright where it looks.

Each stroke **costs nats**: how much the glimpse told the painter that it could not have guessed. Imagining, there is
nothing to look at, so the same painter draws from chance alone.
"""

FORMULA = r"""
At each of $T$ steps, with the canvas $c$, the picture $x$ and $\hat x = x - \sigma(c_{t-1})$:

$$\begin{gathered} r_t = \mathrm{read}(x, \hat x, h^{dec}_{t-1}) \\
h^{enc}_t = \mathrm{LSTM}(h^{enc}_{t-1}, [r_t, h^{dec}_{t-1}]) \\
z_t \sim \mathcal N(\mu(h^{enc}_t), \sigma(h^{enc}_t)) \\ h^{dec}_t = \mathrm{LSTM}(h^{dec}_{t-1}, z_t) \\
c_t = c_{t-1} + \mathrm{write}(h^{dec}_t) \end{gathered}$$

A window is an $N \times N$ grid of Gaussian filters with centre $(g_X, g_Y)$, stride $\delta$, variance $\sigma^2$ and
intensity $\gamma$. The bars are $\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))$.

Gregor et al. 2015, *DRAW: A Recurrent Neural Network For Image Generation*.
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first = stored("draw")
    first |= {"again": draw_paint.again(usual().pixels, 1, 1, 1, STEPS)}
    ways = [way(TIME, TRAINED) for way in (time_tab.fork, time_tab.erase)]
    painted, trace = gr.State(first), gr.State(None)
    with room("draw"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("draw", (COPY, IMAGINE)))
            strokes = tab.control(
                "strokes", gr.Slider(1, 64, STEPS, step=1, label=say(LENGTH, steps=STEPS), elem_id="draw-strokes")
            )
            with gr.Row(visible=False, elem_classes="easel-bar") as imagining:
                count = tab.control(
                    "pictures", gr.Slider(1, 25, 16, step=1, label="Pictures", elem_id="draw-count", min_width=140)
                )
                temperature = tab.control(
                    "temperature",
                    gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="draw-temperature", min_width=140),
                )
            trained = Painters(tab, "draw", [FIRST["draw"]])
            paint = gr.Button("Paint", variant="primary", elem_id="draw-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("draw-player", "write", first)
            status = status_line("draw")
            tab.moment("draw-player", [*ways, draw_pen.pen({}, TRAINED)])
            schematic("draw", "draw")
            with gr.Row(elem_classes="easel-views"):
                view = tab.control(
                    "canvas", switch("Its canvas", [PROBABILITIES, LOGITS], "draw-view", PROBABILITIES, min_width=200)
                )
                bank = tab.control(
                    "filters", gr.Checkbox(False, label="Show the filters", elem_id="draw-bank", min_width=140)
                )
            verbs("draw", painted, 8, by=FIRST["draw"])
            with gr.Accordion("Chart: nats of each stroke", open=False, elem_classes="easel-fold") as fold:
                chart = gr.Plot(show_label=False, elem_id="draw-chart")
            with gr.Accordion("Chart: the paths of the windows", open=False, elem_classes="easel-fold") as path_fold:
                path = gr.Plot(show_label=False, elem_id="draw-path")
        with column("aside"):
            with card():
                narrator("draw-narrator", "draw-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        mode: str,
        picture: Picture,
        seed: float,
        strokes: float,
        count: float,
        temperature: float,
        view: str,
        bank: bool,
        run: str,
        changed: set[str],
    ) -> tuple[Any, ...]:
        draw = trained.asked(run).studio
        if run and strokes == STEPS:  # nobody has moved the slider: as many as it was trained with
            strokes = draw.draw.config.steps
        if mode == COPY:
            painting = draw.draw_copy(picture.pixels, seed, strokes)
        else:
            painting = draw.draw_generate(count, seed, temperature, strokes)
        value = frames.draw_payload(painting, before=draw.draw_blank(), autoplay=not changed <= {"view", "bank"})
        value = draw_paint.chosen_views(value, painting, logits=view == LOGITS, bank=bank)
        value = draw_time.length_told(value, draw.draw.config.steps if run else STEPS)
        if view == PROBABILITIES and not run:
            whole, asked = int(strokes), picture.pixels if mode == COPY else None
            value["again"] = draw_paint.again(asked, int(count), int(seed), temperature, whole)
        return value, value, painting

    def length_said(run: str) -> Any:
        """Beside the slider stands how many strokes it was trained with."""
        if not run:
            return gr.Slider(label=say(LENGTH, steps=STEPS))
        return gr.Slider(
            label=say(
                "Strokes (at {steps}: its own {steps2})",
                steps=STEPS,
                steps2=trained.asked(run).studio.draw.config.steps,
            )
        )

    trained.run.change(told(length_said), trained.run, strokes, **LATEST)

    def first_trace() -> CanvasTrace:
        return tab.runtime.studio.draw_copy(usual().pixels, 1)

    asked = {"mode": mode, "picture": tab.desk.digit, "seed": tab.desk.seed, "strokes": strokes}
    asked |= {"count": count, "temperature": temperature, "view": view, "bank": bank, "run": trained.run}
    when = {"picture": (mode, COPY)}
    again(paint, tab.paint(answer, asked, [stage, painted, trace], status=status, when=when))
    show_stage(paint, "draw-player")
    shown_for(mode, {IMAGINE: imagining})
    chart_in_fold(fold, trace, chart, figures.kl_figure, first_trace)
    chart_in_fold(path_fold, trace, path, figures.path_figure, first_trace)
