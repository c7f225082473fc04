"""A trace as a file: what the page would show of it, at an address of one's own."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from core.errors import UserError
from core.trace import CanvasTrace, Mark, Step, Trace
from tests.viz.traces import draw_trace, f32, passes_trace, raster_trace, walk_trace
from viz import files
from viz.language import speaking
from viz.widgets import web


def looks(steps: int = 3) -> CanvasTrace:
    """A classifier's glimpses at two pictures."""
    picture, one = f32(np.random.default_rng(0).random((2, 1, 8, 8))), np.ones(2, np.float32)
    scalars = {f"{k}_probability": 0.1 * one for k in range(10)}
    scalars |= {f"glimpse_{name}": one for name in ("x", "y", "stride", "variance", "intensity")}
    mark = Mark("glimpse", 4 * one, 4 * one, 3 * one, 3 * one, one)
    step = Step(picture, (mark,), scalars, {"glimpse": f32(np.zeros((2, 1, 3, 3)))})
    return CanvasTrace((step,) * steps, picture)


def still(subject: bool) -> CanvasTrace:
    picture = f32(np.random.default_rng(1).random((3, 1, 8, 8)))
    return CanvasTrace(
        (Step(picture, scalars={"kl": f32([1, 2, 3])} if subject else {}),), picture if subject else None
    )


TRACES: dict[str, tuple[Trace, str, list[str]]] = {
    "a copy": (draw_trace(), "stroke", ["What it looks at", "What it has drawn"]),
    "a copy without windows": (draw_trace(windows=False), "stroke", ["What it looks at", "What it has drawn"]),
    "a dream": (draw_trace(subject=False), "stroke", ["What it has drawn"]),
    "pixel by pixel": (raster_trace(4, known_rows=14), "pixel", ["What it has painted"]),
    "a sampler's passes": (passes_trace(), "pass", ["What it has painted"]),
    "glimpses": (looks(), "glimpse", ["The picture, and where it looks", "All that reaches it: 3×3 numbers"]),
    "a walk": (walk_trace(), "step", ["What it paints"]),
    "all at once": (still(subject=False), "step", ["What it paints"]),
    "a copy at once": (still(subject=True), "step", ["What it looks at", "What it paints"]),
}


@pytest.mark.parametrize("kind", TRACES)
def test_a_trace_is_shown_as_its_room_shows_it_and_can_be_taken_home(kind: str, tmp_path: Path) -> None:
    trace, word, titles = TRACES[kind]
    player = files.shown(trace)
    assert (
        player["moment"] == f"{word} [[step]] of [[steps]]" and [panel["title"] for panel in player["panels"]] == titles
    )
    with Image.open(trace.to_gif(tmp_path / "a.gif", size=56)) as gif:
        assert len(list(ImageSequence.Iterator(gif))) == min(player["steps"], 120)
    with Image.open(trace.to_png(str(tmp_path / "a.png"), size=56, frames=2)) as strip:
        assert strip.width >= 50 and strip.format == "PNG"


def test_the_options_of_a_file_are_checked_and_what_the_disk_complains_of_is_a_sentence(tmp_path: Path) -> None:
    trace = walk_trace()
    with pytest.raises(UserError, match=r"^Frames per second must lie between 1 and 50\.$"):
        trace.to_gif(tmp_path / "a.gif", fps=99)
    for write in (trace.to_gif, trace.to_png):
        with pytest.raises(UserError, match=r"cannot be written: Is a directory\.$"):
            write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", TRACES)
def test_a_page_of_one_file_carries_the_whole_painting_and_asks_nobody_for_anything(kind: str, tmp_path: Path) -> None:
    trace = TRACES[kind][0]
    page = trace.to_html(tmp_path / "a.html").read_text("utf-8")
    packed = page.split('id="painting">')[1].split("<")[0]
    carried = json.loads(gzip.decompress(b64decode(packed)))
    shown = files.shown(trace)
    assert carried["panels"] == shown["panels"] and carried["marks"] == shown["marks"]
    assert "default-src 'none'" in page and "http://" not in page and "https://" not in page and "src=" not in page
    for module in json.loads(page.split('<script type="importmap">')[1].split("</script>")[0])["imports"].values():
        assert not re.search(r"^(?:import|export)\b[^'\n]*'\.", b64decode(module.split(",")[1]).decode(), re.MULTILINE)


def test_a_notebook_shows_the_player_and_other_places_a_line(tmp_path: Path) -> None:
    trace = draw_trace(steps=6, cells=2)
    assert repr(trace) == "<CanvasTrace: 2 of 1×28×28, 6 steps>"
    assert trace._repr_html_().startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    with pytest.raises(UserError, match=r"cannot be written: Is a directory\.$"):
        trace.to_html(tmp_path)


def test_a_page_of_one_file_speaks_its_language_and_carries_the_words_that_its_code_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = {"Play": "播放", "Go to {moment}": "</script>", "Print": "打印"}
    monkeypatch.setattr(web, "for_scripts", lambda language: words if language == "zh" else {})
    assert '<html lang="en">' in (english := files.alone(files.shown(walk_trace()))) and "easelWords" not in english
    assert 'aria-label="Previous step"' in english and "[[" not in english.split("<main")[1].split('id="painting"')[0]
    with speaking("zh"):
        page = files.alone(files.shown(walk_trace()))
    carried = json.loads(page.split("window.easelWords = ")[1].split(";</script>")[0])
    assert '<html lang="zh">' in page and page.index("easelWords") < page.index("importmap")
    assert carried == {"Play": "播放", "Go to {moment}": "</script>"}
