"""Write ``tests/goldens/NAME.npz`` for every checkpoint: ``python -m scripts.make_goldens`` after a new one.

A golden holds what the model said about ten procedural digits, in nats, and what it painted for a fixed seed. A test
compares: so a change of code that changes a trained model's behaviour cannot pass unseen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core import sampling, strokes
from core.checkpoints import load_checkpoint
from core.models.base import Generate, Painter
from core.models.pixelcnn import PixelCNN
from core.registry import REGISTRY

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "goldens"


@torch.no_grad()
def golden(name: str) -> dict[str, NDArray[np.float32]]:
    """``nats`` (10,) of digits 0 to 9 and ``image`` (2, C, H, W), both functions of the weights and seed 0."""
    model = load_checkpoint(name)
    assert isinstance(model, Painter)
    digits, _ = strokes.digits(10, seed=0, labels=np.arange(10))
    x = torch.from_numpy((digits >= 128).astype(np.float32))[:, None]
    nats = model.loss(x, torch.Generator().manual_seed(0)).total
    generator = torch.Generator().manual_seed(0)
    if isinstance(model, PixelCNN):
        image = sampling.RowSampler(model).paint(Generate(2), generator).image
    else:
        *_, last = model.steps(Generate(2), generator)
        image = last.image
    return {"nats": nats.numpy(), "image": image}


def main() -> None:
    """The command line."""
    FOLDER.mkdir(exist_ok=True)
    for name in REGISTRY:
        np.savez_compressed(FOLDER / f"{name}.npz", **golden(name))  # type: ignore[arg-type]  # NumPy's stub takes the names for flags


if __name__ == "__main__":
    main()
