"""Every model that Easel knows: the one table. Whoever lists, names, explains or orders models asks it."""

from __future__ import annotations

from core.training.registry.draws import DRAWS
from core.training.registry.looks import LOOKS
from core.training.registry.pixels import PIXELS
from core.training.registry.vaes import VAES
from core.training.spec import Family, ModelSpec, Tab

REGISTRY: dict[str, ModelSpec] = {**DRAWS, **LOOKS, **VAES, **PIXELS}
FIRST: dict[Family, str] = {"draw": "draw-mnist", "pixel": "pixelcnn-mnist", "vae": "vae-mnist"}
"""Whom the page and the API take where nobody is named."""


def shown_in(tab: Tab) -> dict[str, str]:
    """The models that a part of the page shows, name -> label, in its order."""
    found = {name: spec.shown[tab] for name, spec in REGISTRY.items() if tab in spec.shown}
    ordered = sorted(found, key=lambda name: found[name].place)  # equal places: as they stand in the registry
    return {name: found[name].label or REGISTRY[name].title for name in ordered}
