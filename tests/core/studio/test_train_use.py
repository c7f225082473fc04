"""What was trained here copies, completes and imagines; what it cannot is one sentence."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from core.data import sets, strokes
from core.errors import UserError
from core.models.configs import AEVBConfig, DrawConfig, GlimpseConfig, PixelCNNConfig, ResidualVAEConfig
from core.studio.studio import Studio
from core.studio.together_rows import Question
from core.studio.train_use import UseStudio
from core.trace import CanvasTrace, RasterTrace
from core.training.checkpoints import save_checkpoint
from core.training.registry import REGISTRY
from tests.core import small
from viz.errors import said
from viz.language import speaking
from viz.tabs import vae_colour, vae_map_view
from viz.tabs.trained import Asked
from viz.views.train_use import stage

CONFIGS = {
    "aevb-mnist-2d": AEVBConfig(hidden=8),
    "draw-mnist": DrawConfig(hidden=8, latent=4, steps=3),
    "pixelcnn-mnist": PixelCNNConfig(features=4, bottleneck=4, blocks=1, position_bias=True),
    "glimpse-cluttered": GlimpseConfig(hidden=8, features=8, steps=2),
    "draw-svhn": DrawConfig(channels=3, height=32, width=32, hidden=8, latent=4, steps=3),
}


def trained(name: str, folder: Path, config: Any = None) -> Path:
    """The card of an untrained model of another size than the registered one's, as a run keeps it."""
    spec = replace(REGISTRY[name], config=config or CONFIGS[name])
    card = {"source": "strokes", "labelled": spec.labelled}
    save_checkpoint(name, small.build(spec.config).state_dict(), card, folder, spec)
    return folder / f"{name}.json"


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
    with pytest.raises(UserError, match="cannot look: it can copy, imagine, complete") as caught:
        studio.use(card, "look", digit, 1)
    with speaking("zh"):
        assert said(caught.value).endswith("做不到的：看；它能做的：临摹、想象、补全。")
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
    config = PixelCNNConfig(height=20, features=4, bottleneck=4, blocks=1, position_bias=True)
    card = trained("pixelcnn-mnist", tmp_path, config)
    with pytest.raises(UserError, match="of another kind than this room's"):
        Studio().with_trained(card)


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few drawn digits that they are there at once."""
    monkeypatch.setattr(sets, "STROKES", {"train": (20, 1), "valid": (30, 2), "test": (20, 3)})


def test_a_code_of_another_length_has_a_map_of_its_own_and_says_what_its_numbers_carry(
    tmp_path: Path, digits: None, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    name, shipped = "aevb-mnist-2d", Studio()
    guest = shipped.with_trained(trained(name, tmp_path, AEVBConfig(hidden=8, latent=5)))
    view = vae_map_view.FIRST._replace(held=vae_map_view.DIGIT)
    now = vae_map_view.seen(guest, view, digit[0])
    assert len(now.places) == 30 and set(now.labels.tolist()) <= set(range(10)) and now.plane.basis.shape == (2, 5)
    assert "30 pictures from which it did not learn" in vae_map_view.board(guest, view, now)["words"]
    assert len(vae_map_view.cloud(guest, view, now, digit[0])["mean"]) == 5
    assert guest.map.peek(name, [0.0] * 5).shape == (28, 28)
    carried = guest.vaes.carried(name)
    assert len(carried) == 5 and (np.diff(carried) <= 0).all()
    wanted = guest.vaes.model(name).kl_per_latent(guest._learned._pictures[0]).mean(0)
    np.testing.assert_allclose(carried, np.sort(wanted.detach().numpy())[::-1], rtol=1e-5)
    assert guest.walks.between(digit[0], digit[0][:, ::-1].copy(), 4, name).painted.shape[:2] == (2, 4)
    assert len(shipped.vaes.carried(name)) == 2, "the shipped one is as it was"
    assert guest.pixels._brush("pixelcnn-mnist").model is shipped.pixels._brush("pixelcnn-mnist").model


def test_codes_of_one_number_and_of_pictures_that_are_gone_have_no_dots(
    tmp_path: Path, digits: None, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    one = Studio().with_trained(trained("aevb-mnist-2d", tmp_path, AEVBConfig(hidden=8, latent=1)))
    with pytest.raises(UserError, match="has but one"):
        vae_map_view.seen(one, vae_map_view.FIRST, digit[0])
    card = trained("aevb-mnist-2d", tmp_path)
    card.write_text(json.dumps({**json.loads(card.read_text()), "source": f"archive:{tmp_path / 'gone.zip'}"}))
    gone = Studio().with_trained(card)
    now = vae_map_view.seen(gone, vae_map_view.FIRST, digit[0])
    assert not len(now.places)
    assert "no longer here" in vae_map_view.board(gone, vae_map_view.FIRST, now)["words"]


def test_pictures_without_classes_are_dots_of_no_class(tmp_path: Path, digits: None) -> None:
    card = trained("aevb-mnist-2d", tmp_path)
    images = strokes.digits(30, 0)[0]
    (folder := tmp_path / "own").mkdir()
    for i, pixels in enumerate(images):
        Image.fromarray(pixels).save(folder / f"{i}.png")
    card.write_text(json.dumps({**json.loads(card.read_text()), "source": f"archive:{folder}", "binarised": "sample"}))
    dots = Studio().with_trained(card).map.own("aevb-mnist-2d")
    assert dots is not None and len(dots.means) == 3 and (dots.labels == 255).all()


def test_what_was_trained_is_looked_at_looks_and_paints_in_colour(
    tmp_path: Path, digit: tuple[np.ndarray, np.ndarray]
) -> None:
    shipped, name = Studio(), "pixelcnn-mnist"
    guest = shipped.with_trained(trained(name, tmp_path))
    fields = [studio.pixels.field(name, 14, 14, digit[0]) for studio in (guest, shipped)]
    assert 0 < (fields[0] > 0).sum() < (fields[1] > 0).sum(), "one layer sees less far than many"
    scene = shipped.glimpses.scene(digit[0], 60, 2, 1).pixels
    looks = shipped.with_trained(trained("glimpse-cluttered", tmp_path)).glimpses.look(scene)
    assert len(looks) == 2 and len(shipped.glimpses.look(scene)) == 8
    draws = shipped.with_trained(trained("draw-svhn", tmp_path)).draws
    assert draws.side("draw-svhn") == 32 and draws.generate("draw-svhn", 2, 1).frame(-1).shape == (2, 3, 32, 32)
    small_vae = ResidualVAEConfig(**{**asdict(REGISTRY["vae-svhn"].config), "latent": 2, "features": 4, "dense": 8})
    colour = shipped.with_trained(trained("vae-svhn", tmp_path, small_vae))
    value = vae_colour.Answers(Asked(colour, "vae-svhn")).imagined(2, 1, 1)
    assert "Two numbers" in value["note"]["html"]
