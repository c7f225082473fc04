"""What a code is worth: under other weights β, under another likelihood, and outside of the prior.

``T`` steps, ``d`` latents, ``H`` × ``W`` pixels; prices in nats. NumPy only; every sentence is written from the
numbers beside it, whichever way they turn out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.results_vae import Bound, Outside, Weight
from viz.language import say
from viz.player import frames, payload
from viz.player.payload import Player, Value, Words, finite
from viz.player.words import listed
from viz.views.vae_bound import Price, bars, seen, still

FAR = 0.999
"""Share of the prior within, from which on a code counts as far out."""


def beta_bars(weights: Sequence[Weight]) -> str:
    """A row for each β, with what it paints of the digit."""
    return bars([Price.of(f"β = {weight.beta:g}", weight.bound, picture=True) for weight in weights])


def beta_payload(weights: Sequence[Weight]) -> Player:
    """What each β imagines, all from the same noise; the note compares copies and imaginings by their numbers."""
    panels = [
        payload.panel(say("β = {beta:g} imagines", beta=weight.beta), "vae", weight.imagined[None])
        for weight in weights
    ]
    rest = [weight.bound.reconstruction for weight in weights]
    kl = [float(weight.bound.kl.sum()) for weight in weights]
    names = [f"β = {weight.beta:g}" for weight in weights]
    near, short = least(names, rest), least(names, kl)
    clear = least(names, [100 * weight.undecided for weight in weights])
    text = say(
        "The least to say after the code: <b class='vae'>{near}</b>, {rest:.1f} nats. The cheapest code: <b "
        "class='vae'>{short}</b>, {kl:.1f} nats. The most decided imaginings: <b class='vae'>{clear}</b>. "
        "All three have the same network, and here the same noise.",
        near=near,
        rest=min(rest),
        short=short,
        kl=min(kl),
        clear=clear,
    )
    rows = [["", *(name.removeprefix("β = ") for name in names)]]
    rows.append([say("code, nats"), *(f"{value:.1f}" for value in kl)])
    rows.append([say("pixels, nats"), *(f"{value:.1f}" for value in rest)])
    rows.append([say("copy, undecided"), *(f"{100 * weight.bound.undecided:.1f} %" for weight in weights)])
    rows.append([say("imagined, undecided"), *(f"{100 * weight.undecided:.1f} %" for weight in weights)])
    return still(panels, say("The weight β of the code"), text, rows)


def least(names: Sequence[str], values: Sequence[float]) -> str:
    """Whose value is smallest, as it is shown, to one decimal: a name, several, or all alike."""
    shown = [round(value, 1) for value in values]
    found = [name for name, value in zip(names, shown, strict=True) if value == min(shown)]
    return say("each β alike") if len(found) == len(names) else listed(found)


def likelihood_bars(bounds: Sequence[Bound]) -> str:
    """One row for each training, both read as probabilities of ink."""
    return bars([Price.of(name, bound) for name, bound in zip(say(TRAINED), bounds, strict=True)])


TRAINED = "Trained for likelihood", "Trained for squared error"


def likelihood_payload(pixels: NDArray[np.uint8], bounds: Sequence[Bound]) -> Player:
    """The digit and what either training paints of it."""
    panels = [seen(pixels)]
    panels += [payload.panel(name, "vae", each.painted[None]) for name, each in zip(say(TRAINED), bounds, strict=True)]
    sharp, soft = (100 * bound.undecided for bound in bounds)
    short, long = (float(bound.kl.sum()) for bound in (bounds[1], bounds[0]))
    text = say(
        "Trained for squared error, the network leaves <b>{soft:.1f} %</b> of the pixels undecided, "
        "{compared} than its twin's {sharp:.1f} %. Its code is {compared2}: {short:.1f} nats against "
        "{long:.1f}.",
        soft=soft,
        compared=_compared(soft, sharp, say("more"), say("fewer"), say("no more")),
        sharp=sharp,
        compared2=_compared(short, long, say("more expensive"), say("cheaper"), say("no more expensive")),
        short=short,
        long=long,
    )
    square = ((np.stack([bound.painted[0, 0] for bound in bounds]) - (pixels >= 128)) ** 2).sum((1, 2))
    rows = [
        ["", say("likelihood"), say("squared")],
        [say("undecided"), f"{sharp:.1f} %", f"{soft:.1f} %"],
        [say("code, nats"), f"{long:.1f}", f"{short:.1f}"],
        [say("pixels, nats"), *(f"{bound.reconstruction:.1f}" for bound in bounds)],
        [say("squared error"), *(f"{value:.1f}" for value in square)],
        [say("most expensive pixel, nats"), *(f"{bound.loss.max():.1f}" for bound in bounds)],
    ]
    return still(panels, say("Blur"), text, rows)


def _compared(one: float, other: float, more: str, less: str, alike: str) -> str:
    """The word for one number beside another, as they are shown: to one decimal."""
    if round(one, 1) == round(other, 1):
        return alike
    return more if one > other else less


def outside_payload(outside: Outside) -> Player:
    """From the origin outwards; the bars are how far from a code the encoder reads its own picture back."""
    radius, mass = finite(outside.radius, "The way"), finite(outside.mass, "The way")
    factor, distance = finite(outside.factor, "The way"), finite(outside.distance, "The way")
    own = int(np.abs(factor - 1).argmin())
    said = np.where(np.arange(len(factor)) == own, 1, np.where(mass > FAR, 2, 0))
    panels = [
        payload.panel(say("What is painted"), "vae", frames.stacked(outside.trace)),
        payload.panel(say("What is painted of what it reads back"), "vae", outside.back[:, None]),
    ]
    values: dict[str, Value | Words] = {
        "factor": payload.value(factor[:, None], 1),
        "radius": payload.value(radius[:, None], 2),
        "distance": payload.value(distance[:, None], 2),
        "mass": {**payload.value(mass[:, None], 2), "percent": True},
        "said": payload.words(list(say(WHERE)), said[:, None].astype(np.uint8)),
    }
    return {
        **payload.player(panels, columns=1),
        "fps": 8,
        "cost": payload.cost(
            say("distance between a code and the one read back from its picture"), "", distance[:, None]
        ),
        "note": {
            "title": say("[[factor]] times as far out as your digit"),
            "html": f"{say(OUT)} <b>[[said]]</b>",
            "rows": [["|z|", "[[radius]]"], [say("read back at a distance of"), "[[distance]]"]],
            "values": values,
            "patches": [],
            "bar": {"value": "mass", "label": say("the prior within, {latents} numbers", latents=outside.latents)},
        },
    }


OUT = (
    "The code lies [[radius]] from the origin: [[mass]] of the prior lies within. Made paper and ink and shown to the "
    "encoder, the picture is read back [[distance]] away."
)
WHERE = (
    "",
    "This is your digit's own code.",
    "Fewer than one code in a thousand of the prior lies this far out.",
)
