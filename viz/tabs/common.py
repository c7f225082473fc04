"""What the rooms share: three columns, the subject, the seed, the verbs under the stage, errors as sentences."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import gradio as gr

from core.errors import UserError
from core.results import SIDE as SIDE
from core.studio.runtime import Runtime
from viz.address import QUIET
from viz.files import alone
from viz.language import say
from viz.page import IMPOSSIBLE, sentence
from viz.player import bundle, charts, export, payload
from viz.views.assets import ASSETS as ASSETS
from viz.views.assets import stored as stored
from viz.widgets.take_home.take_home import KINDS, Asked, asked, download, take_home

T = TypeVar("T")
SKIP = gr.skip()
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}
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


@contextmanager
def column(kind: str) -> Iterator[None]:
    """``controls``, ``stage`` or ``aside``."""
    with gr.Column(elem_classes=f"easel-{kind}", min_width=0):
        yield


@contextmanager
def card(title: str = "", *, folds: bool = False) -> Iterator[None]:
    """A white card with a small title; with ``folds`` a phone shows only the title until it is pressed."""
    with gr.Column(elem_classes=["easel-card", "easel-folding"] if folds else "easel-card", min_width=0):
        if title:
            gr.HTML(f"<h2>{say(title)}</h2>", apply_default_css=False)
        yield


OTHER_SEED = "now => ((now ?? 0) + 1 + Math.floor(Math.random() * 9999)) % 10000"
"""Another seed than the one that stands there."""


def seed_field(key: str, first: int = 1) -> gr.Number:
    """The seed, ``first`` at first, and a button beside it that gives another one.

    A field that is left empty goes back to ``first``.
    """
    with gr.Row(elem_classes="easel-seed"):
        seed = gr.Number(
            first,
            label="Seed",
            precision=0,
            minimum=0,
            elem_id=f"{key}-seed",
            min_width=80,
        )
        die = gr.Button("⚄ New", elem_id=f"{key}-die", elem_classes="easel-round", min_width=80, scale=0)
    die.click(None, seed, seed, js=OTHER_SEED, **QUIET)
    seed.blur(None, seed, seed, js=f"seed => seed ?? {first}", api_visibility="private")
    return seed


def status_line(key: str) -> gr.HTML:
    """One line under the stage for what is worth saying without interrupting."""
    return gr.HTML("", elem_id=f"{key}-status", elem_classes="easel-status", apply_default_css=False)


def line(text: str) -> str:
    """A sentence as :func:`status_line` shows it; nothing for none."""
    return f"<p>{text}</p>" if text else ""


def verbs(
    key: str,
    painted: gr.State | Sequence[gr.components.Component],
    fps: int,
    player: str = "",
    *,
    joined: Callable[..., payload.Player | None] | None = None,
    by: str | Sequence[str] | gr.components.Component = (),
    folded: bool = False,
) -> None:
    """Take the animation home, in all formats or in one ZIP, from the payload that is on the stage, with options.

    Where the stage is made of several answers, ``joined`` makes a payload of the values of ``painted``.
    ``by`` are the models that paint there, by name, or the control that says so; a payload that tells how it comes
    again knows better.

    ``fps`` is the pace that is offered at first; a GIF has at most 120 frames, evenly picked. What a painting does not
    have, windows, patches or a chart, is not in its files either, whatever is ticked. Of a grid it is the patches and
    the chart of the picture that is selected in the player ``KEY-player``, unless it is called ``player``.
    """
    home = take_home(key, fps, player, folded=folded)
    known: Any = by
    parts: list[Any] = [painted] if isinstance(painted, gr.State) else list(painted)
    control: list[Any] = [by] if isinstance(by, gr.components.Component) else []

    @told
    def save(event: gr.EventData, *values: Any) -> dict[str, str]:
        value = joined(*values[: len(parts)]) if joined else values[0]
        if value is None:
            raise UserError("Nothing has been painted yet.")
        wanted, names = asked(event), values[-1] if control else known
        names = value.get("by", value["again"]["model"] if "again" in value else names)
        models = [names] if isinstance(names, str) else [str(each) for each in names]
        about = bundle.About(tuple(models), wanted.seed, wanted.address)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{named(key, about)}.{wanted.kind}"
            if wanted.kind == "zip":
                files = {each.name: written(value, wanted, about, each) for each in all_files(value, wanted, path)}
                path.write_bytes(bundle.zipped(value, files, about))
            else:
                written(value, wanted, about, path)
            return download(path)

    home.save(save, [*parts, *control], home, **QUIET)


def named(key: str, about: bundle.About) -> str:
    """A file's name without its ending: the room, the stage ``key`` in it, the model and the seed."""
    place = urlsplit(about.address).path.rstrip("/").rpartition("/")[2] or "start"
    models = about.models if len(about.models) < 3 else (f"{len(about.models)}-models",)
    return "-".join(["easel", key if key.startswith(place) else f"{place}-{key}", *models, f"seed{about.seed}"])


def all_files(value: payload.Player, wanted: Asked, path: Path) -> list[Path]:
    """Where the files of the ZIP ``path`` are written: all that the stage can give."""
    there = {"zip": False, "mp4": export.makes_videos(), "svg": bool(wanted.drawn) or value["cost"] is not None}
    return [path.with_suffix(f".{kind}") for kind in KINDS if there.get(kind, True)]


def written(value: payload.Player, wanted: Asked, about: bundle.About, path: Path) -> bytes:
    """One of :data:`KINDS` but the ZIP, of the kind that ``path`` ends in."""
    shown: dict[str, Any] = {
        "size": wanted.size,
        "windows": wanted.windows,
        "patches": wanted.patches,
        "chart": wanted.chart,
        "titles": wanted.titles,
        "cell": min(wanted.cell, value["cells"] - 1),
        "source": about.source,
    }
    match path.suffix:
        case ".html":
            path.write_text(alone(value, about.source), "utf-8")
        case ".svg":
            drawn, source = wanted.drawn, about.source
            path.write_text(
                charts.sourced(drawn, source) if drawn else charts.bars(value, shown["cell"], source), "utf-8"
            )
        case ".png":
            step = wanted.step if wanted.frames == 1 else None
            export.write_strip(value, path, step=step, frames=wanted.frames, width=wanted.width or None, **shown)
        case ".mp4":
            export.write_video(value, path, fps=wanted.fps, **shown)
        case suffix:
            lossless = suffix == ".webp"
            export.write_film(value, path, fps=wanted.fps, loop=wanted.loop, lossless=lossless, **shown)
    return path.read_bytes()


def chart_in_fold(
    fold: gr.Accordion,
    source: gr.State,
    chart: gr.Plot,
    figure: Callable[..., Any],
    stored: Callable[[], Any],
    *more: gr.State,
) -> None:
    """Draw ``figure(source, *more)`` when the fold opens and whenever they change while it is open.

    While nothing has been painted yet, the stage shows a stored payload; ``stored`` paints its trace again. The browser
    knows whether the fold is open: a closed one asks for nothing.
    """

    def draw(value: Any, *values: Any) -> Any:
        return figure(stored() if value is None else value, *values)

    if_open = (
        f"(...values) => {{ if (!document.querySelector('#{chart.elem_id}')?.getClientRects().length) throw 'closed'; "
        "return values; }"
    )
    inputs = [source, *more]
    fold.expand(told(draw), inputs, chart, **LATEST)
    gr.on([each.change for each in inputs], told(draw), inputs, chart, js=if_open, **LATEST)


def switch(
    label: str, choices: Iterable[Any], elem_id: str, first: Any, *, said: bool = True, min_width: int = 160
) -> gr.Radio:
    """A choice as a row of buttons: names, or pairs of a title and a value; ``first`` is chosen at first.

    Where it is not ``said`` above the row, the label is for those who listen.
    """
    return gr.Radio(
        list(choices),
        value=first,
        label=label,
        show_label=said,
        elem_id=elem_id,
        elem_classes="easel-switch",
        min_width=min_width,
    )


def task_switch(key: str, tasks: Sequence[str]) -> gr.Radio:
    """Which of the room's tasks is to be done; the first one at first."""
    return switch("Task", tasks, f"{key}-mode", tasks[0], said=False)


def shown_for(switch: gr.Radio, columns: dict[str, gr.Column]) -> Any:
    """Show the column of the task that is chosen, and only it; returns the event, for what comes ``then``."""
    return switch.change(
        lambda task: {column: gr.Column(visible=task == name) for name, column in columns.items()},
        switch,
        list(columns.values()),
        **LATEST,
    )


def away(there: bool) -> list[str]:
    """The classes of a part that stays on the page when it is out of sight, to take what an address says of it."""
    return [] if there else ["easel-off"]


def go_buttons(key: str, runtime: Runtime) -> gr.Button:
    """Paint, and beside it Stop, which ends what this page is having painted within one pass of the network."""
    with gr.Row(elem_classes="easel-go"):
        paint = gr.Button("Paint", variant="primary", elem_id=f"{key}-paint", elem_classes="easel-primary")
        stop = gr.Button("Stop", elem_id=f"{key}-stop", elem_classes="easel-round", min_width=70, scale=0)

    def on_stop(request: gr.Request) -> None:
        runtime.studio.pixels.stop(str(request.session_hash))

    stop.click(on_stop, queue=False, **QUIET)
    show_stage(paint, f"{key}-player")
    return paint


def show_stage(button: gr.Button, player_id: str) -> None:
    """Scroll to the stage when ``button`` is pressed, if it is out of sight: on a phone the controls stand below."""
    glide = "matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'"
    js = f"() => document.querySelector('#{player_id}').scrollIntoView({{block: 'nearest', behavior: {glide}}})"
    button.click(None, js=js, api_visibility="private")


def sent(event: gr.EventData, name: str, read: Callable[[Any], T]) -> T:
    """What an event brings along, as ``read`` takes it. Raises :class:`UserError` where no widget sends that."""
    try:
        return read(getattr(event, name))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        raise UserError(IMPOSSIBLE) from None


def picked_cell(event: gr.EventData) -> int:
    """The cell that a person selected in a player."""
    return sent(event, "cell", int)


def explanation(text: str, formula: str, more: str = "") -> None:
    """Plain sentences beside the picture, at most 90 words; what more there is to say and the formula behind folds."""
    with card("What you see", folds=True):
        gr.Markdown(say(text), elem_classes="easel-text")
        if more:
            with gr.Accordion("Read on", open=False, elem_classes="easel-fold"):
                gr.Markdown(say(more), elem_classes="easel-text")
        with gr.Accordion("The formula", open=False, elem_classes="easel-fold"):
            gr.Markdown(say(formula), latex_delimiters=LATEX, elem_classes="easel-text")


LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
