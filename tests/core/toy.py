"""A pixel model nobody knows: what one entry in the registry is enough for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core.models.raster import PixelModel
from core.training.checkpoints import save_checkpoint
from core.training.recipes import Recipe
from core.training.spec import ModelSpec, Shown, Sight

NAME = "neighbours-mnist"


@dataclass(frozen=True)
class NeighboursConfig:
    """Its only size is that of its pictures."""

    height: int = 28
    width: int = 28
    channels: int = 1
    levels: int = 2


class Neighbours(PixelModel):
    """Ink is likely where there is ink to the left or above: three weights in all."""

    def __init__(self, config: NeighboursConfig) -> None:
        super().__init__(config)
        self.weights = nn.Parameter(torch.tensor([-2.0, 2.0, 2.0]))

    def forward(self, x: Tensor) -> Tensor:
        """Pixels (b, 1, H, W) -> logits (b, 1, 1, H, W)."""
        left, above = nn.functional.pad(x, (1, -1)), nn.functional.pad(x, (0, 0, 1, -1))
        bias, one, other = self.weights
        return (bias + one * left + other * above)[:, :, None]


ENTRY = ModelSpec(
    family="pixel",
    title="Neighbours",
    about="Looks at the pixel to the left and at the one above.",
    model="tests.core.toy.Neighbours",
    config=NeighboursConfig(),
    dataset="binarized-mnist",
    recipe=Recipe(steps=3, batch_size=4, learning_rate=1e-2, interval=3),
    bound="exact",
    one_channel=True,
    shown={"pixel_paint": Shown(place=8), "pixel_lens": Shown(place=8), "pixel_scores": Shown(place=8)},
    sight=Sight(context="the two pixels beside it", why="It has no layers to look further."),
)


def save(folder: Path) -> None:
    """Its weights and card, as training would leave them."""
    figure = {"split": "test", "bound": "exact", "n": 10_000, "nats": 207.125, "standard_error": 0.5}
    card = {"dataset": "binarized-mnist", "split": "train", "metrics": [figure]}
    save_checkpoint(NAME, ENTRY.build().state_dict(), card, folder)
