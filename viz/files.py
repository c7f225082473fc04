"""A trace as a file: which payload of the player shows it, and GIF, strip and page made from that payload.

Traces call it (:meth:`core.trace.Trace.to_gif`), so that a notebook and the page make the very same files.
"""

from __future__ import annotations

import gzip
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from core.errors import UserError
from core.files import replacing
from core.trace import CanvasTrace, RasterTrace, Trace
from viz.language import say, spoken
from viz.player import export, frames, payload
from viz.player.payload import Player
from viz.theme import tokens
from viz.views import look_path
from viz.widgets import web

HEIGHT = 640
"""Pixels of a frame in a notebook that lets no page say how high it is."""

Address = str | os.PathLike[str]


def gif(trace: Trace, path: Address, **options: Any) -> Path:
    """Write an animation; options as in :func:`viz.player.export.write_film`. Raises ``UserError``."""
    with writable(path) as file:
        export.write_film(shown(trace), file, **options)
    return file


def png(trace: Trace, path: Address, **options: Any) -> Path:
    """Write a strip of steps; options as in :func:`viz.player.export.write_strip`. Raises ``UserError``."""
    with writable(path) as file:
        export.write_strip(shown(trace), file, **options)
    return file


def html(trace: Trace, path: Address) -> Path:
    """Write a page of one file that plays the trace, without a server or the net. Raises ``UserError``."""
    with writable(path) as file, replacing(file) as page:
        page.write(alone(shown(trace)).encode())
    return file


def framed(trace: Trace) -> str:
    """The same page as a frame in a notebook, which is as high as its player."""
    page = escape(alone(shown(trace)))
    return f'<iframe srcdoc="{page}" title="Easel" style="width: 100%; height: {HEIGHT}px; border: 0"></iframe>'


def alone(player: Player, source: str = "") -> str:
    """A page of one file: the payload, packed, with the player's own modules and style sheet.

    What only the narrator says is left out. A policy in its head forbids every request. ``source`` says where it comes
    from.
    """
    here = web.HERE / "player"
    carried = json.dumps({**player, "id": "painting", "note": None}, allow_nan=False).encode()
    imports = {
        name: f"data:text/javascript;base64,{b64encode(text.encode()).decode()}"
        for name, text in web.inlined("player/alone.js").items()
    }
    body = Template(web.markup("player/player.html")).substitute(room=player["panels"][-1]["room"])
    words = json.dumps(web.words("player/alone.js"), ensure_ascii=False).replace("<", "\\u003c")
    return Template((here / "alone.html").read_text("utf-8")).substitute(
        language=spoken(),
        words=f"<script>window.easelWords = {words};</script>\n" if words != "{}" else "",
        source=escape(source),
        title=escape(", ".join(panel["title"].lower() for panel in player["panels"])),
        tokens=tokens(),
        sheet=(here / "player.css").read_text("utf-8"),
        modules=json.dumps({"imports": imports}),
        player=body,
        painting=b64encode(gzip.compress(carried, mtime=0)).decode(),
    )


@contextmanager
def writable(path: Address) -> Iterator[Path]:
    """What the disk complains of becomes a ``UserError``."""
    file = Path(path)
    try:
        yield file
    except OSError as error:
        raise UserError("{file} cannot be written: {it}.", file=file, it=error.strerror or error) from None


def shown(trace: Trace) -> Player:
    """The payload that shows a trace as its room on the page does."""
    if isinstance(trace, RasterTrace):
        return frames.raster_payload(trace)
    assert isinstance(trace, CanvasTrace)
    kinds, scalars = {mark.kind for mark in trace.marks(0)}, trace.steps[0].scalars
    if "row" in kinds:
        return frames.passes_payload(trace)
    if "glimpse" in kinds and sum(name.endswith("_probability") for name in scalars) == look_path.CLASSES:
        return look_path.glimpse_payload(trace)
    if kinds & {"read", "write"} or ("kl" in scalars and len(trace) > 1):
        return frames.draw_payload(trace)
    if len(trace) > 1:
        return frames.walk_payload(trace, say("What it paints"), "plain")
    return still(trace)


def still(trace: CanvasTrace) -> Player:
    """Pictures that were painted all at once, beside what they are copies of."""
    panels = [payload.panel(say("What it paints"), "vae", frames.stacked(trace))]
    if trace.subject is not None:
        panels.insert(0, payload.panel(say("What it looks at"), "read", trace.subject[None]))
    return {**payload.player(panels, autoplay=False), "film": False}
