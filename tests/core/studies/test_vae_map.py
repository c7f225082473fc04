"""Planes through a latent space: there and back, shadows and components as they are worked out by hand."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.studies.vae_map import Plane, extent, lattice, of_axes, principal, resampled

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5)) + RNG.normal(size=5)


def slanted() -> Plane:
    """Some plane of five dimensions that is parallel to no axis."""
    basis = np.linalg.qr(RNG.normal(size=(5, 2)))[0].T
    return Plane(np.zeros(5), basis).through(CODES[7])


def test_places_become_codes_and_codes_their_places() -> None:
    plane, places = slanted(), RNG.normal(size=(20, 2))
    np.testing.assert_allclose(plane.places(plane.codes(places)), places, atol=1e-12)
    lengths = np.linalg.norm(np.diff(plane.codes(places), axis=0), axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(np.diff(places, axis=0), axis=1), atol=1e-12)


def test_a_plane_through_a_code_holds_it_and_shows_all_others_where_they_were() -> None:
    plane = slanted()
    moved = plane.through(CODES[3])
    np.testing.assert_allclose(moved.codes(moved.places(CODES[3:4]))[0], CODES[3], atol=1e-12)
    np.testing.assert_array_equal(moved.places(CODES), plane.places(CODES))
    np.testing.assert_allclose(moved.basis @ moved.origin, 0, atol=1e-12)


def test_two_numbers_of_a_code_are_the_places_and_the_others_zero() -> None:
    plane = of_axes(4, 3, 1)
    assert plane.codes(np.array([[5.0, 7.0]])).tolist() == [[0, 7, 0, 5]]
    assert plane.places(np.array([[1.0, 2.0, 3.0, 4.0]])).tolist() == [[4, 2]]


def test_the_principal_plane_is_that_of_the_covariances_eigenvectors_through_the_mean() -> None:
    plane, shares = principal(CODES)
    values, vectors = np.linalg.eigh(np.cov(CODES.T))
    np.testing.assert_allclose(shares, values[::-1] / values.sum(), atol=1e-12)
    for row, vector in zip(plane.basis, vectors.T[::-1], strict=False):
        np.testing.assert_allclose(abs(row @ vector), 1, atol=1e-9)
        assert row[np.abs(row).argmax()] > 0
    mean = CODES.mean(0)
    np.testing.assert_allclose(plane.codes(plane.places(mean[None]))[0], mean, atol=1e-12)
    np.testing.assert_allclose(plane.places(CODES).var(0) / CODES.var(0).sum(), shares[:2], atol=1e-12)


def test_on_every_plane_the_prior_is_a_standard_normal() -> None:
    prior = torch.randn(200_000, 5, generator=torch.Generator().manual_seed(1)).double().numpy()
    places = slanted().places(prior)
    np.testing.assert_allclose(np.cov(places.T), np.eye(2), atol=0.02)
    np.testing.assert_allclose(places.mean(0), 0, atol=0.01)


def test_the_ellipse_of_two_numbers_has_their_deviations_for_half_axes() -> None:
    axes = of_axes(3, 2, 0).half_axes(np.array([0.5, 9.0, 2.0]))
    np.testing.assert_allclose(np.abs(axes), [[2, 0], [0, 0.5]], atol=1e-12)


def test_the_ellipse_of_a_slanted_plane_is_the_covariance_of_projected_samples() -> None:
    plane, sigma = slanted(), np.array([0.2, 1.0, 0.5, 2.0, 0.1])
    axes = plane.half_axes(sigma)
    assert abs(axes[0] @ axes[1]) < 1e-12 and np.linalg.norm(axes[0]) >= np.linalg.norm(axes[1])
    normal = torch.distributions.MultivariateNormal(torch.zeros(5), torch.diag(torch.tensor(sigma**2).float()))
    torch.manual_seed(2)
    samples = plane.places(normal.sample((400_000,)).double().numpy())
    np.testing.assert_allclose(axes.T @ axes, np.cov(samples.T), atol=0.02)


def test_even_tiles_stand_in_the_middles_of_equal_squares_from_the_top_left() -> None:
    places = lattice(4, 2.0, quantiles=False)
    assert places[0].tolist() == [-1.5, 1.5] and places[3].tolist() == [1.5, 1.5] and places[-1].tolist() == [1.5, -1.5]
    np.testing.assert_allclose(np.diff(places.reshape(4, 4, 2)[0, :, 0]), 1)


def test_quantile_tiles_stand_for_equal_shares_of_the_prior() -> None:
    places = lattice(20, 9.0, quantiles=True).reshape(20, 20, 2)
    for k in range(20):
        u = 0.5 * (1 + math.erf(places[0, k, 0] / math.sqrt(2)))
        assert u == pytest.approx((k + 0.5) / 20, abs=1e-9)
        assert places[k, 0, 1] == pytest.approx(-places[0, k, 0], abs=1e-9), "the top is the largest"
    assert places[0, 0, 0] == pytest.approx(NormalDist().inv_cdf(0.025))


@pytest.mark.parametrize(("reach", "half"), [(0.0, 3.0), (3.2, 3.5), (4.0, 4.0), (4.01, 4.5), (50.0, 12.0)])
def test_the_square_reaches_as_far_as_the_dots_in_halves(reach: float, half: float) -> None:
    assert extent(np.array([[0.1, -reach]]), 3, 12) == half
    assert extent(np.zeros((0, 2)), 3, 12) == 3


def test_frames_of_a_path_lie_at_equal_distances_along_it() -> None:
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    np.testing.assert_allclose(resampled(corner, 5), [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]], atol=1e-12)


def test_points_of_a_path_that_stand_still_do_not_count() -> None:
    still = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [2.0, 4.0], [2.0, 4.0]])
    np.testing.assert_allclose(resampled(still, 3), [[0, 0], [1, 2], [2, 4]], atol=1e-12)
    with pytest.raises(UserError, match="two different places"):
        resampled(np.ones((4, 2)), 3)


def test_many_points_of_a_curve_become_as_many_frames_as_are_wanted() -> None:
    angle = np.linspace(0, 2 * math.pi, 10_000) ** 1.5 / (2 * math.pi) ** 0.5  # uneven steps
    frames = resampled(np.stack([np.cos(angle), np.sin(angle)], 1), 41)
    chords = np.linalg.norm(np.diff(frames, axis=0), axis=1)
    np.testing.assert_allclose(chords, 2 * math.sin(math.pi / 40), rtol=1e-3)
