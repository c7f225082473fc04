"""Stop ends what a session is having painted, at once, and nothing else."""

import contextlib
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

from core.errors import StoppedError, UserError
from core.models.base import Complete, Generate
from core.samplers.brush import Brush
from core.samplers.canvas import Canvas
from core.studio.pixels import PixelStudio
from core.studio.turns import Turn, Turns
from core.training.registry import REGISTRY
from tests.core import small

BINARY = "pixelcnn-mnist"


class Slow:
    """A studio with the turns of the real one, whose one model takes 5 ms a pass: to race it naively takes 4 s."""

    def __init__(self) -> None:
        model = small.build(REGISTRY[BINARY].config)
        model.register_forward_hook(self._rest)
        self.passes = self.waiting = 0
        self.canvases: list[weakref.ref[Canvas]] = []
        self._turns = Turns()
        self.desk = PixelStudio(lambda _: model, self._at_work)

    def _rest(self, *_: object) -> None:
        self.passes += 1
        time.sleep(0.005)

    @contextlib.contextmanager
    def _at_work(self, model: str, price: float) -> Iterator[Turn]:
        self.waiting += 1
        with self._turns.at(model, price) as turn:
            self.waiting -= 1
            yield turn

    def race(self, session: str) -> "Work":
        """Start one in the background, and come back when it is well under way."""
        before = self.passes
        work = Work(lambda: self.desk.race(BINARY, 1, session=session))
        until(lambda: self.passes > before + 20)
        return work


class Work(threading.Thread):
    """A request in a thread of its own; ``answer`` is what it returned, or the class of what it raised."""

    def __init__(self, request: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._request, self.answer = request, None
        self.start()

    def run(self) -> None:
        self.answer: object
        try:
            self.answer = self._request()
        except UserError as error:
            self.answer = type(error)

    def seconds_to_its_end(self) -> float:
        start = time.perf_counter()
        self.join(20)
        assert not self.is_alive()
        return time.perf_counter() - start


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.001)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    config = replace(small.PIXELCNN, height=28, width=28)
    monkeypatch.setitem(REGISTRY, BINARY, replace(REGISTRY[BINARY], config=config))
    made, start = Slow(), Brush.canvas

    def remembered(brush: Brush, request: Generate | Complete, generator: torch.Generator) -> Canvas:
        canvas = start(brush, request, generator)
        made.canvases.append(weakref.ref(canvas))
        return canvas

    monkeypatch.setattr(Brush, "canvas", remembered)
    return made


def test_stop_ends_a_painting_at_once_frees_its_canvas_and_the_next_one_works(slow: Slow) -> None:
    work = slow.race("mine")
    assert any(canvas() is not None for canvas in slow.canvases)
    slow.desk.stop("mine")
    assert work.seconds_to_its_end() < 0.3
    assert work.answer is StoppedError
    gc.collect()
    assert all(canvas() is None for canvas in slow.canvases)
    assert len(slow.desk.generate(BINARY, 2, 1, session="mine").image) == 2


def test_stop_reaches_what_waits_for_its_turn_and_no_other_session(slow: Slow) -> None:
    at_work = slow.race("mine")
    waiting = [Work(lambda who=who: slow.desk.generate(BINARY, 1, 1, session=who)) for who in ("mine", "yours", None)]
    until(lambda: slow.waiting == 3)
    slow.desk.stop("mine")
    assert at_work.seconds_to_its_end() < 0.3
    answers = [(work.join(20), work.answer)[1] for work in waiting]
    assert (at_work.answer, answers[0]) == (StoppedError, StoppedError)
    assert all(len(answer.image) == 1 for answer in answers[1:])


def test_a_new_request_does_not_call_back_a_stop(slow: Slow) -> None:
    work = slow.race("mine")
    slow.desk.stop("mine")
    assert len(slow.desk.generate(BINARY, 1, 1, session="mine").image) == 1
    work.join(20)
    assert work.answer is StoppedError


def test_to_stop_nothing_does_nothing_to_what_is_asked_for_later(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.studio.pixels.EARLY", 0.0)
    slow.desk.stop("mine")
    assert len(slow.desk.generate(BINARY, 3, 1, session="mine").image) == 3


def test_a_stop_that_comes_before_the_painting_has_begun_is_meant_for_it_and_for_no_later_one() -> None:
    slow = Slow()
    slow.desk.stop("early")
    with pytest.raises(StoppedError):
        slow.desk.generate(BINARY, 1, 1, session="early")
    assert slow.desk.generate(BINARY, 1, 1, session="early").image.shape[0] == 1
    slow.desk.stop("early")
    assert slow.desk.generate(BINARY, 1, 1, session="another").image.shape[0] == 1
