"""The room *Side by side*: the same question to every painter, and the game."""

from __future__ import annotations

from typing import Annotated

from core.client.kinds import Bets, Count, Cover, Digit, Seed
from core.client.rooms import Room, asked
from core.results import Bill, Entry, Round
from core.training.registry import shown_in

PAINTER = next(iter(shown_in("together")))
Number = Annotated[int, "the round: its digit and its pixels"]
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
