"""What other views show of a painting by DRAW is what its trace says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from core.nn import attention
from core.results import Tally
from tests.viz.traces import draw_trace, f32
from viz.player.frames import draw_payload
from viz.player.payload import decode, panel_data
from viz.views import draw_paint


def test_logits_are_those_of_the_probabilities_with_zero_in_mid_grey() -> None:
    trace = draw_trace(steps=3)
    shown = panel_data(draw_paint.with_logits(draw_payload(trace), trace)["panels"][-1])
    for t in range(3):
        for row, column in ((0, 0), (9, 14), (20, 3)):
            p = float(trace.frame(t)[0, 0, row, column])
            logit = math.log(p / (1 - p))
            grey = 255 * min(max(0.5 + logit / 16, 0), 1)
            assert abs(int(shown[t, 0, row, column, 0]) - grey) <= 0.51


def test_the_filters_drawn_are_those_that_the_window_of_the_trace_has() -> None:
    trace = draw_trace(steps=2, cells=3, side=20)
    for kind in ("read", "write"):
        for t in range(2):
            step = trace.steps[t]
            x, y, stride, variance, gamma = (
                torch.from_numpy(step.scalars[f"{kind}_{name}"]).double()
                for name in ("x", "y", "stride", "variance", "intensity")
            )
            window = attention.Window(g_x=x + 0.5, g_y=y + 0.5, sigma2=variance, delta=stride, gamma=gamma)
            f_x, f_y = attention.filterbank(window, 20, 20, 5)
            np.testing.assert_allclose(draw_paint.filters(trace, kind, "x", 20, 5)[t], f_x.numpy(), atol=1e-6)
            np.testing.assert_allclose(draw_paint.filters(trace, kind, "y", 20, 5)[t], f_y.numpy(), atol=1e-6)


def test_the_note_has_two_filterbanks_for_each_window_and_none_without_windows() -> None:
    trace = draw_trace(steps=2)
    before, after = (
        value["note"] for value in (draw_payload(trace), draw_paint.with_filters(draw_payload(trace), trace))
    )
    assert before is not None and after is not None
    banks = after["patches"][len(before["patches"]) :]
    assert [(bank["height"], bank["width"]) for bank in banks] == [(5, 28)] * 4
    first = decode(banks[0]["data"], np.uint8, (2, 1, 5, 28, 1))
    assert first.max() == 255
    plain = draw_trace(steps=2, windows=False)
    value = draw_payload(plain)
    assert draw_paint.with_filters(value, plain) == value


@pytest.mark.parametrize("copies", [True, False])
def test_both_painters_stand_beside_each_other_and_a_copy_has_both_prices(copies: bool) -> None:
    attentive = draw_trace(steps=4, cells=1 if copies else 3, subject=copies)
    plain = draw_trace(steps=4, cells=1 if copies else 3, subject=copies, windows=False)
    value = draw_paint.compare_payload(attentive, plain)
    pictures = [panel_data(panel) for panel in value["panels"][-2:]]
    for picture, trace in zip(pictures, (attentive, plain), strict=True):
        np.testing.assert_allclose(picture[3, 0, ..., 0] / 255, trace.frame(3)[0, 0], atol=0.5 / 255 + 1e-6)
    note = value["note"]
    assert note is not None and bool(note["rows"]) == copies
    if copies:
        for name, trace in (("with", attentive), ("without", plain)):
            total = decode(note["values"][f"{name}_sum"]["data"], np.float32, (4, 1))[:, 0]
            kl = [float(step.scalars["kl"][0]) for step in trace]
            left = [float(step.scalars["reconstruction_nats"][0]) for step in trace]
            np.testing.assert_allclose(total, [sum(kl[: t + 1]) + left[t] for t in range(4)], rtol=1e-5)


def test_the_way_between_two_paintings_is_labelled_by_its_shares() -> None:
    value = draw_paint.between_payload(draw_trace(cells=5, subject=False))
    assert value["panels"][-1]["labels"] == ["the first", "25 %", "50 %", "75 %", "the last"]


def test_half_of_the_ink_is_found_between_the_strokes() -> None:
    stands = np.array([[0.0, 0.2], [0.5, 0.2], [1.0, 0.4], [1.0, 0.8]], np.float32)
    np.testing.assert_allclose(draw_paint.half_way(stands), [2.0, 3.0])
    np.testing.assert_allclose(draw_paint.half_way(np.array([[0.4, 1.0], [1.0, 1.0]], np.float32)), [1 + 1 / 6, 0.5])


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ([[0.9, 0.0], [1.0, 0.1], [1.0, 1.0]], "the first digit comes first"),
        ([[0.0, 0.9], [0.1, 1.0], [1.0, 1.0]], "the second digit comes first"),
        ([[0.4, 0.5], [0.9, 0.9], [1.0, 1.0]], "together"),
    ],
)
def test_the_note_says_which_digit_came_first(stands: list[list[float]], said: str) -> None:
    trace = draw_trace(steps=3)
    value = draw_paint.two_digits_payload(trace, np.array(stands, np.float32), ("first digit", "second digit"))
    assert value["note"] is not None and said in value["note"]["html"]
    assert "{" not in value["note"]["html"]
    assert [row[0] for row in value["note"]["rows"][:2]] == ["the first digit stands", "the second digit stands"]


def write_card(folder: Path, name: str, nats: float) -> None:
    figures = [
        {"split": "valid", "bound": "elbo", "nats": 1.0, "standard_error": 0.1, "n": 5},
        {"split": "test", "bound": "iwae-10", "nats": 2.0, "standard_error": 0.2, "n": 10_000},
        {"split": "test", "bound": "elbo", "nats": nats, "standard_error": 0.25, "n": 10_000},
    ]
    (folder / f"{name}.json").write_text(json.dumps({"metrics": figures}), encoding="utf-8")


def test_beside_one_picture_stands_how_often_attention_wins_and_what_the_cards_say(tmp_path: Path) -> None:
    write_card(tmp_path, draw_paint.WITH, 80.5)
    write_card(tmp_path, draw_paint.WITHOUT, 90.245)
    said = draw_paint.tally_html(Tally(f32([1, 2, 3, 8]), f32([2, 3, 2, 9])), tmp_path)
    assert "wins 3 of 4 seeds" in said and "3.5 nats with attention, 4.0 without" in said
    whole = draw_paint.tally_html(None, tmp_path)
    assert "All 10,000 test digits</b>, on average: 80.50 ± 0.25 nats with attention, 90.25 ± 0.25 without" in whole
    assert whole in said and "seeds" not in whole


def test_without_figures_on_the_cards_nothing_is_said_of_the_test_split(tmp_path: Path) -> None:
    write_card(tmp_path, draw_paint.WITH, 80.5)
    assert draw_paint.tally_html(None, tmp_path) == ""
