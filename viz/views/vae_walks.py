"""Payloads of walks through the VAEs' latent spaces: from picture to picture, among four, sums of codes. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.studies.latents import DRAWS
from core.trace import Array
from viz.language import say
from viz.player import bundle, frames, payload
from viz.player.payload import Again, Player, Value, Words
from viz.player.words import listed
from viz.views import vae_code

WAYS = ("Straight", "Round")
MIXED = "Pixels mixed, no model"
LETTERS = "ABCD"
PLACES = ("top left", "top right", "bottom left", "bottom right")

BETWEEN = (
    "[[share]] of the way from A to B. The <b class='vae'>VAE</b> paints what lies between the two <b>codes</b>; the "
    "last picture fades one picture's <b>pixels</b> into the other's, and no model is asked."
)
CORNERS = (
    "Each picture is painted from a <b class='vae'>code</b> between those of A, B, C and D: from the corners' codes, "
    "in these shares."
)
SUM = (
    "A − B + C: what A's <b class='vae'>code</b> has and B's has not, added to C's. Nothing in the training asks that "
    "this gives a sensible picture, and often it does not."
)
COPY = (
    "<b class='vae'>{Numbers}</b> stand for this picture. Telling them costs [[kl]] nats, naming all values of the "
    "picture from them [[rest]] nats, on average over {draws} samples of the code: [[bits]] bits for each value. The "
    "sum is a bound: this model needs no more than that for the picture."
)
DREAMT = "<b class='vae'>{Numbers}</b> for each picture, drawn at random{scale}; the rest is the decoder's."
LEADING = (
    "Of <b class='vae'>{numbers}</b> these {count} carry most. The one you selected carries [[carried]] nats, on "
    "average over test pictures; all {numbers} together carry {total:.1f}."
)
NEAR = "The sum is not longer than 99 of 100 codes of the prior are."
FAR = (
    "The sum lies <b>farther out</b> than 99 of 100 codes of the prior: there the decoder was hardly ever trained, and "
    "what it paints means little."
)
SAME = "Both ends are the same picture, so the film stands still."
ONE_BLANK = "{which} is of one colour, with nothing on it: that is a picture, too, and has its code."
BLANK = "{which} are of one colour, with nothing on them: that is a picture, too, and has its code."


def again(call: str, model: str, pictures: Sequence[NDArray[np.uint8]], last: str = "trace.painted") -> Again:
    """How a walk comes again; ``call`` has a slot for the pictures and one for the model's name."""
    written = call.format('given["pictures"]', f'"{model}"')
    film = last != "trace.painted"
    return bundle.again(model, written, last=last, panel=0, film=film, studio="walks", pictures=np.stack(pictures))


def numbers(values: Array, digits: int = 1) -> Value:
    """Numbers of a note by step, (T,)."""
    return payload.value(np.asarray(values, np.float32)[:, None], digits)


def between_payload(painted: Array, mixed: Array, nats: Array, lengths: Array) -> Player:
    """From one picture to another in three panels: straight, round, and the pixels mixed.

    ``painted`` (2, T, C, H, W), ``mixed`` (T, C, H, W); ``nats`` (2, T, 2) are −log p of both ends, ``lengths`` (2, T).
    The bars are what it would cost to name the nearer end from the code on the straight way.
    """
    panels = [payload.panel(way, "vae", film[:, None]) for way, film in zip(say(WAYS), painted, strict=True)]
    panels.append(payload.panel(say(MIXED), "plain", mixed[:, None]))
    count = len(mixed)
    values: dict[str, Value | Words] = {
        "share": {**payload.value(np.linspace(0, 1, count, dtype=np.float32)[:, None], 0), "percent": True}
    }
    for way in range(2):
        for end in range(2):
            values[f"nats_{way}_{end}"] = numbers(nats[way, :, end])
        values[f"length_{way}"] = numbers(lengths[way], 2)
    value = payload.player(panels, autoplay=True)
    note: payload.Note = {
        "title": say("Picture [[step]] of [[steps]]"),
        "html": say(BETWEEN),
        "rows": [
            ["", say("straight"), say("round")],
            [say("to name A from this code, nats"), "[[nats_0_0]]", "[[nats_1_0]]"],
            [say("to name B from this code, nats"), "[[nats_0_1]]", "[[nats_1_1]]"],
            [say("the code's length"), "[[length_0]]", "[[length_1]]"],
        ],
        "values": values,
        "patches": [],
    }
    cost = payload.cost(say("straight: to name the nearer end, nats"), say("nats"), nats[0].min(1, keepdims=True))
    return {**value, "fps": 8, "loop": True, "moment": say("picture [[step]] of [[steps]]"), "cost": cost, "note": note}


def corners_payload(painted: Array, shares: Array, lengths: Array) -> Player:
    """n × n pictures (n·n, C, H, W) between four, with ``shares`` (n·n, 4) of the corners and ``lengths`` (n·n,)."""
    side = round(len(painted) ** 0.5)
    value = frames.still_payload(
        painted, say("{side} × {side} pictures between four codes", side=side), "vae", columns=side
    )
    values: dict[str, Value | Words] = {"length": payload.value(np.asarray(lengths, np.float32)[None], 2)}
    for corner, letter in enumerate(LETTERS):
        share = payload.value(np.asarray(shares[:, corner], np.float32)[None], 0)
        values[f"share_{letter}"] = {**share, "percent": True}
    rows = [[f"{letter}, {where}", f"[[share_{letter}]]"] for letter, where in zip(LETTERS, say(PLACES), strict=True)]
    rows.append([say("length of the code"), "[[length]]"])
    note: payload.Note = {
        "title": say("Picture [[cell]] of [[cells]]"),
        "html": say(CORNERS),
        "rows": rows,
        "values": values,
        "patches": [],
    }
    return {**value, "note": note}


def sum_payload(painted: Array, lengths: Array, expected: float) -> Player:
    """What the codes of A, B and C paint, and their sum: pictures (4, C, H, W) and lengths (4,).

    ``expected`` is √d. The squared length of a code of the prior is χ² of d, whose 99th percentile is taken from the
    normal approximation of Wilson and Hilferty: d (1 − 2/(9 d) + 2.326 √(2/(9 d)))³.
    """
    labels = ["A", "B", "C", "A − B + C"]
    value = frames.still_payload(painted, say("What the codes paint"), "vae", columns=2, labels=labels)
    values: dict[str, Value | Words] = {
        f"length_{i}": payload.value(np.array([[length]]), 2) for i, length in enumerate(lengths)
    }
    values["expected"] = payload.value(np.array([[expected]]), 2)
    rows = [[say("length of {label}", label=label), f"[[length_{i}]]"] for i, label in enumerate(labels)]
    rows.append([say("the prior's codes, about √d"), "[[expected]]"])
    note: payload.Note = {
        "title": "A − B + C",
        "html": f"{say(SUM)} {say(FAR) if lengths[3] > farthest(expected) else say(NEAR)}",
        "rows": rows,
        "values": values,
        "patches": [],
    }
    return {**value, "cell": 3, "note": note}


def farthest(expected: float) -> float:
    """The length that 99 of 100 codes of the prior stay below, where √d is ``expected``."""
    d = expected**2
    return float((d * (1 - 2 / (9 * d) + 2.326 * (2 / (9 * d)) ** 0.5) ** 3) ** 0.5)


def blank_sentence(blank: Sequence[bool]) -> str:
    """Which of the pictures A, B, C, D have nothing on them; empty if none."""
    which = [LETTERS[i] for i, empty in enumerate(blank) if empty]
    if not which:
        return ""
    return say(ONE_BLANK if len(which) == 1 else BLANK, which=listed(which))


def status(blank: Sequence[bool], same: bool = False) -> str:
    """What is worth saying about the ends, as HTML; empty if nothing is."""
    said = " ".join(filter(None, [say(SAME) if same else "", blank_sentence(blank)]))
    return f"<p>{said}</p>" if said else ""


def copy_payload(subject: Array, painted: Array, kl: Array, reconstruction: float, bits: float) -> Player:
    """A picture and its copy (1, C, H, W): ``kl`` (d,) and the rest in nats, together in ``bits`` a number."""
    panels = [
        payload.panel(say("What it saw"), "read", subject[None]),
        payload.panel(say("What it paints"), "vae", painted[None]),
    ]
    told = float(kl.sum())
    prices = {"kl": (told, 1), "rest": (reconstruction, 1), "whole": (told + reconstruction, 1), "bits": (bits, 2)}
    values: dict[str, Value | Words] = {
        key: payload.value(np.array([[number]]), digits) for key, (number, digits) in prices.items()
    }
    note: payload.Note = {
        "title": say("The price of this picture"),
        "html": vae_code.sized(say(COPY), len(kl), draws=DRAWS),
        "rows": [
            [say("the code"), say("[[kl]] nats")],
            [say("the picture, given the code"), say("[[rest]] nats")],
            [say("together"), say("[[whole]] nats")],
            [say("for each of its numbers"), say("[[bits]] bits")],
        ],
        "values": values,
        "patches": [],
    }
    return {**payload.player(panels, columns=1, autoplay=False), "film": False, "note": note}


def imagined_payload(images: Array, temperature: float, d: int) -> Player:
    """Pictures (n, C, H, W) of codes of ``d`` numbers from the prior, ``temperature`` times as far out."""
    scale = (
        ""
        if temperature == 1
        else say(" and {temperature:g} times as far out as the prior has them", temperature=temperature)
    )
    text = vae_code.sized(say(DREAMT), d, scale=scale)
    note: payload.Note = {"title": say("Imagined"), "html": text, "rows": [], "values": {}, "patches": []}
    return {**frames.still_payload(images, say("What it imagines"), "vae"), "note": note}


def with_carried(value: Player, carried: Array) -> Player:
    """A table or film of the first numbers of a code with what each carries in the note; ``carried`` (d,) in nats."""
    rows = len(value["panels"][0].get("heads", {}).get("rows", ())) or value["cells"]
    each = np.repeat(np.asarray(carried[:rows], np.float32), value["cells"] // rows)
    note: payload.Note = {
        "title": say("Its numbers"),
        "html": vae_code.sized(say(LEADING), len(carried), count=rows, total=float(carried.sum())),
        "rows": [[say("this one carries"), say("[[carried]] nats")]],
        "values": {"carried": payload.value(each[None], 2)},
        "patches": [],
    }
    return {**value, "note": note}
