"""The table of figures: ours from the cards of the checkpoints, others' as they were reported."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from core.files import CHECKPOINTS
from core.training.registry import REGISTRY, shown_in
from viz.language import say

TEST_PICTURES = 10_000

JPEG = " that went through JPEG, so not comparable with the papers'"


def card(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """A checkpoint's card; empty if it is missing, which the painting itself will complain about."""
    try:
        read: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read


def test_figure(read: Mapping[str, Any], bound: str) -> Mapping[str, Any] | None:
    """The figure of that kind on a whole test split, if the card has one."""
    figures = (one for one in read.get("metrics", []) if one.get("split") == "test" and one.get("bound") == bound)
    return next(figures, None)


def said(figure: Mapping[str, Any]) -> str:
    """A figure with its standard error, as a person rounds: 84.565 is 84.57."""
    nats, error = (
        Decimal(str(figure[name])).quantize(Decimal("0.01"), ROUND_HALF_UP) for name in ("nats", "standard_error")
    )
    return f"{nats} ± {error}"


def table(folder: Path = CHECKPOINTS) -> str:
    """Every binary model's exact negative log-likelihood, ours beside the reported one, as HTML."""
    rows = []
    for name, title in say(shown_in("pixel_scores")).items():
        read = card(name, folder)
        figure, reported = test_figure(read, "exact"), REGISTRY[name].reported
        ours = f"{figure['nats']:.2f} ± {figure['standard_error']:.2f}" if figure else say("not measured")
        theirs = "" if reported is None else reported.nats + ("" if reported.seen else " *")
        size = f"{read['parameters'] / 1000:,.0f} k" if "parameters" in read else ""
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in (ours, theirs, size))
        rows.append(f"<tr><th scope='row'>{html.escape(title)}</th>{cells}</tr>")
    caption = say(
        "Nats per picture, lower is better: statically binarised MNIST, all {n:,} test pictures", n=TEST_PICTURES
    )
    titles = (say("painter"), say("ours, exact"), say("as reported"), say("parameters"))
    head = "".join(f"<th scope='col'>{each}</th>" for each in titles)
    return (
        f"<table class='easel-scores'><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def colour_sentence(folder: Path = CHECKPOINTS) -> str:
    """What the colour models cost, in bits for each value."""
    parts = []
    for name in shown_in("pixel_colour"):
        figure = test_figure(card(name, folder), "exact")
        if figure and figure.get("bits_per_dimension"):
            said = say(
                "{title}: {bits_per_dimension:.2f} bits/dim on {n:,} test pictures",
                title=say(REGISTRY[name].title),
                bits_per_dimension=figure["bits_per_dimension"],
                n=figure["n"],
            )
            parts.append(said + (say(JPEG) if "jpg" in figure.get("dataset", "") else ""))
    return say("; ").join(parts)


def bias_sentence(folder: Path = CHECKPOINTS) -> str:
    """The two figures of the experiment in one sentence; empty until both are measured."""
    told = say(shown_in("pixel_bias"))
    figures = {name: test_figure(card(name, folder), "exact") for name in told}
    if not all(figures.values()):
        return ""
    said = [
        say("{nats:.2f} nats {told}", nats=figure["nats"], told=told[name])
        for name, figure in figures.items()
        if figure
    ]
    return say(", ").join(said)
