"""Ways between codes: their ends are the pictures' own, their middles are worked out a second time in NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.models.aevb import AutoEncoder
from core.studies import latents, vae_walks
from tests.core import small

SIDE, D = 4, 3


@dataclass(frozen=True)
class PlainConfig:
    """As much of a config as the estimator asks for."""

    latent: int = D
    likelihood: str = "bernoulli"
    beta: float = 1.0
    corruption: float = 0.0
    channels: int = 1


class FirstPixels(nn.Module):
    """The means are the first row's first pixels, −1 for paper and 1 for ink, and every σ is 1."""

    def forward(self, x: Tensor, generator: Any = None) -> tuple[Tensor, Tensor]:
        mean = 2 * x[:, 0, 0, :D] - 1
        return mean, torch.zeros_like(mean)


class Linear(nn.Module):
    """Logits that are a linear map of the code; ``deaf`` to some of its numbers."""

    def __init__(self, deaf: tuple[int, ...] = ()) -> None:
        super().__init__()
        weight = torch.randn(SIDE * SIDE, D, generator=small.generator(4))
        weight[:, list(deaf)] = 0
        self.register_buffer("weight", weight)

    def forward(self, z: Tensor, generator: Any = None) -> Tensor:
        return (z @ self.weight.T).unflatten(1, (1, SIDE, SIDE))


class Plain(AutoEncoder):
    """A VAE that one can follow with a pencil."""

    def __init__(self, deaf: tuple[int, ...] = ()) -> None:
        super().__init__(PlainConfig())
        self.encode, self.logits = FirstPixels(), Linear(deaf)


def picture(bits: str) -> Tensor:
    """A picture whose first pixels are ``bits`` and whose others are random, (1, 1, H, W)."""
    x = (torch.rand(1, 1, SIDE, SIDE, generator=small.generator(int(bits, 2))) < 0.5).float()
    x[0, 0, 0, :D] = torch.tensor([float(bit) for bit in bits])
    return x


def painted(model: Plain, code: Any) -> np.ndarray:
    """What a code (d,) paints, by hand."""
    weight = np.asarray(model.logits.weight, np.float64)
    return 1 / (1 + np.exp(-(weight @ np.asarray(code, np.float64)))).reshape(SIDE, SIDE)


def mean_of(x: Tensor) -> np.ndarray:
    return 2 * x[0, 0, 0, :D].numpy().astype(np.float64) - 1


def slerp(a: np.ndarray, b: np.ndarray, s: float) -> np.ndarray:
    """Turn the direction in the plane of both by s of their angle; the length goes over evenly."""
    u, length_a, length_b = a / np.linalg.norm(a), np.linalg.norm(a), np.linalg.norm(b)
    across = b - (b @ u) * u
    v = across / np.linalg.norm(across)
    angle = s * math.acos(a @ b / (length_a * length_b))
    return (math.cos(angle) * u + math.sin(angle) * v) * ((1 - s) * length_a + s * length_b)


def test_both_ways_begin_and_end_at_the_pictures_of_the_two_codes() -> None:
    model, ends = Plain(), torch.cat([picture("110"), picture("011")])
    way = vae_walks.between(model, ends, 7)
    for film in way.painted:
        for frame, end in ((0, ends[:1]), (-1, ends[1:])):
            np.testing.assert_allclose(film[frame, 0], painted(model, mean_of(end)), atol=1e-6)


@pytest.mark.parametrize(("first", "last"), [("110", "011"), ("111", "110"), ("100", "011")])
def test_the_ways_are_the_line_and_the_arc(first: str, last: str) -> None:
    model, ends = Plain(), torch.cat([picture(first), picture(last)])
    a, b = mean_of(ends[:1]), mean_of(ends[1:])
    way = vae_walks.between(model, ends, 5)
    for t, s in enumerate((0, 0.25, 0.5, 0.75, 1)):
        line = (1 - s) * a + s * b
        # codes that point away from each other have no arc: both ways are the line
        arc = line if np.allclose(a, -b) else slerp(a, b, s)
        for film, lengths, code in zip(way.painted, way.lengths, (line, arc), strict=True):
            np.testing.assert_allclose(film[t, 0], painted(model, code), atol=1e-5)
            assert float(lengths[t]) == pytest.approx(np.linalg.norm(code), abs=1e-5)


def test_the_way_through_the_arc_keeps_the_length_that_the_line_loses() -> None:
    way = vae_walks.between(Plain(), torch.cat([picture("110"), picture("011")]), 3)
    straight, turned = way.lengths
    assert float(turned[1]) == pytest.approx(math.sqrt(3), rel=1e-5) and float(straight[1]) < 1.5


def test_from_a_picture_to_itself_the_film_stands_still() -> None:
    way = vae_walks.between(Plain(), picture("101").expand(2, -1, -1, -1), 6)
    for film in (*way.painted, way.mixed):
        assert torch.isfinite(film).all()
        torch.testing.assert_close(film, film[:1].expand_as(film))


def test_every_frame_says_what_either_end_would_cost_from_there() -> None:
    model, ends = Plain(), torch.cat([picture("110"), picture("001")])
    way = vae_walks.between(model, ends, 4)
    for film, costs in zip(way.painted.double().numpy(), way.nats.numpy(), strict=True):
        for p, both in zip(film[:, 0], costs, strict=True):
            for x, nats in zip(ends[:, 0].numpy(), both, strict=True):
                assert nats == pytest.approx(-np.where(x > 0, np.log(p), np.log1p(-p)).sum(), rel=1e-4)


def test_the_third_film_mixes_pixels_and_asks_no_model() -> None:
    ends = torch.cat([picture("110"), picture("001")])
    one, other = (vae_walks.between(Plain(deaf), ends, 5).mixed for deaf in ((), (0, 1, 2)))
    assert torch.equal(one, other)
    for t, s in enumerate((0, 0.25, 0.5, 0.75, 1)):
        np.testing.assert_allclose(one[t], (1 - s) * ends[0] + s * ends[1], atol=1e-6)


def test_four_corners_are_their_own_pictures_and_the_rest_is_bilinear() -> None:
    model, n = Plain(), 5
    four = torch.cat([picture(bits) for bits in ("110", "011", "100", "001")])
    tiles, lengths = vae_walks.corners(model, four, n)
    a, b, c, d = (mean_of(x[None]) for x in four)
    for row in range(n):
        for column in range(n):
            t, s = row / (n - 1), column / (n - 1)
            code = (1 - t) * ((1 - s) * a + s * b) + t * ((1 - s) * c + s * d)
            tile = row * n + column
            np.testing.assert_allclose(tiles[tile, 0], painted(model, code), atol=1e-5)
            assert float(lengths[tile]) == pytest.approx(np.linalg.norm(code), abs=1e-5)
    for tile, x in zip((0, n - 1, n * (n - 1), n * n - 1), four, strict=True):
        np.testing.assert_allclose(tiles[tile, 0], painted(model, mean_of(x[None])), atol=1e-5)


def test_the_shares_of_the_corners_sum_to_one() -> None:
    np.testing.assert_allclose(vae_walks.shares(7).sum(1), 1, atol=1e-6)


def test_what_is_taken_away_and_added_again_changes_nothing() -> None:
    model, a, c = Plain(), picture("110"), picture("001")
    total = vae_walks.arithmetic(model, torch.cat([a, a, c]))
    np.testing.assert_allclose(total.codes[3], mean_of(c), atol=1e-6)
    np.testing.assert_allclose(total.painted[3, 0], painted(model, mean_of(c)), atol=1e-6)


def test_a_sum_of_codes_is_the_first_less_the_second_plus_the_third() -> None:
    model, three = Plain(), [picture(bits) for bits in ("110", "101", "001")]
    total = vae_walks.arithmetic(model, torch.cat(three))
    a, b, c = map(mean_of, three)
    for code, pixels, expected in zip(total.codes, total.painted, (a, b, c, a - b + c), strict=True):
        np.testing.assert_allclose(code, expected, atol=1e-6)
        np.testing.assert_allclose(pixels[0], painted(model, expected), atol=1e-6)


def test_one_number_takes_every_value_and_the_others_stay() -> None:
    code = torch.tensor([0.5, -1.0, 2.0])
    found = vae_walks.swept(code, [2, 0], torch.tensor([-3.0, 0.0, 3.0]))
    assert found.tolist() == [[[0.5, -1, v] for v in (-3, 0, 3)], [[v, -1, 2] for v in (-3, 0, 3)]]


def test_the_effect_of_a_number_is_the_most_that_it_changes_a_pixel() -> None:
    model, values = Plain(deaf=(1,)), (-3.0, 0.0, 3.0)
    found = vae_walks.effect(model, [0, 1, 2], torch.tensor(values))
    probes = torch.randn(vae_walks.PROBES, D, generator=small.generator(0)).double().numpy()
    probes[0] = 0
    for place, effect in enumerate(found.tolist()):
        most = 0.0
        for code in probes:
            stack = np.stack([painted(model, np.where(np.arange(D) == place, value, code)) for value in values])
            most = max(most, float((stack.max(0) - stack.min(0)).max()))
        assert effect == pytest.approx(most, abs=1e-5)
    assert found[1] < 1e-6 and found[0] > 0.1


def test_only_a_number_that_neither_carries_nor_moves_anything_is_dead() -> None:
    carried, effect = np.array([0.0, 0.0, 1.0, 0.02]), np.array([0.0, 0.5, 0.0, 0.0])
    assert latents.dead(carried, effect).tolist() == [True, False, False, False]


@pytest.mark.parametrize("count", [3, 9, 15])
def test_an_odd_number_of_values_has_zero_in_its_middle(count: int) -> None:
    values = latents.values(count)
    assert values[count // 2] == 0 and (values[0], values[-1]) == (-latents.REACH, latents.REACH)
    np.testing.assert_allclose(np.diff(values, 2), 0, atol=1e-6)
