"""Walks through the VAEs' latent spaces: requests to :mod:`core.studies.vae_walks`, checked and answered in NumPy
terms.

Pictures are uint8 (H, W) of 0 and 255, or (H, W, 3) for the painter in colour; numbers of a code are in the order of
:meth:`core.studio.vae_code.VAEStudio.order`, the one first that carries most nats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.models.base import Generate, Reconstruct, array
from core.requests import RequestError, seeded, whole
from core.results_vae import Between, Copy, Corners, Sum
from core.studies import latents, vae_walks
from core.studies.draw_between import interpolated
from core.studio.vae_code import COLOUR, FIRST, VAEStudio
from core.trace import Array, CanvasTrace

Pictures = Sequence[NDArray[np.uint8]]


def blank(pictures: Pictures) -> tuple[bool, ...]:
    """Which of the pictures are of one value only."""
    return tuple(bool((pixels == pixels.flat[0]).all()) for pixels in pictures)


class WalkStudio:
    """Requests to the models of ``vaes``, each answered while its lock is held."""

    def __init__(self, vaes: VAEStudio) -> None:
        self._vaes = vaes
        self._dead: dict[str, NDArray[np.bool_]] = {}

    def dead(self, name: str = FIRST) -> NDArray[np.bool_]:
        """Which numbers of a code do nothing (:func:`core.studies.latents.dead`), (d,); tried out once, then kept."""
        if name not in self._dead:
            model, carried, order = self._vaes.model(name), self._vaes.carried(name), self._vaes.order(name)
            idle = np.flatnonzero(carried < latents.DEAD_NATS)
            effect = np.full(len(carried), np.inf, np.float32)
            with self._vaes.at_work():
                places = [order[i] for i in idle]
                effect[idle] = array(vae_walks.effect(model, places, torch.from_numpy(latents.values(3))))
            self._dead[name] = latents.dead(carried, effect)
        return self._dead[name]

    @torch.no_grad()
    def lattice(self, code: object, values: object = 9, name: str = FIRST, leading: object = latents.LEADING) -> Array:
        """Each of the leading m numbers of a code at ``values`` values from −3 to 3, the others as they are.

        (m, k, C, H, W), where m is ``leading`` or, if the code is shorter, its length.
        """
        k = whole(values, "The number of values", *latents.VALUES)
        z, places = self._vaes.latents(code, name), self._vaes.leading(leading, name)
        model, steps = self._vaes.model(name), torch.from_numpy(latents.values(k))
        with self._vaes.at_work():
            painted: Array = array(model.decode(vae_walks.swept(z[0], places, steps).flatten(0, 1)))
        return painted.reshape(len(places), k, *painted.shape[1:])

    @torch.no_grad()
    def interpolate(
        self, start: object, end: object, frames: object = 24, name: str = FIRST, way: str = "straight"
    ) -> CanvasTrace:
        """From one code (d,) to another, both included: B = 1."""
        if way not in vae_walks.WAYS:
            raise RequestError("From one code to another it goes straight or round.")
        n = whole(frames, "The number of frames", *latents.FRAMES)
        a, b = (self._vaes.latents(code, name) for code in (start, end))
        path, model = interpolated(a, b, n, way), self._vaes.model(name)
        with self._vaes.at_work():
            return CanvasTrace.record(model.walk(path.transpose(0, 1)))

    def between(
        self, start: NDArray[np.uint8], end: NDArray[np.uint8], frames: object = 24, name: str = FIRST
    ) -> Between:
        """From one picture to another, both included."""
        n = whole(frames, "The number of frames", *latents.FRAMES)
        pair, model = self._pictures([start, end], name), self._vaes.model(name)
        with self._vaes.at_work():
            found = vae_walks.between(model, pair, n)
        painted, mixed, nats, lengths = (array(part) for part in found)
        return Between(painted, mixed, nats, lengths, bool((start == end).all()), blank([start, end]))

    def corners(self, four: Pictures, tiles: object = 8, name: str = FIRST) -> Corners:
        """Pictures between four: top left, top right, bottom left, bottom right."""
        n = whole(tiles, "The number of pictures a side", *latents.TILES)
        x, model = self._pictures(four, name, 4), self._vaes.model(name)
        with self._vaes.at_work():
            painted, lengths = vae_walks.corners(model, x, n)
        return Corners(array(painted), array(vae_walks.shares(n)), array(lengths), blank(four))

    def arithmetic(self, three: Pictures, name: str = FIRST) -> Sum:
        """The first picture's code less the second's plus the third's."""
        x, model = self._pictures(three, name, 3), self._vaes.model(name)
        with self._vaes.at_work():
            codes, painted = vae_walks.arithmetic(model, x)
        code = array(codes[3, self._vaes.order(name)])
        return Sum(array(painted), array(codes.norm(dim=1)), code, float(codes.shape[1] ** 0.5), blank(three))

    def generate(self, count: object, seed: object, temperature: object = 1.0, name: str = COLOUR) -> Array:
        """Pictures (n, C, H, W) of codes that are drawn from the prior, ``temperature`` times as far out."""
        request = Generate(requests.count(count), requests.temperature(temperature))
        model = self._vaes.model(name)
        with self._vaes.at_work():
            return next(model.steps(request, seeded(seed))).image

    def copy(self, pixels: NDArray[np.uint8], name: str = COLOUR) -> Copy:
        """What a VAE makes of one picture, and its price."""
        code, x, model = self._vaes.encode(pixels, name), self._vaes.picture(pixels, name), self._vaes.model(name)
        with self._vaes.at_work():
            painted = next(model.steps(Reconstruct(x), seeded(0))).image
        bits = (float(code.kl.sum()) + code.reconstruction) / (x.numel() * math.log(2))
        return Copy(array(x), painted, code.kl, code.reconstruction, bits)

    def _pictures(self, pictures: Pictures, name: str, count: int = 2) -> Tensor:
        """(count, C, H, W)."""
        if len(pictures) != count:
            raise RequestError("This takes {count} pictures, not {pictures}.", count=count, pictures=len(pictures))
        return torch.cat([self._vaes.picture(pixels, name) for pixels in pictures])
