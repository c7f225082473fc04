"""The VAE's payloads say what the code is and what it costs."""

import math

import numpy as np

from core.trace import CanvasTrace, Step
from core.training.registry import REGISTRY
from viz.player import payload
from viz.views import vae_code

PAINTED = np.linspace(0, 1, 784, dtype=np.float32).reshape(1, 1, 28, 28)
SUBJECT = np.full((28, 28), 255, np.uint8)
CODE = np.arange(8, dtype=np.float32) / 4


def numbers(value: payload.Player, name: str) -> float:
    note = value["note"]
    assert note is not None
    return float(payload.decode(note["values"][name]["data"], np.float32, (1, 1))[0, 0])


def test_the_panels_are_the_subject_and_what_the_code_paints() -> None:
    value = vae_code.code_payload(SUBJECT, PAINTED, CODE, kl=12.5, reconstruction=60.0)
    seen, painted = (payload.panel_data(panel) for panel in value["panels"])
    assert (seen == 255).all()
    assert np.abs(painted[0, 0, :, :, 0] / 255 - PAINTED[0, 0]).max() <= 0.5 / 255 + 1e-6
    assert value["steps"] == 1 and not value["film"]


def test_the_note_gives_every_number_and_both_costs() -> None:
    value = vae_code.code_payload(SUBJECT, PAINTED, CODE, kl=12.5, reconstruction=60.0)
    assert [numbers(value, f"z{i}") for i in range(8)] == CODE.tolist()
    assert [numbers(value, name) for name in ("kl", "reconstruction", "whole")] == [12.5, 60.0, 72.5]


def test_a_bent_code_has_no_price_and_an_imagined_one_no_subject() -> None:
    bent = vae_code.code_payload(SUBJECT, PAINTED, CODE, reconstruction=70.0)["note"]
    imagined = vae_code.code_payload(None, PAINTED, CODE)
    assert bent is not None and "kl" not in bent["values"] and "You bent the code" in bent["html"]
    assert imagined["note"] is not None and "reconstruction" not in imagined["note"]["values"]
    assert (payload.panel_data(imagined["panels"][0]) == 0).all()


def test_no_price_is_ever_shown_as_a_number_that_is_not_one() -> None:
    for value in (
        vae_code.code_payload(SUBJECT, PAINTED, CODE, reconstruction=1.0),
        vae_code.code_payload(None, PAINTED, CODE),
    ):
        assert not any(math.isnan(numbers(value, name)) for name in (value["note"] or {"values": {}})["values"])


def test_a_traversal_labels_each_cell_and_goes_round() -> None:
    trace = CanvasTrace(tuple(Step(np.full((8, 1, 28, 28), t / 4, np.float32)) for t in range(4)))
    value = vae_code.traversal_payload(trace)
    assert value["panels"][0]["labels"] == [f"z{i}" for i in range(1, 9)]
    assert value["loop"] and (value["steps"], value["columns"]) == (4, 4)


def test_the_words_follow_the_length_of_the_code() -> None:
    for name, count in vae_code.SIZES.items():
        assert REGISTRY[name].config.latent == count
        code = np.ones(count, np.float32)
        note = vae_code.code_payload(SUBJECT, PAINTED, code, kl=1.0, reconstruction=1.0)["note"]
        assert note is not None
        assert note["html"].startswith(f"<b class='vae'>{vae_code.COUNTS[count].capitalize()}")
        assert len(note["rows"]) == count + 3
    assert sorted(vae_code.CODES.values()) == sorted(vae_code.SIZES)
    assert all(label.split(",")[0] == str(vae_code.SIZES[name]) for label, name in vae_code.CODES.items())


def test_the_priors_mean_is_named_with_and_without_a_subject() -> None:
    zero = np.zeros(8, np.float32)
    with_digit = vae_code.code_payload(SUBJECT, PAINTED, zero, reconstruction=9.0)["note"]
    without = vae_code.code_payload(None, PAINTED, zero)["note"]
    assert with_digit is not None and without is not None
    assert "all of them 0" in with_digit["html"] and "[[reconstruction]]" in with_digit["html"]
    assert "all of them 0" in without["html"] and "[[reconstruction]]" not in without["html"]


def test_a_dead_number_is_marked_wherever_it_stands() -> None:
    dead = np.array([False, False, True])
    assert vae_code.slider_label(2, 0.001, True) == "z3 · dead: carries 0.00 nats"
    assert vae_code.slider_label(0, 1.234, False) == "z1 · 1.23 nats"
    table = vae_code.lattice_payload(np.zeros((3, 5, 1, 4, 4), np.float32), dead)
    assert table["panels"][0]["heads"]["rows"] == ["z1", "z2", "z3 dead"]
    trace = CanvasTrace(tuple(Step(np.zeros((3, 1, 4, 4), np.float32)) for _ in range(2)))
    assert vae_code.traversal_payload(trace, dead)["panels"][0]["labels"] == ["z1", "z2", "z3 dead"]
    assert "z3 is dead" in vae_code.dead_sentence(dead) and "0.01 nats" in vae_code.dead_sentence(dead)
    assert "z1, z2 and z4 are dead" in vae_code.dead_sentence(np.array([True, True, False, True]))
    assert vae_code.dead_sentence(np.zeros(20, bool)).startswith("None of the twenty numbers is dead")


def test_a_table_has_a_row_for_each_number_and_its_values_above_the_columns() -> None:
    painted = np.arange(2 * 9, dtype=np.float32).reshape(2, 9, 1, 1, 1) / 17 * np.ones((1, 1, 1, 4, 4), np.float32)
    value = vae_code.lattice_payload(painted)
    panel = value["panels"][0]
    assert (value["columns"], value["cells"], value["steps"]) == (9, 18, 1)
    assert panel["heads"]["columns"] == ["−3", "", "−1.5", "", "0", "", "1.5", "", "3"]
    assert payload.panel_data(panel)[0, :, 0, 0, 0].tolist() == np.rint(255 * painted[:, :, 0, 0, 0].ravel()).tolist()
