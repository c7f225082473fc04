"""Whose weights paint in a tab: those that are shipped, or what somebody has trained here, ``run`` in the address."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import gradio as gr

from core.errors import UserError
from core.training.registry import REGISTRY
from viz.language import say
from viz.tabs.common import LATEST
from viz.tabs.desk import Tab

SHIPPED, TITLE, YOURS = "As shipped", "Trained by you", "Yours paints"
FOLD = ["easel-fold", "easel-trained"]


class Asked(NamedTuple):
    """Who is asked: a studio, and the registered ``name`` in whose place what was trained stands there."""

    studio: Any
    name: str


class Painters:
    """The models ``names`` of a tab, and what was trained here of them: the fold in which one chooses.

    ``run`` is an input of paintings: the key of the training that is to paint, or nothing. With ``model``, the tab's
    choice among the shipped ones, pressing one of those lets it paint again.
    """

    def __init__(self, tab: Tab, room: str, names: Collection[str], model: gr.Radio | None = None) -> None:
        self._runtime, self._names = tab.runtime, tuple(names)
        hidden: dict[str, Any] = {"visible": "hidden"}
        self.run = run = tab.control("run", gr.Textbox("", elem_id=f"{room}-run", **hidden))
        with gr.Accordion(TITLE, open=False, elem_classes=FOLD) as fold:
            found = gr.Dropdown([(SHIPPED, "")], value="", label="Painted by", elem_id=f"{room}-trained")
        found.focus(self._offered, run, found, **LATEST)
        run.change(self._chosen, run, [found, fold], **LATEST)
        found.input(None, found, run, js="key => key ?? ''", api_visibility="private")
        if model is not None:
            model.elem_classes = [*model.elem_classes, "easel-whose"]
            model.input(None, None, run, js="() => ''", api_visibility="private")

    def asked(self, run: str, name: str = "") -> Asked:
        """What the training ``run`` has learned, or without one the shipped model ``name``. Raises ``UserError``."""
        if not run:
            return Asked(self._runtime.studio, name)
        trained = self._runtime.trainings.trained(run).stem
        if trained not in self._names:
            raise UserError(
                "{title} has no place in this tab: what was trained of it can be tried in Train.",
                title=say(REGISTRY[trained].title),
            )
        return Asked(self._runtime.studio_of(run), trained)

    def title(self, run: str) -> str:
        """What it is called beside the shipped one. Raises ``UserError``."""
        name = self.asked(run).name
        return say("{title}, as shipped" if run == name else "{title}, trained by you", title=say(REGISTRY[name].title))

    def _offered(self, key: str) -> Any:
        there = self._runtime.trainings.usable(self._names)
        named = {
            "": say(SHIPPED),
            **there,
            **({} if key in there or not key else {key: say("Yours ({key})", key=key[:4])}),
        }
        return gr.Dropdown([(title, each) for each, title in named.items()], value=key)

    def _chosen(self, key: str) -> tuple[Any, Any]:
        if not key:
            return self._offered(key), gr.Accordion(label=TITLE, elem_classes=FOLD)
        return self._offered(key), gr.Accordion(label=YOURS, elem_classes=[*FOLD, "easel-yours"])
