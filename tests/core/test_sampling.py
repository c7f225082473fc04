"""The row-wise fixed point paints the picture of ancestral sampling, whatever the weights and the mask."""

import numpy as np
import pytest
import torch

from core import sampling
from core.models.base import Complete, Generate, Reconstruct
from core.models.pixelcnn import PixelCNN, PixelCNNConfig

MARGIN = 1e-4


def generator(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(params=[True, False], ids=["with position bias", "without"])
def model(request: pytest.FixtureRequest) -> PixelCNN:
    """A tiny network, loud enough that rows need several passes: untrained ones hardly disagree with a guess."""
    config = PixelCNNConfig(height=9, width=7, features=12, bottleneck=6, blocks=3, position_bias=request.param)
    model = PixelCNN(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.6 * torch.randn(parameter.shape, generator=generator(1)))
    return model


def assert_same_picture(fast: sampling.RasterTrace, slow: sampling.RasterTrace, u: np.ndarray) -> None:
    """Equal, but for a first pixel whose noise lies so close to its probability that rounding decides."""
    for one, other, p, noise in zip(fast.image, slow.image, fast.probability, u, strict=True):
        differs = (one != other).ravel()
        assert not differs.any() or abs(p - noise).ravel()[differs.argmax()] < MARGIN


@pytest.mark.parametrize("temperature", [1.0, 0.4])
def test_it_paints_the_picture_of_one_full_pass_a_pixel(model: PixelCNN, temperature: float) -> None:
    request = Generate(5, temperature)
    fast = sampling.RowSampler(model).paint(request, generator())
    slow = sampling.naive(model, request, generator())
    u = torch.rand(5, 9, 7, generator=generator()).numpy()
    assert 0.1 < fast.image.mean() < 0.9, "a picture of one colour would prove nothing"
    assert_same_picture(fast, slow, u)
    np.testing.assert_allclose(fast.nats, slow.nats, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(fast.probability, slow.probability, atol=1e-4)


def test_it_completes_as_the_definition_does_and_leaves_given_pixels_alone(model: PixelCNN) -> None:
    images = (torch.rand(4, 1, 9, 7, generator=generator(5)) < 0.5).float()
    known = torch.rand(4, 9, 7, generator=generator(6)) < 0.6
    request = Complete(images, known)
    fast = sampling.RowSampler(model).paint(request, generator())
    slow = sampling.naive(model, request, generator())
    assert np.array_equal(fast.image, slow.image)
    assert np.array_equal(fast.image[:, 0][known.numpy()], images[:, 0].numpy()[known.numpy()])
    assert not np.array_equal(fast.image, images.numpy())


def test_the_nats_of_a_painting_are_those_of_evaluation(model: PixelCNN) -> None:
    trace = sampling.RowSampler(model).paint(Generate(6), generator())
    with torch.no_grad():
        nats = model.loss(torch.from_numpy(trace.image), generator()).total
    np.testing.assert_allclose(trace.nats.sum((1, 2)), nats.numpy(), rtol=1e-5)


def test_every_pixel_is_ink_just_where_its_noise_lies_below_its_probability(model: PixelCNN) -> None:
    trace = sampling.RowSampler(model).paint(Generate(6), generator())
    u = torch.rand(6, 9, 7, generator=generator()).numpy()
    assert np.array_equal(trace.image[:, 0] == 1, u < trace.probability)


def test_rows_are_finished_in_order_and_their_last_pass_changes_nothing(model: PixelCNN) -> None:
    trace, passes = sampling.RowSampler(model).paint_with_passes(Generate(2), generator())
    rows, changed = passes.series("row")[:, 0], passes.series("changed").sum(1)
    assert np.array_equal(np.unique(rows), np.arange(9)) and (np.diff(rows) >= 0).all()
    assert (changed[np.append(np.diff(rows) > 0, True)] == 0).all()
    assert len(passes) > 9 and np.array_equal(passes.frame(-1), trace.image)


def test_rows_that_are_given_need_one_pass_each(model: PixelCNN) -> None:
    known = torch.ones(1, 9, 7, dtype=torch.bool)
    known[:, 7:] = False
    _, passes = sampling.RowSampler(model).paint_with_passes(Complete(torch.zeros(1, 1, 9, 7), known), generator())
    assert (passes.series("row")[:, 0] < 7).sum() == 7


def test_a_callback_that_raises_stops_the_sampler(model: PixelCNN) -> None:
    seen = []

    def stop(state: sampling.Pass) -> None:
        seen.append(state.row)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sampling.RowSampler(model).paint(Generate(1), generator(), stop)
    assert len(seen) == 1


def test_what_it_cannot_paint_is_refused_in_one_sentence(model: PixelCNN) -> None:
    sampler = sampling.RowSampler(model)
    with pytest.raises(ValueError, match="at most"):
        sampler.paint(Generate(sampling.MAX_PIXELS), generator())
    with pytest.raises(ValueError, match="9×7"):
        sampler.paint(Complete(torch.zeros(1, 1, 7, 9), torch.ones(1, 7, 9, dtype=torch.bool)), generator())
    with pytest.raises(TypeError, match="rebuilding"):
        model.steps(Reconstruct(torch.zeros(1, 1, 9, 7)), generator()).__next__()
    with pytest.raises(ValueError, match="3×3"):
        sampling.RowSampler(PixelCNN(PixelCNNConfig(block_size=5, blocks=1)))
