"""Payloads of walks between codes: the panels are what was painted, the notes what it costs and how far out it lies."""

from __future__ import annotations

import math

import numpy as np
import pytest

from viz.player import payload
from viz.player.payload import Note, Player
from viz.views import vae_code, vae_walks

T = 5
RNG = np.random.default_rng(0)
PAINTED = RNG.random((2, T, 1, 4, 4)).astype(np.float32)
MIXED = RNG.random((T, 1, 4, 4)).astype(np.float32)
NATS = (100 * RNG.random((2, T, 2))).astype(np.float32)
LENGTHS = RNG.random((2, T)).astype(np.float32)


def note_of(value: Player) -> Note:
    assert value["note"] is not None
    return value["note"]


def series(value: Player, name: str, *, by_cell: bool = False) -> list[float]:
    """A number of the note at every step, or of every cell."""
    spec = note_of(value)["values"][name]
    found = payload.decode(spec["data"], np.float32, tuple(spec["shape"]))
    return found[0].tolist() if by_cell else found[:, 0].tolist()


def test_both_ways_and_the_fade_stand_beside_each_other_and_the_fade_is_no_models() -> None:
    value = vae_walks.between_payload(PAINTED, MIXED, NATS, LENGTHS)
    for panel, film in zip(value["panels"], (*PAINTED, MIXED), strict=True):
        np.testing.assert_allclose(payload.panel_data(panel)[:, 0, :, :, 0] / 255, film[:, 0], atol=0.5 / 255 + 1e-6)
    assert [panel["room"] for panel in value["panels"]] == ["vae", "vae", "plain"]
    assert "no model" in value["panels"][2]["title"]
    assert (value["steps"], value["loop"]) == (T, True)


def test_the_note_has_the_price_of_both_ends_from_every_frame_of_both_ways() -> None:
    value = vae_walks.between_payload(PAINTED, MIXED, NATS, LENGTHS)
    assert series(value, "share") == [0, 0.25, 0.5, 0.75, 1]
    for way in range(2):
        assert series(value, f"length_{way}") == LENGTHS[way].tolist()
        for end in range(2):
            assert series(value, f"nats_{way}_{end}") == NATS[way, :, end].tolist()
    assert value["cost"] is not None
    bars = payload.decode(value["cost"]["data"], np.float32, (T,))
    assert bars.tolist() == NATS[0].min(1).tolist()


def test_every_slot_of_every_note_is_filled() -> None:
    sheet = vae_walks.corners_payload(RNG.random((25, 1, 4, 4)), RNG.random((25, 4)), RNG.random(25))
    grid = vae_code.lattice_payload(RNG.random((3, 5, 3, 4, 4)).astype(np.float32))
    for value in (
        vae_walks.between_payload(PAINTED, MIXED, NATS, LENGTHS),
        sheet,
        vae_walks.sum_payload(PAINTED[0, :4], np.ones(4), 2.0),
        vae_walks.copy_payload(MIXED[:1], MIXED[:1], np.ones(64), 5.0, 3.0),
        vae_walks.imagined_payload(MIXED, 0.5, 64),
        vae_walks.with_carried(grid, np.ones(64)),
    ):
        note = note_of(value)
        text = note["title"] + note["html"] + "".join(map("".join, note["rows"]))
        slots = {part.split("]]")[0] for part in text.split("[[")[1:]} - {"step", "steps", "cell", "cells"}
        assert slots <= set(note["values"]) and "{" not in text


def test_a_sheet_tells_of_every_tile_what_each_corner_gives() -> None:
    shares = RNG.random((25, 4)).astype(np.float32)
    value = vae_walks.corners_payload(RNG.random((25, 1, 4, 4)), shares, np.arange(25))
    assert value["columns"] == 5
    assert series(value, "share_C", by_cell=True) == shares[:, 2].tolist()
    assert series(value, "length", by_cell=True) == list(range(25))


@pytest.mark.parametrize(("length", "far"), [(2.8, False), (4.4, False), (4.6, True), (12.0, True)])
def test_a_sum_that_lies_beyond_the_prior_is_said_to(length: float, far: bool) -> None:
    value = vae_walks.sum_payload(PAINTED[0, :4], np.array([1, 2, 3, length]), math.sqrt(8))
    assert ("farther out" in note_of(value)["html"]) == far
    assert "often it does not" in note_of(value)["html"]
    assert value["panels"][0]["labels"] == ["A", "B", "C", "A − B + C"] and value["cell"] == 3


@pytest.mark.parametrize("d", [2, 8, 20, 64])
def test_one_in_a_hundred_codes_of_the_prior_lies_beyond_the_length_that_is_called_far(d: int) -> None:
    lengths = np.linalg.norm(np.random.default_rng(d).normal(size=(200_000, d)), axis=1)
    assert np.mean(lengths > vae_walks.farthest(math.sqrt(d))) == pytest.approx(0.01, abs=0.0015)


def test_empty_pictures_and_one_picture_twice_get_a_sentence_each_and_others_none() -> None:
    assert vae_walks.status((False, False)) == ""
    assert "same picture" in vae_walks.status((False, False), True)
    assert vae_walks.status((False, True)).startswith("<p>B is of one colour")
    assert "A, B and D are of one colour" in vae_walks.status((True, True, False, True))


def test_a_price_in_colour_is_the_codes_and_the_pictures_nats_together() -> None:
    value = vae_walks.copy_payload(MIXED[:1], MIXED[:1], np.full(64, 0.5), 968.0, 2.5)
    assert [series(value, name)[0] for name in ("kl", "rest", "whole", "bits")] == [32, 968, 1000, 2.5]
    assert "Sixty-four numbers" in note_of(value)["html"] and "average over 64 samples" in note_of(value)["html"]


def test_each_picture_of_a_row_says_what_its_number_carries() -> None:
    grid = vae_code.lattice_payload(np.zeros((3, 5, 1, 4, 4), np.float32))
    carried = np.arange(6, 0, -1, dtype=np.float32)
    value = vae_walks.with_carried(grid, carried)
    assert series(value, "carried", by_cell=True) == [6.0] * 5 + [5.0] * 5 + [4.0] * 5
    assert "these 3 carry most" in note_of(value)["html"] and "21.0" in note_of(value)["html"]
