"""One process waits in reserve while somebody has the room open; none is left behind."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.studio import trainers
from core.studio.trainers import Trainer
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
