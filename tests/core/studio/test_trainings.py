"""Trainings run in processes of their own, wait in a line, outlive a kill, and are found again on the disk."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.studio import trainings
from core.studio.trainings import Job, Trainings
from core.training.live import Live, Looked, read_live
from core.training.small import TrainError, Wish

WISH = Wish("vae2", pictures="own", batch_size=8, steps=20_000, fields={"hidden": 16})


class Still:
    """In the place of a process: one that does nothing until it is ended."""

    def __init__(self) -> None:
        self.over = False
        self.stdin = open(os.devnull, "w")  # noqa: SIM115, PTH123  # as a process has one

    def poll(self) -> int | None:
        return 0 if self.over else None

    def wait(self, timeout: float) -> int:
        self.over = True
        self.stdin.close()
        return 0

    def kill(self) -> None:
        self.over = True


@pytest.fixture
def still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Trainings, list[Still]]]:
    """Trainings whose processes do nothing."""
    made: list[Still] = []
    monkeypatch.setattr(Trainings, "_process", lambda _: made.append(Still()) or made[-1])  # type: ignore[func-returns-value]
    found = Trainings(tmp_path)
    yield found, made
    for each in made:
        each.stdin.close()
    found.close()


def test_others_wait_in_a_line_and_move_up(still: tuple[Trainings, list[Still]]) -> None:
    found, made = still
    keys = [found.begin(Wish("vae2")) for _ in range(3)]
    assert [found.look(key).place for key in keys] == [0, 1, 2] and len(made) == 1
    found.tell(keys[1], {"do": "stop"})
    assert [found.look(key).place for key in keys] == [0, 0, 1]
    assert found.look(keys[1]).live.state == "stopped"
    made[0].over = True
    assert found.look(keys[2]).place == 0 and len(made) == 2
    assert found.look(keys[0]).live.state == "failed", "its process is gone and it never said that it had ended"


def test_a_page_that_no_longer_looks_is_closed(
    still: tuple[Trainings, list[Still]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = still
    said: list[Any] = []
    monkeypatch.setattr(Job, "say", lambda job, word: said.append(word))
    monkeypatch.setattr(trainings, "PATIENCE", 0.0)
    found.begin(Wish("vae2"))
    found.begin(Wish("vae2"))  # waits
    deadline = time.monotonic() + 30
    while not any(word.get("do") == "stop" for word in said) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert {"do": "stop", "why": trainings.CLOSED} in said


def test_what_cannot_begin_is_one_sentence(
    still: tuple[Trainings, list[Still]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = still
    with pytest.raises(TrainError, match="bring some"):
        found.begin(Wish("vae2", pictures="own"))
    for key in ("../../etc/x", "0123456789ab", ""):
        with pytest.raises(TrainError, match="not on this machine"):
            found.look(key)
    key = found.begin(Wish("vae2"))
    with pytest.raises(TrainError, match="kept nothing yet"):
        found.trained(key)
    with pytest.raises(TrainError, match="going on already"):
        found.go_on(key)
    monkeypatch.setattr(trainings, "free_memory", lambda: 1.0)
    with pytest.raises(TrainError, match="short of memory"):
        found.begin(Wish("vae2"))


def test_a_disk_that_takes_nothing_is_one_sentence_and_nobody_trains(
    still: tuple[Trainings, list[Still]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, made = still

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(TrainError, match=r"Nothing can be kept in .*: No space left on device"):
        found.begin(Wish("vae2"))
    assert not made and list((found.folder / "room").iterdir()) == []


def test_the_oldest_runs_go_when_there_are_too_many(
    still: tuple[Trainings, list[Still]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found, made = still
    monkeypatch.setattr(trainings, "KEPT", 3)
    keys = []
    for age in range(5):
        keys.append(found.begin(Wish("vae2")))
        os.utime(found.folder / "room" / keys[-1], (1000 + age, 1000 + age))
        made[-1].over = True
        found.look(keys[-1])
    left = {folder.name for folder in (found.folder / "room").iterdir()}
    assert len(left) == 3 and keys[0] not in left


def until(found: Trainings, key: str, done: Callable[[Looked], bool]) -> Looked:
    """Look until something is so; fails after two minutes."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        seen = found.look(key)
        if done(seen):
            return seen
        assert seen.live.state not in ("failed", "diverged"), seen.live.sentence
        time.sleep(0.1)
    raise AssertionError(f"It stands at {seen.live}")


@pytest.mark.slow
def test_a_real_process_trains_on_own_pictures_is_killed_goes_on_and_is_stopped(tmp_path: Path) -> None:
    paths = []
    for i in range(24):
        pixels = np.zeros((28, 28), np.uint8)
        pixels[i % 20 : i % 20 + 6, 8:20] = 255
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(pixels).save(paths[-1])
    found = Trainings(tmp_path / "runs")
    try:
        key = found.begin(WISH._replace(own=found.bring(paths).key))
        seen = until(found, key, lambda seen: seen.live.step > 20 and seen.film is not None and len(seen.lines) > 10)
        assert seen.now is not None and seen.now["pictures"].shape == (8, 1, 28, 28)
        assert seen.lines[-1]["total"] < seen.lines[0]["total"] and "aevb-mnist-2d" in seen.command
        assert found.look("aevb-mnist-2d" if "aevb-mnist-2d" in found.offered() else key).name == "aevb-mnist-2d"
        found.tell(key, {"do": "pause"})
        at = until(found, key, lambda seen: seen.live.state == "paused").live.step
        process = found._jobs[key].process
        assert process is not None
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found.look(key)
        assert found.look(key).live.state == "failed" and "broken off" in found.look(key).live.sentence
        found.go_on(key)
        on = until(found, key, lambda seen: seen.live.state == "training" and seen.live.step > at)
        assert [line["step"] for line in on.lines] == sorted({line["step"] for line in on.lines})
        found.tell(key, {"do": "stop"})
        until(found, key, lambda seen: seen.live.state == "stopped")
    finally:
        found.close()
    assert read_live(tmp_path / "runs" / "room" / key) != Live("training")


def test_what_lies_in_the_folder_is_offered_to_the_rooms_of_a_local_app(tmp_path: Path) -> None:
    for run, name in (("mine", "vae-mnist"), ("other", "draw-mnist"), ("room/aaaabbbbcccc", "vae-mnist")):
        (tmp_path / run).mkdir(parents=True)
        for kind in ("json", "safetensors"):
            (tmp_path / run / f"{name}.{kind}").write_text("{}")
    told = {"wish": Wish("vae")._asdict(), "arguments": ["vae-mnist"]}
    (tmp_path / "room" / "aaaabbbbcccc" / "wish.json").write_text(json.dumps(told))
    found = Trainings(tmp_path).usable(["vae-mnist"])
    assert found.keys() == {"mine/vae-mnist", "aaaabbbbcccc"} and "small, strokes" in found["aaaabbbbcccc"]
    for key in found:
        assert Trainings(tmp_path).trained(key).stem == "vae-mnist"
    assert Trainings(tmp_path, local=False).usable(["vae-mnist"]) == {}
