"""A small request to every endpoint, and a way to compare what comes back."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from core.data import strokes
from core.studies import together_guess
from core.training.registry import shown_in

IMAGES, _ = strokes.digits(4, 3)
A, B, C, D = IMAGES
LOWER = np.arange(28)[:, None].repeat(28, 1) >= 14
SCENE = np.zeros((60, 60), np.uint8)
SCENE[10:38, 20:48] = A
SQUARE = np.random.default_rng(5).integers(0, 256, (32, 32, 3), np.uint8)
PLATE = np.random.default_rng(6).integers(0, 256, (54, 54, 3), np.uint8)
PLACES = together_guess.places(together_guess.drawn(4), together_guess.SHORT)
CODE = np.linspace(-1, 1, 8)
DRAW_COLOUR = next(iter(shown_in("draw_colour")))


def picture_file() -> bytes:
    """A dark seven on white."""
    image = Image.new("RGB", (200, 240), "white")
    ImageDraw.Draw(image).line([(50, 50), (140, 50), (90, 190)], fill="black", width=18)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


ASKED: dict[str, dict[str, Any]] = {
    "models": {},
    "read_picture": {"file": picture_file()},
    "vae_encode": {"digit": A},
    "vae_decode": {"codes": [CODE, -CODE]},
    "vae_code": {"seed": 3},
    "vae_lattice": {"codes": CODE, "values": 3, "leading": 2},
    "vae_traverse": {"codes": CODE, "frames": 4, "leading": 2},
    "vae_map": {"half": 2.0},
    "vae_posterior": {"digit": A},
    "vae_film": {"path": [[0, 0], [1, 1]], "frames": 4, "model": "aevb-mnist-2d"},
    "vae_between": {"start": A, "end": B, "frames": 4},
    "vae_walk": {"start": CODE, "end": -CODE, "frames": 4, "way": "round"},
    "vae_corners": {"top_left": A, "top_right": B, "bottom_left": C, "bottom_right": D, "tiles": 5},
    "vae_arithmetic": {"first": A, "less": B, "plus": C},
    "vae_bound": {"digit": A, "seed": 2},
    "vae_sample": {"digit": A, "count": 2, "frames": 3},
    "vae_betas": {"digit": A, "count": 2},
    "vae_likelihoods": {"digit": A},
    "vae_outside": {"digit": A, "frames": 5},
    "vae_restore": {"digit": A, "hidden": LOWER, "restarts": 2},
    "vae_denoise": {"digit": A, "flips": 0.1, "restarts": 2},
    "vae_complete": {"digit": A, "hidden": LOWER},
    "vae_generate": {"count": 2},
    "vae_copy": {"picture": SQUARE},
    "draw_generate": {"count": 2, "strokes": 5},
    "draw_copy": {"digit": A, "seed": 7},
    "draw_complete": {"digit": A, "hidden": LOWER, "count": 2},
    "draw_forks": {"digit": A, "at": 8, "count": 2},
    "draw_erase": {"digit": A, "way": "latent"},
    "draw_pen": {"digit": A, "moves": {3: [10, 10, 8]}, "inks": {5: np.eye(28, dtype=np.int8)}},
    "draw_compare": {"digit": A},
    "draw_tally": {"digit": A},
    "draw_between": {"start": A, "end": B, "count": 3},
    "draw_two": {"first": A, "second": B},
    "draw_generate_colour": {"count": 1},
    "draw_copy_colour": {"picture": PLATE},
    "draw_window": {"digit": A},
    "draw_novelty": {},
    "pixels_generate": {"count": 2, "seed": 7},
    "pixels_complete": {"picture": A, "hidden": LOWER, "count": 2},
    "pixels_fit": {"picture": A, "hidden": LOWER, "count": 1, "particles": 8},
    "pixels_passes": {"picture": A, "hidden": LOWER},
    "pixels_race": {"picture": A, "hidden": np.arange(28)[:, None].repeat(28, 1) >= 26, "model": "mcgsm-mnist"},
    "pixels_judge": {"picture": A},
    "pixels_code": {"digit": A},
    "pixels_field": {"row": 14, "column": 14, "picture": A},
    "pixels_leak": {"row": 14, "column": 14, "picture": A, "broken": True},
    "pixels_scans": {"taken": "unmoved", "row": 14, "column": 14, "digit": A},
    "pixels_ranks": {},
    "pixels_mask": {"kind": "A", "channels": 3, "size": 3},
    "look_scene": {"digit": A, "row": 5, "column": 9},
    "look_glimpses": {"scene": SCENE},
    "look_place": {"scene": SCENE, "at": 2, "x": 30, "y": 20, "size": 12},
    "look_at_a_glance": {"scene": SCENE},
    "look_pixels": {"scene": SCENE[:24, :24], "corners": ["top left", "bottom right"]},
    "look_heard": {"scene": SCENE[:24, :24], "row": 12, "column": 12, "corner": "top left"},
    "look_backwards": {},
    "together_answer": {"question": "surprise", "digit": A},
    "together_round": {"number": 4, "length": 20},
    "together_bills": {"number": 4, "length": 20, "bets": [50] * len(PLACES)},
    "together_dark": {"number": 4},
    "together_looks": {"number": 4, "looks": [(30, 30, 60), (20.5, 24, 12)]},
    "together_named": {"number": 4, "looks": [(30, 30, 60)], "named": 2},
}
"""Endpoint -> arguments."""
CLOCKS = ("times", "seconds", "run")
"""Fields that are read off a clock."""


def flat(value: Any) -> Any:
    """An answer as nested lists, dictionaries and arrays, without what a clock has said."""
    if dataclasses.is_dataclass(value):
        return {one.name: flat(getattr(value, one.name)) for one in dataclasses.fields(value) if one.name not in CLOCKS}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return flat(value._asdict())
    if isinstance(value, Mapping):
        return {name: flat(each) for name, each in value.items() if name not in CLOCKS}
    if isinstance(value, list | tuple):
        return [flat(each) for each in value]
    return value


def same(one: Any, other: Any) -> None:
    """Fail unless both answers are equal in everything but clocks."""
    np.testing.assert_equal(flat(one), flat(other))
