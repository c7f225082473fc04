"""The first page: three painters complete one digit, each in its own way, and say what the whole digit costs them."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.trace import CanvasTrace, RasterTrace
from core.training.registry import FIRST
from viz.language import say
from viz.player import bundle, frames, payload
from viz.player.payload import Again, Player

Family = Literal["vae", "draw", "pixel"]
Pixels = NDArray[np.uint8]

WIDEST = 200.0
"""Nats that fill a bar: more than a usual digit costs any of the three."""


class Way(NamedTuple):
    """A painter on the first page."""

    key: str
    family: Family
    room: payload.Room
    name: str
    about: str


WAYS = (
    Way(
        "vae",
        "vae",
        "vae",
        "All at once",
        "The VAE looks for eight numbers from which it paints your half, and the rest.",
    ),
    Way(
        "draw",
        "draw",
        "write",
        "Stroke by stroke",
        "DRAW copies the digit ten times. Under the cover it keeps its own strokes.",
    ),
    Way(
        "pixels", "pixel", "pixel", "Pixel by pixel", "PixelCNN goes on pixel after pixel, from all that stands above."
    ),
)


def at_once(trace: CanvasTrace) -> Player:
    """The best code so far, at every second step of the climb."""
    panel = payload.panel(say("What it paints"), "vae", frames.stacked(trace))
    return {
        **payload.player([panel], columns=1, autoplay=True, nonce=None),
        "fps": 10,
        "film": False,
        "moment": say("step [[step]] of [[steps]]"),
    }


def strokes(trace: CanvasTrace) -> Player:
    """The last round of DRAW's chain, with its windows."""
    panel = payload.panel(say("What it paints"), "write", frames.stacked(trace))
    boxes = frames.mark_boxes(trace, "write")
    value = payload.player([panel], columns=1, autoplay=True, nonce=None)
    return {
        **value,
        "fps": 5,
        "film": False,
        "moment": say("stroke [[step]] of [[steps]]"),
        "marks": [payload.track(boxes, "write", 0)],
    }


def pixels(trace: RasterTrace) -> Player:
    """One completion."""
    value = frames.raster_payload(trace, title=say("What it paints"), heat=False)
    return {**value, "cost": None, "note": None, "film": False}


def again(family: Family, studio: str, verb: str, picture: tuple[Pixels, NDArray[np.bool_]], *told: float) -> Again:
    """How the completion of a picture, and what is hidden of it, comes again."""
    given: dict[str, Any] = {"digit": picture[0], "hidden": picture[1]}
    call = f'{verb}((given["digit"], given["hidden"]), {", ".join(str(int(each)) for each in told)})'
    return bundle.again(FIRST[family], call, studio=studio, **given)


def price(nats: float, bound: bool) -> str:
    """What the whole digit costs a painter, on the scale that the three share."""
    sign, about = ("≤ ", say("at most")) if bound else ("", say("exactly"))
    cost = say("<b>{price} nats</b> <span>{about}, for your whole digit</span>", price=f"{sign}{nats:.1f}", about=about)
    label = say("{nats:.0f} of {most:.0f} nats", nats=nats, most=WIDEST)
    share = min(nats / WIDEST, 1)
    return (
        f'<div class="easel-price"><p>{cost}</p>'
        f'<div class="bar" role="img" aria-label="{label}"><i style="width:{share:.1%}"></i></div></div>'
    )
