import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from core.nn.likelihood import bernoulli_nats, gaussian_kl, gaussian_log_ratio, logistic_nats
from tests.core.small import generator

NOISE = generator(0)
MEAN = 2 * torch.randn(4, 5, generator=NOISE, dtype=torch.float64)
LOG_SIGMA = 0.7 * torch.randn(4, 5, generator=NOISE, dtype=torch.float64)
Z = 2 * torch.randn(4, 5, generator=NOISE, dtype=torch.float64)


def test_bernoulli_nats_equal_the_sum_of_minus_log_p_in_numpy() -> None:
    logits, x = 3 * torch.randn(3, 2, 4, 5, generator=NOISE), torch.rand(3, 2, 4, 5, generator=NOISE)
    p = 1 / (1 + np.exp(-logits.numpy().astype(np.float64)))
    v = x.numpy().astype(np.float64)
    expected = -(v * np.log(p) + (1 - v) * np.log(1 - p)).sum((1, 2, 3))
    np.testing.assert_allclose(bernoulli_nats(logits, x), expected, rtol=1e-5)


def test_bernoulli_nats_stay_finite_for_huge_logits() -> None:
    logits = torch.tensor([[200.0, -200.0], [200.0, -200.0]])
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(bernoulli_nats(logits, x), [0.0, 400.0], atol=1e-6)


def test_bernoulli_nats_of_whole_numbers_and_half_precision_are_summed_in_float32() -> None:
    logits = torch.full((1, 4096), 0.5, dtype=torch.bfloat16)
    nats = bernoulli_nats(logits, torch.ones(1, 4096, dtype=torch.uint8))
    assert nats.dtype == torch.float32
    np.testing.assert_allclose(nats, 4096 * math.log1p(math.exp(-0.5)), rtol=1e-5)


def test_the_kl_equals_that_of_torch_distributions() -> None:
    expected = kl_divergence(Normal(MEAN, LOG_SIGMA.exp()), Normal(torch.zeros_like(MEAN), 1.0)).sum(1)
    torch.testing.assert_close(gaussian_kl(MEAN, LOG_SIGMA), expected)


def test_the_kl_of_the_prior_itself_is_zero_so_its_constant_is_half_a_nat_per_latent() -> None:
    # Public code subtracts T / 2 in all instead of D / 2 a step, which leaves (T D - T) / 2 nats here.
    for latents in (1, 2, 100):
        zero = torch.zeros(3, latents)
        assert torch.equal(gaussian_kl(zero, zero), torch.zeros(3))


def test_the_log_ratio_is_that_of_the_densities_of_torch_distributions() -> None:
    expected = Normal(MEAN, LOG_SIGMA.exp()).log_prob(Z) - Normal(torch.zeros_like(Z), 1.0).log_prob(Z)
    torch.testing.assert_close(gaussian_log_ratio(Z, MEAN, LOG_SIGMA), expected.sum(1))


def test_the_kl_is_the_mean_log_ratio_of_posterior_and_prior() -> None:
    mean, log_sigma = torch.tensor([[0.7]], dtype=torch.float64), torch.tensor([[-0.4]], dtype=torch.float64)
    z = torch.linspace(-9, 9, 20_001, dtype=torch.float64)[:, None]
    q = Normal(mean, log_sigma.exp()).log_prob(z)[:, 0].exp()
    integral = torch.trapezoid(q * gaussian_log_ratio(z, mean, log_sigma), z[:, 0])
    torch.testing.assert_close(integral, gaussian_kl(mean, log_sigma)[0])


def test_the_256_probabilities_of_a_value_sum_to_one_and_equal_differences_of_the_logistic_function() -> None:
    levels = torch.arange(256, dtype=torch.float64) / 255
    for mean, log_width in ((0.5, -3.0), (0.02, -1.0), (0.999, -5.0), (0.3, 0.5)):
        centre, width = torch.full((256,), mean, dtype=torch.float64), torch.tensor(log_width, dtype=torch.float64)
        p = (-logistic_nats(centre, width, levels)).exp().numpy()
        assert p.sum() == pytest.approx(1, abs=1e-9)
        edges = (np.arange(257) - 0.5) / 255
        cumulative = 1 / (1 + np.exp(-(edges - mean) / math.exp(log_width)))
        cumulative[0], cumulative[-1] = 0, 1
        np.testing.assert_allclose(p, np.diff(cumulative), rtol=1e-6, atol=1e-14)


def test_logistic_nats_and_their_gradients_stay_finite_far_from_the_mean_and_at_both_ends() -> None:
    mean = torch.tensor([0.0, 1.0, 0.5, 1.0, 0.0], requires_grad=True)
    log_width = torch.full((5,), -7.0, requires_grad=True)
    nats = logistic_nats(mean, log_width, torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0]))
    nats.sum().backward()
    assert torch.isfinite(nats).all() and (nats >= 0).all()
    assert mean.grad is not None and torch.isfinite(mean.grad).all()
    assert log_width.grad is not None and torch.isfinite(log_width.grad).all()
    assert nats[0] > 500 and nats[3] < 0.2
