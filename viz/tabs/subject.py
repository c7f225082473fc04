"""The subject of a painting, the same in every room: a picture drawn, chosen or uploaded, and what of it is covered."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.data import mnist_digits, strokes
from core.training.registry import REGISTRY
from viz.language import say
from viz.tabs.common import SIDE
from viz.views.assets import intact


class Picture(NamedTuple):
    """What the editor holds: ``pixels`` uint8, (H, W) of 0 and 255 or (H, W, 3), ``hidden`` (H, W) bool."""

    pixels: NDArray[np.uint8]
    hidden: NDArray[np.bool_]


class Group(NamedTuple):
    """Examples by one maker: the ``title`` says who, ``pictures`` (10, H, W) of 0 and 255 are a 0, a 1 and so on."""

    title: str
    pictures: NDArray[np.uint8]


MAKER = "gated-pixelcnn-mnist"
"""Who painted the gallery."""


@functools.cache
def examples() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: one digit of each class, its strokes drawn by a program."""
    images, _ = strokes.digits(10, seed=12, labels=np.arange(10))
    return np.where(images >= 128, 255, 0).astype(np.uint8)


@functools.cache
def gallery() -> NDArray[np.uint8]:
    """(10, H, W) of 0 and 255: a digit of each class that :data:`MAKER` painted, kept in ``assets/gallery.npz``.

    They are of the kind that the models know. ``scripts/make_assets.py`` says how they were picked.
    """
    with intact("gallery.npz") as stream, np.load(stream) as file:
        bits: NDArray[np.uint8] = np.unpackbits(file["bits"], axis=1)[:, : SIDE * SIDE]
    return bits.reshape(-1, SIDE, SIDE) * np.uint8(255)


def groups() -> list[Group]:
    """All examples, by who made them; MNIST's where they are on the machine."""
    found = [
        Group(say("Painted by {title}", title=say(REGISTRY[MAKER].title)), gallery()),
        Group(say("Drawn by a program"), examples()),
    ]
    mnist = mnist_digits.one_of_each()
    return found if mnist is None else [*found, Group(say("Written by people: MNIST's test digits"), mnist)]


FIRST = 3
"""The class of the digit with which everybody begins; its lower half is covered."""
USUAL = (str(FIRST), "lower")
"""That digit and that cover as an address names them."""


@functools.cache
def usual() -> Picture:
    """The subject with which everybody begins."""
    hidden = np.zeros((SIDE, SIDE), bool)
    hidden[SIDE // 2 :] = True
    return Picture(gallery()[FIRST], hidden)


def choices() -> NDArray[np.uint8]:
    """(N, H, W): the examples of all groups, in the order of the picker's cells."""
    return np.concatenate([group.pictures for group in groups()])
