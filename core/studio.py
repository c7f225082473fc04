"""The painters at work: the app's requests in NumPy terms, answered by the trained models.

Everything that comes from outside is checked here, so that the browser and the API get the same one clear sentence
(:class:`RequestError`). One picture is a uint8 array (H, W) of 0 (paper) and 255 (ink), as the editor gives it.
"""

from __future__ import annotations

import logging
import math
import numbers
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import sampling
from core.checkpoints import FOLDER, CheckpointError, load_checkpoint
from core.models.base import Complete, Generate, Reconstruct
from core.models.draw import Draw
from core.models.pixelcnn import PixelCNN
from core.models.vae import VAE
from core.nn.likelihood import gaussian_kl
from core.trace import Array, CanvasTrace, RasterTrace

log = logging.getLogger("easel")

MAX_PICTURES = 64
MAX_SEED = 2**31 - 1
TEMPERATURES = (0.1, 2.0)
MAX_LATENT = 8.0
MAX_FRAMES = 120


class RequestError(ValueError):
    """A request cannot be answered; the message is one sentence for the user."""


def number(value: object, name: str, low: float, high: float) -> float:
    """A finite number within [low, high]; anything else, strings included, raises :class:`RequestError`."""
    sentence = f"{name} must be a number from {low:g} to {high:g}."
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise RequestError(sentence)
    checked = float(value)
    if not low <= checked <= high:  # NaN is not
        raise RequestError(sentence)
    return checked


def whole(value: object, name: str, low: int, high: int) -> int:
    """A whole number within [low, high]; 3.0 counts as whole, since that is what JSON and sliders send."""
    sentence = f"{name} must be a whole number from {low} to {high}."
    try:
        checked = number(value, name, low, high)
    except RequestError:
        raise RequestError(sentence) from None
    if checked != int(checked):
        raise RequestError(sentence)
    return int(checked)


@dataclass(frozen=True, eq=False)
class Code:
    """What the VAE makes of one picture: ``mean`` and ``sigma`` (d,), ``kl`` (d,) and ``reconstruction`` in nats."""

    mean: Array
    sigma: Array
    kl: Array
    reconstruction: float


class Studio:
    """The trained models, each loaded once, at its first use; one lock keeps requests from sharing a model."""

    def __init__(self, checkpoints: Path = FOLDER) -> None:
        self._checkpoints = checkpoints
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """One request at a time, on one processor thread.

        These networks are so small that sharing a row of pixels between threads costs more than it saves: two threads
        make PixelCNN four times slower in a server's worker thread. The number belongs to the calling thread.
        """
        with self._lock:
            torch.set_num_threads(1)
            yield

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def _load(self, name: str) -> Any:
        return self._once(name, lambda: load_checkpoint(name, self._checkpoints))

    @property
    def draw(self) -> Draw:
        """The DRAW painter."""
        model: Draw = self._load("draw-mnist")
        return model

    @property
    def vae(self) -> VAE:
        """The VAE painter."""
        model: VAE = self._load("vae-mnist")
        return model

    @property
    def pixelcnn(self) -> PixelCNN:
        """The PixelCNN painter."""
        model: PixelCNN = self._load("pixelcnn-mnist")
        return model

    def warm(self) -> None:
        """Load every model and paint once with each, so that the first click does not pay for it."""
        blank = np.zeros((28, 28), np.uint8)
        for paint in (
            lambda: self.draw_copy(blank, 0),
            lambda: self.vae_encode(blank),
            lambda: self.pixel_generate(1, 0),
        ):
            try:
                paint()
            except CheckpointError as error:  # the others paint all the same, and a request will say it again
                log.warning("%s", error)

    def draw_generate(self, count: object, seed: object, temperature: object = 1.0) -> CanvasTrace:
        """DRAW paints ``count`` pictures from the prior."""
        request = Generate(_count(count), _temperature(temperature))
        with self._at_work():
            return CanvasTrace.record(self.draw.steps(request, _generator(seed)))

    def draw_blank(self) -> Array:
        """DRAW's learned canvas before the first stroke, (1, C, H, W) in [0, 1]."""
        blank: Array = self.draw.initial_canvas.detach().sigmoid()[None].numpy()
        return blank

    def draw_copy(self, pixels: NDArray[np.uint8], seed: object) -> CanvasTrace:
        """DRAW looks at one picture (H, W) and paints it again; the trace keeps it as its subject."""
        x = _tensor(pixels)
        with self._at_work():
            return CanvasTrace.record(self.draw.steps(Reconstruct(x), _generator(seed)), subject=x.numpy())

    @torch.no_grad()
    def vae_encode(self, pixels: NDArray[np.uint8]) -> Code:
        """The posterior of one picture (H, W) and what it costs. Codes are in the order of :meth:`vae_order`."""
        x = _tensor(pixels)
        with self._at_work():
            mean, log_sigma = self.vae.encode(x)
            nats = self.vae.reconstruction(self.vae.logits(mean), x)
            mean, log_sigma = mean[:, self.vae_order()], log_sigma[:, self.vae_order()]
        kl = gaussian_kl(mean.T, log_sigma.T)
        return Code(mean[0].numpy(), log_sigma[0].exp().numpy(), kl.numpy(), float(nats))

    @torch.no_grad()
    def vae_decode(self, code: object, pixels: NDArray[np.uint8] | None = None) -> tuple[Array, float]:
        """The mean picture (1, 1, H, W) in [0, 1] of one code, a sequence of d numbers.

        With it −log p(x | z) in nats of the picture ``pixels`` (H, W), NaN if there is none.
        """
        with self._at_work():
            logits = self.vae.logits(self._latents(self._code(code)))
            nats = math.nan if pixels is None else float(self.vae.reconstruction(logits, _tensor(pixels)))
        return logits.sigmoid().numpy(), nats

    def vae_imagine(self, seed: object) -> Array:
        """A code (d,) drawn from the prior."""
        latents = torch.randn(self.vae.config.latent, generator=_generator(seed))
        code: Array = latents.numpy()
        return code

    def vae_traverse(self, code: object, frames: object = 24) -> CanvasTrace:
        """Each number of the code in a cell of its own swings from 0 to 3, to −3 and back; the others stay: B = d."""
        z, n = self._code(code), whole(frames, "The number of frames", 2, MAX_FRAMES)
        d = z.shape[1]
        path = z.expand(n, d, d).clone()
        path[:, range(d), range(d)] = 3 * torch.sin(torch.linspace(0, 2 * math.pi, n + 1)[:-1])[:, None]
        with self._at_work():
            return CanvasTrace.record(self.vae.walk(self._latents(path)))

    def vae_interpolate(self, start: object, end: object, frames: object = 24) -> CanvasTrace:
        """From one code to another along the straight line, both ends included: B = 1."""
        a, b = self._code(start), self._code(end)
        t = torch.linspace(0, 1, whole(frames, "The number of frames", 2, MAX_FRAMES))
        with self._at_work():
            return CanvasTrace.record(self.vae.walk(self._latents(torch.lerp(a, b, t[:, None])[:, None])))

    def vae_order(self) -> list[int]:
        """The model's latents, the one that carries most nats first, on 256 pictures that the VAE imagines.

        Codes that leave or enter the studio are in this order, so that the first number decides most.
        """
        order: list[int] = self._once("vae-order", self._measure_latents)
        return order

    @torch.no_grad()
    def _measure_latents(self) -> list[int]:
        generator = torch.Generator().manual_seed(0)
        imagined = self.vae.decode(torch.randn(256, self.vae.config.latent, generator=generator))
        mean, log_sigma = self.vae.encode((imagined > 0.5).float())
        order: list[int] = gaussian_kl(mean.T, log_sigma.T).argsort(descending=True).tolist()
        return order

    def pixel_generate(self, count: object, seed: object, temperature: object = 1.0) -> RasterTrace:
        """PixelCNN paints ``count`` pictures from nothing."""
        request = Generate(_count(count), _temperature(temperature))
        with self._at_work():
            return self._row_sampler().paint(request, _generator(seed))

    def pixel_complete(
        self,
        pixels: NDArray[np.uint8],
        hidden: NDArray[np.bool_],
        count: object,
        seed: object,
        temperature: object = 1.0,
    ) -> RasterTrace:
        """``count`` completions of one picture (H, W) where ``hidden`` is true, the likeliest first."""
        request = self._completion(pixels, hidden, count, temperature)
        with self._at_work():
            return ranked(self._row_sampler().paint(request, _generator(seed)))

    def pixel_passes(
        self,
        seed: object,
        temperature: object = 1.0,
        covered: tuple[NDArray[np.uint8], NDArray[np.bool_]] | None = None,
    ) -> tuple[RasterTrace, CanvasTrace]:
        """One picture and its fixed-point passes: from nothing, or a completion of ``covered`` (pixels, hidden)."""
        request: Generate | Complete = Generate(1, _temperature(temperature))
        if covered is not None:
            request = self._completion(*covered, 1, temperature)
        with self._at_work():
            return self._row_sampler().paint_with_passes(request, _generator(seed))

    def _row_sampler(self) -> sampling.RowSampler:
        sampler: sampling.RowSampler = self._once("row-sampler", lambda: sampling.RowSampler(self.pixelcnn))
        return sampler

    def _completion(
        self, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_], count: object, temperature: object
    ) -> Complete:
        if not hidden.any():
            raise RequestError("Nothing is covered: cover a part of the picture for the model to imagine.")
        if hidden.all():
            raise RequestError("Everything is covered: leave some pixels in sight, or let the model imagine a picture.")
        n = _count(count)
        known = torch.from_numpy(~hidden)[None].expand(n, -1, -1)
        return Complete(_tensor(pixels).expand(n, -1, -1, -1), known, _temperature(temperature))

    def _code(self, values: object) -> Tensor:
        """A code from outside, (1, d), still in the studio's order."""
        d = self.vae.config.latent
        if not isinstance(values, (list, tuple, np.ndarray)) or len(values) != d:
            raise RequestError(f"A code is a list of {d} numbers.")
        numbers_ = [number(value, "Each number of a code", -MAX_LATENT, MAX_LATENT) for value in values]
        return torch.tensor([numbers_], dtype=torch.float32)

    def _latents(self, code: Tensor) -> Tensor:
        """From the studio's order to the model's, (…, d)."""
        return code[..., np.argsort(self.vae_order()).tolist()]


def ranked(trace: RasterTrace) -> RasterTrace:
    """The same pictures, ordered by the nats of what was hidden, the likeliest first."""
    order = np.argsort((trace.nats * ~trace.known).sum((1, 2)), kind="stable")
    return replace(
        trace,
        image=trace.image[order],
        probability=trace.probability[order],
        nats=trace.nats[order],
        known=trace.known[order],
    )


def _count(value: object) -> int:
    return whole(value, "The number of pictures", 1, MAX_PICTURES)


def _temperature(value: object) -> float:
    return number(value, "The temperature", *TEMPERATURES)


def _generator(seed: object) -> torch.Generator:
    return torch.Generator().manual_seed(whole(seed, "The seed", 0, MAX_SEED))


def _tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """(H, W) of 0 and 255 -> (1, 1, H, W) of 0 and 1."""
    if pixels.shape != (28, 28):
        raise RequestError(f"These models know pictures of 28×28 pixels, not {'×'.join(map(str, pixels.shape))}.")
    return torch.from_numpy((pixels >= 128).astype(np.float32))[None, None]
