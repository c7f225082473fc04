"""Restored digits: every way's answer beside the others, the film of the search, and what each way may draw.

``T`` moments, ``r`` restarts, ``H`` × ``W`` pixels; prices in nats. NumPy only; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.results_vae import Restored
from core.training.registry import shown_in
from viz.language import say
from viz.player import bundle, payload
from viz.player.payload import NEVER, Again, Panel, Player, Room, Value, Words, encode, finite
from viz.player.words import listed

PLAIN, _ = shown_in("vae_restore")
NAMES = {
    "encoder": "Encoder",
    "denoising": "Denoising encoder",
    "search": "Search",
    "pixels": "PixelCNN",
}
"""The models on the page."""
SHORT = {**NAMES, "denoising": "Denoiser"}
ROOMS: dict[str, Room] = {"encoder": "vae", "denoising": "vae", "search": "vae", "pixels": "pixel"}
ORIGINS = "the encoder's answer", "the prior's mean", "a random code"
"""Where a restart began."""
SAMPLES = 6
"""Drawn pictures of each way that are shown."""
MOST = 0.5
"""The largest standard deviation of a pixel that is paper or ink."""


def side_payload(restored: Restored) -> Player:
    """What is left of the digit, what every way makes of it, and where each is unsure; numbers in the note."""
    answers = restored.answers
    labels = [f"{say(SHORT)[answer.way]} {_percent(answer.wrong)}" for answer in answers]
    painted = payload.panel(
        say("Restored; wrong pixels"), "plain", np.stack([a.painted for a in answers])[None, :, None], labels
    )
    spread = finite([answer.spread for answer in answers], "The spread")
    names = [f"{say(SHORT)[answer.way]} {answer.unsure:.3f}" for answer in answers]
    unsure = payload.panel(say("Unsure: deviation, 0 to ½"), "plain", (spread / MOST)[None, :, None], names)
    unsure["map"] = "room"
    rows = [["", say("wrong"), say("nats"), say("unsure")], [say("nothing done"), _percent(restored.untouched), "", ""]]
    rows += [
        [say(NAMES)[answer.way], _percent(answer.wrong), f"{answer.nats:.1f}", f"{answer.unsure:.3f}"]
        for answer in answers
    ]
    note: payload.Note = {
        "title": say("Flipped pixels") if not restored.hidden.any() else say("Hidden pixels"),
        "html": sentence(restored),
        "rows": rows,
        "values": {},
        "patches": [],
    }
    panels = [left(restored), painted, unsure]
    return {**payload.player(panels, columns=2, autoplay=False), "film": False, "note": note}


def again(digit: NDArray[np.uint8], damage: NDArray[np.bool_] | float, seed: int, view: str) -> Again:
    """How a view comes again, of a digit (H, W) where it is hidden, or of which a share of all pixels is flipped.

    What is compared are the panel that all ways paint, the ends of the search, or the pictures that are sampled.
    """
    given: dict[str, Any] = {"digit": digit}
    if isinstance(damage, np.ndarray):
        given["hidden"] = damage
        call = f'uncover((given["digit"], given["hidden"]), {seed})'
    else:
        call = f'denoise(given["digit"], {damage!r}, {seed})'
    ways = 4 if isinstance(damage, np.ndarray) else 3
    shown: dict[str, tuple[str, int | list[int]]] = {
        "search": ("trace.climb.pictures[-1][:, None]", 0),
        "samples": (f"np.concatenate([each.samples[:{SAMPLES}, None] for each in trace.answers])", list(range(ways))),
    }
    last, panel = shown.get(view, ("np.stack([each.painted for each in trace.answers])[:, None]", 1))
    return bundle.again(PLAIN, call, last=last, panel=panel, studio="restoring", **given)


def sentence(restored: Restored) -> str:
    """Who came nearest, by the numbers: fewest wrong pixels, and the likeliest to draw just the true ones."""
    wrong = [answer.wrong for answer in restored.answers]
    nats = finite([answer.nats for answer in restored.answers], "The price")
    nearest = [answer for answer in restored.answers if answer.wrong == min(wrong)]
    who = listed([f"<b>{say(NAMES)[answer.way]}</b>" for answer in nearest])
    best = say(NAMES)[restored.answers[int(nats.argmin())].way]
    region = say("of the hidden pixels") if restored.hidden.any() else say("of all pixels")
    tell = "" if restored.hidden.any() else " " + say(NO_PIXELS)
    return say(
        "{who} came nearest: {percent} {region} wrong, where doing nothing leaves {percent2}. Sampling, "
        "{best} would be the likeliest to hit the true pixels exactly: −log p is {min:.1f} nats.{tell}",
        who=who,
        percent=_percent(min(wrong)),
        region=region,
        percent2=_percent(restored.untouched),
        best=best,
        min=nats.min(),
        tell=tell,
    )


NO_PIXELS = "PixelCNN is not asked: it reads every given pixel as the truth and has no word for a flipped one."


def search_payload(restored: Restored, *, autoplay: bool = True) -> Player:
    """The film of the search: the best so far of each restart, the best at the end first; the bars are what it costs.

    The objective falls by less and less, so the bars stand on its least value, which the caption names.
    """
    climb = restored.climb
    objective = finite(climb.objective, "The search")
    labels = [say(ORIGINS)[origin].removeprefix("the ") for origin in climb.origins]
    panel = payload.panel(say("The search, best so far"), "vae", climb.pictures[:, :, None], labels)
    floor = float(objective.min())
    values: dict[str, Value | Words] = {
        "objective": payload.value(objective, 1),
        "known": payload.value(finite(climb.known, "The search"), 1),
        "length": payload.value(np.sqrt(np.maximum(2 * (objective - climb.known), 0)), 2),
        "hidden": payload.value(climb.hidden[None], 1),
        "origin": payload.words(list(say(ORIGINS)), climb.origins[None].astype(np.uint8)),
        "start": payload.value(objective[:1], 1),
        "end": payload.value(objective[-1:], 1),
    }
    true = say("the hidden pixels") if restored.hidden.any() else say("the true picture")
    rows = [
        [say("−log p(known | z)"), say("[[known]] nats")],
        ["|z|", "[[length]]"],
        [say("in the end, {true}", true=true), say("[[hidden]] nats")],
    ]
    return {
        **payload.player([panel], columns=3, autoplay=autoplay),
        "fps": 8,
        "cost": payload.cost(
            say("objective above the best, {floor:.1f} nats", floor=floor), say("nats"), objective - floor
        ),
        "moment": say("moment [[step]] of [[steps]]"),
        "note": {
            "title": say("Restart [[cell]] of [[cells]]"),
            "html": say(SEARCHED),
            "rows": rows,
            "values": values,
            "patches": [],
        },
    }


SEARCHED = (
    "It began at <b class='vae'>[[origin]]</b>, with an objective of [[start]] nats, and ends at [[end]]; now it is "
    "[[objective]]. Only known pixels are looked at."
)


def samples_payload(restored: Restored) -> Player:
    """Pictures that each model samples, a panel each."""
    panels = [
        payload.panel(
            say("{names} samples", names=say(NAMES)[answer.way]),
            ROOMS[answer.way],
            answer.samples[None, :SAMPLES, None],
        )
        for answer in restored.answers
    ]
    rows = [["", say("unsure")], *([say(NAMES)[answer.way], f"{answer.unsure:.3f}"] for answer in restored.answers)]
    note: payload.Note = {
        "title": say("What each may sample"),
        "html": say(DRAWN),
        "rows": rows,
        "values": {},
        "patches": [],
    }
    return {**payload.player(panels, columns=3, autoplay=False), "film": False, "note": note}


DRAWN = (
    "The encoders sample a code from q(z | what they see), then every pixel; the <b class='vae'>search</b> samples the "
    "pixels of each restart's code; <b class='pixel'>PixelCNN</b> samples pixel after pixel. Unsure is the mean "
    "standard deviation of a damaged pixel."
)


def left(restored: Restored) -> Panel:
    """What is left of the digit: hidden pixels are hatched."""
    panel = payload.panel(say("What is left"), "read", restored.damaged[None, None, None])
    if restored.hidden.any():
        panel["reveal"] = encode(np.where(restored.hidden, NEVER, 0)[None], np.uint16)
    return panel


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
