"""The examples run as they are, with small budgets, from any folder."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import core

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights and player are found from wherever one works."""
    monkeypatch.chdir(tmp_path)


def example(name: str) -> dict[str, Any]:
    """The names in an example."""
    return runpy.run_path(str(ROOT / "examples" / f"{name}.py"))


def test_digits_are_sampled_completed_and_taken_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("sample_and_complete")["main"](tmp_path, name="mcgsm-mnist", count=2)
    assert "nats of each new lower half: [" in capsys.readouterr().out
    with Image.open(tmp_path / "digits.gif") as gif:
        assert gif.is_animated
    assert (tmp_path / "digits.html").stat().st_size < 400_000


def test_a_map_is_painted_and_digits_find_their_place_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("latent_map")["main"](tmp_path, side=4)
    assert capsys.readouterr().out.count("a digit at (") == 5
    with Image.open(tmp_path / "map.png") as picture:
        assert np.asarray(picture).std() > 20


def test_a_model_learns_from_a_folder_and_is_loaded_from_its_run(tmp_path: Path) -> None:
    pictures, run, names = tmp_path / "pictures", tmp_path / "run", example("train_on_a_folder")
    pictures.mkdir()
    names["drawn"](pictures, 40)
    names["main"](pictures, run, steps=2)
    assert (run / "imagined.png").is_file()
    assert core.load(run / "vae-mnist.safetensors").sample(1).frame(-1).shape == (1, 1, 28, 28)


def test_each_example_has_a_test() -> None:
    tested = Path(__file__).read_text(encoding="utf-8")
    for path in (ROOT / "examples").glob("*.py"):
        assert f'example("{path.stem}")' in tested
