"""What the page shows of a training: words and numbers, the loss in its terms as a chart, the film as bytes.

``M`` moments, ``n`` pictures of ``C`` channels, ``H`` × ``W`` pixels, ``T`` steps of one painting.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, NotRequired, TypedDict
from urllib.parse import quote

import numpy as np

from core.training.live import GOING, Film, Live, Looked
from core.training.live import why as reason
from core.training.registry import REGISTRY
from viz.language import say
from viz.player.payload import encode

WIDTH, HEIGHT = 720, 240
"""Of the chart, in its own units."""
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 26
COLOURS = {"vae": "vae", "draw": "write", "pixel": "pixel", "classifier": "glimpse"}
"""The family's colour."""
KINDS = {"vae": "all at once", "draw": "stroke by stroke", "pixel": "pixel by pixel", "classifier": "where to look"}
STATES = {
    "stopped": "Stopped",
    "time is up": "Time is up",
    "finished": "Finished",
    "diverged": "Diverged",
    "failed": "Failed",
}
"""Where a training has come to an end, as it stands in a line."""
SIZED = {
    "small": "{title}, small",
    "medium": "{title}, medium",
    "large": "{title}, large",
    "shipped": "{title}, as shipped",
}
"""A model in one of its sizes."""
CODE_COSTS = " Of them the pixels cost <b>{reconstruction:.0f}</b> and the code <b>{kl:.1f}</b>."
STROKES_COST = " Of them the pixels cost <b>{reconstruction:.0f}</b> and the strokes <b>{kl:.1f}</b>."
GUESSING = "2.30"
"""−log 1/10 in nats: what knowing nothing of ten digits costs."""


ROOMS: dict[str, tuple[str, str]] = {
    "together": ("../together/?", "Side by side"),
    "vae_map": ("../vae/?", "The map"),
    "vae_code": ("../vae/?tab=code&", "The code"),
    "vae_walks": ("../vae/?tab=between&", "Between"),
    "vae_bound": ("../vae/?tab=cost&", "What it costs"),
    "vae_colour": ("../vae/?tab=colour&", "Colour"),
    "draw_paint": ("../draw/?", "Stroke by stroke"),
    "draw_colour": ("../draw/?tab=colour&", "Colour"),
    "pixel_paint": ("../pixels/?", "Pixel by pixel"),
    "pixel_lens": ("../pixels/?tab=lens&", "Under the lens"),
    "pixel_colour": ("../pixels/?tab=colour&", "Colour"),
    "look_scores": ("../look/?", "Its glimpses"),
}
"""Where what was trained of a model is put to use, of the places that show the shipped one: address and words."""


class Shown(TypedDict):
    """A training for the widget ``training``; ``film`` and ``now`` are left out where it has them already."""

    key: str
    state: str
    going: bool
    kept: bool
    step: int
    colour: str
    pace: str
    title: str
    head: str
    words: str
    rows: list[list[str]]
    rooms: list[list[str]]
    chart: str
    command: str
    version: str
    seen: str
    film: NotRequired[dict[str, Any]]
    now: NotRequired[dict[str, Any]]


class Scale(NamedTuple):
    """From steps and nats to places on the chart; steps by their logarithm."""

    steps: int
    most: float

    def x(self, step: float) -> float:
        """Across; the moment before the first step stands at the first."""
        share = math.log(max(step, 1)) / math.log(max(self.steps, 2))
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, nats: float) -> float:
        """Down."""
        return round(HEIGHT - BOTTOM - min(nats, self.most) / self.most * (HEIGHT - TOP - BOTTOM), 1)


def pictures(images: Any) -> dict[str, Any]:
    """Pictures (…, C, H, W) uint8 as bytes (…, H, W, C)."""
    channels, height, width = images.shape[-3:]
    data = encode(np.moveaxis(images, -3, -1), np.uint8)
    return {"data": data, "channels": channels, "height": height, "width": width, "count": int(images.shape[-4])}


def numbers(array: Any) -> dict[str, Any]:
    """Any numbers as float32 bytes and their shape."""
    return {"data": encode(array, np.float32), "shape": list(array.shape)}


def filmed(film: Film, scale: Scale) -> dict[str, Any]:
    """A film for the widget."""
    steps = film["steps"].tolist()
    shown: dict[str, Any] = {"steps": steps, "x": [scale.x(step) for step in steps]}
    for key in ("pictures", "copies", "strokes", "subjects"):
        if key in film:
            shown[key] = pictures(film[key])
    for key in ("codes", "windows", "right", "field", "labels"):
        if key in film:
            shown[key] = numbers(film[key])
    return shown


def scale_of(looked: Looked, film: Film | None) -> Scale:
    """The scale of a training's chart: all of its steps, and the most that anything has cost."""
    costs = [line["total"] for line in looked.lines]
    steps = [looked.live.steps, looked.live.step, *(line["step"] for line in looked.lines)]
    if film is not None:
        costs += [float(each) for each in film["validation"] if math.isfinite(each)]
        steps.append(int(film["steps"][-1]))
    return Scale(max(steps), max(costs, default=1.0) * 1.04 or 1.0)


def polyline(points: Sequence[tuple[float, float]], more: str) -> str:
    """A line through points."""
    return f'<polyline points="{" ".join(f"{x},{y}" for x, y in points)}" {more}/>'


def grid(scale: Scale) -> str:
    """The chart's lines of equal nats and its steps."""
    rough = scale.most / 4
    unit = 10 ** math.floor(math.log10(max(rough, 1e-6)))
    each = next(unit * k for k in (1, 2, 5, 10) if unit * k >= rough)
    made = []
    for k in range(1, int(scale.most / each) + 1):
        y = scale.y(k * each)
        made.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        made.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{k * each:g}</text>')
    ticks = [step for step in (1, 10, 100, 1_000, 10_000) if step < 0.7 * scale.steps]
    for step in [*ticks, scale.steps]:
        anchor = "start" if step == 1 else "end" if step == scale.steps else "middle"
        words = say("step 1") if step == 1 else f"{step:,}"
        made.append(f'<text x="{scale.x(step)}" y="{HEIGHT - 8}" text-anchor="{anchor}">{words}</text>')
    return "".join(made)


def chart(looked: Looked, film: Film | None) -> str:
    """The loss in its terms over the steps by their logarithm, an SVG: pixels, the code on top, validation dashed."""
    scale, lines = scale_of(looked, film), looked.lines
    made = [grid(scale)]
    if len(lines) > 1:
        low = [(scale.x(line["step"]), scale.y(line["reconstruction"])) for line in lines]
        high = [(scale.x(line["step"]), scale.y(line["total"])) for line in lines]
        floor = [(high[-1][0], scale.y(0)), (high[0][0], scale.y(0))]
        made.append(polyline([*low, *floor], 'class="pixels"').replace("polyline", "polygon"))
        if any(line["kl"] for line in lines):
            made.append(polyline([*high, *low[::-1]], 'class="code"').replace("polyline", "polygon"))
        made.append(polyline(high, 'class="total"'))
    checked = [(line["step"], line["validation"]) for line in lines if line["validation"] is not None]
    if film is not None:
        checked += [(s, v) for s, v in zip(film["steps"].tolist(), film["validation"].tolist(), strict=True) if s]
    if checked:
        made.append(polyline([(scale.x(s), scale.y(v)) for s, v in sorted(checked)], 'class="validation"'))
    told = (
        say("{total:.0f} nats at first, {total2:.1f} now", total=lines[0]["total"], total2=lines[-1]["total"])
        if lines
        else say("nothing yet")
    )
    label = say("Nats a picture over the steps: {told}", told=told)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f'{"".join(made)}<line class="cursor" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg>'
    )


def clock(seconds: float) -> str:
    """A time as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def head(looked: Looked) -> str:
    """Where it stands, in one line."""
    live = looked.live
    if looked.place:
        others = say("one training is") if looked.place == 1 else say("{place} trainings are", place=looked.place)
        return say("In line: {others} before this one", others=others)
    if live.state == "getting ready":
        return say("Getting ready: PyTorch starts and the pictures are read")
    at = say("step {step:,} of {steps:,}", step=live.step, steps=live.steps) if live.steps else ""
    if live.state not in GOING:
        what = say("A film") if looked.wish is None else say(STATES)[live.state]
        return say("{what}: {at}", what=what, at=at) if at else what
    if live.state == "paused":
        return say("Paused at {at}", at=at)
    return say(
        "{at} · {pictures_per_second:,.0f} pictures a second · {clock} left",
        at=at,
        pictures_per_second=live.pictures_per_second,
        clock=clock(live.seconds_left),
    )


def recorded(film: Film | None) -> str:
    """What a film without a log says of itself (HTML)."""
    if film is None or "note" not in film:
        return say("There is neither a log nor a film of this training.")
    note, nats = json.loads(str(film["note"])), film["validation"]
    shipped = json.loads(json.dumps(asdict(REGISTRY[note["name"]].config)))
    size = say("was trained for longer") if note["config"] == shipped else say("is larger and was trained for longer")
    digits = 1 if nats[0] < 10 else 0
    drawn = note.get("shown", note["source"])
    whom = (
        ""
        if drawn == note["source"]
        else say(" The pictures that it is shown are others: {drawn}.", drawn=html.escape(str(drawn)))
    )
    steps = note["recipe"]["steps"]
    planned = [each for each in note.get("earlier", []) if each["steps"] != steps]
    plans = "".join(
        say(
            " Up to step {until:,} its rate fell as for {steps:,} steps, then as for {steps2:,}.",
            until=each["until"],
            steps=each["steps"],
            steps2=steps,
        )
        for each in planned[-1:]
    )
    return say(
        "A film of {steps:,} steps on {source}, recorded from a training made for it: what is shipped "
        "{size}. Validation fell from {nats} to <b>{nats2}</b> nats.{plans}{whom}",
        steps=steps,
        source=html.escape(str(note["source"])),
        size=size,
        nats=f"{nats[0]:.{digits}f}",
        nats2=f"{nats[-1]:.{digits}f}",
        plans=plans,
        whom=whom,
    )


def why(live: Live) -> str:
    """Why it has ended (HTML)."""
    return html.escape(say(reason(live)))


def sentence(looked: Looked, film: Film | None = None) -> str:
    """What has come of it so far, in its own numbers (HTML); ``film`` tells where there is no log."""
    live, lines = looked.live, looked.lines
    if live.state == "diverged":
        kept = say("The last good weights are kept") if looked.kept else say("Nothing had been kept yet")
        return say(
            "At step {step:,} {sentence}. {kept}: try again with a lower learning rate.",
            step=live.step,
            sentence=why(live),
            kept=kept,
        )
    ending = f" {why(live)}" if live.state not in GOING and live.sentence else ""
    if not lines and looked.wish is None:
        return recorded(film)
    if not lines:
        return say("The pictures are what random weights paint.{ending}", ending=ending)
    first, now = lines[0], lines[-1]
    if REGISTRY[looked.name].family == "classifier":
        return say(
            "The right answer costs it <b>{total:.2f}</b> nats; guessing among ten costs {guessing}, and less "
            "means that it knows something.{ending}",
            total=now["total"],
            guessing=GUESSING,
            ending=ending,
        )
    parts = ""
    if now["kl"]:
        shares = STROKES_COST if REGISTRY[looked.name].family == "draw" else CODE_COSTS
        parts = say(shares, reconstruction=now["reconstruction"], kl=now["kl"])
    before = say("at step {step} it was {total:.0f}", step=first["step"], total=first["total"])
    return say(
        "A picture costs it <b>{total:.0f}</b> nats; {before}.{parts}{ending}",
        total=now["total"],
        before=before,
        parts=parts,
        ending=ending,
    )


def rows(looked: Looked, film: Film | None) -> list[list[str]]:
    """At most four numbers."""
    if not looked.lines:
        return []
    now = looked.lines[-1]
    checked = [line["validation"] for line in looked.lines if line["validation"] is not None]
    if film is not None and not checked:
        checked = film["validation"].tolist()
    found = [[say("training"), say("{total:.1f} nats", total=now["total"])]]
    if checked:
        found.append([say("validation"), say("{checked:.1f} nats", checked=checked[-1])])
    return [
        *found,
        [say("norm of the gradient"), f"{now['gradient']:.3g}"],
        [say("learning rate"), f"{now['rate']:.2g}"],
    ]


def rooms(key: str, looked: Looked) -> list[list[str]]:
    """Addresses of rooms in which it can be used, and their words; none where it has kept nothing.

    Glimpses that have learned from one's own pictures have no scenes there.
    """
    wish = looked.wish
    if not looked.kept or wish is None or (wish.kind, wish.pictures) == ("glimpse", "own"):
        return []
    shown_there: Collection[str] = REGISTRY[looked.name].shown
    places = [place for tab, place in ROOMS.items() if tab in shown_there]
    return [[f"{place}run={quote(key)}&v=1", say(words)] for place, words in places]


def shown(key: str, looked: Looked, film: Film | None) -> Shown:
    """A training for the widget; ``film`` is its whole film, also where the widget has it already."""
    spec = REGISTRY[looked.name]
    value: Shown = {
        "key": key,
        "state": looked.live.state,
        "going": looked.live.state in GOING,
        "kept": looked.kept,
        "step": looked.live.step,
        "colour": COLOURS[spec.family],
        "pace": looked.live.pace,
        "title": say(spec.title) if looked.wish is None else say(SIZED[looked.wish.size], title=say(spec.title)),
        "head": head(looked),
        "words": sentence(looked, film),
        "rows": rows(looked, film),
        "rooms": rooms(key, looked),
        "chart": chart(looked, film),
        "command": looked.command,
        "version": looked.version,
        "seen": f"{looked.live.state} {looked.live.step}",
    }
    if looked.film is not None:
        value["film"] = filmed(looked.film, scale_of(looked, looked.film))
    if looked.now is not None:
        value["now"] = {"step": int(looked.now["step"]), **filmed_now(looked.now)}
    return value


def filmed_now(now: Film) -> dict[str, Any]:
    """The last pictures for the widget."""
    more: dict[str, Any] = {key: numbers(now[key]) for key in ("windows", "right") if key in now}
    return {"pictures": pictures(now["pictures"]), **more}
