"""The numbers of a code, a slider and a field each, in the order of what they carry.

The value is a :class:`viz.views.vae_code.Numbers`. What a hand makes of the code stands in the address as the text of
its numbers, ``0.5,-1.2``, of two digits at most after the point; the text is empty while it is the code that the model
gave. Another model, another digit and, of an imagined code, another seed bring a code of their own.

The root ``#ELEM_ID .easel-code`` says for tests: ``data-loaded`` (id of the last value) and ``data-text``; each number
has ``data-z``, from 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import gradio as gr

from core.errors import UserError
from viz.language import say
from viz.views.vae_code import RANGE, Numbers
from viz.widgets.web import module

LONGEST = 400
"""Characters of a text."""


class Table(NamedTuple):
    """A table of pictures, rows of numbers by their ``values``: pressing one, the code goes there.

    It is in the ``player`` while the control ``film`` says ``shown``.
    """

    player: str
    shown: str
    values: Sequence[float]


def numbers_of(text: str, count: int) -> list[float] | None:
    """The ``count`` numbers of a text, None for an empty one; :class:`UserError` for any other text."""
    if not text:
        return None
    try:
        found = [float(part) for part in text[:LONGEST].split(",")]
    except ValueError:
        raise UserError("This link's code is no list of numbers.") from None
    if len(found) != count or not all(abs(number) <= RANGE for number in found):
        raise UserError(
            "A code of this model is {count} numbers from −{range:g} to {range:g}.", count=count, range=RANGE
        )
    return found


def code(
    elem_id: str, value: Numbers, *, tab: str, name: str, sizes: Mapping[str, int], imagined: str, table: Table
) -> gr.HTML:
    """The sliders over ``value``; in the address the text is ``name`` of ``tab``.

    ``sizes`` are the models' numbers. The tab's controls ``model``, ``run`` and ``task`` say whose code it is: that of
    what was trained here with a ``run``, and one of the prior with the task ``imagined``.
    """
    acts = {"zero": say("All to 0"), "back": say("Back to its code")}
    buttons = "".join(
        f'<button type="button" class="easel-plain" data-act="{act}">{word}</button>' for act, word in acts.items()
    )
    return gr.HTML(
        dict(value),
        html_template=(
            f'<div class="easel-code" role="group" aria-label="{say("The numbers of the code")}">'
            f'<div class="sliders"></div><div class="verbs">{buttons}</div></div>'
        ),
        elem_id=elem_id,
        named={"tab": tab, "name": name, "imagined": imagined},
        table=table._asdict(),
        sizes=dict(sizes),
        most=RANGE,
        **module("code/code.js"),
    )
