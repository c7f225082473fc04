"""Completion that knows the whole picture: sequential Monte Carlo, row by row.

A pixel model that completes a hole sees only what comes before each pixel; given pixels below and to the right come
too late to be heeded. What is wanted is p(hidden | all given) instead. Sequential Monte Carlo (Gordon, Salmond and
Smith 1993; Doucet and Johansen 2009, section 3) paints many pictures at once, the particles, and after each row asks
how likely the *given* pixels of that row are under each of them:

    w_n ← w_n · Π p(x_j | all before, in particle n)        over the given pixels j of the row

Once the weights have become so uneven that they are worth fewer than half of the particles (the effective sample size
1 / Σ w², with Σ w = 1), particles are drawn anew in proportion to their weights, systematically: those that fit on are
doubled, those that do not are dropped. The product of the mean weights estimates the probability of the given pixels
after the hole, without bias. The same model and the same noise, but now the lower half of a digit decides about its
upper half.

Shapes: ``N`` particles, all of one picture, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.raster import value_nats
from core.samplers.canvas import Canvas, Pass, RowSampler


@dataclass(frozen=True, eq=False)
class Filtered:
    """What the filter leaves behind.

    ``log_weights`` (N,) of the particles on the canvas, with Σ w = 1; ``ess`` (H,) the effective sample size after
    each row, before particles were drawn anew; ``resampled`` (H,) whether they were; ``log_evidence`` in nats estimates
    log p(given pixels from the first hidden row on | the rows above).
    """

    log_weights: Tensor
    ess: Tensor
    resampled: Tensor
    log_evidence: float


def effective_sample_size(log_weights: Tensor) -> float:
    """1 / Σ w² of normalised weights: how many equal particles these (N,) are worth, between 1 and N."""
    return float((-(2 * log_weights.log_softmax(0)).logsumexp(0)).exp())


def systematic(log_weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Indices (count,) drawn in proportion to weights (N,): a ruler of equal marks, randomly shifted, laid on them."""
    u = torch.rand((), generator=generator, device=generator.device, dtype=torch.float64)
    marks = (torch.arange(count, device=log_weights.device) + u) / count
    ends = log_weights.double().softmax(0).cumsum(0)
    return torch.searchsorted(ends, marks).clamp_max_(len(log_weights) - 1)


@torch.inference_mode()
def filtered(
    sampler: RowSampler, canvas: Canvas, generator: torch.Generator, on_pass: Callable[[Pass], None] = lambda _: None
) -> Filtered:
    """Complete the one picture that all of ``canvas`` shows; its pictures become the particles."""
    height, count, device = canvas.x.shape[2], len(canvas.x), canvas.x.device
    log_weights = torch.full((count,), -math.log(count), dtype=torch.float64, device=device)
    ess, resampled = torch.full((height,), float(count)), torch.zeros(height, dtype=torch.bool)
    log_evidence = 0.0
    state, first = sampler.begin(canvas)
    for row in range(first, height):
        for each in sampler.paint(state, canvas, row):
            on_pass(each)
        nats = value_nats(canvas.logits[:, :, :, row] / canvas.temperature, canvas.x[:, :, row]).sum(1)
        log_weights -= (nats * canvas.known[:, row]).sum(1).double()
        total = log_weights.logsumexp(0)
        log_evidence += float(total)
        log_weights -= total
        ess[row] = effective_sample_size(log_weights)
        if ess[row] < count / 2 and row < height - 1:
            survivors = systematic(log_weights, count, generator)
            canvas.x.copy_(canvas.x[survivors])
            canvas.logits.copy_(canvas.logits[survivors])
            state = state.select(survivors)
            log_weights.fill_(-math.log(count))
            resampled[row] = True
    return Filtered(log_weights, ess, resampled, log_evidence)
