"""The global fixed point: the whole picture is guessed and corrected until nothing changes.

The same equations as in :mod:`core.samplers.rowwise`, solved for all rows at once: the first pixel is right after one
pass, and a pass can only add to what is right. Each pass is one pass of the network over the picture, so it takes no
knowledge of the model at all; it pays where a full pass costs little more than a row, on a GPU.

There, launching the kernels costs more than running them and each look at the result stalls the queue. So one pass is
captured as a CUDA graph and replayed, and whether anything changed is asked only once in :data:`PASSES_PER_LOOK`.
Capturing takes longer than painting: graphs are kept with the canvas that they work on, for the next request of the
same shape and temperature on the same device.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from core.models.raster import roll
from core.samplers.canvas import Canvas, Pass

PASSES_PER_LOOK = 8
GRAPHS = 4
"""Captured passes that a sampler keeps, each with a canvas of its own; the one that was not used for longest goes."""


class Graph(NamedTuple):
    """A captured pass: ``replay`` runs it on ``canvas``, ``before`` is what that was, ``weights`` what it reads."""

    replay: Callable[[], None]
    canvas: Canvas
    before: Tensor
    weights: tuple[int, ...]


class Whole:
    """The sampler over any pixel model, in its own order of visits."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.graphs: OrderedDict[tuple[object, ...], Graph] = OrderedDict()

    def passes(self, canvas: Canvas) -> Iterator[Pass]:
        """Paint; one :class:`Pass` a pass, or one a look on a GPU."""
        if canvas.x.device.type == "cuda":
            yield from self._on_gpu(canvas)
        else:
            yield from self._on_cpu(canvas)

    @torch.inference_mode()
    def _on_cpu(self, canvas: Canvas) -> Iterator[Pass]:
        """Pictures that no longer change are left out."""
        active = torch.arange(len(canvas.x), device=canvas.x.device)
        while len(active):
            labels = () if canvas.labels is None else (canvas.labels[active],)
            x, known = canvas.x[active], canvas.known[active, None]
            logits = self.model(x, *labels)
            rolled = torch.where(known, x, roll(logits, canvas.noise[active], canvas.temperature))
            different = (rolled != x).flatten(1).sum(1)
            canvas.x[active], canvas.logits[active] = rolled, logits
            changed = torch.zeros(len(canvas.x), dtype=different.dtype, device=canvas.x.device)
            changed[active] = different
            yield Pass(None, canvas.x, changed)
            active = active[different > 0]

    @torch.inference_mode()
    def _on_gpu(self, canvas: Canvas) -> Iterator[Pass]:
        graph = self._graph(canvas)
        work = graph.canvas
        pairs = [(work.x, canvas.x), (work.known, canvas.known), (work.noise, canvas.noise)]
        if work.labels is not None and canvas.labels is not None:
            pairs.append((work.labels, canvas.labels))
        for kept, given in pairs:
            kept.copy_(given)
        while True:
            for _ in range(PASSES_PER_LOOK):
                graph.replay()
            canvas.x.copy_(work.x)
            changed: Tensor = (graph.before != work.x).flatten(1).sum(1)
            yield Pass(None, canvas.x, changed)
            if not changed.any():
                canvas.logits.copy_(work.logits)
                return

    def _graph(self, canvas: Canvas) -> Graph:
        """The captured pass for canvases of this kind; made again if the weights have moved in memory."""
        kind = (canvas.x.shape, canvas.temperature, canvas.labels is None, canvas.x.device.index)
        weights = tuple(each.data_ptr() for each in self.model.state_dict(keep_vars=True).values())
        graph = self.graphs.pop(kind, None)
        if graph is None or graph.weights != weights:
            labels = None if canvas.labels is None else canvas.labels.clone()
            parts = canvas.x.clone(), canvas.known.clone(), canvas.noise.clone(), canvas.temperature
            work, before = Canvas(*parts, labels=labels), canvas.x.clone()

            def once() -> None:
                before.copy_(work.x)
                work.logits.copy_(self.model(work.x, *(() if labels is None else (labels,))))
                rolled = roll(work.logits, work.noise, work.temperature)
                work.x.copy_(torch.where(work.known[:, None], work.x, rolled))

            graph = Graph(captured(once), work, before, weights)
        self.graphs[kind] = graph
        while len(self.graphs) > GRAPHS:
            self.graphs.popitem(last=False)
        return graph


def captured(once: Callable[[], None]) -> Callable[[], None]:
    """``once`` as a CUDA graph. It runs a few times before, as PyTorch asks for: write the input before the replay."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            once()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        once()
    return graph.replay
