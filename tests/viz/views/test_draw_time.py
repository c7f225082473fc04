"""Futures and erased strokes on the page are those of the trace."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.results import Erased
from core.trace import CanvasTrace, Step
from viz.player.frames import draw_payload
from viz.player.payload import decode, panel_data
from viz.views.draw_time import erased_payload, forks_payload, length_told

RNG = np.random.default_rng(0)
T, SIDE = 5, 6


def painting(copies: bool) -> Erased:
    """What the eraser found, made up."""
    numbers = RNG.random((2, T)).astype(np.float32) * 40 - 5
    known = numbers if copies else np.full_like(numbers, np.nan)
    whole, without = RNG.random((1, SIDE, SIDE)), RNG.random((T, 1, SIDE, SIDE))
    return Erased(whole.astype(np.float32), without.astype(np.float32), *known)


def film(count: int) -> CanvasTrace:
    return CanvasTrace(tuple(Step(RNG.random((count, 1, SIDE, SIDE)).astype(np.float32)) for _ in range(T)))


@pytest.mark.parametrize("latent", [False, True])
@pytest.mark.parametrize("copies", [False, True])
def test_each_cell_is_the_picture_without_one_stroke_and_what_is_lost_of_it(copies: bool, latent: bool) -> None:
    made = painting(copies)
    value = erased_payload(made, latent=latent)
    without, lost = value["panels"]
    assert (value["cells"], value["steps"], value["film"]) == (T, 1, False)
    np.testing.assert_allclose(panel_data(without)[0, ..., 0] / 255, made.without[:, 0], atol=0.5 / 255 + 1e-6)
    difference = np.abs(made.without - made.whole)[:, 0]
    np.testing.assert_allclose(panel_data(lost)[0, ..., 0] / 255, difference / difference.max(), atol=0.5 / 255 + 1e-6)
    assert f"{100 * difference.max():.0f} %" in lost["title"] and lost["map"] == "room"
    assert lost["labels"] == [f"{100 * each:.1f} %" for each in difference.mean((1, 2))]
    wanted = [f"{t + 1}: {made.lost[t]:+.0f}" if copies else f"{t + 1}" for t in range(T)]
    assert without["labels"] == wanted


@pytest.mark.parametrize("copies", [False, True])
def test_the_note_has_nats_only_where_something_was_copied(copies: bool) -> None:
    made = painting(copies)
    note = erased_payload(made, latent=False)["note"]
    assert note is not None and note["title"] == f"Without stroke [[cell]] of {T}"
    assert ({"kl", "lost"} <= note["values"].keys()) == copies
    if copies:
        lost: Any = note["values"]["lost"]
        np.testing.assert_array_equal(decode(lost["data"], np.float32, (1, T))[0], made.lost)


FORKS = [(0, "3 futures without a common past"), (2, "3 futures, one past up to stroke 2")]


@pytest.mark.parametrize(("at", "title"), FORKS)
def test_futures_say_at_every_step_whether_they_are_still_one(at: int, title: str) -> None:
    value = forks_payload(film(3), at)
    assert value["panels"][-1]["title"] == title
    assert value["panels"][-1]["labels"] == ["what it became", "future 2", "future 3"]
    assert value["note"] is not None
    said: Any = value["note"]["values"]["shared"]
    index = np.broadcast_to(decode(said["index"], np.uint8, tuple(said["shape"])), (T, 1))[:, 0]
    assert [said["words"][i] for i in index] == [
        "So far all futures are one." if t < at else "Here the futures go their own ways." for t in range(T)
    ]


def said_of_its_length(trained: int) -> list[str]:
    """What the note of a painting of T strokes says about its length, stroke by stroke."""
    note = length_told(draw_payload(film(2)), trained)["note"]
    assert note is not None
    words: Any = note["values"]["length"]
    assert note["html"].endswith("<b>[[length]]</b>") and words["shape"][1] == 1
    index = np.broadcast_to(decode(words["index"], np.uint8, tuple(words["shape"])), (T, 1))
    return [words["words"][place] for place in index[:, 0]]


def test_the_strokes_beyond_the_trained_ones_are_told_from_the_others() -> None:
    said = said_of_its_length(trained=3)
    assert said[0] == said[1] == said[2] == "It was trained to be finished after stroke 3; here it has to go on."
    assert said[3] == said[4] and said[4].startswith("It was trained with 3 strokes and never learned to go on")


def test_a_painting_that_is_cut_short_says_so_at_every_stroke() -> None:
    said = said_of_its_length(trained=6)
    assert set(said) == {said[0]} and "trained with 6" in said[0] and f"after {T} the picture is unfinished" in said[0]


def test_a_painting_of_the_trained_length_says_nothing_about_it() -> None:
    trace = film(2)
    assert length_told(draw_payload(trace, nonce="a"), T) == draw_payload(trace, nonce="a")
