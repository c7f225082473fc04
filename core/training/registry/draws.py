"""DRAW and what was made of it: their part of the registry."""

from __future__ import annotations

from dataclasses import replace

from core.models.configs import DrawConfig
from core.training import recipes
from core.training.spec import ModelSpec, Shown

DRAW = ModelSpec(
    family="draw",
    title="DRAW",
    about="Paints a digit in 16 strokes, looking and painting through small windows.",
    model="core.models.draw.Draw",
    config=DrawConfig(),
    dataset="binarized-mnist",
    recipe=recipes.DRAW,
    bound="elbo",
    half=True,
    shown={"draw_paint": Shown(), "draw_compare": Shown("with attention"), "together": Shown(place=4)},
)
PLATES = DrawConfig(channels=3, height=54, width=54, steps=20, hidden=320, read_size=12, write_size=12)

DRAWS: dict[str, ModelSpec] = {
    "draw-mnist": DRAW,
    "draw-mnist-plain": replace(
        DRAW,
        title="DRAW without attention",
        about="Paints a digit in 16 strokes, each over the whole canvas.",
        config=DrawConfig(attention=False),
        recipe=recipes.DRAW_PLAIN,
        shown={"draw_compare": Shown("without"), "together": Shown(place=5)},
    ),
    "draw-two-digits": replace(
        DRAW,
        title="DRAW, two digits",
        about="Paints two digits that lie anywhere on a larger canvas.",
        config=DrawConfig(height=60, width=60, read_size=8, write_size=8),
        dataset="two-digits",
        recipe=replace(recipes.DRAW, steps=8_000),
        shown={"draw_two": Shown()},
    ),
    "draw-plates": replace(
        DRAW,
        title="DRAW, drawn house numbers",
        about="Paints house numbers like those that a program draws, up to four digits long.",
        config=PLATES,
        dataset="plates",
        recipe=replace(recipes.DRAW, steps=6_000, clip=1_000.0),  # and on, 12,000 steps from a rate of 0.0008
        shown={"draw_colour": Shown("House numbers")},
    ),
    "draw-svhn": replace(
        DRAW,
        title="DRAW, house numbers",
        about="Paints house numbers in colour, up to four digits long.",
        config=PLATES,
        dataset="svhn-numbers",
        recipe=replace(recipes.DRAW, steps=3_000, clip=1_000.0),  # shipped: half as many, from those of draw-plates
        shown={"draw_colour": Shown("Photographed numbers")},
    ),
    "draw-cifar10": replace(
        DRAW,
        title="DRAW, photographs",
        about="Paints small photographs of ten kinds of things.",
        config=DrawConfig(channels=3, height=32, width=32, read_size=8, write_size=8),
        dataset="cifar10",
        recipe=replace(recipes.DRAW, steps=4_000, clip=1_000.0),
        shown={"draw_colour": Shown("Photographs")},
    ),
}
