"""Training steps of ours as they are trained, compiled, against straightforward ones, in float32 and in bfloat16.

``python -m benchmarks.alike [--only MODEL] [--repeats N] [--json]``: some four minutes on one quiet core. Both networks
compute in the same precision, begin with the same weights and learn from the same batch by the same Adam, as in
:mod:`benchmarks.training`; the baseline stays as it is found: it is not compiled. A ratio says how many times as fast
a step of ours is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.baselines.draw import DrawBaseline
from benchmarks.machine import machine
from benchmarks.training import ENTRIES, UnequalError, compare, stepper
from core.nn.likelihood import half
from core.training.compiled import CompiledLoss, pays
from core.training.registry import REGISTRY

DRAW, STROKES = "draw", 6
"""Of a picture: compiling unrolls them, and more take longer to compile than to time."""
BATCHES = {DRAW: 64, "pixelcnn": 32, "row-lstm": 8, "diagonal-bilstm": 8}
"""Pictures of a step: for the recurrent ones half of what they are trained with, since their baselines take seconds."""
PRECISIONS = {"float32": (False, 1e-4), "bfloat16": (True, 2e-2)}
"""Whether products are rounded, and how far the losses may lie apart, as a part of the loss."""
TARGET = 1.3
Step = Callable[[], tuple[float, float]]


def rounded(nats: Callable[[], Tensor], lower: bool) -> Callable[[], Tensor]:
    """The same loss, its products computed in bfloat16 if ``lower``."""

    def computed() -> Tensor:
        with half(torch.device("cpu"), lower):
            return nats()

    return computed


def pair(name: str, batch: int, lower: bool) -> list[Step]:
    """The steps of ours, compiled and laid out in memory as in training, and of the baseline with the same weights."""
    torch.manual_seed(0)  # of the weights, which so are the same in both precisions
    generator = torch.Generator().manual_seed(0)
    spec = REGISTRY["draw-mnist" if name == DRAW else ENTRIES[name].name]
    config: Any = replace(spec.config, steps=min(STROKES, spec.config.steps)) if name == DRAW else spec.config
    ours = spec.network(config)
    theirs: Any = DrawBaseline(config) if name == DRAW else ENTRIES[name].baseline(config)
    theirs.take(ours)
    x = (torch.rand(batch, 1, config.height, config.width, generator=generator) < 0.2).float()
    if name == DRAW:
        noise = torch.randn(config.steps, batch, config.latent, generator=generator)
        bound: Any = torch.compile(ours.bound)
        losses = (lambda: bound(x, noise).total.mean(), lambda: theirs(x, noise))
    else:
        seen = x
        if spec.channels_last:
            ours.to(memory_format=torch.channels_last)
            seen = x.contiguous(memory_format=torch.channels_last)
        loss = CompiledLoss(ours) if pays(spec.channels_last, lower) else ours.loss
        losses = (
            lambda: loss(seen, generator).total.mean(),
            lambda: F.binary_cross_entropy_with_logits(theirs(x).float(), x, reduction="sum") / batch,
        )
    return [stepper(model, rounded(nats, lower)) for model, nats in zip((ours, theirs), losses, strict=True)]


def measure(name: str, repeats: int, batch: int | None = None) -> dict[str, Any]:
    """The figures of a model in each precision; raises :class:`UnequalError` where losses differ."""
    found: dict[str, Any] = {}
    for precision, (lower, tolerance) in PRECISIONS.items():
        began = time.perf_counter()
        figures = compare(pair(name, batch or BATCHES[name], lower), repeats, tolerance, TARGET)
        kept = ("ratio", "ours", "baseline", "nats", "nats_after", "within_target")
        found[precision] = {key: figures[key] for key in kept} | {"took": round(time.perf_counter() - began, 1)}
        torch.compiler.reset()
    return found | {"batch": batch or BATCHES[name]}


def table(figures: dict[str, Any]) -> str:
    """The ratios side by side."""
    lines = ["| model | both in float32 | both in bfloat16 |", "| --- | --- | --- |"]
    lines += [
        f"| {name} | {each['float32']['ratio']} | {each['bfloat16']['ratio']} |" for name, each in figures.items()
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alike", description="Time training steps, both ways.")
    parser.add_argument("--only", choices=BATCHES, help="one model; otherwise all four")
    parser.add_argument("--batch", type=int, help="pictures of a step; otherwise as the file says")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    names = [options.only] if options.only else list(BATCHES)
    try:
        figures = {name: measure(name, options.repeats, options.batch) for name in names}
    except UnequalError as error:
        sys.exit(str(error))
    if not options.json:
        print(table(figures))
        return
    ratios = {name: {key: each[key]["ratio"] for key in PRECISIONS} for name, each in figures.items()}
    print(json.dumps({"ratio": ratios, "target": TARGET, "models": figures, "machine": machine()}, allow_nan=False))


if __name__ == "__main__":
    main()
