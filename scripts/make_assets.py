"""Paint what Easel shows before any weight is loaded: ``python -m scripts.make_assets``.

Writes into ``assets/``: the stored payload of every room, the start page's three, and ``gallery.npz``, a digit of each
class that Gated PixelCNN painted. Run it again after a checkpoint changes; a test compares.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.checkpoints import FOLDER, read_card
from core.studio import Studio
from core.trace import Array, CanvasTrace, Step
from viz import codes, draw_frames, draw_views, filterbank, frames, pen_frames, restore_frames, vae_walks
from viz.glimpse_compare import comparison
from viz.glimpse_frames import glimpse_payload
from viz.painters import COLOUR, DRAW_COLOUR, FIRST
from viz.pixel_frames import compare_payload
from viz.scores import LESSON
from viz.tabs import (
    draw_between,
    draw_colour,
    draw_compare,
    draw_filters,
    draw_pen,
    draw_time,
    draw_two,
    pixel_colour,
    vae_between,
    vae_colour,
    vae_cost,
    vae_map,
    vae_map_view,
    vae_restore,
)
from viz.tabs.common import ASSETS
from viz.tabs.look_aim import FIRST as FIRST_GLIMPSE
from viz.tabs.look_path import PIECES, START_SEED, START_SIDE
from viz.tabs.look_path import START_DIGIT as LOOK_DIGIT
from viz.tabs.pixel_paint import COMPLETIONS, half_covered
from viz.tabs.subject import MAKER, gallery

GALLERY_SEED, CANDIDATES = 7, 12
PICKED = (2, 8, 11, 10, 2, 3, 11, 3, 11, 0)
"""Which of the twelve candidates of each class stands in the gallery: one that both a person and the networks of the
room *Where to look* read as what it was asked to be, and of a usual price."""
COLOUR_SEED = 4
START_DIGIT = 3


def make(folder: Path, checkpoints: Path = FOLDER) -> None:
    """Write every asset into ``folder``."""
    studio = Studio(checkpoints)

    def write(name: str, value: Any) -> None:
        (folder / f"{name}.json").write_text(json.dumps(value, allow_nan=False), encoding="utf-8")

    pictures = painted_digits(studio)
    made = {"model": MAKER, "sha256": read_card(MAKER, checkpoints)["sha256"], "seed": GALLERY_SEED, "picked": PICKED}
    np.savez_compressed(folder / "gallery.npz", bits=np.packbits(pictures.reshape(10, -1), axis=1), **made)
    gallery.cache_clear()
    colours = {name: to_bytes(studio.pixels.generate(name, 10, COLOUR_SEED).image) for name in COLOUR}
    np.savez_compressed(folder / "colour.npz", **colours)  # type: ignore[arg-type]  # NumPy's stub takes the names for flags
    pixel_colour.own_pictures.cache_clear()
    everything = rooms(studio) | other_draws(studio) | costs(studio) | restored(studio) | between_codes(studio)
    for name, value in (everything | start(studio) | latent_map(studio)).items():
        write(name, {**value, "id": name} if "id" in value else value)


def painted_digits(studio: Studio) -> NDArray[np.bool_]:
    """(10, H, W): the pictures of the gallery, a 0, a 1 and so on."""
    of_each = [studio.pixels.generate(MAKER, CANDIDATES, GALLERY_SEED, label=digit).image for digit in range(10)]
    pictures: NDArray[np.bool_] = np.stack([images[k, 0] > 0.5 for images, k in zip(of_each, PICKED, strict=True)])
    return pictures


def to_bytes(images: Array) -> NDArray[np.uint8]:
    """(N, C, H, W) in [0, 1] -> (N, H, W, C) of 0–255."""
    return np.rint(255 * images.transpose(0, 2, 3, 1)).astype(np.uint8)


def rooms(studio: Studio) -> dict[str, Any]:
    """What stands on each room's stage at first, under the names that :func:`viz.tabs.common.stored` is asked for."""
    code = studio.vaes.encode(gallery()[5])
    drawn, _ = studio.vaes.decode(code.mean)
    kl, rest = float(code.kl.sum()), code.reconstruction
    board = half_covered()
    completions = studio.pixels.complete(FIRST, board, 9, 1)
    square = pixel_colour.start_picture()
    coloured = studio.pixels.complete(pixel_colour.FIRST, square, 4, 1)
    window = studio.filters(gallery()[3], *draw_filters.PRESETS[draw_filters.FIRST])
    fork = draw_time.FIRST_FORK
    futures = studio.draw_forks(None, fork, draw_time.FIRST_COUNT, draw_time.FIRST_SEED)
    glimpses = studio.glimpses
    scene = glimpses.scene(gallery()[LOOK_DIGIT], START_SIDE, PIECES[START_SIDE], START_SEED).pixels
    own = glimpses.look_with(scene, FIRST_GLIMPSE, None)
    lesson = {title: studio.pixels.generate(name, 16, 1) for name, title in LESSON.items()}
    return {
        "draw": frames.draw_payload(studio.draw_copy(gallery()[3], 1)),
        "filterbank": filterbank.shown(window)._asdict(),
        "time": draw_frames.forks_payload(futures, fork),
        **pen(studio),
        "look": glimpse_payload(own.its, at_once=glimpses.at_a_glance(scene)),
        "look-own": comparison(own)._asdict(),
        "vae": codes.code_payload(gallery()[5], drawn, code.mean, kl=kl, reconstruction=rest),
        "vae-code": {
            "mean": [round(float(z), 2) for z in code.mean],
            "carried": [round(float(nats), 2) for nats in studio.vaes.carried()],
            "dead": studio.walks.dead().tolist(),
        },
        "vae-film": codes.traversal_payload(studio.vaes.traverse(code.mean), studio.walks.dead()),
        "pixels": frames.raster_payload(completions, title=COMPLETIONS),
        "colour": frames.raster_payload(coloured, title=COMPLETIONS),
        "lesson": {**compare_payload(lesson, autoplay=False), "note": None},
    }


def pen(studio: Studio) -> dict[str, Any]:
    """Player and window of the pen's room, of a copy in which one stroke has been moved."""
    hands = draw_pen.FIRST_HANDS
    penned = studio.draw_pen(gallery()[3], *hands, 1)
    return {
        "pen": pen_frames.pen_payload(penned, hands.steps()),
        "pen-aim": pen_frames.pen_aim(penned, draw_pen.FIRST_AT - 1, True),
    }


def other_draws(studio: Studio) -> dict[str, Any]:
    """The same for the tabs of DRAW's other painters."""
    draws, blank = studio.draws, studio.draw_blank()
    both = draws.compare(gallery()[draw_compare.FIRST_DIGIT], 1, 1)
    a, b = (gallery()[digit] for digit in draw_between.FIRST_DIGITS)
    way = draws.between(a, b, draw_between.FIRST_COUNT, "round", 1)
    one, other = (gallery()[digit] for digit in draw_two.FIRST_DIGITS)
    two = draws.copy_scene(draws.scene(one, other, draw_two.FIRST_SEED), draw_two.FIRST_SEED)
    name = DRAW_COLOUR[draw_colour.PAINTERS[0]]
    houses = draws.generate(name, draw_colour.FIRST_COUNT, draw_colour.FIRST_SEED)
    return {
        "compare": draw_views.compare_payload(*both, before=blank),
        "compare-tally": {"html": draw_views.tally_html(draws.tally(gallery()[draw_compare.FIRST_DIGIT]))},
        "between": draw_views.between_payload(way, before=blank),
        "two-digits": draw_views.two_digits_payload(*two, draw_two.NAMES),
        "draw-colour": frames.draw_payload(houses, before=draws.blank(name)),
    }


def costs(studio: Studio) -> dict[str, Any]:
    """The bound of the first digit and its bars."""
    value, bars = vae_cost.shown(
        studio.costs, gallery()[vae_cost.FIRST_DIGIT], vae_cost.BOUND, vae_cost.FIRST_MODEL, vae_cost.FIRST_SEED
    )
    return {"cost": value, "cost-bars": {"html": bars}}


def restored(studio: Studio) -> dict[str, Any]:
    """A digit whose lower half is hidden, and what brings it back."""
    found = studio.restoring.uncover(vae_restore.half_hidden(), vae_restore.FIRST_SEED)
    return {"restore": restore_frames.side_payload(found)}


def between_codes(studio: Studio) -> dict[str, Any]:
    """From one digit to another through their codes, and what the VAE in colour imagines."""
    a, b = (gallery()[digit] for digit in vae_between.FIRST_DIGITS[:2])
    way = studio.walks.between(a, b, vae_between.FIRST_FRAMES)
    houses = studio.walks.generate(vae_colour.FIRST_COUNT, vae_colour.FIRST_SEED)
    return {
        "vae-between": vae_walks.between_payload(way.painted, way.mixed, way.nats, way.lengths),
        "vae-colour": vae_walks.imagined_payload(houses, 1, vae_colour.SIZE),
    }


def latent_map(studio: Studio) -> dict[str, Any]:
    """The map of the latent space, the posterior of a digit on it and a walk."""
    view, digit = vae_map_view.FIRST, gallery()[vae_map.FIRST_DIGIT]
    now, name = vae_map_view.seen(studio, view, digit), vae_map_view.model_of(view)
    return {
        "map": vae_map_view.board(studio, view, now),
        "map-cloud": vae_map_view.cloud(studio, view, now, digit),
        "map-film": vae_map_view.film(studio, name, vae_map.FIRST_PATH, vae_map.FIRST_FRAMES),
    }


def start(studio: Studio) -> dict[str, Any]:
    """The start page: one digit, three painters."""
    digit = gallery()[START_DIGIT]
    drawn, _ = studio.vaes.decode(studio.vaes.encode(digit).mean)
    at_once = CanvasTrace(
        (Step(np.zeros_like(drawn)), Step(drawn)), subject=(digit[None, None] / 255).astype(np.float32)
    )
    hidden = half_covered().hidden
    return {
        "start-vae": codes.at_once_payload(at_once),
        "start-draw": {**frames.draw_payload(studio.draw_copy(digit, 1)), "fps": 4},
        "start-pixels": frames.raster_payload(studio.pixels.complete(FIRST, (digit, hidden), 1, 1)),
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_assets", description="Paint the stored traces anew.")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--checkpoints", type=Path, default=FOLDER)
    options = parser.parse_args()
    make(options.out, options.checkpoints)


if __name__ == "__main__":
    main()
