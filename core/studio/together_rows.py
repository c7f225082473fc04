"""The same question to every painter of digits: requests, checked, in NumPy terms.

Pictures are uint8 (H, W) of 0 and 255, and where they are covered is bool (H, W).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import quoted
from core.models.base import Generate, Reconstruct, array, device_of
from core.nn import noise
from core.nn.likelihood import bernoulli_nats
from core.requests import RequestError, binary_picture, seeded, whole
from core.results import Entry
from core.samplers import prices
from core.studies import draw_complete, vae_bound, vae_restore
from core.studies.together_rows import diversity, posterior
from core.studio.pixels import Covered, PixelStudio
from core.studio.turns import Turn
from core.studio.vae_code import VAEStudio
from core.trace import Array, Step
from core.training.registry import REGISTRY, shown_in

Question = Literal["copy", "complete", "surprise", "imagine"]
PAINTERS = tuple(shown_in("together"))
MOST_ASKED = 16
"""Pictures that one painter is asked for."""
PRICED = 8
"""Copies by DRAW over whose noise the price of a picture is averaged."""
POSTERIOR = 0.6
"""Seconds that a VAE takes to complete a picture (``python -m benchmarks.prices``)."""


class TogetherStudio:
    """Requests of the room "Side by side"; ``load`` gives a model by name, ``at_work`` lets one request run."""

    def __init__(
        self,
        load: Callable[[str], Any],
        at_work: Callable[..., AbstractContextManager[Turn]],
        vaes: VAEStudio,
        pixels: PixelStudio,
    ) -> None:
        self._load, self._at_work, self._vaes, self._pixels = load, at_work, vaes, pixels

    def answer(self, question: str, name: str, covered: Covered, count: object, seed: object) -> Entry:
        """What one painter answers; the seconds are those of a processor, not of waiting."""
        if question not in get_args(Question):
            raise RequestError(
                "There is no question {question}; there are {get_args}.",
                question=quoted(question),
                get_args=", ".join(get_args(Question)),
            )
        if name not in PAINTERS:
            raise RequestError(
                "There is no painter {name} here; there are {painters}.",
                name=quoted(name),
                painters=", ".join(PAINTERS),
            )
        pixels, hidden = covered
        x = binary_picture(pixels)
        if hidden.shape != pixels.shape:
            raise RequestError("The cover must be as large as the picture.")
        if question != "imagine" and not x.any():
            raise RequestError("The paper is empty: draw a digit first, or choose one.")
        if question == "complete" and not hidden.any():
            raise RequestError("Nothing is covered: cover the part that is to be completed.")
        if question == "complete" and hidden.all():
            raise RequestError("Everything is covered: leave some pixels in sight, there is nothing to go by.")
        n, family = whole(count, "The number of pictures", 1, MOST_ASKED), REGISTRY[name].family
        self._load(name)  # whose time is nobody's
        began = time.thread_time()
        entry: Entry = getattr(self, f"_{family}_{question}")(name, (pixels, hidden), n, seed)
        seconds = time.thread_time() - began
        where = hidden if question == "complete" else np.ones_like(hidden)
        distance, distinct = diversity(entry.pictures, where)
        parameters = sum(each.numel() for each in self._load(name).parameters())
        return replace(entry, distance=distance, distinct=distinct, seconds=seconds, parameters=parameters)

    # ---- copy: only what has a code can ----

    @torch.no_grad()
    def _vae_copy(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._vaes.at_work():
            model, x = self._vaes.model(name), self._vaes.picture(covered[0], name)
            price = vae_bound.priced(model, x)
            painted = array(model.decode(price.mean))[:, 0]
        return Entry(name, painted, code=float(price.kl.sum()), wrong=_wrong(painted, covered[0]))

    def _draw_copy(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._at_work():
            strokes = tuple(self._load(name).steps(Reconstruct(binary_picture(covered[0])), seeded(seed)))
        painted, code = strokes[-1].image[:, 0], sum(float(step.scalars["kl"][0]) for step in strokes)
        return Entry(name, painted, code=code, wrong=_wrong(painted, covered[0]))

    def _pixel_copy(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        """It has no code: what it is told, it is told pixel by pixel, and so it makes no copy."""
        return Entry(name, np.zeros((0, *covered[0].shape), np.float32))

    # ---- complete ----

    def _vae_complete(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        pixels, hidden = covered
        with self._vaes.at_work(price=POSTERIOR) as turn:
            model, x = self._vaes.model(name), self._vaes.picture(pixels, name)
            there = torch.from_numpy(hidden).to(x.device)
            damaged = vae_restore.covered(x, there)
            found = posterior(model, damaged, n, seeded(seed), on_step=turn.rest)
            painted = torch.where(there, found.logits.sigmoid(), damaged.seen)
        return Entry(name, array(painted)[:, 0], nats=found.nats)

    @torch.no_grad()
    def _draw_complete(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        """A chain of copies; the bound is that of the last ones' latents, on the pixels in sight alone."""
        (pixels, hidden), model = covered, self._load(name)
        with self._at_work(price=prices.strokes(draw_complete.ROUNDS * model.config.steps, n)) as turn:
            x, there = binary_picture(pixels).to(device_of(model)), torch.from_numpy(hidden).to(device_of(model))
            strokes = tuple(turn.between(draw_complete.completed(model, x.expand(n, -1, -1, -1), there, seeded(seed))))
        code = sum(step.scalars["kl"] for step in strokes)
        mean, error = _mean(code + strokes[-1].scalars["known_nats"])
        return Entry(name, strokes[-1].image[:, 0], mean, True, float(np.mean(code)), error)

    def _pixel_complete(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        """The mean over completions of the chance of the pixels in sight is unbiased for their probability."""
        trace = self._pixels.complete(name, covered, n, seed, ranked=False)
        known = torch.from_numpy(trace.nats[:, ~covered[1]].sum(1, dtype=np.float64))
        nats = math.log(len(known)) - float((-known).logsumexp(0))
        return Entry(name, trace.image[:, 0].astype(np.float32), nats=nats)

    # ---- how surprised are you ----

    def _vae_surprise(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._vaes.at_work():
            price = vae_bound.priced(self._vaes.model(name), self._vaes.picture(covered[0], name))
        return _priced(name, covered, price.bound, array(price.loss)[0], float(price.kl.sum()))

    @torch.no_grad()
    def _draw_surprise(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._at_work():
            model = self._load(name)
            x = binary_picture(covered[0]).to(device_of(model)).expand(PRICED, -1, -1, -1)
            drawn = noise.normal(PRICED, model.config.steps, model.config.latent, generator=seeded(seed))
            kl = torch.zeros(PRICED, device=x.device)
            for turn in model.turns(x, drawn.transpose(0, 1).to(x.device)):
                kl = kl + turn.kl
            loss = torch.nn.functional.binary_cross_entropy_with_logits(turn.state.canvas, x, reduction="none")
        mean, error = _mean(array(kl + bernoulli_nats(turn.state.canvas, x)))
        entry = _priced(name, covered, mean, array(loss.mean(0))[0], float(kl.mean()))
        return replace(entry, error=error)

    def _pixel_surprise(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        nats = self._pixels.judge(name, covered[0]).nats[0]
        price = _priced(name, covered, float(nats.sum(dtype=np.float64)), nats, math.nan)
        code = self._pixels.coded(name, covered[0])
        return replace(price, bound=False, bits=None if code is None else code.bits)

    # ---- imagine another ----

    def _vae_imagine(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._vaes.at_work():
            return Entry(name, _last(self._vaes.model(name).steps(Generate(n), seeded(seed))))

    def _draw_imagine(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        with self._at_work():
            return Entry(name, _last(self._load(name).steps(Generate(n), seeded(seed))))

    def _pixel_imagine(self, name: str, covered: Covered, n: int, seed: object) -> Entry:
        return Entry(name, self._pixels.generate(name, n, seed).image[:, 0].astype(np.float32))


def _last(steps: Iterable[Step]) -> Array:
    """The pictures (n, H, W) of the last step."""
    *_, last = steps
    return last.image[:, 0]


def _wrong(painted: Array, pixels: NDArray[np.uint8]) -> float:
    """The share of pixels in which pictures (n, H, W), made paper and ink, are not the digit."""
    return float(((painted >= 0.5) != (pixels >= 128)).mean())


def _mean(values: Array) -> tuple[float, float]:
    """Mean and standard error of values (n,); of one value the error is NaN."""
    exact = values.astype(np.float64)
    return float(exact.mean()), float(exact.std(ddof=1) / math.sqrt(len(exact))) if len(exact) > 1 else math.nan


def _priced(name: str, covered: Covered, nats: float, surprise: Array, code: float) -> Entry:
    """The digit itself as the picture, and what it costs."""
    return Entry(name, (covered[0][None] >= 128).astype(np.float32), nats, True, code, surprise=surprise)
