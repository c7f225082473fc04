"""All samplers of a pixel model at one picture, each on the clock; of the definition only a part is run.

The definition takes one full pass of the network for each pixel: half a minute on a busy processor. So it is run where
it tells most: at pixels picked at random all over the picture, each with just what the definition would have before it.
Their times are scaled to the whole, and what they draw is compared with what the other samplers painted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import Complete, Generate, array, device_of
from core.models.raster import visits
from core.requests import seeded
from core.results import Racer
from core.samplers.brush import Brush, fastest
from core.samplers.canvas import Canvas, Method, Pass

NAIVE_SECONDS, OTHERS_SECONDS = 0.8, 1.2
"""How long the definition is run, and how long the ways together of which none is the fastest."""

OnPass = Callable[[Pass], None]


def race(brush: Brush, request: Generate | Complete, seed: object, on_pass: OnPass) -> list[Racer]:
    """Paint one picture in every way that is written for the model, the definition first; ``on_pass`` may raise."""
    quickest = fastest(brush.model, device_of(brush.model).type, 1)
    first, final = _painted(brush, request, seed, quickest, None, on_pass)
    racers = {quickest: first}
    racers["naive"] = _defined(brush, request, seed, final, on_pass)
    others = [method for method in brush.methods if method not in racers]
    for left, method in zip(range(len(others), 0, -1), others, strict=True):
        spent = sum(float(racers[done].times[-1]) for done in others if done in racers)
        racers[method], _ = _painted(brush, request, seed, method, (OTHERS_SECONDS - spent) / left, on_pass)
    return [racers[method] for method in brush.methods]


def _painted(
    brush: Brush,
    request: Generate | Complete,
    seed: object,
    method: Method,
    seconds: float | None,
    on_pass: OnPass,
) -> tuple[Racer, Canvas]:
    """One sampler on the clock, until its picture is finished or ``seconds`` are over, and its canvas."""
    brush.sampler(method)  # prepared once for all paintings, before the clock starts
    canvas = brush.canvas(request, seeded(seed))
    times, rows, canvases = [], [], [array(canvas.x[0])]
    start, finished = time.perf_counter(), False
    for state in brush.passes(request, seeded(seed), method):
        if isinstance(state, Canvas):
            canvas, finished = state, True
            break
        times.append(time.perf_counter() - start)
        canvases.append(array(state.picture()[0]))
        rows.append(-1 if state.row is None else state.row * state.stride)
        on_pass(state)
        if seconds is not None and times[-1] > seconds:
            break
    clock = np.array(times, np.float32)
    return Racer(method, clock, np.stack(canvases), np.array(rows), len(times), finished=finished), canvas


@torch.inference_mode()
def _defined(brush: Brush, request: Generate | Complete, seed: object, final: Canvas, on_pass: OnPass) -> Racer:
    """The definition, run at pixels picked at random for :data:`NAIVE_SECONDS`, everywhere if that suffices."""
    model, order = brush.model, np.asarray(brush.model.order)
    blank = brush.canvas(request, seeded(seed))
    hidden = np.flatnonzero(~blank.known[0].cpu().numpy()[order[:, 0], order[:, 1]])
    seconds, differing = np.full(len(order), np.nan), 0
    over = time.perf_counter() + NAIVE_SECONDS
    for visit in np.random.default_rng(0).permutation(hidden):
        x = _before(final.x, blank.x, order, int(visit))
        row, column = order[visit].tolist()
        start = time.perf_counter()
        for _ in visits(_Part(model, order[[visit]]), x, final.known, final.noise, final.temperature, final.labels):
            seconds[visit] = time.perf_counter() - start
        differing += bool((x[0, :, row, column] != final.x[0, :, row, column]).any())
        on_pass(Pass(row, x, torch.ones(1)))
        if time.perf_counter() > over:
            break
    run = int(np.isfinite(seconds).sum())
    times = np.cumsum(np.where(np.isfinite(seconds), seconds, np.nanmean(seconds)))
    canvases = np.repeat(array(blank.x), len(order) + 1, 0)
    for visit, (row, column) in enumerate(order.tolist(), 1):
        canvases[visit:, :, row, column] = array(final.x)[0, :, row, column]
    return Racer("naive", times.astype(np.float32), canvases, order[:, 0], run, differing)


def _before(final: Tensor, blank: Tensor, order: NDArray[np.int64], visit: int) -> Tensor:
    """What the definition has on its canvas (1, C, H, W) before a visit: all pixels of the visits before it."""
    x = blank.clone()
    rows, columns = torch.from_numpy(order[:visit].T).to(x.device)
    x[:, :, rows, columns] = final[:, :, rows, columns]
    return x


class _Part:
    """A pixel model that is visited only where ``order`` says."""

    def __init__(self, model: Any, order: NDArray[np.int64]) -> None:
        self.model, self.config, self.order = model, model.config, order

    def __call__(self, x: Tensor, *labels: Tensor) -> Tensor:
        logits: Tensor = self.model(x, *labels)
        return logits
