"""Everything computes where its weights are, and training waits for a device only at intervals.

No machine of ours has a GPU at hand: devices are played (:mod:`tests.core.elsewhere`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.console import DeviceError, found_device
from core.models.aevb import AutoEncoder
from core.models.base import Complete, Generate, Reconstruct
from core.samplers.brush import Brush
from core.samplers.canvas import Canvas
from core.studies import draw_between, draw_pen, draw_time, pixel_lens, vae_bound, vae_restore, vae_walks
from core.training.evaluation import nats_per_picture
from core.training.loop import train_step
from core.training.run import Run
from tests.core import small
from tests.core.elsewhere import StrayTensorError, Watch, elsewhere

ROOT = Path(__file__).resolve().parents[2]
VAES = [name for name in small.NAMES if issubclass(small.MODELS[type(small.CONFIGS[name])], AutoEncoder)]
DRAWS = [name for name in small.NAMES if name.startswith("draw")]


@pytest.fixture(params=[pytest.param("cuda", marks=pytest.mark.slow), "meta"])
def watch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    with elsewhere(request.param, monkeypatch) as watching:
        yield watching


def moved(name: str, watch: Watch) -> Any:
    """A tiny model on the device."""
    return small.spec(name).build().to(watch.device).eval()


def paper(model: Any, count: int, device: str) -> Tensor:
    """Pictures for it, of which nothing is known but where they are."""
    config = model.config
    return torch.zeros(count, getattr(config, "channels", 1), config.height, config.width, device=device)


@pytest.mark.parametrize("name", small.NAMES)
def test_a_training_step_stays_on_the_device_and_waits_for_nothing(
    name: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A generator of the device's own needs the device.
    monkeypatch.setattr("core.training.loop.step_generator", lambda step, recipe, device: small.generator(step))
    spec = small.spec(name)
    run = Run(spec, spec.recipe, watch.device)
    x, labels = paper(run.model, 4, watch.device), torch.zeros(4, dtype=torch.long, device=watch.device)
    update = train_step(run, run.model.loss, x, *([labels] if spec.labelled else []))
    assert update.numbers.device.type == watch.device and watch.waits == [] and watch.operations > 50
    for optimizer in run.optimizers.values():
        for state in optimizer.state.values():
            assert {value.device.type for value in state.values() if value.ndim} == {watch.device}
    run.check()
    assert watch.waits  # now it has asked


@pytest.mark.slow
@pytest.mark.parametrize("name", small.NAMES)
def test_a_model_shows_its_steps_wherever_pictures_and_dice_come_from(name: str, watch: Watch) -> None:
    model = moved(name, watch)
    pictures = paper(model, 2, "cpu")
    requests = [Generate(2), Reconstruct(pictures), Complete(pictures, pictures[:, 0] > 0)]
    answered = 0
    for request in requests:
        try:
            step = next(model.steps(request, small.generator()))
        except TypeError:  # not for this family
            continue
        assert step.image.shape[0] == 2 and isinstance(step.image, np.ndarray)
        answered += 1
    assert answered and watch.operations > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", small.PIXEL_MODELS)
def test_every_sampler_of_a_pixel_model_begins_on_the_device(name: str, watch: Watch) -> None:
    brush = Brush(moved(name, watch))
    pictures = paper(brush.model, 2, "cpu")
    known = torch.zeros(pictures[:, 0].shape, dtype=torch.bool)
    for method in brush.methods[1:]:
        sampler = brush.sampler(method)
        for request in (Generate(2), Complete(pictures, known)):
            canvas = brush.canvas(request, small.generator())
            assert {part.device.type for part in (canvas.x, canvas.known, canvas.noise)} == {watch.device}
            if hasattr(sampler, "begin"):
                sampler.begin(canvas)
            elif method != "whole":
                next(sampler.passes(canvas))
    assert brush.judge(pictures).nats.shape == (2, *pictures.shape[2:])


@pytest.mark.slow
@pytest.mark.parametrize("name", VAES)
def test_codes_and_what_is_made_of_them_stay_on_the_device(name: str, watch: Watch) -> None:
    model, generator = moved(name, watch), small.generator()
    x = paper(model, 2, watch.device)
    mean, log_sigma = model.encode(x)
    found = [mean, log_sigma, model.decode(mean), nats_per_picture(model, x, generator, 3)]
    found += [vae_bound.priced(model, x[:1]).loss, vae_bound.log_weights(model, x[:1], 3, generator)]
    found += vae_walks.between(model, x, 3)
    found += vae_walks.corners(model, x.repeat(2, 1, 1, 1), 5)
    found += [vae_walks.effect(model, [0, 1], torch.linspace(-1, 1, 3))]
    if model.config.channels == 1 and model.config.likelihood == "bernoulli":
        damaged = vae_restore.flipped(x, 0.1, generator)
        found += vae_restore.encoded(model, damaged, 0.5, 2, generator)
        found += [
            vae_restore.best(
                vae_restore.search(model, damaged, vae_restore.starts(model, damaged, 1, generator), steps=1)
            )
        ]
    assert {each.device.type for each in found} == {watch.device}


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWS)
def test_studies_of_draw_stay_on_the_device(name: str, watch: Watch) -> None:
    model, generator = moved(name, watch), small.generator()
    x = paper(model, 2, watch.device)
    assert len(list(draw_time.forks(model, x[:1], 1, 2, generator))) == model.config.steps
    for way in ("stroke", "latent"):
        assert draw_time.erased(model, x[:1], way, generator).lost.shape == (model.config.steps,)
    assert len(list(draw_between.between(model, x[:1], x[1:], 3, "round", generator))) == model.config.steps
    if model.config.attention:
        ink = np.zeros((model.config.height, model.config.width), np.int8)
        hands = [draw_pen.Move(0, 2.0, 2.0, 3.0), draw_pen.Ink(1, ink)]
        assert len(draw_pen.penned(model, x[:1], hands, generator).touched.trace) == model.config.steps


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pixelcnn-mnist", "pixelcnn-cifar10", "diagonal-bilstm-mnist"])
def test_instruments_of_pixel_models_stay_on_the_device(name: str, watch: Watch) -> None:
    model = moved(name, watch)
    x = paper(model, 1, watch.device)
    assert pixel_lens.receptive_field(model, x, 2, 2).shape == x.shape[2:]
    assert pixel_lens.future_leak(model, x, 2, 2).change.shape == x.shape[2:]


class TestTheWatch:
    """What is played must fail where a GPU would."""

    def test_one_tensor_of_the_processor_s_in_a_model_is_found(
        self, watch: Watch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = moved("vae-mnist", watch)
        x, decode = paper(model, 2, watch.device), model.logits.forward

        def slipped(z: Tensor, generator: Any = None) -> Tensor:
            return decode(z, generator) + torch.zeros(8)

        monkeypatch.setattr(model.logits, "forward", slipped)
        with pytest.raises(StrayTensorError, match="of the processor's"):
            model.loss(x, small.generator())

    def test_an_index_of_the_processor_s_is_found(self, watch: Watch) -> None:
        x = torch.zeros(3, 4, device=watch.device)
        with pytest.raises(StrayTensorError):
            x[torch.arange(2)]

    def test_a_tensor_that_model_to_does_not_move_is_found(self, watch: Watch) -> None:
        model = moved("spatial-lstm-mnist", watch)
        del model.layers[0]._buffers["order"]
        model.layers[0].order = torch.arange(30)
        with pytest.raises(StrayTensorError):
            model.loss(paper(model, 2, watch.device), small.generator())

    def test_numbers_of_the_device_are_no_numpy_array(self, watch: Watch) -> None:
        with pytest.raises(TypeError, match="device type tensor to numpy"):
            torch.zeros(3, device=watch.device).numpy()

    def test_a_look_at_a_number_is_counted(self, watch: Watch) -> None:
        x = torch.zeros(3, device=watch.device)
        assert watch.waits == []
        assert float(x.sum()) == 1 and bool(x.any()) and len(watch.waits) == 2
        x.cpu()
        assert len(watch.waits) == 3


def test_core_makes_arrays_of_what_was_fetched_first() -> None:
    rooms = ("models", "samplers", "studies", "studio", "training")
    stray = re.compile(r"\.numpy\(\)")
    fetched = re.compile(r"\.cpu\(\)(\.double\(\))?\.numpy\(\)")
    for room in rooms:
        for file in (ROOT / "core" / room).glob("*.py"):
            text = file.read_text("utf-8")
            assert len(stray.findall(text)) == len(fetched.findall(text)), file


def test_auto_is_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, kind in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        assert found_device("auto").type == kind
    assert found_device("cpu") == torch.device("cpu") and found_device(torch.device("cuda", 3)).index == 3
    for name in ("tpu", "meta", ""):
        with pytest.raises(DeviceError, match="There is no device"):
            found_device(name)


def test_a_canvas_of_given_noise_goes_where_the_model_is(watch: Watch) -> None:
    brush = Brush(moved("pixelcnn-mnist", watch))
    canvas: Canvas = brush.canvas(Generate(1), small.generator())
    again = brush.canvas(Generate(1), small.generator(), canvas.noise)
    assert again.noise.device.type == watch.device and replace(again).x.device.type == watch.device
