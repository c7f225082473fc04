"""Restoring a damaged digit in every way at once: requests to :mod:`core.restoration`, checked, in NumPy terms.

Pictures are uint8 (H, W) of 0 and 255, ``hidden`` (H, W) is true where they are covered. VAEs and pixel models have
their own locks and are asked one after the other, so that no page waits for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core import noise, restoration
from core.models.aevb import UNKNOWN
from core.pixel_studio import Covered, PixelStudio
from core.requests import RequestError, number, seeded, whole
from core.restoration import Damaged
from core.trace import Array
from core.vae_studio import VAEStudio

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
ENDS = restoration.STARTS + 1
"""The stream of noise (:mod:`core.noise`) with which pictures of the search's ends are drawn."""
FILM_EVERY = 2
VAE_WAYS: tuple[Way, ...] = ("encoder", "denoising", "search")


@dataclass(frozen=True, eq=False)
class Answer:
    """What one way makes of a damaged picture.

    ``painted`` (H, W) in [0, 1]; ``samples`` (k, H, W) pictures drawn by it, of 0 and 1, the pixels that are known for
    sure as they are; ``spread`` (H, W), the standard deviation of each pixel over what it may draw, at most ½;
    ``nats``: −log of the probability that it draws just the true pixels where the picture is damaged (the search: from
    its best code); ``wrong`` the share of pixels there in which ``painted``, made paper and ink at ½, is not the true
    one; ``unsure`` the mean of ``spread`` there.
    """

    way: Way
    painted: Array
    samples: Array
    spread: Array
    nats: float
    wrong: float
    unsure: float


@dataclass(frozen=True, eq=False)
class Climb:
    """The film of the search, the best restart first; ``T`` moments, ``r`` restarts.

    ``pictures`` (T, r, H, W) in [0, 1]; ``objective`` and ``known`` (T, r): −log p(known | z) + |z|² / 2 and its first
    part, in nats; ``hidden`` (r,): −log p(the true damaged pixels | z) at the end; ``origins`` (r,): 0 the encoder's
    answer, 1 the prior's mean, 2 a draw from the prior.
    """

    pictures: Array
    objective: Array
    known: Array
    hidden: Array
    origins: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Restored:
    """All answers to one damage: ``damaged`` (H, W) of 0 and 1, ``region`` (H, W) where it counts, ``flips`` its rate.

    ``untouched`` is the share of the region's pixels that are wrong if nothing is done, hidden ones being paper.
    """

    picture: Array
    damaged: Array
    hidden: NDArray[np.bool_]
    region: NDArray[np.bool_]
    flips: float
    untouched: float
    answers: tuple[Answer, ...]
    climb: Climb


class RestoreStudio:
    """Requests of the tab "Restore"."""

    def __init__(self, vaes: VAEStudio, pixels: PixelStudio) -> None:
        self._vaes, self._pixels = vaes, pixels

    def uncover(self, covered: Covered, seed: object, restarts: object = RESTARTS) -> Restored:
        """A picture of which a part is hidden; the pixel model completes it, too."""
        pixels, hidden = covered
        x = self._digit(pixels)
        if hidden.shape != pixels.shape:
            raise RequestError("The cover must be as large as the picture.")
        if not hidden.any():
            raise RequestError("Nothing is covered: cover the part that is to be restored.")
        if hidden.all():
            raise RequestError("Everything is covered: leave some pixels in sight, there is nothing to go by.")
        damaged = restoration.covered(x, torch.from_numpy(hidden))
        answers, climb = self._vaes_answer(x, damaged, hidden, seed, restarts)
        return self._restored(x, damaged, hidden, hidden, (*answers, self._completed(pixels, hidden, seed)), climb)

    def denoise(self, pixels: NDArray[np.uint8], flips: object, seed: object, restarts: object = RESTARTS) -> Restored:
        """A picture of which each pixel is flipped with probability ``flips``; no pixel model has learned of that."""
        x = self._digit(pixels)
        rate = number(flips, "The share of flipped pixels", 0, MOST_FLIPS)
        damaged = restoration.flipped(x, rate, seeded(seed))
        everywhere, nowhere = np.ones(pixels.shape, bool), np.zeros(pixels.shape, bool)
        answers, climb = self._vaes_answer(x, damaged, everywhere, seed, restarts)
        return self._restored(x, damaged, nowhere, everywhere, answers, climb)

    def _digit(self, pixels: NDArray[np.uint8]) -> Tensor:
        x = self._vaes.picture(pixels, restoration.PLAIN)
        if not x.any():
            raise RequestError("The paper is empty: draw a digit first, or choose one.")
        return x

    def _vaes_answer(
        self, x: Tensor, damaged: Damaged, region: NDArray[np.bool_], seed: object, restarts: object
    ) -> tuple[tuple[Answer, ...], Climb]:
        generator = seeded(seed)
        count = whole(restarts, "The number of restarts", 2, MAX_RESTARTS)
        plain, denoising = self._vaes.model(restoration.PLAIN), self._vaes.model(restoration.DENOISING)
        where = torch.from_numpy(region)
        with self._vaes.at_work():
            drawn = [
                restoration.encoded(model, damaged, fill, DRAWS, generator)
                for model, fill in ((plain, restoration.FILL), (denoising, UNKNOWN))
            ]
            starts = restoration.starts(plain, damaged, count - 2, generator)
            found = restoration.search(plain, damaged, starts, every=FILM_EVERY)
        order = found.objective[-1, :, 0].argsort(stable=True)
        ends = found.logits[-1, order]
        paints = [*drawn, (ends[0], ends)]
        answers = []
        for way, (painted, codes) in zip(VAE_WAYS, paints, strict=True):
            # Of the search the best code stands for its nats: its other restarts are no draws from anything.
            nats = float(restoration.predictive(codes[:1] if way == "search" else codes, x, where))
            shown = [torch.where(where, logits.sigmoid(), damaged.seen) for logits in (painted, codes)]
            chances = shown[1][:, 0, 0]
            if way == "search":  # each restart has its own noise, whatever place it has come to
                drawn_by = noise.uniform(count, *chances.shape[1:], generator=generator, stream=ENDS)[order]
            else:
                drawn_by = torch.rand(chances.shape, generator=generator)
            samples = (drawn_by < chances).float()
            answers.append(_answer(way, shown[0][0, 0], samples, chances.mean(0), nats, x[0, 0], where))
        hidden_nats = torch.stack([restoration.predictive(one[None], x, where)[0] for one in ends])
        origins = np.minimum(order.numpy(), 2)
        pictures = torch.where(where, found.logits[:, order].sigmoid(), damaged.seen)
        climb = Climb(
            pictures[:, :, 0, 0].numpy(),
            found.objective[:, order, 0].numpy(),
            found.nats[:, order, 0].numpy(),
            hidden_nats.float().numpy(),
            origins,
        )
        return tuple(answers), climb

    def _completed(self, pixels: NDArray[np.uint8], hidden: NDArray[np.bool_], seed: object) -> Answer:
        """PixelCNN's completions, the likeliest as its picture; its nats are those of the true hidden pixels."""
        trace = self._pixels.complete(restoration.PIXELS, (pixels, hidden), COMPLETIONS, seed)
        nats = float(self._pixels.judge(restoration.PIXELS, pixels).nats[0][hidden].sum())
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
        untouched = float((damaged.seen != x)[0, 0][torch.from_numpy(region)].float().mean())
        picture, seen = x[0, 0].numpy(), damaged.seen[0, 0].numpy()
        return Restored(picture, seen, hidden, region, damaged.flips, untouched, answers, climb)


def _answer(
    way: Way, painted: Tensor, samples: Tensor, chance: Tensor, nats: float, x: Tensor, where: Tensor
) -> Answer:
    """``chance`` (H, W) is the share of ink in what the way may draw, of which a pixel's deviation follows."""
    spread = (chance * (1 - chance)).clamp(min=0).sqrt()
    wrong = float(((painted > 0.5) != (x > 0.5))[where].float().mean())
    return Answer(way, painted.numpy(), samples.numpy(), spread.numpy(), nats, wrong, float(spread[where].mean()))
