"""The room *Stroke by stroke*: DRAW."""

from __future__ import annotations

from typing import Annotated

from core.client.kinds import Count, Cover, Digit, Inks, Model, Moves, Picture, Seed, Strokes, Temperature
from core.client.rooms import Room, asked
from core.results import STEPS, Erased, Looking, Novelty, Penned, Tally, TwoDigits
from core.trace import Array, CanvasTrace
from core.training.registry import shown_in

COLOUR = next(iter(shown_in("draw_colour")))


class Draw(Room):
    """A picture painted stroke by stroke."""

    key = "draw"

    @asked
    def generate(
        self, count: Count = 16, seed: Seed = 1, temperature: Temperature = 1.0, strokes: Strokes = STEPS
    ) -> CanvasTrace:
        """DRAW imagines digits."""

    @asked
    def copy(self, digit: Digit, seed: Seed = 1, strokes: Strokes = STEPS) -> CanvasTrace:
        """DRAW looks at a digit and paints it again; ``kl`` of each stroke are the nats that it cost."""

    @asked
    def complete(self, digit: Digit, hidden: Cover, count: Count = 9, seed: Seed = 1) -> CanvasTrace:
        """DRAW copies again and again, known pixels kept: a chain, and no draw from a posterior; the last round."""

    # ---- time ----

    @asked
    def forks(
        self,
        digit: Digit | None = None,
        at: Annotated[int, "how many strokes they have in common"] = 8,
        count: Annotated[int, "how many futures, 2 to 25"] = 9,
        seed: Seed = 1,
    ) -> CanvasTrace:
        """Futures of one painting that share its first strokes: a copy of the digit, or without one imagined."""

    @asked
    def erase(
        self,
        digit: Digit | None = None,
        way: Annotated[str, "the stroke alone, or the latent behind it"] = "stroke",
        seed: Seed = 1,
    ) -> Erased:
        """One painting without each of its strokes, and the nats lost: of a digit, or without one imagined."""

    @asked
    def pen(
        self, digit: Digit | None = None, moves: Moves | None = None, inks: Inks | None = None, seed: Seed = 1
    ) -> Penned:
        """One painting without and with a person's hand in it: of a digit, or without one imagined."""

    # ---- on and off, between, two digits ----

    @asked
    def compare(
        self,
        digit: Digit | None = None,
        count: Annotated[int, "how many are imagined, where there is no digit"] = 1,
        seed: Seed = 1,
        temperature: Temperature = 1.0,
    ) -> Annotated[tuple[CanvasTrace, CanvasTrace], "with attention", "without"]:
        """The same picture with attention and without, from the same noise."""

    @asked
    def tally(self, digit: Digit) -> Tally:
        """What a digit's copies cost with attention and without, for the seeds 1 to 40."""

    @asked
    def between(
        self,
        start: Digit,
        end: Digit,
        count: Annotated[int, "how many paintings, 2 to 16"] = 9,
        way: Annotated[str, "straight or round"] = "straight",
        seed: Seed = 1,
    ) -> CanvasTrace:
        """Paintings from a copy of one digit to a copy of another, every latent of every stroke on its way."""

    @asked
    def two(
        self, first: Digit, second: Digit, seed: Seed = 1
    ) -> Annotated[tuple[TwoDigits, CanvasTrace, Array], "the scene", "its copy", "each one's ink that stands, (T, 2)"]:
        """Two digits on 60 × 60 pixels, copied, and which of them is drawn first."""

    # ---- colour, the window, is it new? ----

    @asked
    def generate_colour(
        self, count: Count = 9, seed: Seed = 1, temperature: Temperature = 1.0, model: Model = COLOUR
    ) -> CanvasTrace:
        """Imagined house numbers or photographs, (B, 3, H, W)."""

    @asked
    def copy_colour(self, picture: Picture, seed: Seed = 1, model: Model = COLOUR) -> CanvasTrace:
        """A colour picture copied."""

    @asked
    def window(
        self,
        digit: Digit,
        g_x: Annotated[float, "the window's centre, counted from 1, px"] = 14.5,
        g_y: Annotated[float, "the same downwards"] = 14.5,
        delta: Annotated[float, "the stride between two filters, px"] = 2.0,
        sigma2: Annotated[float, "the filters' variance, px²"] = 1.0,
        gamma: Annotated[float, "the intensity"] = 1.0,
        n: Annotated[int, "filters a side"] = 5,
    ) -> Looking:
        """What DRAW's grid of Gaussian filters makes of a digit, and what it writes back; no model is asked."""

    @asked
    def novelty(self) -> Novelty:
        """How far 1,000 imagined digits lie from the nearest of 50,000 training digits, and how far real ones do."""
