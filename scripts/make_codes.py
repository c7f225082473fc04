"""Where test digits lie in the latent spaces: ``python -m scripts.make_codes --data FOLDER`` after new weights.

Writes ``assets/codes.npz`` for the map: the means of q(z | x) of 5,000 digits of binarized-mnist's test split, as
float16 in each model's own order of latents (the app's order follows the cards, whose figures may be measured again),
with the SHA-256 of the weights that made them; the digits' labels, which :mod:`core.data.labels` finds, and their
places in the split. None of the data set's pictures is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.data import sets
from core.data.labels import labelled
from core.models.aevb import AutoEncoder
from core.studio.vae_map import MAPS
from core.training.checkpoints import load_checkpoint, read_card
from viz.tabs.common import ASSETS

SEED, COUNT, CHUNK = 1, 5_000, 500


def chosen(total: int) -> NDArray[np.int64]:
    """Which pictures of a split of ``total`` are shown, at most :data:`COUNT`, in order: a function of the seed."""
    return np.sort(np.random.default_rng(SEED).permutation(total)[:COUNT])


@torch.no_grad()
def means(model: AutoEncoder, x: Tensor) -> NDArray[np.float16]:
    """The means of q(z | x) of pictures (n, 1, H, W), in the model's own order: (n, d)."""
    parts = [model.encode(part)[0] for part in x.split(CHUNK)]
    return torch.cat(parts).numpy().astype(np.float16)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_codes", description="Encode test digits for the map.")
    parser.add_argument("--data", help="folder with binarized-mnist and mnist (otherwise the variable EASEL_DATA)")
    parser.add_argument("--out", type=Path, default=ASSETS)
    options = parser.parse_args()
    digits = labelled(sets.load("binarized-mnist", "test", options.data), options.data)
    assert digits.labels is not None
    indices = chosen(len(digits))
    x = digits.batch(indices)
    found: dict[str, Any] = {"indices": indices.astype(np.uint16), "labels": digits.labels[indices].astype(np.uint8)}
    for name in MAPS:
        model: Any = load_checkpoint(name)
        found |= {f"{name}.means": means(model, x), f"{name}.sha256": np.array(read_card(name)["sha256"])}
    np.savez_compressed(options.out / "codes.npz", allow_pickle=False, **found)


if __name__ == "__main__":
    main()
