"""Stroke by stroke: the room of DRAW, with an inner tab for each way to look at it."""

from __future__ import annotations

from core.studio.runtime import Runtime
from viz.tabs import (
    draw_between,
    draw_colour,
    draw_compare,
    draw_new,
    draw_paint,
    draw_pen,
    draw_time,
    draw_two,
    draw_window,
)
from viz.tabs.desk import room

INNER = (
    ("Paint", "paint", draw_paint.build),
    ("Time", "time", draw_time.build),
    ("The pen", "pen", draw_pen.build),
    ("On and off", "compare", draw_compare.build),
    ("Between", "between", draw_between.build),
    ("Two digits", "two", draw_two.build),
    ("Colour", "colour", draw_colour.build),
    ("Is it new?", "new", draw_new.build),
    ("The window", "window", draw_window.build),
)


def build(runtime: Runtime) -> None:
    """Fill the room."""
    room(runtime, "draw", "read", INNER)
