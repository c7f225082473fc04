"""DRAW's other painters behind the app: equal noise, whole digits, and a sentence for what cannot be done."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

from core.models.draw import DrawConfig
from core.requests import RequestError
from core.studio.draw import COLOUR, SEEDS, TWO_DIGITS, WITH, WITHOUT, DrawStudio
from core.studio.turns import LIGHT, Turn, Turns
from tests.core import small

TINY = DrawConfig(steps=3, hidden=5, latent=4, read_size=2, write_size=3)
CONFIGS = {
    WITH: TINY,
    WITHOUT: DrawConfig(steps=3, hidden=5, latent=4, attention=False),
    TWO_DIGITS: DrawConfig(height=60, width=60, steps=3, hidden=5, latent=4, read_size=2, write_size=3),
    COLOUR[0]: DrawConfig(channels=3, height=54, width=54, steps=3, hidden=5, latent=4, read_size=2, write_size=3),
    COLOUR[1]: DrawConfig(channels=3, height=54, width=54, steps=3, hidden=5, latent=4, read_size=2, write_size=3),
    COLOUR[2]: DrawConfig(channels=3, height=32, width=32, steps=3, hidden=5, latent=4, read_size=2, write_size=3),
}
DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 12:16] = 255
BAR = np.zeros((28, 28), np.uint8)
BAR[12:16, 4:24] = 255


@pytest.fixture(scope="module")
def studio() -> DrawStudio:
    models: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in models:
            models[name] = small.build(CONFIGS[name])
            small.shake(models[name], 0.3)
        return models[name]

    def at_work(price: float = LIGHT) -> AbstractContextManager[Turn]:
        return Turns().at("painters", price)

    return DrawStudio(load, at_work)


def test_with_and_without_attention_copy_the_same_picture_and_only_one_has_windows(studio: DrawStudio) -> None:
    first, second = studio.compare(DIGIT, 1, 0)
    assert first.subject is not None and second.subject is not None
    np.testing.assert_array_equal(first.subject, second.subject)
    assert [mark.kind for mark in first.marks(0)] == ["read", "write"] and not second.marks(0)


def test_a_tally_is_what_each_seed_alone_comes_to(studio: DrawStudio) -> None:
    tally = studio.tally(DIGIT)
    assert tally.attentive.shape == tally.plain.shape == (SEEDS,)
    for seed in (1, 2, SEEDS):
        for prices, trace in zip((tally.attentive, tally.plain), studio.compare(DIGIT, 1, seed), strict=True):
            alone = trace.series("kl").sum() + trace.series("reconstruction_nats")[-1, 0]
            assert prices[seed - 1] == pytest.approx(alone, rel=1e-4)


def test_another_picture_has_another_tally_and_a_wrong_one_a_sentence(studio: DrawStudio) -> None:
    first = studio.tally(DIGIT)
    assert studio.tally(DIGIT) is first
    assert not np.allclose(studio.tally(BAR).attentive, first.attentive)
    with pytest.raises(RequestError, match="28×28"):
        studio.tally(np.zeros((3, 3), np.uint8))


def test_equal_seeds_compare_alike_and_other_seeds_do_not(studio: DrawStudio) -> None:
    one, again, other = (studio.compare(None, 2, seed) for seed in (1, 1, 2))
    for k in range(2):
        np.testing.assert_array_equal(one[k].frame(2), again[k].frame(2))
        assert not np.allclose(one[k].frame(2), other[k].frame(2))


@pytest.mark.parametrize("seed", range(8))
def test_a_scene_holds_both_digits_whole_and_knows_whose_ink_is_whose(studio: DrawStudio, seed: int) -> None:
    scene = studio.scene(DIGIT, BAR, seed)
    assert scene.pixels.shape == (60, 60) and set(np.unique(scene.pixels)) <= {0, 255}
    shared = (scene.pixels > 0) & ~scene.ink.any(0)
    for k in range(2):
        assert scene.ink[k].sum() + shared.sum() == 80  # each has 80 pixels of ink
    assert not (scene.ink[0] & scene.ink[1]).any()


def test_what_stands_of_each_digit_is_the_mean_of_the_canvas_under_its_ink(studio: DrawStudio) -> None:
    scene = studio.scene(DIGIT, BAR, 3)
    trace, stands = studio.copy_scene(scene, 1)
    assert stands.shape == (3, 2)
    for t in range(3):
        for k in range(2):
            values = [trace.frame(t)[0, 0, row, column] for row, column in np.argwhere(scene.ink[k])]
            assert stands[t, k] == pytest.approx(np.mean(values), abs=1e-5)


def test_colour_is_imagined_and_copied_at_the_painters_own_size(studio: DrawStudio) -> None:
    for name, side in zip(COLOUR, (54, 54, 32), strict=True):
        assert studio.side(name) == side and studio.blank(name).shape == (1, 3, side, side)
        assert studio.generate(name, 2, 1).frame(2).shape == (2, 3, side, side)
        copied = studio.copy(name, np.full((side, side, 3), 90, np.uint8), 1)
        assert copied.subject is not None and copied.frame(2).shape == (1, 3, side, side)


def test_the_way_between_two_pictures_has_as_many_paintings_as_were_asked_for(studio: DrawStudio) -> None:
    assert studio.between(DIGIT, BAR, 5, "round", 1).frame(2).shape == (5, 1, 28, 28)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda s: s.compare(DIGIT[:20], 1, 0), "28×28"),
        (lambda s: s.compare(None, 0, 0), "number of pictures"),
        (lambda s: s.compare(None, 2, float("nan")), "seed"),
        (lambda s: s.between(DIGIT, BAR, 17, "round", 0), "number of paintings"),
        (lambda s: s.between(DIGIT, BAR, 4, "sideways", 0), "straight or round"),
        (lambda s: s.scene(DIGIT, np.zeros((90, 90), np.uint8), 0), "same size"),
        (lambda s: s.copy(COLOUR[0], np.zeros((32, 32, 3), np.uint8), 0), "54×54"),
        (lambda s: s.generate("vae-mnist", 1, 0), "no such painter"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(studio: DrawStudio, ask: Any, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as caught:
        ask(studio)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
