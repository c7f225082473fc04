"""A loss as one compiled graph.

No graph can hold a generator of noise: where a loss asks one, ``torch.compile`` cuts it into pieces. So a loss is first
asked, once for each kind of batch, what it would draw; from then on that is drawn before the graph is run, the same
numbers in the same order. The scan of a PixelRNN is one node of its graph (:mod:`core.nn.lstm_scan`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from core.models.base import LossTerms
from core.nn.noise import Drawn, Noted


def pays(channels_last: bool, bfloat16: bool) -> bool:
    """Whether a step is faster compiled.

    Of maps in bfloat16, channels last, between convolutions it is not: what is compiled for them takes longer than
    PyTorch's own, 236 ms against 140 for a step of PixelCNN on an EPYC.
    """
    return not (channels_last and bfloat16)


class CompiledLoss:
    """The loss of a model, compiled at its first call, and again for batches of another shape and without dropout."""

    def __init__(self, model: Any, **options: Any) -> None:
        self.model = model
        self.graph = torch.compile(self._of_noise, dynamic=False, **options)
        self.noted: dict[tuple[torch.Size, bool], Noted] = {}

    def _of_noise(self, pieces: list[Tensor], x: Tensor, *labels: Tensor) -> LossTerms:
        terms: LossTerms = self.model.loss(x, Drawn(pieces), *labels)
        return terms

    def __call__(self, x: Tensor, generator: torch.Generator | Drawn, *labels: Tensor) -> LossTerms:
        """What ``model.loss`` gives."""
        if isinstance(generator, Drawn):
            return self.graph(list(generator.pieces), x, *labels)
        kind = x.shape, self.model.training
        if kind not in self.noted:
            self.noted[kind] = Noted(torch.Generator(generator.device))
            with torch.no_grad():
                self.model.loss(x, self.noted[kind], *labels)
        return self.graph(self.noted[kind].again(generator), x, *labels)
