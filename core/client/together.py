"""The room *Side by side*: the same question to every painter, and the game."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from core.client.kinds import Bets, Count, Cover, Digit, Looks, Seed
from core.client.rooms import Room, asked
from core.results import Bill, Entry, Glimpsed, Round
from core.trace import CanvasTrace
from core.training.registry import shown_in

PAINTER = next(iter(shown_in("together")))
Number = Annotated[int, "the round: its digit and its pixels"]
Sight = Annotated[int, "the round: its scene"]
Length = Annotated[int, "60, or 20 for every third of them"]


class Together(Room):
    """All painters, one digit."""

    key = "together"

    @asked
    def answer(
        self,
        question: Annotated[str, "copy, complete, surprise or imagine"],
        painter: Annotated[str, "a model by its name"] = PAINTER,
        digit: Digit | None = None,
        hidden: Cover | None = None,
        count: Count = 4,
        seed: Seed = 1,
    ) -> Entry:
        """What a painter makes of a digit. Imagining needs no digit, and only completing a cover."""

    @asked
    def round(self, number: Number, length: Length = 60) -> Round:
        """The digit of a round of *Beat the model*, and the pixels that are asked about."""

    @asked
    def bills(
        self, number: Number, bets: Bets, length: Length = 60
    ) -> Annotated[tuple[Bill, tuple[Bill, ...]], "yours", "those of simple rules and of all pixel models"]:
        """What bets on ink cost, in bits, and what all others paid for the same pixels."""

    @asked
    def dark(
        self, number: Sight
    ) -> Annotated[tuple[NDArray[np.uint8], int], "the scene, (60, 60) levels from 0 to 255", "the digit in it"]:
        """What lies in the dark in a round of *Eight looks*."""

    @asked
    def looks(self, number: Sight, looks: Looks) -> CanvasTrace:
        """What your looks at a round's scene bring: 12 × 12 numbers each, and how the network then takes it."""

    @asked
    def named(self, number: Sight, looks: Looks, named: Annotated[int, "the digit that you say it is"]) -> Glimpsed:
        """The verdict: which digit it was, what the network says with your looks, and its own looks at the scene."""
