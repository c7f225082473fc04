"""PixelCNN in waves: slanted fronts that run over many rows at once, for :mod:`core.samplers.brush`.

A pixel depends on its own row to the left and on rows above, there only a little further to the right than it stands
itself. So row i + 1 may be painted while row i is still under way a few columns ahead, and row i + 2 behind it: a wave.

All pixels are laid on one line, pixel (i, j) at the place m·j + R·i, where R is the width and as many columns of
padding as the largest kernel reaches aside. With m coprime to R no two of them share a place, and each tap of a kernel
lies at one fixed distance: m to the left neighbour, R to the pixel above, R − m to the one above and to the right. With
m small enough every distance is m or more: the line is a causal order too, and m neighbours on it are independent.

Along this line a window of places is iterated as a row is in :mod:`core.samplers.rowwise`: roll all of it, then begin
again at the first change, before which everything is right. What the rows above bring lies further back than the
window is long; it is computed once, when a place enters the window. The picture needs about (H·R + m·W) / m steps in
turn instead of H·W, which matters where a step takes several passes: in colour, where a row rarely is what one guesses.

Shapes: ``b`` pictures, ``C`` channels, ``f`` features, ``k`` bottleneck features, ``L`` blocks, ``K`` logits for each
value, ``n`` places in the window, ``T`` on the line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from core.models.pixelcnn import PixelCNN
from core.models.raster import logits_per_value, roll
from core.samplers.canvas import Canvas, Pass, first_hidden_row
from core.samplers.pixelcnn import PixelCNNRows


class Line:
    """Where the pixels of a picture lie on the line, and how far apart the taps of a kernel are."""

    def __init__(self, height: int, width: int, reach: int) -> None:
        self.height, self.width, self.up = height, width, width + reach
        self.aside = max(m for m in range(1, self.up // (reach + 1) + 1) if math.gcd(m, self.up) == 1)
        self.length = self.aside * (width - 1) + self.up * (height - 1) + 1
        self.behind = reach * (self.up + self.aside)
        """How far back the first tap of the largest kernel lies."""
        self.ahead = reach * self.aside
        """How far ahead its dead taps lie."""

    def picture(self, line: Tensor) -> Tensor:
        """A view of (T, b, …) as (b, H, W, …)."""
        step, picture, *rest = line.stride()
        size = (line.shape[1], self.height, self.width, *line.shape[2:])
        return line.as_strided(size, (picture, self.up * step, self.aside * step, *rest), line.storage_offset())

    def blank(self, like: Tensor, *shape: int) -> Tensor:
        """A line (behind + T + ahead, …) of zeros, for taps that reach out of the picture."""
        return like.new_zeros(self.behind + self.length + self.ahead, *shape)


class Waves:
    """The sampler, with the weights of :class:`~core.samplers.pixelcnn.PixelCNNRows`.

    ``columns``: how many times m places the window has, at most. With more of them the guess is older when its turn
    comes, and better; with fewer a pass is cheaper.
    """

    @torch.inference_mode()
    def __init__(self, model: PixelCNN, columns: int = 2) -> None:
        self.model, self.config, self.net = model, model.config, PixelCNNRows(model)
        config = self.config
        self.line = Line(config.height, config.width, max(config.first_size // 2, 1))
        self.window = min(columns * self.line.aside, self.line.up - self.line.aside)
        kernel = model.first.masked_weight()  # (f, C, half + 1, size)
        self.first = kernel.permute(2, 3, 1, 0).flatten(0, 2).contiguous()
        self.left = [each[: config.bottleneck].contiguous() for each in self.net.across]
        self.own = [each[config.bottleneck :].contiguous() for each in self.net.across]
        self.start = kernel.new_zeros(self.line.length, 1, config.features)
        self.line.picture(self.start).copy_(self.net.start[None])
        self.zero = kernel.new_zeros(1)

    @torch.inference_mode()
    def passes(self, canvas: Canvas) -> Iterator[Pass]:
        """Paint; one :class:`Pass` for each pass of the network over the window."""
        first = first_hidden_row(canvas.known)
        painting = Painting(self, canvas)
        if first:
            painting.jump(first)
        place = first * self.line.up
        while place < self.line.length:
            different = painting.look(place)
            yield Pass(None, canvas.x, different.sum((0, 2)))
            place += settled(different, self.line.aside)
        canvas.x = canvas.x.contiguous()


def settled(different: Tensor, aside: int) -> int:
    """How many places of the window are right, after a pass that changed these values (n, b, C); ``aside`` is m.

    A changed value is right if all before it stood still, but what depends on it was computed from its old value: the
    next channels of this pixel, or else pixels from m places further on. Four places of one picture, with m = 2:

    >>> grey, colour = torch.zeros(4, 1, 1, dtype=torch.bool), torch.zeros(4, 1, 3, dtype=torch.bool)
    >>> grey[1] = True  # the second place changed: it is right now, the third does not depend on it, the fourth does
    >>> settled(grey, aside=2)
    3
    >>> colour[1, 0, 0] = True  # its red changed: its own green and blue depend on that, so it is not finished
    >>> settled(colour, aside=2)
    1
    """
    last = different.shape[2] - 1
    changes = different.any(1).nonzero().tolist()
    return min([len(different), *(place + aside * (c == last) for place, c in changes)])


class Painting:
    """Pictures under way, laid on the line; ``x`` and ``logits`` of the canvas become views of it."""

    def __init__(self, waves: Waves, canvas: Canvas) -> None:
        self.waves, self.line, self.config, self.canvas = waves, waves.line, waves.config, canvas
        line, config, x, (b, channels) = self.line, self.config, canvas.x, canvas.x.shape[:2]
        self.batch = b
        # Places that are no pixels count as given, and no network takes notice of them.
        self.values = line.blank(x, b, channels)
        self.signed = line.blank(x, b, channels)
        self.pixel = line.blank(x, 1, 1)
        self.known = torch.ones(len(self.values), b, 1, dtype=torch.bool, device=x.device)
        self.noise = x.new_zeros(line.length, b, channels, logits_per_value(config))
        self.logits = torch.zeros_like(self.noise)
        self.store = x.new_zeros(config.blocks, line.behind + line.length, b, config.bottleneck)
        self._laid(self.known).copy_(canvas.known[..., None])
        self._laid(self.pixel).fill_(1)
        self.highest = line.blank(x, b, 1)  # what an activation may be: nothing where there is no pixel
        self._laid(self.highest).fill_(math.inf)
        self._laid(self.values).copy_(x.permute(0, 2, 3, 1))
        line.picture(self.noise).copy_(canvas.noise.permute(0, 3, 4, 1, 2))
        canvas.x = self._laid(self.values).permute(0, 3, 1, 2)
        canvas.logits = line.picture(self.logits).permute(0, 3, 4, 1, 2)
        self.entered = 0
        self.upper = x.new_zeros(config.blocks, 0, config.bottleneck)

    def _laid(self, line: Tensor) -> Tensor:
        return self.line.picture(line[self.line.behind :])

    def jump(self, row: int) -> None:
        """One pass of the convolutions over the given rows above ``row``, keeping what stands before each kernel."""
        x = self.canvas.x[:, :, :row]
        if (x == x[:1]).all():
            x = x[:1]
        kept: list[Tensor] = []
        hooks = [
            block.masked.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
            for block in self.waves.net.blocks
        ]
        try:
            self.canvas.logits[..., :row, :] = self.waves.model(x)
        finally:
            for hook in hooks:
                hook.remove()
        for store, seen in zip(self.store, kept, strict=True):
            self._laid(store)[:, :row] = seen.permute(0, 2, 3, 1)
        self._laid(self.signed)[:, :row] = 2 * x.permute(0, 2, 3, 1) - 1
        self.entered = row * self.line.up

    def look(self, place: int) -> Tensor:
        """One pass over the window from ``place`` on, all before which is right; which values changed, (n, b, C)."""
        stop = min(place + self.waves.window, self.line.length)
        self._enter(place, stop)
        here = slice(self.line.behind + place, self.line.behind + stop)
        logits = self._logits(place, stop).view(stop - place, self.batch, *self.noise.shape[2:])
        self.logits[place:stop] = logits
        rolled = roll(logits.flatten(0, 1), self.noise[place:stop].flatten(0, 1), self.canvas.temperature)
        values = self.values[here]
        rolled = torch.where(self.known[here], values, rolled.view_as(values))
        different = rolled != values
        values.copy_(rolled)
        self._sign(here)
        return different

    def _enter(self, place: int, stop: int) -> None:
        """Guess the places that are new in the window, and compute what the rows above bring to them."""
        line, net, new = self.line, self.waves.net, slice(max(self.entered, place), stop)
        behind = line.behind
        here = slice(behind + new.start, behind + new.stop)
        guess = self.values[here.start - line.up : here.stop - line.up]  # the pixels above
        self.values[here] = torch.where(self.known[here], self.values[here], guess)
        self._sign(here)
        blocks, step = self.store.stride(0), self.store.stride(1)
        windows = self.store.as_strided(
            (len(self.store), new.stop - new.start, self.batch, 3, self.config.bottleneck),
            (blocks, step, self.config.bottleneck, line.aside * step, 1),
            (here.start - line.up - line.aside) * step,
        )
        above = torch.baddbmm(net.above_bias, windows.flatten(3).flatten(1, 2), net.above)
        stays = self.upper[:, max(self.upper.shape[1] - (new.start - place) * self.batch, 0) :]
        self.upper = torch.cat([stays, above], 1) if new.start > place else above
        self.entered = stop

    def _sign(self, here: slice) -> None:
        self.signed[here] = (2 * self.values[here] - 1) * self.pixel[here]

    def _logits(self, place: int, stop: int) -> Tensor:
        """The network at the places of the window: (n · b, C · K)."""
        net, waves, line, half = self.waves.net, self.waves, self.line, self.waves.net.half
        here = line.behind + place
        step, picture, _ = self.signed.stride()
        patches = self.signed.as_strided(
            (stop - place, self.batch, half + 1, 2 * half + 1, self.config.channels),
            (step, picture, line.up * step, line.aside * step, 1),
            (here - half * (line.up + line.aside)) * step,
        )
        hidden = (patches.flatten(2) @ waves.first).add_(waves.start[place:stop]).flatten(0, 1)
        current = self.store[:, here : line.behind + stop].flatten(1, 2).unbind(0)
        left = self.store[:, here - line.aside : line.behind + stop - line.aside].flatten(1, 2).unbind(0)
        highest = self.highest[here : line.behind + stop].flatten(0, 1)
        weights = zip(net.floors, net.down, waves.own, waves.left, net.up, strict=True)
        parts = zip(self.upper.unbind(0), current, left, strict=True)
        for (floor, (down, bias), own, beside, up), (upper, now, before) in zip(weights, parts, strict=True):
            torch.addmm(bias, torch.maximum(hidden, floor), down, out=now)
            now.clamp_(waves.zero, highest)
            hidden.addmm_(torch.addmm(upper, now, own).addmm_(before, beside).relu_(), up)
        return net.logits(hidden)
