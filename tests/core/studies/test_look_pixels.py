"""What is shown of a multi-dimensional LSTM is what it computes: maps, what is heard, and errors on their way back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.configs import MDLSTMConfig
from core.models.mdlstm import MDLSTM, as_they_are
from core.results import CELLS
from core.studies import look_pixels
from tests.core import small

CONFIG = MDLSTMConfig(height=6, width=8, hidden=3, layers=2, block=2, between=4, features=5)
X = torch.rand(1, 1, 6, 8, dtype=torch.float64, generator=small.generator(3))


def model_of(config: MDLSTMConfig = CONFIG) -> MDLSTM:
    model: MDLSTM = small.build(config).double()
    small.shake(model)
    return model


def test_with_all_directions_on_the_map_ends_as_what_the_network_says() -> None:
    model = model_of()
    found = look_pixels.grown(model, X, [True] * 4)
    pixels, digits = (each.detach() for each in model(X))
    np.testing.assert_allclose(found.kinds[-1], pixels[0].softmax(0), atol=1e-6)
    np.testing.assert_allclose(found.digits[-1], digits[0].softmax(0), atol=1e-6)
    assert found.kinds.shape == (6, 3, 6, 8) and found.turns.shape == (4, 3, 4)
    assert found.turns[:, 0, 0].tolist() == [0, 3, 2, 5]  # a diagonal of blocks further away with each row and column


def test_a_direction_that_is_off_is_heard_on_no_level() -> None:
    """The same as a network whose scan of that direction has weights of zero, so that its states are."""
    model = model_of()
    found = look_pixels.grown(model, X, [True, False, True, True])
    with torch.no_grad():
        for layer in model.layers:
            for weights in (layer.input_to_state, layer.bias, layer.state_to_state):
                weights[1] = 0  # g = tanh(0) is 0, and so are memory and state
    np.testing.assert_allclose(found.kinds[-1], model(X).pixels[0].softmax(0).detach(), atol=1e-6)
    assert (found.turns[1] == -1).all() and (found.turns[0] >= 0).all()


def test_what_a_pixel_hears_is_the_slope_of_its_log_odds() -> None:
    model, (row, column) = model_of(), (2, 5)
    heard = look_pixels.heard(model, X, row, column)

    def odds() -> torch.Tensor:
        p = model(X).pixels[0, :, row, column].softmax(0)
        most = p[found]
        return (most / (1 - most)).log()

    found = int(model(X).pixels[0, :, row, column].argmax())
    for place in ((0, 0), (5, 7), (2, 5), (3, 1)):
        direction = torch.zeros_like(X)
        direction[0, 0, place[0], place[1]] = 1
        assert float(heard[place]) == pytest.approx(abs(small.slope(odds, X, direction)), rel=1e-4)


@pytest.mark.parametrize("direction", range(4))
def test_through_one_scan_a_pixel_hears_the_corner_where_it_began_and_its_own_block(direction: int) -> None:
    model = model_of()
    heard = look_pixels.heard(model, X, 2, 5, direction)
    rows = slice(0, 4) if direction in (0, 1) else slice(2, 6)
    columns = slice(0, 6) if direction in (0, 2) else slice(4, 8)
    expected = torch.zeros(6, 8, dtype=torch.bool)
    expected[rows, columns] = True
    assert torch.equal(heard > 0, expected)


def test_on_one_level_what_comes_from_the_corners_and_the_block_itself_is_all_that_is_heard() -> None:
    model = model_of(replace(CONFIG, layers=1))
    x = X.clone().requires_grad_()

    def signed(direction: int | None, own: bool) -> torch.Tensor:
        blocks = model.blocks(x)
        passed = as_they_are if direction is None else look_pixels.heard_by(direction)
        logits = model.judged(model.scans(blocks, passed), blocks if own else blocks.detach()).pixels[0, :, 2, 5]
        return torch.autograd.grad(logits[1], x)[0]

    corners = sum(signed(direction, False) for direction in range(4))
    itself = signed(0, True) - signed(0, False)
    torch.testing.assert_close(corners + itself, signed(None, True))


@pytest.mark.parametrize("direction", range(4))
def test_an_error_comes_back_from_two_successors_and_every_number_can_be_checked_by_hand(direction: int) -> None:
    back = look_pixels.backwards(2, 2, direction)
    height, width = CELLS
    down, along = (1 if direction in (0, 1) else -1), (1 if direction in (0, 2) else -1)
    np.testing.assert_allclose(back.total, back.own + back.right + back.below, atol=1e-7)
    assert back.own.sum() == back.own[2, 2] == 1
    for row, column in np.ndindex(height, width):
        reaches = (2 - row) * down >= 0 and (2 - column) * along >= 0
        assert bool(back.total[row, column] != 0) == reaches, "an error flows only where the cell has heard from"
        successor = column + along
        if not (reaches and 0 <= successor < width and (2 - successor) * along >= 0):
            assert back.right[row, column] == 0


@pytest.mark.parametrize("direction", range(4))
def test_the_derivatives_on_the_way_back_are_those_of_the_recurrence_in_numpy(direction: int) -> None:
    """The state of the cell in question, from the recurrence cell by cell, as one input moves a little."""
    row, column = 1, 3
    back = look_pixels.backwards(row, column, direction)
    height, width = CELLS
    drawn = look_pixels.drawn(1)
    w_x, w_left, w_above, bias = drawn.weights.numpy()

    def state_of(x: np.ndarray) -> float:
        rows = range(height) if direction in (0, 1) else range(height)[::-1]
        columns = range(width) if direction in (0, 2) else range(width)[::-1]
        states: dict[tuple[int, int], float] = {}
        memories: dict[tuple[int, int], float] = {}
        for r in rows:
            for c in columns:
                left, above = (r, c - columns.step), (r - rows.step, c)
                gates = x[r, c] * w_x + states.get(left, 0) * w_left + states.get(above, 0) * w_above + bias
                g, (o, i, f_r, f_c) = np.tanh(gates[0]), 1 / (1 + np.exp(-gates[1:]))
                memories[r, c] = g * i + memories.get(left, 0) * f_c + memories.get(above, 0) * f_r
                states[r, c] = np.tanh(memories[r, c] * o)
        return states[row, column]

    x = drawn.x.numpy()
    assert back.state[row, column] == pytest.approx(state_of(x), rel=1e-6)
    for place in np.ndindex(height, width):
        step = np.zeros_like(x)
        step[place] = 1e-6
        slope = (state_of(x + step) - state_of(x - step)) / 2e-6
        assert float(back.given[place]) == pytest.approx(slope, abs=1e-6)
