"""The pixel models' requests, on tiny untrained models: what is painted, and what is refused."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from core.models.base import Complete
from core.requests import RequestError, seeded
from core.results import TAKEN
from core.samplers import brush
from core.samplers.brush import Brush
from core.studio.pixels import DIAGONAL, Covered, PixelStudio
from core.studio.turns import Turns
from core.training.evaluation import nats_per_picture
from core.training.registry import REGISTRY
from tests.core import small

NAMES = small.PIXEL_MODELS
BINARY, COLOUR, TOLD = "pixelcnn-mnist", "pixelcnn-cifar10", "gated-pixelcnn-mnist"
RASTER = [name for name in NAMES if name != "multiscale-mnist"]
MANY = 6


def shaken(name: str) -> Any:
    """A tiny model, loud enough for its pictures to be mixed."""
    model = small.build(small.CONFIGS[name])
    small.shake(model, 0.8 if name == TOLD else 0.4)
    return model


@pytest.fixture(scope="module")
def desk() -> Iterator[PixelStudio]:
    """All pixel models under their registered names, each with its tiny config."""
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.setitem(REGISTRY, name, small.spec(name))
        patch.setitem(REGISTRY, "pixelcnn-placed-mnist", small.spec("pixelcnn-unplaced-mnist"))
        yield PixelStudio(shaken, Turns().at)


def pixels(name: str, seed: int = 0) -> np.ndarray:
    """A picture as the page would send it."""
    config, rng = small.CONFIGS[name], np.random.default_rng(seed)
    if config.channels == 1:
        return rng.choice(np.array([0, 255], np.uint8), (config.height, config.width))
    return rng.integers(0, 256, (config.height, config.width, 3), np.uint8)


def hole(name: str) -> Covered:
    """A picture whose middle rows are hidden but for their last pixel."""
    config = small.CONFIGS[name]
    hidden = np.zeros((config.height, config.width), bool)
    hidden[1:-1, :-1] = True
    return pixels(name), hidden


def as_trace_has_it(picture: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, 3) of 0 to 255 -> (C, H, W) in [0, 1]."""
    return np.atleast_3d(picture).transpose(2, 0, 1).astype(np.float32) / 255


def refused(match: str, request: Callable[[], object]) -> None:
    """A request that gets one sentence."""
    with pytest.raises(RequestError, match=match) as caught:
        request()
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


# ---- painting ----


@pytest.mark.parametrize("name", NAMES)
def test_what_is_generated_is_a_function_of_the_seed(desk: PixelStudio, name: str) -> None:
    config = small.CONFIGS[name]
    first, again, other = (desk.generate(name, MANY, seed) for seed in (7, 7, 8))
    assert first.image.shape == (MANY, config.channels, config.height, config.width)
    assert np.array_equal(first.image, again.image) and not np.array_equal(first.image, other.image)
    assert not first.known.any()


@pytest.mark.parametrize("name", NAMES)
def test_a_completion_is_a_function_of_the_seed_keeps_what_is_given_and_has_the_likeliest_first(
    desk: PixelStudio, name: str
) -> None:
    picture, hidden = hole(name)
    first, again, other = (desk.complete(name, (picture, hidden), MANY, seed) for seed in (7, 7, 8))
    assert np.array_equal(first.image, again.image) and not np.array_equal(first.image, other.image)
    assert (first.image[:, :, ~hidden] == as_trace_has_it(picture)[:, ~hidden]).all()
    assert (first.known == ~hidden).all()
    price = first.nats[:, hidden].sum(1)
    assert (np.diff(price) >= 0).all() and price[0] < price[-1]


@pytest.mark.parametrize("name", NAMES)
def test_unranked_completions_stand_in_the_order_of_their_dice(desk: PixelStudio, name: str) -> None:
    covered = hole(name)
    trace = desk.complete(name, covered, MANY, 7, ranked=False)
    image = torch.from_numpy(as_trace_has_it(covered[0])).expand(MANY, -1, -1, -1)
    known = torch.from_numpy(~covered[1]).expand(MANY, -1, -1)
    straight = Brush(shaken(name)).paint(Complete(image, known), seeded(7))
    assert np.array_equal(trace.image, straight.image)
    ranked = desk.complete(name, covered, MANY, 7)
    order = np.argsort(trace.nats[:, covered[1]].sum(1), kind="stable")
    assert order.tolist() != list(range(MANY))  # or nothing would be shown
    for field in ("image", "probability", "entropy", "nats"):
        assert np.array_equal(getattr(ranked, field), getattr(trace, field)[order])


def constant(logit: float) -> Any:
    """A PixelCNN that expects the same of every pixel."""
    model = small.build(small.PIXELCNN)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.out.bias.fill_(logit)
    return model


def test_two_painters_throw_the_same_dice_for_each_column(desk: PixelStudio) -> None:
    logits = {"pixelcnn-unplaced-mnist": -0.5, "pixelcnn-placed-mnist": 0.5}
    painters = PixelStudio(lambda name: constant(logits[name]), Turns().at)
    covered = hole("pixelcnn-unplaced-mnist")
    u = torch.rand(MANY, 8, 8, generator=torch.Generator().manual_seed(3)).numpy()
    for name, logit in logits.items():
        expected = np.where(covered[1], u < 1 / (1 + np.exp(-logit)), covered[0] > 0)
        assert np.array_equal(painters.complete(name, covered, MANY, 3, ranked=False).image[:, 0], expected)
        fewest = expected.sum((1, 2)) * np.sign(logit)  # the likeliest has most of what is expected
        ranked = painters.complete(name, covered, MANY, 3).image.sum((1, 2, 3)) * np.sign(logit)
        assert ranked.tolist() == sorted(fewest, reverse=True) != fewest.tolist()


def test_a_lower_temperature_paints_likelier_pictures(desk: PixelStudio) -> None:
    cold, hot = (desk.generate(BINARY, 32, 1, temperature).nats.sum() for temperature in (0.2, 2))
    assert cold < hot


def test_a_class_changes_what_its_model_paints(desk: PixelStudio) -> None:
    covered = hole(TOLD)
    for paint in (
        lambda label: desk.generate(TOLD, MANY, 1, label=label).image,
        lambda label: desk.complete(TOLD, covered, MANY, 1, label=label).image,
        lambda label: desk.fit(TOLD, covered, MANY, 1, particles=8, label=label)[0].image,
        lambda label: desk.passes(TOLD, 1, label=label)[1].frame(-1),
    ):
        assert np.array_equal(paint(3), paint(3))
        assert len({paint(label).tobytes() for label in (None, *range(10))}) > 3


def test_only_models_that_learned_classes_can_be_asked_for_one(desk: PixelStudio) -> None:
    for name in set(NAMES) - {TOLD}:
        sentence = f"^The model {name} has not learned classes: it cannot be asked for one"
        refused(sentence, lambda name=name: desk.generate(name, 1, 1, label=3))
        refused(sentence, lambda name=name: desk.complete(name, hole(name), 1, 1, label=3))
    for label in (10, -1, "3", 2.5, True):
        sentence = r"^The class must be a whole number from 0 to 9\.$"
        refused(sentence, lambda label=label: desk.generate(TOLD, 1, 1, label=label))
    assert len(desk.generate(TOLD, 1, 1, label=9.0).image) == 1  # JSON knows no whole numbers


@pytest.mark.parametrize("name", NAMES)
def test_judging_a_picture_costs_what_evaluation_says(desk: PixelStudio, name: str) -> None:
    config = small.CONFIGS[name]
    model, x = shaken(name), small.pictures(3, config, 4)
    with torch.no_grad():
        expected = nats_per_picture(model, x, small.generator())
    for one, nats in zip(x, expected, strict=True):
        picture = (255 * one).round().byte().permute(1, 2, 0).numpy()
        trace = desk.judge(name, picture[..., 0] if config.channels == 1 else picture)
        assert trace.nats.sum() == pytest.approx(float(nats), rel=1e-5)
        assert trace.known.all() and np.array_equal(trace.image, one[None].numpy())


@pytest.mark.parametrize("name", NAMES)
def test_the_nats_of_a_completion_are_those_of_judging_it(desk: PixelStudio, name: str) -> None:
    painted = desk.complete(name, hole(name), 1, 5)
    picture = (255 * painted.image[0].transpose(1, 2, 0)).round().astype(np.uint8)
    judged = desk.judge(name, picture[..., 0] if picture.shape[2] == 1 else picture)
    np.testing.assert_allclose(painted.nats, judged.nats, rtol=1e-3, atol=1e-4)


# ---- heeding all that is given ----


@pytest.mark.parametrize("name", RASTER)
def test_the_filter_keeps_what_is_given_and_its_worth_lies_between_one_and_all(desk: PixelStudio, name: str) -> None:
    picture, hidden = hole(name)
    (first, fitted), (again, _), (other, _) = (
        desk.fit(name, (picture, hidden), MANY, seed, particles=32) for seed in (2, 2, 3)
    )
    assert np.array_equal(first.image, again.image) and not np.array_equal(first.image, other.image)
    assert len(first.image) == MANY and fitted.particles == 32
    assert (first.image[:, :, ~hidden] == as_trace_has_it(picture)[:, ~hidden]).all()
    price = first.nats[:, hidden].sum(1)
    assert (np.diff(price) >= 0).all()
    assert fitted.ess.shape == fitted.resampled.shape == (MANY, len(hidden))
    assert (fitted.ess >= 1 - 1e-4).all() and (fitted.ess <= 32 + 1e-3).all()
    assert (fitted.ess[:, 0] == 32).all() and fitted.ess[:, 1:].min() < 32
    assert fitted.log_evidence.shape == (MANY,) and (fitted.log_evidence < 0).all()
    assert (fitted.ess[fitted.resampled] < 16).all() and fitted.times.tolist() == [1] * MANY


def test_a_completion_that_heeds_all_is_the_same_however_many_are_asked_for(desk: PixelStudio) -> None:
    few, many = (desk.fit(BINARY, hole(BINARY), count, 5, particles=8)[0].image for count in (3, 9))
    assert {picture.tobytes() for picture in few} <= {picture.tobytes() for picture in many}


def test_a_picture_that_comes_out_again_is_shown_once_with_how_often(desk: PixelStudio) -> None:
    picture, hidden = hole(BINARY)
    hidden[:] = False
    hidden[0, 0] = True  # two completions at most
    every, _ = desk.fit(BINARY, (picture, hidden), 20, 1, particles=8)
    once, fitted = desk.fit(BINARY, (picture, hidden), 20, 1, particles=8, repeats=False)
    assert len(once.image) == len({each.tobytes() for each in every.image}) <= 2 < len(every.image) == 20
    assert fitted.times.sum() == 20 and len(fitted.ess) == len(once.image) == len(fitted.times)
    for each, times in zip(once.image, fitted.times, strict=True):
        assert times == sum(np.array_equal(each, other) for other in every.image)
    assert (np.diff(once.nats[:, hidden].sum(1)) >= 0).all()


def test_heeding_all_makes_the_pixels_after_the_hole_less_surprising(desk: PixelStudio) -> None:
    picture, hidden = hole(BINARY)
    after = np.zeros_like(hidden)
    after[-1] = True
    blind = desk.complete(BINARY, (picture, hidden), 32, 1).nats[:, after].sum(1).mean()
    heeding = desk.fit(BINARY, (picture, hidden), 32, 1, particles=16)[0].nats[:, after].sum(1).mean()
    assert heeding < blind - 0.1


def test_the_filter_says_so_where_it_cannot_work(desk: PixelStudio) -> None:
    covered = hole("multiscale-mnist")
    refused("needs a model that paints in raster order", lambda: desk.fit("multiscale-mnist", covered, 1, 1))
    for particles in (7, 257, "many", None):
        sentence = r"^The number of particles must be a whole number from 8 to 256\.$"
        refused(sentence, lambda particles=particles: desk.fit(BINARY, hole(BINARY), 1, 1, particles=particles))


# ---- passes and races ----


@pytest.mark.parametrize("name", NAMES)
def test_the_passes_end_in_the_picture_of_their_seed(desk: PixelStudio, name: str) -> None:
    covered = hole(name)
    painting, passes = desk.passes(name, 3, 1.0, covered)
    assert np.array_equal(passes.frame(-1), painting.image)
    assert np.array_equal(painting.image, desk.complete(name, covered, 1, 3).image)
    imagined, passes = desk.passes(name, 3)
    assert np.array_equal(passes.frame(-1), imagined.image)
    assert np.array_equal(imagined.image, desk.generate(name, 1, 3).image)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("completing", [False, True])
def test_all_racers_end_in_the_very_same_picture(desk: PixelStudio, name: str, completing: bool) -> None:
    config = small.CONFIGS[name]
    covered = hole(name) if completing else None
    racers = desk.race(name, 4, 1.0, covered)
    assert racers[0].method == "naive" and len({racer.method for racer in racers}) == len(racers) >= 3 - (
        name == "spatial-lstm-mnist"
    )
    start = np.zeros((config.channels, config.height, config.width), np.float32)
    if covered is not None:
        start = as_trace_has_it(covered[0]) * ~covered[1]
    end = desk.passes(name, 4, 1.0, covered)[0].image[0]
    for racer in racers:
        assert len(racer.canvases) == len(racer.times) + 1 == len(racer.rows) + 1
        assert np.array_equal(racer.canvases[0], start) and np.array_equal(racer.canvases[-1], end)
        assert racer.times[0] > 0 and (np.diff(racer.times) > 0).all()
        assert (racer.rows == -1).all() if racer.method in ("whole", "waves") else (racer.rows >= 0).all()
        assert racer.rows.max() < config.height
    assert len(racers[0].times) == config.height * config.width
    assert not np.array_equal(start, end)


def test_a_smaller_scale_names_the_rows_of_the_large_picture(desk: PixelStudio) -> None:
    (by_rows,) = (racer for racer in desk.race("multiscale-mnist", 4) if racer.method == "rows")
    visited = [row for row, before in zip(by_rows.rows, [-1, *by_rows.rows], strict=False) if row != before]
    assert visited == [0, 4, 0, 2, 4, 6, *range(8)]  # 2×2, 4×4 and 8×8 pixels


# ---- instruments ----


def test_the_instruments_answer_for_every_model(desk: PixelStudio) -> None:
    for name in NAMES:
        config = small.CONFIGS[name]
        ranks = desk.ranks(name)
        assert sorted(ranks.ravel()) == list(range(config.height * config.width))
        last = config.height - 1, config.width - 1
        field = desk.field(name, *last, pixels(name))
        assert field.shape == ranks.shape and field.any()
        assert desk.leak(name, *last, pixels(name)).early == 0


def test_a_mask_is_broken_for_one_question_only(desk: PixelStudio) -> None:
    for name in (BINARY, COLOUR):
        assert desk.leak(name, 1, 1, pixels(name), broken=True).early >= (name == BINARY)
        assert desk.leak(name, 1, 1, pixels(name)).early == 0
    refused("PixelCNN only", lambda: desk.leak(TOLD, 1, 1, pixels(TOLD), broken=True))


def test_a_diagonal_bilstm_is_tried_with_other_scans_for_one_question_only(desk: PixelStudio) -> None:
    picture = pixels(DIAGONAL)
    leaks = {taken: desk.scans_leak(taken, 3, 2, picture).early for taken in TAKEN}
    assert leaks["moved"] == 0 and min(early for taken, early in leaks.items() if taken != "moved") > 0
    assert desk.leak(DIAGONAL, 3, 2, picture).early == 0
    refused(r"^There are no such scans; there are moved, ", lambda: desk.scans_leak("fifth", 3, 2, picture))


def test_a_pixel_outside_the_picture_is_refused(desk: PixelStudio) -> None:
    for ask in (desk.field, desk.leak):
        refused(r"^The row must be a whole number from 0 to 7\.$", lambda ask=ask: ask(BINARY, 8, 0, pixels(BINARY)))
        refused(
            r"^The column must be a whole number from 0 to 7\.$", lambda ask=ask: ask(BINARY, 0, "x", pixels(BINARY))
        )


# ---- what is wrong ----


@pytest.mark.parametrize("name", ["pixelcnn", "draw-mnist", "vae-mnist", "", None, 3, ["pixelcnn-mnist"]])
def test_a_name_that_is_no_pixel_model_is_refused(desk: PixelStudio, name: Any) -> None:
    for ask in (
        lambda: desk.generate(name, 1, 1),
        lambda: desk.complete(name, hole(BINARY), 1, 1),
        lambda: desk.judge(name, pixels(BINARY)),
        lambda: desk.race(name, 1),
    ):
        refused("^There is no pixel model called .*; there are pixelcnn-mnist, ", ask)


@pytest.mark.parametrize("name", [BINARY, COLOUR])
def test_a_cover_over_nothing_or_everything_is_refused_and_the_studio_goes_on(desk: PixelStudio, name: str) -> None:
    picture, hidden = hole(name)
    for ask in (
        lambda hidden: desk.complete(name, (picture, hidden), 1, 1),
        lambda hidden: desk.fit(name, (picture, hidden), 1, 1),
        lambda hidden: desk.passes(name, 1, 1.0, (picture, hidden)),
        lambda hidden: desk.race(name, 1, 1.0, (picture, hidden)),
    ):
        refused("^Nothing is covered: ", lambda ask=ask: ask(np.zeros_like(hidden)))
        refused("^Everything is covered: ", lambda ask=ask: ask(np.ones_like(hidden)))
    assert len(desk.complete(name, (picture, hidden), 2, 1).image) == 2


def test_a_picture_of_another_size_or_colour_is_refused_by_what_the_model_knows(desk: PixelStudio) -> None:
    grey, colour = r"^This model knows grey pictures of 8×8 pixels, not {}\.$", r"^This model knows colour pictures "
    for shape in ((7, 8), (32, 32), (8, 8, 3)):
        picture, hidden = np.zeros(shape, np.uint8), np.zeros(shape[:2], bool)
        hidden[1:] = True
        sentence = grey.format("×".join(map(str, shape)))
        refused(sentence, lambda picture=picture, hidden=hidden: desk.complete(BINARY, (picture, hidden), 1, 1))
        refused(sentence, lambda picture=picture: desk.judge(BINARY, picture))
        refused(sentence, lambda picture=picture: desk.field(BINARY, 1, 1, picture))
    for shape in ((4, 4), (8, 8), (8, 8, 3), (4, 4, 4)):
        picture, hidden = np.zeros(shape, np.uint8), np.zeros(shape[:2], bool)
        hidden[1:] = True
        refused(colour, lambda picture=picture, hidden=hidden: desk.complete(COLOUR, (picture, hidden), 1, 1))
        refused(colour, lambda picture=picture: desk.judge(COLOUR, picture))
    assert len(desk.judge(BINARY, pixels(BINARY)).image) == 1


def test_a_cover_of_another_size_than_the_picture_is_refused(desk: PixelStudio) -> None:
    cover = np.zeros((8, 7), bool)
    cover[2] = True
    refused(
        r"^The cover must be as large as the picture\.$", lambda: desk.complete(BINARY, (pixels(BINARY), cover), 1, 1)
    )


@pytest.mark.parametrize("name", [BINARY, COLOUR])
def test_odd_numbers_are_refused(desk: PixelStudio, name: str) -> None:
    most = 64 if name == BINARY else 16
    for bad in (0, most + 1, 2.5, "7", None, float("nan"), True):
        sentence = rf"^The number of pictures must be a whole number from 1 to {most}\.$"
        refused(sentence, lambda bad=bad: desk.generate(name, bad, 1))
        refused(sentence, lambda bad=bad: desk.complete(name, hole(name), bad, 1))
    for bad in (0.05, 2.5, "warm", None, float("nan")):
        sentence = r"^The temperature must be a number from 0\.1 to 2\.$"
        refused(sentence, lambda bad=bad: desk.generate(name, 1, 1, bad))
        refused(sentence, lambda bad=bad: desk.race(name, 1, bad))
    for bad in (-1, 2**31, 0.5, "x", None):
        sentence = r"^The seed must be a whole number from 0 to 2147483647\.$"
        refused(sentence, lambda bad=bad: desk.generate(name, 1, bad))
        refused(sentence, lambda bad=bad: desk.fit(name, hole(name), 1, bad, particles=8))
    assert len(desk.generate(name, most, 1).image) == most


def test_more_pictures_than_the_memory_limit_allows_are_refused(
    desk: PixelStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_picture = 2 * 4 * 64  # noise and logits of 8×8 pixels, four bytes each
    monkeypatch.setattr(brush, "MAX_BYTES", 10 * per_picture)
    refused("^Ask for at most 10 pictures at once: ", lambda: desk.generate(BINARY, 11, 1))
    assert len(desk.generate(BINARY, 10, 1).image) == 10
    assert desk.fit(BINARY, hole(BINARY), 4, 1, particles=128)[1].particles == 2, "of each of four filters"
