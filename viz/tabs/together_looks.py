"""Eight looks: find a digit in a scene that only your glimpses show, and see how the network looked at the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr

from core.errors import UserError
from core.results import GLIMPSES
from viz.address import QUIET
from viz.language import say
from viz.page import IMPOSSIBLE
from viz.tabs.common import OTHER_SEED, SKIP, card, column, explanation, room, status_line, switch, verbs
from viz.tabs.desk import Tab
from viz.views import together_looks
from viz.views.together_looks import board, counted
from viz.widgets.aim.aim import aim
from viz.widgets.player.player import player

FIRST = 1
"""The round that stands there at first."""
TEXT = """
Somewhere in this scene lies a digit among clutter, and all is dark. You have **{glimpses} looks**, as the network has.
Place the window, make it wide or narrow, and press *Look here*. A look brings **12×12 numbers**, however wide: wide
is blurred, narrow is sharp.

**Name the digit** as soon as you know it. Then you see where the network looked, and what it says with *your* looks.

A program made the scene, and your link is a challenge: whoever opens it gets the same one.
"""
MORE = """
The window has the network's own filters: σ and stride stand in the ratio of its first look. What you see in a window is
all that the network would get there.

Fewer looks are better. In the link stands after how many you had it.
"""
FORMULA = r"""
A look at a window $w$ gives $r = F_Y\,x\,F_X^\top$, 12 × 12 numbers, where the rows of $F_X$ and $F_Y$ are Gaussians on
a grid (DRAW, equations 25 to 27). The network goes on with $h_t = \mathrm{LSTM}(h_{t-1}, [r_t, w_t])$ and says
$p_t = \mathrm{softmax}(V h_t)$; with your looks, $w_t$ is yours.
"""


class Round(NamedTuple):
    """The looks so far, x, y and side of each in px, and the digit that was named."""

    boxes: tuple[tuple[float, float, float], ...] = ()
    named: int | None = None


def build(tab: Tab) -> None:
    """Fill the tab."""
    with room("look"):
        with column("controls"), card():
            number = tab.control(
                "scene",
                gr.Number(FIRST, label="Scene", precision=0, minimum=1, maximum=999_999, elem_id="looks-round"),
            )
            other = gr.Button("⚄ Another scene", elem_id="looks-another", elem_classes="easel-round")
            score = tab.control(
                "beat",
                gr.Number(
                    0,
                    label="Looks of who sent the link, 0 for none",
                    precision=0,
                    minimum=0,
                    maximum=GLIMPSES,
                    visible="hidden",
                    elem_id="looks-score",
                ),
            )
        with column("stage"), card():
            beat = gr.HTML("", elem_id="looks-beat", apply_default_css=False)
            window = aim("looks-aim", "glimpse", board(None))
            look = gr.Button("Look here", variant="primary", elem_id="looks-look", elem_classes="easel-primary")
            said = status_line("looks")
            digit = switch("Which digit is it?", [str(k) for k in range(10)], "looks-digit", None, min_width=0)
            with gr.Column(min_width=0, visible=False) as end:
                verdict = gr.HTML("", elem_id="looks-verdict", apply_default_css=False)
                stage = player("looks-player", "glimpse")
                painted = gr.State(None)
                verbs("looks", painted, 2, by="glimpse-cluttered")
        with column("aside"):
            explanation(say(TEXT, glimpses=GLIMPSES), FORMULA, MORE)
        played = gr.State(Round())

    def another(number: float | None) -> tuple[Any, ...]:
        if number is None:
            return (SKIP,) * 6
        return board(None), Round(), None, left(Round()), "", gr.Column(visible=False)

    def on_look(number: float, played: Round, window: dict[str, Any]) -> tuple[Any, ...]:
        if played.named is not None:
            raise UserError("You have named the digit of this scene: take another one.")
        if len(played.boxes) == GLIMPSES:
            raise UserError("That were all {glimpses} looks: name the digit.", glimpses=GLIMPSES)
        try:
            box = tuple(float(each) for each in window["box"])
        except (KeyError, TypeError, ValueError, OverflowError):
            raise UserError(IMPOSSIBLE) from None
        now = Round((*played.boxes, box))  # type: ignore[arg-type]
        return board(tab.runtime.studio.looking.seen(number, now.boxes), box), now, left(now)

    def on_name(number: float, played: Round, digit: str | None) -> tuple[Any, ...]:
        if digit is None or played.named is not None:
            return (SKIP,) * 8
        if not played.boxes:
            return *(SKIP,) * 6, None, say("<p>Look first: nothing of the scene has been seen yet.</p>")
        found = tab.runtime.studio.looking.outcome(number, played.boxes, int(digit))
        value, now = together_looks.outcome(found), played._replace(named=int(digit))
        value["again"] = together_looks.again(int(number), now.boxes, int(digit))
        after = len(now.boxes) if found.named == found.digit else 0
        return value, value, together_looks.verdict(found), now, after, gr.Column(visible=True), SKIP, SKIP

    tab.paint(another, {"number": number}, [window, played, digit, said, verdict, end])
    tab.on(look.click, on_look, {"number": number, "played": played, "window": window}, [window, played, said])
    named = {"number": number, "played": played, "digit": digit}
    tab.on(digit.input, on_name, named, [stage, painted, verdict, played, score, end, digit, said])
    score.change(challenge, score, beat, **QUIET)
    other.click(None, number, [number, score], js=f"now => [({OTHER_SEED})(now), 0]", api_visibility="private")


def left(played: Round) -> str:
    """How many looks there are, in a line."""
    rest = GLIMPSES - len(played.boxes)
    return say("<p>{looks} left.</p>", looks=counted(rest)) if rest else say("<p>No look is left: name the digit.</p>")


def challenge(score: int | None) -> str:
    """What the link asks for; nothing where no look is said."""
    if not score:
        return ""
    text = say("This link says: named after <b>{looks}</b>. Can you with fewer?", looks=counted(score))
    return f"<p class='easel-status'>{text}</p>"
