"""Evaluation: ``python -m core.evaluation NAME [--data --split --limit N --samples K --seed] --json``.

``accelerate launch -m core.evaluation NAME`` shares the batches among several processes: the figures are those of one.

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
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from core.console import plain_output
from core.data import sets
from core.errors import UserError
from core.files import CHECKPOINTS
from core.models.aevb import AutoEncoder
from core.models.base import Painter, device_of
from core.models.raster import bits_per_dimension
from core.nn.noise import Source, Whole
from core.results import DIGIT
from core.training.checkpoints import CheckpointError, load_trained, read_card, write_card
from core.training.figures import table
from core.training.fits import check_fit
from core.training.processes import ProcessError, Processes, launched
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
def nats_per_picture(model: Any, x: Tensor, generator: Any, samples: int = 1) -> Tensor:
    """Upper bound on −log p(x) for pictures (b, C, H, W) -> (b,); more than one sample gives the IWAE bound."""
    if samples == 1:
        return model.loss(x, generator).total
    if isinstance(model, AutoEncoder):
        weights = model.log_weights(x, samples, generator)
    else:
        weights = torch.stack([model.loss(x, generator).log_weight for _ in range(samples)])
    return math.log(samples) - weights.logsumexp(0)


class Sheet:
    """What is found of each of ``number`` pictures, (number, …) by name: a process writes its own and reads all."""

    def __init__(self, number: int, processes: Processes) -> None:
        self.number, self.processes = number, processes
        self._found: dict[str, Tensor] = {}

    def write(self, name: str, places: range, values: Tensor) -> None:
        """Put ``values`` (b, …) at the places of a batch."""
        if name not in self._found:
            self._found[name] = torch.zeros(self.number, *values.shape[1:], dtype=torch.float64)
        self._found[name][places.start : places.stop] = values.cpu().double()

    def read(self, name: str) -> Tensor:
        """All of a name, in double precision."""
        return self.processes.together(self._found[name])


Batch = tuple[range, Tensor, Tensor | None, torch.Generator]
"""Places, pictures on the device, what each of their pixels is, and the generator of their noise."""


def batches(
    dataset: sets.DataSet,
    seed: int,
    processes: Processes,
    device: torch.device,
    ask: Callable[[Tensor, Source], object],
) -> Iterator[Batch]:
    """The batches of this process, of whose pictures ``ask(x, noise)`` will be asked.

    All are drawn in the order of one process: of a batch of another's, what ``ask`` would have drawn is drawn and
    forgotten, so that a picture has the same noise whoever judges it. Raises :class:`ProcessError` where there are
    fewer batches than processes.
    """
    generator, choices = (torch.Generator().manual_seed(seed) for _ in range(2))
    starts, like = range(0, len(dataset), BATCH), None
    if len(starts) < processes.count:
        raise ProcessError(
            "{dataset:,} pictures are {starts} batches of {batch}, for so many processes at most.",
            dataset=len(dataset),
            starts=len(starts),
            batch=BATCH,
        )
    for i, start in enumerate(tqdm(starts, unit="batch", file=sys.stderr, disable=None if processes.first else True)):
        places = range(start, min(start + BATCH, len(dataset)))
        packed, kinds = dataset.explained(list(places), choices)
        if i % processes.count == processes.rank:
            yield places, dataset.unpacked(packed).to(device), kinds, generator
        else:
            like = like or Whole(lambda noted, x: ask(x, noted), dataset.unpacked(packed).to(device))
            like.pieces(len(places), generator)


@torch.no_grad()
def evaluate(
    name: str,
    model: Painter,
    dataset: sets.DataSet,
    *,
    samples: int = 1,
    seed: int = 0,
    processes: Processes | None = None,
) -> Figure:
    """The mean over a whole data set; scenes, binarisation, latents and random glimpses are functions of ``seed``,
    whatever the device of the model: all of it is drawn on the processor. Several ``processes`` share the batches.
    """
    device = device_of(model)
    sheet = Sheet(len(dataset), processes or Processes(device))
    if REGISTRY[name].bound == "cross-entropy":
        return evaluate_classifier(name, model, dataset, sheet, seed=seed)
    exact = REGISTRY[name].bound == "exact"
    samples = 1 if exact else samples
    carries = isinstance(model, AutoEncoder) and samples == 1

    def ask(x: Tensor, noise: Source) -> Tensor:
        return nats_per_picture(model, x, noise, samples)

    for places, x, _, generator in batches(dataset, seed, sheet.processes, device, ask):
        sheet.write("nats", places, ask(x, generator))
        if carries and isinstance(model, AutoEncoder):
            sheet.write("latents", places, model.kl_per_latent(x))
    nats, latents = sheet.read("nats"), sheet.read("latents") if carries else None
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
        kl_per_latent=None if latents is None else tuple(round(float(kl), 4) for kl in latents.mean(0)),
        binarised=dataset.binarised,
    )


@torch.no_grad()
def evaluate_classifier(name: str, model: Any, dataset: sets.DataSet, sheet: Sheet, *, seed: int = 0) -> Figure:
    """Cross-entropy after the last look and errors after each; raises ``DataError`` without labels."""
    if dataset.labels is None:
        raise sets.DataError("{name} has no labels to judge a classifier by.", name=dataset.name)
    labels, mapped = torch.from_numpy(dataset.labels), REGISTRY[name].mapped and dataset.scene is not None
    for places, x, kinds, generator in batches(
        dataset, seed, sheet.processes, device_of(model), lambda x, noise: model.judge(x, noise)
    ):
        if mapped and kinds is not None:
            pixels, digits = model(x)
            sheet.write("overlap", places, overlap(pixels.argmax(1).cpu(), kinds))
            logits = digits[None].cpu().double()
        else:
            logits = model.judge(x, generator).cpu().double()
        known = labels[places.start : places.stop]
        sheet.write("nats", places, F.cross_entropy(logits[-1], known, reduction="none"))
        sheet.write("misses", places, (logits.argmax(2) != known).T)
    nats, iou = sheet.read("nats"), sheet.read("overlap") if mapped else None
    errors = tuple(round(100 * float(wrong), 3) for wrong in sheet.read("misses").mean(0))
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
        raise CheckpointError(
            "{name} has no figure here: its loss is {mean}, so its weights have diverged.", name=name, mean=mean
        )
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
        with launched(options.device) as processes:
            model, dataset = chosen(options, processes)
            asked = {"samples": options.samples, "seed": options.seed, "processes": processes}
            figure = evaluate(options.name, model, dataset, **asked)
        if not processes.first:
            return
        if options.update_card:
            add_to_card(figure, options.checkpoints)
    except UserError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The card of {options.name} could not be written: {error.strerror}.")
    print(json.dumps(asdict(figure), allow_nan=False) if options.json else in_words(figure))


def chosen(options: Any, processes: Processes) -> tuple[Painter, sets.DataSet]:
    """The model and the data set that a command line names, which go together. Raises ``UserError``."""
    spec, model = load_trained(options.name, options.checkpoints)
    source, how = options.dataset or spec.dataset, options.binarise
    if options.dataset in (None, spec.dataset) and how is None:
        how = read_card(options.name, options.checkpoints).get("binarised")
    dataset = sets.load(source, options.split, options.data)
    if dataset.about and processes.first:
        print(dataset.about, file=sys.stderr)
    if how is not None:
        dataset = dataset.binarise(how)
    check_fit(options.name, spec, dataset)
    if options.limit is not None:
        dataset = dataset.subset(options.limit, options.seed)
    assert isinstance(model, Painter)
    return model.to(processes.device), dataset


def in_words(figure: Figure) -> str:
    """A figure as a sentence."""
    wrong = "" if figure.error is None else f", error {figure.error} %"
    wrong += "" if figure.iou is None else f", intersection over union {figure.iou} ± {figure.iou_standard_error}"
    spread = "" if figure.standard_error is None else f" ± {figure.standard_error}"
    pixels = "" if figure.binarised is None else f", black and white by {figure.binarised}"
    about = f"{figure.bound}, {figure.dataset}{pixels}, n = {figure.n}"
    return f"{figure.name}: {figure.nats}{spread} nats{wrong} ({about})."
