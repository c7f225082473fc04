"""Weights as safetensors with a card beside them; pickles are never loaded.

``NAME.safetensors`` holds the tensors, ``NAME.json`` the card: class and config, from which the model can be built,
data, steps, seed, metrics and the SHA-256 of the weights. A card is data: it can name no class but one of ours. A file
that is missing, truncated, tampered with or made for another config raises :class:`CheckpointError` with one clear
sentence.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from core.errors import UserError, quoted
from core.files import CHECKPOINTS, replace_together, replacing
from core.training.registry import REGISTRY
from core.training.settings import SettingError, rebuilt
from core.training.spec import ModelSpec

NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
"""What a model's name looks like: it is part of a path."""
NETWORK = re.compile(r"(core\.models\.[a-z_]+)\.([A-Za-z]+)")
"""What a card may name as its model's class."""


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
    folder: Path = CHECKPOINTS,
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
        "model": spec.model,
        "config": asdict(spec.config),
        **card,
        "parameters": sum(value.numel() for value in weights.values()),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    replace_together({folder / f"{name}.safetensors": data, folder / f"{name}.json": card_bytes(full)})


def card_bytes(card: Mapping[str, Any]) -> bytes:
    """A card as it is written: JSON, in which no number may be NaN or infinite."""
    return (json.dumps(card, indent=2, allow_nan=False) + "\n").encode()


def write_card(name: str, card: Mapping[str, Any], folder: Path = CHECKPOINTS) -> None:
    """Write a card alone, as evaluation does when it adds its figures."""
    write_atomically(folder / f"{name}.json", card_bytes(card))


def read_card(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """The card of ``name``."""
    path = folder / f"{name}.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError("The card {name} is missing from the checkpoints.", name=path.name) from None
    except OSError as error:
        raise CheckpointError(
            "The card {name} cannot be read: {strerror}.", name=path.name, strerror=error.strerror
        ) from None
    except ValueError:
        raise CheckpointError("The card {name} is damaged: it is not JSON.", name=path.name) from None
    if not isinstance(card, dict):
        raise CheckpointError("The card {name} is damaged: it is not a JSON object.", name=path.name)
    return card


def kl_per_latent(name: str, folder: Path = CHECKPOINTS) -> NDArray[np.float32]:
    """Mean nats that each latent of the VAE ``name`` carries, (d,), as its card says; ones if it does not say it."""
    card = read_card(name, folder)
    for figure in card.get("metrics", []):
        if figure.get("kl_per_latent"):
            return np.array(figure["kl_per_latent"], np.float32)
    return np.ones(card["config"]["latent"], np.float32)


def load_checkpoint(name: str, folder: Path = CHECKPOINTS) -> torch.nn.Module:
    """The trained model ``name``, in evaluation mode, on the CPU.

    A registered one must be what the registry says; any other is built from its card alone.
    """
    card = card_of(name, folder)
    if name in REGISTRY:
        check_config(name, REGISTRY[name], card)
        return with_weights(name, REGISTRY[name].build, card, folder)
    return with_weights(name, described(name, card), card, folder)


def load_trained(name: str, folder: Path = CHECKPOINTS) -> tuple[ModelSpec, torch.nn.Module]:
    """Weights that were trained with settings of their own: the entry and model that their card describes.

    ``name`` is a registered one, or that of a card whose class is that of a registered model. The model is in
    evaluation mode, on the CPU. Raises :class:`CheckpointError`.
    """
    card = card_of(name, folder)
    spec = REGISTRY.get(name) or kin(name, card)
    try:
        if card.get("model", spec.model) != spec.model:
            raise SettingError("The card is of another class.")
        config = rebuilt(type(spec.config), card.get("config"))
    except SettingError:
        raise CheckpointError("The card {name}.json describes no {name} that this version knows.", name=name) from None
    labelled, source = bool(card.get("labelled", spec.labelled)), card.get("source")
    spec = replace(spec, config=config, dataset=source if isinstance(source, str) else spec.dataset, labelled=labelled)
    return spec, with_weights(name, spec.build, card, folder)


def card_of(name: str, folder: Path) -> dict[str, Any]:
    """The card of a model. Raises :class:`CheckpointError`."""
    if name not in REGISTRY and not (NAME.fullmatch(name) and (folder / f"{name}.json").exists()):
        raise unknown(name)
    card = read_card(name, folder)
    if card.get("name", name) != name:
        raise CheckpointError(
            "The card {name}.json is that of another model, {name2}.", name=name, name2=quoted(card["name"])
        )
    return card


def unknown(name: str) -> CheckpointError:
    """What is said of a name that is nobody's."""
    return CheckpointError(
        "There is no model called {name}; known are {registry}.", name=quoted(name), registry=", ".join(REGISTRY)
    )


def kin(name: str, card: Mapping[str, Any]) -> ModelSpec:
    """An entry for a model that is not registered, after one of its class that is. Raises :class:`CheckpointError`."""
    for spec in REGISTRY.values():
        if spec.model == card.get("model"):
            return replace(spec, title=name, shown={})
    raise no_model_of_ours(name)


def no_model_of_ours(name: str) -> CheckpointError:
    """What is said of a card that names another class than one of ours."""
    return CheckpointError("The card {name}.json names no model of Easel's: a card is data, never code.", name=name)


def described(name: str, card: Mapping[str, Any]) -> Callable[[], torch.nn.Module]:
    """What builds the model that a card describes: one of :mod:`core.models`. Raises :class:`CheckpointError`."""
    network = network_of(card.get("model"))
    if network is None:
        raise no_model_of_ours(name)
    try:
        config = rebuilt(get_type_hints(network.__init__)["config"], card.get("config"))
    except SettingError:
        raise CheckpointError(
            "The card {name}.json describes no {name2} that this version knows.", name=name, name2=network.__name__
        ) from None
    return lambda: network(config)


def network_of(path: object) -> type[Any] | None:
    """The class of a painter or classifier of :mod:`core.models` by its dotted path; None for anything else."""
    found = NETWORK.fullmatch(path) if isinstance(path, str) else None
    if found is None:
        return None
    try:
        network = getattr(importlib.import_module(found[1]), found[2], None)
    except ImportError:
        return None
    ours = isinstance(network, type) and network.__module__ == found[1] and issubclass(network, torch.nn.Module)
    return network if ours and hasattr(network, "loss") and hasattr(network, "steps") else None


def with_weights(
    name: str, build: Callable[[], torch.nn.Module], card: Mapping[str, Any], folder: Path
) -> torch.nn.Module:
    """The model that ``build`` makes, with the weights that the card vouches for. Raises :class:`CheckpointError`."""
    path = folder / f"{name}.safetensors"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError("The weights {name} are missing from the checkpoints.", name=path.name) from None
    except OSError as error:  # a folder in their place, or nobody may read them
        raise CheckpointError(
            "The weights {name} cannot be read: {strerror}.", name=path.name, strerror=error.strerror
        ) from None
    if hashlib.sha256(data).hexdigest() != card.get("sha256"):
        raise CheckpointError(
            "The weights {name} do not match the SHA-256 on their card: fetch them again.", name=path.name
        )
    try:
        weights = load(data)
        model = build()
        model.load_state_dict(weights)
    except SafetensorError:
        raise CheckpointError("The weights {name} are damaged: they are no safetensors file.", name=path.name) from None
    except (RuntimeError, ValueError, TypeError, OverflowError, MemoryError):  # a card may name any size
        raise CheckpointError(
            "The weights {name} do not fit the model: fetch those of this version.", name=path.name
        ) from None
    for key, value in model.state_dict().items():
        if weights[key].is_floating_point() != value.is_floating_point() or not value.isfinite().all():
            raise CheckpointError(
                "The weights {name} hold something that is no real number: fetch them again.", name=path.name
            )
    return model.eval()


def check_config(name: str, spec: ModelSpec, card: Mapping[str, Any]) -> None:
    """Refuse weights whose card names another class or config than the registry's."""
    config = json.loads(json.dumps(asdict(spec.config)))  # as JSON has it: a tuple is a list there
    if card.get("model", spec.model) != spec.model or card.get("config") != config:
        raise CheckpointError("The card {name}.json describes another model than the registry's {name}.", name=name)
