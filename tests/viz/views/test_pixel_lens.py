"""What the lens draws and says is what the instruments measured, pixel by pixel."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import UserError
from core.models.gated import GatedConfig
from core.models.mcgsm import MCGSMConfig
from core.models.pixelcnn import PixelCNNConfig
from core.models.pixelrnn import PixelRNNConfig
from core.models.spatial_lstm import SpatialLSTMConfig
from core.results import MOVED
from core.studies import pixel_lens as instruments
from core.training.registry import REGISTRY, shown_in
from tests.core.small import build, spec
from viz.player.payload import decode
from viz.tabs import pixel_lens
from viz.views import pixel_lens as lens

RASTER = np.arange(16).reshape(4, 4)
AT = (2, 1)
"""A pixel with nine before it."""
WIDGET = Path(lens.__file__).parents[1] / "widgets" / "lens" / "draw.js"


def field_of(*seen):
    """A field (4, 4) that is 1 at these raster indices."""
    field = np.zeros(16, np.float32)
    field[list(seen)] = 1
    return field.reshape(4, 4)


def answer(*seen, name="pixelcnn-mnist", at=AT):
    return lens.field_answer(name, "It", field_of(*seen), RASTER, *at)


def test_the_heat_is_logarithmic_and_black_only_where_nothing_is_seen():
    heat = lens.log_heat(np.array([[1, 0.1, 0.01], [1e-3, 1e-4, 1e-12], [0, 0, 0]], np.float32))
    assert heat[0, 0] == 255 and heat[1, 1] == heat[1, 2] == lens.FAINTEST > 0
    steps = np.diff(heat.ravel()[:5].astype(int))
    assert (steps < 0).all() and steps.max() - steps.min() <= 1
    assert not heat[2].any()
    assert not lens.log_heat(np.zeros((2, 2), np.float32)).any()


def test_a_diverged_model_gets_a_sentence():
    with pytest.raises(ValueError, match="not finite"):
        lens.log_heat(np.array([[np.nan, 1]], np.float32))


def test_every_pixel_is_seen_or_out_of_sight_or_yet_to_come():
    kind = answer(0, 4, 8).kind.ravel()
    assert [int(k) for k in kind[:9]] == [lens.SEEN if i in (0, 4, 8) else lens.UNSEEN for i in range(9)]
    assert kind[9] == lens.SEEN and (kind[10:] == lens.FUTURE).all()


def test_the_sentence_counts_what_is_seen_and_what_is_not():
    found = answer(0, 4, 8)
    assert found.label == "3 of 9"
    assert "sees <b>3</b> of the 9 pixels before it; <b>6</b> lie in its blind spot." in found.html
    assert "<b>1</b> lies in its blind spot." in answer(0, 1, 2, *range(4, 9)).html
    assert "sees all 9 pixels painted before this one" in answer(*range(9)).html
    assert "the one pixel painted before this one" in answer(0, at=(0, 1)).html
    assert "<b>0</b> of the 1 pixel before it" in answer(at=(0, 1)).html
    assert "nothing to see yet" in answer(at=(0, 0)).html


@pytest.mark.parametrize(("seen", "far"), [((4, 5, 8), True), ((1, 2, 5, 6, 9), True), ((0, 1, 4, 5, 8), False)])
def test_depth_is_blamed_only_where_a_row_or_the_left_edge_is_out_of_reach(seen, far):
    assert ("blind spot or beyond its depth." in answer(*seen).html) == far


def test_what_lies_in_the_future_is_never_counted_as_seen():
    assert answer(0, 15).label == "1 of 9"


def test_a_network_that_keeps_the_order_is_cleared():
    change = np.zeros((4, 4), np.float32)
    change[3] = 0.5
    found = lens.leak_answer("It", change, RASTER, *AT)
    assert not found.alarm
    assert "nothing before it moved</b>, 0 of 10 logits" in found.html and "4 later logits" in found.html
    assert (found.kind.ravel()[:10] == lens.PLAIN).all() and (found.kind.ravel()[10:] == lens.SEEN).all()
    assert (found.heat > 0).sum() == 4


@pytest.mark.parametrize(("where", "words"), [(AT, "its own logit moved, 1 of 10"), ((0, 0), "1 logit of its past")])
def test_a_leak_is_caught_at_the_pixel_itself_and_before_it(where, words):
    change = np.zeros((4, 4), np.float32)
    change[where] = 2 * MOVED
    found = lens.leak_answer("It", change, RASTER, *AT)
    assert found.alarm and "Caught" in found.html and words in found.html
    assert np.argwhere(found.kind == lens.LEAK).tolist() == [list(where)]


def test_rounding_is_no_leak():
    change = np.full((4, 4), MOVED / 2, np.float32)
    assert not lens.leak_answer("It", change, RASTER, *AT).alarm


def test_a_real_network_is_cleared_and_its_broken_mask_is_caught():
    model = build(spec("pixelcnn-mnist").config)
    x = build_picture(model)
    for network, alarm in ((model, False), (instruments.with_broken_mask(model), True)):
        leak = instruments.future_leak(network, x, 4, 4)
        found = lens.leak_answer("It", leak.change, instruments.ranks(network), 4, 4)
        assert found.alarm == alarm == bool(leak.early)
        assert int((found.kind == lens.LEAK).sum()) == leak.early
        assert int((found.heat > 0).sum()) == leak.late > 0


def build_picture(model):
    import torch

    shape = (1, 1, model.config.height, model.config.width)
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)).round()


def sees(config, row, column):
    """(H, W): what an untrained network of this config sees, and what comes before."""
    model = build(config)
    field = instruments.receptive_field(model, build_picture(model), row, column)
    ranks = instruments.ranks(model)
    return field > 0, ranks < ranks[row, column]


def test_the_wedge_that_no_stack_of_3x3_masks_sees_is_pixelcnns_only_blind_spot():
    seen, past = sees(PixelCNNConfig(height=7, width=7, features=8, bottleneck=8, blocks=7, first_size=3), 5, 2)
    up, right = 5 - np.arange(7)[:, None], np.arange(7) - 2
    assert (seen == (past & (right <= up))).all()


def test_the_gated_network_sees_a_full_rectangle_within_its_depth():
    seen, past = sees(GatedConfig(height=9, width=9, features=6, layers=2, first_size=3), 6, 4)
    rows, columns = np.nonzero(seen)
    box = np.zeros_like(seen)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    assert (seen == (box & past)).all() and not seen[:, 0].any() and not seen[0].any()


def test_only_the_last_pixel_of_the_row_above_slips_by_the_diagonals():
    seen, past = sees(PixelRNNConfig(height=6, width=8, hidden=4, layers=2, first_size=3, head=6), 3, 2)
    assert np.argwhere(past & ~seen).tolist() == [[2, 7]]


def test_the_older_models_see_no_further_to_the_right_than_their_neighbourhood():
    reach = {"reach": 2, "components": 3, "scales": 2, "features": 4}
    seen, past = sees(SpatialLSTMConfig(height=6, width=9, hidden=4, **reach), 4, 3)
    assert (seen == (past & (np.arange(9) <= 5))).all()
    seen, past = sees(MCGSMConfig(height=6, width=9, **reach), 4, 3)
    assert (seen == (past & (np.arange(6)[:, None] >= 2) & (np.abs(np.arange(9) - 3) <= 2))).all()


def test_the_words_name_the_neighbourhood_that_the_registered_models_have():
    for name in ("mcgsm-mnist", "spatial-lstm-mnist"):
        assert MCGSMConfig().reach == SpatialLSTMConfig().reach == 5 and "five" in REGISTRY[name].sight.why


def test_every_painter_has_its_words():
    whys = [REGISTRY[name].sight.why for name in shown_in("pixel_lens")]
    assert all(whys) and len(set(whys)) == len(whys) and lens.BROKEN in shown_in("pixel_lens")


def test_a_board_holds_the_picture_and_a_view_for_every_model():
    pixels = np.zeros((4, 4), np.uint8)
    pixels[1, 2] = 255
    found = answer(0, 4, 8)
    board = lens.board(pixels, *AT, {"a": "A", "b": "B"}, {"b": found}, hint="Press.")
    assert (decode(board["pixels"], np.uint8, (4, 4)) == pixels).all()
    missing, told = board["views"]
    assert missing["html"] == "Press." and "kind" not in missing
    assert (decode(told["kind"], np.uint8, (4, 4)) == found.kind).all()
    assert (decode(told["heat"], np.uint8, (4, 4)) == found.heat).all() and told["count"] == "3 of 9"
    assert board["id"] != lens.board(pixels, *AT, {}, {})["id"]


def test_a_model_that_cannot_answer_keeps_its_place_and_says_why():
    (view,) = lens.board(np.zeros((4, 4), np.uint8), *AT, {"a": "A"}, {"a": lens.trouble("A", "It is lost.")})["views"]
    assert "It is lost." in view["html"] and (decode(view["kind"], np.uint8, (4, 4)) == lens.PLAIN).all()


def test_the_widget_draws_the_same_kinds():
    names, numbers = re.search(r"const \[(.+?)\] = \[(.+?)\]; // as in", WIDGET.read_text("utf-8")).groups()
    kinds = dict(zip(names.split(", "), map(int, numbers.split(", ")), strict=True))
    assert kinds == {name: getattr(lens, name) for name in ("SEEN", "UNSEEN", "FUTURE", "LEAK", "PLAIN")}


def event(row=3, column=4, model="pixelcnn-mnist"):
    return SimpleNamespace(row=row, column=column, model=model)


def test_a_lens_asks_one_model_about_one_pixel():
    assert pixel_lens.pointed(event(row=5, column=27)) == (5, 27, "pixelcnn-mnist")


@pytest.mark.parametrize(
    "wrong", [event(row=28), event(column=-1), event(row=True), event(row=2.5), event(model="vae-mnist")]
)
def test_a_pixel_or_a_model_that_does_not_exist_gets_a_sentence(wrong):
    with pytest.raises(UserError, match="no such pixel or model"):
        pixel_lens.pointed(wrong)
