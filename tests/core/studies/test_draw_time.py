"""Forks share every step before the fork; the eraser takes away just what it says; the futures are DRAW's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.base import Generate, Reconstruct
from core.models.draw import Draw, DrawConfig
from core.studies.draw_time import Way, erased, forks
from core.trace import CanvasTrace
from tests.core import small

CONFIG = DrawConfig(height=6, width=8, steps=4, hidden=5, latent=4, read_size=2, write_size=3)
BOTH = pytest.mark.parametrize("copies", [False, True], ids=["imagined", "copied"])


def painter() -> Draw:
    made: Draw = small.build(CONFIG)
    small.shake(made, 0.6)
    return made


def subject(copies: bool) -> torch.Tensor | None:
    return small.ink(1, CONFIG) if copies else None


def images(trace: CanvasTrace) -> np.ndarray:
    """(T, B, C, H, W)."""
    return np.stack([trace.frame(t) for t in range(len(trace))])


@BOTH
@pytest.mark.parametrize("at", [0, 2, 4])
def test_forks_share_every_step_before_the_fork_and_none_after_it(copies: bool, at: int) -> None:
    trace = CanvasTrace.record(forks(painter(), subject(copies), at, 3, small.generator(1)))
    seen = images(trace)
    assert seen.shape[:2] == (4, 3)
    for t in range(4):
        same = [np.allclose(seen[t, 0], seen[t, other], atol=1e-6) for other in (1, 2)]
        assert same == [t < at, t < at]
    assert at == 4 or not np.allclose(seen[-1, 1], seen[-1, 2])


@BOTH
def test_the_first_future_is_what_the_painter_paints_by_itself(copies: bool) -> None:
    model, x = painter(), subject(copies)
    request = Generate(1) if x is None else Reconstruct(x)
    alone = CanvasTrace.record(model.steps(request, small.generator(2)))
    forked = CanvasTrace.record(forks(model, x, 1, 3, small.generator(2)))
    np.testing.assert_allclose(images(forked)[:, :1], images(alone), atol=1e-6)
    if copies:
        np.testing.assert_allclose(forked.series("kl")[:, :1], alone.series("kl"), atol=1e-5)


@BOTH
def test_without_a_stroke_the_canvas_lacks_just_its_ink(copies: bool) -> None:
    model, x = painter(), subject(copies)
    found = erased(model, x, "stroke", small.generator(3))
    request = Generate(1) if x is None else Reconstruct(x)
    trace = CanvasTrace.record(model.steps(request, small.generator(3)))
    frames = np.concatenate([model.initial_canvas.detach().sigmoid()[None, None].numpy(), images(trace)])[:, 0]
    canvases = np.log(frames.astype(np.float64)) - np.log1p(-frames.astype(np.float64))
    np.testing.assert_allclose(found.whole, frames[-1], atol=1e-6)
    for t in range(4):
        ink = canvases[t + 1] - canvases[t]
        np.testing.assert_allclose(found.without[t], 1 / (1 + np.exp(ink - canvases[-1])), atol=1e-4)


def test_without_a_latent_the_decoder_goes_on_from_the_priors_mean() -> None:
    model = painter()
    found = erased(model, None, "latent", small.generator(4))
    noise = torch.randn(4, 1, CONFIG.latent, generator=small.generator(4))
    for t in range(4):
        changed = noise.clone()
        changed[t] = 0
        *_, last = model.strokes(None, changed)
        np.testing.assert_allclose(found.without[t], last.image[0], atol=1e-6)


@pytest.mark.parametrize("way", ["stroke", "latent"])
def test_what_is_lost_is_the_bernoulli_likelihood_of_the_copy_without_the_stroke(way: Way) -> None:
    model, x = painter(), small.ink(1, CONFIG)
    found = erased(model, x, way, small.generator(5))
    target = x[0].numpy().astype(np.float64)

    def nats(picture: np.ndarray) -> float:
        return float(-(target * np.log(picture) + (1 - target) * np.log1p(-picture)).sum())

    expected = [nats(without.astype(np.float64)) - nats(found.whole.astype(np.float64)) for without in found.without]
    np.testing.assert_allclose(found.lost, expected, atol=1e-3)
    trace = CanvasTrace.record(model.steps(Reconstruct(x), small.generator(5)))
    np.testing.assert_allclose(found.kl, trace.series("kl")[:, 0], atol=1e-5)


def test_of_an_imagined_picture_nothing_is_known_to_be_lost() -> None:
    found = erased(painter(), None, "stroke", small.generator(6))
    assert np.isnan(found.lost).all() and np.isnan(found.kl).all() and np.isfinite(found.without).all()
