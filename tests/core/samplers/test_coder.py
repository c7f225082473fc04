"""The arithmetic coder: what was written is read, to the pixel, in as many bits as the model's odds ask for."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.samplers import coder
from core.samplers.brush import Brush, OrderError
from core.studies.together_guess import drawn
from core.training.checkpoints import load_checkpoint
from tests.core import brushes, small

BINARY = [name for name in brushes.RASTER if brushes.LOUD[name].config.levels == 2]
SHIPPED = ("pixelcnn-mnist", "gated-pixelcnn-mnist", "row-lstm-mnist", "diagonal-bilstm-mnist")


def priced(brush: Brush, x: torch.Tensor) -> np.ndarray:
    """−log₂ p of pictures, with odds as near to never and always as the coder has them."""
    said: list[np.ndarray] = []
    ink = x[:, 0].flatten(1).int().numpy()

    def truth(odds: np.ndarray) -> np.ndarray:
        at = sum(each.shape[1] for each in said)
        return ink[:, at : at + odds.shape[1]]

    for odds, values in coder.walked(brush, len(x), truth):
        said.append(-np.log2(np.where(values == 1, odds, 1 - odds)))
    return np.concatenate(said, 1).sum(1)


@pytest.mark.parametrize("name", BINARY)
def test_a_thousand_random_pictures_come_back_in_at_most_two_bits_more_than_their_nats(name: str) -> None:
    brush = brushes.brush(name)
    for batch in range(4):
        x = small.ink(250, brush.config, batch)
        codes = coder.encoded(brush, x)
        assert torch.equal(coder.decoded(brush, codes), x)
        over = np.array([code.bits for code in codes]) - priced(brush, x)
        assert over.max() < 2 and all(len(code.data) == math.ceil(code.bits / 8) for code in codes)
        with torch.no_grad():
            nats = brush.model.loss(x, small.generator()).total.numpy()
        assert (np.array([code.bits for code in codes]) < nats / math.log(2) + 2).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_writes_digits_and_noise_within_two_bits_of_their_nats(name: str) -> None:
    brush = Brush(load_checkpoint(name))
    digits = torch.from_numpy(np.stack([drawn(number) for number in (1, 2)]))[:, None].float()
    x = torch.cat([digits, small.ink(1, brush.config)])
    codes = coder.encoded(brush, x)
    assert torch.equal(coder.decoded(brush, codes), x)
    bits = brush.judge(x).nats.sum((1, 2), dtype=np.float64)[:2] / math.log(2)
    assert np.array([code.bits for code in codes[:2]]) == pytest.approx(bits, abs=2)


def test_a_picture_that_the_model_expects_takes_less_than_one_that_it_does_not() -> None:
    brush = brushes.brush("pixelcnn")
    *_, canvas = brush.passes(brushes.requests("pixelcnn")["five"], small.generator(1))
    x = torch.cat([canvas.x, 1 - canvas.x])
    bits = np.array([code.bits for code in coder.encoded(brush, x)])
    assert bits[:5].mean() < bits[5:].mean()


def test_a_code_is_cut_to_the_bits_and_a_bit_less_is_another_picture() -> None:
    odds = np.full(64, 0.5)
    pixels = np.random.default_rng(0).integers(0, 2, 64).astype(np.int32)
    code = coder.shortest(pixels, odds)
    assert 63 <= code.bits <= 65
    shorter = coder.Code(code.data[:-1], code.bits - 8)
    assert (coder.read(coder.reader(code), odds) == pixels).all()
    assert not (coder.read(coder.reader(shorter), odds) == pixels).all()


def test_colour_and_other_orders_get_a_sentence() -> None:
    for name, kind in (("colour", UserError), ("multiscale", OrderError)):
        brush = brushes.brush(name)
        with pytest.raises(kind):
            coder.encoded(brush, small.pictures(1, brush.config))


def test_another_brush_of_the_same_model_reads_what_one_wrote() -> None:
    brush = brushes.brush("row")
    x = small.ink(3, brush.config, 2)
    assert torch.equal(coder.decoded(Brush(brush.model), coder.encoded(brush, x)), x)
