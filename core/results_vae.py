"""What the VAEs answer beside traces. NumPy only.

Shapes: ``T`` frames, ``n`` pictures, ``d`` latents, ``C`` channels, ``H`` × ``W`` pixels. Prices are in nats. A code's
numbers are in the order of :meth:`core.studio.vae_code.VAEStudio.order`, the one that carries most nats first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace

WEIGHED = (1, 10, 100)
"""Draws that are weighed together in a :class:`Bound`."""


@dataclass(frozen=True, eq=False)
class Codes:
    """What an encoder says of n pictures: ``mean``, ``sigma`` and the price ``kl`` of each number, (n, d)."""

    mean: Array
    sigma: Array
    kl: Array


@dataclass(frozen=True, eq=False)
class Code:
    """What a VAE makes of one picture: ``mean`` and ``sigma`` (d,), ``kl`` (d,) and ``reconstruction`` in nats.

    Both prices are those of :func:`core.studies.vae_bound.priced`: ``reconstruction`` is −log p(x | z) averaged over
    draws.
    """

    mean: Array
    sigma: Array
    kl: Array
    reconstruction: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """What a picture becomes: its ``code``, ``samples`` (k, d) of q(z | x), and what is painted from them.

    ``pictures`` (k + 1, H, W) in [0, 1]: the first is that of the mean.
    """

    code: Code
    samples: Array
    pictures: Array


@dataclass(frozen=True, eq=False)
class Bound:
    """What one picture costs one model, in nats.

    ``painted`` (1, 1, H, W); ``loss`` (H, W) sums to ``reconstruction``; ``kl`` (d,), the most expensive number on
    average first: the price of :func:`core.studies.vae_bound.priced`, whatever the seed. ``tightened`` (3,) with
    as many draws of the seed as :data:`WEIGHED` says; ``undecided`` the share of grey pixels.
    """

    painted: Array
    loss: Array
    kl: Array
    reconstruction: float
    bound: float
    tightened: tuple[float, ...]
    undecided: float


@dataclass(frozen=True, eq=False)
class Sampled:
    """A sample on its way from noise to a code.

    ``trace`` has a cell for each draw; ``path`` (T, n, d) is what is decoded, ``nats`` (T, n) −log p(x | it); ``noise``
    (n, d), ``mean`` and ``sigma`` (d,). ``scaled`` is the step at which the noise has been scaled.
    """

    trace: CanvasTrace
    path: Array
    nats: Array
    noise: Array
    mean: Array
    sigma: Array
    scaled: int


@dataclass(frozen=True, eq=False)
class Weight:
    """One β: ``bound`` of the picture and ``imagined`` (n, 1, H, W), with the share of undecided pixels in them."""

    name: str
    beta: float
    bound: Bound
    imagined: Array
    undecided: float


@dataclass(frozen=True, eq=False)
class Outside:
    """A digit's code stretched from the origin outwards, ``T`` frames.

    ``trace`` is what is painted, ``back`` (T, 1, H, W) what is painted of the code that the encoder reads back,
    ``factor`` (T,) of the digit's own length, ``radius`` (T,) |z|, ``mass`` (T,) the share of the prior within,
    ``distance`` (T,) between a code and the one read back.
    """

    trace: CanvasTrace
    back: Array
    factor: Array
    radius: Array
    mass: Array
    distance: Array
    latents: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What one way makes of a damaged picture.

    ``painted`` (H, W) in [0, 1]; ``samples`` (k, H, W) pictures drawn by it, of 0 and 1, the pixels that are known for
    sure as they are; ``spread`` (H, W), the standard deviation of each pixel over what it may draw, at most ½;
    ``nats``: −log of the probability that it draws just the true pixels where the picture is damaged (the search: from
    its best code); ``wrong`` the share of pixels there in which ``painted``, made paper and ink at ½, is not the true
    one; ``unsure`` the mean of ``spread`` there.
    """

    way: str
    painted: Array
    samples: Array
    spread: Array
    nats: float
    wrong: float
    unsure: float


@dataclass(frozen=True, eq=False)
class Climb:
    """The film of the search, the best restart first; ``T`` moments, ``r`` restarts.

    ``pictures`` (T, r, H, W) in [0, 1]; ``objective`` and ``known`` (T, r): −log p(known | z) + |z|² / 2 and its first
    part, in nats; ``hidden`` (r,): −log p(the true damaged pixels | z) at the end; ``origins`` (r,): 0 the encoder's
    answer, 1 the prior's mean, 2 a draw from the prior.
    """

    pictures: Array
    objective: Array
    known: Array
    hidden: Array
    origins: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Restored:
    """All answers to one damage: ``damaged`` (H, W) of 0 and 1, ``region`` (H, W) where it counts, ``flips`` its rate.

    ``untouched`` is the share of the region's pixels that are wrong if nothing is done, hidden ones being paper.
    """

    picture: Array
    damaged: Array
    hidden: NDArray[np.bool_]
    region: NDArray[np.bool_]
    flips: float
    untouched: float
    answers: tuple[Answer, ...]
    climb: Climb


@dataclass(frozen=True, eq=False)
class Between:
    """From one picture to another in T frames.

    ``painted`` (2, T, C, H, W) goes straight and round, ``mixed`` (T, C, H, W) mixes the pixels and asks no model.
    ``nats`` (2, T, 2): −log p of both pictures from every code, ``lengths`` (2, T) of the codes. ``same``: both
    pictures are one; ``blank`` (2,): nothing is drawn on it.
    """

    painted: Array
    mixed: Array
    nats: Array
    lengths: Array
    same: bool
    blank: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Corners:
    """n × n pictures (n·n, C, H, W) between four, row by row; ``shares`` (n·n, 4) of those; ``lengths`` (n·n,)."""

    painted: Array
    shares: Array
    lengths: Array
    blank: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Sum:
    """a − b + c: ``painted`` (4, C, H, W) of the three codes and of their sum, ``lengths`` (4,); ``code`` (d,) the sum.

    ``expected`` is the length √d that most codes of the prior are near to.
    """

    painted: Array
    lengths: Array
    code: Array
    expected: float
    blank: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Copy:
    """A picture and its copy from the mean of its code, (1, C, H, W) each, with ``kl`` (d,) and the rest in nats.

    Prices are those of :func:`core.studies.vae_bound.priced`; ``bits`` is what both cost together, in bits a number of
    the picture.
    """

    subject: Array
    painted: Array
    kl: Array
    reconstruction: float
    bits: float
