"""The brush: one interface over all pixel models and all ways to paint."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.models.base import Complete, Generate, Reconstruct
from core.models.pixelcnn import PixelCNNConfig
from core.samplers.brush import MAX_BYTES, MAX_PICTURES, Brush, Method, TooManyError, fastest, most_pictures
from core.samplers.canvas import Canvas
from tests.core import brushes, small

KINDS = {
    "pixelcnn": ("naive", "rows", "waves", "whole"),
    "colour": ("naive", "rows", "waves", "whole"),
    "gated": ("naive", "rows", "whole"),
    "row": ("naive", "rows", "whole"),
    "diagonal": ("naive", "rows", "cells", "whole"),
    "multiscale": ("naive", "rows", "whole"),
    "mcgsm": ("naive", "rows", "whole"),
    "spatial": ("naive", "cells", "whole"),
}
WAYS = [(name, way) for name, ways in KINDS.items() for way in ways if way != "naive" or name == "pixelcnn"]
"""The definition is slow, and the same for all models."""
all_ways = pytest.mark.parametrize(("name", "method"), WAYS)


@pytest.mark.parametrize("name", KINDS)
def test_every_model_can_be_painted_in_the_ways_that_suit_it(name: str) -> None:
    brush = brushes.brush(name)
    assert brush.methods == KINDS[name]
    assert brush.sampler("whole") is brush.sampler("whole"), "each is prepared once"
    ways: tuple[Method, ...] = ("rows", "waves", "cells")
    for method in set(ways) - set(brush.methods):
        with pytest.raises(KeyError):
            brush.sampler(method)


@pytest.mark.parametrize("name", ["told", "colour", "spatial", "multiscale"])
def test_a_model_that_names_no_samplers_is_painted_just_as_it_is_defined(name: str) -> None:
    model = copy.copy(brushes.brush(name).model)
    model.samplers = ""
    brush = Brush(model)
    assert brush.methods == ("naive", *([] if name == "multiscale" else ["rows"]), "whole")
    for case, request in brushes.requests(name).items():
        brushes.assert_same(brushes.run(brush, request)[0], brushes.naive(name, case), brush)


def test_only_pixel_models_have_a_brush() -> None:
    with pytest.raises(TypeError, match="Draw is no pixel model"):
        Brush(small.build(small.CONFIGS["draw-mnist"]))


@pytest.mark.parametrize("name", KINDS)
def test_the_way_that_is_taken_unasked_is_one_that_the_model_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    brush = brushes.brush(name)
    for device in ("cpu", "cuda"):
        for batch in (1, 64):
            assert fastest(brush.model, device, batch) in brush.methods
    asked: list[tuple[str, int]] = []

    def noted(model: Any, device: str, batch: int) -> Method:
        asked.append((device, batch))
        return "whole"

    monkeypatch.setattr("core.samplers.brush.fastest", noted)
    _, passes = brushes.run(brush, brushes.requests(name)["five"])
    assert asked == [("cpu", 5)] and {each.row for each in passes} == {None}


@pytest.mark.parametrize("case", ["five", "different holes"])
@pytest.mark.parametrize("name", KINDS)
def test_a_trace_tells_of_each_value_what_its_logits_say(name: str, case: str) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)[case]
    canvas, _ = brushes.run(brush, request)
    trace = brush.trace(canvas)
    assert np.array_equal(trace.image, canvas.x.numpy()) and np.array_equal(trace.order, brush.model.order)
    assert np.array_equal(trace.known, canvas.known.numpy())
    shape, levels = (len(canvas.x), *canvas.x.shape[2:]), brush.config.levels
    nats, entropy, probability = np.zeros(shape), np.zeros(shape), np.ones(shape)
    for at in np.ndindex(*canvas.x.shape):
        picture, channel, row, column = at
        logits = canvas.logits[picture, channel, :, row, column].double().numpy()
        logits = np.array([0, logits[0]]) if levels == 2 else logits
        value = round(float(canvas.x[at]) * (levels - 1))
        plain, tempered = (np.exp(scaled) / np.exp(scaled).sum() for scaled in (logits, logits / request.temperature))
        where = picture, row, column
        nats[where] -= np.log(plain[value])
        entropy[where] -= (tempered * np.log(tempered)).sum()
        probability[where] *= tempered[1 if levels == 2 else value]
    np.testing.assert_allclose(trace.nats, nats, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(trace.entropy, entropy, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(trace.probability, probability, rtol=1e-4, atol=1e-6)


def test_chosen_pictures_of_a_canvas_make_a_trace_of_their_own() -> None:
    brush = brushes.brush("pixelcnn")
    canvas, _ = brushes.run(brush, Generate(20))
    all_of_them, chosen = brush.trace(canvas), brush.trace(canvas, torch.tensor([17, 0, 17]))
    assert len(all_of_them.nats) == 20
    for each in ("image", "nats", "entropy", "probability", "known"):
        np.testing.assert_allclose(getattr(chosen, each), getattr(all_of_them, each)[[17, 0, 17]], rtol=1e-4, atol=1e-6)


@all_ways
def test_every_value_is_the_one_that_its_noise_picks(name: str, method: Method) -> None:
    canvas, _ = brushes.painted(name, "five", method)
    logits = canvas.logits / canvas.temperature
    if logits.shape[2] == 1:
        picked = (canvas.noise < logits.sigmoid())[:, :, 0].float()
    else:
        picked = (logits + canvas.noise).argmax(2) / (logits.shape[2] - 1)
    assert torch.equal(canvas.x, picked)


@all_ways
def test_the_same_seed_paints_the_same_picture_again_and_another_one_does_not(name: str, method: Method) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)["five"]
    first, again, other = (brush.paint(request, small.generator(seed), method).image for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@all_ways
def test_kept_passes_show_the_way_to_the_picture(name: str, method: Method) -> None:
    brush, config = brushes.brush(name), brushes.LOUD[name].config
    trace, kept = brush.paint_with_passes(brushes.requests(name)["five"], small.generator(3), method)
    _, passes = brushes.painted(name, "five", method)
    assert len(kept) == len(passes) and np.array_equal(kept.frame(-1), trace.image)
    for step, state in zip(kept, passes, strict=True):
        assert step.image.shape == trace.image.shape
        assert np.array_equal(step.image[..., :: state.stride, :: state.stride], state.canvas.numpy())
        np.testing.assert_array_equal(step.scalars["changed"], state.changed.numpy())
        (mark,) = step.marks
        top, bottom = (mark.y - mark.height / 2)[0], (mark.y + mark.height / 2)[0]
        assert (mark.width == config.width).all() and (mark.x == config.width / 2).all()
        if state.row is None:
            assert (step.scalars["row"] == -1).all() and (top, bottom) == (0, config.height)
        else:
            assert (step.scalars["row"] == state.row * state.stride).all()
            assert (top, bottom) == (state.row * state.stride, (state.row + 1) * state.stride)


@all_ways
def test_a_picture_with_nothing_to_paint_is_shown_in_a_single_step_at_least(name: str, method: Method) -> None:
    brush, config = brushes.brush(name), brushes.LOUD[name].config
    images = small.pictures(2, config, 8)
    known = torch.ones(2, config.height, config.width, dtype=torch.bool)
    trace, kept = brush.paint_with_passes(Complete(images, known), small.generator(), method)
    assert np.array_equal(kept.frame(-1), images.numpy()) and np.array_equal(trace.image, images.numpy())
    assert method == "naive" or not kept.series("changed").any()


def test_a_coarse_picture_is_shown_in_blocks_as_large_as_the_pixels_it_stands_for() -> None:
    _, kept = brushes.brush("multiscale").paint_with_passes(Generate(2), small.generator(3), "rows")
    first = kept.frame(0)
    assert np.array_equal(first, np.kron(first[..., ::4, ::4], np.ones((4, 4)))) and len(np.unique(first)) == 2
    assert kept.marks(0)[0].height[0] == 4


class Stopped(Exception):
    """What the page raises to stop a painting."""


def stopping(after: int, seen: list[int]) -> Callable[[object], None]:
    def on_pass(state: object) -> None:
        seen.append(1)
        if len(seen) == after:
            raise Stopped

    return on_pass


STOPPED = [
    *((name, "paint", method) for name, method in WAYS),
    *((name, "fit", None) for name in KINDS if name != "multiscale"),
    ("pixelcnn", "paint_with_passes", "rows"),
]


@pytest.mark.parametrize(("name", "kind", "method"), STOPPED)
def test_a_callback_that_raises_stops_at_once_and_nothing_is_kept(
    name: str, kind: str, method: Method | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    brush = brushes.brush(name)
    canvases: list[weakref.ref[Canvas]] = []
    calls: list[int] = []
    seen: list[int] = []
    real = brush.canvas

    def noted(*arguments: Any) -> Canvas:
        canvas = real(*arguments)
        canvases.append(weakref.ref(canvas))
        return canvas

    monkeypatch.setattr(brush, "canvas", noted)
    hook = brush.model.register_forward_hook(lambda *_: calls.append(1))
    request = brushes.requests(name)["one picture's holes"]
    gc.disable()
    try:
        if kind == "fit":
            assert isinstance(request, Complete)
            brush.fit(request, 8, small.generator(3), stopping(2, seen))
        else:
            getattr(brush, kind)(request, small.generator(3), method, stopping(2, seen))
    except Stopped:
        pass
    else:
        pytest.fail("it went on")
    finally:
        alive = [each() for each in canvases]
        gc.enable()
        hook.remove()
    colours = brush.config.channels
    assert len(seen) == 2 and len(calls) <= 2 * colours
    assert alive == [None], "freed without waiting for the garbage collector"
    assert torch.is_grad_enabled()


def test_as_many_pictures_as_fit_in_memory_and_no_more() -> None:
    binary, colour = PixelCNNConfig(), PixelCNNConfig(height=32, width=32, channels=3, levels=256)
    assert most_pictures(binary) == MAX_PICTURES
    noise_and_logits = 2 * 4 * 3 * 256 * 32 * 32
    most = most_pictures(colour)
    assert most * noise_and_logits <= MAX_BYTES < (most + 1) * noise_and_logits


@pytest.mark.parametrize("name", ["pixelcnn", "colour"])
def test_more_pictures_than_fit_are_refused_in_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    brush, config = brushes.brush(name), brushes.LOUD[name].config
    known = torch.zeros(1, config.height, config.width, dtype=torch.bool)
    images = torch.zeros(1, config.channels, config.height, config.width)
    many = Complete(images.expand(257, -1, -1, -1), known.expand(257, -1, -1))
    for request in (Generate(257), Generate(10**12), many):  # before memory is taken for them
        with pytest.raises(TooManyError, match=r"^Ask for at most 256 pictures at once: [^.]+\.$"):
            brush.paint(request, small.generator())
    with pytest.raises(TooManyError, match=r"^At most 512 particles can be painted at once\.$"):
        brush.fit(Complete(images, known), 513, small.generator())
    per_picture = 2 * 4 * config.channels * brush.canvas(Generate(1), small.generator()).noise.shape[2]
    monkeypatch.setattr("core.samplers.brush.MAX_BYTES", 3 * per_picture * config.height * config.width)
    assert len(brush.paint(Generate(3), small.generator()).image) == 3
    with pytest.raises(TooManyError, match="at most 3 pictures"):
        brush.paint(Generate(4), small.generator())


@pytest.mark.parametrize(
    ("name", "shape", "sentence"),
    [
        ("pixelcnn", (1, 6, 5), "This model paints one-channel pictures of 5×6 pixels."),
        ("pixelcnn", (3, 5, 6), "This model paints one-channel pictures of 5×6 pixels."),
        ("colour", (1, 4, 5), "This model paints colour pictures of 4×5 pixels."),
        ("multiscale", (1, 16, 16), "This model paints one-channel pictures of 8×8 pixels."),
    ],
)
def test_pictures_of_another_size_or_colour_are_refused_in_one_sentence(
    name: str, shape: tuple[int, int, int], sentence: str
) -> None:
    request = Complete(torch.zeros(2, *shape), torch.zeros(2, *shape[1:], dtype=torch.bool))
    for method in brushes.brush(name).methods:
        with pytest.raises(UserError, match=f"^{sentence}$"):
            brushes.brush(name).paint(request, small.generator(), method)
    with pytest.raises(UserError, match=f"^{sentence}$"):
        next(brushes.brush(name).model.steps(request, small.generator()))


def test_a_mask_for_each_picture_is_asked_for_in_one_sentence() -> None:
    images = torch.zeros(3, 1, 5, 6)
    for shape in ((1, 5, 6), (3, 6, 5), (3, 1, 5, 6)):
        with pytest.raises(UserError, match=r"^Each picture needs a mask of 5×6 pixels.$"):
            brushes.brush("pixelcnn").paint(Complete(images, torch.zeros(shape, dtype=torch.bool)), small.generator())


@all_ways
def test_a_class_that_the_model_has_not_learned_is_refused_in_one_sentence(name: str, method: Method) -> None:
    sentence = "^This model has learned (no classes|the classes 0 to 2), so it cannot paint class -?[0-9]+.$"
    for label in (-1, 3) if name == "gated" else (0, 1):
        with pytest.raises(UserError, match=sentence):
            brushes.brush(name).paint(Generate(1, label=label), small.generator(), method)


@pytest.mark.parametrize("name", KINDS)
def test_rebuilding_a_picture_is_refused(name: str) -> None:
    brush = brushes.brush(name)
    request: Any = Reconstruct(small.pictures(1, brush.config))
    with pytest.raises(TypeError, match="rebuilding"):
        brush.paint(request, small.generator())
    with pytest.raises(TypeError, match="rebuilding"):
        next(brush.model.steps(request, small.generator()))


def test_a_sampler_that_ends_without_a_canvas_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    brush = Brush(brushes.brush("pixelcnn").model)
    monkeypatch.setattr(brush, "passes", lambda *_: iter(()))
    with pytest.raises(AssertionError, match="ends with its canvas"):
        brush.paint(Generate(1), small.generator())


def test_tempered_models_are_no_more_than_their_logits_divided() -> None:
    cold = brushes.brush("pixelcnn").paint(Generate(40, 0.1), small.generator())
    warm = brushes.brush("pixelcnn").paint(Generate(40, 2.0), small.generator())
    assert cold.entropy.mean() < warm.entropy.mean() and cold.nats.mean() < warm.nats.mean()
