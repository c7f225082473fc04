"""Walks behind the app: pictures in, pictures out; what is dead does nothing; a sentence for what cannot be done."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from core.models.aevb import AEVB, AEVBConfig
from core.models.residual_vae import ResidualVAE, ResidualVAEConfig
from core.nn import noise
from core.requests import RequestError
from core.studies import latents
from core.studies.latents import DRAWS
from core.studio.turns import ANY, Turns
from core.studio.vae_code import COLOUR, FIRST, VAEStudio
from core.studio.vae_walks import WalkStudio
from core.training.registry import REGISTRY
from tests.core import small

D = REGISTRY[FIRST].config.latent
CARRIED = np.array([0.0, 3.0, 1.0, 0.0, 2.0, 0.5, 0.0, 1.5], np.float32)
DEAF, LISTENING = 0, 3
"""Two of the model's latents that carry nothing: to one of them the decoder listens all the same."""
DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 12:16] = 255
BAR = np.zeros((28, 28), np.uint8)
BAR[12:16, 4:24] = 255
RING = np.zeros((28, 28), np.uint8)
RING[6:22, 6:22] = 255
RING[10:18, 10:18] = 0
PAPER = np.zeros((28, 28), np.uint8)
SQUARE = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)


def load(name: str) -> Any:
    """An untrained painter in the shape of the registry's, deaf to two of the numbers that carry nothing."""
    config = REGISTRY[name].config
    with torch.random.fork_rng():
        torch.manual_seed(1)
        if name == COLOUR:
            likeness: Any = {"channels": 3, "height": 32, "width": 32, "likelihood": "logistic"}
            return ResidualVAE(ResidualVAEConfig(features=2, dense=8, latent=config.latent, **likeness)).eval()
        model = AEVB(AEVBConfig(hidden=9, latent=config.latent)).eval()
    small.shake(model, 0.5)
    with torch.no_grad():
        model.logits.hidden.weight[:, [DEAF, 6]] = 0
    return model


@pytest.fixture(scope="module")
def vaes() -> VAEStudio:
    models: dict[str, Any] = {}

    def cached(name: str) -> Any:
        if name not in models:
            models[name] = load(name)
        return models[name]

    size = {name: spec.config.latent for name, spec in REGISTRY.items() if hasattr(spec.config, "latent")}

    def carried(name: str) -> np.ndarray:
        return CARRIED if name == FIRST else np.arange(size[name], 0, -1, dtype=np.float32)

    return VAEStudio(cached, carried, partial(Turns().at, ANY))


@pytest.fixture(scope="module")
def studio(vaes: VAEStudio) -> WalkStudio:
    return WalkStudio(vaes)


def test_dead_is_what_carries_nothing_and_is_not_listened_to(vaes: VAEStudio, studio: WalkStudio) -> None:
    dead, order = studio.dead(), vaes.order()
    assert {order[i] for i in np.flatnonzero(dead)} == {DEAF, 6}
    assert order.index(LISTENING) >= 5 and not dead[order.index(LISTENING)]


def test_a_dead_number_does_nothing_and_any_other_does_something(vaes: VAEStudio, studio: WalkStudio) -> None:
    code = np.linspace(-1, 1, D)
    film = vaes.traverse(code, 8)
    frames = np.stack([film.frame(t) for t in range(8)])
    for i, (row, dead) in enumerate(zip(studio.lattice(code, 5), studio.dead(), strict=True)):
        moved = np.abs(row - row[:1]).max(), np.abs(frames[:, i] - frames[:1, i]).max()
        assert (max(moved) < 1e-6) == dead, f"z{i + 1}"


def test_the_table_sets_one_number_in_each_row_in_the_order_of_what_they_carry(
    vaes: VAEStudio, studio: WalkStudio
) -> None:
    code = np.linspace(-1, 1, D)
    table = studio.lattice(code, 9)
    assert table.shape == (D, 9, 1, 28, 28)
    for row in range(D):
        for column, value in ((0, -3.0), (4, 0.0), (6, 1.5)):
            bent = code.copy()
            bent[row] = value
            np.testing.assert_allclose(table[row, column], vaes.decode(list(bent))[0][0], atol=1e-5)


def test_of_a_long_code_only_the_leading_numbers_are_walked_along(vaes: VAEStudio, studio: WalkStudio) -> None:
    code = vaes.encode(SQUARE, COLOUR).mean
    assert studio.lattice(code, 3, COLOUR, 16).shape == (16, 3, 3, 32, 32)
    assert vaes.traverse(code, 4, COLOUR, 16).frame(0).shape == (16, 3, 32, 32)
    bent = code.copy()
    bent[7] = -3
    np.testing.assert_allclose(
        studio.lattice(code, 3, COLOUR, 16)[7, 0], vaes.decode(bent, name=COLOUR)[0][0], atol=1e-5
    )


def test_both_ways_end_at_what_the_vae_makes_of_the_pictures(vaes: VAEStudio, studio: WalkStudio) -> None:
    way = studio.between(DIGIT, BAR, 6)
    for film in way.painted:
        for frame, pixels in ((0, DIGIT), (-1, BAR)):
            np.testing.assert_allclose(film[frame], vaes.decode(vaes.encode(pixels).mean)[0][0], atol=1e-5)
    np.testing.assert_array_equal(way.mixed[[0, -1], 0], np.stack([DIGIT, BAR]) / 255)
    for end, pixels in enumerate((DIGIT, BAR)):
        at_its_mean = vaes.decode(vaes.encode(pixels).mean, pixels)[1]
        assert way.nats[0, -end, end] == pytest.approx(at_its_mean, rel=1e-4)
    assert not way.same and way.blank == (False, False)


def test_from_code_to_code_both_ends_are_there(vaes: VAEStudio, studio: WalkStudio) -> None:
    a, b = np.linspace(-1, 1, D), np.linspace(2, -1, D)
    for way in ("straight", "round"):
        trace = studio.interpolate(a, b, 5, way=way)
        for frame, code in ((0, a), (4, b)):
            np.testing.assert_allclose(trace.frame(frame), vaes.decode(code)[0], atol=1e-5)
    middle = studio.interpolate(a, b, 5).frame(2)
    np.testing.assert_allclose(middle, vaes.decode((a + b) / 2)[0], atol=1e-5)


def test_one_picture_twice_and_an_empty_one_are_named(studio: WalkStudio) -> None:
    assert studio.between(DIGIT, DIGIT, 3).same
    assert studio.between(DIGIT, PAPER, 3).blank == (False, True)
    assert studio.arithmetic([PAPER, PAPER, DIGIT]).blank == (True, True, False)
    assert studio.corners([DIGIT, BAR, PAPER, RING], 5).blank == (False, False, True, False)


def test_the_corners_of_the_sheet_are_the_four_pictures(vaes: VAEStudio, studio: WalkStudio) -> None:
    four = [DIGIT, BAR, RING, PAPER]
    sheet = studio.corners(four, 6)
    for place, tile in enumerate((0, 5, 30, 35)):
        np.testing.assert_allclose(sheet.painted[tile], vaes.decode(vaes.encode(four[place]).mean)[0][0], atol=1e-5)
        assert sheet.shares[tile].argmax() == place and sheet.shares[tile].max() == 1


def test_a_sum_of_codes_is_given_in_the_pages_order(vaes: VAEStudio, studio: WalkStudio) -> None:
    total = studio.arithmetic([DIGIT, BAR, RING])
    a, b, c = (vaes.encode(pixels).mean for pixels in (DIGIT, BAR, RING))
    np.testing.assert_allclose(total.code, a - b + c, atol=1e-5)
    assert total.lengths[3] == pytest.approx(np.linalg.norm(a - b + c), rel=1e-5)
    np.testing.assert_allclose(total.painted[3], vaes.decode(total.code)[0][0], atol=1e-5)
    assert total.expected == pytest.approx(math.sqrt(D))
    same = studio.arithmetic([DIGIT, DIGIT, RING])
    np.testing.assert_allclose(same.painted[3], same.painted[2], atol=1e-5)


def test_a_copy_in_colour_is_priced_over_draws_of_its_code(vaes: VAEStudio, studio: WalkStudio) -> None:
    copy, model, code = studio.copy(SQUARE), vaes.model(COLOUR), vaes.encode(SQUARE, COLOUR)
    epsilon = noise.normal(DRAWS, len(code.mean), generator=small.generator(0)).numpy()[:, vaes.order(COLOUR)]
    mu = vaes.decode_all(code.mean + code.sigma * epsilon, COLOUR).astype(np.float64)
    width = np.exp(model.log_width.detach().double().numpy())[:, None, None]
    x, half = SQUARE.transpose(2, 0, 1) / 255, 0.5 / 255

    def below(edge: Any) -> Any:
        return 1 / (1 + np.exp(-(edge - mu) / width))

    low, high = np.where(x == 0, 0, below(x - half)), np.where(x == 1, 1, below(x + half))
    by_hand = -np.log(high - low).sum((1, 2, 3)).mean()
    assert copy.reconstruction == pytest.approx(by_hand, rel=1e-3)
    assert copy.bits == pytest.approx((by_hand + copy.kl.sum()) / (3072 * math.log(2)), rel=1e-3)
    np.testing.assert_allclose(copy.painted, vaes.decode(vaes.encode(SQUARE, COLOUR).mean, name=COLOUR)[0], atol=1e-5)


def test_imagined_pictures_are_a_function_of_the_seed_and_lie_farther_out_when_warmer(studio: WalkStudio) -> None:
    one, same, other = (studio.generate(3, seed) for seed in (1, 1, 2))
    assert one.shape == (3, 3, 32, 32)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    middle = studio.generate(1, 1, 0.1)
    assert np.abs(studio.generate(1, 1, 0.2) - middle).max() < np.abs(studio.generate(1, 1, 2) - middle).max()


@pytest.mark.parametrize("bad", [2, 61, 24.5, math.nan, "24", None, True])
def test_an_odd_number_of_frames_is_refused_in_one_sentence(studio: WalkStudio, bad: object) -> None:
    low, high = latents.FRAMES
    for walk in (lambda: studio.between(DIGIT, BAR, bad), lambda: studio.interpolate([0.0] * D, [1.0] * D, bad)):
        with pytest.raises(
            RequestError, match=rf"^The number of frames must be a whole number from {low} to {high}\.$"
        ):
            walk()


@pytest.mark.parametrize("bad", [4, 16, 5.5, math.inf, "8", []])
def test_an_odd_number_of_tiles_is_refused_in_one_sentence(studio: WalkStudio, bad: object) -> None:
    with pytest.raises(RequestError, match=r"^The number of pictures a side must be a whole number from 5 to 15\.$"):
        studio.corners([DIGIT] * 4, bad)


@pytest.mark.parametrize("bad", [[0.0] * 7, [math.nan] * 8, [1e6] * 8, "code", None])
def test_an_odd_code_is_refused_in_one_sentence(studio: WalkStudio, bad: object) -> None:
    for ask in (lambda: studio.lattice(bad), lambda: studio.interpolate(bad, [0.0] * D)):
        with pytest.raises(RequestError, match=r"^[^.]*\.$"):
            ask()


def test_unknown_ways_models_and_sizes_are_refused_in_one_sentence(studio: WalkStudio) -> None:
    for ask, sentence in (
        (lambda: studio.interpolate([0.0] * D, [1.0] * D, way="zigzag"), "it goes straight or round"),
        (lambda: studio.between(DIGIT, BAR, name="vae-cats"), "There is no VAE called"),
        (lambda: studio.between(DIGIT, BAR[:20]), "28×28 pixels, not 20×28"),
        (lambda: studio.copy(DIGIT), "32×32×3 numbers, not 28×28"),
        (lambda: studio.corners([DIGIT] * 3), "This takes 4 pictures, not 3"),
        (lambda: studio.arithmetic([DIGIT] * 4), "This takes 3 pictures, not 4"),
        (lambda: studio.lattice([0.0] * D, 2), "The number of values must be"),
        (lambda: studio.lattice([0.0] * D, leading=0), "The number of latents must be"),
        (lambda: studio.generate(0, 1), "The number of pictures must be"),
        (lambda: studio.generate(1, 1, 9), "The temperature must be"),
    ):
        with pytest.raises(RequestError, match=sentence):
            ask()
