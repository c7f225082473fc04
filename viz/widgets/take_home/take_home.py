"""The buttons under a stage with which its animation is taken home, and in a fold what the file shall show.

To Python it sends ``save`` with ``evt.kind``, one of :data:`KINDS`, ``evt.size``, ``evt.fps``, ``evt.loop``,
``evt.windows``, ``evt.patches``, ``evt.chart``, ``evt.titles``, ``evt.width`` and ``evt.frames`` of a PNG, ``evt.step``
and ``evt.cell``, the step and the picture that the stage shows, ``evt.seed``, ``evt.address``, the link to what is on
the screen, and ``evt.drawn``, the chart that the browser has drawn there as SVG, or nothing (:func:`asked` reads them).
Answer with :func:`download`: the browser saves the file.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from core.errors import UserError
from viz.language import say
from viz.widgets.web import module

KINDS = {"gif": "GIF", "png": "PNG", "webp": "WebP", "mp4": "MP4", "svg": "Chart", "html": "Page", "zip": "All"}
"""The files, by their endings, and what the buttons call them."""
WIDTHS = {0: "As sized", 1080: "1080", 2160: "2160", 3840: "3840 (4K)"}
"""Pixels that a PNG can be wide; 0: as its panels' size makes it."""
STEPS = {1: "The step shown", 4: "4 steps", 8: "8 steps"}
"""How many steps a PNG has side by side."""
HINTS = {
    "gif": "An animation that every program opens",
    "png": "A picture of the step that is shown, or of some steps side by side, as wide as a poster if you like",
    "webp": "An animation in all its colours",
    "mp4": "A video for slides and phones",
    "svg": "The open chart, or the bars of the time line, in lines that stay sharp (SVG)",
    "html": "A page with the player itself, which needs no net",
    "zip": "All of these, the numbers, the address, the papers, and often a script that paints it again",
}
LONGEST = 4000
"""Characters of an address."""


class Asked(NamedTuple):
    """A file that is asked for: its kind, and the options of :mod:`viz.player.export`."""

    kind: str
    size: int
    fps: float
    loop: bool
    windows: bool
    patches: bool
    chart: bool
    titles: bool
    width: int
    frames: int
    step: int
    cell: int
    seed: int
    address: str
    drawn: str


def asked(event: gr.EventData) -> Asked:
    """What the page asks for. Raises :class:`UserError` if it is no file of ours."""
    sent = event._data if isinstance(event._data, dict) else {}
    try:
        found = Asked(*(kind(sent[name]) for name, kind in _FIELDS.items()))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError("This is no request for a file.") from error
    if found.kind not in KINDS or found.cell < 0 or found.step < 0:
        raise UserError("What one can take home ends in {kinds}.", kinds=", ".join(KINDS))
    printed = found.address.isprintable() and len(found.address) <= LONGEST
    if not found.address.startswith(("http://", "https://")) or not printed or found.seed < 0:
        raise UserError("This is no request for a file.")
    return found


_FIELDS: dict[str, Any] = {
    "kind": str,
    "size": int,
    "fps": float,
    "loop": bool,
    "windows": bool,
    "patches": bool,
    "chart": bool,
    "titles": bool,
    "width": int,
    "frames": int,
    "step": int,
    "cell": int,
    "seed": int,
    "address": str,
    "drawn": str,
}


def download(path: Path) -> dict[str, str]:
    """The value with which the browser saves the file at ``path`` under its name.

    ``made`` differs from file to file: Gradio tells nobody of a value that is the same as before.
    """
    data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "data": data, "made": str(time.monotonic_ns())}


def take_home(key: str, fps: int, player: str = "", *, folded: bool = False) -> gr.HTML:
    """The widget under the player ``KEY-player``, unless it is called ``player``; ``fps`` is the first pace offered.

    Where there is little room it is ``folded`` up until somebody wants it.
    """
    inner = _html(key, fps, player or f"{key}-player")
    return gr.HTML(
        {},
        html_template=f"<details class='home'><summary>{say('Take it home')}</summary>{inner}</details>"
        if folded
        else inner,
        elem_id=f"{key}-home",
        **module("take_home/take_home.js", ["save"], "easel-verbs"),
    )


def _html(key: str, fps: int, player: str) -> str:
    def slider(name: str, label: str, least: int, most: int, step: int, value: int) -> str:
        return (
            f'<label>{label} <output>{value}</output><input type="range" name="{name}" min="{least}" max="{most}" '
            f'step="{step}" value="{value}"></label>'
        )

    def choice(name: str, label: str, choices: dict[int, str]) -> str:
        offered = "".join(f'<option value="{value}">{text}</option>' for value, text in say(choices).items())
        return f'<label>{label} <select name="{name}">{offered}</select></label>'

    def tick(name: str, label: str, on: bool) -> str:
        return f'<label><input type="checkbox" name="{name}"{" checked" if on else ""}> {label}</label>'

    hints = say(HINTS)
    buttons = "".join(
        f'<button type="button" class="easel-plain" id="{key}-{kind}" data-kind="{kind}" title="{hints[kind]}">{name}'
        "</button>"
        for kind, name in say(KINDS).items()
    )
    return (
        f'<div class="verbs">{buttons}</div>'
        f'<details class="options"><summary>{say("Options")}</summary>'
        f'<form data-player="{player}"><div>{slider("size", say("Size, px"), 56, 560, 28, 280)}'
        f"{slider('fps', say('Frames a second'), 1, 30, 1, fps)}</div><div>"
        f"{choice('width', say('PNG, px wide'), WIDTHS)}{choice('frames', say('It shows'), STEPS)}</div><div>"
        f"{tick('titles', say('Titles'), True)}{tick('windows', say('Windows'), True)}"
        f"{tick('patches', say('Patches'), False)}{tick('chart', say('Chart'), False)}"
        f"{tick('loop', say('Loop'), True)}</div></form>"
        f'<pre hidden aria-label="{say("This in Python")}"></pre></details>'
    )
