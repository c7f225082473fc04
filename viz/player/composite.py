"""One step of a payload as one picture: its panels, and if asked its words, patches and time line with the bars.

Everything is drawn from the payload that the player shows. ``T`` steps, ``n`` cells; pictures are (h, w, 3) uint8.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from viz.player import lettering, overlays
from viz.player.lettering import Lettering, Letters
from viz.player.overlays import Picture
from viz.player.payload import Cost, Heads, Panel, Patch, Player, decode, panel_data

FRAME = 2
"""Width in px of the frame around a patch."""
MOST_IN_LINE = 3
"""Patches beside each other, so that each keeps a size that can be read."""


@dataclass(frozen=True, eq=False)
class Reel:
    """A decoded panel or patch: ``data`` (frames, cells, H, W, C), ``reveal`` (cells, H, W) or ``None``.

    ``table`` (256, 3) holds the colour of each value; ``None`` for pictures that have colours of their own.
    """

    data: NDArray[np.uint8]
    table: Picture | None
    reveal: NDArray[np.uint16] | None
    room: str

    def picture(self, step: int, cell: int, scale: int) -> Picture:
        """(H · scale, W · scale, 3): one cell with hard pixels, hidden ones hatched."""
        frame = self.data[min(step, len(self.data) - 1), cell]
        picture = _enlarge(frame if self.table is None else self.table[frame[..., 0]], scale)
        if self.reveal is None:
            return picture
        hidden = _enlarge(self.reveal[cell] > step, scale)
        return np.where(hidden[..., None], overlays.hatching(len(hidden), hidden.shape[1], self.room), picture)


class Track(NamedTuple):
    """A decoded mark on the panel of that index: ``boxes`` (T, cells, 5); ``path``: its way so far is drawn, too."""

    panel: int
    kind: str
    boxes: NDArray[np.float32]
    path: bool


@dataclass(frozen=True, eq=False)
class Film:
    """A decoded payload: panels, patches, marks; ``bars`` (K, cells or 1) are parts of the time line's height."""

    steps: int
    columns: int
    room: str
    reels: tuple[Reel, ...]
    patches: tuple[Reel, ...]
    marks: tuple[Track, ...]
    bars: NDArray[np.float64] | None
    words: Lettering | None = None

    def about_one(self) -> bool:
        """Whether something is drawn that belongs to one picture of a grid, which then has to be pointed out."""
        return bool(self.patches) or self.bars is not None

    def inks(self) -> list[overlays.Colour]:
        """Every colour that is drawn beside those of the pictures."""
        colours = [overlays.rgb(colour) for colour in (overlays.GAP, overlays.STAGE)]
        colours += [overlays.rgb(overlays.COLOURS[track.kind]) for track in self.marks]
        colours += [overlays.rgb(overlays.COLOURS[patch.room]) for patch in self.patches]
        colours += line_colours(self.room) if self.bars is not None else ()
        colours += [overlays.rgb(overlays.CURSOR)] if self.about_one() else ()
        for reel in self.reels:
            colours += overlays.hatch_colours(reel.room) if reel.reveal is not None else ()
        if self.words is not None:
            named = {name for panel in self.words.panels for name in (panel.room, panel.kind)} & set(overlays.COLOURS)
            colours += [*lettering.inks(), *(overlays.rgb(overlays.COLOURS[name]) for name in sorted(named))]
        return colours


def film(player: Player, *, patches: bool = False, chart: bool = False, titles: bool = False) -> Film:
    """Decode what is drawn of a payload; ``patches``, ``chart`` and ``titles``, all words, too if they are asked for.

    A payload need not have them: not every painter looks through a window, and a still picture costs nothing in time.
    Then the wish changes nothing, so that one choice can stand for all that a room paints.
    """
    steps, cost, note, room = player["steps"], player["cost"], player["note"], player["panels"][-1]["room"]
    marks = []
    for track in player["marks"]:
        boxes = np.broadcast_to(decode(track["data"], np.float32, tuple(track["shape"])), (steps, player["cells"], 5))
        marks.append(Track(track["panel"], track["kind"], boxes, track.get("path", False)))
    bars = _bars(cost) if chart and cost is not None and steps > 1 else None
    small = [_patch(patch, steps, room) for patch in note["patches"]] if patches and note is not None else []
    reels = tuple(_reel(panel) for panel in player["panels"])
    words = lettering.lettering(player) if titles else None
    return Film(steps, player["columns"], room, reels, tuple(small), tuple(marks), bars, words)


def _reel(panel: Panel) -> Reel:
    table = None
    if panel["channels"] == 1:
        table = overlays.ramp_table(panel["room"]) if panel["map"] == "room" else overlays.grey_table()
    reveal = None
    if "reveal" in panel:
        reveal = decode(panel["reveal"], np.uint16, (panel["cells"], panel["height"], panel["width"]))
    return Reel(panel_data(panel), table, reveal, panel["room"])


def _bars(cost: Cost) -> NDArray[np.float64]:
    """(K, cells or 1) from 0 to 1: by default a cell's largest bar fills the height; what is not finite is 0."""
    bars = decode(cost["data"], np.float32, (cost["bars"], -1)).astype(float)
    finite = np.where(np.isfinite(bars), bars, 0)
    most = cost.get("most", np.maximum(finite.max(0), 1e-9))
    return np.clip(finite / most, 0, 1)


def _patch(patch: Patch, steps: int, room: str) -> Reel:
    """A patch that belongs to no window has the ``room``'s colour."""
    data = decode(patch["data"], np.uint8, (steps, -1, patch["height"], patch["width"], patch["channels"]))
    table = overlays.grey_table() if patch["channels"] == 1 else None
    return Reel(data, table, None, patch.get("room", room))


def compose(whole: Film, step: int, *, size: int, windows: bool = True, cell: int = 0, across: bool = True) -> Picture:
    """One frame, (h, w, 3): all panels beside or (``across`` false) below each other, each at most ``size`` px.

    Pixels are enlarged by whole numbers, so a panel may be a little smaller, and a grid never has less than one
    screen pixel a pixel. Beside a grid, a single picture carries the marks of ``cell``; patches and bars are those of
    ``cell``, too. The patches stand behind the last panel, the bars below all.
    """
    pictures = [_panel(whole, index, step, size, windows, cell) for index in range(len(whole.reels))]
    gap = max(2, size // 28)
    lines = lines_of(whole.patches)
    for line in lines:
        side = _share(size, max(2, len(lines[0])), gap)  # one alone is half as long as a panel
        pictures.append(join([_framed(patch, step, cell, side) for patch in line], gap, across=not across))
    parts = [join(pictures, gap, across=across)]
    if whole.bars is not None:
        bars = whole.bars[:, min(cell, whole.bars.shape[1] - 1)]
        if whole.words is not None:
            small = lettering.small(lettering.size_of(size))
            parts.append(lettering.line(whole.words.chart, parts[0].shape[1], small, lettering.PALE))
        parts.append(time_line(bars, step, whole.steps, (max(20, size // 5), parts[0].shape[1]), whole.room))
    if whole.words is None:
        return join(parts, gap, across=False)
    letters, width = lettering.size_of(size), parts[0].shape[1]
    told = [lettering.line(text, width, letters) for text in whole.words.below(whole.steps, step, cell, width, letters)]
    return _on_ground(join([*parts, *([join(told, 0, across=False)] if told else [])], gap, across=False), gap)


def _on_ground(picture: Picture, margin: int) -> Picture:
    """With a margin of the ground's colour, so that no word stands at the edge."""
    height, width = picture.shape[:2]
    framed = np.full((height + 2 * margin, width + 2 * margin, 3), overlays.rgb(overlays.GAP), np.uint8)
    framed[margin : margin + height, margin : margin + width] = picture
    return framed


def _panel(whole: Film, index: int, step: int, size: int, windows: bool, cell: int) -> Picture:
    reel = whole.reels[index]
    cells, height, width = reel.data.shape[1:4]
    columns = min(whole.columns, cells)
    rows = -(-cells // columns)
    gap = max(2, size // 70)
    scale = max(1, min((size - gap * (n - 1)) // (n * length) for n, length in ((columns, width), (rows, height))))
    pictures = [reel.picture(step, i, scale) for i in range(cells)]
    if windows:
        for track in whole.marks:
            for i, picture in enumerate(pictures if track.panel == index else []):
                boxes = track.boxes[: step + 1, cell if cells == 1 else i]
                if track.path:
                    overlays.draw_path(picture, boxes[:, :2], track.kind, scale)
                overlays.draw_mark(picture, boxes[-1], track.kind, scale)
    if whole.about_one() and cells > 1:
        _point_out(pictures[cell])
    if whole.words is None:
        return grid(pictures, columns, gap)
    letters, tall = whole.words.panels[index], lettering.size_of(size)
    table = lettered(letters, pictures, columns, gap, tall)
    return join([lettering.titled(letters, reel.table, table.shape[1], tall), table], gap, across=False)


def grid(pictures: list[Picture], columns: int, gap: int) -> Picture:
    """Pictures of one size in rows, empty places at the end filled."""
    empty = np.full_like(pictures[0], overlays.rgb(overlays.GAP))
    filled = pictures + [empty] * (-len(pictures) % columns)
    lines = [join(filled[first : first + columns], gap, across=True) for first in range(0, len(filled), columns)]
    return join(lines, gap, across=False)


def lettered(letters: Letters, pictures: list[Picture], columns: int, gap: int, tall: int) -> Picture:
    """The same with a label below each picture, heads before rows and above columns, and a line before each group."""
    small, side = lettering.small(tall), pictures[0].shape[1]
    if letters.labels:
        small = lettering.fitting(letters.labels, side, small)
        named = zip(pictures, letters.labels, strict=True)
        pale: dict[str, Any] = {"colour": lettering.PALE, "centred": True}
        pictures = [join([each, lettering.line(text, side, small, **pale)], 1, across=False) for each, text in named]
    starts = sorted({0, *letters.groups})
    parts = []
    for start, end in zip(starts, [*starts[1:], len(pictures)], strict=True):
        part = grid(pictures[start:end], columns, gap)
        if start in letters.groups:
            words = lettering.wrapped(letters.groups[start], part.shape[1], small)
            parts += [lettering.line(text, part.shape[1], small, lettering.PALE) for text in words]
        parts.append(part)
    table = join(parts, gap, across=False)
    return table if letters.heads is None else headed(table, letters.heads, pictures[0].shape[:2], gap, small)


def headed(table: Picture, heads: Heads, cell: tuple[int, int], gap: int, tall: int) -> Picture:
    """A table of cells (h, w) with the heads of its columns above and of its rows before it."""
    height, width = cell
    pale: dict[str, Any] = {"colour": lettering.PALE, "centred": True}
    before = max(2, round(0.7 * tall * max(map(len, heads["rows"]))))
    rows = np.full((len(table), before, 3), overlays.rgb(overlays.GAP), np.uint8)
    for place, text in enumerate(heads["rows"]):
        word = lettering.line(text, before, tall, **pale)
        top = place * (height + gap) + max(0, (height - len(word)) // 2)
        rows[top : top + len(word)] = word[: max(0, len(rows) - top)]
    names = [lettering.line(text, width, tall, **pale) for text in heads["columns"]]
    above = join([np.full((len(names[0]), before, 3), overlays.rgb(overlays.GAP), np.uint8), *names], gap, across=True)
    return join([above, join([rows, table], gap, across=True)], gap, across=False)


def _point_out(picture: Picture) -> None:
    """Draw a line along the edges of the picture that patches and bars are about."""
    height, width = picture.shape[:2]
    line = max(1, round(2 * overlays.shrinkage(width)))
    box = overlays.Box(line / 2, line / 2, width - line / 2, height - line / 2, line)
    overlays.draw_box(picture, box, overlays.rgb(overlays.CURSOR))


def lines_of(patches: tuple[Reel, ...]) -> list[tuple[Reel, ...]]:
    """The patches in as few lines as there have to be, all but the last equally long."""
    lines = -(-len(patches) // MOST_IN_LINE)
    each = -(-len(patches) // max(lines, 1))
    return [patches[first : first + each] for first in range(0, len(patches), each or 1)]


def _share(size: int, count: int, gap: int) -> int:
    """The side of each of ``count`` pictures that are as long as a panel together."""
    return (size - gap * (count - 1)) // count


def _framed(patch: Reel, step: int, cell: int, side: int) -> Picture:
    """A patch of one cell in the frame of its window, at most ``side`` px long."""
    scale = max(1, (side - 2 * FRAME) // max(patch.data.shape[2:4]))
    small = patch.picture(step, min(cell, patch.data.shape[1] - 1), scale)
    height, width = (length + 2 * FRAME for length in small.shape[:2])
    picture = np.full((height, width, 3), overlays.rgb(overlays.STAGE), np.uint8)
    picture[FRAME:-FRAME, FRAME:-FRAME] = small
    edge = FRAME / 2
    box = overlays.Box(edge, edge, width - edge, height - edge, FRAME)
    overlays.draw_box(picture, box, overlays.rgb(overlays.COLOURS[patch.room]), overlays.DASHES.get(patch.room, ()))
    return picture


def line_colours(room: str) -> tuple[overlays.Colour, overlays.Colour, overlays.Colour]:
    """Past, future and present on a time line."""
    colour = overlays.COLOURS[room]
    return overlays.rgb(colour), overlays.mix(overlays.STAGE, colour, overlays.FUTURE), overlays.rgb(overlays.CURSOR)


def time_line(bars: NDArray[np.float64], step: int, steps: int, shape: tuple[int, int], room: str) -> Picture:
    """(*shape, 3): bars (K,) from 0 to 1 as in the player, the past solid, the future pale, and a line at ``step``.

    No bar is lower than 2 px. With fewer bars than steps, the one under the line is solid up to it.
    """
    height, width = shape
    past, future, present = line_colours(room)
    picture = np.full((height, width, 3), overlays.rgb(overlays.STAGE), np.uint8)
    top = max(2, height // 14)  # the line stands out above and below
    inner = picture[top : height - top]
    each = width / len(bars)
    gap = 3 if each > 8 else 1 if each > 3 else 0
    slot = (width + gap) / len(bars)  # the first bar begins and the last ends at the edge
    middle = min(max((step + 0.5) / steps * width, 1), width - 1)
    edge = round((step + 1) / steps * width if len(bars) == steps else middle)
    for index, share in enumerate(bars.tolist()):
        left = round(index * slot)
        right = max(left + 1, round((index + 1) * slot - gap))
        bar = inner[len(inner) - max(2, round(share * len(inner))) :]
        bar[:, left : max(left, min(right, edge))] = past
        bar[:, max(left, edge) : right] = future
    picture[:, math.floor(middle - 0.5) : math.floor(middle - 0.5) + 2] = present
    return picture


def join(pictures: list[Picture], gap: int, across: bool) -> Picture:
    """Pictures in a line with gaps between, centred across it where they differ in size."""
    if len(pictures) == 1:
        return pictures[0]
    if not across:
        return join([picture.swapaxes(0, 1) for picture in pictures], gap, across=True).swapaxes(0, 1)
    height = max(len(picture) for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures) + gap * (len(pictures) - 1)
    joined = np.full((height, width, 3), overlays.rgb(overlays.GAP), np.uint8)
    left = 0
    for picture in pictures:
        top = (height - len(picture)) // 2
        joined[top : top + len(picture), left : left + picture.shape[1]] = picture
        left += picture.shape[1] + gap
    return joined


def _enlarge(pixels: NDArray[Any], scale: int) -> NDArray[Any]:
    return pixels.repeat(scale, 0).repeat(scale, 1)
