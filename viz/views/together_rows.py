"""Side by side: what each painter answers, as one row of HTML."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.results import Entry
from core.trace import Array
from core.training.registry import REGISTRY
from viz.language import say
from viz.player import bundle, overlays, payload
from viz.player.lettering import TAG
from viz.player.payload import Again, Player
from viz.views.draw_window import png

COPY, COMPLETE, SURPRISE, IMAGINE = "copy", "complete", "surprise", "imagine"
QUESTIONS = {
    COMPLETE: "Complete it",
    COPY: "Copy it",
    SURPRISE: "How surprised are you?",
    IMAGINE: "Imagine another",
}
"""The questions as they stand in the address, and in words."""
ABOUT = {
    COMPLETE: "What is covered is filled in four times. The price is that of the part in sight. “Differ” is the mean "
    "share of covered pixels in which two completions are not alike.",
    COPY: "Told a digit as a code, how well does it come back? A copy is made paper and ink at one half.",
    SURPRISE: "What your whole digit costs. The brighter a pixel, the more it surprised; all maps share one scale.",
    IMAGINE: "Four pictures from nothing. “Differ” is the mean share of pixels in which two of them are not alike.",
}
COUNT = 4
"""Pictures of each painter where it completes or imagines."""
BRIGHTEST = 5.0
"""Nats of the brightest colour of a map."""
MARKS = {"vae": "vae", "draw": "write", "pixel": "pixel"}
"""The colour of each family's maps."""


def row(question: str, entry: Entry, title: str = "") -> str:
    """One painter's answer; ``data-figure`` is what painters are compared by, the lower the better.

    ``title`` is what it is called, where that is not its own title.
    """
    spec = REGISTRY[entry.name]
    words, figure = WORDS[question](entry)
    compared = "" if isnan(figure) else f' data-figure="{figure:.4f}"'
    size = (
        say("{parameters:.1f} million", parameters=entry.parameters / 1000000.0)
        if entry.parameters >= 1e6
        else f"{entry.parameters:,}"
    )
    return (
        f'<div class="entry {spec.family}"{compared}><div class="who"><b>{escape(title or say(spec.title))}</b>'
        f"<span>{say('{size} parameters, {seconds:.2f} s', size=size, seconds=entry.seconds)}</span></div>"
        f'<div class="pictures">{"".join(pictures(question, entry))}</div>'
        f'<div class="figures">{"".join(f"<p>{line}</p>" for line in words)}</div></div>'
    )


def pictures(question: str, entry: Entry) -> list[str]:
    """The answer's pictures as images with names."""
    if question == SURPRISE and entry.surprise is not None:
        return [image(surprise(entry)[0].transpose(1, 2, 0), say("nats of each pixel"))]
    names = {COPY: say("its copy"), COMPLETE: say("completion"), IMAGINE: say("imagined")}
    many = len(entry.pictures) > 1
    name = names[question]
    return [image(each, f"{name} {i}" if many else name) for i, each in enumerate(entry.pictures, 1)]


class Answered(NamedTuple):
    """An answer, and to what: the ``picture`` is a digit (H, W) and where it is hidden."""

    question: str
    entry: Entry
    picture: tuple[NDArray[np.uint8], NDArray[np.bool_]]
    seed: int


def joined(question: str, names: Sequence[str], *answers: Answered | None) -> Player | None:
    """The rows as they stand on the page, as a payload; None before there is an answer to the question."""
    found = [each for each in answers if each is not None and each.question == question and each.entry.name in names]
    found = [each for each in found if len(each.entry.pictures) or each.entry.surprise is not None]
    if not found:
        return None
    entries = [each.entry for each in found]
    told = [
        say("{painter}: {said}", painter=say(REGISTRY[each.name].title), said=TAG.sub("", WORDS[question](each)[0][0]))
        for each in entries
    ]
    shown = [surprise(each) if question == SURPRISE else each.pictures[:, None] for each in entries]
    count = len(shown[0])
    panel = payload.panel(say(QUESTIONS)[question], "plain", np.concatenate(shown)[None])
    if count > 1:
        panel["groups"] = [{"at": count * place, "title": text} for place, text in enumerate(told)]
    else:
        panel["labels"] = told
    value: Player = {**payload.player([panel], columns=count if count > 1 else 2, autoplay=False), "film": False}
    value["by"] = [each.name for each in entries]
    alike = all(each.seed == found[0].seed and alike_pictures(each.picture, found[0].picture) for each in found)
    return {**value, "again": again(found)} if alike and question != SURPRISE else value


def alike_pictures(one: Sequence[NDArray[Any]], other: Sequence[NDArray[Any]]) -> bool:
    """Whether two digits and their covers are the same."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def again(found: Sequence[Answered]) -> Again:
    """How the pictures of answers to the same come again; the maps of a surprise are no pictures of the studio's."""
    first, names = found[0], [each.entry.name for each in found]
    call = f'answer("{first.question}", name, (given["digit"], given["hidden"]), {COUNT}, {first.seed})'
    last = "np.concatenate([each.pictures for each in trace])[:, None]"
    given: dict[str, Any] = {"digit": first.picture[0], "hidden": first.picture[1]}
    return bundle.again(names[0], call, last=last, panel=0, studio="together", each=f"name in {names}", **given)


def surprise(entry: Entry) -> Array:
    """The map of nats in the colours of the painter's family, (1, 3, H, W)."""
    assert entry.surprise is not None
    share = np.clip(entry.surprise / BRIGHTEST, 0, 1)
    table = overlays.ramp_table(MARKS[REGISTRY[entry.name].family])
    colours: Array = table[np.rint(share * 255).astype(int)] / np.float32(255)
    return colours.transpose(2, 0, 1)[None]


def image(picture: Array, name: str) -> str:
    """A picture (H, W) or (H, W, 3) in [0, 1]."""
    return f'<img src="{png(picture)}" alt="{name}">'


def price(entry: Entry) -> str:
    """Nats with what is known of them: a bound, a standard error, its parts."""
    sign, error = "≤ " if entry.bound else "", "" if isnan(entry.error) else f" ± {entry.error:.1f}"
    parts = (
        ""
        if isnan(entry.code)
        else say(" <small>{nats:.1f} pixels + {code:.1f} code</small>", nats=entry.nats - entry.code, code=entry.code)
    )
    return say("<b>{price} nats</b>{parts}", price=f"{sign}{entry.nats:.1f}{error}", parts=parts)


def spread(entry: Entry) -> str:
    """How different the pictures are."""
    return say(
        "differ in {distance:.1f} %, {distinct} of {pictures} distinct",
        distance=100 * entry.distance,
        distinct=entry.distinct,
        pictures=len(entry.pictures),
    )


def _copied(entry: Entry) -> tuple[list[str], float]:
    if not len(entry.pictures):
        return [say("no code, no copy: it knows a digit only pixel by pixel")], float("nan")
    return [
        say("<b>{wrong:.1f} %</b> of the pixels wrong", wrong=100 * entry.wrong),
        say("from {code:.1f} nats of code", code=entry.code),
    ], entry.wrong


def _completed(entry: Entry) -> tuple[list[str], float]:
    chain = [say("a chain of copies")] if REGISTRY[entry.name].family == "draw" else []
    return [price(entry), spread(entry), *chain], entry.nats


def _surprised(entry: Entry) -> tuple[list[str], float]:
    return [
        price(entry),
        say("at most; the map: pixels only") if entry.bound else say("exact"),
        *coded(entry),
    ], entry.nats


def coded(entry: Entry) -> list[str]:
    """How small a file of the picture is with the painter's odds, beside a PNG."""
    if entry.bits is None:
        return []
    size = png_bytes(entry.pictures[0] >= 0.5)
    return [
        say(
            "<b>{bits} bytes</b> as a file ({bits2} bits), PNG {size}",
            bits=(entry.bits + 7) // 8,
            bits2=entry.bits,
            size=size,
        )
    ]


def png_bytes(ink: NDArray[np.bool_]) -> int:
    """How large a picture (H, W) of paper and ink is as a PNG, as small as Pillow makes it."""
    file = io.BytesIO()
    Image.fromarray(ink).save(file, "PNG", optimize=True)
    return file.tell()


def _imagined(entry: Entry) -> tuple[list[str], float]:
    return [spread(entry)], float("nan")


WORDS: dict[str, Any] = {COPY: _copied, COMPLETE: _completed, SURPRISE: _surprised, IMAGINE: _imagined}
"""What is said of each answer, and the figure that painters are compared by."""
