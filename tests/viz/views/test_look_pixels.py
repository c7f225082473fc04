"""Every pixel on the page: maps, fronts and numbers are those of what was computed."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from core.results import CORNERS, Backwards, Grown
from tests.viz.traces import f32
from viz.player.payload import decode, panel_data
from viz.views import look_pixels
from viz.views.look_pixels import backwards_payload, backwards_table, board, growing_payload, heard_answer, views
from viz.views.pixel_lens import SEEN, UNSEEN

M, N, BLOCK = 3, 4, 2
H, W, T = M * BLOCK, N * BLOCK, M + N - 1
DOWN, ALONG = np.arange(M)[:, None], np.arange(N)
TURNS = np.stack([DOWN + ALONG, DOWN + ALONG[::-1], DOWN[::-1] + ALONG, DOWN[::-1] + ALONG[::-1]])


def grown(on: tuple[bool, ...] = (True,) * 4, seed: int = 0, steps: int = T) -> Grown:
    rng = np.random.default_rng(seed)
    kinds, digits = rng.dirichlet(np.ones(3), (steps, H, W)), rng.dirichlet(np.ones(10), steps)
    turns = np.where(np.array(on)[:, None, None], TURNS, -1)
    return Grown(f32(rng.random((H, W))), f32(np.moveaxis(kinds, -1, 1)), f32(digits), turns, BLOCK)


def numbers(value: Any, name: str) -> np.ndarray:
    spec = value["note"]["values"][name]
    found = decode(spec["data"], np.float32, tuple(spec["shape"]))
    return np.broadcast_to(found, (value["steps"], found.shape[1]))


def words(value: Any, name: str) -> list[str]:
    spec = value["note"]["values"][name]
    return [spec["words"][i] for i in decode(spec["index"], np.uint8, tuple(spec["shape"]))[:, 0]]


def test_each_pixel_has_the_ink_of_what_it_is_taken_for_and_is_another_where_a_scan_has_just_come() -> None:
    found = grown()
    frames = panel_data(growing_payload(found)["panels"][1])[:, 0, :, :, 0]
    taken = found.kinds.argmax(1)
    for t, row, column in np.ndindex(T, H, W):
        now = (TURNS[:, row // BLOCK, column // BLOCK] == t).any()
        places = look_pixels.FRONTS if now else look_pixels.INKS
        assert frames[t, row, column] == round(255 * places[taken[t, row, column]])
    assert len({*look_pixels.INKS, *look_pixels.FRONTS}) == 6


@pytest.mark.parametrize("direction", range(4))
def test_on_the_skewed_canvas_each_diagonal_of_the_first_scan_that_is_on_is_a_column(direction: int) -> None:
    found = grown(tuple(d == direction for d in range(4)))
    frames = panel_data(growing_payload(found)["panels"][2])[:, 0, :, :, 0]
    assert frames.shape == (T, M, M + N - 1)
    for t, frame in enumerate(frames):
        bright = np.argwhere(frame == 255)
        assert set(bright[:, 1]) == {t} and len(bright) == (TURNS[direction] == t).sum()
        assert not frame[:, t + 1 :].any()


def test_the_note_counts_pixels_names_the_digit_and_says_how_the_scans_stand() -> None:
    found = grown()
    truth = np.random.default_rng(5).integers(0, 3, (H, W), np.uint8)
    value = growing_payload(found, truth)
    taken = found.kinds.argmax(1)
    assert numbers(value, "digit")[:, 0].tolist() == (taken == 1).sum((1, 2)).tolist()
    assert numbers(value, "clutter")[:, 0].tolist() == (taken == 2).sum((1, 2)).tolist()
    np.testing.assert_allclose(numbers(value, "p7")[:, 0], found.digits[:, 7])
    shares = [
        ((each == 1) & (truth == 1)).sum() / ((each == 1) | (truth == 1)).sum() for each in taken
    ]  # fmt: skip
    np.testing.assert_allclose(numbers(value, "overlap")[:, 0], shares, rtol=1e-6)
    assert value["cost"] is not None and value["cost"]["most"] == 100
    said = words(value, "fronts")
    assert said[0].startswith("Four scans have set out") and said[-1].endswith("heard from 4 corners.")
    assert len(set(said[1:-1])) == 1 and "overlap" not in growing_payload(found)["note"]["values"]  # type: ignore[index]


def test_it_says_which_scan_is_left_and_that_none_is() -> None:
    one = words(growing_payload(grown((False, True, False, False))), "fronts")
    assert all("from the top right" in each for each in one)
    none = growing_payload(grown((False,) * 4))
    assert set(words(none, "fronts")) == {"All scans are switched off: each block is judged by its own pixels alone."}
    assert not panel_data(none["panels"][2]).any()


def test_of_many_diagonals_at_most_forty_are_shown_the_first_and_the_last_among_them() -> None:
    rng = np.random.default_rng(1)
    side = 45
    turns = (np.arange(side)[:, None] + np.arange(side))[None]
    steps = 2 * side - 1
    kinds = f32(np.moveaxis(rng.dirichlet(np.ones(3), (steps, side, side)), -1, 1))
    found = Grown(f32(rng.random((side, side))), kinds, f32(rng.dirichlet(np.ones(10), steps)), turns, 1)
    value = growing_payload(found)
    assert value["steps"] == 40
    assert numbers(value, "diagonals")[[0, -1], 0].tolist() == [1, steps]


def test_a_map_with_a_number_that_is_none_is_refused() -> None:
    found = grown()
    found.kinds[2, 1, 3, 3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        growing_payload(found)


def test_a_view_of_what_a_pixel_hears_crosses_out_what_does_not_reach_it_and_counts_the_rest() -> None:
    field = f32(np.zeros((4, 6)))
    field[:2, :3] = [[1, 2, 3], [4, 5, 6]]
    answer = heard_answer("From the top left", field)
    assert answer.label == "6 of 24" and "<b>6</b> of the 24 pixels" in answer.html
    assert answer.kind is not None and answer.heat is not None
    assert ((answer.kind == SEEN) == (field > 0)).all() and (answer.kind[field == 0] == UNSEEN).all()
    assert answer.heat.argmax() == field.argmax()
    assert "every pixel" in heard_answer("All it hears", field + 1).html
    assert "nothing reaches" in heard_answer("All it hears", 0 * field).html


def test_the_lens_stands_over_the_scene_and_a_pixel_beyond_it_is_at_its_edge() -> None:
    scene = np.random.default_rng(2).integers(0, 256, (20, 30), np.uint8)
    made = board(scene, 99, 7, views(4), {})
    assert made["own"] and (made["row"], made["column"]) == (19, 7)
    ink = np.frombuffer(base64.b64decode(made["pixels"]), np.uint8).reshape(20, 30)
    assert ((ink > 0) == (scene >= 128)).all()
    assert [view["title"] for view in made["views"]] == ["All it hears", *(f"From the {corner}" for corner in CORNERS)]
    assert len(views(1)) == 2


def back(direction: int) -> Backwards:
    rng = np.random.default_rng(direction)
    return Backwards(*(f32(rng.standard_normal((4, 5))) for _ in range(10)))


def test_the_note_of_the_way_back_has_the_numbers_of_the_marked_cell_and_the_table_those_of_all() -> None:
    backs = [back(direction) for direction in range(4)]
    value = backwards_payload(backs, 1, 3, chosen=2)
    assert value["cell"] == 2 and value["steps"] == 1 + max(1 + 3, 1 + 1, 2 + 3, 2 + 1)
    marks = decode(value["marks"][0]["data"], np.float32, (value["steps"], 4, 5))
    for t, direction in np.ndindex(value["steps"], 4):
        column, row = (int(each) for each in marks[t, direction, :2])
        away = abs(row - 1) + abs(column - 3)
        corner_row, corner_column = (3 if direction in (2, 3) else 0), (4 if direction in (1, 3) else 0)
        assert away == min(t, abs(corner_row - 1) + abs(corner_column - 3))
        for name, field in (("total", "total"), ("own", "own"), ("right", "right"), ("given", "given")):
            expected = getattr(backs[direction], field)[row, column]
            assert numbers(value, name)[t, direction] == pytest.approx(expected)
        one = backs[direction]
        assert numbers(value, "through")[t, direction] == pytest.approx(
            one.memory_error[row, column] - one.kept[row, column], abs=1e-6
        )
    table = backwards_table(backs[2], CORNERS[2])
    assert table.count("<td") == 20 and "From the bottom left" in table
    assert all(f"{number:+.3f}".replace("-", "−") in table for number in backs[2].total.ravel())
