"""To take home: a payload of the player as a GIF, or as a strip of its steps.

The files are composed from the very payload that the player shows, so they cannot drift from the screen: the same
panels side by side, the same windows, the same hidden pixels.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.files import replacing
from viz import overlays
from viz.overlays import Picture
from viz.payload import Panel, Player, decode, panel_data

MOST_FRAMES = 120
"""A GIF of a longer film shows this many of its steps, evenly picked."""
PALETTE = 64
"""Most colours in a GIF. Each is entered twice, see :func:`_animation`."""


@dataclass(frozen=True, eq=False)
class Reel:
    """A decoded panel: ``data`` (frames, cells, H, W, C), ``reveal`` (cells, H, W) or ``None``.

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


@dataclass(frozen=True, eq=False)
class Film:
    """A decoded payload: panels, and marks as (panel, kind, (T, cells, 5))."""

    steps: int
    columns: int
    reels: tuple[Reel, ...]
    marks: tuple[tuple[int, str, NDArray[np.float32]], ...]


def film(player: Player) -> Film:
    """Decode what is drawn of a payload."""
    marks = []
    for track in player["marks"]:
        boxes = decode(track["data"], np.float32, tuple(track["shape"]))
        marks.append((track["panel"], track["kind"], np.broadcast_to(boxes, (player["steps"], player["cells"], 5))))
    return Film(player["steps"], player["columns"], tuple(_reel(panel) for panel in player["panels"]), tuple(marks))


def _reel(panel: Panel) -> Reel:
    table = None
    if panel["channels"] == 1:
        table = overlays.ramp_table(panel["room"]) if panel["map"] == "room" else overlays.grey_table()
    reveal = None
    if "reveal" in panel:
        reveal = decode(panel["reveal"], np.uint16, (panel["cells"], panel["height"], panel["width"]))
    return Reel(panel_data(panel), table, reveal, panel["room"])


def compose(reels: Film, step: int, *, size: int, windows: bool = True, cell: int = 0, across: bool = True) -> Picture:
    """One frame, (h, w, 3): all panels beside or (``across`` false) below each other, each at most ``size`` px.

    Pixels are enlarged by whole numbers, so a panel may be a little smaller, and a grid never has less than one
    screen pixel a pixel. Beside a grid, a single picture carries the marks of ``cell``.
    """
    pictures = [_panel(reels, index, step, size, windows, cell) for index in range(len(reels.reels))]
    return _join(pictures, gap=max(2, size // 28), across=across)


def _panel(reels: Film, index: int, step: int, size: int, windows: bool, cell: int) -> Picture:
    reel = reels.reels[index]
    cells, height, width = reel.data.shape[1:4]
    columns = min(reels.columns, cells)
    rows = -(-cells // columns)
    gap = max(2, size // 70)
    scale = max(1, min((size - gap * (n - 1)) // (n * length) for n, length in ((columns, width), (rows, height))))
    pictures = [reel.picture(step, i, scale) for i in range(cells)]
    if windows:
        for panel, kind, boxes in reels.marks:
            for i, picture in enumerate(pictures if panel == index else []):
                overlays.draw_mark(picture, boxes[step, cell if cells == 1 else i], kind, scale)
    pictures += [np.full_like(pictures[0], overlays.rgb(overlays.GAP)) for _ in range(rows * columns - cells)]
    lines = [_join(pictures[row * columns : (row + 1) * columns], gap, across=True) for row in range(rows)]
    return _join(lines, gap, across=False)


def _join(pictures: list[Picture], gap: int, across: bool) -> Picture:
    """Pictures in a line with gaps between, centred across it where they differ in size."""
    if len(pictures) == 1:
        return pictures[0]
    if not across:
        return _join([picture.swapaxes(0, 1) for picture in pictures], gap, across=True).swapaxes(0, 1)
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


def write_gif(
    player: Player,
    path: str | os.PathLike[str],
    *,
    size: int = 280,
    fps: float | None = None,
    windows: bool = True,
    loop: bool = True,
    hold: float = 1.0,
    cell: int = 0,
) -> None:
    """Write an animation: a frame for each step (at most :data:`MOST_FRAMES`), each panel up to ``size`` px.

    ``fps`` frames a second; by itself the pace of the screen. ``hold`` is for how many seconds the last frame stands,
    at least one frame's time; ``loop`` false plays once. A GIF counts time in 10 ms: frames last 1000 / ``fps`` ms
    rounded to that, and never below 20 ms, which browsers would slow down. At most :data:`PALETTE` colours, not
    dithered. Raises ``ValueError`` for arguments out of range.
    """
    _check_size(size, player, cell)
    steps = picked(player["steps"], MOST_FRAMES)
    if fps is None:
        fps = min(max(player["fps"] * len(steps) / player["steps"], 1), 50)
    _check("Frames per second", fps, 1, 50)
    _check("The seconds to hold the last frame", hold, 0, 60)
    each = max(20, _hundredths(1 / fps))
    durations = [each] * (len(steps) - 1) + [max(each, _hundredths(hold))]
    few, palette = few_colours(film(player), PALETTE)
    index = _indices((compose(few, t, size=int(size), windows=windows, cell=cell) for t in steps), palette)
    with replacing(Path(path)) as file:
        file.write(_animation(index, palette, durations, loop))


def write_strip(
    player: Player,
    path: str | os.PathLike[str],
    *,
    size: int = 140,
    frames: int = 8,
    windows: bool = True,
    cell: int = 0,
) -> None:
    """Write a PNG of evenly picked steps side by side, the first and the last among them; panels below each other.

    Each panel is up to ``size`` px; there are fewer pictures than ``frames`` if there are fewer steps. Raises
    ``ValueError`` for arguments out of range.
    """
    _check_size(size, player, cell)
    _check("The number of pictures", frames, 1, 64)
    whole = film(player)
    steps = picked(player["steps"], int(frames))
    pictures = [compose(whole, t, size=int(size), windows=windows, cell=cell, across=False) for t in steps]
    strip = np.ascontiguousarray(_join(pictures, gap=max(4, int(size) // 14), across=True))
    with replacing(Path(path)) as file:
        file.write(iio.imwrite("<bytes>", strip, extension=".png", optimize=True))


def picked(steps: int, most: int) -> list[int]:
    """At most ``most`` of the steps 0 … steps − 1, evenly, the first and the last among them; of one, the last."""
    if most == 1:
        return [steps - 1]
    return [round(t) for t in np.linspace(0, steps - 1, min(steps, most)).tolist()]


def few_colours(whole: Film, most: int) -> tuple[Film, NDArray[np.uint8]]:
    """The same film in at most ``most`` colours, and those colours (k, 3), sorted; marks keep theirs exactly."""
    fixed = [
        overlays.rgb(overlays.GAP),
        overlays.rgb(overlays.STAGE),
        *(overlays.rgb(overlays.COLOURS[kind]) for _, kind, _ in whole.marks),
    ]
    for reel in whole.reels:
        fixed += overlays.hatch_colours(reel.room) if reel.reveal is not None else ()
    scales = {i if reel.table is None else reel.table.tobytes() for i, reel in enumerate(whole.reels)}
    levels = (most - len(set(fixed))) // len(scales)
    reels = [_coarse(reel, levels) for reel in whole.reels]
    used = [np.unique((r.data if r.table is None else r.table).reshape(-1, 3), axis=0) for r in reels]
    return replace(whole, reels=tuple(reels)), np.unique(np.concatenate([np.array(fixed, np.uint8), *used]), axis=0)


def _coarse(reel: Reel, levels: int) -> Reel:
    """Evenly spaced values for a table, median-cut colours for colour pictures."""
    if reel.table is not None:
        value = np.rint(np.rint(np.arange(256) * (levels - 1) / 255) * 255 / (levels - 1)).astype(int)
        return replace(reel, table=reel.table[value])
    image = Image.fromarray(reel.data.reshape(-1, reel.data.shape[-2], 3))
    few = image.quantize(levels, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return replace(reel, data=np.asarray(few).reshape(reel.data.shape))


def _indices(frames: Iterable[Picture], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(T, h, w) places in the palette, which holds every colour of the frames."""
    place = _packed(palette)
    return np.stack([np.searchsorted(place, _packed(frame)).astype(np.uint8) for frame in frames])


def _packed(colours: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(…, 3) -> (…): one number a colour, in the order of :func:`numpy.unique` over rows."""
    red, green, blue = (colours[..., channel].astype(np.int32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _animation(index: NDArray[np.uint8], palette: NDArray[np.uint8], durations: list[int], loop: bool) -> bytes:
    """A GIF of (T, h, w) palette places, ``durations`` in ms.

    Pillow leaves out a frame that equals the one before. So the palette holds every colour twice, and a repeated
    frame shows its corner pixel in the twin of its colour: the same to the eye, another to Pillow.
    """
    repeats = (index[1:] == index[:-1]).all((1, 2))
    twinned = False
    for t, repeated in enumerate(repeats, 1):
        twinned = bool(repeated) and not twinned
        index[t, 0, 0] += len(palette) * twinned
    options: dict[str, Any] = {"loop": 0} if loop else {}
    data = iio.imwrite(
        "<bytes>",
        index,
        extension=".gif",
        mode="P",
        palette=np.concatenate([palette, palette]).tobytes(),
        duration=durations if len(index) > 1 else durations[0],
        **options,
    )
    return bytes(data)


def _hundredths(seconds: float) -> int:
    """Milliseconds, rounded to the 10 ms that a GIF counts in."""
    return 10 * round(100 * seconds)


def _check_size(size: float, player: Player, cell: int) -> None:
    _check("The size in pixels", size, 28, 1024)
    if cell not in range(player["cells"]):
        raise ValueError(f"There is no picture {cell}: they are numbered from 0 to {player['cells'] - 1}.")


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low} and {high}.")
