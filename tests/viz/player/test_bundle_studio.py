"""Scripts of stages that several painters share, or that a call of the studio has painted, give the same pixels."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from core.studies.together_guess import drawn
from core.studio.runtime import Runtime
from tests.viz.player.test_bundle import ABOUT, DIGIT, LOWER, run
from viz.player import bundle
from viz.player.payload import Player
from viz.tabs import pixel_paint, vae_bound, vae_restore
from viz.tabs.subject import Picture
from viz.tabs.trained import Asked
from viz.views import draw_paint, together_looks, together_rows
from viz.views.vae_restore import again as restored_again

OTHER = np.where(drawn(4), 255, 0).astype(np.uint8)
SEED = 3


def restored(view: str, noisy: bool) -> Player:
    studio = Runtime().studio.restoring
    found = studio.denoise(DIGIT, 0.2, SEED) if noisy else studio.uncover((DIGIT, LOWER), SEED)
    damage: Any = 0.2 if noisy else LOWER
    return {**vae_restore.view_of(found, view), "again": restored_again(DIGIT, damage, SEED, view)}


def cost(task: str) -> Player:
    value, _ = vae_bound.shown(Runtime().studio.costs, DIGIT, task, "vae-mnist", SEED)
    return {**value, "again": vae_bound.again(task, DIGIT, "vae-mnist", SEED)}


def on_and_off(pixels: Any, count: int) -> Player:
    value = draw_paint.compare_payload(*Runtime().studio.draws.compare(pixels, count, SEED, 0.8))
    return {**value, "again": draw_paint.compared(pixels, count, SEED, 0.8)}


def two() -> Player:
    draws = Runtime().studio.draws
    copied = draws.copy_scene(draws.scene(DIGIT, OTHER, SEED), SEED)
    return {**draw_paint.two_digits_payload(*copied, ("one", "other")), "again": draw_paint.two(DIGIT, OTHER, SEED)}


def pixels(names: list[str], given: Picture | None, uses: str = pixel_paint.BEFORE) -> Player:
    asked: dict[str, Any] = {"view": pixel_paint.PIXELS, "uses": uses, "digit": "7", "heat": False}
    asked |= {"count": 2, "temperature": 0.9, "seed": SEED}
    task = pixel_paint.Task(Asked(Runtime().studio, ""), given, None, names, **asked)
    value, _ = task.result(False, Picture(DIGIT, LOWER))
    made: Player = value | task.again()
    return made


def rows(question: str, names: list[str]) -> Player:
    picture, studio = (DIGIT, LOWER), Runtime().studio.together
    answers = [
        together_rows.Answered(
            question, studio.answer(question, name, picture, together_rows.COUNT, SEED), picture, SEED
        )
        for name in names
    ]
    value = together_rows.joined(question, names, *answers, None)
    assert value is not None
    return value


def looks() -> Player:
    boxes = [(30.0, 30.0, 30.0), (20.5, 31.25, 12.0)]
    found = Runtime().studio.looking.outcome(5, boxes, 7)
    return {**together_looks.outcome(found), "again": together_looks.again(5, boxes, 7)}


COVERED = Picture(DIGIT, LOWER)
PAIR = ["pixelcnn-mnist", "gated-pixelcnn-mnist"]
STAGES: dict[str, Callable[[], Player]] = {
    "restored": lambda: restored(vae_restore.SIDES, False),
    "searched": lambda: restored(vae_restore.SEARCH, False),
    "sampled": lambda: restored(vae_restore.SAMPLES, False),
    "cleaned": lambda: restored(vae_restore.SIDES, True),
    "sampled of noise": lambda: restored(vae_restore.SAMPLES, True),
    **{task: lambda task=task: cost(task) for _, task in vae_bound.TASKS},  # type: ignore[misc]
    "on and off": lambda: on_and_off(DIGIT, 1),
    "on and off, imagined": lambda: on_and_off(None, 2),
    "two digits": two,
    "several complete": lambda: pixels(PAIR, COVERED),
    "several imagine": lambda: pixels(PAIR, None),
    "filters": lambda: pixels(PAIR[:1], COVERED, pixel_paint.ALL),
    "side by side, completed": lambda: rows("complete", ["vae-mnist", "draw-mnist", *PAIR]),
    "side by side, copied": lambda: rows("copy", ["vae-mnist", "draw-mnist", *PAIR]),
    "eight looks": looks,
}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_the_script_gives_the_same_to_the_pixel(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ZipFile(io.BytesIO(bundle.zipped(STAGES[stage](), {}, ABOUT))) as archive:
        archive.extractall(tmp_path)
    assert run(tmp_path, monkeypatch, capsys) == "The same to the pixel.\n"
    numbers = dict(np.load("numbers.npz"))
    np.savez("numbers.npz", **{**numbers, "painting": 255 - numbers["painting"]})
    assert "another picture" in run(tmp_path, monkeypatch, capsys)


def test_rows_that_answer_different_questions_or_digits_have_no_script() -> None:
    found = Runtime().studio.together.answer("copy", "vae-mnist", (DIGIT, LOWER), 4, SEED)
    one = together_rows.Answered("copy", found, (DIGIT, LOWER), SEED)
    for other in (one._replace(seed=SEED + 1), one._replace(picture=(OTHER, LOWER))):
        value = together_rows.joined("copy", ["vae-mnist"], one, other)
        assert value is not None and "again" not in value
    assert together_rows.joined("copy", ["vae-mnist"], one._replace(question="imagine")) is None
