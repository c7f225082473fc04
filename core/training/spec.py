"""What the registry says of a model. Nothing here imports torch: the page is built before torch is there."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from core.training.recipes import Recipe

Family = Literal["vae", "draw", "pixel", "classifier"]
Tab = Literal[
    "draw_paint",
    "draw_compare",
    "draw_two",
    "draw_colour",
    "look_pixels",
    "look_scores",
    "pixel_paint",
    "pixel_lens",
    "pixel_scores",
    "pixel_bias",
    "pixel_colour",
    "vae_code",
    "vae_walks",
    "vae_map",
    "vae_bound",
    "vae_bound_beta",
    "vae_bound_blur",
    "vae_restore",
    "vae_colour",
    "together",
]
"""Where the page shows models: a tab, or a part of one, by the word that its files are named by."""


class Shown(NamedTuple):
    """How a part of the page shows a model: its ``label``, where that is not its title, and its place in the order."""

    label: str = ""
    place: int = 0


class Sight(NamedTuple):
    """What a pixel model looks at, in the page's words (HTML).

    ``context`` is what the narrator says that a pixel may look at. The lens says where the pixels lie that it cannot
    see, for ``one`` and for ``many``, and ``why``; ``far`` is added where some lie further away than any layer reaches.
    """

    context: str = "everything above and to the left"
    one: str = "lies out of its sight"
    many: str = "lie out of its sight"
    why: str = ""
    far: str = ""
    guessed: bool = True
    """Whether its sampler guesses a row as a whole; one that recurs within the row walks through it."""


class Reported(NamedTuple):
    """Somebody else's figure for the same model; ``seen`` if it was read in its source, not recalled from memory."""

    nats: str
    seen: bool


@dataclass(frozen=True)
class ModelSpec:
    """All that the house knows of a model; how it samples, its class says (:mod:`core.samplers.brush`)."""

    family: Family
    title: str
    """What it is called in a sentence or a list."""
    about: str
    """One sentence for somebody who meets it for the first time."""
    model: str
    """Dotted path of its class."""
    config: Any
    dataset: str
    recipe: Recipe
    bound: str
    """``exact`` if the model's loss is −log p(x) itself, ``elbo`` if it is a bound; ``cross-entropy``: a classifier."""
    any_levels: bool = False
    """Whether the ``levels`` in its config may be others than two, ink and paper."""
    one_channel: bool = False
    """Whether it is for pictures of one channel, whatever its config says."""
    labelled: bool = False
    """Whether training tells the model the classes."""
    mapped: bool = False
    """Whether it says of every pixel what it is, and is told that in training (:mod:`core.data.scenes`)."""
    channels_last: bool = False
    """Memory layout in training: convolutions are faster with channels last."""
    instrument: bool = False
    """Whether it only measures what others paint, so that no room shows it."""
    half: bool = False
    """Whether the weights are kept in float16, which halves the file; they are computed with in float32."""
    shown: Mapping[Tab, Shown] = field(default_factory=dict)
    sight: Sight = field(default_factory=Sight)
    reported: Reported | None = None

    @property
    def network(self) -> type[Any]:
        """Its class; asking for it imports torch."""
        module, _, name = self.model.rpartition(".")
        found: type[Any] = getattr(importlib.import_module(module), name)
        return found

    def build(self) -> Any:
        """A fresh, untrained model."""
        return self.network(self.config)
