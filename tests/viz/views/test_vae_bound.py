"""The views of what a digit costs show its numbers, and their sentences follow them whichever way they turn out."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.trace import CanvasTrace, Step
from tests.viz.traces import f32, walk_trace
from viz.player.payload import Player, decode, panel_data
from viz.views import vae_bound, vae_bound_tasks


def bound(kl: float = 12.0, rest: float = 60.0, undecided: float = 0.2, seed: int = 0) -> Any:
    """A made-up :class:`core.results.Bound` of a picture of 28×28."""
    rng = np.random.default_rng(seed)
    loss = rng.random((28, 28))
    return SimpleNamespace(
        painted=f32(rng.random((1, 1, 28, 28))),
        loss=f32(loss * rest / loss.sum()),
        kl=f32([kl / 2, kl / 3, kl / 6]),
        reconstruction=rest,
        bound=kl + rest,
        tightened=(kl + rest + 0.3, kl + rest - 2, kl + rest - 3.5),
        undecided=undecided,
    )


def sampled(d: int = 3, count: int = 4) -> Any:
    """A sample of two steps a stage, its pictures made up."""
    rng = np.random.default_rng(d)
    noise, mean, sigma = f32(rng.normal(size=(count, d))), f32(rng.normal(size=d)), f32(rng.uniform(0.1, 0.6, d))
    scaled = sigma * noise
    path = np.stack([noise, (noise + scaled) / 2, scaled, scaled + mean / 2, scaled + mean])
    trace = CanvasTrace(tuple(Step(f32(rng.random((count, 1, 28, 28)))) for _ in path))
    nats = f32(rng.random((5, count)))
    return SimpleNamespace(trace=trace, path=f32(path), nats=nats, noise=noise, mean=mean, sigma=sigma, scaled=2)


def outside(steps: int = 5) -> Any:
    trace = walk_trace(steps, 1, side=28)
    factor = np.linspace(0, 4, steps)
    mass = f32([0, 0.2, 0.6, 0.9995, 1])
    back = f32(np.random.default_rng(0).random((steps, 1, 28, 28)))
    return SimpleNamespace(
        trace=trace, back=back, factor=f32(factor), radius=f32(2 * factor), mass=mass, distance=f32(factor), latents=3
    )


DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[5:20, 12:15] = 255


def words(value: Player) -> str:
    assert value["note"] is not None
    return re.sub("<[^>]*>", "", value["note"]["html"])


def test_the_bars_of_one_price_fill_its_share_of_the_dearest_and_its_parts_add_up() -> None:
    html = vae_bound.bound_bars(bound(kl=12, rest=60))
    widths = [float(width) for width in re.findall(r"width: ([\d.]+)%", html)]
    top = 72.3
    np.testing.assert_allclose(widths, [100 * x / top for x in (12, 60, 72.3, 70, 68.5)], atol=0.011)
    assert re.findall(r"<b>([\d.]+)</b>", html) == ["72.0", "72.3", "70.0", "68.5"]
    assert "12.0 + 60.0 =" in html


def test_a_name_cannot_bring_html_into_the_bars_and_a_price_that_is_no_number_is_refused() -> None:
    assert "<img src=x>" not in vae_bound.bars([vae_bound.Price("<img src=x>", 3.0)])
    with pytest.raises(ValueError, match="finite"):
        vae_bound.bars([vae_bound.Price("a", float("nan"))])


def test_the_heat_map_goes_from_zero_to_the_dearest_pixel_which_the_note_names() -> None:
    made = bound()
    made.loss[7, 3] = 4.4
    value = vae_bound.bound_payload(DIGIT, made)
    heat = value["panels"][2]
    assert heat["map"] == "room" and heat["title"] == "Nats a pixel, 0 to 4.4"
    np.testing.assert_array_equal(panel_data(heat)[0, 0, :, :, 0], np.rint(made.loss / f32(4.4) * 255))
    assert value["note"] is not None and ["row, column", "8, 4"] in value["note"]["rows"]
    rows = dict(value["note"]["rows"])
    assert float(rows["all ink"].split()[0]) == pytest.approx(made.loss[DIGIT > 0].sum(), abs=0.06)
    assert float(rows["all paper"].split()[0]) == pytest.approx(made.loss[DIGIT == 0].sum(), abs=0.06)
    assert "72.0 nats" in words(value) and "down to 68.5" in words(value)


@pytest.mark.parametrize("d", [2, 3, 8, 20])
def test_a_throw_shows_a_dot_for_each_draw_at_the_place_of_its_number(d: int) -> None:
    made = sampled(d)
    picture = panel_data(vae_bound.sample_panel(made))[:, 0, :, :, 0]
    shown = min(d, vae_bound.ROWS)
    reach = max(4.0, np.ceil(np.abs(made.path[:, :, :shown]).max()), np.ceil(np.abs(made.mean[:shown]).max()))
    thick = max(1, 88 // (shown * 7))
    for t, draw, i in [(0, 0, 0), (2, 3, shown - 1), (4, 1, shown // 2)]:
        row = picture[t, i * 7 * thick + 3 * thick // 2 + draw * thick]
        dots = np.flatnonzero(row == 255)
        middle = (made.path[t, draw, i] / reach + 1) / 2 * 94 + 1
        assert len(dots) == 3 and abs(dots[1] - middle) <= 0.51


def test_the_stages_of_a_throw_have_their_words_and_its_table_the_numbers_of_the_draw() -> None:
    made = sampled()
    value = vae_bound.sample_payload(made)
    note = value["note"]
    assert note is not None and value["steps"] == 5 and value["cells"] == 4
    stage = note["values"]["stage"]
    index = decode(stage["index"], np.uint8, (5, 1))[:, 0]
    assert index.tolist() == [0, 1, 2, 3, 4] and stage["words"][4].startswith("z = μ + σ ε")
    last = note["values"]["z1"]
    np.testing.assert_allclose(decode(last["data"], np.float32, (1, 4))[0], made.path[-1, :, 1])
    assert value["cost"] is not None and value["cost"]["bars"] == 5


def test_of_many_numbers_the_throw_shows_eight_and_says_so() -> None:
    value = vae_bound.sample_payload(sampled(20))
    assert "Shown are the 8 numbers" in words(value) and value["note"] is not None and len(value["note"]["rows"]) == 9
    assert "Shown" not in words(vae_bound.sample_payload(sampled(8)))


def weights(*figures: tuple[float, float, float]) -> list[Any]:
    imagined = f32(np.random.default_rng(0).random((9, 1, 28, 28)))
    return [
        SimpleNamespace(beta=beta, bound=bound(kl, rest), imagined=imagined, undecided=grey)
        for beta, (kl, rest, grey) in zip((0.1, 1, 4), figures, strict=True)
    ]


def test_the_sentence_on_beta_names_whoever_the_numbers_name() -> None:
    text = words(vae_bound_tasks.beta_payload(weights((20, 50, 0.4), (9, 70, 0.3), (5, 90, 0.2))))
    assert "say after the code: β = 0.1, 50.0" in text and "cheapest code: β = 4, 5.0" in text
    assert "most decided imaginings: β = 4" in text
    text = words(vae_bound_tasks.beta_payload(weights((5, 90, 0.2), (5, 50, 0.3), (7, 50, 0.2))))
    assert "say after the code: β = 1 and β = 4" in text and "cheapest code: β = 0.1 and β = 1" in text
    text = words(vae_bound_tasks.beta_payload(weights(*[(5, 90, 0.2)] * 3)))
    assert text.count("each β alike") == 3


@pytest.mark.parametrize(
    ("likelihood", "squared", "said"),
    [
        ((20.0, 0.1), (8.0, 0.3), ("more than its twin's 10.0 %", "cheaper: 8.0 nats against 20.0")),
        ((8.0, 0.3), (20.0, 0.1), ("fewer than its twin's 30.0 %", "more expensive: 20.0 nats against 8.0")),
        ((8.0, 0.3), (8.0, 0.3), ("no more than its twin's", "no more expensive")),
    ],
)
def test_the_sentence_on_blur_follows_the_numbers(likelihood: Any, squared: Any, said: tuple[str, str]) -> None:
    bounds = [bound(kl, undecided=grey) for kl, grey in (likelihood, squared)]
    text = words(vae_bound_tasks.likelihood_payload(DIGIT, bounds))
    assert said[0] in text and said[1] in text


def test_the_way_outside_says_where_the_digits_own_code_is_and_where_the_prior_hardly_goes() -> None:
    value = vae_bound_tasks.outside_payload(outside())
    assert value["note"] is not None
    said = value["note"]["values"]["said"]
    assert decode(said["index"], np.uint8, (5, 1))[:, 0].tolist() == [0, 1, 0, 2, 2]
    assert all("<" not in text for text in said["words"]), "words are shown as they are"
    assert value["note"]["bar"]["value"] == "mass"
    assert "NaN" not in str(value)


def test_a_way_that_is_no_number_is_refused() -> None:
    made = outside()
    made.distance[2] = np.nan
    with pytest.raises(ValueError, match="finite"):
        vae_bound_tasks.outside_payload(made)
