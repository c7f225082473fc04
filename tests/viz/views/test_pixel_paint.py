"""Painters side by side, samplers on one clock, surprise and particles: what is shown is what was computed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from core.results import Fitted, Racer
from core.samplers.canvas import Method
from core.trace import RasterTrace
from core.training.registry import shown_in
from tests.viz.traces import f32, raster_trace
from viz.player.payload import NEVER, decode
from viz.views import pixel_paint

SIDE = 6


def other(trace: RasterTrace, seed: int) -> RasterTrace:
    """The same task, another painter."""
    rng = np.random.default_rng(seed)
    image = np.where(trace.known[:, None], trace.image, rng.random(trace.image.shape) < 0.5)
    nats = rng.gamma(1, 1, trace.nats.shape)
    return replace(trace, image=f32(image), nats=f32(nats))


def pictures(panel: dict[str, Any]) -> np.ndarray:
    """(frames, cells, H, W) of a grey panel, 0 to 255."""
    shape = (panel["frames"], panel["cells"], panel["height"], panel["width"])
    if panel.get("packed"):
        bits = np.unpackbits(decode(panel["data"], np.uint8, (-(-int(np.prod(shape)) // 8),)))
        return 255 * bits[: np.prod(shape)].reshape(shape)
    return decode(panel["data"], np.uint8, shape)


def value_of(note: dict[str, Any], name: str) -> np.ndarray:
    return decode(note["values"][name]["data"], np.float32, tuple(note["values"][name]["shape"]))


def words_of(note: dict[str, Any], name: str) -> list[list[str]]:
    entry = note["values"][name]
    index = decode(entry["index"], np.uint8, tuple(entry["shape"]))
    return [[entry["words"][i] for i in row] for row in index]


# ---- several painters ----


def painters(cells: int) -> dict[str, RasterTrace]:
    first = raster_trace(cells, side=SIDE, known_rows=2)
    return {"Row LSTM": first, "MCGSM": other(first, 1), "Gated": other(first, 2)}


def test_each_painter_has_a_panel_of_its_name_its_pictures_and_its_mark() -> None:
    traces = painters(3)
    value = pixel_paint.compare_payload(traces)
    assert [panel["title"] for panel in value["panels"]] == list(traces)
    assert [mark["panel"] for mark in value["marks"]] == [0, 1, 2]
    for panel, mark, trace in zip(value["panels"], value["marks"], traces.values(), strict=True):
        np.testing.assert_array_equal(pictures(panel)[0], 255 * trace.image[:, 0])
        reveal = decode(panel["reveal"], np.uint16, (3, SIDE, SIDE))
        assert (reveal[:, :2] == 0).all() and (reveal[:, 2:] == np.arange(12, 36).reshape(4, 6)).all()
        assert panel["labels"] == [f"{nats:.1f} nats" for nats in trace.nats[:, 2:].sum((1, 2))]
        boxes = decode(mark["data"], np.float32, tuple(mark["shape"]))
        assert mark["kind"] == "pixel" and boxes[8, 0, :4].tolist() == [2.5, 1.5, 1, 1]
    assert value["steps"] == 36 and value["cost"] is None
    json.dumps(value)


@pytest.mark.parametrize(("cells", "columns"), [(1, 1), (3, 3), (4, 4), (6, 4)])
def test_the_same_dice_stand_in_the_same_column_and_at_most_four_in_a_row(cells: int, columns: int) -> None:
    value = pixel_paint.compare_payload(painters(cells))
    assert value["columns"] == columns and value["cells"] == cells
    assert {panel["cells"] for panel in value["panels"]} == {cells}


def test_the_table_holds_the_best_and_the_mean_of_what_was_painted() -> None:
    traces = painters(4)
    note = pixel_paint.compare_payload(traces)["note"]
    assert note is not None
    assert note["rows"][0] == ["", "best", "mean"]
    for row, (title, trace) in zip(note["rows"][1:], traces.items(), strict=True):
        hidden = [sum(float(trace.nats[b, y, x]) for y in range(2, SIDE) for x in range(SIDE)) for b in range(4)]
        assert row == [title, f"{min(hidden):.1f}", f"{sum(hidden) / 4:.1f}"]


def test_a_comparison_can_wait_to_be_played_and_a_name_of_its_own() -> None:
    value = pixel_paint.compare_payload(painters(1), autoplay=False, nonce="mine")
    assert (value["autoplay"], value["id"]) == (False, "mine")
    assert pixel_paint.compare_payload(painters(1))["autoplay"]


# ---- heeding all ----


def heeded_value() -> tuple[RasterTrace, Fitted, Any]:
    trace = raster_trace(3, side=SIDE, known_rows=2)
    ess = f32([[64, 64, 40.2, 12.5, 55, 30], [64, 64, 60, 50, 30.1, 64], [64, 64, 64, 64, 2, 1.5]])
    fitted = Fitted(64, ess, ess < 32, f32([0, 0, 0]), np.array([1, 6, 2]))
    return trace, fitted, pixel_paint.fitted_payload(trace, fitted, title="All fitted")


def test_the_bars_are_the_effective_sample_size_after_each_row() -> None:
    _, fitted, value = heeded_value()
    cost = value["cost"]
    assert cost["bars"] == SIDE and cost["unit"] == "particles" and "64" in cost["label"]
    assert "effective sample size" in cost["label"]
    bars = decode(cost["data"], np.float32, (SIDE, 3))
    assert (bars == fitted.ess.T).all()
    assert value["panels"][0]["title"] == "All fitted" and len(value["panels"]) == 1
    json.dumps(value)


def test_the_narrator_tells_the_worth_of_the_row_and_where_particles_were_drawn_anew() -> None:
    trace, fitted, value = heeded_value()
    note = value["note"]
    ess, said = value_of(note, "ess"), words_of(note, "resampled_")
    assert value_of(note, "particles").tolist() == [[64]]
    for step, (row, _) in enumerate(trace.order):
        assert (ess[step] == fitted.ess[:, row]).all()
        assert [bool(each) for each in said[step]] == fitted.resampled[:, row].tolist()
    for name in ("particles", "ess", "resampled_"):
        assert f"[[{name}]]" in note["html"]
    assert "effective sample size" in note["html"]


def test_a_picture_that_came_out_several_times_says_so() -> None:
    trace, fitted, value = heeded_value()
    nats = [f"{each:.1f} nats" for each in (trace.nats * ~trace.known).sum((1, 2))]
    assert value["panels"][0]["labels"] == [nats[0], f"{nats[1]} · 6 times", f"{nats[2]} · 2 times"]
    assert value_of(value["note"], "times").tolist() == [fitted.times.tolist()]
    assert ["it came out", "[[times]] of 9 times"] in value["note"]["rows"]


def test_a_filter_that_broke_down_is_refused() -> None:
    trace, fitted, _ = heeded_value()
    fitted.ess[1, 2] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        pixel_paint.fitted_payload(trace, fitted, title="All fitted")


# ---- the race ----


def racers() -> list[Racer]:
    """Three ways to the same picture, of 36, 7 and 3 passes; every canvas shows how many passes are finished."""
    rng = np.random.default_rng(0)
    end = rng.random((1, SIDE, SIDE)) < 0.5
    made = []
    for method, passes, seconds in (("naive", 36, 2.5), ("rows", 7, 0.08), ("whole", 3, 0.004)):
        times = np.cumsum(rng.uniform(0.5, 1.5, passes))
        canvases = np.where(np.arange(passes + 1)[:, None, None, None] < passes, 0, end).astype(np.float32)
        canvases[:-1, 0, 0, 0] = np.linspace(0.1, 0.9, passes)
        rows = np.full(passes, -1) if method == "whole" else np.arange(passes) * SIDE // passes
        made.append(Racer(method, (times / times[-1] * seconds).astype(np.float32), canvases, rows, passes))
    return made


def clock_of(value: Any) -> np.ndarray:
    return value_of(value["note"], "clock")[:, 0]


def test_the_clock_grows_by_a_constant_factor_from_a_millisecond_to_the_slowest() -> None:
    value = pixel_paint.race_payload(racers())
    clock = clock_of(value)
    assert len(clock) == value["steps"] == pixel_paint.RACE_FRAMES
    assert clock[0] == pytest.approx(1) and clock[-1] == pytest.approx(2500)
    np.testing.assert_allclose(clock[1:] / clock[:-1], 2500 ** (1 / 119), rtol=1e-4)


def test_at_every_moment_each_cell_shows_the_last_pass_that_is_finished() -> None:
    ways = racers()
    value = pixel_paint.race_payload(ways)
    shown, clock = pictures(value["panels"][0]), clock_of(value) / 1000
    bars = decode(value["cost"]["data"], np.float32, (len(clock), len(ways)))
    told = value_of(value["note"], "pass_")
    for cell, way in enumerate(ways):
        for moment in range(len(clock) - 1):  # the last one is rounded: it has a test of its own
            finished = sum(1 for time in way.times if time <= clock[moment])
            expected = np.floor(255 * way.canvases[finished, 0] + 0.5)
            assert np.abs(shown[moment, cell] - expected).max() <= 1, (way.method, moment)
            assert bars[moment, cell] == told[moment, cell] == finished


def test_in_the_end_all_cells_are_equal_and_done() -> None:
    ways = racers()
    value = pixel_paint.race_payload(ways)
    last = pictures(value["panels"][0])[-1]
    for cell, way in enumerate(ways):
        np.testing.assert_array_equal(last[cell], 255 * way.canvases[-1, 0])
    assert words_of(value["note"], "said")[-1] == ["It is done."] * 3
    assert words_of(value["note"], "said")[0] == ["It is still at work."] * 3
    assert decode(value["cost"]["data"], np.float32, (120, 3))[-1].tolist() == [36, 7, 3]


def test_each_way_is_labelled_with_its_time_and_how_much_faster_it_is_than_the_definition() -> None:
    value = pixel_paint.race_payload(racers())
    assert value["panels"][0]["labels"] == ["naive: 2.5 s", "by rows: 80 ms", "all at once: 4.0 ms"]
    np.testing.assert_allclose(value_of(value["note"], "faster"), [[1, 2.5 / 0.08, 2.5 / 0.004]], rtol=1e-5)
    assert words_of(value["note"], "done") == [["2.5 s", "80 ms", "4.0 ms"]]
    assert words_of(value["note"], "checked") == [["", "", ""]]
    assert value_of(value["note"], "passes").tolist() == [[36, 7, 3]]
    assert value["columns"] == 2 and value["panels"][0]["cells"] == 3
    json.dumps(value)


def test_what_was_scaled_or_ran_out_of_time_says_so_and_what_of_it_was_compared() -> None:
    naive, rows, whole = racers()
    value = pixel_paint.race_payload([replace(naive, run=9), rows, replace(whole, finished=False)])
    assert value["panels"][0]["labels"] == ["naive: about 2.5 s", "by rows: 80 ms", "all at once: over 4.0 ms"]
    checked = words_of(value["note"], "checked")[0]
    assert "only 9 of its 36 passes were really run" in checked[0] and "the very pixel" in checked[0]
    assert checked[1:] == ["", ""]
    assert np.isnan(value_of(value["note"], "faster")[0, 2])
    assert words_of(value["note"], "said")[-1][2].startswith("Its time was over here")
    other = pixel_paint.race_payload([replace(naive, run=9, differing=1), rows, whole])
    assert "All but 1 pixel came out" in words_of(other["note"], "checked")[0][0]


def test_the_mark_is_the_row_at_work_until_a_way_is_done() -> None:
    ways = racers()
    value = pixel_paint.race_payload(ways)
    (mark,) = value["marks"]
    boxes = decode(mark["data"], np.float32, (120, 3, 5))
    clock = clock_of(value) / 1000
    for moment in range(119):
        for cell, way in enumerate(ways):
            finished = sum(1 for time in way.times if time <= clock[moment])
            if finished == len(way.times) or way.method == "whole":
                assert np.isnan(boxes[moment, cell]).all()
            else:
                assert boxes[moment, cell].tolist() == [SIDE / 2, way.rows[finished] + 0.5, SIDE, 1, np.inf]
    assert np.isnan(boxes[-1]).all()


def test_every_sampler_has_words_on_the_page() -> None:
    assert set(pixel_paint.METHODS) == set(get_args(Method))


# ---- surprise ----


def judged() -> dict[str, RasterTrace]:
    first = raster_trace(1, side=SIDE)
    first = replace(first, known=np.ones_like(first.known))
    return {
        "Dear": replace(first, nats=first.nats + 2),
        "Cheap": first,
        "Between": replace(first, nats=first.nats + 1),
    }


def test_the_least_surprised_painter_comes_first_with_its_total() -> None:
    traces = judged()
    value = pixel_paint.surprise_payload(traces)
    totals = {name: float(trace.nats.astype(np.float64).sum()) for name, trace in traces.items()}
    names = sorted(totals, key=lambda name: totals[name])
    assert names == ["Cheap", "Between", "Dear"]
    assert value["panels"][1]["labels"] == [f"{name}: {totals[name]:.1f} nats" for name in names]
    np.testing.assert_allclose(value_of(value["note"], "total")[0], [totals[name] for name in names], rtol=1e-5)
    assert words_of(value["note"], "painter") == [names]
    np.testing.assert_allclose(
        value_of(value["note"], "most")[0], [traces[name].nats.max() for name in names], rtol=1e-6
    )
    json.dumps(value)


def test_all_heat_maps_share_one_scale_from_nothing_to_the_dearest_pixel() -> None:
    traces = judged()
    value = pixel_paint.surprise_payload(traces)
    seen, heat = value["panels"]
    top = max(float(trace.nats.max()) for trace in traces.values())
    assert heat["map"] == "room" and f"up to {top:.1f} nats" in heat["title"]
    for cell, name in enumerate(["Cheap", "Between", "Dear"]):
        np.testing.assert_allclose(pictures(heat)[0, cell], 255 * traces[name].nats[0] / top, atol=0.5 + 1e-3)
    assert pictures(heat).max() == 255
    np.testing.assert_array_equal(pictures(seen)[0, 0], 255 * traces["Cheap"].image[0, 0])
    assert (seen["cells"], heat["cells"], value["steps"], value["autoplay"]) == (1, 3, 1, False)
    assert "reveal" not in seen and NEVER not in pictures(seen)


def test_a_picture_that_surprises_nobody_is_dark() -> None:
    calm = {name: replace(trace, nats=np.zeros_like(trace.nats)) for name, trace in judged().items()}
    assert not pictures(pixel_paint.surprise_payload(calm)["panels"][1]).any()


def test_nats_that_are_not_finite_are_refused() -> None:
    traces = judged()
    traces["Dear"].nats[0, 2, 2] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        pixel_paint.surprise_payload(traces)


def test_every_painter_on_the_page_says_which_layers_it_has_and_a_new_one_need_not() -> None:
    said = {name: [layer["label"] for layer in pixel_paint.layers(name)] for name in shown_in("pixel_paint")}
    assert all(len(labels) == 2 and max(map(len, labels)) <= 20 for labels in said.values())
    assert said["pixelcnn-mnist"] == ["mask A, 7 × 7", "12 × mask B, 3 × 3"]
    assert said["mcgsm-mnist"] == ["60 neighbours", "16 experts"]
    assert pixel_paint.layers("draw-mnist") == []
