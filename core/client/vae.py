"""The room *All at once*: VAEs of digits, and one in colour."""

from __future__ import annotations

from typing import Annotated

from core.client.kinds import Count, Cover, Digit, Frames, Latents, Model, Picture, Seed, Temperature
from core.client.rooms import Room, asked
from core.results_vae import (
    Between,
    Bound,
    Code,
    Copy,
    Corners,
    Outside,
    Posterior,
    Restored,
    Sampled,
    Sum,
    Weight,
)
from core.trace import Array, CanvasTrace
from core.training.registry import FIRST, shown_in

MAP = next(iter(shown_in("vae_map")))
COLOUR = next(iter(shown_in("vae_colour")))
Leading = Annotated[int, "how many numbers of the code, those first that carry most nats"]


class Vae(Room):
    """A picture painted all at once from a code."""

    key = "vae"

    # ---- the code ----

    @asked
    def encode(self, digit: Picture, model: Model = FIRST["vae"]) -> Code:
        """The code of a picture and its price; the sum of ``kl`` and ``reconstruction`` bounds −log p."""

    @asked
    def decode(self, codes: Latents, model: Model = FIRST["vae"]) -> Array:
        """The pictures of codes, at most 900: (n, C, H, W) in [0, 1]."""

    @asked
    def code(self, seed: Seed = 1, model: Model = FIRST["vae"]) -> Array:
        """A code drawn from the prior: (d,)."""

    @asked
    def lattice(
        self,
        codes: Latents,
        values: Annotated[int, "how many, from −3 to 3"] = 9,
        model: Model = FIRST["vae"],
        leading: Leading = 8,
    ) -> Array:
        """Each of the leading m numbers of one code at k values, the others as they are: (m, k, C, H, W)."""

    @asked
    def traverse(
        self, codes: Latents, frames: Frames = 24, model: Model = FIRST["vae"], leading: Leading = 8
    ) -> CanvasTrace:
        """Each of the leading numbers of one code swings, in a picture of its own, from 0 to 3, to −3 and back."""

    # ---- the map ----

    @asked
    def map(
        self,
        model: Model = MAP,
        across: Annotated[int, "the number of the code along the map's width, from 1"] = 1,
        along: Annotated[int, "the same along its height"] = 2,
        half: Annotated[float, "half the side of the map, as far as 20"] = 3.0,
        quantiles: Annotated[bool, "evenly in the prior's probability, not in the code"] = False,
    ) -> Array:
        """Pictures at 20 × 20 places of a plane through the codes, row by row from the top left: (400, H, W)."""

    @asked
    def posterior(self, digit: Digit, model: Model = MAP) -> Posterior:
        """Where a picture's code lies, eleven draws from there, and what is painted from them."""

    @asked
    def film(
        self, path: Latents, frames: Frames = 24, model: Model = MAP
    ) -> Annotated[tuple[CanvasTrace, Array], "the film", "its codes (frames, d)"]:
        """What lies along a path of at least two codes, in equal steps."""

    # ---- between ----

    @asked
    def between(self, start: Digit, end: Digit, frames: Frames = 24, model: Model = FIRST["vae"]) -> Between:
        """From one digit to another, straight and round, beside a mix of their pixels."""

    @asked
    def walk(
        self,
        start: Latents,
        end: Latents,
        frames: Frames = 24,
        model: Model = FIRST["vae"],
        way: Annotated[str, "straight or round"] = "straight",
    ) -> CanvasTrace:
        """From one code to another, both included."""

    @asked
    def corners(
        self,
        top_left: Digit,
        top_right: Digit,
        bottom_left: Digit,
        bottom_right: Digit,
        tiles: Annotated[int, "pictures a side"] = 8,
        model: Model = FIRST["vae"],
    ) -> Corners:
        """Pictures between four."""

    @asked
    def arithmetic(self, first: Digit, less: Digit, plus: Digit, model: Model = FIRST["vae"]) -> Sum:
        """The first digit's code less the second's plus the third's."""

    # ---- what it costs ----

    @asked
    def bound(self, digit: Digit, model: Model = FIRST["vae"], seed: Seed = 1) -> Bound:
        """What a digit costs: the bound, its parts, what each pixel pays, and how more draws tighten it."""

    @asked
    def sample(
        self,
        digit: Digit,
        model: Model = FIRST["vae"],
        seed: Seed = 1,
        count: Annotated[int, "draws"] = 8,
        frames: Annotated[int, "steps to be scaled, and as many to be shifted"] = 8,
    ) -> Sampled:
        """How noise becomes draws of a digit's code: it is scaled, then shifted."""

    @asked
    def betas(self, digit: Digit, seed: Seed = 1, count: Count = 9) -> list[Weight]:
        """A digit's price, and what is imagined, under each weight β of the KL."""

    @asked
    def likelihoods(self, digit: Digit, seed: Seed = 1) -> list[Bound]:
        """A digit's price under the network trained for likelihood and under its twin trained for squared error."""

    @asked
    def outside(
        self,
        digit: Digit,
        model: Model = FIRST["vae"],
        reach: Annotated[float, "how far, as a multiple of the code's length"] = 4.0,
        frames: Frames = 41,
    ) -> Outside:
        """A digit's code stretched from the origin outwards, to where the prior has nothing."""

    # ---- restore ----

    @asked
    def restore(
        self, digit: Digit, hidden: Cover, seed: Seed = 1, restarts: Annotated[int, "of the search"] = 6
    ) -> Restored:
        """A digit of which a part is hidden, restored in four ways, each with its price."""

    @asked
    def denoise(
        self,
        digit: Digit,
        flips: Annotated[float, "the share of pixels that are flipped, 0 to 0.5"] = 0.1,
        seed: Seed = 1,
        restarts: Annotated[int, "of the search"] = 6,
    ) -> Restored:
        """A digit of which pixels are flipped by chance, restored in three ways."""

    @asked
    def complete(self, digit: Digit, hidden: Cover, seed: Seed = 1) -> CanvasTrace:
        """The search for a code that explains the pixels in sight, moment by moment."""

    # ---- colour ----

    @asked
    def generate(
        self, count: Count = 16, seed: Seed = 1, temperature: Temperature = 1.0, model: Model = COLOUR
    ) -> Array:
        """Imagined pictures: (count, C, H, W) in [0, 1]."""

    @asked
    def copy(self, picture: Picture, model: Model = COLOUR) -> Copy:
        """A picture and its copy from the mean of its code, with its price."""
