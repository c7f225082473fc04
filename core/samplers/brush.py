"""Exact samplers for pixel models: one interface over all models and all ways to paint.

Every way paints, for the same request and the same noise, the very picture of ancestral sampling as it is defined
(:meth:`core.models.raster.PixelModel.steps`), only sooner:

* ``naive``: the definition, one full pass of the network for each value;
* ``rows``: the row-wise fixed point (:mod:`core.samplers.rowwise`);
* ``waves``: slanted fronts over many rows (:mod:`core.samplers.waves`);
* ``cells``: pixel by pixel with cached states (:mod:`core.samplers.cellwise`);
* ``whole``: the global fixed point (:mod:`core.samplers.whole`).

Equal means equal: a value may differ only where its noise lies within rounding of its probability, which the tests
allow for at 1e-4 and have not seen. Beside them stands :meth:`Brush.fit`, the particle filter
(:mod:`core.samplers.particles`), which answers another question: what fits on all sides.

Shapes: ``b`` pictures, ``C`` channels, ``H`` × ``W`` pixels, ``K`` logits for each value.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.console import exact_on
from core.errors import UserError
from core.models.base import Complete, Generate, Request, array, device_of
from core.models.raster import (
    PixelModel,
    canvas,
    fresh_noise,
    logits_per_value,
    raster_order,
    surprise,
    told_label,
    visits,
)
from core.nn import noise
from core.samplers.canvas import Canvas, Method, Pass, RowSampler, Sampler, Ways
from core.samplers.cellwise import CellWise
from core.samplers.particles import Filtered, filtered, one_of_each
from core.samplers.rowwise import Plain, RowWise
from core.samplers.whole import Whole
from core.trace import CanvasTrace, Mark, RasterTrace, Step

MAX_BYTES = 2**29
"""Memory that the noise and the logits of one request may take. With activations and the trace a request peaked at two
and a half times as much, for 85 different colour pictures to complete; binary models stay far below."""
MAX_PICTURES = 256
"""Pictures in one request, however small."""
MAX_PARTICLES = 512
"""Particles of all filters in one request, however small their pictures."""
PICTURES_AT_ONCE = 8
"""Pictures whose surprise is worked out together: it takes three more tensors of the size of their logits."""


MOST_IN_WAVES = 16
"""Waves keep all activations of a picture and a copy of its noise, 10 MB for one in colour; rows keep two rows."""


class TooManyError(UserError):
    """A request would take more memory than :data:`MAX_BYTES`; the message is one sentence for the user."""


class OrderError(UserError):
    """What goes row by row was asked of a model that does not paint in raster order; one sentence for the user."""


def most_pictures(config: Any) -> int:
    """How many pictures of a model one request may ask for."""
    return min(MAX_PICTURES, MAX_BYTES // _bytes(config))


def most_particles(config: Any) -> int:
    """How many particles of all filters one request may have."""
    return min(MAX_PARTICLES, MAX_BYTES // _bytes(config))


def _bytes(config: Any) -> int:
    """What the noise and the logits of a picture take."""
    size: int = 2 * 4 * config.channels * logits_per_value(config) * config.height * config.width
    return size


def ways(model: Any) -> Ways:
    """Every sampler that is written for a model, but for the naive one, which is the model's own ``steps``.

    The model names the module that makes them, ``samplers``. One that names none is painted by rows, in raster order,
    and as a whole, which takes no more than the model itself.
    """
    if not isinstance(model, PixelModel):
        raise TypeError(f"{type(model).__name__} is no pixel model.")
    whole: Ways = {"whole": lambda: Whole(model)}
    if model.samplers:
        own: Ways = importlib.import_module(model.samplers).ways(model)
        return own | whole
    if np.array_equal(model.order, raster_order(model.config.height, model.config.width)):
        return {"rows": lambda: RowWise(Plain(model)), **whole}
    return whole


def fastest(model: Any, device: str, batch: int) -> Method:
    """The way that ``benchmarks/samplers.json`` found fastest for such a model, device and batch.

    On a CPU a row costs a small part of a picture, whatever the batch. For a GPU there is no measurement yet: there a
    pass over the picture should cost about as much as one over a row, and there are far fewer of them.
    """
    if device == "cuda":
        return "whole"
    written = ways(model)
    if "waves" in written and batch <= MOST_IN_WAVES:
        narrow = model.config.features < 64  # passes then cost more overhead than arithmetic, and waves need fewer
        if model.config.levels > 2 or (narrow and batch > 1):
            return "waves"
    return _by_rows(written)


def _by_rows(written: Ways) -> Method:
    """The way that finishes row after row, of those that are written for a model."""
    methods: tuple[Method, ...] = ("rows", "cells", "whole")
    return next(method for method in methods if method in written)


class Brush:
    """A trained pixel model with its samplers, each prepared once, at its first use."""

    def __init__(self, model: Any) -> None:
        self.model, self.config = model, model.config
        self._ways = ways(model)
        self._made: dict[Method, Sampler] = {}

    @property
    def methods(self) -> tuple[Method, ...]:
        """All ways in which this model can paint."""
        return "naive", *self._ways

    def sampler(self, method: Method) -> Sampler:
        """One of them but ``naive``; raises ``KeyError`` if it is not written for this model."""
        if method not in self._made:
            self._made[method] = self._ways[method]()
        return self._made[method]

    def in_rows(self) -> RowWise | CellWise:
        """The sampler that finishes row after row; raises :class:`OrderError`."""
        sampler = self.sampler(_by_rows(self._ways))
        if not isinstance(sampler, RowWise | CellWise):
            raise OrderError("This needs a model that paints in raster order.")
        return sampler

    def canvas(self, request: Generate | Complete, generator: torch.Generator, drawn: Tensor | None = None) -> Canvas:
        """The start of a painting with all its noise, unless it is ``drawn``; raises :class:`TooManyError`."""
        most = most_pictures(self.config)
        if drawn is None and _asked(request) > most:  # before there is a tensor of that size
            raise TooManyError(
                "Ask for at most {most} pictures at once: more would take over {max_bytes} MB.",
                most=most,
                max_bytes=MAX_BYTES >> 20,
            )
        x, known = canvas(request, self.config)
        device = device_of(self.model)
        exact_on(device)
        labels = told_label(request, len(x), device)
        drawn = fresh_noise(len(x), self.config, generator) if drawn is None else drawn
        return Canvas(x.to(device), known.to(device), drawn.to(device), request.temperature, labels=labels)

    @torch.inference_mode()
    def passes(
        self, request: Generate | Complete, generator: torch.Generator, method: Method | None = None
    ) -> Iterator[Pass | Canvas]:
        """Every pass, and at the very end the finished :class:`~core.samplers.canvas.Canvas`."""
        painting = self.canvas(request, generator)
        if method is None:
            method = fastest(self.model, painting.x.device.type, len(painting.x))
        if method == "naive":
            yield from _naive(self.model, painting)
        else:
            yield from self.sampler(method).passes(painting)
        yield painting

    def paint(
        self,
        request: Generate | Complete,
        generator: torch.Generator,
        method: Method | None = None,
        on_pass: Callable[[Pass], None] = lambda _: None,
    ) -> RasterTrace:
        """Answer a request; ``on_pass`` sees every pass and may raise to stop."""
        for state in self.passes(request, generator, method):
            if isinstance(state, Canvas):
                return self.trace(state)
            on_pass(state)
        raise AssertionError("a sampler ends with its canvas")

    def paint_with_passes(
        self,
        request: Generate | Complete,
        generator: torch.Generator,
        method: Method | None = None,
        on_pass: Callable[[Pass], None] = lambda _: None,
    ) -> tuple[RasterTrace, CanvasTrace]:
        """Answer a request and keep what every pass left on the canvas, one :class:`~core.trace.Step` each."""
        steps: list[Step] = []

        def keep(state: Pass) -> None:
            on_pass(state)
            steps.append(_step(state, self.config.height, self.config.width))

        trace = self.paint(request, generator, method, keep)
        if not steps:  # nothing was hidden
            finished = torch.from_numpy(trace.image)
            keep(Pass(None, finished, torch.zeros(len(finished))))
        return trace, CanvasTrace(tuple(steps))

    @torch.inference_mode()
    def fit(
        self,
        request: Complete,
        particles: int,
        generator: torch.Generator,
        on_pass: Callable[[Pass], None] = lambda _: None,
    ) -> tuple[RasterTrace, Filtered]:
        """Completions of one picture that fit all of its given pixels; see :mod:`core.samplers.particles`.

        ``request`` holds one picture as often as completions are wanted. Each comes from a filter of its own, with as
        many ``particles`` and with its own noise (:mod:`core.nn.noise`), so that it is the same however many there are.
        Raises :class:`OrderError` for a model that does not paint in raster order, :class:`TooManyError`.
        """
        sampler = self.in_rows()
        count = particles * len(request.images)
        if count > (most := most_particles(self.config)):
            raise TooManyError("At most {most} particles can be painted at once.", most=most)
        own = [noise.own(generator, index) for index in range(len(request.images))]
        many = Complete(
            request.images[:1].expand(count, -1, -1, -1),
            request.known[:1].expand(count, -1, -1),
            request.temperature,
            request.label,
        )
        painting = self.canvas(many, generator, torch.cat([fresh_noise(particles, self.config, each) for each in own]))
        row_sampler: RowSampler = sampler
        result = filtered(row_sampler, painting, own, on_pass)
        return self.trace(painting, one_of_each(result, own).to(painting.x.device)), result

    @torch.inference_mode()
    def judge(self, x: Tensor) -> RasterTrace:
        """What the model says of finished pictures (b, C, H, W), all of whose pixels count as given."""
        x = x.to(device_of(self.model))
        exact_on(x.device)
        known = torch.ones(len(x), *x.shape[2:], dtype=torch.bool, device=x.device)
        noise = x.new_empty(len(x), x.shape[1], logits_per_value(self.config), *x.shape[2:])
        painting = Canvas(x, known, noise, 1.0)
        painting.logits = self.model(x)
        return self.trace(painting)

    def trace(self, painting: Canvas, chosen: Tensor | slice = slice(None)) -> RasterTrace:
        """Finished pictures, or those with the indices ``chosen``, as a trace."""
        x, logits = painting.x[chosen], painting.logits[chosen]
        few = zip(logits.split(PICTURES_AT_ONCE), x.split(PICTURES_AT_ONCE), strict=True)
        parts = [surprise(*each, painting.temperature) for each in few]
        shown = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        return RasterTrace(
            image=array(x),
            probability=array(shown["probability"]),
            entropy=array(shown["entropy"]),
            nats=array(shown["nats"]),
            order=self.model.order,
            known=painting.known[chosen].cpu().numpy(),
        )


def _asked(request: Request) -> int:
    """How many pictures a request asks for."""
    return request.count if isinstance(request, Generate) else len(request.images)


def _naive(model: Any, painting: Canvas) -> Iterator[Pass]:
    """The definition on a canvas whose noise is drawn, and one more pass for all logits of the finished picture."""
    labels = () if painting.labels is None else (painting.labels,)
    ones = painting.x.new_ones(len(painting.x))
    for row, _ in visits(model, painting.x, painting.known, painting.noise, painting.temperature, painting.labels):
        yield Pass(row, painting.x, ones)
    painting.logits.copy_(model(painting.x, *labels))


def _step(state: Pass, height: int, width: int) -> Step:
    """A pass as a step of a trace."""
    picture = state.picture()
    one = np.ones(len(picture), np.float32)
    rows = height if state.row is None else state.stride
    middle = height / 2 if state.row is None else (state.row + 0.5) * state.stride
    mark = Mark("row", width / 2 * one, middle * one, width * one, rows * one, np.inf * one)
    row = -1 if state.row is None else state.row * state.stride
    return Step(array(picture), (mark,), {"row": row * one, "changed": array(state.changed)})
