"""Evaluation: ``python -m core.evaluation NAME [--data --split --limit N --samples K --seed] --json``.

``--all --markdown`` prints what all cards say (:mod:`core.training.figures`).

With ``--checkpoints RUN`` it judges what a run has trained, whose card says the config, the data set and how grey
pictures were made black and white.

The bound is named beside every figure: ``exact`` for a model whose loss is −log p(x) itself, ``elbo`` for one with
latents, ``iwae-K`` (Burda et al. 2015, equation 8) where K importance samples tighten the ELBO. All are upper bounds
on −log p(x) in nats per picture, averaged over the split.

A classifier has another figure, ``cross-entropy``: −log p(label | x) in nats, and its ``error``, the percentage of
pictures whose label it does not think the likeliest, after the last look and after each. One that says of every pixel
what it is has its ``iou``: of the pixels that are the digit or are taken for it, the share that are both.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from core.console import found_device, plain_output
from core.data import sets
from core.errors import UserError
from core.files import CHECKPOINTS
from core.models.aevb import AutoEncoder
from core.models.base import Painter, device_of
from core.models.raster import bits_per_dimension
from core.results import DIGIT
from core.training.checkpoints import CheckpointError, load_trained, read_card, write_card
from core.training.figures import table
from core.training.fits import check_fit
from core.training.registry import REGISTRY

BATCH = 100
"""Pictures at a time; part of a figure's definition, since the noise is drawn batch by batch."""


@dataclass(frozen=True)
class Figure:
    """One number that anyone can compute again, with all that names it; ``nats`` per picture."""

    name: str
    dataset: str
    split: str
    n: int
    nats: float
    standard_error: float | None
    """Of the mean over the pictures; None for a single one."""
    bound: str
    seed: int
    bits_per_dimension: float | None = None
    """The same figure for each value of a picture of many levels; None for binary pictures."""
    error: float | None = None
    """Percentage of pictures that a classifier takes for something else after its last look."""
    error_after: tuple[float, ...] | None = None
    """The same after each of its looks."""
    iou: float | None = None
    """Intersection over union of the pixels that are the digit and those taken for it, the mean over the scenes."""
    iou_standard_error: float | None = None
    highest: tuple[float, ...] | None = None
    """The figures of the three most expensive pictures: bits for each value where there are many levels, else nats."""
    kl_per_latent: tuple[float, ...] | None = None
    """Mean nats that each latent of a VAE carries, for pictures without damage; their sum is the KL of the ELBO."""
    binarised: str | None = None
    """How grey pictures were made black and white: by a ``threshold``, or each pixel as a ``sample``."""


@torch.no_grad()
def nats_per_picture(model: Painter, x: Tensor, generator: torch.Generator, samples: int = 1) -> Tensor:
    """Upper bound on −log p(x) for pictures (b, C, H, W) -> (b,); more than one sample gives the IWAE bound."""
    if samples == 1:
        return model.loss(x, generator).total
    if isinstance(model, AutoEncoder):
        weights = model.log_weights(x, samples, generator)
    else:
        weights = torch.stack([model.loss(x, generator).log_weight for _ in range(samples)])
    return math.log(samples) - weights.logsumexp(0)


@torch.no_grad()
def evaluate(name: str, model: Painter, dataset: sets.DataSet, *, samples: int = 1, seed: int = 0) -> Figure:
    """The mean over a whole data set; scenes, binarisation, latents and random glimpses are functions of ``seed``,
    whatever the device of the model: all of it is drawn on the processor.
    """
    if REGISTRY[name].bound == "cross-entropy":
        return evaluate_classifier(name, model, dataset, seed=seed)
    exact = REGISTRY[name].bound == "exact"
    samples = 1 if exact else samples
    generator, choices = (torch.Generator().manual_seed(seed) for _ in range(2))
    parts, latents = [], []
    for start in tqdm(range(0, len(dataset), BATCH), unit="batch", file=sys.stderr, disable=None):
        indices = range(start, min(start + BATCH, len(dataset)))
        x = dataset.batch(list(indices), choices).to(device_of(model))
        parts.append(nats_per_picture(model, x, generator, samples).cpu().double())
        if isinstance(model, AutoEncoder) and samples == 1:
            latents.append(model.kl_per_latent(x).cpu().double())
    nats = torch.cat(parts)
    config, mean = model.config, average(name, nats)
    colour = getattr(config, "levels", 2) > 2
    most = [float(value) for value in nats.sort(descending=True).values[:3]]
    return Figure(
        name=name,
        dataset=dataset.name,
        split=dataset.split,
        n=len(dataset),
        nats=round(mean, 3),
        standard_error=standard_error(nats, 3),
        bound="exact" if exact else "elbo" if samples == 1 else f"iwae-{samples}",
        seed=seed,
        bits_per_dimension=round(bits_per_dimension(mean, config), 4) if colour else None,
        highest=tuple(round(bits_per_dimension(value, config) if colour else value, 3) for value in most),
        kl_per_latent=tuple(round(float(kl), 4) for kl in torch.cat(latents).mean(0)) if latents else None,
        binarised=dataset.binarised,
    )


@torch.no_grad()
def evaluate_classifier(name: str, model: Any, dataset: sets.DataSet, *, seed: int = 0) -> Figure:
    """Cross-entropy after the last look and errors after each; raises ``DataError`` without labels."""
    if dataset.labels is None:
        raise sets.DataError(f"{dataset.name} has no labels to judge a classifier by.")
    generator, choices = (torch.Generator().manual_seed(seed) for _ in range(2))
    labels, costs, misses, overlaps = torch.from_numpy(dataset.labels), [], [], []
    for start in tqdm(range(0, len(dataset), BATCH), unit="batch", file=sys.stderr, disable=None):
        indices = range(start, min(start + BATCH, len(dataset)))
        packed, kinds = dataset.explained(list(indices), choices)
        x = dataset.unpacked(packed).to(device_of(model))
        if REGISTRY[name].mapped and kinds is not None:
            pixels, digits = model(x)
            overlaps.append(overlap(pixels.argmax(1).cpu(), kinds))
            logits = digits[None].cpu().double()
        else:
            logits = model.judge(x, generator).cpu().double()
        known = labels[indices.start : indices.stop]
        costs.append(F.cross_entropy(logits[-1], known, reduction="none"))
        misses.append(logits.argmax(2) != known)
    iou = torch.cat(overlaps) if overlaps else None
    nats = torch.cat(costs)
    errors = tuple(round(100 * float(wrong), 3) for wrong in torch.cat(misses, 1).double().mean(1))
    return Figure(
        name=name,
        dataset=dataset.name,
        split=dataset.split,
        n=len(dataset),
        nats=round(average(name, nats), 4),
        standard_error=standard_error(nats, 4),
        bound="cross-entropy",
        seed=seed,
        error=errors[-1],
        error_after=errors,
        iou=None if iou is None else round(float(iou.mean()), 4),
        iou_standard_error=None if iou is None else standard_error(iou, 5),
        binarised=dataset.binarised,
    )


def overlap(found: Tensor, kinds: Tensor) -> Tensor:
    """Intersection over union (b,) of the digit's pixels in two maps (b, H, W) of :data:`core.results.KINDS`.

    Where neither map has any it is 1.
    """
    taken, there = (each == DIGIT for each in (found, kinds))
    either = (taken | there).sum((1, 2))
    return torch.where(either > 0, (taken & there).sum((1, 2)) / either.clamp_min(1), 1.0).double()


def average(name: str, nats: Tensor) -> float:
    """The mean; raises ``CheckpointError`` if it is no number, which is what diverged weights lead to."""
    mean = float(nats.mean())
    if not math.isfinite(mean):
        raise CheckpointError(f"{name} has no figure here: its loss is {mean}, so its weights have diverged.")
    return mean


def standard_error(nats: Tensor, digits: int) -> float | None:
    """Of the mean over pictures, from the standard deviation with n − 1; None where there is but one."""
    return round(float(nats.std()) / math.sqrt(len(nats)), digits) if len(nats) > 1 else None


def add_to_card(figure: Figure, folder: Path = CHECKPOINTS) -> None:
    """Write a figure into its model's card, in the place of an earlier one of the same kind."""
    card = read_card(figure.name, folder)
    key = ("dataset", "split", "n", "bound", "binarised")
    new = asdict(figure)
    kept = [old for old in card.get("metrics", []) if any(old.get(k, new[k]) != new[k] for k in key)]
    write_card(figure.name, card | {"metrics": [*kept, new]}, folder)


def main(arguments: list[str] | None = None) -> None:
    """The command line; prints one JSON object with ``--json``, one sentence without."""
    plain_output()
    parser = argparse.ArgumentParser(prog="python -m core.evaluation", description="Evaluate a trained model.")
    parser.add_argument("name", choices=REGISTRY, nargs="?")
    parser.add_argument("--all", action="store_true", help="with --markdown: what all cards say, as FIGURES.md has it")
    parser.add_argument("--markdown", action="store_true", help="print the figures on the cards; nothing is computed")
    parser.add_argument("--data", help="folder with the data sets (otherwise the variable EASEL_DATA)")
    parser.add_argument("--dataset", help="another data set than the one it was trained on, such as archive:PATH")
    parser.add_argument("--binarise", choices=("threshold", "sample"), help="make grey pictures black and white")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, help="evaluate a seeded random subset of so many pictures")
    parser.add_argument("--samples", type=int, default=1, help="importance samples for models with latents")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--device", default="auto", help="cpu, cuda, mps, or auto: a GPU of NVIDIA's where there is one"
    )
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--update-card", action="store_true", help="write the figure into the model's card")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.samples < 1 or (options.limit is not None and options.limit < 1):
        parser.error("--samples and --limit must be at least 1.")
    if options.markdown != options.all or (options.name is None) != options.all:
        parser.error("name one model, or print what all cards say with --all --markdown.")
    try:
        if options.markdown:
            print(table(options.checkpoints), end="")
            return
        options.device = found_device(options.device)
        model, dataset = chosen(options)
        figure = evaluate(options.name, model, dataset, samples=options.samples, seed=options.seed)
        if options.update_card:
            add_to_card(figure, options.checkpoints)
    except UserError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The card of {options.name} could not be written: {error.strerror}.")
    print(json.dumps(asdict(figure), allow_nan=False) if options.json else in_words(figure))


def chosen(options: Any) -> tuple[Painter, sets.DataSet]:
    """The model and the data set that a command line names, which go together. Raises ``UserError``."""
    spec, model = load_trained(options.name, options.checkpoints)
    source, how = options.dataset or spec.dataset, options.binarise
    if options.dataset in (None, spec.dataset) and how is None:
        how = read_card(options.name, options.checkpoints).get("binarised")
    dataset = sets.load(source, options.split, options.data)
    if dataset.about:
        print(dataset.about, file=sys.stderr)
    if how is not None:
        dataset = dataset.binarise(how)
    check_fit(options.name, spec, dataset)
    if options.limit is not None:
        dataset = dataset.subset(options.limit, options.seed)
    assert isinstance(model, Painter)
    return model.to(options.device), dataset


def in_words(figure: Figure) -> str:
    """A figure as a sentence."""
    wrong = "" if figure.error is None else f", error {figure.error} %"
    wrong += "" if figure.iou is None else f", intersection over union {figure.iou} ± {figure.iou_standard_error}"
    spread = "" if figure.standard_error is None else f" ± {figure.standard_error}"
    pixels = "" if figure.binarised is None else f", black and white by {figure.binarised}"
    about = f"{figure.bound}, {figure.dataset}{pixels}, n = {figure.n}"
    return f"{figure.name}: {figure.nats}{spread} nats{wrong} ({about})."
