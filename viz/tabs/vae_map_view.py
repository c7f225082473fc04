"""What the map shows: a plane of a model's latent space, its dots, the pictures on it, a cloud and a film.

Plain functions of the studio, for the tab and for the assets alike.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.latent_plane import Numbers, Plane, extent, principal
from core.trace import Array
from viz import latent_map
from viz.assets import intact
from viz.latent_map import Cloud, Map
from viz.payload import Player

MODELS = {
    "2 numbers": "aevb-mnist-2d",
    "2 numbers, β = 0.1": "aevb-mnist-2d-beta01",
    "2 numbers, β = 4": "aevb-mnist-2d-beta4",
    "8 numbers": "vae-mnist",
    "20 numbers": "vae-mnist-20d",
}
LENGTHS = dict(zip(MODELS, (2, 2, 2, 8, 20), strict=True))
PRINCIPAL, AXES = "Principal plane", "Two numbers"
MEAN, DIGIT = "At the mean", "As in your digit"
EVEN, QUANTILES = "Even", "Quantiles"
LEAST, MOST = 3.0, 12.0
"""Half a map's side: three standard deviations of the prior at least; far beyond lies no code of ours."""


class Codes(NamedTuple):
    """Stored codes of test digits: ``means`` (n, d) in the model's own order, their ``labels`` (n,)."""

    means: Array
    labels: NDArray[np.uint8]
    sha256: str


class View(NamedTuple):
    """What is to be seen of which model: keys of this module's choices, and two numbers of the code from 1."""

    model: str
    plane: str
    across: int
    along: int
    held: str
    tiles: str


class Seen(NamedTuple):
    """A view as it stands: the plane, its axes' names, the dots (n, 2) and labels, half its side, and what it shows."""

    plane: Plane
    axes: list[str]
    places: Numbers
    labels: NDArray[np.uint8]
    half: float
    share: float | None
    held: str


FIRST = View("2 numbers", PRINCIPAL, 1, 2, MEAN, EVEN)


@functools.cache
def codes(name: str) -> Codes:
    """The codes of a model from ``assets/codes.npz``; see :mod:`scripts.make_codes`."""
    with intact("codes.npz") as stream, np.load(stream, allow_pickle=False) as file:
        return Codes(file[f"{name}.means"].astype(np.float32), file["labels"], str(file[f"{name}.sha256"]))


def model_of(view: View) -> str:
    """The name of the model; raises :class:`core.errors.UserError` for a choice that is none."""
    if view.model not in MODELS:
        raise UserError("There is no such model.")
    return MODELS[view.model]


def seen(studio: Any, view: View, pixels: NDArray[np.uint8]) -> Seen:
    """The plane of a view and what lies on it; ``pixels`` are needed where it goes through their code."""
    name = model_of(view)
    known, d = codes(name), LENGTHS[view.model]
    ordered = studio.map.in_order(name, known.means, known.sha256)
    means = np.zeros((0, d)) if ordered is None else ordered.astype(np.float64)
    variance, held = means.var(0) if len(means) else np.ones(d), ""
    if d == 2:
        plane, axes, share = studio.map.of_axes(name, 1, 2), ["z1", "z2"], None
    elif view.plane == PRINCIPAL and len(means):
        plane, shares = principal(means)
        axes, share = ["component 1", "component 2"], float(shares[:2].sum())
        held = " What lies outside of the plane is held at the mean of the dots."
    else:
        plane = studio.map.of_axes(name, view.across, view.along)
        axes = [f"z{view.across}", f"z{view.along}"]
        share = float(variance[[view.across - 1, view.along - 1]].sum() / variance.sum()) if len(means) else None
        held = " All other numbers are held at 0, the prior's mean."
    if d > 2 and view.held == DIGIT:
        plane = plane.through(studio.vaes.encode(pixels, name).mean.astype(np.float64))
        held = " What lies outside of the plane is held as in your digit."
    places = plane.places(means)
    labels = known.labels if len(means) else known.labels[:0]
    return Seen(plane, axes, places, labels, extent(places, LEAST, MOST), share, held)


def board(studio: Any, view: View, now: Seen) -> Map:
    """The map of a view: 400 pictures are decoded."""
    name, quantiles = model_of(view), view.tiles == QUANTILES
    lattice = studio.map.lattice(name, now.plane, now.half, quantiles)
    words = latent_map.map_words(
        shown=int((np.abs(now.places) <= now.half).all(1).sum()),
        total=len(now.places),
        quantiles=quantiles,
        side=round(len(lattice) ** 0.5),
        half=now.half,
        held=now.held,
        share=now.share,
    )
    return latent_map.map_value(
        name,
        now.plane,
        lattice,
        now.places,
        now.labels,
        axes=now.axes,
        half=now.half,
        quantiles=quantiles,
        words=words,
    )


def cloud(studio: Any, view: View, now: Seen, pixels: NDArray[np.uint8]) -> Cloud:
    """The posterior of a picture as the view's plane shows it."""
    name = model_of(view)
    found = studio.map.posterior(name, pixels)
    code = found.code
    covariance = now.plane.basis * code.sigma.astype(np.float64) ** 2 @ now.plane.basis.T
    words = latent_map.cloud_words(
        now.plane.places(code.mean[None].astype(np.float64))[0],
        np.sqrt(covariance.diagonal()),
        now.axes,
        float(code.kl.sum()),
        code.reconstruction,
        len(code.mean),
        blank=not (pixels >= 128).any(),
    )
    return latent_map.cloud_value(name, now.plane, code.mean, code.sigma, found.samples, found.pictures, words)


def film(studio: Any, name: object, path: object, frames: object) -> Player:
    """The walk along a path of codes."""
    trace, way = studio.map.film(name, path, frames)
    return latent_map.film_payload(trace, way, next(label for label, each in MODELS.items() if each == name))
