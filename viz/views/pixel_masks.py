"""Masks A and B of a masked convolution, tap by tap: the arithmetic without torch, the drawing and the sentence.

The arithmetic is that of :func:`core.nn.masked.causal_mask`, with which a test compares it; the page shows it before
torch is imported.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.trace import Array
from viz.language import say
from viz.player.words import listed

Kind = Literal["A", "B"]
KINDS: tuple[Kind, ...] = ("A", "B")
CHANNELS = (1, 3)
SIZES = (3, 5, 7)
NAMES = {1: ("the pixel",), 3: ("R", "G", "B")}
SIDE = 132
"""Length of a kernel's side in the drawing, whose unit is a CSS pixel at full size."""
GAP = 18
LABEL = 34


def taps(kind: Kind, channels: int, size: int) -> Array:
    """(C, C, size, size) of 0 and 1: whether the tap from the second channel to the first is live."""
    half = size // 2
    at = np.arange(size)
    above = at[:, None] < half
    left = (at[:, None] == half) & (at < half)
    live = np.broadcast_to(above | left, (channels, channels, size, size)).astype(np.float32)
    to, source = np.arange(channels)[:, None], np.arange(channels)
    live[:, :, half, half] = source < to if kind == "A" else source <= to
    return live


def drawing(live: NDArray[np.floating]) -> str:
    """The taps (C, C, size, size) as one SVG: a row for each channel that is computed, a column for each it hears."""
    channels, size = live.shape[0], live.shape[-1]
    names = say(NAMES)[channels]
    margin = LABEL if channels > 1 else 0
    side = margin + channels * SIDE + (channels - 1) * GAP
    parts = [
        '<div class="plate">'
        f'<svg viewBox="0 0 {side} {side}" role="img" aria-label="{_spoken(live)}" class="of-{channels}">',
        '<defs><pattern id="lens-dead" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<path d="M-1 1 1 -1M0 6 6 0M5 7 7 5"/></pattern></defs>',
    ]
    for to in range(channels):
        for source in range(channels):
            x, y = (margin + index * (SIDE + GAP) for index in (source, to))
            parts.append(_kernel(live[to, source], size, x, y))
    if channels > 1:
        for index, name in enumerate(names):
            middle = margin + index * (SIDE + GAP) + SIDE / 2
            parts.append(f'<text x="{middle:g}" y="{LABEL - 14}">{say("from {name}", name=name)}</text>')
            parts.append(f'<text x="{LABEL - 14}" y="{middle:g}" transform="rotate(-90 {LABEL - 14} {middle:g})">')
            parts.append(f"{say('to {name}', name=name)}</text>")
    return "".join([*parts, "</svg></div>"])


def _kernel(live: NDArray[np.floating], size: int, x: float, y: float) -> str:
    step, half = SIDE / size, size // 2
    cells = []
    for row in range(size):
        for column in range(size):
            what = "live" if live[row, column] else "dead"
            left, top, wide = x + column * step + 1, y + row * step + 1, step - 2
            box = f'x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{wide:.1f}" rx="3"'
            cells.append(f'<rect class="{what}" {box}/>')
    middle = f'cx="{x + SIDE / 2:g}" cy="{y + SIDE / 2:g}" r="{step / 5:.1f}"'
    own = "live" if live[half, half] else "dead"
    return f'<g class="kernel">{"".join(cells)}<circle class="own {own}" {middle}/></g>'


def _spoken(live: NDArray[np.floating]) -> str:
    channels, size = live.shape[0], live.shape[-1]
    kernels = say("one kernel") if channels == 1 else say("{channels}×{channels} kernels", channels=channels)
    return say(
        "{kernels} of {size}×{size} taps; {sum} of {size2} taps are live",
        kernels=kernels,
        size=size,
        sum=int(live.sum()),
        size2=live.size,
    )


def sentence(kind: Kind, live: NDArray[np.floating]) -> str:
    """What the mask lets through, read off the taps (C, C, size, size): the past always, its own pixel as they say."""
    channels, size = live.shape[0], live.shape[-1]
    half = size // 2
    count = int(live[0, 0].sum() - live[0, 0, half, half])
    start = say("Every kernel keeps the {count} taps above and to the left. ", count=count)
    own = live[:, :, half, half] > 0
    if channels == 1:
        if own[0, 0]:
            return start + (
                say("<b>Mask B</b> keeps the centre, too: in the layers above it carries only what mask A let through.")
            )
        return start + (
            say("<b>Mask A</b> also drops the centre: the first layer must not see the pixel that it is to predict.")
        )
    names = say(NAMES)[channels]
    heard = [[_colours()[names[s]] for s in range(channels) if own[to, s]] for to in range(channels)]
    each = say("; ").join(_hears(_colours()[name], colours) for name, colours in zip(names, heard, strict=True))
    why = say("nothing hears itself") if kind == "A" else say("every channel hears itself as mask A left it")
    return say(
        "{start}At the pixel itself the order is red, green, blue under <b>mask {kind}</b>: {each}; {why}.",
        start=start,
        kind=kind,
        each=each,
        why=why,
    )


def _colours() -> dict[str, str]:
    return {"R": say("red"), "G": say("green"), "B": say("blue")}


def _hears(words: str, heard: list[str]) -> str:
    return (
        say("{words} hears {what}", words=words, what=listed(heard))
        if heard
        else say("{words} hears nothing", words=words)
    )
