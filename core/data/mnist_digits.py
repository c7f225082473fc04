"""Ten of MNIST's test digits, one of each class, where MNIST is on the machine: its pictures are not shipped."""

from __future__ import annotations

import functools
import logging
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.idx import read_idx

CHOSEN = (13, 5, 72, 32, 27, 102, 21, 17, 110, 12)
"""Readable ones, by their number in the test split: a 0, a 1 and so on, looked at by a person."""
SEED = 0

log = logging.getLogger("easel")


def one_of_each() -> NDArray[np.uint8] | None:
    """(10, 28, 28) of 0 and 255, if MNIST lies in the folder that the environment variable ``EASEL_DATA`` names."""
    root = os.environ.get("EASEL_DATA")
    return read(Path(root)) if root else None


@functools.cache
def read(root: Path) -> NDArray[np.uint8] | None:
    """The digits from a data folder, made black and white as the models' own data was: a pixel is ink with the
    probability that is its grey. None, and a line in the log, where there is no MNIST.
    """
    try:
        images = read_idx(root / "MNIST" / "raw" / "t10k-images-idx3-ubyte")
        grey = images[list(CHOSEN)]
    except (OSError, ValueError, IndexError):
        log.warning("There is no MNIST in %s: the examples go without its test digits.", root)
        return None
    drawn = np.random.default_rng(SEED).random(grey.shape) * 255
    return np.where(drawn < grey, 255, 0).astype(np.uint8)
