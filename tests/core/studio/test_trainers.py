"""One process waits in reserve while somebody has the room open; none is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.studio import trainers, trainings
from core.studio.trainers import HOME, Trainer
from core.studio.trainings import Trainings
from core.training.small import Wish


class Counted(Trainings):
    """Trainings whose processes do nothing until nobody speaks to them any more."""

    def __init__(self, folder: Path) -> None:
        self.made: list[Trainer] = []
        super().__init__(folder)

    def _process(self) -> Trainer:
        self.made.append(subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True))
        return self.made[-1]


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Counted]:
    made = Counted(tmp_path)
    yield made
    made.close()


def gone(process: Trainer) -> bool:
    """Whether it has ended, was waited for, and its pipe is closed."""
    assert process.stdin is not None
    return process.returncode is not None and process.stdin.closed


def soon(true: Callable[[], bool]) -> bool:
    """Whether something comes true within twenty seconds."""
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def test_one_waits_once_the_room_is_open_and_the_first_training_gets_it(found: Counted) -> None:
    for _ in range(3):
        found.ready()
    assert len(found.made) == 1
    key = found.begin(Wish("vae2"))
    assert found._jobs[key].process is found.made[0]


def test_it_is_let_go_when_nobody_has_the_room_open_though_nobody_has_ever_trained(
    found: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.ready()
    monkeypatch.setattr(trainers, "IDLE", 0.0)
    assert soon(lambda: gone(found.made[0])) and len(found.made) == 1


def test_to_close_ends_the_one_that_waits_and_the_one_that_trains(found: Counted) -> None:
    found.begin(Wish("vae2"))
    found.close()
    other = Counted(found.folder)
    other.ready()
    other.close()
    assert all(gone(process) for process in (*found.made, *other.made))
    other.ready()
    assert len(other.made) == 1, "nothing begins on what is closed"


def test_one_that_ends_by_itself_is_not_begun_over_and_over_and_a_training_gets_another(found: Counted) -> None:
    found.ready()
    found.made[0].kill()
    assert soon(lambda: gone(found.made[0]))
    time.sleep(1.2)  # longer than from one look after the processes to the next
    assert len(found.made) == 1
    found.ready()
    found.made[1].kill()
    found.made[1].wait()
    key = found.begin(Wish("vae2"))
    assert found._jobs[key].process is found.made[2] and gone(found.made[1])


def test_another_one_follows_when_the_training_has_painted_its_first_pictures(
    found: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    found.ready()
    found.begin(Wish("vae2"))
    found.ready()
    assert len(found.made) == 1, "the first pictures come first"
    monkeypatch.setattr(trainings, "SETTLES", 0.0)
    assert soon(lambda: len(found.made) == 2)
    monkeypatch.setattr(trainings, "SETTLES", 1000.0)
    key = found.begin(Wish("vae2"))
    assert found.look(key).place == 1
    trainers.hang_up(found.made[0])
    assert soon(lambda: found.look(key).place == 0) and found._jobs[key].process is found.made[1]
    time.sleep(1.2)  # longer than from one look after the processes to the next
    assert len(found.made) == 2
    trainers.hang_up(found.made[1])
    assert soon(lambda: len(found.made) == 3), "nobody trains: there are no first pictures to wait for"


def test_where_memory_is_short_none_waits_and_one_that_waits_goes_before_a_training_does(
    found: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = 1.5 * trainings.MEMORY
    monkeypatch.setattr(trainings, "free_memory", lambda: free)
    found.ready()
    assert not found.made, "with it there were too little for a training"
    free = 2.0 * trainings.MEMORY
    monkeypatch.setattr(trainings, "SETTLES", 0.0)
    key = found.begin(Wish("vae2"))
    found.ready()
    _, waits = found.made
    free = 0.5 * trainings.MEMORY
    assert soon(lambda: gone(waits))
    free = 1.5 * trainings.MEMORY
    assert found.look(key).live.state == "getting ready" and not gone(found.made[0])


OWNER = """
import pathlib, sys, time
from core.studio.trainings import Trainings
found = Trainings(pathlib.Path(sys.argv[1]))
found.ready()
print(found._reserve._spare.pid, flush=True)
time.sleep(600)
"""


def priority(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


@pytest.mark.slow
def test_it_has_a_lower_priority_from_the_start_and_ends_with_the_program_that_made_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=HOME,
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert priority(pid) == priority(owner.pid) + trainers.NICE
        owner.send_signal(signal.SIGKILL)
    assert soon(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes())
