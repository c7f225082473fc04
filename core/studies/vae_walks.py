"""Ways through a VAE's latent space: from one code to another, among four, along each number, and sums of codes.

The way from one vector to another is that of :mod:`core.studies.draw_between`. Codes are in the model's own order.

Shapes: ``d`` latents, ``T`` frames, ``n`` tiles a side, ``k`` values, ``m`` of the numbers, pictures (c, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

import torch
from torch import Tensor

from core.models.aevb import AutoEncoder
from core.models.base import device_of
from core.studies.draw_between import Way, interpolated

WAYS: tuple[Way, ...] = get_args(Way)
PROBES = 4
"""Codes at which it is tried whether a number does anything: the prior's mean, and draws."""


class Between(NamedTuple):
    """From one picture to another: ``painted`` (2, T, c, H, W) along each of :data:`WAYS`, ``mixed`` (T, c, H, W).

    ``nats`` (2, T, 2) is −log p(end | z) of both ends from every code, ``lengths`` (2, T) those of the codes.
    """

    painted: Tensor
    mixed: Tensor
    nats: Tensor
    lengths: Tensor


class Sum(NamedTuple):
    """a − b + c: ``codes`` (4, d) and ``painted`` (4, c, H, W), the sum last."""

    codes: Tensor
    painted: Tensor


@torch.no_grad()
def between(model: AutoEncoder, ends: Tensor, frames: int) -> Between:
    """Two pictures (2, c, H, W): every way from the posterior mean of one to that of the other, and a plain fade.

    ``mixed`` asks no model: it is the weighted mean of the two pictures' pixels.
    """
    means, _ = model.encode(ends)
    paths = torch.stack([interpolated(means[:1], means[1:], frames, way)[0] for way in WAYS])
    logits = model.logits(paths.flatten(0, 1))
    nats = [model.reconstruction(logits, end.expand_as(logits)).view(len(WAYS), frames) for end in ends]
    t = torch.linspace(0, 1, frames, device=ends.device)[:, None, None, None]
    mixed = (1 - t) * ends[0] + t * ends[1]
    painted = logits.float().sigmoid().unflatten(0, (len(WAYS), frames))
    return Between(painted, mixed, torch.stack(nats, -1), paths.norm(dim=-1))


def shares(n: int) -> Tensor:
    """What each corner, top left, top right, bottom left, bottom right, gives to every tile: (n·n, 4), row by row."""
    t = torch.linspace(0, 1, n)
    down, right = (axis.flatten() for axis in torch.meshgrid(t, t, indexing="ij"))
    return torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], 1)


@torch.no_grad()
def corners(model: AutoEncoder, four: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Four pictures (4, c, H, W): those (n·n, c, H, W) whose codes lie bilinearly between, and the codes' lengths."""
    means, _ = model.encode(four)
    codes = shares(n).to(means.device) @ means
    return model.decode(codes), codes.norm(dim=-1)


@torch.no_grad()
def arithmetic(model: AutoEncoder, three: Tensor) -> Sum:
    """a − b + c of the posterior means of three pictures (3, c, H, W)."""
    means, _ = model.encode(three)
    codes = torch.cat([means, (means[0] - means[1] + means[2])[None]])
    return Sum(codes, model.decode(codes))


def swept(code: Tensor, places: Sequence[int], values: Tensor) -> Tensor:
    """One code (d,) with the number at each of m places set to each of k values: (m, k, d)."""
    codes = code.expand(len(places), len(values), -1).clone()
    for row, place in zip(codes, places, strict=True):
        row[:, place] = values.to(code.device)
    return codes


@torch.no_grad()
def effect(model: AutoEncoder, places: Sequence[int], values: Tensor) -> Tensor:
    """The most by which a pixel changes while the number at each of m places takes k values, the others held: (m,).

    The others are held at :data:`PROBES` codes: the prior's mean, and draws from the prior that are always the same.
    """
    generator = torch.Generator().manual_seed(0)
    probes = torch.randn(PROBES, model.config.latent, generator=generator).to(device_of(model))
    probes[0] = 0
    most = probes.new_zeros(len(places))
    for code in probes:
        for i, path in enumerate(swept(code, places, values)):
            painted = model.decode(path)
            most[i] = most[i].maximum((painted.amax(0) - painted.amin(0)).max())
    return most
