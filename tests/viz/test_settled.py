"""What stays is not looked through for rubbish while people wait, and what does not stay goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from viz.serving import server, surroundings
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
    monkeypatch.setattr(server, "site", lambda rooms, rules, offered: rooms)
    monkeypatch.setattr(server, "Server", Quick)
    runtime: Any = Warm()
    server.serve(runtime, "127.0.0.1", None)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(10)
    assert (seen["building"], seen["loading"], seen["serving"]) == (False, False, True)
    assert seen["set_aside"] > 1000 and gc.isenabled()


KEPT = """
import ctypes, sys
from viz.serving.ledger import resident
from viz.serving.surroundings import lean
if sys.argv[1] == "lean":
    lean()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
libc.free(libc.malloc(16 << 20))  # after that glibc takes no block of this size for a mapping of its own
before, blocks = resident(), []
for _ in range(25):
    blocks.append(libc.malloc(4 << 20))
    ctypes.memset(blocks[-1], 1, 4 << 20)
    pin = libc.malloc(100 << 10)  # what lies above a block keeps it
for block in blocks:
    libc.free(block)
print((resident() - before) >> 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other systems give memory back in their own way")
def test_memory_that_is_no_longer_used_goes_back_to_the_system() -> None:
    def left(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", KEPT, how], check=True, capture_output=True).stdout)

    assert left("plain") > 50 > left("lean")


def test_a_system_without_glibc_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    surroundings.lean()
