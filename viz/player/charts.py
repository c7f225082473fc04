"""Charts as SVG: the time line's bars, drawn from the payload, and what the browser drew, with its source inside."""

from __future__ import annotations

from html import escape

import numpy as np

from core.errors import UserError
from viz.player import overlays
from viz.player.payload import Player, decode

WIDTH, HEIGHT, MARGIN, LINE = 720, 320, 44, 16
GREY = "#7c8088"
"""Of words and lines: to be read on white paper and on a dark slide."""
LONGEST = 4_000_000
"""Characters of a chart from the browser."""
NONE = "There is no chart on this stage: open one in a fold below it, or take another file."


def bars(player: Player, cell: int, source: str) -> str:
    """The bars of the time line of one picture, with their values. Raises ``UserError`` where there are none."""
    cost = player["cost"]
    if cost is None:
        raise UserError(NONE)
    every = decode(cost["data"], np.float32, (cost["bars"], -1))
    values = np.nan_to_num(every[:, min(cell, every.shape[1] - 1)].astype(float), posinf=0, neginf=0)
    most = float(cost.get("most", max(values.max(), 1e-9)))
    colour = overlays.COLOURS[player["panels"][-1]["room"]]
    across, up = (WIDTH - 2 * MARGIN) / len(values), HEIGHT - 2 * MARGIN
    drawn = []
    for place, value in enumerate(values):
        height = up * min(max(value / most, 0), 1)
        box = f'x="{MARGIN + place * across:.2f}" y="{HEIGHT - MARGIN - height:.2f}" width="{max(across - 1, 0.5):.2f}"'
        said = f"<title>{place + 1}: {value:.4g} {escape(cost['unit'])}</title>"
        drawn.append(f'<rect {box} height="{height:.2f}" fill="{colour}">{said}</rect>')
    ground = HEIGHT - MARGIN
    words = [
        _text(MARGIN, MARGIN - LINE, escape(cost["label"]), 15),
        _text(MARGIN - 6, MARGIN + 4, f"{most:.3g}", 12, "end"),
        _text(MARGIN - 6, ground, "0", 12, "end"),
        _text(MARGIN, ground + LINE, "1", 12),
        _text(WIDTH - MARGIN, ground + LINE, str(len(values)), 12, "end"),
    ]
    line = f'<path d="M{MARGIN} {MARGIN}V{ground}H{WIDTH - MARGIN}" fill="none" stroke="{GREY}"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    return sourced("".join([head, *drawn, line, *words, "</svg>"]), source)


def _text(x: float, y: float, words: str, size: int, anchor: str = "start") -> str:
    font = f'font-family="sans-serif" font-size="{size}" fill="{GREY}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {font}>{words}</text>'


def sourced(drawing: str, source: str) -> str:
    """An SVG that says where it comes from. Raises ``UserError`` for a text that is none."""
    head, end, rest = drawing.partition(">")
    if not head.startswith("<svg") or not end or len(drawing) > LONGEST:
        raise UserError(NONE)
    return f"{head}><metadata>{escape(source)}</metadata>{rest}"
