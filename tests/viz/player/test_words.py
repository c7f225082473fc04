"""One thing, two things."""

import numpy as np
import pytest

from viz.player.payload import decode
from viz.player.words import counted, for_each


@pytest.mark.parametrize(("count", "said"), [(0, "0 states"), (1, "1 state"), (2, "2 states"), (1_234, "1,234 states")])
def test_a_count_agrees_with_its_noun(count: int, said: str) -> None:
    assert counted(count, "state") == said


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [counted(count, "copy", "copies") for count in (1, 2)] == ["1 copy", "2 copies"]


def test_every_step_has_the_words_of_its_count() -> None:
    words = for_each(np.array([1, 3, 1, 2]), lambda count: counted(count, "state"))
    index = decode(words["index"], np.uint8, tuple(words["shape"]))
    assert [words["words"][i] for i in index[:, 0]] == ["1 state", "3 states", "1 state", "2 states"]
