"""The ZIP that is taken home: what is in it, and that its script paints the same again."""

from __future__ import annotations

import csv
import io
import runpy
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from core.studies.together_guess import drawn
from core.studio.runtime import Runtime
from tests.viz.traces import draw_trace, raster_trace
from viz.player import bundle, frames, payload
from viz.player.payload import Player
from viz.views import draw_paint, pixel_paint

DIGIT = np.where(drawn(3), 255, 0).astype(np.uint8)
LOWER = np.repeat(np.arange(28)[:, None] >= 14, 28, 1)
ABOUT = {"seed": 3, "address": "http://127.0.0.1/draw/?seed=3", "source": "Easel, a test"}


def unpacked(player: Player, folder: Path) -> set[str]:
    with ZipFile(io.BytesIO(bundle.zipped(player, {"film.gif": b"GIF"}, **ABOUT))) as archive:
        archive.extractall(folder)
        return set(archive.namelist())


def test_a_zip_has_the_files_the_numbers_the_address_and_the_papers(tmp_path: Path) -> None:
    player = frames.draw_payload(draw_trace(steps=5))
    assert unpacked(player, tmp_path) == {"film.gif", "numbers.npz", "numbers.csv", "papers.bib", "README.txt"}
    told = (tmp_path / "README.txt").read_text("utf-8")
    assert ABOUT["address"] in told and "Seed 3" in told and "no script" in told
    with np.load(tmp_path / "numbers.npz") as numbers:
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
    assert bundle.zipped(player, {}, **ABOUT) == bundle.zipped(player, {}, **ABOUT)


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["copy", "imagined", "completed", "from nothing"])
def test_the_script_paints_the_same_to_the_pixel_and_has_ten_lines(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "again.py" in unpacked(painted(kind), tmp_path)
    assert "SHA-256" in (tmp_path / "README.txt").read_text("utf-8")
    assert len((tmp_path / "again.py").read_text("utf-8").splitlines()) == 10
    monkeypatch.chdir(tmp_path)
    runpy.run_path("again.py")
    assert "The same to the pixel." in capsys.readouterr().out
    numbers = dict(np.load("numbers.npz"))
    np.savez("numbers.npz", **{**numbers, "painting": 255 - numbers["painting"]})
    runpy.run_path("again.py")
    assert "another picture" in capsys.readouterr().out
