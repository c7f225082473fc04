"""The glimpse classifier on the page: its path over a picture, what reaches it, and what it thinks after each glimpse.

``T`` glimpses, ``B`` pictures, ten classes. NumPy only; nothing is computed again but a certainty, the largest of the
probabilities.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.trace import Array, CanvasTrace
from core.training.registry import REGISTRY
from viz.language import say
from viz.player import bundle, frames, notes, payload
from viz.player.payload import Again, Player, Value, Words

CLASSES = 10
FPS = 1.5
"""Glimpses a second: slow enough to read what each of them changed."""

SAYS = (
    "Through a <b class='glimpse'>window</b> [[glimpse_size]] pixels wide it gets [[n]]×[[n]] numbers. Now it thinks: "
    "<b>[[guess]]</b>, [[sure]][[rest]]. [[said]]"
)
REST = "; if not, {name}"
"""What else it may be, where that is worth a percent."""
FIRST, SAME, SURER, LESS_SURE, CHANGED = range(5)
SAID = [
    "It is the first look; nothing was known before.",
    "It thought so before.",
    "It thought so before and is surer now.",
    "It thought so before and is less sure now.",
]
TOOK = "Before, it took it for {name}."
"""What has changed; from :data:`CHANGED` on, it took it for a digit that it names."""
NOTABLE = 0.01
"""Probabilities below this, and smaller changes of them, are not spoken of."""
PATCHES = (
    "np.concatenate([s.patches['glimpse'] / s.scalars['glimpse_intensity'][:, None, None, None] for s in trace.steps])"
)
"""As Python: what reaches the network at each glimpse of a trace, at intensity 1."""
AT_ONCE_ROW = ["a conv net, all pixels at once", "[[at_once]], [[at_once_sure]]"]


class Thoughts(NamedTuple):
    """``p`` (T, B, 10), the likeliest class ``guess`` (T, B), ``rest``, what else it may be, 0 for nothing or 1 + the
    digit, and which of :data:`SAID` holds.
    """

    p: Array
    guess: NDArray[np.int64]
    rest: NDArray[np.int64]
    said: NDArray[np.int64]


def names() -> list[str]:
    """What each digit is called in a sentence."""
    return say(["a 0", "a 1", "a 2", "a 3", "a 4", "a 5", "a 6", "a 7", "an 8", "a 9"])


def thoughts(trace: CanvasTrace) -> Thoughts:
    """What the trace says about every glimpse; raises ``ValueError`` where a number is not finite."""
    p = payload.finite(np.stack([trace.series(f"{k}_probability") for k in range(CLASSES)], -1), "The trace")
    order = np.argsort(-p, -1, kind="stable")
    guess, second = order[..., 0], order[..., 1]
    rest = np.where(np.sort(p, -1)[..., -2] < NOTABLE, 0, 1 + second)
    change = np.diff(p.max(-1), axis=0)
    surer = np.where(np.abs(change) < NOTABLE, SAME, np.where(change > 0, SURER, LESS_SURE))
    said = np.where(guess[1:] == guess[:-1], surer, CHANGED + guess[:-1])
    return Thoughts(p, guess, rest, np.concatenate([np.full_like(guess[:1], FIRST), said]))


def glimpse_payload(
    trace: CanvasTrace, *, at_once: Array | None = None, autoplay: bool = True, nonce: str | None = None
) -> Player:
    """The path over the picture, and the patch that reaches the network. ``at_once`` (10,): a conv net's opinion.

    The bars are how likely the likeliest class is, in percent.
    """
    assert trace.subject is not None
    boxes, seen = frames.mark_boxes(trace, "glimpse"), frames.unit_patches(trace, "glimpse")
    thought, n = thoughts(trace), seen.shape[-1]
    panels = [
        payload.panel(say("The picture, and where it looks"), "plain", trace.subject[None]),
        payload.panel(say("All that reaches it: {n}×{n} numbers", n=n), "glimpse", seen),
    ]
    values: dict[str, Value | Words] = {
        **frames.window_values(trace, "glimpse", boxes),
        **{f"p{k}": _percent(thought.p[..., k]) for k in range(CLASSES)},
        "n": payload.value(np.full((1, 1), n, np.float32), 0),
        "guess": payload.words(names(), thought.guess),
        "sure": _percent(thought.p.max(-1)),
        "rest": payload.words(["", *(say(REST, name=name) for name in names())], thought.rest),
        "said": payload.words([*say(SAID), *(say(TOOK, name=name) for name in names())], thought.said),
    }
    rows = notes.window_rows(["glimpse"])
    if at_once is not None:
        rows = [*rows, say(AT_ONCE_ROW)]
        values["at_once"] = payload.words(names(), np.array([[int(at_once.argmax())]]))
        values["at_once_sure"] = _percent(payload.finite(at_once.max(), "The network")[None, None])
    path = payload.track(boxes, "glimpse", 0)
    path["path"] = True
    cost = payload.cost(say("how sure it is after each glimpse, %"), "%", 100 * thought.p.max(-1))
    cost["most"] = 100.0
    return {
        **payload.player(panels, autoplay=autoplay, nonce=nonce),
        "fps": FPS,
        "marks": [path],
        "cost": cost,
        "moment": say("glimpse [[step]] of [[steps]]"),
        "note": {
            "title": say("Glimpse [[step]] of [[steps]]"),
            "html": say(SAYS),
            "rows": rows,
            "values": values,
            "patches": [],
            "bars": [{"value": f"p{k}", "label": str(k)} for k in range(CLASSES)],
        },
    }


def again(scene: NDArray[np.uint8], looks: str, seed: int) -> Again:
    """How its looks at a scene (S, S) come again; what is compared are the patches that reach it."""
    kind = (len(scene), looks)
    name = next(n for n, spec in REGISTRY.items() if (spec.config.height, getattr(spec.config, "aim", "")) == kind)
    call = f'look(given["scene"], "{looks}", {seed})'
    return bundle.again(name, call, last=PATCHES, panel=1, film=True, studio="glimpses", scene=scene)


def _percent(series: Array) -> Value:
    return {**payload.value(series, 0), "percent": True}
