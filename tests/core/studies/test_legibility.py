"""Shares of pictures that can be read: what counts, what stands beside it, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor

from core.data import sets
from core.data.sets import DataSet
from core.models.reader import Reader, ReaderConfig
from core.studies import legibility
from core.studies.legibility import NoReaderError, imagined, main, readings
from core.training.checkpoints import read_card, save_checkpoint
from core.training.registry import REGISTRY
from tests.core import small

TINY = ReaderConfig(height=8, width=8, longest=2, features=(8, 8), dense=12)


class Sure:
    """Reads the value of a picture's first pixel in hundredths, as sure of it as its second pixel says."""

    def judge(self, x: Tensor, generator: torch.Generator) -> Tensor:
        number = (x[:, 0, 0, 0] * 100).round().long()
        p = torch.full((1, len(x), 100), 1e-4)
        p[0, torch.arange(len(x)), number] = x[:, 0, 0, 1]
        return p.log()


def test_a_picture_counts_as_read_from_90_percent_on_and_right_answers_stand_beside_it() -> None:
    x = torch.zeros(250, 1, 1, 2)
    x[:, 0, 0, 0] = torch.arange(250) % 100 / 100
    x[:, 0, 0, 1] = torch.where(torch.arange(250) < 100, 0.91, 0.89)
    labels = torch.arange(250) % 100
    labels[:25] = 99
    found = legibility.reading(cast(Reader, Sure()), "some", x, labels)
    assert (found.pictures, found.n, found.read) == ("some", 250, 40.0)
    assert found.standard_error == pytest.approx(100 * np.sqrt(0.4 * 0.6 / 250), abs=0.01)
    assert (found.right, found.right_if_read) == (90.0, 75.0)
    unknown = legibility.reading(cast(Reader, Sure()), "some", x)
    assert (unknown.read, unknown.right, unknown.right_if_read) == (40.0, None, None)
    unsure = legibility.reading(cast(Reader, Sure()), "some", x[100:], labels[100:])
    assert (unsure.read, unsure.right, unsure.right_if_read) == (0.0, 100.0, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tiny painters and a reader for their pictures, untrained."""
    pixels = replace(small.COLOUR, height=8, width=8)
    entries: dict[str, Any] = {
        "draw-svhn": small.spec("draw-svhn"),
        "pixelcnn-svhn": replace(small.spec("pixelcnn-svhn"), config=pixels),
        "reader-plates": replace(REGISTRY["reader-plates"], config=TINY),
    }
    for name, entry in entries.items():
        monkeypatch.setitem(REGISTRY, name, entry)
        model = small.build(entry.config)
        small.shake(model)
        save_checkpoint(name, model.state_dict(), {}, tmp_path)

    def load(name: str, split: str, root: str | None = None) -> DataSet:
        images = np.random.default_rng(len(name)).integers(0, 256, (30, 3, 8, 8), np.uint8)
        assert split == "test" and (root is not None) == (name == "svhn-numbers")
        return DataSet(name, split, images, np.arange(30))

    monkeypatch.setattr(sets, "load", load)
    return tmp_path


@pytest.mark.parametrize("name", ["draw-svhn", "pixelcnn-svhn"])
def test_imagined_pictures_are_a_function_of_seed_and_index(name: str, folder: Path) -> None:
    more, fewer, other = (imagined(name, count, seed, folder) for count, seed in ((19, 0), (5, 0), (5, 1)))
    assert more.shape == (19, 3, 8, 8) and 0 <= more.min() and more.max() <= 1
    torch.testing.assert_close(more[:5], fewer)
    assert not torch.equal(fewer, other)


def test_imagined_plates_stand_beside_real_ones_ruined_ones_and_photographs(folder: Path) -> None:
    rows = [row for reader, row in readings("draw-svhn", 20, 0, "somewhere", folder) if reader == "reader-plates"]
    assert [row.pictures.split(",")[0] for row in rows] == [
        "imagined by draw-svhn",
        "plates",
        "the same",
        "svhn-numbers",
    ]
    assert [row.n for row in rows] == [20] * 4 and [row.right is None for row in rows] == [True, False, True, False]
    assert len(list(readings("draw-svhn", 20, 0, None, folder))) == 3, "no photographs without their folder"


def test_the_command_prints_the_shares_and_writes_them_into_the_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["draw-svhn", "--count", "7", "--seed", "3", "--checkpoints", str(folder)]
    main([*arguments, "--json", "--update-card"])
    printed = json.loads(capsys.readouterr().out)
    assert (printed["name"], printed["reader"], printed["seed"], printed["sure"]) == (
        "draw-svhn",
        "reader-plates",
        3,
        0.9,
    )
    card = read_card("draw-svhn", folder)
    assert card["reading"] == {key: value for key, value in printed.items() if key != "name"}
    main(arguments)
    text = capsys.readouterr().out
    assert all(row["pictures"] in text and f"{row['read']:.1f}" in text for row in printed["rows"])


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "reader-plates"])
def test_who_paints_no_house_numbers_is_refused_in_one_sentence(name: str, folder: Path) -> None:
    with pytest.raises(NoReaderError, match=f"{name} paints no house numbers .* nothing to read"):
        list(readings(name, 5, 0, None, folder))
    with pytest.raises(SystemExit, match=f"{name} paints no house numbers"):
        main([name, "--checkpoints", str(folder)])


def test_no_pictures_are_no_share(folder: Path) -> None:
    with pytest.raises(SystemExit):
        main(["draw-svhn", "--count", "0", "--checkpoints", str(folder)])
