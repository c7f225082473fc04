"""The desk of a room: the one digit of the page, its cover and its seed, and what a tab needs to paint with them.

A tab is filled by a function that takes a :class:`Tab`. It names its controls (:meth:`Tab.control`), so that they stand
in the address, and says what is painted from what (:meth:`Tab.paint`): that happens when the tab is on the screen and
one of the inputs is another than at the last painting, and never otherwise.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr
from gradio.context import Context

from core.errors import StoppedError, UserError
from core.studio.runtime import Runtime
from viz.address import QUIET, Address, C, Control
from viz.errors import said
from viz.page import Page, attempt, sentence
from viz.player import payload
from viz.tabs import uploads
from viz.tabs.common import LATEST, SKIP, card, line, seed_field, told
from viz.tabs.subject import USUAL, Picture, choices, groups, usual
from viz.widgets.editor import editor as editor_widget
from viz.widgets.onward.onward import Way, onward
from viz.widgets.picker.picker import digit_of, picker
from viz.widgets.web import module


class Desk:
    """The left column of a page: editor, examples, one's own picture, seed."""

    def __init__(self, runtime: Runtime, room: payload.Room) -> None:
        self.runtime, self.address = runtime, Address()
        self.others: list[gr.HTML] = []
        """Pickers of further digits."""
        start = usual()
        with gr.Column(elem_classes="easel-desk", elem_id="desk", min_width=0), card():
            with gr.Column(elem_classes="easel-digit", min_width=0):
                self.digit = editor_widget.editor(
                    "desk-editor", room, cover=True, value=editor_widget.encode(*start), examples=offered()
                )
                self.upload = uploads.upload_field("desk")
            self.seed = self.address.add("", "seed", seed_field("desk"))
        self._bring()

    def _bring(self) -> None:
        button, note = self.upload

        def bring(path: str, now: object) -> tuple[Any, ...]:
            brought = uploads.digit(path)
            return brought.note, editor_widget.encode(brought.pixels, editor_widget.decode(now)[1])

        button.upload(told(bring), [button, self.digit], [note, self.digit], **LATEST)


def offered() -> list[dict[str, Any]]:
    """The examples as widgets take them."""
    return [{"title": group.title, "pictures": list(group.pictures)} for group in groups()]


class Tab:
    """One inner tab while it is being built: its names in the address, and its paintings."""

    def __init__(self, desk: Desk, key: str) -> None:
        self.desk, self.key, self.runtime = desk, key, desk.runtime

    def control(self, name: str, component: C) -> C:
        """Give a control of this tab its name in the address; returns it."""
        return self.desk.address.add(self.key, name, component)

    def digit(self, name: str, label: str, first: int) -> gr.HTML:
        """A picker of another digit than the desk's; handlers get its pixels, (28, 28) of 0 and 255."""
        made = picker(f"{self.key}-{name}", label, first, offered(), self.key, name)
        self.desk.others.append(made)
        return self.desk.address.adopt(self.key, name, made)

    def keeps(self, name: str, component: C, usual: str | None = None) -> C:
        """A widget that puts its own value into the address, at first ``usual``; handlers get the value as it is."""
        return self.desk.address.adopt(self.key, name, component, usual)

    def covers(self) -> None:
        """In this tab it counts what of the digit is covered."""
        self.desk.address.subjects[self.key] = "cover"

    def moment(self, player: str, ways: Sequence[Way] = ()) -> None:
        """Keep the step and the picture at which a player rests in the address, as ``step`` and ``cell``, from 1.

        With ``ways``, buttons to tools that start there stand where this is called.
        """
        if ways:
            widget = onward(player, self.key, ways, keeps=True)
        else:
            moment = {"tab": self.key, "player": player}
            widget = gr.HTML(moment, html_template="", **module("address/step.js", (), "easel-gate"))
        for name in ("step", "cell"):
            self.desk.address.adopt(self.key, name, widget, "")

    def text(self, name: str, widget: gr.components.Component, usual: str) -> Control:
        """A text that the script of ``widget`` keeps in the address: an input of paintings, which get the text.

        Their argument must not be called ``path``: Gradio takes what is sent under that name for a file.
        """
        self.desk.address.adopt(self.key, name, widget, usual)
        return self.desk.address.adopted[-1]

    def paint(
        self,
        handler: Callable[..., Any],
        inputs: Mapping[str, Any],
        outputs: Sequence[Any],
        *,
        status: gr.HTML | None = None,
        wait: Callable[..., str] | None = None,
        live: bool = False,
        stored: bool = True,
        when: Mapping[str, tuple[gr.components.Component, str]] | None = None,
        rest: int = 0,
        quick: bool = False,
    ) -> gr.HTML:
        """Have ``handler(**inputs)`` answer with ``outputs``: when the tab is on the screen and an input has changed.

        ``inputs`` are components by the name of the handler's argument; the desk's digit comes as :class:`Picture`. A
        handler may also take ``live``, true while a brush moves, which happens only with ``live`` here; ``changed``,
        the names of the inputs that are others than at the last painting; and ``session``. With ``stored`` the stage
        already shows what the usual inputs give. A mistake of a person's stands in ``status``. With ``wait``, which
        takes some of the inputs, there stands what is worth saying meanwhile, and the handler's last answer is the word
        that stands there afterwards. With ``rest`` it is painted when nothing has changed for so many ms. What takes
        a few ms is ``quick``: asked for past Gradio's queue, whose line and stream would take longer than the work.
        Returns the gate, for :func:`again`.
        """
        kept = {name: each for name, each in inputs.items() if isinstance(each, Control)}
        inputs = {name: each for name, each in inputs.items() if name not in kept}
        named = {name: control for name, each in inputs.items() if (control := self.desk.address.of(each))} | kept
        digit = [name for name, each in inputs.items() if each is self.desk.digit]
        value = {
            "keys": {name: control.key for name, control in named.items()},
            "usual": {**{name: "|".join(USUAL) for name in digit}, **{name: c.text for name, c in named.items()}},
            "digit": digit,
            "when": {name: [self.desk.address.key(each), text] for name, (each, text) in (when or {}).items()},
            # Gradio may not have heard yet of what a picker has just taken from the address: the gate tells it, too.
            "kept": [
                *kept,
                *(name for name, each in inputs.items() if any(each is other for other in self.desk.others)),
            ],
            "rest": rest,
            "stored": stored,
            "live": live,
            "stage": outputs[0].elem_id,
        }
        gate = gr.HTML(
            value,
            html_template="",
            elem_id=f"{outputs[0].elem_id}-gate",
            **module("address/gate.js", ["paint"], "easel-gate"),
        )
        where = [*outputs, status] if status is not None else list(outputs)
        answered = self.named(handler, inputs, len(where), status is not None, wait is not None, kept)
        if wait is not None:
            asked = {name: inputs[name] for name in inspect.signature(wait).parameters}
            said = self.named(lambda **given: line(wait(**given)), asked, 1, False, False)
            gate.paint(said, list(asked.values()), status, queue=False, **QUIET)
        js = f"() => document.dispatchEvent(new CustomEvent('easel:answered', {{ detail: '{outputs[0].elem_id}' }}))"
        painted = gate.paint(answered, list(inputs.values()), where, queue=not quick, **LATEST)
        painted.then(None, None, None, js=js, **QUIET)
        return gate

    def on(
        self,
        triggers: Any,
        handler: Callable[..., Any],
        inputs: Mapping[str, Any],
        outputs: Sequence[Any],
        **options: Any,
    ) -> Any:
        """Answer events of other kinds, a button's or a player's, with named inputs; returns the event.

        ``triggers`` is one event or, of Gradio's own components, several.
        """
        answered = self.named(handler, inputs, len(outputs), False, False)
        listen = triggers if callable(triggers) else functools.partial(gr.on, triggers)
        return listen(answered, list(inputs.values()), list(outputs), **{**LATEST, **options})

    def named(
        self,
        handler: Callable[..., Any],
        inputs: Mapping[str, Any],
        count: int,
        status: bool,
        word: bool,
        kept: Mapping[str, Control] | None = None,
    ) -> Callable[..., Any]:
        """``handler``, called by name; the last of ``count`` answers is the line of ``status`` where there is one."""
        takes = inspect.signature(handler).parameters
        pictures = [name for name, each in inputs.items() if each is self.desk.digit]
        digits = [name for name, each in inputs.items() if any(each is other for other in self.desk.others)]
        seeds = [name for name, each in inputs.items() if each is self.desk.seed]
        nothing = SKIP if count == 1 else (SKIP,) * count
        if pictures:
            self.desk.address.subjects.setdefault(self.key, "digit")

        def answer(event: gr.EventData, request: gr.Request, *values: Any) -> Any:
            given = dict(zip(inputs, values, strict=True))
            if any(given[name] is None for name in seeds):  # the field is being written in
                return nothing
            sent = event._data if isinstance(event._data, dict) else {}
            texts = sent.get("kept")
            for name, control in (kept or {}).items():
                given[name] = str(texts.get(name, control.text)) if isinstance(texts, dict) else control.text
            if isinstance(texts, dict):
                given |= {name: str(texts[name]) for name in digits if name in texts}
            more = {"event": event, "session": str(request.session_hash), "live": bool(sent.get("live"))}
            more["changed"] = set(sent.get("changed") or ())
            given |= {name: value for name, value in more.items() if name in takes}
            try:
                given |= {name: Picture(*editor_widget.decode(given[name])) for name in pictures}
                given |= {name: digit_of(given[name], choices()) for name in digits}
                shown = handler(**given)
            except StoppedError as stopped:
                return (*nothing[:-1], line(said(stopped))) if status else nothing
            except UserError as error:
                if not status:
                    raise sentence(error) from error
                return (*nothing[:-1], line(said(error)))
            if not status:
                return shown
            shown = shown if isinstance(shown, tuple) else (shown,)
            return (*shown[:-1], line(shown[-1])) if word else (*shown, "")

        return told(answer)


def again(button: gr.Button, gate: gr.HTML) -> None:
    """Let a button paint once more what its tab shows, whatever has changed."""
    js = f"() => document.dispatchEvent(new CustomEvent('easel:again', {{ detail: '{gate.elem_id}' }}))"
    button.click(None, js=js, api_visibility="private")


Fill = Callable[[Tab], None]


def filled(fill: Fill, tab: Tab) -> bool:
    """Fill a tab; true, where a tab that could not be filled gives ``None``."""
    fill(tab)
    return True


def room(runtime: Runtime, css: str, kind: payload.Room, tabs: Sequence[tuple[str, str, Fill]]) -> None:
    """Fill a page: the desk, and beside it the room's tabs, each a label, its key in the address and what fills it."""
    with gr.Row(elem_classes=["easel-page", "easel-tabbed", f"easel-{css}"]):
        desk = Desk(runtime, kind)
        found = {}
        with (
            gr.Column(elem_classes="easel-main", min_width=0),
            gr.Tabs(elem_id=f"{css}-rooms", elem_classes="easel-inner") as box,
        ):
            for label, key, fill in tabs:
                with gr.Tab(label, id=key, elem_id=f"{css}-{key}-tab") as tab:
                    if not attempt(partial(filled, fill), Tab(desk, key)):
                        desk.address.drop(key)
                found[key] = tab
    desk.address.wire(box, found)
    if isinstance(Context.root_block, Page):
        Context.root_block.address = desk.address
