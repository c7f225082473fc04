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
from core.nn.noise import Drawn, Whole
from core.training.batches import batches, material, step_generator
from core.training.compiled import CompiledLoss, pays
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
    with torch.no_grad():
        costs = (nats, terms.reconstruction.mean(), terms.kl.mean(), terms.total.mean())
        means = torch.stack([cost.float() for cost in costs])
        run.processes.average([*(p.grad for p in run.model.parameters() if p.grad is not None), means], len(x))
    gradient = torch.nn.utils.clip_grad_norm_(run.model.parameters(), run.recipe.clip)
    update = Update(torch.stack([means[0], gradient.float(), *means[1:]]))
    run.unread.append(update.numbers[:2])
    for optimizer in run.optimizers.values():
        optimizer.step()
    run.step += 1
    decay = min(run.recipe.ema, run.step / (run.step + 10))
    with torch.no_grad():
        torch._foreach_lerp_(list(run.average.parameters()), list(run.model.parameters()), 1 - decay)
    return update


class Shared:
    """A loss for a share of a batch: it draws the noise of the whole one, as one process would, and takes its part.

    ``ask`` is the loss of the model itself, ``loss`` what computes it, ``size`` the number of pictures in a whole
    batch.
    """

    def __init__(self, ask: Any, loss: Any = None, size: int = 0, share: slice = slice(None)) -> None:
        self.ask, self.loss, self.size, self.share = ask, loss, size, share
        self.kinds: dict[tuple[torch.Size, bool], Whole] = {}

    def noise(self, count: int, generator: torch.Generator, x: Tensor, *labels: Tensor) -> list[Tensor]:
        """The noise of a batch of ``count`` pictures like ``x`` (b, C, H, W), and of it that of the share."""
        kind = x.shape[1:], self.ask.__self__.training
        if kind not in self.kinds:
            self.kinds[kind] = Whole(lambda noted, *told: self.ask(told[0], noted, *told[1:]), x, *labels)
        return self.kinds[kind].pieces(count, generator, self.share)

    def __call__(self, x: Tensor, generator: torch.Generator, *labels: Tensor) -> Any:
        """The loss of the share's pictures."""
        return self.loss(x, Drawn(self.noise(self.size, generator, x, *labels)), *labels)


@torch.no_grad()
def validate(run: Run, dataset: sets.DataSet) -> float:
    """Mean loss in nats of the averaged weights on a seeded subset, with the same noise at every call.

    A model that is told the classes is told them here as well, where the data set has them.
    """
    chosen = np.random.default_rng(run.recipe.seed).permutation(len(dataset))[: run.recipe.validation]
    choices = torch.Generator().manual_seed(run.recipe.seed)
    generator, starts = torch.Generator().manual_seed(run.recipe.seed), range(0, len(chosen), 200)
    sums, loss = torch.zeros(len(starts), dtype=torch.float64), Shared(run.average.loss)
    for i, start in enumerate(starts):
        indices = chosen[start : start + 200]
        packed, *labels = (part.to(run.device) for part in material(run, dataset, indices, choices))
        x = dataset.unpacked(packed)
        if i % run.processes.count == run.processes.rank:
            sums[i] = float(run.average.loss(x, generator, *labels).minimised.sum())
        else:
            loss.noise(len(x), generator, x, *labels)
    return float(sum(run.processes.together(sums).tolist())) / len(chosen)


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
    paying = compiled and pays(run.spec.channels_last, run.recipe.bfloat16)
    loss = CompiledLoss(run.model) if paying else run.model.loss
    if run.processes.count > 1:
        size = min(run.recipe.batch_size, len(train))
        loss = Shared(run.model.loss, loss, size, run.processes.share(size))
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
