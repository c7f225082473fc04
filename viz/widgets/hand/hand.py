"""What a person's hand did to a painting of DRAW, as one text that stands in the address; nothing of it is seen.

The script collects it from an aim, whose window was moved, and from an editor, on whose paper was painted; to which
stroke that belongs, and what was on the canvas before it, says :func:`paper`. The text is what was done at each stroke,
joined by ``*``: ``2m14,14,6`` is the window of stroke 2, counted from 1, with its centre and its size in pixels, and
``12p…`` and ``12e…`` are the pixels, 131 characters as an address has a digit, that were painted and erased before
stroke 12.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.results import SIDE
from viz.widgets.picker.picker import bits_of, digit_of
from viz.widgets.web import module

_NONE = np.empty((0, SIDE, SIDE), np.uint8)
_DONE = re.compile(r"(\d{1,2})(?:m(-?[\d.]{1,8}),(-?[\d.]{1,8}),([\d.]{1,8})|([pe])([\w-]{131}))", re.ASCII)


class Hands(NamedTuple):
    """What the hand did: stroke, from 0, -> (x, y, size) of its window, and stroke -> int8 (H, W) of painted pixels."""

    moves: dict[int, tuple[float, float, float]]
    inks: dict[int, NDArray[np.int8]]

    def steps(self) -> list[int]:
        """The strokes at which there was a hand, from 0."""
        return sorted({*self.moves, *self.inks})


def ink_of(bits: object) -> NDArray[np.uint8]:
    """The pixels (28, 28), 0 or 255, that an address has as ``bits``; :class:`UserError` if it has none."""
    return digit_of(bits, _NONE)


def hands_of(text: object) -> Hands:
    """What a text says; :class:`UserError` if it says nothing."""
    found = Hands({}, {})
    for each in str(text).split("*") if text else []:
        if (done := _DONE.fullmatch(each)) is None:
            raise UserError("What the hand did cannot be read.")
        step, *where, kind, bits = done.groups()
        if kind is None:
            try:
                x, y, size = map(float, where)
            except ValueError as error:
                raise UserError("What the hand did cannot be read.") from error
            found.moves[int(step) - 1] = (x, y, size)
            continue
        change = np.where(ink_of(bits) > 0, 1 if kind == "p" else -1, 0).astype(np.int8)
        found.inks[int(step) - 1] = found.inks.get(int(step) - 1, np.zeros_like(change)) + change
    return found


def hand(key: str, first: str, strokes: int, name: str) -> gr.HTML:
    """The widget, which keeps the text, at first ``first``, in the address as ``name`` of the tab ``key``.

    It listens to the aim ``KEY-aim`` and the editor ``KEY-canvas``, and asks the :func:`paper` ``KEY-under``; the
    painter has so many ``strokes``.
    """
    data = {"tab": key, "name": name, "usual": first, "strokes": strokes}
    told = " ".join(f'data-{key}="{value}"' for key, value in data.items())
    return gr.HTML(
        html_template=f"<i {told}></i>",
        elem_id=f"{key}-hand",
        **module("hand/hand.js", [], "easel-gate"),
    )


def paper(key: str, first: dict[str, Any]) -> gr.HTML:
    """What was on the canvas before a stroke, for the script of :func:`hand`; its value is made by :func:`before`."""
    return gr.HTML(
        first,
        html_template='<i data-at="${value.at}" data-bits="${value.bits}"></i>',
        elem_id=f"{key}-under",
        elem_classes="easel-gate",
        apply_default_css=False,
    )


def before(at: int, pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """The value of :func:`paper`: stroke ``at``, counted from 1, finds ``pixels`` (28, 28), 0 or 255, on the canvas."""
    return {"at": at, "bits": bits_of(pixels)}
