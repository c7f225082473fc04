"""The pixel models as the page names them; their order is that of the papers."""

from __future__ import annotations

from typing import NamedTuple


class PixelPainter(NamedTuple):
    """A registered model's ``title`` on the page and one sentence ``about`` how it looks at the past."""

    title: str
    about: str
    context: str = "everything above and to the left"
    """What the narrator says that a pixel may look at."""
    guessed: bool = True
    """Whether its sampler guesses a row as a whole; one that recurs within the row walks through it."""


BINARY: dict[str, PixelPainter] = {
    "mcgsm-mnist": PixelPainter(
        "MCGSM", "A mixture of Gaussians looks at 60 pixels around; no depth.", "the 60 pixels just before"
    ),
    "spatial-lstm-mnist": PixelPainter(
        "Spatial LSTM",
        "A two-dimensional LSTM reads everything to the upper left.",
        "everything to its upper left",
        False,
    ),
    "pixelcnn-mnist": PixelPainter(
        "PixelCNN",
        "Masked convolutions; blind for a wedge to the upper right.",
        "what lies near, above and to the left",
    ),
    "row-lstm-mnist": PixelPainter(
        "Row LSTM", "An LSTM runs down the rows and sees a triangle.", "a triangle above, and what is to the left"
    ),
    "diagonal-bilstm-mnist": PixelPainter(
        "Diagonal BiLSTM", "Two LSTMs run along diagonals; of all before it, a pixel misses but one."
    ),
    "multiscale-mnist": PixelPainter(
        "Multi-Scale",
        "First 7×7 pixels, then the ones between, twice.",
        "coarser pixels on all sides, and what comes before",
    ),
    "gated-pixelcnn-mnist": PixelPainter(
        "Gated PixelCNN", "Two stacks of convolutions without a blind spot; knows its digits' names."
    ),
}
"""For grey pictures of 28×28 pixels, ink or paper."""

COLOUR: dict[str, PixelPainter] = {
    "pixelcnn-cifar10": PixelPainter("PixelCNN, CIFAR-10", "Small photographs of ten kinds of things."),
    "pixelcnn-svhn": PixelPainter("PixelCNN, SVHN", "Digits of house numbers."),
}
"""For colour pictures of 32×32 pixels, 256 levels in each channel."""

CLASSES: dict[str, int] = {"gated-pixelcnn-mnist": 10}
"""Models that can be asked for a class, and how many there are."""
FIRST = "pixelcnn-mnist"
FIRST_VAE = "vae-mnist"

TWO_DIGITS = "draw-two-digits"
DRAW_COLOUR = {"House numbers": "draw-svhn", "Photographs": "draw-cifar10"}
"""What DRAW paints in colour, as it is called on the page, and the registry's name."""
