"""The batches of a run, made in a thread while the step before is computed.

A batch is a function of the recipe's seed and the step's number, so what was made ahead and is no longer needed is
simply forgotten. Pictures travel as bytes, from pinned memory where there is a GPU, and become numbers there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from core.data import sets
from core.training.recipes import Recipe
from core.training.run import Run

AHEAD = 2
"""Batches that are made before they are asked for."""


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, size: int) -> np.ndarray:
    """The order of an epoch's images; kept, since making it again for every batch takes a tenth of a small step."""
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


def told(run: Run, dataset: sets.DataSet, indices: np.ndarray) -> tuple[Tensor, ...]:
    """What the loss of a model is told beside pictures: the labels (b,), if it is to know them and they are known."""
    if not run.spec.labelled or dataset.labels is None:
        return ()
    return (torch.from_numpy(dataset.labels[indices]),)


def material(run: Run, dataset: sets.DataSet, indices: np.ndarray, generator: torch.Generator) -> list[Tensor]:
    """Pictures as bytes and all that the loss is told of them: labels, and what each pixel is (b, H, W)."""
    packed, kinds = dataset.explained(indices, generator)
    labels = told(run, dataset, indices)
    return [packed, *labels, *([kinds] if run.spec.mapped and labels and kinds is not None else [])]


def batches(run: Run, dataset: sets.DataSet) -> Iterator[tuple[Tensor, ...]]:
    """For every step from the run's on: pictures (b, C, H, W) in [0, 1] and what the loss is told of them.

    Of several processes each makes the whole batch, which is one draw from one generator, and has its share of it.
    """

    def made(step: int) -> list[Tensor]:
        indices = batch_indices(step, len(dataset), run.recipe)
        whole = material(run, dataset, indices, step_generator(step, run.recipe, "cpu"))
        parts = [part[run.processes.share(len(indices))] for part in whole]
        return [part.pin_memory() for part in parts] if torch.device(run.device).type == "cuda" else parts

    # One processor thread: what is computed here is small, and the step beside it has use for the others.
    with ThreadPoolExecutor(1, "easel-batches", initializer=torch.set_num_threads, initargs=(1,)) as maker:
        steps = iter(range(run.step, run.recipe.steps))
        coming = deque(maker.submit(made, step) for step in islice(steps, AHEAD))
        while coming:
            x, *labels = (part.to(run.device, non_blocking=True) for part in coming.popleft().result())
            coming.extend(maker.submit(made, step) for step in islice(steps, 1))
            x = dataset.unpacked(x)
            yield x.contiguous(memory_format=torch.channels_last) if run.spec.channels_last else x, *labels
