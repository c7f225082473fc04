"""What a sampler works on: the picture under way, its noise, and the passes that it reports.

Shapes: ``b`` pictures, ``C`` channels, ``H`` × ``W`` pixels, ``K`` logits for each value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, TypeVar

import torch
from torch import Tensor

from core.models.raster import roll

Method = Literal["naive", "rows", "waves", "cells", "whole"]


@dataclass(eq=False)
class Canvas:
    """Pictures being painted; samplers write into ``x`` and ``logits``.

    ``x`` (b, C, H, W) in [0, 1]; ``known`` (b, H, W) bool; ``noise`` (b, C, K, H, W) as
    :func:`core.models.raster.fresh_noise` draws it; ``logits`` (b, C, K, H, W);
    ``condition`` (b, c, H, W) is what a conditional network is told.
    """

    x: Tensor
    known: Tensor
    noise: Tensor
    temperature: float
    condition: Tensor | None = None
    labels: Tensor | None = None

    def __post_init__(self) -> None:
        self.logits = torch.zeros_like(self.noise)

    def rolled(self, logits: Tensor, row: int, pictures: Tensor | slice, start: int = 0) -> Tensor:
        """What one row becomes from column ``start`` on under its logits (b', C, K, W − start): (b', C, W − start).

        Given pixels stay as they are.
        """
        values = roll(logits, self.noise[pictures, :, :, row, start:], self.temperature)
        return torch.where(self.known[pictures, None, row, start:], self.x[pictures, :, row, start:], values)


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass of the network: the canvas so far (b, C, H, W) and how many values it changed, (b,).

    ``row`` is the row that was computed, None if it was the whole picture; ``stride`` > 1 if the canvas is a smaller
    picture, whose pixels stand so far apart in the large one.
    """

    row: int | None
    canvas: Tensor
    changed: Tensor
    stride: int = 1

    def picture(self) -> Tensor:
        """A copy of the canvas, a smaller one in blocks as large as the pixels it stands for: (b, C, H, W)."""
        if self.stride == 1:
            return self.canvas.clone()
        return self.canvas.repeat_interleave(self.stride, 2).repeat_interleave(self.stride, 3)


class Sampler(Protocol):
    """Paints a canvas, pass by pass; when the passes are over, ``x`` and ``logits`` are what they should be."""

    def passes(self, canvas: Canvas) -> Iterator[Pass]: ...


Ways = dict[Method, Callable[[], Sampler]]
"""The samplers that are written for a model, each made when it is first asked for."""


class State(Protocol):
    """What a network remembers of ``b`` pictures between two rows."""

    def select(self, pictures: Tensor) -> Self:
        """The same for some pictures, (b',) of indices, with copies of all that is remembered."""


class Above(State, Protocol):
    """What begins below finished rows."""

    def jump(self, x: Tensor) -> Tensor:
        """Take over finished rows (b, C, r, W) from the very top, r ≥ 1, and return their logits (b, C, K, r, W)."""


A = TypeVar("A", bound=Above)


class RowSampler(Sampler, Protocol):
    """A sampler that can be stopped after every row: what the particle filter builds on."""

    def begin(self, canvas: Canvas) -> tuple[State, int]:
        """The network with all rows above the first hidden pixel behind it, and that pixel's row."""

    def paint(self, state: Any, canvas: Canvas, row: int) -> Iterator[Pass]:
        """Paint one row, all above it being finished."""


def first_hidden_row(known: Tensor) -> int:
    """The first row of any picture (b, H, W) with a pixel to paint; H if there is none."""
    hidden = (~known).any(2).any(0)
    return int(hidden.int().argmax()) if hidden.any() else known.shape[1]


def begun(begin: Callable[[Canvas], A], canvas: Canvas) -> tuple[A, int]:
    """A network with all rows above the first hidden pixel behind it, and that pixel's row.

    Where all pictures agree there, as the completions of one do, and in what they are told, it reads only one of them:
    hundreds of particles would keep the network for seconds, for nothing.
    """
    row, x = first_hidden_row(canvas.known), canvas.x
    given = x[:, :, :row]
    told = (canvas.condition, canvas.labels)
    alike = all(bool((each == each[:1]).all()) for each in (given, *told) if each is not None)
    if not row or not alike:
        network = begin(canvas)
        if row:
            canvas.logits[..., :row, :] = network.jump(given)
        return network, row
    condition, labels = (None if each is None else each[:1] for each in told)
    one = Canvas(x[:1], canvas.known[:1], canvas.noise[:1], canvas.temperature, condition, labels)
    network = begin(one)
    canvas.logits[..., :row, :] = network.jump(given[:1])
    return network.select(torch.zeros(len(x), dtype=torch.long, device=x.device)), row
