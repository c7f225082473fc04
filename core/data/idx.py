"""The format of MNIST's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_idx(path: Path) -> NDArray[np.uint8]:
    """An array of bytes in MNIST's format: the bytes 0, 0, 8, the number of dimensions, the dimensions, the values."""
    content = path.read_bytes()
    if content[:3] != bytes([0, 0, 8]):
        raise ValueError(f"{path} is not a file of bytes in MNIST's format.")
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
