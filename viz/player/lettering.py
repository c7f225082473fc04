"""What stands round the pictures of a file: titles with their legend, labels, a table's heads, and the nats so far.

Text has four shades and no more, so that a GIF has room for it. The typeface is the one that Gradio brings along, since
Pillow's own knows neither Greek nor ≤. Pictures are (h, w, 3) uint8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.files import ASSETS
from viz.language import say, spoken
from viz.player import overlays
from viz.player.overlays import Colour, Picture
from viz.player.payload import Heads, Player, Value, Words, called, capital, decode

TYPEFACE = Path("templates", "frontend", "static", "fonts", "IBMPlexSans", "IBMPlexSans-Regular.woff2")
OWN_LETTERS = {"zh": ASSETS / "fonts" / "NotoSansSC.woff2"}
"""Languages whose letters Gradio's typeface does not have."""
GROUND, INK, PALE = overlays.GAP, overlays.CURSOR, "#a7abb5"
"""Behind all text; of titles; of labels."""
SHADES = 4
SMALLEST = 9
"""Height of letters in px below which nobody can read them."""
SLOT = re.compile(r"\[\[(\w+)\]\]")
TAG = re.compile(r"<[^>]+>")
PIECE = re.compile(
    r" |[^ \u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff\uff00-\uffef][\u3001\u3002\uff09\uff0c\uff1a\uff1b\u201d]*"
)
"""What stays on one line: a space, a word, or a Chinese character with the marks behind it."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font(size: int) -> Font:
    """Letters ``size`` px high, of the language that is spoken."""
    return typeface(OWN_LETTERS.get(spoken()), size)


@lru_cache(maxsize=16)
def typeface(own: Path | None, size: int) -> Font:
    """A typeface of ours, or Gradio's; Pillow's where Gradio has moved its files."""
    if own is not None:
        return ImageFont.truetype(str(own), size)
    spec = find_spec("gradio")
    for place in (spec.submodule_search_locations or []) if spec is not None else []:
        file = Path(place) / TYPEFACE
        if file.exists():
            return ImageFont.truetype(str(file), size)
    return ImageFont.load_default(size)


def shades(colour: str) -> list[Colour]:
    """From the ground to a colour."""
    return [overlays.mix(GROUND, colour, share / (SHADES - 1)) for share in range(SHADES)]


def inks() -> list[Colour]:
    """Every colour of text."""
    return [*shades(INK), *shades(PALE)]


def size_of(side: int) -> int:
    """The height of letters on a panel that is ``side`` px long."""
    return max(SMALLEST, round(min(side / 22, 8 + side / 60)))


def small(size: int) -> int:
    """The height of the letters of labels, beside titles of that size."""
    return max(SMALLEST, round(0.85 * size))


def fitting(texts: list[str], width: int, size: int) -> int:
    """The size at which the longest text is no wider, at most ``size``; not smaller than can be read."""
    longest = max(font(size).getlength(text) for text in texts)
    return max(SMALLEST, min(size, int(size * width / max(longest, 1))))


def line(text: str, width: int, size: int, colour: str = INK, *, centred: bool = False) -> Picture:
    """One line of text, (1.5 size, width, 3); what does not fit ends in …, as on the page."""
    height = math.ceil(1.5 * size)
    letters = font(size)
    if letters.getlength(text) > width:
        while text and letters.getlength(text + "…") > width:
            text = text[:-1].rstrip()
        text += "…"
    mask = Image.new("L", (max(width, 1), height))
    left = (width - letters.getlength(text)) / 2 if centred else 0
    ImageDraw.Draw(mask).text((left, height / 2), text, 255, letters, anchor="lm")
    shade = np.rint(np.asarray(mask) * ((SHADES - 1) / 255)).astype(int)
    return np.array(shades(colour), np.uint8)[shade]


def wrapped(text: str, width: int, size: int) -> list[str]:
    """The same text in lines that are at most ``width`` px long, broken between words, or Chinese characters."""
    letters, lines = font(size), [""]
    for piece in PIECE.findall(text):
        longer = (lines[-1] + piece).lstrip()
        if lines[-1] and letters.getlength(longer.rstrip()) > width:
            lines.append(piece.lstrip())
        else:
            lines[-1] = longer
    return [line.rstrip() for line in lines]


@dataclass(frozen=True, eq=False)
class Letters:
    """The words of one panel; ``kind`` is the mark that its title explains, empty for none."""

    title: str
    room: str
    kind: str
    labels: list[str]
    heads: Heads | None
    groups: dict[int, str]


@dataclass(frozen=True, eq=False)
class Lettering:
    """The words of a payload: its panels', what is said at each step, and what the time line shows."""

    panels: tuple[Letters, ...]
    told: Callable[[int, int], str]
    chart: str

    def below(self, steps: int, step: int, cell: int, width: int, size: int) -> list[str]:
        """What stands below at a step, in as many lines as at all others; none where there is nothing to be said."""
        longest = max((self.told(each, cell) for each in range(0, steps, max(1, steps // 100))), key=len)
        lines = len(wrapped(longest, width, size)) if longest else 0
        return (wrapped(self.told(step, cell), width, size) + [""] * lines)[:lines]


def lettering(player: Player) -> Lettering:
    """The words of a payload."""
    kinds = {track["panel"]: track["kind"] for track in reversed(player["marks"])}
    panels = [
        Letters(
            panel["title"],
            panel["room"],
            kinds.get(place, "ramp" if panel["map"] == "room" else ""),
            panel.get("labels", []),
            panel.get("heads"),
            {group["at"]: group["title"] for group in panel.get("groups", [])},
        )
        for place, panel in enumerate(player["panels"])
    ]
    cost = player["cost"]
    return Lettering(tuple(panels), teller(player), "" if cost is None else cost["label"])


def teller(player: Player) -> Callable[[int, int], str]:
    """What is said of a step and a picture: where it stands, and every nat of its table, else its bar."""
    note, cost, steps = player["note"], player["cost"], player["steps"]
    rows = note["rows"] if note is not None else []
    values = {name: opened(value) for name, value in (note["values"] if note is not None else {}).items()}
    heads = rows[0][1:] if rows and not rows[0][0] else []
    priced = [row for row in rows if say("nats") in " ".join(row)]
    bars = None if cost is None else decode(cost["data"], np.float32, (cost["bars"], -1))

    def told(step: int, cell: int) -> str:
        parts = [capital(called(player, step))] if steps > 1 else []
        for label, *cells in priced:
            filled = [
                SLOT.sub(lambda slot: values[slot[1]](step, cell) if slot[1] in values else "", each) for each in cells
            ]
            named = [f"{head} {text}" for head, text in zip(heads, filled, strict=True)] if len(filled) > 1 else filled
            parts.append(say("{name}: {texts}", name=label, texts=", ".join(named)))
        if bars is not None and cost is not None and not priced:
            bar = bars[min(step * len(bars) // steps, len(bars) - 1), min(cell, bars.shape[1] - 1)]
            parts.append(say("{name}: {texts}", name=cost["label"], texts=f"{bar:.1f}"))
        return TAG.sub("", say("; ").join(parts))

    return told


def opened(value: Value | Words) -> Callable[[int, int], str]:
    """What a value says at a step of a picture, as the page writes it."""
    words = value.get("words")
    array = (
        decode(value["index"], np.uint8, tuple(value["shape"]))  # type: ignore[typeddict-item]
        if words
        else decode(value["data"], np.float32, tuple(value["shape"]))  # type: ignore[typeddict-item]
    )

    def said(step: int, cell: int) -> str:
        number = array[min(step, array.shape[0] - 1), min(cell, array.shape[1] - 1)]
        return words[number] if words else written(float(number), value)  # type: ignore[index, arg-type]

    return said


def written(number: float, value: Value) -> str:
    """A number with the digits that the page gives it."""
    if math.isnan(number):
        return "–"
    share = value.get("percent", False)
    text = f"{100 * number if share else number:.{value['digits']}f}".replace("-", "−").replace("inf", "∞")
    return f"{text} %" if share else text


def titled(letters: Letters, table: NDArray[np.uint8] | None, width: int, size: int) -> Picture:
    """A panel's title behind its legend; ``table`` (256, 3) holds the colours of a heat map."""
    side = round(0.8 * size)
    swatch = _swatch(letters, table, side)
    space = swatch.shape[1] + max(2, size // 3)
    words = line(letters.title, max(width - space, 1), size)
    row = np.full((len(words), width, 3), overlays.rgb(GROUND), np.uint8)
    top = (len(words) - side) // 2
    kept = min(swatch.shape[1], width)
    row[top : top + side, :kept] = swatch[:, :kept]
    row[:, space:] = words[:, : max(width - space, 0)]
    return row


def _swatch(letters: Letters, table: NDArray[np.uint8] | None, side: int) -> Picture:
    """The line of the panel's marks, the scale of its heat map, or its plain colour."""
    if letters.kind == "ramp" and table is not None:
        steps = table[np.linspace(0, 255, 8).astype(int)].repeat(max(1, side // 4), 0)
        return np.broadcast_to(steps, (side, *steps.shape)).copy()
    if letters.kind in overlays.DASHES:
        picture = np.full((side, side, 3), overlays.rgb(GROUND), np.uint8)
        thick = max(1, side // 7)
        box = overlays.Box(thick / 2, thick / 2, side - thick / 2, side - thick / 2, thick)
        dash = tuple(max(1, round(each * side / 24)) for each in overlays.DASHES[letters.kind])
        overlays.draw_box(picture, box, overlays.rgb(overlays.COLOURS[letters.kind]), dash)
        return picture
    return np.full((side, side, 3), overlays.rgb(overlays.COLOURS[letters.room]), np.uint8)
