"""What a digit costs, as the page asks for it: parts that fit together, in the order of the latents, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.nn import noise
from core.requests import MAX_LATENT, RequestError
from core.results_vae import WEIGHED
from core.studio.vae_bound import BETAS, DRAWS, LIKELIHOODS, CostStudio
from tests.core import digit_vaes

MODELS = ("aevb-mnist-2d", "vae-mnist", "vae-mnist-20d")
DIGIT = digit_vaes.digit()


@pytest.fixture(scope="module")
def costs() -> CostStudio:
    return CostStudio(digit_vaes.vaes())


def posterior(name: str) -> tuple[np.ndarray, np.ndarray]:
    """μ and σ in the order of the page: here the model's own, backwards."""
    with torch.no_grad():
        mean, log_sigma = digit_vaes.model(name).encode(torch.from_numpy(DIGIT / 255).float()[None, None])
    return mean[0].numpy()[::-1], log_sigma[0].exp().numpy()[::-1]


@pytest.mark.parametrize("name", MODELS)
def test_the_bound_is_the_sum_of_pixels_and_latents_and_draws_tighten_it(costs: CostStudio, name: str) -> None:
    found = costs.bound(DIGIT, name, 3)
    mean, sigma = posterior(name)
    np.testing.assert_allclose(found.kl, 0.5 * (mean**2 + sigma**2 - 1) - np.log(sigma), rtol=1e-4, atol=1e-5)
    assert found.reconstruction == pytest.approx(float(found.loss.sum()), rel=1e-5)
    assert found.bound == pytest.approx(found.reconstruction + float(found.kl.sum()), rel=1e-6)
    assert list(found.tightened) == sorted(found.tightened, reverse=True) and len(found.tightened) == len(WEIGHED)
    assert all(DRAWS % k == 0 for k in WEIGHED)


@pytest.mark.parametrize("name", MODELS)
def test_a_throw_shows_what_is_painted_of_noise_of_scaled_noise_and_of_the_draw(costs: CostStudio, name: str) -> None:
    found = costs.sample(DIGIT, name, 5, 3, 4)
    mean, sigma = posterior(name)
    np.testing.assert_array_equal(found.path[0], found.noise)
    np.testing.assert_array_equal(found.path[found.scaled], found.sigma * found.noise)
    np.testing.assert_array_equal(found.path[-1], found.mean + found.sigma * found.noise)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(found.sigma, sigma, rtol=1e-6)
    for t in range(len(found.trace)):
        painted = digit_vaes.vaes().decode_all(found.path[t], name)
        np.testing.assert_allclose(found.trace.frame(t), painted, atol=1e-6)
        p = painted[:, 0].astype(float)
        nats = -np.log(np.where(DIGIT > 0, p, 1 - p)).sum((1, 2))
        np.testing.assert_allclose(found.nats[t], nats, rtol=1e-3)


def test_every_weight_of_the_code_imagines_from_the_same_dice(costs: CostStudio) -> None:
    found = costs.betas(DIGIT, 2, 3)
    assert [weight.beta for weight in found] == [0.1, 1.0, 4.0] and [weight.name for weight in found] == list(BETAS)
    z = noise.normal(3, 2, generator=torch.Generator().manual_seed(2))
    for weight in found:
        with torch.no_grad():
            painted = digit_vaes.model(weight.name).decode(z).numpy()
        np.testing.assert_array_equal(weight.imagined, painted)
        assert weight.undecided == pytest.approx(((painted > 0.1) & (painted < 0.9)).mean(), abs=1e-6)


def test_both_likelihoods_are_read_as_probabilities_of_ink(costs: CostStudio) -> None:
    for name, bound in zip(LIKELIHOODS, costs.likelihoods(DIGIT, 1), strict=True):
        np.testing.assert_array_equal(bound.loss, costs.bound(DIGIT, name, 1).loss)


@pytest.mark.parametrize("name", MODELS)
def test_the_way_outside_starts_at_the_origin_and_stretches_the_digits_own_code(costs: CostStudio, name: str) -> None:
    found = costs.outside(DIGIT, name, 2, 5)
    mean, _ = posterior(name)
    np.testing.assert_allclose(found.factor, [0, 0.5, 1, 1.5, 2], atol=1e-6)
    np.testing.assert_allclose(found.radius, found.factor * np.linalg.norm(mean), rtol=1e-5)
    painted = digit_vaes.vaes().decode_all(found.factor[:, None] * mean, name)
    np.testing.assert_allclose(np.concatenate([step.image for step in found.trace]), painted, atol=1e-5)
    for t in range(5):
        seen = np.where(found.trace.frame(t)[0, 0] > 0.5, 255, 0).astype(np.uint8)
        back = digit_vaes.vaes().encode(seen, name).mean
        assert found.distance[t] == pytest.approx(np.linalg.norm(back - found.factor[t] * mean), abs=1e-4)
    assert found.mass[0] == 0 and (np.diff(found.mass) >= 0).all() and found.mass[-1] <= 1


def test_the_way_outside_ends_where_codes_are_no_longer_decoded() -> None:
    class Far:
        def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return torch.tensor([[9.0, -2.0]]).expand(len(x), 2), torch.zeros(len(x), 2)

        def __getattr__(self, name: str) -> Any:
            return getattr(digit_vaes.model("aevb-mnist-2d"), name)

    vaes = digit_vaes.vaes()
    vaes._load = lambda name: Far()
    found = CostStudio(vaes).outside(DIGIT, "aevb-mnist-2d", 4, 3)
    assert found.factor[-1] * 9 == pytest.approx(MAX_LATENT, rel=1e-6)


def test_what_cannot_be_asked_is_refused_with_a_sentence(costs: CostStudio) -> None:
    wrong = np.zeros((5, 5), np.uint8)
    for ask in (
        lambda: costs.bound(DIGIT, "vae-svhn"),
        lambda: costs.bound(DIGIT, "draw-mnist"),
        lambda: costs.bound(wrong),
        lambda: costs.bound(DIGIT, seed=-1),
        lambda: costs.sample(DIGIT, count=17),
        lambda: costs.sample(DIGIT, frames=0),
        lambda: costs.betas(DIGIT, count=0),
        lambda: costs.outside(DIGIT, reach=0.5),
        lambda: costs.outside(DIGIT, frames=1),
    ):
        with pytest.raises(RequestError, match=r"\.$"):
            ask()


def test_the_same_seed_gives_the_same_draws(costs: CostStudio) -> None:
    one, same, other = (costs.bound(DIGIT, "vae-mnist", seed) for seed in (4, 4, 5))
    assert one.tightened == same.tightened != other.tightened
