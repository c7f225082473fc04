"""Under the lens: what a pixel sees, what it must not see, the masks that see to it, and the order of the visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.training.registry import shown_in
from viz.errors import said
from viz.language import say
from viz.tabs.common import SIDE, card, switch, verbs
from viz.tabs.desk import Tab
from viz.tabs.subject import Picture, usual
from viz.tabs.trained import Painters
from viz.views import pixel_lens, pixel_masks, pixel_scans
from viz.widgets.lens.lens import Named
from viz.widgets.lens.lens import lens as lens_widget
from viz.widgets.narrator.narrator import narrator
from viz.widgets.player.player import player

DIAGONAL = "diagonal-bilstm-mnist"
MIDDLE = (SIDE // 2, SIDE // 2)
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
SCANNED = """
A multi-dimensional LSTM may cross a picture from all four corners, and PixelRNN takes only **two** of them: what comes
from below has seen pixels that are not painted yet. And its second scan, from the top right, has seen those to the
right of a pixel in its own row. So it is **moved down by one row**. Take that away, or add a third scan, and turn a
pixel over: it leaks.
"""
SCANNED_HINT = (
    "Press a pixel, or turn the marked one over: the trained Diagonal BiLSTM is tried with each set of scans."
)
TRIED = {
    "unmoved": "The second scan not moved",
    "moved": "As it is: the second moved down",
    "third": "And a third, from the bottom left",
    "fourth": "And one from the bottom right",
}
"""Of :data:`core.results.TAKEN`, the leak that is spoken of first."""
MASKS = """
What keeps the future out is a mask on the kernels of the convolutions: the **dead** taps, hatched, are always zero. The
ring is the pixel itself.
"""
SCANS = """
The same past, walked through in different orders. What is **light** is computed in this step, all of it at once; the
marked state hears from what has the **room's colour**.
"""
ROWS, DIAGONALS, MIRRORED, PYRAMID = "rows", "left", "right", "multiscale"
ORDERS = [
    ("Row LSTM: rows", ROWS),
    ("Diagonal: from the left", DIAGONALS),
    ("Diagonal: from the right", MIRRORED),
    ("Multi-Scale", PYRAMID),
]
SCAN_OF = {
    ROWS: pixel_scans.row_scan,
    DIAGONALS: pixel_scans.diagonal_scan,
    MIRRORED: pixel_scans.mirrored_scan,
    PYRAMID: pixel_scans.pyramid_scan,
}


def titles() -> dict[str, str]:
    """The models under the lens, and what they are called there."""
    return say(shown_in("pixel_lens"))


def pointed(event: Any, known: Mapping[str, str] | None = None) -> tuple[int, int, str]:
    """Row and column of the pixel that a lens asks about, and the model that is to answer, one of those ``known``."""
    known = titles() if known is None else known
    row, column, name = (getattr(event, field, None) for field in ("row", "column", "model"))
    if type(row) is not int or type(column) is not int:  # a bool is an int, but no row
        raise UserError("There is no such pixel or model.")
    if not isinstance(name, str) or name not in known or not (0 <= row < SIDE and 0 <= column < SIDE):
        raise UserError("There is no such pixel or model.")
    return row, column, name


def empty(**more: Any) -> pixel_lens.Board:
    """What a lens shows before any model has answered."""
    return pixel_lens.board(usual().pixels, *MIDDLE, titles(), {}, choose=pixel_lens.BROKEN, **more)


def scan(kind: str, pixels: NDArray[np.uint8]) -> Any:
    """The film of one order; all but Multi-Scale's on a picture of half the size, whose pixels are easier to follow."""
    if kind not in SCAN_OF:
        raise UserError("There is no such order.")
    half = pixels.reshape(SIDE // 2, 2, SIDE // 2, 2).max((1, 3))
    return SCAN_OF[kind](pixels if kind == PYRAMID else half)


def shown_mask(kind: pixel_masks.Kind, live: NDArray[Any]) -> tuple[str, str]:
    """The drawing and the sentence."""
    return pixel_masks.drawing(live), f"<p>{pixel_masks.sentence(kind, live)}</p>"


def build(tab: Tab) -> None:
    """Fill the tab: four cards, each an instrument. Torch is needed from the first pixel on that is asked about."""
    with gr.Column(elem_classes=["lens-room", "easel-pixels"]):
        trained = _field_card(tab)
        _leak_card(tab, trained)
        _scanned_card(tab)
        with gr.Row(elem_classes="lens-pair"):
            _mask_card(tab)
            _scan_card(tab)


def _lens(
    tab: Tab, elem_id: str, label: str, legend: dict[str, str], value: pixel_lens.Board, named: Named, verb: str = ""
) -> Any:
    """A lens that puts the pixel in question and the model that stands large into the address."""
    made = lens_widget(elem_id, label, legend, value, named=named, verb=verb)
    pixel = ",".join(map(str, MIDDLE)) if value["eager"] else ""
    return tab.keeps(named.pixel, tab.keeps(named.model, made, pixel_lens.BROKEN), pixel)


def _named(trained: Painters, run: str, name: str) -> tuple[Any, str]:
    """The studio of the model ``name``, which may be the one that was trained here, and what it is called."""
    asked = trained.asked(run, name)
    if asked.name != name:
        return trained.asked("").studio.pixels, titles()[name]
    return asked.studio.pixels, titles()[name] + (say(", yours") if run else "")


def _field_card(tab: Tab) -> Painters:
    with card("What a pixel sees"):
        gr.Markdown(say(SEES), elem_classes="easel-text")
        trained = Painters(tab, "lens", titles())
        names = Named(tab.key, "pixel", "model")
        fields = _lens(tab, "lens-field", say("What a pixel sees"), say(SEES_LEGEND), empty(), names)

    def on_point(event: gr.EventData, picture: Picture, run: str) -> pixel_lens.Board:
        row, column, name = pointed(event)
        title = titles()[name]
        try:
            studio, title = _named(trained, run, name)
            field, ranks = studio.field(name, row, column, picture.pixels), studio.ranks(name)
            answer = pixel_lens.field_answer(name, title, field, ranks, row, column)
        except UserError as error:
            answer = pixel_lens.trouble(title, said(error))
        return pixel_lens.board(picture.pixels, row, column, {name: title}, {name: answer}, whose=run)

    tab.on(fields.point, on_point, {"picture": tab.desk.digit, "run": trained.run}, [fields])
    return trained


def _leak_card(tab: Tab, trained: Painters) -> None:
    with card("The future-leak detector", folds=True):
        gr.Markdown(say(LEAKS), elem_classes="easel-text")
        broken = tab.control(
            "broken", gr.Checkbox(False, label="Break PixelCNN's mask on purpose", elem_id="lens-broken")
        )
        board = _lens(
            tab,
            "lens-leak",
            say("The future-leak detector"),
            say(LEAKS_LEGEND),
            empty(eager=False, hint=say(LEAKS_HINT)),
            Named(tab.key, "flip", "tested", "broken", pixel_lens.BROKEN),
            say("Turn this pixel over"),
        )

    def on_point(event: gr.EventData, picture: Picture, broken: bool, run: str) -> pixel_lens.Board:
        row, column, name = pointed(event)
        wrong, called = broken and name == pixel_lens.BROKEN, titles()[name]
        title = called
        try:
            studio, called = _named(trained, run, name)
            title = say("{called} with a broken mask", called=called) if wrong else called
            leak, ranks = studio.leak(name, row, column, picture.pixels, wrong), studio.ranks(name)
            answer = pixel_lens.leak_answer(title, leak.change, ranks, row, column)
        except UserError as error:
            answer = pixel_lens.trouble(title, said(error))
        shown = {name: called + (say(", mask broken") if wrong else "")}
        return pixel_lens.board(picture.pixels, row, column, shown, {name: answer}, broken=broken, whose=run)

    tab.on(board.point, on_point, {"picture": tab.desk.digit, "broken": broken, "run": trained.run}, [board])


def _scanned_card(tab: Tab) -> None:
    with card("Why two scans, and why one is moved", folds=True):
        gr.Markdown(say(SCANNED), elem_classes="easel-text")
        first, *_ = say(TRIED)
        value = pixel_lens.board(
            usual().pixels, *MIDDLE, say(TRIED), {}, eager=False, hint=say(SCANNED_HINT), choose=first
        )
        names = Named(tab.key, "turned", "scans")
        verb = say("Turn this pixel over")
        board = lens_widget("lens-scanned", say("Scans that leak"), say(LEAKS_LEGEND), value, named=names, verb=verb)
        tab.keeps(names.pixel, tab.keeps(names.model, board, first), "")

    def on_point(event: gr.EventData, picture: Picture) -> pixel_lens.Board:
        row, column, taken = pointed(event, say(TRIED))
        studio = tab.runtime.studio.pixels
        try:
            leak, ranks = studio.scans_leak(taken, row, column, picture.pixels), studio.ranks(DIAGONAL)
            answer = pixel_lens.leak_answer(say(TRIED)[taken], leak.change, ranks, row, column)
        except UserError as error:
            answer = pixel_lens.trouble(say(TRIED)[taken], said(error))
        return pixel_lens.board(picture.pixels, row, column, {taken: say(TRIED)[taken]}, {taken: answer})

    tab.on(board.point, on_point, {"picture": tab.desk.digit}, [board])


def _mask_card(tab: Tab) -> None:
    drawing, sentence = shown_mask("A", pixel_masks.taps("A", 1, 5))
    with card("Masks A and B", folds=True):
        gr.Markdown(say(MASKS), elem_classes="easel-text")
        with gr.Row(elem_classes="lens-choices"):
            kind = tab.control(
                "mask", switch("Mask", [(kind, kind) for kind in pixel_masks.KINDS], "lens-mask-kind", "A")
            )
            channels = tab.control(
                "channels", switch("Channels", [(say("grey"), 1), ("R, G, B", 3)], "lens-mask-channels", 1)
            )
            sizes = [(f"{size}×{size}", size) for size in pixel_masks.SIZES]
            size = tab.control("kernel", switch("Kernel", sizes, "lens-mask-size", 5))
        picture = gr.HTML(drawing, elem_id="lens-mask", elem_classes="lens-mask", apply_default_css=False)
        words = gr.HTML(sentence, elem_id="lens-mask-words", elem_classes="lens-words", apply_default_css=False)

    def on_mask(kind: pixel_masks.Kind, channels: int, size: int) -> tuple[str, str]:
        return shown_mask(kind, tab.runtime.studio.pixels.mask(kind, channels, size))

    tab.paint(on_mask, {"kind": kind, "channels": channels, "size": size}, [picture, words], quick=True)


def _scan_card(tab: Tab) -> None:
    with card("The order of the visits", folds=True):
        gr.Markdown(say(SCANS), elem_classes="easel-text")
        kind = tab.control(
            "order",
            gr.Radio(
                ORDERS,
                value=DIAGONALS,
                label="Order",
                show_label=False,
                elem_id="lens-order",
                elem_classes="easel-chips",
            ),
        )
        film = player("lens-scan", "pixel", scan(DIAGONALS, usual().pixels))
        narrator("lens-scan-narrator", "lens-scan", "pixel")
        painted = gr.State(scan(DIAGONALS, usual().pixels))
        verbs("lens-scan", painted, 8, "lens-scan")

    def on_scan(kind: str, picture: Picture) -> tuple[Any, Any]:
        value = scan(kind, picture.pixels)
        return value, value

    tab.paint(on_scan, {"kind": kind, "picture": tab.desk.digit}, [film, painted])
