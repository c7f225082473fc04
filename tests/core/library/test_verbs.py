"""The same verbs for all models: what each answers, and that a picture hangs on nothing but its seed and its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.library import KINDS
from core.library.model import VERBS
from core.trace import CanvasTrace, RasterTrace
from tests.core import small
from tests.core.library.models import family, model

VAES, DRAWS, PIXELS, CLASSIFIERS = (family(each) for each in ("vae", "draw", "pixel", "classifier"))


def some(name: str, count: int) -> np.ndarray:
    return small.pictures(count, small.CONFIGS[name]).numpy()


def half(name: str) -> np.ndarray:
    config = small.CONFIGS[name]
    known = np.zeros((config.height, config.width), bool)
    known[: config.height // 2] = True
    return known


def painted(name: str, count: int) -> Any:
    return model(name).sample(count, seed=5)


@pytest.mark.parametrize("name", [*VAES, *DRAWS, *PIXELS])
def test_a_sampled_picture_hangs_on_its_seed_and_its_place_alone(name: str) -> None:
    few, many = painted(name, 3), painted(name, 5)
    np.testing.assert_allclose(many.frame(-1)[:3], few.frame(-1), atol=1e-6)
    other = model(name).sample(3, seed=6)
    assert not np.array_equal(other.frame(-1), few.frame(-1))
    np.testing.assert_array_equal(painted(name, 3).frame(-1), few.frame(-1))
    config = small.CONFIGS[name]
    assert few.frame(-1).shape == (3, config.channels, config.height, config.width)


@pytest.mark.parametrize("name", [*VAES, *DRAWS])
def test_a_reconstruction_keeps_what_it_is_a_copy_of_and_costs_what_nats_says(name: str) -> None:
    x = some(name, 3)
    copy = model(name).reconstruct(x, seed=4)
    np.testing.assert_array_equal(copy.subject, x)
    assert copy.frame(-1).shape == x.shape
    np.testing.assert_allclose(copy.nats.sum(1), model(name).nats(x, seed=4), rtol=1e-5)
    alone = model(name).reconstruct(x[:1], seed=4)
    np.testing.assert_allclose(alone.frame(-1), copy.frame(-1)[:1], atol=1e-6)


@pytest.mark.parametrize("name", [*VAES, *DRAWS])
def test_a_bound_tightens_with_samples_and_belongs_to_its_picture(name: str) -> None:
    x = some(name, 3)
    loose = np.mean([model(name).nats(x, seed=seed) for seed in range(8)], 0)
    tight = model(name).nats(x, seed=1, samples=64)
    assert (tight < loose).all()
    np.testing.assert_allclose(model(name).nats(x[:2], seed=1, samples=64), tight[:2], rtol=1e-5)


@pytest.mark.parametrize("name", VAES)
def test_the_codes_of_a_vae_stand_in_the_order_of_what_they_carry_and_paint_the_reconstruction(name: str) -> None:
    x = some(name, 2)
    codes = model(name).encode(x)
    assert codes.mean.shape == codes.sigma.shape == codes.kl.shape == (2, small.CONFIGS[name].latent)
    copy = model(name).reconstruct(x)
    np.testing.assert_allclose(model(name).decode(codes).frame(-1), copy.frame(-1), atol=1e-6)
    np.testing.assert_allclose(model(name).decode(codes.mean[1]).frame(-1), copy.frame(-1)[1:], atol=1e-6)
    np.testing.assert_allclose(codes.kl.sum(1), copy.nats[:, 0], rtol=1e-5)


def test_the_first_number_of_a_code_is_the_one_that_carries_most() -> None:
    vae = model("vae-mnist")
    moved = type(vae)(vae.name, vae.spec, vae.module, np.array([1, 3, 2], np.float32))
    own, x = vae.module.encode(small.ink(1, vae.config))[0].detach().numpy(), some("vae-mnist", 1)
    np.testing.assert_allclose(moved.encode(x).mean, own[:, [1, 2, 0]], atol=1e-6)
    np.testing.assert_allclose(moved.decode(own[:, [1, 2, 0]]).frame(-1), vae.decode(own).frame(-1), atol=1e-6)


@pytest.mark.parametrize("name", DRAWS)
def test_the_latents_of_draw_paint_the_very_copy_that_they_are_of(name: str) -> None:
    x = some(name, 2)
    latents = model(name).encode(x, seed=3)
    config = small.CONFIGS[name]
    assert latents.shape == (2, config.steps, config.latent)
    copy, again = model(name).reconstruct(x, seed=3), model(name).decode(latents)
    assert len(again) == config.steps
    np.testing.assert_allclose(again.frame(-1), copy.frame(-1), atol=1e-6)
    np.testing.assert_allclose(model(name).decode(latents[1]).frame(-1), copy.frame(-1)[1:], atol=1e-6)


def test_draw_paints_in_as_many_strokes_as_one_asks_for() -> None:
    assert len(model("draw-mnist").sample(2, strokes=7)) == 7
    assert len(model("draw-mnist").reconstruct(some("draw-mnist", 1), strokes=1)) == 1


@pytest.mark.parametrize("name", PIXELS)
def test_a_completion_keeps_what_is_known_and_paints_the_rest(name: str) -> None:
    x, known = some(name, 2), half(name)
    done = model(name).complete(x, known, seed=2)
    np.testing.assert_array_equal(done.frame(-1)[:, :, known], x[:, :, known])
    assert (done.known == known).all() and not np.array_equal(done.frame(-1), x)
    many = model(name).complete(x[0], known, seed=2, count=3)
    np.testing.assert_array_equal(many.frame(-1)[0], done.frame(-1)[0])
    np.testing.assert_array_equal(many.frame(-1)[:, :, known], np.repeat(x[:1], 3, 0)[:, :, known])


def test_a_trace_can_be_completed_and_one_picture_under_several_masks() -> None:
    name = "pixelcnn-mnist"
    digits, known = painted(name, 2), half(name)
    done = model(name).complete(digits, known, seed=1)
    np.testing.assert_array_equal(done.frame(-1)[:, :, known], digits.frame(-1)[:, :, known])
    both = model(name).complete(digits.frame(-1)[0], np.stack([known, ~known]), seed=1)
    np.testing.assert_array_equal(both.known, [known, ~known])


@pytest.mark.parametrize("name", PIXELS)
def test_the_nats_of_a_pixel_model_are_exact_and_its_verdict_shows_where_they_are(name: str) -> None:
    x = some(name, 3)
    nats, verdict = model(name).nats(x), model(name).judge(x)
    assert nats.shape == (3,) and verdict.known.all()
    np.testing.assert_allclose(verdict.nats.sum((1, 2)), nats, rtol=1e-4)
    digits = painted(name, 2)
    np.testing.assert_allclose(digits.nats.sum((1, 2)), model(name).nats(digits), rtol=1e-4)


def test_a_model_that_has_learned_classes_can_be_asked_for_one() -> None:
    gated = model("gated-pixelcnn-mnist")
    three, seven = (gated.sample(4, seed=1, label=label).frame(-1) for label in (3, 7))
    assert not np.array_equal(three, seven)
    with pytest.raises(UserError, match=r"^The class must be a whole number from 0 to 9\.$"):
        gated.sample(1, label=10)
    with pytest.raises(UserError, match=r"^The model pixelcnn-mnist has not learned classes"):
        model("pixelcnn-mnist").sample(1, label=3)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_looks_and_says_how_likely_each_class_is(name: str) -> None:
    x = some(name, 2)
    trace = model(name).look(x, seed=1)
    np.testing.assert_array_equal(trace.subject, x if name != "reader-plates" else trace.frame(-1))
    if name == "reader-plates":
        assert trace.series("confidence").shape == (1, 2)
        return
    chances = np.stack([trace.series(f"{k}_probability") for k in range(10)])
    np.testing.assert_allclose(chances.sum(0), 1, rtol=1e-5)
    config = small.CONFIGS[name]
    looks = getattr(config, "steps", 1)
    if hasattr(config, "block"):  # one for each diagonal of its blocks
        looks = -(-config.height // config.block) + -(-config.width // config.block) - 1
    assert chances.shape[1:] == (looks, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verb", VERBS)
def test_what_a_model_cannot_do_is_one_sentence_that_says_which_can(kind: Any, verb: str) -> None:
    one = model(family(kind)[0])
    if verb in one.verbs():
        return
    with pytest.raises(UserError) as caught:
        getattr(one, verb)(1, seed=2)
    sentence = str(caught.value)
    assert sentence.startswith(f"{one.name} cannot {VERBS[verb]}: ") and sentence.endswith(".") and "\n" not in sentence
    able = sentence.split(" models can, such as ")[1].split(";")[0]
    assert verb in KINDS[small.REGISTRY[able].family].verbs()


def test_every_family_answers_with_traces_of_its_kind() -> None:
    assert isinstance(painted("pixelcnn-mnist", 1), RasterTrace)
    for name in ("vae-mnist", "draw-mnist"):
        assert isinstance(painted(name, 1), CanvasTrace)
    assert "can sample, complete" in repr(model("pixelcnn-mnist")) and "on cpu" in repr(model("pixelcnn-mnist"))


@pytest.mark.parametrize("verb", ["sample", "complete"])
def test_a_pixel_model_paints_on_one_thread_and_leaves_the_number_of_threads_as_it_was(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, seen = "pixelcnn-mnist", list[int]()
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    model(name).sample(1) if verb == "sample" else model(name).complete(some(name, 1), half(name))
    assert seen == [1, 7]
