"""The table shows the cards' figures and the reported ones, and makes none up."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from core.files import CHECKPOINTS
from core.training.registry import REGISTRY, shown_in
from viz.views import pixel_scores

BINARY = shown_in("pixel_scores")


def card(nats: float = 82.345, **changes: Any) -> dict[str, Any]:
    """A card with a test figure, after one on the validation split and one bound that is not exact."""
    figure = {"dataset": "binarized-mnist", "n": 10_000, "standard_error": 0.2649, "bits_per_dimension": None}
    return {
        "parameters": 123_456,
        "metrics": [
            {**figure, "split": "valid", "bound": "exact", "nats": 11.11},
            {**figure, "split": "test", "bound": "elbo", "nats": 22.22},
            {**figure, "split": "test", "bound": "exact", "nats": nats, **changes},
        ],
    }


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def rows(table: str) -> dict[str, list[str]]:
    """What a person reads: the cells after each painter's name."""
    found = re.findall(r"<tr><th scope='row'>(.*?)</th>(.*?)</tr>", table)
    return {html.unescape(name): list(map(html.unescape, re.findall("<td>(.*?)</td>", cells))) for name, cells in found}


def test_the_table_has_a_row_for_every_binary_painter_in_the_order_of_the_papers(tmp_path: Path) -> None:
    assert list(rows(pixel_scores.table(tmp_path))) == list(BINARY.values())


def test_a_measured_painter_shows_the_figures_of_its_card(tmp_path: Path) -> None:
    for index, name in enumerate(BINARY):
        write(tmp_path, name, card(80.125 + index, standard_error=0.111 * (index + 1)) | {"parameters": 1000 * index})
    shown = rows(pixel_scores.table(tmp_path))
    for index, title in enumerate(BINARY.values()):
        ours, _, size = shown[title]
        assert ours == f"{80.125 + index:.2f} ± {0.111 * (index + 1):.2f}" and size == f"{index} k"


def test_the_repositorys_own_cards_stand_in_the_table_as_they_are() -> None:
    shown = rows(pixel_scores.table())
    for name, title in BINARY.items():
        read = json.loads((CHECKPOINTS / f"{name}.json").read_text(encoding="utf-8"))
        (figure,) = [one for one in read["metrics"] if one["split"] == "test" and one["bound"] == "exact"]
        assert figure["n"] == 10_000 and figure["dataset"] == "binarized-mnist"
        assert shown[title][0] == f"{figure['nats']:.2f} ± {figure['standard_error']:.2f}"
        assert shown[title][2] == f"{round(read['parameters'] / 1000):,} k"


@pytest.mark.parametrize("content", [None, "{ no JSON", "{}", '{"metrics": []}'])
def test_without_a_figure_it_says_that_nothing_was_measured(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        for name in BINARY:
            (tmp_path / f"{name}.json").write_text(content, encoding="utf-8")
    table = rows(pixel_scores.table(tmp_path))
    assert {cells[0] for cells in table.values()} == {"not measured"} and {cells[2] for cells in table.values()} == {""}
    assert pixel_scores.colour_sentence(tmp_path) == pixel_scores.bias_sentence(tmp_path) == ""


def test_a_figure_of_another_split_or_a_bound_is_not_taken_for_the_exact_one(tmp_path: Path) -> None:
    for name in BINARY:
        only = card()
        write(tmp_path, name, only | {"metrics": only["metrics"][:2]})
    assert {cells[0] for cells in rows(pixel_scores.table(tmp_path)).values()} == {"not measured"}


def test_reported_figures_bear_a_mark_unless_they_were_read_in_their_source(tmp_path: Path) -> None:
    shown = rows(pixel_scores.table(tmp_path))
    for name, title in BINARY.items():
        theirs = shown[title][1]
        reported = REGISTRY[name].reported
        if reported is None:
            assert theirs == ""
            continue
        assert theirs == reported.nats + ("" if reported.seen else " *")
    assert shown["PixelCNN"][1] == "81.30" and shown["Row LSTM"][1] == "80.54 *"
    assert all(name in BINARY for name, spec in REGISTRY.items() if spec.reported)


def test_what_the_table_says_about_itself_can_be_read_by_a_machine(tmp_path: Path) -> None:
    table = pixel_scores.table(tmp_path)
    assert table.count("<th scope='col'>") == 4 and "all 10,000 test pictures" in table
    assert table.count("<tr>") == 1 + len(BINARY)


def test_the_colour_models_are_told_in_bits_for_each_value(tmp_path: Path) -> None:
    write(tmp_path, "pixelcnn-cifar10", card(bits_per_dimension=4.5678, n=10_000))
    assert pixel_scores.colour_sentence(tmp_path) == "PixelCNN, CIFAR-10: 4.57 bits/dim on 10,000 test pictures"
    write(tmp_path, "pixelcnn-svhn", card(bits_per_dimension=2.3449, n=26_032))
    assert (
        pixel_scores.colour_sentence(tmp_path).split("; ")[1] == "PixelCNN, SVHN: 2.34 bits/dim on 26,032 test pictures"
    )


def test_the_lesson_is_told_once_both_of_its_networks_are_measured(tmp_path: Path) -> None:
    write(tmp_path, "pixelcnn-placed-mnist", card(84.5))
    assert pixel_scores.bias_sentence(tmp_path) == ""
    write(tmp_path, "pixelcnn-unplaced-mnist", card(86.251))
    assert pixel_scores.bias_sentence(tmp_path) == "84.50 nats with the bias, 86.25 nats without the bias"
