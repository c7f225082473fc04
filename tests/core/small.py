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

from core.data.sets import DataSet
from core.models.configs import (
    AEVBConfig,
    ConvNetConfig,
    DrawConfig,
    GatedConfig,
    GlimpseConfig,
    MCGSMConfig,
    MDLSTMConfig,
    MultiScaleConfig,
    PixelCNNConfig,
    PixelRNNConfig,
    ReaderConfig,
    ResidualVAEConfig,
    SpatialLSTMConfig,
    VAEConfig,
)
from core.training.recipes import Recipe
from core.training.registry import REGISTRY
from core.training.spec import ModelSpec

COLOUR = PixelCNNConfig(height=4, width=4, channels=3, levels=4, features=6, bottleneck=6, blocks=1, first_size=3)

SIZES = (
    PixelCNNConfig(height=8, width=8, features=6, bottleneck=4, blocks=2, first_size=3),
    DrawConfig(height=8, width=8, steps=3, hidden=9, latent=7, read_size=2, write_size=3),
    GlimpseConfig(height=9, width=8, steps=3, hidden=7, features=6, read_size=3),
    ConvNetConfig(height=9, width=8, features=2, size=3, stride=2, hidden=6),
    MDLSTMConfig(height=7, width=8, hidden=4, layers=2, block=2, between=5, features=6),
    AEVBConfig(height=8, width=8, hidden=9),
    VAEConfig(height=8, width=8, features=4, latent=3, dense=8),
    ResidualVAEConfig(height=8, width=8, features=4, latent=5, dense=8),
    GatedConfig(height=6, width=5, features=4, layers=2, first_size=3, classes=10),
    PixelRNNConfig(height=5, width=6, hidden=3, layers=2, first_size=3, head=6),
    MultiScaleConfig(height=8, width=8, coarsest=2, features=6, bottleneck=4, blocks=(1, 1, 1), condition=4),
    SpatialLSTMConfig(height=5, width=6, reach=2, hidden=4, components=3, scales=2, features=4),
    MCGSMConfig(height=5, width=6, reach=2, components=3, scales=2, features=4),
    ReaderConfig(height=12, width=13, longest=2, features=(8, 8), dense=12),
)
"""A tiny config of every class: whatever is a size."""


def tiny(config: Any) -> Any:
    """A config of the same kind with those sizes: what is no whole number stays, and so does colour."""
    if config.channels == 3 and isinstance(config, PixelCNNConfig):
        return COLOUR
    (sizes,) = (each for each in SIZES if type(each) is type(config))
    kept = {key: value for key, value in vars(config).items() if isinstance(value, bool | str | float)}
    return replace(sizes, **kept, channels=config.channels)


CONFIGS: dict[str, Any] = {name: tiny(spec.config) for name, spec in REGISTRY.items()}
"""A tiny config for every registered name."""
AEVB, VAE, PIXELCNN = (CONFIGS[name] for name in ("aevb-mnist-2d", "vae-mnist", "pixelcnn-unplaced-mnist"))

NAMES = [name for place, (name, config) in enumerate(CONFIGS.items()) if config not in list(CONFIGS.values())[:place]]
"""Every config once, for tests that go through all of them."""

PIXEL_MODELS = [name for name in NAMES if REGISTRY[name].bound == "exact"]
CLASSIFIERS = [name for name in NAMES if REGISTRY[name].bound == "cross-entropy"]

MODELS = {type(spec.config): spec.network for spec in REGISTRY.values()}
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
