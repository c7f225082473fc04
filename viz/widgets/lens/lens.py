"""The lens: a picture whose pixels can be pointed at, and what several models say about the one that was.

The value is a :class:`viz.views.pixel_lens.Board`, at first with all views. The picture is the page's digit. Large
stands the view that is chosen, small all of them; choosing never leaves the browser. To Python it sends ``point`` with
``evt.row``, ``evt.column`` and ``evt.model``, the key of a view that is still missing: one for each request, the chosen
one first, so that a new pixel never waits for more than one model. Listen with ``trigger_mode="always_last"`` and
answer with a board that holds this one view; the lens keeps the others as long as picture and pixel are the same. The
pixel, once it was asked about, and the chosen view stand in the address (:class:`Named`).

The root ``#ELEM_ID .easel-lens`` says for tests: ``data-loaded`` (id of the last value), ``data-row`` and
``data-column`` (the pixel in question, from 0), ``data-chosen`` (key of the large view), ``data-missing`` (how many
views are still to come) and ``data-ink`` (how many pixels of the picture have ink).
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

import gradio as gr

from viz.language import say
from viz.views.pixel_lens import Board
from viz.widgets.web import module

SWATCHES = ("heat", "crossed", "hatched", "marked", "alarm", "before")
"""What a line of the legend can stand beside: see ``lens.css``."""


class Named(NamedTuple):
    """Where a lens stands in the address: its tab, and the names of its pixel and of the view that stands large.

    ``broken`` is the name of the checkbox that breaks the mask of the model ``breaks``, if there is one.
    """

    tab: str
    pixel: str
    model: str
    broken: str = ""
    breaks: str = ""


def _html(label: str, legend: Mapping[str, str], verb: str, named: Named) -> str:
    lines = "".join(f'<li><span class="swatch {kind}"></span>{escape(text)}</li>' for kind, text in legend.items())
    button = f'<button type="button" data-act="ask">{escape(verb)}</button>' if verb else ""
    data = " ".join(f'data-{name}-name="{text}"' for name, text in named._asdict().items())
    keys = say("Picture: arrow keys move, Enter chooses the pixel")
    return (
        f'<div class="easel-lens" {data} role="group" aria-label="{escape(label)}"><div class="parts">'
        '<div class="large">'
        f'<canvas tabindex="0" role="application" aria-label="{keys}">'
        f'</canvas><div class="under"><span class="where"></span>{button}</div></div>'
        f'<div class="tell"><p class="sentence" role="status"></p><ul class="legend">{lines}</ul></div>'
        f'<div class="views" role="group" aria-label="{say("Models")}"></div></div>'
        '<span class="spoken" role="status"></span></div>'
    )


def lens(elem_id: str, label: str, legend: Mapping[str, str], value: Board, *, named: Named, verb: str = "") -> gr.HTML:
    """A lens over ``value``; ``legend`` explains the :data:`SWATCHES` that occur.

    With a ``verb`` there is a button of that name that asks about the marked pixel. Raises ``ValueError`` for an
    unknown swatch.
    """
    if unknown := set(legend) - set(SWATCHES):
        raise ValueError(f"Unknown swatch {', '.join(sorted(unknown))}: choose from {', '.join(SWATCHES)}.")
    return gr.HTML(
        dict(value),
        html_template=_html(label, legend, verb, named),
        **module("lens/lens.js", ["point"]),
        elem_id=elem_id,
    )
