"""DRAW's window in a person's hand: what a grid of Gaussian filters makes of one picture, and what comes back of it.

Gregor et al. 2015, "DRAW", section 3.2; the arithmetic is that of :mod:`core.nn.attention`. In the paper read and write
have windows of their own; here what is read is written back through the same one, so that one sees what it loses.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.models.base import array
from core.nn import attention
from core.requests import number, whole
from core.results import Looking, Setting

LIMITS = {"g_x": (-10.0, 39.0), "g_y": (-10.0, 39.0), "delta": (0.0, 14.0), "sigma2": (0.0, 16.0), "gamma": (0.1, 4.0)}
"""Smallest and largest value of each parameter, for a picture of 28 × 28 pixels; positions are the paper's, from 1."""
MOST_FILTERS = 14


def checked(g_x: object, g_y: object, delta: object, sigma2: object, gamma: object, n: object) -> Setting:
    """Six values from outside; raises :class:`core.requests.RequestError` with one sentence."""
    return Setting(
        g_x=number(g_x, "g_X", *LIMITS["g_x"]),
        g_y=number(g_y, "g_Y", *LIMITS["g_y"]),
        delta=number(delta, "The stride", *LIMITS["delta"]),
        sigma2=number(sigma2, "The variance", *LIMITS["sigma2"]),
        gamma=number(gamma, "The intensity", *LIMITS["gamma"]),
        n=whole(n, "The number of filters", 1, MOST_FILTERS),
    )


@torch.no_grad()
def look(pixels: NDArray[np.uint8], setting: Setting) -> Looking:
    """Read a picture (H, W) of 0–255 through a window and write what was read through the same one."""
    x = torch.from_numpy(pixels.astype(np.float32) / 255)[None, None]
    height, width = pixels.shape
    w = attention.Window(
        *(torch.tensor([getattr(setting, name)]) for name in ("g_x", "g_y", "sigma2", "delta", "gamma"))
    )
    f_x, f_y = attention.filterbank(w, height, width, setting.n)
    patch = attention.read(x, w, setting.n)
    return Looking(
        array(x[0, 0]),
        setting,
        array(attention.filter_centres(w.g_x, w.delta, setting.n)[0]),
        array(attention.filter_centres(w.g_y, w.delta, setting.n)[0]),
        array(f_x[0]),
        array(f_y[0]),
        array(patch[0, 0]),
        array(attention.write(patch, w, height, width)[0, 0]),
    )
