"""The fastest exact sampler of a pixel model against one full pass for each value: same weights, same noise.

``python -m benchmarks.sampling [--model NAME --batch N --threads N|all --method M --naive-values N] --json``.
Everything is timed in one run and warm, ours as the median of ``--repeats`` paintings, each with its own noise, since
how many passes a picture takes depends on them. ``half`` compares, with the same sampler, completing the lower half of
one picture ``batch`` times with painting ``batch`` pictures, in turns.

The naive sampler visits every pixel and pays one pass over the picture for each value, wherever it is. With
``--naive-values N`` it makes N of the visits, spread evenly over the finished picture, and its time is scaled up; what
it draws there must be what is there. The whole picture is then checked by the global fixed point, started from it:
a picture that such a pass leaves as it is solves x_i = roll(p(x_i | all before), u_i) for all i, and only one does. The
other paintings are put to the same test, once each.

One thread on the CPU is timed by the processor's clock for this process, everything else by the clock on the wall.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.machine import machine
from core.files import CHECKPOINTS
from core.models.base import Complete, Generate
from core.models.raster import visits
from core.samplers.brush import Brush, fastest
from core.samplers.canvas import Canvas, Method
from core.training.checkpoints import CheckpointError, load_checkpoint
from core.training.registry import REGISTRY

METHODS: tuple[Method, ...] = ("rows", "waves", "cells", "whole")
MARGIN = 1e-4
"""Values whose noise lies so close to the edge, in logits, may differ from naive: rounding decides there."""


def pixel_models() -> list[str]:
    """Registered names of all models that paint pixel by pixel."""
    return [name for name, spec in REGISTRY.items() if spec.bound == "exact"]


@dataclass(frozen=True)
class Race:
    """What all samplers of a race share: the model, how many pictures, the seed of their noise, and the clock."""

    brush: Brush
    batch: int
    seed: int
    device: str
    clock: Callable[[], float]

    def canvas(self, request: Generate | Complete) -> Canvas:
        """A canvas to paint on; the same noise at every call."""
        return self.brush.canvas(request, torch.Generator().manual_seed(self.seed))

    def paint(self, request: Generate | Complete, method: Method) -> tuple[float, int, Canvas]:
        """Seconds, passes of the network, and the finished canvas."""
        generator = torch.Generator().manual_seed(self.seed)
        start = self.clock()
        for passes, state in enumerate(self.brush.passes(request, generator, method)):
            if isinstance(state, Canvas):
                return self.clock() - start, passes, state
        raise AssertionError("a sampler ends with its canvas")

    def naive(self, canvas: Canvas, count: int | None = None) -> float:
        """Seconds that the definition takes for the whole picture, from ``count`` of its visits or from all of them.

        What the visits draw is written into ``canvas``.
        """
        order = self.brush.model.order
        chosen = order if count is None else order[np.linspace(0, len(order) - 1, count).round().astype(int)]
        start = self.clock()
        self._visit(canvas, chosen)
        return (self.clock() - start) * len(order) / len(chosen)

    def warm_naive(self, request: Generate | Complete) -> None:
        """Two visits that do not count."""
        self._visit(self.canvas(request), self.brush.model.order[:2])

    def _visit(self, canvas: Canvas, order: np.ndarray) -> None:
        part = _Part(self.brush.model, order)
        for _ in visits(part, canvas.x, canvas.known, canvas.noise, canvas.temperature, canvas.labels):
            pass


class _Part:
    """A pixel model that is visited only where ``order`` says."""

    def __init__(self, model: Any, order: np.ndarray) -> None:
        self.model, self.config, self.order = model, model.config, order

    def __call__(self, x: Tensor, *labels: Tensor) -> Tensor:
        return self.model(x, *labels)


def copied(canvas: Canvas) -> Canvas:
    """The canvas with a picture of its own to paint on."""
    return replace(canvas, x=canvas.x.clone())


def solved(brush: Brush, canvas: Canvas) -> Tensor:
    """The picture that the global fixed point reaches from a finished one: the very same if that is right."""
    again = copied(canvas)
    for _ in brush.sampler("whole").passes(again):
        pass
    return again.x


@torch.no_grad()
def off_by(brush: Brush, canvas: Canvas) -> float:
    """How far, in logits, the worst value of a finished picture is from what the definition draws at its place."""
    labels = () if canvas.labels is None else (canvas.labels,)
    logits, levels = brush.model(canvas.x, *labels) / canvas.temperature, brush.config.levels
    if levels == 2:
        edge = canvas.noise[:, :, 0].logit()
        gap = (edge - logits[:, :, 0]) * (2 * canvas.x - 1)
    else:
        score = logits + canvas.noise
        chosen = (canvas.x * (levels - 1)).round().long()[:, :, None]
        gap = score.amax(2) - score.gather(2, chosen)[:, :, 0]
    return float(gap.masked_fill(canvas.known[:, None], 0).clamp_min(0).max())


def agreement(race: Race, painted: Canvas, seen: Tensor) -> dict[str, object]:
    """Whether a finished picture is ``seen``, what the other sampler painted."""
    differing, gap = int((painted.x != seen).sum()), off_by(race.brush, painted)
    return {"identical": differing == 0, "differing_values": differing, "within_margin": gap < MARGIN}


def against_naive(race: Race, painted: Canvas, count: int | None) -> dict[str, object]:
    """The naive sampler's seconds, and whether the finished picture is the one it paints."""
    request = Generate(race.batch)
    race.warm_naive(request)
    if count is None:
        blank = race.canvas(request)
        seconds = race.naive(blank)
        checked = {"checked_against": "naive", **agreement(race, painted, blank.x)}
    else:
        revisited = copied(painted)
        seconds = race.naive(revisited, count)
        solution = solved(race.brush, painted)
        seen = torch.where(revisited.x != painted.x, revisited.x, solution)
        checked = {"checked_against": f"whole, and {count} visits of naive", **agreement(race, painted, seen)}
    return {"baseline": seconds, "baseline_extrapolated": count is not None, "naive_visits": count, **checked}


def lower_half(race: Race, method: Method) -> Complete:
    """``batch`` completions of one picture that the model has painted itself, with noise that no other race has."""
    _, _, other = replace(race, seed=race.seed + 1_000).paint(Generate(1), method)
    known = torch.zeros_like(other.known)
    known[:, : known.shape[1] // 2] = True
    picture, given = other.x.cpu(), known.cpu()
    return Complete(picture.expand(race.batch, -1, -1, -1), given.expand(race.batch, -1, -1))


def measure(race: Race, method: Method, repeats: int, naive_values: int | None) -> dict[str, object]:
    """All figures of one model, in seconds; ``ratio`` and ``half`` say how many times faster."""
    races = [replace(race, seed=race.seed + more) for more in range(repeats)]
    halves = [lower_half(each, method) for each in races]
    race.paint(halves[0], method)  # warm
    whole_picture = Generate(race.batch)
    runs = [
        (each.paint(whole_picture, method), each.paint(half, method)) for each, half in zip(races, halves, strict=True)
    ]
    whole, half = (statistics.median(run[which][0] for run in runs) for which in (0, 1))
    passes, half_passes = (statistics.median(run[which][1] for run in runs) for which in (0, 1))
    painted, completed = (each[2] for each in runs[0])
    others = [canvas for run in runs[1:] for _, _, canvas in run]
    naive = against_naive(race, painted, naive_values)
    baseline = naive.pop("baseline")
    assert isinstance(baseline, float)
    given = completed.known[:, None]
    untouched = bool(((completed.x == halves[0].images.to(race.device)) | ~given).all())
    return {
        "ratio": round(baseline / whole, 1),
        "baseline": round(baseline, 4),
        "ours": round(whole, 5),
        **naive,
        "paintings": repeats,
        "others_within_margin": all(off_by(race.brush, canvas) < MARGIN for canvas in others),
        "passes": passes,
        "half": {
            "ratio": round(whole / half, 2),
            "whole": round(whole, 5),
            "half": round(half, 5),
            "passes": half_passes,
            **agreement(race, completed, solved(race.brush, completed)),
            "given_untouched": untouched,
        },
    }


def clock(device: str, threads: int) -> tuple[str, Callable[[], float]]:
    """The name of a clock that is right for a device, and the clock."""
    if device == "cuda":
        return "wall", _after_the_queue
    return ("processor", time.process_time) if threads == 1 else ("wall", time.perf_counter)


def _after_the_queue() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()


def prepared(name: str, checkpoints: Path, untrained: bool, device: str) -> Brush:
    """A model on a device, trained or with fresh weights; raises :class:`CheckpointError`."""
    model = REGISTRY[name].build().eval() if untrained else load_checkpoint(name, checkpoints)
    return Brush(model.to(device))


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that say which weights, how long and how."""
    parser.add_argument(
        "--checkpoints", type=Path, default=CHECKPOINTS, help="folder of weights; the repository's by default"
    )
    parser.add_argument("--untrained", action="store_true", help="fresh weights: only to try the benchmark out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description="Race the samplers.")
    parser.add_argument("--model", default="pixelcnn-mnist", choices=pixel_models())
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--method", choices=METHODS, help="otherwise the one that the app takes")
    parser.add_argument("--threads", default="1", help="a number or `all`")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--naive-values", type=int, help="pixels that the naive sampler visits; all by default")
    add_common(parser)
    options = parser.parse_args(arguments)
    threads = os.cpu_count() or 1 if options.threads == "all" else int(options.threads)
    torch.set_num_threads(threads)
    torch.manual_seed(options.seed)
    try:
        brush = prepared(options.model, options.checkpoints, options.untrained, options.device)
    except CheckpointError as error:
        sys.exit(str(error))
    method = options.method or fastest(brush.model, options.device, options.batch)
    if method not in brush.methods:
        parser.error(f"{options.model} paints by {', '.join(brush.methods)}.")
    named, reading = clock(options.device, threads)
    race = Race(brush, options.batch, options.seed, options.device, reading)
    result = {
        "model": options.model,
        "method": method,
        **measure(race, method, options.repeats, options.naive_values),
        "batch": options.batch,
        "seed": options.seed,
        "threads": options.threads if options.threads == "all" else threads,
        "device": torch.cuda.get_device_name() if options.device == "cuda" else "cpu",
        "clock": named,
        "trained": not options.untrained,
        "machine": machine(),
    }
    print(json.dumps(result, allow_nan=False) if options.json else json.dumps(result, indent=2, allow_nan=False))


if __name__ == "__main__":
    main()
