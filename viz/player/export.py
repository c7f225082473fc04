"""To take home: a payload of the player as a GIF, as a WebP in all its colours, as an MP4, or as a strip of its steps.

The files are composed from the very payload that the player shows, so they cannot drift from the screen: the same
panels side by side, the same windows, the same hidden pixels.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import Base
from PIL.PngImagePlugin import PngInfo

from core.errors import UserError
from core.files import replacing
from viz.player import overlays
from viz.player.composite import Film, Reel, compose, film, join
from viz.player.overlays import Picture
from viz.player.payload import Player

SOFTWARE = Base.Software
MOST_FRAMES = 120
"""A GIF of a longer film shows this many of its steps, evenly picked."""
SLIMMEST, WIDEST = 280, 3840
"""Pixels that a PNG may be wide; the larger is that of a screen of 4K."""
PALETTE, COLOURS = 64, 255
"""Most colours in a GIF, and in one of colour pictures. A few are entered twice, see :func:`_animation`."""
KMEANS = 1
"""Pixels that may still change their colour when the search for colours ends."""


def write_film(
    player: Player,
    path: str | os.PathLike[str],
    *,
    size: int = 280,
    fps: float | None = None,
    windows: bool = True,
    patches: bool = False,
    chart: bool = False,
    titles: bool = False,
    loop: bool = True,
    hold: float = 1.0,
    cell: int | None = None,
    source: str = "",
    lossless: bool = False,
) -> None:
    """Write an animation: a frame for each step (at most :data:`MOST_FRAMES`), each panel up to ``size`` px.

    ``patches``, ``chart`` and ``titles``, all words, add what the payload has of them, see
    :func:`viz.player.composite.film`; they, and the windows on a single picture, are those of ``cell``, by default the
    payload's.
    ``fps`` frames a second; by default the pace of the screen. ``hold`` is for how many seconds the last frame stands,
    at least one frame's time; ``loop`` false plays once. A GIF counts time in 10 ms: frames last 1000 / ``fps`` ms
    rounded to that, and never below 20 ms, which browsers would slow down. At most :data:`PALETTE` colours, of colour
    pictures :data:`COLOURS`, not dithered; with ``lossless`` the file is a WebP, to the pixel as the screen has it.
    ``source`` says in the file where it comes from. Raises ``UserError`` for arguments out of range.
    """
    cell = _checked_cell(size, player, cell)
    steps, durations = _times(player, fps, hold)
    whole = film(player, patches=patches, chart=chart, titles=titles)

    def shown(of: Film) -> Iterator[Picture]:
        return (compose(of, t, size=int(size), windows=windows, cell=cell) for t in steps)

    with replacing(Path(path)) as file:
        if lossless:
            _write_webp(file, shown(whole), durations, loop, source)
        else:
            coloured = any(reel.table is None for reel in (*whole.reels, *whole.patches))
            few, palette = few_colours(whole, COLOURS if coloured else PALETTE)
            file.write(_animation(_indices(shown(few), palette), palette, durations, loop, source))


def _write_webp(file: BinaryIO, frames: Iterable[Picture], durations: list[int], loop: bool, source: str) -> None:
    """An animated WebP, ``durations`` in ms."""
    first, *others = (Image.fromarray(frame) for frame in frames)
    exif = Image.Exif()
    exif[SOFTWARE] = source
    options: dict[str, Any] = {"lossless": True, "exif": exif, "loop": 0 if loop else 1}
    first.save(file, "WEBP", save_all=True, append_images=others, duration=durations, **options)


def write_video(
    player: Player,
    path: str | os.PathLike[str],
    *,
    size: int = 280,
    fps: float | None = None,
    windows: bool = True,
    patches: bool = False,
    chart: bool = False,
    titles: bool = False,
    hold: float = 1.0,
    cell: int | None = None,
    source: str = "",
) -> None:
    """Write an MP4 (H.264); arguments as in :func:`write_film`. Raises ``UserError`` where ffmpeg is missing."""
    if not makes_videos():
        raise UserError("For MP4 one more package is needed: pip install imageio-ffmpeg. GIF, WebP and Page need none.")
    cell = _checked_cell(size, player, cell)
    steps, durations = _times(player, fps, hold)
    whole = film(player, patches=patches, chart=chart, titles=titles)
    shown = [_even(compose(whole, t, size=int(size), windows=windows, cell=cell)) for t in steps]
    shown += [shown[-1]] * (round(durations[-1] / durations[0]) - 1)
    height, width = shown[0].shape[:2]
    with TemporaryDirectory() as folder:
        made = Path(folder) / "film.mp4"
        with closing(_video(made, (width, height), 1000 / durations[0], source)) as video:
            video.send(None)
            for frame in shown:
                video.send(np.ascontiguousarray(frame))
        with replacing(Path(path)) as file:
            file.write(made.read_bytes())


def _video(
    path: Path, size: tuple[int, int], fps: float, source: str
) -> Generator[None, NDArray[np.uint8] | None, None]:
    """What takes frames, after a first ``None``, and is to be closed behind the last one."""
    import imageio_ffmpeg  # optional, and it looks for its program on being imported

    about = ["-metadata", f"comment={source}"]
    return imageio_ffmpeg.write_frames(
        str(path), size, fps=fps, quality=8, macro_block_size=2, output_params=about, ffmpeg_log_level="error"
    )


def makes_videos() -> bool:
    """Whether the optional package for MP4 is installed."""
    return find_spec("imageio_ffmpeg") is not None


def _even(frame: Picture) -> Picture:
    """With an even number of rows and columns, as the format wants: where one is missing the last comes twice."""
    return np.pad(frame, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")


def _times(player: Player, fps: float | None, hold: float) -> tuple[list[int], list[int]]:
    """Which steps a film shows, and for how many ms each of them."""
    steps = picked(player["steps"], MOST_FRAMES)
    if fps is None:
        fps = min(max(player["fps"] * len(steps) / player["steps"], 1), 50)
    _check("Frames per second", fps, 1, 50)
    _check("The seconds to hold the last frame", hold, 0, 60)
    each = max(20, _hundredths(1 / fps))
    return steps, [each] * (len(steps) - 1) + [max(each, _hundredths(hold))]


def write_strip(
    player: Player,
    path: str | os.PathLike[str],
    *,
    size: int = 140,
    frames: int = 8,
    step: int | None = None,
    width: int | None = None,
    windows: bool = True,
    patches: bool = False,
    chart: bool = False,
    titles: bool = False,
    cell: int | None = None,
    source: str = "",
) -> None:
    """Write a PNG of evenly picked steps side by side, the first and the last among them; panels below each other.

    Each panel is up to ``size`` px; there are fewer pictures than ``frames`` if there are fewer steps. With ``step`` it
    is that one alone, its panels side by side. With ``width`` the picture is just as wide, up to :data:`WIDEST`, every
    pixel enlarged as often, and all words in that size. ``patches``, ``chart``, ``titles``, ``cell`` and ``source`` are
    as in :func:`write_film`. Raises ``UserError`` for arguments out of range.
    """
    cell = _checked_cell(size, player, cell)
    _check("The number of pictures", frames, 1, 64)
    _check("The width in pixels", width or SLIMMEST, SLIMMEST, WIDEST)
    whole = film(player, patches=patches, chart=chart, titles=titles)
    steps = picked(player["steps"], int(frames)) if step is None else [min(max(int(step), 0), player["steps"] - 1)]

    def strip(side: int, those: list[int]) -> Picture:
        shown: dict[str, Any] = {"size": side, "windows": windows, "cell": cell, "across": step is not None}
        return join([compose(whole, t, **shown) for t in those], gap=max(4, side // 14), across=True)

    picture = strip(int(size), steps) if width is None else _as_wide(strip, steps, int(width))
    about = PngInfo()
    about.add_itxt("Source", source)
    with replacing(Path(path)) as file:
        Image.fromarray(np.ascontiguousarray(picture)).save(file, "PNG", pnginfo=about)


def _as_wide(strip: Callable[[int, list[int]], Picture], steps: list[int], width: int) -> Picture:
    """The largest picture that is not wider, centred on as much ground as is missing; of fewer steps if it must be."""
    side = width
    picture = strip(side, steps[:1])
    while side > 28 and picture.shape[1] * len(steps) + max(4, side // 14) * (len(steps) - 1) > width:
        whole = picture.shape[1] * len(steps) + max(4, side // 14) * (len(steps) - 1)
        side = max(28, min(side - 1, side * width // whole))
        picture = strip(side, steps[:1])
    most = max(1, (width + max(4, side // 14)) // (picture.shape[1] + max(4, side // 14)))
    picture = strip(side, [steps[i] for i in picked(len(steps), most)])[:, :width]
    ground = np.full((len(picture), width, 3), overlays.rgb(overlays.GAP), np.uint8)
    left = (width - picture.shape[1]) // 2
    ground[:, left : left + picture.shape[1]] = picture
    return ground


def picked(steps: int, most: int) -> list[int]:
    """At most ``most`` of the steps 0 … steps − 1, evenly, the first and the last among them; of one, the last."""
    if most == 1:
        return [steps - 1]
    return [round(t) for t in np.linspace(0, steps - 1, min(steps, most)).tolist()]


def few_colours(whole: Film, most: int) -> tuple[Film, NDArray[np.uint8]]:
    """The same film in at most ``most`` colours, and those (k, 3), sorted; marks, bars and words keep theirs."""
    fixed = whole.inks()
    pictures = [*whole.reels, *whole.patches]
    scales = {b"" if reel.table is None else reel.table.tobytes() for reel in pictures}
    levels = (most - len(set(fixed))) // len(scales)
    coarse = _coarse(pictures, levels)
    used = [np.unique((r.data if r.table is None else r.table).reshape(-1, 3), axis=0) for r in coarse]
    count = len(whole.reels)
    few = replace(whole, reels=tuple(coarse[:count]), patches=tuple(coarse[count:]))
    return few, np.unique(np.concatenate([np.array(fixed, np.uint8), *used]), axis=0)


def _coarse(pictures: list[Reel], levels: int) -> list[Reel]:
    """Evenly spaced values for tables; of all colour pictures together as many colours, which k-means has settled."""
    values = np.rint(np.rint(np.arange(256) * (levels - 1) / 255) * 255 / (levels - 1)).astype(int)
    coloured = [reel.data.reshape(-1, 3) for reel in pictures if reel.table is None]
    if coloured:
        every = Image.fromarray(np.concatenate(coloured)[None])
        few = every.quantize(levels, Image.Quantize.MAXCOVERAGE, KMEANS, dither=Image.Dither.NONE).convert("RGB")
        ends = np.cumsum([len(each) for each in coloured])[:-1]
        parts = iter(np.split(np.asarray(few)[0], ends))
    return [
        replace(reel, data=next(parts).reshape(reel.data.shape))
        if reel.table is None
        else replace(reel, table=reel.table[values])
        for reel in pictures
    ]


def _indices(frames: Iterable[Picture], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(T, h, w) places in the palette, which holds every colour of the frames."""
    place = _packed(palette)
    return np.stack([np.searchsorted(place, _packed(frame)).astype(np.uint8) for frame in frames])


def _packed(colours: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(…, 3) -> (…): one number a colour, in the order of :func:`numpy.unique` over rows."""
    red, green, blue = (colours[..., channel].astype(np.int32) for channel in range(3))
    return red << 16 | green << 8 | blue


def _animation(
    index: NDArray[np.uint8], palette: NDArray[np.uint8], durations: list[int], loop: bool, source: str
) -> bytes:
    """A GIF of (T, h, w) palette places, ``durations`` in ms.

    Pillow leaves out a frame that equals the one before. So the colour of its corner pixel is in the palette once more,
    and a repeated frame shows it in its twin: the same to the eye, another to Pillow. Where there is no room for all
    twins, what repeats is left out and the frame before it stands for longer.
    """
    repeats = (index[1:] == index[:-1]).all((1, 2))
    corners = np.unique(index[1:][repeats][:, 0, 0])[: 256 - len(palette)]
    twins = {int(corner): len(palette) + k for k, corner in enumerate(corners)}
    twinned = False
    for t, repeated in enumerate(repeats, 1):
        twinned = bool(repeated) and not twinned
        if twinned:
            index[t, 0, 0] = twins.get(int(index[t, 0, 0]), index[t, 0, 0])
    options: dict[str, Any] = {"loop": 0} if loop else {}
    data = iio.imwrite(
        "<bytes>",
        index,
        extension=".gif",
        mode="P",
        palette=np.concatenate([palette, palette[corners]]).tobytes(),
        duration=durations if len(index) > 1 else durations[0],
        comment=source.encode(),
        **options,
    )
    return bytes(data)


def _hundredths(seconds: float) -> int:
    """Milliseconds, rounded to the 10 ms that a GIF counts in."""
    return 10 * round(100 * seconds)


def _checked_cell(size: float, player: Player, cell: int | None) -> int:
    _check("The size in pixels", size, 28, 1024)
    cell = player.get("cell", 0) if cell is None else cell
    if cell not in range(player["cells"]):
        raise UserError(
            "There is no picture {cell}: they are numbered from 0 to {cells}.", cell=cell, cells=player["cells"] - 1
        )
    return cell


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UserError("{name} must lie between {low} and {high}.", name=name, low=low, high=high)
