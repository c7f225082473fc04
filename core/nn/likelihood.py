"""Likelihoods and divergences, in nats, summed over everything but the batch."""

import torch.nn.functional as F
from torch import Tensor


def bernoulli_nats(logits: Tensor, x: Tensor) -> Tensor:
    """−log p(x) under independent Bernoulli pixels: (B, …) logits and values in [0, 1] -> (B,)."""
    return F.binary_cross_entropy_with_logits(logits.float(), x.float(), reduction="none").flatten(1).sum(1)


def gaussian_kl(mean: Tensor, log_sigma: Tensor) -> Tensor:
    """KL(N(mean, sigma²) ‖ N(0, 1)): (B, D) -> (B,). AEVB, appendix B; DRAW, equation 11, for one step.

    The constant is D/2 (each latent brings −1/2), which equation 11 writes as T/2 after summing over steps.
    """
    return (0.5 * (mean**2 + (2 * log_sigma).exp()) - log_sigma - 0.5).flatten(1).sum(1)


def gaussian_log_ratio(z: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """log N(z; mean, sigma²) − log N(z; 0, 1): (B, D) -> (B,); its mean over z is :func:`gaussian_kl`."""
    noise = (z - mean) * (-log_sigma).exp()
    return (0.5 * (z**2 - noise**2) - log_sigma).flatten(1).sum(1)
