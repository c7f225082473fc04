"""The page: a header and one tab a room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from gradio import routes
from jinja2 import ChoiceLoader, DictLoader
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse
from starlette.routing import Route

from core.runtime import Runtime
from viz import head
from viz.page import Page, attempt
from viz.tabs import api, draw, look, pixels, start, vae
from viz.tabs.common import ASSETS
from viz.theme import css, theme


class Room(NamedTuple):
    """A tab: its name on the page, its id and the function that fills it."""

    label: str
    key: str
    build: Callable[[Runtime], None]


TABS = (
    Room("All at once", "vae", vae.build),
    Room("Stroke by stroke", "draw", draw.build),
    Room("Pixel by pixel", "pixels", pixels.build),
    Room("Where to look", "look", look.build),
)

PREVIEW = Route(f"/{head.PLACE}/{head.PICTURE}", lambda _: FileResponse(ASSETS / head.PICTURE))
"""Where link previews find their picture."""

LAUNCH: dict[str, Any] = {
    "css": css(),
    "theme": theme(),
    "show_error": False,  # sentences are shown all the same; what else Gradio has to say is not for a stranger
    "enable_monitoring": False,
    "run_history": False,
    "max_file_size": "64mb",
    "ssr_mode": False,
    "footer_links": ["api"],
    # The page holds the first pictures of all rooms: compressed it is a quarter as large. Event streams are left alone.
    "app_kwargs": {"middleware": [Middleware(GZipMiddleware, compresslevel=4)], "routes": [PREVIEW]},
}
"""Arguments of ``gr.mount_gradio_app`` that belong to the page."""

HEADER = """
<div class="easel-header">
  <svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
    <path d="M16 3v3M10 24 6 30M22 24l4 6M16 24v5" stroke-linecap="round"/>
    <rect x="4" y="6" width="24" height="18" rx="3"/>
    <circle cx="10" cy="15" r="2.2" fill="var(--easel-vae)" stroke="none"/>
    <path d="M15 18c1-5 3-6 4-3s2 1 3-3" stroke="var(--easel-write)" stroke-linecap="round"/>
    <rect x="20.5" y="17" width="3" height="3" fill="var(--easel-pixel)" stroke="none"/>
  </svg>
  <h1>Easel</h1><span>watch machines draw</span>
</div>
"""


def dress(app: gr.Blocks) -> None:
    """Put Easel's head, and the scripts of the widgets of ``app``, into the HTML that Gradio serves."""
    environment = routes.templates.env
    loader = environment.loader
    gradios = loader.loaders[-1] if isinstance(loader, ChoiceLoader) else loader
    assert gradios is not None
    scripts = dict.fromkeys(block.head for block in app.blocks.values() if isinstance(block, gr.HTML) and block.head)
    early = [script.replace("<script ", "<script defer ", 1) for script in scripts]
    names = ("frontend/index.html", "frontend/share.html")
    pages = {name: head.dressed(gradios.get_source(environment, name)[0], early) for name in names}
    environment.loader = ChoiceLoader([DictLoader(pages), gradios])


def build_app(runtime: Runtime) -> gr.Blocks:
    """The whole page; nothing is loaded and nothing computed before a request."""
    with Page(title=head.TITLE, fill_width=True) as app:
        with gr.Row(elem_classes="easel-top"):
            gr.HTML(HEADER, apply_default_css=False)
            dark = gr.Button("◐ Theme", elem_id="theme-toggle", elem_classes="easel-round", min_width=90, scale=0)
            dark.click(None, js=head.TOGGLE_THEME, api_visibility="private")
        with gr.Tabs(elem_id="rooms") as tabs:
            with gr.Tab("Start", id="start", elem_id="room-start"):
                enter = attempt(start.build, runtime) or {}
            for room in TABS:
                with gr.Tab(room.label, id=room.key, elem_id=f"room-{room.key}"):
                    attempt(room.build, runtime)
        for key, button in enter.items():
            button.click(lambda key=key: gr.Tabs(selected=key), outputs=tabs, api_visibility="private")
        api.register(runtime)
    dress(app)
    return app
