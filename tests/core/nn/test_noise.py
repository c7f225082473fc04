"""Noise belongs to (seed, index): a picture is the same however many are asked for beside it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.data import strokes
from core.models.base import Reconstruct
from core.nn import noise
from core.studio.draw import COLOUR, TWO_DIGITS
from core.studio.studio import Studio
from core.trace import CanvasTrace
from core.training.registry import REGISTRY
from scripts.make_novelty import imagined
from tests.core import small

FEW, MANY, SEED = 3, 7, 11
BINARY = [name for name, spec in REGISTRY.items() if spec.bound == "exact" and spec.config.levels == 2]
HALF = np.zeros((28, 28), bool)
HALF[14:] = True
TEMPERATURE = 0.8


def digit() -> NDArray[np.uint8]:
    images, _ = strokes.digits(1, seed=3, labels=np.array([5]))
    return np.where(images[0] >= 128, 255, 0).astype(np.uint8)


def canvases(trace: CanvasTrace) -> NDArray[np.float32]:
    """(b, T, C, H, W)."""
    return np.stack([step.image for step in trace], 1)


Ask = Callable[[Studio, int], NDArray[np.float32]]
"""A studio and a number of pictures -> an array whose first axis counts them."""

ASKS: dict[str, Ask] = {
    "draw_generate": lambda studio, n: canvases(studio.draw_generate(n, SEED, TEMPERATURE)),
    "draw_generate, few strokes": lambda studio, n: canvases(studio.draw_generate(n, SEED, 1.0, 5)),
    "draw_generate, many strokes": lambda studio, n: canvases(studio.draw_generate(n, SEED, 1.0, 20)),
    "draw_forks": lambda studio, n: canvases(studio.draw_forks(None, 4, n, SEED)),
    "draw_forks, of a copy": lambda studio, n: canvases(studio.draw_forks(digit(), 4, n, SEED)),
    "draws.compare": lambda studio, n: np.concatenate(
        [canvases(trace) for trace in studio.draws.compare(None, n, SEED)], 2
    ),
    **{
        f"draws.generate, {name}": lambda studio, n, name=name: canvases(studio.draws.generate(name, n, SEED))
        for name in (TWO_DIGITS, *COLOUR)
    },
    "draws.complete": lambda studio, n: canvases(studio.draws.complete((digit(), HALF), n, SEED)),
    "walks.generate": lambda studio, n: studio.walks.generate(n, SEED, TEMPERATURE),
    "walks.generate, of digits": lambda studio, n: studio.walks.generate(n, SEED, name="aevb-mnist-2d"),
    "costs.sample": lambda studio, n: studio.costs.sample(digit(), seed=SEED, count=n).path.swapaxes(0, 1),
    "costs.betas": lambda studio, n: np.concatenate(
        [weight.imagined for weight in studio.costs.betas(digit(), SEED, n)], 1
    ),
    **{
        f"pixels.generate, {name}": lambda studio, n, name=name: studio.pixels.generate(name, n, SEED).image
        for name in BINARY
    },
    "pixels.complete": lambda studio, n: (
        studio.pixels.complete("pixelcnn-mnist", (digit(), HALF), n, SEED, ranked=False).image
    ),
    **{
        f"together.answer, {name}": lambda studio, n, name=name: (
            studio.together.answer("complete", name, (digit(), HALF), n, SEED).pictures
        )
        for name in ("draw-mnist", "gated-pixelcnn-mnist")
    },
}


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


@pytest.mark.parametrize("name", ASKS)
def test_a_picture_is_the_same_however_many_are_asked_for(studio: Studio, name: str) -> None:
    few, many = (ASKS[name](studio, n) for n in (FEW, MANY))
    assert len(few) == FEW and len(many) == MANY
    np.testing.assert_allclose(few, many[:FEW], atol=1e-3)
    assert all(not np.allclose(many[i], many[j], atol=1e-2) for i in range(MANY) for j in range(i))


SORTED = {"pixels.fit"}
"""What answers with the likeliest first; tests/core/test_pixel_studio.py asks it."""
NO_CHANCE = {"draws.between"}
"""What asks for a number of steps on a way whose ends alone are drawn."""


def test_every_call_of_the_studio_that_takes_a_number_of_pictures_and_a_seed_is_asked_here(studio: Studio) -> None:
    parts: dict[str, Any] = {"": studio} | {
        name: part for name, part in vars(studio).items() if not name.startswith("_") and hasattr(part, "__dict__")
    }
    found = set()
    for name, part in parts.items():
        for call, method in inspect.getmembers(part, inspect.ismethod):
            if {"count", "seed"} <= set(inspect.signature(method).parameters) and not call.startswith("_"):
                found.add(f"{name}.{call}".removeprefix("."))
    assert found == {name.split(",")[0] for name in ASKS} | SORTED | NO_CHANCE


@pytest.mark.slow
def test_restarts_of_a_search_are_the_same_however_many_there_are(studio: Studio) -> None:
    few, many = (studio.restoring.uncover((digit(), HALF), SEED, n) for n in (4, 9))
    for one in few.climb.pictures[-1]:
        assert min(np.abs(one - other).max() for other in many.climb.pictures[-1]) < 0.05
    for a, b in zip(few.answers[:2], many.answers[:2], strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)
    kept = [any((one == other).mean() > 0.995 for other in many.answers[2].samples) for one in few.answers[2].samples]
    assert all(kept)


def test_random_glimpses_of_a_picture_are_the_same_whatever_is_looked_at_beside_it(studio: Studio) -> None:
    model: Any = studio._load("glimpse-random-cluttered")
    x = torch.rand(MANY, 1, 60, 60, generator=small.generator(1))

    def centres(count: int) -> NDArray[np.float32]:
        trace = CanvasTrace.record(model.steps(Reconstruct(x[:count]), small.generator(SEED)))
        return np.stack([trace.series("glimpse_x"), trace.series("glimpse_y")])

    np.testing.assert_array_equal(centres(FEW), centres(MANY)[..., :FEW])
    alone = studio.glimpses.look((255 * x[0, 0]).byte().numpy(), "random", SEED)
    np.testing.assert_array_equal(centres(1)[0], alone.series("glimpse_x"))
    assert len(np.unique(centres(MANY)[0])) == centres(MANY)[0].size


def test_the_pictures_shown_in_is_it_new_are_the_first_of_those_that_were_measured() -> None:
    few, many = imagined(FEW), imagined(MANY)
    assert (few == many[:FEW]).mean() > 0.999 and not np.array_equal(many[0], many[1])


# ---- the helper itself ----


def test_the_noise_of_picture_3_of_9_is_that_of_picture_3_of_16_and_of_picture_3_alone() -> None:
    for draw, alone in ((noise.normal, torch.randn), (noise.uniform, torch.rand)):
        for stream in (0, 1):
            nine, sixteen = (draw(n, 5, 3, generator=small.generator(4), stream=stream) for n in (9, 16))
            assert torch.equal(nine, sixteen[:9])
            assert torch.equal(nine[3], alone(5, 3, generator=noise.own(small.generator(4), 3, stream)))


def test_a_single_picture_has_the_noise_of_the_seed_itself() -> None:
    assert torch.equal(
        noise.normal(1, 40, generator=small.generator(4))[0], torch.randn(40, generator=small.generator(4))
    )


def test_what_was_drawn_before_makes_no_difference_and_nothing_is_drawn() -> None:
    generator = small.generator(4)
    torch.rand(100, generator=generator)
    before = generator.get_state()
    assert torch.equal(noise.normal(3, 7, generator=generator), noise.normal(3, 7, generator=small.generator(4)))
    assert torch.equal(generator.get_state(), before)


def test_no_pictures_need_no_noise() -> None:
    assert noise.normal(0, 5, 3, generator=small.generator()).shape == (0, 5, 3)


def test_noise_of_other_seeds_pictures_and_streams_is_unlike_and_all_of_it_is_normal() -> None:
    drawn = torch.stack(
        [
            noise.normal(40, 500, generator=small.generator(seed), stream=stream)
            for seed in (0, 1, 2**31 - 1)
            for stream in (0, 1)
        ]
    ).flatten(0, 1)
    alike = torch.corrcoef(drawn) - torch.eye(len(drawn))
    assert float(alike.abs().max()) < 0.25  # 5.5 standard errors of 1 / √500
    assert abs(float(drawn.mean())) < 0.01 and abs(float(drawn.std()) - 1) < 0.01
