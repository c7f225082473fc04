"""What the rooms share: three columns, the subject, the seed, the verbs under the stage, errors as sentences."""

from __future__ import annotations

import functools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr

from core.errors import StoppedError
from core.runtime import Runtime
from viz import export, payload
from viz.assets import ASSETS as ASSETS
from viz.assets import stored as stored
from viz.page import AGE, attempt, sentence

SIDE = 28
SKIP = gr.skip()
EXPORTS = "easel-export-"
LATEST: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "always_last", "show_progress": "hidden"}
"""For events of which, while they wait, only the latest is answered."""


def told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the errors that a user can cause into their sentence; anything else is logged and said to be our defect."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise sentence(error) from error

    return wrapper


@contextmanager
def room(key: str) -> Iterator[None]:
    """Three columns, in the order of a phone: the stage, the controls, the explanation."""
    with gr.Row(elem_classes=["easel-room", f"easel-{key}"]):
        yield


def inner_tabs(key: str, tabs: Sequence[tuple[str, str, Callable[[Runtime], None]]], runtime: Runtime) -> None:
    """A room's own tabs, each a label, the second part of its id ``KEY-…-tab`` and the function that fills it."""
    with gr.Tabs(elem_id=f"{key}-rooms", elem_classes="easel-inner"):
        for label, name, fill in tabs:
            with gr.Tab(label, id=f"{key}-{name}", elem_id=f"{key}-{name}-tab"):
                attempt(fill, runtime)


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


SEED_CLASS = "easel-thrown"
"""What marks a seed's field, so that :func:`paints` knows it among its inputs."""
THROW = "now => ((now ?? 0) + 1 + Math.floor(Math.random() * 9999)) % 10000"
"""Another seed than the one that stands there."""


def seed_field(key: str, first: int = 1) -> gr.Number:
    """The seed, ``first`` at first, and a die beside it that throws another one.

    Whatever takes the field as an input of :func:`paints` is painted again when the seed changes. A field that is left
    empty goes back to ``first``.
    """
    with gr.Row(elem_classes="easel-seed"):
        seed = gr.Number(
            first,
            label="Seed",
            precision=0,
            minimum=0,
            elem_id=f"{key}-seed",
            elem_classes=SEED_CLASS,
            min_width=80,
        )
        die = gr.Button("⚄ New", elem_id=f"{key}-die", elem_classes="easel-round", min_width=80, scale=0)
    die.click(None, seed, seed, js=THROW, api_visibility="private")
    seed.blur(None, seed, seed, js=f"seed => seed ?? {first}", api_visibility="private")
    return seed


def paints(
    triggers: Sequence[Any],
    paint: Callable[..., Any],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
) -> Any:
    """Paint on any of ``triggers``, and whenever a seed among ``inputs`` changes; of several only the latest.

    While a seed's field is empty, because it is being written in, nothing happens. Returns the event.
    """
    seeds = seeds_among(inputs)

    @functools.wraps(paint)
    def unless_empty(*values: Any) -> Any:
        asked = values[len(values) - len(inputs) :]  # Gradio puts a request or an event before the inputs
        if any(asked[place] is None for place in seeds):
            return SKIP if len(outputs) == 1 else (SKIP,) * len(outputs)
        return paint(*values)

    events = [*triggers, *(inputs[place].change for place in seeds)]
    return gr.on(events, told(unless_empty), inputs, outputs, **LATEST)


def seeds_among(inputs: Sequence[Any]) -> list[int]:
    """At which places among the inputs of an event there is a seed's field."""
    return [place for place, field in enumerate(inputs) if SEED_CLASS in (getattr(field, "elem_classes", None) or [])]


def status_line(key: str) -> gr.HTML:
    """One line under the stage for what is worth saying without interrupting."""
    return gr.HTML("", elem_id=f"{key}-status", elem_classes="easel-status", apply_default_css=False)


def line(text: str) -> str:
    """A sentence as :func:`status_line` shows it; nothing for none."""
    return f"<p>{text}</p>" if text else ""


def verbs(key: str, painted: gr.State, fps: int) -> None:
    """Take the animation home: GIF and PNG strip of the payload that is on the stage, with their options.

    ``fps`` is the pace that is offered at first; a GIF has at most 120 frames, evenly picked. What a painting does not
    have, windows, patches or a chart, is not in its files either, whatever is ticked. Of a grid it is the patches and
    the chart of the picture that is selected in the player ``KEY-player``.
    """
    with gr.Row(elem_classes="easel-verbs"):
        gif = gr.Button("↓ GIF", elem_id=f"{key}-gif", size="sm", min_width=80, scale=0)
        strip = gr.Button("↓ Frames", elem_id=f"{key}-strip", size="sm", min_width=80, scale=0)
    with gr.Accordion("Options of the download", open=False, elem_classes="easel-fold"):
        with gr.Row():
            size = gr.Slider(56, 560, 280, step=28, label="Size, px", min_width=160)
            pace = gr.Slider(1, 30, fps, step=1, label="Frames a second", min_width=160)
        with gr.Row(elem_classes="easel-ticks"):
            windows = gr.Checkbox(True, label="Windows")
            patches = gr.Checkbox(False, label="Patches", elem_id=f"{key}-patches")
            chart = gr.Checkbox(False, label="Chart", elem_id=f"{key}-with-chart")
            loop = gr.Checkbox(True, label="Loop")
    cell = gr.Number(0, precision=0, visible=False)
    file = gr.DownloadButton("", elem_id=f"{key}-file", elem_classes="easel-hidden")

    @told
    def make_gif(
        value: payload.Player, size: int, fps: float, loop: bool, windows: bool, patches: bool, chart: bool, cell: int
    ) -> str:
        path = export_path(key, "gif")
        chosen = {"windows": windows, "patches": patches, "chart": chart}
        export.write_gif(value, path, size=size, fps=fps, loop=loop, **chosen, cell=min(cell, value["cells"] - 1))
        return str(path)

    @told
    def make_strip(value: payload.Player, size: int, windows: bool, patches: bool, chart: bool, cell: int) -> str:
        path = export_path(key, "png")
        chosen = {"windows": windows, "patches": patches, "chart": chart}
        export.write_strip(value, path, size=size, **chosen, cell=min(cell, value["cells"] - 1))
        return str(path)

    selected = f"Number(document.querySelector('#{key}-player .easel-player')?.dataset.cell || 0)"
    quiet: dict[str, Any] = {"api_visibility": "private", "js": f"(...all) => [...all.slice(0, -1), {selected}]"}
    save = f"() => document.querySelector('#{key}-file').click()"
    shown = [windows, patches, chart, cell]
    for button, make, inputs in (
        (gif, make_gif, [painted, size, pace, loop, *shown]),
        (strip, make_strip, [painted, size, *shown]),
    ):
        button.click(make, inputs, file, **quiet).success(None, js=save, api_visibility="private")


def export_path(key: str, suffix: str) -> Path:
    """A fresh file in a folder of its own, named so that a person knows it again; those of half an hour ago go."""
    for old in Path(tempfile.gettempdir()).glob(f"{EXPORTS}*"):
        with suppress(FileNotFoundError):  # somebody else's export has just found it old, too
            if time.time() - old.stat().st_mtime > AGE:
                shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=EXPORTS)) / f"easel-{key}.{suffix}"


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


def task_switch(key: str, tasks: Sequence[str]) -> gr.Radio:
    """Which of the room's tasks is to be done; the first one at first."""
    return gr.Radio(
        list(tasks),
        value=tasks[0],
        label="Task",
        show_label=False,
        elem_id=f"{key}-mode",
        elem_classes="easel-switch",
    )


def shown_for(switch: gr.Radio, columns: dict[str, gr.Column]) -> Any:
    """Show the column of the task that is chosen, and only it; returns the event, for what comes ``then``."""
    return switch.change(
        lambda task: {column: gr.Column(visible=task == name) for name, column in columns.items()},
        switch,
        list(columns.values()),
        **LATEST,
    )


def go_buttons(key: str, runtime: Runtime) -> gr.Button:
    """Paint, and beside it Stop, which ends what this page is having painted within one pass of the network."""
    with gr.Row(elem_classes="easel-go"):
        paint = gr.Button("Paint", variant="primary", elem_id=f"{key}-paint", elem_classes="easel-primary")
        stop = gr.Button("Stop", elem_id=f"{key}-stop", elem_classes="easel-round", min_width=70, scale=0)

    def on_stop(request: gr.Request) -> None:
        runtime.studio.pixels.stop(str(request.session_hash))

    stop.click(on_stop, api_visibility="private", show_progress="hidden", queue=False)
    show_stage(paint, f"{key}-player")
    return paint


def painting_on(
    triggers: Sequence[Any],
    paint: Callable[..., tuple[Any, ...]],
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    status: gr.HTML,
    wait: Callable[..., str],
    reasons: Sequence[Any],
) -> None:
    """Paint as :func:`paints` does, with words in ``status`` meanwhile: ``paint`` answers with ``outputs`` and a word.

    Meanwhile ``wait(*reasons)`` stands there: one sentence where it takes long enough to wonder, else nothing. Then it
    says what is worth saying of the painting, or that it was stopped, which is no error.
    """
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}

    @functools.wraps(paint)
    def until_stopped(*values: Any) -> tuple[Any, ...]:
        try:
            *shown, word = paint(*values)
        except StoppedError as stopped:
            shown, word = [SKIP for _ in outputs], str(stopped)
        return *shown, line(word)

    events = [*triggers, *(inputs[place].change for place in seeds_among(inputs))]
    gr.on(events, lambda *reasons: line(wait(*reasons)), reasons, status, queue=False, **quiet)
    painted = paints(triggers, until_stopped, inputs, [*outputs, status])
    painted.failure(lambda: "", outputs=status, **quiet)


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
