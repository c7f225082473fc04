"""What a GPU gives: ``python -m benchmarks.gpu [--model NAME … --batch N --repeats N --checkpoints FOLDER] --json``.

For each model that paints pixel by pixel, ``sampling``: the seconds of its fastest sampler there against the
definition's (:mod:`benchmarks.sampling`), 64 pictures at once. For every model, ``training``: the median seconds of one
step of the recipe's batch, forward, backward, clipping and Adam, eager, compiled as one graph, and captured as a CUDA
graph; noise is drawn outside in all three. Without a GPU it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.machine import machine
from benchmarks.sampling import Race, clock, measure, prepared
from core.files import CHECKPOINTS
from core.nn.noise import Drawn, Noted
from core.samplers.brush import fastest
from core.samplers.whole import captured
from core.training.checkpoints import CheckpointError
from core.training.registry import REGISTRY
from core.training.spec import ModelSpec

MODELS = ("pixelcnn-mnist", "draw-mnist", "vae-mnist-20d")
NAIVE_VALUES = 40
"""Visits of the definition that are timed; the rest is scaled up."""
WARM = 3
Step = Callable[[], None]


def batch_of(spec: ModelSpec, device: str) -> tuple[Tensor, ...]:
    """Random pictures and, for a model that is told them, labels: what a batch of the recipe looks like."""
    config, generator = spec.config, torch.Generator().manual_seed(0)
    shape = (spec.recipe.batch_size, getattr(config, "channels", 1), config.height, config.width)
    x = (torch.rand(shape, generator=generator) < 0.2).float().to(device)
    labels = (torch.zeros(len(x), dtype=torch.long, device=device),) if spec.labelled else ()
    return x.contiguous(memory_format=torch.channels_last) if spec.channels_last else x, *labels


def stepper(spec: ModelSpec, device: str, compiled: bool = False) -> tuple[Step, Step]:
    """Drawing a step's noise, and the step itself, on one batch, whose loss is a function of noise drawn before."""
    model, (x, *labels) = spec.build().to(device).train(), batch_of(spec, device)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True, capturable=device == "cuda")
    generator, noted = torch.Generator(device).manual_seed(0), Noted(torch.Generator(device))
    with torch.no_grad():
        model.loss(x, noted, *labels)
    pieces = noted.again(generator)

    def loss(pieces: list[Tensor]) -> Tensor:
        mean: Tensor = model.loss(x, Drawn(pieces), *labels).minimised.mean()
        return mean

    graph = torch.compile(loss, fullgraph=True, dynamic=False) if compiled else loss

    def draw() -> None:
        for piece, new in zip(pieces, noted.again(generator), strict=True):
            piece.copy_(new)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        graph(pieces).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), spec.recipe.clip)
        adam.step()

    return draw, step


def seconds(draw: Step, step: Step, repeats: int, reading: Callable[[], float]) -> float:
    """Median seconds of a step with its noise, after :data:`WARM` that do not count."""
    found = []
    for turn in range(WARM + repeats):
        start = reading()
        draw()
        step()
        found += [reading() - start] if turn >= WARM else []
    return statistics.median(found)


def training(spec: ModelSpec, device: str, repeats: int, reading: Callable[[], float]) -> dict[str, float]:
    """Seconds of a step in each way, and how many times faster than eager the others are."""
    found = {way: seconds(*stepper(spec, device, way == "compiled"), repeats, reading) for way in ("eager", "compiled")}
    draw, step = stepper(spec, device)
    found["captured"] = seconds(draw, captured(step), repeats, reading)
    ratios = {f"{way}_ratio": round(found["eager"] / found[way], 2) for way in ("compiled", "captured")}
    return {**{way: round(value, 6) for way, value in found.items()}, **ratios}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description="Time samplers and steps on a GPU.")
    parser.add_argument("--model", choices=REGISTRY, action="append", help=f"by default {', '.join(MODELS)}")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not torch.cuda.is_available():
        sys.exit("There is no GPU here, so there is nothing to measure.")
    _, reading = clock("cuda", 1)
    for name in options.model or MODELS:
        result: dict[str, Any] = {"model": name, "gpu": torch.cuda.get_device_name(), "machine": machine()}
        if REGISTRY[name].bound == "exact":
            try:
                brush = prepared(name, options.checkpoints, False, "cuda")
            except CheckpointError as error:
                sys.exit(str(error))
            method = fastest(brush.model, "cuda", options.batch)
            race = Race(brush, options.batch, 0, "cuda", reading)
            result["sampling"] = {"method": method, **measure(race, method, options.repeats, NAIVE_VALUES)}
        began = time.perf_counter()
        result["training"] = training(REGISTRY[name], "cuda", options.repeats, reading)
        result["training"]["wall"] = round(time.perf_counter() - began, 1)
        print(json.dumps(result, allow_nan=False, indent=None if options.json else 2), flush=True)


if __name__ == "__main__":
    main()
