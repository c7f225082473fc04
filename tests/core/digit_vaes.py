"""The VAEs of digits and PixelCNN in their registered shapes, but narrow and untrained, behind their studios."""

from __future__ import annotations

import functools
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np

from core.studio.pixels import PixelStudio
from core.studio.turns import ANY, Turns
from core.studio.vae_code import VAEStudio
from core.training.registry import REGISTRY
from tests.core import small

NARROW = {"hidden": 6, "features": 4, "dense": 8, "bottleneck": 2, "blocks": 1}


@functools.cache
def model(name: str) -> Any:
    """Loud enough that its pictures are neither paper nor ink."""
    config = REGISTRY[name].config
    known = {field.name for field in fields(config)}
    narrow = {key: value for key, value in NARROW.items() if key in known and isinstance(getattr(config, key), int)}
    made = small.build(replace(config, **narrow))
    small.shake(made, 0.1)
    return made


def carried(name: str) -> np.ndarray:
    """An order that is not the model's own: the last number carries most."""
    return np.arange(REGISTRY[name].config.latent, dtype=np.float32)


def vaes() -> VAEStudio:
    return VAEStudio(model, carried, partial(Turns().at, ANY))


def pixels() -> PixelStudio:
    return PixelStudio(model, Turns().at)


def digit() -> np.ndarray:
    """A cross of 28×28."""
    picture = np.zeros((28, 28), np.uint8)
    picture[4:24, 12:15] = 255
    picture[10:13, 6:22] = 255
    return picture


def lower_half() -> np.ndarray:
    hidden = np.zeros((28, 28), bool)
    hidden[14:] = True
    return hidden
