"""What is there to stay is taken out of Python's search for rubbish, during which everybody waits.

The rooms and torch are two million objects that never go. To look through all of them takes 0.3 s of an idle processor
and more than a second of a busy one, ten times while they are made and again every few minutes of use.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settling() -> Iterator[None]:
    """Make what stays: nobody looks for rubbish meanwhile, and never again among what is there at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
