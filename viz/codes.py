"""The VAE's payloads: a picture beside what its code paints, with a note about the code, and walks. NumPy only."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace
from viz import frames, payload
from viz.payload import Player

ENCODED = "<b class='vae'>Eight numbers</b> stand for this digit. "
IMAGINED = "<b class='vae'>Eight numbers</b>, thrown like dice, and no digit behind them. "
BENT = "You bent the code: <b class='vae'>eight numbers</b>, no longer the ones that it found for this digit. "
PAYS = "Telling them costs [[kl]] nats; to name the digit exactly takes [[reconstruction]] nats more."
BENT_PAYS = "From here it would take [[reconstruction]] nats to name the digit exactly."


def code_payload(
    pixels: NDArray[np.uint8] | None,
    painted: Array,
    latents: Array,
    *,
    kl: float = math.nan,
    reconstruction: float = math.nan,
) -> Player:
    """Two still panels: ``pixels`` (H, W), 0 to 255, if there is a subject, and ``painted`` (1, 1, H, W) in [0, 1].

    ``kl`` in nats is what the code costs, NaN once it has been bent; ``reconstruction`` is −log p(x | z) in nats.
    """
    seen = np.zeros_like(painted) if pixels is None else (pixels[None, None] / 255).astype(np.float32)
    rows = [[f"z{index + 1}", f"[[z{index}]]"] for index in range(len(latents))]
    values: dict[str, payload.Value | payload.Words] = {
        f"z{index}": payload.value(np.array([[value]]), 2) for index, value in enumerate(latents)
    }
    if pixels is None:
        text = IMAGINED
    elif math.isnan(kl):
        text = BENT + BENT_PAYS
    else:
        text = ENCODED + PAYS
        rows.append(["the code", "[[kl]] nats"])
        values["kl"] = payload.value(np.array([[kl]]), 1)
    if pixels is not None:
        rows.append(["the rest of the picture", "[[reconstruction]] nats"])
        values["reconstruction"] = payload.value(np.array([[reconstruction]]), 1)
    panels = [
        payload.panel("What it saw" if pixels is not None else "Nothing to see", "read", seen[None]),
        payload.panel("What it paints", "vae", painted[None]),
    ]
    return {
        **payload.player(panels, columns=1, autoplay=False, nonce=None),
        "film": False,
        "note": {"title": "The code", "html": text, "rows": rows, "values": values, "patches": []},
    }


def at_once_payload(trace: CanvasTrace) -> Player:
    """A painting of one whole step, its blank canvas before it, beside its subject."""
    assert trace.subject is not None
    panels = [
        payload.panel("What it saw", "read", trace.subject[None]),
        payload.panel("What it paints", "vae", np.stack([step.image for step in trace])),
    ]
    return {**payload.player(panels, columns=1, autoplay=True, nonce=None), "fps": 1, "film": False}


def traversal_payload(trace: CanvasTrace) -> Player:
    """A number of the code in each cell swings, the others stay."""
    labels = [f"z{index + 1}" for index in range(len(trace.frame(0)))]
    return frames.walk_payload(trace, "In each picture one number swings from −3 to 3", "vae", columns=4, labels=labels)


def interpolation_payload(trace: CanvasTrace) -> Player:
    """From one code to another."""
    return frames.walk_payload(trace, "From this digit to the other", "vae")
