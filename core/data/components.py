"""Connected parts of a black-and-white picture, in NumPy alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class Part(NamedTuple):
    """One connected part: its number in the labels, its area in pixels and its box (rows and columns)."""

    number: int
    area: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def label(mask: Mask, corners: bool = True) -> NDArray[np.int32]:
    """(H, W): 0 where ``mask`` is false, else the number of the connected part, from 1 in the order of their tops.

    With ``corners`` pixels that meet in a corner are connected. Runs of each row are joined with those that they touch
    in the next one, by letting each run know the first run that it hangs together with.
    """
    height, width = mask.shape
    flat = np.zeros(height * (width + 1) + 1, np.int8)
    flat[:-1].reshape(height, width + 1)[:, :width] = mask
    edges = np.diff(flat, prepend=np.int8(0))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    reach = 0 if corners else 1
    low = np.searchsorted(ends, starts + width + 1 + reach, "left")
    high = np.searchsorted(starts, ends + width + 1 - reach, "right")
    number = np.maximum(high - low, 0)
    above = np.repeat(np.arange(len(starts)), number)
    below = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number) + np.repeat(low, number)
    first = np.arange(len(starts))
    while True:
        least = np.minimum(first[above], first[below])
        joined = first.copy()
        np.minimum.at(joined, first[above], least)
        np.minimum.at(joined, first[below], least)
        joined = joined[joined]
        if np.array_equal(joined, first):
            break
        first = joined
    names = np.unique(first, return_inverse=True)[1] + 1
    labels = np.zeros(len(flat), np.int32)
    for_run = np.repeat(names, ends - starts)
    labels[np.flatnonzero(flat)] = for_run
    return labels[:-1].reshape(height, width + 1)[:, :width]


def parts(labels: NDArray[np.int32]) -> Iterator[Part]:
    """Area and box of every part."""
    height, width = labels.shape
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    count = int(numbers.max(initial=0)) + 1
    area = np.bincount(numbers, minlength=count)
    top, left = np.full(count, height), np.full(count, width)
    bottom, right = np.zeros(count, int), np.zeros(count, int)
    np.minimum.at(top, numbers, rows)
    np.maximum.at(bottom, numbers, rows + 1)
    np.minimum.at(left, numbers, columns)
    np.maximum.at(right, numbers, columns + 1)
    for i in range(1, count):
        yield Part(i, int(area[i]), int(top[i]), int(bottom[i]), int(left[i]), int(right[i]))


def filled(mask: Mask) -> Mask:
    """The mask with its holes, which are what no way leads to from outside the picture."""
    outside = label(np.pad(~mask, 1, constant_values=True), corners=False)
    return (outside != outside[0, 0])[1:-1, 1:-1]
