"""The ZIP that is taken home: what is in it, and that its script paints the same again."""

from __future__ import annotations

import csv
import hashlib
import io
import runpy
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from core.files import CHECKPOINTS
from core.studies.together_guess import drawn
from core.studio.runtime import Runtime
from scripts import make_assets
from tests.viz.traces import draw_trace, raster_trace
from viz.player import bundle, frames, payload
from viz.player.payload import Player
from viz.tabs import vae, vae_code, vae_colour
from viz.tabs.subject import Picture
from viz.tabs.trained import Asked
from viz.views import draw_paint, draw_pen, draw_time, pixel_paint

DIGIT = np.where(drawn(3), 255, 0).astype(np.uint8)
LOWER = np.repeat(np.arange(28)[:, None] >= 14, 28, 1)
ABOUT = bundle.About(("draw-mnist",), 3, "http://127.0.0.1/draw/?seed=3")


def unpacked(player: Player, folder: Path) -> set[str]:
    with ZipFile(io.BytesIO(bundle.zipped(player, {"film.gif": b"GIF"}, ABOUT))) as archive:
        archive.extractall(folder)
        return set(archive.namelist())


def test_a_zip_has_the_files_the_numbers_the_address_and_the_papers(tmp_path: Path) -> None:
    player = frames.draw_payload(draw_trace(steps=5))
    assert unpacked(player, tmp_path) == {"film.gif", "numbers.npz", "numbers.csv", "papers.bib", "README.txt"}
    told = (tmp_path / "README.txt").read_text("utf-8")
    assert ABOUT.address in told and "Seed 3" in told and "no script" in told
    with np.load(tmp_path / "numbers.npz") as numbers:
        assert str(numbers["about"]) == ABOUT.source
        assert (numbers["panel_1"] == payload.panel_data(player["panels"][1])).all()
        bars = numbers["bars"]
    lines = list(csv.DictReader(io.StringIO((tmp_path / "numbers.csv").read_text("utf-8"))))
    told_bars = [float(line["value"]) for line in lines if line["what"] == "bars" and line["picture"] in ("", "1")]
    assert told_bars == pytest.approx(bars[:, 0].tolist(), rel=1e-5) and len(told_bars) == 5


def test_what_holds_for_all_pictures_or_steps_has_no_number_there() -> None:
    lines = bundle.table(frames.raster_payload(raster_trace())).splitlines()
    assert lines[0] == "what,step,picture,value" and all(line.count(",") == 3 for line in lines)


def test_the_same_stage_gives_the_same_zip_to_the_byte() -> None:
    player = frames.draw_payload(draw_trace(steps=3))
    assert bundle.zipped(player, {}, ABOUT) == bundle.zipped(player, {}, ABOUT)


def painted(kind: str) -> Player:
    studio = Runtime().studio
    if kind == "copy":
        value = frames.draw_payload(studio.draw_copy(DIGIT, 3, 7), before=studio.draw_blank())
        return {**value, "again": draw_paint.again(DIGIT, 1, 3, 1, 7)}
    if kind == "imagined":
        value = frames.draw_payload(studio.draw_generate(2, 5, 0.8, 16), before=studio.draw_blank())
        return {**value, "again": draw_paint.again(None, 2, 5, 0.8, 16)}
    name, covered = ("pixelcnn-mnist", (DIGIT, LOWER)) if kind == "completed" else ("gated-pixelcnn-mnist", None)
    if covered is None:
        trace = studio.pixels.generate(name, 2, 5, 0.9, label=7)
    else:
        trace = studio.pixels.complete(name, covered, 3, 5, 0.9)
    label = None if covered else 7
    again = pixel_paint.again(name, covered, len(trace.image), 5, 0.9, label)
    return {**frames.raster_payload(trace), "again": again}


def test_a_file_says_which_weights_painted_by_the_hash_of_their_file_or_that_they_were_trained_here() -> None:
    weights = hashlib.sha256((CHECKPOINTS / "draw-mnist.safetensors").read_bytes()).hexdigest()
    assert f"draw-mnist (SHA-256 {weights}), seed 3, {ABOUT.address}" in ABOUT.source
    theirs = ABOUT._replace(address="http://127.0.0.1/draw/?run=3f2a")
    assert "draw-mnist (trained here, 3f2a)" in theirs.source and weights not in theirs.source
    shipped = ABOUT._replace(address="http://127.0.0.1/draw/?run=draw-mnist")
    assert weights in shipped.source


def test_what_was_trained_here_comes_without_a_script(tmp_path: Path) -> None:
    again = draw_paint.again(DIGIT, 1, 3, 1, 7)
    theirs = ABOUT._replace(address="http://127.0.0.1/draw/?run=3f2a")
    player: Player = {**frames.draw_payload(draw_trace(steps=3)), "again": again}
    with ZipFile(io.BytesIO(bundle.zipped(player, {}, theirs))) as archive:
        assert "again.py" not in archive.namelist()
        assert "trained here, 3f2a" in archive.read("README.txt").decode()


@pytest.fixture(scope="module")
def firsts() -> dict[str, Any]:
    """What stands in every room at first, painted by this machine."""
    studio = Runtime().studio
    parts = make_assets.rooms(studio), make_assets.other_draws(studio), vae.firsts(studio)
    started = make_assets.first_page(studio)
    return {**parts[0], **parts[1], **parts[2], **{name: value["player"] for name, value in started.items()}}


STAGES = (
    *("between", "colour", "draw-colour", "every", "look", "pen", "start-draw", "start-pixels", "start-vae"),
    *("time", "vae", "vae-between", "vae-colour", "vae-film"),
)


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the script says."""
    monkeypatch.chdir(folder)
    capsys.readouterr()
    runpy.run_path("again.py")
    return capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_what_stands_in_a_room_at_first_is_painted_again_to_the_pixel(
    stage: str,
    firsts: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    unpacked(firsts[stage], tmp_path)
    assert run(tmp_path, monkeypatch, capsys) == "The same to the pixel.\n"


def asked(kind: str) -> Player:
    """What is seen of some questions behind the first one."""
    studio = Runtime().studio
    digits, seed = [DIGIT, DIGIT[:, ::-1].copy()], 5
    if kind in ("table", "to another", "imagined code"):
        task = vae_code.IMAGINE if kind == "imagined code" else vae_code.COPY
        coded = vae_code.Coded(studio, Picture(DIGIT, LOWER), seed, "vae-mnist-20d", task, "")
        walk = vae_code.TABLE if kind == "table" else vae_code.INTERPOLATE
        return coded.stage() if kind == "imagined code" else coded.film(walk, digits[1])
    if kind == "erased":
        again = draw_time.again(DIGIT, "draw_erased", ['"latent"', seed], last="trace.without", panel=0)
        return {**draw_time.erased_payload(studio.draw_erased(DIGIT, "latent", seed), latent=True), "again": again}
    if kind == "painted on":
        hands: Any = ({}, {3: np.eye(28, dtype=np.int8)})
        value = draw_pen.pen_payload(studio.draw_pen(None, *hands, seed), [3])
        return {**value, "again": draw_pen.again(None, *hands, seed)}
    house = vae_colour.own_pictures()[vae_colour.PAINTER][2]
    answers = vae_colour.Answers(Asked(studio, vae_colour.MODEL))
    return answers.copied(house) if kind == "copy in colour" else answers.numbers(house, kind.split()[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        "table",
        "to another",
        "imagined code",
        "erased",
        "painted on",
        "copy in colour",
        "turns in colour",
        "table in colour",
    ],
)
def test_other_questions_are_answered_again_to_the_pixel(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unpacked(asked(kind), tmp_path)
    assert run(tmp_path, monkeypatch, capsys) == "The same to the pixel.\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["copy", "imagined", "completed", "from nothing"])
def test_the_script_paints_the_same_to_the_pixel_and_has_ten_lines(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "again.py" in unpacked(painted(kind), tmp_path)
    assert len((tmp_path / "again.py").read_text("utf-8").splitlines()) == 10
    assert run(tmp_path, monkeypatch, capsys) == "The same to the pixel.\n"
    numbers = dict(np.load("numbers.npz"))
    np.savez("numbers.npz", **{**numbers, "painting": 255 - numbers["painting"]})
    assert "another picture" in run(tmp_path, monkeypatch, capsys)
