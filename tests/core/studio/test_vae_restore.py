"""Restoring, as the page asks for it: what is compared, what is kept, and one sentence for what cannot be restored."""

from __future__ import annotations

import numpy as np
import pytest

from core.requests import RequestError
from core.results_vae import Restored
from core.studio.vae_restore import COMPLETIONS, DRAWS, RESTARTS, RestoreStudio
from tests.core import digit_vaes

DIGIT, HIDDEN = digit_vaes.digit(), digit_vaes.lower_half()
TRUE = (DIGIT > 0).astype(np.float32)


@pytest.fixture(scope="module")
def desk() -> RestoreStudio:
    return RestoreStudio(digit_vaes.vaes(), digit_vaes.pixels())


@pytest.fixture(scope="module")
def uncovered(desk: RestoreStudio) -> Restored:
    return desk.uncover((DIGIT, HIDDEN), 1)


@pytest.fixture(scope="module")
def denoised(desk: RestoreStudio) -> Restored:
    return desk.denoise(DIGIT, 0.2, 1)


def test_a_cover_has_four_answers_and_noise_three_for_no_pixel_model_has_learned_of_it(
    uncovered: Restored, denoised: Restored
) -> None:
    assert [answer.way for answer in uncovered.answers] == ["encoder", "denoising", "search", "pixels"]
    assert [answer.way for answer in denoised.answers] == ["encoder", "denoising", "search"]
    assert [len(answer.samples) for answer in uncovered.answers] == [DRAWS, DRAWS, RESTARTS, COMPLETIONS]


def test_known_pixels_stay_and_are_never_unsure_where_they_are_known_for_sure(uncovered: Restored) -> None:
    for answer in uncovered.answers:
        np.testing.assert_array_equal(answer.painted[~HIDDEN], TRUE[~HIDDEN])
        np.testing.assert_array_equal(
            answer.samples[:, ~HIDDEN], np.broadcast_to(TRUE[~HIDDEN], (len(answer.samples), 392))
        )
        assert (answer.spread[~HIDDEN] == 0).all() and answer.spread[HIDDEN].max() > 0
    np.testing.assert_array_equal(uncovered.climb.pictures[..., ~HIDDEN][-1, 0], TRUE[~HIDDEN])


def test_the_figures_of_an_answer_are_those_of_its_pictures(uncovered: Restored, denoised: Restored) -> None:
    for restored, where in ((uncovered, HIDDEN), (denoised, np.ones_like(HIDDEN))):
        assert restored.untouched == pytest.approx((restored.damaged != TRUE)[where].mean(), abs=1e-6)
        for answer in restored.answers:
            assert answer.wrong == pytest.approx(((answer.painted > 0.5) != TRUE)[where].mean(), abs=1e-6)
            assert answer.unsure == pytest.approx(answer.spread[where].mean(), rel=1e-5)
            assert answer.spread.max() <= 0.5 + 1e-6 and set(np.unique(answer.samples)) <= {0, 1}
    pixels = uncovered.answers[-1]
    np.testing.assert_allclose(pixels.spread, pixels.samples.std(0), atol=1e-6)


def test_the_pixel_models_nats_are_those_of_the_true_hidden_pixels(uncovered: Restored) -> None:
    nats = digit_vaes.pixels().judge("pixelcnn-mnist", DIGIT).nats[0]
    assert uncovered.answers[-1].nats == pytest.approx(float(nats[HIDDEN].sum()), rel=1e-6)


def test_the_search_shows_its_best_restart_first_and_pays_for_the_true_pixels_at_its_best_code(
    uncovered: Restored,
) -> None:
    climb = uncovered.climb
    assert (np.diff(climb.objective[-1]) >= 0).all() and sorted(climb.origins) == [0, 1, 2, 2, 2, 2]
    assert (climb.known <= climb.known[0]).all()
    search = uncovered.answers[2]
    np.testing.assert_allclose(search.painted, climb.pictures[-1, 0], atol=1e-6)
    p = search.painted[HIDDEN].astype(float)
    nats = -np.log(np.where(TRUE[HIDDEN] > 0, p, 1 - p)).sum()
    assert search.nats == pytest.approx(nats, rel=1e-3) and climb.hidden[0] == pytest.approx(search.nats, rel=1e-5)


def test_what_lies_below_the_cover_changes_no_picture_only_the_marks(desk: RestoreStudio, uncovered: Restored) -> None:
    other = desk.uncover((np.where(HIDDEN, 255 - DIGIT, DIGIT).astype(np.uint8), HIDDEN), 1)
    for one, same in zip(uncovered.answers, other.answers, strict=True):
        np.testing.assert_array_equal(one.painted, same.painted)
        np.testing.assert_array_equal(one.samples, same.samples)
        assert one.nats != same.nats
    np.testing.assert_array_equal(uncovered.climb.objective, other.climb.objective)


def test_the_same_seed_restores_alike_and_another_flips_other_pixels(desk: RestoreStudio, denoised: Restored) -> None:
    same, other = desk.denoise(DIGIT, 0.2, 1), desk.denoise(DIGIT, 0.2, 2)
    np.testing.assert_array_equal(same.damaged, denoised.damaged)
    np.testing.assert_array_equal(same.climb.pictures, denoised.climb.pictures)
    assert (other.damaged != denoised.damaged).any()
    assert denoised.untouched == pytest.approx(0.2, abs=0.05)


def test_no_noise_at_all_is_a_task_like_any_other(desk: RestoreStudio) -> None:
    found = desk.denoise(DIGIT, 0, 1, restarts=2)
    assert found.untouched == 0 and np.isfinite(found.climb.objective).all()


def test_what_cannot_be_restored_is_refused_with_a_sentence(desk: RestoreStudio) -> None:
    blank, nothing = np.zeros((28, 28), np.uint8), np.zeros((28, 28), bool)
    for ask, words in (
        (lambda: desk.uncover((DIGIT, nothing), 1), "Nothing is covered"),
        (lambda: desk.uncover((DIGIT, ~nothing), 1), "Everything is covered"),
        (lambda: desk.uncover((blank, HIDDEN), 1), "paper is empty"),
        (lambda: desk.denoise(blank, 0.2, 1), "paper is empty"),
        (lambda: desk.uncover((DIGIT, HIDDEN[:3]), 1), "as large as the picture"),
        (lambda: desk.denoise(DIGIT, 0.51, 1), "share of flipped pixels"),
        (lambda: desk.denoise(DIGIT, float("nan"), 1), "share of flipped pixels"),
        (lambda: desk.denoise(DIGIT, 0.2, 1.5), "seed"),
        (lambda: desk.denoise(DIGIT, 0.2, 1, restarts=1), "restarts"),
        (lambda: desk.denoise(DIGIT[:5], 0.2, 1), "28×28"),
    ):
        with pytest.raises(RequestError, match=words):
            ask()
