"""A classifier that looks at a cluttered picture through a few small glimpses.

Gregor et al. 2015, "DRAW", section 4.1: "the network in fact only receives as input the attended patches", and after
the last of them a softmax says which digit it was. At each of N glimpses

    r = read(x, h)                  12 × 12 numbers through a window that h chooses (equations 21 to 27)
    h = LSTM(h, [r, where])
    p = softmax(V h)                which digit, judged after every glimpse

Mnih et al. 2014, "Recurrent Models of Visual Attention", is where the task comes from, the ``where`` that the network
is told with each glimpse, and the comparison with glimpses at random places.

Where we deviate: the loss is the mean cross-entropy over all glimpses, so that the network can be asked after each;
the glimpse goes through a hidden layer; the window layer begins with a bias that opens it over the whole picture.

Shapes: ``b`` pictures of ``H`` × ``W`` pixels, glimpses of ``N`` × ``N``, ``k`` classes, ``h`` hidden, ``T`` glimpses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.base import LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import GlimpseConfig
from core.nn import attention, noise
from core.nn.attention import Window
from core.trace import Mark, Step


class State(NamedTuple):
    """Hidden state and cell, (b, h) each."""

    h: Tensor
    c: Tensor


class Glance(NamedTuple):
    """One glimpse: its window, what was read (b, 1, N, N), and what the network then thinks, logits (b, k)."""

    window: Window
    patch: Tensor
    logits: Tensor


class GlimpseClassifier(nn.Module):
    """The whole classifier."""

    def __init__(self, config: GlimpseConfig) -> None:
        super().__init__()
        self.config = config
        self.aim = attention.open_window(config.hidden, config.height, config.width, config.read_size)
        self.features = nn.Linear(config.read_size**2 + 3, config.features)
        self.lstm = nn.LSTMCell(config.features, config.hidden)
        self.out = nn.Linear(config.hidden, config.classes)
        self.initial = nn.Parameter(torch.zeros(2, config.hidden))

    def start(self, batch: int) -> State:
        """The state before the first glimpse."""
        h, c = (row.expand(batch, -1) for row in self.initial)
        return State(h, c)

    def next_window(self, state: State) -> Window:
        """Where the network wants to look next."""
        return attention.window(self.aim(state.h), self.config.height, self.config.width, self.config.read_size)

    def random_window(self, batch: int, generator: torch.Generator) -> Window:
        """A window at full resolution, stride 1, equally likely wherever all of its filters lie inside the picture."""
        return self.placed(noise.rand(2, batch, generator=generator, device=device_of(self)))

    def placed(self, share: Tensor) -> Window:
        """Such windows at ``share`` (2, b) in [0, 1] of the way to the right and down."""
        half = (self.config.read_size - 1) / 2
        x, y = share
        one = torch.ones_like(x)
        return Window(
            g_x=1 + half + x * (self.config.width - 1 - 2 * half),
            g_y=1 + half + y * (self.config.height - 1 - 2 * half),
            sigma2=0.25 * one,
            delta=one,
            gamma=one,
        )

    def glance(self, x: Tensor, window: Window, state: State) -> tuple[Glance, State]:
        """Look at pictures (b, 1, H, W) through a window and think again."""
        patch = attention.read(x, window, self.config.read_size)
        seen = torch.cat([patch.flatten(1), self.where(window)], 1)
        state = State(*self.lstm(F.relu(self.features(seen)), state))
        return Glance(window, patch, self.out(state.h).float()), state

    def where(self, window: Window) -> Tensor:
        """(b, 3): centre, −1 to 1 inside the picture, and the logarithm of the stride."""
        x = 2 * window.g_x / (self.config.width + 1) - 1
        y = 2 * window.g_y / (self.config.height + 1) - 1
        return torch.stack([x, y, window.delta.clamp_min(1e-3).log()], 1)

    def glances(
        self, x: Tensor, generator: torch.Generator, windows: Sequence[Window | None] | None = None
    ) -> Iterator[Glance]:
        """All glimpses at x (b, 1, H, W); ``windows`` puts some in places of one's own, with None for the network's.

        The generator is asked only where the config aims at random.
        """
        state = self.start(len(x))
        for own in windows if windows is not None else [None] * self.config.steps:
            window = own
            if window is None and self.config.aim == "random":
                window = self.random_window(len(x), generator)
            glance, state = self.glance(x, window or self.next_window(state), state)
            yield glance

    def judge(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Logits (T, b, k) after every glimpse at x (b, 1, H, W)."""
        return torch.stack([glance.logits for glance in self.glances(x, generator)])

    def loss(self, x: Tensor, generator: torch.Generator, labels: Tensor) -> LossTerms:
        """Cross-entropy in nats of the labels (b,), the mean over the glimpses."""
        logits = self.judge(x, generator)
        nats = F.cross_entropy(logits.flatten(0, 1), labels.repeat(len(logits)), reduction="none")
        zeros = torch.zeros(len(x), device=x.device)
        return LossTerms(nats.view(len(logits), -1).mean(0), zeros, zeros)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """One :class:`Step` a glimpse; the image is what is looked at. Answers ``Reconstruct``."""
        if not isinstance(request, Reconstruct):
            raise TypeError("The glimpse classifier looks at pictures; it cannot paint any.")
        x = request.images.to(device_of(self))
        windows: list[Window | None] = [None] * self.config.steps
        if self.config.aim == "random":
            shares = noise.uniform(len(x), self.config.steps, 2, generator=generator).to(x.device)  # (b, T, 2)
            windows = [self.placed(share) for share in shares.permute(1, 2, 0)]
        yield from self.looks(x, self.glances(x, generator, windows))

    def looks(self, x: Tensor, glances: Iterator[Glance]) -> Iterator[Step]:
        """Glimpses at x (b, 1, H, W) as steps of a trace."""
        image = array(x)
        for window, patch, logits in glances:
            box = attention.geometry(window, self.config.read_size)
            at = [array(v) for v in (box.x, box.y, box.size, box.size, box.precision)]
            p = logits.softmax(1)
            scalars = {f"{k}_probability": array(p[:, k]) for k in range(self.config.classes)}
            numbers = {"stride": window.delta, "variance": window.sigma2, "intensity": window.gamma}
            numbers |= {"x": box.x, "y": box.y}
            scalars |= {f"glimpse_{name}": array(value) for name, value in numbers.items()}
            yield Step(image, (Mark("glimpse", *at),), scalars, {"glimpse": array(patch)})
