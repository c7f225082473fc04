"""The small models of the room are what the shell trains with the same words."""

from dataclasses import asdict
from typing import get_args

import pytest

from core.training.__main__ import parser
from core.training.plan import Wishes, changes_of
from core.training.registry import REGISTRY
from core.training.small import FAMILIES, Kind, Pictures, Size, TrainError, Wish, arguments_of


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("pictures", get_args(Pictures))
def test_every_family_is_trained_by_a_command_that_the_shell_knows(kind: Kind, pictures: Pictures) -> None:
    wish = Wish(kind, pictures=pictures, own="pictures.zip", learning_rate=0.003, beta=0.5, batch_size=20, steps=70)
    if (kind, pictures) == ("glimpse", "plates"):
        with pytest.raises(TrainError, match="grey pictures"):
            arguments_of(wish)
        return
    options = parser().parse_args(arguments_of(wish))
    spec = REGISTRY[options.name]
    config, recipe = changes_of(Wishes(options.name, settings=options.settings), spec, spec.recipe)
    assert (recipe["learning_rate"], recipe["batch_size"], recipe["steps"]) == (0.003, 20, 70)
    assert config.get("beta") == (0.5 if spec.family == "vae" else None)
    smaller = asdict(spec.config)
    assert any(value < smaller[key] for key, value in config.items())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_sizes_grow_and_what_is_shipped_is_the_registered_model(kind: Kind) -> None:
    sizes = FAMILIES[kind].sizes
    for key in sizes["small"]:
        assert sizes["small"][key] < sizes["medium"][key] <= sizes["large"][key]
    options = parser().parse_args(arguments_of(Wish(kind, "shipped")))
    spec = REGISTRY[options.name]
    assert changes_of(Wishes(options.name, settings=options.settings), spec, spec.recipe)[0] == {}
    assert options.weights.name == "checkpoints" and "shipped" in get_args(Size)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish("draw", fields={"steps": 99}), "Strokes: from 1 to 24, not 99"),
        (Wish("draw", fields={"blocks": 3}), "DRAW has no setting blocks"),
        (Wish("pixel", "shipped", fields={"blocks": 3}), "choose another size"),
        (Wish("vae2", learning_rate=7.0), "The learning rate: from 1e-05 to 0.1, not 7"),
        (Wish("vae2", batch_size=1), "The batch: from 4 to 256, not 1"),
        (Wish("vae2", beta=-1.0), "β: from 0 to 20, not -1"),
        (Wish("vae2", steps=10**9), "The number of steps"),
    ],
)
def test_a_wish_that_cannot_be_is_one_sentence(wish: Wish, sentence: str) -> None:
    with pytest.raises(TrainError, match=sentence):
        arguments_of(wish)
