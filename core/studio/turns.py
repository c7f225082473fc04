"""Whose turn it is to paint: light requests beside heavy ones, and among these short ones before long ones.

What a request costs is said before it begins, in seconds of a processor: the table is :mod:`core.samplers.prices`. Who
serves many people opens a :class:`Bill` for each request and may refuse what is put on it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic, thread_time
from typing import Any

from core.errors import UserError

AT_ONCE = max(2, os.cpu_count() or 1)
"""Light requests that have a processor at the same time, and heavy ones: a light one waits for no painting."""
PATIENCE = 120.0
"""Seconds that a request waits for its turn at most."""
LIGHT = 0.03
"""Seconds of a request that is not worth a table."""
QUICK = 0.05
"""Seconds that a light request costs at most: what a hand asks for while it moves. With three times as much, what is
painted side by side is light, too, and a hand waits for it."""
ANY = ""
"""The model of requests that may be many at a time: networks that keep nothing between two calls."""
WEIGHT, MOST = 20.0, 60.0
"""Seconds that a request stands back in the line for each second that it costs, and at most. A long one is overtaken by
short ones that came up to so much later, and by none after that, so that it is painted some day."""


@dataclass
class Bill:
    """What one request costs so far, and the seconds of a processor that it has had in its turns.

    ``agree`` is told each new price and may raise :class:`UserError`.
    """

    agree: Callable[[float], None] = lambda price: None
    price: float = 0.0
    worked: float = 0.0


BILL: ContextVar[Bill | None] = ContextVar("bill", default=None)
"""That of the request that is being answered; none in a notebook. Gradio's worker threads inherit it."""


def charge(price: float) -> None:
    """Put a price on the bill of this request, if it has one, before the work begins."""
    if (bill := BILL.get()) is not None:
        bill.agree(price)
        bill.price += price


@dataclass(eq=False)
class Turn:
    """One request in the line, for a ``model``: of those that could go on, the smallest ``place`` goes first."""

    model: str
    place: float
    line: Turns
    light: bool = False
    since: float = 0.0
    """When its thread was counted last, by the processor's clock."""

    def rest(self) -> None:
        """Between two passes of a network: whoever goes before this one goes now, with the same model if need be."""
        self.line.rest(self)

    def between(self, steps: Iterable[Any]) -> Iterator[Any]:
        """The steps of something, and after each of them a :meth:`rest`."""
        for step in steps:
            yield step
            self.rest()


class Turns:
    """The line for the processor: ``at_once`` light requests at a time, as many heavy ones, and one for each model.

    Nothing of a painting is kept in the model between two passes, so that another one can go on with it there. Of
    :data:`ANY` there may be as many as there are processors.
    """

    def __init__(self, patience: float = PATIENCE, at_once: int = AT_ONCE) -> None:
        self._patience, self._at_once = patience, at_once
        self._changed = threading.Condition()
        self._waiting: list[Turn] = []
        self._working: list[Turn] = []
        self._mine = threading.local()

    @contextmanager
    def at(self, model: str, price: float = LIGHT) -> Iterator[Turn]:
        """Have ``model`` and a processor for a request of that price; what a thread asks for within is part of it.

        Raises :class:`UserError` where its turn does not come in time.
        """
        if (outer := getattr(self._mine, "turn", None)) is not None:
            yield outer
            return
        charge(price)
        turn = Turn(model, monotonic() + min(MOST, WEIGHT * price), self, price <= QUICK)
        self._take(turn, self._patience)
        self._mine.turn = turn
        try:
            yield turn
        finally:
            self._mine.turn = None
            self._give(turn)

    def rest(self, turn: Turn) -> None:
        """Let those go first who stand before this one in the line and could go if it did not."""
        if not self._waiting:  # without the lock, at every pass: who comes now goes after the next one
            return
        with self._changed:
            others = [one for one in self._working if one is not turn]
            if not any(one.place < turn.place and self._fits(one, others) for one in self._waiting):
                return
        self._give(turn)
        try:
            self._take(turn, None)
        except BaseException:  # Ctrl-C while it waits: whoever has the turn gives it back once more
            with self._changed:
                self._working.append(turn)
            raise

    def _fits(self, turn: Turn, working: list[Turn]) -> bool:
        beside = sum(one.light == turn.light for one in working)
        return beside < self._at_once and (turn.model == ANY or all(one.model != turn.model for one in working))

    def _next(self, turn: Turn) -> bool:
        """Whether it is this one's turn: it can go, and nobody before it can."""
        before = (one for one in self._waiting if one.place < turn.place)
        return self._fits(turn, self._working) and not any(self._fits(one, self._working) for one in before)

    def _take(self, turn: Turn, patience: float | None) -> None:
        with self._changed:
            self._waiting.append(turn)
            try:
                came = self._changed.wait_for(lambda: self._next(turn), patience)
                if came:
                    self._working.append(turn)
            finally:  # Ctrl-C may end the waiting, too
                self._waiting.remove(turn)
                self._changed.notify_all()
        if not came:
            raise UserError(
                "Many people paint here: your turn did not come for {patience:.0f} seconds. Try again.",
                patience=patience,
            )
        turn.since = thread_time()

    def _count(self, turn: Turn) -> None:
        """Put what the turn's thread has done since it was counted last on the request's bill."""
        now = thread_time()
        if (bill := BILL.get()) is not None:
            bill.worked += now - turn.since
        turn.since = now

    def _give(self, turn: Turn) -> None:
        self._count(turn)
        with self._changed:
            self._working.remove(turn)
            self._changed.notify_all()
