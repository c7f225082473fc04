"""One training step of our DRAW against a straightforward implementation of the same network, in one run on one thread.

``python -m benchmarks.draw [--steps T --batch N --no-attention --compile --repeats N] --json``. A step is forward,
backward and Adam, as in :mod:`benchmarks.training`: both networks begin with the same weights and learn from the same
batch and noise, and their losses must agree. ``--steps`` are strokes of a picture. ``--compile`` has ours compiled, as
the training command does with the option of that name; the baseline stays as it is found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks.baselines.draw import DrawBaseline
from benchmarks.machine import machine
from benchmarks.training import Figures, UnequalError, compare, stepper
from core.models.configs import DrawConfig
from core.models.draw import Draw
from core.training.registry import REGISTRY

TARGET = 1.5
TOLERANCE = 1e-5
"""How far the two losses may lie apart, as a part of the loss."""


def pair(config: DrawConfig, batch: int, compiled: bool = False) -> list[Callable[[], tuple[float, float]]]:
    """The steps of ours and of the baseline with the same weights, on the same pictures and noise."""
    ours, theirs = Draw(config), DrawBaseline(config)
    theirs.take(ours)
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(batch, config.channels, config.height, config.width, generator=generator) < 0.2).float()
    noise = torch.randn(config.steps, batch, config.latent, generator=generator)
    bound = torch.compile(ours.bound) if compiled else ours.bound
    return [stepper(ours, lambda: bound(x, noise).total.mean()), stepper(theirs, lambda: theirs(x, noise))]


def measure(config: DrawConfig, batch: int, repeats: int, compiled: bool = False) -> Figures:
    """Median seconds of a step each; raises :class:`UnequalError` unless both have the same loss."""
    figures = compare(pair(config, batch, compiled), repeats, TOLERANCE, TARGET)
    return {
        **figures,
        "batch": batch,
        "steps": config.steps,
        "attention": config.attention,
        "compiled": compiled,
    }


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.draw", description="Time training steps of DRAW.")
    parser.add_argument("--steps", type=int, default=10, help="strokes of a picture")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--no-attention", action="store_true", help="read and write the whole canvas")
    parser.add_argument("--compile", action="store_true", help="torch.compile ours; needs a C++ compiler")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = replace(REGISTRY["draw-mnist"].config, steps=options.steps)
    try:
        config = replace(config, attention=not options.no_attention)
        figures = measure(config, options.batch, options.repeats, options.compile)
    except UnequalError as error:
        sys.exit(str(error))
    result = {"model": "draw", **figures, "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
