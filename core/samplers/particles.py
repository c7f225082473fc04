"""Completion that knows the whole picture: sequential Monte Carlo, row by row.

A pixel model that completes a hole sees only what comes before each pixel; given pixels below and to the right come
too late to be fitted. What is wanted is p(hidden | all given) instead. Sequential Monte Carlo (Gordon, Salmond and
Smith 1993; Doucet and Johansen 2009, section 3) paints many pictures at once, the particles, and after each row asks
how likely the *given* pixels of that row are under each of them:

    w_n ← w_n · Π p(x_j | all before, in particle n)        over the given pixels j of the row

Once the weights have become so uneven that they are worth fewer than half of the particles (the effective sample size
1 / Σ w², with Σ w = 1), particles are drawn again in proportion to their weights, systematically: those that fit on are
doubled, those that do not are dropped. The product of the mean weights estimates the probability of the given pixels
after the hole, without bias. The same model and the same noise, but now the lower half of a digit decides about its
upper half.

One filter gives one completion. Particles that are drawn again share their past, so that in the end nearly all pictures
of one filter are the same. Several completions therefore come from as many filters, each with particles and noise of
its own; they are painted in one batch, but never meet.

Shapes: ``F`` filters of ``N`` particles, all of one picture, ``H`` × ``W`` pixels; on the canvas F · N pictures, those
of the first filter first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.models.raster import value_nats
from core.samplers.canvas import Canvas, Pass, RowSampler


@dataclass(frozen=True, eq=False)
class Filtered:
    """What the filters leave behind.

    ``log_weights`` (F, N) of the particles on the canvas, with Σ w = 1 in each filter; ``ess`` (F, H) the effective
    sample size after each row, before particles were drawn again; ``resampled`` (F, H) whether they were;
    ``log_evidence`` (F,) in nats, each estimates log p(given pixels from the first hidden row on | the rows above).
    """

    log_weights: Tensor
    ess: Tensor
    resampled: Tensor
    log_evidence: Tensor


def effective_sample_size(log_weights: Tensor) -> float:
    """1 / Σ w² of normalised weights: how many equal particles these (N,) are worth, between 1 and N."""
    return float((-(2 * log_weights.log_softmax(0)).logsumexp(0)).exp())


def systematic(log_weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Indices (count,) drawn in proportion to weights (N,): a ruler of equal marks, randomly shifted, laid on them."""
    u = torch.rand((), generator=generator, dtype=torch.float64)
    marks = (torch.arange(count) + u) / count
    ends = log_weights.double().softmax(0).cumsum(0)
    return torch.searchsorted(ends, marks).clamp_max_(len(log_weights) - 1)


@torch.inference_mode()
def filtered(
    sampler: RowSampler,
    canvas: Canvas,
    generators: Sequence[torch.Generator],
    on_pass: Callable[[Pass], None] = lambda _: None,
) -> Filtered:
    """Complete the one picture that all of ``canvas`` shows; its pictures become the particles.

    There is a filter for each of ``generators``, from which its particles are drawn again. Weights are on the CPU.
    """
    height, filters = canvas.x.shape[2], len(generators)
    count = len(canvas.x) // filters
    log_weights = torch.full((filters, count), -math.log(count), dtype=torch.float64)
    ess = torch.full((filters, height), float(count))
    resampled = torch.zeros(filters, height, dtype=torch.bool)
    log_evidence = torch.zeros(filters, dtype=torch.float64)
    state, first = sampler.begin(canvas)
    for row in range(first, height):
        for each in sampler.paint(state, canvas, row):
            on_pass(each)
        nats = value_nats(canvas.logits[:, :, :, row] / canvas.temperature, canvas.x[:, :, row]).sum(1)
        log_weights -= (nats * canvas.known[:, row]).sum(1).cpu().double().view_as(log_weights)
        total = log_weights.logsumexp(1)
        log_evidence += total
        log_weights -= total[:, None]
        ess[:, row] = torch.tensor([effective_sample_size(weights) for weights in log_weights])
        uneven = ess[:, row] < count / 2
        if row < height - 1 and bool(uneven.any()):
            resampled[:, row] = uneven
            survivors = torch.arange(len(canvas.x)).view(filters, count)
            for index in uneven.nonzero()[:, 0].tolist():
                survivors[index] = index * count + systematic(log_weights[index], count, generators[index])
                log_weights[index] = -math.log(count)
            kept = survivors.flatten().to(canvas.x.device)
            canvas.x.copy_(canvas.x[kept])
            canvas.logits.copy_(canvas.logits[kept])
            state = state.select(kept)
    return Filtered(log_weights, ess, resampled, log_evidence)


def one_of_each(result: Filtered, generators: Sequence[torch.Generator]) -> Tensor:
    """The indices on the canvas of one particle of each filter, drawn in proportion to its weights: (F,)."""
    picks = [systematic(w, 1, generator) for w, generator in zip(result.log_weights, generators, strict=True)]
    starts = result.log_weights.shape[1] * torch.arange(len(picks))
    return starts + torch.cat(picks)
