"""The global fixed point: the whole picture is guessed and corrected until nothing changes.

The same equations as in :mod:`core.samplers.rowwise`, solved for all rows at once: the first pixel is right after one
pass, and a pass can only add to what is right. Each pass is one pass of the network over the picture, so it takes no
knowledge of the model at all; it pays where a full pass costs little more than a row, on a GPU.

There, launching the kernels costs more than running them and each look at the result stalls the queue. So one pass is
captured as a CUDA graph and replayed, and whether anything changed is asked only once in :data:`PASSES_PER_LOOK`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from core.models.raster import roll
from core.samplers.canvas import Canvas, Pass

PASSES_PER_LOOK = 8


class Whole:
    """The sampler over any pixel model, in its own order of visits."""

    def __init__(self, model: Any) -> None:
        self.model = model

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
        before = canvas.x.clone()
        labels = () if canvas.labels is None else (canvas.labels,)

        def once() -> None:
            before.copy_(canvas.x)
            canvas.logits.copy_(self.model(canvas.x, *labels))
            rolled = roll(canvas.logits, canvas.noise, canvas.temperature)
            canvas.x.copy_(torch.where(canvas.known[:, None], canvas.x, rolled))

        replay = captured(once)
        while True:
            for _ in range(PASSES_PER_LOOK):
                replay()
            changed: Tensor = (before != canvas.x).flatten(1).sum(1)
            yield Pass(None, canvas.x, changed)
            if not changed.any():
                return


def captured(once: Callable[[], None]) -> Callable[[], None]:
    """``once`` as a CUDA graph. It runs a few times before, as PyTorch asks for, which here is progress, not waste."""
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
