"""The estimator of AEVB, whatever the networks: loss, bound, importance weights, damage; and the paper's two MLPs."""

import itertools
import math
from dataclasses import replace
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from core.models.aevb import AEVB, UNKNOWN, AEVBConfig, AutoEncoder, corrupted
from core.models.residual_vae import ResidualVAEConfig
from core.models.vae import VAEConfig
from core.nn.likelihood import LIKELIHOODS
from tests.core import small

CONFIG = replace(small.AEVB, latent=3)
VAE = replace(small.VAE, dropout=0.0)


def model(config: Any) -> Any:
    made = small.build(config)
    small.shake(made, 0.2)
    return made


def test_the_networks_are_the_papers_mlps_with_one_hidden_layer_of_500() -> None:
    made = AEVB(AEVBConfig())
    assert sum(p.numel() for p in made.encode.parameters()) == 784 * 500 + 500 + 500 * 4 + 4
    assert sum(p.numel() for p in made.logits.parameters()) == 2 * 500 + 500 + 500 * 784 + 784


def test_encoder_and_decoder_equal_the_formulas_of_appendix_c_in_numpy() -> None:
    aevb, x = model(CONFIG).double(), small.ink(4, CONFIG).double()
    w = {name: p.detach().numpy() for name, p in aevb.named_parameters()}
    hidden = np.tanh(x.flatten(1).numpy() @ w["encode.hidden.weight"].T + w["encode.hidden.bias"])
    out = hidden @ w["encode.out.weight"].T + w["encode.out.bias"]
    with torch.no_grad():
        mean, log_sigma = aevb.encode(x)
        logits = aevb.logits(mean.double())
    np.testing.assert_allclose(np.concatenate([mean, log_sigma], 1), out, rtol=1e-5, atol=1e-6)
    hidden = np.tanh(mean.double().numpy() @ w["logits.hidden.weight"].T + w["logits.hidden.bias"])
    picture = hidden @ w["logits.out.weight"].T + w["logits.out.bias"]
    np.testing.assert_allclose(logits.flatten(1), picture, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "config", [CONFIG, replace(CONFIG, beta=4.0), replace(CONFIG, beta=0.1), VAE, replace(VAE, likelihood="squared")]
)
def test_the_bound_is_always_in_bernoulli_nats_and_only_the_objective_follows_beta_and_squared_error(
    config: AEVBConfig | VAEConfig,
) -> None:
    vae, x = model(config), small.ink(3, config)
    with torch.no_grad():
        terms = vae.loss(x, small.generator(2))
        mean, log_sigma = vae.encode(x)
        z = mean + log_sigma.exp() * torch.randn(mean.shape, generator=small.generator(2))
        p, v = vae.decode(z).double().numpy(), x.double().numpy()
    nats = -(v * np.log(p) + (1 - v) * np.log(1 - p)).sum((1, 2, 3))
    np.testing.assert_allclose(terms.reconstruction, nats, rtol=1e-5)
    kl = kl_divergence(Normal(mean, log_sigma.exp()), Normal(torch.zeros_like(mean), 1.0)).sum(1)
    torch.testing.assert_close(terms.kl, kl, rtol=1e-4, atol=1e-5)
    ratio = Normal(mean, log_sigma.exp()).log_prob(z) - Normal(torch.zeros_like(z), 1.0).log_prob(z)
    torch.testing.assert_close(terms.log_ratio, ratio.sum(1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(terms.total, terms.reconstruction + terms.kl)
    error = ((v - p) ** 2).sum((1, 2, 3)) if config.likelihood == "squared" else nats
    np.testing.assert_allclose(terms.minimised, error + config.beta * kl.numpy(), rtol=1e-4)


def test_every_likelihood_that_a_config_may_name_is_in_the_table_and_every_one_of_the_table_is_named() -> None:
    configs = (AEVBConfig, VAEConfig, ResidualVAEConfig)
    assert {name for config in configs for name in get_args(get_type_hints(config)["likelihood"])} == set(LIKELIHOODS)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_nats_of_a_picture_are_those_of_its_values_and_only_squared_error_is_trained_for_something_else(
    name: str,
) -> None:
    config = replace(small.CONFIGS["vae-mnist-20d"], dropout=0.0, likelihood=name)
    vae, x = model(config), small.ink(2, config)
    with torch.no_grad():
        logits = vae.logits(torch.zeros(2, config.latent))
        nats, terms = vae.reconstruction(logits, x), vae.loss(x, small.generator())
    torch.testing.assert_close(nats, vae.likelihood.nats(logits, x).sum((1, 2, 3)))
    assert vae.likelihood.levels == config.levels == (256 if name == "logistic" else 2)
    assert torch.equal(terms.minimised, terms.total) is (name != "squared")


def test_gradients_through_the_drawn_code_equal_finite_differences() -> None:
    vae, x = model(CONFIG).double(), small.ink(2, CONFIG).double()

    def loss() -> Tensor:
        return vae.loss(x, small.generator(3)).total.sum()  # the same noise every time

    weights = vae.encode.out.weight
    (gradient,) = torch.autograd.grad(loss(), weights)
    for index in ((0, 0), (2, 4), (3, 1), (5, 8)):  # two of means, two of log σ
        sides = []
        for step in (1e-5, -1e-5):
            with torch.no_grad():
                weights[index] += step
                sides.append(float(loss()))
                weights[index] -= step
        assert float(gradient[index]) == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-6, abs=1e-7)


class LinearGaussian(AutoEncoder):
    """p(z) = N(0, 1), p(x|z) = N(Wz, s²): everything is known in closed form. Pictures are two numbers."""

    WIDTH, SCALE = 0.6, torch.tensor([[1.2, -0.4], [0.3, 0.9]])

    def __init__(self, wrong: float = 0.0) -> None:
        super().__init__(replace(CONFIG, latent=2, height=1, width=2))
        covariance = torch.linalg.inv(torch.eye(2) + self.SCALE.T @ self.SCALE / self.WIDTH**2)
        self.gain = covariance @ self.SCALE.T / self.WIDTH**2
        self.log_sigma = covariance.diag().sqrt().log() + wrong

    def encode(self, x: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        mean = x.flatten(1) @ self.gain.T
        return mean, self.log_sigma.expand_as(mean)

    def logits(self, z: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return z @ self.SCALE.T

    def reconstruction(self, logits: Tensor, x: Tensor) -> Tensor:
        return -Normal(logits, self.WIDTH).log_prob(x.flatten(1)).sum(1)

    def log_marginal(self, x: Tensor) -> Tensor:
        covariance = self.SCALE @ self.SCALE.T + self.WIDTH**2 * torch.eye(2)
        return MultivariateNormal(torch.zeros(2), covariance).log_prob(x.flatten(1))


POINTS = torch.tensor([[0.3, -1.0], [1.5, 0.2], [-0.7, 0.4]])[:, None, None]


@torch.no_grad()
def test_the_importance_weighted_bound_of_a_linear_gaussian_is_its_exact_marginal() -> None:
    toy = LinearGaussian(wrong=0.4)
    weights = toy.log_weights(POINTS, 40_000, small.generator(1))
    estimate = weights.logsumexp(0) - math.log(len(weights))
    spread = (weights - estimate).exp().std(0) / math.sqrt(len(weights))
    assert (spread < 0.02).all(), "the estimate is worth comparing"
    assert ((estimate - toy.log_marginal(POINTS)).abs() < 5 * spread).all()


@torch.no_grad()
def test_the_importance_weighted_bound_does_not_decrease_in_k_and_begins_at_the_elbo() -> None:
    toy = LinearGaussian(wrong=0.8)
    weights = toy.log_weights(POINTS, 32_000, small.generator(2)).double()
    exact, bounds = toy.log_marginal(POINTS).double(), []
    for k in (1, 2, 5, 10, 100, 1000):
        groups = weights.view(-1, k, len(POINTS)).logsumexp(1) - math.log(k)
        bounds.append((groups.mean(0), groups.std(0) / math.sqrt(len(groups))))
    for (low, low_error), (high, high_error) in itertools.pairwise(bounds):
        assert (high - low > -4 * (low_error + high_error)).all()
    (first, error), (last, _) = bounds[0], bounds[-1]
    assert (last > first + 0.1).all() and (last < exact + 0.02).all()
    elbo = -torch.stack([toy.loss(POINTS, small.generator(seed)).total for seed in range(2_000)]).double()
    assert ((elbo.mean(0) - first).abs() < 5 * (error + elbo.std(0) / math.sqrt(2_000))).all()


@torch.no_grad()
def test_one_importance_weight_is_that_of_the_loss_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vae, x = model(CONFIG), small.ink(5, CONFIG)
    one = vae.log_weights(x, 1, small.generator(4))
    torch.testing.assert_close(one[0], vae.loss(x, small.generator(4)).log_weight)
    together = vae.log_weights(x, 6, small.generator(5))
    monkeypatch.setattr("core.models.aevb.CHUNK", 10)
    torch.testing.assert_close(vae.log_weights(x, 6, small.generator(5)), together)
    monkeypatch.setattr("core.models.aevb.CHUNK", 3)  # fewer than there are pictures
    torch.testing.assert_close(vae.log_weights(x, 6, small.generator(5)), together)


def test_the_nats_of_the_latents_add_up_to_the_kl() -> None:
    vae, x = model(CONFIG), small.ink(4, CONFIG)
    with torch.no_grad():
        each = vae.kl_per_latent(x)
        torch.testing.assert_close(each.sum(1), vae.loss(x, small.generator()).kl)
        mean, log_sigma = vae.encode(x)
    expected = kl_divergence(Normal(mean, log_sigma.exp()), Normal(torch.zeros_like(mean), 1.0))
    torch.testing.assert_close(each, expected, rtol=1e-4, atol=1e-5)


def test_damage_flips_pixels_and_hides_a_rectangle_in_half_of_the_pictures() -> None:
    x = (torch.rand(2_000, 1, 12, 10, generator=small.generator(1)) < 0.5).float()
    seen = corrupted(x, 0.4, small.generator(2))
    hidden = seen == UNKNOWN
    some = hidden.flatten(1).any(1)
    assert float(some.float().mean()) == pytest.approx(0.5, abs=0.05)
    for one in hidden[some][:200, 0]:
        rows, columns = one.any(1).nonzero()[:, 0], one.any(0).nonzero()[:, 0]
        box = one[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert box.all(), "a rectangle"
        assert 3 <= box.shape[0] <= 12 and 2 <= box.shape[1] <= 10
    flipped = ((seen != x) & ~hidden).flatten(1).sum(1) / (~hidden).flatten(1).sum(1).clamp(min=1)
    whole = flipped[~some]
    assert float(whole.mean()) == pytest.approx(0.2, abs=0.02) and float(whole.max()) < 0.6
    assert torch.equal(seen, corrupted(x, 0.4, small.generator(2)))
    assert not torch.equal(seen, corrupted(x, 0.4, small.generator(3)))


def test_a_denoising_model_encodes_the_damaged_picture_and_is_judged_by_the_whole_one() -> None:
    damaging = replace(CONFIG, corruption=0.4)
    vae, x = model(damaging), small.ink(3, CONFIG)
    with torch.no_grad():
        noise = small.generator(6)
        seen = corrupted(x, 0.4, noise)
        mean, log_sigma = vae.encode(seen)
        z = mean + log_sigma.exp() * torch.randn(mean.shape, generator=noise)
        p, v = vae.decode(z).double().numpy(), x.double().numpy()
        terms = vae.loss(x, small.generator(6))
    np.testing.assert_allclose(
        terms.reconstruction, -(v * np.log(p) + (1 - v) * np.log(1 - p)).sum((1, 2, 3)), rtol=1e-5
    )
    kl = kl_divergence(Normal(mean, log_sigma.exp()), Normal(torch.zeros_like(mean), 1.0)).sum(1)
    torch.testing.assert_close(terms.kl, kl, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_importance_weights_of_a_denoising_model_are_of_codes_of_the_damaged_picture() -> None:
    vae, x = model(replace(CONFIG, corruption=0.4)), small.ink(3, CONFIG)
    torch.testing.assert_close(vae.log_weights(x, 1, small.generator(6))[0], vae.loss(x, small.generator(6)).log_weight)
    generator = small.generator(6)
    mean, log_sigma = vae.encode(corrupted(x, 0.4, generator))
    q = Normal(mean, log_sigma.exp())
    z = mean + log_sigma.exp() * torch.randn(5, *mean.shape, generator=generator)
    p = Bernoulli(logits=vae.logits(z.flatten(0, 1)).unflatten(0, (5, 3)))
    by_hand = p.log_prob(x.expand(5, *x.shape)).sum((2, 3, 4)) + (Normal(0, 1).log_prob(z) - q.log_prob(z)).sum(2)
    weights = vae.log_weights(x, 5, small.generator(6))
    torch.testing.assert_close(weights, by_hand, rtol=1e-4, atol=1e-4)
    whole = model(CONFIG).log_weights(x, 5, small.generator(6))
    assert not torch.allclose(weights, whole, atol=0.1), "the same network, shown the whole picture"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "share"), [("aevb-mnist-2d", 0.6), ("vae-mnist-20d", 0.5), ("vae-svhn", 0.75)])
def test_one_batch_is_learned_by_heart(name: str, share: float) -> None:
    # A value of 256 levels costs log 256 to begin with; how much of it can be saved is for the learned width to say.
    config = small.CONFIGS[name]
    larger = {"dropout": 0.0, "features": 8, "dense": 32} if hasattr(config, "dropout") else {}
    made = small.build(replace(config, **larger))
    before, after = small.overfit(made, small.pictures(4, config), steps=80, learning_rate=2e-2)
    assert after < share * before
