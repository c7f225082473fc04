"""The registry is the one table: a pixel model that stands there is painted with, judged, trained, shown and scored."""

import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from core import evaluation
from core.models.base import Generate
from core.requests import seeded
from core.samplers.brush import Brush
from core.studio.runtime import Runtime
from core.training import __main__ as training
from core.training.checkpoints import load_checkpoint, read_card
from core.training.registry import REGISTRY, shown_in
from core.training.spec import Tab
from tests.core import toy
from viz.tabs import desk, pixel_paint
from viz.tabs import pixel_lens as lens_tab
from viz.tabs.trained import Asked
from viz.views import pixel_lens, pixel_scores

ROOT = Path(__file__).resolve().parent.parent
DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[6:22, 13:15] = 255
HALF = np.arange(28)[:, None].repeat(28, 1) >= 14


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy is registered, in one entry, and its weights and card lie in a folder."""
    monkeypatch.setitem(REGISTRY, toy.NAME, toy.ENTRY)
    toy.save(tmp_path)
    return tmp_path


@pytest.fixture
def runtime(folder: Path) -> Runtime:
    return Runtime(folder)


def task(runtime: Runtime, *, complete: bool = True, view: str = pixel_paint.PIXELS, uses: str = pixel_paint.BEFORE):
    given = pixel_paint.Picture(DIGIT, HALF) if complete else None
    asked: tuple[Any, ...] = ([toy.NAME], view, uses, pixel_paint.ANY, 2, 1.0, False, 1)
    return pixel_paint.Task(Asked(runtime.studio, ""), given, None, *asked)


def test_a_model_of_one_entry_paints_just_what_ancestral_sampling_paints(runtime: Runtime, folder: Path) -> None:
    trace = runtime.studio.pixels.generate(toy.NAME, 2, 1)
    defined = Brush(load_checkpoint(toy.NAME, folder)).paint(Generate(2), seeded(1), "naive")
    np.testing.assert_array_equal(trace.image, defined.image)
    assert 0 < trace.image.mean() < 1


def test_it_completes_and_a_particle_filter_makes_it_use_all_that_is_given(runtime: Runtime) -> None:
    for trace in (
        runtime.studio.pixels.complete(toy.NAME, (DIGIT, HALF), 2, 1),
        runtime.studio.pixels.fit(toy.NAME, (DIGIT, ~HALF), 2, 1, particles=8)[0],
    ):
        np.testing.assert_array_equal(trace.image[:, 0][trace.known], np.stack([DIGIT / 255] * 2)[trace.known])


def test_it_judges_a_digit_in_nats(runtime: Runtime) -> None:
    nats = runtime.studio.pixels.judge(toy.NAME, DIGIT).nats[0]
    ink = np.pad(DIGIT / 255, ((1, 0), (1, 0)))
    p = 1 / (1 + np.exp(-(-2 + 2 * ink[1:, :-1] + 2 * ink[:-1, 1:])))
    np.testing.assert_allclose(nats, -np.log(np.where(DIGIT > 0, p, 1 - p)), rtol=1e-4)


def test_it_is_trained_and_evaluated_from_the_command_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--dataset", "strokes", "--binarise", "threshold"]
    training.main([toy.NAME, *data, "--out", str(tmp_path / "run")])
    assert read_card(toy.NAME, tmp_path / "run")["model"] == "tests.core.toy.Neighbours"
    capsys.readouterr()
    evaluation.main([toy.NAME, *data, "--limit", "20", "--checkpoints", str(folder), "--json"])
    figure = json.loads(capsys.readouterr().out)
    assert figure["bound"] == "exact" and figure["n"] == 20 and 0 < figure["nats"] < 784


def test_it_stands_last_among_the_painters_with_its_sentence(runtime: Runtime) -> None:
    with gr.Blocks() as page:
        pixel_paint.build(desk.Tab(desk.Desk(runtime, "pixel"), "paint"))
    (painters,) = (each for each in page.blocks.values() if each.elem_id == "pixels-painters")
    assert isinstance(painters, gr.CheckboxGroup) and painters.choices[-1] == ("Neighbours", toy.NAME)
    assert pixel_paint.who().endswith(f"**Neighbours.** {toy.ENTRY.about}")


@pytest.mark.parametrize("complete", [True, False])
def test_the_stage_shows_what_it_paints_and_the_narrator_says_what_it_looks_at(
    runtime: Runtime, complete: bool
) -> None:
    value, trace = task(runtime, complete=complete).result(False, pixel_paint.Picture(DIGIT, HALF))
    assert len(trace.image) == 2 and "the two pixels beside it" in json.dumps(value)


@pytest.mark.parametrize("view", [pixel_paint.PASSES, pixel_paint.SURPRISE, pixel_paint.RACE])
def test_its_passes_its_surprise_and_its_race_can_be_seen(runtime: Runtime, view: str) -> None:
    value, _ = task(runtime, view=view).result(False, pixel_paint.Picture(DIGIT, HALF))
    assert "Neighbours" in json.dumps(value)


def test_under_the_lens_it_sees_two_pixels_and_none_of_the_future(runtime: Runtime) -> None:
    pixels = runtime.studio.pixels
    field, ranks = pixels.field(toy.NAME, 9, 13, DIGIT), pixels.ranks(toy.NAME)
    answer = pixel_lens.field_answer(toy.NAME, "Neighbours", field, ranks, 9, 13)
    assert answer.label == "2 of 265" and answer.html.endswith("out of its sight. It has no layers to look further.")
    leak = pixel_lens.leak_answer("Neighbours", pixels.leak(toy.NAME, 9, 13, DIGIT).change, ranks, 9, 13)
    assert not leak.alarm and leak.label == "✓ 0 of 266"
    assert [view["title"] for view in lens_tab.empty()["views"]][-1] == "Neighbours"


def test_it_has_a_row_in_the_scores(folder: Path) -> None:
    assert "<th scope='row'>Neighbours</th><td>207.12 ± 0.50</td><td></td><td>0 k</td>" in pixel_scores.table(folder)


def test_without_the_entry_nobody_knows_it() -> None:
    assert not any(toy.NAME in shown_in(tab) for tab in Tab.__args__)


@pytest.mark.parametrize("tab", Tab.__args__)
def test_every_part_of_the_page_that_shows_models_is_a_tabs(tab: Tab) -> None:
    assert shown_in(tab)
    assert any((ROOT / "viz" / "tabs" / f"{word}.py").exists() for word in (tab, tab.rpartition("_")[0])) or (
        tab == "pixel_bias"  # an experiment in the tab of the scores
    )


def figure(name: str) -> str:
    """A model's figure on the test pictures as README writes it: errors in percent, bits/dim, or nats."""
    spec = REGISTRY[name]
    found = [one for one in read_card(name)["metrics"] if one["split"] == "test" and one["bound"] == spec.bound]
    best = max(found, key=lambda one: int(one["n"]))
    if spec.family == "classifier":
        return f"{best['error_after'][-1]:.1f}"
    if best.get("bits_per_dimension"):
        return f"{best['bits_per_dimension']:.2f}"
    return f"{best['nats']:,.0f}" if best["nats"] > 1_000 else pixel_scores.said(best).split()[0]


@pytest.mark.parametrize("name", [name for name, spec in REGISTRY.items() if not spec.instrument])
def test_readme_tells_the_figure_of_every_model(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"(?<![\d.,]){re.escape(figure(name))}(?![\d.])", readme), figure(name)
