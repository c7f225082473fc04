"""Shares of pictures that break into noise: what counts, and what the command says."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.data import sets
from core.data.sets import DataSet
from core.studies import pixel_colour
from core.studies.pixel_colour import main, prices
from core.training.checkpoints import read_card, save_checkpoint
from core.training.registry import REGISTRY
from tests.core import small

NAME = "pixelcnn-svhn"


class Priced:
    """A painter to whom a picture costs its first value in hundreds of bits, and who imagines what it is told to."""

    config = SimpleNamespace(channels=1, height=1, width=2, levels=256)

    def loss(self, x: Tensor, generator: torch.Generator) -> Any:
        return SimpleNamespace(total=100 * x[:, 0, 0, 0] * np.log(2))


def pictures(costs: Tensor) -> Tensor:
    return torch.stack([costs, torch.zeros_like(costs)], -1)[:, None, None]


def test_a_price_is_in_bits_for_each_value() -> None:
    torch.testing.assert_close(prices(Priced(), pictures(torch.tensor([0.5, 1.0]))), torch.tensor([25.0, 50.0]))


def test_noise_is_what_costs_more_than_99_of_100_test_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    real, own = torch.arange(200) / 200, torch.linspace(0, 2, 101)
    monkeypatch.setattr(pixel_colour, "load_checkpoint", lambda name, folder: Priced())
    monkeypatch.setattr(sets, "load", lambda name, split, root: SimpleNamespace(name=f"{name}, {split}"))
    monkeypatch.setattr(pixel_colour, "drawn", lambda dataset, limit, seed: (pictures(real), None))
    monkeypatch.setattr(pixel_colour, "imagined", lambda name, count, seed, folder: pictures(own))
    found = pixel_colour.noise(NAME, 101, 200, 0)
    assert (found.dataset, found.tested, found.imagined) == ("svhn-digits, test", 200, 101)
    assert found.limit == pytest.approx(50 * np.quantile(real.numpy(), 0.99), abs=1e-3)
    dearer = int((own > np.quantile(real.numpy(), 0.99)).sum())
    assert found.share == pytest.approx(100 * dearer / 101, abs=0.01)
    assert (found.median, found.median_tested) == (50.0, pytest.approx(50 * 0.4975, abs=1e-3))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny painter, untrained, and a few test pictures."""
    entry = replace(small.spec(NAME), config=replace(small.COLOUR, height=8, width=8))
    monkeypatch.setitem(REGISTRY, NAME, entry)
    model = small.build(entry.config)
    small.shake(model)
    save_checkpoint(NAME, model.state_dict(), {}, tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (30, 3, 8, 8), np.uint8)
    monkeypatch.setattr(sets, "load", lambda name, split, root=None: DataSet(name, split, images))
    return tmp_path


def test_the_command_prints_the_share_and_writes_it_into_the_card(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [NAME, "--count", "5", "--limit", "20", "--seed", "3", "--checkpoints", str(folder)]
    main([*arguments, "--json", "--update-card"])
    printed = json.loads(capsys.readouterr().out)
    assert (printed["name"], printed["imagined"], printed["tested"], printed["seed"]) == (NAME, 5, 20, 3)
    assert read_card(NAME, folder)["noise"] == {key: value for key, value in printed.items() if key != "name"}
    main(arguments)
    assert f"{printed['share']} ± {printed['standard_error']} % of 5 imagined" in capsys.readouterr().out


def test_no_pictures_are_no_share(folder: Path) -> None:
    with pytest.raises(SystemExit):
        main([NAME, "--count", "0", "--checkpoints", str(folder)])
