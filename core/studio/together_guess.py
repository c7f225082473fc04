"""The game "Beat the model": every player's bill for a round."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.requests import MAX_SEED, RequestError, whole
from core.results import Bill
from core.studies import together_guess
from core.studies.together_guess import BETS, LONG, SHORT
from core.studio.pixels import PixelStudio
from core.training.registry import shown_in


class GuessStudio:
    """Requests of the tab."""

    def __init__(self, pixels: PixelStudio) -> None:
        self._pixels = pixels

    def bills(self, number: object, length: object, bets: object) -> tuple[Bill, tuple[Bill, ...]]:
        """The player's, whose ``bets`` are percent of ink, one of :data:`BETS` for each pixel, and all others'."""
        if length not in (LONG, SHORT):
            raise RequestError("A round has {short} or {long} pixels.", short=SHORT, long=LONG)
        digit = together_guess.drawn(whole(number, "The round", 1, MAX_SEED))
        where = together_guess.places(digit, LONG if length == LONG else SHORT)
        if not isinstance(bets, list) or len(bets) != len(where) or not all(bet in BETS for bet in bets):
            raise RequestError(
                "A round takes {where} bets, each one of {map} percent.",
                where=len(where),
                map=", ".join(map(str, BETS)),
            )
        row, column = where.T
        ink = digit[row, column]
        yours = Bill("You", _bits(np.array(bets) / 100, ink), rule=True)
        simple = together_guess.simple(digit, where)
        rules = [Bill(name, _bits(chance, ink), True) for name, chance in simple.items()]
        picture = np.where(digit, 255, 0).astype(np.uint8)
        titles = shown_in("pixel_paint")
        paid = {name: self._pixels.judge(name, picture).nats[0][row, column] / math.log(2) for name in titles}
        models = [Bill(titles[name], bits.astype(np.float32)) for name, bits in paid.items()]
        return yours, (*rules, *models)

    def files(self, number: object) -> dict[str, int]:
        """Bits of the whole digit as an arithmetic coder writes it with each model's odds, by registered name.

        Each file has been read back, to the pixel. Models that do not paint in raster order have none.
        """
        digit = together_guess.drawn(whole(number, "The round", 1, MAX_SEED))
        picture = np.where(digit, 255, 0).astype(np.uint8)
        codes = {name: self._pixels.coded(name, picture) for name in shown_in("pixel_paint")}
        return {name: code.bits for name, code in codes.items() if code is not None}


def _bits(chance: NDArray[np.float64], ink: NDArray[np.bool_]) -> NDArray[np.float32]:
    return together_guess.bits(chance, ink).astype(np.float32)
