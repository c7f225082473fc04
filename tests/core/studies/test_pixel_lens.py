"""Instruments show what is so: fields against finite differences, masks against those written by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.models import raster
from core.models.pixelcnn import PixelCNN, PixelCNNConfig
from core.results import MOVED
from core.studies import pixel_lens
from tests.core import small

Places = set[tuple[int, int]]


def loud(config: Any, scale: float = 0.4) -> Any:
    """A model in float64 in which no path is closed by an initial zero."""
    model = small.build(config).double()
    small.shake(model, scale)
    return model


def picture(config: Any, seed: int = 0) -> torch.Tensor:
    return small.pictures(1, config, seed).double()


def some_pixels(config: Any) -> list[tuple[int, int]]:
    """The first, the last and two between."""
    height, width = config.height, config.width
    return [(0, 0), (height // 2, width // 2), (height - 2, width - 1), (height - 1, width - 1)]


def places(grid: np.ndarray) -> Places:
    return set(map(tuple, np.argwhere(grid).tolist()))


def moved_by_turning(model: Any, row: int, column: int, count: int = 16) -> Places:
    """Pixels whose turning over, all channels at once, moves the logits of a pixel in one of many random pictures."""
    x = small.pictures(count, model.config, 3).double()
    everywhere = list(np.ndindex(*x.shape[2:]))
    turned = x.repeat(len(everywhere), 1, 1, 1, 1)
    for one, (y, z) in zip(turned, everywhere, strict=True):
        one[..., y, z] = 1 - one[..., y, z]
    with torch.no_grad():
        before = model(x)[..., row, column]
        after = model(turned.flatten(0, 1))[..., row, column].unflatten(0, turned.shape[:2])
    moved = (after - before).abs().flatten(1).amax(1) > 1e-12
    return {at for at, one in zip(everywhere, moved.tolist(), strict=True) if one}


def noticed(taken: str) -> dict[tuple[int, int], np.ndarray]:
    """For each pixel of a Diagonal BiLSTM of one layer, whose first kernel is 3 × 3, which logits (H, W) notice it."""
    model = small.build(replace(small.CONFIGS["diagonal-bilstm-mnist"], layers=1)).double()
    small.shake(model)
    changed, config = pixel_lens.with_scans(model, taken), model.config
    pictures = [picture(config, seed) for seed in range(16)]  # on a single one a ReLU may hide a path
    return {
        place: np.any([pixel_lens.future_leak(changed, x, *place).change > 1e-12 for x in pictures], 0)
        for place in np.ndindex(config.height, config.width)
    }


def told(row: int, column: int, height: int, width: int) -> Places:
    """Where the first layer tells of a pixel: to its right, and in the three below it."""
    near = [(row, column + 1), *((row + 1, column + side) for side in (-1, 0, 1))]
    return {(r, c) for r, c in near if r < height and 0 <= c < width}


def test_a_diagonal_bilstm_with_its_own_scans_leaks_nowhere() -> None:
    for (row, column), found in noticed("moved").items():
        assert not found[:row].any() and not found[row, : column + 1].any()


def test_where_the_second_scan_is_not_moved_down_all_to_the_left_in_the_row_hear_a_pixel_and_so_does_it_itself() -> (
    None
):
    for (row, column), found in noticed("unmoved").items():
        inside = column + 1 < found.shape[1]
        assert found[row, : column + 1].all() if inside else not found[row].any()
        assert not found[:row].any()


@pytest.mark.parametrize("taken", ["third", "fourth"])
def test_a_scan_from_below_hears_of_later_rows(taken: str) -> None:
    for (row, column), found in noticed(taken).items():
        columns = {c for _, c in told(row, column, *found.shape)}
        for r, c in np.ndindex(row, found.shape[1]):
            sees = any(each <= c if taken == "third" else each >= c for each in columns)
            assert bool(found[r, c]) == sees, (row, column, r, c)


@pytest.mark.parametrize("name", small.PIXEL_MODELS)
def test_ranks_number_the_visits(name: str) -> None:
    model = small.build(small.CONFIGS[name])
    ranks = pixel_lens.ranks(model)
    assert [int(ranks[row, column]) for row, column in model.order] == list(range(ranks.size))
    if name != "multiscale-mnist":
        assert (ranks.ravel() == np.arange(ranks.size)).all()


@pytest.mark.parametrize("name", small.PIXEL_MODELS)
def test_the_field_is_exactly_zero_where_a_pixel_comes_later(name: str) -> None:
    config = small.CONFIGS[name]
    model = loud(config)
    ranks = pixel_lens.ranks(model)
    for row, column in some_pixels(config):
        field = pixel_lens.receptive_field(model, picture(config), row, column)
        assert field.shape == ranks.shape
        assert not field[ranks > ranks[row, column]].any()
        if config.channels == 1:  # in colour, green sees red of the same pixel
            assert field[row, column] == 0
        else:
            assert field[row, column] > 0
    assert field.any()


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "row-lstm-mnist", "multiscale-mnist", "mcgsm-mnist"])
def test_the_field_reaches_as_far_as_turned_pixels_do(name: str) -> None:
    config = small.CONFIGS[name]
    model = loud(config)
    for row, column in some_pixels(config)[1:3]:
        field = pixel_lens.receptive_field(model, picture(config), row, column)
        assert places(field > 0) == moved_by_turning(model, row, column) != set()


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "diagonal-bilstm-mnist", "pixelcnn-cifar10"])
def test_the_field_is_the_slope_of_the_logits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "AVERAGED", 0)  # on this picture alone
    config = small.CONFIGS[name]
    model, x = loud(config, 0.2), picture(config, 1)
    row, column, step = config.height - 1, config.width // 2, 1e-6
    spread = np.linspace(-1, 1, config.levels) if config.levels > 2 else np.ones(1)

    def score(y: torch.Tensor) -> float:
        with torch.no_grad():
            return float((model(y)[0, :, :, row, column].numpy() * spread).sum())

    expected = np.zeros((config.height, config.width))
    for channel, y, z in np.ndindex(*x.shape[1:]):
        ahead, behind = x.clone(), x.clone()
        ahead[0, channel, y, z] += step
        behind[0, channel, y, z] -= step
        expected[y, z] += abs(score(ahead) - score(behind)) / (2 * step)
    field = pixel_lens.receptive_field(model, x, row, column)
    np.testing.assert_allclose(field, expected, rtol=1e-4, atol=1e-7)
    assert len(places(field > 1e-4)) > 4


def test_a_pixelcnn_is_blind_for_a_wedge_to_the_upper_right_however_deep_it_is() -> None:
    """With 3×3 kernels, a step up brings at most one step to the right."""
    config = PixelCNNConfig(height=6, width=8, features=8, bottleneck=6, blocks=9, first_size=3)
    row, column = 5, 3
    field = pixel_lens.receptive_field(loud(config, 0.2), picture(config), row, column)
    earlier = {(y, x) for y, x in np.ndindex(6, 8) if (y, x) < (row, column)}
    wedge = {(y, x) for y, x in earlier if x - column > row - y}
    assert places(field == 0) & earlier == wedge != set()


def test_a_diagonal_bilstm_has_no_blind_spot_but_for_the_last_pixel_of_the_row_above() -> None:
    """The right pass is one row late, and its first layer hides the pixel it stands on; a 3×3 kernel sees one ahead."""
    config = small.CONFIGS["diagonal-bilstm-mnist"]
    model, last = loud(config), config.width - 1
    for row, column in [(0, 3), (1, 0), (2, 2), (4, 4), (4, 5)]:
        field = pixel_lens.receptive_field(model, picture(config), row, column)
        past = {at for at in np.ndindex(config.height, config.width) if at < (row, column)}
        assert places(field > 0) == past - ({(row - 1, last)} if column + 1 < last else set())


@pytest.mark.parametrize("name", small.PIXEL_MODELS)
def test_no_model_leaks_and_what_comes_later_moves(name: str) -> None:
    config = small.CONFIGS[name]
    model = small.build(config)
    small.shake(model)
    x, ranks = small.pictures(1, config), pixel_lens.ranks(model)
    for row, column in some_pixels(config):
        leak = pixel_lens.future_leak(model, x, row, column)
        assert leak.early == 0
        # Rounding alone may differ: not every processor multiplies each row of a batch in the same order.
        assert leak.change[ranks < ranks[row, column]].max(initial=0) < MOVED
        assert leak.late == (leak.change > MOVED).sum()
        if (row, column) == (0, 0):
            assert leak.late > 0


def test_a_leak_measures_how_far_each_logit_moves() -> None:
    config = small.CONFIGS["pixelcnn-cifar10"]
    model, x = loud(config), picture(config, 2)
    other = x.clone()
    other[..., 1, 1] = 1 - other[..., 1, 1]
    with torch.no_grad():
        moved = np.abs((model(other) - model(x))[0].numpy()).max(1)  # (C, H, W)
    expected = moved.max(0)
    assert expected[1, 1] > 0 == moved[0, 1, 1]  # its own green and blue may move, its red may not
    expected[1, 1] = 0
    np.testing.assert_allclose(pixel_lens.future_leak(model, x, 1, 1).change, expected, rtol=1e-9)


@pytest.mark.parametrize("config", [small.PIXELCNN, small.COLOUR], ids=["grey", "colour"])
def test_a_broken_mask_is_caught_and_the_model_it_was_made_of_stays_whole(config: PixelCNNConfig) -> None:
    model: PixelCNN = small.build(replace(config, features=24, bottleneck=12))  # so many that some are awake everywhere
    small.shake(model)
    x = small.pictures(1, config)
    with torch.no_grad():
        before = model(x)
    broken = pixel_lens.with_broken_mask(model)
    for row, column in some_pixels(config):
        leak = pixel_lens.future_leak(broken, x, row, column)
        assert leak.early == 1 and leak.change[row, column] > 1e-3  # the pixel sees itself, and nothing else is wrong
        assert pixel_lens.future_leak(model, x, row, column).early == 0
    with torch.no_grad():
        assert torch.equal(model(x), before) and not torch.equal(broken(x), before)


def test_the_masks_of_one_channel_are_those_drawn_in_the_paper() -> None:
    assert pixel_lens.mask_taps("A", 1, 3).tolist() == [[[[1, 1, 1], [1, 0, 0], [0, 0, 0]]]]
    assert pixel_lens.mask_taps("B", 1, 3).tolist() == [[[[1, 1, 1], [1, 1, 0], [0, 0, 0]]]]
    five = pixel_lens.mask_taps("A", 1, 5)[0, 0]
    assert five.tolist() == [[1] * 5, [1] * 5, [1, 1, 0, 0, 0], [0] * 5, [0] * 5]


def test_in_colour_the_centre_lets_red_reach_green_and_both_reach_blue() -> None:
    ahead, own = [[1, 1, 1], [1, 1, 0], [0, 0, 0]], [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert pixel_lens.mask_taps("A", 3, 3).tolist() == [  # to R, G, B; from R, G, B
        [own, own, own],
        [ahead, own, own],
        [ahead, ahead, own],
    ]
    assert pixel_lens.mask_taps("B", 3, 3).tolist() == [
        [ahead, own, own],
        [ahead, ahead, own],
        [ahead, ahead, ahead],
    ]
