"""What all pixel models share: the canvas, the noise, and ancestral sampling as it is defined.

A pixel model factorises p(x) = Π p(x_i | x_1, …, x_{i−1}) over the pixels in raster order (van den Oord et al. 2016,
"Pixel Recurrent Neural Networks", equation 1) and, within a pixel, over its channels R, G, B (equation 2). A value is
binary, with one logit for ink, or one of 256 levels, with a logit each (section 2.3).

Every value is a function of its logits and of noise that is drawn beforehand, one piece for each value. So there is
one right picture for each noise, and a sampler is exact if it paints that one.

Shapes: ``b`` images, ``C`` channels, ``H`` × ``W`` pixels, ``K`` logits for each value, 1 or the number of levels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import UserError
from core.models.base import Complete, Generate, LossTerms, Reconstruct, Request, array, device_of
from core.trace import Step


class RasterConfig(Protocol):
    """What a pixel model's config says about its pictures; ``levels`` is 2 for binary values."""

    @property
    def height(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def levels(self) -> int: ...


class RasterModel(Protocol):
    """A pixel model: ``model(x)`` are the logits (b, C, K, H, W) of all values of pictures (b, C, H, W) in [0, 1].

    ``order`` (H·W, 2) are rows and columns in the order of the visits: the logits of a pixel depend on those before.
    """

    config: Any
    order: NDArray[np.int64]

    def __call__(self, x: Tensor, *labels: Tensor) -> Tensor: ...


def raster_order(height: int, width: int) -> NDArray[np.int64]:
    """(H·W, 2) rows and columns, row by row from the top left."""
    return np.stack(np.divmod(np.arange(height * width), width), 1)


def logits_per_value(config: RasterConfig) -> int:
    """K: one logit for a binary value, else one for each level."""
    return 1 if config.levels == 2 else config.levels


def level_indices(x: Tensor, levels: int) -> Tensor:
    """Values in [0, 1] as whole levels from 0 to ``levels`` − 1."""
    return (x * (levels - 1)).round().long()


def value_nats(logits: Tensor, x: Tensor) -> Tensor:
    """−log p of every value: logits (b, C, K, …) and values (b, C, …) in [0, 1] -> (b, C, …)."""
    levels = logits.shape[2]
    if levels == 1:
        return F.binary_cross_entropy_with_logits(logits[:, :, 0], x, reduction="none")
    # Levels last, as they lie in memory after a convolution with channels last: a softmax needs no copy then.
    scores, chosen = logits.movedim((1, 2), (-2, -1)), level_indices(x, levels).movedim(1, -1)
    nats = F.cross_entropy(scores.flatten(0, -2), chosen.flatten(), reduction="none")
    return nats.view(chosen.shape).movedim(-1, 1)


def exact_loss(logits: Tensor, x: Tensor) -> LossTerms:
    """The loss of a model without latents: −log p(x) itself."""
    nats = value_nats(logits.float(), x.float()).flatten(1).sum(1)
    zero = torch.zeros_like(nats)
    return LossTerms(nats, zero, zero)


def fresh_noise(batch: int, config: RasterConfig, generator: torch.Generator) -> Tensor:
    """The noise of every value, (b, C, K, H, W): uniform in [0, 1) for binary values, else Gumbel for each level."""
    shape = (batch, config.channels, logits_per_value(config), config.height, config.width)
    u = torch.rand(shape, generator=generator, device=generator.device)
    if config.levels == 2:
        return u
    return u.clamp_min_(torch.finfo(u.dtype).tiny).log_().neg_().log_().neg_()


def roll(logits: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """The values that the noise picks: (b, C, K, …) twice -> (b, C, …) in [0, 1].

    A binary value is ink where its noise lies below the probability of ink. Of many levels, that one is drawn whose
    logit plus Gumbel noise is the largest (Gumbel 1954): a slight change of the logits then seldom changes the value.
    """
    levels = logits.shape[2]
    tempered = logits if temperature == 1 else logits / temperature
    if levels == 1:
        return (noise[:, :, 0] < tempered[:, :, 0].sigmoid()).float()
    return (tempered + noise).argmax(2).float() / (levels - 1)


def surprise(logits: Tensor, x: Tensor, temperature: float) -> dict[str, Tensor]:
    """What is shown of finished values, (b, …) each, summed over channels.

    ``nats`` is −log p(value) and ``entropy`` that of its distribution, at temperature 1 and ``temperature``.
    ``probability`` is, at ``temperature``, that of ink for a binary value and else that of the very values drawn.
    """
    tempered = logits / temperature
    if logits.shape[2] == 1:
        p = tempered[:, :, 0].sigmoid()
        entropy = F.softplus(tempered[:, :, 0]) - p * tempered[:, :, 0]
        probability = p[:, 0]
    else:
        log_p = tempered.log_softmax(2)
        entropy = -(log_p.exp() * log_p).sum(2)
        probability = (-value_nats(tempered, x).sum(1)).exp()
    return {"nats": value_nats(logits, x).sum(1), "entropy": entropy.sum(1), "probability": probability}


def canvas(request: Request, config: RasterConfig) -> tuple[Tensor, Tensor]:
    """What is there before painting: pixels (b, C, H, W), hidden ones 0, and which are known (b, H, W) bool."""
    shape = (config.channels, config.height, config.width)
    if isinstance(request, Generate | Complete) and request.label is not None:
        classes = getattr(config, "classes", 0)
        if not 0 <= request.label < classes:
            raise UserError(
                "This model has learned the classes 0 to {last}, so it cannot paint class {label}."
                if classes
                else "This model has learned no classes, so it cannot paint class {label}.",
                last=classes - 1,
                label=request.label,
            )
    if isinstance(request, Generate):
        return torch.zeros(request.count, *shape), torch.zeros(request.count, *shape[1:], dtype=torch.bool)
    if isinstance(request, Complete):
        if request.images.shape[1:] != shape:
            raise UserError(
                "This model paints one-channel pictures of {height}×{width} pixels."
                if config.channels == 1
                else "This model paints colour pictures of {height}×{width} pixels.",
                height=config.height,
                width=config.width,
            )
        if request.known.shape != (len(request.images), *shape[1:]):
            raise UserError(
                "Each picture needs a mask of {height}×{width} pixels.", height=config.height, width=config.width
            )
        return request.images * request.known[:, None], request.known
    raise TypeError("Pixel models generate and complete; rebuilding a picture is what DRAW and the VAE do.")


@torch.no_grad()
def visits(
    model: RasterModel, x: Tensor, known: Tensor, noise: Tensor, temperature: float, labels: Tensor | None = None
) -> Iterator[tuple[int, int]]:
    """Ancestral sampling as it is defined: one full pass of the network for each value, written into ``x``.

    ``x`` (b, C, H, W), ``known`` (b, H, W), ``noise`` as :func:`fresh_noise` draws it. Yields row and column of every
    pixel, given ones too, in the model's order. The samplers of :mod:`core.samplers.brush` must equal this reference.
    """
    told = () if labels is None else (labels,)
    for row, column in model.order.tolist():
        for channel in range(model.config.channels):
            at = (slice(None), slice(channel, channel + 1), slice(None), row, column)
            value = roll(model(x, *told)[at], noise[at], temperature)
            x[:, channel, row, column] = torch.where(known[:, row, column], x[:, channel, row, column], value[:, 0])
        yield row, column


class PixelModel(nn.Module):
    """What all pixel models are: subclasses bring ``forward``, the logits (b, C, K, H, W) of pictures (b, C, H, W).

    The logits of a pixel depend on those before it in ``order``, see :class:`RasterModel`.
    """

    samplers: ClassVar[str] = ""
    """The module that makes the samplers written for it; see :func:`core.samplers.brush.ways`."""

    def __init__(self, config: RasterConfig) -> None:
        super().__init__()
        self.config: Any = config
        self.order = raster_order(config.height, config.width)

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Exact −log p(x) for x (b, C, H, W) in [0, 1]; ``generator`` is not used, nothing is random."""
        return exact_loss(self(x), x)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator) -> Iterator[Step]:
        """Answer ``Generate`` or ``Complete`` by :func:`visits`: a full pass for each value, a step for each pixel."""
        x, known = canvas(request, self.config)
        assert not isinstance(request, Reconstruct)  # canvas has refused it
        device = device_of(self)
        x, known, noise = x.to(device), known.to(device), fresh_noise(len(x), self.config, generator).to(device)
        labels = told_label(request, len(x), device)
        for _ in visits(self, x, known, noise, request.temperature, labels):
            yield Step(array(x.clone()))


def told_label(request: Generate | Complete, batch: int, device: torch.device) -> Tensor | None:
    """The class that a request names, once for each picture: (b,), or None."""
    return None if request.label is None else torch.full((batch,), request.label, device=device)


def bits_per_dimension(nats: float, config: RasterConfig) -> float:
    """Nats per picture as bits for each value, the measure of colour pictures."""
    return nats / math.log(2) / (config.channels * config.height * config.width)


AVERAGED = 6
"""Random pictures over which a receptive field is averaged: on a single one a ReLU may hide a path."""


def receptive_field(model: Any, x: Tensor, row: int, column: int) -> NDArray[np.float32]:
    """How much each pixel matters for one: mean |∂ s / ∂ x| with s the logits at (row, column), (H, W).

    Where a value has many levels, s weighs their logits from −1 to 1. Summed over channels, averaged over the picture
    ``x`` (1, C, H, W) and :data:`AVERAGED` random ones, and exact where it is zero: no path leads from there.
    """
    noise = torch.rand((AVERAGED, *x.shape[1:]), generator=torch.Generator().manual_seed(0)).to(x.device)
    pictures = torch.cat([x, noise.round() if model.config.levels == 2 else noise]).requires_grad_()
    with torch.enable_grad():
        logits = model(pictures)[..., row, column]
        levels = logits.shape[2]
        spread = torch.linspace(-1, 1, levels, device=x.device) if levels > 1 else logits.new_ones(1)
        score = (logits * spread).sum()
        (gradient,) = torch.autograd.grad(score, pictures)
    field: NDArray[np.float32] = gradient.abs().sum(1).mean(0).cpu().numpy()
    return field
