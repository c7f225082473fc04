"""DRAW's bound and importance weights against p(x) itself: a DRAW so small that sums over a fine grid are integrals.

Two strokes of one latent each on 2 × 2 pixels: log p(x) = log ∫∫ p(x | z1, z2) p(z1) p(z2) dz1 dz2, for which only the
decoder is asked, on a grid of both latents. The encoder, whose weights are tested, takes no part in it.
"""

import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal
from torch.nn.functional import binary_cross_entropy_with_logits

from core.models.configs import DrawConfig
from core.models.draw import Draw
from core.training.evaluation import nats_per_picture
from tests.core import small

CONFIG = DrawConfig(height=2, width=2, steps=2, hidden=6, latent=1, read_size=2, write_size=2)
REACH, POINTS = 7.0, 281
LINE = torch.linspace(-REACH, REACH, POINTS)
GRID = torch.cartesian_prod(LINE, LINE).T[..., None]
"""(2, POINTS², 1): every pair of latents, or of noise."""
LOG_MASS = (Normal(0.0, 1.0).log_prob(GRID[..., 0].double()) + math.log(2 * REACH / (POINTS - 1))).sum(0)
"""(POINTS²,): of a standard normal in the square round each of them."""
EVERY = torch.tensor(list(product((0.0, 1.0), repeat=4))).view(16, 1, 2, 2)


@pytest.fixture(scope="module", params=[True, False], ids=["attention", "whole"])
def draw(request: pytest.FixtureRequest) -> Draw:
    """One that has learned two pictures a little, so that strokes and picture depend on each other."""
    made: Draw = small.build(replace(CONFIG, attention=request.param))
    small.shake(made, 1.0)
    small.overfit(made, EVERY[[6, 9, 6, 9, 5, 10]], steps=60)
    return made.eval()


@torch.no_grad()
def log_evidence(draw: Draw, x: Tensor) -> float:
    """log p(x) of one picture (1, 2, 2), from the decoder and the prior alone."""
    *_, last = draw.turns(None, GRID)
    canvas = last.state.canvas
    nats = binary_cross_entropy_with_logits(canvas, x.expand_as(canvas), reduction="none").double().sum((1, 2, 3))
    return float((LOG_MASS - nats).logsumexp(0))


@torch.no_grad()
def exact_bound(draw: Draw, x: Tensor) -> float:
    """The ELBO in nats, its expectation over the noise as a sum."""
    total = draw.bound(x.expand(GRID.shape[1], -1, -1, -1), GRID).total.double()
    return float((LOG_MASS.exp() * total).sum())


@torch.no_grad()
def log_weights(draw: Draw, x: Tensor, count: int = 40_000) -> Tensor:
    return draw.loss(x.expand(count, -1, -1, -1), small.generator(3)).log_weight.double()


def test_the_probabilities_of_all_sixteen_pictures_sum_to_one(draw: Draw) -> None:
    assert sum(math.exp(log_evidence(draw, x)) for x in EVERY) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("picture", [0, 6, 13])
def test_the_mean_importance_weight_is_the_probability_of_the_picture(draw: Draw, picture: int) -> None:
    x = EVERY[picture]
    weights = (log_weights(draw, x) - log_evidence(draw, x)).exp()
    error = float(weights.std()) / math.sqrt(len(weights))
    assert error < 0.02, "few weights carry all, which would prove nothing"
    assert abs(float(weights.mean()) - 1) < 4 * error


@pytest.mark.parametrize("picture", [0, 6, 13])
def test_the_bound_lies_above_and_one_sample_has_it_in_the_mean(draw: Draw, picture: int) -> None:
    x = EVERY[picture]
    nats, bound = -log_evidence(draw, x), exact_bound(draw, x)
    terms = draw.loss(x.expand(40_000, -1, -1, -1), small.generator(3))
    for each in (terms.total.detach().double(), -log_weights(draw, x)):
        error = float(each.std()) / math.sqrt(len(each))
        assert abs(float(each.mean()) - bound) < 4 * error + 1e-5
        assert float(each.mean()) > nats + 4 * error, "above, by more than chance"


def test_weighing_more_samples_comes_down_to_the_probability_and_not_below(draw: Draw) -> None:
    x = EVERY[13]
    nats = -log_evidence(draw, x)
    found = [nats_per_picture(draw, x.expand(2000, -1, -1, -1), small.generator(5), k).double() for k in (1, 4, 64)]
    one, four, many = (float(each.mean()) for each in found)
    error = float(found[-1].std()) / math.sqrt(2000)
    assert one > four > many > nats - 4 * error
    assert many - nats < 0.1 * (one - nats)
