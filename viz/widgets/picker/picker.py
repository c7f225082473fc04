"""A picker of a digit beside the page's own: ten examples of each maker, or the page's digit taken over.

The value is the digit as an address names it: the number of an example, or its pixels (:func:`digit_of`).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.results import SIDE
from viz.language import say
from viz.widgets.web import module

_BITS = re.compile(r"[\w-]{131}", re.ASCII)


def bits_of(pixels: NDArray[np.uint8]) -> str:
    """A digit (28, 28) as the browser writes it."""
    return base64.urlsafe_b64encode(np.packbits(pixels > 0).tobytes()).decode().rstrip("=")


def digit_of(text: object, examples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels (28, 28), 0 or 255, behind a text, one of ``examples`` (n, 28, 28) or its own.

    Raises :class:`UserError` if it is none of ours.
    """
    if isinstance(text, str) and text.isascii() and text.isdigit() and int(text) < len(examples):
        return examples[int(text)]
    if not isinstance(text, str) or not _BITS.fullmatch(text):
        raise UserError("There is no such digit.")
    return cells_of(text, SIDE) * np.uint8(255)


def cells_of(text: str, side: int) -> NDArray[np.bool_]:
    """The pixels (side, side) that :func:`bits_of` has written. Raises :class:`UserError` if it is none of ours."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise UserError("What is covered cannot be read.") from None
    bits = np.unpackbits(np.frombuffer(packed, np.uint8))
    if not side * side <= len(bits) < side * side + 8:
        raise UserError("What is covered cannot be read.")
    cells: NDArray[np.bool_] = bits[: side * side].reshape(side, side) > 0
    return cells


def buttons(groups: Sequence[Mapping[str, Any]]) -> str:
    """The examples to choose from, by who made them, all but the first maker's in a fold; the browser draws them."""
    shown: list[str] = []
    number = 0
    for group in groups:
        cells = []
        for digit, pixels in enumerate(group["pictures"]):
            label = escape(f"{digit}, {group['title']}")
            cells.append(
                f'<button type="button" data-example="{number}" data-bits="{bits_of(pixels)}" aria-label="{label}" '
                f'title="{label}"><canvas role="presentation" width="{SIDE}" height="{SIDE}"></canvas></button>'
            )
            number += 1
        grid = f"<div>{''.join(cells)}</div>"
        title = escape(group["title"])
        shown.append(f"<details><summary>{title}</summary>{grid}</details>" if shown else f"<p>{title}</p>{grid}")
    return f'<div class="easel-examples" role="group" aria-label="{say("Examples")}">{"".join(shown)}</div>'


def picker(elem_id: str, label: str, first: int, groups: Sequence[Mapping[str, Any]], tab: str, name: str) -> gr.HTML:
    """The picker as a component; in the address it is the control ``name`` of ``tab``, its usual value ``first``."""
    return gr.HTML(
        str(first),
        html_template=(
            f'<div class="easel-picker" data-tab="{tab}" data-name="{name}" data-usual="{first}"><div class="now">'
            f'<canvas width="{SIDE}" height="{SIDE}" role="img" aria-label="{escape(label)}"></canvas>'
            f"<div><h2>{escape(label)}</h2>"
            f'<button type="button" class="easel-plain" data-act="mine">{say("Use your digit")}</button></div></div>'
            f"<details><summary>{say('Choose another')}</summary>{buttons(groups)}</details></div>"
        ),
        elem_id=elem_id,
        **module("picker/picker.js", ["change"]),
    )
