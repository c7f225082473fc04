"""DRAW's selective attention: a grid of Gaussian filters that reads from and writes to an image.

Gregor et al. 2015, "DRAW: A Recurrent Neural Network For Image Generation", section 3.2, equations 19 to 29.
The paper counts pixels from 1 to A (width) and B (height); so do the equations below. :func:`geometry` converts
once to the coordinates of :mod:`core.trace` (origin at the top left corner, first pixel centre at 0.5).

Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels, ``N`` filters a side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

EPSILON = 1e-8


@dataclass(frozen=True, eq=False)
class Window:
    """Attention parameters, (b,) each: centre ``g_x, g_y`` and ``delta`` in 1-based pixels, ``sigma2`` in px²."""

    g_x: Tensor
    g_y: Tensor
    sigma2: Tensor
    delta: Tensor
    gamma: Tensor


@dataclass(frozen=True, eq=False)
class Geometry:
    """The window's box in :mod:`core.trace` coordinates, (b,) each, in pixels; ``precision`` is 1/σ."""

    x: Tensor
    y: Tensor
    size: Tensor
    precision: Tensor


def open_window(hidden: int, height: int, width: int, n: int) -> nn.Linear:
    """The layer of equation 21, (b, hidden) -> (b, 5): at first its window spans the image, and its filters overlap."""
    layer = nn.Linear(hidden, 5)
    stride = (max(height, width) - 1) / max(n - 1, 1)
    with torch.no_grad():
        layer.weight.mul_(0.1)
        layer.bias.copy_(torch.tensor([0.0, 0.0, 2 * math.log(stride / 2), 0.0, 0.0]))
    return layer


def window(parameters: Tensor, height: int, width: int, n: int) -> Window:
    """Equations 21 to 24: five numbers a decoder state emits, (b, 5) -> where and how it looks.

    An ``N`` of 1 has no stride; its δ is that of the paper's formula with N − 1 replaced by 1.
    """
    g_x, g_y, log_sigma2, log_delta, log_gamma = parameters.float().unbind(1)
    return Window(
        g_x=(width + 1) / 2 * (g_x + 1),
        g_y=(height + 1) / 2 * (g_y + 1),
        sigma2=log_sigma2.exp(),
        delta=(max(height, width) - 1) / max(n - 1, 1) * log_delta.exp(),
        gamma=log_gamma.exp(),
    )


def filter_centres(g: Tensor, delta: Tensor, n: int) -> Tensor:
    """Equations 19 and 20: means of the ``n`` filters of one axis, (b,) -> (b, n), 1-based pixels."""
    i = torch.arange(1, n + 1, device=g.device, dtype=g.dtype)
    return g[:, None] + (i - n / 2 - 0.5) * delta[:, None]


def filterbank(w: Window, height: int, width: int, n: int) -> tuple[Tensor, Tensor]:
    """Equations 25 and 26: F_X (b, n, width) and F_Y (b, n, height); every row sums to one.

    The exponent is shifted by its largest value before it is normalised, so that a filter whose centre lies far
    outside the image still sums to one instead of to 0/0.
    """

    def rows(g: Tensor, length: int) -> Tensor:
        a = torch.arange(1, length + 1, device=g.device, dtype=g.dtype)
        mu = filter_centres(g, w.delta, n)
        exponent = -((a - mu[..., None]) ** 2) / (2 * w.sigma2[:, None, None] + EPSILON)
        return exponent.softmax(dim=-1)

    return rows(w.g_x, width), rows(w.g_y, height)


def read(x: Tensor, w: Window, n: int) -> Tensor:
    """Equation 27 for one image: γ F_Y x F_Xᵀ, (b, c, H, W) -> (b, c, n, n)."""
    f_x, f_y = filterbank(w, x.shape[-2], x.shape[-1], n)
    glimpse = f_y[:, None] @ x @ f_x[:, None].transpose(-1, -2)
    return w.gamma[:, None, None, None] * glimpse


def write(patch: Tensor, w: Window, height: int, width: int) -> Tensor:
    """Equation 29: 1/γ̂ F̂_Yᵀ w F̂_X, (b, c, n, n) -> (b, c, height, width)."""
    f_x, f_y = filterbank(w, height, width, patch.shape[-1])
    ink = f_y[:, None].transpose(-1, -2) @ patch @ f_x[:, None]
    return ink / w.gamma[:, None, None, None]


def geometry(w: Window, n: int) -> Geometry:
    """The box that the filters cover: from σ before the first filter's centre to σ behind the last one's.

    So it is (n − 1) δ + 2 σ wide: at least 68 % of what every filter weighs lies within it, as far as the window
    lies inside the image.
    """
    sigma = w.sigma2.sqrt()
    return Geometry(x=w.g_x - 0.5, y=w.g_y - 0.5, size=(n - 1) * w.delta + 2 * sigma, precision=1 / sigma)


def laid_on(w: Window, n: int, x: float, y: float, size: float) -> Window:
    """The window ``w`` of n × n filters, shifted and scaled to the box with centre ``x``, ``y`` and side ``size``.

    The inverse of :func:`geometry`: δ and σ grow alike, so that σ/δ is what it was, and γ stays.
    """
    zoom = size / geometry(w, n).size
    return replace(
        w,
        g_x=torch.full_like(w.g_x, x + 0.5),
        g_y=torch.full_like(w.g_y, y + 0.5),
        delta=w.delta * zoom,
        sigma2=w.sigma2 * zoom**2,
    )
