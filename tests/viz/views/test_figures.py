"""Charts show the numbers of the trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.trace import CanvasTrace, Step
from tests.viz.traces import draw_trace, f32, raster_trace
from viz.player import overlays
from viz.views import figures


def every_figure():
    raster = raster_trace(2)
    return [
        figures.kl_figure(draw_trace(), title="A title"),
        figures.nats_per_latent_figure(f32([0.5, 3, 1])),
        figures.entropy_figure(raster, 1),
        figures.path_figure(draw_trace()),
        figures.novelty_figure(np.arange(9), np.arange(3, 12), np.arange(2, 8)),
    ]


@pytest.mark.parametrize("cell", [0, 2])
def test_the_bars_of_the_strokes_are_the_nats_of_the_trace(cell):
    trace = draw_trace(cells=3)
    bars = figures.kl_figure(trace, cell=cell).data[0]
    assert list(bars.x) == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(bars.y, [step.scalars["kl"][cell] for step in trace])


def test_imagined_pictures_have_no_bars_but_a_sentence() -> None:
    painted = CanvasTrace((Step(np.zeros((2, 1, 28, 28), np.float32)),))
    figure = figures.kl_figure(painted)
    assert "Nothing was looked at" in figure.layout.title.text and figure.data[0].y is None


def test_the_heat_map_is_the_entropy_of_one_picture():
    trace = raster_trace(2)
    p = trace.probability[1].astype(float)
    heat = figures.entropy_figure(trace, 1).data[0]
    np.testing.assert_allclose(heat.z, -p * np.log(p) - (1 - p) * np.log(1 - p), rtol=1e-4)
    assert heat.zmax == pytest.approx(np.log(2))


def test_heat_maps_have_square_hard_pixels_with_the_first_row_on_top():
    for figure in every_figure()[2:3]:
        assert figure.data[0].zsmooth is False
        assert figure.layout.yaxis.scaleanchor == "x"
        assert figure.layout.yaxis.autorange == "reversed"
        assert (figure.data[0].y[0], figure.data[0].x[0]) == (1, 1)


def test_a_heat_map_has_the_colours_of_the_pixel_room():
    stops = figures.entropy_figure(raster_trace()).data[0].colorscale
    colours = [tuple(int(number) for number in colour[4:-1].split(",")) for _, colour in stops]
    assert colours[:2] == [overlays.rgb(overlays.STAGE), overlays.rgb(overlays.COLOURS["pixel"])]


def test_a_code_without_a_price_gets_a_sentence_instead_of_bars():
    assert "only the code of a digit" in figures.nats_per_latent_figure(f32([])).layout.title.text


def test_the_dearest_latent_comes_first():
    bars = figures.nats_per_latent_figure(f32([0.5, 3, 1])).data[0]
    assert list(bars.x) == ["z2", "z3", "z1"]
    assert list(bars.y) == [3, 1, 0.5]


def test_every_figure_can_lie_on_a_light_and_on_a_dark_page_and_names_its_units():
    for figure in every_figure():
        layout = figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
        assert layout.font.color == figures.TEXT
        assert any(unit in figure.data[0].hovertemplate for unit in ("nats", "%"))
        assert len(figure.to_json()) < 20_000  # Plotly's default template alone would be 7 kB more


def test_a_title_is_shown_when_there_is_one():
    titled, untitled = every_figure()[:2]
    assert titled.layout.title.text == "A title"
    assert untitled.layout.title.text is None


def test_numbers_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        figures.nats_per_latent_figure(f32([1, np.nan]))
    trace = raster_trace(side=4)
    with pytest.raises(ValueError, match="not finite"):
        figures.entropy_figure(replace(trace, entropy=np.full_like(trace.entropy, np.nan)))


@pytest.mark.parametrize("cell", [0, 2])
def test_the_paths_go_through_the_centres_of_the_windows_and_over_the_right_way_up(cell: int) -> None:
    trace = draw_trace(cells=3)
    picture, read, write = figures.path_figure(trace, cell=cell).data
    assert trace.subject is not None
    np.testing.assert_allclose(picture.z, trace.subject[cell, 0])
    for path, kind in ((read, "read"), (write, "write")):
        np.testing.assert_allclose(path.x, [step.scalars[f"{kind}_x"][cell] for step in trace])
        np.testing.assert_allclose(path.y, [step.scalars[f"{kind}_y"][cell] for step in trace])
        assert path.customdata[:, 1].tolist() == [1, 2, 3, 4, 5, 6], "strokes are counted from 1, as on the page"
        assert path.hovertemplate.startswith("stroke %{customdata[1]}<br>")
    assert figures.path_figure(trace).layout.yaxis.range == (28, 0), "y goes down, as in the picture"


def test_a_painter_without_windows_has_no_paths() -> None:
    figure = figures.path_figure(draw_trace(windows=False))
    assert "no windows" in figure.layout.title.text


def test_the_histogram_of_distances_counts_every_picture_once() -> None:
    distances = [np.array([3, 4, 12]), np.array([1, 22]), np.array([7, 7, 7, 9])]
    for line, values in zip(figures.novelty_figure(*distances).data, distances, strict=True):
        assert sum(line.y) == pytest.approx(100)
        at = {x - 2.5: share for x, share in zip(line.x, line.y, strict=True) if share}
        for value in values:
            assert at[5 * (value // 5)] == pytest.approx(100 * np.mean(values // 5 == value // 5))
