"""Tiny models and pictures: big enough to go wrong, small enough to be worked out a second time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from core.data import DataSet
from core.models.draw import Draw, DrawConfig
from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from core.models.vae import VAE, VAEConfig
from core.registry import REGISTRY, ModelSpec, Recipe

CONFIGS: dict[type[Any], Any] = {
    Draw: DrawConfig(height=8, width=8, steps=3, hidden=9, latent=7, read_size=2, write_size=3),
    VAE: VAEConfig(height=8, width=8, features=4, latent=3, dense=8),
    PixelCNN: PixelCNNConfig(height=8, width=8, features=6, bottleneck=4, blocks=2, first_size=3, position_bias=True),
}
"""A tiny config for every registered class."""

NAMES_BY_CLASS = {spec.model: name for name, spec in REGISTRY.items()}
"""One registered name for each class, for tests that go through all of them."""

RECIPE = Recipe(steps=6, batch_size=4, learning_rate=1e-2, warmup=2, interval=2, ema=0.9)


def spec(model: type[Any]) -> ModelSpec:
    """The registry's entry of a class, with a tiny config and a short recipe."""
    return replace(REGISTRY[NAMES_BY_CLASS[model]], config=CONFIGS[model], recipe=RECIPE)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(config: Any, seed: int = 0) -> Any:
    """An untrained model of a config, the same one for the same seed, in evaluation mode."""
    (model,) = (model for model, known in CONFIGS.items() if type(known) is type(config))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return model(config).eval()


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


def overfit(model: Any, x: Tensor, steps: int, learning_rate: float = 1e-2) -> tuple[float, float]:
    """Train on one batch; mean nats before and after, with the same noise."""

    def nats() -> float:
        with torch.no_grad():
            return float(model.eval().loss(x, generator(99)).total.mean())

    before, noise = nats(), generator(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        model.loss(x, noise).total.mean().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), RECIPE.clip)
        optimizer.step()
    return before, nats()


def slope(f: Callable[[], Tensor], parameter: Tensor, direction: Tensor, step: float = 1e-6) -> float:
    """The central difference of a scalar ``f`` as ``parameter`` moves along ``direction``; it is put back."""
    values = []
    with torch.no_grad():
        for sign in (1, -1):
            parameter.add_(sign * step * direction)
            values.append(float(f()))
            parameter.sub_(sign * step * direction)
    return (values[0] - values[1]) / (2 * step)


@dataclass
class Pictures:
    """As much of a data set as training looks at: fixed binary pictures (n, c, H, W)."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: np.ndarray, generator: torch.Generator | None = None) -> Tensor:
        return self.images[torch.from_numpy(indices)]


def dataset(count: int, config: Any, seed: int = 0) -> DataSet:
    """``count`` random pictures in the shape that training asks for."""
    return cast(DataSet, Pictures(ink(count, config, seed)))
