"""The scan of a two-dimensional LSTM against a loop over cells, there and back."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.nn.lstm_scan import diagonal_order
from core.nn.spatial_scan import ordered, spatial_scan
from tests.core import small

Floats = NDArray[np.float64]
SIZES = pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 3), (1, 4), (4, 1), (1, 1)])
G, N, FEATURES = 2, 2, 3


def made(height: int, width: int, features: int = FEATURES) -> tuple[Tensor, Tensor]:
    """Inputs (G, 5h, P, N) in the order of the scan, and weights (G, 5h, 2h)."""
    noise = small.generator(3)
    shape = (G, 5 * features, height * width, N)
    inputs = torch.randn(shape, dtype=torch.float64, generator=noise)
    return inputs, torch.randn(G, 5 * features, 2 * features, dtype=torch.float64, generator=noise)


def gates_of(affine: Floats, h: int) -> list[Floats]:
    """g, o, i, f^r, f^c of numbers before their activation (5h,)."""
    g, *others = np.split(affine, 5)
    return [np.tanh(g), *(1 / (1 + np.exp(-other)) for other in others)]


def by_hand(inputs: Floats, weight: Floats, height: int, width: int) -> tuple[Floats, Floats, Floats]:
    """One picture in one direction, cell by cell: inputs (5h, P) -> states, memories and gates, (H, W, …)."""
    h = weight.shape[1] // 2
    states, memories = np.zeros((2, height + 1, width + 1, h))
    gates = np.zeros((height, width, 5, h))
    for place, raster in enumerate(diagonal_order(height, width)):
        row, column = divmod(raster, width)
        left, above = (row + 1, column), (row, column + 1)
        affine = inputs[:, place] + weight @ np.concatenate([states[left], states[above]])
        g, o, i, f_r, f_c = gates_of(affine, h)
        memory = g * i + memories[left] * f_c + memories[above] * f_r
        states[row + 1, column + 1], memories[row + 1, column + 1] = np.tanh(memory * o), memory
        gates[row, column] = g, o, i, f_r, f_c
    return states[1:, 1:], memories[1:, 1:], gates


@SIZES
def test_states_and_memories_equal_a_loop_over_cells(height: int, width: int) -> None:
    inputs, weight = made(height, width)
    states, memories = spatial_scan(inputs.clone(), weight, width)
    order = list(diagonal_order(height, width))
    for direction, n in np.ndindex(G, N):
        expected = by_hand(inputs[direction, :, :, n].numpy(), weight[direction].numpy(), height, width)
        for found, each in zip((states, memories), expected, strict=False):
            np.testing.assert_allclose(found[direction, :, :, n].T, each.reshape(height * width, -1)[order], rtol=1e-12)


@SIZES
def test_its_gradient_is_that_of_finite_differences(height: int, width: int) -> None:
    inputs, weight = (each.requires_grad_() for each in made(height, width, 2))
    assert torch.autograd.gradcheck(lambda x, w: spatial_scan(x.clone(), w, width), (inputs, weight))


def test_the_error_of_a_cell_is_its_own_and_that_of_its_two_successors() -> None:
    """Graves et al. 2007, section 2.1, for an output of tanh(c ⊙ o): backwards through the cells, one by one.

    ε, the error of a cell's state, is what comes from the output and, through the weights, the δ of the gates of the
    two successors; that of its memory is its own and, through their forget gates, that of theirs.
    """
    height, width, h = 3, 4, FEATURES
    inputs, weight = made(height, width)
    inputs.requires_grad_()
    states, _ = spatial_scan(inputs.clone(), weight, width)
    error = torch.randn(states.shape, dtype=torch.float64, generator=small.generator(4))
    states.backward(error)
    assert inputs.grad is not None
    w, order = weight[0].numpy(), list(diagonal_order(height, width))
    own = np.zeros((height * width, h))
    own[order] = error[0, :, :, 0].T.numpy()
    own = own.reshape(height, width, h)
    state, memory, gates = by_hand(inputs[0, :, :, 0].detach().numpy(), w, height, width)
    delta, epsilon_c = np.zeros((height + 1, width + 1, 5 * h)), np.zeros((height + 1, width + 1, h))
    forget = np.zeros((2, height + 1, width + 1, h))
    forget[:, :height, :width] = np.moveaxis(gates[:, :, 3:], 2, 0)
    before = np.pad(memory, ((1, 0), (1, 0), (0, 0)))
    for row, column in sorted(np.ndindex(height, width), key=sum, reverse=True):
        right, below = (row, column + 1), (row + 1, column)
        epsilon = own[row, column] + w[:, :h].T @ delta[right] + w[:, h:].T @ delta[below]
        g, o, i, f_r, f_c = gates[row, column]
        inner = epsilon * (1 - state[row, column] ** 2)
        c = inner * o + forget[1][right] * epsilon_c[right] + forget[0][below] * epsilon_c[below]
        epsilon_c[row, column] = c
        through = (c * i * (1 - g**2), inner * memory[row, column] * o * (1 - o), c * g * i * (1 - i))
        kept = (c * before[row, column + 1] * f_r * (1 - f_r), c * before[row + 1, column] * f_c * (1 - f_c))
        delta[row, column] = np.concatenate([*through, *kept])
    expected = delta[:height, :width].reshape(height * width, -1)[order]
    np.testing.assert_allclose(inputs.grad[0, :, :, 0].T, expected, rtol=1e-9)


def test_an_order_and_its_way_back_change_nothing_and_neither_does_their_gradient() -> None:
    x = torch.randn(G, 2, 5, N, generator=small.generator(5)).requires_grad_()
    order = torch.stack([torch.randperm(5, generator=small.generator(seed)) for seed in range(G)])
    found: Any = ordered(x, order, order.argsort(1))
    assert not torch.equal(found, x) and torch.equal(found[1, :, 2], x[1, :, order[1, 2]])
    assert torch.equal(ordered(found, order.argsort(1), order), x)
    (found * found.detach()).sum().backward()
    assert torch.equal(x.grad, x)
