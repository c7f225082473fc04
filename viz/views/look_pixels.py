"""Every pixel: the map that grows while scans cross a scene, what a pixel hears, and an error on its way back.

Shapes: ``T`` diagonals, ``D`` directions, ``H`` × ``W`` pixels, ``m`` × ``n`` cells. NumPy only; nothing of the network
is computed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.results import CORNERS, DIGIT, KINDS, Backwards, Grown
from core.trace import Array
from viz.language import say, say_count
from viz.player import bundle, payload
from viz.player.overlays import RAMP_TURN
from viz.player.payload import Again, Note, Player, Value, Words
from viz.views import pixel_lens
from viz.views.look_path import CLASSES, names
from viz.views.pixel_lens import SEEN, UNSEEN, Answer, Board

INKS, FRONTS = (0.0, RAMP_TURN, 1.0), (0.2, 0.75, 0.88)
"""Places on the ramp of each kind, dark, the room's colour and white; and where a scan has just come."""
MOST_FRAMES = 40
"""A scan of more diagonals is shown in larger steps: a frame of a large scene weighs 13 kB."""
PAST, NOW = 0.36, 1.0
"""Places on the ramp of the skewed canvas: what the scan has been at, and where it is."""
FPS = 6

FROM_ALL = "all"
"""The key of the view that does not part the corners."""
SAYS = (
    "[[fronts]] The map shows what the output says of what has come so far: it takes <b class='glimpse'>[[digit]] "
    "pixels</b> for the digit and [[clutter]] for clutter. Which digit? <b>[[guess]]</b>, it says, [[sure]]."
)
BACK_SAYS = (
    "[[now]] The marked cell's state gets <b>[[own]]</b> from the output, <b class='read'>[[right]]</b> from the gates "
    "of the cell beside it and <b class='write'>[[below]]</b> from those of the cell beyond it: together [[total]]."
)
BACK_ROWS = [
    ["error of the state", "[[total]]"],
    ["… its own, from the output", "[[own]]"],
    ["… through the gates of the cell beside it", "[[right]]"],
    ["… through the gates of the cell beyond it", "[[below]]"],
    ["error of the memory", "[[memory]]"],
    ["… through its own state", "[[through]]"],
    ["… kept by the two forget gates", "[[kept]]"],
    ["derivative by its input", "[[given]]"],
]


def overlap(kinds: Array, truth: NDArray[np.uint8]) -> Array:
    """Intersection over union (T,) of the digit's pixels in maps (T, 3, H, W) and in what a scene is made of (H, W)."""
    taken, there = kinds.argmax(1) == DIGIT, truth == DIGIT
    either = (taken | there).sum((1, 2))
    shares: Array = np.where(either > 0, (taken & there).sum((1, 2)) / np.maximum(either, 1), 1).astype(np.float32)
    return shares


def ramped(found: Grown) -> Array:
    """(T, 1, H, W), places on the ramp: what each pixel is taken for, and whether a scan has just come to it."""
    taken = found.kinds.argmax(1)
    values = np.array(INKS, np.float32)[taken]
    for t, frame in enumerate(values):
        here = spread((found.turns == t).any(0), found.block, found.scene.shape)
        frame[here] = np.array(FRONTS, np.float32)[taken[t][here]]
    return values[:, None]


def spread(cells: NDArray[np.bool_], block: int, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Cells (m, n) as pixels (H, W)."""
    pixels: NDArray[np.bool_] = cells.repeat(block, 0).repeat(block, 1)[: shape[0], : shape[1]]
    return pixels


def skewed(found: Grown) -> Array:
    """(T, 1, m, m + n − 1) on the ramp: the cells with each row one step further to the right, as one scan fills them.

    It is the scan from the first corner that is on; the others are the same on a picture that is turned round.
    """
    turns = found.turns[next((d for d, turns in enumerate(found.turns) if (turns >= 0).all()), 0)]
    height, width = turns.shape
    ink = _ink_of_cells(found)
    frames = np.zeros((len(found.kinds), 1, height, height + width - 1), np.float32)
    if (turns < 0).all():
        return frames
    upright = turns[::-1] if turns[0, 0] > turns[-1, 0] else turns
    rows = ink[::-1] if turns[0, 0] > turns[-1, 0] else ink
    if turns[0, 0] > turns[0, -1]:
        upright, rows = upright[:, ::-1], rows[:, ::-1]
    for t, frame in enumerate(frames):
        for row in range(height):
            there = upright[row] <= t
            values = np.where(upright[row] == t, NOW, PAST * (0.4 + 0.6 * rows[row]))
            frame[0, row, row : row + width] = np.where(there, values, 0)
    return frames


def _ink_of_cells(found: Grown) -> Array:
    """(m, n): the darkest pixel of each cell."""
    height, width = found.turns.shape[1:]
    block = found.block
    padded = np.zeros((height * block, width * block), np.float32)
    padded[: found.scene.shape[0], : found.scene.shape[1]] = found.scene
    ink: Array = padded.reshape(height, block, width, block).max((1, 3))
    return ink


def growing_payload(
    found: Grown, truth: NDArray[np.uint8] | None = None, *, autoplay: bool = True, nonce: str | None = None
) -> Player:
    """The scene, the map as it grows, and the skewed canvas; ``truth`` (H, W) is what the scene is made of, if known.

    Raises ``ValueError`` where a number is not finite.
    """
    kinds, digits = payload.finite(found.kinds, "The map"), payload.finite(found.digits, "The network")
    count = len(kinds)
    shown = np.unique(np.rint(np.linspace(0, count - 1, min(count, MOST_FRAMES))).astype(int))
    panels = [
        payload.panel(say("The scene"), "plain", found.scene[None, None, None]),
        payload.panel(say("What every pixel is"), "glimpse", ramped(found)[shown, None]),
        payload.panel(say("One scan, skewed: a diagonal is a column"), "pixel", skewed(found)[shown, None]),
    ]
    panels[1]["map"] = panels[2]["map"] = "room"
    taken = kinds.argmax(1)
    said: dict[str, Value | Words] = {
        "fronts": payload.words(_fronts(found.turns), _front_of(found.turns)[shown, None].astype(np.uint8)),
        "digit": payload.value((taken == DIGIT).sum((1, 2))[shown, None].astype(np.float32), 0),
        "clutter": payload.value((taken == KINDS.index("clutter")).sum((1, 2))[shown, None].astype(np.float32), 0),
        "guess": payload.words(names(), digits.argmax(1)[shown, None]),
        "sure": _percent(digits.max(1)[shown, None]),
        **{f"p{k}": _percent(digits[shown, k, None]) for k in range(CLASSES)},
    }
    rows: list[list[str]] = [[say("diagonals so far"), "[[diagonals]]"]]
    said["diagonals"] = payload.value((shown[:, None] + 1).astype(np.float32), 0)
    cost = None
    if truth is not None:
        share = overlap(kinds, truth)[shown, None]
        rows.append([say("intersection over union of the digit"), "[[overlap]]"])
        said["overlap"] = _percent(share)
        cost = payload.cost(say("how well the digit's pixels are found: intersection over union, %"), "%", 100 * share)
        cost["most"] = 100.0
    note: Note = {
        "title": say("Step [[step]] of [[steps]]"),
        "html": say(SAYS),
        "rows": rows,
        "values": said,
        "patches": [],
        "bars": [{"value": f"p{k}", "label": str(k)} for k in range(CLASSES)],
    }
    return {**payload.player(panels, autoplay=autoplay, nonce=nonce), "fps": FPS, "cost": cost, "note": note}


def again(found: Grown, scene: NDArray[np.uint8], network: str, corners: Sequence[str]) -> Again:
    """How the map comes again: what is compared is how likely each pixel is each kind in the end, (1, 3, H, W)."""
    painting = payload.pixels(found.kinds[-1:])
    call = f'grown(given["scene"], "{network}", {list(corners)})'
    given: dict[str, Any] = {"scene": scene, "painting": painting}
    return bundle.again(network, call, last="trace.kinds[-1:]", panel=1, studio="every_pixel", **given)


def _on(turns: NDArray[np.int64]) -> list[str]:
    return [corner for corner, each in zip(CORNERS, turns, strict=False) if (each >= 0).all()]


def _fronts(turns: NDArray[np.int64]) -> list[str]:
    """What is said at the first diagonal, on the way, and at the last."""
    on = _on(turns)
    if not on:
        return [say("All scans are switched off: each block is judged by its own pixels alone.")] * 3
    if len(on) == 1:
        corner = say(on[0])
        return [
            say("The scan from the {corner} has set out.", corner=corner),
            say(
                "The scan from the {corner} crosses the scene. Cells behind it have heard what lies on that side.",
                corner=corner,
            ),
            say(
                "The scan from the {corner} is through. No cell has heard of what the scan came to later.",
                corner=corner,
            ),
        ]
    several = say(COUNTS)[len(on)]
    return [
        say("{several} scans have set out, each from its corner.", several=several),
        say(
            "{several} scans cross the scene, diagonal by diagonal; the lighter cells are where they are.",
            several=several,
        ),
        say("{several} scans are through: each cell has heard from {on} corners.", several=several, on=len(on)),
    ]


COUNTS = ("No", "One", "Two", "Three", "Four")


def _front_of(turns: NDArray[np.int64]) -> NDArray[np.int64]:
    """(T,): 0 at the first diagonal, 2 at the last, else 1."""
    count = turns.shape[1] + turns.shape[2] - 1
    stages = np.ones(count, np.int64)
    stages[0], stages[-1] = 0, 2
    return stages


def _percent(series: Array) -> Value:
    return {**payload.value(series, 0), "percent": True}


# ---- what a pixel hears ----


def views(directions: int) -> dict[str, str]:
    """The views of the lens, key -> title."""
    corners = {
        corner.replace(" ", "-"): say("From the {corner}", corner=say(corner)) for corner in CORNERS[:directions]
    }
    return {FROM_ALL: say("All it hears"), **corners}


def heard_answer(title: str, field: Array) -> Answer:
    """One view: the pixels that matter (H, W), and how many of all they are."""
    seen = field > 0
    count, of = int(seen.sum()), field.size
    if count == of:
        said = say("<b>{title}</b>: every pixel of the scene matters to what is said of this one.", title=title)
    elif count == 0:
        said = say("<b>{title}</b>: nothing reaches this pixel.", title=title)
    else:
        said = say(
            "<b>{title}</b>: <b>{count:,}</b> of the {of:,} pixels matter to what is said of this one. From the "
            "others, crossed out, no path leads here.",
            title=title,
            count=count,
            of=of,
        )
    kind = np.where(seen, SEEN, UNSEEN).astype(np.uint8)
    return Answer(say("{count:,} of {of:,}", count=count, of=of), said, pixel_lens.log_heat(field), kind)


def board(
    scene: NDArray[np.uint8], row: int, column: int, titles: Mapping[str, str], answers: Mapping[str, Answer]
) -> Board:
    """The lens over a scene of its own; a pixel beyond it is moved to its edge."""
    height, width = scene.shape
    ink = np.where(scene >= 128, 255, 0).astype(np.uint8)
    at = min(row, height - 1), min(column, width - 1)
    made = pixel_lens.board(ink, *at, titles, answers, eager=bool(answers), hint=say(HINT), choose=FROM_ALL)
    return {**made, "own": True}


HINT = "Press a pixel of the scene."


def blank(side: int, directions: int) -> Board:
    """What the lens shows before a scene has come: paper as large as a scene may be."""
    return board(np.zeros((side, side), np.uint8), 0, 0, views(directions), {})


# ---- backwards ----


def backwards_payload(
    backs: Sequence[Backwards], row: int, column: int, *, chosen: int = 0, autoplay: bool = False
) -> Player:
    """The error of the cell at ``row`` and ``column`` on its way back, a cell of the grid for each direction.

    The marked cell of a step is the one in the middle of its diagonal; the note has its numbers.
    """
    height, width = backs[0].x.shape
    far = np.stack([_distance(height, width, row, column, direction) for direction in range(len(backs))])
    steps = np.arange(1 + int(far.max()))
    last = far.max((1, 2))
    panels = [
        _film(say("The error of each state"), [back.total for back in backs], backs, far),
        _film(say("… through the gates of the cell beside it"), [back.right for back in backs], backs, far),
        _film(say("… through the gates of the cell beyond it"), [back.below for back in backs], backs, far),
    ]
    boxes = np.full((len(steps), len(backs), 5), np.inf, np.float32)
    numbers = {name: np.zeros((len(steps), len(backs)), np.float32) for name in _fields(backs[0])}
    hear = np.zeros((len(steps), len(backs)), np.int64)  # how many cells hear of it at a step
    for t, direction in np.ndindex(hear.shape):
        places = np.argwhere(far[direction] == min(t, last[direction]))
        hear[t, direction] = len(places)
        r, c = places[len(places) // 2]
        boxes[t, direction, :4] = c + 0.5, r + 0.5, 1, 1
        for name, values in _fields(backs[direction]).items():
            numbers[name][t, direction] = values[r, c]
    said: dict[str, Value | Words] = {name: payload.value(series, 3) for name, series in numbers.items()}
    cells = (say_count("{n} cell hears of it now.", "{n} cells hear of it now.", n) for n in range(1, height + 1))
    begins, through = steps[:, None] == 0, steps[:, None] >= last
    said["now"] = payload.words([*say(BACK_WHERE), *cells], np.where(begins, 0, np.where(through, 1, 1 + hear)))
    note: Note = {
        "title": say("Step [[step]] of [[steps]]"),
        "html": say(BACK_SAYS),
        "rows": say(BACK_ROWS),
        "values": said,
        "patches": [],
    }
    return {
        **payload.player(panels, columns=2, autoplay=autoplay),
        "cell": chosen,
        "fps": 1.5,
        "marks": [payload.track(boxes, "glimpse", panel) for panel in range(len(panels))],
        "note": note,
    }


BACK_WHERE = ["Here it begins.", "It has come to the corner where this scan began."]


def _film(title: str, fields: Sequence[Array], backs: Sequence[Backwards], far: NDArray[np.int64]) -> payload.Panel:
    """Errors (m, n) of each direction as far as they have come: the square root of their share of the largest."""
    most = max(float(np.abs(back.total).max()) for back in backs)
    heat = np.sqrt(np.abs(np.stack(fields)) / max(most, 1e-9)).clip(0, 1)
    steps = np.arange(1 + int(far.max()))[:, None, None, None]
    frames = np.where((far >= 0) & (far <= steps), heat, 0).astype(np.float32)
    panel = payload.panel(
        title,
        "glimpse",
        frames[:, :, None],
        [say("from the {corner}", corner=say(corner)) for corner in CORNERS[: len(backs)]],
    )
    panel["map"] = "room"
    return panel


def _fields(back: Backwards) -> dict[str, Array]:
    """The numbers of a table by their name; what comes to a memory through its own state is the rest."""
    through = back.memory_error - back.kept
    return {
        "total": back.total,
        "own": back.own,
        "right": back.right,
        "below": back.below,
        "memory": back.memory_error,
        "kept": back.kept,
        "through": through,
        "given": back.given,
    }


def _distance(height: int, width: int, row: int, column: int, direction: int) -> NDArray[np.int64]:
    """(m, n): so many steps before the cell a direction came to each; −1 for what it came to later or never."""
    down, along = (1 if direction in (0, 1) else -1), (1 if direction in (0, 2) else -1)
    back, aside = down * (row - np.arange(height))[:, None], along * (column - np.arange(width))
    return np.where((back >= 0) & (aside >= 0), back + aside, -1)


def backwards_table(back: Backwards, corner: str) -> str:
    """Every number of one direction, as a table: a cell has its state's error and the three parts of it."""
    rows = []
    for row in range(back.x.shape[0]):
        columns = "".join(
            f"<td class='{'ink' if back.x[row, column] else ''}'><b>{_short(back.total[row, column])}</b>"
            f"<span class='own'>{_short(back.own[row, column])}</span>"
            f"<span class='beside'>{_short(back.right[row, column])}</span>"
            f"<span class='beyond'>{_short(back.below[row, column])}</span></td>"
            for column in range(back.x.shape[1])
        )
        rows.append(f"<tr>{columns}</tr>")
    caption = say(
        "From the {corner}: the error of each state, and below it its own part, the part through the cell "
        "beside it and the part through the cell beyond it.",
        corner=escape(say(corner)),
    )
    return f"<table class='look-back'><caption>{caption}</caption>{''.join(rows)}</table>"


def _short(number: float) -> str:
    text = f"{number:+.3f}".replace("-", "−")
    return "0" if number == 0 else text if float(f"{number:.3f}") else "0.000"
