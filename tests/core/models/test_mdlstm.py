"""The multi-dimensional LSTM crosses a picture in each direction as a loop would, and hears what it may hear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.base import Generate, Reconstruct
from core.models.configs import MDLSTMConfig
from core.models.mdlstm import MDLSTM, MDLSTMLayer
from core.models.spatial_lstm import SpatialLSTMLayer
from core.results import DIGIT
from tests.core import small

CONFIG = MDLSTMConfig(height=5, width=6, hidden=3, layers=2, block=1, between=4, features=5)
CAUSAL = replace(CONFIG, causal=True)
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Whether a direction begins at the bottom, and whether at the right."""


def model_of(config: MDLSTMConfig) -> MDLSTM:
    model: MDLSTM = small.build(config).double()
    small.shake(model)
    return model


def crossed(layer: MDLSTMLayer, x: np.ndarray, direction: int) -> np.ndarray:
    """States (H, W, h) of one direction, cell by cell: x (D, H, W); its neighbours are those that it has been at."""
    w_x, bias, w_h = (
        each[direction].detach().numpy() for each in (layer.input_to_state, layer.bias, layer.state_to_state)
    )
    _, height, width = x.shape
    h = w_h.shape[1] // 2
    states: dict[tuple[int, int], np.ndarray] = {}
    memories: dict[tuple[int, int], np.ndarray] = {}
    bottom, right = CORNERS[direction]
    rows, columns = range(height)[:: -1 if bottom else 1], range(width)[:: -1 if right else 1]
    nothing = np.zeros(h)
    for row in rows:
        for column in columns:
            beside, behind = (row, column - columns.step), (row - rows.step, column)
            heard = np.concatenate([states.get(beside, nothing), states.get(behind, nothing)])
            affine = w_x @ x[:, row, column] + bias[:, 0] + w_h @ heard
            g, *others = np.split(affine, 5)
            o, i, f_r, f_c = (1 / (1 + np.exp(-other)) for other in others)
            memory = np.tanh(g) * i + memories.get(beside, nothing) * f_c + memories.get(behind, nothing) * f_r
            states[row, column], memories[row, column] = np.tanh(memory * o), memory
    return np.array([[states[row, column] for column in range(width)] for row in range(height)])


@pytest.mark.parametrize("direction", range(4), ids=["top left", "top right", "bottom left", "bottom right"])
@pytest.mark.parametrize(("height", "width"), [(4, 5), (1, 3), (3, 1)])
def test_each_direction_equals_a_loop_over_cells(direction: int, height: int, width: int) -> None:
    layer = MDLSTMLayer(4, 5, 2, 3, 4).double()  # a layer takes maps of other sizes, too
    small.shake(layer)
    x = torch.randn(2, height, width, 2, dtype=torch.float64, generator=small.generator(1))
    found = layer(x).detach()
    for n in range(2):
        expected = crossed(layer, x[..., n].numpy(), direction)
        np.testing.assert_allclose(found[direction, ..., n].permute(1, 2, 0), expected, rtol=1e-12)


def test_one_direction_is_the_layer_of_the_spatial_lstm_with_the_same_weights() -> None:
    spatial = SpatialLSTMLayer(4, 5, 7, 3).double()
    small.shake(spatial)
    layer = MDLSTMLayer(4, 5, 7, 3, 1).double()
    with torch.no_grad():
        layer.input_to_state.copy_(spatial.input_to_state.weight[None])
        layer.bias.copy_(spatial.input_to_state.bias[None, :, None])
        layer.state_to_state.copy_(spatial.state_to_state.weight[None])
    x = torch.randn(7, 4, 5, 2, dtype=torch.float64, generator=small.generator(2))
    expected, _ = spatial(x.flatten(1, 2).permute(1, 2, 0))
    torch.testing.assert_close(layer(x)[0].flatten(1, 2).permute(1, 2, 0), expected)


def heard(model: MDLSTM, row: int, column: int) -> Tensor:
    """Whether what is said of a pixel hangs on each pixel of a picture: (H, W) bool, from gradients."""
    x = torch.rand(1, 1, 5, 6, dtype=torch.float64, generator=small.generator(3)).requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).pixels[0, :, row, column].square().sum(), x)
    return gradient[0, 0] != 0


def test_from_one_direction_a_pixel_hears_all_that_is_above_or_to_the_left_and_nothing_else() -> None:
    model = model_of(CAUSAL)
    for row, column in np.ndindex(5, 6):
        expected = torch.zeros(5, 6, dtype=torch.bool)
        expected[: row + 1, : column + 1] = True
        assert torch.equal(heard(model, row, column), expected), (row, column)


def test_from_four_directions_every_pixel_hears_every_pixel() -> None:
    model = model_of(CONFIG)
    assert all(bool(heard(model, row, column).all()) for row, column in np.ndindex(5, 6))


def test_with_blocks_a_pixel_hears_no_block_below_or_to_the_right_of_its_own() -> None:
    model = model_of(replace(CAUSAL, block=2))
    for row, column in np.ndindex(5, 6):
        expected = torch.zeros(5, 6, dtype=torch.bool)
        expected[: 2 * (row // 2) + 2, : 2 * (column // 2) + 2] = True
        assert torch.equal(heard(model, row, column), expected), (row, column)


def test_gradients_of_the_loss_are_those_of_finite_differences() -> None:
    model, x = model_of(CONFIG), torch.rand(2, 1, 5, 6, dtype=torch.float64, generator=small.generator(4))
    labels, kinds = torch.tensor([3, 8]), torch.randint(3, (2, 5, 6), generator=small.generator(5))

    def nats() -> Tensor:
        return model.loss(x, small.generator(), labels, kinds).minimised.sum()

    nats().backward()
    for name, parameter in model.named_parameters():
        direction = torch.randn(parameter.shape, dtype=torch.float64, generator=small.generator(6))
        assert parameter.grad is not None
        expected = small.slope(nats, parameter, direction)
        assert float((parameter.grad * direction).sum()) == pytest.approx(expected, rel=1e-5, abs=1e-7), name


def test_what_is_minimised_is_the_nats_of_the_digit_and_of_the_mean_pixel() -> None:
    model, x = model_of(CONFIG), torch.rand(2, 1, 5, 6, dtype=torch.float64, generator=small.generator(4))
    labels, kinds = torch.tensor([3, 8]), torch.randint(3, (2, 5, 6), generator=small.generator(5))
    pixels, digits = (each.detach() for each in model(x))
    with torch.no_grad():
        terms = model.loss(x, small.generator(), labels, kinds)
    for n in range(2):
        digit = -digits[n].log_softmax(0)[labels[n]]
        each = [-pixels[n, :, r, c].log_softmax(0)[kinds[n, r, c]] for r, c in np.ndindex(5, 6)]
        assert float(terms.total[n]) == pytest.approx(float(digit))
        assert float(terms.minimised[n]) == pytest.approx(float(digit + CONFIG.pixel_weight * sum(each) / 30))


@pytest.mark.parametrize("block", [1, 2, 4])
def test_a_scene_of_any_size_has_a_map_of_its_size_and_one_more_block_of_paper_changes_only_the_far_corner(
    block: int,
) -> None:
    model = model_of(replace(CAUSAL, block=block))
    x = torch.rand(2, 1, 7, 9, dtype=torch.float64, generator=small.generator(7))
    pixels, digits = model(x)
    assert pixels.shape == (2, 3, 7, 9) and digits.shape == (2, 10)
    wider, _ = model(F.pad(x, (0, 8, 0, 8)))
    torch.testing.assert_close(wider[..., :7, :9], pixels)


@pytest.mark.parametrize("config", [CONFIG, CAUSAL, replace(CONFIG, block=2)], ids=["four", "one", "blocks"])
def test_the_map_grows_by_a_diagonal_of_each_scan_until_it_is_whole(config: MDLSTMConfig) -> None:
    model, x = model_of(config), torch.rand(2, 1, 5, 6, dtype=torch.float64, generator=small.generator(8))
    grown = list(model.growing(x))
    rows, columns = -(-5 // config.block), -(-6 // config.block)
    assert len(grown) == rows + columns - 1
    for found, expected in zip(grown[-1], model(x), strict=True):
        torch.testing.assert_close(found, expected)
    for t in range(1, len(grown)):
        changed = (grown[t].pixels != grown[t - 1].pixels).any(1)[0]
        for row, column in np.ndindex(5, 6):
            r, c = row // config.block, column // config.block
            ways = {r + c} if config.causal else {a + b for a in (r, rows - 1 - r) for b in (c, columns - 1 - c)}
            assert bool(changed[row, column]) == (t in ways)


def test_the_trace_shows_how_likely_each_pixel_is_the_digit_and_which_digit_it_is() -> None:
    model = small.build(CONFIG)
    x = torch.rand(2, 1, 5, 6, generator=small.generator(9))
    *_, last = model.steps(Reconstruct(x), small.generator())
    pixels, digits = model(x)
    np.testing.assert_allclose(last.image[:, 0], pixels.softmax(1)[:, DIGIT].detach(), rtol=1e-5)
    np.testing.assert_allclose(last.scalars["7_probability"], digits.softmax(1)[:, 7].detach(), rtol=1e-5)
    with pytest.raises(TypeError, match="cannot paint"):
        next(model.steps(Generate(1), small.generator()))


@pytest.mark.parametrize("ink", [0.0, 1.0], ids=["empty paper", "full of ink"])
def test_empty_paper_and_a_scene_full_of_ink_have_finite_numbers(ink: float) -> None:
    for config in (CONFIG, CAUSAL):
        pixels, digits = model_of(config)(torch.full((1, 1, 40, 40), ink, dtype=torch.float64))
        assert bool(pixels.isfinite().all()) and bool(digits.isfinite().all())


def test_one_direction_has_as_many_weights_as_four() -> None:
    from core.training.registry import REGISTRY

    four, one = (
        sum(p.numel() for p in REGISTRY[name].build().parameters())
        for name in ("mdlstm-cluttered", "mdlstm-cluttered-causal")
    )
    assert abs(four - one) < 0.01 * four
