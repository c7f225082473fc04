"""What a digit costs: the bound in its parts, as bars and by pixel, and the sample behind a code.

One picture, ``T`` steps, ``n`` draws, ``d`` latents, ``H`` × ``W`` pixels; prices in nats. NumPy only; nothing is
computed here but sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.results_vae import WEIGHED, Bound, Sampled
from core.studies.latents import DRAWS
from core.trace import Array
from viz.language import say, say_count
from viz.player import frames, payload
from viz.player.payload import Panel, Player, Value, Words, finite
from viz.views.draw_window import png

ROWS = 8
"""Most numbers of a code that a sample shows; all of them are sampled."""
REACH = 4.0
"""What a sample shows to either side, unless something lies beyond."""


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
    return f'<div class="cost-bars">{legend()}{"".join(_bar(price, top) for price in prices)}</div>'


def legend() -> str:
    """What the parts of a bar are."""
    parts = {"kl": say("the code, KL"), "rest": say("the pixels, given the code"), "whole": say("both, in nats")}
    keys = "".join(f"<span><i class='key {kind}'></i>{text}</span>" for kind, text in parts.items())
    return f"<p class='legend'>{keys}</p>"


def _bar(price: Price, top: float) -> str:
    image = "" if price.picture is None else f'<img src="{png(price.picture)}" alt="{say("what it paints of it")}">'
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
    """The bound in its two parts, and what is left of it when samples are weighed."""
    rows = [Price.of(say("The bound"), bound)]
    draws = [say_count("{n} sample, weighed", "{n} samples, weighed", k) for k in WEIGHED]
    rows += [Price(name, nats) for name, nats in zip(draws, bound.tightened, strict=True)]
    return bars(rows)


def bound_payload(pixels: NDArray[np.uint8], bound: Bound) -> Player:
    """The digit, what is painted of it, and each pixel's price as a heat map from zero to the most expensive one's."""
    loss = finite(bound.loss, "The price")
    top = max(float(loss.max()), 1e-6)
    row, column = np.unravel_index(int(loss.argmax()), loss.shape)
    heat = payload.panel(say("Nats a pixel, 0 to {top:.1f}", top=top), "vae", (loss / top)[None, None, None])
    heat["map"] = "room"
    panels = [seen(pixels), payload.panel(say("What it paints"), "vae", bound.painted[None]), heat]
    kl, count = float(bound.kl.sum()), len(bound.kl)
    ink = pixels >= 128
    text = say(
        "Naming this digit costs at most <b>{bound:.1f} nats</b>: {kl:.1f} for the <b class='vae'>{count} "
        "numbers</b> of its code and {reconstruction:.1f} for the pixels, given the code, on average over "
        "{draws} samples of it. Weighing {weighed} samples brings it down to {tightened:.1f}.",
        bound=bound.bound,
        kl=kl,
        count=count,
        reconstruction=bound.reconstruction,
        draws=DRAWS,
        weighed=WEIGHED[-1],
        tightened=bound.tightened[-1],
    )
    rows = [
        [say("most expensive pixel"), say("{top:.2f} nats", top=top)],
        [say("row, column"), f"{row + 1}, {column + 1}"],
        [say("all ink"), say("{sum:.1f} nats", sum=loss[ink].sum())],
        [say("all paper"), say("{sum:.1f} nats", sum=loss[~ink].sum())],
    ]
    return still(panels, say("The bound"), text, rows)


def sample_payload(sampled: Sampled) -> Player:
    """The samples of a code, a cell each, and beside them where every number of every sample lies."""
    count, d = sampled.noise.shape
    labels = [say("sample {index}", index=index + 1) for index in range(count)]
    panels = [payload.panel(say("What is painted of each sample"), "vae", frames.stacked(sampled.trace), labels)]
    panels.append(sample_panel(sampled))
    steps = np.arange(len(sampled.path))
    words = np.select(
        [steps == 0, steps < sampled.scaled, steps == sampled.scaled, steps < steps[-1]], [0, 1, 2, 3], default=4
    )
    shown = min(d, ROWS)
    rows = [["", "ε", "σ", "μ", "z"]]
    values: dict[str, Value | Words] = {
        "stage": payload.words(list(say(STAGES)), words[:, None].astype(np.uint8)),
        "nats": payload.value(finite(sampled.nats, "The sample"), 1),
    }
    for i in range(shown):
        rows.append([f"z{i + 1}", f"[[e{i}]]", f"[[s{i}]]", f"[[m{i}]]", f"[[z{i}]]"])
        numbers = (
            sampled.noise[None, :, i],
            sampled.sigma[None, [i]],
            sampled.mean[None, [i]],
            sampled.path[-1:, :, i],
        )
        values |= {f"{key}{i}": payload.value(number, 2) for key, number in zip("esmz", numbers, strict=True)}
    text = say(SAMPLED) + (say(" Shown are the {shown} numbers that carry most.", shown=shown) if shown < d else "")
    return {
        **payload.player(panels, columns=4),
        "fps": 5,
        "cost": payload.cost(say("nats that your digit would cost from here, −log p(x | z)"), "nats", sampled.nats),
        "note": {
            "title": say("Sample [[cell]] of [[cells]]"),
            "html": text,
            "rows": rows,
            "values": values,
            "patches": [],
        },
    }


STAGES = (
    "ε: noise from N(0, 1), decoded as if it were a code. It knows nothing of your digit.",
    "The noise is being scaled: ε → σ ε.",
    "σ ε: each number of the noise is as wide as the encoder's doubt about it, around zero.",
    "It is being shifted: σ ε → μ + σ ε.",
    "z = μ + σ ε: a sample of q(z | your digit). The noise never met the network's weights.",
)
SAMPLED = "<b>[[stage]]</b> From here your digit would cost [[nats]] nats."


def sample_panel(sampled: Sampled) -> Panel:
    """Where the samples lie: a band for each number of the code, in it a line for each sample with a dot at its value.

    Dim stands the encoder's μ ± σ, dimmer the line of zero.
    """
    path = finite(sampled.path, "The sample")[:, :, :ROWS]
    steps, count, shown = path.shape
    reach = max(REACH, float(np.ceil(np.abs(path).max())), float(np.ceil(np.abs(sampled.mean[:ROWS]).max())))
    thick = max(1, 88 // (shown * (count + 3)))
    band, width, gap = count * thick, 97, 3 * thick

    def place(z: Array) -> NDArray[np.int64]:
        return np.rint((np.clip(z, -reach, reach) / reach + 1) / 2 * (width - 3)).astype(np.int64) + 1

    picture = np.zeros((steps, shown * (band + gap), width), np.float32)
    for i in range(shown):
        top = i * (band + gap) + gap // 2
        mean, sigma = sampled.mean[i], sampled.sigma[i]
        zero, low, high = place(np.array([0, mean - sigma, mean + sigma], np.float32))
        picture[:, top : top + band, zero] = 0.25
        picture[:, top : top + band, low : high + 1] = 0.3
        for draw in range(count):
            line = slice(top + draw * thick, top + (draw + 1) * thick)
            for t, x in enumerate(place(path[:, draw, i])):
                picture[t, line, x - 1 : x + 2] = 1
    named = {
        1: say("z1, from −{reach:g} to {reach:g}", reach=reach),
        2: say("z1 and z2, each from −{reach:g} to {reach:g}", reach=reach),
    }
    many = say("z1 to z{shown}, each from −{reach:g} to {reach:g}", shown=shown, reach=reach)
    panel = payload.panel(named.get(shown, many), "vae", picture[:, None, None])
    panel["map"] = "room"
    return panel


def seen(pixels: NDArray[np.uint8]) -> Panel:
    """The digit that it is all about, (H, W) of 0 and 255."""
    return payload.panel(say("Your digit"), "read", (pixels[None, None, None] / 255).astype(np.float32))


def still(panels: list[Panel], title: str, text: str, rows: list[list[str]]) -> Player:
    """Panels that stand still, with a note of finished words; grids have three columns."""
    note: payload.Note = {"title": title, "html": text, "rows": rows, "values": {}, "patches": []}
    columns = 1 if max(panel["cells"] for panel in panels) == 1 else 3
    return {**payload.player(panels, columns=columns, autoplay=False), "film": False, "note": note}
