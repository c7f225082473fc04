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
from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.models.base import Generate, LossTerms, Reconstruct, Request, array, device_of
from core.models.configs import DrawConfig
from core.nn import attention, noise
from core.nn.likelihood import bernoulli_nats, gaussian_kl, gaussian_log_ratio
from core.trace import Array, Mark, MarkKind, Step


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


class Turn(NamedTuple):
    """One step of the recurrence: a look, a latent, a stroke, and the state after it.

    ``look`` is None where nothing is copied; ``z`` (b, z) is the latent that was drawn. ``kl`` and ``log_ratio`` (b,)
    are what it costs, in nats (:class:`core.models.base.LossTerms`), 0 where nothing is copied.
    """

    look: Look | None
    z: Tensor
    kl: Tensor
    log_ratio: Tensor
    stroke: Stroke
    state: State


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

    def turn(self, x: Tensor | None, epsilon: Tensor, state: State, aim: Aim | None = None) -> Turn:
        """One step from ``state`` with its noise (b, z): of a copy of x (b, c, H, W), or imagined without one.

        ``aim`` is that of :meth:`stroke`.
        """
        if x is None:
            look, z = None, epsilon
            kl = log_ratio = epsilon.new_zeros(len(epsilon))
        else:
            look, h_enc, c_enc, mean, log_sigma = self.look(x, state)
            kl = gaussian_kl(mean, log_sigma)
            z = mean + log_sigma.exp() * epsilon
            log_ratio = gaussian_log_ratio(z, mean, log_sigma)
            state = state._replace(h_enc=h_enc, c_enc=c_enc)
        stroke, state = self.stroke(z, state, aim)
        return Turn(look, z, kl, log_ratio, stroke, state)

    def turns(self, x: Tensor | None, noise: Tensor) -> Iterator[Turn]:
        """The whole recurrence as a function of its noise (T, b, z), with gradients; ``x`` as in :meth:`turn`."""
        state = self.start(noise.shape[1])
        for epsilon in noise.unbind(0):
            turn = self.turn(x, epsilon, state)
            yield turn
            state = turn.state

    def loss(self, x: Tensor, generator: torch.Generator) -> LossTerms:
        """Equations 9 to 12 for x (b, c, H, W) in [0, 1], with one sample of the latents."""
        shape = self.config.steps, len(x), self.config.latent
        return self.bound(x, noise.randn(*shape, generator=generator, device=x.device))

    def bound(self, x: Tensor, noise: Tensor) -> LossTerms:
        """The loss as a function of its noise (T, b, z)."""
        kl = log_ratio = torch.zeros(len(x), device=x.device)
        for turn in self.turns(x, noise):
            kl, log_ratio = kl + turn.kl, log_ratio + turn.log_ratio
        return LossTerms(bernoulli_nats(turn.state.canvas, x), kl, log_ratio)

    @torch.no_grad()
    def steps(self, request: Request, generator: torch.Generator, length: int | None = None) -> Iterator[Step]:
        """One :class:`Step` a stroke; the image is σ(canvas). Answers ``Generate`` and ``Reconstruct``.

        There are ``length`` strokes, by default as many as the config says.
        """
        if isinstance(request, Reconstruct):
            x, batch = request.images.to(device_of(self)), len(request.images)
        elif isinstance(request, Generate):
            x, batch = None, request.count
        else:
            raise TypeError("DRAW can generate and reconstruct; completing is what pixel models do.")
        temperature = request.temperature if isinstance(request, Generate) else 1.0
        length = self.config.steps if length is None else length
        yield from self.strokes(x, temperature * self.noise(length, batch, generator))

    def noise(self, length: int, batch: int, generator: torch.Generator) -> Tensor:
        """(length, b, z): each picture's own (:mod:`core.nn.noise`), on the model's device.

        A longer painting begins with the numbers of every shorter one of the same seed.
        """
        steps, latent = self.config.steps, self.config.latent

        def of_one(own: torch.Generator) -> Tensor:
            # Torch draws other numbers when asked piece by piece. So what goes beyond the strokes it was trained with
            # is drawn stroke by stroke, and what falls short is cut off.
            trained = torch.randn(steps, latent, generator=own)
            beyond = [torch.randn(1, latent, generator=own) for _ in range(length - steps)]
            return torch.cat([trained, *beyond])[:length]

        return noise.of_each(batch, of_one, generator).transpose(0, 1).to(device_of(self))

    @torch.no_grad()
    def strokes(self, x: Tensor | None, noise: Tensor) -> Iterator[Step]:
        """The painting as a function of its noise (T, b, z): a copy of ``x`` (b, c, H, W), or imagined without one."""
        for turn in self.turns(x, noise):
            yield self.shown(turn, x)

    def shown(self, turn: Turn, x: Tensor | None) -> Step:
        """A turn of a copy of ``x``, or of an imagined painting, as a step of a trace."""
        look, stroke, canvas = turn.look, turn.stroke, turn.state.canvas
        marks: list[Mark] = []
        patches: dict[str, Array] = {}
        scalars: dict[str, Array] = {}
        if x is not None:  # what it would cost, were this the last stroke
            scalars = {"kl": array(turn.kl), "reconstruction_nats": array(bernoulli_nats(canvas, x))}
        windows: list[tuple[MarkKind, attention.Window | None, int]] = [
            ("read", look.window if look else None, self.config.read_size),
            ("write", stroke.window, self.config.write_size),
        ]
        for kind, w, n in windows:
            if w is None:
                continue
            box = attention.geometry(w, n)
            column, row, size, precision = (array(v) for v in (box.x, box.y, box.size, box.precision))
            marks.append(Mark(kind, column, row, size, size, precision))
            values = {"x": column, "y": row, "stride": w.delta, "variance": w.sigma2, "intensity": w.gamma}
            scalars |= {f"{kind}_{k}": v if k in "xy" else array(v) for k, v in values.items()}
        if look is not None and look.glimpse is not None and look.error is not None:
            patches |= {"read": array(look.glimpse), "read_error": array(look.error)}
        if stroke.patch is not None:
            patches["write"] = array(stroke.patch)
        return Step(array(canvas.sigmoid()), tuple(marks), scalars, patches)
