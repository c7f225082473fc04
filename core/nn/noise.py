"""The noise of pictures that are asked for by number and seed: it belongs to (seed, index), not to their number.

So picture 3 of 9 is picture 3 of 16, and picture 3 alone. Each picture has a generator of its own, on the CPU whatever
the device that paints, seeded from the seed of the request, the picture's index and a stream: one stream for each kind
of noise that a picture needs. Picture 0 of stream 0 has the request's own seed.

What was drawn from the request's generator before makes no difference here, and nothing is drawn from it.

Training, whose noise is a function of seed and step, draws by :func:`rand` and :func:`randn`, from a generator or from
what was :class:`Drawn` beforehand. All noise goes to the device that computes after it was drawn, so that the same
generator gives the same numbers whatever computes with them.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable

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


class Drawn:
    """Noise that was drawn beforehand, handed out in the order in which it is asked for.

    A loss takes it in the place of a generator, which no compiled graph and no captured one can hold.
    """

    def __init__(self, pieces: Iterable[Tensor]) -> None:
        self.pieces = iter(pieces)


class Noted:
    """A generator that notes what it is asked for, so that the same can be drawn beforehand: :meth:`again`."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator
        self.asked: list[tuple[Callable[..., Tensor], tuple[int, ...], torch.device]] = []

    def again(self, generator: torch.Generator) -> list[Tensor]:
        """The same pieces from another generator."""
        return [_drawn(draw, shape, generator, device) for draw, shape, device in self.asked]


class Whole:
    """What ``ask(generator, x, *labels)`` draws, for any number of pictures like those of ``x`` (b, …).

    It is asked twice, with one picture and with two: where a shape differs lies the batch. So a process that has a
    share of a batch can draw the noise of all of it and keep its own.
    """

    def __init__(self, ask: Callable[..., object], x: Tensor, *labels: Tensor) -> None:
        notes = [Noted(torch.Generator()), Noted(torch.Generator())]
        with torch.no_grad():
            for count, noted in enumerate(notes, 1):
                ask(noted, *(each[:1].expand(count, *each.shape[1:]) for each in (x, *labels)))
        self.asked = [
            (draw, one, next((i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), None), device)
            for (draw, one, device), (_, two, _) in zip(notes[0].asked, notes[1].asked, strict=True)
        ]

    def pieces(self, count: int, generator: torch.Generator, share: slice = slice(None)) -> list[Tensor]:
        """The noise of ``count`` pictures, and of it that of those in ``share``."""
        found = []
        for draw, one, batch, device in self.asked:
            shape = tuple(count if i == batch else size for i, size in enumerate(one))
            piece = _drawn(draw, shape, generator, device)
            found.append(piece if batch is None else piece.movedim(batch, 0)[share].movedim(0, batch))
        return found


Source = torch.Generator | Drawn | Noted


def rand(*shape: int, generator: Source, device: torch.device) -> Tensor:
    """Numbers in [0, 1) on a device."""
    return _drawn(torch.rand, shape, generator, device)


def randn(*shape: int, generator: Source, device: torch.device) -> Tensor:
    """Standard normal numbers on a device."""
    return _drawn(torch.randn, shape, generator, device)


def _drawn(draw: Callable[..., Tensor], shape: tuple[int, ...], source: Source, device: torch.device) -> Tensor:
    if isinstance(source, Drawn):
        return next(source.pieces)
    if isinstance(source, Noted):
        source.asked.append((draw, shape, device))
        source = source.generator
    return draw(shape, generator=source, device=source.device).to(device)
