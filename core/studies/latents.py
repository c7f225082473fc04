"""What is said of the numbers of a code without asking a model. NumPy only: the page is laid out with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.trace import Array

DEAD_NATS = 0.01
"""A number that carries less is unused: its q(z | x) is so near to the prior that a hundred pictures share one nat."""
UNSEEN = 0.06
"""Of full ink: what changes a pixel by less, fifteen levels of 255, is hardly seen. In the denoising VAE the numbers
that carry 0.001 nats change one by 0.05 at most, those that carry more by 0.12 and more."""
REACH = 3.0
"""How far walks along one number go to either side: 99.7 % of the prior lies within."""
FRAMES = (3, 60)
"""Fewest and most frames between two pictures."""
TILES = (5, 15)
"""Fewest and most pictures a side between four."""
VALUES = (3, 15)
"""Fewest and most values of each number in a table of them."""
DRAWS = 64
"""Codes over which the price of a picture is averaged (:func:`core.studies.vae_bound.priced`), always from the same
noise."""
LEADING = 20
"""Numbers of a code that are walked along in one request, those first that carry most."""


def values(count: int) -> Array:
    """From −:data:`REACH` to :data:`REACH` in ``count`` even steps; with an odd count the middle is 0."""
    return np.linspace(-REACH, REACH, count, dtype=np.float32)


def dead(carried: Array, effect: Array) -> NDArray[np.bool_]:
    """Which numbers (d,) do nothing: they carry next to no nats, and the decoder, which could listen, does not.

    ``carried`` in nats; ``effect`` is the most that each changes a pixel on its way from one end to the other. The
    first alone would not do: a decoder may hear a number that no encoder uses.
    """
    return (carried < DEAD_NATS) & (effect < UNSEEN)
