"""Errors against the number of glimpses, as the cards of the checkpoints have them measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotly.graph_objects as go

from core.files import CHECKPOINTS
from core.training.registry import REGISTRY, shown_in
from viz.language import say
from viz.player.overlays import COLOURS
from viz.views import figures, pixel_scores


class Line(NamedTuple):
    """How a network's line is called and drawn; ``flat``: it looks once, at everything."""

    title: str
    colour: str
    dash: str
    flat: bool = False


def lines() -> dict[str, Line]:
    """Every network's line, in the order of the legend. The colour says how it looks, the dash at what."""
    found = {}
    for name, title in say(shown_in("look_scores")).items():
        config = REGISTRY[name].config
        flat = not hasattr(config, "aim")
        dash = "dash" if config.height > 60 else "solid" if flat or config.aim == "learned" else "dot"
        if hasattr(config, "causal"):
            dash = "longdashdot" if config.causal else "dashdot"
        found[name] = Line(title, COLOURS["plain" if flat else "glimpse"], dash, flat)
    return found


class Measured(NamedTuple):
    """Percentages of wrong answers after each look, on ``n`` test pictures."""

    name: str
    errors: tuple[float, ...]
    n: int


def measured(folder: Path = CHECKPOINTS) -> list[Measured]:
    """The networks that were measured on the test split of what they learned from; others are left out."""
    found = []
    for name in lines():
        card = pixel_scores.card(name, folder)
        figures = (one for one in card.get("metrics", []) if _is_ours(one, card))
        if figure := next(figures, None):
            found.append(Measured(name, tuple(float(error) for error in figure["error_after"]), int(figure["n"])))
    return found


def _is_ours(figure: dict[str, Any], card: dict[str, Any]) -> bool:
    errors = figure.get("error_after")
    if not isinstance(errors, list) or not errors or not all(isinstance(error, int | float) for error in errors):
        return False
    same = figure.get("split") == "test" and figure.get("dataset") == card.get("dataset")
    return same and figure.get("bound") == "cross-entropy" and all(math.isfinite(error) for error in errors)


def figure(found: Sequence[Measured]) -> go.Figure:
    """A line for each network: the percentage of errors after 1, 2, … glimpses; flat where there is but one look."""
    most, legend = max((len(one.errors) for one in found), default=1), lines()
    drawn = []
    for one in found:
        line, errors = legend[one.name], list(one.errors)
        flat = line.flat
        drawn.append(
            go.Scatter(
                x=list(range(1, most + 1)) if flat else list(range(1, len(errors) + 1)),
                y=errors[-1:] * most if flat else errors,
                name=line.title,
                mode="lines" if flat else "lines+markers",
                line={"color": line.colour, "dash": line.dash, "width": 2 if flat else 2.5},
                hovertemplate=say("{title}<br>%{{y:.1f}} % errors", title=line.title)
                + ("" if flat else say(" after glimpse %{x}"))
                + "<extra></extra>",
            )
        )
    title = "" if found else say("No network has been measured yet.")
    made = figures.chart(drawn, title, x=say("glimpses"), y=say("errors, %"))
    made.update_xaxes(dtick=1)
    made.update_yaxes(rangemode="tozero")
    made.update_layout(legend={"orientation": "h", "y": -0.22, "x": 0}, margin={"b": 96})
    return made


def sentence(found: Sequence[Measured]) -> str:
    """The errors in words: after the first glimpse and the last."""
    parts, legend = [], lines()
    for one in found:
        line, first, last = legend[one.name], one.errors[0], one.errors[-1]
        way = (
            f"{last:.1f} %"
            if line.flat
            else say(
                "{first:.1f} % after one glimpse, {last:.1f} % after {errors}",
                first=first,
                last=last,
                errors=len(one.errors),
            )
        )
        parts.append(f"**{line.title}**: {way}")
    if not parts:
        return ""
    return say(
        "Errors: {parts}. Measured on {it:,} test pictures.", parts="; ".join(parts), it=min(one.n for one in found)
    )
