"""All at once: the room of the VAEs, with an inner tab for each way to walk in their latent space."""

from __future__ import annotations

from core.runtime import Runtime
from viz.tabs import vae_between, vae_code, vae_colour, vae_cost, vae_map, vae_restore
from viz.tabs.common import inner_tabs

INNER = (
    ("The map", "map", vae_map.build),
    ("The code", "code", vae_code.build),
    ("Between", "between", vae_between.build),
    ("What it costs", "cost", vae_cost.build),
    ("Restore", "restore", vae_restore.build),
    ("Colour", "colour", vae_colour.build),
)


def build(runtime: Runtime) -> None:
    """Fill the room."""
    inner_tabs("vae", INNER, runtime)
