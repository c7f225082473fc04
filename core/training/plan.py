"""What is trained on what: the registry's model with the settings of a command line, or what a state says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from core.data import sets
from core.data.labels import labelled
from core.training.batches import material, step_generator
from core.training.fits import adapted, check_fit
from core.training.folder import RunFolder
from core.training.recipes import Recipe
from core.training.registry import REGISTRY
from core.training.run import Run, RunError, read_state, recipe_of, spec_of
from core.training.settings import SettingError, kinds, setting
from core.training.spec import ModelSpec


@dataclass(frozen=True)
class Plan:
    """A model, how it is trained, the data set by the name that loads it, and how that is made black and white."""

    name: str
    spec: ModelSpec
    recipe: Recipe
    dataset: str
    binarise: str | None = None
    changed: bool = False
    """Whether model or data are not the registry's, so that they may turn out not to go together."""

    @property
    def about(self) -> dict[str, Any]:
        """What state, card and log say of it."""
        return {"name": self.name, "source": self.dataset, "binarised": self.binarise}


@dataclass(frozen=True)
class Wishes:
    """What a command line asks for; None where it does not."""

    name: str
    dataset: str | None = None
    binarise: str | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    settings: Sequence[str] = ()


def changes_of(wishes: Wishes, spec: ModelSpec, recipe: Recipe) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the config and those of the recipe that are asked for. Raises :class:`SettingError`.

    Muon's learning rate keeps its ratio to Adam's unless it is set itself.
    """
    config: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for text in wishes.settings:
        place, key, value = split_setting(text, spec.config)
        if place == "config":
            config[key] = setting(spec.config, key, value)
        else:
            other[key] = setting(recipe, key, value)
    for key in ("steps", "batch_size", "learning_rate"):
        asked = getattr(wishes, key)
        if asked is not None:
            other[key] = setting(recipe, key, str(asked))
    if other.get("learning_rate") == 0:
        raise SettingError("learning_rate is more than 0.")
    if "learning_rate" in other and "muon_rate" not in other:
        other["muon_rate"] = recipe.muon_rate * other["learning_rate"] / recipe.learning_rate
    return config, other


def split_setting(text: str, config: Any) -> tuple[str, str, str]:
    """``key=value``, or ``config.key=value`` or ``recipe.key=value``, as place, key and value."""
    key, equals, value = text.partition("=")
    if not equals:
        raise SettingError("--set takes KEY=VALUE, not {it!r}.", it=text)
    places = {"config": list(kinds(config)), "recipe": list(kinds(Recipe))}
    place, dot, rest = key.partition(".")
    if dot and place in places and rest in places[place]:
        return place, rest, value
    homes = [place for place, keys in places.items() if key in keys]
    if len(homes) == 2:
        raise SettingError(
            "{key} is a setting of the model and of its training: write config.{key} or recipe.{key}.", key=key
        )
    if not homes:
        known = {place: ", ".join(keys) for place, keys in places.items()}
        raise SettingError(
            "There is no setting {key!r}; there are, of the config: {config}; of the recipe: {recipe}.",
            key=key,
            **known,
        )
    return homes[0], key, value


def begun(wishes: Wishes, root: str | None) -> tuple[Plan, sets.DataSet, sets.DataSet]:
    """The plan for a new run, with its training and validation data, all of which go together.

    With a data set of the user's the model takes its sizes, channels and classes from there. Raises ``UserError``.
    """
    spec = REGISTRY[wishes.name]
    config, other = changes_of(wishes, spec, spec.recipe)
    spec = replace(spec, config=replace(spec.config, **config))
    plan = Plan(
        wishes.name,
        spec,
        replace(spec.recipe, **other),
        wishes.dataset or spec.dataset,
        wishes.binarise,
        changed=bool(config or wishes.dataset or wishes.binarise),
    )
    train, valid = loaded(plan, root)
    if wishes.dataset is not None:
        plan = replace(plan, spec=adapted(spec, train, config))
    return checked(plan, train, valid, root)


def resumed(wishes: Wishes, folder: RunFolder, root: str | None) -> tuple[Plan, sets.DataSet, sets.DataSet]:
    """The plan of the run that has left its state in the folder; how it is trained may change, but not what.

    Raises ``UserError``.
    """
    note, _ = read_state(folder.state, tensors=False)
    spec = spec_of(note, REGISTRY[wishes.name], folder.state)
    recipe = recipe_of(note, folder.state)
    config, other = changes_of(wishes, spec, recipe)
    dataset = note.get("source") or spec.dataset
    kept = {**asdict(spec.config), "dataset": dataset, "binarise": note.get("binarised")}
    asked = {**config, "dataset": wishes.dataset, "binarise": wishes.binarise}
    for key, value in asked.items():
        if value is not None and value != kept[key]:
            raise RunError(
                "The run in {path} has {key} {kept}, which cannot become {value} while it goes on: choose another "
                "--out, or --fresh.",
                path=folder.path,
                key=key,
                kept=kept[key],
                value=value,
            )
    plan = Plan(wishes.name, spec, replace(recipe, **other), dataset, note.get("binarised"))
    return checked(plan, *loaded(plan, root), root)


def loaded(plan: Plan, root: str | None) -> tuple[sets.DataSet, sets.DataSet]:
    """Training and validation pictures, black and white if the plan says how."""
    read = (sets.load(plan.dataset, split, root) for split in ("train", "valid"))
    train, valid = (each if plan.binarise is None else each.binarise(plan.binarise) for each in read)
    return train, valid


def checked(
    plan: Plan, train: sets.DataSet, valid: sets.DataSet, root: str | None
) -> tuple[Plan, sets.DataSet, sets.DataSet]:
    """The same, with labels found for pictures that need them, after asking whether all of it goes together."""
    for dataset in (train, valid):
        check_fit(plan.name, replace(plan.spec, labelled=False), dataset)
    if plan.spec.labelled:
        train = labelled(train, root)
        check_fit(plan.name, plan.spec, train, told=True)
        check_fit(plan.name, plan.spec, valid, told=valid.labels is not None)
    return plan, train, valid


def made(plan: Plan, device: str, train: sets.DataSet) -> Run:
    """The run of a plan. Raises :class:`RunError` if a model cannot be made with the settings, or cannot learn so."""
    if not plan.changed:
        return Run(plan.spec, plan.recipe, device)
    try:
        run = Run(plan.spec, plan.recipe, device)
        with torch.no_grad():
            indices = np.arange(min(2, len(train)))
            packed, *told = (
                each.to(device) for each in material(run, train, indices, torch.Generator().manual_seed(0))
            )
            run.model.loss(train.unpacked(packed), step_generator(0, plan.recipe, device), *told)
    except (RuntimeError, ValueError, TypeError, IndexError, ZeroDivisionError) as error:
        reason = str(error).strip().splitlines()[0].removesuffix(".") if str(error).strip() else type(error).__name__
        raise RunError(
            "{name} cannot be made with these settings for these pictures: {reason}.", name=plan.name, reason=reason
        ) from None
    return run
