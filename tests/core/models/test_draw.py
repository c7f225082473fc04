import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.models.base import Complete, Generate, Reconstruct
from core.models.draw import Draw, DrawConfig
from core.nn import noise as pictures_noise
from core.studies import draw_between, draw_pen, draw_time
from core.trace import Step
from tests.core import small

Matrix = NDArray[np.float64]

CONFIG = DrawConfig(height=6, width=8, steps=3, hidden=5, latent=4, read_size=2, write_size=3)
COLOUR = replace(CONFIG, channels=3, height=20, width=24)
WHOLE = replace(CONFIG, attention=False)
ONE_FILTER = replace(CONFIG, read_size=1, write_size=1)
EVERY = pytest.mark.parametrize(
    "config", [CONFIG, WHOLE, COLOUR, ONE_FILTER], ids=["attention", "whole", "colour", "one filter"]
)


def model(config: DrawConfig) -> Draw:
    made: Draw = small.build(config)
    small.shake(made, 0.2)
    return made


def noise(config: DrawConfig, batch: int, seed: int = 0) -> Tensor:
    """The noise that ``steps`` draws, (T, b, z)."""
    own = [pictures_noise.own(small.generator(seed), index) for index in range(batch)]
    return torch.stack([torch.randn(config.steps, config.latent, generator=each) for each in own], 1)


class NumpyDraw:
    """DRAW once more, from the paper, in NumPy and float64: loops over pictures, pixels counted from 1."""

    def __init__(self, draw: Draw) -> None:
        self.config = draw.config
        self.weights = {name: value.double().numpy() for name, value in draw.state_dict().items()}

    def linear(self, name: str, x: Matrix) -> Matrix:
        return np.asarray(self.weights[f"{name}.weight"] @ x + self.weights[f"{name}.bias"])

    def lstm(self, name: str, x: Matrix, h: Matrix, c: Matrix) -> tuple[Matrix, Matrix]:
        w = {key: self.weights[f"{name}.{key}"] for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        gates = w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"]
        i, f, g, o = np.split(gates, 4)  # PyTorch's order
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    def filters(self, name: str, h_dec: Matrix, n: int) -> tuple[Matrix, Matrix, float]:
        """Equations 19 to 26."""
        gx, gy, log_sigma2, log_delta, log_gamma = self.linear(name, h_dec)
        height, width = self.config.height, self.config.width
        delta = (max(height, width) - 1) / max(n - 1, 1) * math.exp(log_delta)

        def bank(g: float, length: int) -> Matrix:
            rows = np.zeros((n, length))
            for i in range(1, n + 1):
                mu = (length + 1) / 2 * (g + 1) + (i - n / 2 - 0.5) * delta
                for a in range(1, length + 1):
                    rows[i - 1, a - 1] = math.exp(-((a - mu) ** 2) / (2 * math.exp(log_sigma2)))
            return np.asarray(rows / rows.sum(1, keepdims=True))

        return bank(gx, width), bank(gy, height), math.exp(log_gamma)

    def paint(self, x: Matrix, epsilon: Matrix) -> tuple[Matrix, list[float], float]:
        """Equations 3 to 8 for one picture (c, H, W): the canvas, and KL of each step and the log ratio in all."""
        h_enc, c_enc, h_dec, c_dec = self.weights["initial"]
        canvas, kls, log_ratio = self.weights["initial_canvas"], [], 0.0
        n, m = self.config.read_size, self.config.write_size
        for noise_t in epsilon:
            error = x - sigmoid(canvas)
            f_x, f_y, gamma = self.filters("read.window", h_dec, n)
            glimpses = [gamma * f_y @ picture @ f_x.T for picture in (*x, *error)]
            r = np.concatenate([glimpse.ravel() for glimpse in glimpses])
            h_enc, c_enc = self.lstm("encoder", np.concatenate([r, h_dec]), h_enc, c_enc)
            mu, log_sigma = np.split(self.linear("posterior", h_enc), 2)
            sigma = np.exp(log_sigma)
            z = mu + sigma * noise_t
            kls.append(float(0.5 * (mu**2 + sigma**2 - np.log(sigma**2) - 1).sum()))
            log_ratio += float((-0.5 * noise_t**2 - np.log(sigma) + 0.5 * z**2).sum())
            h_dec, c_dec = self.lstm("decoder", z, h_dec, c_dec)
            f_x, f_y, gamma = self.filters("write.window", h_dec, m)
            patches = self.linear("write.patch", h_dec).reshape(-1, m, m)
            canvas = canvas + np.stack([f_y.T @ patch @ f_x / gamma for patch in patches])
        return canvas, kls, log_ratio


def sigmoid(x: Matrix) -> Matrix:
    return np.asarray(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("config", [CONFIG, replace(COLOUR, height=7, width=5), ONE_FILTER])
def test_it_equals_the_paper_written_once_more_in_numpy(config: DrawConfig) -> None:
    draw, x = model(config), torch.rand(2, config.channels, config.height, config.width, generator=small.generator(1))
    epsilon = noise(config, 2)
    with torch.no_grad():
        terms = draw.bound(x, epsilon)
    steps = list(draw.steps(Reconstruct(x), small.generator(0)))
    for b in range(2):
        v = x[b].double().numpy()
        canvas, kls, log_ratio = NumpyDraw(draw).paint(v, epsilon[:, b].double().numpy())
        p = sigmoid(canvas)
        np.testing.assert_allclose(steps[-1].image[b], p, atol=1e-5)
        np.testing.assert_allclose([step.scalars["kl"][b] for step in steps], kls, rtol=1e-4)
        nats = -(v * np.log(p) + (1 - v) * np.log(1 - p)).sum()
        assert float(terms.reconstruction[b]) == pytest.approx(float(nats), rel=1e-5)
        assert float(terms.kl[b]) == pytest.approx(sum(kls), rel=1e-4)
        assert float(terms.log_ratio[b]) == pytest.approx(log_ratio, rel=1e-4, abs=1e-4)


def ink_of(draw: Draw, step: Step) -> Tensor:
    """What a step wrote, from its patch and its mark alone."""
    (write,) = (mark for mark in step.marks if mark.kind == "write")
    height, width, n = draw.config.height, draw.config.width, draw.config.write_size
    stride, gamma = step.scalars["write_stride"], step.scalars["write_intensity"]
    ink = np.zeros(step.image.shape)
    for b in range(len(ink)):
        banks = []
        for centre, length in ((write.y[b], height), (write.x[b], width)):
            means = np.array([[centre + (i - (n - 1) / 2) * stride[b]] for i in range(n)])
            rows = np.exp(-(((np.arange(length) + 0.5 - means) * write.precision[b]) ** 2) / 2)
            banks.append(rows / rows.sum(1, keepdims=True))
        ink[b] = banks[0].T @ step.patches["write"][b] @ banks[1] / gamma[b]
    return torch.from_numpy(ink)


@pytest.mark.parametrize("config", [CONFIG, COLOUR, ONE_FILTER])
@pytest.mark.parametrize("read", [False, True], ids=["generate", "reconstruct"])
def test_the_canvas_is_the_first_canvas_and_the_writes_that_the_trace_reports(config: DrawConfig, read: bool) -> None:
    draw = model(config)
    canvas = draw.initial_canvas.detach().double().expand(2, -1, -1, -1).clone()
    for step in draw.steps(Reconstruct(small.ink(2, config)) if read else Generate(2), small.generator()):
        canvas += ink_of(draw, step)
        np.testing.assert_allclose(step.image, canvas.sigmoid(), atol=1e-5)


@EVERY
def test_every_frame_is_the_sigmoid_of_the_first_canvas_and_the_strokes_so_far(config: DrawConfig) -> None:
    draw, z = model(config), noise(config, 2)
    state, canvas = draw.start(2), draw.initial_canvas.detach().expand(2, -1, -1, -1)
    with torch.no_grad():
        for step, z_t in zip(draw.steps(Generate(2), small.generator(0)), z, strict=True):
            stroke, state = draw.stroke(z_t, state)
            assert stroke.ink.shape == step.image.shape
            canvas = canvas + stroke.ink
            torch.testing.assert_close(state.canvas, canvas)
            np.testing.assert_allclose(step.image, canvas.sigmoid(), atol=1e-6)


@EVERY
def test_the_kl_of_the_steps_sums_to_that_of_the_loss(config: DrawConfig) -> None:
    draw, x = model(config), small.ink(3, config)
    steps = list(draw.steps(Reconstruct(x), small.generator(0)))
    terms = draw.bound(x, noise(config, 3))
    np.testing.assert_allclose(sum(step.scalars["kl"] for step in steps), terms.kl.detach(), rtol=1e-5)
    canvas = torch.from_numpy(steps[-1].image).double().logit()
    nats = torch.nn.functional.binary_cross_entropy_with_logits(canvas, x.double(), reduction="none").sum((1, 2, 3))
    torch.testing.assert_close(nats, terms.reconstruction.detach().double(), rtol=1e-4, atol=1e-4)


READERS: dict[str, Callable[[Draw, Tensor], object]] = {
    "loss": lambda draw, x: draw.loss(x, small.generator()),
    "copy": lambda draw, x: list(draw.steps(Reconstruct(x), small.generator())),
    "imagined": lambda draw, x: list(draw.steps(Generate(2), small.generator())),
    "latents": lambda draw, x: draw_between.latents(draw, x, noise(draw.config, 1)),
    "erased strokes": lambda draw, x: draw_time.erased(draw, x, "stroke", small.generator()),
    "pen": lambda draw, x: draw_pen.painting(draw, x, noise(draw.config, 1), ()),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_look_latent_and_stroke_are_written_once_for_all_who_paint(
    reader: Callable[[Draw, Tensor], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {"turn": 0, "look": 0, "stroke": 0}

    def counted(name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object) -> object:
            calls[name] += 1
            return method(*given)

        return call

    for name in calls:
        monkeypatch.setattr(Draw, name, counted(name, getattr(Draw, name)))
    reader(model(CONFIG), small.ink(1, CONFIG))
    assert calls["turn"] == calls["stroke"] == CONFIG.steps and calls["look"] in (0, CONFIG.steps)


@pytest.mark.parametrize("latent", [4, 100, 7])
def test_of_one_picture_loss_and_steps_draw_the_same_noise_from_the_same_seed(latent: int) -> None:
    config = replace(CONFIG, latent=latent)
    draw, x = model(config), small.ink(1, config)
    with torch.no_grad():
        loss = draw.loss(x, small.generator(3)).kl
    shown = sum(step.scalars["kl"] for step in draw.steps(Reconstruct(x), small.generator(3)))
    np.testing.assert_allclose(shown, loss, rtol=1e-5)


@EVERY
def test_the_same_seed_gives_the_same_trace_and_another_seed_another(config: DrawConfig) -> None:
    draw = model(config)
    for request in (Generate(2), Reconstruct(small.ink(2, config))):
        first, again, other = (list(draw.steps(request, small.generator(seed))) for seed in (1, 1, 2))
        assert len(first) == config.steps
        for a, b, c in zip(first, again, other, strict=True):
            np.testing.assert_array_equal(a.image, b.image)
            assert not np.array_equal(a.image, c.image)
            assert a.scalars.keys() == b.scalars.keys() and a.patches.keys() == b.patches.keys()
            for name in a.scalars:
                np.testing.assert_array_equal(a.scalars[name], b.scalars[name])
            for name in a.patches:
                np.testing.assert_array_equal(a.patches[name], b.patches[name])


@EVERY
def test_a_longer_painting_begins_as_the_shorter_ones_of_its_seed(config: DrawConfig) -> None:
    draw = model(config)
    for request in (Generate(2), Reconstruct(small.ink(2, config))):
        longest = list(draw.steps(request, small.generator(1), 9))
        for length in (1, 2, 3, 4, 5, 8, 9):
            shorter = list(draw.steps(request, small.generator(1), length))
            assert len(shorter) == length
            for a, b in zip(shorter, longest, strict=False):
                np.testing.assert_array_equal(a.image, b.image)
        trained = list(draw.steps(request, small.generator(1)))
        np.testing.assert_array_equal(trained[-1].image, longest[config.steps - 1].image)


def test_the_strokes_beyond_the_trained_ones_have_noise_of_their_own() -> None:
    drawn = model(replace(CONFIG, latent=100)).noise(40, 5, small.generator(0)).numpy()
    np.testing.assert_array_equal(drawn[:3], noise(replace(CONFIG, latent=100), 5).numpy())
    assert drawn.shape == (40, 5, 100) and len(np.unique(drawn)) > 0.99 * drawn.size
    beyond = drawn[3:]
    assert abs(beyond.mean()) < 0.03 and abs(beyond.std() - 1) < 0.03


def test_temperature_scales_the_prior() -> None:
    draw = model(CONFIG)
    one, other = (list(draw.steps(Generate(2, temperature=0.0), small.generator(seed)))[-1].image for seed in (1, 2))
    np.testing.assert_array_equal(one, other)
    with torch.no_grad():
        _, state = draw.stroke(0.5 * noise(CONFIG, 2)[0], draw.start(2))
    first = next(draw.steps(Generate(2, temperature=0.5), small.generator(0)))
    np.testing.assert_allclose(first.image, state.canvas.sigmoid(), atol=1e-6)


@EVERY
def test_generating_does_not_use_the_encoder(config: DrawConfig) -> None:
    draw = model(config)

    def last() -> NDArray[np.float32]:
        return list(draw.steps(Generate(2), small.generator()))[-1].image

    before = last()
    for part in (draw.encoder, draw.posterior, draw.read):
        small.shake(part, 5.0)
    np.testing.assert_array_equal(last(), before)
    small.shake(draw.decoder, 0.5)
    assert not np.array_equal(last(), before)


@EVERY
def test_each_picture_of_a_batch_is_painted_on_its_own(config: DrawConfig) -> None:
    draw, x, epsilon = model(config), small.ink(3, config), noise(config, 3)
    with torch.no_grad():
        together = draw.bound(x, epsilon).total
        alone = torch.cat([draw.bound(x[b : b + 1], epsilon[:, b : b + 1]).total for b in range(3)])
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize(("config", "reads"), [(CONFIG, True), (COLOUR, True), (WHOLE, False)])
def test_a_reconstruction_shows_its_glimpses_and_both_windows(config: DrawConfig, reads: bool) -> None:
    draw, x = model(config), small.ink(2, config)
    for step in draw.steps(Reconstruct(x), small.generator()):
        assert step.image.shape == x.shape and step.scalars["kl"].shape == (2,)
        assert [mark.kind for mark in step.marks] == (["read", "write"] if reads else [])
        shapes = {name: patch.shape for name, patch in step.patches.items()}
        c = config.channels
        read = {"read": (2, c, 2, 2), "read_error": (2, c, 2, 2)}
        assert shapes == (read | {"write": (2, c, 3, 3)} if reads else {})
    for step in draw.steps(Generate(2), small.generator()):
        assert [mark.kind for mark in step.marks] == (["write"] if reads else []) and "kl" not in step.scalars


def test_the_glimpse_that_is_shown_is_what_the_window_reads_of_the_picture() -> None:
    # One row of γ F_Y x F_Xᵀ by hand: a picture of constant grey shows γ times that grey.
    draw, grey = model(CONFIG), torch.full((2, 1, 6, 8), 0.25)
    for step in draw.steps(Reconstruct(grey), small.generator()):
        expected = 0.25 * step.scalars["read_intensity"][:, None, None, None] * np.ones((2, 1, 2, 2))
        np.testing.assert_allclose(step.patches["read"], expected, rtol=1e-5)


def test_a_copy_tells_at_each_stroke_what_is_missing_under_its_window_and_in_nats() -> None:
    draw, x = model(CONFIG), small.ink(2, CONFIG)
    before = draw.initial_canvas.detach().sigmoid().expand_as(x).numpy()
    steps = list(draw.steps(Reconstruct(x), small.generator()))
    for step in steps:
        p, ink = step.image.astype(np.float64), x.numpy()
        nats = -np.log(np.where(ink == 1, p, 1 - p)).sum((1, 2, 3))
        np.testing.assert_allclose(step.scalars["reconstruction_nats"], nats, rtol=1e-4)
    (read, *_), scalars = steps[0].marks, steps[0].scalars
    for b in range(2):  # γ F_Y (x − σ(c)) F_Xᵀ in loops, from the window that the step shows
        banks = []
        for centre, length in ((read.y[b] + 0.5, 6), (read.x[b] + 0.5, 8)):
            rows = np.zeros((2, length))
            for i in range(2):
                mu = centre + (i + 1 - 1 - 0.5) * scalars["read_stride"][b]
                a = np.arange(1, length + 1)
                rows[i] = np.exp(-((a - mu) ** 2) / (2 * scalars["read_variance"][b]))
                rows[i] /= rows[i].sum()
            banks.append(rows)
        missing = banks[0] @ (x.numpy()[b, 0] - before[b, 0]) @ banks[1].T * scalars["read_intensity"][b]
        np.testing.assert_allclose(steps[0].patches["read_error"][b, 0], missing, rtol=1e-4, atol=1e-5)


def test_an_untrained_window_spans_the_image() -> None:
    config = DrawConfig()
    (step,) = [next(small.build(config).steps(Reconstruct(small.ink(1, config)), small.generator()))]
    for mark in step.marks:
        assert abs(float(mark.x[0]) - 14) < 2 and abs(float(mark.y[0]) - 14) < 2
        assert 24 < float(mark.width[0]) < 44


@pytest.mark.parametrize("config", [CONFIG, WHOLE], ids=["attention", "whole"])
def test_the_gradient_of_the_loss_equals_finite_differences(
    config: DrawConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The casts to float32 serve bfloat16; without them everything stays in float64, where differences are exact.
    monkeypatch.setattr(Tensor, "float", lambda self: self)
    draw = model(config).double()
    x, epsilon = small.ink(2, config).double(), noise(config, 2).double()

    def nats() -> Tensor:
        return draw.bound(x, epsilon).total.sum()

    nats().backward()
    for name, parameter in draw.named_parameters():
        direction = torch.randn(parameter.shape, generator=small.generator(1), dtype=torch.float64)
        assert parameter.grad is not None, name
        along = float((parameter.grad * direction).sum())
        assert along != 0, name
        assert along == pytest.approx(small.slope(nats, parameter, direction), rel=1e-5, abs=1e-7), name


def test_completing_is_refused() -> None:
    x = small.ink(1, CONFIG)
    with pytest.raises(TypeError, match="pixel models"):
        next(model(CONFIG).steps(Complete(x, x[:, 0] > 0), small.generator()))


@pytest.mark.slow
@pytest.mark.parametrize("attention", [True, False], ids=["attention", "whole"])
def test_one_batch_is_learned_by_heart(attention: bool) -> None:
    config = replace(CONFIG, height=8, attention=attention, hidden=32, read_size=3, write_size=4)
    boxes = torch.zeros(2, 1, 8, 8)
    boxes[0, 0, 1:4, 1:4] = 1
    boxes[1, 0, 3:7, 4:7] = 1
    before, after = small.overfit(small.build(config), boxes.repeat(4, 1, 1, 1), 150, learning_rate=5e-3)
    assert after < 0.3 * before  # below the 21 ln 2 nats that remain for one who cannot tell the two apart
