"""Short requests go before long ones, also while those paint; what a request costs is known before it begins."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.samplers import prices
from core.studio.runtime import Runtime
from core.studio.studio import Studio
from core.studio.turns import ANY, BILL, MOST, PATIENCE, QUICK, WEIGHT, Bill, Turn, Turns
from core.training.registry import REGISTRY

ROOT = Path(__file__).resolve().parents[3]
DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[6:22, 13:15] = 255
HALF = np.arange(28)[:, None].repeat(28, 1) >= 14


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Runtime().studio


@pytest.fixture
def bill() -> Iterator[Bill]:
    token = BILL.set(Bill())
    found = BILL.get()
    assert found is not None
    yield found
    BILL.reset(token)


def waiting(turns: Turns, count: int) -> None:
    """Until so many stand in the line."""
    with turns._changed:
        assert turns._changed.wait_for(lambda: len(turns._waiting) == count, 10)


@pytest.mark.parametrize("model", ["same", "other"])
def test_a_long_painting_lets_a_short_one_go_between_two_passes_and_no_longer_one(model: str) -> None:
    turns, order = Turns(at_once=1), list[str]()

    def asked(name: str, model: str, price: float) -> None:
        with turns.at(model, price):
            order.append(name)

    with turns.at("same", 1.0) as turn:
        others = [threading.Thread(target=asked, args=each) for each in (("short", model, 0.2), ("long", model, 9.0))]
        for other in others:
            other.start()
        waiting(turns, 2)
        order.append("pass")
        turn.rest()
        order.append("pass")
    for other in others:
        other.join(10)
    assert order == ["pass", "short", "pass", "long"]


def test_a_painting_that_waits_is_not_overtaken_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("core.studio.turns.monotonic", lambda: now[0])
    turns = Turns(at_once=1)
    with turns.at("model", 1.0) as turn:
        now[0] = WEIGHT + 1  # its price is so many seconds of waiting: who comes after that comes behind it
        late = threading.Thread(target=lambda: turns.at("model", 0.01).__enter__())
        late.start()
        waiting(turns, 1)
        turn.rest()
        assert late.is_alive()
    late.join(10)


def test_the_dearest_painting_stands_back_for_half_as_long_as_anybody_waits() -> None:
    with Turns().at("model", 1000.0) as turn:
        assert turn.place - time.monotonic() <= MOST <= PATIENCE / 2


def test_a_light_request_waits_for_no_painting_and_a_heavy_one_does() -> None:
    turns, order = Turns(at_once=1), list[str]()

    def asked(name: str, price: float) -> None:
        with turns.at(ANY, price):
            order.append(name)

    with turns.at(ANY, 1.0):
        heavy = threading.Thread(target=asked, args=("heavy", 0.2))
        heavy.start()
        waiting(turns, 1)
        light = threading.Thread(target=asked, args=("light", QUICK))
        light.start()
        light.join(10)
        assert order == ["light"]
    heavy.join(10)
    assert order == ["light", "heavy"]


def test_between_two_steps_of_a_painting_a_shorter_one_goes() -> None:
    turns, order = Turns(at_once=1), list[str]()

    def short() -> None:
        with turns.at(ANY, 0.2):
            order.append("short")

    with turns.at(ANY, 1.0) as turn:
        for step in turn.between(("first", "second")):
            order.append(step)
            if step == "first":
                other = threading.Thread(target=short)
                other.start()
                waiting(turns, 1)
    other.join(10)
    assert order == ["first", "short", "second"]


def test_a_bill_counts_what_a_request_did_in_its_turns_and_no_waiting(bill: Bill) -> None:
    turns = Turns()
    with turns.at(ANY) as turn:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        turn.rest()
        time.sleep(0.2)
    assert 0.05 <= bill.worked < 0.15


def test_each_model_paints_for_one_and_different_models_paint_at_the_same_time() -> None:
    turns, both = Turns(at_once=2), threading.Barrier(2, timeout=10)

    def asked(model: str) -> None:
        with turns.at(model):
            both.wait()

    threads = [threading.Thread(target=asked, args=(model,)) for model in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not both.broken
    with turns.at("a") as turn:
        assert not turns._fits(Turn("a", 0.0, turns, turn.light), turns._working)
        assert turns._fits(Turn("b", 0.0, turns, turn.light), turns._working)


def test_who_waits_too_long_is_told_so_and_leaves_the_line() -> None:
    turns, told = Turns(patience=0.01), list[str]()

    def asked() -> None:
        try:
            with turns.at("model"):
                pass
        except UserError as error:
            told.append(str(error))

    with turns.at("model"):
        other = threading.Thread(target=asked)
        other.start()
        other.join(10)
    assert len(told) == 1 and "did not come" in told[0] and not turns._waiting and not turns._working


def test_a_long_painting_that_gives_way_paints_the_same_pictures(studio: Studio) -> None:
    alone = studio.pixels.complete("pixelcnn-mnist", (DIGIT, HALF), 9, 1).image
    answers = dict[int, np.ndarray]()
    threads = [
        threading.Thread(
            target=lambda seed=seed, count=count: answers.__setitem__(
                seed, studio.pixels.complete("pixelcnn-mnist", (DIGIT, HALF), count, seed).image
            )
        )
        for seed, count in ((1, 9), (2, 1), (3, 1), (4, 2))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    np.testing.assert_array_equal(answers[1], alone)
    np.testing.assert_array_equal(answers[2], studio.pixels.complete("pixelcnn-mnist", (DIGIT, HALF), 1, 2).image)


def test_prices_are_those_that_the_benchmark_measured() -> None:
    measured = json.loads((ROOT / "benchmarks" / "prices.json").read_text("utf-8"))
    for kind, table in (("pictures", prices.PICTURES), ("particles", prices.PARTICLES)):
        assert {name: tuple(both) for name, both in measured[kind].items()} == table


def test_every_pixel_model_has_been_priced_and_every_one_that_paints_by_rows_with_its_filters() -> None:
    names = {name for name, spec in REGISTRY.items() if spec.family == "pixel"}
    assert set(prices.PICTURES) == names
    assert set(prices.PARTICLES) == names - {"multiscale-mnist"}


def test_a_request_is_priced_by_its_arguments_before_it_is_painted(studio: Studio, bill: Bill) -> None:
    class EnoughError(Exception):
        pass

    def refuse(price: float) -> None:
        raise EnoughError

    bill.agree = refuse
    for ask in (
        lambda: studio.pixels.generate("pixelcnn-mnist", 64, 1),
        lambda: studio.pixels.fit("pixelcnn-mnist", (DIGIT, HALF), 16, 1, particles=32),
        lambda: studio.draw_generate(64, 1, 1.0, 32),
        lambda: studio.vaes.decode([0] * 8),
    ):
        with pytest.raises(EnoughError):
            ask()
    bill.agree = lambda price: None
    with pytest.raises(UserError, match="raster order"):
        studio.pixels.fit("multiscale-mnist", (DIGIT, HALF), 9, 1)
    assert bill.price == 0, "what cannot be done costs nothing"
    studio.pixels.generate("pixelcnn-mnist", 2, 1)
    assert bill.price == pytest.approx(prices.pictures("pixelcnn-mnist", 2))
    studio.pixels.complete("pixelcnn-mnist", (DIGIT, HALF), 2, 1)
    assert bill.price == pytest.approx(1.5 * prices.pictures("pixelcnn-mnist", 2))


def test_more_pictures_and_more_particles_cost_more() -> None:
    costs = [prices.pictures("pixelcnn-mnist", n) for n in (1, 2, 16, 64)]
    assert costs == sorted(costs) and (costs[0], costs[2]) == pytest.approx(prices.PICTURES["pixelcnn-mnist"])
    assert prices.particles("pixelcnn-mnist", 8) == prices.PARTICLES["pixelcnn-mnist"][0]
    for name in prices.PARTICLES:
        few = [prices.particles(name, n) for n in (1, 4, 8)]
        assert few == sorted(few) and few[0] > 0
    assert prices.pictures("somebody's own", 16) == max(many for _, many in prices.PICTURES.values())


def test_a_painting_that_is_interrupted_while_it_gives_way_leaves_no_turn_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns, went = Turns(at_once=1), threading.Event()

    def short() -> None:
        with turns.at("model", 0.01):
            went.set()

    def long() -> None:
        with turns.at("model", 1.0) as turn:
            other.start()
            waiting(turns, 1)
            with monkeypatch.context() as patch:
                patch.setattr(turns._changed, "wait_for", ctrl_c)
                turn.rest()

    other = threading.Thread(target=short)
    with pytest.raises(KeyboardInterrupt):
        long()
    assert went.wait(10)
    other.join(10)
    assert not turns._waiting and not turns._working
    with turns.at("model", 0.01):
        assert len(turns._working) == 1


def ctrl_c(*_: object) -> bool:
    raise KeyboardInterrupt
