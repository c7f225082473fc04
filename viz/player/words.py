"""Counts in sentences: one thing, two things."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from viz.language import say, say_count
from viz.player import payload
from viz.player.payload import Words


def counted(count: int, thing: str, things: str = "") -> str:
    """``1 state``, ``2 states``; ``things`` where an s does not make the plural."""
    return say_count(f"{{n}} {thing}", f"{{n}} {things or thing + 's'}", count)


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``: what is said one after the other, at least one."""
    *most, last = words
    return say("{most} and {last}", most=say(", ").join(most), last=last) if most else last


def for_each(series: NDArray[np.int64], said: Callable[[int], str]) -> Words:
    """What ``said`` makes of the count at each step, (T,)."""
    counts, index = np.unique(series, return_inverse=True)
    return payload.words([said(int(count)) for count in counts], index.reshape(-1, 1).astype(np.uint8))
