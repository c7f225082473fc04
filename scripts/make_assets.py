"""Paint what Easel shows before any weight is loaded: ``python -m scripts.make_assets``.

Writes into ``assets/``: the stored payload of every room, the start page's three, and ``gallery.npz``, a digit of each
class that Gated PixelCNN painted. Run it again after a checkpoint changes; a test compares.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.files import CHECKPOINTS
from core.results import CORNERS
from core.studio.studio import Studio
from core.trace import Array
from core.training.checkpoints import read_card
from core.training.registry import FIRST, shown_in
from viz.language import ENGLISH, NAMES, say, speaking
from viz.player import frames
from viz.tabs import (
    draw_between,
    draw_colour,
    draw_two,
    pixel_colour,
    pixel_paint,
    start,
    vae,
)
from viz.tabs.common import ASSETS, SIDE
from viz.tabs.draw_pen import FIRST_AT, FIRST_HANDS
from viz.tabs.draw_time import FIRST_COUNT, FIRST_FORK
from viz.tabs.draw_window import FIRST as FIRST_WINDOW
from viz.tabs.draw_window import PRESETS
from viz.tabs.look_aim import FIRST as FIRST_GLIMPSE
from viz.tabs.look_path import START_PIECES, START_SIDE
from viz.tabs.look_pixels import networks
from viz.tabs.subject import MAKER, gallery, usual
from viz.tabs.trained import Asked
from viz.views import draw_paint, draw_pen, draw_time, draw_window, look_path, look_pixels
from viz.views.assets import words_file
from viz.views.look_aim import comparison
from viz.views.look_path import glimpse_payload
from viz.views.pixel_paint import again, compare_payload
from viz.widgets.hand import hand

GALLERY_SEED, CANDIDATES = 7, 12
PICKED = (2, 8, 11, 10, 2, 3, 11, 3, 11, 0)
"""Which of the twelve candidates of each class stands in the gallery: one that both a person and the networks of the
room *Where to look* read as what it was asked to be, and of a usual price."""
COLOUR_SEED = 4
MOVING, PAPER = 40, 0.97
"""Frames of the moving picture, and the grey between its parts."""
SEED = 1
"""The seed with which every room begins."""


def make(folder: Path, checkpoints: Path = CHECKPOINTS) -> None:
    """Write every asset into ``folder``."""
    studio = Studio(checkpoints)

    def write(name: str, value: Any) -> None:
        (folder / f"{name}.json").write_text(json.dumps(value, allow_nan=False), encoding="utf-8")

    pictures = painted_digits(studio)
    made = {"model": MAKER, "sha256": read_card(MAKER, checkpoints)["sha256"], "seed": GALLERY_SEED, "picked": PICKED}
    np.savez_compressed(folder / "gallery.npz", bits=np.packbits(pictures.reshape(10, -1), axis=1), **made)
    gallery.cache_clear()
    colours = {name: to_bytes(studio.pixels.generate(name, 10, COLOUR_SEED).image) for name in shown_in("pixel_colour")}
    np.savez_compressed(folder / "colour.npz", **colours)  # type: ignore[arg-type]  # NumPy's stub takes the names for flags
    pixel_colour.own_pictures.cache_clear()
    moving_picture(studio, folder / "readme.gif")
    english = payloads(studio)
    for name, value in english.items():
        write(name, value)
    for language in (each for each in NAMES if each != ENGLISH):
        with speaking(language):
            said = {name: dict(sorted(differing(english[name], value))) for name, value in payloads(studio).items()}
        place = folder / words_file(language)
        place.parent.mkdir(exist_ok=True)
        place.write_text(json.dumps(said, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def payloads(studio: Studio) -> dict[str, Any]:
    """All that stands on a stage at first, in the language that is spoken."""
    made = rooms(studio) | other_draws(studio) | vae.firsts(studio) | first_page(studio)
    return {name: {**value, "id": name} if "id" in value else value for name, value in made.items()}


def differing(english: Any, other: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The texts of ``other`` that are not those of ``english``, by their place. Nothing else may differ."""
    match english, other:
        case dict(), dict():
            for key in english.keys() - {"id"}:  # by chance, and no text
                yield from differing(english[key], other[key], (*path, key))
        case (list() | tuple(), list() | tuple()):
            for place, (one, two) in enumerate(zip(english, other, strict=True)):
                yield from differing(one, two, (*path, str(place)))
        case str(), str() if english != other:
            yield "/".join(path), other


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
    asked = (pixel_paint.PIXELS, pixel_paint.BEFORE, pixel_paint.ANY, 9, 1, False, 1)
    completed = pixel_paint.Task(Asked(studio, ""), usual(), None, [FIRST["pixel"]], *asked)
    square = pixel_colour.start_picture()
    coloured = studio.pixels.complete(pixel_colour.FIRST, square, 4, 1)
    window = studio.filters(usual().pixels, *PRESETS[FIRST_WINDOW])
    fork = FIRST_FORK
    futures = studio.draw_forks(None, fork, FIRST_COUNT, SEED)
    glimpses = studio.glimpses
    made = glimpses.scene(usual().pixels, START_SIDE, START_PIECES, 1)
    scene = made.pixels
    own = glimpses.look_with(scene, FIRST_GLIMPSE, None, seed=1)
    grown = studio.every_pixel.grown(scene)
    bias = {title: studio.pixels.generate(name, 16, 1) for name, title in say(shown_in("pixel_bias")).items()}
    return {
        "draw": frames.draw_payload(studio.draw_copy(usual().pixels, SEED), before=studio.draw_blank()),
        "filterbank": draw_window.shown(window)._asdict(),
        "filterbank-stage": draw_window.still(window),
        "time": {
            **draw_time.forks_payload(futures, fork, before=studio.draw_blank()),
            "again": draw_time.again(None, "draw_forks", [fork, FIRST_COUNT, SEED]),
        },
        **pen(studio),
        "look": {
            **glimpse_payload(own.its, at_once=glimpses.at_a_glance(scene)),
            "again": look_path.again(scene, "learned", SEED),
        },
        "look-own": comparison(own)._asdict(),
        "every": {
            **look_pixels.growing_payload(grown, made.kinds),
            "again": look_pixels.again(grown, scene, next(iter(networks())), CORNERS),
        },
        "pixels": completed.result(False, usual())[0],
        "colour": {
            **frames.raster_payload(coloured, title=pixel_paint.COMPLETIONS),
            "again": again(pixel_colour.FIRST, square, 4, SEED, 1, None),
        },
        "bias": {**compare_payload(bias, autoplay=False), "note": None},
    }


def pen(studio: Studio) -> dict[str, Any]:
    """Player and window of the pen's room, of a copy in which one stroke has been moved."""
    hands = FIRST_HANDS
    penned = studio.draw_pen(usual().pixels, *hands, SEED)
    return {
        "pen": {
            **draw_pen.pen_payload(penned, hands.steps()),
            "again": draw_pen.again(usual().pixels, *hands, SEED),
        },
        "pen-aim": draw_pen.pen_aim(penned, FIRST_AT - 1, True),
        "pen-under": hand.before(FIRST_AT, draw_pen.canvas_before(penned, FIRST_AT - 1)),
    }


def other_draws(studio: Studio) -> dict[str, Any]:
    """The same for the tabs of DRAW's other painters."""
    draws, blank = studio.draws, studio.draw_blank()
    digit = usual().pixels
    both = draws.compare(digit, 1, SEED)
    other, count = gallery()[draw_between.FIRST_TO], draw_between.FIRST_COUNT
    way = draws.between(digit, other, count, "round", SEED)
    two = draws.copy_scene(draws.scene(digit, gallery()[draw_two.FIRST_SECOND], SEED), SEED)
    name = draw_colour.DRAW_COLOUR[draw_colour.PAINTERS[0]]
    house = draw_colour.to_copy(draw_colour.PAINTERS[0])[0][draw_colour.START]
    pixels = draw_colour.resized(house, draws.side(name))
    return {
        "compare": draw_paint.compare_payload(*both, before=blank),
        "compare-tally": {"html": draw_paint.tally_html(draws.tally(digit))},
        "between": {**draw_paint.between_payload(way, before=blank), "again": draw_between.made(digit, other, count)},
        "two-digits": draw_paint.two_digits_payload(*two, say(draw_two.NAMES)),
        "draw-colour": {
            **frames.draw_payload(draws.copy(name, pixels, SEED), before=draws.blank(name)),
            "again": draw_colour.copied(name, pixels, SEED),
        },
    }


def first_page(studio: Studio) -> dict[str, Any]:
    """The first page: one digit, completed by three painters."""
    there: Any = SimpleNamespace(studio=studio)
    made = {key: paint(there, usual(), 1) for key, paint in start.PAINT.items()}
    return {
        f"start-{key}": {"player": {**value, "id": f"start-{key}"}, "price": price}
        for key, (value, price) in made.items()
    }


def moving_picture(studio: Studio, path: Path) -> None:
    """The README's: the same half of a digit, finished by three machines at the same time."""
    picture = usual()
    film = studio.restoring.complete(picture, 1), studio.draws.complete(picture, 1, 1)
    pixels = studio.pixels.complete(FIRST["pixel"], picture, 1, 1)
    frames_shown = []
    for k in range(MOVING):
        t = [round(k / (MOVING - 1) * (len(trace) - 1)) for trace in (*film, pixels)]
        images = [trace.frame(at)[0, 0] for trace, at in zip((*film, pixels), t, strict=True)]
        gap = np.full((SIDE, 2), PAPER)
        row = np.concatenate([images[0], gap, images[1], gap, images[2]], 1)
        frames_shown.append(
            Image.fromarray(np.rint(255 * row).astype(np.uint8)).resize((row.shape[1] * 8, SIDE * 8), 0)
        )
    first, *rest = frames_shown
    times = [120] * (MOVING - 1) + [2500]
    first.save(path, save_all=True, append_images=rest, duration=times, loop=0)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m scripts.make_assets", description="Paint the stored traces again.")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    options = parser.parse_args()
    make(options.out, options.checkpoints)


if __name__ == "__main__":
    main()
