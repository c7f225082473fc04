"""The painters at work: the app's requests in NumPy terms, answered by the trained models.

Everything that comes from outside is checked here, so that the browser and the API get the same one clear sentence
(:class:`RequestError`). One picture is a uint8 array (H, W) of 0 (paper) and 255 (ink), as the editor gives it.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import draw_pen, draw_time, playground, requests
from core.checkpoints import FOLDER, CheckpointError, load_checkpoint
from core.draw_pen import Penned
from core.draw_studio import DrawStudio
from core.draw_time import Erased, Way
from core.glimpse_studio import GlimpseStudio
from core.models.base import Generate, Reconstruct
from core.models.draw import Draw
from core.models.vae import VAE
from core.nn.likelihood import gaussian_kl
from core.pixel_studio import DEFAULT, PixelStudio
from core.playground import Looking
from core.requests import RequestError, binary_picture, number, seeded, whole
from core.trace import Array, CanvasTrace

log = logging.getLogger("easel")

MAX_LATENT = 8.0
MAX_FRAMES = 120
MAX_FORKS = 25
"""Futures of one painting in one request."""
MAX_STROKES = 64
"""Strokes of one painting by DRAW, trained or not."""


@dataclass(frozen=True, eq=False)
class Code:
    """What the VAE makes of one picture: ``mean`` and ``sigma`` (d,), ``kl`` (d,) and ``reconstruction`` in nats."""

    mean: Array
    sigma: Array
    kl: Array
    reconstruction: float


def _length(steps: object) -> int | None:
    """A number of strokes from outside; None stays: as many as the model was trained with."""
    return None if steps is None else whole(steps, "The number of strokes", 1, MAX_STROKES)


class Studio:
    """The trained models, each loaded once, at its first use; one lock keeps requests from sharing a model."""

    def __init__(self, checkpoints: Path = FOLDER) -> None:
        self._checkpoints = checkpoints
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()
        self.pixels = PixelStudio(self._load, self._at_work)
        """The pixel models; made here, so that stopping one waits for no lock."""
        self.glimpses = GlimpseStudio(self._load, self._at_work)
        self.draws = DrawStudio(self._load, self._at_work)

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

    def warm(self) -> None:
        """Load every model and paint once with each, so that the first click does not pay for it."""
        blank = np.zeros((28, 28), np.uint8)
        for paint in (
            lambda: self.draw_copy(blank, 0),
            lambda: self.vae_encode(blank),
            lambda: self.pixels.generate(DEFAULT, 1, 0),
            lambda: self.glimpses.look(np.zeros((60, 60), np.uint8)),
        ):
            try:
                paint()
            except CheckpointError as error:  # the others paint all the same, and a request will say it again
                log.warning("%s", error)

    def draw_generate(
        self, count: object, seed: object, temperature: object = 1.0, steps: object = None
    ) -> CanvasTrace:
        """DRAW paints ``count`` pictures from the prior, in ``steps`` strokes; None: as many as it was trained with."""
        request, length = Generate(requests.count(count), requests.temperature(temperature)), _length(steps)
        with self._at_work():
            return CanvasTrace.record(self.draw.steps(request, seeded(seed), length))

    def draw_blank(self) -> Array:
        """DRAW's learned canvas before the first stroke, (1, C, H, W) in [0, 1]."""
        blank: Array = self.draw.initial_canvas.detach().sigmoid()[None].numpy()
        return blank

    def draw_copy(self, pixels: NDArray[np.uint8], seed: object, steps: object = None) -> CanvasTrace:
        """DRAW looks at one picture (H, W) and paints it again; the trace keeps it as its subject.

        ``steps`` strokes; None: as many as it was trained with.
        """
        x, length = binary_picture(pixels), _length(steps)
        with self._at_work():
            return CanvasTrace.record(self.draw.steps(Reconstruct(x), seeded(seed), length), subject=x.numpy())

    def draw_forks(self, pixels: NDArray[np.uint8] | None, at: object, count: object, seed: object) -> CanvasTrace:
        """Futures of one painting, of a copy if there are pixels, that share their first ``at`` strokes."""
        model, x = self.draw, None if pixels is None else binary_picture(pixels)
        at = whole(at, "The stroke to fork at", 0, model.config.steps)
        count = whole(count, "The number of futures", 2, MAX_FORKS)
        subject = None if x is None else x.numpy()
        with self._at_work():
            return CanvasTrace.record(draw_time.forks(model, x, at, count, seeded(seed)), subject=subject)

    def draw_erased(self, pixels: NDArray[np.uint8] | None, way: str, seed: object) -> Erased:
        """One painting without each of its strokes: of their ``stroke`` alone, or of the ``latent`` behind it."""
        if way not in get_args(Way):
            raise RequestError("The eraser takes a stroke or the latent behind it.")
        x = None if pixels is None else binary_picture(pixels)
        with self._at_work():
            return draw_time.erased(self.draw, x, cast(Way, way), seeded(seed))

    def draw_pen(
        self,
        pixels: NDArray[np.uint8] | None,
        moves: Mapping[int, Sequence[object]],
        inks: Mapping[int, NDArray[np.int8]],
        seed: object,
    ) -> Penned:
        """One painting, a copy if there are pixels, as it would have gone and with a person's hand in it.

        ``moves``: step, from 0, -> centre x, y and size of its write window in pixels; ``inks``: step -> (H, W), what
        is painted on the canvas before it: 1 ink, −1 erased, 0 left alone.
        """
        x = None if pixels is None else binary_picture(pixels)
        with self._at_work():
            return draw_pen.penned(self.draw, x, draw_pen.checked(moves, inks, self.draw), seeded(seed))

    def filters(self, pixels: NDArray[np.uint8], *values: object) -> Looking:
        """What a window with g_X, g_Y, δ, σ², γ and N makes of one picture (H, W); no model is asked."""
        setting = playground.checked(*values)
        with self._at_work():
            return playground.look(pixels, setting)

    @torch.no_grad()
    def vae_encode(self, pixels: NDArray[np.uint8]) -> Code:
        """The posterior of one picture (H, W) and what it costs. Codes are in the order of :meth:`vae_order`."""
        x = binary_picture(pixels)
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
            nats = math.nan if pixels is None else float(self.vae.reconstruction(logits, binary_picture(pixels)))
        return logits.sigmoid().numpy(), nats

    def vae_imagine(self, seed: object) -> Array:
        """A code (d,) drawn from the prior."""
        latents = torch.randn(self.vae.config.latent, generator=seeded(seed))
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
