"""The door: ``core.load`` and ``core.names``, with the weights that come with Easel and with those of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import core
from core.data import strokes
from core.errors import UserError
from core.files import CHECKPOINTS
from core.library import KINDS
from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.registry import REGISTRY
from tests.core import small

SMALLEST = "mcgsm-mnist"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with the smallest of the trained models."""
    for kind in (".json", ".safetensors"):
        shutil.copy(CHECKPOINTS / f"{SMALLEST}{kind}", tmp_path)
    return tmp_path


def test_every_model_has_a_name_and_every_name_a_family() -> None:
    assert core.names() == list(REGISTRY)
    families = [core.names(family) for family in KINDS]
    assert all(families) and sorted(name for each in families for name in each) == sorted(REGISTRY)
    with pytest.raises(UserError, match=r"^There is no family 'gan'; there are vae, draw, pixel, classifier\.$"):
        core.names("gan")


def test_a_name_gives_the_weights_that_come_with_easel() -> None:
    x = small.ink(2, REGISTRY[SMALLEST].config)
    loaded, own = core.load(SMALLEST), load_checkpoint(SMALLEST)
    np.testing.assert_allclose(loaded.nats(x), own.loss(x, small.generator()).total.detach().numpy(), rtol=1e-5)
    assert not loaded.module.training and loaded.name == SMALLEST


def test_a_code_is_the_same_in_a_notebook_as_on_the_page() -> None:
    from core.studio.studio import Studio

    digit = np.zeros((28, 28), np.uint8)
    digit[6:22, 13:16] = 255
    page, codes = Studio().vaes.encode(digit, "aevb-mnist-2d"), core.load("aevb-mnist-2d").encode(digit)
    np.testing.assert_allclose(codes.mean[0], page.mean, rtol=1e-5)
    np.testing.assert_allclose(codes.kl[0], page.kl, rtol=1e-5)


@pytest.mark.parametrize("place", ["", f"{SMALLEST}.json", f"{SMALLEST}.safetensors", SMALLEST])
def test_a_path_gives_what_lies_there_whether_folder_card_or_weights(copied: Path, place: str) -> None:
    x = small.ink(1, REGISTRY[SMALLEST].config)
    np.testing.assert_allclose(core.load(copied / place).nats(x), core.load(SMALLEST).nats(x))
    assert core.load(str(copied / place)).name == SMALLEST


@pytest.mark.parametrize("name", ["vae-mnist", "draw-mnist", "pixelcnn-mnist"])
def test_what_was_trained_with_settings_of_its_own_comes_as_its_card_says(tmp_path: Path, name: str) -> None:
    spec = small.spec(name)
    save_checkpoint(name, small.build(spec.config).state_dict(), {}, tmp_path, spec)
    loaded = core.load(tmp_path)
    assert loaded.config == spec.config
    assert loaded.sample(2).frame(-1).shape == (2, 1, 8, 8)


def test_weights_that_do_not_match_their_card_are_refused(copied: Path) -> None:
    weights = copied / f"{SMALLEST}.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(UserError, match=r"do not match the SHA-256 on their card: fetch them again\.$"):
        core.load(copied)


def test_a_name_or_a_path_that_leads_nowhere_is_told_so(tmp_path: Path, copied: Path) -> None:
    with pytest.raises(UserError, match=r"^There is no model called 'pixelcnn'; known are draw-mnist, .*\.$"):
        core.load("pixelcnn")
    with pytest.raises(UserError, match=r"^There is no trained model at .*gone\.json\.$"):
        core.load(tmp_path / "gone.json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"^The folder .*empty holds no trained model\.$"):
        core.load(tmp_path / "empty")
    for kind in (".json", ".safetensors"):
        shutil.copy(CHECKPOINTS / f"pixelcnn-unplaced-mnist{kind}", copied)
    with pytest.raises(UserError, match=rf"holds {SMALLEST}, pixelcnn-unplaced-mnist: name one of them\.$"):
        core.load(copied)
    with pytest.raises(UserError, match=r"^A model is loaded by its name or by the path"):
        core.load(7)


@pytest.mark.slow
def test_sixteen_digits_copied_in_sixteen_strokes_make_a_page_of_at_most_400_kb(tmp_path: Path) -> None:
    digits = strokes.digits(16, seed=0)[0]
    copies = core.load("draw-mnist").reconstruct(digits >= 128, seed=1)
    assert len(copies) == 16
    assert copies.to_html(tmp_path / "copies.html").stat().st_size <= 400_000
    assert len(copies._repr_html_()) <= 400_000
