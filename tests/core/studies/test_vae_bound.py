"""The parts of the bound sum to it, more draws tighten it, and a sample goes from noise to code to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from core.models.aevb import AEVBConfig
from core.models.vae import VAEConfig
from core.nn import noise
from core.studies import vae_bound
from core.studies.latents import DRAWS
from tests.core import small

CONFIGS = [
    AEVBConfig(height=6, width=5, hidden=7, latent=3),
    VAEConfig(height=8, width=8, features=4, latent=3, dense=8),
]


@pytest.fixture(params=CONFIGS, ids=["mlp", "convolutions"])
def model(request: Any) -> Any:
    made = small.build(request.param)
    small.shake(made, 0.5)
    return made


def test_the_price_of_every_pixel_is_the_mean_over_the_draws_of_what_a_loop_says(model: Any) -> None:
    x = small.ink(1, model.config, seed=3)
    found = vae_bound.priced(model, x)
    with torch.no_grad():
        mean, log_sigma = model.encode(x)
        z = mean + log_sigma.exp() * noise.normal(DRAWS, mean.shape[1], generator=small.generator(0))
        logits = model.logits(z).double().numpy()
    for row, column in np.ndindex(model.config.height, model.config.width):
        ink = float(x[0, 0, row, column])
        nats = [np.logaddexp(0, -logit if ink else logit) for logit in logits[:, 0, row, column]]
        assert float(found.loss[0, row, column]) == pytest.approx(np.mean(nats), rel=1e-4, abs=1e-6)


def test_pixels_sum_to_the_reconstruction_and_with_the_latents_to_the_bound(model: Any) -> None:
    found = vae_bound.priced(model, small.ink(1, model.config))
    with torch.no_grad():
        mean, log_sigma = (value.double().numpy()[0] for value in model.encode(small.ink(1, model.config)))
    kl = [0.5 * (m**2 + math.exp(2 * s) - 1) - s for m, s in zip(mean, log_sigma, strict=True)]
    np.testing.assert_allclose(found.kl.numpy(), kl, rtol=1e-4, atol=1e-6)
    assert found.reconstruction == pytest.approx(float(found.loss.numpy().astype(float).sum()), rel=1e-6)
    assert found.bound == pytest.approx(found.reconstruction + sum(kl), rel=1e-5)


def test_the_weights_are_those_of_the_estimator_for_the_same_dice(model: Any) -> None:
    x = small.ink(1, model.config)
    found = vae_bound.log_weights(model, x, 20, small.generator(4))
    with torch.no_grad():
        theirs = model.log_weights(x, 20, small.generator(4))
    torch.testing.assert_close(found, theirs[:, 0], rtol=1e-5, atol=1e-4)


def test_weighing_is_the_log_of_the_mean_weight_of_every_group_and_never_rises_with_the_group() -> None:
    weights = torch.from_numpy(np.random.default_rng(2).normal(-90, 6, 200))
    groups = np.exp(weights.numpy()).reshape(20, 10).mean(1)
    assert vae_bound.tightened(weights, 10) == pytest.approx(-np.log(groups).mean(), rel=1e-9)
    assert vae_bound.tightened(weights, 1) == pytest.approx(-float(weights.mean()), rel=1e-9)
    found = [vae_bound.tightened(weights, k) for k in (1, 2, 10, 20, 100, 200)]
    assert found == sorted(found, reverse=True) and found[0] > found[-1] + 1


def test_a_throw_is_noise_then_scaled_noise_then_a_draw_of_the_posterior_exactly() -> None:
    noise, mean, log_sigma = torch.randn(3, 4, 5, generator=small.generator(1)).unbind()
    mean, sigma = mean[0], log_sigma[0].exp()
    path = vae_bound.sample(noise, mean, sigma, 6)
    assert path.shape == (13, 4, 5)
    assert torch.equal(path[0], noise) and torch.equal(path[6], sigma * noise)
    assert torch.equal(path[12], mean + sigma * noise)
    torch.testing.assert_close(path[3], noise * (1 + sigma) / 2)
    torch.testing.assert_close(path[9], sigma * noise + mean / 2)


@pytest.mark.parametrize("d", [2, 4, 8, 20])
def test_the_priors_mass_within_a_radius_is_the_sum_that_holds_for_an_even_number_of_latents(d: int) -> None:
    radius = torch.tensor([0.0, 0.3, 1.0, 2.5, 4.0, 7.0])
    for r, mass in zip(radius.tolist(), vae_bound.mass_within(radius, d).tolist(), strict=True):
        half = r * r / 2
        poisson = sum(half**k / math.factorial(k) for k in range(d // 2))
        assert mass == pytest.approx(1 - math.exp(-half) * poisson, abs=1e-9)


def test_the_priors_mass_within_a_radius_is_the_share_of_draws_that_lie_there() -> None:
    draws = np.linalg.norm(np.random.default_rng(0).normal(size=(40_000, 7)), axis=1)
    for r in (1.5, 2.5, 4.0):
        assert float(vae_bound.mass_within(torch.tensor([r]), 7)) == pytest.approx((draws < r).mean(), abs=0.01)


def test_undecided_pixels_are_those_between_the_limits() -> None:
    picture = torch.tensor([[0.0, 0.05, 0.11, 0.5], [0.89, 0.95, 1.0, 0.3]])
    assert vae_bound.undecided(picture) == 4 / 8
