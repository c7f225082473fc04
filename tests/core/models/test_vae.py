import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Normal

from core.models.base import Complete, Generate, Reconstruct
from core.models.vae import VAE, VAEConfig, dropout
from core.nn import noise
from tests.core import small

CONFIG = VAEConfig(height=8, width=12, features=4, latent=3, dense=8)
ONE_LATENT = replace(CONFIG, height=8, width=8, latent=1, dropout=0.0)


def model(config: VAEConfig) -> VAE:
    made: VAE = small.build(config)
    small.shake(made, 0.2)
    return made


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 28, 28), (3, 8, 12), (1, 16, 8)])
def test_codes_and_pictures_have_the_configured_shapes(channels: int, height: int, width: int) -> None:
    config = replace(CONFIG, channels=channels, height=height, width=width)
    vae, x = model(config), small.ink(2, config)
    mean, log_sigma = vae.encode(x)
    assert mean.shape == log_sigma.shape == (2, config.latent)
    assert vae.logits(mean).shape == vae.decode(mean).shape == x.shape
    terms = vae.loss(x, small.generator())
    assert terms.total.shape == terms.reconstruction.shape == terms.kl.shape == terms.log_ratio.shape == (2,)


@pytest.mark.parametrize(("height", "width"), [(28, 30), (27, 28), (6, 8)])
def test_sizes_that_cannot_be_halved_twice_are_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        VAE(replace(CONFIG, height=height, width=width))


def test_dropout_acts_in_training_only_and_is_a_function_of_the_generator() -> None:
    vae, x = model(CONFIG), small.ink(4, CONFIG)

    def losses(training: bool, seed: int = 5) -> Tensor:
        with torch.no_grad():
            return vae.train(training).loss(x, small.generator(seed)).total

    without = VAE(replace(CONFIG, dropout=0.0))
    without.load_state_dict(vae.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(losses(False), without.train().loss(x, small.generator(5)).total)
    assert not torch.allclose(losses(True), losses(False))
    torch.manual_seed(1)
    first = losses(True)
    torch.manual_seed(2)  # the global generator plays no part
    assert torch.equal(first, losses(True)) and not torch.equal(first, losses(True, seed=6))


def test_dropout_drops_a_fraction_and_keeps_the_mean() -> None:
    x = torch.full((200, 100), 3.0)
    y = dropout(x, 0.2, small.generator())
    assert set(y.unique().tolist()) == {0.0, 3.75}
    assert float((y == 0).float().mean()) == pytest.approx(0.2, abs=0.02)
    assert dropout(x, 0.2, None) is x


def test_painting_is_free_of_dropout_even_in_training_mode() -> None:
    vae, request = model(CONFIG), Reconstruct(small.ink(2, CONFIG))
    (calm,), (training,) = (list(vae.train(mode).steps(request, small.generator())) for mode in (False, True))
    np.testing.assert_array_equal(calm.image, training.image)


class Quadrature:
    """One picture under a VAE of one latent, with every integral over z as a sum over a fine grid."""

    def __init__(self, vae: VAE, x: Tensor) -> None:
        z = torch.linspace(-12, 12, 6001)[:, None]
        logits = torch.cat([vae.logits(part) for part in z.split(1000)])
        nats = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
        self.log_likelihood = -nats.double().sum((1, 2, 3))
        self.log_prior = Normal(0.0, 1.0).log_prob(z[:, 0].double())
        mean, log_sigma = (value.double() for value in vae.encode(x))
        self.log_q = Normal(mean[0], log_sigma[0].exp()).log_prob(z[:, 0].double())
        self.log_step = math.log(24 / 6000)

    @property
    def log_evidence(self) -> float:
        return float((self.log_likelihood + self.log_prior + self.log_step).logsumexp(0))

    @property
    def elbo(self) -> float:
        weights = (self.log_q + self.log_step).exp()
        return float((weights * (self.log_likelihood + self.log_prior - self.log_q)).sum())


def test_minus_the_loss_is_in_the_mean_the_elbo_and_so_below_log_p() -> None:
    vae = small.build(ONE_LATENT)
    x = small.ink(1, ONE_LATENT)
    small.overfit(vae, torch.cat([x, 1 - x]), steps=30)  # so that code and picture depend on each other
    with torch.no_grad():
        exact = Quadrature(vae, x)
        terms = vae.loss(x.expand(4000, -1, -1, -1), small.generator(3))
    bound = -terms.total.double()
    error = float(bound.std()) / math.sqrt(len(bound))
    assert abs(float(bound.mean()) - exact.elbo) < 5 * error + 1e-4  # float32 rounds sums of 44 nats
    assert exact.elbo < exact.log_evidence - 5 * error
    assert float(bound.mean()) < exact.log_evidence
    # The mean importance weight is p(x) itself, without bias.
    weights = (terms.log_weight.double() - exact.log_evidence).exp()
    assert abs(float(weights.mean()) - 1) < 5 * float(weights.std()) / math.sqrt(len(weights))


def test_a_reconstruction_is_the_decoded_mean_and_reports_the_kl_of_the_loss() -> None:
    vae, x = model(CONFIG), small.ink(3, CONFIG)
    (step,) = vae.steps(Reconstruct(x), small.generator())
    with torch.no_grad():
        mean, _ = vae.encode(x)
        np.testing.assert_array_equal(step.image, vae.decode(mean))
        np.testing.assert_allclose(step.scalars["kl"], vae.loss(x, small.generator()).kl, rtol=1e-6)


def test_a_generated_picture_is_a_decoded_draw_from_the_prior_scaled_by_the_temperature() -> None:
    vae = model(CONFIG)
    z = noise.normal(4, 3, generator=small.generator(9))
    for temperature in (1.0, 0.5, 0.0):
        (step,) = vae.steps(Generate(4, temperature), small.generator(9))
        with torch.no_grad():
            np.testing.assert_array_equal(step.image, vae.decode(temperature * z))


def test_a_walk_begins_and_ends_at_the_decoded_codes_of_its_ends() -> None:
    vae, x = model(CONFIG), small.ink(2, CONFIG)
    with torch.no_grad():
        start, end = vae.encode(x)[0].split(1)
        path = torch.stack([torch.lerp(start, end, t) for t in torch.linspace(0, 1, 5)])
        steps = list(vae.walk(path))
        assert len(steps) == 5
        for step, z in zip(steps, path, strict=True):
            np.testing.assert_array_equal(step.image, vae.decode(z))
        np.testing.assert_array_equal(steps[0].image, vae.decode(start))
        np.testing.assert_array_equal(steps[-1].image, vae.decode(end))
    assert not np.allclose(steps[0].image, steps[-1].image)


def test_completing_is_refused() -> None:
    vae, x = model(CONFIG), small.ink(1, CONFIG)
    with pytest.raises(TypeError, match="pixel models"):
        next(vae.steps(Complete(x, x[:, 0] > 0), small.generator()))


@pytest.mark.slow
@pytest.mark.parametrize(("likelihood", "share"), [("bernoulli", 0.4), ("squared", 0.65)])
def test_one_batch_is_learned_by_heart(likelihood: Literal["bernoulli", "squared"], share: float) -> None:
    # A squared error of 23 to begin with is worth few nats, and so leaves less to gain by a costly code.
    config = replace(CONFIG, features=16, dense=32, dropout=0.0, likelihood=likelihood)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=100, learning_rate=2e-2)
    assert after < share * before
