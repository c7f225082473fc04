"""The Spatial LSTM computes the paper's equations and sees what lies above and to the left of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.models.mcgsm import neighbourhood
from core.models.spatial_lstm import SpatialLSTM, SpatialLSTMConfig, SpatialLSTMLayer
from tests.core import causality, small
from tests.core.models.test_mcgsm import logit_by_hand

H, W = 5, 6
CONFIG = SpatialLSTMConfig(height=H, width=W, reach=1, hidden=3, components=2, scales=2, features=3)
Map = NDArray[np.float64]


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@pytest.mark.parametrize("reach", [1, 2])
def test_no_pixel_sees_itself_or_what_comes_after_or_another_picture(reach: int, trained: bool) -> None:
    causality.assert_causal(causality.model_in_float64(replace(CONFIG, reach=reach), trained))


@pytest.mark.parametrize("reach", [1, 2])
def test_it_sees_all_that_lies_to_the_left_and_above_and_no_further_to_the_right_than_its_neighbourhood(
    reach: int,
) -> None:
    found = causality.field(causality.model_in_float64(replace(CONFIG, reach=reach)))
    past = causality.earlier(H, W)
    for row, column, y, x in np.ndindex(H, W, H, W):
        assert found[row, column, y, x] == (past[row, column, y, x] and x <= column + reach), (row, column, y, x)


def states_by_hand(layer: SpatialLSTMLayer, x: Map) -> tuple[Map, Map]:
    """The multi-dimensional LSTM pixel by pixel: neighbourhoods (H, W, D) to states and memories (H, W, h)."""
    w = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    height, width = x.shape[:2]
    h = w["state_to_state.weight"].shape[1] // 2
    states, memories = np.zeros((2, height + 1, width + 1, h))  # with a margin of zeros above and to the left
    for row, column in np.ndindex(height, width):
        left, above = (row + 1, column), (row, column + 1)
        heard = np.concatenate([states[left], states[above]])
        affine = w["input_to_state.weight"] @ x[row, column] + w["input_to_state.bias"]
        affine += w["state_to_state.weight"] @ heard
        g, *gates = np.split(affine, 5)
        o, i, f_r, f_c = (1 / (1 + np.exp(-gate)) for gate in gates)
        memory = np.tanh(g) * i + memories[left] * f_c + memories[above] * f_r
        states[row + 1, column + 1], memories[row + 1, column + 1] = np.tanh(memory * o), memory
    return states[1:, 1:], memories[1:, 1:]


@pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 3), (1, 4), (4, 1), (1, 1)])
def test_the_layer_equals_a_loop_over_pixels(height: int, width: int) -> None:
    layer = SpatialLSTMLayer(height, width, 5, 3).double()
    small.shake(layer)
    x = torch.randn(2, height, width, 5, dtype=torch.float64, generator=small.generator(1))
    states, memories = layer(x.flatten(1, 2).transpose(0, 1))
    for n in range(2):
        for found, expected in zip((states, memories), states_by_hand(layer, x[n].numpy()), strict=True):
            np.testing.assert_allclose(found[:, n].detach().unflatten(0, (height, width)), expected, rtol=1e-12)


def test_its_logit_is_what_the_mcgsm_says_of_the_state_and_a_constant() -> None:
    model: SpatialLSTM = causality.model_in_float64(CONFIG)
    x = small.ink(2, CONFIG).double()
    logits = model(x).detach()
    assert logits.shape == (2, 1, 1, H, W)
    for n in range(2):
        states, _ = states_by_hand(model.layers[0], neighbourhood(x, CONFIG.reach)[n].numpy())
        states, _ = states_by_hand(model.layers[1], states)
        for row, column in np.ndindex(H, W):
            expected = logit_by_hand(model.head, np.append(states[row, column], 1.0))
            assert float(logits[n, 0, 0, row, column]) == pytest.approx(expected, rel=1e-9)


def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid() -> None:
    small.assert_normalised(replace(CONFIG, height=2, width=3))


@pytest.mark.slow
def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, reach=2, hidden=12, components=4)
    before, after = small.overfit(small.build(config), small.ink(2, config), steps=150, learning_rate=3e-2)
    assert after < 0.5 * before
