"""Whose weights paint in a tab: those that are shipped, or what somebody has trained here, ``run`` in the address."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import gradio as gr

from core.training.registry import REGISTRY
from viz.tabs.common import LATEST
from viz.tabs.desk import Tab

SHIPPED, TITLE = "As shipped", "Trained by you"


def trained(tab: Tab, room: str, names: Collection[str]) -> gr.Textbox:
    """A fold with what was trained of the models ``names``; the key of the one that is chosen, or nothing."""
    usable = tab.runtime.trainings.usable
    hidden: dict[str, Any] = {"visible": "hidden"}
    run = tab.control("run", gr.Textbox("", elem_id=f"{room}-run", **hidden))
    with gr.Accordion(TITLE, open=False, elem_classes=["easel-fold", "easel-trained"]) as fold:
        found = gr.Dropdown([(SHIPPED, "")], value="", label="Painted by", elem_id=f"{room}-trained")

    def offered(key: str) -> Any:
        there = usable(names)
        named = {"": SHIPPED, **there, **({} if key in there or not key else {key: f"Yours ({key[:4]})"})}
        return gr.Dropdown([(title, each) for each, title in named.items()], value=key)

    def chosen(key: str) -> tuple[Any, Any]:
        return offered(key), gr.Accordion(label="Yours paints" if key else TITLE)

    found.focus(offered, run, found, **LATEST)
    run.change(chosen, run, [found, fold], **LATEST)
    found.input(None, found, run, js="key => key ?? ''", api_visibility="private")
    return run


def name_of(tab: Tab, run: str) -> str:
    """The registered model that a training is of, in whose place it paints. Raises ``UserError``."""
    return tab.runtime.trainings.trained(run).stem


def title_of(tab: Tab, run: str) -> str:
    """What it is called beside the shipped one."""
    name = name_of(tab, run)
    return f"{REGISTRY[name].title}, {'as shipped' if run == name else 'trained by you'}"
