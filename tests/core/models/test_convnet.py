"""The yardstick: a convolution with stride, a dense layer and a softmax, against NumPy loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.base import Generate, Reconstruct
from core.models.convnet import ConvNet, ConvNetConfig
from core.trace import CanvasTrace
from core.training.registry import REGISTRY
from tests.core import small

CONFIG = ConvNetConfig(height=9, width=12, features=3, size=4, stride=2, hidden=6)


def net(config: ConvNetConfig = CONFIG) -> ConvNet:
    made: ConvNet = small.build(config)
    small.shake(made, 0.4)
    return made


def images(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 1, CONFIG.height, CONFIG.width, generator=small.generator(3))


def by_hand(model: ConvNet, picture: np.ndarray) -> np.ndarray:
    """Logits (k,) for one picture (H, W), one product at a time, in float64."""
    w = {name: value.double().numpy() for name, value in model.state_dict().items()}
    size, stride = CONFIG.size, CONFIG.stride
    seen = []
    for kernel, bias in zip(w["convolution.weight"][:, 0], w["convolution.bias"], strict=True):
        for row in range(0, CONFIG.height - size + 1, stride):
            for column in range(0, CONFIG.width - size + 1, stride):
                total = float(bias)
                for i in range(size):
                    for j in range(size):
                        total += kernel[i, j] * picture[row + i, column + j]
                seen.append(max(total, 0.0))
    hidden = np.maximum(w["dense.weight"] @ np.array(seen) + w["dense.bias"], 0)
    return np.asarray(w["out.weight"] @ hidden + w["out.bias"])


def test_the_logits_equal_a_loop_over_every_product() -> None:
    model, x = net(), images()
    logits = model.judge(x, small.generator()).detach().numpy()
    assert logits.shape == (1, 3, 10)
    for b in range(3):
        np.testing.assert_allclose(logits[0, b], by_hand(model, x[b, 0].double().numpy()), atol=1e-5)


def test_the_loss_is_the_cross_entropy_of_the_label() -> None:
    model, x, labels = net(), images(), [2, 0, 9]
    found = model.loss(x, small.generator(), torch.tensor(labels)).total.detach().numpy()
    for b, label in enumerate(labels):
        logits = by_hand(model, x[b, 0].double().numpy())
        assert found[b] == pytest.approx(float(np.log(np.exp(logits).sum()) - logits[label]), abs=1e-5)


def test_its_only_step_shows_the_probabilities() -> None:
    model, x = net(), images()
    (step,) = CanvasTrace.record(model.steps(Reconstruct(x), small.generator()))
    p = np.stack([step.scalars[f"{k}_probability"] for k in range(10)], 1)
    for b in range(3):
        odds = np.exp(by_hand(model, x[b, 0].double().numpy()))
        np.testing.assert_allclose(p[b], odds / odds.sum(), atol=1e-5)
    assert step.marks == () and np.array_equal(step.image, x.numpy())


def test_it_paints_nothing() -> None:
    with pytest.raises(TypeError, match="cannot paint any"):
        next(net().steps(Generate(1), small.generator()))


def test_the_registered_ones_are_of_the_papers_shape_for_either_size() -> None:
    for name, side in (("convnet-cluttered", 60), ("convnet-cluttered-100", 100)):
        model = REGISTRY[name].build()
        assert model.convolution.weight.shape == (8, 1, 10, 10) and model.dense.out_features == 256
        assert model.judge(torch.zeros(1, 1, side, side), small.generator()).shape == (1, 1, 10)
