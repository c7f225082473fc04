"""What the command lines have in common: sentences that every terminal can show, and devices that are there."""

from __future__ import annotations

import codecs
import sys

import torch

from core.errors import UserError

PLAIN = str.maketrans({"±": "+-", "×": "x", "−": "-", "–": "-", "…": "...", "’": "'", "→": "->", "σ": "sigma"})
"""What stands for characters that a terminal may lack."""


def spelt(error: UnicodeError) -> tuple[str, int]:
    """What is printed in the place of characters that the terminal's encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(PLAIN)
    return "".join(c if c.isascii() else "?" for c in text), error.end


class DeviceError(UserError):
    """There is no such device; the message is one sentence for the user."""


def found_device(name: str | torch.device) -> torch.device:
    """The device of a name, on which tensors and random numbers can be made; ``auto``: CUDA where it is, else the CPU.

    A device of torch's is taken as it is. Raises :class:`DeviceError`.
    """
    if isinstance(name, torch.device):
        return name
    chosen = ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
    try:
        if name != "auto":
            torch.randn(1, generator=torch.Generator(name), device=name)
    except (RuntimeError, AssertionError, NotImplementedError, ValueError):
        found = ["cpu", *(kind for kind in ("cuda", "mps") if getattr(torch, kind).is_available()), "auto"]
        raise DeviceError(
            "There is no device {name!r} here: --device takes {found}.", name=name, found=" or ".join(found)
        ) from None
    exact_on(torch.device(chosen))
    return torch.device(chosen)


def exact_on(device: torch.device) -> None:
    """No TF32 on a GPU: it rounds to three digits, which no likelihood and no exact sampler survives."""
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def plain_output() -> None:
    """Let standard output and error spell what their encoding cannot, where they would raise or print escapes."""
    codecs.register_error("easel", spelt)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="easel")
