"""The registry is the one table of models."""

import pytest

from core.training.registry import REGISTRY


@pytest.mark.parametrize("name", REGISTRY)
def test_every_model_says_in_one_sentence_what_it_is(name: str) -> None:
    spec = REGISTRY[name]
    assert spec.about[0].isupper() and spec.about.endswith(".") and ". " not in spec.about


def test_no_two_models_have_the_same_title() -> None:
    titles = [spec.title for spec in REGISTRY.values()]
    assert len(set(titles)) == len(titles)
