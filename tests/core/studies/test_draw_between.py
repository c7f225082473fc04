"""Between two paintings: the ends are the copies themselves, the way there is straight or an arc."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.base import Reconstruct
from core.models.draw import Draw, DrawConfig
from core.studies.draw_between import Way, between, interpolated
from core.trace import CanvasTrace
from tests.core import small

CONFIG = DrawConfig(height=6, width=8, steps=4, hidden=5, latent=4, read_size=2, write_size=3)
WAYS = pytest.mark.parametrize("way", ["straight", "round"])


def painter() -> Draw:
    made: Draw = small.build(CONFIG)
    small.shake(made, 0.6)
    return made


@WAYS
def test_both_ends_are_the_copies_that_the_painter_makes_by_itself(way: Way) -> None:
    model, x = painter(), small.ink(2, CONFIG)
    walk = CanvasTrace.record(between(model, x[:1], x[1:], 5, way, small.generator(3)))
    for cell, picture in ((0, x[:1]), (4, x[1:])):
        alone = CanvasTrace.record(model.steps(Reconstruct(picture), small.generator(3)))
        for t in range(4):
            np.testing.assert_allclose(walk.frame(t)[cell], alone.frame(t)[0], atol=1e-5)


@WAYS
def test_from_a_picture_to_itself_all_paintings_are_that_picture(way: Way) -> None:
    model, x = painter(), small.ink(1, CONFIG)
    walk = CanvasTrace.record(between(model, x, x, 4, way, small.generator()))
    assert np.isfinite(walk.frame(3)).all()
    np.testing.assert_allclose(walk.frame(3), np.broadcast_to(walk.frame(3)[:1], walk.frame(3).shape), atol=1e-5)


def test_the_straight_way_is_the_weighted_mean() -> None:
    a, b = torch.randn(2, 3, 4, generator=small.generator()).unbind()
    found = interpolated(a, b, 5, "straight").numpy()
    for k, t in enumerate((0, 0.25, 0.5, 0.75, 1)):
        np.testing.assert_allclose(found[:, k], (1 - t) * a.numpy() + t * b.numpy(), atol=1e-6)


def test_the_round_way_turns_and_grows_at_an_even_pace() -> None:
    a, b = torch.randn(2, 3, 4, generator=small.generator(), dtype=torch.float64).unbind()
    found = interpolated(a, b, 5, "round").numpy()
    lengths = np.linalg.norm(found, axis=2)
    np.testing.assert_allclose(np.diff(lengths, 2), 0, atol=1e-6)
    directions = found / lengths[..., None]
    angles = np.arccos((directions[:, 1:] * directions[:, :-1]).sum(2))
    np.testing.assert_allclose(angles, angles[:, :1].repeat(4, 1), atol=1e-5)
    np.testing.assert_allclose(found[:, [0, -1]], np.stack([a, b], 1), atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 2.0, -1.0, 0.0])
def test_vectors_without_an_arc_between_them_are_joined_straight(scale: float) -> None:
    a = torch.tensor([[1.0, 2.0, -1.0]])
    found = interpolated(a, scale * a, 3, "round")
    torch.testing.assert_close(found, interpolated(a, scale * a, 3, "straight"))
