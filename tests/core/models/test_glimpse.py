"""The glimpse classifier against a second one in NumPy loops; its aim, and windows of one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import Complete, Generate, Reconstruct
from core.models.glimpse import Glance, GlimpseClassifier, GlimpseConfig
from core.nn.attention import Window
from core.trace import CanvasTrace
from tests.core import small

Floats = NDArray[np.float64]
CONFIG = GlimpseConfig(height=9, width=12, steps=3, hidden=7, features=6, read_size=3)
RANDOM = replace(CONFIG, aim="random")
NUMBERS = ("g_x", "g_y", "sigma2", "delta", "gamma")
BOTH = pytest.mark.parametrize("config", [CONFIG, RANDOM], ids=["learned", "random"])


def classifier(config: GlimpseConfig = CONFIG) -> GlimpseClassifier:
    made: GlimpseClassifier = small.build(config)
    small.shake(made, 0.4)
    return made


def weights(model: torch.nn.Module) -> dict[str, Floats]:
    return {name: value.double().numpy() for name, value in model.state_dict().items()}


def sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def filters(g: float, delta: float, sigma2: float, n: int, length: int) -> Floats:
    """Equations 19, 20 and 25, a filter and a pixel at a time, counted from 1: (n, length)."""
    rows = []
    for i in range(1, n + 1):
        mu = g + (i - n / 2 - 0.5) * delta
        row = np.array([np.exp(-((a - mu) ** 2) / (2 * sigma2)) for a in range(1, length + 1)])
        rows.append(row / row.sum())
    return np.array(rows)


def numbers(window: Window, b: int) -> dict[str, float]:
    return {name: float(getattr(window, name)[b]) for name in NUMBERS}


def by_hand(model: GlimpseClassifier, picture: Floats, given: list[dict[str, float]] | None = None) -> Floats:
    """Logits (T, k) for one picture (H, W), in float64 from the weights alone; or with windows that are given."""
    w, c = weights(model), model.config
    h, cell = w["initial"]
    out = []
    for t in range(c.steps):
        five = w["aim.weight"] @ h + w["aim.bias"]
        look = {
            "g_x": (c.width + 1) / 2 * (five[0] + 1),
            "g_y": (c.height + 1) / 2 * (five[1] + 1),
            "sigma2": np.exp(five[2]),
            "delta": (max(c.height, c.width) - 1) / (c.read_size - 1) * np.exp(five[3]),
            "gamma": np.exp(five[4]),
        }
        look = given[t] if given else look
        f_x = filters(look["g_x"], look["delta"], look["sigma2"], c.read_size, c.width)
        f_y = filters(look["g_y"], look["delta"], look["sigma2"], c.read_size, c.height)
        patch = look["gamma"] * f_y @ picture @ f_x.T
        where = [2 * look["g_x"] / (c.width + 1) - 1, 2 * look["g_y"] / (c.height + 1) - 1, np.log(look["delta"])]
        seen = np.concatenate([patch.ravel(), where])
        features = np.maximum(w["features.weight"] @ seen + w["features.bias"], 0)
        gates = w["lstm.weight_ih"] @ features + w["lstm.bias_ih"] + w["lstm.weight_hh"] @ h + w["lstm.bias_hh"]
        enter, forget, candidate, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(candidate)
        h = sigmoid(leave) * np.tanh(cell)
        out.append(w["out.weight"] @ h + w["out.bias"])
    return np.array(out)


def images(count: int = 2, seed: int = 0) -> Tensor:
    return torch.rand(count, 1, CONFIG.height, CONFIG.width, generator=small.generator(seed))


def looked(model: GlimpseClassifier, x: Tensor, *own: Window | None, seed: int = 5) -> list[Glance]:
    with torch.no_grad():
        return list(model.glances(x, small.generator(seed), own or None))


def test_all_logits_equal_those_of_a_classifier_in_float64_numpy() -> None:
    model, x = classifier(), images()
    logits = model.judge(x, small.generator()).detach().numpy()
    assert logits.shape == (CONFIG.steps, 2, 10)
    for b in range(2):
        np.testing.assert_allclose(logits[:, b], by_hand(model, x[b, 0].double().numpy()), atol=2e-5)


def test_a_glimpse_is_what_the_filters_of_its_window_read_of_the_picture() -> None:
    model, x = classifier(), images()
    for glance in looked(model, x):
        for b in range(2):
            look = numbers(glance.window, b)
            f_x = filters(look["g_x"], look["delta"], look["sigma2"], CONFIG.read_size, CONFIG.width)
            f_y = filters(look["g_y"], look["delta"], look["sigma2"], CONFIG.read_size, CONFIG.height)
            expected = look["gamma"] * f_y @ x[b, 0].double().numpy() @ f_x.T
            np.testing.assert_allclose(glance.patch[b, 0].numpy(), expected, atol=1e-5)


@BOTH
def test_the_loss_is_the_mean_of_the_cross_entropies_after_each_glimpse(config: GlimpseConfig) -> None:
    model, x, labels = classifier(config), images(3), torch.tensor([4, 0, 9])
    with torch.no_grad():
        found = model.loss(x, small.generator(5), labels)
    random = looked(model, x)
    for b, label in enumerate(labels.tolist()):
        given = [numbers(glance.window, b) for glance in random] if config.aim == "random" else None
        logits = by_hand(model, x[b, 0].double().numpy(), given)
        nats = [float(np.log(np.exp(row).sum()) - row[label]) for row in logits]
        assert float(found.total[b]) == pytest.approx(sum(nats) / len(nats), abs=2e-5)
    assert not found.kl.any() and not found.log_ratio.any()


def test_the_gradient_of_the_loss_equals_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    # The casts to float32 serve bfloat16; without them everything stays in float64, where differences are exact.
    monkeypatch.setattr(Tensor, "float", lambda self: self)
    model, x, labels = classifier().double(), images().double(), torch.tensor([3, 7])

    def nats() -> Tensor:
        return model.loss(x, small.generator(), labels).total.sum()

    nats().backward()
    for name, parameter in model.named_parameters():
        direction = torch.randn(parameter.shape, generator=small.generator(1), dtype=torch.float64)
        assert parameter.grad is not None, name
        along = float((parameter.grad * direction).sum())
        assert along != 0, name
        assert along == pytest.approx(small.slope(nats, parameter, direction), rel=1e-4, abs=1e-7), name


def test_at_random_everything_is_learned_but_where_to_look() -> None:
    model = classifier(RANDOM)
    model.loss(images(), small.generator(), torch.tensor([3, 7])).total.sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is None) == name.startswith("aim."), name


@BOTH
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_window_of_ones_own_replaces_just_the_named_glimpse(config: GlimpseConfig, at: int) -> None:
    model, x = classifier(config), images(1)
    its = looked(model, x)
    own = Window(*(torch.tensor([value]) for value in (4.0, 6.0, 0.7, 1.5, 1.2)))
    windows: list[Window | None] = [None] * CONFIG.steps
    if config.aim == "random":
        windows = [glance.window for glance in its]
    windows[at] = own
    yours = looked(model, x, *windows)
    for t, (old, new) in enumerate(zip(its, yours, strict=True)):
        assert (new.window is own) == (t == at)
        assert torch.equal(old.logits, new.logits) == (t < at)
        same = numbers(old.window, 0) == numbers(new.window, 0)
        assert same == (t != at if config.aim == "random" else t < at)


def test_random_windows_lie_inside_the_picture_and_reach_every_part_of_it() -> None:
    model = classifier(RANDOM)
    window = model.random_window(4000, small.generator(2))
    half = (CONFIG.read_size - 1) / 2
    for g, length in ((window.g_x, CONFIG.width), (window.g_y, CONFIG.height)):
        assert g.min() - half >= 1 and g.max() + half <= length
        counts, _ = np.histogram(g.numpy(), bins=5, range=(1 + half, length - half))
        assert counts.min() > 0.85 * counts.mean()
    assert (window.delta == 1).all() and (window.gamma == 1).all() and (window.sigma2 == 0.25).all()


def test_equal_seeds_look_at_equal_places_and_others_at_others() -> None:
    model, x = classifier(RANDOM), images(1)
    first, again, other = ([numbers(glance.window, 0) for glance in looked(model, x, seed=s)] for s in (7, 7, 8))
    assert first == again != other
    assert len({look["g_x"] for look in first}) == CONFIG.steps


def test_where_it_looks_is_learned_only_from_what_it_has_seen_before() -> None:
    model = classifier()
    a, b = looked(model, images(1, 1)), looked(model, images(1, 2))
    assert numbers(a[0].window, 0) == numbers(b[0].window, 0), "nothing is known yet"
    assert numbers(a[1].window, 0) != numbers(b[1].window, 0)


def test_a_step_shows_the_probabilities_the_window_and_what_was_read() -> None:
    model, x = classifier(), images()
    trace = CanvasTrace.record(model.steps(Reconstruct(x), small.generator()))
    for step, glance in zip(trace, looked(model, x), strict=True):
        p = np.stack([step.scalars[f"{k}_probability"] for k in range(10)], 1)
        np.testing.assert_allclose(p, glance.logits.softmax(1).numpy(), atol=1e-6)
        np.testing.assert_array_equal(step.image, x.numpy())
        np.testing.assert_array_equal(step.patches["glimpse"], glance.patch.numpy())
        names = {"stride": "delta", "variance": "sigma2", "intensity": "gamma"}
        for name, field in names.items():
            np.testing.assert_array_equal(step.scalars[f"glimpse_{name}"], getattr(glance.window, field).numpy())


def test_the_box_that_is_drawn_is_where_the_filters_weigh() -> None:
    """On a ground so wide that no filter is cut off: the same share of both edge filters lies within, and no less."""
    model = classifier(replace(CONFIG, height=200, width=200))
    with torch.no_grad():
        model.aim.weight.zero_()
        model.aim.bias.copy_(torch.tensor([0.1, -0.2, 2.0, -2.5, 0.0]))
    x = torch.zeros(1, 1, 200, 200)
    step = next(model.steps(Reconstruct(x), small.generator()))
    (mark,), scalars = step.marks, {name: float(value[0]) for name, value in step.scalars.items()}
    for centre, size in ((mark.x, mark.width), (mark.y, mark.height)):
        low, high = float(centre[0] - size[0] / 2), float(centre[0] + size[0] / 2)
        bank = filters(float(centre[0]) + 0.5, scalars["glimpse_stride"], scalars["glimpse_variance"], 3, 200)
        pixels = np.arange(200) + 0.5  # the centres of the pixels, as traces count
        inside = bank[:, (pixels > low) & (pixels < high)].sum(1)
        assert inside.min() > 0.8 and inside[1] > 0.999  # one σ on the outer side, everything on the inner one
        assert inside[0] == pytest.approx(inside[2], abs=0.02)
        assert float((bank.mean(0) * pixels).sum()) == pytest.approx(float(centre[0]), abs=1e-3)


@pytest.mark.parametrize("wrong", ["generate", "complete"])
def test_it_paints_nothing(wrong: str) -> None:
    request: Any = Generate(1) if wrong == "generate" else Complete(images(), images()[:, 0] > 0.5)
    with pytest.raises(TypeError, match="cannot paint any"):
        next(classifier().steps(request, small.generator()))


@pytest.mark.slow
@BOTH
def test_a_few_pictures_are_learned_by_heart(config: GlimpseConfig) -> None:
    model = small.build(replace(config, hidden=32, features=24))
    x, labels = torch.zeros(4, 1, CONFIG.height, CONFIG.width), torch.arange(4)
    if config.aim == "random":
        x += torch.linspace(0, 1, 4)[:, None, None, None]  # to be told apart wherever one looks
    else:
        for k in range(4):
            x[k, :, 4 * (k // 2) : 4 * (k // 2) + 5, 6 * (k % 2) : 6 * (k % 2) + 6] = 1  # one bright quarter each
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(100):
        optimizer.zero_grad()
        model.loss(x, small.generator(step), labels).total.mean().backward()
        optimizer.step()
    with torch.no_grad():
        logits = model.judge(x, small.generator(1000))
    assert float(F.cross_entropy(logits[-1], labels)) < 0.3 < 2.3  # ln 10, of one who knows nothing
