"""The yardstick for glimpses: a small convolutional network that sees the whole picture at once.

Mnih et al. 2014, "Recurrent Models of Visual Attention", table 2, compare with two layers: 8 convolutional filters of
10 × 10 with stride 5, then 256 hidden units, both rectified, and a softmax.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, ``k`` classes.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import ConvNetConfig
from core.trace import Step


class ConvNet(nn.Module):
    """The whole classifier."""

    def __init__(self, config: ConvNetConfig) -> None:
        super().__init__()
        self.config = config
        rows, columns = ((side - config.size) // config.stride + 1 for side in (config.height, config.width))
        self.convolution = nn.Conv2d(config.channels, config.features, config.size, config.stride)
        self.dense = nn.Linear(config.features * rows * columns, config.hidden)
        self.out = nn.Linear(config.hidden, config.classes)

    def judge(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Logits (1, b, k) for x (b, 1, H, W): as a glimpse classifier's, after its only look. Nothing is random."""
        seen = F.relu(self.convolution(x)).flatten(1)
        return self.out(F.relu(self.dense(seen))).float()[None]

    def loss(self, x: Tensor, generator: torch.Generator, labels: Tensor) -> LossTerms:
        """Cross-entropy in nats of the labels (b,)."""
        zeros = torch.zeros(len(x), device=x.device)
        return LossTerms(F.cross_entropy(self.judge(x, generator)[0], labels, reduction="none"), zeros, zeros)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """One :class:`Step`: all is seen at once. Answers ``Reconstruct``."""
        if not isinstance(request, Reconstruct):
            raise TypeError("The convolutional network looks at pictures; it cannot paint any.")
        p = self.judge(request.images.to(device_of(self)), generator)[0].softmax(1)
        scalars = {f"{k}_probability": array(p[:, k]) for k in range(self.config.classes)}
        yield Step(array(request.images), scalars=scalars)
