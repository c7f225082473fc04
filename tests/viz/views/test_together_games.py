"""Both games in the end: where everybody was surprised, how small a digit is as a file, and who saw what."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
from PIL import Image

from core.results import Bill, Glimpsed
from core.studies import together_guess as rules
from core.trace import CanvasTrace, Mark, Step
from viz.player import overlays
from viz.player.payload import decode, panel_data
from viz.views import together_guess, together_looks

DIGIT = rules.drawn(5)
WHERE = rules.places(DIGIT, rules.SHORT)
YOURS = Bill("You", np.linspace(0, 5.6, len(WHERE)).astype(np.float32), rule=True)
MODEL = Bill("A model", np.full(len(WHERE), 0.1, np.float32))


def test_a_map_lights_up_the_pixels_that_were_asked_about_and_the_dearest_most() -> None:
    value = together_guess.maps(YOURS, [MODEL], DIGIT, WHERE)
    panel = value["panels"][0]
    assert panel["labels"] == ["A model", "You"]  # the cheapest first
    theirs, yours = panel_data(panel)[0].astype(int)
    row, column = WHERE.T
    dearest = yours[row[-1], column[-1]]
    assert tuple(dearest) == tuple(overlays.ramp_table("pixel")[255])
    brightness = yours[row, column].sum(1)
    assert (np.diff(brightness) >= 0).all() and brightness[0] < brightness[-1]
    assert len(np.unique(theirs[row, column], axis=0)) == 1
    others = np.ones(DIGIT.shape, bool)
    others[row, column] = False
    assert (yours[others] == theirs[others]).all() and (yours[others & ~DIGIT] == 0).all()


def test_the_files_are_told_in_whole_bytes_beside_a_png_which_pillow_reads_back() -> None:
    html = together_guess.files({"a": 82, "b": 105}, {"a": "Model A", "b": "Model B"}, DIGIT)
    sizes = dict(re.findall(r"<span>([^<]+)</span><i>.*?</i><span>(\d+) bytes", html))
    assert (sizes["Model A"], sizes["Model B"]) == ("11", "14")
    file = io.BytesIO()
    Image.fromarray(DIGIT).save(file, "PNG", optimize=True)
    assert int(sizes["PNG"]) == len(file.getvalue())
    assert (np.asarray(Image.open(io.BytesIO(file.getvalue()))) == DIGIT).all()


def look(boxes: list[tuple[float, float, float]], guesses: list[int]) -> CanvasTrace:
    """A made-up look: a patch of the number of the glimpse, and the digit that it then takes the scene for."""
    steps = []
    for k, ((x, y, size), guess) in enumerate(zip(boxes, guesses, strict=True)):
        values = (np.full(1, each, np.float32) for each in (x, y, size, size, 1.0))
        scalars = {f"{d}_probability": np.full(1, 0.91 if d == guess else 0.01, np.float32) for d in range(10)}
        scalars["glimpse_intensity"] = np.full(1, 2.0, np.float32)
        patch = np.full((1, 1, 12, 12), 2 * (k + 1) / 10, np.float32)
        image = np.zeros((1, 1, 60, 60), np.float32)
        steps.append(Step(image, (Mark("glimpse", *values),), scalars, {"glimpse": patch}))
    return CanvasTrace(tuple(steps), np.zeros((1, 1, 60, 60), np.float32))


WIDE, NARROW = (30.0, 30.0, 40.0), (30.0, 30.0, 12.0)
FOUND = Glimpsed(2, 2, look([WIDE, NARROW], [6, 2]), look([WIDE] * 8, [0, 2, 1, 2, 2, 2, 2, 2]))


def test_what_was_seen_stands_where_it_was_seen_the_sharpest_on_top_and_the_rest_is_grey() -> None:
    for boxes in ([WIDE, NARROW], [NARROW, WIDE]):
        seen = together_looks.remembered(look(boxes, [0, 0]))[0]
        narrow, wide = ((boxes.index(each) + 1) / 10 for each in (NARROW, WIDE))
        assert np.allclose(seen[24:36, 24:36], narrow) and np.allclose(seen[10:24, 10:50], wide)
        assert np.allclose(seen[:10], together_looks.UNSEEN) and np.allclose(seen[:, 50:], together_looks.UNSEEN)


def test_the_board_shows_no_pixel_of_the_scene_before_the_first_look() -> None:
    value = together_looks.board(None)
    assert len(set(decode(value["data"], np.uint8, (-1,)).tolist())) == 1 and value["ghosts"] == []


def test_the_verdict_says_who_was_right_after_how_many_looks() -> None:
    said = together_looks.verdict(FOUND)
    assert "It is <b>a 2</b>. You said a 2 after 2 looks: <b>right</b>" in said
    assert "from look 4 on" in said and "With <b>your</b> looks it says a 2, 91\u202f% sure" in said
    never = together_looks.verdict(replace(FOUND, digit=9))
    assert never.count("<b>wrong</b>") == 2


def test_both_ways_have_eight_steps_and_the_shorter_one_rests() -> None:
    value = together_looks.outcome(FOUND)
    yours, its = (decode(mark["data"], np.float32, tuple(mark["shape"])) for mark in value["marks"])
    assert value["steps"] == 8 and len(yours) == 8 and (yours[1:, 0, 2] == 12).all()
    assert [mark["panel"] for mark in value["marks"]] == [0, 1] and its.shape[-1] == 5
