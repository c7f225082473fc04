"""The pen's payloads: two panels of one painting, bars and sums that are the trace's, and the sheet that is inked."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.trace import CanvasTrace, Mark, Step
from viz.player import payload
from viz.views.draw_pen import canvas_before, changed, pen_aim, pen_payload

STEPS, SIDE = 4, 6
RNG = np.random.default_rng(0)


def painting(copies: bool, seed: int) -> Any:
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Any:
        return rng.uniform(0.1, 0.9, shape).astype(np.float32)

    def step() -> Step:
        marks, scalars = [], {}
        for kind in ("read", "write") if copies else ("write",):
            marks.append(Mark(kind, *(3 * some(1) for _ in range(2)), *([3 + some(1)] * 2), some(1)))
            scalars |= {f"{kind}_{name}": some(1) for name in ("x", "y", "stride", "variance", "intensity")}
        if copies:
            scalars |= {"kl": 5 * some(1), "reconstruction_nats": 100 * some(1)}
        patches = {"write": some(1, 1, 3, 3)} | (
            {name: some(1, 1, 2, 2) for name in ("read", "read_error")} if copies else {}
        )
        return Step(some(1, 1, SIDE, SIDE), tuple(marks), scalars, patches)

    subject = np.zeros((1, 1, SIDE, SIDE), np.float32) if copies else None
    trace = CanvasTrace(tuple(step() for _ in range(STEPS)), subject)
    return SimpleNamespace(trace=trace, wanted=3 * some(STEPS, 3))


def penned(copies: bool) -> Any:
    blank = np.full((1, SIDE, SIDE), 0.5, np.float32)
    return SimpleNamespace(untouched=painting(copies, 1), touched=painting(copies, 2), blank=blank)


def series(value: payload.Player, name: str) -> Any:
    note = value["note"]
    assert note is not None
    found = note["values"][name]
    return np.broadcast_to(payload.decode(found["data"], np.float32, tuple(found["shape"])), (STEPS, 1))


@pytest.mark.parametrize("copies", [False, True], ids=["imagined", "copied"])
def test_both_paintings_stand_side_by_side_with_windows_of_their_own(copies: bool) -> None:
    pair = penned(copies)
    value = pen_payload(pair, [1])
    assert [panel["title"] for panel in value["panels"]] == ["With your hand", "As it would have gone"]
    for panel, each in zip(value["panels"], (pair.touched, pair.untouched), strict=True):
        images = np.stack([step.image for step in each.trace])
        np.testing.assert_array_equal(payload.panel_data(panel)[..., 0], np.rint(255 * images[:, :, 0]))
    kinds = {(track["panel"], track["kind"]) for track in value["marks"]}
    assert kinds == {(panel, kind) for panel in (0, 1) for kind in (("read", "write") if copies else ("write",))}
    for track in value["marks"]:
        each = (pair.touched, pair.untouched)[track["panel"]]
        boxes = payload.decode(track["data"], np.float32, tuple(track["shape"]))
        expected = [next(m.x for m in step.marks if m.kind == track["kind"]) for step in each.trace]
        np.testing.assert_array_equal(boxes[..., 0], expected)


def test_the_bars_and_the_table_are_the_nats_of_the_traces() -> None:
    pair = penned(True)
    value = pen_payload(pair, [2])
    cost = value["cost"]
    assert cost is not None and "your hand" in cost["label"]
    np.testing.assert_array_equal(payload.decode(cost["data"], np.float32, (STEPS, 1)), pair.touched.trace.series("kl"))
    for i, each in enumerate((pair.touched, pair.untouched)):
        np.testing.assert_allclose(series(value, f"so_far_{i}"), each.trace.series("kl").cumsum(0), rtol=1e-6)
        np.testing.assert_array_equal(series(value, f"rest_{i}"), each.trace.series("reconstruction_nats"))
    apart = [
        100 * np.abs(a.image - b.image).mean() for a, b in zip(pair.touched.trace, pair.untouched.trace, strict=True)
    ]
    np.testing.assert_allclose(series(value, "apart")[:, 0], apart, rtol=1e-5)


def test_in_the_end_it_says_what_the_hand_cost_and_what_was_spent_from_it_on() -> None:
    pair = penned(True)
    html = (pen_payload(pair, [3, 2])["note"] or {"html": ""})["html"]
    for name, first in (("reconstruction_nats", STEPS - 1), ("kl", 2)):
        more = float((pair.touched.trace.series(name) - pair.untouched.trace.series(name))[first:].sum())
        assert f"{abs(more):.1f} nats {'more' if more >= 0 else 'fewer'}" in html
    assert "nats" not in (pen_payload(pair, [])["note"] or {"html": ""})["html"], "nothing was done"
    assert "nats" not in (pen_payload(penned(False), [1])["note"] or {"html": ""})["html"], "nothing was copied"


def test_the_sentence_says_whether_the_hand_is_still_to_come_is_there_or_has_been() -> None:
    def said(steps: list[int], copies: bool = True) -> list[str]:
        note = pen_payload(penned(copies), steps)["note"]
        assert note is not None
        words = note["values"]["said"]
        index = payload.decode(words["index"], np.uint8, tuple(words["shape"]))
        return [words["words"][i] for i in np.broadcast_to(index, (STEPS, 1))[:, 0]]

    before, here, after, again = said([1, 3])
    assert "not come yet" in before and "came in" in here and here == again and "tries to correct" in after
    assert "never looks" in said([1], copies=False)[-1]
    assert all("Nothing has been changed" in text for text in said([]))


def test_the_window_to_grab_is_the_one_that_was_written_through_and_its_ghost_the_one_that_was_wanted() -> None:
    pair = penned(True)
    mark = next(m for m in pair.touched.trace.marks(2) if m.kind == "write")
    value = pen_aim(pair, 2, moved=True)
    np.testing.assert_allclose(value["box"] or [], [mark.x[0], mark.y[0], mark.width[0]], atol=1e-3)
    np.testing.assert_allclose(value["ghosts"], [pair.touched.wanted[2]], atol=1e-3)
    stride = float(pair.touched.trace.steps[2].scalars["write_stride"][0])
    assert value["filters"] == 3 and value["spread"] == pytest.approx(2 * stride / float(mark.width[0]), abs=1e-3)
    data = base64.b64decode(value["data"])
    np.testing.assert_array_equal(list(data), np.rint(255 * pair.touched.trace.frame(2)[0, 0]).ravel())
    assert pen_aim(pair, 2, moved=False)["ghosts"] == []


def test_the_sheet_is_the_canvas_before_the_stroke_and_the_hand_is_what_differs_from_it() -> None:
    pair = penned(False)
    assert (canvas_before(pair, 0) == 255).all()
    base = canvas_before(pair, 3)
    np.testing.assert_array_equal(base, np.where(pair.touched.trace.frame(2)[0, 0] >= 0.5, 255, 0))
    drawn = np.where(RNG.uniform(size=base.shape) < 0.5, 255, 0).astype(np.uint8)
    change = np.sign(drawn.astype(np.int16) - base).astype(np.int8)
    np.testing.assert_array_equal(changed(base, change), drawn)


def test_a_diverged_painting_never_reaches_the_page() -> None:
    pair = penned(True)
    pair.touched.trace.steps[1].image[:] = np.nan
    with pytest.raises(ValueError, match="finite"):
        pen_payload(pair, [1])
    with pytest.raises(ValueError, match="finite"):
        pen_aim(pair, 1, moved=True)
