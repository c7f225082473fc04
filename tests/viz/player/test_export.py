"""Files to take home show what the screen shows, at the asked pace and size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.errors import UserError
from core.trace import CanvasTrace, Step
from tests.viz.traces import draw_trace, passes_trace, raster_trace, walk_trace
from viz.player import composite, export, frames, overlays

MEGABYTE = 1_000_000


def reopened(path):
    """The frames of an image file as RGB arrays, and their durations in ms."""
    with Image.open(path) as image:
        shown = [
            (np.asarray(frame.convert("RGB")), frame.info.get("duration")) for frame in ImageSequence.Iterator(image)
        ]
    return [picture for picture, _ in shown], [duration for _, duration in shown]


def gif(tmp_path, player, **options):
    export.write_film(player, tmp_path / "a.gif", **options)
    return reopened(tmp_path / "a.gif")


def has(picture, colour):
    return bool((picture == overlays.rgb(colour)).all(-1).any())


def panel_colours(trace, t, size):
    """What a single grey cell must look like, worked out without the code under test."""
    grey = np.floor(trace.frame(t)[0, 0].astype(float) * 255 + 0.5)
    return np.kron(grey, np.ones((size // len(grey),) * 2))[..., None].repeat(3, -1)


def test_a_gif_has_a_frame_for_every_step_at_the_asked_size_and_pace(tmp_path):
    pictures, durations = gif(tmp_path, frames.draw_payload(draw_trace(steps=9)), size=112, fps=8, hold=1.5)
    assert len(pictures) == 9
    assert pictures[0].shape == (112, 112 + 4 + 112, 3)
    assert durations == [120] * 8 + [1500]  # 125 ms, in the 10 ms that a GIF counts in


def test_frames_that_do_not_change_are_kept(tmp_path):
    still = Step(np.full((1, 1, 8, 8), 0.5, np.float32))
    other = Step(np.zeros((1, 1, 8, 8), np.float32))
    trace = CanvasTrace((still,) * 5 + (other,) * 2 + (still,))
    pictures, durations = gif(tmp_path, frames.walk_payload(trace, "", "vae"), size=56, fps=10, hold=0)
    assert durations == [100] * 8
    for t, picture in enumerate(pictures):
        assert (picture == picture[0, 0]).all()
        assert (picture[0, 0, 0] < 5) == (t in (5, 6))


def test_a_gif_loops_for_ever_or_plays_once(tmp_path):
    player = frames.draw_payload(draw_trace())
    for loop, expected in ((True, 0), (False, None)):
        export.write_film(player, tmp_path / "a.gif", size=56, loop=loop)
        with Image.open(tmp_path / "a.gif") as image:
            assert image.info.get("loop") == expected


@pytest.mark.parametrize("windows", [True, False])
def test_windows_are_in_the_files_if_and_only_if_they_are_wanted(tmp_path, windows):
    player = frames.draw_payload(draw_trace())
    pictures, _ = gif(tmp_path, player, size=112, windows=windows)
    export.write_strip(player, tmp_path / "a.png", size=112, windows=windows)
    for picture in [*pictures, *reopened(tmp_path / "a.png")[0]]:
        assert has(picture, overlays.COLOURS["read"]) == windows
        assert has(picture, overlays.COLOURS["write"]) == windows


def test_the_read_window_is_on_the_subject_and_the_write_window_on_the_canvas(tmp_path):
    pictures, _ = gif(tmp_path, frames.draw_payload(draw_trace()), size=112)
    for picture in pictures:
        left, right = picture[:, :112], picture[:, 116:]
        assert has(left, overlays.COLOURS["read"]) and not has(left, overlays.COLOURS["write"])
        assert has(right, overlays.COLOURS["write"]) and not has(right, overlays.COLOURS["read"])


def test_a_strip_shows_the_very_greys_of_the_trace(tmp_path):
    trace = draw_trace(steps=5, subject=False, windows=False)
    export.write_strip(frames.draw_payload(trace), tmp_path / "a.png", size=56, frames=3)
    strip = reopened(tmp_path / "a.png")[0][0]
    assert strip.shape == (56, 3 * 56 + 2 * 4, 3)
    for place, t in enumerate((0, 2, 4)):
        np.testing.assert_array_equal(strip[:, 60 * place : 60 * place + 56], panel_colours(trace, t, 56))


def test_a_gif_rounds_greys_to_steps_too_small_to_see(tmp_path):
    trace = draw_trace(steps=4, subject=False, windows=False)
    pictures, _ = gif(tmp_path, frames.draw_payload(trace), size=84)
    for t, picture in enumerate(pictures):
        assert np.abs(picture - panel_colours(trace, t, 84)).max() <= 3
    assert len(np.unique(np.concatenate(pictures).reshape(-1, 3), axis=0)) <= export.PALETTE


@pytest.mark.parametrize(
    "player",
    [
        frames.draw_payload(draw_trace(steps=3)),
        frames.raster_payload(raster_trace(2, side=6), heat=True),
        frames.walk_payload(walk_trace(channels=3), "", "vae"),
        frames.passes_payload(passes_trace()),
    ],
    ids=["copy", "raster", "colours", "passes"],
)
def test_the_colours_of_a_gif_are_the_same_in_all_frames_and_few(tmp_path, player):
    most = export.COLOURS if player["panels"][0]["channels"] == 3 else export.PALETTE
    few, palette = export.few_colours(composite.film(player), most)
    pictures, _ = gif(tmp_path, player, size=112)
    assert len(palette) <= most
    allowed = {tuple(colour) for colour in palette.tolist()}
    for t, picture in zip(export.picked(player["steps"], export.MOST_FRAMES), pictures, strict=True):
        assert {tuple(colour) for colour in np.unique(picture.reshape(-1, 3), axis=0).tolist()} <= allowed
        np.testing.assert_array_equal(picture, composite.compose(few, t, size=112))


def test_a_gif_of_a_colour_picture_is_near_to_it_and_a_webp_is_the_picture(tmp_path):
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.random((1, 3, 8, 8)), np.ones((4, 4))).astype(np.float32)
    player = frames.walk_payload(CanvasTrace(tuple(Step(smooth * k / 4) for k in range(5))), "", "vae")
    whole = [composite.compose(composite.film(player), t, size=56) for t in range(5)]
    pictures, _ = gif(tmp_path, player, size=56)
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(pictures, whole, strict=True)])
    assert 10 * np.log10(255**2 / error) > 38
    export.write_film(player, tmp_path / "a.webp", size=56, fps=10, lossless=True)
    exact, durations = reopened(tmp_path / "a.webp")
    np.testing.assert_array_equal(exact, whole)
    assert durations[:-1] == [100] * 4


def test_every_file_says_where_it_comes_from(tmp_path):
    player = frames.draw_payload(draw_trace(steps=3))
    wanted = {"size": 56, "source": "Easel 0, http://here/?seed=1"}
    export.write_film(player, tmp_path / "a.gif", **wanted)
    export.write_film(player, tmp_path / "a.webp", lossless=True, **wanted)
    export.write_strip(player, tmp_path / "a.png", **wanted)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["comment"].decode() == "Easel 0, http://here/?seed=1"
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Source"] == "Easel 0, http://here/?seed=1"
    with Image.open(tmp_path / "a.webp") as image:
        assert image.getexif()[export.SOFTWARE] == "Easel 0, http://here/?seed=1"


@pytest.mark.parametrize("t", [0, 100, 391, 783])
def test_a_raster_shows_what_its_trace_shows_and_hatches_the_rest(t):
    trace = raster_trace(1, known_rows=4)
    picture = composite.compose(composite.film(frames.raster_payload(trace, heat=False)), t, size=112, windows=False)
    shown = np.kron(trace.shown(t)[0], np.ones((4, 4), bool))
    expected = 255 * np.kron(trace.image[0, 0], np.ones((4, 4)))
    np.testing.assert_array_equal(picture[shown], expected[shown][:, None].repeat(3, -1))
    hidden = picture[~shown]
    ground, line = (np.array(colour) for colour in overlays.hatch_colours("pixel"))
    assert ((hidden == ground).all(-1) | (hidden == line).all(-1)).all()


def test_a_long_raster_is_told_in_evenly_picked_frames_at_the_pace_of_the_screen(tmp_path):
    pictures, durations = gif(tmp_path, frames.raster_payload(raster_trace(), heat=False), size=28)
    assert len(pictures) == export.MOST_FRAMES
    assert set(durations[:-1]) == {30}  # 120 frames in four seconds
    steps = export.picked(784, export.MOST_FRAMES)
    assert (steps[0], steps[-1]) == (0, 783)
    assert set(np.diff(steps)) <= {6, 7}


def test_few_steps_are_all_picked_and_of_one_picture_the_last():
    assert export.picked(5, 8) == [0, 1, 2, 3, 4]
    assert export.picked(16, 3) == [0, 8, 15]
    assert export.picked(16, 1) == [15]


def test_a_grid_keeps_its_columns_and_its_empty_places(tmp_path):
    images = np.linspace(0, 1, 5, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 8, 8), np.float32)
    export.write_strip(frames.still_payload(images, "", "plain", columns=3), tmp_path / "a.png", size=108)
    picture = reopened(tmp_path / "a.png")[0][0]
    side, gap = 32, 2
    assert picture.shape == (2 * side + gap, 3 * side + 2 * gap, 3)
    centres = picture[side // 2 :: side + gap, side // 2 :: side + gap]
    assert centres[..., 0].ravel().tolist()[:5] == [0, 64, 128, 191, 255]
    assert tuple(centres[1, 2]) == overlays.rgb(overlays.GAP)


def test_beside_a_grid_a_single_picture_carries_the_marks_of_the_selected_cell():
    trace = draw_trace(cells=3)
    player = frames.draw_payload(replace(trace, subject=trace.subject[:1]), columns=3)
    film = composite.film(player)
    for cell in range(3):
        lone = composite.compose(film, 2, size=280, cell=cell)[:, :280]
        mark = trace.marks(2)[0]
        expected = np.full((280, 280, 3), 128, np.uint8)
        numbers = (mark.x, mark.y, mark.width, mark.height, mark.precision)
        overlays.draw_mark(expected, np.array([number[cell] for number in numbers]), "read", 10)
        read = overlays.rgb(overlays.COLOURS["read"])
        np.testing.assert_array_equal((lone == read).all(-1), (expected == read).all(-1))


def test_a_gif_of_32_strokes_with_two_panels_fits_into_a_megabyte(tmp_path):
    player = frames.draw_payload(draw_trace(steps=32))
    export.write_film(player, tmp_path / "a.gif", size=280)
    assert (tmp_path / "a.gif").stat().st_size <= MEGABYTE
    pictures, _ = reopened(tmp_path / "a.gif")
    assert len(pictures) == 32 and pictures[0].shape == (280, 570, 3)


def test_a_picture_that_stands_still_makes_a_gif_of_one_frame(tmp_path):
    pictures, _ = gif(tmp_path, frames.still_payload(walk_trace().frame(0), "", "vae"), size=56)
    assert len(pictures) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 27}, "size"),
        ({"size": 1025}, "size"),
        ({"size": float("nan")}, "size"),
        ({"fps": 0}, "second"),
        ({"fps": 51}, "second"),
        ({"hold": -1}, "hold"),
        ({"hold": 61}, "hold"),
        ({"cell": 1}, "no picture 1"),
        ({"cell": -1}, "no picture -1"),
    ],
)
def test_a_gif_out_of_range_is_refused_in_one_sentence_and_leaves_no_file(tmp_path, options, message):
    with pytest.raises(UserError, match=message) as error:
        export.write_film(frames.draw_payload(draw_trace()), tmp_path / "a.gif", **options)
    assert str(error.value).count(".") == str(error.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"size": 0}, {"frames": 0}, {"frames": 65}, {"cell": 3}])
def test_a_strip_out_of_range_is_refused(tmp_path, options):
    with pytest.raises(UserError, match=r"must lie between|no picture"):
        export.write_strip(frames.draw_payload(draw_trace()), tmp_path / "a.png", **options)


def test_a_file_is_replaced_whole_and_nothing_else_is_left_behind(tmp_path, monkeypatch):
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")
    player = frames.draw_payload(draw_trace(steps=2))

    def fail(self, target):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="disk full"):
            export.write_film(player, path, size=28)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]
    export.write_film(player, str(path), size=28)
    assert path.read_bytes().startswith(b"GIF89a") and list(tmp_path.iterdir()) == [path]


def test_sliders_may_send_whole_numbers_as_floats(tmp_path):
    pictures, _ = gif(tmp_path, frames.draw_payload(draw_trace(steps=2, subject=False)), size=56.0, fps=8.0)
    assert pictures[0].shape == (56, 56, 3)


def test_a_video_has_even_sides_whatever_the_film_has_and_as_many_frames_as_steps(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    export.write_video(frames.draw_payload(draw_trace(steps=4)), tmp_path / "a.mp4", size=57, fps=4, hold=1, source="x")
    reader = ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    about = next(reader)
    reader.close()
    assert not about["size"][0] % 2 and not about["size"][1] % 2
    assert about["duration"] == pytest.approx(1.75, abs=0.3)  # three frames of a quarter, and the last for a second


def test_where_the_package_for_videos_is_missing_a_sentence_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "makes_videos", lambda: False)
    with pytest.raises(UserError, match="pip install imageio-ffmpeg"):
        export.write_video(frames.draw_payload(draw_trace()), tmp_path / "a.mp4")
