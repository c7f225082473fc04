"""The time line and the patches in a file to take home are those of the payload, number for number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from tests.viz.traces import draw_trace, raster_trace, walk_trace
from viz.player import composite, export, frames, overlays, payload

Picture = np.ndarray
PAST, CURSOR = overlays.rgb(overlays.COLOURS["write"]), overlays.rgb(overlays.CURSOR)
PALE = tuple(round(s + (c - s) * 0.27) for s, c in zip(overlays.rgb(overlays.STAGE), PAST, strict=True))
LINE, MARGIN = 56, 4
"""Height in px of the time line below panels of 280 px, and how far the bars keep from its edges."""


def line_of(player: payload.Player, t: int, cell: int = 0) -> Picture:
    """The time line below the panels of one step."""
    return composite.compose(composite.film(player, chart=True), t, size=280, cell=cell)[-LINE:]


def tall(line: Picture, column: float, colour: tuple[int, ...]) -> int:
    """How many pixels of a column have a colour; they must stand on the margin without a hole."""
    found = (line[:, round(column)] == colour).all(-1)
    count = int(found.sum())
    assert found[LINE - MARGIN - count : LINE - MARGIN].all()
    return count


@pytest.mark.parametrize("cell", [0, 2])
@pytest.mark.parametrize("t", [0, 3, 5])
def test_bars_are_as_high_as_their_nats_the_past_solid_and_the_future_pale(cell: int, t: int) -> None:
    trace = draw_trace(steps=6, cells=3)
    line = line_of(frames.draw_payload(trace), t, cell)
    width, most = line.shape[1], max(step.scalars["kl"][cell] for step in trace)
    for i, step in enumerate(trace):
        expected = max(2.0, 48 * float(step.scalars["kl"][cell]) / float(most))
        left = (i + 0.2) * width / 6
        assert tall(line, left, PAST if i <= t else PALE) == pytest.approx(expected, abs=0.51)
        assert tall(line, left, PALE if i <= t else PAST) == 0


@pytest.mark.parametrize("t", [0, 3, 5])
def test_a_line_stands_at_the_present_and_nowhere_else(t: int) -> None:
    line = line_of(frames.draw_payload(draw_trace(steps=6)), t)
    columns = np.flatnonzero((line == CURSOR).all(-1).all(0))
    assert len(columns) == 2 and columns.mean() + 0.5 == pytest.approx((t + 0.5) / 6 * line.shape[1], abs=1)
    assert (line == CURSOR).all(-1).sum() == 2 * LINE


def test_with_fewer_bars_than_steps_the_bar_at_the_present_is_solid_up_to_the_line() -> None:
    trace = raster_trace(side=10)
    line, indigo = line_of(frames.raster_payload(trace), 34), overlays.rgb(overlays.COLOURS["pixel"])
    entropy = trace.entropy[0].astype(float).sum(1)
    present, width = 34.5 / 100 * line.shape[1], line.shape[1]
    for row in range(10):
        for part in (0.1, 0.7):
            column = (row + part) * width / 10
            solid = tall(line, column, indigo)
            assert (solid > 0) == (column < present)
            if solid:
                assert solid == pytest.approx(48 * entropy[row] / entropy.max(), abs=0.51)


def test_a_bar_that_is_no_number_is_as_low_as_none_and_a_given_height_is_kept() -> None:
    player = frames.draw_payload(draw_trace(steps=4))
    player["cost"] = payload.cost("", "", np.array([[np.nan], [-3], [1], [0.5]], np.float32))
    for most, expected in ((None, [2, 2, 48, 24]), (2.0, [2, 2, 24, 12]), (0.5, [2, 2, 48, 48])):
        if most is not None:
            player["cost"]["most"] = most
        line = line_of(player, 3)
        assert [tall(line, (i + 0.2) * line.shape[1] / 4, PAST) for i in range(4)] == expected


def two_patches(steps: int, cells: int = 1) -> payload.Player:
    """A painting with a 5×5 patch for each of its windows."""
    player = frames.draw_payload(draw_trace(steps, cells))
    noise = np.random.default_rng(steps).random((2, steps, cells, 1, 5, 5), np.float32)
    note = player["note"]
    assert note is not None
    note["patches"] = [payload.patch("", noise[0], "read"), payload.patch("", noise[1], "write")]
    return player


def patch_bytes(player: payload.Player, name: int, t: int, cell: int, scale: int) -> Picture:
    """What a patch of 5×5 must look like, from the payload's bytes."""
    note = player["note"]
    assert note is not None
    data = payload.decode(note["patches"][name]["data"], np.uint8, (player["steps"], player["cells"], 5, 5))
    return np.kron(data[t, cell], np.ones((scale, scale), np.uint8))[..., None].repeat(3, -1)


@pytest.mark.parametrize("cell", [0, 2])
def test_patches_are_the_bytes_of_the_payload_in_frames_of_their_windows_colour(cell: int) -> None:
    player = two_patches(steps=4, cells=3)
    width = composite.compose(composite.film(player), 0, size=280).shape[1]
    for t in range(4):
        column = composite.compose(composite.film(player, patches=True), t, size=280, cell=cell)[:, width + 10 :]
        assert column.shape[1] == 134  # 26 px a pixel and the frame, so that two of them are as high as the panels
        top = (len(column) - 2 * 134 - 10) // 2
        for name, kind in enumerate(("read", "write")):
            whole = column[top + name * 144 :][:134]
            np.testing.assert_array_equal(whole[2:-2, 2:-2], patch_bytes(player, name, t, cell, 26))
            rim = np.ones((134, 134), bool)
            rim[2:-2, 2:-2] = False
            coloured = (whole[rim] == overlays.rgb(overlays.COLOURS[kind])).all(-1)
            assert coloured.all() if kind == "read" else 0.5 < coloured.mean() < 1


def test_in_a_strip_the_patches_stand_below_the_panels(tmp_path: Any) -> None:
    player = two_patches(steps=3)
    export.write_strip(player, tmp_path / "a.png", size=140, frames=1, patches=True)
    with Image.open(tmp_path / "a.png") as image:
        strip = np.asarray(image.convert("RGB"))
    assert strip.shape == (140 + 5 + 140 + 5 + 64, 140, 3)
    left = (140 - 2 * 64 - 5) // 2
    for name in range(2):
        shown = strip[-62:-2, left + 69 * name + 2 :][:, :60]
        np.testing.assert_array_equal(shown, patch_bytes(player, name, 2, 0, 12))


def test_more_than_three_patches_stand_in_several_lines() -> None:
    player = frames.draw_payload(draw_trace())
    note = player["note"]
    assert note is not None
    for count, lines in ((0, []), (1, [1]), (2, [2]), (3, [3]), (4, [2, 2]), (5, [3, 2]), (7, [3, 3, 1])):
        note["patches"] = [payload.patch("", np.zeros((6, 1, 1, 3, 3), np.float32))] * count
        whole = composite.film(player, patches=True)
        assert [len(line) for line in composite.lines_of(whole.patches)] == lines
        picture = composite.compose(whole, 0, size=140)
        side = 3 * (((140 - 5 * (max(2, *lines) - 1)) // max(2, *lines) - 4) // 3) + 4 if lines else 0
        assert picture.shape == (140, 140 + 5 + 140 + len(lines) * (5 + side), 3)


def test_a_patch_of_no_window_is_framed_in_the_colour_of_the_room() -> None:
    player = frames.raster_payload(raster_trace(side=6))
    note = player["note"]
    assert note is not None
    note["patches"] = [payload.patch("", np.ones((36, 1, 3, 4, 4), np.float32))]
    (patch,) = composite.film(player, patches=True).patches
    assert patch.room == "pixel" and patch.table is None


def test_the_picture_that_bars_and_patches_are_about_is_pointed_out_in_a_grid() -> None:
    player = frames.draw_payload(draw_trace(cells=4, subject=False), columns=4)
    plain = composite.compose(composite.film(player), 3, size=280, cell=2)
    chosen = composite.compose(composite.film(player, chart=True), 3, size=280, cell=2)[: len(plain)]
    changed = (plain != chosen).any(-1)
    rows, columns = np.nonzero(changed)
    assert (columns.min(), columns.max() + 1) == (2 * (56 + 4), 2 * (56 + 4) + 56)
    assert (chosen[changed] == CURSOR).all() and (rows.min(), rows.max() + 1) == (0, 56)
    assert not changed[1:-1, columns.min() + 1 : columns.max()].any()


def reopened(path: Any) -> list[Picture]:
    with Image.open(path) as image:
        return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]


@pytest.mark.slow
def test_a_gif_with_both_has_every_frame_few_colours_and_greys_too_near_to_tell_apart(tmp_path: Any) -> None:
    player = two_patches(steps=9)
    export.write_film(player, tmp_path / "a.gif", size=140, patches=True, chart=True)
    pictures = reopened(tmp_path / "a.gif")
    assert len(pictures) == 9 and {picture.shape for picture in pictures} == {(140 + 5 + 28, 140 * 2 + 5 * 2 + 64, 3)}
    whole = composite.film(player, patches=True, chart=True)
    for t, picture in enumerate(pictures):
        exact = composite.compose(whole, t, size=140)
        assert np.abs(picture.astype(int) - exact).max() <= 3
        for colour in (PAST, PALE, CURSOR):
            np.testing.assert_array_equal((picture == colour).all(-1), (exact == colour).all(-1))
    assert len(np.unique(np.concatenate(pictures).reshape(-1, 3), axis=0)) <= export.PALETTE


def test_a_long_film_with_its_chart_has_120_frames_of_one_size(tmp_path: Any) -> None:
    player = frames.raster_payload(raster_trace(side=14), heat=False)
    export.write_film(player, tmp_path / "a.gif", size=28, chart=True)
    pictures = reopened(tmp_path / "a.gif")
    assert len(pictures) == export.MOST_FRAMES and {picture.shape for picture in pictures} == {(28 + 2 + 20, 28, 3)}


def test_what_a_payload_does_not_have_is_not_in_its_files(tmp_path: Any) -> None:
    bare = frames.draw_payload(draw_trace())
    assert bare["note"] is not None
    bare |= {"cost": None, "note": {**bare["note"], "patches": []}}
    still = frames.draw_payload(draw_trace(steps=1))
    still["note"] = None
    for player in (bare, still, frames.walk_payload(walk_trace(channels=3), "", "vae")):
        for write, name in ((export.write_film, "a.gif"), (export.write_strip, "a.png")):
            write(player, tmp_path / name, size=56)
            before = (tmp_path / name).read_bytes()
            write(player, tmp_path / name, size=56, patches=True, chart=True)
            assert (tmp_path / name).read_bytes() == before


def test_what_is_not_wanted_leaves_no_trace_in_the_files(tmp_path: Any) -> None:
    player = frames.draw_payload(draw_trace())
    assert player["note"] is not None
    bare: payload.Player = {**player, "cost": None, "note": {**player["note"], "patches": []}}
    files = []
    for value in (player, bare):
        export.write_film(value, tmp_path / "a.gif", size=56)
        export.write_strip(value, tmp_path / "a.png", size=56)
        files.append((tmp_path / "a.gif").read_bytes() + (tmp_path / "a.png").read_bytes())
    assert files[0] == files[1]


def test_the_cell_that_a_payload_has_selected_is_meant_unless_another_is_asked_for(tmp_path: Any) -> None:
    player = frames.draw_payload(draw_trace(cells=3))
    files = []
    for value, options in ((player, {"cell": 2}), ({**player, "cell": 2}, {}), (player, {})):
        export.write_strip(value, tmp_path / "a.png", size=56, chart=True, patches=True, **options)
        files.append((tmp_path / "a.png").read_bytes())
    assert files[0] == files[1] != files[2]


def test_the_way_of_a_mark_so_far_is_drawn_where_a_payload_asks_for_it() -> None:
    player = frames.still_payload(np.zeros((1, 1, 20, 20), np.float32), "", "glimpse")
    boxes = np.full((3, 1, 5), np.inf, np.float32)
    boxes[:, 0, :4] = [(4, 4, 2, 2), (16, 4, 2, 2), (16, 16, 2, 2)]
    track = payload.track(boxes, "glimpse", 0)
    player |= {"steps": 3, "marks": [{**track, "path": True}]}
    magenta = overlays.rgb(overlays.COLOURS["glimpse"])
    for t, (right, down) in enumerate(((False, False), (True, False), (True, True))):
        shown = (composite.compose(composite.film(player), t, size=200) == magenta).all(-1)
        assert shown[38:43, 95:105].any() == right and shown[95:105, 158:163].any() == down
