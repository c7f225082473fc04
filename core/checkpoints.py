"""Weights as safetensors with a card beside them; pickles are never loaded.

``NAME.safetensors`` holds the tensors, ``NAME.json`` the card: config, data, steps, seed, metrics and the SHA-256 of
the weights. A file that is missing, truncated, tampered with or made for another config raises
:class:`CheckpointError` with one clear sentence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.errors import UserError
from core.files import replacing
from core.registry import REGISTRY, ModelSpec

FOLDER = Path(__file__).resolve().parent.parent / "checkpoints"


class CheckpointError(UserError):
    """A checkpoint cannot be used; the message is one sentence for the user."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` in one move; see :func:`core.files.replacing`."""
    with replacing(path) as file:
        file.write(data)


def save_checkpoint(name: str, weights: Mapping[str, Tensor], card: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write weights and card of the registered model ``name``; the card gets config and SHA-256 added.

    A model whose spec says ``half`` is kept in float16; loading gives its parameters back in float32.
    """
    dtype = torch.float16 if REGISTRY[name].half else torch.float32
    data = save({key: value.detach().to("cpu", dtype).contiguous() for key, value in weights.items()})
    full = {
        "name": name,
        "config": asdict(REGISTRY[name].config),
        **card,
        "parameters": sum(value.numel() for value in weights.values()),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    write_atomically(folder / f"{name}.safetensors", data)
    write_card(name, full, folder)


def write_card(name: str, card: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write a card alone, as evaluation does when it adds its figures."""
    write_atomically(folder / f"{name}.json", (json.dumps(card, indent=2) + "\n").encode())


def read_card(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """The card of ``name``."""
    path = folder / f"{name}.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"The card {path.name} is missing from the checkpoints.") from None
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
    if name not in REGISTRY:
        raise CheckpointError(f"There is no model called {name!r}; known are {', '.join(REGISTRY)}.")
    card, path = read_card(name, folder), folder / f"{name}.safetensors"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"The weights {path.name} are missing from the checkpoints.") from None
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise CheckpointError(f"The weights {path.name} do not match the SHA-256 on their card: fetch them again.")
    spec = REGISTRY[name]
    check_config(name, spec, card)
    try:
        weights = load(data)
        model: torch.nn.Module = spec.build()
        model.load_state_dict(weights)
    except SafetensorError:
        raise CheckpointError(f"The weights {path.name} are damaged: they are no safetensors file.") from None
    except RuntimeError:
        raise CheckpointError(f"The weights {path.name} do not fit the model: fetch those of this version.") from None
    return model.eval()


def check_config(name: str, spec: ModelSpec, card: Mapping[str, Any]) -> None:
    """Refuse weights whose card names another config than the registry's."""
    if card.get("config") != json.loads(json.dumps(asdict(spec.config))):  # as JSON has it: a tuple is a list there
        raise CheckpointError(f"The card {name}.json describes another model than the registry's {name}.")
