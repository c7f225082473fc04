"""The loop: a step, a validation, and what makes a run repeatable.

All that is random is a function of the recipe's seed and the step's number: which images are in a batch, their
binarisation, the noise. So a run that is resumed goes on bit for bit as if it had never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import data
from core.registry import Recipe
from core.training.run import Diverged, Run

VALIDATION_IMAGES = 2_000


def learning_rate(step: int, recipe: Recipe) -> float:
    """Linear warm-up, a plateau, then half a cosine down to zero at ``recipe.steps``."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    start = recipe.decay_from * recipe.steps
    if step < start:
        return recipe.learning_rate
    progress = min((step - start) / max(recipe.steps - start, 1), 1.0)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * progress))


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of an epoch's images; kept, since making it anew for every batch takes a tenth of a small step."""
    return np.random.default_rng((seed, epoch)).permutation(size)


def batch_indices(step: int, size: int, recipe: Recipe) -> np.ndarray:
    """Which of ``size`` images make batch ``step``: epochs are permutations, drawn from seed and epoch alone."""
    per_epoch = max(size // recipe.batch_size, 1)
    epoch, position = divmod(step, per_epoch)
    order = epoch_order(recipe.seed, epoch, size)
    return order[position * recipe.batch_size : (position + 1) * recipe.batch_size]


def step_generator(step: int, recipe: Recipe, device: str) -> torch.Generator:
    """The noise of one step, a function of seed and step alone."""
    seed = int(np.random.SeedSequence((recipe.seed, step)).generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


@dataclass(frozen=True)
class Update:
    """What a step found before it moved the weights: nats per picture, means over the batch.

    ``nats`` is what is minimised, ``total`` the bound, ``gradient`` the norm of the gradient before it is clipped.
    """

    nats: float
    reconstruction: float
    kl: float
    total: float
    gradient: float


def train_step(run: Run, loss: Callable[..., Any], x: Tensor, *labels: Tensor) -> Update:
    """One update of the weights; raises :class:`Diverged` in the place of one by numbers that are none."""
    pace = learning_rate(run.step, run.recipe) / run.recipe.learning_rate
    for optimizer in run.optimizers.values():
        for group in optimizer.param_groups:
            group["lr"] = pace * optimizer.defaults["lr"]
    run.model.train(run.step < run.recipe.settle_from * run.recipe.steps)
    with torch.autocast(torch.device(run.device).type, torch.bfloat16, enabled=run.recipe.bfloat16):
        terms = loss(x, step_generator(run.step, run.recipe, run.device), *labels)
        nats = terms.minimised.mean()
    run.model.zero_grad(set_to_none=True)
    nats.backward()
    gradient = torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
    with torch.no_grad():
        means = (nats, terms.reconstruction.mean(), terms.kl.mean(), terms.total.mean(), gradient)
        update = Update(*torch.stack([mean.float() for mean in means]).tolist())  # fetched in one go
    for what, value in (("the loss", update.nats), ("the gradient", update.gradient)):
        if not math.isfinite(value):
            raise Diverged(run.step + 1, what, value)
    for optimizer in run.optimizers.values():
        optimizer.step()
    run.step += 1
    decay = min(run.recipe.ema, run.step / (run.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.average.parameters()), list(run.model.parameters()), 1 - decay)
    return update


def told(run: Run, dataset: data.DataSet, indices: np.ndarray) -> tuple[Tensor, ...]:
    """What the loss of a model is told beside pictures: the labels (b,), if it is to know them and they are known."""
    if not run.spec.labelled or dataset.labels is None:
        return ()
    return (torch.from_numpy(dataset.labels[indices]).to(run.device),)


@torch.no_grad()
def validate(run: Run, dataset: data.DataSet) -> float:
    """Mean loss in nats of the averaged weights on a seeded subset, with the same noise at every call.

    A model that is told the classes is told them here as well, where the data set has them.
    """
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(dataset))[:VALIDATION_IMAGES]
    choices = torch.Generator().manual_seed(run.recipe.seed)
    generator, total = torch.Generator(run.device).manual_seed(run.recipe.seed), 0.0
    for start in range(0, len(chosen), 200):
        indices = chosen[start : start + 200]
        x = dataset.batch(indices, choices).to(run.device)
        total += float(run.average.loss(x, generator, *told(run, dataset, indices)).minimised.sum())
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
    train: data.DataSet,
    valid: data.DataSet,
    on_interval: Callable[[Run, float], None],
    compiled: bool = False,
) -> Iterator[Progress]:
    """Train to ``run.recipe.steps``; calls ``on_interval`` with the validation nats, yields after every step.

    Raises :class:`Diverged`, before ``on_interval`` is called, where a number is none.
    """
    loss = torch.compile(run.model.loss) if compiled else run.model.loss
    while run.step < run.recipe.steps:
        generator = step_generator(run.step, run.recipe, "cpu")
        indices = batch_indices(run.step, len(train), run.recipe)
        x = train.batch(indices, generator).to(run.device)
        if run.spec.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        update, nats_valid = train_step(run, loss, x, *told(run, train, indices)), None
        if run.step % run.recipe.interval == 0 or run.step == run.recipe.steps:
            nats_valid = validate(run, valid)
            if not math.isfinite(nats_valid):
                raise Diverged(run.step, "the validation", nats_valid)
            on_interval(run, nats_valid)
        yield Progress(run.step, update, nats_valid)
