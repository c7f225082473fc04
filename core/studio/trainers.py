"""The processes of :mod:`core.studio.trainings`: how one is begun and ended, and one in reserve.

To load torch takes seconds, so while somebody has the room open a process waits that has done it already: 715 MB, of
which 390 are its own (torch 2.15 for CUDA). Where one is taken another one follows. No torch here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

Trainer = subprocess.Popen[str]

IDLE = 600.0
"""Seconds after which a process that waits for a training is let go, where nobody has looked."""
NICE = 5
"""How much lower the priority of a training is than the page's."""
ENDS = 10.0
"""Seconds in which a training that is told nothing more keeps what it has."""
HOME = Path(__file__).resolve().parents[2]


def begun() -> Trainer:
    """A process that gets ready and then waits for the arguments of a training."""
    path = os.pathsep.join(filter(None, [str(HOME), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "core.training.trainer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
    with suppress(AttributeError, OSError):  # a system without priorities
        os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    return process


def hang_up(process: Trainer) -> None:
    """Tell a process nothing more: one that trains then keeps what it has and ends."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def end(processes: Iterable[Trainer]) -> None:
    """End them and wait until they are gone; who takes too long is killed."""
    there = list(processes)
    for process in there:
        hang_up(process)
    for process in there:
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDS)
        if process.poll() is None:
            process.kill()
            process.wait()


def free_memory() -> float:
    """Bytes that are free, as the system says; infinite where it does not say."""
    try:
        text = Path("/proc/meminfo").read_text("ascii")
        return 1024.0 * float(text.partition("MemAvailable:")[2].split()[0])
    except (OSError, ValueError, IndexError):
        return float("inf")


class Reserve:
    """A process that waits, while somebody has the room open; ``begin`` makes one. Its owner's lock guards it."""

    def __init__(self, begin: Callable[[], Trainer]) -> None:
        self._begin = begin
        self._wanted = float("-inf")
        self._spare: Trainer | None = None
        self._leaving: list[Trainer] = []

    def want(self) -> None:
        """Somebody has the room open."""
        self._wanted = time.monotonic()

    def take(self) -> Trainer:
        """The process that waits, or a new one where there is none."""
        if self._spare is not None and self._spare.poll() is not None:
            self.let_go()
        spare, self._spare = self._spare, None
        return spare or self._begin()

    def let_go(self) -> bool:
        """End the process that waits, which has nothing to keep; whether there was one."""
        spare, self._spare = self._spare, None
        if spare is None:
            return False
        hang_up(spare)
        spare.kill()
        self._leaving.append(spare)
        return True

    def tend(self, may: bool) -> None:
        """Now and then: begin a process if one is wanted and ``may`` be, let one go that nobody wants."""
        self._leaving = [each for each in self._leaving if each.poll() is None]
        if time.monotonic() - self._wanted > IDLE:
            self.let_go()
        elif self._spare is not None and self._spare.poll() is not None:
            self.let_go()
            self._wanted = float("-inf")  # it cannot wait: not again before somebody asks
        elif self._spare is None and may:
            self._spare = self._begin()

    def close(self) -> None:
        """End it, and wait until it is gone."""
        self.let_go()
        end(self._leaving)
        self._leaving = []
