"""What a painting costs, in seconds of a processor, known before it begins; the measurements are in benchmarks/.

Half or twice as much is near enough: prices decide who goes first and how much one page may ask for.
"""

from __future__ import annotations

PICTURES: dict[str, tuple[float, float]] = {
    "diagonal-bilstm-mnist": (0.062, 0.2),
    "gated-pixelcnn-mnist": (0.072, 0.51),
    "mcgsm-mnist": (0.036, 0.25),
    "multiscale-mnist": (0.043, 0.16),
    "pixelcnn-cifar10": (0.22, 1.6),
    "pixelcnn-mnist": (0.04, 0.3),
    "pixelcnn-placed-mnist": (0.02, 0.067),
    "pixelcnn-svhn": (0.16, 1.4),
    "pixelcnn-unplaced-mnist": (0.02, 0.06),
    "row-lstm-mnist": (0.029, 0.24),
    "spatial-lstm-mnist": (0.2, 0.32),
}
"""Model -> seconds of one picture and of sixteen together, as in ``benchmarks/prices.json``; a test compares."""
PARTICLES: dict[str, tuple[float, float]] = {
    "diagonal-bilstm-mnist": (0.097, 0.31),
    "gated-pixelcnn-mnist": (0.29, 1.7),
    "mcgsm-mnist": (0.09, 0.47),
    "pixelcnn-cifar10": (2.4, 19.0),
    "pixelcnn-mnist": (0.12, 0.83),
    "pixelcnn-placed-mnist": (0.042, 0.16),
    "pixelcnn-svhn": (2.6, 18.0),
    "pixelcnn-unplaced-mnist": (0.041, 0.16),
    "row-lstm-mnist": (0.1, 0.5),
    "spatial-lstm-mnist": (0.32, 0.65),
}
"""Model -> seconds of a filter with eight particles and of one with sixty-four, from there, too. What a particle takes
beside a picture depends on the model: fewer passes at a time, and rows are copied where they are chosen."""
COUNTS = {"pictures": (1, 16), "particles": (8, 64)}
"""How many of each were measured; the price of any other number lies on the line through both."""
RACE = 1.0
"""Seconds of a sampler race, which has a clock of its own (:mod:`core.samplers.race`)."""
STROKE, STROKES = 0.0008, 0.00003
"""Seconds of a stroke of DRAW for one picture, and of each further picture in it (``python -m benchmarks.prices``)."""


def pictures(name: str, count: int, share: float = 1.0) -> float:
    """Seconds of ``count`` pictures by a pixel model, of which a ``share`` of the rows is to be painted."""
    return share * _on_the_line(PICTURES, name, COUNTS["pictures"], count)


def particles(name: str, count: int, share: float = 1.0) -> float:
    """Seconds of ``count`` particles of all filters together."""
    return share * _on_the_line(PARTICLES, name, COUNTS["particles"], count)


def strokes(length: int, count: int = 1) -> float:
    """Seconds of ``length`` strokes of DRAW on ``count`` canvases."""
    return length * (STROKE + STROKES * (count - 1))


def _on_the_line(table: dict[str, tuple[float, float]], name: str, counts: tuple[int, int], count: int) -> float:
    """What was measured for two counts, for another; a model that was not measured is taken for the dearest."""
    (few, many), (less, more) = table.get(name, max(table.values(), key=max)), counts
    return few + (many - few) * (count - less) / (more - less)
