"""The films of the scans show the orders and the links that the networks really have."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.multiscale import MultiScaleConfig, coarse_to_fine
from core.models.pixelrnn import DiagonalBiLSTM, RowLSTM
from core.nn.lstm_scan import diagonal_fronts, diagonal_order, row_fronts
from viz.player.payload import decode, panel_data
from viz.views import pixel_scans

SHAPES = [(4, 4), (3, 5), (5, 3)]


def picture(height=4, width=4, seed=0):
    return np.random.default_rng(seed).choice(np.array([0, 255], np.uint8), (height, width))


def values(player, index):
    """(T, H, W) of 0–255."""
    return panel_data(player["panels"][index])[:, 0, :, :, 0]


def lit(player, index):
    """(T, H, W): what is drawn as computed now."""
    return values(player, index) >= round(255 * pixel_scans.NOW_PAPER)


def heard(player, index):
    return values(player, index) == round(255 * pixel_scans.HEARD)


def reveal(player, index):
    panel = player["panels"][index]
    return decode(panel["reveal"], np.uint16, (panel["height"], panel["width"]))


def marked(player, index):
    """(T, 2): row and column of the marked pixel at each step."""
    track = player["marks"][index]
    boxes = decode(track["data"], np.float32, tuple(track["shape"]))[:, 0]
    return np.floor(boxes[:, 1]), np.floor(boxes[:, 0])


def influence(layer, height, width, place):
    """(H, W): the input pixels that reach the layer's state at ``place``, by gradients."""
    x = torch.randn(height * width, 1, 4, generator=torch.Generator().manual_seed(2), requires_grad=True)
    layer(x)[place[0] * width + place[1]].sum().backward()
    return x.grad.abs().sum((1, 2)).view(height, width).numpy() > 0


def test_the_skewed_canvas_moves_every_row_one_step_further():
    grid = np.arange(1, 7).reshape(2, 3)
    assert pixel_scans.skew(grid).tolist() == [[1, 2, 3, 0], [0, 4, 5, 6]]


def told(player, name, step):
    """The words of the note that stand for ``name`` at a step."""
    spec = player["note"]["values"][name]
    index = decode(spec["index"], np.uint8, tuple(spec["shape"]))
    return spec["words"][index[min(step, len(index) - 1), 0]]


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_a_step_of_the_diagonal_scan_is_a_front_of_the_network(height, width):
    player = pixel_scans.diagonal_scan(picture(height, width))
    order = []
    for step, front in enumerate(diagonal_fronts(height, width)):
        new = np.flatnonzero(lit(player, 0)[step])
        assert len(new) == front.cells.stop - front.cells.start
        order += sorted(new.tolist())
    assert player["steps"] == height + width - 1 and order == list(diagonal_order(height, width))


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_a_diagonal_is_a_column_of_the_skewed_canvas_and_hears_the_column_before(height, width):
    player = pixel_scans.diagonal_scan(picture(height, width))
    now, before = lit(player, 1), heard(player, 1)
    assert player["panels"][1]["width"] == width + height - 1
    for step in range(player["steps"]):
        assert np.flatnonzero(now[step].any(0)).tolist() == [step]
        assert set(np.flatnonzero(before[step].any(0))) <= {step - 1}
        row = int(marked(player, 1)[0][step])
        assert set(np.flatnonzero(before[step].any(1))) <= {row - 1, row}
    assert before.any((1, 2))[1:].all()


def test_the_skewed_canvas_is_black_where_there_is_no_pixel():
    player = pixel_scans.diagonal_scan(picture())
    nowhere = pixel_scans.skew(np.ones((4, 4), int)) == 0
    assert not values(player, 1)[:, nowhere].any() and not reveal(player, 1)[nowhere].any()


@pytest.mark.parametrize(("height", "width"), SHAPES)
def test_a_step_of_the_row_scan_is_a_front_of_the_network(height, width):
    player = pixel_scans.row_scan(picture(height, width))
    for step, front in enumerate(row_fronts(height, width)):
        assert np.flatnonzero(lit(player, 0)[step]).tolist() == list(range(front.cells.start, front.cells.stop))


def test_the_marked_state_of_a_row_hears_three_states_above_it():
    assert [np.argwhere(cells).tolist() for cells in heard(pixel_scans.row_scan(picture(3, 5)), 0)] == [
        [],
        [[0, 1], [0, 2], [0, 3]],
        [[1, 1], [1, 2], [1, 3]],
    ]


def test_the_triangle_is_what_reaches_a_state_of_row_lstm():
    height, width = 5, 7
    player = pixel_scans.row_scan(picture(height, width))
    layer = RowLSTM(height, width, 2)
    for row in range(height):
        reached = influence(layer, height, width, (row, width // 2))
        shown = lit(player, 1)[row] | heard(player, 1)[row]
        assert (shown == reached).all()
        assert told(player, "reached", row) == ("1 pixel" if reached.sum() == 1 else f"{reached.sum()} pixels")


def test_moved_down_by_one_row_the_right_pass_hears_of_no_pixel_that_comes_later():
    height, width = 5, 6
    player = pixel_scans.mirrored_scan(picture(height, width))
    before = heard(player, 0)
    rows, columns = marked(player, 0)
    for step in range(player["steps"]):
        row, column = int(rows[step]), int(columns[step])
        wanted = [[r, c] for r, c in ((row - 1, column), (row, column + 1)) if r >= 0 and c < width]
        assert np.argwhere(before[step]).tolist() == wanted
    assert (lit(player, 1)[:, 1:] == lit(player, 0)[:, :-1]).all() and not values(player, 1)[:, 0].any()
    seen = influence(DiagonalBiLSTM(height, width, 2), height, width, (3, 2))
    above, left = np.arange(height)[:, None] < 3, np.arange(width) <= 2
    assert (seen == (above | (left & (np.arange(height)[:, None] == 3)))).all()


def test_the_pyramid_visits_the_pixels_in_the_models_order():
    config = MultiScaleConfig(height=8, width=8, coarsest=2)
    now = lit(pixel_scans.pyramid_scan(picture(8, 8)), 0)
    visits = [place for step in now for place in np.argwhere(step).tolist()]
    assert visits == coarse_to_fine(config).tolist() and len(now) == 2 + 4 + 8


def test_the_look_of_the_pyramid_sharpens_from_blocks_to_the_picture():
    digit = picture(8, 8)
    look = values(pixel_scans.pyramid_scan(digit), 1)
    assert (look[-1] == digit).all()
    assert (look[1] == np.kron(digit[::4, ::4], np.ones((4, 4), np.uint8))).all()
    assert (look[2 + 4 - 1] == np.kron(digit[::2, ::2], np.ones((2, 2), np.uint8))).all()


def test_a_picture_that_cannot_be_halved_gets_a_sentence():
    with pytest.raises(ValueError, match="multiple of 4"):
        pixel_scans.pyramid_scan(picture(6, 6))


@pytest.mark.parametrize(
    "scan", [pixel_scans.row_scan, pixel_scans.diagonal_scan, pixel_scans.mirrored_scan, pixel_scans.pyramid_scan]
)
def test_every_film_reveals_each_pixel_when_it_is_computed_and_counts_them(scan):
    digit = picture(8, 8)
    player = scan(digit)
    now = lit(player, 0)
    assert (now.sum(0) == 1).all() and (reveal(player, 0) == now.argmax(0)).all()
    for step, count in enumerate(now.sum((1, 2))):
        if scan is pixel_scans.pyramid_scan:
            assert told(player, "fresh", step) == ("1 new pixel" if count == 1 else f"{count} new pixels")
        else:
            said = told(player, "states", step)
            assert said == ("The only state is" if count == 1 else f"All {count} states are")
    ink = values(player, 0)[-1] > round(255 * pixel_scans.PAPER)
    assert (ink | now[-1] | heard(player, 0)[-1])[digit > 0].all()
