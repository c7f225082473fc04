"""The noise of pictures that are asked for by number and seed: it belongs to (seed, index), not to their number.

So picture 3 of 9 is picture 3 of 16, and picture 3 alone. Each picture has a generator of its own, on the CPU whatever
the device that paints, seeded from the seed of the request, the picture's index and a stream: one stream for each kind
of noise that a picture needs. Picture 0 of stream 0 has the request's own seed.

What was drawn from the request's generator before makes no difference here, and nothing is drawn from it. (Training
draws its noise from seed and step alone, :func:`core.models.base.randn`.)
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

import torch
from torch import Tensor


def own(generator: torch.Generator, index: int, stream: int = 0) -> torch.Generator:
    """A fresh generator on the CPU for picture ``index``, from 0, of a request whose seed ``generator`` has."""
    seed = generator.initial_seed()
    if index or stream:
        words = struct.pack("<QQQ", seed % 2**64, stream, index)
        # PyTorch takes no more than 32 bits of a seed on the CPU.
        seed = int.from_bytes(hashlib.blake2b(words, digest_size=4).digest(), "little")
    return torch.Generator().manual_seed(seed)


def of_each(
    count: int, draw: Callable[[torch.Generator], Tensor], generator: torch.Generator, stream: int = 0
) -> Tensor:
    """What ``draw`` makes of the generator of each picture, (count, …), on the device of ``generator``."""
    if count == 0:
        return draw(own(generator, 0, stream))[None][:0].to(generator.device)
    return torch.stack([draw(own(generator, i, stream)) for i in range(count)]).to(generator.device)


def normal(count: int, *shape: int, generator: torch.Generator, stream: int = 0) -> Tensor:
    """Standard normal numbers, (count, *shape)."""
    return of_each(count, lambda own: torch.randn(shape, generator=own), generator, stream)


def uniform(count: int, *shape: int, generator: torch.Generator, stream: int = 0) -> Tensor:
    """Numbers in [0, 1), (count, *shape)."""
    return of_each(count, lambda own: torch.rand(shape, generator=own), generator, stream)
