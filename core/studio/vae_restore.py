"""Restoring a damaged digit in every way at once: requests to :mod:`core.studies.vae_restore`, checked, in NumPy terms.

Pictures are uint8 (H, W) of 0 and 255, ``hidden`` (H, W) is true where they are covered. VAEs and pixel models have
their own locks and are asked one after the other, so that no page waits for both.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.aevb import UNKNOWN
from core.models.base import array
from core.nn import noise
from core.requests import RequestError, number, seeded, whole
from core.results_vae import Answer, Climb, Restored
from core.studies import vae_restore
from core.studies.vae_restore import Damaged
from core.studio.pixels import Covered, PixelStudio
from core.studio.vae_code import VAEStudio
from core.trace import CanvasTrace, Step

Way = Literal["encoder", "denoising", "search", "pixels"]
MOST_FLIPS = 0.5
"""Beyond a half, flipped pixels would tell more of the picture than of the noise."""
DRAWS = 32
"""Codes that either encoder's q is drawn from."""
COMPLETIONS = 16
"""Of the pixel model."""
RESTARTS = 6
"""The encoder's answer, the prior's mean, and draws from the prior."""
MAX_RESTARTS = 16
ENDS = vae_restore.STARTS + 1
"""The stream of noise (:mod:`core.nn.noise`) with which pictures of the search's ends are drawn."""
SEARCH = 0.6
"""Seconds of a search (``python -m benchmarks.prices``)."""
FILM_EVERY = 2
VAE_WAYS: tuple[Way, ...] = ("encoder", "denoising", "search")


class RestoreStudio:
    """Requests of the tab "Restore"."""

    def __init__(self, vaes: VAEStudio, pixels: PixelStudio) -> None:
        self._vaes, self._pixels = vaes, pixels

    def uncover(self, covered: Covered, seed: object, restarts: object = RESTARTS) -> Restored:
        """A picture of which a part is hidden; the pixel model completes it, too."""
        pixels, hidden = covered
        x, damaged = self._covered(covered)
        answers, climb = self._vaes_answer(x, damaged, hidden, seed, restarts)
        return self._restored(x, damaged, hidden, hidden, (*answers, self._completed(pixels, hidden, seed)), climb)

    def complete(self, covered: Covered, seed: object) -> CanvasTrace:
        """The search alone, step by step: the best of its codes so far, with the pixels in sight as they are."""
        x, damaged = self._covered(covered)
        model = self._vaes.model(vae_restore.PLAIN)
        with self._vaes.at_work(price=SEARCH) as turn:
            starts = vae_restore.starts(model, damaged, RESTARTS - 2, seeded(seed))
            found = vae_restore.search(model, damaged, starts, every=FILM_EVERY, on_step=turn.rest)
        best, hidden = found.objective[:, :, 0].argmin(1), torch.from_numpy(covered[1]).to(x.device)
        shown = [found.logits[t, r, 0].sigmoid()[None] for t, r in enumerate(best.tolist())]
        images = [array(torch.where(hidden, each, damaged.seen)) for each in shown]
        return CanvasTrace(tuple(Step(image) for image in images), subject=array(x))

    def _covered(self, covered: Covered) -> tuple[Tensor, Damaged]:
        pixels, hidden = covered
        x = self._digit(pixels)
        if hidden.shape != pixels.shape:
            raise RequestError("The cover must be as large as the picture.")
        if not hidden.any():
            raise RequestError("Nothing is covered: cover the part that is to be restored.")
        if hidden.all():
            raise RequestError("Everything is covered: leave some pixels in sight, there is nothing to go by.")
        return x, vae_restore.covered(x, torch.from_numpy(hidden).to(x.device))

    def denoise(self, pixels: NDArray[np.uint8], flips: object, seed: object, restarts: object = RESTARTS) -> Restored:
        """A picture of which each pixel is flipped with probability ``flips``; no pixel model has learned of that."""
        x = self._digit(pixels)
        rate = number(flips, "The share of flipped pixels", 0, MOST_FLIPS)
        damaged = vae_restore.flipped(x, rate, seeded(seed))
        everywhere, nowhere = np.ones(pixels.shape, bool), np.zeros(pixels.shape, bool)
        answers, climb = self._vaes_answer(x, damaged, everywhere, seed, restarts)
        return self._restored(x, damaged, nowhere, everywhere, answers, climb)

    def _digit(self, pixels: NDArray[np.uint8]) -> Tensor:
        x = self._vaes.picture(pixels, vae_restore.PLAIN)
        if not x.any():
            raise RequestError("The paper is empty: draw a digit first, or choose one.")
        return x

    def _vaes_answer(
        self, x: Tensor, damaged: Damaged, region: NDArray[np.bool_], seed: object, restarts: object
    ) -> tuple[tuple[Answer, ...], Climb]:
        generator = seeded(seed)
        count = whole(restarts, "The number of restarts", 2, MAX_RESTARTS)
        plain, denoising = self._vaes.model(vae_restore.PLAIN), self._vaes.model(vae_restore.DENOISING)
        where = torch.from_numpy(region).to(x.device)
        with self._vaes.at_work(price=SEARCH) as turn:
            drawn = [
                vae_restore.encoded(model, damaged, fill, DRAWS, generator)
                for model, fill in ((plain, vae_restore.FILL), (denoising, UNKNOWN))
            ]
            starts = vae_restore.starts(plain, damaged, count - 2, generator)
            found = vae_restore.search(plain, damaged, starts, every=FILM_EVERY, on_step=turn.rest)
        order = found.objective[-1, :, 0].argsort(stable=True)
        ends = found.logits[-1, order]
        paints = [*drawn, (ends[0], ends)]
        answers = []
        for way, (painted, codes) in zip(VAE_WAYS, paints, strict=True):
            # Of the search the best code stands for its nats: its other restarts are no draws from anything.
            nats = float(vae_restore.predictive(codes[:1] if way == "search" else codes, x, where))
            shown = [torch.where(where, logits.sigmoid(), damaged.seen) for logits in (painted, codes)]
            chances = shown[1][:, 0, 0]
            if way == "search":  # each restart has its own noise, whatever place it has come to
                drawn_by = noise.uniform(count, *chances.shape[1:], generator=generator, stream=ENDS).to(x.device)[
                    order
                ]
            else:
                drawn_by = noise.rand(*chances.shape, generator=generator, device=x.device)
            samples = (drawn_by < chances).float()
            answers.append(_answer(way, shown[0][0, 0], samples, chances.mean(0), nats, x[0, 0], where))
        hidden_nats = torch.stack([vae_restore.predictive(one[None], x, where)[0] for one in ends])
        origins = np.minimum(order.cpu().numpy(), 2)
        pictures = torch.where(where, found.logits[:, order].sigmoid(), damaged.seen)
        climb = Climb(
            array(pictures[:, :, 0, 0]),
            array(found.objective[:, order, 0]),
            array(found.nats[:, order, 0]),
            array(hidden_nats),
            origins,
        )
        return tuple(answers), climb

    def _completed(self, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_], seed: object) -> Answer:
        """PixelCNN's completions, the likeliest as its picture; its nats are those of the true hidden pixels."""
        trace = self._pixels.complete(vae_restore.PIXELS, (pixels, hidden), COMPLETIONS, seed)
        nats = float(self._pixels.judge(vae_restore.PIXELS, pixels).nats[0][hidden].sum())
        samples = torch.from_numpy(trace.image[:, 0].astype(np.float32))
        truth = torch.from_numpy((pixels >= 128).astype(np.float32))
        return _answer("pixels", samples[0], samples, samples.mean(0), nats, truth, torch.from_numpy(hidden))

    def _restored(
        self,
        x: Tensor,
        damaged: Damaged,
        hidden: NDArray[np.bool_],
        region: NDArray[np.bool_],
        answers: tuple[Answer, ...],
        climb: Climb,
    ) -> Restored:
        picture, seen = array(x[0, 0]), array(damaged.seen[0, 0])
        untouched = float((damaged.seen != x)[0, 0].cpu()[torch.from_numpy(region)].float().mean())
        return Restored(picture, seen, hidden, region, damaged.flips, untouched, answers, climb)


def _answer(
    way: Way, painted: Tensor, samples: Tensor, chance: Tensor, nats: float, x: Tensor, where: Tensor
) -> Answer:
    """``chance`` (H, W) is the share of ink in what the way may draw, of which a pixel's deviation follows."""
    spread = (chance * (1 - chance)).clamp(min=0).sqrt()
    wrong = float(((painted > 0.5) != (x > 0.5))[where].float().mean())
    return Answer(way, array(painted), array(samples), array(spread), nats, wrong, float(spread[where].mean()))
