"""Glimpses on the page: path, patches and thoughts are those of the trace, the chart's lines those of the cards."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.results import Compared
from core.trace import CanvasTrace, Mark, Step
from tests.viz.traces import f32
from viz.player import overlays
from viz.player.payload import decode, panel_data
from viz.views import look_scores
from viz.views.look_aim import comparison
from viz.views.look_path import glimpse_payload, thoughts

T, SIDE, N = 4, 20, 3
P = f32(
    [  # of the digits 0 to 9 after each of four glimpses
        [0.1, 0.1, 0.1, 0.3, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05],
        [0.0, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.8, 0.0],
        [0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.9, 0.0],
        [0.0, 0.0, 0.0, 0.004, 0.0, 0.0, 0.0, 0.0, 0.896, 0.1],
    ]
)
SAID = [
    "It is the first look; nothing was known before.",
    "Before, it took it for a 3.",
    "It thought so before and is surer now.",
    "It thought so before.",
]


def trace(p: np.ndarray = P, cells: int = 1, seed: int = 0) -> CanvasTrace:
    """Glimpses that wander; every cell thinks alike."""
    rng = np.random.default_rng(seed)
    picture = f32(rng.random((cells, 1, SIDE, SIDE)))
    steps = []
    for row in p:
        x, y = f32(rng.uniform(4, 16, (2, cells)))
        stride, variance, intensity = f32(rng.uniform(0.5, 2, (3, cells)))
        size = 2 * stride + 2 * np.sqrt(variance)
        scalars = {f"{k}_probability": f32([row[k]] * cells) for k in range(10)}
        values = {"x": x, "y": y, "stride": stride, "variance": variance, "intensity": intensity}
        scalars |= {f"glimpse_{name}": value for name, value in values.items()}
        mark = Mark("glimpse", x, y, size, size, 1 / np.sqrt(variance))
        steps.append(Step(picture, (mark,), scalars, {"glimpse": f32(rng.random((cells, 1, N, N)))}))
    return CanvasTrace(tuple(steps), picture)


def numbers(value: dict[str, Any], name: str) -> np.ndarray:
    """(T,) of a value of the note."""
    spec = value["note"]["values"][name]
    found = decode(spec["data"], np.float32, tuple(spec["shape"]))
    return np.broadcast_to(found, (T, 1))[:, 0]


def texts(value: dict[str, Any], name: str) -> list[str]:
    """(T,) of a choice of words in the note."""
    spec = value["note"]["values"][name]
    index = np.broadcast_to(decode(spec["index"], np.uint8, tuple(spec["shape"])), (T, 1))[:, 0]
    return [spec["words"][i] for i in index]


def test_the_sentence_says_at_each_glimpse_what_it_thinks_and_what_has_changed() -> None:
    value: Any = glimpse_payload(trace())
    assert texts(value, "guess") == ["a 3", "an 8", "an 8", "an 8"]
    assert texts(value, "rest") == ["; if not, a 0", "; if not, a 3", "; if not, a 3", "; if not, a 9"]
    assert texts(value, "said") == SAID
    np.testing.assert_allclose(numbers(value, "sure"), [0.3, 0.8, 0.9, 0.896])


def test_doubt_below_a_percent_is_not_spoken_of_and_growing_doubt_is() -> None:
    p = P.copy()
    p[:2] = 0
    p[0, 7], p[0, 1], p[1, 7], p[1, 1] = 0.995, 0.005, 0.9, 0.1
    value: Any = glimpse_payload(trace(p))
    assert texts(value, "rest")[:2] == ["", "; if not, a 1"]
    assert texts(value, "said")[1] == "It thought so before and is less sure now."


def test_ten_bars_and_the_time_line_are_the_probabilities() -> None:
    value: Any = glimpse_payload(trace())
    bars = value["note"]["bars"]
    assert [bar["label"] for bar in bars] == list("0123456789")
    found = np.stack([numbers(value, bar["value"]) for bar in bars], 1)
    np.testing.assert_array_equal(found, P)
    cost = value["cost"]
    np.testing.assert_allclose(decode(cost["data"], np.float32, (T, 1))[:, 0], 100 * P.max(1))
    assert cost["most"] == 100 and cost["unit"] == "%"


def test_the_path_is_that_of_the_marks_over_the_picture_itself() -> None:
    made = trace()
    value = glimpse_payload(made)
    picture, seen = value["panels"]
    assert made.subject is not None
    np.testing.assert_allclose(panel_data(picture)[0, 0, ..., 0] / 255, made.subject[0, 0], atol=0.5 / 255 + 1e-6)
    (track,) = value["marks"]
    assert (track["panel"], track["kind"], track["path"]) == (0, "glimpse", True)
    boxes = decode(track["data"], np.float32, tuple(track["shape"]))
    for t in range(T):
        mark = made.marks(t)[0]
        assert boxes[t, 0].tolist() == [mark.x[0], mark.y[0], mark.width[0], mark.height[0], mark.precision[0]]
        intensity = made.steps[t].scalars["glimpse_intensity"][0]
        expected = np.clip(made.steps[t].patches["glimpse"][0, 0] / intensity, 0, 1)
        np.testing.assert_allclose(panel_data(seen)[t, 0, ..., 0] / 255, expected, atol=0.5 / 255 + 1e-6)


def test_a_conv_nets_opinion_stands_in_the_table_if_there_is_one() -> None:
    value: Any = glimpse_payload(trace(), at_once=P[1])
    assert texts(value, "at_once")[0] == "an 8" and numbers(value, "at_once_sure")[0] == pytest.approx(0.8)
    assert len(value["note"]["rows"]) == 1 + len(glimpse_payload(trace())["note"]["rows"])


def test_every_slot_of_the_note_has_its_value_and_several_pictures_are_told_apart() -> None:
    value: Any = glimpse_payload(trace(cells=3), at_once=P[0])
    said = json.dumps([value["note"]["title"], value["note"]["html"], value["note"]["rows"]])
    slots = set(re.findall(r"\[\[(\w+)\]\]", said)) - {"step", "steps"}
    assert slots <= value["note"]["values"].keys()
    assert value["cells"] == 3 and value["marks"][0]["shape"] == [T, 3, 5]


def test_a_network_that_has_lost_its_mind_raises_and_shows_no_nan() -> None:
    p = P.copy()
    p[2, 4] = np.nan
    for show in (lambda: glimpse_payload(trace(p)), lambda: thoughts(trace(p))):
        with pytest.raises(ValueError, match="not finite"):
            show()


# ---- one's own glimpse ----


def compared(its: CanvasTrace, yours: CanvasTrace, at: int) -> Compared:
    """What the studio found, made up."""
    return Compared(its, yours, at, spread=0.8, limits=(3.0, 30.0))


def window(made: CanvasTrace, t: int) -> list[float]:
    mark = made.marks(t)[0]
    return [float(mark.x[0]), float(mark.y[0]), float(mark.width[0])]


def listed(html: str, which: str) -> list[tuple[int, int, bool]]:
    """(digit, percent, likeliest) of one of the two lists, as a person reads them."""
    (part,) = re.findall(rf"<section class='{which}'.*?</section>", html)
    rows = re.findall(r"<div class='row( most)?'><span>(\d)</span>.*?class='number'>(\d+)", part)
    return [(int(digit), int(percent), bool(most)) for most, digit, percent in rows]


@pytest.mark.parametrize("at", range(T))
def test_both_lists_are_the_probabilities_after_that_glimpse(at: int) -> None:
    q = P[::-1].copy()
    shown = comparison(compared(trace(), trace(q, seed=1), at))
    for which, p in (("its", P[at]), ("yours", q[at])):
        assert listed(shown.lists, which) == [(k, round(100 * float(p[k])), k == p.argmax()) for k in range(10)]


@pytest.mark.parametrize(("at", "names"), [(0, ["1", "2"]), (1, ["1", "2", "3"]), (3, ["3", "4"])])
def test_the_window_to_grab_is_yours_and_the_thin_ones_are_its_own_and_the_neighbours(
    at: int, names: list[str]
) -> None:
    its, yours = trace(), trace(seed=1)
    aim = comparison(compared(its, yours, at)).aim
    np.testing.assert_allclose(aim["box"] or [], window(yours, at), atol=1e-3)
    expected = ([window(its, at - 1)] if at else []) + [window(its, at)]
    expected += [window(yours, at + 1)] if at + 1 < T else []
    np.testing.assert_allclose(aim["ghosts"], expected, atol=1e-3)
    assert aim["names"] == names and aim["filters"] == N and aim["spread"] == 0.8
    assert (aim["smallest"], aim["largest"]) == (3.0, 30.0)


def test_the_sentence_compares_at_that_glimpse_and_at_the_end() -> None:
    its, q = trace(), P.copy()
    q[1:] = P[0]
    said = re.sub("<.*?>|\u202f", "", comparison(compared(its, trace(q, seed=1), 1)).words)
    assert said.startswith("By its own glimpse 2 it thinks of an 8, 80%; by yours, of a 3, 30%.")
    assert said.endswith("ends with a 3, 30%; its own path: an 8, 90%.")
    last = comparison(compared(its, trace(q, seed=1), 3)).words
    assert "goes on alone" not in last and "glimpse 4" in last
    assert "Drag the" in comparison(compared(its, its, 1)).words
    sure = comparison(compared(its, trace(seed=1), 1)).words
    assert "by yours" in sure, "a window that changes nothing has been moved all the same"


def test_a_picture_that_is_not_finite_raises() -> None:
    made = trace()
    assert made.subject is not None
    with pytest.raises(ValueError, match="not finite"):
        comparison(compared(made, replace(made, subject=made.subject * np.nan), 1))


# ---- the path in a file to take home ----


def test_a_path_joins_its_centres_and_leaves_the_rest_alone() -> None:
    picture = np.full((200, 200, 3), 7, np.uint8)
    centres = f32([[2, 2], [2, 15], [np.nan, np.nan], [17, 15]])
    overlays.draw_path(picture, centres, "glimpse", 10)
    magenta = (picture == overlays.rgb(overlays.COLOURS["glimpse"])).all(-1)
    assert magenta[20:151, 20].all() and magenta[150, 20:171].all()
    assert not magenta[:, 40:].any(1)[:140].any() and (picture[:, 60:100] == 7).all(-1)[:130].all()


def test_a_path_that_leaves_the_picture_is_cut_off() -> None:
    picture = np.zeros((50, 50, 3), np.uint8)
    overlays.draw_path(picture, f32([[2.5, 2.5], [60, 2.5], [60, 400]]), "glimpse", 10)
    magenta = (picture == overlays.rgb(overlays.COLOURS["glimpse"])).all(-1)
    assert magenta[24:26, 30:].any(0).all() and not picture[30:].any()
    overlays.draw_path(picture, f32([[1e9, -1e9], [-1e9, 1e9]]), "glimpse", 10)  # nothing breaks


# ---- errors against glimpses ----


def card(errors: object, **changes: Any) -> dict[str, Any]:
    figure = {"split": "test", "dataset": "cluttered", "bound": "cross-entropy", "n": 10_000, "error_after": errors}
    return {"dataset": "cluttered", "metrics": [{**figure, "split": "valid", "error_after": [1.0]}, figure | changes]}


def put(folder: Path, cards: dict[str, Any]) -> list[look_scores.Measured]:
    for name, content in cards.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return look_scores.measured(folder)


def test_each_line_is_the_errors_of_its_card_and_a_conv_net_is_flat(tmp_path: Path) -> None:
    errors = [70.0, 20.5, 10.25, 8.0]
    found = put(tmp_path, {"glimpse-cluttered": card(errors), "convnet-cluttered": card([15.5])})
    curve, flat = look_scores.figure(found).data
    assert list(curve.x) == list(flat.x) == [1, 2, 3, 4]
    assert list(curve.y) == errors and list(flat.y) == [15.5] * 4
    assert (curve.name, flat.name) == ("60×60, looks by choice", "60×60, conv net")
    said = look_scores.sentence(found)
    assert "70.0 % after one glimpse, 8.0 % after 4" in said and "conv net**: 15.5 %" in said and "10,000" in said


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"metrics": []},
        {"dataset": "cluttered", "metrics": [{"split": "test", "dataset": "cluttered", "nats": 1.0}]},
        card(None),
        card([]),
        card(["many"]),
        card([float("nan")]),
        card([5.0], split="valid"),
        card([5.0], dataset="cluttered-strokes"),
        card([5.0], bound="exact"),
    ],
    ids=range(10),
)
def test_a_card_without_such_a_figure_is_left_out_and_an_empty_chart_says_so(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    found = put(tmp_path, {"glimpse-cluttered": content})
    assert found == [] and look_scores.sentence(found) == ""
    assert "No network has been measured" in look_scores.figure(found).layout.title.text


def test_the_lines_can_be_told_apart_without_colour() -> None:
    looks = [(line.flat, line.dash) for line in look_scores.lines().values()]
    assert len(set(looks)) == len(looks)
