"""MNIST, where it is not on this machine: a button that downloads it, and how far that is. Nothing is asked before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr

from core.errors import UserError
from core.studio.trainings import mnist_there
from viz.address import QUIET
from viz.errors import said
from viz.language import say
from viz.tabs.common import LATEST, SKIP
from viz.tabs.desk import Tab

EVERY = 0.25
"""Seconds from one look at a download to the next."""
MEGABYTE = 1e6


def offer(tab: Tab, pictures: gr.Radio) -> None:
    """The button and its bar, seen while ``pictures`` says mnist and there is none, where downloads are allowed."""
    fetching = tab.runtime.trainings.mnist
    size = say("{length:.0f} MB", length=fetching.stand().length / MEGABYTE)
    with gr.Column(visible=False, min_width=0, elem_id="train-mnist") as box:
        get = gr.Button(say("Download MNIST, {size}", size=size), elem_id="train-fetch", elem_classes="easel-round")
        bar = gr.HTML("", elem_id="train-fetched", elem_classes="easel-status", apply_default_css=False)

    def fetched() -> Iterator[tuple[Any, Any]]:
        try:
            fetching.begin()
        except UserError as error:
            yield SKIP, below(said(error))
            return
        while not (stand := fetching.stand()).over:
            yield SKIP, progress(stand.came, stand.length)
            time.sleep(EVERY)
        ending = said(stand.wrong) if stand.wrong else say("MNIST is here now: press Train.")
        yield gr.Button(visible=stand.wrong is not None), below(ending)

    def wanted(chosen: str) -> Any:
        return gr.Column(visible=chosen == "mnist" and fetching.allowed and not mnist_there())

    get.click(fetched, None, [get, bar], concurrency_limit=None, **QUIET)
    pictures.change(wanted, pictures, box, **LATEST)


def below(sentence: str) -> str:
    """A sentence below the button."""
    return f"<p>{escape(sentence)}</p>"


def progress(came: int, length: int) -> str:
    """How far a download is, as a bar and in words."""
    words = say("{came:.1f} of {length:.1f} MB", came=came / MEGABYTE, length=length / MEGABYTE)
    return f'<p><progress value="{came}" max="{length}" aria-label="MNIST"></progress> {words}</p>'
