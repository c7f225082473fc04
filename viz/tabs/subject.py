"""The subject of a painting, the same in every room: a picture drawn, chosen or uploaded, and what of it is covered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core import mnist_digits, strokes
from core.errors import UserError
from viz import frames, painters, payload
from viz.assets import intact
from viz.tabs import uploads
from viz.tabs.common import SIDE, SKIP, told
from viz.widgets import editor as editor_widget
from viz.widgets.player import player


class Picture(NamedTuple):
    """What the editor holds: ``pixels`` uint8, (H, W) of 0 and 255 or (H, W, 3), ``hidden`` (H, W) bool."""

    pixels: NDArray[np.uint8]
    hidden: NDArray[np.bool_]


class Group(NamedTuple):
    """Examples by one maker: the ``title`` says who, ``pictures`` (10, H, W) of 0 and 255 are a 0, a 1 and so on."""

    title: str
    pictures: NDArray[np.uint8]


MAKER = "gated-pixelcnn-mnist"
"""Who painted the gallery."""


@functools.cache
def examples() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: one digit of each class, its strokes drawn by a program."""
    images, _ = strokes.digits(10, seed=12, labels=np.arange(10))
    return np.where(images >= 128, 255, 0).astype(np.uint8)


@functools.cache
def gallery() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: a digit of each class that :data:`MAKER` painted, kept in ``assets/gallery.npz``.

    They are of the kind that the models know. ``scripts/make_assets.py`` says how they were picked.
    """
    with intact("gallery.npz") as stream, np.load(stream) as file:
        bits: NDArray[np.uint8] = np.unpackbits(file["bits"], axis=1)[:, : SIDE * SIDE]
    return bits.reshape(-1, SIDE, SIDE) * np.uint8(255)


def groups() -> list[Group]:
    """All examples, by who made them; MNIST's where they are on the machine."""
    found = [
        Group(f"Painted by {painters.BINARY[MAKER].title}", gallery()),
        Group("Drawn by a program", examples()),
    ]
    mnist = mnist_digits.one_of_each()
    return found if mnist is None else [*found, Group("Written by people: MNIST's test digits", mnist)]


def painted_digit(digit: int) -> Picture:
    """What stands in an editor at first: the painted digit of that class, nothing of it covered."""
    return Picture(gallery()[digit], np.zeros((SIDE, SIDE), bool))


class Subject(NamedTuple):
    """The components with which a person says what is to be painted; ``picture`` keeps the :class:`Picture`."""

    picker: gr.HTML
    canvas: gr.HTML
    upload: uploads.Upload
    picture: gr.State


def canvas(key: str, kind: payload.Room, start: Picture, *, cover: bool = False) -> gr.HTML:
    """The pixel editor, to draw and, with ``cover``, to hide."""
    return editor_widget.editor(f"{key}-editor", kind, cover=cover, value=editor_widget.encode(*start), subject=True)


def subject(key: str, kind: payload.Room, start: Picture, editor: gr.HTML) -> Subject:
    """Beside the editor: the examples, by who made them, and a button for one's own."""
    cell = next(i for i, pixels in enumerate(choices()) if np.array_equal(pixels, start.pixels))
    picker = player(f"{key}-examples", kind, {**examples_payload("Examples", kind), "cell": cell})
    return Subject(picker, editor, uploads.upload_field(key), gr.State(start))


def choices() -> NDArray[np.uint8]:
    """(N, H, W): the examples of all groups, in the order of the picker's cells."""
    return np.concatenate([group.pictures for group in groups()])


def examples_payload(title: str, kind: payload.Room, columns: int = 5) -> payload.Player:
    """The choices as a grid of still pictures, with a line before each group that says who made it."""
    value = frames.still_payload((choices()[:, None] / 255).astype(np.float32), title, kind, columns=columns)
    starts = np.cumsum([0, *(len(group.pictures) for group in groups())]).tolist()
    value["panels"][0]["groups"] = [
        {"at": at, "title": group.title} for at, group in zip(starts, groups(), strict=False)
    ]
    return value


def chosen(cell: object, *_: Any) -> NDArray[np.uint8]:
    """The pixels behind a cell of the picker."""
    pictures = choices()
    if not isinstance(cell, int) or not 0 <= cell < len(pictures):
        raise UserError("There is no such example.")
    return pictures[cell]


def connect(
    sub: Subject,
    paint: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    status: gr.HTML,
    *,
    choose: Callable[..., NDArray[np.uint8]] = chosen,
    upload: Callable[[str], uploads.Brought] = uploads.digit,
    hint: str = uploads.DIGIT,
) -> None:
    """Paint anew whenever the subject changes: ``paint(picture, live, *inputs)`` answers with ``outputs``.

    ``choose(cell, *inputs)`` is the picture behind a cell of the picker, ``upload(path)`` one from the user's disk;
    what was read in that stands beside it until another picture is chosen, and ``hint`` otherwise.

    ``live`` is true while the brush is moving. What is wrong with a drawing does not interrupt it with a toast but
    stands in ``status``; of several edits that wait, only the latest is painted.
    """

    def on_edit(event: gr.EventData, *values: Any) -> tuple[Any, ...]:
        picture = Picture(*editor_widget.decode(event))
        try:
            return picture, "", *paint(picture, not event.done, *values)
        except UserError as error:
            return picture, f"<p>{error}</p>", *[SKIP for _ in outputs]

    def replace(pixels: NDArray[np.uint8], old: Picture, values: Sequence[Any]) -> tuple[Any, ...]:
        picture = Picture(pixels, old.hidden)
        return picture, "", editor_widget.encode(*picture), *paint(picture, False, *values)

    @told
    def on_pick(event: gr.EventData, old: Picture, *values: Any) -> tuple[Any, ...]:
        return uploads.hinted(hint), *replace(choose(event.cell, *values), old, values)

    @told
    def on_upload(path: str, old: Picture, *values: Any) -> tuple[Any, ...]:
        brought = upload(path)
        return brought.note, *replace(brought.pixels, old, values)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    latest = quiet | {"trigger_mode": "always_last"}
    result = [sub.picture, status]
    sub.canvas.edit(on_edit, inputs, [*result, *outputs], **latest)
    button, note = sub.upload
    sub.picker.pick(on_pick, [sub.picture, *inputs], [note, *result, sub.canvas, *outputs], **latest)
    button.upload(on_upload, [button, sub.picture, *inputs], [note, *result, sub.canvas, *outputs], **quiet)
