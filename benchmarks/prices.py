"""What requests cost and what they were said to cost: prices decide who goes first and what a page may ask for.

``python -m benchmarks.prices [--json]`` paints each kind once more after a first time and prints processor seconds of
one thread beside the price, and for how long it kept its model at most before others could go first.
``--write`` measures every pixel model instead, for ``benchmarks/prices.json``: a test holds the tables of
:mod:`core.samplers.prices` against it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from core.requests import RequestError
from core.samplers import prices
from core.studio.pixels import Covered, PixelStudio
from core.studio.studio import Studio
from core.studio.turns import BILL, Bill, Turn, Turns
from core.training.registry import REGISTRY

DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[6:22, 13:15] = 255
HIDDEN = np.arange(28)[:, None].repeat(28, 1) >= 14
COVERED = DIGIT, HIDDEN
TABLE = Path(__file__).with_name("prices.json")
REPEATS, ENOUGH = 4, 20.0
"""Paintings of one kind, of which the first does not count, and the seconds after which one that takes long ends."""


class Clocked(Turns):
    """Turns that keep for how many processor seconds each was ``held``."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[float] = []

    def rest(self, turn: Turn) -> None:
        self._count(turn)
        super().rest(turn)

    def _count(self, turn: Turn) -> None:
        since = turn.since
        super()._count(turn)
        self.held.append(turn.since - since)


def requests(studio: Studio) -> dict[str, Callable[[], object]]:
    """Small and large ones of each kind."""
    pixels, scene, moves = studio.pixels, studio.glimpses.scene(DIGIT, 60, 4, 1).pixels, itertools.count(1)
    return {
        "DRAW, 1 picture": lambda: studio.draw_generate(1, 1),
        "DRAW, 32 × 64 strokes": lambda: studio.draw_generate(32, 1, 1.0, 64),
        "DRAW completes 9": lambda: studio.draws.complete(COVERED, 9, 1),
        "PixelCNN, 1": lambda: pixels.generate("pixelcnn-mnist", 1, 1),
        "PixelCNN, 64": lambda: pixels.generate("pixelcnn-mnist", 64, 1),
        "PixelCNN completes 9": lambda: pixels.complete("pixelcnn-mnist", COVERED, 9, 1),
        "in colour, 16": lambda: pixels.generate("pixelcnn-cifar10", 16, 1),
        "Spatial LSTM, 16 filters of 32": lambda: pixels.fit("spatial-lstm-mnist", COVERED, 16, 1, particles=32),
        "DRAW completes 64": lambda: studio.draws.complete(COVERED, 64, 1),
        "9 filters of 28": lambda: pixels.fit("pixelcnn-mnist", COVERED, 9, 1),
        "sampler race": lambda: pixels.race("pixelcnn-mnist", 1),
        "VAE decodes": lambda: studio.vaes.decode([0] * 8),
        "VAE decodes 900": lambda: studio.vaes.decode_all(np.zeros((900, 8))),
        "VAE, the bound": lambda: studio.costs.bound(DIGIT),
        "VAE, outwards": lambda: studio.costs.outside(DIGIT),
        "VAE, four corners": lambda: studio.walks.corners((DIGIT, DIGIT.T, DIGIT[::-1], DIGIT.T[::-1])),
        "DRAW forks 25": lambda: studio.draw_forks(DIGIT, 8, 25, 1),
        "DRAW erases": lambda: studio.draw_erased(DIGIT, "latent", 1),
        "DRAW, the pen": lambda: studio.draw_pen(DIGIT, {3: (14, 14, 6)}, {}, 1),
        "DRAW, with and without": lambda: studio.draws.compare(DIGIT, 1, 1),
        "DRAW tallies": lambda: studio.draws.tally(np.roll(DIGIT, next(moves), 1)),
        "DRAW between": lambda: studio.draws.between(DIGIT, DIGIT.T, 12, "straight", 1),
        "DRAW in colour, 16": lambda: studio.draws.generate("draw-plates", 16, 1),
        "lens, field": lambda: pixels.field("pixelcnn-mnist", 14, 12, DIGIT),
        "lens, leak": lambda: pixels.leak("gated-pixelcnn-mnist", 14, 12, DIGIT),
        "lens, scans": lambda: pixels.scans_leak("third", 14, 12, DIGIT),
        "coder": lambda: pixels.coded("pixelcnn-mnist", DIGIT),
        "judge in colour": lambda: pixels.judge("pixelcnn-cifar10", np.zeros((32, 32, 3), np.uint8)),
        "every pixel": lambda: studio.every_pixel.grown(scene),
        "every pixel, heard": lambda: studio.every_pixel.heard(scene, 30, 30),
        "side by side, VAE completes": lambda: studio.together.answer("complete", "vae-mnist", COVERED, 4, 1),
        "side by side, DRAW completes": lambda: studio.together.answer("complete", "draw-mnist", COVERED, 4, 1),
        "side by side, DRAW's surprise": lambda: studio.together.answer("surprise", "draw-mnist", COVERED, 4, 1),
        "side by side, plain DRAW": lambda: studio.together.answer("surprise", "draw-mnist-plain", COVERED, 4, 1),
        "side by side, PixelCNN's": lambda: studio.together.answer("surprise", "pixelcnn-mnist", COVERED, 4, 1),
        "VAE searches": lambda: studio.restoring.uncover(COVERED, 1),
    }


def measured(ask: Callable[[], object], turns: Clocked) -> dict[str, float]:
    """Price and processor seconds of one request, and of its longest part, after one to warm up."""
    ask()
    turns.held.clear()
    bill = Bill()
    token = BILL.set(bill)
    start = time.thread_time()
    try:
        ask()
    finally:
        BILL.reset(token)
    seconds = time.thread_time() - start
    held = max(turns.held, default=seconds)
    return {"price": round(bill.price, 4), "seconds": round(seconds, 4), "held": round(held, 4)}


def seconds(ask: Callable[[int], object]) -> float:
    """Processor seconds of the median of some paintings, each with a seed of its own, after one to warm up."""
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < ENOUGH:
        start = time.thread_time()
        ask(len(times))
        times.append(time.thread_time() - start)
    return float(f"{statistics.median(times[1:] or times):.2g}")


def _filter(pixels: PixelStudio, name: str, covered: Covered, particles: int, seed: int) -> None:
    pixels.fit(name, covered, 1, seed, particles=particles)


def of_models(studio: Studio) -> dict[str, dict[str, tuple[float, float]]]:
    """For each pixel model, seconds of one picture and of sixteen, and of filters with few particles and with many."""
    pixels = studio.pixels
    table: dict[str, dict[str, tuple[float, float]]] = {"pictures": {}, "particles": {}}
    for name, spec in REGISTRY.items():
        if spec.family != "pixel":
            continue
        side = spec.config.height
        shape = (side, side) if spec.config.channels == 1 else (side, side, 3)
        picture = np.zeros(shape, np.uint8)
        picture[side // 4 : -side // 4, side // 2 - 1 : side // 2 + 1] = 255
        covered = picture, np.arange(side)[:, None].repeat(side, 1) < side // 2
        asks: dict[str, Callable[[int, int], object]] = {
            "pictures": partial(pixels.generate, name),
            "particles": partial(_filter, pixels, name, covered),
        }
        for kind, ask in asks.items():
            try:
                few, most = (seconds(partial(ask, count)) for count in prices.COUNTS[kind])
            except RequestError:  # no filter without raster order
                continue
            table[kind][name] = (few, most)
    return table


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    studio, turns = Studio(), Clocked()
    studio._turns = turns
    if options.write:
        TABLE.write_text(json.dumps({"machine": machine(), **of_models(studio)}, indent=1) + "\n", "utf-8")
        return
    table = {name: measured(ask, turns) for name, ask in requests(studio).items()}
    if options.json:
        print(json.dumps({"machine": machine(), "requests": table}, indent=1))
        return
    for name, row in table.items():
        print(f"{name:30} price {row['price']:.3f} s, measured {row['seconds']:.3f} s, held {row['held']:.3f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
