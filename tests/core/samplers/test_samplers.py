"""Every sampler paints the picture of ancestral sampling, whatever the weights, the mask and the batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.models.base import Complete, Generate
from core.models.gated import GatedConfig, GatedPixelCNN
from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from core.samplers.brush import Brush, Method
from core.samplers.canvas import Canvas, Pass, first_hidden_row
from core.samplers.pixelrnn import DiagonalCells, PixelRNNRows
from core.samplers.rowwise import RowWise
from tests.core import brushes, small

CASES = ["five", "one", "one picture's holes", "different holes"]
every_way = pytest.mark.parametrize(("name", "method"), brushes.ways())


def same_row(passes: list[Pass]) -> Iterator[list[Pass]]:
    """Passes in groups of one row each."""
    for row in dict.fromkeys(each.row for each in passes):
        yield [each for each in passes if each.row == row]


@pytest.mark.parametrize("case", CASES)
@every_way
def test_every_way_paints_the_picture_of_the_definition(name: str, method: Method, case: str) -> None:
    canvas, _ = brushes.painted(name, case, method)
    brushes.assert_same(canvas, brushes.naive(name, case), brushes.brush(name))


@pytest.mark.parametrize("name", brushes.LOUD)
def test_the_pictures_of_these_tests_are_mixed_and_depend_on_what_is_painted(name: str) -> None:
    canvas = brushes.naive(name, "five")
    assert 0.25 < canvas.x.mean() < 0.75 and (canvas.x.flatten(1).std(1) > 0.2).all()
    later = canvas.logits[:, :, :, canvas.x.shape[2] // 2 :]
    assert later.std(0).mean() > 0.3, "pictures of one batch differ only in what they have painted before"


@pytest.mark.parametrize("name", ["pixelcnn", "colour", "told", "multiscale"])
def test_the_naive_way_is_the_last_step_of_the_model_itself(name: str) -> None:
    request = brushes.requests(name)["one"]
    *_, last = brushes.brush(name).model.steps(request, small.generator(3))
    assert np.array_equal(last.image, brushes.naive(name, "one").x.numpy())


@pytest.mark.parametrize("name", [name for name in brushes.LOUD if name != "multiscale"])
@pytest.mark.parametrize("shape", [{"height": 1}, {"width": 1}], ids=["one row", "one column"])
def test_pictures_of_one_row_or_one_column_are_no_exception(name: str, shape: dict[str, int]) -> None:
    brush = brushes.brush(name, **shape)
    reference, _ = brushes.run(brush, Generate(3, label=brushes.LOUD[name].label), "naive")
    for method in brush.methods:
        canvas, _ = brushes.run(brush, Generate(3, label=brushes.LOUD[name].label), method)
        brushes.assert_same(canvas, reference, brush)


@pytest.mark.parametrize("case", ["five", "different holes"])
@every_way
def test_the_nats_of_a_painting_are_those_of_evaluation(name: str, method: Method, case: str) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)[case]
    trace = brush.paint(request, small.generator(3), method)
    x = torch.from_numpy(trace.image)
    labels = () if request.label is None else (torch.full((len(x),), request.label),)
    with torch.no_grad():
        nats = brush.model.loss(x, small.generator(), *labels).total
    np.testing.assert_allclose(trace.nats.sum((1, 2)), nats.numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES[2:])
@every_way
def test_given_pixels_stay_and_hidden_ones_are_not_looked_at(name: str, method: Method, case: str) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)[case]
    assert isinstance(request, Complete)
    before = request.images.clone()
    canvas, passes = brushes.run(brush, request, method)
    given = request.known[:, None].expand_as(canvas.x)
    assert torch.equal(canvas.x[given], before[given]) and torch.equal(request.images, before)
    assert not torch.equal(canvas.x, before)
    whole = [each.canvas for each in passes if each.stride == 1]
    assert all(torch.equal(each[given], before[given]) for each in whole) and whole
    assert not brush.canvas(request, small.generator()).x[~given].any()
    negative = Complete(torch.where(given, before, 1 - before), request.known, request.temperature, request.label)
    assert torch.equal(brushes.run(brush, negative, method)[0].x, canvas.x)


@every_way
def test_a_mask_that_hides_nothing_gives_the_picture_back(name: str, method: Method) -> None:
    brush, config = brushes.brush(name), brushes.LOUD[name].config
    images = small.pictures(3, config, 8)
    known = torch.ones(3, config.height, config.width, dtype=torch.bool)
    canvas, _ = brushes.run(brush, Complete(images, known, label=brushes.LOUD[name].label), method)
    labels = () if canvas.labels is None else (canvas.labels,)
    assert torch.equal(canvas.x, images)
    with torch.no_grad():
        torch.testing.assert_close(canvas.logits, brush.model(images, *labels), rtol=1e-3, atol=1e-3)


@every_way
def test_a_mask_that_hides_everything_paints_a_new_picture(name: str, method: Method) -> None:
    brush, config, label = brushes.brush(name), brushes.LOUD[name].config, brushes.LOUD[name].label
    known = torch.zeros(5, config.height, config.width, dtype=torch.bool)
    completed, _ = brushes.run(brush, Complete(small.pictures(5, config, 8), known, label=label), method)
    generated, _ = brushes.painted(name, "five", method)
    assert torch.equal(completed.x, generated.x) and torch.equal(completed.logits, generated.logits)


def test_a_label_changes_the_picture_and_so_does_its_absence() -> None:
    brush = brushes.brush("gated")
    for method in brush.methods:
        pictures = [brushes.run(brush, Generate(2, label=label), method)[0].x for label in (None, 0, 1, 2)]
        pairs = [(i, j) for i in range(4) for j in range(i)]
        assert not any(torch.equal(pictures[i], pictures[j]) for i, j in pairs)


def painted_alone(brush: Brush, request: Complete, picture: int) -> Canvas:
    """One picture of a request with the very noise that it has among the others."""
    many = brush.canvas(request, small.generator(3))
    one = slice(picture, picture + 1)
    labels = None if many.labels is None else many.labels[one]
    canvas = Canvas(many.x[one], many.known[one], many.noise[one], many.temperature, labels=labels)
    with torch.inference_mode():
        for _ in brush.sampler("rows").passes(canvas):
            pass
    return canvas


@pytest.mark.parametrize("name", brushes.ROWS)
def test_pictures_that_have_settled_are_left_out_and_nobody_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)["different holes"]
    assert isinstance(request, Complete)
    sampler: Any = brush.sampler("rows")
    state, _ = sampler.begin(brush.canvas(request, small.generator(3)))
    selected, put, computed = Counter[int](), Counter[int](), Counter[int]()

    def spy(name: str, note: Callable[..., None]) -> None:
        real = getattr(type(state), name)

        def noted(*arguments: Any) -> Any:
            note(*arguments)
            return real(*arguments)

        monkeypatch.setattr(type(state), name, noted)

    spy("select", lambda _, pictures: selected.update([len(pictures)]))
    spy("put", lambda _, pictures, other: put.update([len(pictures)]))
    spy("logits", lambda _, row, values, *start: computed.update([len(values)]))
    canvas, passes = brushes.run(brush, request, "rows")
    assert selected.total() == put.total() > 0, "who was left out comes back"
    assert set(selected) <= {1, 2} and computed[1] + computed[2] > 0, "of four pictures, two or one went on"
    assert sum(count * times for count, times in computed.items()) < 4 * len(passes)
    monkeypatch.undo()
    for picture in range(4):
        alone = painted_alone(brush, request, picture)
        assert torch.equal(alone.x[0], canvas.x[picture])
        torch.testing.assert_close(alone.logits[0], canvas.logits[picture], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("case", ["five", "one"])
@pytest.mark.parametrize("name", brushes.ROWS)
def test_what_stands_to_the_left_of_the_first_change_is_final_and_not_asked_for_again(
    name: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brush, request = brushes.brush(name), brushes.requests(name)[case]
    sampler: Any = brush.sampler("rows")
    kind = type(sampler.begin(brush.canvas(request, small.generator(3)))[0])
    real, asked = kind.logits, list[tuple[int, Tensor, int]]()

    def noted(state: Any, row: int, values: Tensor, start: int = 0) -> Tensor:
        asked.append((row, values.clone(), start))
        logits: Tensor = real(state, row, values, start)
        assert logits.shape[3] == brush.config.width - start
        return logits

    monkeypatch.setattr(kind, "logits", noted)
    canvas, passes = brushes.run(brush, request, "rows")
    assert [row for row, _, _ in asked] == [each.row for each in passes]
    assert any(start > 0 for _, _, start in asked)
    for row, values, start in asked:
        finished = canvas.x[:, :, row, :start]
        assert all(any(torch.equal(each, other) for other in finished) for each in values[..., :start])
    for (row, _, start), (next_row, _, next_start) in pairwise(asked):
        assert next_start >= start if row == next_row else next_start == 0


@pytest.mark.parametrize("name", brushes.ROWS)
def test_rows_are_settled_in_order_and_their_last_pass_changes_nothing(name: str) -> None:
    height = brushes.LOUD[name].config.height
    _, passes = brushes.painted(name, "five", "rows")
    rows = [each.row for each in passes if each.row is not None]
    assert rows == sorted(rows) and set(rows) == set(range(height))
    assert len(passes) > 2 * height, "some rows were changed by more than one pass"
    for group in same_row(passes):
        assert not group[-1].changed.any()
        for before, after in pairwise(group):
            differs = (before.canvas != after.canvas).flatten(1).sum(1)
            assert torch.equal(differs.float(), after.changed.float()) and before.changed.any()


@every_way
def test_rows_above_the_first_hidden_pixel_take_no_pass_of_their_own(name: str, method: Method) -> None:
    brush, height = brushes.brush(name), brushes.LOUD[name].config.height
    canvas, passes = brushes.painted(name, "a late hole", method)
    brushes.assert_same(canvas, brushes.naive(name, "a late hole"), brush)
    assert passes and all(each.row is None or each.row * each.stride >= 3 for each in passes)
    if method == "rows" and name != "multiscale":
        given = [each.row for each in passes if each.row and each.row > 3]
        assert given == list(range(4, height)), "a row that is wholly given takes one pass"


@pytest.mark.parametrize("name", brushes.ROWS)
@pytest.mark.parametrize("agree", [True, False], ids=["one picture", "different pictures"])
def test_rows_that_all_pictures_share_are_computed_once(
    name: str, agree: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    brush, config = brushes.brush(name), brushes.LOUD[name].config
    images = small.pictures(1 if agree else 4, config, 8).expand(4, -1, -1, -1)
    known = torch.ones(4, config.height, config.width, dtype=torch.bool)
    known[:, 3:] = False
    canvas = brush.canvas(Complete(images, known, label=brushes.LOUD[name].label), small.generator())
    sampler = brush.sampler("rows")
    assert isinstance(sampler, RowWise)
    sizes: list[tuple[int, ...]] = []
    state = type(sampler.engine.begin(canvas))
    jump = state.jump

    def noted(self: Any, x: Tensor) -> Tensor:
        sizes.append(tuple(x.shape))
        return jump(self, x)

    monkeypatch.setattr(state, "jump", noted)
    _, row = sampler.begin(canvas)
    assert row == 3 and sizes == [(1 if agree else 4, config.channels, 3, config.width)]


@pytest.mark.parametrize("label", [0, 2])
def test_pictures_told_different_classes_do_not_share_their_first_rows(label: int) -> None:
    brush, config = brushes.brush("told"), brushes.GATED
    images = small.pictures(1, config, 8).expand(2, -1, -1, -1)
    known = torch.ones(2, config.height, config.width, dtype=torch.bool)
    known[:, 3:] = False
    canvas = brush.canvas(Complete(images, known, label=1), small.generator())
    canvas.labels = torch.tensor([1, label])
    with torch.inference_mode():
        for _ in brush.sampler("rows").passes(canvas):
            pass
        logits = brush.model(canvas.x, canvas.labels)
    torch.testing.assert_close(canvas.logits, logits, rtol=1e-3, atol=1e-3)


def test_the_first_hidden_row_is_that_of_any_picture() -> None:
    known = torch.ones(2, 4, 3, dtype=torch.bool)
    assert first_hidden_row(known) == 4
    known[1, 3, 0] = False
    assert first_hidden_row(known) == 3
    known[0, 1, 2] = False
    assert first_hidden_row(known) == 1
    assert first_hidden_row(torch.zeros(1, 4, 3, dtype=torch.bool)) == 0


class Operations(TorchDispatchMode):
    """How often each operation of torch is called with tensors of which shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        shapes = [tuple(leaf.shape) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        self.seen[str(func), str(shapes)] += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(("name", "method"), [("spatial", "cells"), ("diagonal", "cells"), ("diagonal", "rows")])
def test_a_step_costs_the_same_however_much_is_painted(name: str, method: Method) -> None:
    brush = brushes.brush(name, height=9)
    canvas = brush.canvas(Generate(2), small.generator(3))
    sampler: Any = brush.sampler(method)
    state, _ = sampler.begin(canvas)

    def paint(row: int) -> None:
        state.above(row)
        if method == "rows":
            state.logits(row, canvas.x[:, :, row])
        else:
            for column in range(canvas.x.shape[3]):
                state.logits(row, column)
                state.write(row, column, canvas.x[:, :, row, column])

    paint(0)
    with Operations() as early:
        paint(1)
    for row in range(2, 8):
        paint(row)
    with Operations() as late:
        paint(8)
    assert early.seen.total() > 50 and late.seen == early.seen


@pytest.mark.parametrize("name", brushes.LOUD)
def test_the_whole_picture_settles_and_each_pass_reports_what_it_changed(name: str) -> None:
    canvas, passes = brushes.painted(name, "different holes", "whole")
    assert {each.row for each in passes} == {None} and 2 < len(passes) <= canvas.x[0].numel() + 1
    assert not passes[-1].changed.any() and torch.equal(passes[-1].canvas, canvas.x)
    for before, after in pairwise(passes):
        assert torch.equal((before.canvas != after.canvas).flatten(1).sum(1), after.changed)
        assert not after.changed[before.changed == 0].any(), "who has settled stays so"


def test_the_whole_picture_is_right_as_far_as_it_must_be_after_every_pass() -> None:
    brush = brushes.brush("pixelcnn")
    canvas, passes = brushes.run(brush, Generate(3), "whole")
    for count, each in enumerate(passes, 1):
        assert torch.equal(each.canvas.flatten(1)[:, :count], canvas.x.flatten(1)[:, :count])


def test_passes_of_the_pyramid_show_the_coarse_pictures_first() -> None:
    brush = brushes.brush("multiscale")
    canvas, passes = brushes.run(brush, Generate(2), "rows")
    strides = [each.stride for each in passes]
    assert strides == sorted(strides, reverse=True) and set(strides) == {4, 2, 1}
    for stride in (4, 2, 1):
        *_, last = (each for each in passes if each.stride == stride)
        assert torch.equal(last.canvas, canvas.x[..., ::stride, ::stride]) and not last.changed.any()
        rows = [each.row for each in passes if each.stride == stride and each.row is not None]
        assert rows == sorted(rows) and set(rows) == set(range(8 // stride))


def test_a_finer_scale_leaves_the_pixels_of_the_coarser_ones_alone() -> None:
    _, passes = brushes.run(brushes.brush("multiscale"), Generate(2), "rows")
    coarse = [each.canvas for each in passes if each.stride == 4][-1]
    assert all(torch.equal(each.canvas[..., ::4, ::4], coarse) for each in passes if each.stride == 1)
    assert all(torch.equal(each.canvas[..., ::2, ::2], coarse) for each in passes if each.stride == 2)


def test_samplers_refuse_networks_that_they_are_not_written_for() -> None:
    with pytest.raises(ValueError, match="3×3"):
        Brush(PixelCNN(PixelCNNConfig(block_size=5, blocks=1))).sampler("rows")
    with pytest.raises(ValueError, match="3×3"):
        Brush(GatedPixelCNN(GatedConfig(layer_size=5, layers=1))).sampler("rows")
    with pytest.raises(ValueError, match="diagonal"):
        DiagonalCells(PixelRNNRows(brushes.brush("row").model))


def test_a_network_with_larger_blocks_still_paints_as_a_whole() -> None:
    config = PixelCNNConfig(4, 4, features=6, bottleneck=4, blocks=1, block_size=5, first_size=3)
    brush = Brush(small.build(config))
    reference, _ = brushes.run(brush, Generate(2), "naive")
    brushes.assert_same(brushes.run(brush, Generate(2), "whole")[0], reference, brush)
