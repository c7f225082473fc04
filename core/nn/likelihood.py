"""Likelihoods and divergences, in nats, summed over everything but the batch unless said otherwise.

The likelihoods of pictures given the logits of a VAE's decoder are three small objects, named by :data:`LIKELIHOODS`.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor


def precise(x: Tensor) -> Tensor:
    """In float32 at least: sums of a thousand terms are too much for half precision, and float64 stays what it is."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def half(device: torch.device, enabled: bool) -> AbstractContextManager[None]:
    """Convolutions and products in bfloat16, or, not ``enabled``, in what their numbers are; if the device can."""
    if not torch.amp.is_autocast_available(device.type):
        return nullcontext()
    context: AbstractContextManager[None] = torch.autocast(device.type, torch.bfloat16, enabled=enabled)
    return context


def bernoulli_nats(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x) under independent Bernoulli pixels: (B, …) logits and values in [0, 1] -> (B,)."""
    return F.binary_cross_entropy_with_logits(precise(logits), precise(x), reduction="none").flatten(1).sum(1)


def gaussian_kl(mean: Tensor, log_sigma: Tensor) -> Tensor:
    """KL(N(mean, sigma²) ‖ N(0, 1)): (B, D) -> (B,). AEVB, appendix B; DRAW, equation 11, for one step.

    The constant is D/2 (each latent brings −1/2), which equation 11 writes as T/2 after summing over steps.
    """
    return (0.5 * (mean**2 + (2 * log_sigma).exp()) - log_sigma - 0.5).flatten(1).sum(1)


def gaussian_log_ratio(z: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """log N(z; mean, sigma²) − log N(z; 0, 1): (B, D) -> (B,); its mean over z is :func:`gaussian_kl`."""
    noise = (z - mean) * (-log_sigma).exp()
    return (0.5 * (z**2 - noise**2) - log_sigma).flatten(1).sum(1)


def logistic_nats(mean: Tensor, log_width: Tensor, x: Tensor, levels: int = 256) -> Tensor:
    """−log P(x) of each value under a logistic distribution that is cut into ``levels`` bins: all shapes alike.

    ``mean`` and ``x`` in [0, 1], ``x`` a multiple of 1 / (levels − 1); ``log_width`` the log of the scale on that
    range. The outer bins reach to infinity, so that the probabilities sum to one. Kingma et al. 2016, appendix A.3.
    """
    half, inverse = 0.5 / (levels - 1), (-log_width).exp()
    above, below = (x + half - mean) * inverse, (x - half - mean) * inverse
    above = torch.where(x > 1 - half, torch.inf, above)
    below = torch.where(x < half, -torch.inf, below)
    # log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − e^(b − a)), which keeps its precision far from the mean.
    inside = torch.where((x > 1 - half) | (x < half), -torch.inf, -2 * half * inverse)
    return -(F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(inside)))


class Bernoulli:
    """Paper or ink: a value's logit is the log odds of ink. ``levels`` says how many values a pixel may have."""

    levels = 2

    def nats(self, logits: Tensor, x: Tensor) -> Tensor:
        """−log p(x | z) of each value: logits and x (b, c, H, W) in [0, 1] -> the same shape."""
        return F.binary_cross_entropy_with_logits(precise(logits), precise(x), reduction="none")

    def objective(self, nats: Tensor, logits: Tensor, x: Tensor) -> Tensor:
        """What training minimises beside the KL, (b,); as a rule the nats (b,) of the pictures."""
        return nats


class Squared(Bernoulli):
    """Trained for the sum of squared differences, reported in nats: the painted grey is the probability of ink."""

    def objective(self, nats: Tensor, logits: Tensor, x: Tensor) -> Tensor:
        """Squared differences, summed over each picture: (b,)."""
        return ((precise(logits).sigmoid() - x) ** 2).flatten(1).sum(1)


class Logistic(Bernoulli):
    """256 levels around the painted value, :func:`logistic_nats` with one width a channel, ``log_width`` (c,)."""

    levels = 256

    def __init__(self, log_width: Tensor) -> None:
        self.log_width = log_width

    def nats(self, logits: Tensor, x: Tensor) -> Tensor:
        """−log p(x | z) of each value: logits and x (b, c, H, W) in [0, 1] -> the same shape."""
        return logistic_nats(precise(logits).sigmoid(), self.log_width[:, None, None], x)


LIKELIHOODS: dict[str, type[Bernoulli]] = {"bernoulli": Bernoulli, "squared": Squared, "logistic": Logistic}
"""Each by the name that configs and cards know it by."""
