"""An epoch of the 2-D MLP of AEVB on 60,000 digits: ours, and the same fed by a DataLoader of per-item transforms.

``python -m benchmarks.vae [--data FOLDER --pictures N --threads N] --json``. Both epochs train the same network, of the
same first weights, on the same batches in the same order; what differs is what a straightforward program does:

- ``baseline``: torchvision's ``ToTensor`` on each PIL picture, a ``DataLoader`` that collates a hundred of them,
  float32, ``torch.optim.Adam`` as it comes;
- ``ours``: :func:`core.training.loop.train_step` on :class:`core.data.sets.DataSet`, as ``python -m core.training``
  runs it:
  pictures in memory, products in bfloat16, Adam in one kernel, and the average of the weights, which the other lacks;
- ``ours_float32``: the same without bfloat16, whose losses must agree with the baseline's.

Without ``--data`` the pictures are drawn by :mod:`core.data.strokes`, which takes as long to train on as MNIST.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.machine import machine
from core.data import strokes
from core.data.sets import DataError, DataSet, data_folder, read_mnist
from core.training.batches import batch_indices, epoch_order, step_generator
from core.training.loop import train_step
from core.training.registry import REGISTRY
from core.training.run import Run

NAME = "aevb-mnist-2d"
PICTURES = 60_000
SECONDS, RATIO = 6.0, 3.0
"""Targets: seconds of an epoch on two cores, and how many times as long the baseline takes."""
TOLERANCE = 1e-3
"""How far apart mean losses of an epoch may lie in float32, as a part of the loss."""


class UnequalError(RuntimeError):
    """The two programs do not train the same network, so that a ratio would mean nothing."""


def pictures(root: str | None, count: int) -> NDArray[np.uint8]:
    """So many digits (N, 28, 28) of 0 to 255: MNIST's 60,000 if there is a folder, else drawn ones."""
    if root is None:
        return strokes.digits(count, seed=1)[0]
    folder = data_folder("mnist", root)
    both = [read_mnist(split, folder).images[:, 0] for split in ("train", "valid")]
    return np.concatenate(both)[:count]


class Items(Dataset[tuple[Tensor, int]]):
    """Pictures and labels one by one, as ``torchvision.datasets.MNIST`` makes them from tensors in memory."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        from torchvision.transforms import Compose, ToTensor  # takes seconds, which only this has to pay

        self.data, self.targets = torch.from_numpy(images), torch.zeros(len(images), dtype=torch.int64)
        self.transform = Compose([ToTensor(), lambda x: (x > 0.5).float()])

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.data[index].numpy())
        return self.transform(image), int(self.targets[index])


def plain_loss(model: Any, x: Tensor, generator: torch.Generator) -> Tensor:
    """Equation 10 as it is usually written down: the mean over a batch."""
    mean, log_sigma = model.encode(x)
    z = mean + torch.exp(log_sigma) * torch.randn(mean.shape, generator=generator)
    nats = F.binary_cross_entropy_with_logits(model.logits(z), x, reduction="sum")
    kl = -0.5 * torch.sum(1 + 2 * log_sigma - mean.pow(2) - (2 * log_sigma).exp())
    return (nats + kl) / len(x)


def fresh() -> Run:
    """The network before training, the same every time, at a constant learning rate."""
    spec = REGISTRY[NAME]
    return Run(spec, replace(spec.recipe, warmup=0, decay_from=1.0, steps=10**9), "cpu")


def baseline_losses(images: NDArray[np.uint8]) -> Iterator[float]:
    """An epoch of the straightforward program; yields the loss after every step."""
    run = fresh()
    size = run.recipe.batch_size
    order = epoch_order(run.recipe.seed, 0, len(images)).tolist()
    loader = DataLoader(Items(images), batch_size=size, sampler=order, drop_last=True)
    optimizer = torch.optim.Adam(run.model.parameters(), lr=run.recipe.learning_rate)
    for step, (x, _) in enumerate(loader):
        optimizer.zero_grad()
        loss = plain_loss(run.model, x, step_generator(step, run.recipe, "cpu"))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
        optimizer.step()
        yield float(loss.detach())


def our_losses(images: NDArray[np.uint8], bfloat16: bool) -> Iterator[float]:
    """An epoch of ours; yields the loss after every step."""
    run = fresh()
    run.recipe = replace(run.recipe, bfloat16=bfloat16)
    ink = (images[:, None] > 127).astype(np.uint8)
    data = DataSet("digits", "train", ink, None, "static")
    for step in range(len(data) // run.recipe.batch_size):
        x = data.batch(batch_indices(step, len(data), run.recipe))
        yield train_step(run, run.model.loss, x).nats


def timed(losses: Iterator[float]) -> tuple[float, list[float]]:
    """Seconds of an epoch by the wall's clock, since two threads work at it, and its losses."""
    start = time.perf_counter()
    found = list(losses)
    return time.perf_counter() - start, found


def compare(images: NDArray[np.uint8], repeats: int) -> dict[str, Any]:
    """Epochs take turns; the fastest of each counts, since a busy machine only ever adds to it."""
    ways: dict[str, Callable[[], Iterator[float]]] = {
        "baseline": lambda: baseline_losses(images),
        "ours": lambda: our_losses(images, True),
        "ours_float32": lambda: our_losses(images, False),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    losses: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, make in ways.items():
            took, losses[name] = timed(make())
            seconds[name].append(took)
    means = {name: statistics.fmean(found) for name, found in losses.items()}
    if not abs(means["ours_float32"] - means["baseline"]) <= TOLERANCE * means["baseline"]:
        raise UnequalError(f"The mean losses differ, so there is nothing to compare: {means}.")
    best = {name: min(each) for name, each in seconds.items()}
    ratio = best["baseline"] / best["ours"]
    return {
        "ratio": round(ratio, 2),
        "ratio_float32": round(best["baseline"] / best["ours_float32"], 2),
        **{name: round(each, 5) for name, each in best.items()},
        "target_ratio": RATIO,
        "target_seconds": SECONDS,
        "within_target": ratio >= RATIO and best["ours"] <= SECONDS,
        "identical": True,
        "nats": {name: round(each, 3) for name, each in means.items()},
        "pictures": len(images),
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line; prints one JSON object with ``--json``, one sentence without."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vae", description="Time an epoch of the 2-D VAE.")
    parser.add_argument("--data", help="folder with MNIST; digits drawn by a procedure without it")
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    try:
        figures = compare(pictures(options.data, options.pictures), options.repeats) | {"machine": machine()}
    except (DataError, UnequalError) as error:
        sys.exit(str(error))
    if options.json:
        print(json.dumps(figures, allow_nan=False))
    else:
        print(f"An epoch takes {figures['ours']} s, fed by a DataLoader {figures['ratio']} times as long.")


if __name__ == "__main__":
    main()
