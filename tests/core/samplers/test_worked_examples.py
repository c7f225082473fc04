"""What the docstrings of the samplers work out by hand is what the code does."""

import doctest
from types import ModuleType

import pytest

from core.samplers import pixelcnn, waves


@pytest.mark.parametrize("module", [pixelcnn, waves], ids=["biases carried along", "settling of waves"])
def test_the_worked_example_of_the_docstring_is_true(module: ModuleType) -> None:
    failed, examples = doctest.testmod(module)
    assert examples and not failed
