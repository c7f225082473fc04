"""Side by side: the room in which all painters answer the same question, and a person may bet against them."""

from __future__ import annotations

from core.studio.runtime import Runtime
from viz.language import say
from viz.tabs import together_guess, together_looks, together_rows
from viz.tabs.desk import room


def build(runtime: Runtime) -> None:
    """Fill the room."""
    inner = (
        (say("Side by side"), "rows", together_rows.build),
        (say("Beat the model"), "guess", together_guess.build),
        (say("Eight looks"), "looks", together_looks.build),
    )
    room(runtime, "together", "read", inner)
