"""What a class asks for, room by room, as the rooms' own pages send it: events, their inputs, and what the hand did."""

from __future__ import annotations

import base64
import functools
import re
from typing import Any, NamedTuple

import numpy as np

from core.data import strokes
from core.results import SIDE
from core.studio.together_rows import PAINTERS

SEED, DIGIT, STANDS = "the seed", "the digit", "what stands there"
"""Stand for the seed; for the page's digit with its lower half covered, another one for each seed; for no change."""
PICTURE, COVER, CODE, TEXT = "a picture", "a cover", "a code", "a code as text"
"""Stand for the digit and its cover as the API takes them, and for eight numbers of a code, others for each seed."""
SEEDS = 40
"""Different ones, so that the same is seldom asked twice: the server keeps no answers, and its models none either."""


class Ask(NamedTuple):
    """One event: of which component (or endpoint), of which kind, with which inputs other than those that stand there.

    ``shown`` is the component that gets the answer, where an event has several handlers. ``function`` is asked for past
    the queue, as what the cursor decodes.
    """

    target: str
    event: str = "paint"
    given: dict[str, Any] = {}  # noqa: RUF012  # a NamedTuple's default, which nobody writes to
    data: dict[str, Any] = {}  # noqa: RUF012
    shown: str = ""
    function: str = ""


class Action(NamedTuple):
    """What a person does in a ``room`` at once, and then, and then: each of ``steps`` are the events of one moment."""

    name: str
    room: str
    heavy: bool
    steps: tuple[tuple[Ask, ...], ...]
    often: int = 1
    stage: bool = False
    """Whether only what the first component shows is looked at."""

    @property
    def key(self) -> str:
        """Its name among all rooms' actions."""
        return self.room + self.name


def gate(player: str, heavy: bool = False, often: int = 1, *, name: str = "", room: str = "", **more: Any) -> Action:
    """A painting on a player's stage, asked for by its gate; ``more`` are inputs by their elements' names."""
    live = more.pop("live", False)
    kept = more.pop("kept", {})
    given = {key.replace("_", "-"): value for key, value in more.items()}
    ask = Ask(f"{player}-gate", given=given, data={"live": live, "changed": [], "kept": kept}, shown=player)
    return Action(name or player, room, heavy, ((ask,),), often)


def endpoint(name: str, heavy: bool, *values: Any) -> Action:
    """A call of the public API; its values by their places."""
    return Action(name, "", heavy, ((Ask(name, "", {str(place): value for place, value in enumerate(values)}),),))


HOME = {
    **{"kind": "gif", "size": 112, "fps": 12, "loop": True, "windows": True, "patches": True, "chart": True},
    **{"titles": True, "width": 1080, "frames": 1, "step": 0, "drawn": ""},
    **{"cell": 0, "seed": SEED, "address": "http://127.0.0.1/draw/"},
}
"""A film to take home, as the button asks for it."""
PLACE = {"row": 14, "column": 12, "model": "pixelcnn-mnist"}


def stages(room: str, *actions: Action) -> list[Action]:
    """Actions of one room."""
    return [action._replace(room=room) for action in actions]


def row() -> Action:
    """The digit goes to all painters side by side."""
    return Action("row", "together/", True, (tuple(gate(f"together-{painter}").steps[0][0] for painter in PAINTERS),))


def hover() -> Action:
    """The cursor moves over the map."""
    ask = Ask("map-chart", function="peek", data={"model": "vae-mnist", "code": CODE})
    return Action("hover", "vae/", False, ((ask,),), 4)


def export() -> Action:
    """A copy is painted and taken home."""
    return Action("export", "draw/", True, (gate("draw-player").steps[0], (Ask("draw-home", "save", data=HOME),)))


def stroke() -> Action:
    """A stroke of the brush on the first page, which three machines go on from."""
    return Action("stroke", "", True, (tuple(gate(f"start-{each}").steps[0][0] for each in ("vae", "draw", "pixels")),))


ACTIONS: list[Action] = [
    stroke(),
    *stages(
        "vae/",
        gate("vae-player", often=4, name="slider", kept={"z": TEXT}),
        gate("vae-player", often=2, name="code"),
        gate("map-chart", often=2),
        gate("vbetween-player"),
        gate("cost-player"),
        gate("restore-player", heavy=True),
        gate("vcolour-player", heavy=True),
        hover(),
    ),
    *stages(
        "draw/",
        gate("draw-player", often=4, name="copy"),
        gate("draw-player", heavy=True, name="imagine", draw_mode="Imagine", draw_count=16),
        gate("time-player", heavy=True),
        gate("pen-player", often=2),
        gate("compare-player", heavy=True),
        gate("between-player", heavy=True),
        gate("two-player"),
        gate("drawcolour-player", heavy=True),
        gate("bank-drawing", often=2),
        export(),
    ),
    *stages(
        "pixels/",
        gate("pixels-player", heavy=True, often=2, name="brush", live=True, pixels_count=4),
        gate("pixels-player", heavy=True, name="complete"),
        gate(
            "pixels-player", heavy=True, name="gated", pixels_mode="Imagine", pixels_painters=["gated-pixelcnn-mnist"]
        ),
        gate("colour-player", heavy=True, name="colour", colour_mode="Imagine", colour_count=1),
        Action("lens", "", False, ((Ask("lens-field", "point", data=PLACE, shown="lens-field"),),), 3),
    ),
    *stages(
        "look/",
        gate("look-player", often=3),
        gate("look-aim", often=2),
        gate("every-player", heavy=True),
    ),
    row(),
    gate("guess-board", room="together/", often=2, guess_round=SEED),
    endpoint("vae_decode", False, CODE),
    endpoint("draw_copy", False, PICTURE, SEED),
    endpoint("pixels_judge", False, PICTURE),
    endpoint("pixels_complete", True, PICTURE, COVER, 4, SEED),
    endpoint("draw_generate", True, 16, SEED),
]


@functools.cache
def standing(seed: int) -> dict[str, Any]:
    """What :data:`SEED` and the others stand for."""
    images, _ = strokes.digits(1, seed=seed)
    pixels = np.where(images[0] >= 128, 255, 0).astype(np.uint8)
    hidden = np.zeros((SIDE, SIDE), np.uint8)
    hidden[SIDE // 2 :] = 1
    texts = {name: base64.b64encode(each.tobytes()).decode() for name, each in (("pixels", pixels), ("hidden", hidden))}
    packed = {name: {"data": text, "shape": [SIDE, SIDE], "dtype": "uint8"} for name, text in texts.items()}
    code = np.random.default_rng(seed).normal(size=8).round(2).tolist()
    editor = {"id": f"load{seed}", "height": SIDE, "width": SIDE, "channels": 1, **texts}
    api = {PICTURE: packed["pixels"], COVER: packed["hidden"], CODE: code, TEXT: ",".join(map(str, code))}
    return {SEED: seed, DIGIT: editor, **api}


def filled(value: Any, seed: int) -> Any:
    """A value with what belongs to the seed in its places."""
    match value:
        case str():
            return standing(seed).get(value, value)
        case list():
            return [filled(each, seed) for each in value]
        case dict():
            return {name: filled(each, seed) for name, each in value.items()}
    return value


def bare(value: Any) -> Any:
    """An answer without what differs each time: a payload's name, when a file was made, how long it took, and whether
    it is played, which a browser may not like.
    """
    match value:
        case str() if value.startswith("<"):
            return re.sub(r"[\d.]+ s</", "s</", value)
        case float() if value.is_integer():  # a browser does not tell them apart
            return int(value)
        case list():
            return [bare(each) for each in value]
        case dict():
            return {name: bare(each) for name, each in value.items() if name not in ("id", "made", "autoplay")}
    return value
