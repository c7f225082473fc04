"""Buttons under a stage that take the step it shows to another tool, in a tab of the same room.

In the browser a press puts the tool's address into the bar and fills its controls from it, as Back and Forward do; the
way back is Back. Where the tool cannot start from what is shown, the button is off and its title says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape

import gradio as gr

from viz.language import say
from viz.widgets.web import module


@dataclass(frozen=True)
class Way:
    """A button ``label``; the tool is in the tab ``to``, whose control ``step`` gets the step that is shown, from 1.

    Its other controls get what ``sets`` says and, of ``takes``, what stands in the control of this tab of that name;
    where the two call a thing otherwise, ``words`` has the tool's word. ``only`` are the values that controls of this
    tab must have, ``steps`` how many steps the painting must have (0: any); else the button is off and says ``why``.
    """

    label: str
    to: str
    step: str
    sets: Mapping[str, str] = field(default_factory=dict)
    takes: Sequence[str] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    steps: int = 0
    why: str = ""


def onward(player: str, tab: str, ways: Sequence[Way], *, keeps: bool = False) -> gr.HTML:
    """The buttons below a player of the tab ``tab``; if it ``keeps``, it does what :mod:`address/step.js` does, too."""
    buttons = "".join(f'<button type="button" class="easel-plain">{escape(way.label)}</button>' for way in ways)
    return gr.HTML(
        {"tab": tab, "player": player, "ways": [asdict(way) for way in ways], "keeps": keeps},
        html_template=f'<div class="onward" role="group" aria-label="{say("Start from this step")}">{buttons}</div>',
        elem_id=f"{player.removesuffix('-player')}-onward",
        **module("onward/onward.js", (), "easel-verbs"),
    )
