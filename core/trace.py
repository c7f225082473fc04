"""The one language between painter and picture.

A model answers a request with a generator of :class:`Step`; a :class:`Trace` is what is kept of it. Scrubbing
and exporting read the trace and never run the model again, so what is shown cannot drift from what was computed.
NumPy only: this module stands at the bottom of the house.

Coordinates: pixels, origin at the top left corner of the image, x to the right, y down; the centre of the first
pixel is (0.5, 0.5). ``B`` images, ``C`` channels, ``H`` × ``W`` pixels, ``T`` steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

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


class Trace(Protocol):
    """A stored painting. ``frame(t)`` is (B, C, H, W) in [0, 1]; ``series(name)`` is (T, B)."""

    def __len__(self) -> int: ...
    def frame(self, t: int) -> Array: ...
    def marks(self, t: int) -> tuple[Mark, ...]: ...
    def series(self, name: str) -> Array: ...


@dataclass(frozen=True, eq=False)
class CanvasTrace:
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

    def frame(self, t: int) -> Array:
        return self.steps[t].image

    def marks(self, t: int) -> tuple[Mark, ...]:
        return self.steps[t].marks

    def series(self, name: str) -> Array:
        return np.stack([step.scalars[name] for step in self.steps])


@dataclass(frozen=True, eq=False)
class RasterTrace:
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
        rows, columns = self.order[: t + 1].T
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
