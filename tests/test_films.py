"""Shipped films are of real trainings: small, of the model that they name, and in them something is learned."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.files import CHECKPOINTS
from core.training.live import FILM_BYTES, MOMENTS, moments, read_film
from core.training.registry import REGISTRY
from scripts import make_film

FILMS = sorted(CHECKPOINTS.glob("*.film.npz"))


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.name)
def test_a_shipped_film_is_small_and_says_what_it_was_recorded_from(path: Path) -> None:
    film = read_film(path)
    assert film is not None and path.stat().st_size <= FILM_BYTES
    note = json.loads(str(film["note"]))
    name = path.name.partition(".")[0]
    assert note["name"] == name and note["source"] == REGISTRY[name].dataset
    assert note["recipe"]["steps"] == film["steps"][-1] and len(film["steps"]) >= MOMENTS - 2
    assert film["validation"][-1] < 0.5 * film["validation"][0]
    planned, at = [*note.get("earlier", []), note["recipe"]], 0
    for plan in planned:  # all schedules are named: each moment is one of that which held then
        until = plan.get("until", plan["steps"])
        assert set(film["steps"][(film["steps"] > at) & (film["steps"] <= until)]) <= set(moments(plan["steps"]))
        at = until
    drawn = note.get("shown") in make_film.DRAWN
    assert drawn or not set(make_film.LEFT_OUT) & set(film), "the data set's own pictures are not ours to ship"


def test_the_map_of_the_shipped_vae_unfolds() -> None:
    film = read_film(CHECKPOINTS / "aevb-mnist-2d.film.npz")
    assert film is not None
    spread = film["codes"].astype(np.float64).std(1).mean(1)
    assert spread[-1] > 5 * spread[0] and 0.5 < spread[-1] < 1.5, "it ends about as wide as the prior"
