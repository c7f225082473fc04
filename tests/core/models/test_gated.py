"""The gated PixelCNN sees all of the past within its reach and nothing else, and computes what the paper says."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.models.base import Generate
from core.models.gated import UNKNOWN, GatedConfig, GatedLayer, GatedPixelCNN, one_hot
from core.models.raster import fresh_noise, roll
from tests.core import causality, small

H, W = 5, 6
CONFIG = GatedConfig(height=H, width=W, features=4, layers=2, first_size=3)
TOLD_CLASSES = replace(CONFIG, classes=3, position_bias=True)
CONFIGS = {
    "plain": CONFIG,
    "position bias": replace(CONFIG, position_bias=True),
    "wider": replace(CONFIG, first_size=5, layers=1, layer_size=5),
}
LABELS = torch.tensor([2, UNKNOWN, 0])
TRAINED = pytest.mark.parametrize("trained", [False, True], ids=["fresh", "after a step"])


@TRAINED
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_no_pixel_sees_itself_or_what_comes_after_or_another_picture(config: GatedConfig, trained: bool) -> None:
    causality.assert_causal(causality.model_in_float64(config, trained))


@TRAINED
def test_nor_does_it_when_it_is_told_the_class(trained: bool) -> None:
    labels = torch.tensor([1, 2, 0, 1])
    model = causality.model_in_float64(TOLD_CLASSES, trained, labels)
    causality.assert_causal(model, LABELS)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
def test_all_of_the_past_within_reach_is_seen_so_there_is_no_blind_spot(config: GatedConfig) -> None:
    field = causality.field(causality.model_in_float64(config))
    reach = config.first_size // 2 + config.layers * (config.layer_size // 2)
    past = causality.earlier(H, W)
    for row, column, y, x in np.ndindex(H, W, H, W):
        near = row - y <= reach and abs(column - x) <= reach
        assert field[row, column, y, x] == (past[row, column, y, x] and near), (row, column, y, x)


def test_deep_enough_it_sees_the_whole_past() -> None:
    field = causality.field(causality.model_in_float64(replace(CONFIG, layers=4)))
    np.testing.assert_array_equal(field, causality.earlier(H, W))


def gated(x: NDArray[np.float64]) -> NDArray[np.float64]:
    content, strength = np.split(x, 2)
    return np.asarray(np.tanh(content) / (1 + np.exp(-strength)))


def layer_by_hand(
    layer: GatedLayer, v: NDArray[np.float64], h: NDArray[np.float64], told: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Figure 2 and equation 4 pixel by pixel, maps (p, H, W) and a one-hot class."""
    w = {name: value.detach().numpy() for name, value in layer.named_parameters()}
    height, width = v.shape[1:]
    next_v, next_h = np.zeros_like(v), np.zeros_like(h)
    class_v, class_h = np.split(told @ w["told"], 2)
    size = w["vertical.weight"].shape[3]
    half = size // 2
    for row, column in np.ndindex(height, width):
        vertical = w["vertical.bias"].copy()
        for dy, dx in np.ndindex(half + 1, size):
            y, x = row + dy - half, column + dx - half
            if y >= 0 and 0 <= x < width:
                vertical += w["vertical.weight"][:, :, dy, dx] @ v[:, y, x]
        horizontal = w["horizontal.bias"] + w["across.weight"][:, :, 0, 0] @ vertical
        for dx in range(half + 1):
            if column + dx - half >= 0:
                horizontal += w["horizontal.weight"][:, :, 0, dx] @ h[:, row, column + dx - half]
        next_v[:, row, column] = gated(vertical + class_v)
        passed = gated(horizontal + class_h)
        next_h[:, row, column] = h[:, row, column] + w["up.bias"] + w["up.weight"][:, :, 0, 0] @ passed
    return next_v, next_h


@pytest.mark.parametrize("size", [3, 5])
def test_a_layer_equals_a_loop_over_pixels(size: int) -> None:
    layer = GatedLayer(replace(CONFIG, features=3, layer_size=size, classes=3)).double()
    small.shake(layer)
    v, h = torch.randn(2, 2, 3, 4, 5, dtype=torch.float64, generator=small.generator(2))
    told = torch.eye(3, dtype=torch.float64)[[1, 2]]
    next_v, next_h = layer(v, h, told)
    for b in range(2):
        by_hand = layer_by_hand(layer, v[b].numpy(), h[b].numpy(), told[b].numpy())
        for ours, theirs in zip((next_v, next_h), by_hand, strict=True):
            np.testing.assert_allclose(ours[b].detach(), theirs, rtol=1e-12)


def pointwise(layer: torch.nn.Conv2d, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A 1×1 convolution of maps (p, H, W)."""
    assert layer.bias is not None
    mixed = np.einsum("op,phw->ohw", layer.weight.detach()[..., 0, 0].numpy(), x)
    return np.asarray(mixed + layer.bias.detach().numpy()[:, None, None])


def test_the_whole_network_equals_its_layers_by_hand_between_two_convolutions() -> None:
    model: GatedPixelCNN = causality.model_in_float64(replace(TOLD_CLASSES, height=3, width=4, first_size=5))
    x = small.ink(1, model.config).double()
    assert model.position is not None
    v, h = (position.detach().numpy().copy() for position in model.position)
    above, left = model.first_vertical, model.first_horizontal
    for row, column in np.ndindex(3, 4):
        v[:, row, column] += above.bias.detach().numpy()
        h[:, row, column] += left.bias.detach().numpy()
        for y, u in np.ndindex(3, 4):
            signed = 2 * float(x[0, 0, y, u]) - 1
            if -2 <= y - row < 0 and abs(u - column) <= 2:
                v[:, row, column] += above.weight.detach()[:, 0, y - row + 2, u - column + 2].numpy() * signed
            if y == row and -2 <= u - column < 0:
                h[:, row, column] += left.weight.detach()[:, 0, 0, u - column + 2].numpy() * signed
    for layer in model.layers:
        assert isinstance(layer, GatedLayer)
        v, h = layer_by_hand(layer, v, h, np.zeros(3))
    logits = pointwise(model.out, np.maximum(pointwise(model.head, np.maximum(h, 0)), 0))
    np.testing.assert_allclose(model(x)[0, 0].detach(), logits, rtol=1e-10)


@pytest.mark.parametrize("position_bias", [False, True])
def test_probabilities_sum_to_one_over_all_pictures_of_a_2_by_3_grid(position_bias: bool) -> None:
    small.assert_normalised(replace(CONFIG, height=2, width=3, position_bias=position_bias))


def test_they_do_so_for_every_class_too() -> None:
    model = small.build(replace(TOLD_CLASSES, height=2, width=3))
    small.shake(model, 0.8)
    every = torch.tensor(list(np.ndindex(*[2] * 6)), dtype=torch.float32).view(64, 1, 2, 3)
    found = []
    for label in (UNKNOWN, 0, 1, 2):
        with torch.no_grad():
            p = (-model.loss(every, small.generator(), torch.full((64,), label)).total.double()).exp()
        assert float(p.sum()) == pytest.approx(1, abs=1e-5)
        found.append(p)
    assert all((a - b).abs().max() > 1e-3 for i, a in enumerate(found) for b in found[:i])


def test_an_unknown_class_is_the_zero_vector_and_so_is_none_that_is_told() -> None:
    assert one_hot(torch.tensor([1, UNKNOWN, 0]), 3).tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    model, x = small.build(TOLD_CLASSES), small.ink(2, CONFIG)
    small.shake(model)
    assert torch.equal(model(x), model(x, torch.tensor([UNKNOWN, UNKNOWN])))
    assert not torch.equal(model(x), model(x, torch.tensor([1, 1])))


def test_training_tells_a_quarter_of_the_classes_and_evaluation_all() -> None:
    model = small.build(replace(TOLD_CLASSES, height=2, width=2))
    small.shake(model)
    x, labels = torch.zeros(4000, 1, 2, 2), torch.ones(4000, dtype=torch.int64)
    known, unknown = (
        model.loss(x, small.generator(), told).total[0] for told in (labels, torch.full_like(labels, UNKNOWN))
    )
    assert torch.equal(model.loss(x, small.generator(), labels).total, known.expand(4000))
    nats = model.train().loss(x, small.generator(), labels).total
    told = (nats - known).abs() < (nats - unknown).abs()
    assert float(told.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert torch.equal(nats, model.loss(x, small.generator(), labels).total)  # the generator decides, nothing else


def test_a_request_that_names_a_class_is_painted_under_it() -> None:
    model = small.build(TOLD_CLASSES)
    small.shake(model, 1.0)
    *_, step = model.steps(Generate(3, label=2), small.generator(7))
    x, noise = torch.from_numpy(step.image), fresh_noise(3, CONFIG, small.generator(7))
    with torch.no_grad():
        assert torch.equal(x, roll(model(x, torch.tensor([2, 2, 2])), noise, 1.0))
        assert not torch.equal(x, roll(model(x), noise, 1.0))


@pytest.mark.slow
def test_one_batch_is_learned_by_heart() -> None:
    config = replace(CONFIG, position_bias=True)
    before, after = small.overfit(small.build(config), small.ink(4, config), steps=150)
    assert after < 0.3 * before
