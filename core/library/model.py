"""What all models of the library have in common: a name, a device, and the sentence for what they cannot do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, NoReturn, Self

import torch
from torch import Tensor

from core import requests
from core.console import found_device
from core.errors import UserError
from core.training.fits import levels_of
from core.training.registry import REGISTRY
from core.training.spec import Family, ModelSpec

VERBS = {
    "sample": "sample pictures",
    "reconstruct": "reconstruct pictures",
    "complete": "complete pictures",
    "encode": "encode pictures",
    "decode": "decode codes",
    "nats": "price pictures in nats",
    "judge": "judge pictures pixel by pixel",
    "look": "say what is on a picture",
}
"""What a model may be able to do: the name of its method, and the words for it."""


def _unable(verb: str) -> Callable[..., Any]:
    """The method of a model that cannot do it: one sentence says who can."""

    def refuse(self: Model, *_: Any, **__: Any) -> NoReturn:
        able = [kind.family for kind in Model.__subclasses__() if verb in kind.verbs()]
        first = next(name for name, spec in REGISTRY.items() if spec.family in able)
        raise UserError(
            "{name} cannot {verbs}: {able} models can, such as {first}; {name2} has {verbs2}.",
            name=self.name,
            verbs=VERBS[verb],
            able=" and ".join(able),
            first=first,
            name2=self.name,
            verbs2=", ".join(self.verbs()),
        )

    refuse.__name__, refuse.__doc__ = verb, f"Raise a ``UserError`` that says which models can {VERBS[verb]}."
    return refuse


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one processor thread, then on as many as before.

    A row of pixels is so small that threads wait for each other longer than they compute: two took 20 to 60 s for
    four digits on a busy machine where one takes 2 s.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Model:
    """A trained model: ``name``, ``spec`` (class, config, data set) and the network itself, ``module``."""

    family: ClassVar[Family]

    sample: Callable[..., Any] = _unable("sample")
    reconstruct: Callable[..., Any] = _unable("reconstruct")
    complete: Callable[..., Any] = _unable("complete")
    encode: Callable[..., Any] = _unable("encode")
    decode: Callable[..., Any] = _unable("decode")
    nats: Callable[..., Any] = _unable("nats")
    judge: Callable[..., Any] = _unable("judge")
    look: Callable[..., Any] = _unable("look")

    def __init__(self, name: str, spec: ModelSpec, module: Any) -> None:
        self.name, self.spec, self.module, self.config = name, spec, module, spec.config

    def __repr__(self) -> str:
        return f"<{self.name}, {self.spec.title} on {self.device}: can {', '.join(self.verbs())}>"

    @classmethod
    def verbs(cls) -> list[str]:
        """Which of :data:`VERBS` models of this kind know."""
        return [verb for verb in VERBS if getattr(cls, verb) is not getattr(Model, verb)]

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        weight: Tensor = next(self.module.parameters())
        return weight.device

    def to(self, device: str) -> Self:
        """Move it, in place, and answer with itself; the same seed goes on painting the same picture."""
        self.module.to(found_device(device))
        return self

    def _pictures(self, given: object, most: int) -> Tensor:
        return requests.pictures(given, self.config, levels=levels_of(self.spec), most=most)
