"""A run has a folder that nothing overwrites unasked, a log, and an end that loses nothing when a number is none."""

import errno
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.data import sets
from core.models.draw import Draw
from core.training.__main__ import main
from core.training.checkpoints import load_trained
from core.training.folder import RunFolder
from core.training.registry import REGISTRY
from tests.core import small

NAME = "tiny"
ROOT = Path(__file__).resolve().parents[3]
RUN_FILES = ["log.jsonl", "tiny.json", "tiny.safetensors", "tiny.state.safetensors"]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of eight steps, validated and saved at every second one, and pictures for it."""
    spec = small.spec("draw-mnist")
    monkeypatch.setitem(REGISTRY, NAME, replace(spec, half=False, recipe=replace(spec.recipe, steps=8)))
    monkeypatch.setattr(sets, "load", lambda name, split, root: small.dataset(8, small.CONFIGS["draw-mnist"]))


def train(folder: Path, *more: str) -> None:
    main([NAME, "--device", "cpu", "--out", str(folder), *more])


def refusal(folder: Path, *more: str) -> str:
    """The one sentence that a command ends with."""
    with pytest.raises(SystemExit) as caught:
        train(folder, *more)
    sentence = str(caught.value.code)
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    return sentence


def kept(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "log.jsonl"}


def log(folder: Path) -> list[dict[str, Any]]:
    """The lines of the log; NaN and Infinity, which are no JSON, do not pass."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    lines = (folder / "log.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line, parse_constant=refuse) for line in lines]


class TestFolder:
    def test_a_run_lies_in_a_folder_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        main([NAME, "--device", "cpu"])
        assert sorted(path.name for path in (tmp_path / "runs" / NAME).iterdir()) == RUN_FILES

    @pytest.mark.parametrize("left", RUN_FILES[1:])
    def test_a_second_run_is_refused_and_changes_nothing(self, left: str, tmp_path: Path) -> None:
        train(tmp_path)
        for name in RUN_FILES[1:]:
            if name != left:
                (tmp_path / name).unlink()
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        sentence = refusal(tmp_path, "--steps", "3")
        assert "--resume" in sentence and "--fresh" in sentence and str(tmp_path) in sentence
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_fresh_begins_again(self, tmp_path: Path) -> None:
        train(tmp_path)
        train(tmp_path, "--fresh", "--steps", "3")
        card = json.loads((tmp_path / "tiny.json").read_text())
        assert card["recipe"]["steps"] == 3 and [line["step"] for line in log(tmp_path)] == [0, 2, 3]

    def test_resume_and_fresh_exclude_each_other(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit):
            train(tmp_path, "--resume", "--fresh")

    def test_nothing_to_resume_is_said_and_so_is_nothing_left_to_do(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert "There is no run to resume" in refusal(tmp_path, "--resume")
        train(tmp_path)
        before = kept(tmp_path)
        train(tmp_path, "--resume")
        assert "has come to its end, step 8" in capsys.readouterr().out
        assert kept(tmp_path) == before

    def test_a_run_goes_on_to_the_steps_that_it_was_begun_with_or_to_more(self, tmp_path: Path) -> None:
        train(tmp_path, "--steps", "12")
        train(tmp_path, "--resume", "--steps", "14")
        train(tmp_path, "--resume")  # 14 again, not the registry's 8
        assert log(tmp_path)[-1]["step"] == 14

    def test_a_state_of_the_first_edition_goes_on(self, tmp_path: Path) -> None:
        train(tmp_path, "--steps", "4")
        path = tmp_path / "tiny.state.safetensors"
        with_note(path, lambda note: {key: note[key] for key in ("step", "best", "recipe")})
        train(tmp_path, "--resume", "--steps", "6")
        assert log(tmp_path)[-1]["step"] == 6


def note_of(path: Path) -> Any:
    """What a state says of itself."""
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()["easel"])


def with_note(path: Path, change: Any) -> None:
    """Rewrite what a state says of itself."""
    save_file(load_file(path), path, {"easel": json.dumps(change(note_of(path)))})


class TestNumbersThatAreNone:
    @pytest.mark.parametrize("what", ["loss", "gradient"])
    def test_a_bad_step_ends_the_run_and_weights_and_state_stay_whole(
        self, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        train(tmp_path, "--steps", "4")
        before, best = kept(tmp_path), json.loads((tmp_path / "tiny.json").read_text())["validation_nats"]
        loss, seen = Draw.loss, []

        def broken(self: Any, *arguments: Any) -> Any:
            terms = loss(self, *arguments)
            if torch.is_grad_enabled():
                seen.append(terms)
                if len(seen) == 1 and what == "loss":
                    return replace(terms, reconstruction=terms.reconstruction * math.nan)
                if len(seen) == 1:  # a finite loss of an infinite slope
                    return replace(terms, reconstruction=terms.reconstruction + (terms.kl * 0).abs().sqrt())
            return terms

        monkeypatch.setattr(Draw, "loss", broken)
        sentence = refusal(tmp_path, "--resume", "--steps", "8")
        assert f"step 5, where the {what} became" in sentence and "--resume --learning-rate 0.0025" in sentence
        assert kept(tmp_path) == before
        assert "stopped" in log(tmp_path)[-1]
        train(tmp_path, "--resume", "--steps", "8", "--learning-rate", "0.0025")  # as the sentence says
        assert json.loads((tmp_path / "tiny.json").read_text())["validation_nats"] <= best

    def test_a_bad_validation_ends_the_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        train(tmp_path, "--steps", "4")
        before = kept(tmp_path)
        monkeypatch.setattr("core.training.loop.validate", lambda run, dataset: math.nan)
        assert "step 6, where the validation became nan" in refusal(tmp_path, "--resume", "--steps", "8")
        assert kept(tmp_path) == before

    def test_weights_that_are_none_are_never_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        train(tmp_path, "--steps", "4")
        before = kept(tmp_path)
        step = torch.optim.Adam.step

        def break_a_weight(self: Any, *arguments: Any) -> Any:
            done = step(self, *arguments)
            with torch.no_grad():
                self.param_groups[0]["params"][0].view(-1)[0] = math.inf
            return done

        monkeypatch.setattr(torch.optim.Adam, "step", break_a_weight)
        monkeypatch.setattr("core.training.loop.validate", lambda run, dataset: 1e9)  # not the best, so only the state
        assert "became" in refusal(tmp_path, "--resume", "--steps", "5")
        assert kept(tmp_path) == before

    def test_a_run_that_diverges_at_once_keeps_nothing_and_may_be_tried_again(self, tmp_path: Path) -> None:
        sentence = refusal(tmp_path, "--learning-rate", "1e30", "--set", "warmup=0")
        assert "nothing had been kept yet" in sentence
        train(tmp_path)


class TestLog:
    def test_the_first_line_says_what_ran_and_the_others_how_it_went(self, tmp_path: Path) -> None:
        train(tmp_path, "--set", "interval=3")
        first, *lines = log(tmp_path)
        assert first["command"].startswith("python -m core.training tiny --device cpu") and first["device"] == "cpu"
        assert first["torch"] == torch.__version__ and first["threads"] == torch.get_num_threads()
        assert first["commit"] is None or len(first["commit"].removesuffix("-dirty")) == 40
        assert [line["step"] for line in lines] == [3, 6, 8]
        for line in lines:
            assert line["total"] == pytest.approx(line["reconstruction"] + line["kl"], abs=1e-3)
            assert line["minimised"] == line["total"] and line["gradient"] > 0 and line["validation"] > 0
            assert line["pictures_per_second"] > 0 and line["time"] > 0 and 0 < line["rate"] <= 0.01

    def test_a_run_that_goes_on_adds_to_the_log_and_drops_what_came_after_its_state(self, tmp_path: Path) -> None:
        train(tmp_path, "--steps", "4")
        with (tmp_path / "log.jsonl").open("a") as file:
            file.write('{"step": 5, "minimised": 1.0}\n{"step": 6, "minim')  # killed while it wrote
        train(tmp_path, "--resume", "--steps", "6")
        assert [line["step"] for line in log(tmp_path)] == [0, 2, 4, 4, 6]
        assert sum("command" in line for line in log(tmp_path)) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
import torch._dynamo  # the optimisers ask for it
import tests.core.training.test_runs as runs
from core.data import sets
from core.training.registry import REGISTRY
from tests.core import small

spec = small.spec("draw-mnist")
REGISTRY["tiny"] = runs.replace(spec, half=False, recipe=runs.replace(spec.recipe, steps=8))
sets.load = lambda name, split, root: small.dataset(8, small.CONFIGS["draw-mnist"])
fsync = os.fsync
for folder, moment in zip(sys.argv[1::2], map(int, sys.argv[2::2])):
    if os.fork():  # the child trains, this process waits for it
        assert os.WTERMSIG(os.wait()[1]) == signal.SIGKILL
        continue
    writes = 0

    def kill(number):
        global writes
        writes += 1
        if writes == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(number)

    os.fsync = kill
    runs.train(Path(folder))
    sys.exit("It was not killed.")
"""
MOMENTS = {4: None, 6: 2}
"""The write at which a run is killed, and the step of the state that is left: an interval of two steps is lost."""


@pytest.mark.slow
class TestKilled:
    @pytest.fixture(scope="class")
    @staticmethod
    def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
        """Folders of runs that were killed at the fourth and the sixth write; torch is loaded once for both."""
        folders = {moment: tmp_path_factory.mktemp("killed") / "run" for moment in MOMENTS}
        command = [sys.executable, "-c", KILLED, *(str(word) for pair in folders.items() for word in reversed(pair))]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return folders

    @pytest.mark.parametrize(("moment", "step"), MOMENTS.items())
    def test_a_run_killed_while_it_saves_loses_one_interval_and_goes_on_to_the_same_weights(
        self, moment: int, step: int | None, killed: dict[int, Path], tmp_path: Path
    ) -> None:
        folder = killed[moment]
        if (folder / "tiny.safetensors").exists():
            load_trained(NAME, folder)  # weights and card belong together
        state = folder / "tiny.state.safetensors"
        assert (note_of(state)["step"] if state.exists() else None) == step
        train(folder, "--resume" if step else "--fresh")
        train(tmp_path / "straight")
        ours, theirs = (load_file(each / "tiny.state.safetensors") for each in (folder, tmp_path / "straight"))
        for key, value in theirs.items():
            torch.testing.assert_close(ours[key], value)


class TestDisk:
    def test_a_folder_that_cannot_be_is_refused_before_the_first_step(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.training.__main__.train", lambda *_: pytest.fail("it began"))
        (tmp_path / "file").write_text("in the way")
        for more in ((), ("--fresh",)):
            sentence = refusal(tmp_path / "file" / "run", *more)
            assert "cannot be written to" in sentence and "resume" not in sentence
        assert "Not a directory" in refusal(tmp_path / "file" / "run", "--resume")

    def test_too_little_room_is_said_before_the_first_step_and_the_probe_is_removed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.training.__main__.train", lambda *_: pytest.fail("it began"))
        monkeypatch.setattr("core.training.folder.os.fsync", full)
        assert "No space left on device): the run needs" in refusal(tmp_path / "new")
        assert list((tmp_path / "new").iterdir()) == []

    def test_the_probe_is_as_large_as_what_a_run_leaves(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []
        probe = RunFolder.probe
        monkeypatch.setattr(RunFolder, "probe", lambda self, size: (asked.append(size), probe(self, size))[1])
        train(tmp_path)
        left = sum(len(content) for content in kept(tmp_path).values())
        assert left < asked[0] / 2 < left + 2**20

    @pytest.mark.parametrize("failing", ["tiny.json", "tiny.safetensors", "tiny.state.safetensors", "log.jsonl"])
    def test_a_disk_that_fills_up_ends_the_run_with_a_sentence_and_keeps_what_was_there(
        self, failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        train(tmp_path, "--steps", "4")
        before = kept(tmp_path)
        with monkeypatch.context() as patch:
            if failing == "log.jsonl":
                patch.setattr(RunFolder, "write", full)
            else:
                fill_up_for(failing, patch)
            sentence = refusal(tmp_path, "--resume", "--steps", "8")
        assert "No space left on device" in sentence and "--resume" in sentence
        assert kept(tmp_path).keys() == before.keys()
        load_trained(NAME, tmp_path)  # weights and card belong together
        train(tmp_path, "--resume", "--steps", "8")
        assert log(tmp_path)[-1]["step"] == 8


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_up_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every write of one file fail, as on a full disk."""
    fsync = os.fsync

    def check(number: int) -> None:
        if f".{name}." in Path(f"/proc/self/fd/{number}").readlink().name:
            full()
        fsync(number)

    monkeypatch.setattr(os, "fsync", check)


class TestStates:
    CHANGES: ClassVar[dict[str, Any]] = {
        "another recipe": lambda note: {**note, "recipe": {**note["recipe"], "momentum": 0.9}},
        "another size": lambda note: {**note, "config": {**note["config"], "hidden": 11}},
        "another config": lambda note: {**note, "config": {"depth": 3}},
        "no recipe": lambda note: {"step": 3},
        "no note": lambda note: [1],
    }

    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
    def test_a_state_of_another_version_is_one_sentence(self, change: Any, tmp_path: Path) -> None:
        train(tmp_path, "--steps", "2")
        with_note(tmp_path / "tiny.state.safetensors", change)
        assert "is a state of another version or of other settings" in refusal(tmp_path, "--resume", "--steps", "4")

    def test_what_is_no_state_is_one_sentence(self, tmp_path: Path) -> None:
        train(tmp_path, "--steps", "2")
        state = tmp_path / "tiny.state.safetensors"
        state.write_bytes((tmp_path / "tiny.safetensors").read_bytes())
        assert "is no state of a training run" in refusal(tmp_path, "--resume")
        state.write_bytes(b"half of a sta")
        assert "is damaged, or it is no state" in refusal(tmp_path, "--resume")
        state.unlink()
        state.mkdir()
        assert "could not be read: Is a directory" in refusal(tmp_path, "--resume")


def test_a_device_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for device in ("cuda:7", "tpu", "meta"):
        with pytest.raises(SystemExit, match=f"There is no device '{device}' here: --device takes cpu"):
            main([NAME, "--out", str(tmp_path), "--device", device])
