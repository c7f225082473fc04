"""The one language between painter and picture.

A model answers a request with a generator of :class:`Step`; a :class:`Trace` is what is kept of it. Scrubbing
and exporting read the trace and never run the model again, so what is shown cannot drift from what was computed.
NumPy only: this module stands at the bottom of the house.

Coordinates: pixels, origin at the top left corner of the image, x to the right, y down; the centre of the first
pixel is (0.5, 0.5). ``B`` images, ``C`` channels, ``H`` × ``W`` pixels, ``T`` steps.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Array = NDArray[np.float32]
MarkKind = Literal["read", "write", "pixel", "row", "glimpse"]

UNITS: dict[str, str] = {
    "kl": "nats",
    "nats": "nats",
    "entropy": "nats",
    "probability": "",
    "x": "px",
    "y": "px",
    "stride": "px",
    "variance": "px²",
    "intensity": "",
    "row": "",
    "changed": "pixels",
    "number": "",
    "confidence": "",
}
"""Units of the named scalars; ``read_stride`` and ``write_stride`` share the unit of ``stride``."""


def unit(name: str) -> str:
    """Unit of a scalar by its name or by the last word of it; raises ``KeyError`` for an unknown one."""
    return UNITS[name] if name in UNITS else UNITS[name.rsplit("_", 1)[-1]]


@dataclass(frozen=True, eq=False)
class Mark:
    """Where a painter looked or wrote at one step: an axis-parallel box for each image.

    ``x, y`` centre, ``width, height`` size, all (B,) in pixels; ``precision`` (B,) is 1/σ of the Gaussian filters
    in 1/px (``inf`` for a mark with hard borders).
    """

    kind: MarkKind
    x: Array
    y: Array
    width: Array
    height: Array
    precision: Array


@dataclass(frozen=True, eq=False)
class Step:
    """What a painter shows after one step.

    ``image`` (B, C, H, W) in [0, 1]; ``scalars`` name -> (B,) in the units of :data:`UNITS`;
    ``patches`` name -> (B, C, h, w): small pictures of the step, such as the glimpse that DRAW reads.
    """

    image: Array
    marks: tuple[Mark, ...] = ()
    scalars: Mapping[str, Array] = field(default_factory=dict)
    patches: Mapping[str, Array] = field(default_factory=dict)


class TraceError(UserError):
    """A trace does not have what it was asked for; the message is one sentence for the user."""


def place(t: int, steps: int) -> int:
    """The step ``t`` of so many, counted from the end where it is negative. Raises :class:`TraceError`."""
    if not -steps <= t < steps:
        raise TraceError("There is no step {t}: there are {steps}, from 0 on, and −1 is the last.", t=t, steps=steps)
    return t % steps


class Trace(ABC):
    """A stored painting of T steps and B pictures, and what can be made of it.

    Files and the player of a notebook are made by :mod:`viz.files`, which is imported only then.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def frame(self, t: int) -> Array:
        """(B, C, H, W) in [0, 1] after step ``t``, −1 being the last. Raises :class:`TraceError` for no step of it."""

    @abstractmethod
    def marks(self, t: int) -> tuple[Mark, ...]:
        """Where it looked and wrote at step ``t``."""

    @abstractmethod
    def series(self, name: str) -> Array:
        """(T, B): a scalar over time. Raises ``KeyError`` for one that it does not have."""

    def __repr__(self) -> str:
        count, *shape = self.frame(0).shape
        return f"<{type(self).__name__}: {count} of {'×'.join(map(str, shape))}, {len(self)} steps>"

    def to_gif(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write an animation and answer with its path; options as in :func:`viz.player.export.write_film`.

        Raises ``UserError`` for options out of range and where nothing can be written, as the other two do.
        """
        from viz.files import gif

        return gif(self, path, **options)

    def to_png(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write a strip of steps, the first and the last among them; options as in :func:`.export.write_strip`."""
        from viz.files import png

        return png(self, path, **options)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write a page of one file that plays the painting in any browser, without a server or the net."""
        from viz.files import html

        return html(self, path)

    def _repr_html_(self) -> str:
        """What a notebook shows: the player."""
        from viz.files import framed

        return framed(self)


@dataclass(frozen=True, eq=False, repr=False)
class CanvasTrace(Trace):
    """A stack of canvases: DRAW, VAE and everything else with few, whole steps."""

    steps: tuple[Step, ...]
    subject: Array | None = None
    """(B, C, H, W): the picture that was read, if there was one."""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("A trace needs at least one step.")

    @classmethod
    def record(cls, steps: Iterable[Step], subject: Array | None = None) -> CanvasTrace:
        """Run a painter to its end and keep every step."""
        return cls(tuple(steps), subject)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def nats(self) -> Array:
        """(B, T + 1): what each copied picture costs: the latents of every step, then the pixels, given all of them.

        A row sums up to the bound on −log p of its picture. Raises :class:`TraceError` where nothing was copied.
        """
        last = self.steps[-1].scalars
        if "reconstruction_nats" not in last or any("kl" not in step.scalars for step in self.steps):
            raise TraceError("Only a copy of a picture has a price in nats: nothing was copied here.")
        return np.stack([*self.series("kl"), last["reconstruction_nats"]], 1)

    def frame(self, t: int) -> Array:
        return self.steps[place(t, len(self))].image

    def marks(self, t: int) -> tuple[Mark, ...]:
        return self.steps[t].marks

    def series(self, name: str) -> Array:
        return np.stack([step.scalars[name] for step in self.steps])


@dataclass(frozen=True, eq=False, repr=False)
class RasterTrace(Trace):
    """A picture painted one pixel after another: 784 steps are not 784 images.

    ``image`` (B, C, H, W) the finished picture; ``probability`` (B, H, W) of ink at each pixel given those before
    it, or, for colour, of the very colour that was drawn, and ``entropy`` (B, H, W) of the distribution it was drawn
    from, in nats, both at the temperature of the sampler; ``order`` (T, 2) rows and columns in the order of the visits;
    ``known`` (B, H, W) bool, pixels that were given and so are there from the first frame on.
    ``nats`` (B, H, W) is −log p of each pixel's value under the model itself (temperature 1).
    """

    image: Array
    probability: Array
    entropy: Array
    nats: Array
    order: NDArray[np.int64]
    known: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.order)

    def shown(self, t: int) -> NDArray[np.bool_]:
        """(B, H, W): the pixels that stand on the canvas after step ``t``."""
        seen = np.zeros(self.image.shape[-2:], bool)
        rows, columns = self.order[: place(t, len(self)) + 1].T
        seen[rows, columns] = True
        return self.known | seen

    def frame(self, t: int) -> Array:
        return self.image * self.shown(t)[:, None]

    def marks(self, t: int) -> tuple[Mark, ...]:
        row, column = self.order[t]
        one = np.ones(len(self.image), np.float32)
        return (Mark("pixel", (column + 0.5) * one, (row + 0.5) * one, one, one, np.inf * one),)

    def series(self, name: str) -> Array:
        fields = {"nats": self.nats, "entropy": self.entropy, "probability": self.probability}
        rows, columns = self.order.T
        return fields[name][:, rows, columns].T
