"""Who moves whom in a pixel model, from gradients in float64."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.core import small

Matrix = NDArray[np.bool_]


def model_in_float64(config: Any, trained: bool = False, labels: Tensor | None = None) -> Any:
    """A model whose zero-initialised parts are woken up; ``trained`` is after one step that reached every parameter."""
    model = small.build(config).double()
    small.shake(model, 0.2)
    if trained:
        x, told = small.pictures(4, config).double(), () if labels is None else (labels,)
        before = [parameter.detach().clone() for parameter in model.parameters()]
        model.loss(x, small.generator(), *told).total.mean().backward()
        torch.optim.SGD(model.parameters(), lr=0.1).step()
        assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    return model


def influence(model: Any, batch: int = 3, labels: Tensor | None = None) -> tuple[Matrix, Matrix]:
    """Which values move which logits: (n, n) within a picture of any in the batch, and across pictures.

    The n = H·W·C values stand in the model's order, R before G before B; row i is what the logits of value i see.
    """
    config, told = model.config, () if labels is None else (labels,)
    shape = (batch, config.channels, config.height, config.width)
    x = torch.randn(shape, generator=small.generator(1), dtype=torch.float64)
    moved = torch.autograd.functional.jacobian(lambda x: model(x, *told), x).ne(0).any(2)  # (b, C, H, W) twice
    rows, columns = torch.tensor(model.order).T
    moved = moved[:, :, rows, columns][..., rows, columns].permute(0, 2, 1, 3, 5, 4)
    matrix = moved.flatten(1, 2).flatten(3, 4).numpy()
    own: Matrix = np.logical_or.reduce([matrix[b, :, b] for b in range(batch)])
    for b in range(batch):
        matrix[b, :, b] = False
    return own, matrix


def field(model: Any, batch: int = 4) -> Matrix:
    """For binary pictures in raster order, (H, W, H, W): which pixels move the logit of a pixel."""
    shape = (model.config.height, model.config.width)
    return influence(model, batch)[0].reshape(*shape, *shape)


def assert_causal(model: Any, labels: Tensor | None = None) -> None:
    """No logit is moved by its own value, by one that comes after, or by another picture; some are by earlier ones."""
    own, across = influence(model, labels=labels)
    assert not np.triu(own).any()
    assert not across.any()
    assert all(row.any() for row in own[len(own) // 2 :])


def earlier(height: int, width: int) -> Matrix:
    """(H, W, H, W): what comes before each pixel in raster order."""
    return np.tril(np.ones((height * width, height * width), bool), -1).reshape(height, width, height, width)


def convolved(reached: set[tuple[int, int]], size: int, centre: bool, height: int, width: int) -> set[tuple[int, int]]:
    """One masked layer down: the pixels under the live taps of a mask B (``centre``) or A at any of the pixels."""
    half = size // 2
    taps = [(dy, dx) for dy in range(-half, 1) for dx in range(-half, half + 1) if (dy, dx) < (0, 0)]
    moved = {(y + dy, x + dx) for (y, x), (dy, dx) in itertools.product(reached, taps + [(0, 0)] * centre)}
    return {(y, x) for y, x in moved if 0 <= y < height and 0 <= x < width}
