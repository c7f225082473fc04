"""What answers each endpoint of :mod:`core.client`: one call of the studio, and nothing of its own.

Arguments come by name, as :class:`core.client.rooms.Endpoint` reads them; a test compares the names with those that are
declared there.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np

from core.data.images import open_picture
from core.data.reading import Reading, read_digit
from core.errors import UserError
from core.files import ASSETS
from core.requests import MAX_SEED, RequestError, whole
from core.results import SIDE, Known, Novelty, Round
from core.studies import draw_new, together_guess
from core.studies.together_guess import LONG, SHORT
from core.studio.pixels import Covered
from core.training.checkpoints import read_card
from core.training.registry import REGISTRY


def _models(s: Any) -> list[Known]:
    found = []
    for name, spec in REGISTRY.items():
        card, reported = read_card(name), spec.reported
        told = [card["parameters"], card["sha256"], card.get("metrics", []), reported and reported.nats]
        found.append(Known(name, spec.family, spec.title, spec.about, *told))
    return found


def _read(s: Any, file: bytes) -> Reading:
    return read_digit(open_picture(file), SIDE)


def _novelty(s: Any) -> Novelty:
    try:
        return draw_new.measured(io.BytesIO((ASSETS / "novelty.npz").read_bytes()))
    except (OSError, ValueError, KeyError) as error:
        raise UserError("The file novelty.npz is missing or damaged: fetch it again.") from error


def _two(s: Any, first: Any, second: Any, seed: Any) -> Any:
    scene = s.draws.scene(first, second, seed)
    return (scene, *s.draws.copy_scene(scene, seed))


def _round(s: Any, number: Any, length: Any) -> Round:
    if length not in (LONG, SHORT):
        raise RequestError("A round has {short} or {long} pixels.", short=SHORT, long=LONG)
    digit = together_guess.drawn(whole(number, "The round", 1, MAX_SEED))
    return Round(digit, together_guess.places(digit, length))


def _answer(s: Any, question: Any, painter: Any, digit: Any, hidden: Any, count: Any, seed: Any) -> Any:
    blank = np.zeros((SIDE, SIDE), np.uint8)
    covered = blank if digit is None else digit, blank > 0 if hidden is None else hidden
    return s.together.answer(question, painter, covered, count, seed)


def _cover(picture: Any, hidden: Any) -> Covered | None:
    if (picture is None) != (hidden is None):
        raise RequestError("A picture and its cover belong together: give both, or neither.")
    return None if picture is None else (picture, hidden)


def _code(s: Any, digit: Any, model: Any) -> tuple[bytes, int] | None:
    found = s.pixels.coded(model, digit)
    return None if found is None else (found.data, found.bits)


def _window(x: object, y: object, size: object) -> tuple[object, object, object] | None:
    return None if x is None and y is None and size is None else (x, y, size)


def _place(row: object, column: object) -> tuple[object, object] | None:
    return None if row is None and column is None else (row, column)


VAE: dict[str, Callable[..., Any]] = {
    "vae_encode": lambda s, digit, model: s.vaes.encode(digit, model),
    "vae_decode": lambda s, codes, model: s.vaes.decode_all(codes, model),
    "vae_code": lambda s, seed, model: s.vaes.imagine(seed, model),
    "vae_lattice": lambda s, codes, values, model, leading: s.walks.lattice(codes, values, model, leading),
    "vae_traverse": lambda s, codes, frames, model, leading: s.vaes.traverse(codes, frames, model, leading),
    "vae_map": lambda s, model, across, along, half, quantiles: s.map.lattice(
        model, s.map.of_axes(model, across, along), half, quantiles
    ),
    "vae_posterior": lambda s, digit, model: s.map.posterior(model, digit),
    "vae_film": lambda s, path, frames, model: s.map.film(model, path, frames),
    "vae_between": lambda s, start, end, frames, model: s.walks.between(start, end, frames, model),
    "vae_walk": lambda s, start, end, frames, model, way: s.walks.interpolate(start, end, frames, model, way),
    "vae_corners": lambda s, top_left, top_right, bottom_left, bottom_right, tiles, model: s.walks.corners(
        (top_left, top_right, bottom_left, bottom_right), tiles, model
    ),
    "vae_arithmetic": lambda s, first, less, plus, model: s.walks.arithmetic((first, less, plus), model),
    "vae_bound": lambda s, digit, model, seed: s.costs.bound(digit, model, seed),
    "vae_sample": lambda s, digit, model, seed, count, frames: s.costs.sample(digit, model, seed, count, frames),
    "vae_betas": lambda s, digit, seed, count: s.costs.betas(digit, seed, count),
    "vae_likelihoods": lambda s, digit, seed: s.costs.likelihoods(digit, seed),
    "vae_outside": lambda s, digit, model, reach, frames: s.costs.outside(digit, model, reach, frames),
    "vae_restore": lambda s, digit, hidden, seed, restarts: s.restoring.uncover((digit, hidden), seed, restarts),
    "vae_denoise": lambda s, digit, flips, seed, restarts: s.restoring.denoise(digit, flips, seed, restarts),
    "vae_complete": lambda s, digit, hidden, seed: s.restoring.complete((digit, hidden), seed),
    "vae_generate": lambda s, count, seed, temperature, model: s.walks.generate(count, seed, temperature, model),
    "vae_copy": lambda s, picture, model: s.walks.copy(picture, model),
}
DRAW: dict[str, Callable[..., Any]] = {
    "draw_generate": lambda s, count, seed, temperature, strokes: s.draw_generate(count, seed, temperature, strokes),
    "draw_copy": lambda s, digit, seed, strokes: s.draw_copy(digit, seed, strokes),
    "draw_complete": lambda s, digit, hidden, count, seed: s.draws.complete((digit, hidden), count, seed),
    "draw_forks": lambda s, digit, at, count, seed: s.draw_forks(digit, at, count, seed),
    "draw_erase": lambda s, digit, way, seed: s.draw_erased(digit, way, seed),
    "draw_pen": lambda s, digit, moves, inks, seed: s.draw_pen(digit, moves or {}, inks or {}, seed),
    "draw_compare": lambda s, digit, count, seed, temperature: s.draws.compare(digit, count, seed, temperature),
    "draw_tally": lambda s, digit: s.draws.tally(digit),
    "draw_between": lambda s, start, end, count, way, seed: s.draws.between(start, end, count, way, seed),
    "draw_two": _two,
    "draw_generate_colour": lambda s, count, seed, temperature, model: s.draws.generate(
        model, count, seed, temperature
    ),
    "draw_copy_colour": lambda s, picture, seed, model: s.draws.copy(model, picture, seed),
    "draw_window": lambda s, digit, g_x, g_y, delta, sigma2, gamma, n: s.filters(
        digit, g_x, g_y, delta, sigma2, gamma, n
    ),
    "draw_novelty": _novelty,
}
PIXELS: dict[str, Callable[..., Any]] = {
    "pixels_generate": lambda s, count, seed, temperature, model, label: s.pixels.generate(
        model, count, seed, temperature, label=label
    ),
    "pixels_complete": lambda s, picture, hidden, count, seed, temperature, model, label: s.pixels.complete(
        model, (picture, hidden), count, seed, temperature, label=label
    ),
    "pixels_fit": lambda s, picture, hidden, count, seed, temperature, model, label, particles: s.pixels.fit(
        model, (picture, hidden), count, seed, temperature, label=label, particles=particles
    ),
    "pixels_passes": lambda s, picture, hidden, seed, temperature, model, label: s.pixels.passes(
        model, seed, temperature, _cover(picture, hidden), label=label
    ),
    "pixels_race": lambda s, picture, hidden, seed, temperature, model, label: s.pixels.race(
        model, seed, temperature, _cover(picture, hidden), label=label
    ),
    "pixels_judge": lambda s, picture, model: s.pixels.judge(model, picture),
    "pixels_code": _code,
    "pixels_field": lambda s, row, column, picture, model: s.pixels.field(model, row, column, picture),
    "pixels_leak": lambda s, row, column, picture, model, broken: s.pixels.leak(model, row, column, picture, broken),
    "pixels_scans": lambda s, taken, row, column, digit: s.pixels.scans_leak(taken, row, column, digit),
    "pixels_ranks": lambda s, model: s.pixels.ranks(model),
    "pixels_mask": lambda s, kind, channels, size: s.pixels.mask(kind, channels, size),
}
LOOK: dict[str, Callable[..., Any]] = {
    "look_scene": lambda s, digit, side, pieces, seed, row, column: s.glimpses.scene(
        digit, side, pieces, seed, _place(row, column)
    ),
    "look_glimpses": lambda s, scene, aim, seed: s.glimpses.look(scene, aim, seed),
    "look_place": lambda s, scene, at, x, y, size, aim, seed: s.glimpses.look_with(
        scene, at, _window(x, y, size), aim, seed
    ),
    "look_at_a_glance": lambda s, scene: s.glimpses.at_a_glance(scene),
    "look_pixels": lambda s, scene, model, corners: s.every_pixel.grown(scene, model, corners),
    "look_heard": lambda s, scene, row, column, model, corner: s.every_pixel.heard(scene, row, column, model, corner),
    "look_backwards": lambda s, row, column, corner, seed: s.every_pixel.backwards(row, column, corner, seed),
}
CALLS: dict[str, Callable[..., Any]] = {
    **VAE,
    **DRAW,
    **PIXELS,
    **LOOK,
    "together_answer": _answer,
    "together_round": _round,
    "together_bills": lambda s, number, bets, length: s.guessing.bills(number, length, bets),
    "together_dark": lambda s, number: s.looking.scene(number),
    "together_looks": lambda s, number, looks: s.looking.seen(number, looks),
    "together_named": lambda s, number, looks, named: s.looking.outcome(number, looks, named),
    "models": _models,
    "read_picture": _read,
}
"""Endpoint -> what answers it, given a :class:`core.studio.studio.Studio`."""
