"""The pixel editor: draw a small hard-pixel picture by hand and, where asked, cover parts of it.

The value, both ways, is one JSON-able dict (:func:`encode`, :func:`decode`)::

    {"id": nonce, "height": H, "width": W, "channels": C, "pixels": b64 uint8 (H·W·C), "hidden": b64 uint8 (H·W)}

row by row from the top left; ``pixels`` 0 or 255 (ink), or with three channels 0–255, in which case a person can
cover the picture but not draw; ``hidden`` 0 or 1 (covered). A value sent from Python
replaces picture and cover, can be undone by the person, and fires nothing; with an ``address`` it replaces
the picture only, for good.

Every edit of the person renews the value in the page and fires ``edit``, once at the end of a stroke (``done``
true) and at most every 100 ms while brushing (``done`` false). Undo, redo, clear and the masks count as strokes;
a stroke that changes nothing fires nothing. Listen like this::

    picture = editor("pixels-editor", "pixel", cover=True)

    def on_edit(value: object) -> ...:
        pixels, hidden = decode(value)  # UserError: one sentence

    picture.edit(on_edit, picture, outputs, trigger_mode="always_last", show_progress="hidden")

``value["done"]`` says whether the stroke is over. A handler may take ``evt: gr.EventData`` instead, with the
fields of the value and ``done`` (``decode(evt)``, ``evt.pixels``, ``evt.done``). Do not leave out ``trigger_mode``:
Gradio's default, "once", drops edits that come while the handler runs, the last one of a stroke among them.

The page's one digit (``examples``) fires nothing: its gates hear of it in the browser.

The widget's root ``#ELEM_ID .easel-editor`` says for tests: ``data-loaded`` (id of the last value from Python),
``data-ink`` and ``data-hidden`` (numbers of pixels), ``data-tool``, ``data-size``, ``data-seed`` (of the last
random mask); each control carries ``data-act``.
"""

from __future__ import annotations

import base64
import math
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.results import SIDE
from viz.language import say
from viz.widgets.picker.picker import buttons
from viz.widgets.web import module

ROOMS = ("read", "write", "vae", "pixel", "glimpse")
MAX_SIDE = 256
"""Largest height or width that is accepted from a browser, in pixels."""

_ICONS = {
    "draw": "M3 13l.8-3.2 7-7a1.2 1.2 0 0 1 1.7 0l.7.7a1.2 1.2 0 0 1 0 1.7l-7 7L3 13zM9.6 4l2.4 2.4",
    "erase": "M6.2 13.3l-3.5-3.5a1 1 0 0 1 0-1.4l5.7-5.7a1 1 0 0 1 1.4 0l3.5 3.5a1 1 0 0 1 0 1.4l-5.7 5.7H6.2z"
    "M5.5 5.6l4.9 4.9M7 13.3h6.5",
    "cover": "M2.5 2.5h11v11h-11zM2.5 8l5.5-5.5M2.5 13.5l11-11M8 13.5L13.5 8",
    "reveal": "M1.5 8S4 3.7 8 3.7 14.5 8 14.5 8 12 12.3 8 12.3 1.5 8 1.5 8zM8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
    "undo": "M5.5 3L2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6",
    "redo": "M10.5 3l3 3-3 3M13.5 6h-7a3.5 3.5 0 0 0 0 7H10",
    "clear": "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5",
    "centre": "M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4M6.3 6.3h3.4v3.4H6.3z",
    "mask-lower": "M2.5 2.5h11v11h-11zM2.5 8h11M2.5 11l3-3M2.5 13.5 8 8M5.5 13.5 11 8M8.5 13.5l5-5M11.5 13.5l2-2",
    "mask-right": "M2.5 2.5h11v11h-11zM8 2.5v11M8 5.5l3-3M8 8.5l5.5-5.5M8 11.5 13.5 6M8.5 13.5l5-5M11.5 13.5l2-2",
    "mask-centre": "M2.5 2.5h11v11h-11zM5.5 5.5h5v5h-5zM5.5 8 8 5.5M5.5 10.5l5-5M8 10.5l2.5-2.5",
    "mask-random": "M2.5 2.5h11v11h-11zM2.5 6h4V2.5M6.5 9.5h4V6h-4zM10.5 13.5v-4h3",
    "mask-none": "M2.5 2.5h11v11h-11z",
    "size-1": "M8 6.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z",
    "size-2": "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
    "size-3": "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3z",
}

Controls = tuple[tuple[str, str, str], ...]
"""Buttons: what each does, its word, and its hint."""


def _tools(cover: bool, draw: bool) -> Controls:
    covering = (
        ("cover", say("cover"), say("Drag over the picture to hide pixels")),
        ("reveal", say("reveal"), say("Drag over hidden pixels to show them again")),
    )
    drawing = (
        ("draw", say("draw"), say("Drag over the picture to draw ink")),
        ("erase", say("erase"), say("Drag over ink to erase it")),
    )
    return (covering if cover else ()) + (drawing if draw else ())


def _sizes() -> Controls:
    return (("size-1", "", say("Small brush")), ("size-2", "", say("Medium brush")), ("size-3", "", say("Large brush")))


def _history(draw: bool) -> Controls:
    back = (("undo", "", say("Undo (Ctrl+Z)")), ("redo", "", say("Redo (Ctrl+Y)")))
    return (*back, ("clear", say("clear"), say("Wipe off all ink"))) if draw else back


def _masks() -> Controls:
    blocks = say("Hide half of the picture in random blocks, other ones at each press")
    return (
        ("mask-lower", say("lower half"), say("Hide the lower half")),
        ("mask-right", say("right half"), say("Hide the right half")),
        ("mask-centre", say("centre"), say("Hide the centre")),
        ("mask-random", say("random"), blocks),
        ("mask-none", say("none"), say("Show the whole picture")),
    )


def encode(pixels: NDArray[np.uint8], hidden: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """The editor's value for ``pixels`` (H, W) of 0 or 255, or (H, W, 3), and ``hidden`` (H, W), True where covered.

    Each call makes a fresh ``id``, so that the page takes even an equal picture as new. Raises ``ValueError`` for
    another shape, size or grey level.
    """
    covered = np.zeros(pixels.shape[:2], np.bool_) if hidden is None else hidden
    if pixels.shape[2:] not in ((), (3,)) or covered.shape != pixels.shape[:2]:
        raise ValueError(f"The editor needs two equal (H, W) arrays, not {pixels.shape} and {covered.shape}.")
    height, width = covered.shape
    value = {
        "id": secrets.token_hex(8),
        "height": height,
        "width": width,
        "channels": 3 if pixels.ndim == 3 else 1,
        "pixels": base64.b64encode(pixels.tobytes()).decode("ascii"),
        "hidden": base64.b64encode(covered.astype(np.uint8).tobytes()).decode("ascii"),
    }
    _check(value)
    return value


def decode(value: object) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pixels (H, W) of 0 or 255, or (H, W, 3), and hidden (H, W) from the editor's value or its ``edit`` event's data.

    Raises :class:`core.errors.UserError`, one sentence, on anything that the editor would not send.
    """
    if isinstance(value, gr.EventData):
        value = value._data  # EventData offers its fields one by one only
    if not isinstance(value, dict):
        raise UserError("The editor sent no picture.")
    height, width = _side(value, "height"), _side(value, "width")
    channels = value.get("channels")
    if type(channels) is not int or channels not in (1, 3):
        raise UserError("The editor's picture must have one channel or three.")
    pixels = _grid(value, "pixels", (height, width, 3) if channels == 3 else (height, width))
    hidden = _grid(value, "hidden", (height, width))
    if channels == 1 and not np.isin(pixels, (0, 255)).all():
        raise UserError("The editor's pixels must be 0 or 255.")
    if hidden.max() > 1:
        raise UserError("The editor's hidden marks must be 0 or 1.")
    return pixels, hidden.astype(np.bool_)


def _check(value: dict[str, Any]) -> None:
    """What we ourselves put into the editor must be what it would send; anything else is no mistake of a person's."""
    try:
        decode(value)
    except UserError as error:
        raise ValueError(str(error)) from None


def _side(value: dict[Any, Any], name: str) -> int:
    side = value.get(name)
    if type(side) is not int or not 1 <= side <= MAX_SIDE:  # a bool is an int, but no size
        raise UserError(
            "The editor's {name} must be a whole number from 1 to {max_side}.", name=name, max_side=MAX_SIDE
        )
    return side


def _grid(value: dict[Any, Any], name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    text, size = value.get(name), math.prod(shape)
    if not isinstance(text, str):
        raise UserError("The editor's {name} must be base64 text.", name=name)
    # Checked before decoding, so that a huge text costs nothing.
    if len(text) != (size + 2) // 3 * 4:
        raise UserError("The editor's {name} must hold {map} bytes.", name=name, map="×".join(map(str, shape)))
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise UserError("The editor's {name} are not valid base64.", name=name) from error
    if len(data) != size:
        raise UserError("The editor's {name} must hold {map} bytes.", name=name, map="×".join(map(str, shape)))
    return np.frombuffer(data, np.uint8).reshape(shape).copy()


def _group(key: str, name: str, controls: Controls, choice: bool = False) -> str:
    """One labelled group of buttons, to the style sheet a ``key``; in a ``choice`` one is pressed at a time."""
    buttons = []
    for act, word, hint in controls:
        icon = f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{_ICONS[act]}"/></svg>' if act in _ICONS else ""
        # A button with a word is named by it first, so that it can be called by voice.
        label = say("{word}: {hint}", word=word, hint=hint) if word else hint
        state = ' aria-pressed="false"' if choice else ""
        buttons.append(
            f'<button type="button" data-act="{act}" title="{hint}" aria-label="{label}"{state}>{icon}'
            f"<span>{word}</span></button>"
        )
    return f'<div class="group" data-group="{key}" role="group" aria-label="{name}">{"".join(buttons)}</div>'


def _html(room: str, cover: bool, draw: bool, examples: str, address: str) -> str:
    tools = _tools(cover, draw)
    tool = "draw" if draw and examples else tools[0][0]
    groups = [
        _group("tool", say("Tool"), tools, choice=True),
        _group("brush", say("Brush"), _sizes(), choice=True),
        _group("history", say("History"), _history(draw)),
    ]
    if cover:
        groups.append(_group("masks", say("Masks"), _masks()))
    if examples:
        hint = say("Move and scale the ink to where the models' digits stand")
        place = _group("place", say("Place"), (("centre", say("centre it"), hint),))
        groups.append(f'<div class="place">{place}<span class="advice" role="status"></span></div>')
    keys = say("Picture: arrow keys move, Space applies the tool, hold Space to brush")
    return (
        f'<div class="easel-editor{" compact" if examples else ""}" data-tool="{tool}" data-size="2"'
        f' data-address="{address}"'
        f' data-room="{room}">'
        f'<div class="stage"><canvas tabindex="0" role="application" aria-label="{keys}"></canvas>'
        f'<span class="hint" aria-hidden="true">{say("Draw here")}</span>'
        f'</div><div class="bar">{"".join(groups)}</div>{examples}'
        '<span class="spoken" role="status"></span></div>'
    )


def editor(
    elem_id: str,
    room: str,
    *,
    cover: bool,
    value: dict[str, Any] | None = None,
    examples: Sequence[Mapping[str, Any]] = (),
    address: str = "",
) -> gr.HTML:
    """The editor as a Gradio component, in the colour of ``room`` (one of :data:`ROOMS`).

    ``cover`` adds the tools and masks that hide pixels. ``value`` is an :func:`encode` dict; without one the
    picture is a blank square of :data:`SIDE` pixels. A colour picture can only be covered. With ``examples``,
    groups of a ``title`` and ``pictures``, it is the page's one digit (``address/subject.js``), which stands in the
    address and in all rooms, and which a button brings to the middle. What of another picture is covered stands in the
    address under ``address``, a tab and a name with a slash between. Raises ``ValueError`` for an unknown room or a bad
    value.
    """
    if room not in ROOMS:
        raise ValueError(f"Unknown room {room!r}: choose one of {', '.join(ROOMS)}.")
    if value is None:
        value = encode(np.zeros((SIDE, SIDE), np.uint8))
    _check(value)
    draw = value["channels"] == 1
    return gr.HTML(
        value,
        html_template=_html(room, cover, draw, buttons(examples) if examples else "", address),
        **module("editor/editor.js", ["edit"]),
        elem_id=elem_id,
    )
