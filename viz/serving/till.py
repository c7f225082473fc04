"""What requests may cost: what one page may ask for within a minute, and how long anybody may have to wait.

Prices are seconds of a processor, said before the work begins (:mod:`core.samplers.prices`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from core.errors import UserError
from core.studio.turns import AT_ONCE, BILL, PATIENCE, Bill

MINUTE = 60.0
PAGES = 1000
"""Pages whose spending is remembered; of more, the one that paid longest ago is forgotten."""


class Till:
    """``budget``: seconds that a page may ask for in a minute, None for any; ``patience``: seconds of the longest line.

    The dearest request alone is always within a budget: it is refused only to a page that has just asked for others.
    """

    def __init__(self, budget: float | None = None, patience: float = PATIENCE) -> None:
        self._budget, self._patience = budget, patience
        self._paid: OrderedDict[str, deque[tuple[float, float]]] = OrderedDict()
        self._open = 0.0
        self._lock = threading.Lock()

    @property
    def owed(self) -> float:
        """Seconds of work that is under way or waits."""
        return self._open

    @contextmanager
    def bill(self, page: str) -> Iterator[Bill]:
        """That of one request of a page, while it is answered."""
        bill = Bill(lambda price: self._agree(page, price))
        token = BILL.set(bill)
        try:
            yield bill
        finally:
            BILL.reset(token)
            with self._lock:
                self._open -= bill.price

    def _agree(self, page: str, price: float) -> None:
        with self._lock:
            if self._open / AT_ONCE > self._patience:
                wait = self._open / AT_ONCE - self._patience
                raise UserError("Many people paint here at the moment. Try again in {wait:.0f} seconds.", wait=wait + 1)
            if (wait := self._short(page, price)) > 0:
                raise UserError(
                    "This page asked for much in the last minute. Try again in {wait:.0f} seconds.", wait=wait + 1
                )
            self._open += price
            if self._budget is not None:
                self._paid.setdefault(page, deque()).append((monotonic(), price))
                self._paid.move_to_end(page)
                if len(self._paid) > PAGES:
                    self._paid.popitem(last=False)

    def _short(self, page: str, price: float) -> float:
        """Seconds until a page's budget allows for a price."""
        paid, now = self._paid.get(page, deque()), monotonic()
        while paid and now - paid[0][0] > MINUTE:
            paid.popleft()
        spent = sum(each for _, each in paid)
        wait = 0.0
        for when, each in paid:  # until so much of it is a minute ago that the rest and this one are within the budget
            if self._budget is None or spent + price <= self._budget:
                break
            spent, wait = spent - each, when + MINUTE - now
        return wait
