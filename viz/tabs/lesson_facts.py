"""The facts of the lessons: what a sentence or a task says in numbers, worked out by the studio whenever it is asked.

Each public method of :class:`Facts` is a call that the front matter of a lesson may name (:mod:`viz.views.lessons`).
``digit`` is the number of an example, as in an address; prices are in nats, shares in percent; strokes, numbers of a
code and ranks count from 1, rows and columns from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.results import SIDE
from core.results_vae import WEIGHED
from core.studies import together_guess as game
from core.trace import Array
from core.training.registry import FIRST, shown_in
from viz.tabs.subject import choices
from viz.views.pixel_scores import card, test_figure

VAE, PIXEL = FIRST["vae"], FIRST["pixel"]
CODES = {int(label): name for name, label in shown_in("vae_bound").items()}
"""Numbers in a code -> the VAE that has so many."""
MAP = CODES[2]
GREY = (0.1, 0.9)
"""Between these a pixel's probability of ink is undecided, as in the tab *What it costs*."""
CHANGES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "as it is": lambda pixels: pixels,
    "upside down": lambda pixels: pixels[::-1].copy(),
    "mirrored": lambda pixels: pixels[:, ::-1].copy(),
    "negative": lambda pixels: np.uint8(255) - pixels,
    "empty": np.zeros_like,
    "coins": lambda pixels: np.random.default_rng(1).integers(0, 2, pixels.shape).astype(np.uint8) * np.uint8(255),
}


def grey(picture: Array) -> float:
    """The percentage of undecided pixels in a picture of probabilities."""
    return 100 * float(((picture > GREY[0]) & (picture < GREY[1])).mean())


def zeroed(studio: Any, pixels: NDArray[np.uint8], name: str) -> Array:
    """What the pixels cost as each number of the code is set to 0, (d,)."""
    mean = studio.vaes.encode(pixels, name).mean
    codes = np.repeat(mean[None], len(mean), 0)
    np.fill_diagonal(codes, 0)
    return np.array([studio.vaes.decode(code, pixels, name)[1] for code in codes], np.float32)


def seen_of(studio: Any, name: str, row: int, column: int, pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """How many pixels a model sees from one, and how many come before it."""
    ranks = studio.pixels.ranks(name)
    past = ranks < ranks[row, column]
    field = studio.pixels.field(name, row, column, pixels)
    return int((past & (field > 0)).sum()), int(past.sum())


class Facts:
    """``studio`` is the app's: the numbers are those of the weights that are there."""

    def __init__(self, studio: Any) -> None:
        self._studio = studio

    def calls(self) -> dict[str, Callable[..., Any]]:
        """All that a lesson may call, by name."""
        names = [name for name in dir(self) if not name.startswith("_") and name != "calls"]
        return {name: getattr(self, name) for name in names}

    # ---- pixel models ----

    def _nats(self, digit: int, change: str = "as it is", name: str = PIXEL) -> Array:
        nats: Array = self._studio.pixels.judge(name, CHANGES[change](choices()[digit])).nats[0]
        return nats

    def price(self, digit: int, change: str = "as it is", name: str = PIXEL) -> float:
        """What a digit, or what is made of it (:data:`CHANGES`), costs a pixel model."""
        return float(self._nats(digit, change, name).sum())

    def dearest(self, digit: int, rank: int) -> float:
        """The price of the pixel that is the most expensive, the second, and so on."""
        return float(np.sort(self._nats(digit), axis=None)[-rank])

    def share(self, digit: int, count: int) -> float:
        """How much of the price the ``count`` most expensive pixels pay."""
        nats = np.sort(self._nats(digit), axis=None)
        return 100 * float(nats[-count:].sum() / nats.sum())

    def passes(self, seed: int) -> float:
        """Passes of the network for one imagined picture."""
        return float(len(self._studio.pixels.passes(PIXEL, seed)[1]))

    def most_of(self, temperature: float, seed: int) -> float:
        """The price of the most expensive of nine pictures imagined at a temperature."""
        trace = self._studio.pixels.generate(PIXEL, 9, seed, temperature)
        return float(trace.nats.sum((1, 2)).max())

    def empty_of(self, temperature: float, seed: int) -> int:
        """How many of nine pictures imagined at a temperature have no ink."""
        image = self._studio.pixels.generate(PIXEL, 9, seed, temperature).image
        return int((image.reshape(len(image), -1).sum(1) == 0).sum())

    def hidden_price(self, digit: int, first: int, last: int) -> float:
        """The price of the true pixels in the rows ``first`` to ``last``."""
        return float(self._nats(digit)[first : last + 1].sum())

    def wrong(self, digit: int, first: int, last: int, uses: str, seed: int) -> float:
        """How many of the covered pixels, in these rows, nine completions get wrong, in percent."""
        pixels, hidden = choices()[digit], np.zeros((SIDE, SIDE), bool)
        hidden[first : last + 1] = True
        paint = self._studio.pixels
        covered = pixels, hidden
        trace = paint.fit(PIXEL, covered, 9, seed)[0] if uses == "all" else paint.complete(PIXEL, covered, 9, seed)
        return 100 * float(((trace.image[:, 0] > 0) != (pixels > 0))[:, hidden].mean())

    def early(self, row: int, column: int, broken: int = 0) -> int:
        """How many logits move that come before a pixel, or are its own, as it is turned over."""
        return int(self._studio.pixels.leak(PIXEL, row, column, choices()[13], bool(broken)).early)

    def late(self, row: int, column: int) -> int:
        """How many logits move that come after a pixel as it is turned over."""
        return int(self._studio.pixels.leak(PIXEL, row, column, choices()[13]).late)

    def sees(self, name: str, row: int, column: int) -> int:
        """How many pixels a model sees from one."""
        return seen_of(self._studio, name, row, column, choices()[13])[0]

    def before(self, name: str, row: int, column: int) -> int:
        """How many pixels come before one."""
        return seen_of(self._studio, name, row, column, choices()[13])[1]

    def figure(self, name: str, bound: str = "exact") -> float:
        """A model's figure on the test pictures, from its card."""
        found = test_figure(card(name), bound)
        return float("nan") if found is None else float(found["nats"])

    def bets(self, name: str, rounds: int) -> float:
        """What a player of the game, a simple rule or PixelCNN, pays on average over its first rounds, in bits."""
        paid = []
        for number in range(1, rounds + 1):
            digit = game.drawn(number)
            where = game.places(digit)
            row, column = where.T
            if name in (simple := game.simple(digit, where)):
                paid.append(game.bits(simple[name], digit[row, column]).sum())
            else:
                judged = self._studio.pixels.judge(PIXEL, np.where(digit, 255, 0).astype(np.uint8))
                paid.append(judged.nats[0][row, column].sum() / np.log(2))
        return float(np.mean(paid))

    # ---- codes ----

    def code(self, digit: int, numbers: int = 8) -> float:
        """What the code of a digit costs a VAE of so many numbers."""
        return float(self._studio.vaes.encode(choices()[digit], CODES[numbers]).kl.sum())

    def pixels(self, digit: int, numbers: int = 8) -> float:
        """What the pixels still cost when the code is known."""
        return float(self._studio.vaes.encode(choices()[digit], CODES[numbers]).reconstruction)

    def undecided(self, digit: int, numbers: int = 8) -> float:
        """Grey pixels in the copy."""
        return 100 * float(self._studio.costs.bound(choices()[digit], CODES[numbers]).undecided)

    def at_mean(self, digit: int) -> float:
        """What the pixels cost at the mean of the cloud."""
        mean = self._studio.vaes.encode(choices()[digit]).mean
        return float(self._studio.vaes.decode(mean, choices()[digit])[1])

    def without(self, digit: int, number: int) -> float:
        """What the pixels cost with one number of the code at 0."""
        return float(zeroed(self._studio, choices()[digit], VAE)[number - 1])

    def worst_without(self, digit: int) -> int:
        """Which number of the code costs most when it is set to 0."""
        return int(zeroed(self._studio, choices()[digit], VAE).argmax()) + 1

    def at_zero(self, digit: int) -> float:
        """What the pixels cost when all numbers are 0."""
        return float(self._studio.vaes.decode([0.0] * 8, choices()[digit])[1])

    def width(self, digit: int, number: int) -> float:
        """The width of the cloud of a digit, in one of two numbers."""
        return float(self._studio.vaes.encode(choices()[digit], MAP).sigma[number - 1])

    def place(self, digit: int, number: int) -> float:
        """The middle of the cloud of a digit on the map."""
        return float(self._studio.vaes.encode(choices()[digit], MAP).mean[number - 1])

    def on_map(self, digit: int, z1: float, z2: float) -> float:
        """What the pixels cost from one place on the map."""
        return float(self._studio.vaes.decode([z1, z2], choices()[digit], MAP)[1])

    def sampled(self, digit: int, when: str, seed: int) -> float:
        """What the pixels cost from pure noise, from scaled noise, and from the code: the mean of eight draws."""
        found = self._studio.costs.sample(choices()[digit], VAE, seed)
        at = {"noise": 0, "scaled": found.scaled, "shifted": -1}[when]
        return float(found.nats[at].mean())

    def thrown(self, seed: int) -> float:
        """Grey pixels in what the code of a seed paints."""
        return grey(self._studio.vaes.decode(self._studio.vaes.imagine(seed))[0])

    def tight(self, digit: int, draws: int, seed: int) -> float:
        """The bound of the two numbers with so many draws weighed together."""
        return float(self._studio.costs.bound(choices()[digit], MAP, seed).tightened[WEIGHED.index(draws)])

    def beta(self, digit: int, weight: float, what: str) -> float:
        """Of a network trained with this β: its ``code``, its ``pixels``, and how ``grey`` what it imagines is."""
        found = next(each for each in self._studio.costs.betas(choices()[digit], 1) if each.beta == weight)
        parts = {"code": found.bound.kl.sum(), "pixels": found.bound.reconstruction, "grey": 100 * found.undecided}
        return float(parts[what])

    def twin(self, digit: int, squared: int, what: str) -> float:
        """Of the twin trained for likelihood, or for squared error: its bound (``both``), how ``grey`` it copies."""
        found = self._studio.costs.likelihoods(choices()[digit], 1)[squared]
        return float({"both": found.bound, "grey": 100 * found.undecided}[what])

    def dead(self, name: str) -> int:
        """How many numbers of a VAE's code do nothing."""
        return int(self._studio.walks.dead(name).sum())

    def restored(self, digit: int, way: str, what: str) -> float:
        """Lower half covered: what the truth costs a way to restore it (``nats``), and its ``wrong`` pixels."""
        hidden = np.zeros((SIDE, SIDE), bool)
        hidden[SIDE // 2 :] = True
        found = self._studio.restoring.uncover((choices()[digit], hidden), 1)
        answer = next(each for each in found.answers if each.way == way)
        return float(answer.nats if what == "nats" else 100 * answer.wrong)

    # ---- strokes ----

    def stroke(self, digit: int, number: int) -> float:
        """What one stroke of a copy cost (seed 1, as everywhere here)."""
        return float(self._studio.draw_copy(choices()[digit], 1).series("kl")[number - 1, 0])

    def dearest_stroke(self, digit: int) -> int:
        """The number of the most expensive stroke."""
        return int(self._studio.draw_copy(choices()[digit], 1).series("kl")[:, 0].argmax()) + 1

    def strokes(self, digit: int) -> float:
        """What all strokes of a copy cost."""
        return float(self._studio.draw_copy(choices()[digit], 1).series("kl").sum())

    def left_after(self, digit: int, count: int) -> float:
        """What the pixels still cost after a copy in so many strokes."""
        return float(self._studio.draw_copy(choices()[digit], 1, count).series("reconstruction_nats")[-1, 0])

    def window(self, digit: int, number: int, kind: str) -> float:
        """How wide the window is through which a stroke is read or written, px."""
        marks = self._studio.draw_copy(choices()[digit], 1).marks(number - 1)
        return float(next(mark for mark in marks if mark.kind == kind).width[0])

    def lost(self, digit: int, number: int) -> float:
        """By how much a copy gets more expensive without one stroke."""
        return float(self._studio.draw_erased(choices()[digit], "stroke", 1).lost[number - 1])

    def unlike(self, digit: int, at: int, seed: int) -> float:
        """How much eight futures with ``at`` strokes in common differ: pixels, in percent, between two of them.

        ``digit`` −1 imagines.
        """
        pixels = None if digit < 0 else choices()[digit]
        ink = self._studio.draw_forks(pixels, at, 8, seed).frame(-1)[:, 0] > 0.5
        pairs = [(a != b).mean() for i, a in enumerate(ink) for b in ink[i + 1 :]]
        return 100 * float(np.mean(pairs))

    def attentive(self, digit: int, seed: int) -> float:
        """What a copy costs with attention."""
        return _price(self._studio.draws.compare(choices()[digit], 1, seed)[0])

    def plain(self, digit: int, seed: int) -> float:
        """What a copy costs without attention."""
        return _price(self._studio.draws.compare(choices()[digit], 1, seed)[1])

    def wins(self, digit: int) -> int:
        """Of 40 seeds, those with which attention is cheaper."""
        tally = self._studio.draws.tally(choices()[digit])
        return int((tally.attentive < tally.plain).sum())

    def read_sum(self, digit: int, x: float, y: float, stride: float, variance: float, count: int) -> float:
        """The sum of all that a window of strength 1 reads, its centre in pixels from 1."""
        return float(self._studio.filters(choices()[digit], x, y, stride, variance, 1.0, count).patch.sum())

    def likeness(self, digit: int, stride: float, variance: float, count: int) -> float:
        """How like the digit is what a window in the middle reads and writes back: their correlation."""
        looking = self._studio.filters(choices()[digit], 14.5, 14.5, stride, variance, 1.0, count)
        return alike(looking.back, choices()[digit])

    # ---- looks ----

    def sure(self, digit: int, seed: int, glimpse: int) -> float:
        """How sure the network is, after a glimpse, of what it then says of a digit among four pieces."""
        return 100 * float(self._looks(digit, seed)[glimpse - 1].max())

    def says(self, digit: int, seed: int, glimpse: int) -> int:
        """What it says after a glimpse."""
        return int(self._looks(digit, seed)[glimpse - 1].argmax())

    def fooled(self, digit: int, seed: int, glimpse: int, x: float, y: float, size: float) -> int:
        """What it says in the end with one glimpse through that window."""
        scene = self._studio.glimpses.scene(choices()[digit], 60, 4, seed)
        return int(said(self._studio.glimpses.look_with(scene.pixels, glimpse, [x, y, size]).yours)[-1].argmax())

    def _looks(self, digit: int, seed: int) -> Array:
        scene = self._studio.glimpses.scene(choices()[digit], 60, 4, seed)
        return said(self._studio.glimpses.look(scene.pixels))


def alike(picture: Array, pixels: NDArray[np.uint8]) -> float:
    """The correlation of a picture with a digit, both (H, W); 0 where one is all of one value."""
    if np.ptp(picture) == 0 or np.ptp(pixels) == 0:
        return 0.0
    return float(np.corrcoef(picture.ravel(), pixels.ravel())[0, 1])


def said(trace: Any) -> Array:
    """How likely each class is after each glimpse, (T, 10)."""
    found: Array = np.stack([trace.series(f"{digit}_probability")[:, 0] for digit in range(10)], 1)
    return found


def _price(trace: Any) -> float:
    return float(trace.series("kl").sum() + trace.series("reconstruction_nats")[-1, 0])
