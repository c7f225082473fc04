"""The values of the map of a latent space: dots, the pictures behind them, a posterior's ellipse. NumPy only.

A map shows a :class:`core.studies.vae_map.Plane`. Its places are the plane's coordinates, in the prior's standard
deviations; the page draws them on even axes, or on axes of the prior's quantiles.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any, TypedDict
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.studies.latents import DRAWS
from core.studies.vae_map import Numbers, Plane
from core.trace import Array, CanvasTrace
from viz.language import say
from viz.player import frames, payload
from viz.player.payload import Player, encode, finite, pixels
from viz.player.words import listed

CLASSES = (
    "#eeffff",
    "#ff7711",
    "#8888dd",
    "#ffee00",
    "#dd3300",
    "#aa11ff",
    "#ddcc99",
    "#88aaaa",
    "#cc3388",
    "#bbbbff",
)
"""A colour for each digit, on a near-black ground.

Of colours light enough for it these ten were searched for that lie farthest apart, the nearest two, in OKLab as seen by
people with normal sight, without red and without green cones (Machado et al. 2009).
"""
LEVELS = 64
"""Grey levels of the pictures behind the dots; what is under the hand has all 256."""


class Map(TypedDict):
    """What the map shows of ``model``: codes are z = ``origin`` (d,) + x ``basis[0]`` + y ``basis[1]``.

    ``half`` is half the side of the even square in the plane's units; with ``quantiles`` the axes are those of the
    prior's cumulative distribution. ``dots`` uint16 (n, 2), x and y from −half (0) to half (65,535), ``classes`` uint8
    (n,); ``lattice`` is a PNG as data URL, ``side`` × ``side`` pictures from the top left. ``words`` is HTML.
    """

    id: str
    model: str
    height: int
    width: int
    axes: list[str]
    half: float
    quantiles: bool
    origin: list[float]
    basis: list[list[float]]
    count: int
    dots: str
    classes: str
    lattice: str
    side: int
    words: str


class Cloud(TypedDict):
    """A posterior on the map: ``mean`` (d,), in the plane its ``centre`` (2,) and ``half_axes`` (2, 2) at 1 σ.

    ``points`` (k, 2) are codes drawn from it; ``pictures`` uint8 (k + 1, H, W) are painted from its mean and from them.
    ``words`` is HTML.
    """

    id: str
    model: str
    height: int
    width: int
    mean: list[float]
    centre: list[float]
    half_axes: list[list[float]]
    points: list[list[float]]
    pictures: str
    words: str


def map_value(
    model: str,
    plane: Plane,
    lattice: Array,
    places: Numbers,
    labels: NDArray[np.uint8],
    *,
    axes: Sequence[str],
    half: float,
    quantiles: bool,
    words: str,
) -> Map:
    """A map of ``lattice`` (side², H, W) in [0, 1] and dots at ``places`` (n, 2) with their digits ``labels`` (n,).

    Dots beyond the square are left out. Raises ``ValueError`` where a number is not finite.
    """
    within = (np.abs(finite(places, "A map")) <= half).all(1) if len(places) else np.zeros(0, bool)
    count, (height, width) = int(within.sum()), lattice.shape[1:]
    return {
        "id": uuid4().hex,
        "model": model,
        "height": height,
        "width": width,
        "axes": list(axes),
        "half": half,
        "quantiles": quantiles,
        "origin": rounded(plane.origin, 6),
        "basis": [rounded(row, 6) for row in plane.basis],
        "count": count,
        "dots": encode(np.rint((places[within] / half + 1) / 2 * 0xFFFF), np.uint16),
        "classes": encode(labels[within], np.uint8),
        "lattice": sheet(lattice),
        "side": math.isqrt(len(lattice)),
        "words": words,
    }


def rounded(values: Any, digits: int) -> list[float]:
    """Finite numbers as JSON writes them; raises ``ValueError`` for others."""
    finite(values, "A map")
    return [round(float(value), digits) for value in values]


def sheet(lattice: Array) -> str:
    """Pictures (side², H, W) in [0, 1] side by side as one PNG of :data:`LEVELS` greys, as a data URL."""
    side, (height, width) = math.isqrt(len(lattice)), lattice.shape[1:]
    laid = lattice.reshape(side, side, height, width).transpose(0, 2, 1, 3).reshape(side * height, side * width)
    levels = np.rint(np.clip(finite(laid, "The picture"), 0, 1) * (LEVELS - 1)) / (LEVELS - 1)
    file = io.BytesIO()
    Image.fromarray(pixels(levels)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def cloud_value(
    model: str, plane: Plane, mean: Array, sigma: Array, samples: Array, pictures: Array, words: str
) -> Cloud:
    """The posterior N(mean, diag σ²) of a picture, ``samples`` (k, d) of it and ``pictures`` (k + 1, H, W)."""
    for numbers in (mean, sigma, samples):
        finite(numbers, "A cloud")
    centre, points = plane.places(mean[None].astype(np.float64))[0], plane.places(samples.astype(np.float64))
    return {
        "id": uuid4().hex,
        "model": model,
        "height": pictures.shape[1],
        "width": pictures.shape[2],
        "mean": rounded(mean, 5),
        "centre": rounded(centre, 5),
        "half_axes": [rounded(row, 5) for row in plane.half_axes(sigma.astype(np.float64))],
        "points": [rounded(row, 5) for row in points],
        "pictures": encode(pixels(pictures), np.uint8),
        "words": words,
    }


TEST = "{total:,} test digits of binarised MNIST, coloured by their true class."
OWN = "{total:,} pictures from which it did not learn, of those that it was trained with."
"""Whose the dots are: of a shipped model, and of one that was trained here."""
OTHER = "No dots: the codes that are kept belong to other weights (<code>scripts/make_codes.py</code>)."
GONE = "No dots: the pictures that it was trained with are no longer here."


def map_words(
    *,
    shown: int,
    total: int,
    quantiles: bool,
    side: int,
    half: float,
    held: str = "",
    share: float | None = None,
    whose: str = "",
) -> str:
    """What the dots, ``shown`` of ``total``, and the pictures behind them are; ``whose`` says why there are none."""
    if total:
        beyond = say(" {total:,} of them lie outside.", total=total - shown) if shown < total else ""
        dots = say(
            "<b>{shown:,} dots</b>: where the encoder puts {it}{beyond}",
            shown=shown,
            it=(whose or say(TEST)).format(total=total),
            beyond=beyond,
        )
    else:
        dots = whose or say(OTHER)
    if quantiles:
        behind = say(
            "Axes are the prior's quantiles: all {side} × {side} pictures stand for equal shares of it, and what "
            "the prior likes least is squeezed against the edges.",
            side=side,
        )
    else:
        behind = say(
            "Axes are in the prior's standard deviations, as far as the dots reach: ±{half:g}. The {side} × "
            "{side} pictures stand evenly.",
            half=half,
            side=side,
        )
    plane = (
        ""
        if share is None
        else say(" The plane shows {share:.0f} % of the variance of these codes.", share=100 * share)
    )
    return f"{dots}{plane} {behind}{held}"


def cloud_words(mean: Array, deviation: Array, axes: Sequence[str], kl: float, rest: float, d: int, blank: bool) -> str:
    """What the encoder says of a picture; ``mean`` and ``deviation`` (2,) in the plane, ``kl`` and ``rest`` in nats."""
    numbers = listed(
        [f"{axis} = {minus(f'{m:.2f}')} ± {s:.2f}" for axis, m, s in zip(axes, mean, deviation, strict=True)]
    )
    flat = (
        ""
        if d == 2
        else say(" The map shows two of its {d} directions; the pictures below come from whole codes.", d=d)
    )
    sheet = (
        say(
            "This sheet is <b>blank</b>; even so the encoder answers with a <b class='vae'>cloud</b> of codes: "
            "{numbers}."
        )
        if blank
        else say("The encoder answers with a <b class='vae'>cloud</b> of codes: {numbers}.")
    ).format(numbers=numbers)
    rings = say(" Its rings lie one and two standard deviations from the mean.")
    price = say(
        "Telling a code of the cloud costs <b>{kl:.1f} nats</b> (KL). Naming every pixel then takes {rest:.1f} more, "
        "on average over {draws} codes drawn from the cloud. Together that is <b>{both:.1f} nats</b>, a bound: "
        "this model needs no more for the picture.",
        kl=kl,
        rest=rest,
        draws=DRAWS,
        both=kl + rest,
    )
    return f"<p>{sheet}{rings}{flat}</p><p>{price}</p>"


def minus(text: str) -> str:
    """A number with a typographic minus."""
    return text.replace("-", "−")


def film_payload(trace: CanvasTrace, way: Numbers, model: str) -> Player:
    """A path through the latent space of ``model``, as the page calls it.

    Its note carries the codes (T, d), for the map to show where a frame lies.
    """
    value = frames.walk_payload(trace, say("{way} frames along your path · {model}", way=len(way), model=model), "vae")
    codes: dict[str, payload.Value | payload.Words] = {
        f"z{i + 1}": payload.value(column[:, None].astype(np.float32), 2) for i, column in enumerate(way.T)
    }
    note: payload.Note = {
        "title": say("On the path"),
        "html": say("Equal steps in the code."),
        "rows": [[name, f"[[{name}]]"] for name in codes],
        "values": codes,
        "patches": [],
    }
    return {**value, "note": note}
