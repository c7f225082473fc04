"""A training that is watched does what it is told, keeps its film, and ends with the weights of one left alone."""

import json
import queue
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.data import sets
from core.training import film as films
from core.training.__main__ import command, parser
from core.training.film import halved
from core.training.live import FILM_BYTES, MOMENTS, moments, packed_film, read_film, read_live, read_log, why
from core.training.loop import Progress
from core.training.registry import REGISTRY
from core.training.watched import Ended, Watch
from tests.core import small

NAME, STEPS = "tiny", 40


@pytest.fixture
def tiny(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny model of a kind, the VAE of two numbers unless named, and 16 pictures for it."""
    kind = getattr(request, "param", "aevb-mnist-2d")
    spec = small.spec(kind)
    recipe = replace(spec.recipe, steps=STEPS, interval=10)
    monkeypatch.setitem(REGISTRY, NAME, replace(spec, half=False, recipe=recipe))
    data = small.dataset(16, small.CONFIGS[kind])
    monkeypatch.setattr(sets, "load", lambda name, split, root: data)
    return str(kind)


def run(folder: Path, *more: str, told: list[dict[str, Any]] | None = None) -> None:
    """Train; ``told`` lies in the line before the first step."""
    words: queue.Queue[Any] = queue.Queue()
    for word in told or []:
        words.put(word)
    arguments = [NAME, "--device", "cpu", "--out", str(folder), *more]
    command(parser().parse_args(arguments), arguments, None if told is None else words)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / f"{NAME}.state.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def after_step(monkeypatch: pytest.MonkeyPatch, act: Callable[[Watch, int], None]) -> None:
    """Have something done after each step, before what was told."""
    before = Watch.after

    def after(watch: Watch, progress: Progress) -> bool:
        act(watch, progress.step)
        return before(watch, progress)

    monkeypatch.setattr(Watch, "after", after)


@pytest.mark.parametrize(
    "tiny", ["aevb-mnist-2d", "vae-mnist", "draw-mnist", "pixelcnn-mnist", "glimpse-cluttered"], indirect=True
)
def test_a_filmed_training_ends_with_the_weights_of_one_that_is_not(tiny: str, tmp_path: Path) -> None:
    run(tmp_path / "plain")
    run(tmp_path / "filmed", "--film")
    assert same(weights(tmp_path / "plain"), weights(tmp_path / "filmed"))
    film = read_film(tmp_path / "filmed" / f"{NAME}.film.npz")
    assert film is not None and film["steps"].tolist() == moments(STEPS)
    kept = {"vae": "copies", "draw": "strokes", "pixel": "field", "classifier": "right"}[REGISTRY[NAME].family]
    assert len(film[kept]) == len(film["validation"]) == len(film["steps"])
    assert np.abs(np.diff(film[kept].astype(float), axis=0)).max() > 0, "what it learned is to be seen"
    live = read_live(tmp_path / "filmed")
    assert live is not None and (live.state, live.step) == ("finished", STEPS)


def test_a_film_has_some_24_moments_spaced_by_the_logarithm_of_the_step() -> None:
    found = moments(10_000)
    assert found[0] == 0 and found[1] == 1 and found[-1] == 10_000 and MOMENTS - 4 <= len(found) <= MOMENTS + 1
    late = np.array(found[8:])
    assert np.ptp(np.log(late[1:] / late[:-1])) < 0.15


def test_a_film_that_would_be_too_large_keeps_fewer_pictures() -> None:
    film = {"pictures": np.random.default_rng(0).integers(0, 256, (24, 8, 3, 32, 32), np.uint8)}
    while len(packed_film(film)) > FILM_BYTES:
        assert halved(film) == ["pictures"]
    assert film["pictures"].shape == (24, 4, 3, 32, 32)
    assert halved({"codes": np.zeros((24, 400, 2))}) == []


def test_the_eight_pictures_are_of_the_same_noise_at_every_moment(tiny: str, tmp_path: Path) -> None:
    run(tmp_path, "--film", "--learning-rate", "1e-12")
    film = read_film(tmp_path / f"{NAME}.film.npz")
    assert film is not None and len(film["pictures"]) > 5
    assert (film["pictures"] == film["pictures"][0]).all()


def test_a_film_names_the_schedules_that_held_before_its_last_one(tiny: str, tmp_path: Path) -> None:
    run(tmp_path, "--film", "--steps", "6")
    assert "earlier" not in json.loads(str(read_film(tmp_path / f"{NAME}.film.npz")["note"]))
    run(tmp_path, "--film", "--resume", "--steps", "9")
    run(tmp_path, "--film", "--resume", "--steps", "9")
    note = json.loads(str(read_film(tmp_path / f"{NAME}.film.npz")["note"]))
    assert [(each["steps"], each["until"]) for each in note["earlier"]] == [(6, 6)] and note["recipe"]["steps"] == 9


def test_a_film_can_show_other_pictures_than_those_of_the_validation_split(tiny: str, tmp_path: Path) -> None:
    run(tmp_path, "--film", "--film-of", "strokes", "--steps", "2")
    film = read_film(tmp_path / f"{NAME}.film.npz")
    assert film is not None and json.loads(str(film["note"]))["shown"] == sets.load("strokes", "valid", None).name
    with pytest.raises(Exception, match="--film-of needs --film"):
        run(tmp_path / "none", "--film-of", "strokes")


def test_a_training_is_killed_at_twenty_moments_and_each_time_ends_with_the_weights_of_one_left_alone(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = sorted(random.Random(0).sample(range(1, STEPS), 20))

    def snapshot(watch: Watch, step: int) -> None:
        if step in killed:  # what a process that is killed here leaves on the disk
            shutil.copytree(watch.folder.path, tmp_path / f"killed-{step}")

    with monkeypatch.context() as within:
        after_step(within, snapshot)
        run(tmp_path / "whole", "--film")
    whole = weights(tmp_path / "whole")
    film = read_film(tmp_path / "whole" / f"{NAME}.film.npz")
    for step in killed:
        folder = tmp_path / f"killed-{step}"
        begun = (folder / f"{NAME}.state.safetensors").exists()
        run(folder, "--film", "--resume" if begun else "--fresh")
        assert same(weights(folder), whole), step
        again = read_film(folder / f"{NAME}.film.npz")
        assert film is not None and again is not None
        assert (again["pictures"] == film["pictures"]).all() and (again["steps"] == film["steps"]).all()
        steps = [line["step"] for line in read_log(folder / "log.jsonl")]
        assert steps == sorted(set(steps)) and steps[-1] == STEPS


def test_one_step_and_slow_motion_and_a_pause_change_no_weight(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.watched.SLOW", 0.01)
    run(tmp_path / "plain")
    words = [{"do": word} for word in ("pause", "step", "step", "step", "slow")]
    seen: list[tuple[int, str]] = []
    after_step(monkeypatch, lambda watch, step: seen.append((step, watch.pace)))
    run(tmp_path / "told", told=[*words, {"do": "go"}])
    assert same(weights(tmp_path / "plain"), weights(tmp_path / "told")) and len(seen) == STEPS


def test_a_paused_training_waits_and_makes_one_step_when_told(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[tuple[int, str]] = []

    def stop_soon(watch: Watch, step: int) -> None:
        states.append((step, watch.pace))
        if step == 3:
            watch.told.put({"do": "stop"})

    after_step(monkeypatch, stop_soon)
    with pytest.raises(Ended):
        run(tmp_path, told=[{"do": "pause"}, {"do": "step"}, {"do": "step"}])
    assert states == [(1, "full"), (2, "paused"), (3, "paused")]
    live = read_live(tmp_path)
    assert live is not None and (live.state, live.step) == ("stopped", 3)
    run(tmp_path, "--resume")
    run(tmp_path / "plain")
    assert same(weights(tmp_path), weights(tmp_path / "plain"))


def test_what_is_set_while_it_runs_holds_from_there_on_is_logged_and_resumes(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(watch: Watch, step: int) -> None:
        if step == 7:
            watch.told.put({"do": "set", "learning_rate": 0.003, "batch_size": 8, "beta": 2})
        if step == 9 and (tmp_path / "set").exists() and not (tmp_path / "killed").exists():
            shutil.copytree(watch.folder.path, tmp_path / "killed")

    after_step(monkeypatch, act)
    run(tmp_path / "set", told=[])
    run(tmp_path / "killed", "--resume")
    assert same(weights(tmp_path / "set"), weights(tmp_path / "killed"))
    lines = [json.loads(line) for line in (tmp_path / "set" / "log.jsonl").read_text().splitlines()]
    changes = [(line["step"], line["changed"]) for line in lines if "changed" in line]
    assert changes == [(7, {"learning_rate": 0.003, "batch_size": 8, "beta": 2.0})]
    rate = {line["step"]: line["rate"] for line in lines if "rate" in line}
    assert rate[7] == pytest.approx(0.01) and rate[8] == pytest.approx(0.003)
    card = json.loads((tmp_path / "set" / f"{NAME}.json").read_text())
    assert card["config"]["beta"] == 2 and card["recipe"]["batch_size"] == 8


def test_a_loss_that_becomes_infinite_ends_it_with_the_step_and_keeps_the_last_good(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(watch: Watch, step: int) -> None:
        if step == 14:
            next(watch.run.model.parameters()).data.fill_(torch.nan)

    after_step(monkeypatch, act)
    with pytest.raises(Exception, match="step 15"):
        run(tmp_path, told=[])
    live = read_live(tmp_path)
    assert live is not None and (live.state, live.step) == ("diverged", 15)
    assert "became" in why(live) and why(live).values == {"value": "nan"}
    assert all(value.isfinite().all() for value in load_file(tmp_path / f"{NAME}.safetensors").values())
    assert json.loads((tmp_path / f"{NAME}.json").read_text())["step"] == 10


def test_a_training_ends_when_its_time_is_up_and_goes_on_later(tiny: str, tmp_path: Path) -> None:
    with pytest.raises(Ended, match="time"):
        run(tmp_path, "--minutes", "1e-9", told=[])
    live = read_live(tmp_path)
    assert live is not None and (live.state, live.step) == ("time is up", 1)
    run(tmp_path, "--resume")
    run(tmp_path / "plain")
    assert same(weights(tmp_path), weights(tmp_path / "plain"))


def test_a_film_that_is_damaged_or_not_there_is_none(tmp_path: Path) -> None:
    assert read_film(tmp_path / "none.npz") is None and read_live(tmp_path) is None
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 and so on")
    (tmp_path / "live.json").write_text('{"state": "training", "step": "many"}')
    assert read_film(tmp_path / "bad.npz") is None and read_live(tmp_path) is None
    assert films.bytes_of(np.array([np.nan, -1, 0.5, 2.0])).tolist() == [0, 0, 128, 255]
