"""What a digit costs the VAEs: requests to :mod:`core.vae_bound`, checked and answered in NumPy terms.

Pictures are uint8 (H, W) of 0 and 255; numbers of a code are in the order of :meth:`core.vae_studio.VAEStudio.order`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import noise, vae_bound
from core.errors import quoted
from core.models.aevb import AutoEncoder
from core.registry import REGISTRY
from core.requests import RequestError, number, seeded, whole
from core.trace import Array, CanvasTrace
from core.vae_studio import FIRST, MAX_FRAMES, MAX_LATENT, MNIST, VAEStudio

DRAWS = 200
"""Codes that are drawn to tighten one bound."""
WEIGHED = (1, 10, 100)
"""Draws that are weighed together; all divide :data:`DRAWS`."""
BETAS = ("aevb-mnist-2d-beta01", "aevb-mnist-2d", "aevb-mnist-2d-beta4")
LIKELIHOODS = ("vae-mnist", "vae-mnist-squared")
MAX_THROWS = 16
MAX_REACH = 8.0


@dataclass(frozen=True, eq=False)
class Bound:
    """What one picture costs one model, in nats.

    ``painted`` (1, 1, H, W); ``loss`` (H, W) sums to ``reconstruction``; ``kl`` (d,), the dearest number on average
    first: the price of :func:`core.vae_bound.priced`, whatever the seed. ``tightened`` (3,) with as many draws of the
    seed as :data:`WEIGHED` says; ``undecided`` the share of grey pixels.
    """

    painted: Array
    loss: Array
    kl: Array
    reconstruction: float
    bound: float
    tightened: tuple[float, ...]
    undecided: float


@dataclass(frozen=True, eq=False)
class Thrown:
    """A throw of the dice on its way into a code.

    ``trace`` has a cell for each draw; ``path`` (T, n, d) is what is decoded, ``nats`` (T, n) −log p(x | it); ``noise``
    (n, d), ``mean`` and ``sigma`` (d,). ``scaled`` is the step at which the noise has been scaled.
    """

    trace: CanvasTrace
    path: Array
    nats: Array
    noise: Array
    mean: Array
    sigma: Array
    scaled: int


@dataclass(frozen=True, eq=False)
class Weight:
    """One β: ``bound`` of the picture and ``imagined`` (n, 1, H, W), with the share of undecided pixels in them."""

    name: str
    beta: float
    bound: Bound
    imagined: Array
    undecided: float


@dataclass(frozen=True, eq=False)
class Outside:
    """A digit's code stretched from the origin outwards, ``T`` frames.

    ``trace`` is what is painted, ``back`` (T, 1, H, W) what is painted of the code that the encoder reads back,
    ``factor`` (T,) of the digit's own length, ``radius`` (T,) |z|, ``mass`` (T,) the share of the prior within,
    ``distance`` (T,) between a code and the one read back.
    """

    trace: CanvasTrace
    back: Array
    factor: Array
    radius: Array
    mass: Array
    distance: Array
    latents: int


class CostStudio:
    """The tab "What it costs": everything about one digit."""

    def __init__(self, vaes: VAEStudio) -> None:
        self._vaes = vaes

    def bound(self, pixels: NDArray[np.uint8], name: str = FIRST, seed: object = 0) -> Bound:
        """The bound and its parts, and how :data:`DRAWS` more codes tighten it."""
        model, x, order = *self._asked(pixels, name), self._vaes.order(name)
        generator = seeded(seed)
        with self._vaes.at_work(), torch.no_grad():
            price = vae_bound.priced(model, x)
            painted = model.decode(price.mean)
            weights = vae_bound.log_weights(model, x, DRAWS, generator)
        tightened = tuple(vae_bound.tightened(weights, k) for k in WEIGHED)
        parts = price.reconstruction, price.bound, tightened, vae_bound.undecided(painted)
        return Bound(painted.numpy(), price.loss[0].numpy(), price.kl[order].numpy(), *parts)

    @torch.no_grad()
    def throw(
        self, pixels: NDArray[np.uint8], name: str = FIRST, seed: object = 0, count: object = 8, frames: object = 8
    ) -> Thrown:
        """``count`` draws of a digit's code, ``frames`` steps to be scaled and as many to be shifted."""
        model, x, order = *self._asked(pixels, name), self._vaes.order(name)
        n = whole(count, "The number of draws", 1, MAX_THROWS)
        t = whole(frames, "The number of frames", 1, MAX_FRAMES // 2 - 1)
        generator = seeded(seed)
        with self._vaes.at_work():
            mean, log_sigma = model.encode(x)
            thrown = noise.normal(n, mean.shape[1], generator=generator)
            path = vae_bound.throw(thrown, mean[0], log_sigma[0].exp(), t)
            trace = CanvasTrace.record(model.walk(path))
            nats = vae_bound.nats_of(model, path, x)
        codes, dice, centre, width = (each[..., order].numpy() for each in (path, thrown, mean[0], log_sigma[0].exp()))
        return Thrown(trace, codes, nats.numpy(), dice, centre, width, t)

    def betas(self, pixels: NDArray[np.uint8], seed: object = 0, count: object = 9) -> list[Weight]:
        """The same digit, and the same dice for what is imagined, under each β."""
        n = whole(count, "The number of pictures", 1, MAX_THROWS)
        found = []
        for name in BETAS:
            bound, model = self.bound(pixels, name, seed), self._vaes.model(name)
            z = noise.normal(n, model.config.latent, generator=seeded(seed))
            with self._vaes.at_work(), torch.no_grad():
                imagined = model.decode(z)
            grey = vae_bound.undecided(imagined)
            found.append(Weight(name, REGISTRY[name].config.beta, bound, imagined.numpy(), grey))
        return found

    def likelihoods(self, pixels: NDArray[np.uint8], seed: object = 0) -> list[Bound]:
        """The same digit by the network trained for likelihood and by its twin trained for squared error."""
        return [self.bound(pixels, name, seed) for name in LIKELIHOODS]

    @torch.no_grad()
    def outside(
        self, pixels: NDArray[np.uint8], name: str = FIRST, reach: object = 4.0, frames: object = 41
    ) -> Outside:
        """From the origin over the digit's own code to ``reach`` times its length, as far as codes are decoded."""
        model, x = self._asked(pixels, name)
        far = number(reach, "How far to go", 1, MAX_REACH)
        steps = whole(frames, "The number of frames", 2, MAX_FRAMES)
        with self._vaes.at_work():
            mean, _ = model.encode(x)
            largest = float(mean.abs().max())
            if largest < 1e-3:
                raise RequestError("This model's code of your digit lies at the origin: there is no way outwards.")
            factor = torch.linspace(0, min(far, MAX_LATENT / largest), steps)
            path = factor[:, None, None] * mean
            trace = CanvasTrace.record(model.walk(path))
            painted = torch.from_numpy(np.concatenate([step.image for step in trace]))
            found = vae_bound.read_back(model, painted)
            back = model.decode(found)
        radius, d = path[:, 0].norm(dim=1), mean.shape[1]
        mass = vae_bound.mass_within(radius, d).float()
        distance = (found - path[:, 0]).norm(dim=1)
        return Outside(trace, back.numpy(), factor.numpy(), radius.numpy(), mass.numpy(), distance.numpy(), d)

    def _asked(self, pixels: NDArray[np.uint8], name: str) -> tuple[AutoEncoder, Tensor]:
        """The model of a name and a digit as it sees it."""
        if name not in MNIST:
            raise RequestError(f"There is no VAE of digits called {quoted(name)}; there are {', '.join(MNIST)}.")
        return self._vaes.model(name), self._vaes.picture(pixels, name)
