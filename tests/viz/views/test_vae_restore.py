"""What stands beside each other after restoring is what each way answered, and the sentence names the nearest."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.viz.traces import f32
from viz.player.payload import NEVER, Player, decode, panel_data
from viz.views import vae_restore

WAYS = ("encoder", "denoising", "search", "pixels")
RNG = np.random.default_rng(1)


def answer(way: str, wrong: float, nats: float) -> Any:
    shape = (6, 6)
    samples = f32(RNG.random((8, *shape)) < 0.5)
    return SimpleNamespace(
        way=way,
        painted=f32(RNG.random(shape)),
        samples=samples,
        spread=samples.std(0),
        nats=nats,
        wrong=wrong,
        unsure=0.2,
    )


def restored(covered: bool = True, wrong: tuple[float, ...] = (0.3, 0.2, 0.1, 0.15)) -> Any:
    """A made-up :class:`core.results.Restored` of a picture of 6×6."""
    hidden = np.zeros((6, 6), bool)
    hidden[3:] = covered
    objective = f32([[40, 60, 90], [30, 45, 50], [25, 28, 31]])
    climb = SimpleNamespace(
        pictures=f32(RNG.random((3, 3, 6, 6))),
        objective=objective,
        known=objective - 2,
        hidden=f32([50, 60, 70]),
        origins=np.array([0, 2, 1]),
    )
    ways = WAYS if covered else WAYS[:3]
    answers = [answer(way, share, 100 - 10 * i) for i, (way, share) in enumerate(zip(ways, wrong, strict=False))]
    damaged = f32(RNG.random((6, 6)) < 0.5)
    flips = 0.0 if covered else 0.2
    return SimpleNamespace(
        damaged=damaged, hidden=hidden, flips=flips, untouched=0.4, answers=answers, climb=climb, region=hidden
    )


def words(value: Player) -> str:
    assert value["note"] is not None
    return re.sub("<[^>]*>", "", value["note"]["html"])


def test_side_by_side_stand_what_is_left_every_answer_and_its_spread_on_a_named_scale() -> None:
    made = restored()
    value = vae_restore.side_payload(made)
    left, painted, unsure = value["panels"]
    reveal = decode(left["reveal"], np.uint16, (6, 6))
    assert (reveal[3:] == NEVER).all() and (reveal[:3] == 0).all(), "hidden pixels are hatched"
    assert painted["labels"] == ["Encoder 30.0 %", "Denoiser 20.0 %", "Search 10.0 %", "PixelCNN 15.0 %"]
    for cell, each in enumerate(made.answers):
        np.testing.assert_array_equal(panel_data(painted)[0, cell, :, :, 0], np.rint(each.painted * 255))
        np.testing.assert_array_equal(
            panel_data(unsure)[0, cell, :, :, 0], np.rint(np.clip(2 * each.spread, 0, 1) * 255)
        )
    assert "0 to ½" in unsure["title"] and unsure["map"] == "room"
    assert painted["room"] == unsure["room"] == "plain", "painters of several rooms stand in one grid"


def test_the_sentence_names_the_nearest_and_the_likeliest_whoever_they_are() -> None:
    text = words(vae_restore.side_payload(restored()))
    assert text.startswith("Search came nearest: 10.0 % of the hidden pixels wrong, where doing nothing leaves 40.0 %.")
    assert "PixelCNN would be the likeliest" in text and "70.0 nats" in text
    text = words(vae_restore.side_payload(restored(wrong=(0.1, 0.2, 0.1, 0.3))))
    assert text.startswith("Encoder and Search came nearest")


def test_of_noise_it_is_said_that_no_pixel_model_was_asked() -> None:
    value = vae_restore.side_payload(restored(covered=False))
    assert "PixelCNN is not asked" in words(value) and "of all pixels wrong" in words(value)
    assert value["cells"] == 3 and "reveal" not in value["panels"][0]


def test_the_film_of_the_search_has_a_cell_for_each_restart_and_its_objective_as_the_time_line() -> None:
    made = restored()
    value = vae_restore.search_payload(made)
    assert (value["steps"], value["cells"]) == (3, 3) and value["cost"] is not None and value["note"] is not None
    bars = decode(value["cost"]["data"], np.float32, (3, 3))
    np.testing.assert_allclose(bars, made.climb.objective - 25)
    assert "25.0 nats" in value["cost"]["label"]
    assert value["panels"][0]["labels"] == ["encoder's answer", "a random code", "prior's mean"]
    length = decode(value["note"]["values"]["length"]["data"], np.float32, (1, 1))
    assert length[0, 0] == pytest.approx(2), "|z|² / 2 is what the objective has beside the known pixels' nats"
    assert ["in the end, the hidden pixels", "[[hidden]] nats"] in value["note"]["rows"]


def test_samples_have_a_panel_for_each_way_in_its_colour() -> None:
    value = vae_restore.samples_payload(restored())
    assert [panel["room"] for panel in value["panels"]] == ["vae", "vae", "vae", "pixel"]
    assert {panel["cells"] for panel in value["panels"]} == {vae_restore.SAMPLES}


def test_a_search_that_is_no_number_is_refused() -> None:
    made = restored()
    made.climb.objective[1, 1] = np.nan
    with pytest.raises(ValueError, match="finite"):
        vae_restore.search_payload(made)
