"""DRAW: a canvas that is painted stroke by stroke.

Gregor et al. 2015, "DRAW: A Recurrent Neural Network For Image Generation". At each of T steps (equations 3 to 8)

    x̂ = x − σ(c)                           the error image
    r = read(x, x̂, h_dec)                  a glimpse
    h_enc = LSTM_enc(h_enc, [r, h_dec])
    z ~ Q(z | h_enc)                        a Gaussian latent (equations 1 and 2)
    h_dec = LSTM_dec(h_dec, z)
    c = c + write(h_dec)                    a stroke

and in the end p(x | z) is Bernoulli with means σ(c_T). To generate (section 2.3), z comes from the prior and
nothing is read.

Where we deviate: fewer steps and 5×5 glimpses, to train on a CPU; the attention layers begin with a bias that
opens the window over the whole image; the first canvas is learned, as are the first hidden states.

Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels, ``N``, ``M`` filters a side (read, write), ``h`` hidden.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core import noise
from core.models.base import Generate, LossTerms, Reconstruct, Request, array, randn
from core.nn import attention
from core.nn.likelihood import bernoulli_nats, gaussian_kl, gaussian_log_ratio
from core.trace import Array, Mark, MarkKind, Step


@dataclass(frozen=True)
class DrawConfig:
    """Defaults are table 3's MNIST row unless marked."""

    channels: int = 1
    height: int = 28
    width: int = 28
    steps: int = 16  # ours: the paper takes 64; 16 suit a CPU
    hidden: int = 256
    latent: int = 100
    attention: bool = True
    read_size: int = 5  # ours: 2 starves when there are few steps
    write_size: int = 5


class State(NamedTuple):
    """What is carried from one step to the next: hidden states and cells (b, h), canvas logits (b, c, H, W)."""

    h_enc: Tensor
    c_enc: Tensor
    h_dec: Tensor
    c_dec: Tensor
    canvas: Tensor


class Look(NamedTuple):
    """A read: the flat input of the encoder (b, 2·c·N·N), its window, and the (b, c, N, N) of image and error image."""

    r: Tensor
    window: attention.Window | None
    glimpse: Tensor | None
    error: Tensor | None


class Stroke(NamedTuple):
    """A write: what is added to the canvas (b, c, H, W), its window and the (b, c, M, M) patch behind it."""

    ink: Tensor
    window: attention.Window | None
    patch: Tensor | None


Aim = Callable[[attention.Window], attention.Window]
"""What takes the window that a step wants to write through and answers with the one that it does write through."""


class AttentionRead(nn.Module):
    """Equation 27: read image and error image through the same window."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.n = config.read_size
        self.size = 2 * config.channels * self.n**2
        self.window = attention.open_window(config.hidden, config.height, config.width, self.n)

    def forward(self, x: Tensor, error: Tensor, h_dec: Tensor) -> Look:
        w = attention.window(self.window(h_dec), x.shape[-2], x.shape[-1], self.n)
        both = attention.read(torch.cat([x, error], 1), w, self.n)
        return Look(both.flatten(1), w, *both.chunk(2, 1))


class WholeRead(nn.Module):
    """Equation 17: without attention the encoder sees everything at every step."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.size = 2 * config.channels * config.height * config.width

    def forward(self, x: Tensor, error: Tensor, h_dec: Tensor) -> Look:
        return Look(torch.cat([x, error], 1).flatten(1), None, None, None)


class AttentionWrite(nn.Module):
    """Equations 28 and 29: a patch, laid on the canvas through a window of its own."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.shape = (config.channels, config.write_size, config.write_size)
        self.canvas = (config.height, config.width)
        self.window = attention.open_window(config.hidden, *self.canvas, config.write_size)
        self.patch = nn.Linear(config.hidden, math.prod(self.shape))

    def forward(self, h_dec: Tensor, aim: Aim | None = None) -> Stroke:
        w = attention.window(self.window(h_dec), *self.canvas, self.shape[-1])
        w = w if aim is None else aim(w)
        patch = self.patch(h_dec).float().unflatten(1, self.shape)
        return Stroke(attention.write(patch, w, *self.canvas), w, patch)


class WholeWrite(nn.Module):
    """Equation 18: without attention every step writes the whole canvas."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.shape = (config.channels, config.height, config.width)
        self.ink = nn.Linear(config.hidden, math.prod(self.shape))

    def forward(self, h_dec: Tensor) -> Stroke:
        return Stroke(self.ink(h_dec).float().unflatten(1, self.shape), None, None)


class Draw(nn.Module):
    """The whole painter."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.config = config
        self.read = AttentionRead(config) if config.attention else WholeRead(config)
        self.write = AttentionWrite(config) if config.attention else WholeWrite(config)
        self.encoder = nn.LSTMCell(self.read.size + config.hidden, config.hidden)
        self.posterior = nn.Linear(config.hidden, 2 * config.latent)
        self.decoder = nn.LSTMCell(config.latent, config.hidden)
        self.initial = nn.Parameter(torch.zeros(4, config.hidden))
        self.initial_canvas = nn.Parameter(torch.zeros(config.channels, config.height, config.width))

    def start(self, batch: int) -> State:
        """The state before the first step."""
        h_enc, c_enc, h_dec, c_dec = (row.expand(batch, -1) for row in self.initial)
        return State(h_enc, c_enc, h_dec, c_dec, self.initial_canvas.expand(batch, -1, -1, -1))

    def look(self, x: Tensor, state: State) -> tuple[Look, Tensor, Tensor, Tensor, Tensor]:
        """Equations 3 to 5 and 1, 2: the glimpse, the encoder's new (h, c), and mean and log σ of Q(z), (b, z)."""
        look = self.read(x, x - state.canvas.sigmoid(), state.h_dec)
        h_enc, c_enc = self.encoder(torch.cat([look.r, state.h_dec], 1), (state.h_enc, state.c_enc))
        mean, log_sigma = self.posterior(h_enc).float().chunk(2, 1)
        return look, h_enc, c_enc, mean, log_sigma

    def stroke(self, z: Tensor, state: State, aim: Aim | None = None) -> tuple[Stroke, State]:
        """Equations 7 and 8: decode a latent (b, z) and add to the canvas.

        With an ``aim`` the patch is laid through the window that it gives; only for painters with attention.
        """
        h_dec, c_dec = self.decoder(z, (state.h_dec, state.c_dec))
        stroke = self.write(h_dec) if aim is None else self.write(h_dec, aim)
        return stroke, state._replace(h_dec=h_dec, c_dec=c_dec, canvas=state.canvas + stroke.ink)

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Equations 9 to 12 for x (b, c, H, W) in [0, 1], with one sample of the latents."""
        noise = randn(self.config.steps, len(x), self.config.latent, generator=generator)
        return self.bound(x, noise)

    def bound(self, x: Tensor, noise: Tensor) -> LossTerms:
        """The loss as a function of its noise (T, b, z)."""
        state = self.start(len(x))
        kl = log_ratio = torch.zeros(len(x), device=x.device)
        for epsilon in noise.unbind(0):
            _, h_enc, c_enc, mean, log_sigma = self.look(x, state)
            kl = kl + gaussian_kl(mean, log_sigma)
            z = mean + log_sigma.exp() * epsilon
            log_ratio = log_ratio + gaussian_log_ratio(z, mean, log_sigma)
            _, state = self.stroke(z, state._replace(h_enc=h_enc, c_enc=c_enc))
        return LossTerms(bernoulli_nats(state.canvas, x), kl, log_ratio)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator, length: int | None = None) -> Iterator[Step]:
        """One :class:`Step` a stroke; the image is σ(canvas). Answers ``Generate`` and ``Reconstruct``.

        There are ``length`` strokes, by itself as many as the config says.
        """
        if isinstance(request, Reconstruct):
            x, batch = request.images, len(request.images)
        elif isinstance(request, Generate):
            x, batch = None, request.count
        else:
            raise TypeError("DRAW can generate and reconstruct; completing is what pixel models do.")
        temperature = request.temperature if isinstance(request, Generate) else 1.0
        length = self.config.steps if length is None else length
        yield from self.strokes(x, temperature * self.noise(length, batch, generator))

    def noise(self, length: int, batch: int, generator: torch.Generator) -> Tensor:
        """(length, b, z): each picture's own (:mod:`core.noise`).

        A longer painting begins with the numbers of every shorter one of the same seed.
        """
        steps, latent = self.config.steps, self.config.latent

        def of_one(own: torch.Generator) -> Tensor:
            # Torch draws other numbers when asked piece by piece. So what goes beyond the strokes it was trained with
            # is drawn stroke by stroke, and what falls short is cut off.
            trained = torch.randn(steps, latent, generator=own)
            beyond = [torch.randn(1, latent, generator=own) for _ in range(length - steps)]
            return torch.cat([trained, *beyond])[:length]

        return noise.of_each(batch, of_one, generator).transpose(0, 1)

    @torch.no_grad()
    def strokes(self, x: Tensor | None, noise: Tensor) -> Iterator[Step]:
        """The painting as a function of its noise (T, b, z): a copy of ``x`` (b, c, H, W), or imagined without one."""
        state = self.start(noise.shape[1])
        for epsilon in noise.unbind(0):
            step, state = self.advance(x, epsilon, state)
            yield step

    @torch.no_grad()
    def advance(self, x: Tensor | None, epsilon: Tensor, state: State, aim: Aim | None = None) -> tuple[Step, State]:
        """One step of :meth:`strokes` from ``state``, with the noise (b, z) of that step; ``aim`` as for a stroke."""
        look, z, nats = None, epsilon, {}
        if x is not None:
            look, h_enc, c_enc, mean, log_sigma = self.look(x, state)
            z = mean + log_sigma.exp() * epsilon
            state = state._replace(h_enc=h_enc, c_enc=c_enc)
            nats["kl"] = gaussian_kl(mean, log_sigma)
        stroke, state = self.stroke(z, state, aim)
        if x is not None:
            nats["reconstruction_nats"] = bernoulli_nats(state.canvas, x)  # were this the last stroke
        return self._step(state, look, stroke, nats), state

    def _step(self, state: State, look: Look | None, stroke: Stroke, nats: dict[str, Tensor]) -> Step:
        marks: list[Mark] = []
        patches: dict[str, Array] = {}
        scalars = {name: array(value) for name, value in nats.items()}
        windows: list[tuple[MarkKind, attention.Window | None, int]] = [
            ("read", look.window if look else None, self.config.read_size),
            ("write", stroke.window, self.config.write_size),
        ]
        for kind, w, n in windows:
            if w is None:
                continue
            box = attention.geometry(w, n)
            x, y, size, precision = (array(v) for v in (box.x, box.y, box.size, box.precision))
            marks.append(Mark(kind, x, y, size, size, precision))
            values = {"x": x, "y": y, "stride": w.delta, "variance": w.sigma2, "intensity": w.gamma}
            scalars |= {f"{kind}_{k}": v if k in "xy" else array(v) for k, v in values.items()}
        if look is not None and look.glimpse is not None and look.error is not None:
            patches |= {"read": array(look.glimpse), "read_error": array(look.error)}
        if stroke.patch is not None:
            patches["write"] = array(stroke.patch)
        return Step(array(state.canvas.sigmoid()), tuple(marks), scalars, patches)
