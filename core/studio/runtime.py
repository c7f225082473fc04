"""What the app keeps while it runs: the studio, made when it is first needed.

Importing torch takes seconds and half a gigabyte; the page does not wait for it. ``Runtime`` imports
:mod:`core.studio`, and torch with it, at the first request or in the background after :meth:`Runtime.warm`.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.studio.trainings import Trainings
from core.studio.turns import PATIENCE

if TYPE_CHECKING:
    from core.studio.studio import Studio

LENDS = os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")
"""Whether this machine lends GPUs for one painting each: ZeroGPU of Hugging Face Spaces, as its package asks."""


class Runtime:
    """One per process. ``checkpoints`` names another folder of weights than the repository's, ``device`` a device.

    ``trainings`` are those of the room *Train*, in processes of their own; they need no torch in this one. Who waits
    for ``patience`` seconds until it is their turn to paint is told so.
    """

    def __init__(
        self,
        checkpoints: Path | None = None,
        device: str = "auto",
        trainings: Trainings | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.trainings = trainings or Trainings()
        self._checkpoints, self._device, self._patience = checkpoints, device, patience
        self._studio: Studio | None = None
        self._lock = threading.Lock()

    @property
    def studio(self) -> Studio:
        """The painters; the first access imports torch."""
        with self._lock:
            if self._studio is None:
                module = importlib.import_module("core.studio.studio")
                folder = [self._checkpoints] if self._checkpoints else []
                self._studio = module.Studio(*folder, device=self._device, patience=self._patience)
            return self._studio

    def answer(self, endpoint: str, given: Mapping[str, Any]) -> Any:
        """What an endpoint of :mod:`core.client` answers to these arguments. Raises ``UserError``."""
        calls = importlib.import_module("core.studio.calls")
        return calls.CALLS[endpoint](self.studio, **given)

    def studio_of(self, run: str) -> Studio:
        """The painters, with what the training ``run`` has learned in the place of the shipped model of its name.

        Raises ``UserError``; without a run it is :attr:`studio`.
        """
        return self.studio.with_trained(self.trainings.trained(run)) if run else self.studio

    @staticmethod
    def lend() -> None:
        """Have GPUs lent, which must be asked for before the page stands; torch is imported."""
        importlib.import_module("core.studio.lent").begin()

    def warm(self) -> threading.Thread:
        """Import torch and load the models in the background."""
        thread = threading.Thread(target=lambda: self.studio.warm(), name="easel-warm", daemon=True)
        thread.start()
        return thread
