"""PixelCNN's masks let through what they should, and its probabilities are probabilities."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from tests.core import causality, small

H, W = 5, 6
CONFIG = PixelCNNConfig(height=H, width=W, features=8, bottleneck=6, blocks=1, first_size=3)
COLOUR = replace(CONFIG, height=3, width=4, channels=3, levels=3, features=9, bottleneck=6)
BINARY = {
    "plain": CONFIG,
    "position bias": replace(CONFIG, position_bias=True),
    "wider": replace(CONFIG, first_size=5, blocks=2),
}
COLOURS = {
    "colour": COLOUR,
    "colour with position bias": replace(COLOUR, position_bias=True),
    "colour without blocks": replace(COLOUR, blocks=0, first_size=5),
    "three binary channels": replace(COLOUR, levels=2),
}
TRAINED = pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])


def predicted_field(config: PixelCNNConfig) -> causality.Matrix:
    """From each output, walk the live taps of all masks down to the pixels."""
    field = np.zeros((H, W, H, W), bool)
    for row, column in np.ndindex(H, W):
        reached = {(row, column)}
        for _ in range(config.blocks):
            reached = causality.convolved(reached, config.block_size, True, H, W)
        for y, x in causality.convolved(reached, config.first_size, False, H, W):
            field[row, column, y, x] = True
    return field


@TRAINED
@pytest.mark.parametrize("config", (BINARY | COLOURS).values(), ids=(BINARY | COLOURS).keys())
def test_no_value_sees_itself_or_what_comes_after_or_another_picture(config: PixelCNNConfig, trained: bool) -> None:
    causality.assert_causal(causality.model_in_float64(config, trained))


@TRAINED
@pytest.mark.parametrize("config", BINARY.values(), ids=BINARY.keys())
def test_the_receptive_field_is_exactly_the_one_of_the_masks(config: PixelCNNConfig, trained: bool) -> None:
    field = causality.field(causality.model_in_float64(config, trained))
    np.testing.assert_array_equal(field, predicted_field(config))


@TRAINED
@pytest.mark.parametrize("config", COLOURS.values(), ids=COLOURS.keys())
def test_green_sees_the_red_of_its_pixel_and_blue_both_and_all_colours_of_the_pixels_before(
    config: PixelCNNConfig, trained: bool
) -> None:
    own, _ = causality.influence(causality.model_in_float64(config, trained), batch=6)
    pixels = own.reshape(12, 3, 12, 3)  # pixel and colour, seen pixel and colour
    for pixel in range(12):
        np.testing.assert_array_equal(pixels[pixel, :, pixel], [[0, 0, 0], [1, 0, 0], [1, 1, 0]])
    assert pixels[1, :, 0].all() and pixels[5, :, :2].all()  # the one to the left; the two straight above


def test_an_outer_mask_of_the_wrong_kind_would_be_caught() -> None:
    model = causality.model_in_float64(CONFIG)
    model.first.mask[:, :, -1, CONFIG.first_size // 2] = 1  # B where A belongs
    with pytest.raises(AssertionError):
        causality.assert_causal(model)


def test_the_blind_spot_lies_to_the_right_above() -> None:
    field = causality.field(causality.model_in_float64(CONFIG))
    seen = field[3, 1]
    assert (causality.earlier(H, W)[3, 1] & ~seen).any()
    # Every step to the right costs a row: with two layers, one column at one row above, two columns at two rows.
    assert seen[2].tolist() == [True, True, True, False, False, False]
    assert seen[1].tolist() == [True, True, True, True, False, False]
    assert not seen[0].any() and seen[3].tolist() == [True] + [False] * 5


def test_no_depth_fills_the_blind_spot() -> None:
    field = causality.field(causality.model_in_float64(replace(CONFIG, blocks=6)))
    assert field[3, 1, 2].tolist() == [True, True, True, False, False, False]
    assert field[3, 4].sum() == 3 * W + 4  # far from the right border all the past is seen, so depth is not what lacks


@pytest.mark.parametrize("position_bias", [False, True])
def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid(position_bias: bool) -> None:
    small.assert_normalised(replace(CONFIG, height=2, width=3, position_bias=position_bias))


@pytest.mark.parametrize("levels", [2, 3])
def test_probabilities_sum_to_one_over_all_pictures_of_two_colour_pixels(levels: int) -> None:
    small.assert_normalised(replace(COLOUR, height=1, width=2, levels=levels))


def test_the_likelihood_is_exact_so_nothing_is_paid_for_latents() -> None:
    model, x = small.build(CONFIG), small.ink(3, CONFIG)
    terms = model.loss(x, small.generator())
    assert not terms.kl.any() and not terms.log_ratio.any()
    torch.testing.assert_close(terms.log_weight, -terms.total)
    probability = model(x)[:, :, 0].sigmoid().detach().double().numpy()
    v = x.numpy()
    expected = -np.log(np.where(v == 1, probability, 1 - probability)).sum((1, 2, 3))
    np.testing.assert_allclose(terms.total.detach(), expected, rtol=1e-5)


def test_the_likelihood_of_colour_is_that_of_the_level_of_every_channel() -> None:
    model, x = small.build(COLOUR), small.pictures(2, COLOUR)
    small.shake(model)
    logits = model(x).detach().double().numpy()  # (b, C, K, H, W)
    expected = np.zeros(2)
    for b, c, row, column in np.ndindex(2, 3, 3, 4):
        scores = logits[b, c, :, row, column]
        level = round(float(x[b, c, row, column]) * 2)
        expected[b] -= np.log(np.exp(scores[level]) / np.exp(scores).sum())
    np.testing.assert_allclose(model.loss(x, small.generator()).total.detach(), expected, rtol=1e-5)


def test_a_condition_is_heard_at_every_pixel_and_leaves_causality_alone() -> None:
    model = causality.model_in_float64(replace(CONFIG, condition=2))
    x = torch.randn(4, 1, H, W, generator=small.generator(1), dtype=torch.float64)
    condition = torch.randn(4, 2, H, W, generator=small.generator(2), dtype=torch.float64)

    def logits(x: Tensor, condition: Tensor) -> Tensor:
        by_pixel: Tensor = model(x, condition).sum(0).flatten()
        return by_pixel

    by_pixels, by_condition = torch.autograd.functional.jacobian(logits, (x, condition))
    assert not by_pixels.ne(0).any(1).flatten(1).triu().any()
    own = by_condition.ne(0).any(2).any(1).flatten(1).diagonal()
    assert own.all()


@pytest.mark.parametrize("features", [{"features": 8}, {"bottleneck": 4}], ids=str)
def test_features_that_do_not_divide_into_three_colours_are_refused(features: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="multiples of 3"):
        PixelCNN(replace(COLOUR, **features))


@pytest.mark.slow
def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, position_bias=True)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=200)
    assert after < 0.15 * before
