"""A reader of house numbers: how many digits, and which.

Goodfellow et al. 2014, "Multi-digit Number Recognition from Street View Imagery using Deep Convolutional Neural
Networks": one network looks at the whole picture; one softmax says how many digits there are, one for each place which
digit stands there; the probability of a number is the product (section 4). Its confidence is that product.

Where we deviate: far smaller, for a CPU. And a reader that has only ever seen numbers reads one into anything: so in
training every ``ruined`` picture is washed out or shuffled until nothing can be read, and the right number of digits
for it is none. A reader of one place (``longest`` 1) tells single digits, of which neighbours may be in sight.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, ``n`` places, ``k`` = 10ⁿ numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import ReaderConfig
from core.nn import noise
from core.trace import Step

CELLS = 6
"""A picture is ruined on a grid of so many cells a side: each is one colour, or they change places."""


class Reader(nn.Module):
    """The whole classifier."""

    counts: Tensor
    """(k,): how many digits each number has."""
    digits: Tensor
    """(k, n): its digits from the left; 0 behind the last."""

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        self.config = config
        layers, before, side = list[nn.Module](), config.channels, (config.height, config.width)
        for features in config.features:
            stride = 2 if min(side) > 6 else 1
            layers += [nn.Conv2d(before, features, 3, stride, 1), nn.GroupNorm(8, features), nn.ReLU()]
            before, side = features, ((side[0] - 1) // stride + 1, (side[1] - 1) // stride + 1)
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(before * side[0] * side[1], config.dense)
        self.count = nn.Linear(config.dense, config.longest + 1)
        self.place = nn.Linear(config.dense, 10 * config.longest)
        texts = [str(number) for number in range(config.classes)]
        self.register_buffer("counts", torch.tensor([len(text) for text in texts]), persistent=False)
        digits = torch.tensor([[int(digit) for digit in text.ljust(config.longest, "0")] for text in texts])
        self.register_buffer("digits", digits, persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """For x (b, c, H, W) in [0, 1] log p(count) (b, n + 1), none included, and log p(digit) (b, n, 10)."""
        seen = self.layers(2 * x - 1).flatten(1)
        seen = F.relu(self.dense(seen))
        counts, digits = self.count(seen).float(), self.place(seen).float()
        return counts.log_softmax(1), digits.unflatten(1, (-1, 10)).log_softmax(2)

    def judge(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """log p(number | x), (1, b, k): as a glimpse classifier's after its only look. Nothing is random.

        What is missing to a sum of 1 is the probability of no number, or of one that begins with 0.
        """
        counts, digits = self(x)
        numbers = counts[:, self.counts]
        for place in range(self.config.longest):
            there = (self.counts > place).to(digits.dtype)
            numbers = numbers + digits[:, place, self.digits[:, place]] * there
        return numbers[None]

    def loss(self, x: Tensor, generator: torch.Generator, labels: Tensor) -> LossTerms:
        """−log p(number) in nats for the labels (b,), which are the numbers; in training, ruined pictures have none."""
        zeros = torch.zeros(len(x), device=x.device)
        if not self.training:
            return LossTerms(-self.judge(x, generator)[0].gather(1, labels[:, None])[:, 0], zeros, zeros)
        lost = noise.rand(len(x), generator=generator, device=x.device) < self.config.ruined
        counts, digits = self(torch.where(lost[:, None, None, None], ruined(x, generator), x))
        wanted = torch.where(lost, 0, self.counts[labels])
        nats = F.nll_loss(counts, wanted, reduction="none")
        for place in range(self.config.longest):
            missed = F.nll_loss(digits[:, place], self.digits[labels, place], reduction="none")
            nats = nats + missed * (wanted > place)
        return LossTerms(nats, zeros, zeros)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """One :class:`Step`: the likeliest number and its probability. Answers ``Reconstruct``."""
        if not isinstance(request, Reconstruct):
            raise TypeError("The reader looks at pictures; it cannot paint any.")
        confidence, number = self.judge(request.images.to(device_of(self)), generator)[0].exp().max(1)
        yield Step(array(request.images), scalars={"number": array(number.float()), "confidence": array(confidence)})


def ruined(x: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures (b, c, H, W) of the same colours on which nothing can be read: washed out or shuffled."""
    b, c, height, width = x.shape
    washed = F.interpolate(F.adaptive_avg_pool2d(x, CELLS), (height, width), mode="bilinear", align_corners=False)
    rows, columns = height // CELLS, width // CELLS
    cells = x[:, :, : CELLS * rows, : CELLS * columns].reshape(b, c, CELLS, rows, CELLS, columns)
    cells = cells.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    order = noise.rand(b, CELLS**2, generator=generator, device=x.device).argsort(1)
    moved = (
        cells[torch.arange(b, device=x.device)[:, None], order].unflatten(1, (CELLS, CELLS)).permute(0, 3, 1, 4, 2, 5)
    )
    shuffled = x.clone()
    shuffled[:, :, : CELLS * rows, : CELLS * columns] = moved.reshape(b, c, CELLS * rows, CELLS * columns)
    wash = noise.rand(b, generator=generator, device=x.device) < 0.5
    return torch.where(wash[:, None, None, None], washed, shuffled)
