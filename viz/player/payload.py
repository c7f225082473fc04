"""The contract between Python and the player widget: one JSON-able dict, its big arrays as base64 strings.

Every array is C-contiguous and little-endian. ``T`` steps, ``n`` cells (pictures in a grid), ``H`` × ``W`` pixels.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any, Literal, NotRequired, TypedDict
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from core.trace import Array, MarkKind
from viz.language import say

Room = Literal["read", "write", "vae", "pixel", "glimpse", "plain"]
"""A colour key: what the colour means is the same everywhere."""

NEVER = 0xFFFF
"""In ``reveal``: a pixel that is not shown at any step. So a picture with ``reveal`` has fewer steps than this."""


class Heads(TypedDict):
    """What stands before each row and above each column of a grid that is a table."""

    rows: list[str]
    columns: list[str]


class Group(TypedDict):
    """A line in a grid before the cell ``at``: what stands from there on."""

    at: int
    title: str


class Panel(TypedDict):
    """A picture, or a grid of them. ``cells`` is n or 1, ``frames`` T or 1; ``data`` uint8 (frames, cells, H, W, C).

    ``packed``: ``data`` holds one bit a pixel (0 or 255), eight in a byte, the first in the highest bit.
    ``reveal``: uint16 (cells, H, W), the step from which on a pixel is shown, :data:`NEVER` for none.
    """

    title: str
    room: Room
    cells: int
    height: int
    width: int
    channels: int
    frames: int
    data: str
    map: Literal["grey", "room"]
    packed: NotRequired[bool]
    reveal: NotRequired[str]
    labels: NotRequired[list[str]]
    heads: NotRequired[Heads]
    groups: NotRequired[list[Group]]


class MarkTrack(TypedDict):
    """``data`` float32 of ``shape`` (T or 1, n or 1, 5): centre x, y, width, height in px, precision in 1/px.

    NaN: no mark at that step. Infinite precision: a hard border. ``path``: a line joins the centres so far.
    """

    panel: int
    kind: str
    shape: list[int]
    data: str
    path: NotRequired[bool]


class Cost(TypedDict):
    """``data`` float32 (bars, n). Step t belongs to bar floor(t · bars / T).

    ``most`` fills the height; by default it is the largest bar.
    """

    label: str
    unit: str
    bars: int
    data: str
    most: NotRequired[float]


class Value(TypedDict):
    """A number for the note: ``data`` float32 of ``shape`` (T or 1, n or 1); an axis of 1 holds for all. NaN: none."""

    shape: list[int]
    data: str
    digits: int
    percent: NotRequired[bool]


class Words(TypedDict):
    """A choice of words for the note: ``index`` uint8 of ``shape`` (T or 1, n or 1) into ``words``."""

    shape: list[int]
    words: list[str]
    index: str


class Patch(TypedDict):
    """A small picture beside the note: ``data`` uint8 (T, n or 1, height, width, channels).

    ``room`` is the colour of the window that it belongs to, where it belongs to one.
    """

    title: str
    room: NotRequired[Room | MarkKind]
    height: int
    width: int
    channels: int
    data: str


class Bar(TypedDict):
    """A horizontal bar from 0 to 1, fed by the value of that name."""

    value: str
    label: str


class Note(TypedDict):
    """What the narrator says; ``[[name]]`` stands for a value at the step and the selected cell.

    ``bars`` stand below each other, the fullest one emphasised: probabilities of things that exclude each other.
    """

    title: str
    html: str
    rows: list[list[str]]
    values: dict[str, Value | Words]
    patches: list[Patch]
    bar: NotRequired[Bar]
    bars: NotRequired[list[Bar]]


class Layer(TypedDict):
    """A layer of a pixel model, or some alike: ``mask`` is A or B, ``side`` pixels wide; empty and 0 for none."""

    label: str
    mask: str
    side: int


class Given(TypedDict):
    """An array that a painting was given: ``data`` of ``shape``, of NumPy's type ``kind``."""

    shape: list[int]
    kind: str
    data: str


class Again(TypedDict):
    """How the pictures come again in Python: ``call`` on ``door``, which ``imports`` bring, and ``last``, its pictures.

    ``name`` is what the door is called there, ``model`` whose weights they are. The pictures are those of ``panel``, or
    of several, at its last step, of a ``film`` those of all its steps. The call is given ``arrays`` as ``given[name]``.
    Where painters answer one after the other, the call is made once ``each``: for these words behind Python's ``for``.
    """

    model: str
    imports: str
    name: str
    door: str
    call: str
    last: str
    panel: int | list[int]
    film: bool
    arrays: dict[str, Given]
    each: NotRequired[str]


class Player(TypedDict):
    """The value of the player widget. ``cell`` is the one selected at first, otherwise the selection stays.

    ``moment`` says which step it is, as within a sentence: ``stroke [[step]] of [[steps]]``, counted from 1.

    ``layers`` are the painter's, two of them, where it is a pixel model; ``by`` are the models behind
    it, by name, where the stage does not say so; ``again`` is there where one call painted it.
    """

    id: str
    cell: NotRequired[int]
    steps: int
    fps: float
    cells: int
    columns: int
    loop: bool
    autoplay: bool
    panels: list[Panel]
    marks: list[MarkTrack]
    cost: Cost | None
    film: bool
    moment: str
    note: Note | None
    layers: NotRequired[list[Layer]]
    by: NotRequired[list[str]]
    again: NotRequired[Again]


def capital(text: str) -> str:
    """A text as it stands at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def called(player: Player, step: int) -> str:
    """Which step ``step``, from 0, is, as within a sentence."""
    return player["moment"].replace("[[step]]", str(step + 1)).replace("[[steps]]", str(player["steps"]))


def encode(array: ArrayLike, dtype: DTypeLike) -> str:
    """Base64 of the raw little-endian bytes of ``array`` as ``dtype``."""
    little = np.dtype(dtype).newbyteorder("<")
    return base64.b64encode(np.ascontiguousarray(array, little).tobytes()).decode("ascii")


def decode(text: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """The inverse of :func:`encode`; raises ``ValueError`` when the bytes do not fill ``shape``."""
    little = np.dtype(dtype).newbyteorder("<")
    return np.frombuffer(base64.b64decode(text), little).reshape(shape)


def pixels(images: ArrayLike) -> NDArray[np.uint8]:
    """Grey values: [0, 1] -> 0 … 255, rounded, what lies outside clipped. Raises ``ValueError`` for NaN and inf."""
    values = finite(images, "The picture")
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def finite(values: ArrayLike, name: str) -> NDArray[np.float32]:
    """The same numbers as float32; raises ``ValueError`` unless all are finite."""
    array = np.asarray(values, np.float32)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds numbers that are not finite.")
    return array


def shrink(array: NDArray[Any]) -> NDArray[Any]:
    """(T, n, …) with each of the first two axes cut to length 1 along which nothing changes."""
    for axis in (0, 1):
        first = array.take([0], axis)
        if (array == first).all():
            array = first
    return array


def panel_data(panel: Panel) -> NDArray[np.uint8]:
    """The pictures of a panel, (frames, cells, H, W, C)."""
    shape = (panel["frames"], panel["cells"], panel["height"], panel["width"], panel["channels"])
    if not panel.get("packed"):
        return decode(panel["data"], np.uint8, shape)
    bits = np.unpackbits(np.frombuffer(base64.b64decode(panel["data"]), np.uint8), count=int(np.prod(shape)))
    return (bits * np.uint8(255)).reshape(shape)


def player(
    panels: list[Panel], *, columns: int | None = None, autoplay: bool = True, nonce: str | None = None
) -> Player:
    """A payload of these panels without marks, cost and note; a grid is as square as it can be."""
    cells = max(item["cells"] for item in panels)
    if columns is not None and columns < 1:
        raise ValueError("A grid needs at least one column.")
    return {
        "id": nonce or uuid4().hex,
        "steps": max(item["frames"] for item in panels),
        "fps": 8,
        "cells": cells,
        "columns": columns or math.ceil(math.sqrt(cells)),
        "loop": False,
        "autoplay": autoplay,
        "panels": panels,
        "marks": [],
        "cost": None,
        "film": True,
        "moment": say("step [[step]] of [[steps]]"),
        "note": None,
    }


def panel(title: str, room: Room, images: Array, labels: Sequence[str] | None = None) -> Panel:
    """Pictures (frames, cells, C, H, W) in [0, 1]. Binary films travel as bits, at an eighth of the size."""
    frames, cells, channels, height, width = images.shape
    if channels not in (1, 3):
        raise ValueError("A picture needs one channel or three.")
    if labels is not None and len(labels) != cells:
        raise ValueError(f"There are {cells} pictures but {len(labels)} labels.")
    data = pixels(images).transpose(0, 1, 3, 4, 2)
    binary = frames > 1 and bool(np.isin(data, (0, 255)).all())
    item: Panel = {
        "title": title,
        "room": room,
        "cells": cells,
        "height": height,
        "width": width,
        "channels": channels,
        "frames": frames,
        "data": encode(np.packbits(data > 0) if binary else data, np.uint8),
        "map": "grey",
    }
    if binary:
        item["packed"] = True
    if labels is not None:
        item["labels"] = list(labels)
    return item


def track(boxes: Array, kind: str, panel: int) -> MarkTrack:
    """Marks (T, n, 5) of one kind on the panel of that index."""
    small = shrink(boxes)
    return {"panel": panel, "kind": kind, "shape": list(small.shape), "data": encode(small, np.float32)}


def value(series: Array, digits: int) -> Value:
    """A number for each step and cell, (T or 1, n or 1)."""
    small = shrink(series)
    return {"shape": list(small.shape), "data": encode(small, np.float32), "digits": digits}


def words(choices: list[str], index: NDArray[Any]) -> Words:
    """One of ``choices`` for each step and cell, (T or 1, n or 1)."""
    small = shrink(index)
    return {"shape": list(small.shape), "words": choices, "index": encode(small, np.uint8)}


def cost(label: str, unit: str, bars: Array) -> Cost:
    """Bars (K, n)."""
    return {"label": label, "unit": unit, "bars": len(bars), "data": encode(bars, np.float32)}


def patch(title: str, images: Array, room: Room | MarkKind | None = None) -> Patch:
    """Small pictures (T, n, C, h, w) in [0, 1]; ``title`` may name their ``{height}`` and ``{width}``."""
    channels, height, width = images.shape[2:]
    item: Patch = {
        "title": title.format(height=height, width=width),
        "height": height,
        "width": width,
        "channels": channels,
        "data": encode(pixels(images).transpose(0, 1, 3, 4, 2), np.uint8),
    }
    if room is not None:
        item["room"] = room
    return item
