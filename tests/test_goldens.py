"""Every registered model has weights, a card, a golden and a tab that shows it; and behaves as it did."""

from pathlib import Path

import numpy as np
import pytest

from core.training.checkpoints import load_checkpoint, read_card
from core.training.registry import REGISTRY
from scripts.make_goldens import FOLDER, golden

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 90_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", REGISTRY)
def test_a_trained_model_says_and_paints_what_its_golden_says(name: str) -> None:
    with np.load(FOLDER / f"{name}.npz") as stored:
        now = golden(name)
        assert now.keys() == set(stored)
        np.testing.assert_allclose(now.pop("nats"), stored["nats"], rtol=1e-3)
        for what, values in now.items():
            np.testing.assert_allclose(values, stored[what], atol=2e-3, err_msg=what)


def test_no_golden_and_no_checkpoint_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.npz")} == set(REGISTRY)
    assert {path.stem for path in (ROOT / "checkpoints").glob("*.safetensors")} == set(REGISTRY)


@pytest.mark.parametrize("name", REGISTRY)
def test_a_card_tells_data_steps_seed_and_test_figures(name: str) -> None:
    card = read_card(name)
    assert card["dataset"].startswith(REGISTRY[name].dataset) and card["split"] == "train"
    assert card["step"] > 0 and "seed" in card["recipe"]
    figures = [figure for figure in card["metrics"] if figure["split"] == "test"]
    assert figures and all(
        figure["bound"] in ("exact", "elbo", "cross-entropy") or figure["bound"].startswith("iwae-")
        for figure in figures
    )
    if card["dataset"].startswith("binarized-mnist"):
        whole = {figure["bound"] for figure in figures if figure["n"] == 10_000}
        assert REGISTRY[name].bound in whole, "a figure on the whole split, whatever others are of a part of it"
    if REGISTRY[name].bound != "elbo":
        assert any(figure["bound"] == REGISTRY[name].bound for figure in figures)


def test_the_card_of_cifar_says_that_its_pictures_went_through_jpeg() -> None:
    card = read_card("pixelcnn-cifar10")
    assert "JPEG" in card["note"] and "not comparable" in card["note"]
    assert all(figure["bits_per_dimension"] > 0 for figure in card["metrics"])


@pytest.mark.parametrize("name", ["draw-plates", "draw-svhn", "draw-cifar10"])
def test_the_cards_of_draw_in_colour_say_what_their_nats_are_of(name: str) -> None:
    assert "cross-entropy" in read_card(name)["note"] and "no likelihood" in read_card(name)["note"]


@pytest.mark.parametrize("name", [name for name, spec in REGISTRY.items() if spec.bound == "cross-entropy"])
def test_the_card_of_a_classifier_tells_its_error_after_every_look(name: str) -> None:
    (figure,) = (figure for figure in read_card(name)["metrics"] if figure["split"] == "test")
    assert figure["n"] == 10_000 and figure["error"] == figure["error_after"][-1]
    assert len(figure["error_after"]) == getattr(REGISTRY[name].config, "steps", 1)


def test_a_model_weighs_at_most_8_mb() -> None:
    assert max(path.stat().st_size for path in (ROOT / "checkpoints").iterdir()) < 8_000_000


def test_the_checkpoints_stay_small() -> None:
    assert sum(path.stat().st_size for path in (ROOT / "checkpoints").iterdir()) < LIMIT


@pytest.mark.parametrize("name", REGISTRY)
def test_every_model_is_shown_in_a_tab_or_measures_what_others_paint(name: str) -> None:
    assert bool(REGISTRY[name].shown) != REGISTRY[name].instrument


@pytest.mark.parametrize("name", REGISTRY)
def test_the_weights_match_their_card(name: str) -> None:
    model = load_checkpoint(name)
    assert sum(value.numel() for value in model.state_dict().values()) == read_card(name)["parameters"]
