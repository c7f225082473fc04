"""Noise becomes values with the right frequencies, and ancestral sampling is what it is defined to be."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.errors import UserError
from core.models.base import Complete, Generate, Reconstruct
from core.models.gated import GatedConfig
from core.models.pixelcnn import PixelCNNConfig
from core.models.raster import (
    PixelModel,
    bits_per_dimension,
    canvas,
    exact_loss,
    fresh_noise,
    level_indices,
    logits_per_value,
    raster_order,
    roll,
    surprise,
    value_nats,
    visits,
)
from tests.core import small

COLOUR = small.COLOUR
BINARY = small.CONFIGS["pixelcnn-mnist"]
PIXEL_MODELS = pytest.mark.parametrize("name", small.PIXEL_MODELS)
DRAWS = 10_000


def model(name: str) -> Any:
    made = small.build(small.CONFIGS[name])
    small.shake(made)
    return made


def paint(painter: Any, request: Generate | Complete, seed: int = 7) -> Tensor:
    """The picture (b, C, H, W) after the last step."""
    *_, step = painter.steps(request, small.generator(seed))
    return torch.from_numpy(step.image)


def test_raster_order_goes_row_by_row_from_the_top_left() -> None:
    assert raster_order(2, 3).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_a_binary_value_has_one_logit_and_another_one_for_each_level() -> None:
    assert logits_per_value(BINARY) == 1 and logits_per_value(COLOUR) == COLOUR.levels == 4


def assert_distributed(sample: Tensor, cumulative: Callable[[Tensor], Tensor]) -> None:
    """The test of Kolmogorov and Smirnov, which a right sample fails once in a hundred."""
    ordered = sample.double().flatten().sort().values
    steps = (torch.arange(len(ordered)) + 0.5) / len(ordered)
    assert (cumulative(ordered) - steps).abs().max() < 1.63 / math.sqrt(len(ordered))


def test_the_dice_of_binary_values_are_uniform_and_those_of_levels_gumbel() -> None:
    uniform, gumbel = fresh_noise(500, BINARY, small.generator()), fresh_noise(100, COLOUR, small.generator())
    assert uniform.shape == (500, 1, 1, 8, 8) and gumbel.shape == (100, 3, 4, 4, 4)
    assert 0 <= uniform.min() and uniform.max() < 1
    assert_distributed(uniform, lambda u: u)
    assert_distributed(gumbel, lambda g: (-(-g).exp()).exp())


def test_the_dice_stay_finite_where_the_uniform_number_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.zeros(shape))
    assert fresh_noise(1, COLOUR, small.generator()).isfinite().all()


@pytest.mark.parametrize("temperature", [1.0, 0.4, 2.0])
def test_ink_is_drawn_as_often_as_the_tempered_logit_says(temperature: float) -> None:
    logits = torch.linspace(-3, 3, 16).view(1, 1, 1, 4, 4)
    noise = fresh_noise(DRAWS, replace(BINARY, height=4, width=4), small.generator(1))
    drawn = roll(logits.expand(DRAWS, -1, -1, -1, -1), noise, temperature)
    assert drawn.shape == (DRAWS, 1, 4, 4) and set(drawn.unique().tolist()) == {0, 1}
    p = 1 / (1 + np.exp(-logits.double().numpy()[0, :, 0] / temperature))
    assert_frequencies(drawn.mean(0).numpy(), p)


@pytest.mark.parametrize("temperature", [1.0, 0.4, 2.0])
def test_levels_are_drawn_as_often_as_their_tempered_softmax_says(temperature: float) -> None:
    logits = 2 * torch.randn(1, 3, 4, 4, 4, generator=small.generator(2))
    drawn = roll(logits, fresh_noise(DRAWS, COLOUR, small.generator(1)), temperature)
    assert drawn.shape == (DRAWS, 3, 4, 4)
    scores = np.exp(logits[0].double().numpy() / temperature)
    p = scores / scores.sum(1, keepdims=True)
    for level in range(4):
        np.testing.assert_allclose(drawn.unique()[level], level / 3, rtol=1e-6)
        assert_frequencies((drawn == drawn.unique()[level]).float().mean(0).numpy(), p[:, level])


def assert_frequencies(found: np.ndarray, p: np.ndarray) -> None:
    """Within 4.5 standard errors everywhere."""
    assert (np.abs(found - p) < 4.5 * np.sqrt(p * (1 - p) / DRAWS) + 1e-9).all()


def test_a_level_survives_the_way_to_a_picture_and_back() -> None:
    levels = torch.arange(256)
    assert torch.equal(level_indices(levels.float() / 255, 256), levels)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("config", [BINARY, COLOUR], ids=["binary", "levels"])
def test_surprise_equals_the_sums_of_the_definitions(config: Any, temperature: float) -> None:
    k, c = logits_per_value(config), config.channels
    logits = 2 * torch.randn(2, c, k, 3, 4, generator=small.generator(3), dtype=torch.float64)
    values = small.pictures(2, replace(config, height=3, width=4)).double()
    shown = surprise(logits, values, temperature)
    for b, row, column in np.ndindex(2, 3, 4):
        nats, entropy, drawn = 0.0, 0.0, 1.0
        for channel in range(c):
            scores = logits[b, channel, :, row, column].tolist()
            scores = [0.0, *scores] if k == 1 else scores  # paper has the logit 0
            value = round(float(values[b, channel, row, column]) * (len(scores) - 1))
            plain, tempered = softmax(scores), softmax([score / temperature for score in scores])
            nats -= math.log(plain[value])
            entropy -= sum(q * math.log(q) for q in tempered)
            drawn *= tempered[1] if k == 1 else tempered[value]
        for name, expected in (("nats", nats), ("entropy", entropy), ("probability", drawn)):
            assert shown[name].shape == (2, 3, 4)
            assert float(shown[name][b, row, column]) == pytest.approx(expected, rel=1e-9), name


def softmax(scores: list[float]) -> list[float]:
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


@pytest.mark.parametrize("levels", [2, 4])
def test_the_loss_is_the_sum_of_the_nats_of_all_values_and_has_no_latents(levels: int) -> None:
    config = replace(COLOUR, levels=levels)
    logits = torch.randn(3, 3, logits_per_value(config), 4, 4, generator=small.generator())
    x = small.pictures(3, config)
    terms = exact_loss(logits, x)
    torch.testing.assert_close(terms.total, value_nats(logits, x).sum((1, 2, 3)))
    torch.testing.assert_close(terms.total, surprise(logits, x, 1.0)["nats"].sum((1, 2)))
    assert not terms.kl.any() and not terms.log_ratio.any()


def test_one_bit_for_each_value_is_one_bit_per_dimension() -> None:
    assert bits_per_dimension(3 * 4 * 4 * math.log(2), COLOUR) == pytest.approx(1)


@PIXEL_MODELS
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_every_value_is_the_one_that_its_noise_picks_in_the_finished_picture(name: str, temperature: float) -> None:
    # Follows only if nothing a value saw while it was drawn was touched later, and nothing unpainted was seen.
    painter = model(name)
    x = paint(painter, Generate(2, temperature))
    noise = fresh_noise(2, painter.config, small.generator(7))
    with torch.no_grad():
        assert torch.equal(x, roll(painter(x), noise, temperature))
    assert 0 < x.mean() < 1


@PIXEL_MODELS
def test_each_step_changes_at_most_the_pixel_it_visits(name: str) -> None:
    painter = model(name)
    before = np.zeros((2, painter.config.channels, painter.config.height, painter.config.width), np.float32)
    steps = list(painter.steps(Generate(2), small.generator()))
    assert len(steps) == len(painter.order) == painter.config.height * painter.config.width
    for (row, column), step in zip(painter.order, steps, strict=True):
        changed = step.image != before
        changed[:, :, row, column] = False
        assert not changed.any()
        before = step.image


@PIXEL_MODELS
def test_the_order_visits_every_pixel_once(name: str) -> None:
    painter = model(name)
    height, width = painter.config.height, painter.config.width
    assert sorted(map(tuple, painter.order.tolist())) == list(np.ndindex(height, width))


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "pixelcnn-cifar10", "multiscale-mnist"])
def test_given_pixels_stay_and_hidden_ones_are_not_seen(name: str) -> None:
    painter = model(name)
    images, shape = small.pictures(3, painter.config, seed=4), (3, painter.config.height, painter.config.width)
    known = torch.rand(shape, generator=small.generator(5)) < 0.5
    given, asked = known[:, None].expand_as(images), images.clone()
    x = paint(painter, Complete(images, known))
    assert torch.equal(x[given], images[given]) and not torch.equal(x, images)
    with torch.no_grad():
        drawn = roll(painter(x), fresh_noise(3, painter.config, small.generator(7)), 1.0)
    assert torch.equal(x[~given], drawn[~given])
    assert torch.equal(images, asked)  # the request itself is not painted on
    assert torch.equal(x, paint(painter, Complete(torch.where(given, images, 1 - images), known)))


def test_the_same_seed_paints_the_same_picture_and_another_seed_another() -> None:
    first, again, other = (paint(model("pixelcnn-mnist"), Generate(3), seed) for seed in (7, 7, 8))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_completing_nothing_that_is_known_is_generating() -> None:
    painter = model("pixelcnn-cifar10")
    request = Complete(torch.ones(2, 3, 4, 4), torch.zeros(2, 4, 4, dtype=torch.bool))
    assert torch.equal(paint(painter, request), paint(painter, Generate(2)))


def test_a_label_is_told_to_the_network_at_every_visit() -> None:
    class Recorder(PixelModel):
        def __init__(self) -> None:
            super().__init__(GatedConfig(height=8, width=8, classes=5))
            self.told: list[list[int]] = []

        def forward(self, x: Tensor, *labels: Tensor) -> Tensor:
            self.told += [label.tolist() for label in labels]
            return torch.zeros(len(x), 1, 1, 8, 8)

    recorder = Recorder()
    list(recorder.steps(Generate(2, label=3), small.generator()))
    assert recorder.told == [[3, 3]] * 64
    list(recorder.steps(Generate(2), small.generator()))
    assert len(recorder.told) == 64


def test_a_new_pixel_model_is_its_forward_and_nothing_else() -> None:
    class Even(PixelModel):
        """Every value is as likely as every other."""

        def forward(self, x: Tensor) -> Tensor:
            return x.new_zeros(len(x), 3, 4, *x.shape[2:])

    even = Even(PixelCNNConfig(height=2, width=3, channels=3, levels=4))
    x = torch.zeros(5, 3, 2, 3)
    torch.testing.assert_close(even.loss(x, small.generator()).total, torch.full((5,), 3 * 2 * 3 * math.log(4)))
    steps = list(even.steps(Generate(5), small.generator()))
    assert len(steps) == len(even.order) == 2 * 3
    assert steps[-1].image.shape == (5, 3, 2, 3)


def test_visits_paint_into_the_canvas_and_pass_given_pixels_too() -> None:
    painter = model("pixelcnn-mnist")
    x, known = canvas(Complete(torch.ones(1, 1, 8, 8), torch.ones(1, 8, 8, dtype=torch.bool)), BINARY)
    places = list(visits(painter, x, known, fresh_noise(1, BINARY, small.generator()), 1.0))
    assert places == list(np.ndindex(8, 8)) and x.all()


def test_a_canvas_shows_what_is_given_and_hides_the_rest() -> None:
    x, known = canvas(Generate(2), COLOUR)
    assert x.shape == (2, 3, 4, 4) and not x.any() and known.shape == (2, 4, 4) and not known.any()
    images, mask = torch.full((1, 3, 4, 4), 0.7), torch.zeros(1, 4, 4, dtype=torch.bool)
    mask[0, 1] = True
    x, known = canvas(Complete(images, mask), COLOUR)
    assert torch.equal(known, mask) and torch.equal(x > 0, mask[:, None].expand(1, 3, 4, 4))


@pytest.mark.parametrize(
    ("config", "shape", "complaint"),
    [
        (BINARY, (1, 8, 7), "one-channel pictures of 8×8 pixels"),
        (BINARY, (3, 8, 8), "one-channel pictures of 8×8 pixels"),
        (COLOUR, (1, 4, 4), "colour pictures of 4×4 pixels"),
    ],
)
def test_a_picture_of_another_size_or_colour_is_refused(
    config: Any, shape: tuple[int, int, int], complaint: str
) -> None:
    with pytest.raises(UserError, match=complaint):
        canvas(Complete(torch.zeros(1, *shape), torch.zeros(1, *shape[1:], dtype=torch.bool)), config)


def test_rebuilding_is_refused_and_the_models_that_do_it_are_named() -> None:
    with pytest.raises(TypeError, match="DRAW"):
        canvas(Reconstruct(small.ink(1, BINARY)), BINARY)
