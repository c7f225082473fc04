"""The game's board: a digit that is uncovered pixel by pixel, and seven bets on ink.

The value is made by :func:`round_value`. At the end of a round it sends ``done`` with
``evt.bets``, a list of percents, one for each pixel, in their order; it keeps the bits that were paid in the address as
``beat``, so that a link challenges whoever opens it.

The root ``#ELEM_ID .easel-guess`` says for tests: ``data-loaded`` (id of the round), ``data-at`` (how many pixels are
done with) and ``data-paid`` (bits so far).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from viz.language import say
from viz.widgets.picker.picker import bits_of
from viz.widgets.web import module


def _html() -> str:
    return f"""
<div class="easel-guess">
  <p class="beat" role="status"></p>
  <div class="stage"><canvas role="img" aria-label="{say("The digit as far as it is uncovered")}"></canvas></div>
  <div class="side">
    <p class="question"></p>
    <div class="bets" role="group" aria-label="{say("How likely is ink?")}"></div>
    <p class="truth" role="status"></p>
    <div class="sum"><p></p><i><b></b></i></div>
  </div>
</div>
"""


def round_value(
    number: int, digit: NDArray[np.bool_], places: NDArray[np.int64], bets: Sequence[int]
) -> dict[str, Any]:
    """What is played: the digit (28, 28), the pixels (n, 2) that are asked about, and the bets in percent."""
    bits = bits_of(np.where(digit, 255, 0).astype(np.uint8))
    return {"id": f"{number}-{len(places)}", "bits": bits, "places": places.tolist(), "bets": list(bets)}


def guess(elem_id: str, value: dict[str, Any], tab: str, name: str) -> gr.HTML:
    """The board of a round; ``tab`` and ``name`` are where the bits that were paid stand in the address."""
    return gr.HTML(
        value,
        html_template=_html(),
        **module("guess/guess.js", ["done"]),
        elem_id=elem_id,
        tab=tab,
        beat=name,
    )
