"""Trained models in a notebook: one object for each model, the same verbs for all, every argument checked.

Pictures go in as arrays (bool, whole numbers from 0 to 255, floats from 0 to 1), tensors or traces, one or many:
:func:`core.requests.pictures`. Out come traces (:mod:`core.trace`) or results in NumPy. A mistake is a
:class:`core.errors.UserError` with one sentence.

All noise belongs to (seed, index): picture 3 of 9 is picture 3 of 16, whatever device computes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from core.errors import UserError, quoted
from core.files import CHECKPOINTS
from core.library.model import Model
from core.library.painters import VAE, Classifier, Draw, Pixels
from core.results_vae import Codes
from core.training.checkpoints import kl_per_latent, load_trained
from core.training.registry import REGISTRY
from core.training.spec import Family

__all__ = ["VAE", "Classifier", "Codes", "Draw", "Model", "Pixels", "load"]

KINDS: dict[Family, Any] = {kind.family: kind for kind in (VAE, Draw, Pixels, Classifier)}
"""What models of each family can do."""


def load(name: str | os.PathLike[str], device: str = "cpu") -> Model:
    """A trained model: weights that match the hash on their card, in a model of the config that the card says.

    ``name`` is one of :func:`core.names`, or the path of what was trained: a run's folder, a card or a file of weights.
    Raises :class:`UserError`.
    """
    folder, known = (CHECKPOINTS, str(name)) if name in REGISTRY else found(name)
    spec, module = load_trained(known, folder)
    more = (kl_per_latent(known, folder),) if spec.family == "vae" else ()
    model: Model = KINDS[spec.family](known, spec, module, *more)
    return model.to(device)


def found(name: object) -> tuple[Path, str]:
    """The folder and the name of a trained model at a path. Raises :class:`UserError` where there is none."""
    if not isinstance(name, str | os.PathLike):
        raise UserError("A model is loaded by its name or by the path of its folder, card or weights.")
    path = Path(name)
    if path.is_dir():
        inside = sorted(each.stem for each in path.glob("*.json") if each.with_suffix(".safetensors").is_file())
        if len(inside) == 1:
            return path, inside[0]
        held = f"holds {', '.join(inside)}: name one of them" if inside else "holds no trained model"
        raise UserError("The folder {path} {held}.", path=path, held=held)
    if path.suffix in (".json", ".safetensors") or len(path.parts) > 1:
        if not path.with_suffix(".json").is_file():
            raise UserError("There is no trained model at {path}.", path=path)
        return path.parent, path.stem
    raise UserError(
        "There is no model called {name}; known are {registry}.", name=quoted(str(name)), registry=", ".join(REGISTRY)
    )
