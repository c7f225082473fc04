"""Tiny models as ``core.load`` would give them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from core.library import KINDS, Model
from tests.core import small


@functools.cache
def model(name: str) -> Any:
    """The untrained model of a name, shaken, so that nothing rests on an initial zero."""
    spec = small.spec(name)
    module = small.build(spec.config)
    small.shake(module)
    more = [np.arange(spec.config.latent)[::-1].astype(np.float32)] if spec.family == "vae" else []
    made: Model = KINDS[spec.family](name, spec, module, *more)
    return made


def family(name: str) -> list[str]:
    """The small models of a family."""
    return [each for each in small.NAMES if small.spec(each).family == name]
