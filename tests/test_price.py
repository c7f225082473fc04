"""A picture has one price under a VAE, wherever the page or the API names it, and it is one that a code can have."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.client.wire import unpacked
from core.nn import noise
from core.studies.latents import DRAWS
from core.studio.runtime import Runtime
from core.studio.vae_bound import BETAS, LIKELIHOODS
from core.studio.vae_code import COLOUR, MNIST
from core.studio.vae_map import MAPS
from core.training.registry import REGISTRY
from tests.core import small
from tests.loops import run
from viz.page import Page
from viz.player.payload import Player, decode
from viz.tabs import api, vae_bound, vae_code, vae_colour, vae_map_view
from viz.tabs.subject import Picture, examples, gallery
from viz.tabs.trained import Asked
from viz.views.vae_code import MODELS, SIZES

Pixels = NDArray[np.uint8]
NUMBER = r"(\d+\.\d)"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime()


def price(runtime: Runtime, pixels: Pixels, name: str) -> tuple[float, float]:
    """What the code costs and the rest."""
    code = runtime.studio.vaes.encode(pixels, name)
    return float(code.kl.sum()), code.reconstruction


def shown(value: Player, *names: str) -> tuple[float, ...]:
    """Numbers of a note as the page prints them."""
    note = value["note"]
    assert note is not None
    return tuple(round(float(decode(note["values"][name]["data"], np.float32, (1,))[0]), 1) for name in names)


def found(pattern: str, text: str) -> tuple[float, ...]:
    """All numbers of the first place in a text that looks like this."""
    match = re.search(pattern, text, re.S)
    assert match, text
    return tuple(map(float, match.groups()))


def near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Alike as they are printed; 0.05 may be rounded either way."""
    return np.allclose(one, other, atol=0.051)


@pytest.mark.parametrize("digit", [0, 7])
def test_all_rooms_name_the_same_price_of_a_digit(runtime: Runtime, digit: int) -> None:
    pixels = examples()[digit]
    picture, studio = Picture(pixels, np.zeros((28, 28), bool)), runtime.studio
    prices = {name: price(runtime, pixels, name) for name in MNIST}
    for name in MODELS.values():
        value = vae_code.Coded(studio, picture, 1, name, vae_code.COPY, "").stage()
        assert near(shown(value, "kl", "reconstruction", "whole"), (*prices[name], sum(prices[name])))
    for name in MAPS:
        view = vae_map_view.FIRST._replace(model=name)
        words = vae_map_view.cloud(studio, view, vae_map_view.seen(studio, view, pixels), pixels)["words"]
        said = found(f"<b>{NUMBER} nats</b>.*takes {NUMBER} more.*<b>{NUMBER} nats</b>, a bound", words)
        assert near(said, (*prices[name], sum(prices[name])))
    for seed in (1, 2):
        for model, name in vae_bound.MODELS.items():
            value, bars = vae_bound.shown(studio.costs, pixels, vae_bound.BOUND, model, seed)
            parts = rf"The bound</span>.*?{NUMBER} \+ {NUMBER} =</span> <b>{NUMBER}</b>"
            assert near(found(parts, bars), (*prices[name], sum(prices[name])))
            assert value["note"] is not None
            said = found(f"at most <b>{NUMBER} nats</b>: {NUMBER} for.*code and {NUMBER} for", value["note"]["html"])
            assert near(said, (sum(prices[name]), *prices[name]))
        for task, names in ((vae_bound.BETA, BETAS), (vae_bound.BLUR, LIKELIHOODS)):
            bars = vae_bound.shown(studio.costs, pixels, task, vae_bound.FIRST_MODEL, seed)[1]
            rows = re.findall(rf"{NUMBER} \+ {NUMBER} =</span>", bars)
            assert len(rows) == len(names)
            assert all(near(tuple(map(float, row)), prices[name]) for row, name in zip(rows, names, strict=True))


def test_the_api_names_the_price_of_the_page_and_so_does_colour(runtime: Runtime) -> None:
    with Page() as page:
        api.register(runtime)
    (at,) = (index for index, fn in page.fns.items() if fn.api_name == "vae_encode")
    for name in MNIST:
        pixels = gallery()[3]
        answer = run(page.process_api(at, [pixels.tolist(), name]))["data"][0]
        assert near((unpacked(answer["kl"]).sum(), answer["reconstruction"]), price(runtime, pixels, name))
    square = vae_colour.chosen("2", None)
    value = vae_colour.Answers(Asked(runtime.studio, vae_colour.MODEL)).copied(square)
    kl, rest = price(runtime, square, COLOUR)
    assert near(shown(value, "kl", "rest", "whole"), (kl, rest, kl + rest))
    assert shown(value, "bits")[0] == pytest.approx((kl + rest) / (3072 * math.log(2)), abs=0.051)


def test_every_place_says_that_it_is_an_average_and_a_bound(runtime: Runtime) -> None:
    pixels = examples()[7]
    picture, studio = Picture(pixels, np.zeros((28, 28), bool)), runtime.studio
    view = vae_map_view.FIRST
    notes = [
        vae_code.Coded(studio, picture, 1, "vae-mnist", vae_code.COPY, "").stage()["note"]["html"],
        vae_map_view.cloud(studio, view, vae_map_view.seen(studio, view, pixels), pixels)["words"],
        vae_bound.shown(studio.costs, pixels, vae_bound.BOUND, "8", 1)[0]["note"]["html"],
        vae_colour.Answers(Asked(studio, vae_colour.MODEL)).copied(vae_colour.chosen("2", None))["note"]["html"],
    ]
    for note in notes:
        assert f"on average over {DRAWS} " in note and ("bound" in note or "at most" in note)


def iwae(model: Any, x: torch.Tensor, samples: int = 200) -> float:
    """A tighter bound on −log p(x), with draws of its own and no damage."""
    with torch.no_grad():
        mean, log_sigma = model.encode(x)
        z = mean + log_sigma.exp() * torch.randn(samples, mean.shape[1], generator=small.generator(99))
        log_p = torch.distributions.Normal(0, 1).log_prob(z).sum(1)
        log_q = torch.distributions.Normal(mean, log_sigma.exp()).log_prob(z).sum(1)
        log_x = torch.distributions.Bernoulli(logits=model.logits(z)).log_prob(x).sum((1, 2, 3))
    return math.log(samples) - float((log_x + log_p - log_q).logsumexp(0))


@pytest.mark.parametrize("name", ["vae-mnist", "vae-mnist-20d", "aevb-mnist-2d"])
def test_no_digit_costs_less_than_a_tighter_bound_on_it_says(runtime: Runtime, name: str) -> None:
    vaes = runtime.studio.vaes
    model: Any = vaes.model(name)
    below, gaps = 0, []
    for pixels in gallery():
        x = vaes.picture(pixels, name)
        code = vaes.encode(pixels, name)
        tighter = iwae(model, x)
        gaps.append(float(code.kl.sum()) + code.reconstruction - tighter)
        at_the_mean = float(code.kl.sum()) + vaes.decode(code.mean, pixels, name)[1]
        below += at_the_mean < tighter
    assert min(gaps) > -1, "64 draws leave a standard error of a few tenths of a nat"
    assert np.mean(gaps) > 0.5
    assert SIZES[name] == 2 or below > len(gaps) / 4, "what used to be shown: a price that no code has"


@pytest.mark.parametrize("name", MNIST)
def test_the_price_is_the_analytic_estimate_of_the_bound(runtime: Runtime, name: str) -> None:
    vaes, pixels = runtime.studio.vaes, examples()[4]
    code, d = vaes.encode(pixels, name), REGISTRY[name].config.latent
    kl = 0.5 * (code.mean**2 + code.sigma**2 - 1) - np.log(code.sigma)
    np.testing.assert_allclose(code.kl, kl, rtol=1e-3, atol=1e-4)
    epsilon = noise.normal(DRAWS, d, generator=torch.Generator().manual_seed(0)).numpy()[:, vaes.order(name)]
    pictures = vaes.decode_all(code.mean + code.sigma * epsilon, name)[:, 0].astype(np.float64)
    p = np.clip(pictures, 1e-12, 1 - 1e-12)
    by_hand = -np.where(pixels > 0, np.log(p), np.log1p(-p)).sum((1, 2)).mean()
    assert code.reconstruction == pytest.approx(by_hand, rel=1e-2)  # float32 rounds a painted 1 − 1e-8 to 1
    many = np.random.default_rng(1).normal(size=(900, d)).astype(np.float32)
    p = np.clip(vaes.decode_all(code.mean + code.sigma * many, name)[:, 0].astype(np.float64), 1e-7, 1 - 1e-7)
    nats = -np.where(pixels > 0, np.log(p), np.log1p(-p)).sum((1, 2))
    error = nats.std() * (1 / 900 + 1 / DRAWS) ** 0.5
    assert abs(code.reconstruction - nats.mean()) < 4 * error, "and so for draws of any noise"
