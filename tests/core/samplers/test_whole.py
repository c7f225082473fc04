"""On a GPU a pass is captured once for each kind of canvas and replayed; here the capturing is played."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from core.models.base import Complete, Generate
from core.samplers import whole
from core.samplers.brush import Brush
from tests.core import small


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a pass was captured; as there, it runs before it is replayed."""
    found: list[int] = []

    def captured(once: Callable[[], None]) -> Callable[[], None]:
        found.append(1)
        for _ in range(3):
            once()
        return once

    monkeypatch.setattr(whole, "captured", captured)
    return found


def painted(brush: Brush, sampler: whole.Whole, request: Any, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    canvas = brush.canvas(request, small.generator(seed))
    for _ in sampler._on_gpu(canvas):
        pass
    return canvas.x, canvas.logits


@pytest.mark.parametrize("name", ["pixelcnn-mnist", "gated-pixelcnn-mnist", "pixelcnn-cifar10"])
def test_a_graph_serves_every_canvas_of_its_kind_and_paints_what_the_processor_paints(
    name: str, captures: list[int]
) -> None:
    model = small.build(small.CONFIGS[name])
    small.shake(model, 0.6)
    brush, sampler = Brush(model), whole.Whole(model)
    label = 1 if name.startswith("gated") else None
    x = small.pictures(2, model.config)
    half = torch.zeros(x[:, 0].shape, dtype=torch.bool)
    half[:, :2] = True
    requests = [Generate(2, label=label), Complete(x, half, label=label), Generate(2, label=label)]
    for seed, request in enumerate(requests):
        ours = painted(brush, sampler, request, seed)
        theirs = brush.canvas(request, small.generator(seed))
        for _ in sampler._on_cpu(theirs):
            pass
        assert torch.equal(ours[0], theirs.x)
        torch.testing.assert_close(ours[1], theirs.logits)
    assert len(captures) == 1


def test_another_temperature_another_number_and_other_weights_have_graphs_of_their_own(captures: list[int]) -> None:
    model = small.build(small.PIXELCNN)
    brush, sampler = Brush(model), whole.Whole(model)
    for request in (Generate(2), Generate(3), Generate(2, temperature=0.5), Generate(2)):
        painted(brush, sampler, request, 0)
    assert len(captures) == 3
    model.double().float()  # elsewhere in memory
    painted(brush, sampler, Generate(2), 0)
    assert len(captures) == 4
    for count in range(4, 4 + whole.GRAPHS):
        painted(brush, sampler, Generate(count), 0)
    assert len(sampler.graphs) == whole.GRAPHS
