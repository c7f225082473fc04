"""One training step of ours against a straightforward implementation of the same network, in one run on one thread.

``python -m benchmarks.training --model pixelcnn|row-lstm|diagonal-bilstm [--batch N --layers N --hidden N] --json``.
A step is forward, backward and Adam. Both networks begin with the same weights (:mod:`benchmarks.baselines`) and learn
from the same batch; their losses must agree, and are reported before and after. Steps take turns, ours, theirs, ours,
…, and seconds are medians of the processor's clock for this process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.baselines.pixelcnn import PixelCNNBaseline
from benchmarks.baselines.pixelrnn import PixelRNNBaseline
from benchmarks.machine import machine
from core.training.registry import REGISTRY

TOLERANCE = 1e-4
"""How far the two losses may lie apart, as a part of the loss: float32 and some rounding."""
WARM = 2
Figures = dict[str, object]


@dataclass(frozen=True)
class Entry:
    """A registered model, its baseline, the batch it is usually trained on and how its config calls its size."""

    name: str
    baseline: type[PixelCNNBaseline] | type[PixelRNNBaseline]
    batch: int
    layers: str
    target: float


ENTRIES = {
    "pixelcnn": Entry("pixelcnn-mnist", PixelCNNBaseline, 32, "blocks", 1.3),
    "row-lstm": Entry("row-lstm-mnist", PixelRNNBaseline, 16, "layers", 1.5),
    "diagonal-bilstm": Entry("diagonal-bilstm-mnist", PixelRNNBaseline, 16, "layers", 4.0),
}


class UnequalError(RuntimeError):
    """The two networks are not the same function, so that a ratio would mean nothing."""


def config_of(entry: Entry, layers: int | None, hidden: int | None) -> Any:
    """The registry's config, with another size if asked; ``hidden`` is h, and 2h features lie between layers."""
    config = REGISTRY[entry.name].config
    if layers is not None:
        config = replace(config, **{entry.layers: layers})
    if hidden is not None:
        size = {"hidden": hidden} if entry.layers == "layers" else {"bottleneck": hidden, "features": 2 * hidden}
        config = replace(config, **size)
    return config


def stepper(model: nn.Module, nats: Callable[[], Tensor]) -> Callable[[], tuple[float, float]]:
    """One training step of a network whose mean loss is ``nats()``: seconds, and the loss before the update."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> tuple[float, float]:
        start = time.process_time()
        optimizer.zero_grad(set_to_none=True)
        loss = nats()
        loss.backward()
        optimizer.step()
        return time.process_time() - start, float(loss.detach())

    return step


def pair(entry: Entry, config: Any, batch: int) -> list[Callable[[], tuple[float, float]]]:
    """The steps of ours, laid out in memory as in training, and of the baseline with the same weights."""
    spec = REGISTRY[entry.name]
    ours, theirs = spec.network(config), entry.baseline(config)
    theirs.take(ours)
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(batch, 1, config.height, config.width, generator=generator) < 0.2).float()
    seen = x
    if spec.channels_last:
        ours.to(memory_format=torch.channels_last)
        seen = x.contiguous(memory_format=torch.channels_last)

    def plain_loss() -> Tensor:
        return F.binary_cross_entropy_with_logits(theirs(x), x, reduction="sum") / batch

    return [stepper(ours, lambda: ours.loss(seen, generator).total.mean()), stepper(theirs, plain_loss)]


def compare(steps: list[Callable[[], tuple[float, float]]], repeats: int, tolerance: float, target: float) -> Figures:
    """Median seconds of our steps and the baseline's, taking turns; raises :class:`UnequalError` if losses differ."""
    runs = [[step() for step in steps] for _ in range(WARM + repeats)]
    (ours, theirs), (ours_after, theirs_after) = ([loss for _, loss in run] for run in (runs[0], runs[-1]))
    if not abs(ours - theirs) <= tolerance * abs(ours):
        raise UnequalError(f"The losses differ, {ours} and {theirs} nats, so there is nothing to compare.")
    seconds = [statistics.median(run[which][0] for run in runs[WARM:]) for which in (0, 1)]
    ratio = seconds[1] / seconds[0]
    return {
        "ratio": round(ratio, 2),
        "baseline": round(seconds[1], 6),
        "ours": round(seconds[0], 6),
        "target": target,
        "within_target": ratio >= target,
        "identical": True,
        "nats": {"ours": round(ours, 4), "baseline": round(theirs, 4)},
        "nats_after": {"steps": len(runs) - 1, "ours": round(ours_after, 4), "baseline": round(theirs_after, 4)},
        "optimizer": "Adam",
    }


def measure(model: str, batch: int | None, layers: int | None, hidden: int | None, repeats: int) -> Figures:
    """Median seconds of a step each; raises :class:`UnequalError` unless both have the same loss."""
    entry = ENTRIES[model]
    config, batch = config_of(entry, layers, hidden), batch or entry.batch
    steps = pair(entry, config, batch)
    return {
        **compare(steps, repeats, TOLERANCE, entry.target),
        "batch": batch,
        "layers": getattr(config, entry.layers),
        "hidden": config.hidden if hasattr(config, "hidden") else config.bottleneck,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description="Time training steps.")
    parser.add_argument("--model", choices=ENTRIES, default="pixelcnn")
    parser.add_argument("--batch", type=int, help="otherwise 32 for PixelCNN, 16 for the others")
    parser.add_argument("--layers", type=int, help="otherwise the registry's; for PixelCNN, blocks")
    parser.add_argument("--hidden", type=int, help="otherwise the registry's; for PixelCNN, features inside a block")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    try:
        figures = measure(options.model, options.batch, options.layers, options.hidden, options.repeats)
    except UnequalError as error:
        sys.exit(str(error))
    result = {"model": options.model, **figures, "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
