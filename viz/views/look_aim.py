"""One glimpse in a person's place: the picture with the window to grab, and what it would have made the network think.

One picture, ``T`` glimpses, ten classes. NumPy only; nothing is computed again.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import numpy as np

from core.results import Compared
from core.trace import Array
from viz.language import say
from viz.player import frames
from viz.views import aim
from viz.views.aim import Aim
from viz.views.draw_window import png
from viz.views.look_path import CLASSES, Thoughts, names, thoughts

SAME = 0.05
"""Pixels by which a window that nobody has moved may differ from the network's own."""


class Comparison(NamedTuple):
    """The value of the aim widget, and as HTML what either look led to: two lists of probabilities, and a sentence."""

    aim: Aim
    lists: str
    words: str


def comparison(compared: Compared) -> Comparison:
    """The network's own look beside the same with one glimpse in a person's place.

    Thin stand three other windows: the one before, which is the same in both; the network's own in the place of the
    person's; and the next one, to which the person's led.
    """
    its, yours, at = thoughts(compared.its), thoughts(compared.yours), compared.at
    subject = compared.yours.subject
    assert subject is not None
    own, led = (frames.mark_boxes(trace, "glimpse")[:, 0, :3].tolist() for trace in (compared.its, compared.yours))
    number, moved = at + 1, bool(np.abs(np.subtract(own[at], led[at])).max() > SAME)
    others = {str(number - 1): own[at - 1]} if at else {}
    others |= {str(number): own[at]}
    if number < len(led):
        others[str(number + 1)] = led[number]
    aimed = aim.aim(
        subject[0],
        "glimpse",
        led[at],
        ghosts=list(others.values()),
        names=list(others),
        smallest=compared.limits[0],
        largest=compared.limits[1],
        filters=compared.its.steps[0].patches["glimpse"].shape[-1],
        spread=compared.spread,
    )
    titles = say("Glimpse {number}, its own", number=number), say("Glimpse {number}, yours", number=number)
    lists = [
        _list(title, kind, frames.unit_patches(trace, "glimpse")[at, 0, 0], thought, at)
        for title, kind, trace, thought in zip(
            titles, ("its", "yours"), (compared.its, compared.yours), (its, yours), strict=True
        )
    ]
    return Comparison(
        aimed, f'<div class="look-lists">{"".join(lists)}</div>', f"<p>{sentence(its, yours, at, moved)}</p>"
    )


def sentence(its: Thoughts, yours: Thoughts, at: int, moved: bool) -> str:
    """What the person's glimpse changed, at once and in the end, if its window was ``moved``."""
    if not moved:
        return say(
            "So far this is where the network looked itself: it thinks of {its}. Drag the <b "
            "class='glimpse'>window</b> elsewhere, or zoom it, and see what it would have thought.",
            its=said(its, at),
        )
    text = say(
        "By its own glimpse {at} it thinks of {its}; by yours, of {yours}.",
        at=at + 1,
        its=said(its, at),
        yours=said(yours, at),
    )
    last = len(its.p) - 1
    if at == last:
        return text
    return say(
        "{it} From there it goes on alone and ends with {yours}; its own path: {its}.",
        it=text,
        yours=said(yours, last),
        its=said(its, last),
    )


def said(thought: Thoughts, at: int) -> str:
    """The likeliest digit after a glimpse, and how likely it is."""
    return f"<b>{names()[int(thought.guess[at, 0])]}</b>, {100 * float(thought.p[at, 0].max()):.0f}\u202f%"


def _list(title: str, kind: str, patch: Array, thought: Thoughts, at: int) -> str:
    p, guess = thought.p[at, 0], int(thought.guess[at, 0])
    rows = "".join(
        f"<div class='row{' most' if digit == guess else ''}'><span>{digit}</span><span class='track'>"
        f"<span class='fill' style='transform: scaleX({p[digit]:.4f})'></span></span>"
        f"<span class='number'>{100 * p[digit]:.0f}\u202f%</span></div>"
        for digit in range(CLASSES)
    )
    alt = escape(say("what reaches the network"))
    head = f"<img src='{png(patch)}' alt='{alt}'><h2>{escape(title)}</h2>"
    return f"<section class='{kind}' aria-label='{escape(title)}'>{head}{rows}</section>"
