"""Whether a model fits a data set: asked before training, before going on with it and before evaluating.

A model takes pictures of one size and number of channels, and of the values that its loss is a likelihood of. Grey
pictures under a model of black and white would have a figure that looks like a likelihood and is none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from core.data.sets import DataError, DataSet
from core.training.settings import kinds
from core.training.spec import ModelSpec

CHUNK = 1_000


def levels_of(spec: ModelSpec) -> int | None:
    """Of how many values of a pixel the model's loss is a likelihood; None where any value in [0, 1] will do.

    Classifiers do not judge pixels; DRAW in colour has, as in the paper, a cross-entropy with the intensities.
    """
    config = spec.config
    if spec.bound == "cross-entropy" or (spec.family == "draw" and config.channels > 1):
        return None
    return int(getattr(config, "levels", 2))


def values_fit(dataset: DataSet, levels: int) -> bool:
    """Whether all values of a data set are among ``levels`` evenly spaced ones from 0 to 255.

    A data set that makes its pictures while they are asked for is judged by the first thousand.
    """
    if dataset.binarisation is not None or levels == 256:
        return True
    known = np.arange(256) * (levels - 1) % 255 == 0
    images = looked_at(dataset.images)
    return all(bool(known[images[start : start + CHUNK]].all()) for start in range(0, len(images), CHUNK))


def shape_of(dataset: DataSet) -> tuple[int, int, int]:
    """Channels, height and width of the pictures in a batch. Raises :class:`DataError` if there are none."""
    if not len(dataset):
        raise DataError("{name} has no pictures in its split {split!r}.", name=dataset.name, split=dataset.split)
    channels, height, width = dataset.batch([0], torch.Generator()).shape[1:]
    return channels, height, width


def class_count(dataset: DataSet) -> int:
    """How many classes the labels of a data set name; 0 without labels."""
    if dataset.labels is None:
        return 0
    return len(dataset.classes) or int(looked_at(dataset.labels).max()) + 1


def looked_at(values: Any) -> np.ndarray:
    """An array as it is; of what is made while it is asked for, the first thousand."""
    return values if isinstance(values, np.ndarray) else np.asarray(values[np.arange(min(len(values), CHUNK))])


def in_words(channels: int, height: int, width: int) -> str:
    """A picture's shape: "colour pictures of 32×32 pixels"."""
    kind = {1: "pictures of one channel", 3: "colour pictures"}.get(channels, f"pictures of {channels} channels")
    return f"{kind} of {height}×{width} pixels"


def adapted(spec: ModelSpec, dataset: DataSet, chosen: Collection[str] = ()) -> ModelSpec:
    """The model made for a data set: its sizes, channels, classes and, for PixelCNN, levels, where the config has them.

    Fields named in ``chosen`` stay as they are. Whether that can be is for :func:`check_fit` to say.
    """
    found: dict[str, Any] = dict(zip(("channels", "height", "width"), shape_of(dataset), strict=True))
    if "classes" in kinds(spec.config):
        found["classes"] = class_count(dataset)
    if spec.any_levels:
        found["levels"] = 2 if values_fit(dataset, 2) else 256
    changes = {key: value for key, value in found.items() if key not in chosen}
    told = spec.labelled and (spec.bound == "cross-entropy" or found["classes"] > 0)
    return replace(spec, config=replace(spec.config, **changes), labelled=told)


def check_fit(name: str, spec: ModelSpec, dataset: DataSet, told: bool = False) -> None:
    """Raise :class:`DataError`, one sentence, unless the model can take the data set's pictures.

    Labels count for a classifier, and for others where they are ``told`` to the model.
    """
    config, shape = spec.config, shape_of(dataset)
    if spec.one_channel and (config.channels, shape[0]) != (1, 1):
        raise DataError(
            "{name} is for pictures of one channel, but {name2} holds {in_words}.",
            name=name,
            name2=dataset.name,
            in_words=in_words(*shape),
        )
    if not spec.any_levels and "levels" in kinds(config) and config.levels != 2:
        raise DataError(
            "{name} knows two levels, black and white, so levels cannot be {levels}.", name=name, levels=config.levels
        )
    wanted = config.channels, config.height, config.width
    if shape != wanted:
        raise DataError(
            "{name} is for {in_words}, but {name2} holds {in_words2}.",
            name=name,
            in_words=in_words(*wanted),
            name2=dataset.name,
            in_words2=in_words(*shape),
        )
    levels = levels_of(spec)
    if levels is not None and not values_fit(dataset, levels):
        raise DataError(stray_values(name, spec, dataset, levels))
    if spec.bound == "cross-entropy" or told:
        check_labels(name, spec, dataset)


def stray_values(name: str, spec: ModelSpec, dataset: DataSet, levels: int) -> str:
    """The sentence for values that the model's loss is no likelihood of, with what can be done."""
    known = "only black and white" if levels == 2 else f"{levels} levels"
    ways = ["choose --binarise threshold or --binarise sample"] if levels == 2 else []
    if spec.any_levels:
        ways.append("train it with --set levels=256")
    if "logistic" in str(kinds(spec.config).get("likelihood")):
        ways.append("train it with --set likelihood=logistic")
    held = "grey pictures" if dataset.images.shape[1] == 1 else "pictures of more levels"
    advice = f": {', or '.join(ways)}" if ways else ""
    return f"{name} knows {known}, but {dataset.name} holds {held}, so it has no likelihood for them{advice}."


def check_labels(name: str, spec: ModelSpec, dataset: DataSet) -> None:
    """Raise :class:`DataError` unless there are labels and all of them are classes of the model."""
    if dataset.labels is None:
        raise DataError(
            "{name} needs the classes of its pictures, but {name2} has no labels.", name=name, name2=dataset.name
        )
    classes = spec.config.classes
    labels = looked_at(dataset.labels)
    if labels.min() < 0 or labels.max() >= classes:
        beyond = labels[(labels < 0) | (labels >= classes)][0]
        raise DataError(
            "{name} knows {classes} classes, 0 to {classes2}, but {name2} has pictures of class {beyond}.",
            name=name,
            classes=classes,
            classes2=classes - 1,
            name2=dataset.name,
            beyond=beyond,
        )
