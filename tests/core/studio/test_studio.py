"""The studio answers requests with the trained models, and refuses bad ones with one sentence."""

import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.data import strokes
from core.errors import StoppedError, UserError
from core.requests import RequestError
from core.studio.pixels import DEFAULT
from core.studio.runtime import Runtime
from core.studio.studio import Studio
from core.training.checkpoints import CheckpointError
from core.training.registry import REGISTRY

BINARY = [name for name, spec in REGISTRY.items() if spec.bound == "exact" and spec.config.levels == 2]
COLOUR = [name for name, spec in REGISTRY.items() if spec.bound == "exact" and spec.config.levels == 256]


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    images, _ = strokes.digits(1, seed=3, labels=np.array([5]))
    return np.where(images[0] >= 128, 255, 0).astype(np.uint8)


@pytest.fixture
def half() -> np.ndarray:
    hidden = np.zeros((28, 28), bool)
    hidden[14:] = True
    return hidden


def test_the_same_seed_gives_the_same_painting(studio: Studio, digit: np.ndarray, half: np.ndarray) -> None:
    for paint in (
        lambda seed: studio.draw_generate(2, seed).frame(-1),
        lambda seed: studio.draw_copy(digit, seed).frame(-1),
        lambda seed: studio.pixels.generate(DEFAULT, 2, seed).image,
        lambda seed: studio.pixels.complete(DEFAULT, (digit, half), 2, seed).image,
        lambda seed: studio.vaes.imagine(seed),
    ):
        assert np.array_equal(paint(7), paint(7)) and not np.array_equal(paint(7), paint(8))


def test_a_copy_by_draw_is_nearer_to_its_subject_than_to_another_digit(studio: Studio, digit: np.ndarray) -> None:
    copy = studio.draw_copy(digit, 0).frame(-1)[0, 0]
    mirrored = digit[:, ::-1]
    assert np.abs(copy - digit / 255).mean() < 0.5 * np.abs(copy - mirrored / 255).mean()


@pytest.mark.parametrize("name", BINARY)
def test_every_pixel_model_finds_a_digit_likelier_than_its_parts(studio: Studio, digit: np.ndarray, name: str) -> None:
    shuffled = np.random.default_rng(0).permutation(digit.ravel()).reshape(28, 28)
    nats, of_parts, turned = (studio.pixels.judge(name, x).nats.sum() for x in (digit, shuffled, digit[::-1].T))
    assert nats < 0.5 * of_parts and nats < turned


@pytest.mark.parametrize("name", COLOUR)
def test_every_colour_model_finds_smooth_colours_likelier_than_noise(studio: Studio, name: str) -> None:
    sky = np.broadcast_to(np.linspace(90, 140, 32)[:, None, None] + [0, 20, 60], (32, 32, 3)).astype(np.uint8)
    noise = np.random.default_rng(0).permutation(sky.ravel()).reshape(sky.shape)
    assert studio.pixels.judge(name, sky).nats.sum() < 0.8 * studio.pixels.judge(name, noise).nats.sum()


def test_stop_reaches_a_painting_while_it_keeps_the_models_busy(studio: Studio) -> None:
    studio.pixels.generate(DEFAULT, 1, 1)  # loads
    told: list[type[Exception]] = []

    def race() -> None:
        try:
            studio.pixels.race(DEFAULT, 1, session="mine")  # takes seconds: 784 passes of the whole network
        except UserError as error:
            told.append(type(error))

    painting = threading.Thread(target=race, daemon=True)
    painting.start()
    time.sleep(0.3)
    start = time.perf_counter()
    studio.pixels.stop("mine")
    painting.join(30)
    assert time.perf_counter() - start < 0.3
    assert told == [StoppedError]


def test_draw_paints_as_many_strokes_as_it_was_trained_with_or_as_are_asked(studio: Studio, digit: np.ndarray) -> None:
    trained = REGISTRY["draw-mnist"].config.steps
    for paint in (
        lambda *steps: studio.draw_generate(2, 5, 1.0, *steps),
        lambda *steps: studio.draw_copy(digit, 5, *steps),
    ):
        usual = paint()
        assert len(usual) == trained
        for steps in (1, 3.0, trained, 64):
            other = paint(steps)
            assert len(other) == steps
            shared = min(int(steps), trained) - 1
            assert np.array_equal(other.frame(shared), usual.frame(shared))


@pytest.mark.parametrize("bad", [math.nan, "16", 0, 65, 2.5, True, [3]])
def test_an_odd_number_of_strokes_is_refused_in_one_sentence(studio: Studio, digit: np.ndarray, bad: object) -> None:
    for paint in (lambda: studio.draw_generate(1, 1, 1.0, bad), lambda: studio.draw_copy(digit, 1, bad)):
        with pytest.raises(RequestError, match=r"^The number of strokes must be a whole number from 1 to 64\.$"):
            paint()


@pytest.mark.parametrize("bad", [math.nan, math.inf, "7", None, 0, 65, -1, 2.5, True, [3]])
def test_an_odd_count_is_refused_in_one_sentence(studio: Studio, bad: object) -> None:
    with pytest.raises(RequestError, match=r"^The number of pictures must be a whole number from 1 to 64\.$"):
        studio.draw_generate(bad, 1)


@pytest.mark.parametrize("bad", [math.nan, "warm", 0.0, 2.01, -1])
def test_an_odd_temperature_is_refused_in_one_sentence(studio: Studio, bad: object) -> None:
    with pytest.raises(RequestError, match=r"^The temperature must be a number from 0\.1 to 2\.$"):
        studio.draw_generate(1, 1, bad)


@pytest.mark.parametrize("bad", [-1, 2**31, 1.5, "one", math.nan])
def test_an_odd_seed_is_refused_in_one_sentence(studio: Studio, bad: object) -> None:
    with pytest.raises(RequestError, match=r"^The seed must be a whole number from 0 to 2147483647\.$"):
        studio.draw_generate(1, bad)


def test_a_picture_of_another_size_is_refused_in_one_sentence(studio: Studio) -> None:
    with pytest.raises(RequestError, match="28×28 pixels, not 32×32"):
        studio.draw_copy(np.zeros((32, 32), np.uint8), 1)


def test_without_weights_one_painter_fails_with_a_sentence_and_the_studio_goes_on(tmp_path: Path) -> None:
    runtime = Runtime(tmp_path)
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"draw-mnist\.json is missing"):
            runtime.studio.draw_generate(1, 1)
    runtime.warm().join()
