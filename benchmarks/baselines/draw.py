"""DRAW of Gregor et al. 2015 step by step, each equation an operation of its own.

The same function as :class:`core.models.draw.Draw`. Shapes: ``b`` images, ``c`` channels, ``H`` × ``W`` pixels, ``N``
filters a side, ``h`` hidden, ``z`` latents, ``T`` steps.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.configs import DrawConfig
from core.models.draw import AttentionRead, AttentionWrite, Draw, WholeWrite

EPSILON = 1e-8


class Attention(nn.Module):
    """Section 3.2: a decoder state becomes the filters of one window."""

    def __init__(self, config: DrawConfig, n: int) -> None:
        super().__init__()
        self.height, self.width, self.n = config.height, config.width, n
        self.parameters_of_window = nn.Linear(config.hidden, 5)

    def bank(self, g: Tensor, delta: Tensor, sigma2: Tensor, length: int) -> Tensor:
        """Equations 19, 20 and 25, 26 for one axis, (b, 1) each -> (b, N, length)."""
        i = torch.arange(self.n, dtype=g.dtype, device=g.device)
        mu = g + (i - self.n / 2 + 0.5) * delta
        a = torch.arange(1, length + 1, dtype=g.dtype, device=g.device).view(1, 1, -1)
        weights = torch.exp(-torch.pow(a - mu.unsqueeze(2), 2) / (2 * sigma2.unsqueeze(2) + EPSILON))
        return weights / (weights.sum(2, keepdim=True) + EPSILON)

    def forward(self, h_dec: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """F_X (b, N, W), F_Y (b, N, H) and γ (b, 1)."""
        g_x, g_y, log_sigma2, log_delta, log_gamma = self.parameters_of_window(h_dec).split(1, 1)
        g_x = (self.width + 1) / 2 * (g_x + 1)
        g_y = (self.height + 1) / 2 * (g_y + 1)
        delta = (max(self.height, self.width) - 1) / max(self.n - 1, 1) * torch.exp(log_delta)
        sigma2, gamma = torch.exp(log_sigma2), torch.exp(log_gamma)
        return self.bank(g_x, delta, sigma2, self.width), self.bank(g_y, delta, sigma2, self.height), gamma


class DrawBaseline(nn.Module):
    """The whole network."""

    def __init__(self, config: DrawConfig) -> None:
        super().__init__()
        self.config = config
        n, m, channels = config.read_size, config.write_size, config.channels
        pixels = channels * config.height * config.width
        glimpse, patch = (channels * n * n, channels * m * m) if config.attention else (pixels, pixels)
        self.read_window = Attention(config, n) if config.attention else None
        self.write_window = Attention(config, m) if config.attention else None
        self.encoder = nn.LSTMCell(2 * glimpse + config.hidden, config.hidden)
        self.mean = nn.Linear(config.hidden, config.latent)
        self.log_sigma = nn.Linear(config.hidden, config.latent)
        self.decoder = nn.LSTMCell(config.latent, config.hidden)
        self.patch = nn.Linear(config.hidden, patch)
        self.initial = nn.Parameter(torch.zeros(4, config.hidden))
        self.initial_canvas = nn.Parameter(torch.zeros(channels, config.height, config.width))

    def read(self, x: Tensor, x_hat: Tensor, h_dec: Tensor) -> Tensor:
        """Equation 27, or 17 without attention: (b, 2 c N²) or (b, 2 c H W)."""
        if self.read_window is None:
            return torch.cat([x.flatten(1), x_hat.flatten(1)], 1)
        f_x, f_y, gamma = self.read_window(h_dec)

        def filtered(image: Tensor) -> Tensor:
            glimpses = [f_y.bmm(channel).bmm(f_x.transpose(1, 2)) for channel in image.unbind(1)]
            return torch.stack(glimpses, 1).flatten(1) * gamma

        return torch.cat([filtered(x), filtered(x_hat)], 1)

    def write(self, h_dec: Tensor) -> Tensor:
        """Equation 29, or 18 without attention: (b, c, H, W)."""
        config = self.config
        patch = self.patch(h_dec)
        if self.write_window is None:
            return patch.view(-1, config.channels, config.height, config.width)
        f_x, f_y, gamma = self.write_window(h_dec)
        patches = patch.view(-1, config.channels, config.write_size, config.write_size)
        written = torch.stack([f_y.transpose(1, 2).bmm(each).bmm(f_x) for each in patches.unbind(1)], 1)
        return written / gamma.view(-1, 1, 1, 1)

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        """Equations 3 to 12: the mean loss in nats of pictures (b, c, H, W) with noise (T, b, z)."""
        batch = len(x)
        h_enc, c_enc, h_dec, c_dec = (state.expand(batch, -1) for state in self.initial)
        canvases = [self.initial_canvas.expand(batch, -1, -1, -1)]
        means, sigmas, log_sigmas = [], [], []
        for t in range(self.config.steps):
            x_hat = x - torch.sigmoid(canvases[-1])
            r = self.read(x, x_hat, h_dec)
            h_enc, c_enc = self.encoder(torch.cat([r, h_dec], 1), (h_enc, c_enc))
            mean, log_sigma = self.mean(h_enc), self.log_sigma(h_enc)
            sigma = torch.exp(log_sigma)
            z = mean + sigma * noise[t]
            h_dec, c_dec = self.decoder(z, (h_dec, c_dec))
            canvases.append(canvases[-1] + self.write(h_dec))
            means.append(mean)
            sigmas.append(sigma)
            log_sigmas.append(log_sigma)
        reconstruction = F.binary_cross_entropy_with_logits(canvases[-1], x, reduction="sum") / batch
        kl = torch.zeros(batch, dtype=x.dtype, device=x.device)
        for mean, sigma, log_sigma in zip(means, sigmas, log_sigmas, strict=True):
            kl = kl + 0.5 * torch.sum(mean * mean + sigma * sigma - 2 * log_sigma - 1, 1)
        return reconstruction + kl.mean()

    @torch.no_grad()
    def take(self, ours: Draw) -> None:
        """Copy the weights of our network, where mean and log σ are one layer."""
        self.initial.copy_(ours.initial)
        self.initial_canvas.copy_(ours.initial_canvas)
        self.encoder.load_state_dict(ours.encoder.state_dict())
        self.decoder.load_state_dict(ours.decoder.state_dict())
        for layer, part in zip((self.mean, self.log_sigma), (0, 1), strict=True):
            layer.weight.copy_(ours.posterior.weight.chunk(2)[part])
            layer.bias.copy_(ours.posterior.bias.chunk(2)[part])
        pairs: list[tuple[Any, Any]] = []
        if isinstance(ours.read, AttentionRead) and isinstance(ours.write, AttentionWrite):
            assert self.read_window is not None and self.write_window is not None
            pairs += [(self.read_window.parameters_of_window, ours.read.window), (self.patch, ours.write.patch)]
            pairs += [(self.write_window.parameters_of_window, ours.write.window)]
        elif isinstance(ours.write, WholeWrite):
            pairs += [(self.patch, ours.write.ink)]
        for layer, our in pairs:
            layer.load_state_dict(our.state_dict())
