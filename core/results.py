"""What the studio answers beside traces, and the numbers that models and page share. NumPy only.

Shapes: ``T`` steps or frames, ``n`` pictures, ``d`` latents, ``C`` channels, ``H`` × ``W`` pixels. Prices are in nats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace

SIDE, COLOUR_SIDE = 28, 32
"""Pixels a side of a digit and of a small colour picture."""
STEPS, GLIMPSES = 16, 8
"""Strokes of DRAW and glimpses of the classifier that a painting has, unless another number is asked for."""
LOOKS_SIDE = 60
"""Pixels a side of a scene in the game of eight looks."""
SMALLEST = 1.0
"""Side of the smallest write window that a hand may choose, px; the largest is twice as wide as the picture."""
MOVED = 1e-6
"""A logit has moved if it changed by more than this; a network that cannot see a pixel does not move at all."""


@dataclass(frozen=True, eq=False)
class Erased:
    """A painting and what it is without each of its steps.

    ``whole`` (C, H, W) and ``without`` (T, C, H, W) in [0, 1]; ``kl`` (T,) nats that each step cost and ``lost`` (T,)
    nats by which the picture gets less likely without it, both NaN if nothing was copied.
    """

    whole: Array
    without: Array
    kl: Array
    lost: Array


@dataclass(frozen=True, eq=False)
class Painting:
    """One painting with a hand in it. ``wanted`` (T, 3): x, y and size of the windows that the painter asked for."""

    trace: CanvasTrace
    wanted: Array


@dataclass(frozen=True, eq=False)
class Penned:
    """The same painting without and with the hand: same weights, same noise. Steps before the hand are the same.

    ``blank`` (C, H, W) in [0, 1] is the canvas before the first step.
    """

    untouched: Painting
    touched: Painting
    blank: Array


@dataclass(frozen=True)
class Setting:
    """Centre ``g_x``, ``g_y`` (1-based pixels), stride (px), variance (px²), intensity, and ``n`` filters a side."""

    g_x: float
    g_y: float
    delta: float
    sigma2: float
    gamma: float
    n: int


@dataclass(frozen=True, eq=False)
class Looking:
    """What a window does: filterbanks ``f_x`` (N, W) and ``f_y`` (N, H) with their centres (N,), 1-based pixels.

    ``patch`` (N, N) is γ F_Y x F_Xᵀ (equation 27), ``back`` (H, W) is 1/γ F_Yᵀ patch F_X (equation 29).
    """

    picture: Array
    setting: Setting
    centres_x: Array
    centres_y: Array
    f_x: Array
    f_y: Array
    patch: Array
    back: Array


@dataclass(frozen=True, eq=False)
class Tally:
    """What copies of one picture cost in nats, with attention and without: (n,) each, for the seeds 1 to n."""

    attentive: Array
    plain: Array


@dataclass(frozen=True, eq=False)
class Compared:
    """The network's own look, and the same with one glimpse in a person's place.

    Glimpse ``at`` (from 0) is the person's; those before it are the same in both. ``spread`` is the distance from the
    first filter of that window to its last, as a share of the window's side; ``limits`` are those of its side, px.
    """

    its: CanvasTrace
    yours: CanvasTrace
    at: int
    spread: float
    limits: tuple[float, float]


KINDS = ("paper", "digit", "clutter")
"""What a pixel of a scene can be: paper, ink of the chosen digit, or ink of anything else."""
DIGIT = KINDS.index("digit")
SMALLEST_SCENE, LARGEST_SCENE = 12, 128
"""Sides of a scene whose every pixel can be asked about, px."""
CELLS = (4, 5)
"""Rows and columns of the layer on which an error flows back: few enough to be worked out by hand."""
TAKEN = ("moved", "unmoved", "third", "fourth")
"""Scans that a Diagonal BiLSTM is tried with: its own two, of which the second is moved down by a row; both where they
are; and, beside its own, one from the bottom left or one from the bottom right."""
CORNERS = ("top left", "top right", "bottom left", "bottom right")
"""Where the four directions of a multi-dimensional LSTM begin, in its order."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A map of what every pixel is, as it grows while the scans cross the scene; ``T`` diagonals, ``D`` directions.

    ``scene`` (H, W) in [0, 1]; ``kinds`` (T, 3, H, W), how likely each pixel is paper, digit and clutter; ``digits``
    (T, 10), which digit it is; ``turns`` (D, m, n), the step at which a direction comes to a cell of ``block`` ×
    ``block`` pixels, −1 where it is switched off.
    """

    scene: Array
    kinds: Array
    digits: Array
    turns: NDArray[np.int64]
    block: int


@dataclass(frozen=True, eq=False)
class Backwards:
    """An error on its way back through one direction of a layer of one feature, on ``m`` × ``n`` cells, cell by cell.

    (m, n) each: ``x`` the input, ``state`` and ``memory``; ``own`` the error that the output gives a cell; ``right``
    and ``below`` what comes to its state from the gates of its two successors, named as the direction goes; ``total``
    their sum; ``kept`` what comes to its memory from their memories; ``memory_error`` all that comes to its memory;
    ``given`` the derivative by its input.
    """

    x: Array
    state: Array
    memory: Array
    own: Array
    right: Array
    below: Array
    total: Array
    kept: Array
    memory_error: Array
    given: Array


@dataclass(frozen=True, eq=False)
class Racer:
    """One sampler of a race.

    ``times`` (n,) in seconds from the start to the end of each pass; ``canvases`` (n + 1, C, H, W) before the first
    pass and after each; ``rows`` (n,) that each pass worked on, −1 for the whole picture. ``run`` passes were really
    run: fewer than n where the times of the others are scaled from theirs, and ``differing`` of them drew something
    else than the fastest way had painted. Not ``finished``: its time was over before its picture was there.
    """

    method: str
    times: Array
    canvases: Array
    rows: NDArray[np.int64]
    run: int
    differing: int = 0
    finished: bool = True


@dataclass(frozen=True, eq=False)
class Fitted:
    """How the particle filters fared, each of which gave one of the n pictures.

    Of ``particles`` each, the effective sample size ``ess`` (n, H) after each row, where they were drawn again (n, H)
    and ``log_evidence`` (n,); ``times`` (n,): how often each picture came out, where repeats are shown once.
    """

    particles: int
    ess: Array
    resampled: NDArray[np.bool_]
    log_evidence: Array
    times: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Entry:
    """What one painter answers to a question that is put to all.

    ``pictures`` (n, H, W) in [0, 1]. ``nats`` is what the answer's picture, or the known part of it, costs the painter,
    at most so much if it is a ``bound``; of it, ``code`` nats are spent before any pixel. ``error`` is the standard
    error of ``nats``, and ``wrong`` the share of pixels in which a copy, made paper and ink at ½, is another. All four
    are NaN where the question or the painter has no such number. ``surprise`` (H, W) nats of each pixel, or None;
    ``bits`` are those of the file in which an arithmetic coder put the picture with the painter's odds, or None.
    ``distance`` and ``distinct`` are those of :func:`core.studies.together_rows.diversity`; ``seconds`` are
    those of a processor.
    """

    name: str
    pictures: Array
    nats: float = float("nan")
    bound: bool = False
    code: float = float("nan")
    error: float = float("nan")
    wrong: float = float("nan")
    surprise: Array | None = None
    bits: int | None = None
    distance: float = float("nan")
    distinct: int = 0
    seconds: float = 0.0
    parameters: int = 0


@dataclass(frozen=True, eq=False)
class Bill:
    """What one player pays for a round of bets: ``bits`` (n,), pixel by pixel; ``rule``: it is no model."""

    name: str
    bits: Array
    rule: bool = False


@dataclass(frozen=True, eq=False)
class Glimpsed:
    """A round of looks at one scene: its ``digit``, what the person ``named``, and both traces.

    ``its`` is the network's own look, ``yours`` the same network with the person's windows, as many as there were.
    """

    digit: int
    named: int
    yours: CanvasTrace
    its: CanvasTrace


@dataclass(frozen=True, eq=False)
class Leak:
    """What moved when one pixel was changed: ``change`` (H, W) of the logits, the most of all channels.

    ``early`` pixels moved although they are visited before the changed one, or are that pixel itself: a leak.
    ``late`` pixels moved that are visited after it, as they may.
    """

    change: Array
    early: int
    late: int


@dataclass(frozen=True, eq=False)
class TwoDigits:
    """Two digits on one canvas: ``pixels`` uint8 (H, W) of 0 and 255, ``ink`` (2, H, W) bool: which is whose alone."""

    pixels: NDArray[np.uint8]
    ink: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scene:
    """A digit among clutter: ``pixels`` (S, S), and ``row``, ``column`` (from 0) of its 28 × 28 box's top left.

    ``kinds`` (S, S) is what each pixel is, of :data:`KINDS`.
    """

    pixels: NDArray[np.uint8]
    row: int
    column: int
    kinds: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Novelty:
    """``pictures`` (16, H, W) of 0 and 1 that were imagined; ``imagined``, ``test`` and ``train`` (1,000,) each.

    The last are pixels in which a picture differs from the nearest training digit, measured beforehand.
    """

    pictures: NDArray[np.uint8]
    imagined: NDArray[np.int16]
    test: NDArray[np.int16]
    train: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Round:
    """A round of the game: its ``digit`` (H, W), true where there is ink, and the ``places`` (n, 2) asked about.

    Places are rows and columns in the order of reading.
    """

    digit: NDArray[np.bool_]
    places: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Known:
    """A trained model: what it is, the ``sha256`` of its weights, and its ``metrics`` as on its card.

    ``reported`` is somebody else's figure for the same model, in nats.
    """

    name: str
    family: str
    title: str
    about: str
    parameters: int
    sha256: str
    metrics: list[dict[str, Any]]
    reported: str | None
