"""What stands on the page in words stands in its files, too, in the size of the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import UserError
from tests.viz.traces import draw_trace, raster_trace
from viz.language import speaking
from viz.player import charts, composite, export, frames, lettering, overlays
from viz.player.payload import Player
from viz.views import draw_time
from viz.views.assets import stored

GROUND = overlays.rgb(lettering.GROUND)


def png(player: Player, folder: Path, **options: object) -> np.ndarray:
    export.write_strip(player, folder / "a.png", titles=True, **options)  # type: ignore[arg-type]
    with Image.open(folder / "a.png") as image:
        return np.asarray(image.convert("RGB"))


def test_every_character_of_the_pages_words_has_a_letter() -> None:
    letters = lettering.font(24)
    missing = bytes(letters.getmask("\uffff"))
    for character in "aé≤≥σδγ×−±“”…→²√–½":
        assert bytes(letters.getmask(character)) != missing, character


def test_a_title_a_label_or_a_nat_that_is_another_makes_another_picture() -> None:
    player = frames.raster_payload(raster_trace(2, side=6))
    plain = composite.compose(composite.film(player, titles=True), 3, size=200)
    other_title = {**player, "panels": [{**player["panels"][0], "title": "Something else"}]}
    other_label = {**player, "panels": [{**player["panels"][0], "labels": ["1 nat", "2 nats"]}]}
    for changed in (other_title, other_label):
        told = composite.compose(composite.film(changed, titles=True), 3, size=200)
        assert told.shape == plain.shape and (told != plain).any()
    without = composite.compose(composite.film(player), 3, size=200)
    assert without.shape[0] < plain.shape[0] and not (without == lettering.shades(lettering.INK)[-1]).all(-1).any()


def test_below_stands_the_step_and_every_nat_of_the_notes_table_as_the_page_writes_them() -> None:
    trace = draw_trace(steps=5)
    told = lettering.teller(frames.draw_payload(trace))
    kl = trace.series("kl")[:, 0]
    assert told(2, 0) == f"Stroke 3 of 5; this stroke: {kl[2]:.2f} nats; so far: {kl[:3].sum():.1f} nats"


def test_a_chinese_sentence_is_broken_between_characters_but_not_before_a_mark() -> None:
    text = "第 11 笔，共 20 笔；这一笔：2.29 纳特；到目前为止：24.1 纳特"
    with speaking("zh"):
        lines = lettering.wrapped(text, 120, 12)
        assert len(lines) > 2 and max(lettering.font(12).getlength(line) for line in lines) <= 120
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，；：" for line in lines)


def test_without_nats_it_is_the_bar_that_is_told() -> None:
    trace = draw_trace(steps=4, cells=3, subject=False)
    said = lettering.teller(draw_time.forks_payload(trace, 1))(1, 2)
    assert said.startswith("Stroke 2 of 4; change of the picture at each stroke, % of full ink: ")


def test_all_frames_are_as_large_however_long_their_words(tmp_path: Path) -> None:
    export.write_film(frames.raster_payload(raster_trace(1, side=6)), tmp_path / "a.gif", size=112, titles=True)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 36


@pytest.mark.parametrize("width", [1080, 2160, 3840])
def test_a_png_is_as_wide_as_it_is_asked_to_be_and_every_pixel_is_enlarged_as_often(width: int, tmp_path: Path) -> None:
    board = (np.indices((7, 7)).sum(0) % 2).astype(np.float32)  # neighbours are never alike
    picture = png(frames.still_payload(board[None, None], "A board", "vae"), tmp_path, width=width, step=0)
    assert picture.shape[1] == width
    black_or_white = (picture == 0).all(-1) | (picture == 255).all(-1)
    row = picture[int(np.argmax(black_or_white.sum(1)))][:, 0]  # the first row of the board
    row = row[(row == 0) | (row == 255)]
    lengths = np.diff(np.flatnonzero(np.diff(np.concatenate([[1], row.astype(int), [1]])) != 0))
    assert len(set(lengths[:6])) == 1 and 0.9 * width < 7 * lengths[0] <= width


def test_eight_steps_of_a_large_grid_that_do_not_fit_become_fewer(tmp_path: Path) -> None:
    assert png(stored("time"), tmp_path, width=1080, frames=8).shape[1] == 1080


def test_a_width_beyond_4k_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="between 280 and 3840"):
        png(stored("vae"), tmp_path, width=4000)


@pytest.mark.parametrize("name", ["colour", "vae-colour", "draw-colour"])
def test_a_gif_of_the_shipped_colour_pictures_is_within_38_decibels_of_what_stands_on_the_stage(name: str) -> None:
    whole = composite.film(stored(name), titles=True)
    few, palette = export.few_colours(whole, export.COLOURS)
    assert len(palette) <= 255
    for ours, theirs in zip(few.reels, whole.reels, strict=True):
        assert 10 * np.log10(255**2 / np.mean((ours.data.astype(float) - theirs.data) ** 2)) >= 38


def test_the_bars_are_drawn_as_svg_as_high_as_their_values_and_say_where_they_come_from() -> None:
    trace = draw_trace(steps=4)
    drawing = charts.bars(frames.draw_payload(trace), 0, "Easel 0 <here>")
    heights = [float(each.split('"')[0]) for each in drawing.split(' height="')[2:]]
    kl = trace.series("kl")[:, 0]
    np.testing.assert_allclose(np.array(heights) / max(heights), kl / kl.max(), atol=1e-3)
    assert "<metadata>Easel 0 &lt;here&gt;</metadata>" in drawing and "nats spent at each stroke" in drawing


def test_where_there_is_no_chart_a_sentence_says_so() -> None:
    with pytest.raises(UserError, match="no chart"):
        charts.bars(stored("vae"), 0, "")
    with pytest.raises(UserError, match="no chart"):
        charts.sourced("<html>", "")
