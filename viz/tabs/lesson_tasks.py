"""Tasks of the lessons that look at the room beside the text: what stands there is judged by the studio, not by memory.

Each public method of :class:`Room` is a check that a lesson may name; it answers with a :class:`Verdict`. What the
browser sends of a room is its address, its digit and cover, and where its players and the game's board stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.results import SIDE
from viz.language import say
from viz.tabs.lesson_facts import MAP, PIXEL, VAE, Facts, alike, grey, said, seen_of, zeroed
from viz.tabs.subject import choices
from viz.views import vae_code
from viz.views.lesson_sums import value as value_of
from viz.views.lessons import LessonError
from viz.widgets.picker.picker import digit_of

CLOSE = 0.03
"""Two numbers of a code are the same within this: an address has two decimals."""


class Verdict(NamedTuple):
    """Whether a task is done, and what was found, as a sentence."""

    right: bool
    found: str


class Room:
    """A room as it stands. Raises :class:`UserError` where what was sent is no room of ours."""

    def __init__(self, studio: Any, state: object) -> None:
        if not isinstance(state, Mapping) or not isinstance(state.get("query"), Mapping):
            raise UserError("The room beside the lesson cannot be read: load the page again.")
        self._studio = studio
        self._query = {str(name): str(text) for name, text in state["query"].items()}
        self._players, self._board = (
            part if isinstance(part := state.get(name), Mapping) else {} for name in ("players", "board")
        )
        self._sent = state

    def calls(self) -> dict[str, Callable[..., Verdict]]:
        """All checks, by name."""
        names = [name for name in dir(self) if not name.startswith("_") and name != "calls"]
        return {name: getattr(self, name) for name in names}

    # ---- what stands there ----

    @property
    def _pixels(self) -> NDArray[np.uint8]:
        return digit_of(self._sent.get("digit"), choices())

    @property
    def _hidden(self) -> NDArray[np.bool_]:
        return digit_of(self._sent.get("hidden"), choices()) > 0

    def _number(self, name: str, usual: float) -> float:
        return self._numbers(name, [usual])[0]

    def _numbers(self, name: str, usual: list[float]) -> list[float]:
        try:
            found = [float(text) for text in self._query[name].split(",")] if self._query.get(name) else usual
        except ValueError:
            found = [np.nan]
        if not np.isfinite(found).all():
            raise UserError("The address of the room cannot be read.")
        return found

    def _player(self, name: str) -> Mapping[str, Any]:
        found = self._players.get(name)
        if not isinstance(found, Mapping) or type(found.get("step")) is not int or type(found.get("cell")) is not int:
            raise UserError("The room beside the lesson has not painted yet: wait a moment.")
        return found

    # ---- what is not done by the room's own numbers ----

    def stands(self, name: str, value: str) -> Verdict:
        """A control has a value."""
        return Verdict(self._query.get(name) == value, "")

    def paid_less(self, bits: float) -> Verdict:
        """The round of the game is over, for less than so many bits."""
        at, paid, length = (self._board.get(name) for name in ("at", "paid", "length"))
        if not isinstance(at, (int, float)) or not isinstance(paid, (int, float)) or at != length:
            return Verdict(False, say("The round is not over yet."))
        return Verdict(paid < bits, say("You paid {paid:.1f} bits.", paid=paid))

    def most_expensive_step(self, player: str) -> Verdict:
        """The player rests at the step that cost most, by its own trace."""
        found = self._player(player)
        costs = found.get("costs")
        if not isinstance(costs, list) or not costs or not all(isinstance(each, (int, float)) for each in costs):
            raise UserError("The room beside the lesson has not painted yet: wait a moment.")
        step = min(max(found["step"], 0), len(costs) - 1)
        return Verdict(
            costs[step] == max(costs), say("Stroke {step} cost {costs:.1f} nats.", step=step + 1, costs=costs[step])
        )

    # ---- codes ----

    def one_zero(self) -> Verdict:
        """One number of the code is 0, all others are the digit's, and it is one of the two that matter most."""
        mean = self._studio.vaes.encode(self._pixels, VAE).mean
        numbers = np.array(self._numbers("z", mean.tolist()), np.float32)
        if len(numbers) != len(mean):
            return Verdict(False, say("Choose the code of eight numbers."))
        moved = np.flatnonzero(np.abs(numbers - mean) > CLOSE)
        if len(moved) != 1 or numbers[moved[0]] != 0:
            return Verdict(False, say("Set exactly one number to 0 and leave all others as they are."))
        costs = zeroed(self._studio, self._pixels, VAE)
        k = int(moved[0])
        return Verdict(
            k in np.argsort(-costs)[:2], say("Without z{k} the pixels cost {costs:.1f} nats.", k=k + 1, costs=costs[k])
        )

    def grey_throw(self, least: float) -> Verdict:
        """What is imagined has more than so many percent of undecided pixels."""
        if self._query.get("task") != "Imagine":
            return Verdict(False, say("Switch the task to Imagine first."))
        code = self._studio.vaes.imagine(int(self._number("seed", 1)), VAE)
        usual = np.clip(code, -vae_code.RANGE, vae_code.RANGE).tolist()
        share = grey(self._studio.vaes.decode(self._numbers("z", usual), name=VAE)[0])
        return Verdict(share > least, say("{share:.0f} % of its pixels are undecided.", share=share))

    def pinned_below(self, nats: float) -> Verdict:
        """A pin on the map of two numbers from which the digit's pixels cost less."""
        try:
            pins = [[float(number) for number in pin.split(",")] for pin in self._query.get("pins", "").split()]
        except ValueError:
            raise UserError("The address of the room cannot be read.") from None
        if not pins:
            return Verdict(False, say("There is no pin on the map yet: click a place."))
        least = min(self._studio.vaes.decode(pin, self._pixels, MAP)[1] for pin in pins)
        return Verdict(least < nats, say("From your best pin the pixels cost {least:.0f} nats.", least=least))

    # ---- pixels ----

    def dearer(self, digit: int, nats: float, most: int) -> Verdict:
        """At most so many pixels differ from an example, and it costs so many nats more."""
        old, new = choices()[digit], self._pixels
        changed = int((old != new).sum())
        if not 0 < changed <= most:
            return Verdict(
                False,
                say("{changed} pixels differ; change at least one and at most {most}.", changed=changed, most=most),
            )
        before, after = (float(self._studio.pixels.judge(PIXEL, each).nats[0].sum()) for each in (old, new))
        return Verdict(
            after - before >= nats,
            say("It cost {before:.0f} nats and costs {after:.0f} now.", before=before, after=after),
        )

    def cheaper_than_empty(self, ink: int) -> Verdict:
        """A picture with so much ink that costs less than empty paper."""
        pixels = self._pixels
        drawn = int((pixels > 0).sum())
        empty, yours = (
            self._studio.pixels.judge(PIXEL, each).nats[0].sum() for each in (np.zeros_like(pixels), pixels)
        )
        found = say(
            "{drawn} pixels of ink, {yours:.1f} nats; empty paper costs {empty:.1f}.",
            drawn=drawn,
            yours=yours,
            empty=empty,
        )
        return Verdict(drawn >= ink and bool(yours < empty), found)

    def nobody_behind(self) -> Verdict:
        """The pixel that is turned over in the leak detector moves nothing."""
        if not self._query.get("flip"):
            return Verdict(False, say("Press a pixel in the leak detector."))
        row, column = (int(number) for number in self._numbers("flip", [0, 0]))
        leak = self._studio.pixels.leak(PIXEL, row, column, self._pixels)
        return Verdict(leak.early == leak.late == 0, say("{late} later logits moved.", late=leak.late))

    def sees_less(self, share: float) -> Verdict:
        """PixelCNN sees less than so much of what comes before the pixel in question, in percent."""
        row, column = (int(number) for number in self._numbers("pixel", [SIDE // 2, SIDE // 2]))
        seen, past = seen_of(self._studio, PIXEL, row, column, self._pixels)
        if not past:
            return Verdict(False, say("Nothing comes before that pixel."))
        return Verdict(
            100 * seen / past < share,
            say("It sees {seen} of {past}: {seen2:.0f} %.", seen=seen, past=past, seen2=100 * seen / past),
        )

    def covered_to_the_end(self) -> Verdict:
        """Something is covered, something is not, and no pixel in sight comes after a covered one."""
        hidden = self._hidden.ravel()
        if hidden.all() or not hidden.any():
            return Verdict(False, say("Cover a part of the picture, and only a part."))
        given = int((~hidden[hidden.argmax() :]).sum())
        return Verdict(given == 0, say("{given} pixels in sight come after the first covered one.", given=given))

    def tidy(self, most: float) -> Verdict:
        """All pictures imagined at this temperature have ink, and none costs more than so many nats."""
        temperature, seed = self._number("temperature", 1), int(self._number("seed", 1))
        count = int(self._number("pictures", 9))
        if self._query.get("task") != "Imagine" or count != 9:
            return Verdict(False, say("Imagine nine pictures."))
        trace = self._studio.pixels.generate(PIXEL, count, seed, temperature)
        empty = int((trace.image.reshape(count, -1).sum(1) == 0).sum())
        dearest = float(trace.nats.sum((1, 2)).max())
        found = say(
            "At {temperature:g}, {empty} are empty and the most expensive costs {dearest:.0f} nats.",
            temperature=temperature,
            empty=empty,
            dearest=dearest,
        )
        return Verdict(empty == 0 and dearest <= most, found)

    # ---- strokes and windows ----

    def not_missed(self, most: float) -> Verdict:
        """The stroke that is selected among those that are taken away is hardly missed."""
        cell = self._player("time-player")["cell"]
        erased = self._studio.draw_erased(self._pixels, "stroke", int(self._number("seed", 1)))
        if self._query.get("show") != "Without a stroke" or not 0 <= cell < len(erased.lost):
            return Verdict(False, say("Show the painting without a stroke, and select one."))
        lost = float(erased.lost[cell])
        return Verdict(
            lost <= most, say("Without stroke {cell} the copy costs {lost:.0f} nats more.", cell=cell + 1, lost=lost)
        )

    def _looking(self) -> Any:
        usual = {"gx": 14.5, "gy": 14.5, "stride": 3, "variance": 2, "intensity": 1, "filters": 10}
        values = [self._number(name, value) for name, value in usual.items()]
        return self._studio.filters(self._pixels, *values[:5], int(values[5]))

    def reads(self, least: float) -> Verdict:
        """All that a window of strength 1 with 5 × 5 filters, one pixel apart, reads adds up to so much."""
        setting = {"stride": 1, "variance": 0.5, "intensity": 1, "filters": 5}
        if any(
            abs(self._number(name, 0 if name != "intensity" else 1) - value) > CLOSE for name, value in setting.items()
        ):
            return Verdict(False, say("Move only the centre: N 5, δ 1, σ² 0.5, γ 1."))
        total = float(self._looking().patch.sum())
        return Verdict(total >= least, say("The readings add up to {total:.1f}.", total=total))

    def writes_back(self, least: float) -> Verdict:
        """What the window reads and writes back is so much like the digit."""
        likeness = alike(self._looking().back, self._pixels)
        return Verdict(likeness >= least, say("The likeness is {likeness:.2f}.", likeness=likeness))

    def misled(self, digit: int) -> Verdict:
        """With a glimpse in a place of the person's, the network says another digit at the end."""
        box = self._numbers("window", [])
        if len(box) != 3:
            return Verdict(False, say("Move the window of the glimpse first."))
        scene = self._studio.glimpses.scene(
            self._pixels, 60, int(self._number("pieces", 8)), int(self._number("seed", 1))
        )
        found = self._studio.glimpses.look_with(scene.pixels, int(self._number("glimpse", 2)), box)
        says = int(said(found.yours)[-1].argmax())
        return Verdict(says != digit, say("After the last glimpse it says {says}.", says=says))


def judged(studio: Any, task: Mapping[str, Any], facts: Mapping[str, str], given: object, state: object) -> Verdict:
    """Whether a task is done: a number that was typed, or a room as it stands."""
    if task["kind"] == "do":
        verdict = value_of(task["check"], Room(studio, state).calls())
        assert isinstance(verdict, Verdict)
        return verdict
    if task["kind"] != "number":
        raise LessonError("This task is judged where it stands.")
    try:
        number = float(str(given).replace(",", ".").replace("−", "-"))
    except ValueError:
        raise UserError("Type a number.") from None
    calls = Facts(studio).calls()
    wanted = value_of(task["right"], calls, {name: value_of(text, calls) for name, text in facts.items()})
    return Verdict(bool(abs(number - wanted) <= task["within"]), "")
