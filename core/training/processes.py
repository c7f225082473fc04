"""Training on several processes or hosts: ``accelerate launch -m core.training NAME`` (Hugging Face Accelerate).

Each process has the whole model and a share of every batch; their gradients are averaged. So a step is that of one
process with the whole batch: the batch, its binarisation and its noise are those of seed and step, whoever computes
them. Only the first process writes. All of them must see the run's folder and the data.

Accelerate is imported only where a launcher has started this process as one of several.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.console import found_device
from core.errors import UserError


class ProcessError(UserError):
    """Several processes cannot work together here; the message is one sentence for the user."""


@dataclass(frozen=True)
class Processes:
    """One process among ``count``; ``accelerator`` is Accelerate's, None where there is but one."""

    device: torch.device
    rank: int = 0
    count: int = 1
    accelerator: Any = None

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def share(self, size: int) -> slice:
        """Which of ``size`` pictures are this one's; the shares differ by one at most."""
        return slice(size * self.rank // self.count, size * (self.rank + 1) // self.count)

    def average(self, tensors: Sequence[Tensor], pictures: int) -> None:
        """Put the mean over all processes into the place of each tensor; each process counts by its pictures."""
        if self.count == 1:
            return
        flat = torch.cat([each.detach().reshape(-1).float() for each in tensors]) * pictures
        total = self.accelerator.reduce(torch.cat([flat, flat.new_tensor([float(pictures)])]), "sum")
        means = (total[:-1] / total[-1]).split([each.numel() for each in tensors])
        for each, mean in zip(tensors, means, strict=True):
            each.detach().copy_(mean.view_as(each))

    def together(self, part: Tensor) -> Tensor:
        """The sum over all processes: each has filled its own places of a tensor of zeros, on the processor."""
        if self.count == 1:
            return part
        found: Tensor = self.accelerator.reduce(part.to(self.device), "sum").cpu()
        return found

    def agreed(self, stop: bool) -> bool:
        """Whether any of them wants to stop; all ask after the same step, so that none waits for one that has left."""
        return bool(self.together(torch.tensor([float(stop)])).item())

    @contextmanager
    def parting(self) -> Iterator[None]:
        """What only the first process does after a step: where it fails, the others are told before it leaves."""
        try:
            yield
        except BaseException:
            self.agreed(True)
            raise


def rank_here() -> int:
    """Which of the processes that a launcher has started this one is, from 0."""
    return int(os.environ.get("RANK", "0"))


@contextmanager
def launched(device: str) -> Iterator[Processes]:
    """The processes that a launcher has started, or this one alone. Raises :class:`UserError`."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes(torch.device(found_device(device)))
        return
    try:
        from accelerate import Accelerator  # takes a second, which one process alone need not pay
    except ImportError:
        raise ProcessError("Several processes need Accelerate: pip install -r requirements-train.txt.") from None
    accelerator = Accelerator(cpu=device == "cpu")
    try:
        yield Processes(accelerator.device, accelerator.process_index, accelerator.num_processes, accelerator)
    finally:
        accelerator.end_training()
