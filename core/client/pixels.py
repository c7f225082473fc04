"""The room *Pixel by pixel*: PixelCNN, PixelRNN and the models on the way to them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from core.client.kinds import Count, Cover, Digit, Label, Model, Picture, Seed, Temperature
from core.client.rooms import Room, asked
from core.results import Fitted, Leak, Racer
from core.trace import Array, CanvasTrace, RasterTrace
from core.training.registry import FIRST

Row = Annotated[int, "of the pixel, from 0"]


class Pixels(Room):
    """A picture painted pixel by pixel."""

    key = "pixels"

    @asked
    def generate(
        self,
        count: Count = 9,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
        model: Model = FIRST["pixel"],
        label: Label = None,
    ) -> RasterTrace:
        """Pictures from nothing, exact draws from the model."""

    @asked
    def complete(
        self,
        picture: Picture,
        hidden: Cover,
        count: Count = 9,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
        model: Model = FIRST["pixel"],
        label: Label = None,
    ) -> RasterTrace:
        """Completions, the likeliest first; a pixel hears of what comes before it alone."""

    @asked
    def fit(
        self,
        picture: Picture,
        hidden: Cover,
        count: Count = 9,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
        model: Model = FIRST["pixel"],
        label: Label = None,
        particles: Annotated[int, "of each filter, 8 to 256"] = 28,
    ) -> Annotated[tuple[RasterTrace, Fitted], "the completions", "how the filters fared"]:
        """Completions that fit all given pixels, by a particle filter for each."""

    @asked
    def passes(
        self,
        picture: Picture | None = None,
        hidden: Cover | None = None,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
        model: Model = FIRST["pixel"],
        label: Label = None,
    ) -> Annotated[tuple[RasterTrace, CanvasTrace], "the picture", "the sampler's passes"]:
        """One picture and the passes in which the sampler paints it: a completion, or without a cover from nothing."""

    @asked
    def race(
        self,
        picture: Picture | None = None,
        hidden: Cover | None = None,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
        model: Model = FIRST["pixel"],
        label: Label = None,
    ) -> list[Racer]:
        """One picture in every way in which the model can be sampled, each on the clock."""

    # ---- the price of a picture ----

    @asked
    def judge(self, picture: Picture, model: Model = FIRST["pixel"]) -> RasterTrace:
        """What the model says of a finished picture: ``nats`` of each pixel, given those before it; exact."""

    @asked
    def code(
        self, digit: Digit, model: Model = FIRST["pixel"]
    ) -> Annotated[tuple[bytes, int] | None, "the file and its bits; nothing for a model of another order"]:
        """A digit as an arithmetic coder writes it with the model's odds."""

    # ---- under the lens ----

    @asked
    def field(self, row: Row, column: Row, picture: Picture, model: Model = FIRST["pixel"]) -> Array:
        """How much each pixel matters for one, (H, W), by gradients; exactly 0 where it cannot be seen."""

    @asked
    def leak(
        self,
        row: Row,
        column: Row,
        picture: Picture,
        model: Model = FIRST["pixel"],
        broken: Annotated[bool, "with a mask that is wrong on purpose"] = False,
    ) -> Leak:
        """What moves when one pixel is turned over: a pixel before it that moves is a leak."""

    @asked
    def scans(
        self, taken: Annotated[str, "moved, unmoved, third or fourth"], row: Row, column: Row, digit: Digit
    ) -> Leak:
        """The same in the Diagonal BiLSTM with other scans."""

    @asked
    def ranks(self, model: Model = FIRST["pixel"]) -> NDArray[np.int64]:
        """When each pixel is visited, from 0 on: (H, W)."""

    @asked
    def mask(
        self,
        kind: Annotated[str, "A, of the first layer, or B"] = "B",
        channels: Annotated[int, "1, or 3 for colour"] = 1,
        size: Annotated[int, "of the kernel's side, odd"] = 3,
    ) -> Array:
        """A mask (C, C, size, size): whether the tap from the second channel to the first is live."""
