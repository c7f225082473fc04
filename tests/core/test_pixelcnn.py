import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import Complete, Generate, Reconstruct
from core.models.pixelcnn import PixelCNN, PixelCNNConfig, canvas, uniform_noise
from tests.core import small

H, W = 5, 6
CONFIG = PixelCNNConfig(height=H, width=W, features=8, bottleneck=6, blocks=1, first_size=3)
CONFIGS = [
    CONFIG,
    replace(CONFIG, position_bias=True),
    replace(CONFIG, first_size=5, blocks=2),
]


def causal_model(config: PixelCNNConfig, trained: bool) -> PixelCNN:
    """In float64; trained means after one optimiser step that reached every parameter."""
    model: PixelCNN = small.build(config).double()
    if model.position is not None:
        torch.nn.init.normal_(model.position, generator=small.generator(2))
    if trained:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = [parameter.detach().clone() for parameter in model.parameters()]
        model.loss(small.ink(4, config).double(), small.generator()).total.mean().backward()
        optimizer.step()
        assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    return model


def influence(model: PixelCNN, batch: int = 6) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which input pixels move which outputs: (H·W, H·W) within a picture of any in the batch, and across pictures."""
    x = 3 * torch.randn(batch, 1, H, W, generator=small.generator(1), dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(model, x).reshape(batch, H * W, batch, H * W).numpy()
    own = np.any([jacobian[b, :, b] != 0 for b in range(batch)], axis=0)
    for b in range(batch):
        jacobian[b, :, b] = 0
    return np.asarray(own), jacobian != 0


def predicted_field(config: PixelCNNConfig) -> NDArray[np.bool_]:
    """The same matrix from the masks alone: from each output, walk the live taps down to the pixels."""

    def taps(size: int, centre: bool) -> list[tuple[int, int]]:
        half = size // 2
        before = [(dy, dx) for dy in range(-half, 1) for dx in range(-half, half + 1) if (dy, dx) < (0, 0)]
        return before + [(0, 0)] * centre

    field = np.zeros((H, W, H, W), bool)
    for row, column in np.ndindex(H, W):
        reached = {(row, column)}
        layers = [taps(config.block_size, True)] * config.blocks + [taps(config.first_size, False)]
        for layer in layers:
            moved = {(y + dy, x + dx) for (y, x), (dy, dx) in itertools.product(reached, layer)}
            reached = {(y, x) for y, x in moved if 0 <= y < H and 0 <= x < W}
        for y, x in reached:
            field[row, column, y, x] = True
    return field.reshape(H * W, H * W)


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "position bias", "wider"])
def test_no_pixel_sees_itself_or_what_comes_after_or_another_picture(config: PixelCNNConfig, trained: bool) -> None:
    own, across = influence(causal_model(config, trained))
    assert not np.triu(own).any()  # raster order: row i of the matrix is output i
    assert not across.any()
    assert own.any()


@pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])
@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "position bias", "wider"])
def test_the_receptive_field_is_exactly_the_one_of_the_masks(config: PixelCNNConfig, trained: bool) -> None:
    own, _ = influence(causal_model(config, trained))
    np.testing.assert_array_equal(own, predicted_field(config))


def test_the_blind_spot_lies_to_the_right_above() -> None:
    field = influence(causal_model(CONFIG, False))[0].reshape(H, W, H, W)
    seen = field[3, 1]
    earlier = np.arange(H * W).reshape(H, W) < 3 * W + 1
    assert (earlier & ~seen).any()
    # Every step to the right costs a row: with two layers, one column at one row above, two columns at two rows.
    assert seen[2].tolist() == [True, True, True, False, False, False]
    assert seen[1].tolist() == [True, True, True, True, False, False]
    assert not seen[0].any() and seen[3].tolist() == [True] + [False] * 5


@pytest.mark.parametrize("position_bias", [False, True])
def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid(position_bias: bool) -> None:
    model = small.build(replace(CONFIG, height=2, width=3, position_bias=position_bias))
    small.shake(model)
    pictures = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6))).reshape(64, 1, 2, 3)
    with torch.no_grad():
        p = (-model.loss(pictures, small.generator()).total.double()).exp()
    assert float(p.sum()) == pytest.approx(1, abs=1e-5)
    assert float(p.max()) > 2 / 64  # and not for the reason that all are alike


def test_the_likelihood_is_exact_so_nothing_is_paid_for_latents() -> None:
    model, x = small.build(CONFIG), small.ink(3, CONFIG)
    terms = model.loss(x, small.generator())
    assert not terms.kl.any() and not terms.log_ratio.any()
    torch.testing.assert_close(terms.log_weight, -terms.total)
    probability = model(x).sigmoid().detach().double().numpy()
    v = x.numpy()
    expected = -np.log(np.where(v == 1, probability, 1 - probability)).sum((1, 2, 3))
    np.testing.assert_allclose(terms.total.detach(), expected, rtol=1e-5)


def paint(model: PixelCNN, request: Generate | Complete, seed: int = 7) -> tuple[Tensor, Tensor]:
    """The last picture (b, H, W) and the probability each step reported, (b, H, W)."""
    steps = list(model.steps(request, small.generator(seed)))
    assert len(steps) == H * W
    p = np.stack([step.scalars["probability"] for step in steps], 1)
    return torch.from_numpy(steps[-1].image[:, 0]), torch.from_numpy(p).unflatten(1, (H, W))


def test_the_same_seed_paints_the_same_picture_and_another_seed_another() -> None:
    model = small.build(CONFIG)
    small.shake(model)
    first, again, other = (paint(model, Generate(3), seed)[0] for seed in (7, 7, 8))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_a_pixel_is_ink_exactly_where_its_noise_lies_below_the_reported_probability(temperature: float) -> None:
    model = small.build(CONFIG)
    small.shake(model)
    x, p = paint(model, Generate(3, temperature))
    u = uniform_noise(3, CONFIG, small.generator(7))
    assert torch.equal(x, (u < p).float())
    assert 0 < x.mean() < 1


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_the_reported_probabilities_are_those_of_the_finished_picture(temperature: float) -> None:
    # Follows only if nothing a pixel saw while it was drawn was touched later, and nothing unpainted was seen.
    model = small.build(CONFIG)
    small.shake(model)
    x, p = paint(model, Generate(3, temperature))
    with torch.no_grad():
        torch.testing.assert_close(p, (model(x[:, None])[:, 0] / temperature).sigmoid())


def test_each_step_changes_at_most_the_pixel_it_paints() -> None:
    model = small.build(CONFIG)
    before = np.zeros((2, 1, H, W), np.float32)
    for place, step in enumerate(model.steps(Generate(2), small.generator(0))):
        changed = (step.image != before).reshape(2, H * W)
        changed[:, place] = False
        assert not changed.any()
        before = step.image


def test_given_pixels_stay_and_hidden_ones_are_not_seen() -> None:
    model = small.build(CONFIG)
    small.shake(model)
    images = small.ink(3, CONFIG, seed=4)
    known = torch.rand(3, H, W, generator=small.generator(5)) < 0.5
    asked = images.clone()
    x, p = paint(model, Complete(images, known))
    assert torch.equal(x[known], images[:, 0][known])
    u = uniform_noise(3, CONFIG, small.generator(7))
    assert torch.equal(x[~known], (u < p).float()[~known])
    assert torch.equal(images, asked)  # the request itself is not painted on
    hidden_flipped = torch.where(known[:, None], images, 1 - images)
    assert torch.equal(x, paint(model, Complete(hidden_flipped, known))[0])


def test_completing_nothing_that_is_known_is_generating() -> None:
    model = small.build(CONFIG)
    request = Complete(torch.ones(2, 1, H, W), torch.zeros(2, H, W, dtype=torch.bool))
    assert torch.equal(paint(model, request)[0], paint(model, Generate(2))[0])


def test_requests_that_it_cannot_answer_are_refused() -> None:
    with pytest.raises(TypeError, match="DRAW"):
        canvas(Reconstruct(small.ink(1, CONFIG)), CONFIG)
    with pytest.raises(ValueError, match=f"{H}×{W}"):
        canvas(Complete(torch.zeros(1, 1, W, H), torch.zeros(1, W, H, dtype=torch.bool)), CONFIG)


def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, position_bias=True)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=200)
    assert after < 0.15 * before
