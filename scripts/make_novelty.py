"""How new DRAW's pictures are: ``python -m scripts.make_novelty --data FOLDER`` after new weights of ``draw-mnist``.

Writes ``assets/novelty.npz``: 16 imagined pictures and, for 1,000 imagined ones, 1,000 test digits and 1,000 training
digits, the distance in pixels to the nearest (other) training digit. None of the data set's pictures is kept. An
imagined picture is drawn pixel by pixel from the canvas, since the data's pixels were drawn like that too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.data import sets
from core.models.base import Generate
from core.nn import noise
from core.studies.draw_new import nearest
from core.training.checkpoints import load_checkpoint, read_card
from viz.tabs.common import ASSETS

NAME, SEED, COUNT, SHOWN = "draw-mnist", 1, 1_000, 16


def imagined(count: int) -> NDArray[np.uint8]:
    """Pictures of 0 and 1 that the painter imagines, (count, P), a function of weights and :data:`SEED`."""
    generator = torch.Generator().manual_seed(SEED)
    model: Any = load_checkpoint(NAME)
    *_, last = model.steps(Generate(count), generator)
    ink = noise.uniform(count, *last.image.shape[1:], generator=generator, stream=1).numpy() < last.image
    return ink.reshape(count, -1).astype(np.uint8)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_novelty", description="Measure how new pictures are.")
    parser.add_argument("--data", help="folder with binarized-mnist (otherwise the variable EASEL_DATA)")
    parser.add_argument("--out", type=Path, default=ASSETS)
    options = parser.parse_args()
    splits = {split: sets.load("binarized-mnist", split, options.data).images for split in ("train", "test")}
    train, test = (images.reshape(len(images), -1) for images in splits.values())
    chosen = np.random.default_rng(SEED).permutation(len(test))[:COUNT]  # the file is sorted by class
    pictures = imagined(COUNT)
    np.savez_compressed(
        options.out / "novelty.npz",
        allow_pickle=False,
        bits=np.packbits(pictures[:SHOWN], axis=1),
        imagined=nearest(pictures, train).astype(np.int16),
        test=nearest(test[chosen], train).astype(np.int16),
        train=nearest(train[:COUNT], train, among_themselves=True).astype(np.int16),
        sha256=np.array(read_card(NAME)["sha256"]),
    )


if __name__ == "__main__":
    main()
