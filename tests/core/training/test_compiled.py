"""``--compile`` makes one graph of every model, with the noise that training without it would draw."""

from typing import Any

import pytest
import torch
from torch import Tensor

from core.training.compiled import CompiledLoss
from tests.core import small


def graphs_of(model: Any, x: Tensor, *labels: Tensor) -> tuple[int, Any]:
    """How many graphs a loss is cut into, and what they give together."""
    found: list[torch.fx.GraphModule] = []

    def count(graph: torch.fx.GraphModule, _: list[Tensor]) -> Any:
        found.append(graph)
        return graph.forward

    torch._dynamo.reset()
    terms = CompiledLoss(model, backend=count)(x, small.generator(5), *labels)
    return len(found), terms


@pytest.mark.slow
@pytest.mark.parametrize("name", small.NAMES)
def test_a_loss_is_one_graph_and_draws_the_same_noise(name: str) -> None:
    model = small.build(small.CONFIGS[name]).train()
    x = small.pictures(3, model.config)
    labels = (torch.tensor([1, 0, 2]),) if small.spec(name).labelled else ()
    count, terms = graphs_of(model, x, *labels)
    expected = model.loss(x, small.generator(5), *labels)
    assert count == 1
    torch.testing.assert_close(terms.minimised, expected.minimised)
    terms.minimised.mean().backward()
    assert any(parameter.grad is not None for parameter in model.parameters())
