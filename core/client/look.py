"""The room *Where to look*: a classifier that looks at glimpses, and networks that name every pixel."""

from __future__ import annotations

from typing import Annotated

from core.client.kinds import Corners, Digit, Model, Scenery, Seed
from core.client.rooms import Room, asked
from core.results import CORNERS, Backwards, Compared, Grown, Scene
from core.trace import Array, CanvasTrace
from core.training.registry import shown_in

EVERY_PIXEL = next(iter(shown_in("look_pixels")))
Aim = Annotated[str, "learned or random"]
Place = Annotated[int | None, "of the digit's top left, from 0; else the seed says where"]
Row = Annotated[int, "from 0"]


class Look(Room):
    """What is on a scene, and where."""

    key = "look"

    @asked
    def scene(
        self,
        digit: Digit,
        side: Annotated[int, "60 or 100 px"] = 60,
        pieces: Annotated[int, "of clutter, 0 to 16"] = 4,
        seed: Seed = 1,
        row: Place = None,
        column: Place = None,
    ) -> Scene:
        """A digit among clutter."""

    @asked
    def glimpses(self, scene: Scenery, aim: Aim = "learned", seed: Seed = 1) -> CanvasTrace:
        """Eight glimpses at a scene, and after each how likely the network takes it for every digit."""

    @asked
    def place(
        self,
        scene: Scenery,
        at: Annotated[int, "the glimpse, from 1"],
        x: Annotated[float | None, "the window's centre, px; with y and size, else it is the network's own"] = None,
        y: Annotated[float | None, "the same"] = None,
        size: Annotated[float | None, "its side, px"] = None,
        aim: Aim = "learned",
        seed: Seed = 1,
    ) -> Compared:
        """The network's own look, and the same with one glimpse in a place of yours."""

    @asked
    def at_a_glance(self, scene: Scenery) -> Array:
        """How likely a network that sees all pixels at once takes a scene for each digit: (10,)."""

    @asked
    def pixels(self, scene: Scenery, model: Model = EVERY_PIXEL, corners: Corners = CORNERS) -> Grown:
        """What every pixel of a scene of 12 to 128 px a side is, while the scans cross it."""

    @asked
    def heard(
        self,
        scene: Scenery,
        row: Row,
        column: Row,
        model: Model = EVERY_PIXEL,
        corner: Annotated[str | None, "only through the scan that begins there"] = None,
    ) -> Array:
        """How much each pixel matters to what is said of one: (H, W)."""

    @asked
    def backwards(
        self,
        row: Annotated[int, "0 to 3"] = 1,
        column: Annotated[int, "0 to 4"] = 2,
        corner: Annotated[str, "where the scan begins"] = CORNERS[0],
        seed: Seed = 1,
    ) -> Backwards:
        """The error of one cell on its way back through a layer of 4 × 5, with every number."""
