"""Batches are made ahead in a thread, and are the very ones that a step would make for itself."""

import threading
from dataclasses import replace
from typing import Any

import pytest
import torch

from core.data.scenes import TwoDigits
from core.data.sets import DataSet
from core.training.batches import batch_indices, batches, step_generator
from core.training.run import Run
from tests.core import small

KINDS = ["static", "dynamic", "threshold", None]


def pictures(kind: Any, **more: Any) -> DataSet:
    grey = (255 * torch.rand(10, 1, 8, 8, generator=small.generator(3))).byte().numpy()
    return replace(
        small.dataset(10, small.PIXELCNN), images=grey % 2 if kind == "static" else grey, binarisation=kind, **more
    )


def run_of(name: str, step: int = 0) -> Run:
    spec = small.spec(name)
    run = Run(spec, spec.recipe, "cpu")
    run.step = step
    return run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("begin", [0, 3])
def test_they_are_those_of_the_data_set_for_every_step_that_is_left(kind: Any, begin: int) -> None:
    run, data = run_of("gated-pixelcnn-mnist", begin), pictures(kind)
    assert data.labels is not None
    found = list(batches(run, data))
    assert len(found) == run.recipe.steps - begin
    for step, (x, labels) in enumerate(found, begin):
        indices = batch_indices(step, len(data), run.recipe)
        assert torch.equal(x, data.batch(indices, step_generator(step, run.recipe, "cpu")))
        assert torch.equal(labels, torch.from_numpy(data.labels[indices]))
        assert x.is_contiguous(memory_format=torch.channels_last)


def test_a_model_that_says_what_every_pixel_is_is_told_that_of_the_very_scenes() -> None:
    run, data = run_of("mdlstm-cluttered"), pictures(None, scene=TwoDigits(12))
    for step, (x, labels, kinds) in enumerate(batches(run, data)):
        indices, generator = batch_indices(step, len(data), run.recipe), step_generator(step, run.recipe, "cpu")
        packed, expected = data.explained(indices, generator)
        assert torch.equal(x, data.unpacked(packed)) and torch.equal(kinds, expected)
        assert len(labels) == len(kinds)
    told = [
        len(each) for each in (next(batches(run, pictures(None))), next(batches(run_of("convnet-cluttered"), data)))
    ]
    assert told == [2, 2]  # pictures that are no scenes have nothing to tell, and others are not told


@pytest.mark.parametrize("kind", KINDS)
def test_they_travel_as_bytes_and_become_the_same_numbers(kind: Any) -> None:
    data, indices = pictures(kind), [3, 1, 4]
    packed = data.packed(indices, small.generator())
    assert packed.dtype == torch.uint8
    grey = torch.from_numpy(data.images[indices]).float()
    expected = {
        "static": grey,
        "dynamic": (torch.rand(grey.shape, generator=small.generator()) * 255 < grey).float(),
        "threshold": (grey >= 128).float(),
        None: grey / 255,
    }[kind]
    assert torch.equal(data.unpacked(packed), expected) and torch.equal(
        data.batch(indices, small.generator()), expected
    )


def test_scenes_are_drawn_from_the_step_alone() -> None:
    run = run_of("draw-two-digits")
    data = pictures(None, scene=TwoDigits(20))
    first, second = (torch.cat([x for x, *_ in batches(run, data)]) for _ in range(2))
    assert torch.equal(first, second) and bool(first.any())


def test_the_thread_ends_with_the_loop_and_what_it_was_made_for_may_end_early() -> None:
    coming = batches(run_of("draw-mnist"), pictures("static"))
    next(coming)
    assert any(thread.name.startswith("easel-batches") for thread in threading.enumerate())
    coming.close()
    assert not any(thread.name.startswith("easel-batches") for thread in threading.enumerate())


def test_a_picture_that_cannot_be_made_ends_the_loop_with_its_error() -> None:
    class Broken:
        def __getitem__(self, indices: Any) -> Any:
            raise OSError("the disk is gone")

    data = pictures("static")
    run, broken = run_of("draw-mnist"), replace(data, images=Broken())
    object.__setattr__(broken, "images", type("Images", (Broken,), {"__len__": lambda self: 10})())
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches(run, broken))
