"""Another device without having one: tensors that know their shape, type and device, and hold no numbers.

``cuda`` is played by torch's ``FakeTensorMode``, ``meta`` is torch's own device without numbers. What mixes a tensor of
the processor's with one of theirs fails here, and what waits for their numbers is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.studies import vae_bound
from core.training.spec import ModelSpec

COPIES = ("aten._to_copy", "aten.copy_", "aten.to")
"""What may take a tensor from one device to another."""
NUMBERS = ("aten._local_scalar_dense", "aten.item", "aten.is_nonzero")
"""What asks for a number of a tensor."""


class StrayTensorError(AssertionError):
    """A tensor of the processor's has come into an operation on another device."""


class Watch(TorchDispatchMode):
    """Sees every operation: refuses tensors of two devices in one, and counts what waits for the other device.

    A number that is asked for (``float``, ``bool``) is 1: there is none, and something must be answered.
    """

    def __init__(self, device: str) -> None:
        super().__init__()
        self.device = device
        self.waits: list[str] = []
        self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.prim.device.default:
            return torch.device("meta")
        kwargs = dict(kwargs or {})
        if self.device == "cuda" and str(kwargs.get("device")) == "meta":
            kwargs["device"] = torch.device("cuda", 0)
        name = str(func).rpartition(".")[0]
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        theirs = [each for each in tensors if each.device.type == self.device]
        strays = [each for each in tensors if each.device.type == "cpu" and each.ndim]
        self.operations += bool(theirs)
        if theirs and strays and name not in COPIES:
            shapes = ", ".join(str(tuple(each.shape)) for each in strays)
            raise StrayTensorError(f"{name} on {self.device} was given a tensor {shapes} of the processor's.")
        if name in NUMBERS and (theirs or isinstance(tensors[0], FakeTensor)):
            self.waits.append(name)
            return 1.0 if tensors[0].is_floating_point() else 1 if tensors[0].dtype != torch.bool else True
        if name in COPIES and theirs:
            target = args[0] if name == "aten.copy_" else None
            if (
                target.device if target is not None else torch.device(kwargs.get("device") or self.device)
            ).type == "cpu":
                self.waits.append(name)
                if self.device == "meta":  # which has nothing to copy
                    return (
                        target
                        if target is not None
                        else torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
                    )
        return func(*args, **kwargs)


def _numbers(tensor: Tensor) -> Any:
    """What ``.numpy()`` gives: zeros; it refuses tensors of another device, as torch does."""
    if tensor.device.type != "cpu":
        raise TypeError(f"can't convert {tensor.device} device type tensor to numpy.")
    return np.zeros(tensor.shape, np.dtype(str(tensor.dtype).removeprefix("torch.")))


@contextmanager
def elsewhere(device: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Code in this context computes on ``device``: models and pictures have to be moved there, as by its user.

    Models are still built with real numbers, on the processor, as everywhere.
    """
    build, watch = ModelSpec.build, Watch(device)

    def built(self: ModelSpec) -> Any:
        with unset_fake_temporarily():
            return build(self)

    monkeypatch.setattr(ModelSpec, "build", built)
    monkeypatch.setattr(FakeTensor, "numpy", _numbers)
    with ExitStack() as stack:
        if device == "cuda":
            stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        stack.enter_context(watch)
        stack.callback(vae_bound.fixed_noise.cache_clear)  # what has no numbers must not be kept
        yield watch
