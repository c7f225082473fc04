"""What a digit costs the VAEs: requests to :mod:`core.studies.vae_bound`, checked and answered in NumPy terms.

Pictures are uint8 (H, W) of 0 and 255; numbers of a code are in the order of
:meth:`core.studio.vae_code.VAEStudio.order`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import quoted
from core.models.aevb import AutoEncoder
from core.models.base import array, device_of
from core.nn import noise
from core.requests import MAX_LATENT, RequestError, number, seeded, whole
from core.results_vae import WEIGHED, Bound, Outside, Sampled, Weight
from core.studies import vae_bound
from core.studio.vae_code import FIRST, MAX_FRAMES, MNIST, VAEStudio
from core.trace import CanvasTrace
from core.training.registry import REGISTRY, shown_in

DRAWS = 200
"""Codes that are drawn to tighten one bound, a multiple of all of :data:`core.results.WEIGHED`."""
WEIGHING = 0.1
"""Seconds that it takes (``python -m benchmarks.prices``)."""
BETAS = tuple(shown_in("vae_bound_beta"))
LIKELIHOODS = tuple(shown_in("vae_bound_blur"))
MAX_THROWS = 16
MAX_REACH = 8.0


class CostStudio:
    """The tab "What it costs": everything about one digit."""

    def __init__(self, vaes: VAEStudio) -> None:
        self._vaes = vaes

    def bound(self, pixels: NDArray[np.uint8], name: str = FIRST, seed: object = 0) -> Bound:
        """The bound and its parts, and how :data:`DRAWS` more codes tighten it."""
        model, x, order = *self._asked(pixels, name), self._vaes.order(name)
        generator = seeded(seed)
        with self._vaes.at_work(price=WEIGHING), torch.no_grad():
            price = vae_bound.priced(model, x)
            painted = model.decode(price.mean)
            weights = vae_bound.log_weights(model, x, DRAWS, generator)
        tightened = tuple(vae_bound.tightened(weights, k) for k in WEIGHED)
        parts = price.reconstruction, price.bound, tightened, vae_bound.undecided(painted)
        return Bound(array(painted), array(price.loss[0]), array(price.kl[order]), *parts)

    @torch.no_grad()
    def sample(
        self, pixels: NDArray[np.uint8], name: str = FIRST, seed: object = 0, count: object = 8, frames: object = 8
    ) -> Sampled:
        """``count`` draws of a digit's code, ``frames`` steps to be scaled and as many to be shifted."""
        model, x, order = *self._asked(pixels, name), self._vaes.order(name)
        n = whole(count, "The number of draws", 1, MAX_THROWS)
        t = whole(frames, "The number of frames", 1, MAX_FRAMES // 2 - 1)
        generator = seeded(seed)
        with self._vaes.at_work():
            mean, log_sigma = model.encode(x)
            epsilon = noise.normal(n, mean.shape[1], generator=generator).to(mean.device)
            path = vae_bound.sample(epsilon, mean[0], log_sigma[0].exp(), t)
            trace = CanvasTrace.record(model.walk(path))
            nats = vae_bound.nats_of(model, path, x)
        codes, epsilons, centre, width = (
            array(each[..., order]) for each in (path, epsilon, mean[0], log_sigma[0].exp())
        )
        return Sampled(trace, codes, array(nats), epsilons, centre, width, t)

    def betas(self, pixels: NDArray[np.uint8], seed: object = 0, count: object = 9) -> list[Weight]:
        """The same digit, and the same noise for what is imagined, under each β."""
        n = whole(count, "The number of pictures", 1, MAX_THROWS)
        found = []
        for name in BETAS:
            bound, model = self.bound(pixels, name, seed), self._vaes.model(name)
            z = noise.normal(n, model.config.latent, generator=seeded(seed)).to(device_of(model))
            with self._vaes.at_work(), torch.no_grad():
                imagined = model.decode(z)
            grey = vae_bound.undecided(imagined)
            found.append(Weight(name, REGISTRY[name].config.beta, bound, array(imagined), grey))
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
            factor = torch.linspace(0, min(far, MAX_LATENT / largest), steps, device=mean.device)
            path = factor[:, None, None] * mean
            trace = CanvasTrace.record(model.walk(path))
            painted = torch.from_numpy(np.concatenate([step.image for step in trace])).to(mean.device)
            found = vae_bound.read_back(model, painted)
            back = model.decode(found)
        radius, d = path[:, 0].norm(dim=1), mean.shape[1]
        mass = vae_bound.mass_within(radius, d).float()
        distance = (found - path[:, 0]).norm(dim=1)
        numbers = array(factor), array(radius), array(mass), array(distance)
        return Outside(trace, array(back), *numbers, d)

    def _asked(self, pixels: NDArray[np.uint8], name: str) -> tuple[AutoEncoder, Tensor]:
        """The model of a name and a digit as it sees it."""
        if name not in MNIST:
            raise RequestError(
                "There is no VAE of digits called {name}; there are {mnist}.", name=quoted(name), mnist=", ".join(MNIST)
            )
        return self._vaes.model(name), self._vaes.picture(pixels, name)
