"""Which exact sampler is the fastest for each model, device and batch: what ``core.samplers.brush.fastest`` must
answer.

``python -m benchmarks.sampler_defaults [--model NAME …] [--device cpu|cuda] [--checkpoints FOLDER]`` times every method
of every registered pixel model, on one thread where it is a CPU, and writes ``benchmarks/samplers.json``: entries with
model, device, batch, the fastest method, its seconds, and for each method how many times as long it takes. Entries of
other models and devices that the file already has stay. The naive sampler is timed on a few visits and scaled up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.machine import machine
from benchmarks.sampling import Race, add_common, clock, pixel_models, prepared
from core.models.base import Generate
from core.samplers.brush import Brush
from core.samplers.canvas import Method
from core.training.checkpoints import CheckpointError, write_atomically

FILE = Path(__file__).with_name("samplers.json")
BATCHES = (1, 16)
PATIENCE = 20.0
"""Seconds after which a method is not timed again: slow ones need no median to lose."""


def seconds(race: Race, method: Method, repeats: int, visits: int) -> float:
    """What a batch takes, in the median; the first run warms up and counts only if it used up all patience."""
    request = Generate(race.batch)
    if method == "naive":
        race.warm_naive(request)
        return race.naive(race.canvas(request), visits)
    first, _, _ = race.paint(request, method)
    runs: list[float] = []
    while len(runs) < repeats and first + sum(runs) < PATIENCE:
        runs.append(race.paint(request, method)[0])
    return statistics.median(runs or [first])


def entries(brush: Brush, name: str, device: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One entry for each batch."""
    _, reading = clock(device, 1)
    for batch in options.batches:
        race = Race(brush, batch, options.seed, device, reading)
        times = {method: seconds(race, method, options.repeats, options.naive_values) for method in brush.methods}
        best = min(times, key=times.__getitem__)
        yield {
            "model": name,
            "device": device,
            "batch": batch,
            "fastest": best,
            "seconds": round(times[best], 5),
            "relative": {method: round(value / times[best], 3) for method, value in times.items()},
            "trained": not options.untrained,
        }


def merged(old: dict[str, Any], found: list[dict[str, Any]], device: str, where: dict[str, object]) -> dict[str, Any]:
    """The file's content with new entries in the place of those of the same model, device and batch."""

    def key(entry: dict[str, Any]) -> tuple[str, str, int]:
        return entry["device"], entry["model"], entry["batch"]

    kept = {key(entry): entry for entry in [*old.get("entries", []), *found]}
    machines = {**old.get("machines", {}), device: where}
    return {"machines": machines, "entries": [kept[each] for each in sorted(kept)]}


def described(device: str) -> dict[str, object]:
    """The machine, with its graphics card if that is what was measured."""
    return machine() | ({"gpu": torch.cuda.get_device_name()} if device == "cuda" else {})


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampler_defaults", description="Time every sampler.")
    parser.add_argument("--model", choices=pixel_models(), action="append", help="all by default; may be repeated")
    parser.add_argument("--device", choices=["cpu", "cuda"], action="append", help="by default all that are there")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--naive-values", type=int, default=8, help="pixels that the naive sampler visits")
    parser.add_argument("--out", type=Path, default=FILE)
    add_common(parser)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    content = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    for device in options.device or ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]:
        for name in options.model or pixel_models():
            try:
                brush = prepared(name, options.checkpoints, options.untrained, device)
            except CheckpointError as error:
                sys.exit(str(error))
            found = list(entries(brush, name, device, options))
            content = merged(content, found, device, described(device))
            write_atomically(options.out, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
            for entry in found:
                print(json.dumps(entry) if options.json else f"{name}, {device}, {entry['batch']}: {entry['relative']}")


if __name__ == "__main__":
    main()
