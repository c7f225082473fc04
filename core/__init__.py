"""Generative models that show how they paint: ``core.load(name)`` gives one, ``core.names()`` says which there are.

::

    import core
    cnn = core.load("pixelcnn-mnist")
    digits = cnn.sample(4, seed=0)

Everything that knows tensors lives in here; neither gradio nor plotly is imported. PyTorch is, by ``load``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from core.library import Model
    from core.training.spec import Family


def load(name: str | os.PathLike[str], device: str = "cpu") -> Model:
    """A trained model by its name, or by the path of what a run has trained; see :func:`core.library.load`."""
    from core import library

    return library.load(name, device)


def names(family: Family | None = None) -> list[str]:
    """The names of all models, or of those of one family: ``vae``, ``draw``, ``pixel`` or ``classifier``.

    Raises :class:`core.errors.UserError` for a family that there is not.
    """
    from core.errors import UserError, quoted
    from core.training.registry import REGISTRY
    from core.training.spec import Family

    if family is not None and family not in get_args(Family):
        raise UserError(
            "There is no family {family}; there are {get_args}.",
            family=quoted(family),
            get_args=", ".join(get_args(Family)),
        )
    return [name for name, spec in REGISTRY.items() if family in (None, spec.family)]
