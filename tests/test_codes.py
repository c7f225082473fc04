"""The codes that are shipped for the map belong to the weights that are there, and are what the encoder says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.data import sets
from core.studio.vae_map import MAPS
from core.training.checkpoints import load_checkpoint, read_card
from core.training.registry import REGISTRY
from scripts.make_codes import COUNT, chosen, means
from viz.tabs import vae_map_view
from viz.tabs.common import ASSETS


@pytest.mark.parametrize("name", MAPS)
def test_the_shipped_codes_are_those_of_the_weights_that_are_there(name: str) -> None:
    known = vae_map_view.codes(name)
    assert known.sha256 == read_card(name)["sha256"], "run `python -m scripts.make_codes --data FOLDER`"
    assert known.means.shape == (COUNT, REGISTRY[name].config.latent)
    assert known.labels.shape == (COUNT,) and set(known.labels) == set(range(10))
    assert np.isfinite(known.means).all()


def test_the_file_holds_codes_and_no_pictures_and_stays_small() -> None:
    file = ASSETS / "codes.npz"
    assert file.stat().st_size < 600_000
    with np.load(file, allow_pickle=False) as found:
        assert {name.split(".")[0] for name in found.files} == {"indices", "labels", *MAPS}
        assert (found["indices"] == chosen(10_000)).all()


@pytest.mark.parametrize("name", MAPS)
def test_pictures_are_encoded_together_as_they_are_one_by_one(name: str) -> None:
    digits = sets.load("strokes", "test")
    x = digits.batch(np.arange(7), torch.Generator().manual_seed(3))
    model: Any = load_checkpoint(name)
    together = means(model, x)
    with torch.no_grad():
        single = [model.encode(each[None])[0][0].numpy() for each in x]
    # Half a step of float16, and the order in which float32 adds up.
    np.testing.assert_allclose(together.astype(np.float64), np.stack(single), rtol=2**-10, atol=1e-4)


def test_the_choice_of_digits_is_seeded_and_has_none_twice() -> None:
    assert (chosen(10_000) == chosen(10_000)).all() and len(np.unique(chosen(10_000))) == COUNT
    assert chosen(12).tolist() == list(range(12))


def test_the_tabs_choices_are_the_models_of_the_map_and_as_long_as_their_codes() -> None:
    assert tuple(vae_map_view.MODELS.values()) == MAPS
    assert [REGISTRY[name].config.latent for name in MAPS] == list(vae_map_view.LENGTHS.values())
