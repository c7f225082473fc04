"""The verbs of each family: thin, over the models, the exact samplers and the checks that the app goes through, too.

Shapes: ``n`` pictures, ``C`` channels, ``H`` × ``W`` pixels, ``T`` strokes, ``d`` numbers of a code.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import requests
from core.library.model import Model, one_thread
from core.models.base import Complete, Generate, Reconstruct, array
from core.nn import noise
from core.requests import seeded, whole
from core.results_vae import Codes
from core.samplers.brush import Brush, most_pictures
from core.studies import draw_between, vae_bound
from core.trace import Array, CanvasTrace, RasterTrace, Step
from core.training.spec import ModelSpec

Nats = NDArray[np.float64]

MOST = 1_000
"""Pictures in one trace of whole canvases: each stroke of each is one that is kept."""
MOST_JUDGED = 100_000
MOST_SAMPLES = 10_000
AT_ONCE = 100
"""Pictures that a pixel model judges together."""


class VAE(Model):
    """A picture painted all at once from a code, of which the first number carries most nats, as in the app."""

    family = "vae"

    def __init__(self, name: str, spec: ModelSpec, module: Any, carried: Array) -> None:
        super().__init__(name, spec, module)
        self._order: list[int] = np.argsort(-carried, kind="stable").tolist()

    def sample(self, count: object = 1, seed: object = 0, temperature: object = 1.0) -> CanvasTrace:
        """``count`` pictures of codes from the prior, ``temperature`` times as far out."""
        request = Generate(requests.count(count, MOST), requests.temperature(temperature))
        return CanvasTrace.record(self.module.steps(request, seeded(seed)))

    def reconstruct(self, images: object, seed: object = 0) -> CanvasTrace:
        """The pictures as painted from the means of their codes, and their price; the seed changes nothing."""
        x = self._pictures(images, MOST)
        (step,) = self.module.steps(Reconstruct(x), seeded(seed))
        rest = np.array([each.reconstruction for each in self._priced(x)], np.float32)
        return CanvasTrace((Step(step.image, scalars={**step.scalars, "reconstruction_nats": rest}),), array(x))

    @torch.no_grad()
    def encode(self, images: object) -> Codes:
        """The posterior of each picture's code."""
        x = self._pictures(images, MOST_JUDGED).to(self.device)
        mean, log_sigma = self.module.encode(x)
        found = mean, log_sigma.exp(), self.module.kl_per_latent(x)
        return Codes(*(array(each[:, self._order]) for each in found))

    def decode(self, codes: object) -> CanvasTrace:
        """The pictures of codes (d,) or (n, d), or of the means of what :meth:`encode` answers."""
        given = codes.mean if isinstance(codes, Codes) else codes
        z = requests.codes(given, self.config.latent, most=MOST)[:, np.argsort(self._order).tolist()]
        return CanvasTrace.record(self.module.walk(z[None].to(self.device)))

    def nats(self, images: object, seed: object = 0, samples: object = 1) -> Nats:
        """What each picture costs at most, −log p(x) ≤ nats, (n,): the ELBO, from the same noise as in the app.

        More ``samples`` give the tighter IWAE bound (Burda et al. 2015), from noise of the seed.
        """
        x, k, generator = self._pictures(images, MOST_JUDGED), _samples(samples), seeded(seed)
        if k == 1:
            return np.array([each.bound for each in self._priced(x)])
        found = []
        for i, one in enumerate(x.to(self.device).split(1)):
            weights = vae_bound.log_weights(self.module, one, k, noise.own(generator, i))
            found.append(vae_bound.tightened(weights, k))
        return np.array(found)

    def _priced(self, x: Tensor) -> list[vae_bound.Priced]:
        return [vae_bound.priced(self.module, one) for one in x.to(self.device).split(1)]


class Draw(Model):
    """A picture painted stroke by stroke."""

    family = "draw"

    def sample(
        self, count: object = 1, seed: object = 0, temperature: object = 1.0, strokes: object = None
    ) -> CanvasTrace:
        """``count`` pictures from the prior, in ``strokes`` strokes, by default as many as it was trained with."""
        request = Generate(requests.count(count, MOST), requests.temperature(temperature))
        return CanvasTrace.record(self.module.steps(request, seeded(seed), requests.strokes(strokes)))

    def reconstruct(self, images: object, seed: object = 0, strokes: object = None) -> CanvasTrace:
        """Copies of the pictures, stroke by stroke, and their price."""
        x = self._pictures(images, MOST)
        return CanvasTrace.record(self.module.steps(Reconstruct(x), seeded(seed), requests.strokes(strokes)), array(x))

    def encode(self, images: object, seed: object = 0) -> Array:
        """The latents behind the strokes of the copies of that seed, (n, T, d)."""
        x = self._pictures(images, MOST).to(self.device)
        drawn = self.module.noise(self.config.steps, len(x), seeded(seed)).to(self.device)
        found: Array = array(draw_between.latents(self.module, x, drawn).transpose(0, 1))
        return found

    def decode(self, codes: object) -> CanvasTrace:
        """The paintings of latents (T, d) or (n, T, d)."""
        z = requests.codes(codes, self.config.steps, self.config.latent, most=MOST)
        return CanvasTrace.record(self.module.strokes(None, z.to(self.device).transpose(0, 1)))

    @torch.no_grad()
    def nats(self, images: object, seed: object = 0, samples: object = 1) -> Nats:
        """What each picture costs at most, −log p(x) ≤ nats, (n,): the ELBO, that of its copy of the same seed.

        More ``samples`` give the tighter IWAE bound (Burda et al. 2015). In colour it is, as in the paper, a
        cross-entropy with the intensities and no likelihood.
        """
        x, k, generator = self._pictures(images, MOST_JUDGED), _samples(samples), seeded(seed)
        found = []
        for i, one in enumerate(x.to(self.device).split(1)):
            drawn = self.module.noise(self.config.steps, k, noise.own(generator, i)).to(self.device)
            terms = self.module.bound(one.expand(k, -1, -1, -1), drawn)
            found.append(float(terms.total) if k == 1 else vae_bound.tightened(terms.log_weight, k))
        return np.array(found)


class Pixels(Model):
    """A picture painted pixel by pixel, by an exact sampler."""

    family = "pixel"

    def __init__(self, name: str, spec: ModelSpec, module: Any) -> None:
        super().__init__(name, spec, module)
        self._brush, self._most = Brush(module), most_pictures(spec.config)

    def to(self, device: str) -> Self:
        """Move it, in place, and answer with itself; the same seed goes on painting the same picture."""
        super().to(device)
        self._brush = Brush(self.module)  # whose samplers have prepared the weights where they were
        return self

    @one_thread()
    def sample(
        self, count: object = 1, seed: object = 0, temperature: object = 1.0, label: object = None
    ) -> RasterTrace:
        """``count`` pictures from nothing, of class ``label`` if the model has learned classes."""
        n, told = requests.count(count, self._most), requests.label(label, self.name, self.config)
        return self._brush.paint(Generate(n, requests.temperature(temperature), told), seeded(seed))

    @one_thread()
    def complete(
        self,
        images: object,
        known: object,
        seed: object = 0,
        temperature: object = 1.0,
        label: object = None,
        count: object = 1,
    ) -> RasterTrace:
        """The pictures, ``count`` times each, with all that is not ``known`` painted again, given what comes before it.

        ``known`` is as in :func:`core.requests.masks`: one mask for all pictures, or one for each.
        """
        x, n = self._pictures(images, self._most), requests.count(count, self._most)
        mask, told = requests.masks(known, len(x), self.config), requests.label(label, self.name, self.config)
        x, mask = (each.repeat_interleave(n, 0) for each in (x.expand(len(mask), -1, -1, -1), mask))
        return self._brush.paint(Complete(x, mask, requests.temperature(temperature), told), seeded(seed))

    def judge(self, images: object) -> RasterTrace:
        """What the model says of finished pictures, pixel by pixel: a trace, all of whose pixels count as known."""
        return self._brush.judge(self._pictures(images, self._most).to(self.device))

    @torch.inference_mode()
    def nats(self, images: object) -> Nats:
        """What each picture costs, exactly: −log p(x) in nats, (n,)."""
        x = self._pictures(images, MOST_JUDGED).to(self.device)
        parts = [self.module.loss(few, seeded(0)).total.cpu().double() for few in x.split(AT_ONCE)]
        found: Nats = torch.cat(parts).numpy()
        return found


class Classifier(Model):
    """What looks at pictures and says what is on them."""

    family = "classifier"

    def look(self, images: object, seed: object = 0) -> CanvasTrace:
        """Every look at the pictures; how likely it then takes one for a 3 stands in ``series("3_probability")``.

        A reader of numbers has ``number`` and ``confidence`` instead.
        """
        x = self._pictures(images, MOST)
        return CanvasTrace.record(self.module.steps(Reconstruct(x), seeded(seed)), array(x))


def _samples(samples: object) -> int:
    return whole(samples, "The number of samples", 1, MOST_SAMPLES)
