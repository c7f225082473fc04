"""Where to look: the room of the glimpse classifier, with an inner tab for each way to try it."""

from __future__ import annotations

import gradio as gr

from core.runtime import Runtime
from viz.tabs import look_aim, look_path, look_scores


def build(runtime: Runtime) -> None:
    """Fill the room; the second tab goes on with what the first one looked at."""
    with gr.Tabs(elem_id="look-rooms", elem_classes="easel-inner"):
        with gr.Tab("Its glimpses", id="look-path", elem_id="look-path-tab"):
            looked = look_path.build(runtime)
        with gr.Tab("Your glimpse", id="look-aim", elem_id="look-aim-tab"):
            look_aim.build(runtime, looked)
        with gr.Tab("How many glimpses?", id="look-scores", elem_id="look-scores-tab"):
            look_scores.build()
