"""A picker of small pictures that are no digits: some to choose from, and perhaps one that a person brought.

The value is the number of a picture as a text, or whatever else was put there from Python for a picture of one's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from viz.language import say
from viz.widgets.web import module


def pictures(elem_id: str, label: str, urls: Sequence[str], first: int, tab: str, name: str) -> gr.HTML:
    """The picker of the pictures behind ``urls``; in the address it is the control ``name`` of ``tab``."""
    cells = "".join(
        f'<button type="button" data-example="{number}" aria-label="{escape(label)} {number + 1}">'
        f'<img src="{url}" alt=""></button>'
        for number, url in enumerate(urls)
    )
    return gr.HTML(
        str(first),
        html_template=(
            f'<div class="easel-picker easel-pictures" data-tab="{tab}" data-name="{name}" data-usual="{first}">'
            f"<details><summary>{say('Choose one to copy')}</summary>"
            f'<div class="easel-examples" role="group" aria-label="{escape(label)}"><div>{cells}</div></div>'
            "</details></div>"
        ),
        elem_id=elem_id,
        **module("picker/pictures.js"),
    )
