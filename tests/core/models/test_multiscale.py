"""Multi-Scale: an exact likelihood in an order of its own, and fine pixels that know the coarse ones on all sides."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.models.multiscale import MultiScale, MultiScaleConfig, coarse_to_fine
from core.models.raster import exact_loss
from tests.core import causality, small

CONFIG = MultiScaleConfig(
    height=4, width=4, coarsest=2, features=6, bottleneck=4, blocks=(1, 1), condition=3, position_bias=False
)
THREE = replace(CONFIG, height=8, width=8, blocks=(1, 1, 1), position_bias=True)
CONFIGS = pytest.mark.parametrize("config", [CONFIG, THREE], ids=["two scales", "three scales, position bias"])


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@CONFIGS
def test_no_pixel_sees_itself_or_what_comes_after_in_its_order_or_another_picture(
    config: MultiScaleConfig, trained: bool
) -> None:
    causality.assert_causal(causality.model_in_float64(config, trained))


def test_the_order_goes_scale_by_scale_each_in_raster_order_and_no_pixel_comes_twice() -> None:
    order = [tuple(place) for place in coarse_to_fine(replace(CONFIG, coarsest=1, blocks=(1, 1, 1))).tolist()]
    two = [(0, 2), (2, 0), (2, 2)]
    four = [place for place in np.ndindex(4, 4) if place[0] % 2 or place[1] % 2]
    assert order == [(0, 0), *two, *four]


def test_a_fine_pixel_sees_coarse_ones_below_and_to_the_right_of_it() -> None:
    own, _ = causality.influence(causality.model_in_float64(CONFIG), batch=6)
    order = [tuple(place) for place in coarse_to_fine(CONFIG).tolist()]
    sees = own[order.index((0, 1))]
    assert all(sees[order.index(place)] for place in ((0, 0), (0, 2), (2, 0), (2, 2)))
    assert not any(sees[order.index(place)] for place in ((1, 0), (3, 3)))


@CONFIGS
def test_the_logits_are_each_scale_s_at_the_pixels_that_are_new_to_it(config: MultiScaleConfig) -> None:
    model: MultiScale = causality.model_in_float64(config)
    x = small.ink(3, config).double()
    logits = model(x).detach()
    for row, column in np.ndindex(config.height, config.width):
        # The coarsest scale that has this pixel decides.
        index = next(i for i in range(len(model.scales)) if row % model.stride(i) == column % model.stride(i) == 0)
        step = model.stride(index)
        picture = x[..., ::step, ::step]
        condition = model.condition(index, x[..., :: 2 * step, :: 2 * step]) if index else None
        expected = model.scales[index](picture, condition)[..., row // step, column // step]
        torch.testing.assert_close(logits[..., row, column], expected)


def test_the_probabilities_of_all_pictures_that_share_a_coarse_one_sum_to_its_own() -> None:
    model: MultiScale = small.build(CONFIG)
    small.shake(model, 0.6)
    coarse = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
    pictures = torch.zeros(2**12, 1, 4, 4)
    pictures[..., ::2, ::2] = coarse
    rows, columns = model.order[4:].T
    pictures[:, 0, rows, columns] = torch.tensor(list(np.ndindex(*[2] * 12)), dtype=torch.float32)
    with torch.no_grad():
        p = (-model.loss(pictures, small.generator()).total.double()).exp()
        expected = (-exact_loss(model.scales[0](coarse), coarse).total.double()).exp()
    assert float(p.sum()) == pytest.approx(float(expected), rel=1e-4)
    assert float(p.max()) > 2 * float(expected) / len(p)


def test_probabilities_sum_to_one_over_all_2_by_2_pictures() -> None:
    small.assert_normalised(replace(CONFIG, height=2, width=2, coarsest=1))


@pytest.mark.parametrize("changes", [{"height": 8}, {"width": 8}, {"coarsest": 3}, {"blocks": (1, 1, 1)}], ids=str)
def test_scales_that_do_not_double_to_the_picture_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="doubled"):
        MultiScale(replace(CONFIG, **changes))


@pytest.mark.slow
def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, position_bias=True)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=150)
    assert after < 0.4 * before
