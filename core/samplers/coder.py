"""Pictures as a few bytes: an arithmetic coder whose odds are a pixel model's own.

What a model finds likely costs few bits, all pixels together −log₂ p(x). The decoder is a sampler whose noise is the
file: it guesses a row, has the model say all its odds at once, reads the row from the file with them, and repeats until
the row stays the same, as :mod:`core.samplers.rowwise` does with noise. That is the row which was written.

Both sides need the very same odds, to the last digit, so both run the very same passes over pictures in the same
batch: a file is read by the machine, and the number of pictures at once, that wrote it. Coder: ``constriction`` (Bamler
2022, "Understanding entropy coding with asymmetric numeral systems"), a range coder (Martin 1979).

Shapes: ``b`` pictures, ``H`` × ``W`` pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import UserError
from core.models.base import device_of
from core.models.raster import fresh_noise
from core.samplers.brush import Brush
from core.samplers.canvas import Canvas
from core.samplers.rowwise import RowWise

Odds = NDArray[np.float64]
Said = Callable[[Odds], NDArray[np.int32]]
"""What pixels (b, n) are, given their odds of ink."""
WORD = 32
"""Bits in a word of the coder; it works on two at a time."""


class Code(NamedTuple):
    """A picture in ``bits`` bits, which fill ``data`` but for the last byte's end."""

    data: bytes
    bits: int


def encoded(brush: Brush, x: Tensor) -> list[Code]:
    """Binary pictures (b, 1, H, W) in [0, 1], each in at most 2 bits more than its −log₂ p."""
    ink = x[:, 0].int().cpu().numpy()
    flat, at = ink.reshape(len(ink), -1), 0
    spans: list[Odds] = []

    def said(odds: Odds) -> NDArray[np.int32]:
        return flat[:, at : at + odds.shape[1]]

    for odds, _ in walked(brush, len(ink), said):
        spans.append(odds)
        at += odds.shape[1]
    every = np.concatenate(spans, axis=1)
    return [shortest(pixels, odds) for pixels, odds in zip(flat, every, strict=True)]


def decoded(brush: Brush, codes: list[Code]) -> Tensor:
    """The pictures (b, 1, H, W) of codes that :func:`encoded` made together."""
    readers = [reader(code) for code in codes]
    spans = []

    def said(odds: Odds) -> NDArray[np.int32]:
        return np.stack([guessed(each, p) for each, p in zip(readers, odds, strict=True)])

    for odds, values in walked(brush, len(codes), said):
        for each, p in zip(readers, odds, strict=True):
            read(each, p)
        spans.append(values)
    height, width = brush.config.height, brush.config.width
    return torch.from_numpy(np.concatenate(spans, axis=1)).float().view(-1, 1, height, width)


@torch.inference_mode()
def walked(brush: Brush, count: int, said: Said) -> Iterator[tuple[Odds, NDArray[np.int32]]]:
    """Odds of ink and values, (b, n) each, of rows or single pixels in the order of reading; ``said`` knows them."""
    config, device = brush.config, device_of(brush.model)
    if config.levels != 2 or config.channels != 1:
        raise UserError("Only pictures of paper and ink are coded.")
    blank = torch.zeros(count, 1, config.height, config.width, device=device)
    noise = fresh_noise(0, config, torch.Generator())
    canvas = Canvas(blank, torch.zeros_like(blank[:, 0], dtype=torch.bool), noise, 1.0)
    sampler = brush.in_rows()
    if isinstance(sampler, RowWise):
        net = sampler.engine.begin(canvas)
        values = blank[:, :, 0]
        for row in range(config.height):
            net.above(row)
            while True:  # at most W + 1 times: a pixel's odds are right when all before it are
                odds = chances(net.logits(row, values)[:, 0, 0])
                found = said(odds)
                settled, values = bool((found == values[:, 0].cpu().numpy()).all()), tensor(found, blank)
                if settled:
                    break
            yield odds, found
        return
    cells = sampler.engine.begin(canvas)
    for row in range(config.height):
        cells.above(row)
        for column in range(config.width):
            odds = chances(cells.logits(row, column)[:, 0])
            found = said(odds)
            cells.write(row, column, tensor(found, blank)[..., 0])
            yield odds, found


def chances(logits: Tensor) -> Odds:
    """The odds of ink, within what the coder can tell from never and from always."""
    odds: Odds = logits.double().sigmoid().clamp(1e-6, 1 - 1e-6).cpu().numpy()
    return odds


def tensor(values: NDArray[np.int32], like: Tensor) -> Tensor:
    """Pixels (b, n) as the network takes them, (b, 1, n)."""
    return torch.from_numpy(values).to(like)[:, None]


def shortest(pixels: NDArray[np.int32], odds: Odds) -> Code:
    """The fewest bits that say where in [0, 1) the picture lies; zeros are thought behind them.

    The coder rounds up to whole words. But a share of [0, 1) as wide as 2⁻ᵏ holds a multiple of 2⁻ᵏ⁻¹, right beside any
    point of it. Sometimes fewer bits than k will do, since a file's end is known, too.
    """
    encoder = library().queue.RangeEncoder()
    encoder.encode(pixels, bernoulli(), odds)
    words = encoder.get_compressed()
    point, length = int.from_bytes(words.astype(">u4").tobytes(), "big"), WORD * len(words)
    most = -float(np.log2(np.where(pixels == 1, odds, 1 - odds)).sum())
    for bits in range(max(1, math.floor(most)), length):
        for above in (0, 1):
            number = (point >> length - bits) + above
            if number >> bits:
                continue
            code = Code((number << -bits % 8).to_bytes((bits + 7) // 8, "big"), bits)
            with suppress(AssertionError):  # no picture at all lies there
                if (read(reader(code), odds) == pixels).all():
                    return code
    return Code(words.astype(">u4").tobytes(), length)


def reader(code: Code) -> Any:
    """The coder at the beginning of a code."""
    padded = code.data + bytes(-len(code.data) % (WORD // 8)) + bytes(2 * WORD // 8)
    return library().queue.RangeDecoder(np.frombuffer(padded, ">u4").astype(np.uint32))


def read(decoder: Any, odds: Odds) -> NDArray[np.int32]:
    """The next pixels (n,); the decoder stands behind them then."""
    values: NDArray[np.int32] = decoder.decode(bernoulli(), odds)
    return values


def guessed(decoder: Any, odds: Odds) -> NDArray[np.int32]:
    """The same, with the decoder left where it stands: what the odds of a row that is still a guess make of the file.

    Wrong odds may lead to where nothing lies; all before them has been read rightly, and the next guess knows more.
    """
    try:
        return read(decoder.clone(), odds)
    except AssertionError:
        trial, values = decoder.clone(), np.zeros(len(odds), np.int32)
        with suppress(AssertionError):
            for place in range(len(odds)):
                values[place] = read(trial, odds[place : place + 1])[0]
        return values


def bernoulli() -> Any:
    """The coder's model of paper and ink."""
    return library().model.Bernoulli(perfect=False)


def library() -> Any:
    """The coders of ``constriction``, loaded when somebody wants them."""
    import constriction

    return constriction.stream
