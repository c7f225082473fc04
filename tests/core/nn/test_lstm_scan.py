"""The scan goes through every pixel after its neighbours, and its hand-written gradient is the right one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from core.nn.lstm_scan import (
    Front,
    Link,
    diagonal_fronts,
    diagonal_order,
    diagonal_rows,
    lstm_scan,
    row_fronts,
)
from tests.core.small import generator

SHAPES = pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 3), (5, 5), (1, 6), (6, 1), (1, 1), (2, 7)])
NEIGHBOURS = {"rows": {0: (-1, -1), 1: (-1, 0), 2: (-1, 1)}, "diagonals": {0: (-1, 0), 1: (0, -1)}}

Scan = Callable[[torch.Tensor, torch.Tensor, int], torch.Tensor]
BOTH = pytest.mark.parametrize(
    "scan", [lstm_scan, lambda *given: torch.ops.easel.lstm_scan(*given)[0]], ids=["eager", "in a graph"]
)


def fronts_and_order(kind: str, height: int, width: int) -> tuple[tuple[Front, ...], list[int]]:
    if kind == "rows":
        return row_fronts(height, width), list(range(height * width))
    return diagonal_fronts(height, width), diagonal_order(height, width)


def heard(link: Link, here: list[int], before: list[int]) -> dict[int, int]:
    """Which pixel each pixel hears from through a link, both as raster indices."""
    return dict(zip(here[link.to], before[link.source], strict=True))


@SHAPES
@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_the_fronts_divide_the_order_and_the_order_visits_every_pixel_once(kind: str, height: int, width: int) -> None:
    fronts, order = fronts_and_order(kind, height, width)
    assert sorted(order) == list(range(height * width))
    assert [fronts[0].cells.start, *(front.cells.stop for front in fronts)] == [
        *(front.cells.start for front in fronts),
        height * width,
    ]
    assert len(fronts) == (height if kind == "rows" else height + width - 1)


@SHAPES
@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_every_pixel_hears_just_its_neighbours_and_they_are_of_the_front_before(
    kind: str, height: int, width: int
) -> None:
    fronts, order = fronts_and_order(kind, height, width)
    for t, front in enumerate(fronts):
        here, before = order[front.cells], order[fronts[t - 1].cells] if t else []
        taps = {link.tap: heard(link, here, before) for link in front.links}
        for tap, (dy, dx) in NEIGHBOURS[kind].items():
            expected = {}
            for pixel in here:
                row, column = pixel // width + dy, pixel % width + dx
                if 0 <= row < height and 0 <= column < width:
                    expected[pixel] = row * width + column
            assert taps.get(tap, {}) == expected, (t, tap)


@SHAPES
@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_the_memory_runs_down_in_rows_and_to_the_right_in_diagonals(kind: str, height: int, width: int) -> None:
    fronts, order = fronts_and_order(kind, height, width)
    for t, front in enumerate(fronts):
        here, before = order[front.cells], order[fronts[t - 1].cells] if t else []
        above = {pixel: pixel - width for pixel in here if pixel >= width}
        left = {pixel: pixel - 1 for pixel in here if pixel % width}
        assert heard(front.above, here, before) == above
        assert heard(front.memory, here, before) == (above if kind == "rows" else left)


@SHAPES
def test_a_diagonal_runs_from_the_upper_right_to_the_lower_left(height: int, width: int) -> None:
    order = iter(diagonal_order(height, width))
    for t in range(height + width - 1):
        for row in diagonal_rows(t, height, width):
            assert divmod(next(order), width) == (row, t - row)


def problem(kind: str, height: int, width: int, directions: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs (G, P, N, 4h) and a kernel (G, taps, h, 4h) in float64 for two pictures and two features."""
    noise = generator(1)
    inputs = torch.randn(directions, height * width, 2, 8, dtype=torch.float64, generator=noise)
    weight = torch.randn(directions, len(NEIGHBOURS[kind]), 2, 8, dtype=torch.float64, generator=noise)
    return inputs, weight


@SHAPES
@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_the_states_are_those_of_a_loop_over_pixels(kind: str, height: int, width: int) -> None:
    order = fronts_and_order(kind, height, width)[1]
    inputs, weight = problem(kind, height, width)
    states = lstm_scan(inputs.clone(), weight, width).numpy()
    np.testing.assert_array_equal(torch.ops.easel.lstm_scan(inputs, weight, width)[0], states)  # as in a graph
    straight = (-1, 0) if kind == "rows" else (0, -1)
    for g, n in np.ndindex(2, 2):
        hidden: dict[tuple[int, int], np.ndarray] = {}
        memory: dict[tuple[int, int], np.ndarray] = {}
        nothing = np.zeros(2)
        for place, pixel in enumerate(order):
            row, column = divmod(pixel, width)
            gates = inputs[g, place, n].numpy().copy()
            for tap, (dy, dx) in NEIGHBOURS[kind].items():
                gates += hidden.get((row + dy, column + dx), nothing) @ weight[g, tap].numpy()
            o, f, i = (1 / (1 + np.exp(-gates[:6]))).reshape(3, 2)
            old = memory.get((row + straight[0], column + straight[1]), nothing)
            memory[row, column] = f * old + i * np.tanh(gates[6:])
            hidden[row, column] = o * np.tanh(memory[row, column])
            np.testing.assert_allclose(states[g, place, n], hidden[row, column], rtol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(3, 3), (2, 4), (1, 4), (4, 1)])
@pytest.mark.parametrize("kind", NEIGHBOURS)
@BOTH
def test_the_gradient_is_that_of_finite_differences(scan: Scan, kind: str, height: int, width: int) -> None:
    inputs, weight = (x.requires_grad_() for x in problem(kind, height, width, directions=1))
    assert torch.autograd.gradcheck(lambda x, w: scan(x.clone(), w, width), (inputs, weight), fast_mode=False)


@pytest.mark.parametrize("kind", NEIGHBOURS)
def test_a_graph_is_told_the_truth_about_the_scan(kind: str) -> None:
    inputs, weight = (x.requires_grad_() for x in problem(kind, 2, 3))
    asked = ("test_schema", "test_autograd_registration", "test_faketensor")
    found = torch.library.opcheck(torch.ops.easel.lstm_scan.default, (inputs, weight, 3), test_utils=asked)
    assert found == dict.fromkeys(asked, "SUCCESS")


def test_pictures_and_directions_do_not_hear_each_other() -> None:
    inputs, weight = problem("diagonals", 3, 4)
    whole = lstm_scan(inputs.clone(), weight, 4)
    for g, n in np.ndindex(2, 2):
        alone = lstm_scan(inputs[g : g + 1, :, n : n + 1].clone(), weight[g : g + 1], 4)
        torch.testing.assert_close(alone[0, :, 0], whole[g, :, n])
