"""DRAW completes: what is known stays, each seed and picture has its own noise, and nothing else is read."""

from __future__ import annotations

import numpy as np
import torch

from core.nn import noise
from core.studies.draw_complete import STREAM, completed
from tests.core import small

CONFIG = small.CONFIGS["draw-mnist"]


def painted(x: torch.Tensor, hidden: torch.Tensor, seed: int = 0, rounds: int = 3) -> np.ndarray:
    """The last picture of each chain, (b, 1, H, W)."""
    model = small.build(CONFIG)
    *_, last = completed(model, x, hidden, torch.Generator().manual_seed(seed), rounds)
    return last.image


def subject(count: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Random ink, and a cover over the lower half."""
    x = (torch.rand(1, 1, CONFIG.height, CONFIG.width, generator=small.generator()) < 0.5).float()
    hidden = torch.zeros(CONFIG.height, CONFIG.width, dtype=torch.bool)
    hidden[CONFIG.height // 2 :] = True
    return x.expand(count, -1, -1, -1), hidden


def test_known_pixels_stay_at_every_stroke_and_hidden_ones_do_not_matter() -> None:
    x, hidden = subject()
    model, other = small.build(CONFIG), torch.where(hidden, 1 - x, x)
    for step, same in zip(
        completed(model, x, hidden, torch.Generator().manual_seed(1), 3),
        completed(model, other, hidden, torch.Generator().manual_seed(1), 3),
        strict=True,
    ):
        known = ~hidden.numpy()
        assert np.array_equal(step.image[..., known], x.numpy()[..., known])
        assert np.array_equal(step.image, same.image), "what lies under the cover is never read"


def test_picture_three_of_nine_is_picture_three_of_four_and_another_seed_is_another_chain() -> None:
    x, hidden = subject(9)
    nine, four = painted(x, hidden), painted(x[:4], hidden)
    np.testing.assert_allclose(nine[3], four[3], atol=1e-5)
    assert not np.allclose(nine[0], nine[1])
    assert not np.allclose(nine, painted(x, hidden, seed=5))


def test_one_round_is_a_copy_of_the_half_that_is_known() -> None:
    x, hidden = subject(1)
    model = small.build(CONFIG)
    paper = torch.where(hidden, torch.zeros_like(x), x)
    generator = torch.Generator().manual_seed(0)
    (*_, once) = completed(model, x, hidden, generator, 1)
    (*_, copy) = model.strokes(paper, model.noise(CONFIG.steps, 1, noise.own(generator, 0, STREAM)))
    assert np.array_equal(once.image[..., hidden.numpy()], copy.image[..., hidden.numpy()])
