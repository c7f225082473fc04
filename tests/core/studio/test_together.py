"""Side by side and the game, as requests: every painter answers every question, and bad ones get a sentence."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, get_args

import numpy as np
import pytest

from core.requests import RequestError
from core.studies import together_guess as game
from core.studio.together_guess import GuessStudio
from core.studio.together_rows import PAINTERS, Question, TogetherStudio
from core.studio.turns import ANY, Turns
from core.training.registry import REGISTRY
from tests.core.digit_vaes import model, pixels, vaes

DIGIT = np.where(game.drawn(3), 255, 0).astype(np.uint8)
LOWER = np.repeat(np.arange(28)[:, None] >= 14, 28, 1)


@pytest.fixture(scope="module")
def studio() -> TogetherStudio:
    return TogetherStudio(model, partial(Turns().at, ANY), vaes(), pixels())


@pytest.mark.parametrize("name", PAINTERS)
def test_every_painter_answers_every_question_with_what_it_has(studio: TogetherStudio, name: str) -> None:
    family = REGISTRY[name].family
    for question in get_args(Question):
        found = studio.answer(question, name, (DIGIT, LOWER), 3, 1)
        again = studio.answer(question, name, (DIGIT, LOWER), 3, 1)
        assert np.array_equal(found.pictures, again.pictures) and found.parameters > 0
        assert not len(found.pictures) or (found.pictures.min() >= 0 and found.pictures.max() <= 1)
        match question:
            case "complete":
                assert found.pictures.shape == (3, 28, 28) and found.nats > 0
                assert (found.pictures[:, ~LOWER] == DIGIT[~LOWER] / 255).all()
                assert found.bound == (family == "draw")
            case "copy":
                assert math.isnan(found.wrong) == (family == "pixel")
            case "surprise":
                assert found.surprise is not None and found.bound == (family != "pixel")
                code = 0 if math.isnan(found.code) else found.code
                assert found.surprise.sum() + code == pytest.approx(found.nats, rel=1e-4)
                assert (found.bits is None) == (family != "pixel" or name == "multiscale-mnist")
                assert found.bits is None or found.bits < found.nats / math.log(2) + 2
            case "imagine":
                assert len(found.pictures) == 3 and 1 <= found.distinct <= 3


def test_the_price_of_the_part_in_sight_is_exact_for_a_pixel_model_if_only_the_end_is_covered() -> None:
    found = TogetherStudio(model, partial(Turns().at, ANY), vaes(), pixels()).answer(
        "complete", "pixelcnn-mnist", (DIGIT, LOWER), 2, 1
    )
    exact = pixels().judge("pixelcnn-mnist", DIGIT).nats[0][~LOWER].sum()
    assert found.nats == pytest.approx(float(exact), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"question": "paint"}, "no question"),
        ({"name": "nobody"}, "no painter"),
        ({"covered": (DIGIT, np.zeros_like(LOWER))}, "Nothing is covered"),
        ({"covered": (DIGIT, np.ones_like(LOWER))}, "Everything is covered"),
        ({"covered": (np.zeros_like(DIGIT), LOWER)}, "paper is empty"),
        ({"covered": (DIGIT, LOWER[:3])}, "as large as"),
        ({"count": 17}, "from 1 to 16"),
    ],
)
def test_what_cannot_be_answered_gets_a_sentence(studio: TogetherStudio, change: dict[str, Any], words: str) -> None:
    asked = {"question": "complete", "name": "vae-mnist", "covered": (DIGIT, LOWER), "count": 2, "seed": 1, **change}
    with pytest.raises(RequestError, match=words):
        studio.answer(**asked)


def test_bills_are_the_models_own_probabilities_in_bits_and_the_players_bets() -> None:
    digit = game.drawn(3)
    where = game.places(digit, game.SHORT)
    ink = digit[tuple(where.T)]
    yours, others = GuessStudio(pixels()).bills(3, game.SHORT, [98 if each else 2 for each in ink])
    assert yours.bits == pytest.approx(np.full(len(where), -math.log2(0.98)), rel=1e-5)
    named = {one.name: one for one in others}
    nats = pixels().judge("pixelcnn-mnist", np.where(digit, 255, 0).astype(np.uint8)).nats[0]
    assert named["PixelCNN"].bits == pytest.approx(nats[tuple(where.T)] / math.log(2), rel=1e-5)
    assert float(named["A coin"].bits.sum()) == len(where)


@pytest.mark.parametrize("bets", [[], [50] * 3, ["50"] * 20, [51] * 20, None, {"a": 1}])
def test_bets_that_are_none_get_a_sentence(bets: Any) -> None:
    with pytest.raises(RequestError, match="A round takes"):
        GuessStudio(pixels()).bills(3, game.SHORT, bets)
