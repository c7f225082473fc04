"""The buttons under a stage with which its animation is taken home, and in a fold what the file shall show.

To Python it sends ``save`` with ``evt.kind``, one of :data:`KINDS`, ``evt.size``, ``evt.fps``, ``evt.loop``,
``evt.windows``, ``evt.patches``, ``evt.chart``, ``evt.cell``, the picture that is selected on the stage, ``evt.seed``
and ``evt.address``, the link to what is on the screen (:func:`asked` reads them). Answer with :func:`download`: the
browser saves the file.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from core.errors import UserError
from core.files import VERSION
from viz.widgets.web import module

KINDS = {"gif": "GIF", "png": "Frames", "webp": "WebP", "html": "Page", "mp4": "MP4", "zip": "All"}
"""The files, by their endings, and what the buttons call them."""
HINTS = {
    "gif": "An animation that every program opens",
    "png": "Some of its steps side by side",
    "webp": "An animation in all its colours",
    "html": "A page with the player itself, which needs no net",
    "mp4": "A video for slides and phones",
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
    cell: int
    seed: int
    address: str

    @property
    def source(self) -> str:
        """What the file says of itself."""
        return f"Easel {VERSION}, {self.address}"


def asked(event: gr.EventData) -> Asked:
    """What the page asks for. Raises :class:`UserError` if it is no file of ours."""
    sent = event._data if isinstance(event._data, dict) else {}
    try:
        found = Asked(*(kind(sent[name]) for name, kind in _FIELDS.items()))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UserError("This is no request for a file.") from error
    if found.kind not in KINDS or found.cell < 0:
        raise UserError(f"What one can take home ends in {', '.join(KINDS)}.")
    if not found.address.startswith(("http://", "https://")) or len(found.address) > LONGEST or found.seed < 0:
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
    "cell": int,
    "seed": int,
    "address": str,
}


def download(path: Path) -> dict[str, str]:
    """The value with which the browser saves the file at ``path`` under its name.

    ``made`` differs from file to file: Gradio tells nobody of a value that is the same as before.
    """
    data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "data": data, "made": str(time.monotonic_ns())}


def take_home(key: str, fps: int, player: str = "") -> gr.HTML:
    """The widget under the player ``KEY-player``, unless it is called ``player``; ``fps`` is the first pace offered."""
    return gr.HTML(
        {},
        html_template=_html(key, fps, player or f"{key}-player"),
        elem_id=f"{key}-home",
        **module("take_home/take_home.js", ["save"], "easel-verbs"),
    )


def _html(key: str, fps: int, player: str) -> str:
    def slider(name: str, label: str, least: int, most: int, step: int, value: int) -> str:
        return (
            f'<label>{label} <output>{value}</output><input type="range" name="{name}" min="{least}" max="{most}" '
            f'step="{step}" value="{value}"></label>'
        )

    def tick(name: str, label: str, on: bool) -> str:
        return f'<label><input type="checkbox" name="{name}"{" checked" if on else ""}> {label}</label>'

    buttons = "".join(
        f'<button type="button" class="easel-plain" id="{key}-{kind}" data-kind="{kind}" title="{HINTS[kind]}">{name}'
        "</button>"
        for kind, name in KINDS.items()
    )
    return (
        f'<div class="verbs">{buttons}</div>'
        "<details><summary>Options</summary>"
        f'<form data-player="{player}"><div>{slider("size", "Size, px", 56, 560, 28, 280)}'
        f"{slider('fps', 'Frames a second', 1, 30, 1, fps)}</div><div>"
        f"{tick('windows', 'Windows', True)}{tick('patches', 'Patches', False)}"
        f"{tick('chart', 'Chart', False)}{tick('loop', 'Loop', True)}</div></form>"
        '<pre hidden aria-label="This in Python"></pre></details>'
    )
