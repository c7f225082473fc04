"""The particle filter fills a hole by what fits on all sides: its estimates agree with enumeration."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.errors import UserError
from core.models.base import Complete, Generate
from core.models.raster import fresh_noise, value_nats
from core.nn import noise
from core.samplers.brush import Brush
from core.samplers.canvas import Canvas, Pass
from core.samplers.particles import Filtered, effective_sample_size, filtered, systematic
from core.studio.studio import Studio
from tests.core import brushes, small

ROOT = Path(__file__).resolve().parents[3]
HOLES = {
    "in the middle": [[1, 1, 1], [1, 0, 0], [0, 0, 1], [1, 1, 1]],
    "from the top": [[0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]],
}
"""Which pixels of 4 × 3 are given; some of them come after hidden ones, in their row and below."""


@dataclass(frozen=True)
class Hole:
    """A picture with a hole, and all that enumeration says of it."""

    brush: Brush
    request: Complete
    fillings: Tensor
    """(n, C · hidden): every filling."""
    posterior: Tensor
    """(n,): p(filling | all given)."""
    plain: Tensor
    """(n,): how often a plain completion, blind for what comes later, would paint it."""
    log_evidence: float
    """log p(given pixels from the first hidden row on | the rows above)."""


def hole(name: str, where: str, temperature: float = 1.0, seed: int = 1) -> Hole:
    """Enumerate the fillings of one hole; of pictures with many levels only one or two pixels are hidden."""
    brush, label = brushes.brush(name, height=4, width=3), brushes.LOUD[name].label
    config = brush.config
    image, known = small.pictures(1, config, seed), torch.tensor([HOLES[where]], dtype=torch.bool)
    if config.levels > 2:
        known[:, 2:] = True
        known[0, 1, 2] = known[0, 0, 2] = True
        known[0, 0, 0] |= config.channels > 1
    hidden = ~known[0].expand(config.channels, -1, -1)
    values = list(itertools.product(range(config.levels), repeat=int(hidden.sum())))
    fillings = torch.tensor(values) / (config.levels - 1)
    pictures = image.repeat(len(fillings), 1, 1, 1)
    pictures[:, hidden] = fillings
    labels = () if label is None else (torch.full((len(pictures),), label),)
    with torch.no_grad():
        nats = value_nats(brush.model(pictures, *labels) / temperature, pictures).double()
    first = int((~known[0]).any(1).int().argmax())
    log_joint = -nats[:, :, first:].flatten(1).sum(1)
    return Hole(
        brush,
        Complete(image, known, temperature, label),
        fillings,
        log_joint.softmax(0),
        (-nats[:, hidden].sum(1)).exp(),
        float(log_joint.logsumexp(0)),
    )


def many(hole: Hole, filters: int, particles: int, seed: int) -> tuple[Canvas, Filtered]:
    """Filters of as many particles as one likes, each with noise of its own, and what they leave on the canvas."""
    request, generators = hole.request, [small.generator(seed + index) for index in range(filters)]
    count = filters * particles
    x = (request.images * request.known).repeat(count, 1, 1, 1)
    labels = None if request.label is None else torch.full((count,), request.label)
    drawn = torch.cat([fresh_noise(particles, hole.brush.config, generator) for generator in generators])
    canvas = Canvas(x, request.known.repeat(count, 1, 1), drawn, request.temperature, labels=labels)
    sampler: Any = hole.brush.sampler("rows" if "rows" in hole.brush.methods else "cells")
    return canvas, filtered(sampler, canvas, generators)


def painted(hole: Hole, particles: int, seed: int) -> tuple[Canvas, Filtered]:
    """The same for one filter."""
    canvas, result = many(hole, 1, particles, seed)
    alone = (each[0] for each in (result.log_weights, result.ess, result.resampled, result.log_evidence))
    return canvas, Filtered(*alone)


def shares(hole: Hole, canvas: Canvas, weights: Tensor) -> Tensor:
    """(n,): the weight of all particles that show a filling, for every filling."""
    hidden = ~hole.request.known[0].expand(canvas.x.shape[1], -1, -1)
    found = (canvas.x[:, hidden][:, None] == hole.fillings).all(2)  # (N, n)
    assert (found.sum(1) == 1).all()
    return weights @ found.double()


def variation(p: Tensor, q: Tensor) -> float:
    """The total variation of two distributions, between 0 and 1."""
    return float((p - q).abs().sum() / 2)


CASES = [
    ("pixelcnn", "in the middle", 1.0, 1),
    ("pixelcnn", "from the top", 1.0, 1),
    ("biased", "in the middle", 1.0, 1),
    ("colour", "from the top", 1.0, 1),
    ("grey", "from the top", 1.0, 11),
    ("gated", "from the top", 1.0, 3),
    ("told", "in the middle", 1.0, 3),
    ("row", "in the middle", 1.0, 1),
    ("diagonal", "in the middle", 1.0, 1),
    ("diagonal", "from the top", 1.7, 1),
    ("mcgsm", "in the middle", 1.0, 1),
    ("spatial", "in the middle", 1.0, 8),
    ("spatial", "from the top", 0.6, 1),
]
"""Models, holes, temperatures and pictures for which a plain completion is far from right."""


@pytest.mark.parametrize(("name", "where", "temperature", "seed"), CASES)
def test_weighted_particles_are_distributed_as_enumeration_says_and_plain_completions_are_not(
    name: str, where: str, temperature: float, seed: int
) -> None:
    exact = hole(name, where, temperature, seed)
    assert float(exact.plain.sum()) == pytest.approx(1, abs=1e-4)
    canvas, result = painted(exact, 4_000, 3)
    assert variation(shares(exact, canvas, result.log_weights.exp()), exact.posterior) < 0.05
    x = (exact.request.images * exact.request.known).repeat(4_000, 1, 1, 1)
    blind = replace(canvas, x=x)  # the same pictures with the same noise, completed plainly
    with torch.inference_mode():
        for _ in exact.brush.sampler("rows" if "rows" in exact.brush.methods else "cells").passes(blind):
            pass
    found = shares(exact, blind, torch.full((4_000,), 1 / 4_000, dtype=torch.float64))
    assert variation(found, exact.plain) < 0.05 and variation(found, exact.posterior) > 0.25


@pytest.mark.parametrize(
    ("name", "where", "temperature", "seed"),
    [("mcgsm", "from the top", 1.0, 2), ("mcgsm", "from the top", 0.7, 2)],
)
def test_the_evidence_is_right_on_average_however_few_the_particles(
    name: str, where: str, temperature: float, seed: int
) -> None:
    exact = hole(name, where, temperature, seed)
    result = many(exact, 160, 6, 0)[1]
    ratio = np.exp(result.log_evidence.numpy() - exact.log_evidence)
    error = ratio.std(ddof=1) / len(ratio) ** 0.5
    assert error < 0.06 and abs(ratio.mean() - 1) < 3 * error
    assert 0.2 < float(result.resampled.any(1).float().mean()) < 0.8, "with and without resampling"


@pytest.mark.parametrize("name", brushes.RASTER)
def test_weights_evidence_and_size_follow_from_what_the_model_says_of_the_given_pixels(name: str) -> None:
    exact = hole(name, "from the top", 1.3, seed=2)
    count, first = 12, 0 if exact.brush.config.levels == 2 or exact.brush.config.channels == 1 else 1
    canvas, result = painted(exact, count, 4)
    labels = () if canvas.labels is None else (canvas.labels,)
    with torch.no_grad():
        nats = value_nats(exact.brush.model(canvas.x, *labels) / 1.3, canvas.x).double().sum(1)
    given = -(nats * exact.request.known).sum(2).numpy()  # (N, H), log p of the given pixels of every row
    since = max([first, *(row + 1 for row in range(4) if result.resampled[row])])
    unnormalised = given[:, since:].sum(1)
    np.testing.assert_allclose(
        result.log_weights.numpy(), unnormalised - np.logaddexp.reduce(unnormalised), rtol=1e-3, atol=1e-3
    )
    weights = result.log_weights.exp().numpy()
    assert weights.sum() == pytest.approx(1)
    assert float(result.ess[3]) == pytest.approx(1 / (weights**2).sum(), rel=1e-4)
    assert (result.ess >= 1).all() and (result.ess <= count * (1 + 1e-5)).all() and (result.ess[:first] == count).all()
    assert result.resampled[:3].tolist() == (result.ess[:3] < count / 2).tolist() and not result.resampled[3]
    if not result.resampled.any():
        assert float(result.log_evidence) == pytest.approx(
            np.logaddexp.reduce(unnormalised) - math.log(count), rel=1e-4
        )


@pytest.mark.parametrize("name", brushes.RASTER)
def test_completions_that_heed_everything_keep_what_is_given_and_the_nats_of_evaluation(name: str) -> None:
    exact = hole(name, "from the top", seed=2)
    brush, request = exact.brush, exact.request
    five = replace(request, images=request.images.repeat(5, 1, 1, 1), known=request.known.repeat(5, 1, 1))
    passes: list[Pass] = []
    trace, result = brush.fit(five, 40, small.generator(5), passes.append)
    x, given = torch.from_numpy(trace.image), five.known[:, None].expand_as(five.images)
    assert torch.equal(x[given], five.images[given]) and np.array_equal(trace.known, five.known.numpy())
    labels = () if request.label is None else (torch.full((5,), request.label),)
    with torch.no_grad():
        nats = brush.model.loss(x, small.generator(), *labels).total
    np.testing.assert_allclose(trace.nats.sum((1, 2)), nats.numpy(), rtol=1e-4, atol=1e-4)
    rows = [each.row for each in passes if each.row is not None]
    assert (
        result.log_weights.shape == (5, 40)
        and rows == sorted(rows)
        and len(rows) == len(passes)
        and {len(each.canvas) for each in passes} == {200}
    )


@pytest.mark.parametrize("name", ["pixelcnn", "row", "diagonal", "spatial"])
def test_the_rows_that_all_particles_share_are_read_once_and_the_completions_are_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = hole(name, "in the middle")
    request = Complete(exact.request.images.repeat(5, 1, 1, 1), exact.request.known.repeat(5, 1, 1))
    sampler, read = exact.brush.in_rows(), list[int]()
    begin = sampler.engine.begin

    def counted(canvas: Canvas) -> Any:
        read.append(len(canvas.x))
        return begin(canvas)

    def each_for_itself(canvas: Canvas) -> tuple[Any, int]:
        state = counted(canvas)
        canvas.logits[..., :1, :] = state.jump(canvas.x[:, :, :1])
        return state, 1

    monkeypatch.setattr(sampler.engine, "begin", counted)
    once, _ = exact.brush.fit(request, 40, small.generator(5))
    monkeypatch.setattr(sampler, "begin", each_for_itself)
    often, _ = exact.brush.fit(request, 40, small.generator(5))
    assert read == [1, 200]
    np.testing.assert_array_equal(once.image, often.image)
    np.testing.assert_allclose(once.nats, often.nats, atol=1e-5)


def test_particles_are_drawn_anew_once_half_of_them_are_worth_nothing() -> None:
    exact = hole("diagonal", "in the middle")
    canvas, result = painted(exact, 200, 3)
    assert result.resampled.tolist() == [False, False, True, False] and result.ess[2] < 100
    survivors = shares(exact, canvas, torch.full((200,), 1 / 200, dtype=torch.float64))
    assert variation(survivors, exact.posterior) < 0.1 < variation(exact.plain, exact.posterior) / 3
    assert result.ess[3] > result.ess[2], "weights begin again"


def test_the_completions_of_a_request_are_drawn_in_proportion_to_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.samplers.brush.most_particles", lambda config: 25_000)
    exact = hole("mcgsm", "in the middle")
    request = Complete(exact.request.images.repeat(500, 1, 1, 1), exact.request.known.repeat(500, 1, 1))
    pictures = torch.from_numpy(exact.brush.fit(request, 50, small.generator())[0].image)
    blank = Canvas(pictures, request.known, torch.zeros(1, 1, 1, 1, 1), 1.0)
    found = shares(exact, blank, torch.full((len(pictures),), 1 / len(pictures), dtype=torch.float64))
    assert variation(found, exact.posterior) < 0.08 < variation(exact.plain, exact.posterior) / 3


@pytest.mark.parametrize("name", ["pixelcnn", "colour", "row", "diagonal", "mcgsm", "spatial"])
def test_with_nothing_given_the_filter_paints_what_the_brush_paints(name: str) -> None:
    brush = brushes.brush(name)
    config = brush.config
    nothing = torch.zeros(4, config.height, config.width, dtype=torch.bool)
    trace, result = brush.fit(Complete(small.pictures(4, config), nothing), 6, small.generator(3))
    for index, picture in enumerate(trace.image):
        own = brush.paint(Generate(6), noise.own(small.generator(3), index)).image
        assert any(np.array_equal(picture, each) for each in own)
    np.testing.assert_allclose(result.log_evidence, 0, atol=1e-6)
    np.testing.assert_allclose(result.ess, 6, rtol=1e-6)
    assert not result.resampled.any()


@pytest.mark.parametrize("name", ["pixelcnn", "gated", "row", "diagonal", "mcgsm", "spatial"])
def test_with_everything_given_the_filter_gives_the_picture_back(name: str) -> None:
    brush = brushes.brush(name)
    image = small.pictures(1, brush.config, 8)
    everything = torch.ones(3, *image.shape[2:], dtype=torch.bool)
    trace, result = brush.fit(Complete(image.repeat(3, 1, 1, 1), everything), 10, small.generator())
    assert np.array_equal(trace.image, image.repeat(3, 1, 1, 1).numpy())
    assert (result.log_evidence == 0).all() and (result.ess == 10).all()


@pytest.mark.parametrize("name", ["pixelcnn", "colour", "diagonal", "spatial"])
def test_filters_in_one_batch_never_meet(name: str) -> None:
    exact = hole(name, "in the middle")

    def fit(count: int) -> tuple[np.ndarray, Filtered]:
        request = Complete(exact.request.images.repeat(count, 1, 1, 1), exact.request.known.repeat(count, 1, 1))
        trace, result = exact.brush.fit(request, 20, small.generator(2))
        return trace.image, result

    (few, of_few), (many, of_many) = fit(3), fit(7)
    assert np.array_equal(few, many[:3]), "picture 3 of 3 is picture 3 of 7"
    for part in ("log_weights", "ess", "resampled", "log_evidence"):
        np.testing.assert_allclose(getattr(of_few, part), getattr(of_many, part)[:3], rtol=1e-3, atol=1e-3)
    assert len(set(of_many.log_evidence.tolist())) == 7


def test_weighted_by_their_evidence_filters_of_few_particles_agree_with_enumeration_together() -> None:
    exact = hole("mcgsm", "from the top", seed=2)
    canvas, result = many(exact, 400, 8, 0)
    weights = (result.log_weights + result.log_evidence[:, None]).flatten().softmax(0)
    assert variation(shares(exact, canvas, weights), exact.posterior) < 0.05 < variation(exact.plain, exact.posterior)


@pytest.mark.slow
def test_nine_completions_of_a_covered_upper_half_are_nine_pictures_that_fit() -> None:
    with np.load(ROOT / "assets" / "gallery.npz") as file:
        digits = np.unpackbits(file["bits"], axis=1)[:, :784].reshape(-1, 28, 28)
    hidden = np.zeros((28, 28), bool)
    hidden[:14] = True
    desk, saved = Studio().pixels, []
    for digit in digits[:2]:
        covered = (255 * digit.astype(np.uint8), hidden)
        trace, fitted = desk.fit("pixelcnn-mnist", covered, 9, 1)
        assert len({picture.tobytes() for picture in trace.image}) >= 8
        assert fitted.particles == 28 and fitted.ess.shape == (9, 28)
        plain = desk.complete("pixelcnn-mnist", covered, 9, 1)
        saved.append(float((plain.nats - trace.nats).sum((1, 2)).mean()))
    assert np.mean(saved) > 8, "nats for the whole picture, against completions that know only what comes before"


def test_a_model_that_does_not_paint_in_raster_order_has_no_filter() -> None:
    brush = brushes.brush("multiscale")
    with pytest.raises(UserError, match=r"^This needs a model that paints in raster order.$"):
        brush.fit(Complete(torch.zeros(1, 1, 8, 8), torch.ones(1, 8, 8, dtype=torch.bool)), 4, small.generator())


def log(*weights: float) -> Tensor:
    return torch.tensor(weights, dtype=torch.float64).log()


def test_the_effective_sample_size_by_hand() -> None:
    assert effective_sample_size(log(0.5, 0.25, 0.25)) == pytest.approx(8 / 3)
    assert effective_sample_size(log(7, 7, 7, 7)) == pytest.approx(4)
    assert effective_sample_size(log(1, 0, 0)) == pytest.approx(1)
    assert effective_sample_size(log(3, 1) - 1_000) == pytest.approx(1.6), "weights need not be normalised"


@pytest.mark.parametrize("seed", range(5))
def test_the_effective_sample_size_lies_between_one_and_their_number(seed: int) -> None:
    log_weights = 4 * torch.randn(30, generator=small.generator(seed), dtype=torch.float64)
    assert 1 < effective_sample_size(log_weights) < effective_sample_size(log_weights / 2) < 30


def test_systematic_draws_by_hand() -> None:
    for seed in range(5):
        assert systematic(log(0.5, 0.25, 0.25), 4, small.generator(seed)).tolist() == [0, 0, 1, 2]
        assert systematic(log(0, 1, 0), 3, small.generator(seed)).tolist() == [1, 1, 1]
        u = float(torch.rand((), generator=small.generator(seed), dtype=torch.float64))
        ends = [0.1, 0.4, 1.0]
        marks = [(mark + u) / 5 for mark in range(5)]
        by_hand = [next(index for index, end in enumerate(ends) if mark < end) for mark in marks]
        assert systematic(log(0.1, 0.3, 0.6), 5, small.generator(seed)).tolist() == by_hand


@pytest.mark.parametrize("count", [1, 7, 40])
def test_every_index_is_drawn_as_often_as_its_weight_asks_for_up_to_one(count: int) -> None:
    log_weights = 2 * torch.randn(12, generator=small.generator(1), dtype=torch.float64)
    asked = count * log_weights.softmax(0).numpy()
    draws = np.stack(
        [systematic(log_weights, count, small.generator(seed)).bincount(minlength=12) for seed in range(1500)]
    )
    assert (draws.sum(1) == count).all() and (draws >= np.floor(asked)).all() and (draws <= np.ceil(asked)).all()
    error = np.sqrt((asked % 1) * (1 - asked % 1) / len(draws))
    assert (np.abs(draws.mean(0) - asked) < 4 * error + 1e-9).all()
