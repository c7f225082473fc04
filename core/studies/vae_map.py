"""Planes through a latent space: what of it a flat map can show.

A :class:`Plane` is z = origin + a₁ e₁ + a₂ e₂ with orthonormal e₁, e₂ and an origin that is orthogonal to both. So the
coordinates a of any code are its orthogonal projection, distances in the plane are distances in the space, and under
the prior N(0, I) the two coordinates are independent standard normals, whichever way the plane lies: quantiles of the
prior are quantiles on both axes.

Shapes: ``d`` latents, ``n`` codes or places.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Plane:
    """``origin`` (d,), orthogonal to both rows of ``basis`` (2, d), which are orthonormal."""

    origin: Numbers
    basis: Numbers

    def codes(self, places: Numbers) -> Numbers:
        """Places (n, 2) of the plane -> codes (n, d)."""
        return self.origin + places @ self.basis

    def places(self, codes: Numbers) -> Numbers:
        """Codes (n, d) -> where each is seen, its orthogonal projection, (n, 2)."""
        return codes @ self.basis.T

    def through(self, code: Numbers) -> Plane:
        """The parallel plane in which ``code`` (d,) lies."""
        return Plane(code - code @ self.basis.T @ self.basis, self.basis)

    def half_axes(self, sigma: Numbers) -> Numbers:
        """The shadow of N(μ, diag σ²), σ (d,): its ellipse's two half axes at one standard deviation, (2, 2).

        Each row is a vector in the plane, the longer one first: eigenvectors of E diag(σ²) Eᵀ, as long as the roots of
        its eigenvalues.
        """
        values, vectors = np.linalg.eigh(self.basis * sigma**2 @ self.basis.T)
        axes = np.sqrt(np.maximum(values, 0)) * vectors
        turned: Numbers = axes.T[::-1].copy()
        return turned


def of_axes(d: int, across: int, along: int) -> Plane:
    """Two latents of ``d``, counted from 0, the others held at 0, the prior's mean."""
    return Plane(np.zeros(d), np.eye(d)[[across, along]])


def principal(codes: Numbers) -> tuple[Plane, Numbers]:
    """The plane through the mean of codes (n, d) along their first two principal components.

    With it the share of the codes' variance that each of all d components carries, (d,), the largest first. Of each
    component and its opposite the one is taken whose largest number is positive.
    """
    mean = codes.mean(0)
    _, singular, components = np.linalg.svd(codes - mean, full_matrices=False)
    basis = components[:2] * np.sign(components[[0, 1], np.abs(components[:2]).argmax(1)])[:, None]
    variance = singular**2
    return Plane(np.zeros(codes.shape[1]), basis).through(mean), variance / max(variance.sum(), 1e-12)


def extent(places: Numbers, least: float, most: float) -> float:
    """Half the side of a square around 0 that holds all places (n, 2), a multiple of a half within [least, most]."""
    reach = np.ceil(2 * np.abs(places).max(initial=0.0)) / 2
    return float(np.clip(reach, least, most))


def lattice(side: int, half: float, quantiles: bool) -> Numbers:
    """The middles of ``side`` × ``side`` tiles as places (side², 2), row by row from the top left.

    They lie evenly in the square from −``half`` to ``half``; or with ``quantiles`` evenly in the unit square, sent
    through the inverse of the Gaussian's cumulative distribution, as in appendix D of Kingma and Welling 2013.
    """
    middles = (np.arange(side) + 0.5) / side
    line = np.array([NormalDist().inv_cdf(u) for u in middles]) if quantiles else half * (2 * middles - 1)
    across, along = np.meshgrid(line, line[::-1])
    return np.stack([across.ravel(), along.ravel()], 1)


def resampled(codes: Numbers, frames: int) -> Numbers:
    """Codes (n, d) along a path -> ``frames`` of them (frames, d) at equal distances along it, both ends among them.

    Raises :class:`core.errors.UserError` where all of them are one.
    """
    steps = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    moved = np.concatenate([[True], steps > 0])
    codes, way = codes[moved], np.concatenate([[0.0], steps.cumsum()])[moved]
    if len(codes) < 2:
        raise UserError("A path needs two different places.")
    wanted = np.linspace(0, way[-1], frames)
    return np.stack([np.interp(wanted, way, line) for line in codes.T], 1)
