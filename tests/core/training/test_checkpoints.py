import hashlib
import json
import os
import pickle
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from core.training.checkpoints import (
    CheckpointError,
    load_checkpoint,
    load_trained,
    read_card,
    save_checkpoint,
    write_atomically,
)
from core.training.registry import REGISTRY
from tests.core import small

NAME = "tiny"
CARD = {"dataset": "boxes", "step": 12}
CONFIG = small.CONFIGS["draw-mnist"]


@pytest.fixture(autouse=True)
def tiny_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, NAME, small.spec("draw-mnist"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good checkpoint."""
    save_checkpoint(NAME, small.build(CONFIG).state_dict(), CARD, tmp_path)
    return tmp_path


def weights(folder: Path) -> Path:
    return folder / f"{NAME}.safetensors"


def change_card(folder: Path, **changes: Any) -> None:
    """Rewrite entries of the card; an entry set to ``None`` is removed."""
    path = folder / f"{NAME}.json"
    card = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in card.items() if value is not None}))


def put_weights(folder: Path, data: bytes) -> None:
    """Other weights, for which the card vouches: its SHA-256 is theirs."""
    weights(folder).write_bytes(data)
    change_card(folder, sha256=hashlib.sha256(data).hexdigest())


def refusal(name: str, folder: Path) -> str:
    """The message of the error that loading must raise: one sentence on one line."""
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(name, folder)
    message = str(caught.value)
    assert message.splitlines() == [message]
    assert message[0].isupper() and message.endswith(".")
    return message


@pytest.mark.parametrize("name", small.NAMES)
def test_what_was_saved_is_loaded_bit_for_bit(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REGISTRY, NAME, replace(small.spec(name), half=False))
    saved = small.build(small.CONFIGS[name], seed=3).train()
    save_checkpoint(NAME, saved.state_dict(), CARD, tmp_path / "new folder")
    loaded = load_checkpoint(NAME, tmp_path / "new folder")
    assert type(loaded) is REGISTRY[name].network and not loaded.training
    assert loaded.state_dict().keys() == saved.state_dict().keys()
    for key, value in saved.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[key]), key


@pytest.mark.parametrize("name", small.NAMES)
def test_a_card_rebuilds_its_model_without_the_registry(name: str, tmp_path: Path) -> None:
    saved = small.build(small.CONFIGS[name], seed=3)
    save_checkpoint("mine", saved.state_dict(), CARD, tmp_path, replace(small.spec(name), half=False))
    loaded = load_checkpoint("mine", tmp_path)
    assert type(loaded) is type(saved) and loaded.config == saved.config and not loaded.training
    spec, same = load_trained("mine", tmp_path)
    assert spec.family == REGISTRY[name].family and spec.title == "mine" and type(same) is type(saved)
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in saved.state_dict().items())


@pytest.mark.parametrize(
    "path",
    [
        None,
        5,
        "",
        "os.system",
        "torch.nn.Linear",
        "tests.core.toy.Neighbours",
        "core.training.run.Run",
        "core.models.draw.nn.Linear",
        "core.models.draw.Draw.steps",
        "core.models.draw.DrawConfig",
        "core.models.draw.LossTerms",
        "core.models.draw.Window",
        "core.models.none.Such",
        "core.models.__main__.Draw",
    ],
)
def test_a_card_that_names_anything_but_a_model_of_ours_is_refused(
    folder: Path, path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(REGISTRY, NAME)
    load_checkpoint(NAME, folder)
    change_card(folder, model=path)
    assert refusal(NAME, folder) == f"The card {NAME}.json names no model of Easel's: a card is data, never code."
    with pytest.raises(CheckpointError, match="a card is data, never code"):
        load_trained(NAME, folder)


@pytest.mark.parametrize("config", [None, {}, [1], asdict(CONFIG) | {"more": 1}, asdict(CONFIG) | {"steps": "four"}])
def test_a_card_whose_config_is_not_one_of_its_class_is_refused(
    folder: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(REGISTRY, NAME)
    change_card(folder, config=config)
    if config == {}:  # every setting has a default, and these weights are of others
        assert "do not fit the model" in refusal(NAME, folder)
    else:
        assert "describes no Draw that this version knows" in refusal(NAME, folder)


def test_a_card_of_another_class_is_not_taken_for_the_registered_one(folder: Path) -> None:
    change_card(folder, model="core.models.glimpse.GlimpseClassifier")
    assert "another model" in refusal(NAME, folder)
    with pytest.raises(CheckpointError, match="describes no tiny that this version knows"):
        load_trained(NAME, folder)


@pytest.mark.parametrize("name", ["../tiny", "tiny/../tiny", "", "Tiny", "tiny.json", ".", "none-such"])
def test_a_name_is_no_path(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(REGISTRY, NAME)
    assert "There is no model called" in refusal(name, folder / "below" / "..")


def test_half_precision_halves_the_file_and_rounds_every_weight_to_float16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(REGISTRY, NAME, replace(small.spec("draw-mnist"), half=True))
    saved = small.build(small.CONFIGS["draw-mnist"], seed=3)
    save_checkpoint(NAME, saved.state_dict(), CARD, tmp_path)
    loaded = load_checkpoint(NAME, tmp_path).state_dict()
    for key, value in saved.state_dict().items():
        assert loaded[key].dtype == torch.float32
        np.testing.assert_array_equal(loaded[key].numpy(), value.numpy().astype(np.float16).astype(np.float32))
    numbers = sum(value.numel() for value in loaded.values())
    assert 2 * numbers < (tmp_path / f"{NAME}.safetensors").stat().st_size < 3 * numbers + 1_000


def test_the_card_names_the_config_the_size_and_the_sha_of_the_weights(folder: Path) -> None:
    card = read_card(NAME, folder)
    assert (
        card["name"] == NAME
        and card["model"] == "core.models.draw.Draw"
        and card["dataset"] == "boxes"
        and card["step"] == 12
    )
    assert card["config"] == asdict(CONFIG)
    assert card["parameters"] == sum(p.numel() for p in small.build(CONFIG).parameters())
    assert card["sha256"] == hashlib.sha256(weights(folder).read_bytes()).hexdigest()


def test_nothing_but_weights_and_card_is_left_behind(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [f"{NAME}.json", f"{NAME}.safetensors"]


def test_an_unknown_name_is_refused_and_the_known_ones_are_told(folder: Path) -> None:
    assert "vae-mnist" in refusal("../tiny", folder)


def test_missing_weights_are_refused(folder: Path) -> None:
    weights(folder).unlink()
    assert f"{NAME}.safetensors" in refusal(NAME, folder)


def test_a_missing_card_is_refused(folder: Path) -> None:
    (folder / f"{NAME}.json").unlink()
    assert f"{NAME}.json" in refusal(NAME, folder)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[1, 2]", b"null", b'"card"'])
def test_a_card_that_is_no_json_object_is_refused(folder: Path, text: bytes) -> None:
    (folder / f"{NAME}.json").write_bytes(text)
    assert "damaged" in refusal(NAME, folder)


@pytest.mark.parametrize("keep", [0, 5, 1000, -1])
def test_truncated_weights_are_refused(folder: Path, keep: int) -> None:
    weights(folder).write_bytes(weights(folder).read_bytes()[:keep])
    assert "SHA-256" in refusal(NAME, folder)


@pytest.mark.parametrize("place", [0, 20, -1])
def test_one_flipped_bit_is_noticed(folder: Path, place: int) -> None:
    data = bytearray(weights(folder).read_bytes())
    data[place] ^= 1
    weights(folder).write_bytes(bytes(data))
    assert "SHA-256" in refusal(NAME, folder)


@pytest.mark.parametrize("sha256", [None, "", 5, "0" * 64])
def test_a_card_with_another_sha_or_none_is_refused(folder: Path, sha256: Any) -> None:
    change_card(folder, sha256=sha256)
    assert "SHA-256" in refusal(NAME, folder)


@pytest.mark.parametrize("config", [None, {}, asdict(replace(CONFIG, steps=4)), asdict(CONFIG) | {"more": 1}])
def test_a_card_with_another_config_is_refused(folder: Path, config: Any) -> None:
    # A model with one step more has the very same weights: only the config tells them apart.
    change_card(folder, config=config)
    assert "another model" in refusal(NAME, folder)


def test_weights_that_are_no_safetensors_are_refused_although_the_sha_fits(folder: Path) -> None:
    data = weights(folder).read_bytes()
    for damaged in (b"", b"no tensors", data[:100], data[:-1]):
        put_weights(folder, damaged)
        assert f"{NAME}.safetensors" in refusal(NAME, folder)


def test_weights_of_another_shape_or_with_a_tensor_missing_are_refused(folder: Path) -> None:
    state = small.build(CONFIG).state_dict()
    first, *others = state
    for other in ({**state, first: torch.zeros(2, 2)}, {key: state[key] for key in others}):
        put_weights(folder, save(other))
        assert f"{NAME}.safetensors" in refusal(NAME, folder)


class Trap:
    """A pickle that, where it is loaded, leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_pickles_are_never_opened(folder: Path, tmp_path: Path) -> None:
    sprung, file = tmp_path / "sprung", tmp_path / "weights.pt"
    pickle.loads(pickle.dumps(Trap(sprung)))
    assert sprung.exists()  # the trap works
    sprung.unlink()
    torch.save({"weight": Trap(sprung)}, file)
    put_weights(folder, file.read_bytes())
    refusal(NAME, folder)
    put_weights(folder, pickle.dumps(Trap(sprung)))
    refusal(NAME, folder)
    assert not sprung.exists()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def crash(*_: object) -> None:
        raise OSError("No space left on device")

    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, crash)
            with pytest.raises(OSError, match="No space"):
                write_atomically(path, b"new")
        assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_a_folder_in_the_place_of_a_file_is_one_sentence(folder: Path) -> None:
    for path, words in (
        (weights(folder), "The weights tiny.safetensors cannot"),
        (folder / "tiny.json", "The card tiny"),
    ):
        path.unlink()
        path.mkdir()
        assert refusal(NAME, folder).startswith(words)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(folder: Path, value: float) -> None:
    state = small.build(CONFIG).state_dict()
    next(iter(state.values())).view(-1)[0] = value
    put_weights(folder, save(state))
    assert "no real number" in refusal(NAME, folder)


def test_whole_numbers_in_the_place_of_weights_are_refused(folder: Path) -> None:
    state = {
        key: torch.zeros(value.shape, dtype=torch.int32) for key, value in small.build(CONFIG).state_dict().items()
    }
    put_weights(folder, save(state))
    assert "no real number" in refusal(NAME, folder)


def test_another_model_s_card_is_refused_by_its_name(folder: Path) -> None:
    change_card(folder, name="other")
    assert refusal(NAME, folder) == "The card tiny.json is that of another model, 'other'."
