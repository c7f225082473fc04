"""The loop: a step, a validation, and what makes a run repeatable.

All that is random is a function of the recipe's seed and the step's number: which images are in a batch, their
binarisation, the noise. So a run that is resumed goes on bit for bit as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data import sets
from core.nn.likelihood import half
from core.training.batches import batches, material, step_generator
from core.training.compiled import CompiledLoss
from core.training.recipes import Recipe
from core.training.run import Diverged, Run

CHECK_EVERY = 50
"""Steps from one look at what they found to the next: a look waits for the device."""


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, a plateau, then half a cosine down to zero at ``recipe.steps``."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    start = recipe.decay_from * recipe.steps
    if step < start:
        return recipe.learning_rate
    progress = min((step - start) / max(recipe.steps - start, 1), 1.0)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


FOUND = ("nats", "gradient", "reconstruction", "kl", "total")


@dataclass(frozen=True, eq=False)
class Update:
    """What a step found before it moved the weights: nats per picture, means over the batch, on the device (5,).

    :data:`FOUND` are their names: ``nats`` is what is minimised, ``total`` the bound, ``gradient`` the norm of the
    gradient before it is clipped. Whoever reads a number waits for the device.
    """

    numbers: Tensor

    @property
    def nats(self) -> float:
        """What was minimised."""
        return float(self.numbers[0])


def train_step(run: Run, loss: Callable[..., Any], x: Tensor, *labels: Tensor) -> Update:
    """One update of the weights. Nothing here waits for the device; :meth:`Run.check` asks what the steps found."""
    pace = learning_rate(run.step, run.recipe) / run.recipe.learning_rate
    for optimizer in run.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = pace * optimizer.defaults["lr"]
    run.model.train(run.step < run.recipe.settle_from * run.recipe.steps)
    with half(x.device, run.recipe.bfloat16):
        terms = loss(x, step_generator(run.step, run.recipe, run.device), *labels)
        nats = terms.minimised.mean()
    run.model.zero_grad(set_to_none=True)
    nats.backward()
    gradient = torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
    with torch.no_grad():
        means = (nats, gradient, terms.reconstruction.mean(), terms.kl.mean(), terms.total.mean())
        update = Update(torch.stack([mean.float() for mean in means]))
    run.unread.append(update.numbers[:2])
    for optimizer in run.optimizers.values():
        optimizer.step()
    run.step += 1
    decay = min(run.recipe.ema, run.step / (run.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.average.parameters()), list(run.model.parameters()), 1 - decay)
    return update


@torch.no_grad()
def validate(run: Run, dataset: sets.DataSet) -> float:
    """Mean loss in nats of the averaged weights on a seeded subset, with the same noise at every call.

    A model that is told the classes is told them here as well, where the data set has them.
    """
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(dataset))[: run.recipe.validation]
    choices = torch.Generator().manual_seed(run.recipe.seed)
    generator, total = torch.Generator().manual_seed(run.recipe.seed), 0.0
    for start in range(0, len(chosen), 200):
        indices = chosen[start : start + 200]
        packed, *labels = (part.to(run.device) for part in material(run, dataset, indices, choices))
        total += float(run.average.loss(dataset.unpacked(packed), generator, *labels).minimised.sum())
    return total / len(chosen)


@dataclass(frozen=True)
class Progress:
    """What is seen after each step; ``validation`` only where an interval ends. Nats per picture."""

    step: int
    update: Update
    validation: float | None

    @property
    def nats(self) -> float:
        """What was minimised."""
        return self.update.nats


def fit(
    run: Run,
    train: sets.DataSet,
    valid: sets.DataSet,
    on_interval: Callable[[Run, float], None],
    compiled: bool = False,
) -> Iterator[Progress]:
    """Train to ``run.recipe.steps``; calls ``on_interval`` with the validation nats, yields after every step.

    Raises :class:`Diverged`, before ``on_interval`` is called, where a number is none, :data:`CHECK_EVERY` steps later
    at most.
    """
    loss = CompiledLoss(run.model) if compiled else run.model.loss
    for x, *labels in batches(run, train):
        update, nats_valid = train_step(run, loss, x, *labels), None
        due = run.step % run.recipe.interval == 0 or run.step == run.recipe.steps
        if due or run.step % CHECK_EVERY == 0:
            run.check()
        if due:
            nats_valid = validate(run, valid)
            if not math.isfinite(nats_valid):
                raise Diverged(run.step, "the validation", nats_valid)
            on_interval(run, nats_valid)
        yield Progress(run.step, update, nats_valid)
