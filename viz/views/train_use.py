"""What a model that was trained here does with a person's digit, for the player."""

from __future__ import annotations

from core.trace import CanvasTrace, RasterTrace, Trace
from viz.language import say
from viz.player import frames, payload
from viz.player.payload import Player, Room
from viz.views.look_path import CLASSES, glimpse_payload

ROOMS: dict[str, Room] = {"vae": "vae", "draw": "write", "pixel": "pixel", "classifier": "glimpse"}


def stage(family: str, trace: Trace, task: str, classes: int = CLASSES) -> Player:
    """A trace of a family as the player's value; ``classes`` are a classifier's."""
    if isinstance(trace, RasterTrace):
        return frames.raster_payload(trace, title=say("What it has painted"))
    assert isinstance(trace, CanvasTrace)
    if family == "classifier" and classes == CLASSES:
        return glimpse_payload(trace)
    if family == "draw" and task != "complete":
        return frames.draw_payload(trace)
    return pictures(trace, ROOMS[family], say("What it makes of it") if task != "imagine" else say("What it imagines"))


def pictures(trace: CanvasTrace, room: Room, title: str) -> Player:
    """Pictures alone, step by step, beside what they were made of where there is such a thing."""
    panels = [payload.panel(title, room, frames.stacked(trace))]
    if trace.subject is not None:
        panels.insert(0, payload.panel(say("Your digit"), "plain", trace.subject[None]))
    return payload.player(panels)
