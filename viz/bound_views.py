"""What a digit costs: the bound in its parts, as bars and by pixel, and the throw behind a code.

One picture, ``T`` steps, ``n`` draws, ``d`` latents, ``H`` × ``W`` pixels; prices in nats. NumPy only; nothing is
computed anew but for sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from core.latents import DRAWS
from core.trace import Array, CanvasTrace
from viz import frames, payload
from viz.filterbank import png
from viz.payload import Panel, Player, Value, Words, finite

WEIGHED = (1, 10, 100)
"""Draws that are weighed together in a :class:`Bound`."""
ROWS = 8
"""Most numbers of a code that the throw shows; all of them are thrown."""
REACH = 4.0
"""What the throw shows to either side, unless something lies beyond."""


class Bound(Protocol):
    """See :class:`core.cost_studio.Bound`."""

    @property
    def painted(self) -> Array: ...
    @property
    def loss(self) -> Array: ...
    @property
    def kl(self) -> Array: ...
    @property
    def reconstruction(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def tightened(self) -> tuple[float, ...]: ...
    @property
    def undecided(self) -> float: ...


class Thrown(Protocol):
    """See :class:`core.cost_studio.Thrown`."""

    @property
    def trace(self) -> CanvasTrace: ...
    @property
    def path(self) -> Array: ...
    @property
    def nats(self) -> Array: ...
    @property
    def noise(self) -> Array: ...
    @property
    def mean(self) -> Array: ...
    @property
    def sigma(self) -> Array: ...
    @property
    def scaled(self) -> int: ...


class Price(NamedTuple):
    """A row of the bars: what the code costs and what the pixels cost given it; ``kl`` None: not told apart."""

    name: str
    total: float
    kl: float | None = None
    picture: Array | None = None

    @classmethod
    def of(cls, name: str, bound: Bound, *, picture: bool = False) -> Price:
        """The two parts of a bound; with its ``picture`` beside them if wanted."""
        return cls(name, bound.bound, float(bound.kl.sum()), bound.painted[0, 0] if picture else None)


def bars(prices: Sequence[Price]) -> str:
    """Prices as HTML: bars on one scale from zero, the code's part solid, the pixels' part pale."""
    finite([price.total for price in prices], "The prices")
    top = max(price.total for price in prices)
    return f'<div class="cost-bars">{LEGEND}{"".join(_bar(price, top) for price in prices)}</div>'


LEGEND = (
    "<p class='legend'><span><i class='key kl'></i>the code, KL</span><span><i class='key rest'></i>the pixels, given "
    "the code</span><span><i class='key whole'></i>both, in nats</span></p>"
)


def _bar(price: Price, top: float) -> str:
    image = "" if price.picture is None else f"<img src='{png(price.picture)}' alt='what it paints of it'>"
    if price.kl is None:
        fills = f"<span class='whole' style='width: {100 * price.total / top:.2f}%'></span>"
        parts = ""
    else:
        rest = price.total - price.kl
        fills = (
            f"<span class='kl' style='width: {100 * price.kl / top:.2f}%'></span>"
            f"<span class='rest' style='width: {100 * rest / top:.2f}%'></span>"
        )
        parts = f"<span class='parts'>{price.kl:.1f} + {rest:.1f} =</span> "
    return (
        f"<div class='row{' pictured' if image else ''}'>{image}<span class='name'>{escape(price.name)}</span>"
        f"<span class='number'>{parts}<b>{price.total:.1f}</b></span><span class='track'>{fills}</span></div>"
    )


def bound_bars(bound: Bound) -> str:
    """The bound in its two parts, and what is left of it when draws are weighed."""
    rows = [Price.of("The bound", bound)]
    draws = [f"{k} draw{'s' if k > 1 else ''}, weighed" for k in WEIGHED]
    rows += [Price(name, nats) for name, nats in zip(draws, bound.tightened, strict=True)]
    return bars(rows)


def bound_payload(pixels: NDArray[np.uint8], bound: Bound) -> Player:
    """The digit, what is painted of it, and each pixel's part of the price as a heat map from zero to the dearest."""
    loss = finite(bound.loss, "The price")
    top = max(float(loss.max()), 1e-6)
    row, column = np.unravel_index(int(loss.argmax()), loss.shape)
    heat = payload.panel(f"Nats a pixel, 0 to {top:.1f}", "vae", (loss / top)[None, None, None])
    heat["map"] = "room"
    panels = [seen(pixels), payload.panel("What it paints", "vae", bound.painted[None]), heat]
    kl, count = float(bound.kl.sum()), len(bound.kl)
    ink = pixels >= 128
    text = (
        f"Naming this digit costs at most <b>{bound.bound:.1f} nats</b>: {kl:.1f} for the <b class='vae'>{count} "
        f"numbers</b> of its code and {bound.reconstruction:.1f} for the pixels, given the code, on average over "
        f"{DRAWS} draws of it. Weighing {WEIGHED[-1]} draws brings it down to {bound.tightened[-1]:.1f}."
    )
    rows = [
        ["dearest pixel", f"{top:.2f} nats"],
        ["row, column", f"{row + 1}, {column + 1}"],
        ["all ink", f"{loss[ink].sum():.1f} nats"],
        ["all paper", f"{loss[~ink].sum():.1f} nats"],
    ]
    return still(panels, "The bound", text, rows)


def throw_payload(thrown: Thrown) -> Player:
    """The draws of a code, a cell each, and beside them where every number of every draw lies."""
    count, d = thrown.noise.shape
    labels = [f"draw {index + 1}" for index in range(count)]
    panels = [payload.panel("What is painted of each draw", "vae", frames.stacked(thrown.trace), labels)]
    panels.append(throw_panel(thrown))
    steps = np.arange(len(thrown.path))
    words = np.select(
        [steps == 0, steps < thrown.scaled, steps == thrown.scaled, steps < steps[-1]], [0, 1, 2, 3], default=4
    )
    shown = min(d, ROWS)
    rows = [["", "ε", "σ", "μ", "z"]]
    values: dict[str, Value | Words] = {
        "stage": payload.words(list(STAGES), words[:, None].astype(np.uint8)),
        "nats": payload.value(finite(thrown.nats, "The throw"), 1),
    }
    for i in range(shown):
        rows.append([f"z{i + 1}", f"[[e{i}]]", f"[[s{i}]]", f"[[m{i}]]", f"[[z{i}]]"])
        numbers = (thrown.noise[None, :, i], thrown.sigma[None, [i]], thrown.mean[None, [i]], thrown.path[-1:, :, i])
        values |= {f"{key}{i}": payload.value(number, 2) for key, number in zip("esmz", numbers, strict=True)}
    text = THROWN + (f" Shown are the {shown} numbers that carry most." if shown < d else "")
    return {
        **payload.player(panels, columns=4),
        "fps": 5,
        "cost": payload.cost("nats that your digit would cost from here, −log p(x | z)", "nats", thrown.nats),
        "note": {"title": "Draw [[cell]] of [[cells]]", "html": text, "rows": rows, "values": values, "patches": []},
    }


STAGES = (
    "ε: noise from N(0, 1), decoded as if it were a code. It knows nothing of your digit.",
    "The noise is being scaled: ε → σ ε.",
    "σ ε: each number of the noise is as wide as the encoder's doubt about it, around zero.",
    "It is being shifted: σ ε → μ + σ ε.",
    "z = μ + σ ε: a draw from q(z | your digit). The dice never met the network's weights.",
)
THROWN = "<b>[[stage]]</b> From here your digit would cost [[nats]] nats."


def throw_panel(thrown: Thrown) -> Panel:
    """Where the draws lie: a band for each number of the code, in it a line for each draw with a dot at its value.

    Dim stands the encoder's μ ± σ, dimmer the line of zero.
    """
    path = finite(thrown.path, "The throw")[:, :, :ROWS]
    steps, count, shown = path.shape
    reach = max(REACH, float(np.ceil(np.abs(path).max())), float(np.ceil(np.abs(thrown.mean[:ROWS]).max())))
    thick = max(1, 88 // (shown * (count + 3)))
    band, width, gap = count * thick, 97, 3 * thick

    def place(z: Array) -> NDArray[np.int64]:
        return np.rint((np.clip(z, -reach, reach) / reach + 1) / 2 * (width - 3)).astype(np.int64) + 1

    picture = np.zeros((steps, shown * (band + gap), width), np.float32)
    for i in range(shown):
        top = i * (band + gap) + gap // 2
        mean, sigma = thrown.mean[i], thrown.sigma[i]
        zero, low, high = place(np.array([0, mean - sigma, mean + sigma], np.float32))
        picture[:, top : top + band, zero] = 0.25
        picture[:, top : top + band, low : high + 1] = 0.3
        for draw in range(count):
            line = slice(top + draw * thick, top + (draw + 1) * thick)
            for t, x in enumerate(place(path[:, draw, i])):
                picture[t, line, x - 1 : x + 2] = 1
    names = f"z1 {'and' if shown == 2 else 'to'} z{shown}, each from −{reach:g} to {reach:g}"
    panel = payload.panel(names, "vae", picture[:, None, None])
    panel["map"] = "room"
    return panel


def seen(pixels: NDArray[np.uint8]) -> Panel:
    """The digit that it is all about, (H, W) of 0 and 255."""
    return payload.panel("Your digit", "read", (pixels[None, None, None] / 255).astype(np.float32))


def still(panels: list[Panel], title: str, text: str, rows: list[list[str]]) -> Player:
    """Panels that stand still, with a note of finished words; grids have three columns."""
    note: payload.Note = {"title": title, "html": text, "rows": rows, "values": {}, "patches": []}
    columns = 1 if max(panel["cells"] for panel in panels) == 1 else 3
    return {**payload.player(panels, columns=columns, autoplay=False), "film": False, "note": note}
