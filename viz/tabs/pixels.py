"""Pixel by pixel: the room of the pixel models, with an inner tab for each way to look at them."""

from __future__ import annotations

from core.studio.runtime import Runtime
from viz.tabs import pixel_colour, pixel_lens, pixel_paint, pixel_scores
from viz.tabs.desk import room

INNER = (
    ("Paint", "paint", pixel_paint.build),
    ("Colour", "colour", pixel_colour.build),
    ("Under the lens", "lens", pixel_lens.build),
    ("Scores", "scores", pixel_scores.build),
)


def build(runtime: Runtime) -> None:
    """Fill the room."""
    room(runtime, "pixels", "pixel", INNER)
