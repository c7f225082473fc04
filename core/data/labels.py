"""Labels for binarised pictures, found by the grey picture that each was drawn from.

The public files of binarised MNIST have neither labels nor MNIST's order. But a pixel is ink with a probability that
is its grey value, so a binarised picture says which grey picture it came from: log p(x | grey) of the right one lies
mostly tens of nats above that of any other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from core.data import sets
from core.data.binarized_mnist import NAME

CHUNK = 1_000


def likeliest_sources(images: NDArray[np.uint8], greys: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For each binary picture (N, …) of 0 and 1 the index of the grey one (M, …) of 0–255 it most likely came from."""
    logits = torch.tensor(greys.reshape(len(greys), -1)).float().div_(255).clamp_(1e-3, 1 - 1e-3).logit_()
    offset = -F.softplus(logits).sum(1)
    binary = torch.tensor(images.reshape(len(images), -1))
    found = [torch.addmm(offset, part.float(), logits.T).argmax(1) for part in binary.split(CHUNK)]
    return torch.cat(found).cpu().numpy()


def labelled(dataset: sets.DataSet, root: str | None) -> sets.DataSet:
    """A split of binarised MNIST with labels; needs MNIST in the same folder and, for 50,000 pictures, a minute.

    A data set that has labels comes back as it is. Raises :class:`core.data.sets.DataError`, for pictures of another
    data set without labels, too.
    """
    if dataset.labels is not None:
        return dataset
    if dataset.name != NAME:
        raise sets.DataError(
            "{name} has no labels, and they can only be found for {name2}.", name=dataset.name, name2=NAME
        )
    parts = ("test",) if dataset.split == "test" else ("train", "valid")
    sources = [sets.load("mnist", part, root) for part in parts]
    chosen = likeliest_sources(dataset.images, np.concatenate([source.images for source in sources]))
    labels = np.concatenate([source.labels for source in sources if source.labels is not None])
    return replace(dataset, labels=labels[chosen])
