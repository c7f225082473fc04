"""What a person has trained, put to use: it copies, imagines and completes as the models that are shipped do.

Pictures are uint8 (H, W) of 0 and 255, ``hidden`` (H, W) is true where they are covered.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import UserError
from core.library import Model, load
from core.models.base import array
from core.requests import RequestError, binary_picture, seeded
from core.samplers import prices
from core.sentences import Sentence, listed
from core.studies import draw_complete, vae_restore
from core.studio.pixels import Covered
from core.studio.turns import charge
from core.trace import CanvasTrace, RasterTrace, Step, Trace
from core.training.spec import Family

Task = Literal["copy", "imagine", "complete", "look"]
ABLE: dict[Family, tuple[Task, ...]] = {
    "vae": ("copy", "imagine", "complete"),
    "draw": ("copy", "imagine", "complete"),
    "pixel": ("imagine", "complete"),
    "classifier": ("look",),
}
"""What a model of each family can be asked for here."""
SAID: dict[str, Sentence] = {
    "copy": Sentence("copy"),
    "imagine": Sentence("imagine"),
    "complete": Sentence("complete"),
    "look": Sentence("look"),
}
COUNT, RESTARTS = 9, 4
KEPT = 4
"""Models that are kept loaded."""


class UseStudio:
    """Requests to models that were trained here; the last ones are kept loaded."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Model] = {}
        self._lock = threading.Lock()

    def model(self, card: Path) -> Model:
        """The model of a card, as it is now: training goes on meanwhile. Raises :class:`UserError`."""
        try:
            key = str(card), card.stat().st_mtime_ns
        except OSError:
            raise UserError("What was trained is no longer there.") from None
        with self._lock:
            if key not in self._kept:
                self._kept[key] = load(card)
                while len(self._kept) > KEPT:
                    del self._kept[next(iter(self._kept))]
            return self._kept[key]

    def use(self, card: Path, task: str, covered: Covered, seed: object) -> tuple[Model, Trace]:
        """Have a trained model do something with a person's digit; ``imagine`` needs none."""
        model, (pixels, hidden) = self.model(card), covered
        if task not in get_args(Task) or task not in ABLE[model.family]:
            raise RequestError(
                "{title} cannot {task}: it can {able}.",
                title=model.spec.title,
                task=SAID.get(task, task),
                able=listed([SAID[each] for each in ABLE[model.family]]),
            )
        charge(prices.pictures(model.spec.title, COUNT))
        with self._lock:
            torch.set_num_threads(1)
            if task == "imagine":
                return model, model.sample(COUNT, seed)
            if task == "look":
                return model, model.look(self._scene(model, pixels), seed)
            x = self._digit(model, pixels)
            if task == "copy":
                return model, model.reconstruct(x, seed)
            return model, self._completed(model, x, hidden, seed)

    def _digit(self, model: Model, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        config = model.config
        if (config.channels, config.height, config.width) != (1, *pixels.shape):
            raise RequestError(
                "This model paints pictures in colour: it can imagine some, but not take your digit."
                if config.channels == 3
                else "This model paints pictures of another size: it can imagine some, but not take your digit."
            )
        return pixels

    def _scene(self, model: Model, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The digit in the middle of a scene as large as the model's."""
        height, width = model.config.height, model.config.width
        scene = np.zeros((height, width), np.uint8)
        y, x = (height - pixels.shape[0]) // 2, (width - pixels.shape[1]) // 2
        if min(y, x) < 0:
            raise RequestError("This model looks at smaller pictures than your digit.")
        scene[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
        return scene

    def _completed(self, model: Model, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_], seed: object) -> Trace:
        if not hidden.any():
            raise RequestError("Nothing is covered: cover the part that is to be completed.")
        if model.family == "pixel":
            done: RasterTrace = model.complete(pixels, ~hidden, seed, count=COUNT)
            return done
        x, cover = binary_picture(pixels), torch.from_numpy(hidden)
        module: Any = model.module
        if model.family == "draw":
            steps = draw_complete.completed(module, x, cover, seeded(seed))
            return CanvasTrace.record(steps, array(x))
        damaged = vae_restore.covered(x, cover)
        found = vae_restore.search(
            module, damaged, vae_restore.starts(module, damaged, RESTARTS, seeded(seed)), every=2
        )
        best = found.objective[:, :, 0].argmin(1).tolist()
        shown = [torch.where(cover, found.logits[t, r, 0].sigmoid(), damaged.seen[0])[None] for t, r in enumerate(best)]
        return CanvasTrace(tuple(Step(array(each)) for each in shown), subject=array(x))
