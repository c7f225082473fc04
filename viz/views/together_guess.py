"""The game "Beat the model": the bills at the end of a round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from core.results import Bill
from viz.language import say
from viz.player import overlays, payload
from viz.player.payload import Player
from viz.views.together_rows import png_bytes

DEAREST, FAINTEST, PALE = 5.6, 0.2, 0.3
"""Bits of the brightest colour, which a wrong bet of 98 % costs; the least colour; the grey of the digit."""
FILES = (
    "The <b>whole digit as a file</b>: an arithmetic coder writes it with a model's odds, in at most two bits more "
    "than its price. Each file has been read back, to the pixel."
)


def bill(yours: Bill, others: Sequence[Bill], bets: Sequence[int]) -> str:
    """Everybody's bars, the cheapest first, and how honest the player's odds were."""
    ranked = sorted([yours, *others], key=lambda each: float(each.bits.sum()))
    most = max(float(each.bits.sum()) for each in ranked)
    beaten = [each.name for each in others if float(each.bits.sum()) > float(yours.bits.sum())]
    paid = float(yours.bits.sum())
    rows = "".join(bar(each, most, each is yours) for each in ranked)
    said = say(
        "You paid <b>{bits:.1f} bits</b>, which are {nats:.1f} nats: 1 bit is 0.69 nats. {beaten}",
        bits=paid,
        nats=paid * math.log(2),
        beaten=beat(beaten, len(others)),
    )
    return (
        f'<div class="bill"><p class="said">{said}</p>{rows}'
        f"<p>{honesty(yours, bets)}</p><p>{dearest(yours, others)}</p></div>"
    )


def maps(yours: Bill, others: Sequence[Bill], digit: NDArray[np.bool_], places: NDArray[np.int64]) -> Player:
    """Everybody's surprise at each pixel that was asked about, over the pale digit, as a payload: all on one scale."""
    players = sorted([yours, *others], key=lambda each: float(each.bits.sum()))
    row, column = places.T
    table = overlays.ramp_table("pixel") / np.float32(255)
    pale = np.where(digit, PALE, 0).astype(np.float32)[None].repeat(3, 0)
    pictures = []
    for each in players:
        picture = pale.copy()
        share = np.clip(FAINTEST + (1 - FAINTEST) * np.sqrt(each.bits / DEAREST), 0, 1)  # most cost less than a bit
        picture[:, row, column] = table[np.rint(share * 255).astype(int)].T
        pictures.append(picture)
    title = say("Surprise at each pixel, from none to {dearest:g} bits", dearest=DEAREST)
    panel = payload.panel(title, "pixel", np.stack(pictures)[None], [each.name for each in players])
    return {**payload.player([panel], columns=4, autoplay=False), "film": False}


def files(bits: Mapping[str, int], titles: Mapping[str, str], digit: NDArray[np.bool_]) -> str:
    """How small the whole digit is as a file with each model's odds, and as a PNG, as HTML."""
    found = {titles[name]: (each + 7) // 8 for name, each in bits.items()} | {"PNG": png_bytes(digit)}
    most = max(found.values())
    rows = "".join(
        f'<div class="row {"rule" if name == "PNG" else "model"}"><span>{escape(name)}</span>'
        f'<i><b style="width:{100 * size / most:.1f}%"></b></i><span>{say("{size} bytes", size=size)}</span></div>'
        for name, size in sorted(found.items(), key=lambda each: each[1])
    )
    return f'<div class="bill"><p class="said">{say(FILES)}</p>{rows}</div>'


def bar(one: Bill, most: float, own: bool) -> str:
    """One player's bar."""
    total, kind = float(one.bits.sum()), "you" if own else "rule" if one.rule else "model"
    return (
        f'<div class="row {kind}"><span>{escape(one.name)}</span>'
        f'<i><b style="width:{100 * total / most:.1f}%"></b></i>'
        f"<span>{say('{total:.1f} bits', total=total)}</span></div>"
    )


def beat(beaten: Sequence[str], count: int) -> str:
    """Whom the player beat, in a sentence."""
    if not beaten:
        return say("Nobody paid more than you this time.")
    return (
        say("You beat everybody.")
        if len(beaten) == count
        else say("You beat: {beaten}.", beaten=escape(", ".join(beaten)))
    )


def honesty(yours: Bill, bets: Sequence[int]) -> str:
    """How often the surest bets came true."""
    sure = [cost < 1 for cost, bet in zip(yours.bits, bets, strict=True) if bet in (2, 98)]
    if not sure:
        return say("You never said 98 %: being sure where the picture leaves no doubt is what saves bits.")
    return say(
        "You were 98 % sure {sure} times and right {sure2} times. Whoever is honest at 98 % is wrong once in fifty.",
        sure=len(sure),
        sure2=sum(sure),
    )


def dearest(yours: Bill, others: Sequence[Bill]) -> str:
    """Where the player lost most, and what the best model paid there."""
    best = min((each for each in others if not each.rule), key=lambda each: float(each.bits.sum()))
    at = int(yours.bits.argmax())
    return say(
        "Your most expensive pixel, number {at}, cost {bits:.1f} bits; {name} paid {bits2:.1f} there.",
        at=at + 1,
        bits=float(yours.bits[at]),
        name=escape(best.name),
        bits2=float(best.bits[at]),
    )
