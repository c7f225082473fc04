"""What the rooms begin with teaches what is true: computed with the weights that are there, over more than one seed."""

import numpy as np
import pytest

from core.studio.studio import Studio
from scripts.make_assets import SEED
from viz.tabs import draw_time
from viz.tabs.common import stored
from viz.tabs.subject import usual
from viz.views.vae_code import CODES


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


def read(studio: Studio, pictures: np.ndarray) -> list[int]:
    """The digits that the network of the room Where to look reads in pictures (n, H, W) of ink probabilities."""
    found = []
    for picture in pictures:
        scene = studio.glimpses.scene(np.where(picture > 0.5, 255, 0).astype(np.uint8), 60, 0, 0, (16, 16)).pixels
        last = studio.glimpses.look(scene).steps[-1].scalars
        found.append(int(np.argmax([last[f"{k}_probability"][0] for k in range(10)])))
    return found


def test_weight_beta_begins_with_a_digit_for_which_beta_1_is_cheapest_whatever_the_seed(studio: Studio) -> None:
    for seed in (1, 2, 3):
        small, one, large = studio.costs.betas(usual().pixels, seed)
        assert (small.beta, one.beta, large.beta) == (0.1, 1, 4)
        assert one.bound.bound < min(small.bound.bound, large.bound.bound)
        assert small.bound.kl.sum() > one.bound.kl.sum() > large.bound.kl.sum()


def test_time_begins_where_the_fork_decides_which_digit_it_becomes(studio: Studio) -> None:
    early, late = (
        studio.draw_forks(None, at, draw_time.FIRST_COUNT, SEED).frame(-1)[:, 0] for at in (draw_time.FIRST_FORK, 8)
    )
    assert len(set(read(studio, early))) >= 5 and len(set(read(studio, late))) <= 2


def test_on_and_off_begins_with_a_digit_of_which_neither_always_wins_and_says_that_on_average_attention_does(
    studio: Studio,
) -> None:
    tally = studio.draws.tally(usual().pixels)
    assert 0.3 < (tally.attentive < tally.plain).mean() < 0.7 and tally.attentive.mean() < tally.plain.mean()
    said = stored("compare-tally")["html"]
    assert "84.57" in said and "87.93" in said, "what all test digits say stands beside it"


def test_one_model_of_the_code_has_four_dead_numbers_and_the_others_have_none(studio: Studio) -> None:
    dead = {label: studio.walks.dead(name).nonzero()[0].tolist() for label, name in CODES.items()}
    assert dead.pop("20, denoising") == [15, 16, 18, 19] and not any(dead.values())
