"""What a page may ask for in a minute, and how long a line may be: the sentence says how long to wait."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.studio.turns import AT_ONCE, charge
from viz.serving import till
from viz.serving.till import Till


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [1000.0]
    monkeypatch.setattr(till, "monotonic", lambda: clock[0])
    return clock


def asked(counter: Till, page: str, *prices: float) -> float:
    with counter.bill(page) as bill:
        for price in prices:
            charge(price)
    return bill.price


def test_a_page_that_has_asked_for_too_much_is_told_when_it_may_go_on(now: list[float]) -> None:
    counter = Till(budget=10)
    assert asked(counter, "a", 4, 2) == 6
    now[0] += 20
    assert asked(counter, "a", 4) == 4
    with pytest.raises(UserError, match=r"in the last minute\. Try again in 41 seconds"):
        asked(counter, "a", 1)
    assert asked(counter, "b", 10) == 10  # others pay for themselves
    now[0] += 41
    assert asked(counter, "a", 6) == 6
    with pytest.raises(UserError, match="20 seconds"):
        asked(counter, "a", 3)


def test_the_dearest_request_alone_is_within_every_budget(now: list[float]) -> None:
    assert asked(Till(budget=1), "a", 50) == 50


def test_without_a_budget_a_page_asks_for_what_it_likes(now: list[float]) -> None:
    counter = Till()
    assert [asked(counter, "a", 50) for _ in range(20)] == [50] * 20 and counter.owed == 0


def test_a_line_that_is_too_long_is_not_joined(now: list[float]) -> None:
    counter = Till(patience=30)
    with counter.bill("a"):
        charge(40 * AT_ONCE)
        with pytest.raises(UserError, match=r"Many people paint here at the moment\. Try again in 11 seconds"):
            asked(counter, "b", 0.1)
    assert asked(counter, "b", 0.1) == 0.1


def test_outside_of_a_request_nothing_is_charged() -> None:
    counter = Till(budget=1)
    charge(1e9)
    assert counter.owed == 0


def test_pages_that_paid_long_ago_are_forgotten(now: list[float]) -> None:
    counter = Till(budget=1)
    for k in range(till.PAGES + 5):
        asked(counter, str(k), 0.5)
    assert len(counter._paid) == till.PAGES
