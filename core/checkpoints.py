"""Weights as safetensors with a card beside them; pickles are never loaded.

``NAME.safetensors`` holds the tensors, ``NAME.json`` the card: config, data, steps, seed, metrics and the SHA-256 of
the weights. A file that is missing, truncated, tampered with or made for another config raises
:class:`CheckpointError` with one clear sentence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.errors import UserError, quoted
from core.files import replace_together, replacing
from core.registry import REGISTRY, ModelSpec
from core.settings import SettingError, rebuilt

FOLDER = Path(__file__).resolve().parent.parent / "checkpoints"


class CheckpointError(UserError):
    """A checkpoint cannot be used; the message is one sentence for the user."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` in one move; see :func:`core.files.replacing`."""
    with replacing(path) as file:
        file.write(data)


def save_checkpoint(
    name: str,
    weights: Mapping[str, Tensor],
    card: Mapping[str, Any],
    folder: Path = FOLDER,
    spec: ModelSpec | None = None,
) -> None:
    """Write weights and card of a model together; the card gets config and SHA-256 added.

    The config is that of ``spec``, which is the registry's entry of ``name`` unless given. A model whose spec says
    ``half`` is kept in float16; loading gives its parameters back in float32.
    """
    spec = spec or REGISTRY[name]
    dtype = torch.float16 if spec.half else torch.float32
    data = save({key: value.detach().to("cpu", dtype).contiguous() for key, value in weights.items()})
    full = {
        "name": name,
        "config": asdict(spec.config),
        **card,
        "parameters": sum(value.numel() for value in weights.values()),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    replace_together({folder / f"{name}.safetensors": data, folder / f"{name}.json": card_bytes(full)})


def card_bytes(card: Mapping[str, Any]) -> bytes:
    """A card as it is written: JSON, in which no number may be NaN or infinite."""
    return (json.dumps(card, indent=2, allow_nan=False) + "\n").encode()


def write_card(name: str, card: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a card alone, as evaluation does when it adds its figures."""
    write_atomically(folder / f"{name}.json", card_bytes(card))


def read_card(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The card of ``name``."""
    path = folder / f"{name}.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"The card {path.name} is missing from the checkpoints.") from None
    except OSError as error:
        raise CheckpointError(f"The card {path.name} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise CheckpointError(f"The card {path.name} is damaged: it is not JSON.") from None
    if not isinstance(card, dict):
        raise CheckpointError(f"The card {path.name} is damaged: it is not a JSON object.")
    return card


def kl_per_latent(name: str, folder: Path = FOLDER) -> NDArray[np.float32]:
    """Mean nats that each latent of the VAE ``name`` carries, (d,), as its card says; ones if it does not say it."""
    for figure in read_card(name, folder).get("metrics", []):
        if figure.get("kl_per_latent"):
            return np.array(figure["kl_per_latent"], np.float32)
    return np.ones(REGISTRY[name].config.latent, np.float32)


def load_checkpoint(name: str, folder: Path = FOLDER) -> torch.nn.Module:
    """The trained model ``name``, in evaluation mode, on the CPU."""
    card = card_of(name, folder)
    check_config(name, REGISTRY[name], card)
    return with_weights(name, REGISTRY[name], card, folder)


def load_trained(name: str, folder: Path = FOLDER) -> tuple[ModelSpec, torch.nn.Module]:
    """Weights that were trained as ``name`` with settings of their own: the entry and model that their card describes.

    The model is in evaluation mode, on the CPU. Raises :class:`CheckpointError`.
    """
    card, spec = card_of(name, folder), REGISTRY[name]
    try:
        config = rebuilt(type(spec.config), card.get("config"))
    except SettingError:
        raise CheckpointError(f"The card {name}.json describes no {name} that this version knows.") from None
    labelled, source = bool(card.get("labelled", spec.labelled)), card.get("source")
    spec = replace(spec, config=config, dataset=source if isinstance(source, str) else spec.dataset, labelled=labelled)
    return spec, with_weights(name, spec, card, folder)


def card_of(name: str, folder: Path) -> dict[str, Any]:
    """The card of a registered name. Raises :class:`CheckpointError`."""
    if name not in REGISTRY:
        raise CheckpointError(f"There is no model called {quoted(name)}; known are {', '.join(REGISTRY)}.")
    card = read_card(name, folder)
    if card.get("name", name) != name:
        raise CheckpointError(f"The card {name}.json is that of another model, {quoted(card['name'])}.")
    return card


def with_weights(name: str, spec: ModelSpec, card: Mapping[str, Any], folder: Path) -> torch.nn.Module:
    """The model of ``spec`` with the weights that the card vouches for. Raises :class:`CheckpointError`."""
    path = folder / f"{name}.safetensors"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"The weights {path.name} are missing from the checkpoints.") from None
    except OSError as error:  # a folder in their place, or nobody may read them
        raise CheckpointError(f"The weights {path.name} cannot be read: {error.strerror}.") from None
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise CheckpointError(f"The weights {path.name} do not match the SHA-256 on their card: fetch them again.")
    try:
        weights = load(data)
        model: torch.nn.Module = spec.build()
        model.load_state_dict(weights)
    except SafetensorError:
        raise CheckpointError(f"The weights {path.name} are damaged: they are no safetensors file.") from None
    except (RuntimeError, ValueError):
        raise CheckpointError(f"The weights {path.name} do not fit the model: fetch those of this version.") from None
    for key, value in model.state_dict().items():
        if weights[key].is_floating_point() != value.is_floating_point() or not value.isfinite().all():
            raise CheckpointError(f"The weights {path.name} hold something that is no real number: fetch them again.")
    return model.eval()


def check_config(name: str, spec: ModelSpec, card: Mapping[str, Any]) -> None:
    """Refuse weights whose card names another config than the registry's."""
    if card.get("config") != json.loads(json.dumps(asdict(spec.config))):  # as JSON has it: a tuple is a list there
        raise CheckpointError(f"The card {name}.json describes another model than the registry's {name}.")
