"""Made-up traces with every field filled, for tests of what is shown of them."""

from __future__ import annotations

import numpy as np

from core.trace import CanvasTrace, Mark, MarkKind, RasterTrace, Step


def f32(values: object) -> np.ndarray:
    return np.asarray(values, np.float32)


def draw_trace(steps: int = 6, cells: int = 1, *, side: int = 28, subject: bool = True, windows: bool = True):
    """A painting by strokes: a blob that sharpens, on it windows that wander."""
    rng = np.random.default_rng(steps * 100 + cells)
    y, x = np.mgrid[0:side, 0:side] / side
    target = np.stack([np.hypot(x - 0.5, y - 0.4 - 0.2 * i / cells) < 0.3 for i in range(cells)])[:, None]
    kinds: tuple[MarkKind, ...] = (("read", "write") if subject else ("write",)) if windows else ()
    painted = []
    for t in range(steps):
        slope = 1.5 * (t + 1) * (2.0 * target - 1) * (0.3 + np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) * 4))
        image = 1 / (1 + np.exp(-slope - 0.02 * rng.normal(size=slope.shape)))
        marks, scalars, patches = [], {}, {}
        if subject:
            scalars["kl"] = f32(rng.gamma(2, 2, cells))
            scalars["reconstruction_nats"] = f32(rng.gamma(9, 20 / (t + 1), cells))
        for kind in kinds:
            centre_x, centre_y = f32(rng.uniform(0.2, 0.8, (2, cells)) * side)
            stride, variance, intensity = f32(rng.uniform(0.5, 2, (3, cells)))
            size = 4 * stride + 2 * np.sqrt(variance)
            marks.append(Mark(kind, centre_x, centre_y, size, size, 1 / np.sqrt(variance)))
            names = ("x", "y", "stride", "variance", "intensity")
            values = (centre_x, centre_y, stride, variance, intensity)
            scalars |= {f"{kind}_{name}": value for name, value in zip(names, values, strict=True)}
            patches[kind] = f32(rng.normal(size=(cells, 1, 5, 5)))
        if "read" in patches:
            patches["read_error"] = f32(rng.uniform(-1, 1, size=(cells, 1, 5, 5)))
        painted.append(Step(f32(image), tuple(marks), scalars, patches))
    return CanvasTrace(tuple(painted), f32(target) if subject else None)


def raster_trace(cells: int = 1, *, side: int = 28, known_rows: int = 0, ink: float = 0.3) -> RasterTrace:
    """A painting pixel by pixel, its upper rows given."""
    rng = np.random.default_rng(cells + side)
    image = f32(rng.random((cells, 1, side, side)) < ink)
    probability = f32(rng.uniform(0.02, 0.98, (cells, side, side)))
    known = np.zeros((cells, side, side), bool)
    known[:, :known_rows] = True
    nats = -np.log(np.where(image[:, 0] == 1, probability, 1 - probability))
    order = np.stack(np.divmod(np.arange(side * side), side), 1)
    p = probability.astype(float)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    return RasterTrace(image, probability, f32(entropy), f32(nats), order, known)


def passes_trace(cells: int = 2, side: int = 6) -> CanvasTrace:
    """Two passes for each row: the first changes pixels, the second finds nothing to change."""
    rng = np.random.default_rng(cells)
    final, one, steps = rng.random((cells, 1, side, side)) < 0.5, np.ones(cells, np.float32), []
    for row in range(side):
        for last in (False, True):
            image = np.where(np.arange(side)[:, None] <= row - (not last), final, 0)
            mark = Mark("row", side / 2 * one, (row + 0.5) * one, side * one, one, np.inf * one)
            steps.append(Step(f32(image), (mark,), {"row": row * one, "changed": (0 if last else 2 + row) * one}))
    return CanvasTrace(tuple(steps))


def walk_trace(steps: int = 5, cells: int = 3, channels: int = 1, side: int = 8) -> CanvasTrace:
    """Pictures that change everywhere at every step."""
    images = f32(np.random.default_rng(steps).random((steps, cells, channels, side, side)))
    return CanvasTrace(tuple(Step(image) for image in images))
