"""What was trained here copies, completes and imagines; what it cannot is one sentence."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from core.errors import UserError
from core.models.configs import AEVBConfig, DrawConfig, GlimpseConfig, PixelCNNConfig
from core.studio.studio import Studio
from core.studio.together_rows import Question
from core.studio.train_use import UseStudio
from core.trace import CanvasTrace, RasterTrace
from core.training.checkpoints import save_checkpoint
from core.training.registry import REGISTRY
from tests.core import small
from viz.views.train_use import stage

CONFIGS = {
    "aevb-mnist-2d": AEVBConfig(hidden=8),
    "draw-mnist": DrawConfig(hidden=8, latent=4, steps=3),
    "pixelcnn-mnist": PixelCNNConfig(features=4, bottleneck=4, blocks=1, position_bias=True),
    "glimpse-cluttered": GlimpseConfig(hidden=8, features=8, steps=2),
}


def trained(name: str, folder: Path) -> Path:
    """The card of an untrained model of another size than the registered one's, as a run keeps it."""
    model = small.build(CONFIGS[name])
    spec = REGISTRY[name]
    card = {"config": asdict(CONFIGS[name]), "source": "strokes", "labelled": spec.labelled}
    save_checkpoint(name, model.state_dict(), card, folder, spec)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "config": asdict(CONFIGS[name])}))
    return path


@pytest.fixture
def digit() -> tuple[np.ndarray, np.ndarray]:
    pixels, hidden = np.zeros((28, 28), np.uint8), np.zeros((28, 28), bool)
    pixels[4:24, 12:16] = 255
    hidden[14:] = True
    return pixels, hidden


@pytest.mark.parametrize("name", ["aevb-mnist-2d", "draw-mnist", "pixelcnn-mnist"])
def test_a_completed_digit_keeps_what_is_in_sight(
    name: str, tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    pixels, hidden = digit
    model, trace = UseStudio().use(trained(name, tmp_path), "complete", digit, 1)
    assert isinstance(trace, CanvasTrace | RasterTrace)
    last = trace.frame(-1)[:, 0]
    assert (last[:, ~hidden] == (pixels[~hidden] > 0)).all()
    assert stage(model.family, trace, "complete")["panels"]


@pytest.mark.parametrize(
    ("name", "task"),
    [("aevb-mnist-2d", "copy"), ("draw-mnist", "copy"), ("draw-mnist", "imagine"), ("glimpse-cluttered", "look")],
)
def test_each_family_does_what_it_can(
    name: str, task: str, tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    studio, card = UseStudio(), trained(name, tmp_path)
    model, trace = studio.use(card, task, digit, 1)
    _, again = studio.use(card, task, digit, 1)
    assert (trace.frame(-1) == again.frame(-1)).all() and stage(model.family, trace, task)["steps"] == len(trace)
    if task == "look":
        side = (60 - 28) // 2
        assert (trace.frame(0)[0, 0, side : side + 28, side : side + 28] == digit[0] / 255).all()


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]) -> None:
    studio, card = UseStudio(), trained("aevb-mnist-2d", tmp_path)
    with pytest.raises(UserError, match="Nothing is covered"):
        studio.use(card, "complete", (digit[0], np.zeros((28, 28), bool)), 1)
    with pytest.raises(UserError, match="cannot look: it can copy, imagine, complete"):
        studio.use(card, "look", digit, 1)
    with pytest.raises(UserError, match="no longer there"):
        studio.use(tmp_path / "gone.json", "copy", digit, 1)
    with pytest.raises(UserError, match="another size"):
        studio.use(card, "copy", (np.zeros((20, 20), np.uint8), np.zeros((20, 20), bool)), 1)


def test_weights_that_came_later_are_the_ones_that_are_used(
    tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    studio, card = UseStudio(), trained("aevb-mnist-2d", tmp_path)
    first = studio.model(card)
    assert studio.model(card) is first
    trained("aevb-mnist-2d", tmp_path)
    assert studio.model(card) is not first


@pytest.mark.parametrize("name", ["aevb-mnist-2d", "draw-mnist", "pixelcnn-mnist"])
def test_in_the_rooms_what_was_trained_stands_in_the_place_of_its_namesake(
    name: str, tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    shipped, card = Studio(), trained(name, tmp_path)
    guest = shipped.with_trained(card)
    assert shipped.with_trained(card) is guest
    size = sum(each.numel() for each in small.build(CONFIGS[name]).parameters())
    for question in get_args(Question):
        entry = guest.together.answer(question, name, digit, 2, 1)
        assert entry.parameters == size and entry.name == name
    if name == "draw-mnist":
        assert len(guest.draw_copy(digit[0], 1)) == CONFIGS[name].steps
    if name == "aevb-mnist-2d":
        assert guest.costs.bound(digit[0], name, 1).bound > 0


def test_what_paints_pictures_of_another_size_is_no_painter_of_the_rooms(tmp_path: Path) -> None:
    card = trained("pixelcnn-mnist", tmp_path)
    told = json.loads(card.read_text())
    model = small.build(PixelCNNConfig(height=20, features=4, bottleneck=4, blocks=1, position_bias=True))
    spec = replace(REGISTRY["pixelcnn-mnist"], config=model.config)
    save_checkpoint("pixelcnn-mnist", model.state_dict(), {"source": told["source"]}, tmp_path, spec)
    with pytest.raises(UserError, match="of another kind than this room's"):
        Studio().with_trained(card)
