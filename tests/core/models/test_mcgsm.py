"""The MCGSM's logit is that of the mixture's mass above zero, and the neighbourhood holds the past alone."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.mcgsm import MCGSM, MCGSMConfig, MCGSMHead, neighbourhood
from tests.core import causality, small

H, W = 5, 6
CONFIG = MCGSMConfig(height=H, width=W, reach=2, components=3, scales=2, features=4)


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@pytest.mark.parametrize("reach", [1, 2, 7])
def test_no_pixel_sees_itself_or_what_comes_after_or_another_picture(reach: int, trained: bool) -> None:
    causality.assert_causal(causality.model_in_float64(replace(CONFIG, reach=reach), trained))


@pytest.mark.parametrize("reach", [1, 2, 7])
def test_it_sees_its_neighbourhood_and_no_more(reach: int) -> None:
    found = causality.field(causality.model_in_float64(replace(CONFIG, reach=reach)))
    past = causality.earlier(H, W)
    for row, column, y, x in np.ndindex(H, W, H, W):
        near = row - y <= reach and abs(column - x) <= reach
        assert found[row, column, y, x] == (past[row, column, y, x] and near)


@pytest.mark.parametrize("reach", [1, 3])
def test_the_neighbourhood_is_the_past_in_raster_order_and_a_one(reach: int) -> None:
    x = small.ink(2, CONFIG)
    found = neighbourhood(x, reach)
    assert found.shape == (2, H, W, 2 * reach * (reach + 1) + 1)
    for b, row, column in np.ndindex(2, H, W):
        expected = []
        for dy in range(-reach, 1):
            for dx in range(-reach, reach + 1 if dy else 0):
                inside = 0 <= row + dy < H and 0 <= column + dx < W
                expected.append(2 * float(x[b, 0, row + dy, column + dx]) - 1 if inside else 0.0)
        assert found[b, row, column].tolist() == [*expected, 1.0]


def logit_by_hand(head: MCGSMHead, y: np.ndarray) -> float:
    """Sums over components and scales as the papers write them; the cut between ink and paper lies at 0."""
    w = {name: value.detach().numpy() for name, value in head.named_parameters()}
    weights, ink, paper = 0.0, 0.0, 0.0
    for c, s in np.ndindex(*w["eta"].shape):
        kernel = sum(w["beta"][c, n] ** 2 * np.outer(b, b) for n, b in enumerate(w["features.weight"]))
        weight = math.exp(w["eta"][c, s] - 0.5 * math.exp(w["alpha"][c, s]) * float(y @ kernel @ y))
        mean, sigma = float(w["means.weight"][c] @ y), math.exp(-0.5 * w["alpha"][c, s])
        weights += weight
        ink += weight * 0.5 * (1 + math.erf(mean / (sigma * math.sqrt(2))))
        paper += weight * 0.5 * (1 - math.erf(mean / (sigma * math.sqrt(2))))
    assert ink / weights + paper / weights == pytest.approx(1)
    return math.log(ink / paper)


def test_the_logit_equals_the_error_functions_of_a_loop_over_components_and_scales() -> None:
    model: MCGSM = causality.model_in_float64(CONFIG)
    x = small.ink(2, CONFIG).double()
    logits, y = model(x).detach(), neighbourhood(x, CONFIG.reach).numpy()
    assert logits.shape == (2, 1, 1, H, W)
    for b, row, column in np.ndindex(2, H, W):
        expected = logit_by_hand(model.head, y[b, row, column])
        assert float(logits[b, 0, 0, row, column]) == pytest.approx(expected, rel=1e-9)


def test_far_from_the_cut_the_logit_stays_finite_and_keeps_its_gradient() -> None:
    head = MCGSMHead(3, 2, 2, 2)
    y = torch.tensor([[300.0, -200.0, 1.0], [-300.0, 200.0, 1.0]], requires_grad=True)
    logits = head(y)
    logits.sum().backward()
    assert y.grad is not None
    assert logits.isfinite().all() and y.grad.isfinite().all() and y.grad.any(1).all()


def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid() -> None:
    small.assert_normalised(replace(CONFIG, height=2, width=3))


@pytest.mark.slow
def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, reach=3, components=8, features=16)
    before, after = small.overfit(small.build(config), small.ink(2, config), steps=200, learning_rate=3e-2)
    assert after < 0.5 * before
