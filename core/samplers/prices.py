"""What a painting costs, in seconds of a processor, known before it begins; the measurements are in benchmarks/.

Half or twice as much is near enough: prices decide who goes first and how much one page may ask for.
"""

from __future__ import annotations

PICTURES: dict[str, tuple[float, float]] = {
    "diagonal-bilstm-mnist": (0.084, 0.17),
    "gated-pixelcnn-mnist": (0.035, 0.28),
    "mcgsm-mnist": (0.043, 0.38),
    "multiscale-mnist": (0.033, 0.18),
    "pixelcnn-cifar10": (0.11, 0.90),
    "pixelcnn-mnist": (0.023, 0.20),
    "pixelcnn-placed-mnist": (0.013, 0.047),
    "pixelcnn-svhn": (0.11, 0.84),
    "pixelcnn-unplaced-mnist": (0.0097, 0.050),
    "row-lstm-mnist": (0.029, 0.14),
    "spatial-lstm-mnist": (0.17, 0.26),
}
"""Model -> seconds of one picture and of sixteen together, as in ``benchmarks/samplers.json``; a test compares."""
DEAREST = (0.17, 0.90)
"""Of a model that was not measured, such as one's own."""
MANY = 16
FILTER = 2.2
"""How many times as long a particle takes as a picture: rows are painted, weighed, and copied where they are chosen."""
RACE = 3.0
"""Seconds of a sampler race, which has a clock of its own (:mod:`core.samplers.race`)."""
STROKE, STROKES = 0.0013, 0.00005
"""Seconds of a stroke of DRAW for one picture, and of each further picture in it (``python -m benchmarks.prices``)."""


def pictures(name: str, count: int, share: float = 1.0) -> float:
    """Seconds of ``count`` pictures by a pixel model, of which a ``share`` of the rows is to be painted."""
    one, many = PICTURES.get(name, DEAREST)
    return share * (one + (many - one) / (MANY - 1) * (count - 1))


def particles(name: str, count: int, share: float = 1.0) -> float:
    """Seconds of ``count`` particles of all filters together."""
    return FILTER * pictures(name, count, share)


def strokes(length: int, count: int = 1) -> float:
    """Seconds of ``length`` strokes of DRAW on ``count`` canvases."""
    return length * (STROKE + STROKES * (count - 1))
