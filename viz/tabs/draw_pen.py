"""The pen: at any stroke of DRAW the user moves its window or paints on its canvas, and the network goes on from there.

What the hand did is kept by stroke, so that one painting may bear it at several.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.runtime import Runtime
from viz import pen_frames
from viz.tabs.common import (
    LATEST,
    SIDE,
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
    told,
    verbs,
)
from viz.tabs.draw_time import STEPS
from viz.tabs.subject import Picture, canvas, connect, painted_digit, subject
from viz.widgets import editor
from viz.widgets.aim import aim
from viz.widgets.narrator import narrator
from viz.widgets.player import player
from viz.words import counted

COPY, IMAGINE = "Copy", "Imagine"
MOVE, PAINT = "Move the window", "Paint on the canvas"
FIRST_AT = 2
FIRST_WINDOW = (14.0, 14.0, 6.0)
"""The stroke that a hand has moved when the room opens, counted from 1, and its x, y and size in px."""


class Hands(NamedTuple):
    """What the hand did: stroke, from 0, -> (x, y, size) of its window, and stroke -> int8 (H, W) of painted pixels."""

    moves: dict[int, tuple[float, float, float]]
    inks: dict[int, NDArray[np.int8]]

    def steps(self) -> list[int]:
        """The strokes at which there was a hand, from 0."""
        return sorted({*self.moves, *self.inks})


FIRST_HANDS = Hands({FIRST_AT - 1: FIRST_WINDOW}, {})

TEXT = """
Every stroke of DRAW is decided by a memory and a throw. **Take the pen** at one of them: lay its window elsewhere, or
paint on its canvas, and let it go on. The same throws fall in both pictures; what differs is your doing.

**Moved**, the window lays down the very patch that the painter wanted to write, where you want it. It is as much ink as
before: a small window presses harder. Filters outside of the picture leave their ink on its edge.

**Copying**, it looks at what is still missing: where it looks it sees your hand, and spends **nats** on correcting it.
It does not always succeed. The first, broad stroke wipes off nearly all that was painted before it; later on much of
your ink stays, for in training it never met a canvas that it had not painted itself.

**Imagining**, it is *blind*. Nothing in the network ever looks at the canvas then: its strokes fall as they would have
fallen, over whatever you left there.
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

PLAY_ON = """(at) => {
  const player = document.querySelector('#pen-player .easel-player');
  window.dispatchEvent(new CustomEvent('easel:seek', {detail: {player: 'pen-player', step: Math.max(0, at - 2)}}));
  player.querySelector('[data-act=play]').click();
}"""
"""Play from the canvas that the stroke of the hand found on."""


def build(runtime: Runtime) -> None:
    """Fill the tab: first what stands there, then what happens; long, since events name the components above them."""
    first, start = stored("pen"), painted_digit(3)
    painted, hands = gr.State(first), gr.State(FIRST_HANDS)
    base = gr.State(np.zeros((SIDE, SIDE), np.uint8))  # what the canvas shows under the hand, set when it is opened
    with room("draw"):
        with column("stage"), card():
            with gr.Row():  # side by side where there is room, so that the outcome is in sight while one drags
                with gr.Column(min_width=260, scale=4):
                    with gr.Column(min_width=0) as moving:
                        gr.HTML("<h2>The canvas after this stroke</h2>", apply_default_css=False)
                        aimed = aim("pen-aim", "write", stored("pen-aim"))
                    with gr.Column(min_width=0, visible=False) as painting:
                        gr.HTML("<h2>The canvas before this stroke</h2>", apply_default_css=False)
                        paper = editor.editor("pen-canvas", "write", cover=False)
                    said = gr.HTML(
                        _listed(FIRST_HANDS), elem_id="pen-hands", elem_classes="easel-status", apply_default_css=False
                    )
                with gr.Column(min_width=370, scale=5):
                    stage = player("pen-player", "write", first)
            status = status_line("pen")
            verbs("pen", painted, 4)
        with column("controls"), card("Take the pen"):
            way = gr.Radio(
                [MOVE, PAINT],
                value=MOVE,
                label="What the hand does",
                elem_id="pen-way",
                elem_classes=["easel-switch", "easel-wrap"],
            )
            at = gr.Slider(1, STEPS, FIRST_AT, step=1, label="At stroke", elem_id="pen-at")
            go = gr.Button("Let it go on", variant="primary", elem_id="pen-go", elem_classes="easel-primary")
            reset = gr.Button("Reset", elem_id="pen-reset", elem_classes="easel-round")
            mode = task_switch("pen", (COPY, IMAGINE))
            with gr.Column(min_width=0) as copying:
                sub = subject("pen", "read", start, canvas("pen", "read", start))
            seed = seed_field("pen")
        with column("aside"):
            with card():
                narrator("pen-narrator", "pen-player", "write")
            explanation(TEXT, FORMULA)

    def paint(picture: Picture, mode: str, seed: object, hands: Hands) -> Any:
        """Both paintings; a :class:`core.draw_pen.Penned`."""
        return runtime.studio.draw_pen(picture.pixels if mode == COPY else None, *hands, seed)

    def seen(penned: Any, at: int, hands: Hands) -> tuple[Any, ...]:
        """What the hand's doing changes: window, player, what is kept, and the list of it."""
        value = pen_frames.pen_payload(penned, hands.steps(), autoplay=False)
        return pen_frames.pen_aim(penned, at - 1, at - 1 in hands.moves), value, value, hands, _listed(hands)

    def anew(picture: Picture, mode: str, seed: object, at: int, hands: Hands) -> tuple[Any, ...]:
        """All of it, and a fresh sheet of paper: the canvas of another stroke or painting."""
        penned = paint(picture, mode, seed, hands)
        under = pen_frames.canvas_before(penned, at - 1)
        change = hands.inks.get(at - 1, np.zeros(under.shape, np.int8))
        return *seen(penned, at, hands), editor.encode(pen_frames.changed(under, change)), under

    def answer(picture: Picture, live: bool, *values: Any) -> tuple[Any, ...]:
        return anew(picture, *values)

    @told
    def on_aim(
        event: gr.EventData, picture: Picture, mode: str, seed: object, at: int, hands: Hands
    ) -> tuple[Any, ...]:
        hands = hands._replace(moves={**hands.moves, at - 1: (event.x, event.y, event.size)})
        return seen(paint(picture, mode, seed, hands), at, hands)

    @told
    def on_paint(
        event: gr.EventData,
        picture: Picture,
        mode: str,
        seed: object,
        at: int,
        hands: Hands,
        base: NDArray[np.uint8],
    ) -> tuple[Any, ...]:
        pixels, _ = editor.decode(event)
        inks = {**hands.inks, at - 1: pen_frames.change_of(pixels, base)}
        hands = hands._replace(inks={step: change for step, change in inks.items() if change.any()})
        return seen(paint(picture, mode, seed, hands), at, hands)

    @told
    def on_reset(picture: Picture, mode: str, seed: object, at: int) -> tuple[Any, ...]:
        return anew(picture, mode, seed, at, Hands({}, {}))

    options = [mode, seed, at, hands]
    shown = [aimed, stage, painted, hands, said]
    everything = [*shown, paper, base]
    connect(sub, answer, options, everything, status)
    aimed.aim(on_aim, [sub.picture, *options], shown, **LATEST)
    paper.edit(on_paint, [sub.picture, *options, base], shown, **LATEST)
    shown_for(mode, {COPY: copying})
    shown_for(way, {MOVE: moving, PAINT: painting})
    paints([mode.change, way.change, at.input], anew, [sub.picture, *options], everything)
    reset.click(on_reset, [sub.picture, mode, seed, at], everything, **LATEST)
    show_stage(go, "pen-player")
    go.click(None, at, js=PLAY_ON, api_visibility="private")


def _listed(hands: Hands) -> str:
    """What the hand has done so far, in one line."""
    parts = []
    for step in hands.steps():
        done = ["window moved"] if step in hands.moves else []
        if step in hands.inks:
            done.append(f"{counted(int(np.count_nonzero(hands.inks[step])), 'pixel')} painted")
        parts.append(f"stroke {step + 1} ({', '.join(done)})")
    return f"<p>{escape('Your hand: ' + '; '.join(parts) if parts else 'No hand yet: drag the window.')}</p>"
