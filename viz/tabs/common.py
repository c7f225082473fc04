"""What the rooms share: three columns, the subject, the seed, the verbs under the stage, errors as sentences."""

from __future__ import annotations

import functools
import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core import strokes
from core.images import ImageError, open_picture, to_digit
from core.runtime import Runtime
from viz import export, frames, payload
from viz.widgets import editor as editor_widget
from viz.widgets.player import player

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SIDE = 28
SKIP = gr.skip()


class Picture(NamedTuple):
    """What the editor holds: ``pixels`` uint8, (H, W) of 0 and 255 or (H, W, 3), ``hidden`` (H, W) bool."""

    pixels: NDArray[np.uint8]
    hidden: NDArray[np.bool_]


def stored(name: str) -> Any:
    """A payload painted in advance, ``assets/NAME.json``: what a room shows before any weight is loaded."""
    return json.loads((ASSETS / f"{name}.json").read_text(encoding="utf-8"))


@functools.cache
def examples() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: one procedural digit of each class, and they need no download."""
    images, _ = strokes.digits(10, seed=12, labels=np.arange(10))
    return np.where(images >= 128, 255, 0).astype(np.uint8)


@functools.cache
def gallery() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: pictures that PixelCNN painted, kept in ``assets/gallery.npz``."""
    with np.load(ASSETS / "gallery.npz") as file:
        bits: NDArray[np.uint8] = np.unpackbits(file["bits"], axis=1)[:, : SIDE * SIDE]
    return bits.reshape(-1, SIDE, SIDE) * np.uint8(255)


def sentence(error: Exception) -> gr.Error:
    """An error as one sentence on the screen and through the API, without a stack trace."""
    return gr.Error(str(error), title="That did not work", print_exception=False)


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the errors that a user can cause or understand into their sentence; anything else is a defect."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (ValueError, RuntimeError, ImageError) as error:
            raise sentence(error) from error

    return wrapper


@contextmanager
def room(key: str) -> Iterator[None]:
    """Three columns, in the order of a phone: the stage, the controls, the explanation."""
    with gr.Row(elem_classes=["easel-room", f"easel-{key}"]):
        yield


@contextmanager
def column(kind: str) -> Iterator[None]:
    """``controls``, ``stage`` or ``aside``."""
    with gr.Column(elem_classes=f"easel-{kind}", min_width=0):
        yield


@contextmanager
def card(title: str = "") -> Iterator[None]:
    """A white card with a small title."""
    with gr.Column(elem_classes="easel-card", min_width=0):
        if title:
            gr.HTML(f"<h2>{title}</h2>", apply_default_css=False)
        yield


def seed_field(key: str) -> gr.Number:
    """The seed, and a die beside it that throws a new one."""
    with gr.Row(elem_classes="easel-seed"):
        seed = gr.Number(1, label="Seed", precision=0, minimum=0, elem_id=f"{key}-seed", min_width=80)
        die = gr.Button("⚄ New", elem_id=f"{key}-die", elem_classes="easel-round", min_width=80, scale=0)
    die.click(lambda: secrets.randbelow(10_000), outputs=seed, api_visibility="private", show_progress="hidden")
    return seed


class Subject(NamedTuple):
    """The components with which a person says what is to be painted; ``picture`` keeps the :class:`Picture`."""

    picker: gr.HTML
    canvas: gr.HTML
    upload: gr.UploadButton
    picture: gr.State


def canvas(key: str, kind: payload.Room, start: Picture, *, cover: bool = False) -> gr.HTML:
    """The pixel editor, to draw and, with ``cover``, to hide."""
    return editor_widget.editor(f"{key}-editor", kind, cover=cover, value=editor_widget.encode(*start))


def subject(key: str, kind: payload.Room, start: Picture, editor: gr.HTML) -> Subject:
    """Beside the editor: ten examples and ten pictures that PixelCNN painted, and a button for one's own."""
    cell = next(i for i, pixels in enumerate(choices()) if np.array_equal(pixels, start.pixels))
    picker = player(
        f"{key}-examples", kind, {**examples_payload("Examples, below them PixelCNN's own", kind), "cell": cell}
    )
    upload = gr.UploadButton("Upload a picture", file_types=["image"], elem_id=f"{key}-upload", size="sm")
    return Subject(picker, editor, upload, gr.State(start))


def choices() -> NDArray[np.uint8]:
    """(20, H, W): the examples and the gallery, in the order of the picker's cells."""
    return np.concatenate([examples(), gallery()])


def examples_payload(title: str, kind: payload.Room, columns: int = 5) -> payload.Player:
    """The choices as a grid of still pictures."""
    return frames.still_payload((choices()[:, None] / 255).astype(np.float32), title, kind, columns=columns)


def chosen(cell: object, *_: Any) -> NDArray[np.uint8]:
    """The pixels behind a cell of the picker."""
    pictures = choices()
    if not isinstance(cell, int) or not 0 <= cell < len(pictures):
        raise ValueError("There is no such example.")
    return pictures[cell]


def uploaded(path: str) -> NDArray[np.uint8]:
    """A picture from the user's disk as a digit, (H, W) of 0 and 255."""
    return to_digit(open_picture(Path(path)), SIDE)


def connect(
    sub: Subject,
    paint: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    status: gr.HTML,
    *,
    choose: Callable[..., NDArray[np.uint8]] = chosen,
    upload: Callable[[str], NDArray[np.uint8]] = uploaded,
) -> None:
    """Paint anew whenever the subject changes: ``paint(picture, live, *inputs)`` answers with ``outputs``.

    ``choose(cell, *inputs)`` is the picture behind a cell of the picker, ``upload(path)`` one from the user's disk.

    ``live`` is true while the brush is moving. Then, and only then, an error does not interrupt with a toast but
    stands in ``status``; of several edits that wait, only the latest is painted.
    """

    def on_edit(event: gr.EventData, *values: Any) -> tuple[Any, ...]:
        picture = Picture(*editor_widget.decode(event))
        try:
            return picture, "", *paint(picture, not event.done, *values)
        except ValueError as error:
            return picture, f"<p>{error}</p>", *[SKIP for _ in outputs]

    def replace(pixels: NDArray[np.uint8], old: Picture, values: Sequence[Any]) -> tuple[Any, ...]:
        picture = Picture(pixels, old.hidden)
        return picture, "", editor_widget.encode(*picture), *paint(picture, False, *values)

    @told
    def on_pick(event: gr.EventData, old: Picture, *values: Any) -> tuple[Any, ...]:
        return replace(choose(event.cell, *values), old, values)

    @told
    def on_upload(path: str, old: Picture, *values: Any) -> tuple[Any, ...]:
        return replace(upload(path), old, values)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    latest = quiet | {"trigger_mode": "always_last"}
    result = [sub.picture, status]
    sub.canvas.edit(on_edit, inputs, [*result, *outputs], **latest)
    sub.picker.pick(on_pick, [sub.picture, *inputs], [*result, sub.canvas, *outputs], **latest)
    sub.upload.upload(on_upload, [sub.upload, sub.picture, *inputs], [*result, sub.canvas, *outputs], **quiet)


def status_line(key: str) -> gr.HTML:
    """One line under the stage for what is worth saying without interrupting."""
    return gr.HTML("", elem_id=f"{key}-status", elem_classes="easel-status", apply_default_css=False)


def verbs(key: str, painted: gr.State, fps: int) -> None:
    """Take the animation home: GIF and PNG strip of the payload that is on the stage, with their options.

    ``fps`` is the pace that is offered at first; a GIF has at most 120 frames, evenly picked.
    """
    with gr.Row(elem_classes="easel-verbs"):
        gif = gr.Button("↓ GIF", elem_id=f"{key}-gif", size="sm", min_width=80, scale=0)
        strip = gr.Button("↓ Frames", elem_id=f"{key}-strip", size="sm", min_width=80, scale=0)
    with gr.Accordion("Options of the download", open=False, elem_classes="easel-fold"), gr.Row():
        size = gr.Slider(56, 560, 280, step=28, label="Size, px", min_width=120)
        pace = gr.Slider(1, 30, fps, step=1, label="Frames a second", min_width=120)
        windows = gr.Checkbox(True, label="Windows", min_width=120)
        loop = gr.Checkbox(True, label="Loop", min_width=120)
    file = gr.DownloadButton("", elem_id=f"{key}-file", elem_classes="easel-hidden")

    @told
    def make_gif(value: payload.Player, size: int, fps: float, windows: bool, loop: bool) -> str:
        path = export_path(key, "gif")
        export.write_gif(value, path, size=size, fps=fps, windows=windows, loop=loop)
        return str(path)

    @told
    def make_strip(value: payload.Player, size: int, windows: bool) -> str:
        path = export_path(key, "png")
        export.write_strip(value, path, size=size, windows=windows)
        return str(path)

    save = f"() => document.querySelector('#{key}-file').click()"
    gif.click(make_gif, [painted, size, pace, windows, loop], file, api_visibility="private").success(
        None, js=save, api_visibility="private"
    )
    strip.click(make_strip, [painted, size, windows], file, api_visibility="private").success(
        None, js=save, api_visibility="private"
    )


def export_path(key: str, suffix: str) -> Path:
    """A fresh file in a folder of the system's own for temporary files, named so that a person knows it again."""
    return Path(tempfile.mkdtemp(prefix="easel-")) / f"easel-{key}.{suffix}"


def chart_in_fold(
    fold: gr.Accordion,
    source: gr.State,
    chart: gr.Plot,
    figure: Callable[..., Any],
    stored: Callable[[], Any],
    *more: gr.State,
) -> None:
    """Draw ``figure(source, *more)`` when the fold opens and whenever they change while it is open.

    While nothing has been painted yet, the stage shows a stored payload; ``stored`` paints its trace again.
    """
    is_open = gr.State(False)

    @told
    def draw(value: Any, is_open: bool, *values: Any) -> Any:
        if not is_open:
            return SKIP
        return figure(stored() if value is None else value, *values)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    inputs = [source, is_open, *more]
    fold.expand(lambda: True, outputs=is_open, **quiet).then(draw, inputs, chart, **quiet)
    fold.collapse(lambda: False, outputs=is_open, **quiet)
    gr.on([source.change, *(state.change for state in more)], draw, inputs, chart, **quiet)


def stop_button(key: str, runtime: Runtime) -> gr.Button:
    """A button that stops what this page is having painted, within one pass of the network."""
    stop = gr.Button("Stop", elem_id=f"{key}-stop", elem_classes="easel-round", min_width=70, scale=0)

    def on_stop(request: gr.Request) -> None:
        runtime.studio.pixels.stop(str(request.session_hash))

    stop.click(on_stop, api_visibility="private", show_progress="hidden", queue=False)
    return stop


def show_stage(button: gr.Button, player_id: str) -> None:
    """Scroll to the stage when ``button`` is pressed, if it is out of sight: on a phone the controls stand below."""
    js = f"() => document.querySelector('#{player_id}').scrollIntoView({{block: 'nearest', behavior: 'smooth'}})"
    button.click(None, js=js, api_visibility="private")


def picked_cell(event: gr.EventData) -> int:
    """The cell that a person selected in a player."""
    return int(event.cell)


def explanation(text: str, formula: str) -> None:
    """Plain sentences beside the picture, the formula behind a fold."""
    with card("What you see"):
        gr.Markdown(text, elem_classes="easel-text")
        with gr.Accordion("The formula", open=False, elem_classes="easel-fold"):
            gr.Markdown(formula, latex_delimiters=LATEX, elem_classes="easel-text")


LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
