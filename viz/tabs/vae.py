"""All at once: the room of the VAEs, with an inner tab for each way to walk in their latent space."""

from __future__ import annotations

from typing import Any

from core.studio.runtime import Runtime
from viz.language import say
from viz.tabs import vae_bound, vae_code, vae_colour, vae_map, vae_map_view, vae_restore, vae_walks
from viz.tabs.desk import room
from viz.tabs.subject import gallery, usual
from viz.tabs.trained import Asked
from viz.views.vae_code import FIRST

SEED = 1

INNER = (
    ("The map", "map", vae_map.build),
    ("The code", "code", vae_code.build),
    ("Between", "between", vae_walks.build),
    ("What it costs", "cost", vae_bound.build),
    ("Restore", "restore", vae_restore.build),
    ("Colour", "colour", vae_colour.build),
)


def build(runtime: Runtime) -> None:
    """Fill the room."""
    room(runtime, "vae", "read", INNER)


def firsts(studio: Any) -> dict[str, Any]:
    """What stands in the room before anything is computed, by the names of ``assets/``.

    It is what the usual digit under its usual cover and the usual seed give.
    """
    digit = usual()
    coded = vae_code.Coded(studio, digit, SEED, FIRST, say(vae_code.COPY), "")
    cost, bars = vae_bound.shown(studio.costs, digit.pixels, vae_bound.BOUND, vae_bound.FIRST_MODEL, SEED)
    pair = [digit.pixels, gallery()[vae_walks.OTHERS["B"]]]
    way = studio.walks.between(*pair, vae_walks.FIRST_FRAMES)
    view = vae_map_view.FIRST
    now = vae_map_view.seen(studio, view, digit.pixels)
    path, frames = vae_map_view.FIRST_PATH, vae_map_view.FIRST_FRAMES
    return {
        "vae": coded.stage(),
        "vae-code": coded.numbers(),
        "vae-film": coded.film(vae_code.TRAVERSE, digit.pixels),
        "cost": cost,
        "cost-bars": {"html": bars},
        "restore": vae_restore.view_of(studio.restoring.uncover(digit, SEED), vae_restore.SIDES),
        "vae-between": vae_walks.walked(way, pair, FIRST),
        "vae-colour": vae_colour.Answers(Asked(studio, vae_colour.MODEL)).imagined(vae_colour.FIRST_COUNT, SEED, 1),
        "map": vae_map_view.board(studio, view, now),
        "map-cloud": vae_map_view.cloud(studio, view, now, digit.pixels),
        "map-film": vae_map_view.film(studio, view, now.plane, path, frames),
    }
