"""What the map shows: a plane of a model's latent space, its dots, the pictures on it, a cloud and a film.

Plain functions of the studio, for the tab and for the assets alike.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.studies.vae_map import Numbers, Plane, extent, principal
from core.trace import Array
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player.payload import Player
from viz.views import vae_map
from viz.views.assets import intact
from viz.views.vae_map import Cloud, Map

MODELS = {label: name for name, label in shown_in("vae_map").items()}
LENGTHS = {name: REGISTRY[name].config.latent for name in MODELS.values()}
PRINCIPAL, AXES = "principal", "axes"
PLANES = [("Principal plane", PRINCIPAL), ("Two numbers", AXES)]
MEAN, DIGIT = "mean", "digit"
HELD = [("At the mean", MEAN), ("As in your digit", DIGIT)]
EVEN, QUANTILES = "even", "quantiles"
TILES = [("Even", EVEN), ("Quantiles", QUANTILES)]
LONGEST = 4000
"""Characters of a path."""
LEAST, MOST = 3.0, 12.0
"""Half a map's side: three standard deviations of the prior at least; far beyond lies no code of ours."""


class Codes(NamedTuple):
    """Stored codes of test digits: ``means`` (n, d) in the model's own order, their ``labels`` (n,)."""

    means: Array
    labels: NDArray[np.uint8]
    sha256: str


class View(NamedTuple):
    """What is to be seen of which model: this module's choices, and two numbers of the code as ``z1``, ``z2``."""

    model: str
    plane: str
    across: str
    along: str
    held: str
    tiles: str


class Seen(NamedTuple):
    """A view as it stands: the plane, its axes' names, the dots (n, 2) and labels, half its side, and what it shows.

    ``whose`` says what the dots are.
    """

    plane: Plane
    axes: list[str]
    places: Numbers
    labels: NDArray[np.uint8]
    half: float
    share: float | None
    held: str
    whose: str


FIRST = View("aevb-mnist-2d", PRINCIPAL, "z1", "z2", MEAN, EVEN)
FIRST_PATH = "-1.2,-1.2 0,1.2 1.2,-0.4"
FIRST_FRAMES = 24
_PLACE = re.compile(r"-?\d{1,2}(\.\d+)?,-?\d{1,2}(\.\d+)?", re.ASCII)


@functools.cache
def codes(name: str) -> Codes:
    """The codes of a model from ``assets/codes.npz``; see :mod:`scripts.make_codes`."""
    with intact("codes.npz") as stream, np.load(stream, allow_pickle=False) as file:
        return Codes(file[f"{name}.means"].astype(np.float32), file["labels"], str(file[f"{name}.sha256"]))


def places_of(text: str) -> Numbers:
    """The places (n, 2) of a path as an address has them, ``x,y x,y``; :class:`UserError` for anything else."""
    parts = text.split(" ")
    if len(text) > LONGEST or not all(map(_PLACE.fullmatch, parts)):
        raise UserError("This link's path is no list of places.")
    return np.array([part.split(",") for part in parts], np.float64).clip(-MOST, MOST)


def moves(studio: Any, view: View) -> bool:
    """Whether the plane is another one for another digit."""
    return bool(view.held == DIGIT and studio.vaes.size(view.model) > 2)


def dots(studio: Any, name: str) -> tuple[Numbers, NDArray[np.uint8], str]:
    """The codes (n, d) of a model's dots and their classes (n,), and whose they are, or why there are none."""
    if (own := studio.map.own(name)) is not None:
        return own.means.astype(np.float64), own.labels, say(vae_map.OWN) if len(own.means) else say(vae_map.GONE)
    known = codes(name)
    ordered = studio.map.in_order(name, known.means, known.sha256)
    if ordered is None:
        return np.zeros((0, studio.vaes.size(name))), known.labels[:0], ""
    return ordered.astype(np.float64), known.labels, ""


def seen(studio: Any, view: View, pixels: NDArray[np.uint8]) -> Seen:
    """The plane of a view and what lies on it; ``pixels`` are needed where it goes through their code."""
    name, d = view.model, studio.map.size(view.model)
    means, labels, whose = dots(studio, name)
    variance, held = means.var(0) if len(means) else np.ones(d), ""
    if d == 2:
        plane, axes, share = studio.map.of_axes(name, 1, 2), ["z1", "z2"], None
    elif view.plane == PRINCIPAL and len(means):
        plane, shares = principal(means)
        axes, share = [say("component 1"), say("component 2")], float(shares[:2].sum())
        held = say(" What lies outside of the plane is held at the mean of the dots.")
    else:
        axes = [view.across, view.along]
        numbers = [int(axis[1:]) for axis in axes]
        plane = studio.map.of_axes(name, *numbers)
        share = float(variance[[number - 1 for number in numbers]].sum() / variance.sum()) if len(means) else None
        held = say(" All other numbers are held at 0, the prior's mean.")
    if moves(studio, view):
        plane = plane.through(studio.vaes.encode(pixels, name).mean.astype(np.float64))
        held = say(" What lies outside of the plane is held as in your digit.")
    places = plane.places(means)
    return Seen(plane, axes, places, labels, extent(places, LEAST, MOST), share, held, whose)


def board(studio: Any, view: View, now: Seen) -> Map:
    """The map of a view: 400 pictures are decoded."""
    name, quantiles = view.model, view.tiles == QUANTILES
    lattice = studio.map.lattice(name, now.plane, now.half, quantiles)
    words = vae_map.map_words(
        shown=int((np.abs(now.places) <= now.half).all(1).sum()),
        total=len(now.places),
        quantiles=quantiles,
        side=round(len(lattice) ** 0.5),
        half=now.half,
        held=now.held,
        share=now.share,
        whose=now.whose,
    )
    return vae_map.map_value(
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
    name = view.model
    found = studio.map.posterior(name, pixels)
    code = found.code
    covariance = now.plane.basis * code.sigma.astype(np.float64) ** 2 @ now.plane.basis.T
    words = vae_map.cloud_words(
        now.plane.places(code.mean[None].astype(np.float64))[0],
        np.sqrt(covariance.diagonal()),
        now.axes,
        float(code.kl.sum()),
        code.reconstruction,
        len(code.mean),
        blank=not (pixels >= 128).any(),
    )
    return vae_map.cloud_value(name, now.plane, code.mean, code.sigma, found.samples, found.pictures, words)


def name_of(studio: Any, model: str) -> str:
    """What the page calls the one who walks."""
    label = next(label for label, name in MODELS.items() if name == model)
    return say(label) if studio.map.own(model) is None else say("yours")


def film(studio: Any, view: View, plane: Plane, path: str, frames: object) -> Player:
    """The walk along a path on the view's plane."""
    codes = plane.codes(places_of(path))
    trace, way = studio.map.film(view.model, codes, frames)
    return vae_map.film_payload(trace, way, name_of(studio, view.model))
