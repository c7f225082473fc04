"""The VAEs at work: codes of pictures, pictures of codes, and walks through the latent space.

Everything from outside is checked here (:mod:`core.requests`). A code's numbers are in the order of
:meth:`VAEStudio.order`, the one that carries most nats first; pictures are uint8 (H, W) of 0 and 255, or (H, W, 3) for
the painter in colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.errors import quoted
from core.models.aevb import AutoEncoder
from core.models.base import array, device_of
from core.nn import noise
from core.requests import RequestError, binary_picture, colour_picture, seeded, whole
from core.results_vae import Code
from core.studies.latents import LEADING, REACH
from core.studies.vae_bound import priced
from core.studies.vae_walks import swept
from core.studio.turns import Turn
from core.trace import Array, CanvasTrace
from core.training import registry
from core.training.registry import REGISTRY

FIRST = registry.FIRST["vae"]
(COLOUR,) = registry.shown_in("vae_colour")
MNIST = tuple(name for name, spec in REGISTRY.items() if spec.family == "vae" and name != COLOUR)
MAX_FRAMES = 120
MAX_CODES = 900
"""Pictures that are decoded in one request: a lattice of 30 × 30."""


def known(name: str) -> str:
    """The name of a VAE; raises :class:`RequestError` for any other."""
    if name not in (*MNIST, COLOUR):
        raise RequestError(
            "There is no VAE called {name}; there are {it}.", name=quoted(name), it=", ".join((*MNIST, COLOUR))
        )
    return name


DECODED = 0.001
"""Seconds of a picture among many that are decoded."""


class VAEStudio:
    """Requests to the models that ``load(name)`` gives, each answered while ``at_work(price=...)`` holds.

    ``carried(name)`` are the mean nats of each latent (d,).
    """

    def __init__(
        self,
        load: Callable[[str], Any],
        carried: Callable[[str], Array],
        at_work: Callable[..., AbstractContextManager[Turn]],
    ) -> None:
        self._load, self._carried, self.at_work = load, carried, at_work

    def model(self, name: str = FIRST) -> AutoEncoder:
        """The trained model of a name; its own codes are in its own order (see :meth:`latents`)."""
        model: AutoEncoder = self._load(known(name))
        return model

    def size(self, name: str = FIRST) -> int:
        """How many numbers a code of a model has."""
        latent: int = self.model(name).config.latent
        return latent

    def order(self, name: str = FIRST) -> list[int]:
        """The model's latents, the one first that carries most nats: places in its own codes."""
        order: list[int] = np.argsort(-self._carried(known(name)), kind="stable").tolist()
        return order

    def carried(self, name: str = FIRST) -> Array:
        """The mean nats that each number of a code carries, (d,), in :meth:`order`: as measured on the test split."""
        return self._carried(known(name))[self.order(name)]

    def picture(self, pixels: NDArray[np.uint8], name: str = FIRST) -> Tensor:
        """A picture from outside as the model sees it, (1, C, H, W), on its device."""
        config = REGISTRY[known(name)].config
        read = binary_picture if config.channels == 1 else colour_picture
        return read(pixels, config.height, config.width).to(device_of(self.model(name)))

    @torch.no_grad()
    def encode(self, pixels: NDArray[np.uint8], name: str = FIRST) -> Code:
        """The posterior of one picture and what it costs."""
        model, x, order = self.model(name), self.picture(pixels, name), self.order(name)
        with self.at_work():
            found = priced(model, x)
        mean, sigma = found.mean[0, order], found.log_sigma[0, order].exp()
        return Code(array(mean), array(sigma), array(found.kl[order]), found.reconstruction)

    @torch.no_grad()
    def decode(self, code: object, pixels: NDArray[np.uint8] | None = None, name: str = FIRST) -> tuple[Array, float]:
        """The mean picture (1, C, H, W) in [0, 1] of one code, a sequence of d numbers.

        With it −log p(x | z) in nats of the picture ``pixels``, NaN if there is none.
        """
        model, z = self.model(name), self.latents(code, name)
        x = None if pixels is None else self.picture(pixels, name)
        with self.at_work():
            logits = model.logits(z)
            nats = math.nan if x is None else float(model.reconstruction(logits, x))
        return array(logits.sigmoid()), nats

    @torch.no_grad()
    def decode_all(self, codes: object, name: str = FIRST) -> Array:
        """The mean pictures (n, C, H, W) of codes (n, d), at most :data:`MAX_CODES`."""
        model, z = self.model(name), self.latents(codes, name, most=MAX_CODES)
        with self.at_work(price=DECODED * len(z)):
            pictures: Array = array(model.decode(z))
        return pictures

    def imagine(self, seed: object, name: str = FIRST) -> Array:
        """A code (d,) drawn from the prior."""
        code: Array = array(noise.normal(1, self.size(name), generator=seeded(seed))[0])
        return code

    def walk(self, path: object, name: str = FIRST) -> CanvasTrace:
        """A frame for each code of a path (T, d), at most :data:`MAX_FRAMES`: B = 1."""
        model, z = self.model(name), self.latents(path, name, most=MAX_FRAMES)
        with self.at_work():
            return CanvasTrace.record(model.walk(z[:, None]))

    def traverse(self, code: object, frames: object = 24, name: str = FIRST, leading: object = LEADING) -> CanvasTrace:
        """Each of the leading m numbers swings, in a cell of its own, from 0 to 3, to −3 and back: B = m."""
        n, places = whole(frames, "The number of frames", 2, MAX_FRAMES), self.leading(leading, name)
        model, z = self.model(name), self.latents(code, name)
        swing = REACH * torch.sin(torch.linspace(0, 2 * math.pi, n + 1)[:-1])
        with self.at_work():
            return CanvasTrace.record(model.walk(swept(z[0], places, swing).transpose(0, 1)))

    def leading(self, count: object, name: str = FIRST) -> list[int]:
        """Places, in the model's own codes, of the ``count`` numbers that carry most, or of all if there are fewer."""
        return self.order(name)[: whole(count, "The number of latents", 1, LEADING)]

    def latents(self, codes: object, name: str = FIRST, most: int = 1) -> Tensor:
        """Codes from outside, (d,) or (n, d) with n up to ``most``, as the model's own: (n, d), in its order.

        Raises :class:`RequestError` unless they are finite numbers within ±:data:`MAX_LATENT`.
        """
        z = requests.codes(codes, self.size(name), most=most)
        places = np.argsort(self.order(name)).tolist()
        return z[:, places].to(device_of(self.model(name)))
