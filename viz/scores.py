"""The table of figures: ours from the cards of the checkpoints, others' as they were reported."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple

from viz import painters

CARDS = Path(__file__).resolve().parents[1] / "checkpoints"
TEST_PICTURES = 10_000


class Reported(NamedTuple):
    """Somebody else's figure; ``seen`` if it was read in its source, not recalled from memory."""

    nats: str
    seen: bool


REPORTED: dict[str, Reported] = {
    "pixelcnn-mnist": Reported("81.30", True),
    "row-lstm-mnist": Reported("80.54", False),
    "diagonal-bilstm-mnist": Reported("80.75 (1 layer), 79.20 (7 layers)", True),
}
"""van den Oord et al. 2016, table 4: statically binarised MNIST, test split, trained on GPUs."""

JPEG = " that went through JPEG, so not comparable with the papers'"
LESSON = {"pixelcnn-placed-mnist": "with the bias", "pixelcnn-unplaced-mnist": "without"}
"""Two equal networks, trained alike."""


def card(name: str, folder: Path = CARDS) -> dict[str, Any]:
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


def table(folder: Path = CARDS) -> str:
    """Every binary model's exact negative log-likelihood, ours beside the reported one, as HTML."""
    rows = []
    for name, painter in painters.BINARY.items():
        read = card(name, folder)
        figure, reported = test_figure(read, "exact"), REPORTED.get(name)
        ours = f"{figure['nats']:.2f} ± {figure['standard_error']:.2f}" if figure else "not measured"
        theirs = "" if reported is None else reported.nats + ("" if reported.seen else " *")
        size = f"{read['parameters'] / 1000:,.0f} k" if "parameters" in read else ""
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in (ours, theirs, size))
        rows.append(f"<tr><th scope='row'>{html.escape(painter.title)}</th>{cells}</tr>")
    return (
        "<table class='easel-scores'><caption>Nats per picture, lower is better: statically binarised MNIST, all "
        f"{TEST_PICTURES:,} test pictures</caption><thead><tr><th scope='col'>painter</th>"
        "<th scope='col'>ours, exact</th><th scope='col'>as reported</th><th scope='col'>parameters</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def colour_sentence(folder: Path = CARDS) -> str:
    """What the colour models cost, in bits for each value."""
    parts = []
    for name, painter in painters.COLOUR.items():
        figure = test_figure(card(name, folder), "exact")
        if figure and figure.get("bits_per_dimension"):
            said = f"{painter.title}: {figure['bits_per_dimension']:.2f} bits/dim on {figure['n']:,} test pictures"
            parts.append(said + (JPEG if "jpg" in figure.get("dataset", "") else ""))
    return "; ".join(parts)


def lesson_sentence(folder: Path = CARDS) -> str:
    """The two figures of the lesson in one sentence; empty until both are measured."""
    figures = {name: test_figure(card(name, folder), "exact") for name in LESSON}
    if not all(figures.values()):
        return ""
    said = [f"{figure['nats']:.2f} nats {LESSON[name]}" for name, figure in figures.items() if figure]
    return ", ".join(said)
