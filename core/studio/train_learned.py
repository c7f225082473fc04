"""What is known of a VAE that was trained here from the pictures that it learned with: its codes, and what they carry.

Of the shipped models both are measured beforehand: ``assets/codes.npz`` and the cards.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.data import sets
from core.errors import UserError
from core.library.model import Model
from core.models.base import array, device_of
from core.trace import Array
from core.training.checkpoints import kl_per_latent, read_card

PICTURES, SEED = 400, 0
UNLABELLED = 255
"""In the place of a class where the pictures have none."""


class Dots(NamedTuple):
    """Codes ``means`` (n, d) in the model's own order, and the classes ``labels`` (n,) of their pictures."""

    means: Array
    labels: NDArray[np.uint8]


class Learned:
    """A VAE that was trained here, by its ``card``; pictures of its validation split are read when they are needed."""

    def __init__(self, model: Model, card: Path) -> None:
        self.name, self._model, self._card = model.name, model, card

    @cached_property
    def _pictures(self) -> tuple[Tensor, NDArray[Any] | None] | None:
        """Some (n, C, H, W) and their labels; None where they are no longer there."""
        told = read_card(self.name, self._card.parent)
        try:
            found = sets.load(str(told.get("source")), "valid")
            found = found.binarise(told["binarised"]) if told.get("binarised") else found
        except UserError:
            return None
        few = found.subset(PICTURES, SEED)
        return few.batch(range(len(few)), torch.Generator().manual_seed(SEED)), few.labels

    @cached_property
    def dots(self) -> Dots | None:
        """Where the encoder puts these pictures; None where they are no longer there."""
        if self._pictures is None:
            return None
        (x, labels), module = self._pictures, self._model.module
        with torch.no_grad():
            mean, _ = module.encode(x.to(device_of(module)))
        known = np.full(len(x), UNLABELLED) if labels is None else labels
        return Dots(array(mean), np.where(known < UNLABELLED, known, UNLABELLED).astype(np.uint8))

    @cached_property
    def carried(self) -> Array:
        """Mean nats of each latent (d,) over these pictures; what the card says where they are no longer there."""
        if self._pictures is None:
            return kl_per_latent(self.name, self._card.parent)
        module = self._model.module
        with torch.no_grad():
            nats: Array = array(module.kl_per_latent(self._pictures[0].to(device_of(module))).mean(0))
        return nats
