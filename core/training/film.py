"""A film of a training: what the same noise and the same pictures give at some 24 moments, ``NAME.film.npz``.

Its arrays, of ``M`` moments, ``n`` pictures of ``C`` channels, ``H`` × ``W`` pixels, ``T`` steps of one painting:

* ``steps`` (M,) and ``validation`` (M,) nats; ``note``: JSON about model, data and recipe, and, where a run was resumed
  with another one, the ``earlier`` recipes, each with the last moment ``until`` which it held;
* ``pictures`` (M, n, C, H, W) uint8: what fixed noise gives;
* ``subjects`` (n, C, H, W) uint8: pictures of the validation split, or of the data set that the note names as
  ``shown``; ``copies`` (M, n, C, H, W) of them;
* of a code of two numbers ``codes`` (M, k, 2) of k such pictures, and their ``labels`` (k,);
* of DRAW ``strokes`` (M, T, C, H, W), the first copy canvas by canvas, and its write ``windows`` (M, T, 3): x, y, size;
* of a pixel model ``field`` (M, H, W): how much each pixel matters for the middle one;
* of a classifier ``windows`` (M, n, T, 3) and ``right`` (M, n, T): how likely it takes each for what it is.

The averaged weights paint, with noise of their own: a training that is filmed ends with the same weights as one that is
not.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.data import sets
from core.files import replacing
from core.models.base import Generate, Reconstruct
from core.models.raster import receptive_field
from core.samplers.brush import Brush
from core.training.folder import RunFolder
from core.training.live import FILM_BYTES, NOW, Film, moments, packed_film, quickly, read_film
from core.training.loop import validate
from core.training.plan import Plan
from core.training.run import Run

PICTURES, COPIES, CODED = 8, 4, 400
NOISE = 1
"""Of the noise."""
FIXED = ("note", "subjects", "labels")
"""The arrays of a film that are there once, whatever the moment."""


def bytes_of(images: Any) -> NDArray[np.uint8]:
    """Pictures in [0, 1] as whole numbers up to 255; what is no number becomes 0."""
    return np.rint(np.nan_to_num(np.clip(images, 0, 1)) * 255).astype(np.uint8)


def noise() -> torch.Generator:
    """The same at every moment."""
    return torch.Generator().manual_seed(NOISE)


class Painted:
    """What the averaged weights of a run make of fixed noise and fixed pictures."""

    def __init__(self, run: Run, shown: sets.DataSet) -> None:
        self.run, rng = run, np.random.default_rng(NOISE)
        chosen = rng.permutation(len(shown))[:CODED]
        self.x = shown.batch(chosen, noise())
        self.subjects = self.x[:PICTURES]
        self.labels = None if shown.labels is None else np.asarray(shown.labels[chosen])

    def now(self) -> NDArray[np.uint8]:
        """Eight pictures of the fixed noise, (8, C, H, W); of a classifier, what it looks at."""
        model = self.run.average
        if self.run.spec.family == "classifier":
            return bytes_of(self.subjects.cpu().numpy())
        if self.run.spec.family == "pixel":
            return bytes_of(Brush(model).paint(Generate(PICTURES), noise()).image)
        *_, last = model.steps(Generate(PICTURES), noise())
        return bytes_of(last.image)

    def more(self) -> Film:
        """What else a moment keeps."""
        return getattr(self, self.run.spec.family)()

    def vae(self) -> Film:
        """Copies, and codes of two numbers."""
        (step,) = self.run.average.steps(Reconstruct(self.subjects[:COPIES]), noise())
        found: Film = {"copies": bytes_of(step.image)}
        if self.run.spec.config.latent == 2:
            with torch.no_grad():
                mean, _ = self.run.average.encode(self.x.to(self.run.device))
            found["codes"] = mean.float().cpu().numpy().astype(np.float16)
        return found

    def draw(self) -> Film:
        """Copies; the first one stroke by stroke, with its windows."""
        steps = list(self.run.average.steps(Reconstruct(self.subjects[:COPIES]), noise()))
        found: Film = {"copies": bytes_of(steps[-1].image)}
        found["strokes"] = bytes_of(np.stack([step.image[0] for step in steps]))
        marks = [mark for step in steps for mark in step.marks if mark.kind == "write"]
        if marks:
            found["windows"] = np.array([(m.x[0], m.y[0], m.width[0]) for m in marks], np.float16)
        return found

    def pixel(self) -> Film:
        """What the pixel in the middle looks at."""
        config = self.run.spec.config
        x = self.subjects[:1].to(self.run.device)
        field = receptive_field(self.run.average, x, config.height // 2, config.width // 2)
        return {"field": (field / max(float(field.max()), 1e-12)).astype(np.float16)}

    def classifier(self) -> Film:
        """Where it looks, and what it then thinks of the right answer."""
        steps = list(self.run.average.steps(Reconstruct(self.subjects), noise()))
        assert self.labels is not None
        names = [f"{label}_probability" for label in self.labels[:PICTURES]]
        right = [[step.scalars[name][i] for step in steps] for i, name in enumerate(names)]
        found: Film = {"right": np.array(right, np.float16)}
        marks = [mark for step in steps for mark in step.marks]
        if marks:
            boxes = np.stack([np.stack([m.x, m.y, m.width], 1) for m in marks], 1)
            found["windows"] = boxes.astype(np.float16)
        return found


class Filmed:
    """The film of a run while it is made: what was kept so far, and what comes.

    Its subjects are pictures of ``shown``, where that is given, instead of the validation split ``valid``.
    """

    def __init__(
        self, run: Run, plan: Plan, valid: sets.DataSet, folder: RunFolder, shown: sets.DataSet | None = None
    ) -> None:
        self.run, self.valid, self.path = run, valid, folder.film
        self.painted = Painted(run, shown or valid)
        self.moments = frozenset(moments(run.recipe.steps))
        self.kept, earlier = self._before(asdict(run.recipe))
        note = {
            **plan.about,
            **({"earlier": earlier} if earlier else {}),
            "shown": (shown or valid).name,
            "config": asdict(run.spec.config),
            "recipe": asdict(run.recipe),
        }
        self.fixed: Film = {
            "note": np.array(json.dumps(note)),
            "subjects": bytes_of(self.painted.subjects.cpu().numpy()),
        }
        if self.painted.labels is not None:
            self.fixed["labels"] = self.painted.labels.astype(np.uint8)
        self.last = -1

    def _before(self, recipe: dict[str, Any]) -> tuple[list[Film], list[dict[str, Any]]]:
        """The moments of the film that lies there up to the run's step, and the recipes that held before this one.

        A killed run goes on from before its end.
        """
        film = read_film(self.path) if self.run.step else None
        if film is None:
            return [], []
        note = json.loads(str(film["note"]))
        count = int((film["steps"] <= self.run.step).sum())
        earlier = list(note.get("earlier", []))
        if count and note["recipe"] != json.loads(json.dumps(recipe)):
            earlier.append({**note["recipe"], "until": int(film["steps"][count - 1])})
        several = [key for key in film if key not in FIXED]
        return [{key: film[key][i] for key in several} for i in range(count)], earlier

    def take(self) -> None:
        """Paint, and keep it for good where the run's step is one of the moments."""
        step, pictures = self.run.step, self.painted.now()
        self.last = step
        looks = self.painted.more() if self.run.spec.family == "classifier" else {}
        quickly(self.path.with_name(NOW), packed_film({"pictures": pictures, "step": np.array(step), **looks}))
        if step in self.moments and not any(int(each["steps"]) == step for each in self.kept):
            nats = validate(self.run, self.valid)
            few = max(1, min(PICTURES, FILM_BYTES // (len(self.moments) * pictures[0].size)))
            moment: Film = {"steps": np.array(step), "validation": np.array(nats, np.float32)}
            if self.run.spec.family != "classifier":
                moment["pictures"] = pictures[:few]
            self.kept.append({**moment, **self.painted.more()})
            self.write()

    def write(self) -> None:
        """Put the film into the folder, with fewer pictures of each moment where it would be too large."""
        film = {**self.fixed, **{key: np.stack([each[key] for each in self.kept]) for key in self.kept[0]}}
        while len(data := packed_film(film)) > FILM_BYTES and any(halved(film)):
            pass
        with replacing(self.path) as file:
            file.write(data)


def halved(film: Film) -> list[str]:
    """Halve the number of pictures of the arrays that have several; their names."""
    several = [str(key) for key in ("pictures", "copies") if key in film and film[key].shape[1] > 1]
    for key in several:
        film[key] = film[key][:, : film[key].shape[1] // 2]
    return several
