"""What the app keeps while it runs: the studio, made when it is first needed.

Importing torch takes seconds and half a gigabyte; the page does not wait for it. ``Runtime`` imports
:mod:`core.studio`, and torch with it, at the first request or in the background after :meth:`Runtime.warm`.
"""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.studio import Studio


class Runtime:
    """One per process. ``checkpoints`` names another folder of weights than the repository's."""

    def __init__(self, checkpoints: Path | None = None) -> None:
        self._checkpoints = checkpoints
        self._studio: Studio | None = None
        self._lock = threading.Lock()

    @property
    def studio(self) -> Studio:
        """The painters; the first access imports torch."""
        with self._lock:
            if self._studio is None:
                module = importlib.import_module("core.studio")
                self._studio = module.Studio(*([self._checkpoints] if self._checkpoints else []))
            return self._studio

    def warm(self) -> threading.Thread:
        """Import torch and load the models in the background."""
        thread = threading.Thread(target=lambda: self.studio.warm(), name="easel-warm", daemon=True)
        thread.start()
        return thread
