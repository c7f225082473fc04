"""Loud pixel models for the samplers' tests: their pictures are mixed and their rows need several passes.

Untrained weights hardly disagree with the first guess of a row, and would prove little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from core.models.base import Complete, Generate
from core.models.gated import GatedConfig
from core.models.mcgsm import MCGSMConfig
from core.models.multiscale import MultiScaleConfig
from core.models.pixelcnn import PixelCNNConfig
from core.models.pixelrnn import PixelRNNConfig
from core.models.spatial_lstm import SpatialLSTMConfig
from core.samplers.brush import Brush
from core.samplers.canvas import Canvas, Method, Pass
from tests.core import small

MARGIN = 1e-4
"""How near to its probability a value's noise must lie for rounding to decide about it."""

GATED = GatedConfig(height=5, width=6, features=8, layers=2, first_size=5, classes=3, position_bias=True)
CELLS = {"height": 5, "width": 6, "components": 3, "scales": 2, "features": 4}


@dataclass(frozen=True)
class Loud:
    """A config, how loud its weights are, and the seed that makes its pictures neither black nor white."""

    config: Any
    scale: float
    seed: int
    label: int | None = None


LOUD = {
    "pixelcnn": Loud(PixelCNNConfig(5, 6, features=12, bottleneck=6, blocks=2, first_size=5), 0.5, 0),
    "biased": Loud(PixelCNNConfig(5, 6, features=12, bottleneck=6, blocks=2, first_size=5, position_bias=True), 0.5, 7),
    "colour": Loud(PixelCNNConfig(4, 5, 3, 5, features=12, bottleneck=6, blocks=2, first_size=3), 0.5, 6),
    "grey": Loud(PixelCNNConfig(4, 5, 1, 8, features=12, bottleneck=6, blocks=2, first_size=3), 0.4, 4),
    "gated": Loud(GATED, 0.8, 3),
    "told": Loud(GATED, 0.8, 3, label=1),
    "row": Loud(PixelRNNConfig("row", 5, 6, hidden=6, layers=2, first_size=5, head=9, position_bias=True), 0.8, 2),
    "diagonal": Loud(PixelRNNConfig("diagonal", 5, 6, hidden=6, layers=2, first_size=5, head=9), 0.8, 6),
    "multiscale": Loud(
        MultiScaleConfig(8, 8, coarsest=2, features=8, bottleneck=5, blocks=(1, 1, 2), condition=4), 0.6, 1
    ),
    "mcgsm": Loud(MCGSMConfig(reach=3, **CELLS), 0.8, 6),
    "spatial": Loud(SpatialLSTMConfig(reach=2, hidden=6, **CELLS), 1.6, 4),
}
RASTER = [name for name in LOUD if name != "multiscale"]
"""Those that paint in raster order."""
ROWS = [name for name in RASTER if name != "spatial"]
"""Those of them with a row-wise fixed point."""


@cache
def brush(name: str, **shape: int) -> Brush:
    """The brush of a loud model, with another ``height`` or ``width`` if wanted."""
    loud = LOUD[name]
    model = small.build(replace(loud.config, **shape))
    noise = small.generator(loud.seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(loud.scale * torch.randn(parameter.shape, generator=noise))
    return Brush(model)


def ways() -> list[tuple[str, Method]]:
    """Every model with every way in which it can paint, but for the naive one."""
    return [(name, method) for name in LOUD for method in brush(name).methods if method != "naive"]


def random_mask(count: int, config: Any, share: float = 0.5, seed: int = 6) -> Tensor:
    """(count, H, W) bool: which pixels are given."""
    return torch.rand(count, config.height, config.width, generator=small.generator(seed)) < share


def requests(name: str) -> dict[str, Generate | Complete]:
    """What a brush may be asked for: one picture and several; holes in one picture, in different ones, and late."""
    config, label = LOUD[name].config, LOUD[name].label
    one, mask = small.pictures(1, config, 5), random_mask(1, config)
    mask[:, :2] = True
    late = torch.ones(3, config.height, config.width, dtype=torch.bool)
    late[1, 3, 2:] = False
    return {
        "five": Generate(5, label=label),
        "one": Generate(1, 0.5, label),
        "one picture's holes": Complete(one.expand(5, -1, -1, -1), mask.expand(5, -1, -1), label=label),
        "different holes": Complete(small.pictures(4, config, 7), random_mask(4, config), 1.6, label),
        "a late hole": Complete(small.pictures(3, config, 8), late, label=label),
    }


def run(
    brush: Brush, request: Generate | Complete, method: Method | None = None, seed: int = 3
) -> tuple[Canvas, list[Pass]]:
    """The finished canvas, and all passes with copies of what they left."""
    passes: list[Pass] = []
    for state in brush.passes(request, small.generator(seed), method):
        if isinstance(state, Canvas):
            return state, passes
        passes.append(replace(state, canvas=state.canvas.clone(), changed=state.changed.clone()))
    raise AssertionError("a sampler ends with its canvas")


@cache
def painted(name: str, case: str, method: Method) -> tuple[Canvas, list[Pass]]:
    """What :func:`run` makes of one of :func:`requests`, painted once for all tests."""
    return run(brush(name), requests(name)[case], method)


def naive(name: str, case: str) -> Canvas:
    """The definition's answer to one of :func:`requests`."""
    return painted(name, case, "naive")[0]


def margins(canvas: Canvas) -> Tensor:
    """(b, C, H, W): how far each value is from being another one."""
    logits = canvas.logits / canvas.temperature
    if logits.shape[2] == 1:
        return (logits.sigmoid() - canvas.noise)[:, :, 0].abs()
    best = (logits + canvas.noise).topk(2, 2).values
    return best[:, :, 0] - best[:, :, 1]


def assert_same(canvas: Canvas, reference: Canvas, brush: Brush) -> None:
    """The same pictures and logits, but for pictures in which rounding decided about a value.

    There, the first different value in the order of the visits must have stood on the edge.
    """
    rows, columns = torch.from_numpy(brush.model.order).T
    different = (canvas.x != reference.x)[..., rows, columns].transpose(1, 2).flatten(1)
    close = margins(reference)[..., rows, columns].transpose(1, 2).flatten(1) < MARGIN
    for picture, (differs, excused) in enumerate(zip(different, close, strict=True)):
        if differs.any():
            assert excused[differs.int().argmax()], f"picture {picture} is another one"
        else:
            torch.testing.assert_close(canvas.logits[picture], reference.logits[picture], rtol=1e-3, atol=1e-3)
