"""The rooms and the models are not looked through for rubbish while people wait."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from viz.serving import server
from viz.serving.settled import settling


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    gc.collect()
    yield
    gc.enable()
    gc.unfreeze()


def test_nobody_looks_while_it_is_made_and_never_again_at_what_was_made() -> None:
    before = gc.get_freeze_count()
    made: list[list[int]] = []

    def failing() -> None:
        with settling():
            made.extend([number] for number in range(1000))
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert gc.isenabled() and gc.get_freeze_count() >= before + len(made)


def test_the_server_begins_with_its_rooms_set_aside_and_its_models_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    class Warm:
        def warm(self) -> threading.Thread:
            thread = threading.Thread(target=lambda: seen.update(loading=gc.isenabled()))
            thread.start()
            return thread

    class Quick:
        def __init__(self, built: object, root: str, ready: Any) -> None:
            seen.update(built=built, ready=ready)

        def run(self, sockets: object) -> None:
            seen.update(serving=gc.isenabled(), set_aside=gc.get_freeze_count())
            seen["ready"]()

    monkeypatch.setattr(server, "build_rooms", lambda runtime: seen.update(building=gc.isenabled()) or {})
    monkeypatch.setattr(server, "site", lambda rooms, rules: rooms)
    monkeypatch.setattr(server, "Server", Quick)
    runtime: Any = Warm()
    server.serve(runtime, "127.0.0.1", None)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(10)
    assert (seen["building"], seen["loading"], seen["serving"]) == (False, False, True)
    assert seen["set_aside"] > 1000 and gc.isenabled()
