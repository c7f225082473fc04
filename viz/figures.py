"""Charts that stand still: Plotly figures of a trace's own numbers.

They lie on light and dark pages alike, since ``gr.Plot`` knows no dark mode: transparent backgrounds, mid-grey text.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.trace import Array, CanvasTrace, RasterTrace
from viz import overlays
from viz.payload import finite

TEXT = "#7c8088"
GRID = "rgba(128, 128, 128, 0.25)"


def kl_figure(trace: CanvasTrace, *, cell: int = 0, title: str = "") -> go.Figure:
    """Nats that each stroke tells the decoder about picture ``cell``: T bars, none if nothing was looked at."""
    if "kl" not in trace.steps[0].scalars:
        return _figure(go.Bar(), "Nothing was looked at, so no stroke tells anything.", x="stroke", y="nats")
    kl = finite(trace.series("kl")[:, cell], "The trace")
    bars = go.Bar(
        x=np.arange(1, len(kl) + 1),
        y=kl,
        marker_color=overlays.COLOURS["write"],
        hovertemplate="stroke %{x}<br>%{y:.2f} nats<extra></extra>",
    )
    return _figure(bars, title, x="stroke", y="nats")


def nats_per_latent_figure(kl: Array, *, title: str = "") -> go.Figure:
    """What each latent costs, (d,) in nats, the dearest first; latents are numbered from 1."""
    if not len(kl):
        return _figure(go.Bar(), "Bent or imagined: only the code of a digit has a price.", x="latent", y="nats")
    nats = finite(kl, "The code")
    order = np.argsort(-nats, kind="stable")
    bars = go.Bar(
        x=[f"z{latent + 1}" for latent in order],
        y=nats[order],
        marker_color=overlays.COLOURS["vae"],
        hovertemplate="%{x}<br>%{y:.2f} nats<extra></extra>",
    )
    return _figure(bars, title, x="latent", y="nats")


def entropy_figure(trace: RasterTrace, cell: int = 0, *, title: str = "") -> go.Figure:
    """How unsure the painter was of each pixel of picture ``cell``, in nats, at most log 2."""
    return _heat_map(trace.entropy[cell], float(np.log(2)), "%{z:.3f} nats", "nats", title)


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
        hovertemplate=f"row %{{y}}, column %{{x}}<br>{hover}<extra></extra>",
    )
    figure = _figure(pixels, title, x="", y="")
    figure.update_xaxes(showgrid=False, constrain="domain")
    figure.update_yaxes(showgrid=False, constrain="domain", autorange="reversed", scaleanchor="x")
    return figure


def _figure(data: go.Bar | go.Heatmap, title: str, *, x: str, y: str) -> go.Figure:
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
