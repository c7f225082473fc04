"""One training step of our multi-dimensional LSTM against a loop over cells, in one run on one thread.

``python -m benchmarks.mdlstm [--batch N --causal --repeats N] --json``. A step is forward, backward and Adam, as in
:mod:`benchmarks.training`: both networks begin with the same weights and learn from the same scenes, whose digits are
drawn by a procedure, and their losses must agree.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

import torch

from benchmarks.baselines.mdlstm import MDLSTMBaseline
from benchmarks.machine import machine
from benchmarks.training import Figures, UnequalError, compare, stepper
from core.data import sets
from core.models.configs import MDLSTMConfig
from core.models.mdlstm import MDLSTM
from core.training.registry import REGISTRY

TARGET = 3.0
TOLERANCE = 1e-5
"""How far the two losses may lie apart, as a part of the loss."""


def pair(config: MDLSTMConfig, batch: int) -> list[Callable[[], tuple[float, float]]]:
    """The steps of ours and of the baseline with the same weights, on the same scenes."""
    ours, theirs = MDLSTM(config), MDLSTMBaseline(config)
    theirs.take(ours)
    dataset, generator = sets.load("cluttered-strokes", "valid"), torch.Generator().manual_seed(0)
    packed, found = dataset.explained(range(batch), generator)
    assert found is not None and dataset.labels is not None
    x, kinds = dataset.unpacked(packed)[..., : config.height, : config.width], found[:, : config.height, : config.width]
    labels, wanted = torch.tensor(dataset.labels[:batch]), kinds.long()
    return [
        stepper(ours, lambda: ours.loss(x, generator, labels, wanted).minimised.mean()),
        stepper(theirs, lambda: theirs.loss(x, labels, wanted)),
    ]


def measure(config: MDLSTMConfig, batch: int, repeats: int) -> Figures:
    """Median seconds of a step each; raises :class:`UnequalError` unless both have the same loss."""
    return {**compare(pair(config, batch), repeats, TOLERANCE, TARGET), "batch": batch, "causal": config.causal}


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mdlstm", description="Time training steps of MDLSTMs.")
    parser.add_argument("--batch", type=int, default=REGISTRY["mdlstm-cluttered"].recipe.batch_size)
    parser.add_argument("--causal", action="store_true", help="the one with one direction")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    name = "mdlstm-cluttered-causal" if options.causal else "mdlstm-cluttered"
    try:
        figures = measure(REGISTRY[name].config, options.batch, options.repeats)
    except UnequalError as error:
        sys.exit(str(error))
    result = {"model": name, **figures, "machine": machine()}
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
