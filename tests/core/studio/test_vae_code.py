"""The VAEs answer in NumPy terms, in the order of what their numbers carry, and never wait for other painters."""

import math
import threading

import numpy as np
import pytest

from core.data import strokes
from core.requests import RequestError
from core.results_vae import Code
from core.studio.studio import Studio
from core.studio.vae_code import COLOUR, MAX_CODES, MAX_FRAMES, MNIST
from core.training.registry import REGISTRY


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio()


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    images, _ = strokes.digits(1, seed=3, labels=np.array([5]))
    return np.where(images[0] >= 128, 255, 0).astype(np.uint8)


def size(name: str) -> int:
    latent: int = REGISTRY[name].config.latent
    return latent


@pytest.mark.parametrize("name", MNIST)
def test_decoding_a_code_prices_the_digit_from_just_that_code(studio: Studio, digit: np.ndarray, name: str) -> None:
    code = studio.vaes.encode(digit, name)
    picture, nats = studio.vaes.decode(code.mean, digit, name)
    p = np.clip(picture[0, 0].astype(np.float64), 1e-12, 1 - 1e-12)
    by_hand = -np.where(digit > 0, np.log(p), np.log1p(-p)).sum()
    assert nats == pytest.approx(by_hand, rel=1e-2)
    assert math.isnan(studio.vaes.decode(code.mean, name=name)[1])
    np.testing.assert_allclose(
        code.kl, 0.5 * (code.mean**2 + code.sigma**2 - 1) - np.log(code.sigma), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("name", MNIST)
def test_a_digit_is_restored_nearer_to_itself_than_to_its_mirror_image(
    studio: Studio, digit: np.ndarray, name: str
) -> None:
    picture = studio.vaes.decode(studio.vaes.encode(digit, name).mean, name=name)[0][0, 0]
    assert np.abs(picture - digit / 255).mean() < np.abs(picture - digit[:, ::-1] / 255).mean()


@pytest.mark.parametrize("name", [*MNIST, COLOUR])
def test_codes_are_ordered_by_the_nats_that_their_numbers_carry(studio: Studio, name: str) -> None:
    carried, order = studio.vaes.carried(name), studio.vaes.order(name)
    assert sorted(order) == list(range(size(name)))
    assert (np.diff(carried) <= 0).all() and carried[0] > 0.1
    assert len(set(np.round(carried, 3))) > 1, "measured, not the ones of a card without figures"


@pytest.mark.parametrize("name", ["aevb-mnist-2d", "vae-mnist-20d"])
def test_the_order_is_undone_on_the_way_back_to_the_model(studio: Studio, digit: np.ndarray, name: str) -> None:
    model = studio.vaes.model(name)
    x = studio.vaes.picture(digit, name)
    own = model.encode(x)[0].detach()
    outside: Code = studio.vaes.encode(digit, name)
    np.testing.assert_allclose(studio.vaes.latents(outside.mean, name), own, rtol=1e-6)
    np.testing.assert_allclose(outside.mean, own[0, studio.vaes.order(name)], rtol=1e-6)


def test_many_codes_are_decoded_as_each_alone(studio: Studio) -> None:
    codes = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    together = studio.vaes.decode_all(codes)
    for code, picture in zip(codes, together, strict=True):
        np.testing.assert_allclose(picture, studio.vaes.decode(code)[0][0], atol=1e-5)
    walked = studio.vaes.walk(codes)
    for t in range(5):
        np.testing.assert_allclose(walked.frame(t)[0], together[t], atol=1e-5)


def test_a_traversal_moves_one_number_in_each_cell(studio: Studio) -> None:
    code = [0.5] * 8
    trace = studio.vaes.traverse(code, 8)
    assert trace.frame(0).shape == (8, 1, 28, 28) and len(trace) == 8
    bent = [0.5] * 8
    bent[2] = 3.0  # a quarter of the way round, the swing is at its top
    np.testing.assert_allclose(trace.frame(2)[2], studio.vaes.decode(bent)[0][0], atol=1e-5)


def test_a_painter_at_work_elsewhere_is_not_waited_for(studio: Studio, digit: np.ndarray) -> None:
    studio.vaes.encode(digit)  # loads
    done = threading.Event()

    def decode() -> None:
        studio.vaes.decode([0.0] * 8)
        done.set()

    with studio._at_work():  # as a pixel model would be for seconds
        threading.Thread(target=decode, daemon=True).start()
        assert done.wait(20)


@pytest.mark.parametrize(
    "bad", [[0.0] * 7, "eight", [math.nan] * 8, [1e6] * 8, ["0"] * 8, [True] * 8, None, 3, [], [[0.0] * 8] * 2]
)
def test_an_odd_code_is_refused_in_one_sentence(studio: Studio, bad: object) -> None:
    with pytest.raises(RequestError, match=r"\.$") as refusal:
        studio.vaes.decode(bad)
    assert str(refusal.value).count(".") == 1


def test_too_many_codes_are_refused_in_one_sentence(studio: Studio) -> None:
    with pytest.raises(RequestError, match=f"At most {MAX_CODES} codes can be decoded at once"):
        studio.vaes.decode_all(np.zeros((MAX_CODES + 1, 8)))
    with pytest.raises(RequestError, match=f"At most {MAX_FRAMES} codes"):
        studio.vaes.walk(np.zeros((MAX_FRAMES + 1, 8)))


@pytest.mark.parametrize("ask", ["encode", "decode", "imagine", "order", "carried"])
def test_an_unknown_vae_is_refused_in_one_sentence(studio: Studio, digit: np.ndarray, ask: str) -> None:
    asked = {
        "encode": lambda: studio.vaes.encode(digit, "pixelcnn-mnist"),
        "decode": lambda: studio.vaes.decode([0.0], name="pixelcnn-mnist"),
        "imagine": lambda: studio.vaes.imagine(1, "pixelcnn-mnist"),
        "order": lambda: studio.vaes.order("pixelcnn-mnist"),
        "carried": lambda: studio.vaes.carried("pixelcnn-mnist"),
    }
    with pytest.raises(RequestError, match="There is no VAE called 'pixelcnn-mnist'"):
        asked[ask]()
