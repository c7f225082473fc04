"""Tiny models and pictures: big enough to go wrong, small enough to be worked out a second time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data import DataSet
from core.models.aevb import AEVBConfig
from core.models.convnet import ConvNetConfig
from core.models.draw import DrawConfig
from core.models.gated import GatedConfig
from core.models.glimpse import GlimpseConfig
from core.models.mcgsm import MCGSMConfig
from core.models.multiscale import MultiScaleConfig
from core.models.pixelcnn import PixelCNNConfig
from core.models.pixelrnn import PixelRNNConfig
from core.models.reader import ReaderConfig
from core.models.residual_vae import ResidualVAEConfig
from core.models.spatial_lstm import SpatialLSTMConfig
from core.models.vae import VAEConfig
from core.registry import REGISTRY, ModelSpec, Recipe

PIXELCNN = PixelCNNConfig(height=8, width=8, features=6, bottleneck=4, blocks=2, first_size=3)
COLOUR = PixelCNNConfig(height=4, width=4, channels=3, levels=4, features=6, bottleneck=6, blocks=1, first_size=3)

DRAW = DrawConfig(height=8, width=8, steps=3, hidden=9, latent=7, read_size=2, write_size=3)
GLIMPSE = GlimpseConfig(height=9, width=8, steps=3, hidden=7, features=6, read_size=3)
CONVNET = ConvNetConfig(height=9, width=8, features=2, size=3, stride=2, hidden=6)

AEVB = AEVBConfig(height=8, width=8, hidden=9)
VAE = VAEConfig(height=8, width=8, features=4, latent=3, dense=8)
RESIDUAL = ResidualVAEConfig(height=8, width=8, features=4, latent=5, dense=8)

READER = ReaderConfig(height=12, width=13, longest=2, features=(8, 8), dense=12)

CONFIGS: dict[str, Any] = {
    "draw-mnist": DRAW,
    "draw-mnist-plain": replace(DRAW, attention=False),
    "draw-two-digits": DRAW,
    "draw-svhn": replace(DRAW, channels=3),
    "draw-cifar10": replace(DRAW, channels=3),
    "glimpse-cluttered": GLIMPSE,
    "glimpse-random-cluttered": replace(GLIMPSE, aim="random"),
    "convnet-cluttered": CONVNET,
    "glimpse-cluttered-100": GLIMPSE,
    "convnet-cluttered-100": CONVNET,
    "aevb-mnist-2d": AEVB,
    "aevb-mnist-2d-beta01": replace(AEVB, beta=0.1),
    "aevb-mnist-2d-beta4": replace(AEVB, beta=4.0),
    "vae-mnist": VAE,
    "vae-mnist-squared": replace(VAE, likelihood="squared"),
    "vae-mnist-20d": RESIDUAL,
    "vae-mnist-denoising": replace(RESIDUAL, corruption=0.3),
    "vae-svhn": replace(RESIDUAL, channels=3, likelihood="logistic"),
    "pixelcnn-mnist": replace(PIXELCNN, position_bias=True),
    "pixelcnn-placed-mnist": replace(PIXELCNN, position_bias=True),
    "pixelcnn-unplaced-mnist": PIXELCNN,
    "gated-pixelcnn-mnist": GatedConfig(
        height=6, width=5, features=4, layers=2, first_size=3, classes=10, position_bias=True
    ),
    "row-lstm-mnist": PixelRNNConfig(
        kind="row", height=6, width=5, hidden=3, layers=2, first_size=3, head=6, position_bias=True
    ),
    "diagonal-bilstm-mnist": PixelRNNConfig(height=5, width=6, hidden=3, layers=2, first_size=3, head=6),
    "multiscale-mnist": MultiScaleConfig(
        height=8, width=8, coarsest=2, features=6, bottleneck=4, blocks=(1, 1, 1), condition=4
    ),
    "spatial-lstm-mnist": SpatialLSTMConfig(height=5, width=6, reach=2, hidden=4, components=3, scales=2, features=4),
    "mcgsm-mnist": MCGSMConfig(height=5, width=6, reach=2, components=3, scales=2, features=4),
    "reader-plates": READER,
    "pixelcnn-cifar10": COLOUR,
    "pixelcnn-svhn": COLOUR,
}
"""A tiny config for every registered name."""

NAMES = [name for place, (name, config) in enumerate(CONFIGS.items()) if config not in list(CONFIGS.values())[:place]]
"""Every config once, for tests that go through all of them."""

PIXEL_MODELS = [name for name in NAMES if REGISTRY[name].bound == "exact"]
CLASSIFIERS = [name for name in NAMES if REGISTRY[name].bound == "cross-entropy"]

MODELS = {type(spec.config): spec.model for spec in REGISTRY.values()}
"""The class to each class of configs."""

RECIPE = Recipe(steps=6, batch_size=4, learning_rate=1e-2, warmup=2, interval=2, ema=0.9)


def spec(name: str) -> ModelSpec:
    """The registry's entry of a name, with a tiny config and a short recipe for the same optimisers."""
    entry = REGISTRY[name]
    return replace(entry, config=CONFIGS[name], recipe=replace(RECIPE, muon=entry.recipe.muon))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(config: Any, seed: int = 0) -> Any:
    """An untrained model of a config, the same one for the same seed, in evaluation mode."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MODELS[type(config)](config).eval()


def shake(model: torch.nn.Module, scale: float = 0.3, seed: int = 0) -> None:
    """Add noise to every parameter, so that nothing rests on an initial zero."""
    noise = generator(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=noise))


def ink(count: int, config: Any, seed: int = 0) -> Tensor:
    """Binary pictures (count, c, H, W) for a model of this config."""
    shape = (count, getattr(config, "channels", 1), config.height, config.width)
    return (torch.rand(shape, generator=generator(seed)) < 0.4).float()


def pictures(count: int, config: Any, seed: int = 0) -> Tensor:
    """Pictures (count, c, H, W) with as many levels as a model of this config knows."""
    levels = getattr(config, "levels", 2)
    if levels == 2:
        return ink(count, config, seed)
    shape = (count, config.channels, config.height, config.width)
    return torch.randint(levels, shape, generator=generator(seed)) / (levels - 1)


def overfit(model: Any, x: Tensor, steps: int, learning_rate: float = 1e-2) -> tuple[float, float]:
    """Train on one batch; the mean of what is minimised before and after, with the same noise."""

    def nats() -> float:
        with torch.no_grad():
            return float(model.eval().loss(x, generator(99)).minimised.mean())

    before, noise = nats(), generator(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(x, noise).minimised.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), RECIPE.clip)
        optimizer.step()
    return before, nats()


def assert_normalised(config: Any) -> None:
    """The probabilities of all pictures sum to one, with weights that do not make all of them alike."""
    model = build(config)
    shake(model, 0.8)
    shape = (config.channels, config.height, config.width)
    values = torch.linspace(0, 1, config.levels).tolist()
    every = torch.tensor(list(itertools.product(values, repeat=math.prod(shape)))).unflatten(1, shape)
    with torch.no_grad():
        p = (-model.loss(every, generator()).total.double()).exp()
    assert abs(float(p.sum()) - 1) < 1e-5
    assert float(p.max()) > 2 / len(every)


def slope(f: Callable[[], Tensor], parameter: Tensor, direction: Tensor, step: float = 1e-6) -> float:
    """The central difference of a scalar ``f`` as ``parameter`` moves along ``direction``; it is put back."""
    values = []
    with torch.no_grad():
        for sign in (1, -1):
            parameter.add_(sign * step * direction)
            values.append(float(f()))
            parameter.sub_(sign * step * direction)
    return (values[0] - values[1]) / (2 * step)


def dataset(count: int, config: Any, seed: int = 0) -> DataSet:
    """``count`` random pictures for a model of this config, of the classes 0, 1, 2 and so on."""
    x, binary = pictures(count, config, seed).numpy(), getattr(config, "levels", 2) == 2
    images = (x if binary else 255 * x).round().astype(np.uint8)
    return DataSet("tiny", "train", images, np.arange(count) % 10, "static" if binary else None)
