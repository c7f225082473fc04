"""Small models that learn while one watches, for the page's room *Train*: registered models in other sizes.

Each is what ``python -m core.training NAME --set …`` trains, so that the room and the shell are one. No torch here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from core.errors import UserError
from core.files import CHECKPOINTS
from core.training.registry import REGISTRY

Kind = Literal["vae2", "vae", "draw", "pixel", "glimpse"]
Size = Literal["small", "medium", "large", "shipped"]
Pictures = Literal["strokes", "plates", "mnist", "own"]


class Range(NamedTuple):
    """A field of the config that may be chosen before the start, in words, and what it may be."""

    words: str
    least: int
    most: int


@dataclass(frozen=True)
class Family:
    """A small model: the registered one that it is a size of, its settings by size, and how it is trained here."""

    title: str
    name: str
    """The registered model."""
    sizes: Mapping[Size, Mapping[str, int]]
    recipe: Mapping[str, float]
    fields: Mapping[str, Range]
    colour: str
    """The registered model for house numbers in colour; empty where there is none."""
    colour_settings: Mapping[str, int] = field(default_factory=dict)
    scenes: bool = False
    """Whether it looks at digits in scenes of clutter."""


_QUICK = {"bfloat16": 0, "warmup": 20, "ema": 0.99, "decay_from": 0.5, "validation": 400}

FAMILIES: dict[Kind, Family] = {
    "vae2": Family(
        "VAE, 2 numbers",
        "aevb-mnist-2d",
        {"small": {"hidden": 96}, "medium": {"hidden": 192}, "large": {"hidden": 400}},
        {**_QUICK, "steps": 4_000, "batch_size": 64, "learning_rate": 2e-3, "interval": 250},
        {"hidden": Range("Hidden units", 16, 512), "latent": Range("Numbers of the code", 1, 32)},
        "vae-svhn",
        {"latent": 2, "features": 12, "dense": 96},
    ),
    "vae": Family(
        "VAE, convolutional",
        "vae-mnist",
        {
            "small": {"features": 8, "dense": 64},
            "medium": {"features": 16, "dense": 128},
            "large": {"features": 32, "dense": 192},
        },
        {**_QUICK, "steps": 2_000, "batch_size": 32, "learning_rate": 2e-3, "interval": 100},
        {"latent": Range("Numbers of the code", 1, 32), "features": Range("Features", 4, 64)},
        "vae-svhn",
        {"features": 16, "dense": 128},
    ),
    "draw": Family(
        "DRAW",
        "draw-mnist",
        {
            "small": {"hidden": 64, "latent": 16, "steps": 6},
            "medium": {"hidden": 128, "latent": 32, "steps": 8},
            "large": {"hidden": 192, "latent": 50, "steps": 12},
        },
        {**_QUICK, "steps": 3_000, "batch_size": 32, "learning_rate": 2e-3, "interval": 100},
        {
            "steps": Range("Strokes", 1, 24),
            "read_size": Range("Read window, filters a side", 2, 12),
            "write_size": Range("Write window, filters a side", 2, 12),
            "hidden": Range("Hidden units", 16, 256),
        },
        "draw-svhn",
        {},
    ),
    "pixel": Family(
        "PixelCNN",
        "pixelcnn-mnist",
        {
            "small": {"features": 16, "bottleneck": 16, "blocks": 3},
            "medium": {"features": 24, "bottleneck": 24, "blocks": 6},
            "large": {"features": 48, "bottleneck": 32, "blocks": 10},
        },
        {**_QUICK, "steps": 2_000, "batch_size": 16, "learning_rate": 3e-3, "interval": 100, "validation": 128},
        {"blocks": Range("Layers", 1, 16), "features": Range("Features", 4, 64)},
        "pixelcnn-svhn",
        {"features": 24, "bottleneck": 24, "blocks": 4},
    ),
    "glimpse": Family(
        "Glimpses",
        "glimpse-cluttered",
        {
            "small": {"hidden": 64, "features": 64, "steps": 4},
            "medium": {"hidden": 128, "features": 128, "steps": 6},
            "large": {"hidden": 192, "features": 192, "steps": 8},
        },
        {**_QUICK, "steps": 3_000, "batch_size": 32, "learning_rate": 1e-3, "interval": 100},
        {"steps": Range("Glimpses", 1, 12), "read_size": Range("Read window, filters a side", 2, 16)},
        "",
        scenes=True,
    ),
}
"""What the room offers, by the word in its address."""

BATCH, RATE, STEPS = (
    Range("The batch", 4, 256),
    ("The learning rate", 1e-5, 0.1),
    Range("The number of steps", 10, 50_000),
)
"""What may be chosen of the recipe, in words, from and to."""


class TrainError(UserError):
    """A training cannot begin; the message is one sentence for the user."""


class Wish(NamedTuple):
    """What a person wants trained: a family in a size, on pictures; ``own`` is the archive of those of their own.

    ``fields`` are settings of the config that differ from the size's; None of the others: as the family has it.
    """

    kind: Kind
    size: Size = "small"
    pictures: Pictures = "strokes"
    own: str = ""
    learning_rate: float | None = None
    beta: float | None = None
    batch_size: int | None = None
    fields: Mapping[str, int] = {}
    seed: int = 0
    steps: int | None = None


def model_of(wish: Wish) -> str:
    """The registered model that a wish is a size of. Raises :class:`TrainError` where the two do not go together."""
    family = FAMILIES[wish.kind]
    if wish.pictures != "plates":
        return family.name
    if not family.colour:
        raise TrainError("The glimpse network reads grey pictures, so it cannot learn from house numbers in colour.")
    return family.colour


def data_of(wish: Wish, mnist: str = "binarized-mnist") -> list[str]:
    """The arguments that name the pictures; ``mnist`` is the data set that there is of MNIST."""
    scenes = FAMILIES[wish.kind].scenes
    match wish.pictures:
        case "strokes":
            return ["--dataset", "cluttered-strokes" if scenes else "strokes"]
        case "plates":
            logistic = REGISTRY[model_of(wish)].family != "pixel"
            return ["--dataset", "plates-digits", *([] if logistic else ["--binarise", "sample"])]
        case "mnist":
            return ["--dataset", "cluttered" if scenes else mnist]
        case "own":
            return ["--dataset", f"archive:{wish.own}", *([] if scenes else ["--binarise", "sample"])]


def settings_of(wish: Wish) -> tuple[dict[str, float], dict[str, float]]:
    """What of the config and of the recipe a wish sets. Raises :class:`TrainError`."""
    family, spec = FAMILIES[wish.kind], REGISTRY[model_of(wish)]
    has, recipe = vars(spec.config), dict(family.recipe)
    config: dict[str, float] = {}
    if wish.size != "shipped":
        colour = family.colour_settings if wish.pictures == "plates" else {}
        config = {key: value for key, value in {**family.sizes[wish.size], **colour}.items() if key in has}
    for key, number in wish.fields.items():
        known = family.fields.get(key)
        if known is None or key not in has:
            raise TrainError("{title} has no setting {words}.", title=spec.title, words=known.words if known else key)
        if wish.size == "shipped":
            raise TrainError("What is shipped has its own size: choose another size to change its settings.")
        config[key] = within(number, *known)
    if wish.beta is not None and "beta" in has:
        config["beta"] = within(wish.beta, "β", 0.0, 20.0)
    if wish.learning_rate is not None:
        recipe["learning_rate"] = within(wish.learning_rate, *RATE)
    if wish.batch_size is not None:
        recipe["batch_size"] = within(wish.batch_size, *BATCH)
    if wish.steps is not None:
        recipe["steps"] = within(wish.steps, *STEPS)
    return config, {**recipe, "seed": wish.seed}


def within(value: float, what: str, least: float, most: float) -> float:
    """The value, if it lies between these. Raises :class:`TrainError`."""
    if not least <= value <= most:
        raise TrainError(
            "{what}: from {least:g} to {most:g}, not {value:g}.", what=what, least=least, most=most, value=value
        )
    return value


def arguments_of(wish: Wish, mnist: str = "binarized-mnist") -> list[str]:
    """The arguments of ``python -m core.training`` for a wish, without where it keeps what it makes."""
    config, recipe = settings_of(wish)
    made = [model_of(wish), *data_of(wish, mnist)]
    both = vars(REGISTRY[made[0]].config).keys() & vars(REGISTRY[made[0]].recipe).keys()
    for place, settings in (("config", config), ("recipe", recipe)):
        for key, value in settings.items():
            text = ("true" if value else "false") if key == "bfloat16" else f"{value:g}"
            made += ["--set", f"{place}.{key}={text}" if key in both else f"{key}={text}"]
    return [*made, "--weights", str(CHECKPOINTS)] if wish.size == "shipped" else made
