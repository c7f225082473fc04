"""On and off: DRAW with attention beside the same network without, from the same noise."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.runtime import Runtime
from viz import draw_views
from viz.tabs.common import (
    SKIP,
    card,
    column,
    explanation,
    paints,
    room,
    seed_field,
    show_stage,
    shown_for,
    status_line,
    stored,
    task_switch,
    verbs,
)
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets.narrator import narrator
from viz.widgets.player import player

COPY, IMAGINE = "Copy", "Imagine"
FIRST_DIGIT = 4

TEXT = """
Two networks with a memory of the same size. Both were trained with the same pictures and paint with as many strokes.
**With attention** the painter chooses at every stroke where to look and where to write. **Without** it sees the whole
picture each time and changes the whole canvas each time.

Watch how they get there. With attention, lines are *drawn*: ink appears along the window's path. Without, the whole
digit comes up out of the fog. It is blurred at first and is sharpened everywhere at once.

The table is the price of your digit in nats, up to this stroke: what the strokes told the decoder, and what the pixels
would still cost given those. The sum after the last stroke is the bound by which such models are compared.

**Attention wins on average**, not on each digit, and not with each seed. So below the table stands how
often it wins on your digit, and what all test digits say. Press the die a few times and see the winner change.
"""

FORMULA = r"""
With attention (section 3.2) $\mathrm{read}(x, \hat x, h) = \gamma\,[F_Y x F_X^\top, F_Y \hat x F_X^\top]$ and
$\mathrm{write}(h) = \frac{1}{\hat\gamma} \hat F_Y^\top w_t \hat F_X$. Without (section 3.1)
$\mathrm{read}(x, \hat x, h) = [x, \hat x]$ and $\mathrm{write}(h) = W h$.

$$-\log p(x) \le \sum_{t=1}^{T} \mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1)) - \log p(x \mid c_T)$$
"""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens."""
    first, start = stored("compare"), painted_digit(FIRST_DIGIT)
    painted = gr.State(first)
    with room("draw"):
        with column("stage"), card():
            stage = player("compare-player", "write", first, panels=3)
            status = status_line("compare")
            verbs("compare", painted, 8)
        with column("controls"), card("Subject"):
            mode = task_switch("compare", (COPY, IMAGINE))
            with gr.Column(min_width=0) as copying:
                sub = subject("compare", "read", start, canvas("compare", "read", start))
            with gr.Column(min_width=0, visible=False) as imagining:
                count = gr.Slider(1, 16, 9, step=1, label="Pictures", elem_id="compare-count")
                temperature = gr.Slider(0.1, 2, 1, step=0.05, label="Temperature", elem_id="compare-temperature")
            seed = seed_field("compare")
            paint = gr.Button("Paint", variant="primary", elem_id="compare-paint", elem_classes="easel-primary")
        with column("aside"):
            with card():
                narrator("compare-narrator", "compare-player", "write")
                tally = gr.HTML(
                    stored("compare-tally")["html"],
                    elem_id="compare-tally",
                    elem_classes="easel-status",
                    apply_default_css=False,
                )
            explanation(TEXT, FORMULA)

    def answer(picture: Picture, live: bool, mode: str, *values: Any) -> tuple[Any, ...]:
        if live:
            return SKIP, SKIP, SKIP
        draws, pixels = runtime.studio.draws, picture.pixels if mode == COPY else None
        both = draws.compare(pixels, *values)
        value = draw_views.compare_payload(*both, before=runtime.studio.draw_blank())
        return value, value, draw_views.tally_html(None if pixels is None else draws.tally(pixels))

    def on_paint(picture: Picture, *values: Any) -> tuple[Any, ...]:
        return answer(picture, False, *values)

    outputs, options = [stage, painted, tally], [mode, count, seed, temperature]
    connect(sub, answer, options, outputs, status)
    show_stage(paint, "compare-player")
    shown_for(mode, {COPY: copying, IMAGINE: imagining})
    paints([paint.click, mode.change], on_paint, [sub.picture, *options], outputs)
