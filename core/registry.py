"""Every model that Easel knows, in one visible dict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models.draw import Draw, DrawConfig
from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from core.models.vae import VAE, VAEConfig


@dataclass(frozen=True)
class Recipe:
    """How a model is trained; ``interval`` is the number of steps between validations, which also save."""

    steps: int
    batch_size: int
    learning_rate: float
    decay_from: float = 0.5
    """Fraction of the steps after which the learning rate falls, by a half cosine, to zero."""
    warmup: int = 100
    clip: float = 10.0
    """Largest norm of the gradient of the mean loss in nats per picture; 10 as in DRAW's published recipe."""
    ema: float = 0.999
    settle_from: float = 1.0
    """Fraction of the steps after which dropout is off, so that the network settles as it will be used."""
    interval: int = 500
    seed: int = 0


@dataclass(frozen=True)
class ModelSpec:
    """A name's model class, its config, the data it learns from and its recipe."""

    model: type[Any]
    config: Any
    dataset: str
    recipe: Recipe
    bound: str
    """``exact`` if the model's loss is −log p(x) itself, ``elbo`` if it is a bound."""
    channels_last: bool = False
    """Memory layout in training: convolutions are faster with channels last."""

    def build(self) -> Any:
        """A fresh, untrained model."""
        return self.model(self.config)


REGISTRY: dict[str, ModelSpec] = {
    "draw-mnist": ModelSpec(
        model=Draw,
        config=DrawConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=13_500, batch_size=100, learning_rate=1e-3),
        bound="elbo",
    ),
    "vae-mnist": ModelSpec(
        model=VAE,
        config=VAEConfig(),
        dataset="binarized-mnist",
        recipe=Recipe(steps=9_000, batch_size=64, learning_rate=5e-4, settle_from=0.4),
        bound="elbo",
        channels_last=True,
    ),
    "pixelcnn-mnist": ModelSpec(
        model=PixelCNN,
        config=PixelCNNConfig(position_bias=True),
        dataset="binarized-mnist",
        recipe=Recipe(steps=9_000, batch_size=32, learning_rate=1e-3),
        bound="exact",
        channels_last=True,
    ),
}
