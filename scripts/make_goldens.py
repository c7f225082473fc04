"""Write ``tests/goldens/NAME.npz`` for every checkpoint: ``python -m scripts.make_goldens`` after a new one.

A golden holds what the model said about pictures made by a procedure, in nats, and what it painted for a fixed seed or,
for a classifier, how likely it thinks each class. A test compares: so a change of code that changes a trained model's
behaviour cannot pass unseen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.data import strokes
from core.data.scenes import Clutter
from core.models.base import Complete, Generate, Painter
from core.samplers.brush import Brush
from core.training.checkpoints import load_checkpoint
from core.training.registry import REGISTRY

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "goldens"


@torch.no_grad()
def golden(name: str) -> dict[str, NDArray[np.float32]]:
    """``nats`` (n,) of pictures made by a procedure, and ``image`` (m, C, H, W): functions of weights and seed 0.

    In the place of the image a classifier has its probabilities (looks, n, classes); what it says of every pixel, if it
    does, is ``pixels`` (2, kinds, H, W), of the first two pictures.
    """
    model, generator = load_checkpoint(name), torch.Generator().manual_seed(0)
    assert isinstance(model, Painter)
    x = subjects(model.config)
    if REGISTRY[name].bound == "cross-entropy":
        classifier: Any = model
        nats = classifier.loss(x, generator, torch.arange(len(x))).total
        generator = torch.Generator().manual_seed(0)
        said = {"nats": nats.numpy(), "image": classifier.judge(x, generator).softmax(2).numpy()}
        return said | ({"pixels": classifier(x[:2]).pixels.softmax(1).numpy()} if REGISTRY[name].mapped else {})
    nats = model.loss(x, generator).total
    generator = torch.Generator().manual_seed(0)
    if not hasattr(model, "order"):
        *_, last = model.steps(Generate(2), generator)
        return {"nats": nats.numpy(), "image": last.image}
    if model.config.levels > 2:  # few values only: one that rounding turns over on another processor changes all others
        known = torch.ones(1, *x.shape[2:], dtype=torch.bool)
        known[:, -2:] = False
        image = Brush(model).paint(Complete(x[:1], known), generator).image
    else:
        image = Brush(model).paint(Generate(2), generator).image
    return {"nats": nats.numpy(), "image": image}


def subjects(config: Any) -> Tensor:
    """Pictures for a model of this config: a sky and noise in colour, or procedural digits 0 to 9, on 28×28 alone."""
    if getattr(config, "channels", 1) == 3:
        return sky(config)
    images, _ = strokes.digits(10, seed=0, labels=np.arange(10))
    if config.height > 28:
        images = Clutter(config.height)(images, np.arange(10), np.random.default_rng(0)).pixels
    return torch.from_numpy((images >= 128).astype(np.float32))[:, None]


def sky(config: Any) -> Tensor:
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
