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


def check_device(name: str) -> None:
    """Raise :class:`DeviceError` unless tensors and random numbers can be made on the device."""
    try:
        torch.randn(1, generator=torch.Generator(name), device=name)
    except (RuntimeError, AssertionError, NotImplementedError, ValueError):
        found = ["cpu", *(kind for kind in ("cuda", "mps") if getattr(torch, kind).is_available())]
        raise DeviceError(f"There is no device {name!r} here: --device takes {' or '.join(found)}.") from None


def plain_output() -> None:
    """Let standard output and error spell what their encoding cannot, where they would raise or print escapes."""
    codecs.register_error("easel", spelt)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="easel")
