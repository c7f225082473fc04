"""The row-wise fixed point against one full pass a pixel: same weights, same noise, the same picture.

``python -m benchmarks.sampling [--model NAME --batch N --threads N --repeats N] --json``. Both are timed by the
processor's own clock for this process, in one run; the naive sampler once, ours as the median of several.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.machine import machine
from core import sampling
from core.checkpoints import load_checkpoint
from core.models.base import Generate
from core.models.pixelcnn import PixelCNN
from core.trace import RasterTrace


def timed(paint: Callable[[], RasterTrace]) -> tuple[float, RasterTrace]:
    """Seconds on the wall and what was painted."""
    start = time.perf_counter()
    trace = paint()
    return time.perf_counter() - start, trace


def measure(model: PixelCNN, batch: int, repeats: int, seed: int) -> dict[str, object]:
    """Paint ``batch`` pictures both ways; times in seconds."""

    def generator() -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    sampler = sampling.RowSampler(model)
    sampler.paint(Generate(batch), generator())
    times, fast = zip(
        *(timed(lambda: sampler.paint(Generate(batch), generator())) for _ in range(repeats)), strict=True
    )
    passes = 0

    def count(_: sampling.Pass) -> None:
        nonlocal passes
        passes += 1

    sampler.paint(Generate(batch), generator(), count)
    slow_time, slow = timed(lambda: sampling.naive(model, Generate(batch), generator()))
    ours = statistics.median(times)
    return {
        "ratio": round(slow_time / ours, 1),
        "baseline": round(slow_time, 4),
        "ours": round(ours, 4),
        "identical": bool(np.array_equal(fast[0].image, slow.image)),
        "passes": passes,
        "batch": batch,
        "seed": seed,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description="Race the samplers.")
    parser.add_argument("--model", default="pixelcnn-mnist", choices=["pixelcnn-mnist"])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_checkpoint(options.model)
    assert isinstance(model, PixelCNN)
    result = {"model": options.model, **measure(model, options.batch, options.repeats, options.seed)}
    result["machine"] = machine()
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{options.model}, batch {options.batch}: naive {result['baseline']} s, fixed point {result['ours']} s, "
            f"{result['ratio']} times faster, identical: {result['identical']}"
        )


if __name__ == "__main__":
    main()
