"""The game "Beat the model": the bills at the end of a round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from core.results import Bill


def bill(yours: Bill, others: Sequence[Bill], bets: Sequence[int]) -> str:
    """Everybody's bars, the cheapest first, and how honest the player's odds were."""
    ranked = sorted([yours, *others], key=lambda each: float(each.bits.sum()))
    most = max(float(each.bits.sum()) for each in ranked)
    beaten = [each.name for each in others if float(each.bits.sum()) > float(yours.bits.sum())]
    paid = float(yours.bits.sum())
    rows = "".join(bar(each, most, each is yours) for each in ranked)
    return (
        f'<div class="bill"><p class="said">You paid <b>{paid:.1f} bits</b>, which are '
        f"{paid * math.log(2):.1f} nats: 1 bit is 0.69 nats. {beat(beaten, len(others))}</p>{rows}"
        f"<p>{honesty(yours, bets)}</p><p>{dearest(yours, others)}</p></div>"
    )


def bar(one: Bill, most: float, own: bool) -> str:
    """One player's bar."""
    total, kind = float(one.bits.sum()), "you" if own else "rule" if one.rule else "model"
    return (
        f'<div class="row {kind}"><span>{escape(one.name)}</span>'
        f'<i><b style="width:{100 * total / most:.1f}%"></b></i><span>{total:.1f} bits</span></div>'
    )


def beat(beaten: Sequence[str], count: int) -> str:
    """Whom the player beat, in a sentence."""
    if not beaten:
        return "Nobody paid more than you this time."
    return "You beat everybody." if len(beaten) == count else f"You beat: {escape(', '.join(beaten))}."


def honesty(yours: Bill, bets: Sequence[int]) -> str:
    """How often the surest bets came true."""
    sure = [cost < 1 for cost, bet in zip(yours.bits, bets, strict=True) if bet in (2, 98)]
    if not sure:
        return "You never said 98 %: being sure where the picture leaves no doubt is what saves bits."
    return (
        f"You were 98 % sure {len(sure)} times and right {sum(sure)} times. "
        f"Whoever is honest at 98 % is wrong once in fifty."
    )


def dearest(yours: Bill, others: Sequence[Bill]) -> str:
    """Where the player lost most, and what the best model paid there."""
    best = min((each for each in others if not each.rule), key=lambda each: float(each.bits.sum()))
    at = int(yours.bits.argmax())
    return (
        f"Your most expensive pixel, number {at + 1}, cost {float(yours.bits[at]):.1f} bits; "
        f"{escape(best.name)} paid {float(best.bits[at]):.1f} there."
    )
