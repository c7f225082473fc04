"""The pixel models at work: the app's requests in NumPy terms, checked, answered, and stopped on demand.

A picture of a binary model is uint8 (H, W) of 0 (paper) and 255 (ink), one of a colour model (H, W, 3) of 0–255;
``hidden`` (H, W) is true where it is covered. Models are named as in :data:`core.training.registry.REGISTRY`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.errors import StoppedError, quoted
from core.models.base import Complete, Generate, device_of
from core.models.pixelcnn import PixelCNN
from core.requests import RequestError, seeded, whole
from core.results import TAKEN, Fitted, Leak, Racer
from core.samplers import coder, prices
from core.samplers.brush import Brush, OrderError, TooManyError, most_particles
from core.samplers.canvas import Pass
from core.samplers.race import race
from core.studies import pixel_lens
from core.studio.lent import LentBrush
from core.studio.turns import LIGHT, Turn
from core.trace import Array, CanvasTrace, RasterTrace
from core.training.registry import FIRST, REGISTRY

DEFAULT = FIRST["pixel"]
DIAGONAL = next(name for name, spec in REGISTRY.items() if getattr(spec.config, "kind", "") == "diagonal")
"""The Diagonal BiLSTM, which is tried with other scans."""
FIELD = 0.12
"""Seconds of a receptive field (``python -m benchmarks.prices``)."""
EARLY = 1.0
MAX_COLOUR = 16
"""Colour pictures in one request: each takes a hundred times the work of a binary one."""
PARTICLES = (8, 256)
"""Fewest and most particles that one can ask for, of each filter."""

MAX_KERNEL = 15
"""The largest side of a kernel whose mask is shown."""
Kind = Literal["A", "B"]

AtWork = Callable[[str, float], AbstractContextManager[Turn]]
"""Whose turn it is: with which model, for which price."""
Covered = tuple[NDArray[np.uint8], NDArray[np.bool_]]
"""A picture and where it is hidden."""


class PixelStudio:
    """All pixel models; ``load`` gives a model by name, ``at_work(name, price)`` lets one request run with it.

    ``lend(brush, name, price)`` gives what a painting of that price is made with, the brush itself or another.
    """

    def __init__(
        self,
        load: Callable[[str], Any],
        at_work: AtWork,
        lend: Callable[[Brush, str, float], Brush | LentBrush] = lambda brush, name, price: brush,
    ) -> None:
        self._load, self._at_work, self._lend = load, at_work, lend
        self._brushes: dict[str, Brush] = {}
        self._under_way: dict[str, set[threading.Event]] = {}
        self._early = ("", 0.0)  # who has asked to stop what had not begun, and when

    # ---- painting ----

    def generate(
        self,
        name: str,
        count: object,
        seed: object,
        temperature: object = 1.0,
        *,
        label: object = None,
        session: str | None = None,
    ) -> RasterTrace:
        """``count`` pictures from nothing, of class ``label`` if the model has learned classes."""
        request = Generate(self._count(name, count), requests.temperature(temperature), self._label(name, label))
        return self._paint(name, request, seed, session)

    def complete(
        self,
        name: str,
        covered: Covered,
        count: object,
        seed: object,
        temperature: object = 1.0,
        *,
        label: object = None,
        ranked: bool = True,
        session: str | None = None,
    ) -> RasterTrace:
        """``count`` completions of one picture; each pixel is conditioned only on what comes before it.

        The likeliest first, or, not ``ranked``, in the order of their noise, so that painters can be compared.
        """
        request = self._completion(name, covered, count, temperature, label)
        trace = self._paint(name, request, seed, session)
        return likeliest_first(trace) if ranked else trace

    def fit(
        self,
        name: str,
        covered: Covered,
        count: object,
        seed: object,
        temperature: object = 1.0,
        *,
        particles: object = 28,
        label: object = None,
        repeats: bool = True,
        session: str | None = None,
    ) -> tuple[RasterTrace, Fitted]:
        """``count`` completions that fit all given pixels, by as many particle filters, the likeliest first.

        Each filter has ``particles``, or as many as :func:`core.samplers.brush.most_particles` leaves to each. Without
        ``repeats`` a picture that comes out several times is there once, and the answer says how often it came.
        """
        request = self._completion(name, covered, count, temperature, label)
        asked, filters = whole(particles, "The number of particles", *PARTICLES), len(request.images)
        many = max(1, min(asked, most_particles(self.config(name)) // filters))
        try:
            self._brush(name).in_rows()  # what cannot be done costs nobody's budget
        except OrderError as error:
            raise RequestError(error.sentence) from None
        price = prices.particles(name, many * filters, rows_to_paint(request))
        with self._painting(name, session, price) as (brush, on_pass):
            trace, result = self._lend(brush, name, price).fit(request, many, seeded(seed), on_pass)
        order, times = likeliest(trace), np.ones(filters, np.int64)
        if not repeats:
            flat = trace.image[order].reshape(filters, -1)
            _, first, times = np.unique(flat, axis=0, return_index=True, return_counts=True)
            order, times = order[np.sort(first)], times[np.argsort(first)]
        ess, resampled, evidence = (
            each.cpu().numpy()[order] for each in (result.ess, result.resampled, result.log_evidence.float())
        )
        return picked(trace, order), Fitted(many, ess, resampled, evidence, times)

    def passes(
        self,
        name: str,
        seed: object,
        temperature: object = 1.0,
        covered: Covered | None = None,
        *,
        label: object = None,
        session: str | None = None,
    ) -> tuple[RasterTrace, CanvasTrace]:
        """One picture and the sampler's passes: from nothing, or a completion."""
        request = self._single(name, temperature, covered, label)
        with self._painting(name, session, prices.pictures(name, 1)) as (brush, on_pass):
            return brush.paint_with_passes(request, seeded(seed), None, on_pass)

    def race(
        self,
        name: str,
        seed: object,
        temperature: object = 1.0,
        covered: Covered | None = None,
        *,
        label: object = None,
        session: str | None = None,
    ) -> list[Racer]:
        """Paint one picture in every way that is written for the model, each on the clock:
        :mod:`core.samplers.race`.
        """
        request = self._single(name, temperature, covered, label)
        with self._painting(name, session, prices.RACE, rests=False) as (brush, on_pass):  # it is on the clock
            return race(brush, request, seed, on_pass)

    def stop(self, session: str) -> None:
        """Stop what this session is painting or waits for, within one pass of the network.

        Where nothing is under way yet, what begins within :data:`EARLY` seconds is meant: it has been asked for, and
        the server has not come to it.
        """
        waiting = tuple(self._under_way.get(session, ()))
        for painting in waiting:
            painting.set()
        self._early = (session, time.monotonic()) if not waiting else ("", 0.0)

    # ---- instruments ----

    def judge(self, name: str, pixels: NDArray[np.uint8]) -> RasterTrace:
        """What the model says of a finished picture, all of whose pixels count as given."""
        with self._at_work(name, LIGHT):
            return self._brush(name).judge(self._picture(name, pixels))

    def coded(self, name: str, pixels: NDArray[np.uint8]) -> coder.Code | None:
        """A picture as an arithmetic coder writes it with the model's odds; it has been read back, to the pixel.

        None for a model that does not paint in raster order.
        """
        with self._at_work(name, 2 * prices.pictures(name, 1)):  # written and read back
            brush, x = self._brush(name), self._picture(name, pixels)
            try:
                code = coder.encoded(brush, x)
            except OrderError:
                return None
            if not torch.equal(coder.decoded(brush, code), x):
                raise RuntimeError(f"{name} has read another picture than it wrote.")
        return code[0]

    def field(self, name: str, row: object, column: object, pixels: NDArray[np.uint8]) -> Array:
        """How much each pixel of the picture matters for one: (H, W); exactly zero where it cannot be seen."""
        at = self._pixel(name, row, column)
        with self._at_work(name, FIELD):
            model = self._brush(name).model
            return pixel_lens.receptive_field(model, self._picture(name, pixels).to(device_of(model)), *at)

    def leak(self, name: str, row: object, column: object, pixels: NDArray[np.uint8], broken: bool = False) -> Leak:
        """What moves when one pixel is turned over; ``broken`` does so with a mask that is wrong on purpose."""
        at = self._pixel(name, row, column)
        with self._at_work(name, LIGHT):
            model = self._brush(name).model
            if broken:
                if not isinstance(model, PixelCNN):
                    raise RequestError("The mask can be broken in a PixelCNN only: choose one.")
                model = pixel_lens.with_broken_mask(model)
            return pixel_lens.future_leak(model, self._picture(name, pixels).to(device_of(model)), *at)

    def scans_leak(self, taken: str, row: object, column: object, pixels: NDArray[np.uint8]) -> Leak:
        """What moves in the Diagonal BiLSTM with other scans (:data:`core.results.TAKEN`) as a pixel is turned over."""
        if taken not in TAKEN:
            raise RequestError("There are no such scans; there are {taken}.", taken=", ".join(TAKEN))
        at = self._pixel(DIAGONAL, row, column)
        with self._at_work(DIAGONAL, LIGHT):
            model = pixel_lens.with_scans(self._brush(DIAGONAL).model, taken)
            return pixel_lens.future_leak(model, self._picture(DIAGONAL, pixels).to(device_of(model)), *at)

    def ranks(self, name: str) -> NDArray[np.int64]:
        """(H, W): when each pixel is visited, from 0 on."""
        with self._at_work(name, LIGHT):
            return pixel_lens.ranks(self._brush(name).model)

    @staticmethod
    def mask(kind: str, channels: object, size: object) -> Array:
        """(C, C, size, size): whether the tap from the second channel to the first is live; ``kind`` is A or B."""
        if kind not in get_args(Kind):
            raise RequestError("A mask is of kind A, that of the first layer, or B.")
        c, side = whole(channels, "The number of channels", 1, 3), whole(size, "The kernel's side", 1, MAX_KERNEL)
        if side % 2 == 0:
            raise RequestError("A kernel with a middle has an odd side.")
        return pixel_lens.mask_taps(cast(Kind, kind), c, side)

    # ---- checks ----

    @staticmethod
    def config(name: str) -> Any:
        """The config of a pixel model; raises :class:`RequestError` for another name."""
        spec = REGISTRY.get(name) if isinstance(name, str) else None
        if spec is None or spec.family != "pixel":
            known = [each for each, spec in REGISTRY.items() if spec.family == "pixel"]
            raise RequestError(
                "There is no pixel model called {name}; there are {known}.", name=quoted(name), known=", ".join(known)
            )
        return spec.config

    def _brush(self, name: str) -> Brush:
        self.config(name)
        if name not in self._brushes:
            self._brushes[name] = Brush(self._load(name))
        return self._brushes[name]

    def _count(self, name: str, count: object) -> int:
        return requests.count(count, requests.MAX_PICTURES if self.config(name).levels == 2 else MAX_COLOUR)

    def _label(self, name: str, label: object) -> int | None:
        return requests.label(label, name, self.config(name))

    def _picture(self, name: str, pixels: NDArray[np.uint8]) -> Tensor:
        config = self.config(name)
        convert = requests.binary_picture if config.channels == 1 else requests.colour_picture
        return convert(pixels, config.height, config.width)

    def _pixel(self, name: str, row: object, column: object) -> tuple[int, int]:
        config = self.config(name)
        return whole(row, "The row", 0, config.height - 1), whole(column, "The column", 0, config.width - 1)

    def _completion(self, name: str, covered: Covered, count: object, temperature: object, label: object) -> Complete:
        pixels, hidden = covered
        picture = self._picture(name, pixels)
        if hidden.shape != (self.config(name).height, self.config(name).width):
            raise RequestError("The cover must be as large as the picture.")
        requests.check_cover(hidden)
        n = self._count(name, count)
        known = torch.from_numpy(~hidden)[None].expand(n, -1, -1)
        image = picture.expand(n, -1, -1, -1)
        return Complete(image, known, requests.temperature(temperature), self._label(name, label))

    def _single(self, name: str, temperature: object, covered: Covered | None, label: object) -> Generate | Complete:
        if covered is None:
            return Generate(1, requests.temperature(temperature), self._label(name, label))
        return self._completion(name, covered, 1, temperature, label)

    # ---- work ----

    def _paint(self, name: str, request: Generate | Complete, seed: object, session: str | None) -> RasterTrace:
        count = request.count if isinstance(request, Generate) else len(request.images)
        price = prices.pictures(name, count, rows_to_paint(request))
        with self._painting(name, session, price) as (brush, on_pass):
            return self._lend(brush, name, price).paint(request, seeded(seed), None, on_pass)

    @contextmanager
    def _painting(
        self, name: str, session: str | None, price: float, rests: bool = True
    ) -> Iterator[tuple[Brush, Callable[[Pass], None]]]:
        """The brush of a model, when it is this request's turn, and what is done after every pass.

        There others go on whose painting is shorter, if it ``rests``, and it ends if the user has had enough.
        """
        stop = threading.Event()
        early, when = self._early
        if session and session == early and time.monotonic() - when < EARLY:
            self._early = ("", 0.0)
            stop.set()
        paintings = self._under_way.setdefault(session, set()) if session else set()
        paintings.add(stop)

        def check() -> None:
            if stop.is_set():
                raise StoppedError

        try:
            with self._at_work(name, price) as turn:

                def after(_: Pass) -> None:
                    if rests:
                        turn.rest()
                    check()

                check()
                yield self._brush(name), after
        except TooManyError as error:
            raise RequestError(str(error)) from None
        finally:
            paintings.discard(stop)
            if session and not paintings:
                self._under_way.pop(session, None)


def rows_to_paint(request: Generate | Complete) -> float:
    """The share of rows from the first one on in which something is hidden: all above are computed together."""
    if isinstance(request, Generate):
        return 1.0
    hidden = (~request.known).flatten(2).any(2).any(0) if len(request.known) else torch.ones(1)
    return 1.0 - int(hidden.int().argmax()) / len(hidden)


def likeliest_first(trace: RasterTrace) -> RasterTrace:
    """The same pictures, ordered by the nats of what was hidden, the likeliest first."""
    return picked(trace, likeliest(trace))


def likeliest(trace: RasterTrace) -> NDArray[np.int64]:
    """The places of its pictures in that order."""
    return np.argsort((trace.nats * ~trace.known).sum((1, 2)), kind="stable")


def picked(trace: RasterTrace, order: NDArray[np.int64]) -> RasterTrace:
    """The pictures at these places."""
    fields = ("image", "probability", "entropy", "nats", "known")
    return replace(trace, **{field: getattr(trace, field)[order] for field in fields})
