"""Muon's update is the orthogonal matrix nearest to the momentum, whatever the shape of the parameter."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.training.muon import COEFFICIENTS, Muon, as_matrices, orthogonalised
from tests.core.small import generator

SHAPES = pytest.mark.parametrize("shape", [(6, 6), (5, 9), (9, 5), (1, 4), (4, 1), (3, 4, 7), (3, 7, 4)], ids=str)
Matrix = NDArray[np.float64]


def stack(shape: tuple[int, ...], seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=generator(seed))


@SHAPES
def test_all_singular_values_come_near_one(shape: tuple[int, ...]) -> None:
    for seed in range(20):
        values = np.linalg.svd(orthogonalised(stack(shape, seed)).numpy(), compute_uv=False)
        assert values.min() > 0.3 and values.max() < 1.25
    spread = np.linalg.svd(stack(shape).numpy(), compute_uv=False)
    assert min(shape[-2:]) == 1 or spread.max() > 1.5 * spread.min()  # which they were not before


def test_singular_values_from_a_thirtieth_on_end_between_two_thirds_and_five_quarters() -> None:
    # The iteration divides by the root of the sum of squares first: what counts is a value's share of it.
    q, _ = np.linalg.qr(stack((40, 40)).numpy())
    values = np.geomspace(1, 1 / 20, 40)
    found = np.linalg.svd(orthogonalised(torch.from_numpy(q * values)).numpy(), compute_uv=False)
    assert 0.67 < found.min() and found.max() < 1.25


@SHAPES
def test_row_and_column_space_and_the_singular_vectors_stay(shape: tuple[int, ...]) -> None:
    x = stack(shape)
    u, _, v = np.linalg.svd(x.numpy(), full_matrices=False)
    inner = np.swapaxes(u, -1, -2) @ orthogonalised(x).numpy() @ np.swapaxes(v, -1, -2)
    diagonal = np.diagonal(inner, axis1=-2, axis2=-1)
    assert (diagonal > 0).all()  # the signs stay, too
    np.testing.assert_allclose(inner, diagonal[..., None] * np.eye(inner.shape[-1]), atol=1e-9)
    np.testing.assert_allclose(u @ inner @ v, orthogonalised(x).numpy(), atol=1e-9)  # nothing lies outside


def test_the_size_of_the_gradient_does_not_matter_and_a_zero_stays_zero() -> None:
    x = stack((4, 6))
    torch.testing.assert_close(orthogonalised(1e6 * x), orthogonalised(x), rtol=1e-5, atol=1e-6)
    assert not orthogonalised(torch.zeros(3, 4)).any()


def test_the_matrices_of_a_stack_do_not_hear_each_other() -> None:
    x = stack((3, 4, 7))
    for whole, alone in zip(orthogonalised(x), x, strict=True):
        torch.testing.assert_close(whole, orthogonalised(alone))


def test_a_kernel_acts_as_the_matrix_of_its_outputs() -> None:
    kernel = stack((4, 3, 2, 5))
    assert as_matrices(kernel).shape == (4, 30)
    assert torch.equal(as_matrices(kernel)[1], kernel[1].flatten())
    assert as_matrices(stack((4, 3))).shape == (4, 3) and as_matrices(stack((2, 4, 3))).shape == (2, 4, 3)


def newton_schulz(x: Matrix) -> Matrix:
    """Five rounds of the quintic on the singular values alone, by NumPy."""
    u, values, v = np.linalg.svd(x, full_matrices=False)
    a, b, c = COEFFICIENTS
    values = values / np.sqrt((values**2).sum())
    for _ in range(5):
        values = a * values + b * values**3 + c * values**5
    return np.asarray(u @ np.diag(values) @ v)


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (2, 3, 5), (4, 3, 2, 5)], ids=str)
def test_three_steps_are_those_of_nesterov_momentum_by_hand(shape: tuple[int, ...]) -> None:
    parameter = stack(shape).requires_grad_()
    optimizer = Muon([parameter], lr=0.02, momentum=0.9)
    expected, momentum = parameter.detach().numpy().copy(), np.zeros(shape)
    for step in range(3):
        gradient = stack(shape, seed=step + 1)
        parameter.grad = gradient.clone()
        optimizer.step()
        momentum = 0.9 * momentum + 0.1 * gradient.numpy()
        ahead = 0.1 * gradient.numpy() + 0.9 * momentum
        matrices = ahead.reshape(-1, *ahead.shape[-2:]) if len(shape) == 3 else ahead.reshape(1, len(ahead), -1)
        update = np.stack([newton_schulz(matrix) for matrix in matrices]).reshape(shape)
        expected = expected - 0.02 * 0.2 * math.sqrt(max(matrices.shape[1:])) * update
        np.testing.assert_allclose(parameter.detach(), expected, rtol=1e-6, atol=1e-8)
        assert torch.equal(parameter.grad, gradient)  # clipping and logging may look at it afterwards


def test_a_weight_moves_by_about_a_fifth_of_the_rate_as_with_adam() -> None:
    parameter = torch.zeros(64, 48, requires_grad=True)
    parameter.grad = torch.randn(64, 48, generator=generator())
    Muon([parameter], lr=0.01).step()
    assert float(parameter.detach().square().mean().sqrt()) == pytest.approx(0.002, rel=0.15)


def test_parameters_without_a_gradient_stay() -> None:
    parameter = torch.ones(3, 3, requires_grad=True)
    optimizer = Muon([parameter], lr=1.0)
    optimizer.step()
    assert torch.equal(parameter, torch.ones(3, 3)) and not optimizer.state


def test_decay_shrinks_the_weights_by_a_part_of_the_learning_rate_before_each_update() -> None:
    start, gradient = stack((5, 9)), stack((5, 9), 1)
    plain, decayed = (torch.nn.Parameter(start.clone()) for _ in range(2))
    for parameter, decay in ((plain, 0.0), (decayed, 0.3)):
        parameter.grad = gradient.clone()
        Muon([parameter], lr=0.1, weight_decay=decay).step()
    torch.testing.assert_close(decayed.detach(), plain.detach() - 0.1 * 0.3 * start)


def test_in_bfloat16_the_singular_values_are_as_near_to_one_and_the_result_keeps_its_precision() -> None:
    x = torch.randn(40, 24, generator=torch.Generator().manual_seed(0))
    rounded, exact = (orthogonalised(x, dtype=dtype) for dtype in (torch.bfloat16, None))
    assert rounded.dtype == torch.float32
    values = np.linalg.svd(rounded.numpy(), compute_uv=False)
    assert 0.6 < values.min() and values.max() < 1.3
    assert float((rounded - exact).abs().max()) < 0.05


def test_matrices_of_one_shape_move_as_if_each_were_alone() -> None:
    shapes = [(4, 6), (6, 4), (4, 6), (2, 4, 6), (4, 2, 1, 3), (5, 9), (4, 6)]
    together = [torch.nn.Parameter(stack(shape, seed)) for seed, shape in enumerate(shapes)]
    alone = [torch.nn.Parameter(p.detach().clone()) for p in together]
    optimizers = [Muon(together, 0.02, weight_decay=0.1), *(Muon([p], 0.02, weight_decay=0.1) for p in alone)]
    for step in range(3):
        for seed, (one, other) in enumerate(zip(together, alone, strict=True)):
            one.grad = stack(tuple(one.shape), 100 * step + seed)
            other.grad = one.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


def test_the_iteration_runs_once_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def watched(x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        seen.append(tuple(x.shape))
        return x

    monkeypatch.setattr("core.training.muon.orthogonalised", watched)
    parameters = [torch.nn.Parameter(stack(shape)) for shape in [(4, 6), (4, 2, 1, 3), (2, 4, 6), (6, 4)]]
    for parameter in parameters:
        parameter.grad = parameter.detach().clone()
    Muon(parameters, 0.02).step()
    assert sorted(seen) == [(1, 6, 4), (4, 4, 6)]
