"""The pages: one for each room, mounted side by side, with one header and one digit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import gradio as gr
from gradio import routes
from jinja2 import ChoiceLoader, DictLoader
from markupsafe import Markup
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from core.studio.runtime import Runtime
from viz import head
from viz.language import ENGLISH, NAMES, for_scripts, language_of, say, speaking, spoken
from viz.page import Page, attempt, label
from viz.tabs import api, draw, lessons, look, pixels, start, together, train, vae
from viz.tabs.common import ASSETS
from viz.theme import theme
from viz.widgets import web


class Room(NamedTuple):
    """A page: its name, its place in the address, and what fills it."""

    label: str
    key: str
    build: Callable[[Runtime], None]
    tabs: bool = True
    """Whether it has inner tabs and, beside them, the page's digit."""

    @property
    def path(self) -> str:
        """Where it is mounted."""
        return f"/{self.key}" if self.key else "/"


ROOMS = (
    Room("Start", "", start.build, tabs=False),
    Room("All at once", "vae", vae.build),
    Room("Stroke by stroke", "draw", draw.build),
    Room("Pixel by pixel", "pixels", pixels.build),
    Room("Where to look", "look", look.build),
    Room("Side by side", "together", together.build),
    Room("Train", "train", train.build),
    Room("Lessons", "lessons", lessons.build, tabs=False),
)

TABBED = tuple(room for room in ROOMS if room.tabs)
"""The rooms in which the page's digit is painted."""

PREVIEW = Route(f"/{head.PLACE}/{head.PICTURE}", lambda _: FileResponse(ASSETS / head.PICTURE))
"""Where link previews find their picture, below each room."""

LAUNCH: dict[str, Any] = {
    "theme": theme(),
    "show_error": False,  # sentences are shown all the same; what else Gradio has to say is not for a stranger
    "enable_monitoring": False,
    "run_history": False,
    "max_file_size": "64mb",
    "ssr_mode": False,
    "footer_links": ["api"],
    # A room holds its first pictures: compressed it is a quarter as large. Event streams are left alone.
    "app_kwargs": {"middleware": [Middleware(GZipMiddleware, compresslevel=6)], "routes": [PREVIEW]},
}
"""Arguments of ``gr.mount_gradio_app`` that belong to every page."""

MARK = """
<svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">
  <path d="M16 3v3M10 24 6 30M22 24l4 6M16 24v5" stroke-linecap="round"/>
  <rect x="4" y="6" width="24" height="18" rx="3"/>
  <circle cx="10" cy="15" r="2.2" fill="var(--easel-vae)" stroke="none"/>
  <path d="M15 18c1-5 3-6 4-3s2 1 3-3" stroke="var(--easel-write)" stroke-linecap="round"/>
  <rect x="20.5" y="17" width="3" height="3" fill="var(--easel-pixel)" stroke="none"/>
</svg>
"""


def header(room: Room) -> str:
    """The header: the way to every room, and what holds for the whole page."""
    up = "../" if room.key else "./"
    doors = "".join(
        f'<a href="{up}{other.key}{"/" if other.key else ""}" data-room="{up}{other.key}{"/" if other.key else ""}" '
        f'class="{other.key}"{" aria-current=page" if other == room else ""}>{say(other.label)}</a>'
        for other in ROOMS
    )
    buttons = (("link", say("Copy link")), ("reset", say("Reset")))
    tools = "".join(f'<button type="button" data-act="{act}">{words}</button>' for act, words in buttons)
    return (
        f'<header class="easel-header"><a class="home" href="{up}" data-room="{up}" aria-label="{say("Easel: start")}">'
        f'{MARK}</a><h1>Easel</h1><nav aria-label="{say("Rooms")}">{doors}</nav>'
        f'<div class="tools">{tools}{languages(room)}'
        f'<button type="button" data-act="theme" aria-label="{say("Light or dark")}">◐</button></div></header>'
        '<p class="easel-note" role="status"></p>'
    )


def languages(room: Room) -> str:
    """The way to the same page in each other language."""
    here = f"{room.key}/" if room.key else ""
    root = "../" * (bool(room.key) + (spoken() != ENGLISH)) or "./"
    return "".join(
        f'<a class="language" hreflang="{key}" lang="{key}" data-language="{key}" '
        f'href="{root}{"" if key == ENGLISH else f"{key}/"}{here}?lang={key}">{name}</a>'
        for key, name in NAMES.items()
        if key != spoken()
    )


def up_from(request: Request) -> str:
    """``./`` or ``../``: the way to the root from a page, which may be a room below it and stand behind a proxy."""
    below = request.scope["path"].removeprefix(request.scope.get("app_root_path", ""))
    return "../" * max(0, below.count("/") - 1) or "./"


def spoken_at(request: Request) -> str:
    """The language of a page, which its path says."""
    return language_of(request.scope["path"].removeprefix(request.scope.get("app_root_path", "")))


def web_of(config: dict[str, Any], request: Request) -> Markup:
    """The head's lines for the widgets of a page, and the words that they need."""
    words = for_scripts(spoken_at(request))
    said = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    lines = f"<script>window.easelWords = {said};</script>\n" if words else ""
    return Markup(lines + web.head(up_from(request), config["components"]))


def tags_of(config: dict[str, Any], request: Request) -> Markup:
    """What a link preview reads, in the page's language."""
    with speaking(spoken_at(request)):
        return Markup(head.tags((config.get("root") or "").rstrip("/")))


def dress() -> None:
    """Put Easel's head, and the modules of each page's widgets, into the HTML that Gradio serves."""
    environment = routes.templates.env
    loader = environment.loader
    gradios = loader.loaders[-1] if isinstance(loader, ChoiceLoader) else loader
    assert gradios is not None
    names = ("frontend/index.html", "frontend/share.html")
    pages = {name: head.dressed(gradios.get_source(environment, name)[0]) for name in names}
    environment.loader = ChoiceLoader([DictLoader(pages), gradios])
    said = {"easel_web": web_of, "easel_up": up_from, "easel_tags": tags_of, "easel_language": spoken_at}
    environment.globals |= said


def build_room(room: Room, runtime: Runtime) -> Page:
    """One page; nothing is loaded and nothing computed before a request."""
    title = say("{label} · Easel", label=say(room.label)) if room.key else say(head.TITLE)
    with Page(title=title, fill_width=True) as page:
        gr.HTML(header(room), elem_id="top", **web.module("address/header.js"))
        attempt(room.build, runtime)
        if not room.key and spoken() == ENGLISH:
            api.register(runtime)
        label(page)
    return page


def build_rooms(runtime: Runtime) -> dict[str, gr.Blocks]:
    """All pages by their path, in each language: English at the root, another below its key."""
    found: dict[str, gr.Blocks] = {}
    for language in NAMES:
        with speaking(language):
            root = "" if language == ENGLISH else f"/{language}"
            found |= {f"{root}{room.path}".rstrip("/") or "/": build_room(room, runtime) for room in ROOMS}
    return found
