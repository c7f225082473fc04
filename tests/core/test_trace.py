import math

import numpy as np
import pytest

from core.models.base import Generate, Painter, Reconstruct, Request
from core.trace import CanvasTrace, Mark, RasterTrace, Step, Trace, TraceError, unit
from tests.core import small

B, C, H, W = 2, 3, 3, 4
RNG = np.random.default_rng(0)
COLUMNS_FIRST = np.array([(row, column) for column in range(W) for row in range(H)], np.int64)


def raster() -> RasterTrace:
    """A painting column by column, of which some pixels were given."""
    return RasterTrace(
        image=RNG.integers(0, 2, (B, C, H, W)).astype(np.float32),
        probability=RNG.random((B, H, W)).astype(np.float32),
        entropy=RNG.random((B, H, W)).astype(np.float32),
        nats=RNG.random((B, H, W)).astype(np.float32),
        order=COLUMNS_FIRST,
        known=RNG.random((B, H, W)) < 0.3,
    )


def canvases(count: int) -> list[Step]:
    one = np.ones(B, np.float32)
    return [
        Step(
            image=np.full((B, C, H, W), t / 10, np.float32),
            marks=(Mark("write", t * one, one, one, one, one),),
            scalars={"kl": np.array([t, 10 + t], np.float32)},
        )
        for t in range(count)
    ]


def test_a_raster_frame_shows_what_was_given_and_what_was_visited_so_far() -> None:
    trace = raster()
    assert len(trace) == H * W
    for t in range(len(trace)):
        visited = {tuple(place) for place in COLUMNS_FIRST[: t + 1].tolist()}
        frame, shown = trace.frame(t), trace.shown(t)
        for b in range(B):
            for row in range(H):
                for column in range(W):
                    there = bool(trace.known[b, row, column]) or (row, column) in visited
                    assert shown[b, row, column] == there
                    expected = trace.image[b, :, row, column] if there else np.zeros(C)
                    np.testing.assert_array_equal(frame[b, :, row, column], expected)


def test_the_last_raster_frame_is_the_picture() -> None:
    trace = raster()
    np.testing.assert_array_equal(trace.frame(len(trace) - 1), trace.image)


def test_a_raster_mark_is_the_hard_box_of_the_pixel_being_painted() -> None:
    trace = raster()
    for t, (row, column) in enumerate(COLUMNS_FIRST.tolist()):
        (mark,) = trace.marks(t)
        assert mark.kind == "pixel"
        np.testing.assert_array_equal(mark.x - mark.width / 2, [column] * B)
        np.testing.assert_array_equal(mark.x + mark.width / 2, [column + 1] * B)
        np.testing.assert_array_equal(mark.y - mark.height / 2, [row] * B)
        np.testing.assert_array_equal(mark.y + mark.height / 2, [row + 1] * B)
        np.testing.assert_array_equal(mark.precision, [math.inf] * B)


def test_a_raster_series_follows_the_order_of_the_visits() -> None:
    trace = raster()
    for name, grid in (("nats", trace.nats), ("probability", trace.probability), ("entropy", trace.entropy)):
        series = trace.series(name)
        assert series.shape == (H * W, B)
        for t, (row, column) in enumerate(COLUMNS_FIRST.tolist()):
            np.testing.assert_array_equal(series[t], grid[:, row, column])


def test_a_canvas_trace_keeps_every_step_in_order() -> None:
    steps, subject = canvases(4), np.zeros((B, C, H, W), np.float32)
    trace = CanvasTrace.record(iter(steps), subject)
    assert len(trace) == 4 and list(trace) == steps and trace.subject is subject
    for t, step in enumerate(steps):
        assert trace.frame(t) is step.image and trace.marks(t) is step.marks
    np.testing.assert_array_equal(trace.series("kl"), [[t, 10 + t] for t in range(4)])


def test_both_storages_are_traces_and_refuse_a_series_they_do_not_have() -> None:
    traces: list[Trace] = [raster(), CanvasTrace.record(canvases(2))]
    for trace in traces:
        with pytest.raises(KeyError):
            trace.series("apples")


def test_a_trace_without_a_step_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step"):
        CanvasTrace.record(iter(()))


def test_a_scalar_has_the_unit_of_its_name_or_of_its_last_word() -> None:
    assert unit("kl") == "nats" and unit("x") == unit("read_x") == unit("write_stride") == "px"
    assert unit("read_variance") == "px²" and unit("write_intensity") == ""


@pytest.mark.parametrize("name", ["apples", "read_apples", "kl_of_apples", ""])
def test_an_unknown_unit_raises(name: str) -> None:
    with pytest.raises(KeyError):
        unit(name)


@pytest.mark.parametrize("name", small.NAMES)
def test_every_painter_emits_steps_of_the_promised_shapes_whose_scalars_have_units(name: str) -> None:
    painter = small.build(small.CONFIGS[name])
    assert isinstance(painter, Painter)
    images = small.pictures(2, painter.config)
    requests: list[Request] = [] if name in small.CLASSIFIERS else [Generate(2)]
    if name not in small.PIXEL_MODELS:
        requests.append(Reconstruct(images))
    for request in requests:
        for step in painter.steps(request, small.generator(1)):
            assert step.image.shape == images.shape and step.image.dtype == np.float32
            assert 0 <= step.image.min() and step.image.max() <= 1
            for name, values in step.scalars.items():
                assert isinstance(unit(name), str)
                assert values.shape == (2,)
            for mark in step.marks:
                assert mark.x.shape == mark.y.shape == mark.width.shape == mark.height.shape == (2,)
            assert all(patch.shape[:2] == images.shape[:2] for patch in step.patches.values())


def test_the_last_step_can_be_counted_from_the_end_and_one_that_is_not_there_is_told_so() -> None:
    for trace in (raster(), CanvasTrace.record(canvases(3))):
        count = len(trace)
        np.testing.assert_array_equal(trace.frame(-1), trace.frame(count - 1))
        np.testing.assert_array_equal(trace.frame(-count), trace.frame(0))
        for bad in (count, -count - 1):
            with pytest.raises(TraceError, match=rf"^There is no step {bad}: there are {count}, from 0 on"):
                trace.frame(bad)


def test_the_parts_of_a_price_sum_up_to_the_whole_and_what_was_imagined_has_none() -> None:
    config = small.CONFIGS["draw-mnist"]
    model, x = small.build(config), small.ink(2, config)
    noise = model.noise(config.steps, 2, small.generator(3))
    copy = CanvasTrace.record(model.strokes(x, noise))
    assert copy.nats.shape == (2, config.steps + 1)
    np.testing.assert_allclose(copy.nats.sum(1), model.bound(x, noise).total.detach().numpy(), rtol=1e-5)
    with pytest.raises(TraceError, match=r"^Only a copy of a picture has a price in nats"):
        _ = CanvasTrace.record(model.strokes(None, noise)).nats
