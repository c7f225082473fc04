"""Side by side: distances by hand, and the weighed codes of a VAE against an integral over all codes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from core.models.aevb import AEVBConfig
from core.studies import together_rows, vae_restore
from core.studies.together_rows import diversity, normal, posterior
from tests.core import small

CONFIG = AEVBConfig(height=6, width=5, hidden=12, latent=2)
HIDDEN = torch.arange(6)[:, None].expand(6, 5) >= 3


@pytest.fixture(scope="module")
def model() -> Any:
    """An autoencoder of two numbers that has learned a little, so that its codes mean something."""
    made = small.build(CONFIG)
    small.overfit(made, small.ink(6, CONFIG), 150, 2e-2)
    return made.eval()


def test_equal_pictures_have_no_distance_and_of_others_it_is_the_mean_over_all_pairs() -> None:
    everywhere = np.ones((2, 2), bool)
    same = np.full((4, 2, 2), 0.7, np.float32)
    assert diversity(same, everywhere) == (0, 1)
    three = np.array([[[0, 0], [0, 0]], [[1, 0], [0, 0]], [[1, 1], [1, 0]]], np.float32)
    assert diversity(three, everywhere) == (pytest.approx((1 + 3 + 2) / 3 / 4), 3)
    where = np.array([[True, False], [False, False]])
    assert diversity(three, where) == (pytest.approx(2 / 3), 2)
    assert math.isnan(diversity(same[:1], everywhere)[0])


def test_the_price_of_the_known_pixels_is_the_integral_over_all_codes(model: Any) -> None:
    x = small.ink(1, CONFIG)
    damaged = vae_restore.covered(x, HIDDEN)
    side = torch.linspace(-5, 5, 241)
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        logs = normal(grid, torch.zeros(1, 2), torch.zeros(1, 2)) - damaged.nats(model.logits(grid).float())
    exact = -float(logs.double().logsumexp(0) + 2 * math.log(float(side[1] - side[0])))
    found = [posterior(model, damaged, 1, torch.Generator().manual_seed(seed), k=2000).nats for seed in range(4)]
    assert np.mean(found) == pytest.approx(exact, abs=0.05)


def test_codes_are_drawn_as_the_posterior_has_them(model: Any) -> None:
    x = small.ink(1, CONFIG)
    damaged = vae_restore.covered(x, HIDDEN)
    side = torch.linspace(-5, 5, 161)
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        logs = normal(grid, torch.zeros(1, 2), torch.zeros(1, 2)) - damaged.nats(model.logits(grid).float())
    chances = logs.double().softmax(0)
    mean = (chances[:, None] * grid).sum(0)
    drawn = posterior(model, damaged, 1500, torch.Generator().manual_seed(3), k=4000)
    assert drawn.ess > 500
    torch.testing.assert_close(drawn.codes.double().mean(0), mean, atol=0.1, rtol=0)


def test_a_picture_is_the_same_however_many_are_asked_for(model: Any) -> None:
    damaged = vae_restore.covered(small.ink(1, CONFIG), HIDDEN)
    few, many = (posterior(model, damaged, n, torch.Generator().manual_seed(5)).codes for n in (2, 6))
    assert torch.equal(few, many[:2])


def test_the_table_counts_the_covered_pixels_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.zeros(2, 1, 28, 28)
    x[0] = 1

    def completions(x: torch.Tensor, hidden: torch.Tensor, seed: int) -> list[tuple[str, torch.Tensor]]:
        return [("right", x), ("half", torch.where(hidden & (torch.arange(28) < 14), 1 - x, x))]

    monkeypatch.setattr(together_rows, "completions", completions)
    rows = {(row["cover"], row["painter"]): (row["wrong"], row["error"]) for row in together_rows.table(x, 0)}
    assert rows["lower half", "right"] == (0, 0) and rows["lower half", "half"] == (50, 0)
    assert rows["right half", "half"] == (0, 0) and rows["middle", "half"] == (50, 0)
    assert rows["lower half", "nothing done"] == (50, pytest.approx(50))
    assert {int(hidden.sum()) for hidden in together_rows.covers(28, 28).values()} == {392, 196}
