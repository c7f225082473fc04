"""A race takes a few seconds, however slow the definition is, and says what of it was run and compared."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.base import Complete, Generate
from core.samplers import race
from core.samplers.brush import Brush
from tests.core import small

NAME = "pixelcnn-mnist"


class Clock:
    """Seconds that pass only where ``tick`` says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def tick(self, seconds: float) -> Callable[..., None]:
        def passes(*_: object) -> None:
            self.now += seconds

        return passes


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(race.time, "perf_counter", lambda: made.now)
    return made


def brush_of(clock: Clock, seconds: float) -> Brush:
    """A small network of 28×28 pixels each of whose full passes takes so long."""
    model = small.build(replace(small.PIXELCNN, height=28, width=28))
    small.shake(model)
    model.register_forward_hook(clock.tick(seconds))
    return Brush(model)


def test_of_the_definition_a_part_is_run_that_draws_the_same_and_the_rest_is_scaled(clock: Clock) -> None:
    naive, *others = race.race(brush_of(clock, 0.05), Generate(1), 3, lambda _: None)
    assert naive.run in (16, 17) and naive.differing == 0  # 0.8 s of 0.05 s each
    np.testing.assert_allclose(naive.times, 0.05 * np.arange(1, 785), rtol=1e-4)
    assert clock.now < 3
    for racer in others:
        assert not racer.finished or np.array_equal(racer.canvases[-1], naive.canvases[-1])


def test_a_way_that_takes_too_long_is_stopped_and_the_fastest_is_not(clock: Clock) -> None:
    racers = {racer.method: racer for racer in race.race(brush_of(clock, 0.5), Generate(1), 3, lambda _: None)}
    assert not racers["whole"].finished and racers["rows"].finished
    assert len(racers["whole"].times) == racers["whole"].run < 6


def test_a_pixel_that_the_definition_would_have_drawn_otherwise_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    model, before = small.build(small.PIXELCNN), race._before
    small.shake(model, 0.8)
    brush = Brush(model)

    def turned(*given: object) -> torch.Tensor:
        """The canvas before a visit as nobody had it, with ink and paper exchanged."""
        return 1 - before(*given)

    honest = race.race(brush, Generate(1), 3, lambda _: None)[0]
    monkeypatch.setattr(race, "_before", turned)
    assert honest.differing == 0 < race.race(brush, Generate(1), 3, lambda _: None)[0].differing


def test_where_the_definition_is_quick_all_of_it_is_run_but_for_what_is_given() -> None:
    config = small.PIXELCNN
    known = torch.zeros(1, config.height, config.width, dtype=torch.bool)
    known[:, :3] = True
    request = Complete(small.ink(1, config), known)
    naive = race.race(Brush(small.build(config)), request, 3, lambda _: None)[0]
    assert naive.run == int((~known).sum()) and naive.differing == 0


def test_whoever_watches_the_passes_can_end_the_race_in_any_of_them() -> None:
    class Enough(Exception):
        pass

    watched = 0

    def stop(_: object) -> None:
        nonlocal watched
        watched += 1
        if watched == 12:
            raise Enough

    start = time.perf_counter()
    with pytest.raises(Enough):
        race.race(Brush(small.build(small.PIXELCNN)), Generate(1), 3, stop)
    assert time.perf_counter() - start < 5
