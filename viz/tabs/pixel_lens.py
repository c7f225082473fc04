"""Under the lens: what a pixel sees, what it must not see, the masks that see to it, and the order of the visits."""

from __future__ import annotations

from typing import Any, NamedTuple

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.runtime import Runtime
from viz import lens, masks, painters, scans
from viz.tabs.common import (
    LATEST,
    SIDE,
    card,
    told,
)
from viz.tabs.subject import choices, chosen, examples_payload
from viz.widgets.lens import lens as lens_widget
from viz.widgets.narrator import narrator
from viz.widgets.player import player

FIRST = 3
"""The picker's cell that is chosen at first."""
MIDDLE = (SIDE // 2, SIDE // 2)
TITLES = {name: painter.title for name, painter in painters.BINARY.items()}

SEES = """
Press a pixel of the picture. Every model says what ink is likely there, and the **gradient** of what it says tells
which pixels it looked at. The brighter, the more a pixel matters; a cross means that no path leads from there at all.
"""
SEES_LEGEND = {
    "heat": "matters a little … most (logarithmic)",
    "crossed": "painted before, yet out of sight",
    "hatched": "not painted yet",
    "marked": "the pixel in question",
}
LEAKS = """
A pixel model may look at the past only, or its likelihood means nothing. The test: **turn one pixel over** and see
which logits move. None of those that come before it may, nor its own.
"""
LEAKS_LEGEND = {
    "before": "comes before: must not move",
    "heat": "comes later: moved a little … most",
    "alarm": "moved, and must not",
    "marked": "the pixel that is turned over",
}
LEAKS_HINT = "Press a pixel, or turn the marked one over: every model is tested in turn."
MASKS = """
What keeps the future out is a mask on the kernels of the convolutions: the **dead** taps, hatched, are always zero. The
ring is the pixel itself.
"""
SCANS = """
The same past, walked through in different orders. What is **light** is computed in this step, all of it at once; the
marked state hears from what has the **room's colour**.
"""
ROWS, DIAGONALS, MIRRORED, PYRAMID = (
    "Row LSTM: rows",
    "Diagonal: from the left",
    "Diagonal: from the right",
    "Multi-Scale",
)
SCAN_OF = {
    ROWS: scans.row_scan,
    DIAGONALS: scans.diagonal_scan,
    MIRRORED: scans.mirrored_scan,
    PYRAMID: scans.pyramid_scan,
}


class Asked(NamedTuple):
    """What a lens has been told so far about one pixel of one picture; ``broken`` with a mask that is wrong."""

    pixels: NDArray[np.uint8]
    row: int
    column: int
    answers: dict[str, lens.Answer]
    broken: bool = False


def start(pixels: NDArray[np.uint8]) -> Asked:
    """Nothing is known yet, and the middle is marked."""
    return Asked(pixels, *MIDDLE, {})


def going_on(asked: Asked, event: gr.EventData, pixels: NDArray[np.uint8], broken: bool = False) -> tuple[Asked, str]:
    """Where the answer to ``event`` belongs, and the model it asks; another pixel or picture begins anew."""
    row, column, name = (getattr(event, field, None) for field in ("row", "column", "model"))
    if type(row) is not int or type(column) is not int:  # a bool is an int, but no row
        raise UserError("There is no such pixel or model.")
    if name not in TITLES or not (0 <= row < SIDE and 0 <= column < SIDE):
        raise UserError("There is no such pixel or model.")
    known = asked.answers if (asked.row, asked.column, asked.broken) == (row, column, broken) else {}
    if not np.array_equal(asked.pixels, pixels):
        known = {}
    return Asked(pixels, row, column, dict(known), broken), name


def field_board(asked: Asked, choose: str | None = None) -> lens.Board:
    """What the lens over the receptive fields shows."""
    return lens.board(asked.pixels, asked.row, asked.column, TITLES, asked.answers, choose=choose)


def leak_board(asked: Asked, *, eager: bool = True, choose: str | None = None) -> lens.Board:
    """What the leak detector shows."""
    titles = {**TITLES, lens.BROKEN: f"{TITLES[lens.BROKEN]}, mask broken"} if asked.broken else TITLES
    return lens.board(
        asked.pixels, asked.row, asked.column, titles, asked.answers, eager=eager, hint=LEAKS_HINT, choose=choose
    )


def scan(kind: str, pixels: NDArray[np.uint8]) -> Any:
    """The film of one order; all but Multi-Scale's on a picture of half the size, whose pixels are easier to follow."""
    if kind not in SCAN_OF:
        raise UserError("There is no such order.")
    half = pixels.reshape(SIDE // 2, 2, SIDE // 2, 2).max((1, 3))
    return SCAN_OF[kind](pixels if kind == PYRAMID else half)


def shown_mask(kind: masks.Kind, live: NDArray[Any]) -> tuple[str, str]:
    """The drawing and the sentence."""
    return masks.drawing(live), f"<p>{masks.sentence(kind, live)}</p>"


def build(runtime: Runtime) -> None:
    """Fill the tab: four cards, each an instrument. Torch is needed from the first pixel on that is asked about."""
    first = choices()[FIRST]
    picture = gr.State(first)
    with gr.Column(elem_classes=["lens-room", "easel-pixels"]):
        picker = _field_card(runtime, picture, first)
        _leak_card(runtime, picture, picker, first)
        with gr.Row(elem_classes="lens-pair"):
            _mask_card(runtime)
            _scan_card(picture, picker, first)


def _field_card(runtime: Runtime, picture: gr.State, first: NDArray[np.uint8]) -> gr.HTML:
    asked = gr.State(start(first))
    with card("What a pixel sees"):
        gr.Markdown(SEES, elem_classes="easel-text")
        with gr.Row(elem_classes="lens-split"):
            picker = player("lens-examples", "pixel", {**examples_payload("The picture", "pixel"), "cell": FIRST})
            fields = lens_widget(
                "lens-field", "What a pixel sees", SEES_LEGEND, field_board(start(first), painters.FIRST)
            )

    @told
    def on_point(event: gr.EventData, asked: Asked, pixels: NDArray[np.uint8]) -> tuple[Asked, lens.Board]:
        asked, name = going_on(asked, event, pixels)
        at = asked.row, asked.column
        try:
            field, ranks = runtime.studio.pixels.field(name, *at, pixels), runtime.studio.pixels.ranks(name)
            asked.answers[name] = lens.field_answer(name, TITLES[name], field, ranks, *at)
        except UserError as error:
            asked.answers[name] = lens.trouble(TITLES[name], str(error))
        return asked, field_board(asked)

    @told
    def on_pick(event: gr.EventData, asked: Asked) -> tuple[NDArray[np.uint8], Asked, lens.Board]:
        asked = asked._replace(pixels=chosen(event.cell), answers={})
        return asked.pixels, asked, field_board(asked)

    fields.point(on_point, [asked, picture], [asked, fields], **LATEST)
    picker.pick(on_pick, asked, [picture, asked, fields], **LATEST)
    return picker


def _leak_card(runtime: Runtime, picture: gr.State, picker: gr.HTML, first: NDArray[np.uint8]) -> None:
    asked = gr.State(start(first))
    with card("The future-leak detector"):
        gr.Markdown(LEAKS, elem_classes="easel-text")
        broken = gr.Checkbox(False, label="Break PixelCNN's mask on purpose", elem_id="lens-broken")
        board = lens_widget(
            "lens-leak",
            "The future-leak detector",
            LEAKS_LEGEND,
            leak_board(start(first), eager=False, choose=painters.FIRST),
            verb="Turn this pixel over",
        )

    @told
    def on_point(
        event: gr.EventData, asked: Asked, pixels: NDArray[np.uint8], broken: bool
    ) -> tuple[Asked, lens.Board]:
        asked, name = going_on(asked, event, pixels, broken)
        at, wrong = (asked.row, asked.column), broken and name == lens.BROKEN
        title = f"{TITLES[name]} with a broken mask" if wrong else TITLES[name]
        try:
            leak, ranks = runtime.studio.pixels.leak(name, *at, pixels, wrong), runtime.studio.pixels.ranks(name)
            asked.answers[name] = lens.leak_answer(title, leak.change, ranks, *at)
        except UserError as error:
            asked.answers[name] = lens.trouble(title, str(error))
        return asked, leak_board(asked)

    def on_break(broken: bool, asked: Asked) -> tuple[Asked, lens.Board]:
        others = {name: answer for name, answer in asked.answers.items() if name != lens.BROKEN}
        asked = asked._replace(answers=others, broken=broken)
        return asked, leak_board(asked, choose=lens.BROKEN)

    def on_pick(event: gr.EventData, asked: Asked) -> tuple[Asked, lens.Board]:
        asked = asked._replace(pixels=chosen(event.cell), answers={})
        return asked, leak_board(asked, eager=False)

    board.point(on_point, [asked, picture, broken], [asked, board], **LATEST)
    broken.change(on_break, [broken, asked], [asked, board], **LATEST)
    picker.pick(told(on_pick), asked, [asked, board], **LATEST)


def _mask_card(runtime: Runtime) -> None:
    drawing, sentence = shown_mask("A", masks.taps("A", 1, 5))
    with card("Masks A and B"):
        gr.Markdown(MASKS, elem_classes="easel-text")
        with gr.Row(elem_classes="lens-choices"):
            kind = gr.Radio(
                list(masks.KINDS), value="A", label="Mask", elem_id="lens-mask-kind", elem_classes="easel-switch"
            )
            channels = gr.Radio(
                [("grey", 1), ("R, G, B", 3)],
                value=1,
                label="Channels",
                elem_id="lens-mask-channels",
                elem_classes="easel-switch",
            )
            size = gr.Radio(
                [(f"{size}×{size}", size) for size in masks.SIZES],
                value=5,
                label="Kernel",
                elem_id="lens-mask-size",
                elem_classes="easel-switch",
            )
        picture = gr.HTML(drawing, elem_id="lens-mask", elem_classes="lens-mask", apply_default_css=False)
        words = gr.HTML(sentence, elem_id="lens-mask-words", elem_classes="lens-words", apply_default_css=False)

    def on_mask(kind: masks.Kind, channels: int, size: int) -> tuple[str, str]:
        return shown_mask(kind, runtime.studio.pixels.mask(kind, channels, size))

    controls = [kind, channels, size]
    gr.on([control.change for control in controls], told(on_mask), controls, [picture, words], **LATEST)


def _scan_card(picture: gr.State, picker: gr.HTML, first: NDArray[np.uint8]) -> None:
    with card("The order of the visits"):
        gr.Markdown(SCANS, elem_classes="easel-text")
        kind = gr.Radio(
            list(SCAN_OF),
            value=DIAGONALS,
            label="Order",
            show_label=False,
            elem_id="lens-order",
            elem_classes="easel-chips",
        )
        film = player("lens-scan", "pixel", scan(DIAGONALS, first))
        narrator("lens-scan-narrator", "lens-scan", "pixel")

    def on_pick(event: gr.EventData, kind: str) -> Any:
        return scan(kind, chosen(event.cell))

    kind.change(told(scan), [kind, picture], film, **LATEST)
    picker.pick(told(on_pick), kind, film, **LATEST)
