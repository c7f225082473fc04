"""On and off: DRAW with attention beside the same network without, from the same noise."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.training.registry import shown_in
from viz.tabs.common import (
    card,
    column,
    explanation,
    room,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.desk import Tab, again
from viz.tabs.subject import Picture, usual
from viz.views import draw_paint
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

COPY, IMAGINE = "Copy", "Imagine"

TEXT = """
Two networks with a memory of the same size, the same training pictures and as many strokes. **With attention** the
painter chooses at every stroke where to look and where to write. **Without** it sees the whole picture each time and
changes the whole canvas each time.
"""
MORE = """
With attention, lines are *drawn*: ink appears along the window's path. Without, the whole digit comes up out of the
fog. It is blurred at first and is sharpened everywhere at once.

The table is the price of your digit in nats, up to this stroke: what the strokes told the decoder, and what the pixels
would still cost given those. The sum after the last stroke is the bound by which such models are compared.

**Attention wins on average**, not on each digit, and not with each seed. So below the table stands how often it wins
on your digit, and what all test digits say. Try a few seeds and see the winner change.
"""

FORMULA = r"""
With attention (section 3.2) $\mathrm{read}(x, \hat x, h) = \gamma\,[F_Y x F_X^\top, F_Y \hat x F_X^\top]$ and
$\mathrm{write}(h) = \frac{1}{\hat\gamma} \hat F_Y^\top w_t \hat F_X$. Without (section 3.1)
$\mathrm{read}(x, \hat x, h) = [x, \hat x]$ and $\mathrm{write}(h) = W h$.

$$-\log p(x) \le \sum_{t=1}^{T} {\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))} - {\log p(x \mid c_T)}$$
"""


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first = stored("compare")
    first |= {"again": draw_paint.compared(usual().pixels, 1, 1, 1), "by": list(shown_in("draw_compare"))}
    painted = gr.State(first)
    with room("draw"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("compare", (COPY, IMAGINE)))
            with gr.Row(visible=False, elem_classes="easel-bar") as imagining:
                count = tab.control(
                    "pictures", gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="compare-count", min_width=140)
                )
                temperature = tab.control(
                    "temperature",
                    gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="compare-temperature", min_width=140),
                )
            paint = gr.Button("Paint", variant="primary", elem_id="compare-paint", elem_classes="easel-primary")
        with column("stage"), card():
            stage = player("compare-player", "write", first, panels=3)
            status = status_line("compare")
            verbs("compare", painted, 8, by=tuple(shown_in("draw_compare")))
        with column("aside"):
            with card():
                narrator("compare-narrator", "compare-player", "write")
                tally = gr.HTML(
                    stored("compare-tally")["html"],
                    elem_id="compare-tally",
                    elem_classes="easel-status",
                    apply_default_css=False,
                )
            explanation(TEXT, FORMULA, MORE)

    def answer(picture: Picture, mode: str, count: float, seed: float, temperature: float) -> tuple[Any, ...]:
        draws, pixels = tab.runtime.studio.draws, picture.pixels if mode == COPY else None
        both = draws.compare(pixels, count, seed, temperature)
        value = draw_paint.compare_payload(*both, before=tab.runtime.studio.draw_blank())
        value["again"] = draw_paint.compared(pixels, int(count), int(seed), temperature)
        value["by"] = list(shown_in("draw_compare"))
        return value, value, draw_paint.tally_html(None if pixels is None else draws.tally(pixels))

    asked = {"picture": tab.desk.digit, "mode": mode, "count": count, "seed": tab.desk.seed}
    asked |= {"temperature": temperature}
    when = {"picture": (mode, COPY)}
    again(paint, tab.paint(answer, asked, [stage, painted, tally], status=status, when=when))
    show_stage(paint, "compare-player")
    tab.moment("compare-player")
    shown_for(mode, {IMAGINE: imagining})
