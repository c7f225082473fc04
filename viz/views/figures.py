"""Charts that stand still: Plotly figures of a trace's own numbers.

They lie on light and dark pages alike, since ``gr.Plot`` knows no dark mode: transparent backgrounds, mid-grey text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace, RasterTrace
from viz.language import say
from viz.player import overlays
from viz.player.payload import finite

TEXT = "#7c8088"
GRID = "rgba(128, 128, 128, 0.25)"


def kl_figure(trace: CanvasTrace, *, cell: int = 0, title: str = "") -> go.Figure:
    """Nats that each stroke tells the decoder about picture ``cell``: T bars, none if nothing was looked at."""
    if "kl" not in trace.steps[0].scalars:
        return chart(
            go.Bar(), say("Nothing was looked at, so no stroke tells anything."), x=say("stroke"), y=say("nats")
        )
    kl = finite(trace.series("kl")[:, cell], "The trace")
    bars = go.Bar(
        x=np.arange(1, len(kl) + 1),
        y=kl,
        marker_color=overlays.COLOURS["write"],
        hovertemplate=say("stroke %{x}<br>%{y:.2f} nats<extra></extra>"),
    )
    return chart(bars, title, x=say("stroke"), y=say("nats"))


def nats_per_latent_figure(kl: Array, *, title: str = "") -> go.Figure:
    """What each latent costs, (d,) in nats, the most expensive first; latents are numbered from 1."""
    if not len(kl):
        return chart(
            go.Bar(), say("Bent or imagined: only the code of a digit has a price."), x=say("latent"), y=say("nats")
        )
    nats = finite(kl, "The code")
    order = np.argsort(-nats, kind="stable")
    bars = go.Bar(
        x=[f"z{latent + 1}" for latent in order],
        y=nats[order],
        marker_color=overlays.COLOURS["vae"],
        hovertemplate=say("%{x}<br>%{y:.2f} nats<extra></extra>"),
    )
    return chart(bars, title, x=say("latent"), y=say("nats"))


def entropy_figure(trace: RasterTrace, cell: int = 0, *, title: str = "") -> go.Figure:
    """How unsure the painter was of each pixel of picture ``cell``, in nats, at most log 2."""
    return _heat_map(trace.entropy[cell], float(np.log(2)), say("%{z:.3f} nats"), say("nats"), title)


def novelty_figure(imagined: NDArray[Any], test: NDArray[Any], train: NDArray[Any]) -> go.Figure:
    """Distances in pixels to the nearest training picture, (n,) each: the share of pictures at every distance."""
    edges = np.arange(0, max(imagined.max(), test.max(), train.max()) + 6, 5)
    kinds = (
        (imagined, say("imagined"), overlays.COLOURS["write"], "solid"),
        (test, say("test digits"), TEXT, "dash"),
        (train, say("training digits"), TEXT, "dot"),
    )
    lines = []
    for values, name, colour, dash in kinds:
        counts, borders = np.histogram(values, edges)
        lines.append(
            go.Scatter(
                x=(borders[:-1] + borders[1:]) / 2,
                y=100 * counts / len(values),
                name=name,
                line={"color": colour, "dash": dash, "shape": "hvh"},
                fill="tozeroy" if values is imagined else None,
                hovertemplate=say("about %{x:.0f} pixels: %{y:.1f} %<extra>") + name + "</extra>",
            )
        )
    drawn = chart(lines, "", x=say("pixels that differ"), y=say("% of pictures"))
    return drawn.update_layout(legend={"orientation": "h", "y": 1.12, "x": 0})


def path_figure(trace: CanvasTrace, *, cell: int = 0, title: str = "") -> go.Figure:
    """The ways of the windows' centres over picture ``cell``, a dot for each stroke, larger for wider windows."""
    height, width = trace.frame(0).shape[-2:]
    under = trace.frame(len(trace) - 1) if trace.subject is None else trace.subject
    shade = finite(under[cell].mean(0), "The trace").round(3)
    picture = go.Heatmap(
        x=np.arange(width) + 0.5,
        y=np.arange(height) + 0.5,
        z=shade,
        zmin=0,
        zmax=2,  # half as bright, so that the paths stand out
        colorscale=[[0, "#101216"], [1, "#ffffff"]],
        showscale=False,
        hovertemplate=say("%{z:.0%} ink<extra></extra>"),
    )
    paths, names = [], {"read": say("read"), "write": say("write")}
    for kind, dash in (("read", "solid"), ("write", "dash")):
        if f"{kind}_x" not in trace.steps[0].scalars:
            continue
        x, y = (finite(trace.series(f"{kind}_{axis}")[:, cell], "The trace") for axis in "xy")
        sizes = np.array([mark.width[cell] for t in range(len(trace)) for mark in trace.marks(t) if mark.kind == kind])
        paths.append(
            go.Scatter(
                x=x,
                y=y,
                name=names[kind],
                mode="lines+markers+text",
                text=[str(t + 1) if t in (0, len(trace) - 1) else "" for t in range(len(trace))],
                textposition="top center",
                textfont={"color": overlays.COLOURS[kind]},
                line={"color": overlays.COLOURS[kind], "dash": dash},
                marker={"size": 5 + 13 * np.clip(sizes / max(height, width), 0, 1.5)},
                customdata=np.stack([sizes, np.arange(1, len(sizes) + 1)], 1),
                hovertemplate=say("stroke %{customdata[1]}<br>%{x:.1f}, %{y:.1f}, %{customdata[0]:.0f} px wide")
                + f"<extra>{names[kind]}</extra>",
            )
        )
    if not paths:
        return chart(go.Bar(), say("This painter has no windows."), x="", y="")
    drawn = chart([picture, *paths], title, x="", y="")
    drawn.update_xaxes(showgrid=False, constrain="domain", range=[0, width])
    drawn.update_yaxes(showgrid=False, constrain="domain", range=[height, 0], scaleanchor="x")
    return drawn.update_layout(legend={"orientation": "h", "y": 1.1, "x": 0}, height=420)


def _heat_map(values: Array, top: float, hover: str, unit: str, title: str) -> go.Figure:
    """(H, W) values from 0 to ``top`` as hard pixels; rows and columns are numbered from 1, row 1 on top."""
    height, width = values.shape
    stops = [[value, f"rgb{colour}"] for value, colour in overlays.ramp_stops("pixel")]
    pixels = go.Heatmap(
        x=np.arange(1, width + 1),
        y=np.arange(1, height + 1),
        z=finite(values, "The trace"),
        zmin=0,
        zmax=top,
        zsmooth=False,
        colorscale=stops,
        colorbar={"title": {"text": unit}, "thickness": 10, "outlinewidth": 0},
        hovertemplate=say("row %{{y}}, column %{{x}}<br>{hover}<extra></extra>", hover=hover),
    )
    figure = chart(pixels, title, x="", y="")
    figure.update_xaxes(showgrid=False, constrain="domain")
    figure.update_yaxes(showgrid=False, constrain="domain", autorange="reversed", scaleanchor="x")
    return figure


def chart(data: Any, title: str, *, x: str, y: str) -> go.Figure:
    """One Plotly trace or several, with the axes' names; it lies on light and dark pages alike."""
    axis = {"gridcolor": GRID, "zeroline": False}
    layout = {
        "template": go.layout.Template(),
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"color": TEXT, "size": 13},
        "margin": {"l": 44, "r": 12, "t": 36 if title else 12, "b": 40 if x else 24},
        "xaxis": {**axis, "title": {"text": x}, "showgrid": False},
        "yaxis": {**axis, "title": {"text": y}},
        "bargap": 0.15,
    }
    if title:
        layout["title"] = {"text": title, "font": {"size": 14}, "x": 0, "xref": "paper"}
    return go.Figure(data, layout)
