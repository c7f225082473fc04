"""The filterbank playground: the drawing of a window with its filters, the formula, and what there is to say of it."""

from __future__ import annotations

import base64
from typing import NamedTuple

import imageio.v3 as imageio
import numpy as np
from numpy.typing import NDArray

from core.results import Looking, Setting
from core.trace import Array
from viz.language import say
from viz.player import payload
from viz.player.payload import Player

PIXEL = 10
"""Units of the drawing to a pixel of the picture."""
STRIP = 64
"""Height of the curves of a filterbank."""
FAINT = 0.002
"""What is written back is shown stretched to full white, unless it is less than half a grey level."""
TERMS = {"g_x": "g<sub>X</sub>", "g_y": "g<sub>Y</sub>", "delta": "δ", "sigma2": "σ²", "gamma": "γ", "n": "N"}
"""The parameters as they are written."""


class Shown(NamedTuple):
    """What stands on the page: an SVG, a sentence and the formula, as HTML each."""

    drawing: str
    words: str
    formula: str


def shown(looking: Looking, lit: str = "") -> Shown:
    """All of it; ``lit`` is the parameter that was moved last, whose terms light up."""
    return Shown(
        drawing(looking), f"<p>{sentence(looking.setting, looking.picture.shape)}</p>", formula(looking.setting, lit)
    )


def still(looking: Looking) -> Player:
    """The same three figures as a payload of the player, to be taken home."""
    s = looking.setting
    panels = [
        payload.panel(say("The picture and the window"), "read", looking.picture[None, None, None]),
        payload.panel(say("The patch, {n}×{n2}", n=s.n, n2=s.n), "read", looking.patch[None, None, None]),
        payload.panel(say("Written back, its brightest white"), "write", stretched(looking)[None, None, None]),
    ]
    sigma = s.sigma2**0.5
    box = [[[s.g_x - 0.5, s.g_y - 0.5, *[(s.n - 1) * s.delta + 2 * sigma] * 2, 1 / max(sigma, 1e-6)]]]
    marks = [payload.track(np.array(box, np.float32), "read", 0)]
    return {**payload.player(panels, autoplay=False), "film": False, "marks": marks}


def stretched(looking: Looking) -> Array:
    """What is written back, its brightest pixel white; black where there is nothing to be seen."""
    brightest = float(looking.back.max())
    return looking.back / brightest if brightest >= FAINT else np.zeros_like(looking.back)


def drawing(looking: Looking) -> str:
    """Three figures: the picture with the window and both filterbanks, the patch, and what is written back."""
    n, brightest = looking.setting.n, float(looking.back.max())
    patch = say("The patch, {n}×{n}: γ F<sub>Y</sub> x F<sub>X</sub><sup>T</sup>", n=n)
    back = say(
        "Written back: 1/γ F<sub>Y</sub><sup>T</sup> patch F<sub>X</sub>, its white is {brightest:.2g}"
        if brightest >= FAINT
        else "Written back: 1/γ F<sub>Y</sub><sup>T</sup> patch F<sub>X</sub>, nothing",
        brightest=brightest,
    )
    figures = (
        (say("The picture, F<sub>Y</sub> beside it and F<sub>X</sub> below"), _window(looking), "window"),
        (patch, _image(looking.patch, "patch"), "patch"),
        (back, _image(stretched(looking), "back"), "back"),
    )
    return f'<div class="bank">{"".join(_figure(*each) for each in figures)}</div>'


def _figure(caption: str, inner: str, kind: str) -> str:
    return f'<figure class="{kind}">{inner}<figcaption>{caption}</figcaption></figure>'


def _window(looking: Looking) -> str:
    height, width = looking.picture.shape
    side_x, side_y = width * PIXEL, height * PIXEL
    s = looking.setting
    sigma = s.sigma2**0.5
    size = (s.n - 1) * s.delta + 2 * sigma
    left, top = (STRIP + (g - 0.5 - size / 2) * PIXEL for g in (s.g_x, s.g_y))
    top -= STRIP  # the strip of F_Y stands at the left, that of F_X below
    parts = [
        f'<svg viewBox="0 0 {STRIP + side_x} {side_y + STRIP}" role="img" aria-label="{_spoken(s)}">',
        f'<defs><clipPath id="bank-clip"><rect x="{STRIP}" width="{side_x}" height="{side_y}"/></clipPath></defs>',
        f'<image x="{STRIP}" width="{side_x}" height="{side_y}" href="{png(looking.picture)}"/>',
        '<g clip-path="url(#bank-clip)">',
        f'<rect class="box" x="{left:.1f}" y="{top:.1f}" width="{size * PIXEL:.1f}" height="{size * PIXEL:.1f}"/>',
    ]
    radius = max(sigma, 0.25) * PIXEL
    for x in looking.centres_x:
        for y in looking.centres_y:
            at = f'cx="{STRIP + (x - 0.5) * PIXEL:.1f}" cy="{(y - 0.5) * PIXEL:.1f}"'
            parts.append(f'<circle {at} r="{radius:.1f}"/>')
    parts.append("</g>")
    tallest = max(float(looking.f_x.max()), float(looking.f_y.max()))
    for row in looking.f_x:
        points = [(STRIP + (a + 0.5) * PIXEL, side_y + (STRIP - 6) * (1 - f / tallest) + 3) for a, f in enumerate(row)]
        parts.append(_curve(points))
    for row in looking.f_y:
        points = [(3 + (STRIP - 6) * f / tallest, (b + 0.5) * PIXEL) for b, f in enumerate(row)]
        parts.append(_curve(points))
    return "".join([*parts, "</svg>"])


def _curve(points: list[tuple[float, float]]) -> str:
    return f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def _image(picture: Array, kind: str) -> str:
    names = {"patch": say("the patch that is read"), "back": say("what is written back")}
    return f'<img src="{png(picture)}" alt="{names[kind]}">'


def png(picture: Array) -> str:
    """Grey values (H, W) or colours (H, W, 3) in [0, 1], clipped, as a data URI."""
    grey: NDArray[np.uint8] = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    data: bytes = imageio.imwrite("<bytes>", grey, extension=".png")
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def _spoken(s: Setting) -> str:
    where = say("around column {g_x:g} and row {g_y:g}", g_x=s.g_x, g_y=s.g_y)
    return say(
        "{n} by {n2} filters {where}, stride {delta:g}, variance {sigma2:g} pixels",
        n=s.n,
        n2=s.n,
        where=where,
        delta=s.delta,
        sigma2=s.sigma2,
    )


def formula(s: Setting, lit: str = "") -> str:
    """Equations 19, 25, 27 and 29 with the present values; the terms of the parameter ``lit`` light up."""

    def term(name: str) -> str:
        value = getattr(s, name)
        on = " lit" if name == lit else ""
        return f'<span class="term{on}" title="{value:g}">{TERMS[name]}</span>'

    lines = [
        f"μ<sub>X</sub><sup>i</sup> = {term('g_x')} + (i − {term('n')}/2 − ½) {term('delta')}",
        f"μ<sub>Y</sub><sup>j</sup> = {term('g_y')} + (j − {term('n')}/2 − ½) {term('delta')}",
        say("F<sub>X</sub>[i, a] ∝ exp(−(a − μ<sub>X</sub><sup>i</sup>)² / 2{term})", term=term("sigma2")),
        say("F<sub>Y</sub>[j, b] ∝ exp(−(b − μ<sub>Y</sub><sup>j</sup>)² / 2{term})", term=term("sigma2")),
        say("patch = {term} F<sub>Y</sub> x F<sub>X</sub><sup>T</sup>", term=term("gamma")),
        say("back = 1/{term} F<sub>Y</sub><sup>T</sup> patch F<sub>X</sub>", term=term("gamma")),
    ]
    values = ", ".join(f"{TERMS[name]} = {getattr(s, name):g}" for name in TERMS)
    return (
        f'<div class="bank-formula">{"".join(f"<p>{line}</p>" for line in lines)}<p class="values">{values}</p></div>'
    )


def sentence(s: Setting, shape: tuple[int, ...]) -> str:
    """What is remarkable about a setting, the most striking thing first."""
    height, width = shape
    sigma, reach = s.sigma2**0.5, (s.n - 1) * s.delta / 2
    outside = [abs(g - (length + 1) / 2) - reach > length / 2 for g, length in ((s.g_x, width), (s.g_y, height))]
    if any(outside):
        return say(
            "The window lies <b>outside</b> the picture. Every filter still sums to one over the pixels there are, so "
            "each reads the nearest edge."
        )
    if s.n == 1:
        return say("<b>One filter</b> reads one number, the mean of what lies around the centre. It has no stride.")
    if s.delta == 0:
        return say("With a stride of <b>zero</b> all filters lie on one spot and read the same number.")
    if sigma < 0.2:
        return say(
            "Each filter is as sharp as a <b>single pixel</b>. What lies between them is lost, and nothing tells the "
            "network which way to move: a gradient needs filters that overlap."
        )
    if sigma > 1.5 * s.delta:
        return say("Neighbouring filters <b>overlap</b> so much that all read nearly the same: a blur.")
    if 2 * sigma < 0.8 * s.delta:
        return say("There are <b>gaps</b> between the filters: what falls into them is neither read nor written.")
    covered = ((s.n - 1) * s.delta + 2 * sigma) / max(height, width)
    if covered > 0.9:
        return say("The whole picture in {n}×{n2} numbers: everything is seen, <b>coarsely</b>.", n=s.n, n2=s.n)
    return say("A part of the picture in {n}×{n2} numbers: little is seen, but <b>sharply</b>.", n=s.n, n2=s.n)
