"""The VAE's payloads: a picture beside what its code paints, with a note about the code, and walks. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from core.studies import latents
from core.trace import Array, CanvasTrace
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player import frames, payload
from viz.player.payload import Player
from viz.player.words import counted, listed

MODELS = {label: name for name, label in shown_in("vae_walks").items()}
"""How many numbers one can choose on the page, and the registry's names; the first stands there at first."""
CODES = {label: name for name, label in shown_in("vae_code").items()}
"""The same where codes are looked at number by number: the last model has numbers that carry nothing."""
SIZES = {name: REGISTRY[name].config.latent for name in CODES.values()}
"""How many numbers a code of each has."""
FIRST = next(iter(MODELS.values()))
COUNTS = {2: "two numbers", 8: "eight numbers", 20: "twenty numbers", 64: "sixty-four numbers"}
PROBES = "at four codes"
RANGE = 4.0
"""How far each number can be pulled to either side."""

ENCODED = "<b class='vae'>{Numbers}</b> stand for this digit. "
IMAGINED = "<b class='vae'>{Numbers}</b>, drawn at random, and no digit behind them. "
BENT = "You bent the code: <b class='vae'>{numbers}</b>, no longer the ones that it found for this digit. "
AT_REST = "<b class='vae'>{Numbers}</b>, all of them 0: the middle of the prior, where nothing is said. "
PAYS = (
    "Telling them costs [[kl]] nats. To name the digit exactly takes [[reconstruction]] nats more, on average over "
    "{draws} samples of the code. The sum is a bound: this model needs no more than that for the digit."
)
BENT_PAYS = "From just this code it takes [[reconstruction]] nats to name the digit exactly."
NONE_DEAD = "None of the {numbers} is dead: each carries nats, or at least changes the picture."
ONE_DEAD = (
    "<b>{names} is dead:</b> with less than {least:g} nats the encoder says nothing, and the decoder does not listen. "
    "Tried {probes}, from −3 to 3, no pixel changed by {unseen:.0%} of full ink."
)
DEAD = (
    "<b>{names} are dead:</b> with less than {least:g} nats the encoder says nothing, and the decoder does not "
    "listen. Tried {probes}, from −3 to 3, no pixel changed by {unseen:.0%} of full ink."
)


def numbers(count: int) -> str:
    """``eight numbers``, as a sentence says it."""
    return say(COUNTS[count]) if count in COUNTS else counted(count, "number")


def sized(text: str, count: int, /, **values: object) -> str:
    """A text with ``{numbers}`` or ``{Numbers}`` in it, said of a code of ``count`` numbers, and other ``values``."""
    words = numbers(count)
    return text.format(numbers=words, Numbers=words[0].upper() + words[1:], **values)


def code_payload(
    pixels: NDArray[np.uint8] | None,
    painted: Array,
    code: Array,
    *,
    kl: float = math.nan,
    reconstruction: float = math.nan,
) -> Player:
    """Two still panels: ``pixels`` (H, W), 0 to 255, if there is a subject, and ``painted`` (1, 1, H, W) in [0, 1].

    ``kl`` in nats is what the code costs, NaN once it has been bent; ``reconstruction`` is −log p(x | z) in nats, of
    a digit's code on average over samples, else from this very code.
    """
    seen = np.zeros_like(painted) if pixels is None else (pixels[None, None] / 255).astype(np.float32)
    rows = [[f"z{index + 1}", f"[[z{index}]]"] for index in range(len(code))]
    values: dict[str, payload.Value | payload.Words] = {
        f"z{index}": payload.value(np.array([[value]]), 2) for index, value in enumerate(code)
    }
    if not math.isnan(kl):
        text = say(ENCODED) + say(PAYS, draws=latents.DRAWS)
        rows.append([say("the code"), say("[[kl]] nats")])
        values["kl"] = payload.value(np.array([[kl]]), 1)
    elif not code.any():
        text = say(AT_REST) + ("" if pixels is None else say(BENT_PAYS))
    else:
        text = say(IMAGINED) if pixels is None else say(BENT) + say(BENT_PAYS)
    if pixels is not None:
        rows.append([say("the rest of the picture"), say("[[reconstruction]] nats")])
        values["reconstruction"] = payload.value(np.array([[reconstruction]]), 1)
    if not math.isnan(kl):
        rows.append([say("together"), say("[[whole]] nats")])
        values["whole"] = payload.value(np.array([[kl + reconstruction]]), 1)
    panels = [
        payload.panel(say("What it saw") if pixels is not None else say("Nothing to see"), "read", seen[None]),
        payload.panel(say("What it paints"), "vae", painted[None]),
    ]
    note: payload.Note = {
        "title": say("The code"),
        "html": sized(text, len(code)),
        "rows": rows,
        "values": values,
        "patches": [],
    }
    return {**payload.player(panels, columns=1, autoplay=False, nonce=None), "film": False, "note": note}


def names(count: int, dead: Sequence[bool] | NDArray[np.bool_] = ()) -> list[str]:
    """``z1``, ``z2`` and so on; a dead one says so."""
    marks = [i < len(dead) and bool(dead[i]) for i in range(count)]
    return [say("z{number} dead", number=i + 1) if idle else f"z{i + 1}" for i, idle in enumerate(marks)]


class Numbers(TypedDict):
    """A code under sliders: ``at`` where they stand, ``labels`` of what each carries, and which are ``dead``.

    It answers to what stood in the address as ``text``.
    """

    id: str
    text: str
    at: list[float]
    labels: list[str]
    dead: list[bool]


def numbers_value(code: Array, carried: Array, dead: NDArray[np.bool_], text: str = "") -> Numbers:
    """``code`` (d,) with the nats that each number ``carried`` on average."""
    return {
        "id": uuid4().hex,
        "text": text,
        "at": [round(float(z), 2) for z in np.clip(code, -RANGE, RANGE)],
        "labels": [slider_label(i, float(carried[i]), bool(dead[i])) for i in range(len(carried))],
        "dead": [bool(each) for each in dead],
    }


def slider_label(index: int, carried: float, dead: bool) -> str:
    """What stands above a slider: its number's name and the nats it carries on average."""
    return f"z{index + 1} · " + (
        say("dead: carries {carried:.2f} nats", carried=carried) if dead else say("{carried:.2f} nats", carried=carried)
    )


def dead_sentence(dead: NDArray[np.bool_]) -> str:
    """Which numbers of a code (d,) do nothing, and what that means."""
    idle = [f"z{i + 1}" for i in np.flatnonzero(dead)]
    if not idle:
        return sized(say(NONE_DEAD), len(dead))
    said = ONE_DEAD if len(idle) == 1 else DEAD
    return say(said, names=listed(idle), least=latents.DEAD_NATS, probes=say(PROBES), unseen=latents.UNSEEN)


def traversal_payload(trace: CanvasTrace, dead: Sequence[bool] | NDArray[np.bool_] = ()) -> Player:
    """A number of the code in each cell swings, the others stay."""
    count = len(trace.frame(0))
    title = say("In each picture one number swings from −3 to 3")
    columns = 4 if count <= 16 else 5
    return frames.walk_payload(trace, title, "vae", columns=min(columns, count), labels=names(count, dead))


def lattice_payload(painted: Array, dead: Sequence[bool] | NDArray[np.bool_] = ()) -> Player:
    """A table: a row for each number, a column for each of its values, pictures (m, k, C, H, W)."""
    rows, count = painted.shape[:2]
    title = say("Each row pulls one number from −3 to 3 and leaves the others")
    value = frames.still_payload(painted.reshape(-1, *painted.shape[2:]), title, "vae", columns=count)
    columns = [
        f"{number:g}".replace("-", "−") if (i - count // 2) % 2 == 0 else ""  # all of them would touch on a phone
        for i, number in enumerate(np.round(latents.values(count), 2))
    ]
    value["panels"][0]["heads"] = {"rows": names(rows, dead), "columns": columns}
    return value


def interpolation_payload(trace: CanvasTrace) -> Player:
    """From one code to another."""
    return frames.walk_payload(trace, say("From this digit to the other"), "vae")
