"""The pen: at any stroke of DRAW the user moves its window or paints on its canvas, and the network goes on from there.

What the hand did is kept by stroke, so that one painting may bear it at several.
"""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr
import numpy as np

from core.results import STEPS
from core.training.registry import FIRST
from viz.language import say
from viz.player.words import counted
from viz.tabs.common import (
    SIDE,
    SKIP,
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
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture
from viz.tabs.trained import Painters
from viz.views import draw_pen
from viz.widgets.aim.aim import aim
from viz.widgets.editor import editor
from viz.widgets.hand import hand
from viz.widgets.hand.hand import Hands
from viz.widgets.narrator.narrator import narrator
from viz.widgets.onward.onward import Way
from viz.widgets.player.player import player

COPY, IMAGINE = "Copy", "Imagine"
MOVE, PAINT = "Move the window", "Paint on the canvas"
FIRST_AT = 2
FIRST_WINDOW = (14.0, 14.0, 6.0)
"""The stroke that a hand has moved when the room opens, counted from 1, and its x, y and size in px."""
FIRST_HANDS = Hands({FIRST_AT - 1: FIRST_WINDOW}, {})
FIRST_TEXT = f"{FIRST_AT}m{','.join(f'{number:g}' for number in FIRST_WINDOW)}"

TEXT = """
Every stroke of DRAW is decided by a memory and by noise. **Take the pen** at one of them: move its window elsewhere, or
paint on its canvas, and let it go on. The noise is the same in both pictures; what differs is your doing.

**Copying**, it sees your hand where it looks, and spends **nats** on correcting it. **Imagining**, it is *blind*:
nothing in the network ever looks at the canvas then. Its strokes come as they would have come, over whatever you left
there.
"""
MORE = """
**Moved**, the window puts down the very patch that the painter wanted to write, where you want it. It is as much ink as
before: a small window presses harder. Filters outside of the picture leave their ink on its edge.

**Copying**, it looks at what is still missing. It does not always succeed in correcting you. The first, broad stroke
wipes off nearly all that was painted before it; later on much of your ink stays, for in training it never met a canvas
that it had not painted itself.
"""

FORMULA = r"""
Untouched, $c_t = c_{t-1} + \mathrm{write}(h^{dec}_t)$. A moved window has your $g_X, g_Y$; your size
$s = (N - 1)\,\delta + 2\sigma$ scales $\delta$ and $\sigma$ alike, and $\gamma$ stays.

Pixels that you paint get the logit $c_{t-1} = +4$ before stroke $t$ looks, erased ones $-4$: as sure as the painter's
own ink, $\sigma(4) = 0.98$, and within its reach to take back.

When copying, your hand comes back through the error image $\hat x = x - \sigma(c_{t-1})$. When imagining,
$h^{dec}_t = \mathrm{LSTM}(h^{dec}_{t-1}, z_t)$ with $z_t \sim \mathcal N(0, 1)$: no term holds the canvas.

What your hand cost: $-\log p(x \mid c_T)$ and $\mathrm{KL}(q(z_t \mid x, \cdot) \,\|\, \mathcal N(0, 1))$, in nats.
"""

ONLY = "Only from picture 1, with {steps} strokes at temperature 1."
"""Why there is no way from another painting to what starts at one of its strokes."""
PLAY_ON = """(at) => {
  const player = document.querySelector('#pen-player .easel-player');
  window.dispatchEvent(new CustomEvent('easel:seek', {detail: {player: 'pen-player', step: Math.max(0, at - 2)}}));
  player.querySelector('[data-act=play]').click();
}"""
"""Play from the canvas that the stroke of the hand found on."""
DONE = (
    "",
    "stroke {step} (window moved)",
    "stroke {step} ({pixels} painted)",
    "stroke {step} (window moved, {pixels} painted)",
)
"""What a hand did at a stroke, by whether it moved the window, + 2 if it painted."""
TAKE_AWAY = (
    "() => document.querySelector('#pen-hand [data-name]').dispatchEvent(new CustomEvent('easel:hand', {detail: ''}))"
)
"""Nothing has been done at any stroke."""


def pen(words: dict[str, str], only: dict[str, str], takes: tuple[str, ...] = ("task",)) -> Way:
    """To the pen at the shown stroke; ``words`` for :data:`IMAGINE` and :data:`COPY`."""
    return Way(say("Take the pen here"), "pen", "at", {}, takes, words, only, STEPS, say(ONLY, steps=STEPS))


def build(tab: Tab) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, under = stored("pen"), stored("pen-under")
    painted = gr.State(first)
    with room("draw"):
        with column("controls"), card():
            mode = tab.control("task", task_switch("pen", (COPY, IMAGINE)))
            way = tab.control("hand", switch("What the hand does", [MOVE, PAINT], "pen-way", MOVE, said=False))
            at = tab.control("at", gr.Slider(1, STEPS, FIRST_AT, step=1, label="At stroke", elem_id="pen-at"))
            trained = Painters(tab, "pen", [FIRST["draw"]])
            reset = gr.Button("Take the hand away", elem_id="pen-reset", elem_classes="easel-round")
            go = gr.Button("Let it go on", variant="primary", elem_id="pen-go", elem_classes="easel-primary")
        with column("stage"), card():
            with gr.Row():  # side by side where there is room, so that the outcome is in sight while one drags
                with gr.Column(min_width=230, scale=4):
                    with gr.Column(min_width=0) as moving:
                        gr.HTML(f"<h2>{say('The canvas after this stroke')}</h2>", apply_default_css=False)
                        aimed = aim("pen-aim", "write", stored("pen-aim"))
                    with gr.Column(min_width=0, visible=False) as painting:
                        gr.HTML(f"<h2>{say('The canvas before this stroke')}</h2>", apply_default_css=False)
                        start = editor.encode(hand.ink_of(under["bits"]))
                        canvas = editor.editor("pen-canvas", "write", cover=False, value=start)
                    said = gr.HTML(
                        _listed(FIRST_HANDS), elem_id="pen-hands", elem_classes="easel-status", apply_default_css=False
                    )
                    done = tab.text("moves", hand.hand("pen", FIRST_TEXT, STEPS, "moves"), FIRST_TEXT)
                    base = hand.paper("pen", under)
                with gr.Column(min_width=300, scale=5):
                    stage = player("pen-player", "write", first)
            status = status_line("pen")
            tab.moment("pen-player", [pen({}, {}, ("task", "hand", "moves"))])
            verbs("pen", painted, 4, by=FIRST["draw"])
        with column("aside"):
            with card():
                narrator("pen-narrator", "pen-player", "write")
            explanation(TEXT, FORMULA, MORE)

    def answer(
        picture: Picture, mode: str, seed: float, at: int, done: str, paper: object, run: str
    ) -> tuple[Any, ...]:
        studio, hands = trained.asked(run).studio, hand.hands_of(done)
        at = min(at, studio.draw.config.steps)  # what was trained here may have fewer strokes
        penned = studio.draw_pen(picture.pixels if mode == COPY else None, *hands, seed)
        value = draw_pen.pen_payload(penned, hands.steps(), autoplay=False)
        if not run:  # of the shipped weights: it would be another painting
            value["again"] = draw_pen.again(picture.pixels if mode == COPY else None, *hands, int(seed))
        aimed = draw_pen.pen_aim(penned, at - 1, at - 1 in hands.moves)
        before = draw_pen.canvas_before(penned, at - 1)
        wanted = draw_pen.changed(before, hands.inks.get(at - 1, np.zeros((SIDE, SIDE), np.int8)))
        drawn, _ = editor.decode(paper)
        again = SKIP if np.array_equal(drawn, wanted) else editor.encode(wanted)  # what is being drawn stays in hand
        return value, value, aimed, _listed(hands), again, hand.before(at, before)

    asked = {"picture": tab.desk.digit, "mode": mode, "seed": tab.desk.seed, "at": at, "done": done, "paper": canvas}
    asked |= {"run": trained.run}
    outputs = [stage, painted, aimed, said, canvas, base]
    tab.paint(answer, asked, outputs, status=status, when={"picture": (mode, COPY)})
    shown_for(way, {MOVE: moving, PAINT: painting})
    reset.click(None, js=TAKE_AWAY, api_visibility="private")
    show_stage(go, "pen-player")
    go.click(None, at, js=PLAY_ON, api_visibility="private")


def _listed(hands: Hands) -> str:
    """What the hand has done so far, in one line."""
    parts = []
    for step in hands.steps():
        moved, inked = step in hands.moves, step in hands.inks
        pixels = counted(int(np.count_nonzero(hands.inks[step])), "pixel") if inked else ""
        done = DONE[moved + 2 * inked]
        parts.append(say(done, step=step + 1, pixels=pixels))
    text = say("Your hand: {done}", done=say("; ").join(parts)) if parts else say("No hand yet: drag the window.")
    return f"<p>{escape(text)}</p>"
