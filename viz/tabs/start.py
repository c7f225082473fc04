"""The first page: you draw half a digit, three machines finish it, and each says what the whole one costs it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.studio.runtime import Runtime
from core.trace import CanvasTrace
from core.training.registry import FIRST
from viz.language import say
from viz.tabs.common import status_line, stored, verbs
from viz.tabs.desk import Desk, Tab
from viz.tabs.subject import Picture
from viz.views import pixel_paint, start
from viz.widgets.player.player import player

LEAD = """
<p class='easel-lead'><b>You draw half a digit; three machines finish it.</b> Cover a part of the digit, or draw your
own. Fewer nats mean that your digit surprised a machine less. <span class='easel-ways'><a
href='./lessons/?lesson=tour'>Take the tour (8 minutes)</a> <a href='./together/?tab=guess'>Just
play</a></span></p>
"""


def vae(runtime: Runtime, picture: Picture, seed: float) -> tuple[Any, ...]:
    """The search's film, and the ELBO."""
    code = runtime.studio.vaes.encode(picture.pixels)
    value = start.at_once(runtime.studio.restoring.complete(picture, seed))
    value["again"] = start.again("vae", "restoring", "complete", picture, seed)
    return value, start.price(float(code.kl.sum()) + code.reconstruction, True)


def draw(runtime: Runtime, picture: Picture, seed: float) -> tuple[Any, ...]:
    """The last round of copies, and the ELBO of one copy of the whole digit."""
    value = start.strokes(runtime.studio.draws.complete(picture, 1, seed))
    value["again"] = start.again("draw", "draws", "complete", picture, 1, seed)
    return value, start.price(elbo(runtime.studio.draw_copy(picture.pixels, seed)), True)


def elbo(copy: CanvasTrace) -> float:
    """Nats of a copy: what all strokes told, and what is missing after the last."""
    return float(copy.series("kl").sum() + copy.series("reconstruction_nats")[-1, 0])


def pixels(runtime: Runtime, picture: Picture, seed: float) -> tuple[Any, ...]:
    """One completion, and the digit's exact price."""
    studio = runtime.studio.pixels
    value = start.pixels(studio.complete(FIRST["pixel"], picture, 1, seed))
    value["again"] = pixel_paint.again(FIRST["pixel"], picture, 1, int(seed), 1, None)
    return value, start.price(float(studio.judge(FIRST["pixel"], picture.pixels).nats[0].sum()), False)


PAINT = {"vae": vae, "draw": draw, "pixels": pixels}


def build(runtime: Runtime) -> None:
    """Fill the page: the digit, and three painters that do the same with it."""
    with gr.Row(elem_classes=["easel-page", "easel-first"]):
        desk = Desk(runtime, "read")
        tab = Tab(desk, "")
        with gr.Column(elem_classes="easel-main", min_width=0):
            gr.HTML(say(LEAD), apply_default_css=False)
            with gr.Row(elem_classes="easel-start"):
                for way in start.WAYS:
                    card(tab, way)
    desk.address.wire()


def card(tab: Tab, way: start.Way) -> None:
    """One painter: what it makes of the digit, what the digit costs it, and the door to its room."""
    first = stored(f"start-{way.key}")
    with gr.Column(elem_classes=["easel-card", f"easel-{way.key}"], min_width=220):
        gr.HTML(f"<h2 class='{way.room}'>{say(way.name)}</h2><p>{say(way.about)}</p>", apply_default_css=False)
        stage = player(f"start-{way.key}", way.room, first["player"], panels=1)
        price = gr.HTML(first["price"], elem_id=f"start-{way.key}-price", apply_default_css=False)
        status = status_line(f"start-{way.key}")
        name, painted = f"start-{way.key}", gr.State(first["player"])
        verbs(name, painted, round(first["player"]["fps"]), name, by=FIRST[way.family], folded=True)
        gr.HTML(
            f'<a class="easel-door" href="./{way.key}/" data-room="./{way.key}/">{say("See how it works →")}</a>',
            apply_default_css=False,
        )

    def finish(picture: Picture, seed: float) -> tuple[Any, ...]:
        value, price = PAINT[way.key](tab.runtime, picture, seed)
        return value, price, value

    asked = {"picture": tab.desk.digit, "seed": tab.desk.seed}
    tab.paint(finish, asked, [stage, price, painted], status=status)
