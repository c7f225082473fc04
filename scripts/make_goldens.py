"""Write ``tests/goldens/NAME.npz`` for every checkpoint: ``python -m scripts.make_goldens`` after a new one.

A golden holds what the model said about ten procedural digits, in nats, and what it painted for a fixed seed. A test
compares: so a change of code that changes a trained model's behaviour cannot pass unseen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import strokes
from core.checkpoints import load_checkpoint
from core.models.base import Complete, Generate, Painter
from core.registry import REGISTRY
from core.sampling import Brush

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "goldens"


@torch.no_grad()
def golden(name: str) -> dict[str, NDArray[np.float32]]:
    """``nats`` (n,) of pictures made by a procedure, and ``image`` (m, C, H, W): functions of weights and seed 0."""
    model = load_checkpoint(name)
    assert isinstance(model, Painter)
    colour = getattr(model.config, "levels", 2) > 2
    x = scenes(model.config) if colour else digits()
    nats = model.loss(x, torch.Generator().manual_seed(0)).total
    generator = torch.Generator().manual_seed(0)
    if colour:  # few values only: one that rounding turns over on another processor would change all after it
        known = torch.ones(1, *x.shape[2:], dtype=torch.bool)
        known[:, -2:] = False
        image = Brush(model).paint(Complete(x[:1], known), generator).image
    elif hasattr(model, "order"):
        image = Brush(model).paint(Generate(2), generator).image
    else:
        *_, last = model.steps(Generate(2), generator)
        image = last.image
    return {"nats": nats.numpy(), "image": image}


def digits() -> Tensor:
    """(10, 1, 28, 28) of 0 and 1: a procedural digit of each class."""
    images, _ = strokes.digits(10, seed=0, labels=np.arange(10))
    return torch.from_numpy((images >= 128).astype(np.float32))[:, None]


def scenes(config: Any) -> Tensor:
    """(2, 3, H, W) in [0, 1]: a smooth sky over ground, and noise."""
    rows = torch.linspace(0, 1, config.height)[:, None].expand(-1, config.width)
    sky = torch.stack([0.4 + 0.2 * rows, 0.6 - 0.1 * rows, 0.9 - 0.7 * (rows > 0.6)])
    noise = torch.rand(sky.shape, generator=torch.Generator().manual_seed(0))
    return (torch.stack([sky, noise]) * 255).round() / 255


def main() -> None:
    """The command line."""
    FOLDER.mkdir(exist_ok=True)
    for name in REGISTRY:
        np.savez_compressed(FOLDER / f"{name}.npz", **golden(name))  # type: ignore[arg-type]  # NumPy's stub takes the names for flags


if __name__ == "__main__":
    main()
