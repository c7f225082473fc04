"""The figures on all cards as one table: ``python -m core.evaluation --all --markdown``, kept as ``FIGURES.md``."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from core.files import CHECKPOINTS
from core.training.checkpoints import read_card
from core.training.registry import REGISTRY

HEAD = """# All figures

What every shipped model pays for pictures that it has not seen, from the cards in `checkpoints/`: nats a picture with
the standard error of the mean, bits for each value where there are 256 levels, the error in percent of what classifies.
`exact` is −log p(x) itself, `elbo` and `iwae-K` are bounds on it from above. This table is made of the cards:
`python -m core.evaluation --all --markdown > FIGURES.md`; one row is computed again by
`python -m core.evaluation NAME --data FOLDER`, with `--samples K` for `iwae-K` and `--limit N` for a part of the split.

| model | parameters | pictures | n | bound | nats | | steps | validation |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def rounded(number: float, digits: int) -> str:
    """As a person rounds: 84.565 is 84.57."""
    return f"{Decimal(str(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def row(name: str, card: dict[str, Any], figure: dict[str, Any]) -> str:
    """One figure of a card."""
    digits = 3 if figure["bound"] == "cross-entropy" else 2
    spread = f" ± {rounded(figure['standard_error'], digits)}" if figure.get("standard_error") else ""
    more = ""
    if figure.get("bits_per_dimension"):
        more = f"{rounded(figure['bits_per_dimension'], 2)} bits/dim"
    if figure.get("error") is not None:
        more = f"{rounded(figure['error'], 2)} % wrong"
    cells = (
        f"`{name}`",
        f"{card['parameters']:,}",
        figure["dataset"],
        f"{figure['n']:,}",
        figure["bound"],
        f"{rounded(figure['nats'], digits)}{spread}",
        more,
        f"{card['step']:,}",
        rounded(card["validation_nats"], digits) if "validation_nats" in card else "",
    )
    return f"| {' | '.join(cells)} |"


def table(folder: Path = CHECKPOINTS) -> str:
    """The whole document, models in the registry's order. Raises ``CheckpointError`` for a card that is missing."""
    rows = []
    for name in REGISTRY:
        card = read_card(name, folder)
        figures = [each for each in card.get("metrics", []) if each["split"] == "test"]
        rows += [row(name, card, each) for each in sorted(figures, key=lambda each: -int(each["n"]))]
    return HEAD + "\n".join(rows) + "\n"
